#include "commands/run.h"

#include "base/report.h"
#include "checks/command.h"
#include "checks/executable.h"
#include "commands/choose.h"
#include "commands/launch.h"
#include "commands/session.h"
#include "facts/program.h"

#include <errno.h>

enum { WORDS_MOST = 4096, NAME_MOST = 64 };

/* A command needs no Python: what is wrong with it is only a warning here, and said where it was asked for by name. */
static void weaken(struct session *session, unsigned first)
{
    for (unsigned i = first; i < session->findings.count; i++) {
        struct finding *finding = &session->findings.list[i];
        /* Whether another machine is emulated here the command itself will show, if it is for that one. */
        bool warns = finding_value(finding, "wanted") && finding->rule != RULE_PROGRAM_FOR_OTHER_MACHINE;
        finding_weaken(finding, warns ? SEVERITY_WARNING : SEVERITY_NOTE);
    }
    report_findings(&session->findings, first, REPORT_MESSAGES);
}

/* A console script holds the path of the Python that it was made for (`#!/build/.venv/bin/python`). */
static bool is_dead_script(const struct session *session, struct span path)
{
    char head[PROGRAM_HEAD];
    struct script_line line;
    size_t length;
    return reader_read(&session->reader, path, 0, head, sizeof head, &length) == 0 &&
           script_line_read(&line, (struct span){head, length}) && span_starts(line.program, "/") &&
           !reader_exists(&session->reader, line.program);
}

/* The environment's own servers run as modules where their scripts are dead: `python -m gunicorn ...`. */
static bool set_module_words(const struct session *session, struct chosen *chosen, char **words)
{
    static char module[] = "-m", name[NAME_MOST];
    char *const *argv = session->words + session->request.first;
    struct text text = TEXT_ON(name);
    unsigned count = 0;
    text_span(&text, span_base_name(span_of(argv[0])));
    words[count++] = chosen->choice.interpreter.path;
    words[count++] = module;
    words[count++] = name;
    for (argv++; *argv && count < WORDS_MOST; argv++)
        words[count++] = *argv;
    words[count] = NULL;
    return !*argv && !text.cut;
}

/* An environment that was asked for and is broken refuses a server, as it would when serving, unless the program is
 * there all the same. */
static enum exit_code not_found(struct session *session, unsigned first, bool has_python, int error)
{
    struct span name = span_of(session->words[session->request.first]);
    const struct environment environment = {session->child.entries};
    bool refuses = session->request.kind == REQUEST_SERVER && !has_python;
    if (refuses && findings_worst(&session->findings, first) == SEVERITY_ERROR)
        return session_fail(session, first);
    weaken(session, first);
    first = session->findings.count;
    command_not_found(&session->scene, name, environment_get(&environment, "PATH"), error);
    session_fail(session, first);
    return error == EACCES ? EXIT_NOT_EXECUTABLE : EXIT_NOT_FOUND;
}

static enum exit_code start(struct session *session, struct chosen *chosen, const char *path)
{
    static char *words[WORDS_MOST + 1];
    char *const *argv = session->words + session->request.first;
    bool is_script = session->request.kind == REQUEST_SERVER && !request_is_python(span_base_name(span_of(argv[0])));
    if (chosen && is_script && is_dead_script(session, span_of(path)) && set_module_words(session, chosen, words)) {
        report_say_parts(REPORT_TRAIL, path, " names a Python that is gone: running it as a module", NULL);
        argv = words;
        path = words[0];
    }
    unsigned first = session->findings.count;
    if (!executable_capabilities(&session->reader, span_of(path), &session->findings)) {
        session_fail(session, first);
        return EXIT_NOT_EXECUTABLE;
    }
    report_findings(&session->findings, first, REPORT_MESSAGES);
    const struct launch plan = {.path = path, .argv = argv, .serves = session_serves(session)};
    return launch(session, &plan);
}

enum exit_code run(struct session *session)
{
    static struct chosen chosen;
    static char path[PATH_MOST];
    struct text text = TEXT_ON(path);
    const char *name = session->words[session->request.first];
    report_findings(&session->findings, 0, REPORT_MESSAGES);
    unsigned first = session->findings.count;
    if (!name) {
        report_say_parts(REPORT_ERROR, "nothing follows '--': expected COMMAND [ARG...]", NULL);
        return EXIT_USAGE;
    }
    bool has_python = choose_python(session, 0, &chosen);
    choose_environment(session, has_python ? &chosen : NULL);
    const struct environment environment = {session->child.entries};
    int error = command_find(&session->scene, span_of(name), environment_get(&environment, "PATH"), &text);
    if (error)
        return not_found(session, first, has_python, error);
    weaken(session, first);
    return start(session, has_python ? &chosen : NULL, path);
}
