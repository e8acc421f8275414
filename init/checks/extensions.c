#include "checks/extensions.h"

#include "checks/libraries.h"
#include "checks/words.h"
#include "facts/extension_suffix.h"
#include "facts/program.h"

enum { NAMES_MOST = 1024, NAME_MOST = 256, SITE_NAMES_MOST = 8192, WHEEL_MOST = 2048 };

struct compiled {
    const char *package;
    const char *folder; /* below a site folder */
    const char *module;
    const char *distribution; /* what to install anew */
    bool is_needed;           /* else uvicorn does without, unless it is asked for by name */
    bool is_for_reload;       /* uvicorn imports it with --reload only */
    const char *option;       /* of uvicorn, whose value names the package, or is "auto" by default; or NULL */
    const char *variable;     /* the same */
};

static const struct compiled all_compiled[] = {
    {"pydantic_core", "pydantic_core", "_pydantic_core", "pydantic", true, false, NULL, NULL},
    {"uvloop", "uvloop", "loop", "uvloop", false, false, "--loop", "UVICORN_LOOP"},
    {"httptools", "httptools/parser", "parser", "httptools", false, false, "--http", "UVICORN_HTTP"},
    {"watchfiles", "watchfiles", "_rust_notify", "watchfiles", false, true, NULL, NULL},
};

struct look {
    const struct scene *scene;
    const struct interpreter *interpreter;
    char dynload[PATH_MOST];  /* where this Python's own compiled modules are */
    char own_name[NAME_MOST]; /* one of them; "" when none was seen */
    struct span own_suffix;   /* in `own_name` */
    struct extension_suffix own;
    const struct compiled *compiled;
    struct span site; /* that the package was found in */
    char folder[PATH_MOST];
    char name[NAME_MOST]; /* of the file that fits, or of the first that doesn't; "" without any */
    enum extension_difference difference;
};

static bool join(struct text *path, struct span folder, const char *name)
{
    text_clear(path);
    text_span(path, folder);
    text_join(path, "/", name, NULL);
    return !path->cut;
}

/* ---- what this Python takes ---- */

/* NAME.SUFFIX: the suffix, with its dot; empty without one. */
static struct span suffix_of(struct span name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] == '.')
            return span_from(name, i);
    return SPAN("");
}

static bool take_own(void *context, struct span name, unsigned char type)
{
    struct look *look = context;
    const struct interpreter *interpreter = look->interpreter;
    struct extension_suffix read;
    (void)type;
    if (!extension_suffix_read(suffix_of(name), &read) || read.python != EXTENSION_CPYTHON ||
        read.minor != interpreter->minor || read.free_threaded != interpreter->free_threaded)
        return true;
    struct text copy = TEXT_ON(look->own_name);
    text_span(&copy, name);
    look->own_suffix = suffix_of(text_as_span(&copy));
    extension_suffix_read(look->own_suffix, &look->own);
    return false;
}

static void find_own(struct look *look, struct span library)
{
    struct text folder = TEXT_ON(look->dynload);
    look->own = (struct extension_suffix){.python = EXTENSION_CPYTHON,
                                          .minor = look->interpreter->minor,
                                          .free_threaded = look->interpreter->free_threaded,
                                          .debug = true, /* not known: both fit */
                                          .system = EXTENSION_LINUX};
    if (join(&folder, library, "lib-dynload"))
        (void)reader_list(look->scene->reader, text_as_span(&folder), NAMES_MOST, take_own, look);
}

/* ---- the findings ---- */

static void set(const struct look *look, struct finding *finding, const char *key, struct span span)
{
    finding_set(look->scene->findings, finding, key, span);
}

static bool path_of(const struct look *look, struct text *path)
{
    return join(path, span_of(look->folder), look->name);
}

struct wheel_search {
    const char *package;
    struct text path; /* of its WHEEL */
};

/* SITE/uvloop-0.22.1.dist-info/WHEEL */
static bool take_wheel(void *context, struct span name, unsigned char type)
{
    struct wheel_search *search = context;
    struct span package = span_of(search->package);
    (void)type;
    if (!span_starts(name, search->package) || !span_ends(name, ".dist-info") || name.at[package.length] != '-')
        return true;
    text_add(&search->path, "/");
    text_span(&search->path, name);
    text_add(&search->path, "/WHEEL");
    return false;
}

/* What the package says of itself: evidence only. Neither Python nor the loader reads it, and packages of Debian and conda,
 * or wheels that were given another tag, work with a tag that doesn't fit. */
static void set_wheel(const struct look *look, struct finding *finding)
{
    char path[PATH_MOST], bytes[WHEEL_MOST];
    size_t length;
    struct wheel_search search = {look->compiled->package, TEXT_ON(path)};
    text_span(&search.path, look->site);
    size_t before = search.path.length;
    (void)reader_list(look->scene->reader, look->site, SITE_NAMES_MOST, take_wheel, &search);
    if (search.path.length == before || search.path.cut ||
        reader_read(look->scene->reader, text_as_span(&search.path), 0, bytes, sizeof(bytes), &length))
        return;
    for (struct span rest = {bytes, length}; rest.at;) {
        struct span line = span_split(&rest, '\n');
        if (!span_starts(line, "Tag: "))
            continue;
        set(look, finding, "wheel", text_as_span(&search.path));
        set(look, finding, "tag", span_trim(span_from(line, sizeof("Tag: ") - 1)));
        return;
    }
}

/* What uvicorn was told to take; empty: it takes the package if it can be imported. */
static struct span asked_for(const struct look *look)
{
    const struct compiled *compiled = look->compiled;
    struct span value =
        compiled->option ? words_uvicorn_value(look->scene, compiled->option, compiled->variable) : SPAN("");
    return span_is(value, "auto") ? SPAN("") : value;
}

static void describe(const struct look *look, struct finding *finding)
{
    set(look, finding, "package", span_of(look->compiled->package));
    set(look, finding, "distribution", span_of(look->compiled->distribution));
    set(look, finding, "python", span_of(look->interpreter->path));
    if (look->compiled->is_needed)
        set(look, finding, "needed", SPAN("yes"));
    else if (look->difference == EXTENSION_TAKEN_IN_VAIN)
        set(look, finding, "fails", SPAN("yes"));
    else if (!asked_for(look).length)
        set(look, finding, "faster", SPAN("yes"));
    set_wheel(look, finding);
}

static struct finding *add(const struct look *look, enum rule rule)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    struct finding *finding = findings_add(look->scene->findings, rule);
    path_of(look, &path);
    set(look, finding, "file", text_as_span(&path));
    describe(look, finding);
    return finding;
}

static enum rule rule_of(enum extension_difference difference)
{
    switch (difference) {
    case EXTENSION_OF_OTHER_SYSTEM:
    case EXTENSION_OF_OTHER_MACHINE:
        return RULE_PACKAGE_FOR_ANOTHER_MACHINE;
    case EXTENSION_OF_OTHER_LIBC:
        return RULE_PACKAGE_FOR_ANOTHER_LIBC;
    case EXTENSION_TAKEN_IN_VAIN:
    case EXTENSION_OF_OTHER_PYTHON:
    case EXTENSION_FITS:
        break;
    }
    return RULE_PACKAGE_FOR_ANOTHER_PYTHON;
}

static void add_foreign(const struct look *look)
{
    char buffer[32];
    struct text version = TEXT_ON(buffer);
    struct finding *finding = add(look, rule_of(look->difference));
    set(look, finding, "has", suffix_of(span_of(look->name)));
    set(look, finding, "takes", look->own_suffix);
    if (look->own_suffix.length)
        set(look, finding, "own", span_of(look->dynload));
    interpreter_version(look->interpreter, &version);
    set(look, finding, "version", text_as_span(&version));
    if (look->interpreter->free_threaded)
        set(look, finding, "free_threaded", span_of(look->interpreter->real));
}

/* Why the loader refuses the file, whatever the machine; NULL: it is whole as far as its first bytes tell. */
static const char *damage_of(const struct program *program)
{
    switch (program->kind) {
    case PROGRAM_EMPTY:
        return "is empty";
    case PROGRAM_GIT_LFS:
        return "is a pointer of Git LFS, not the file itself";
    case PROGRAM_ELF:
        if (program->elf.malformed)
            return "has a damaged header";
        return program->elf.has_segments && program->elf.truncated ? "is cut off" : NULL;
    case PROGRAM_MACH_O:
        return "was compiled for macOS";
    case PROGRAM_PE:
        return "was compiled for Windows";
    case PROGRAM_SCRIPT:
    case PROGRAM_ARCHIVE:
    case PROGRAM_TEXT:
    case PROGRAM_OTHER:
        break;
    }
    return "is no ELF file";
}

static void add_machine(const struct look *look, const struct elf *elf)
{
    const char *machine = elf_machine_name(elf);
    struct finding *finding = add(look, RULE_PACKAGE_FOR_ANOTHER_MACHINE);
    set(look, finding, "elf", span_of(machine ? machine : "another machine"));
    set(look, finding, "own_elf", span_of(elf_machine_name(&look->interpreter->elf)));
}

/* The name fits, and the file may be no library, or one for another machine. */
static void judge_file(const struct look *look, struct span path)
{
    char head[PROGRAM_HEAD];
    struct stat status;
    struct program program;
    size_t length;
    const struct reader *reader = look->scene->reader;
    if (reader_stat(reader, path, &status) || reader_read(reader, path, 0, head, sizeof(head), &length))
        return; /* a link that leads nowhere, or a file that may not be read */
    program_read(&program, (struct span){head, length}, (uint64_t)status.st_size);
    const char *damage = damage_of(&program);
    if (damage)
        set(look, add(look, RULE_PACKAGE_DAMAGED), "damage", span_of(damage));
    else if (look->interpreter->elf.bits && !elf_same_machine(&program.elf, &look->interpreter->elf))
        add_machine(look, &program.elf);
}

/* The name fits: would the loader take it? */
static void judge_loading(const struct look *look)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    struct findings *findings = look->scene->findings;
    const struct candidate candidate = {.path = span_of(look->interpreter->path)};
    if (look->difference != EXTENSION_FITS || !path_of(look, &path))
        return;
    const struct libraries_subject subject = {.candidate = &candidate,
                                              .program = span_of(look->interpreter->real),
                                              .extension = text_as_span(&path),
                                              .severity = SEVERITY_WARNING};
    unsigned before = findings->count;
    enum libraries_verdict verdict = libraries_judge(look->scene, &subject);
    if (verdict == LIBRARIES_UNKNOWN)
        judge_file(look, text_as_span(&path));
    else if (findings->count > before)
        describe(look, &findings->list[before]);
}

/* ---- looking ---- */

/* Ends with the first file that fits. */
static bool take_extension(void *context, struct span name, unsigned char type)
{
    struct look *look = context;
    struct extension_suffix read;
    (void)type;
    if (!span_starts(name, look->compiled->module) ||
        !extension_suffix_read(span_from(name, span_of(look->compiled->module).length), &read))
        return true;
    enum extension_difference difference = extension_suffix_compare(&look->own, &read);
    if (difference != EXTENSION_FITS && look->name[0])
        return true;
    struct text text = TEXT_ON(look->name);
    look->difference = difference;
    text_span(&text, name);
    return difference != EXTENSION_FITS;
}

static void find_compiled(struct look *look, const struct search_path *path)
{
    struct text folder = TEXT_ON(look->folder);
    look->name[0] = '\0';
    for (unsigned i = 0; i < path->count && !look->name[0]; i++) {
        look->site = path->folders[i];
        if (i != path->library && join(&folder, look->site, look->compiled->folder))
            (void)reader_list(look->scene->reader, text_as_span(&folder), NAMES_MOST, take_extension, look);
    }
}

/* Of what uvicorn does without nobody else says a word. */
static void judge_at_start(const struct look *look)
{
    if (look->difference != EXTENSION_FITS)
        add_foreign(look);
    else if (!look->compiled->is_needed)
        judge_loading(look);
}

static void judge_needed(const struct look *look)
{
    if (look->compiled->is_needed)
        judge_loading(look);
}

static bool is_imported(const struct look *look)
{
    struct span asked = asked_for(look);
    if (asked.length && !span_is(asked, look->compiled->package))
        return false;
    return !look->compiled->is_for_reload || setting_is(look->scene->settings, SETTING_RELOAD);
}

static void judge_all(const struct scene *scene, const struct interpreter *interpreter,
                      void (*judge)(const struct look *look))
{
    static struct search_path path;
    static struct look look;
    if (!interpreter->knows_version || interpreter->is_script)
        return;
    look = (struct look){.scene = scene, .interpreter = interpreter};
    search_path_of(scene, interpreter, &path);
    if (path.library == SEARCH_FOLDERS)
        return;
    find_own(&look, path.folders[path.library]);
    for (size_t i = 0; i < ARRAY_LENGTH(all_compiled); i++) {
        look.compiled = &all_compiled[i];
        if (!is_imported(&look))
            continue;
        find_compiled(&look, &path);
        if (look.name[0])
            judge(&look);
    }
}

void extensions_judge(const struct scene *scene, const struct interpreter *interpreter)
{
    judge_all(scene, interpreter, judge_at_start);
}

void extensions_advise(const struct scene *scene, const struct interpreter *interpreter)
{
    judge_all(scene, interpreter, judge_needed);
}
