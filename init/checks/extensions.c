#include "checks/extensions.h"

#include "facts/extension_suffix.h"
#include "facts/program.h"

enum { NAMES_MOST = 1024, NAME_MOST = 256 };

struct compiled {
    const char *package;
    const char *folder; /* below a site folder */
    const char *module;
    const char *distribution; /* what to install anew */
    bool is_needed;           /* else uvicorn does without */
};

static const struct compiled all_compiled[] = {
    {"pydantic_core", "pydantic_core", "_pydantic_core", "pydantic", true},
    {"uvloop", "uvloop", "loop", "uvloop", false},
    {"httptools", "httptools/parser", "parser", "httptools", false},
};

struct look {
    const struct scene *scene;
    const struct interpreter *interpreter;
    char dynload[PATH_MOST];  /* where this Python's own compiled modules are */
    char own_name[NAME_MOST]; /* one of them; "" when none was seen */
    struct span own_suffix;   /* in `own_name` */
    struct extension_suffix own;
    const struct compiled *compiled;
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

static struct finding *add(const struct look *look, enum rule rule)
{
    char buffer[PATH_MOST];
    struct text text = TEXT_ON(buffer);
    struct finding *finding = findings_add(look->scene->findings, rule);
    const char *flag = look->compiled->is_needed ? "needed" : "faster";
    join(&text, span_of(look->folder), look->name);
    set(look, finding, "file", text_as_span(&text));
    set(look, finding, "package", span_of(look->compiled->package));
    set(look, finding, "distribution", span_of(look->compiled->distribution));
    set(look, finding, "python", span_of(look->interpreter->path));
    set(look, finding, flag, SPAN("yes"));
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

/* The name fits, and the file may be no library. */
static void judge_file(const struct look *look)
{
    char path[PATH_MOST], head[PROGRAM_HEAD];
    struct text text = TEXT_ON(path);
    struct stat status;
    struct program program;
    size_t length;
    const struct reader *reader = look->scene->reader;
    if (look->difference != EXTENSION_FITS)
        return;
    if (!join(&text, span_of(look->folder), look->name) || reader_stat(reader, text_as_span(&text), &status) ||
        reader_read(reader, text_as_span(&text), 0, head, sizeof(head), &length))
        return; /* a link that leads nowhere, or a file that may not be read */
    program_read(&program, (struct span){head, length}, (uint64_t)status.st_size);
    const char *damage = damage_of(&program);
    if (damage)
        set(look, add(look, RULE_PACKAGE_DAMAGED), "damage", span_of(damage));
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
    for (unsigned i = 0; i < path->count && !look->name[0]; i++)
        if (i != path->library && join(&folder, path->folders[i], look->compiled->folder))
            (void)reader_list(look->scene->reader, text_as_span(&folder), NAMES_MOST, take_extension, look);
}

static void judge_name(const struct look *look)
{
    if (look->difference != EXTENSION_FITS)
        add_foreign(look);
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
        find_compiled(&look, &path);
        if (look.name[0])
            judge(&look);
    }
}

void extensions_judge(const struct scene *scene, const struct interpreter *interpreter)
{
    judge_all(scene, interpreter, judge_name);
}

void extensions_advise(const struct scene *scene, const struct interpreter *interpreter)
{
    judge_all(scene, interpreter, judge_file);
}
