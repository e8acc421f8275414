#include "checks/libraries.h"

#include "checks/library_search.h"

#include <errno.h>
#include <string.h>

enum {
    OBJECTS_MOST = 128,
    NEEDED_MOST = 1024,
    NEEDS_MOST = 2048,
    DEFINITIONS_MOST = 8192,
    FAILURES_MOST = 8,
    STORE = 65536,
};

struct need {
    unsigned by;
    struct span file;
    uint64_t file_offset;
    uint64_t name; /* an offset, as file_offset: in the string table of `by` */
    uint32_t hash;
};

/* How much of the closure there is. */
struct extent {
    unsigned object_count;
    unsigned needed_count;
    unsigned need_count;
    unsigned definition_count;
    size_t used; /* of `store` */
};

static struct closure {
    const struct libraries_subject *subject;
    struct extent extent;
    bool has_program;      /* all that the program needs is there: */
    struct extent program; /* the closure without what an extension brings */
    bool program_is_unsure;
    struct library_object objects[OBJECTS_MOST];
    struct span needed[NEEDED_MOST];
    struct need needs[NEEDS_MOST];
    uint32_t definitions[DEFINITIONS_MOST];
    struct library_failure failures[FAILURES_MOST];
    unsigned failure_count;
    char store[STORE];
} closure;

/* Where it looks, and what makes the verdict unknown. */
static struct library_search search;

static struct span keep(struct span span)
{
    if (!span.at || span.length > STORE - closure.extent.used) {
        search.is_unknown |= span.at != NULL;
        return (struct span){0};
    }
    char *copy = closure.store + closure.extent.used;
    memcpy(copy, span.at, span.length);
    closure.extent.used += span.length;
    return (struct span){copy, span.length};
}

/* ---- objects ---- */

static struct span keep_string(uint64_t offset)
{
    char buffer[PATH_MOST];
    if (offset == ELF_NOWHERE)
        return (struct span){0};
    struct span string = library_file_string(&search.library, offset, buffer, sizeof(buffer));
    search.is_unknown |= !string.at;
    return keep(string);
}

static void take_needed(struct library_object *object)
{
    const struct elf_dynamic *dynamic = &search.library.dynamic;
    object->first_needed = closure.extent.needed_count;
    for (unsigned i = 0; i < dynamic->needed_count; i++) {
        if (closure.extent.needed_count == NEEDED_MOST) {
            search.is_unknown = true;
            return;
        }
        closure.needed[closure.extent.needed_count++] = keep_string(dynamic->needed[i]);
        object->needed_count++;
    }
}

/* The file's name is mostly one of DT_NEEDED, of the same offset; and several versions of it follow each other. */
static struct span file_of(unsigned by, uint64_t offset)
{
    const struct library_object *object = &closure.objects[by];
    const struct need *last = closure.extent.need_count ? &closure.needs[closure.extent.need_count - 1] : NULL;
    for (unsigned i = 0; i < object->needed_count; i++) {
        if (search.library.dynamic.needed[i] == offset)
            return closure.needed[object->first_needed + i];
    }
    return last && last->by == by && last->file_offset == offset ? last->file : keep_string(offset);
}

static void take_need(void *context, const struct elf_version *version)
{
    unsigned by = (unsigned)((const struct library_object *)context - closure.objects);
    if (version->weak)
        return;
    if (closure.extent.need_count == NEEDS_MOST) {
        search.is_unknown = true;
        return;
    }
    closure.needs[closure.extent.need_count] = (struct need){.by = by,
                                                             .file = file_of(by, version->file),
                                                             .file_offset = version->file,
                                                             .name = version->name,
                                                             .hash = version->hash};
    closure.extent.need_count++;
}

static void take_definition(void *context, const struct elf_version *version)
{
    struct library_object *object = context;
    if (closure.extent.definition_count == DEFINITIONS_MOST) {
        search.is_unknown = true;
        return;
    }
    closure.definitions[closure.extent.definition_count++] = version->hash;
    object->definition_count++;
}

/* musl's loader knows no versions. */
static void take_versions(struct library_object *object)
{
    object->first_definition = closure.extent.definition_count;
    if (search.is_musl)
        return;
    if (!library_file_needs(&search.library, take_need, object) ||
        !library_file_definitions(&search.library, take_definition, object))
        search.is_unknown = true;
}

/* Takes the library that was opened, and closes it. */
static void add_object(struct span name, struct span path, unsigned loader)
{
    const struct elf_dynamic *dynamic = &search.library.dynamic;
    if (closure.extent.object_count == OBJECTS_MOST) {
        search.is_unknown = true;
    } else {
        struct library_object *object = &closure.objects[closure.extent.object_count++];
        *object = (struct library_object){.name = keep(name), .path = keep(path), .loader = loader};
        object->soname = keep_string(dynamic->soname);
        object->rpath = keep_string(dynamic->rpath);
        object->runpath = keep_string(dynamic->runpath);
        object->no_default_folders = dynamic->no_default_folders;
        take_needed(object);
        take_versions(object);
    }
    library_file_close(&search.library);
}

/* ---- what is loaded already ---- */

static bool starts_with_name_of(struct span name, const char *stem)
{
    return span_starts(name, stem) && name.length > strlen(stem) && name.at[strlen(stem)] == '.';
}

/* musl has all of the C library in its loader. */
static bool musl_has(struct span name)
{
    static const char *const stems[] = {"libc", "libpthread", "librt", "libm", "libdl", "libutil", "libxnet"};
    for (size_t i = 0; i < ARRAY_LENGTH(stems); i++) {
        if (starts_with_name_of(name, stems[i]))
            return true;
    }
    return false;
}

static bool is_called(const struct library_object *object, struct span name)
{
    if (span_equal(object->name, name))
        return true;
    return !search.is_musl &&
           (span_equal(object->path, name) || (object->soname.at && span_equal(object->soname, name)));
}

static const struct library_object *loaded(struct span name)
{
    for (unsigned i = 0; i < closure.extent.object_count; i++) {
        if (is_called(&closure.objects[i], name))
            return &closure.objects[i];
    }
    return NULL;
}

static bool is_loaded(struct span name)
{
    /* The kernel's own, which no file holds. */
    if (span_is(name, "linux-vdso.so.1"))
        return true;
    return loaded(name) || (search.is_musl && musl_has(name));
}

static struct library_failure *add_failure(enum rule rule, struct span library, struct span by, struct span path)
{
    static struct library_failure spare;
    bool fits = closure.failure_count < FAILURES_MOST;
    struct library_failure *failure = fits ? &closure.failures[closure.failure_count++] : &spare;
    *failure = (struct library_failure){.rule = rule, .library = library, .by = by, .path = keep(path)};
    return failure;
}

static enum rule rule_of(enum library_state state)
{
    if (state == LIBRARY_UNREADABLE)
        return RULE_LIBRARY_UNREADABLE;
    if (state == LIBRARY_OTHER_MACHINE)
        return RULE_LIBRARY_WRONG_MACHINE;
    if (state == LIBRARY_NOT_TO_RUN)
        return RULE_LIBRARY_ON_NOEXEC_MOUNT;
    return state == LIBRARY_DAMAGED ? RULE_LIBRARY_DAMAGED : RULE_LIBRARY_MISSING;
}

static void load(struct span name, unsigned by)
{
    const struct library_object *needing = &closure.objects[by];
    if (is_loaded(name))
        return;
    enum library_state state = library_search_run(&search, name, needing);
    if (state == LIBRARY_GOOD) {
        add_object(name, search.found, by);
    } else if (state == LIBRARY_UNCLEAR) {
        search.is_unknown = true;
    } else {
        add_failure(rule_of(state), name, needing->path, search.refused);
        search.is_unsure |= library_search_has_variant(&search, name, needing);
    }
}

/* Breadth first, as both loaders do: what is loaded already isn't looked for again. */
static void load_needed(unsigned first)
{
    for (unsigned i = first; i < closure.extent.object_count; i++) {
        for (unsigned j = 0; j < closure.objects[i].needed_count; j++)
            load(closure.needed[closure.objects[i].first_needed + j], i);
    }
}

/* ---- versions ---- */

static bool defines(const struct library_object *object, uint32_t hash)
{
    for (unsigned i = 0; i < object->definition_count; i++) {
        if (closure.definitions[object->first_definition + i] == hash)
            return true;
    }
    return false;
}

static struct span version_name(const struct library_object *object, uint64_t offset)
{
    struct span name = {0};
    if (library_file_open(search.scene->reader, object->path, NULL, &search.library) != LIBRARY_GOOD)
        return name;
    name = keep_string(offset);
    library_file_close(&search.library);
    return name;
}

static void check_versions(unsigned first)
{
    for (unsigned i = first; i < closure.extent.need_count; i++) {
        const struct need *need = &closure.needs[i];
        const struct library_object *object = loaded(need->file), *by = &closure.objects[need->by];
        if (!object || !object->definition_count || defines(object, need->hash))
            continue;
        struct span version = version_name(by, need->name);
        add_failure(RULE_LIBRARY_VERSION_MISSING, need->file, by->path, object->path)->version = version;
    }
}

/* ---- the loader itself ---- */

/* Programs that only stand in for glibc's loader (gcompat, nix-ld) have another name inside, or none. */
static void know_loader(struct span path)
{
    struct span name = span_base_name(path);
    bool is_glibc = span_is(name, search.machine->glibc_loader);
    search.is_musl = span_is(name, search.machine->musl_loader);
    if (!is_glibc && !search.is_musl) {
        search.is_unknown = true;
        library_file_close(&search.library);
        return;
    }
    add_object(is_glibc ? name : path, path, 1);
    const struct library_object *loader = &closure.objects[closure.extent.object_count - 1];
    search.is_unknown |= loader->needed_count > 0;
    search.is_unknown |= is_glibc ? !span_is(loader->soname, search.machine->glibc_loader)
                                  : loader->soname.at && !starts_with_name_of(loader->soname, "libc");
}

/* Why the loader couldn't be opened for reading, which the kernel doesn't need to. */
static void explain_loader(struct span path, enum library_state state)
{
    struct trace trace;
    const struct reader *reader = search.scene->reader;
    struct span by = closure.objects->path;
    int error = reader_walk(reader, path, &trace);
    if (!error)
        error = reader_may(reader, path, 1);
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        add_failure(RULE_PYTHON_LOADER_MISSING, keep(path), by, trace.last->path);
    else if (state == LIBRARY_NOT_TO_RUN)
        add_failure(rule_of(state), keep(path), by, path);
    else if (error == EACCES)
        add_failure(RULE_LIBRARY_UNREADABLE, keep(path), by, path);
    else if (!error && (state == LIBRARY_OTHER_MACHINE || state == LIBRARY_DAMAGED))
        add_failure(rule_of(state), keep(path), by, path);
    else
        search.is_unknown = true;
}

/* The kernel opens it as it would a program: it must be there, for this machine, and to be executed. */
static void load_loader(struct span path)
{
    const struct reader *reader = search.scene->reader;
    if (!span_starts(path, "/")) {
        search.is_unknown = true;
        return;
    }
    enum library_state state = library_file_open(reader, path, &search.machine->elf, &search.library);
    const struct stat *status = &search.library.status;
    if (state == LIBRARY_GOOD &&
        (reader_identity_permits(&reader->identity, status->st_mode, status->st_uid, status->st_gid, 1) ||
         reader_may(reader, path, 1) != EACCES)) {
        know_loader(path);
        return;
    }
    library_file_close(&search.library);
    explain_loader(path, state);
}

/* ---- all of it ---- */

/* A program with privileges of its own doesn't heed LD_LIBRARY_PATH; whether it gets them is the kernel's to say. */
static void take_library_path(void)
{
    struct stat status;
    char capabilities[64];
    size_t length;
    const struct scene *scene = search.scene;
    struct span program = closure.subject->program;
    search.library_path = environment_filled(scene->environment, "LD_LIBRARY_PATH");
    if (!search.library_path.length || reader_stat(scene->reader, program, &status) != 0)
        return;
    if (!(status.st_mode & (S_ISUID | S_ISGID)) && reader_attribute(scene->reader, program, "security.capability",
                                                                    capabilities, sizeof(capabilities), &length) != 0)
        return;
    search.library_path = (struct span){0};
    search.is_unsure = true;
}

static void begin(const struct scene *scene, const struct libraries_subject *subject)
{
    library_search_begin(&search, scene, closure.objects);
    closure.subject = subject;
    closure.extent = (struct extent){0};
    closure.failure_count = 0;
    closure.has_program = false;
}

/* What others load besides, or instead, by our environment or the image's own file: it may have the missing name. Clear
 * Linux keeps its cache elsewhere. */
static bool others_interfere(void)
{
    struct stat status;
    const struct scene *scene = search.scene;
    return environment_filled(scene->environment, "LD_PRELOAD").length ||
           environment_filled(scene->environment, "LD_AUDIT").length ||
           (reader_stat(scene->reader, SPAN("/etc/ld.so.preload"), &status) == 0 && status.st_size > 0) ||
           reader_exists(scene->reader, SPAN("/var/cache/ldconfig/ld.so.cache"));
}

/* A loader that lies elsewhere is built to look elsewhere, too, and to read another cache. */
static bool is_loader_elsewhere(void)
{
    struct trace trace;
    if (search.is_musl || closure.extent.object_count < 2)
        return false;
    if (reader_walk(search.scene->reader, closure.objects[1].path, &trace) != 0)
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(search.machine->folders); i++) {
        if (span_is(span_folder(trace.real), search.machine->folders[i]))
            return false;
    }
    return true;
}

static enum libraries_verdict verdict(void)
{
    if (closure.failure_count == 0)
        return search.is_unknown ? LIBRARIES_UNKNOWN : LIBRARIES_FOUND;
    if (search.is_unknown || search.is_unsure || others_interfere() || is_loader_elsewhere())
        return LIBRARIES_UNKNOWN;
    library_finding_add(search.scene, closure.subject, search.is_musl, closure.failures, closure.failure_count);
    return LIBRARIES_REFUSED;
}

/* A program that can't be read may be executed all the same. One without a loader is static. */
static enum libraries_verdict judge_program(const struct scene *scene, const struct libraries_subject *subject)
{
    char buffer[PATH_MOST];
    begin(scene, subject);
    if (library_file_open(scene->reader, subject->program, NULL, &search.library) != LIBRARY_GOOD)
        return LIBRARIES_UNKNOWN;
    struct span loader = library_file_interpreter(&search.library, buffer);
    if (!loader.at || !library_search_knows(&search, &search.library.program.elf)) {
        library_file_close(&search.library);
        return loader.at ? LIBRARIES_UNKNOWN : LIBRARIES_FOUND;
    }
    take_library_path();
    add_object(subject->program, subject->program, 0);
    load_loader(loader);
    if (closure.failure_count == 0 && !search.is_unknown) {
        load_needed(0);
        if (closure.failure_count == 0)
            check_versions(0);
    }
    closure.has_program = closure.failure_count == 0 && !search.is_unknown;
    closure.program = closure.extent;
    closure.program_is_unsure = search.is_unsure;
    return verdict();
}

/* ---- a module that it loads ---- */

static bool is_judged(const struct scene *scene, struct span program)
{
    return search.scene == scene && closure.extent.object_count > 0 && span_equal(closure.objects->path, program);
}

/* The one that calls dlopen: its RPATH, and those of who loaded it, hold for what is loaded. For musl it is the program. */
static unsigned caller(void)
{
    for (unsigned i = 1; i < closure.program.object_count && !search.is_musl; i++) {
        if (span_starts(closure.objects[i].name, "libpython") && closure.objects[i].needed_count > 0)
            return i;
    }
    return 0;
}

static void load_extension(struct span path)
{
    unsigned own = closure.extent.object_count;
    enum library_state state = library_file_open(search.scene->reader, path, &search.machine->elf, &search.library);
    if (state == LIBRARY_GOOD) {
        add_object(path, path, caller());
        load_needed(own);
        if (closure.failure_count == 0)
            check_versions(closure.program.need_count);
    } else if (state == LIBRARY_UNREADABLE || state == LIBRARY_NOT_TO_RUN) {
        add_failure(rule_of(state), span_base_name(path), closure.subject->program, path);
    } else {
        search.is_unknown = true;
    }
}

enum libraries_verdict libraries_judge(const struct scene *scene, const struct libraries_subject *subject)
{
    if (subject->extension.length == 0)
        return judge_program(scene, subject);
    if (!is_judged(scene, subject->program)) {
        struct libraries_subject program = *subject;
        program.extension = SPAN("");
        (void)judge_program(scene, &program);
    }
    if (!closure.has_program)
        return LIBRARIES_UNKNOWN;
    closure.subject = subject;
    closure.extent = closure.program;
    search.is_unsure = closure.program_is_unsure;
    search.is_unknown = false;
    closure.failure_count = 0;
    load_extension(subject->extension);
    return verdict();
}
