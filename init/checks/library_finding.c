#include "checks/library_finding.h"

#include "checks/broken_path.h"
#include "checks/program_file.h"
#include "facts/python_version.h"

#include <string.h>

enum { RELEASE_BYTES = 2048 };

/* What is being told. */
struct telling {
    const struct scene *scene;
    const struct libraries_subject *subject;
    const struct library_failure *failure;
    struct finding *finding;
    bool is_musl;
};

static void set(const struct telling *telling, const char *key, struct span value)
{
    finding_set(telling->scene->findings, telling->finding, key, value);
}

static void set_string(const struct telling *telling, const char *key, const char *value)
{
    finding_set_string(telling->scene->findings, telling->finding, key, value);
}

static bool has(const struct telling *telling, const char *path)
{
    return reader_exists(telling->scene->reader, span_of(path));
}

/* ---- the loader ---- */

static const char glibc[] = "glibc", musl[] = "musl (Alpine)";

static const char *libc_of_loader(struct span loader)
{
    struct span name = span_base_name(loader);
    if (span_starts(name, "ld-musl-"))
        return musl;
    return span_starts(name, "ld-linux") ? glibc : NULL;
}

static bool has_libc(const struct telling *telling, const char *libc)
{
    if (libc == musl)
        return has(telling, "/lib/ld-musl-x86_64.so.1") || has(telling, "/lib/ld-musl-aarch64.so.1");
    return has(telling, "/lib64/ld-linux-x86-64.so.2") || has(telling, "/lib/ld-linux-aarch64.so.1");
}

static void tell_loader(const struct telling *telling)
{
    struct span loader = telling->failure->library;
    const char *libc = libc_of_loader(loader);
    bool is_nix = span_starts(loader, "/nix/");
    set(telling, "missing", telling->failure->path);
    set_string(telling, "libc", libc);
    if (is_nix)
        set_string(telling, "nix", "yes");
    else if (libc)
        set_string(telling, "flavor", libc == musl ? "alpine" : "slim");
    else
        set_string(telling, "other", "yes");
    if (!libc || has_libc(telling, libc))
        return;
    const char *other = libc == musl ? glibc : musl;
    if (has_libc(telling, other))
        set_string(telling, "image_libc", other);
    else
        set_string(telling, "no_libc", "yes");
}

/* ---- a missing library ---- */

/* Names that have been the same for years, in all releases that are looked after. */
static const struct {
    const char *library, *debian, *alpine;
} packages[] = {
    {"libpq.so.5", "libpq5", "libpq"},
    {"libz.so.1", "zlib1g", "zlib"},
    {"libexpat.so.1", "libexpat1", "libexpat"},
    {"libffi.so.8", "libffi8", "libffi"},
    {"libsqlite3.so.0", "libsqlite3-0", "sqlite-libs"},
    {"libbz2.so.1.0", "libbz2-1.0", NULL},
    {"libbz2.so.1", NULL, "libbz2"},
    {"liblzma.so.5", "liblzma5", "xz-libs"},
    {"libuuid.so.1", "libuuid1", "libuuid"},
    {"libssl.so.3", "libssl3", "libssl3"},
    {"libcrypto.so.3", "libssl3", "libcrypto3"},
    {"libstdc++.so.6", "libstdc++6", "libstdc++"},
    {"libgcc_s.so.1", "libgcc-s1", "libgcc"},
    {"libgomp.so.1", "libgomp1", "libgomp"},
    {"libmariadb.so.3", "libmariadb3", "mariadb-connector-c"},
};

static bool set_package(const struct telling *telling)
{
    for (size_t i = 0; i < ARRAY_LENGTH(packages); i++) {
        if (!span_is(telling->failure->library, packages[i].library))
            continue;
        char buffer[128];
        struct text install = TEXT_ON(buffer);
        if (packages[i].debian && has(telling, "/usr/bin/apt-get"))
            text_join(&install, "apt-get update && apt-get install -y --no-install-recommends ", packages[i].debian,
                      NULL);
        else if (packages[i].alpine && has(telling, "/sbin/apk"))
            text_join(&install, "apk add --no-cache ", packages[i].alpine, NULL);
        set(telling, "install", text_as_span(&install));
        return install.length > 0;
    }
    return false;
}

static bool is_whole(const struct telling *telling, struct span path)
{
    struct library_file library;
    bool is_good = library_file_open(telling->scene->reader, path, NULL, &library) == LIBRARY_GOOD;
    library_file_close(&library);
    return is_good;
}

/* In a folder where libraries are copied to, but the loader doesn't look without being told. */
static bool set_there(const struct telling *telling, struct span prefix)
{
    const struct span prefixes[] = {SPAN("/usr/local"), prefix};
    for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
        char buffer[PATH_MOST];
        struct text path = TEXT_ON(buffer);
        text_span(&path, prefixes[i]);
        text_add(&path, "/lib/");
        text_span(&path, telling->failure->library);
        if (path.cut || !is_whole(telling, text_as_span(&path)))
            continue;
        set(telling, "there", text_as_span(&path));
        set(telling, "there_folder", span_folder(text_as_span(&path)));
        /* The file with which Debian puts /usr/local/lib among ldconfig's folders. */
        if (i == 0 && !telling->is_musl && has(telling, "/etc/ld.so.conf.d/libc.conf"))
            set_string(telling, "ldconfig", "yes");
        return true;
    }
    return false;
}

/* Where the program was installed. An environment may hold a copy of it, and nothing else of that Python. */
static struct span prefix_of_program(const struct telling *telling)
{
    char buffer[PATH_MOST];
    struct text config = TEXT_ON(buffer);
    struct span prefix = span_folder(span_folder(telling->subject->program));
    text_span(&config, prefix);
    text_add(&config, "/pyvenv.cfg");
    return reader_exists(telling->scene->reader, text_as_span(&config)) ? SPAN("/usr/local") : prefix;
}

static void tell_missing(const struct telling *telling)
{
    struct span library = telling->failure->library;
    struct span prefix = prefix_of_program(telling);
    bool is_musl_libc = span_starts(library, "libc.musl-");
    bool is_libpython = span_starts(library, "libpython");
    set(telling, "prefix", prefix);
    if (span_has(library, '/') || set_there(telling, prefix))
        return;
    if (is_musl_libc)
        set_string(telling, "musl", "yes");
    if (is_libpython)
        set_string(telling, "libpython", "yes");
    if (!set_package(telling) && !is_musl_libc && !is_libpython)
        set_string(telling, "unknown", "yes");
}

/* ---- a library that is of no use ---- */

static void tell_unreadable(const struct telling *telling)
{
    struct trace trace;
    const struct scene *scene = telling->scene;
    reader_walk(scene->reader, telling->failure->path, &trace);
    const struct step *step = trace.last;
    if (!step)
        return;
    bool is_file = step->kind == STEP_FILE;
    bool is_loader = is_file && span_equal(telling->failure->path, telling->failure->library);
    set(telling, "folder", step->path);
    broken_path_owner(scene, telling->finding, step->mode, step->uid);
    set_string(telling, "bits", is_loader ? "rx" : is_file ? "r" : "x");
    if (reader_identity_permits(&scene->reader->identity, step->mode, step->uid, step->gid,
                                is_loader || !is_file ? 1 : 4))
        set_string(telling, "allowed", "yes");
}

static void read_program(const struct telling *telling, struct span path, char *head, struct program *program,
                         uint64_t *size)
{
    struct stat status = {0};
    size_t length = 0;
    const struct reader *reader = telling->scene->reader;
    reader_stat(reader, path, &status);
    reader_read(reader, path, 0, head, PROGRAM_HEAD, &length);
    *size = (uint64_t)status.st_size;
    program_read(program, (struct span){head, length}, *size);
}

static void tell_file(const struct telling *telling)
{
    char head[PROGRAM_HEAD];
    struct program program, own;
    uint64_t size, own_size;
    read_program(telling, telling->subject->program, head, &own, &own_size);
    read_program(telling, telling->failure->path, head, &program, &size);
    const char *machine = elf_machine_name(&program.elf);
    set_string(telling, "machine", machine ? machine : "another machine");
    set_string(telling, "own", elf_machine_name(&own.elf));
    set_string(telling, "what", program_file_damage(&program));
    finding_set_number(telling->scene->findings, telling->finding, "size", size);
    if (program.kind == PROGRAM_GIT_LFS)
        set_string(telling, "lfs", "yes");
}

/* ---- versions ---- */

struct newest {
    struct library_file *library;
    uint64_t number;
    char name[64];
};

/* GLIBC_2.N: the highest N. */
static void take_newest(void *context, const struct elf_version *version)
{
    struct newest *newest = context;
    char buffer[64];
    uint64_t number;
    struct span name = library_file_string(newest->library, version->name, buffer, sizeof(buffer));
    if (!span_starts(name, "GLIBC_2.") || !span_number(span_from(name, strlen("GLIBC_2.")), 9999, &number) ||
        number < newest->number)
        return;
    struct text text = TEXT_ON(newest->name);
    text_span(&text, name);
    newest->number = number;
}

static void set_newest(const struct telling *telling)
{
    struct library_file library;
    struct newest newest = {.library = &library};
    if (library_file_open(telling->scene->reader, telling->failure->path, NULL, &library) != LIBRARY_GOOD)
        return;
    library_file_definitions(&library, take_newest, &newest);
    library_file_close(&library);
    set_string(telling, "newest", newest.name);
}

/* "bookworm" of a Debian's /etc/os-release, whose releases Docker's official images are named by. */
static void set_codename(const struct telling *telling)
{
    char buffer[RELEASE_BYTES];
    size_t length;
    bool is_debian = false;
    struct span codename = {0};
    if (reader_read(telling->scene->reader, SPAN("/etc/os-release"), 0, buffer, sizeof(buffer), &length) != 0)
        return;
    for (struct span rest = {buffer, length}; rest.at;) {
        struct span line = span_split(&rest, '\n');
        is_debian |= span_is(line, "ID=debian");
        if (span_starts(line, "VERSION_CODENAME="))
            codename = span_from(line, strlen("VERSION_CODENAME="));
    }
    if (is_debian)
        set(telling, "codename", codename);
}

static void tell_version(const struct telling *telling)
{
    set(telling, "version", telling->failure->version);
    if (!span_starts(telling->failure->version, "GLIBC_"))
        return;
    set_string(telling, "glibc", "yes");
    set_newest(telling);
    set_codename(telling);
}

/* ---- all of them ---- */

static void set_python_version(const struct telling *telling, const char *key)
{
    char buffer[32];
    struct text text = TEXT_ON(buffer);
    struct python_version version;
    if (python_name_read(span_base_name(telling->subject->program), &version) && version.parts >= 2)
        python_version_add(&text, &version);
    else
        text_add(&text, "3");
    set(telling, key, text_as_span(&text));
}

static void add_others(const struct telling *telling, const struct library_failure *failures, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        struct span left = failures[i].version.at ? failures[i].version : failures[i].library;
        finding_evidence(telling->scene->findings, telling->finding, "also", left, failures[i].by);
    }
}

static void tell(const struct telling *telling)
{
    enum rule rule = telling->failure->rule;
    if (rule == RULE_PYTHON_LOADER_MISSING)
        tell_loader(telling);
    else if (rule == RULE_LIBRARY_MISSING)
        tell_missing(telling);
    else if (rule == RULE_LIBRARY_UNREADABLE)
        tell_unreadable(telling);
    else if (rule == RULE_LIBRARY_VERSION_MISSING)
        tell_version(telling);
    else if (rule == RULE_LIBRARY_WRONG_MACHINE || rule == RULE_LIBRARY_DAMAGED)
        tell_file(telling);
    set_python_version(telling, rule == RULE_LIBRARY_VERSION_MISSING ? "python_version" : "version");
}

/* An extension names the C library that it was linked with, and this program has the other one. */
static bool is_of_other_libc(const struct libraries_subject *subject, bool is_musl,
                             const struct library_failure *failure)
{
    if (!subject->extension.length || !span_equal(failure->by, subject->extension))
        return false;
    return is_musl ? span_starts(failure->library, "ld-linux")
                   : span_starts(failure->library, "libc.musl-") || span_is(failure->library, "libc.so");
}

/* The most telling one: a C library that isn't this program's explains all that is missing. */
static struct library_failure choose(const struct libraries_subject *subject, bool is_musl,
                                     const struct library_failure *failures, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct library_failure failure = failures[i];
        failure.rule = RULE_PACKAGE_FOR_ANOTHER_LIBC;
        if (is_of_other_libc(subject, is_musl, &failure))
            return failure;
    }
    return *failures;
}

/* The mount that the failure comes from, if it comes from one. */
static void set_mount(const struct telling *telling)
{
    struct trace trace;
    const struct library_failure *failure = telling->failure;
    struct span place = failure->path.length ? failure->path : failure->by;
    if (failure->rule == RULE_PYTHON_LOADER_MISSING)
        place = failure->by;
    if (failure->rule == RULE_LIBRARY_ON_NOEXEC_MOUNT && !reader_walk(telling->scene->reader, failure->path, &trace))
        place = trace.real;
    broken_path_mount(telling->scene, telling->finding, telling->subject->candidate, place);
}

struct finding *library_finding_add(const struct scene *scene, const struct libraries_subject *subject, bool is_musl,
                                    const struct library_failure *failures, unsigned count)
{
    struct library_failure failure = choose(subject, is_musl, failures, count);
    struct finding *finding = findings_add(scene->findings, failure.rule);
    const struct telling telling = {scene, subject, &failure, finding, is_musl};
    broken_path_wanted(scene, finding, subject->candidate);
    set(&telling, "python", subject->program);
    set(&telling, "extension", subject->extension);
    set(&telling, "library", failure.library);
    set(&telling, "by", failure.by);
    set(&telling, "path", failure.path);
    if (failure.path.length && span_equal(failure.path, subject->extension))
        set_string(&telling, "itself", "yes");
    tell(&telling);
    set_mount(&telling);
    add_others(&telling, failures, count);
    finding_weaken(finding, subject->severity);
    return finding;
}
