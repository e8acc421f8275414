/* Tells of many ELF files whether all that they need will be found, as checks/libraries.c reads it, for tests to compare
 * with the loader's own answer.
 *
 *   libraries_of ROOT PROGRAM < PATHS
 *
 * Each line of PATHS is a path inside ROOT, without links. With PROGRAM "-" each is judged as a program, else as a module
 * that PROGRAM loads. For each there is one line: VERDICT RULE LIBRARY PATH, with tabs between; RULE and LIBRARY of the
 * finding, or "-". Variables of the loader are taken from the environment.
 */

#include "checks/host.h"
#include "checks/libraries.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct host host;
static struct settings settings;
static struct findings findings;

static void tell(enum libraries_verdict verdict, const char *path)
{
    static const char *const names[] = {
        [LIBRARIES_FOUND] = "found", [LIBRARIES_UNKNOWN] = "unknown", [LIBRARIES_REFUSED] = "refused"};
    const struct finding *finding = findings.count ? &findings.list[0] : NULL;
    const struct value *library = finding ? finding_value(finding, "library") : NULL;
    struct span name = library ? library->span : SPAN("-");
    printf("%s\t%s\t%.*s\t%s\n", names[verdict], finding ? rule_name(finding->rule) : "-", (int)name.length, name.at,
           path);
}

int main(int count, char **words)
{
    static char path[PATH_MOST];
    struct reader reader;
    const struct environment environment = {environ};
    if (count != 3 || reader_open(&reader, words[1]) != 0) {
        fputs("usage: libraries_of ROOT PROGRAM|- < PATHS\n", stderr);
        return 64;
    }
    host_read(&host, &reader, &environment);
    settings_start(&settings);
    const struct scene scene = {.reader = &reader,
                                .settings = &settings,
                                .environment = &environment,
                                .host = &host,
                                .findings = &findings,
                                .working_folder = SPAN("/"),
                                .app_dir = SPAN("/")};
    while (fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        bool is_program = strcmp(words[2], "-") == 0;
        const struct candidate candidate = {span_of(path), SPAN("the test"), true};
        const struct libraries_subject subject = {.candidate = &candidate,
                                                  .program = span_of(is_program ? path : words[2]),
                                                  .extension = is_program ? SPAN("") : span_of(path),
                                                  .severity = SEVERITY_ERROR};
        findings_clear(&findings);
        tell(libraries_judge(&scene, &subject), path);
    }
    reader_close(&reader);
    return 0;
}
