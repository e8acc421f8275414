#include "checks/libraries.h"

#include "checks/library_finding.h"
#include "facts/loader_cache.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

enum {
    OBJECTS_MOST = 128,
    NEEDED_MOST = 1024,
    NEEDS_MOST = 2048,
    DEFINITIONS_MOST = 8192,
    FAILURES_MOST = 8,
    STORE = 65536,
    CACHE_MOST = 524288,
    MUSL_PATH_MOST = 4096,
};

/* A machine and its two loaders. */
struct machine {
    struct elf elf;
    const char *glibc_loader;
    const char *musl_loader;
    const char *musl_path;
    const char *folders[6]; /* that glibc's loaders are built to look in; Debian's first two, and no other has these */
    uint32_t cache_kind;
};

static const struct machine machines[] = {
    {{.machine = EM_X86_64, .bits = 64},
     "ld-linux-x86-64.so.2",
     "ld-musl-x86_64.so.1",
     "/etc/ld-musl-x86_64.path",
     {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"},
     LOADER_CACHE_X86_64},
    {{.machine = EM_AARCH64, .bits = 64},
     "ld-linux-aarch64.so.1",
     "ld-musl-aarch64.so.1",
     "/etc/ld-musl-aarch64.path",
     {"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"},
     LOADER_CACHE_ARM64},
};

/* Below each folder glibc's loader looks first in those of the processor: which ones is up to processor and release. */
static const char *const processor_folders[] = {
    "glibc-hwcaps/x86-64-v4",
    "glibc-hwcaps/x86-64-v3",
    "glibc-hwcaps/x86-64-v2",
    "tls",
    "haswell",
    "avx512_1",
    "xeon_phi",
    "x86_64",
    "aarch64",
    "atomics",
    "tls/haswell",
    "tls/x86_64",
    "tls/aarch64",
    "haswell/x86_64",
};

/* A file that the loader has loaded. */
struct object {
    struct span name; /* as it was asked for */
    struct span path;
    struct span soname;
    struct span rpath;
    struct span runpath;
    unsigned loader; /* the object that asked for it first; its own index: none */
    unsigned first_needed, needed_count;
    unsigned first_definition, definition_count; /* no definitions: the loader doesn't check versions */
    bool no_default_folders;
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
    const struct scene *scene;
    const struct libraries_subject *subject;
    const struct machine *machine;
    bool is_musl;
    bool is_unknown; /* whatever else is found */
    bool is_unsure;  /* that a failure is one */
    struct span library_path;
    struct extent extent;
    bool has_program;      /* all that the program needs is there: */
    struct extent program; /* the closure without what an extension brings */
    bool program_is_unsure;
    struct object objects[OBJECTS_MOST];
    struct span needed[NEEDED_MOST];
    struct need needs[NEEDS_MOST];
    uint32_t definitions[DEFINITIONS_MOST];
    struct library_failure failures[FAILURES_MOST];
    unsigned failure_count;
    struct library_file library; /* the one that was opened last */
    bool has_cache;
    struct loader_cache cache;
    bool has_musl_path;
    struct span musl_path;
    char store[STORE];
    char musl_path_bytes[MUSL_PATH_MOST];
    char cache_bytes[CACHE_MOST];
} closure;

static struct span keep(struct span span)
{
    if (!span.at || span.length > STORE - closure.extent.used) {
        closure.is_unknown |= span.at != NULL;
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
    struct span string = library_file_string(&closure.library, offset, buffer, sizeof(buffer));
    closure.is_unknown |= !string.at;
    return keep(string);
}

static void take_needed(struct object *object)
{
    const struct elf_dynamic *dynamic = &closure.library.dynamic;
    object->first_needed = closure.extent.needed_count;
    for (unsigned i = 0; i < dynamic->needed_count; i++) {
        if (closure.extent.needed_count == NEEDED_MOST) {
            closure.is_unknown = true;
            return;
        }
        closure.needed[closure.extent.needed_count++] = keep_string(dynamic->needed[i]);
        object->needed_count++;
    }
}

/* The file's name is mostly one of DT_NEEDED, of the same offset; and several versions of it follow each other. */
static struct span file_of(unsigned by, uint64_t offset)
{
    const struct object *object = &closure.objects[by];
    const struct need *last = closure.extent.need_count ? &closure.needs[closure.extent.need_count - 1] : NULL;
    for (unsigned i = 0; i < object->needed_count; i++) {
        if (closure.library.dynamic.needed[i] == offset)
            return closure.needed[object->first_needed + i];
    }
    return last && last->by == by && last->file_offset == offset ? last->file : keep_string(offset);
}

static void take_need(void *context, const struct elf_version *version)
{
    unsigned by = (unsigned)((const struct object *)context - closure.objects);
    if (version->weak)
        return;
    if (closure.extent.need_count == NEEDS_MOST) {
        closure.is_unknown = true;
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
    struct object *object = context;
    if (closure.extent.definition_count == DEFINITIONS_MOST) {
        closure.is_unknown = true;
        return;
    }
    closure.definitions[closure.extent.definition_count++] = version->hash;
    object->definition_count++;
}

/* musl's loader knows no versions. */
static void take_versions(struct object *object)
{
    object->first_definition = closure.extent.definition_count;
    if (closure.is_musl)
        return;
    if (!library_file_needs(&closure.library, take_need, object) ||
        !library_file_definitions(&closure.library, take_definition, object))
        closure.is_unknown = true;
}

/* Takes the library that was opened, and closes it. */
static void add_object(struct span name, struct span path, unsigned loader)
{
    const struct elf_dynamic *dynamic = &closure.library.dynamic;
    if (closure.extent.object_count == OBJECTS_MOST) {
        closure.is_unknown = true;
    } else {
        struct object *object = &closure.objects[closure.extent.object_count++];
        *object = (struct object){.name = keep(name), .path = keep(path), .loader = loader};
        object->soname = keep_string(dynamic->soname);
        object->rpath = keep_string(dynamic->rpath);
        object->runpath = keep_string(dynamic->runpath);
        object->no_default_folders = dynamic->no_default_folders;
        take_needed(object);
        take_versions(object);
    }
    library_file_close(&closure.library);
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

static bool is_called(const struct object *object, struct span name)
{
    if (span_equal(object->name, name))
        return true;
    return !closure.is_musl &&
           (span_equal(object->path, name) || (object->soname.at && span_equal(object->soname, name)));
}

static const struct object *loaded(struct span name)
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
    return loaded(name) || (closure.is_musl && musl_has(name));
}

/* ---- one search ---- */

struct search {
    struct span name;
    const struct object *by;
    const char *below;         /* a folder of processor_folders, or NULL */
    bool is_lenient;           /* the loader may not look here: what it would stop at is passed over */
    enum library_state result; /* LIBRARY_ABSENT until something was found */
    bool is_over;
    struct span found; /* in `path` */
    char path[PATH_MOST];
    char refused[PATH_MOST]; /* the file that explains best why nothing was found */
    struct span refused_path;
};

static void refuse(struct search *search, enum library_state state, bool is_over)
{
    struct text refused = TEXT_ON(search->refused);
    search->is_over |= is_over;
    if (search->result != LIBRARY_ABSENT && !is_over)
        return;
    search->result = state;
    text_span(&refused, search->found);
    search->refused_path = text_as_span(&refused);
}

/* glibc passes over what it can't open and what is for another machine, and stops at all else; musl stops at whatever it
 * could open. What lies on a noexec mount either takes, and then fails to map it. */
static void try_path(struct search *search, const struct text *path)
{
    if (path->cut || search->is_over)
        return;
    search->found = text_as_span(path);
    enum library_state state =
        library_file_open(closure.scene->reader, search->found, &closure.machine->elf, &closure.library);
    switch (state) {
    case LIBRARY_ABSENT:
        return;
    case LIBRARY_UNREADABLE:
        refuse(search, state, false);
        return;
    case LIBRARY_OTHER_MACHINE:
        /* musl doesn't look at the machine: what it would make of such a file isn't known. */
        closure.is_unknown |= closure.is_musl;
        refuse(search, state, closure.is_musl);
        return;
    case LIBRARY_DAMAGED:
    case LIBRARY_NOT_TO_RUN:
        refuse(search, state, !search->is_lenient);
        return;
    case LIBRARY_GOOD:
    case LIBRARY_UNCLEAR:
        break;
    }
    /* A file before this one that would end it: it may be the loader's choice. */
    closure.is_unknown |= search->result == LIBRARY_DAMAGED || search->result == LIBRARY_NOT_TO_RUN;
    search->result = state;
    search->is_over = true;
}

static void try_folder(struct search *search, struct span folder)
{
    /* A text on `path` would lose what was found. */
    if (search->is_over)
        return;
    struct text path = TEXT_ON(search->path);
    if (!span_starts(folder, "/")) {
        text_span(&path, closure.scene->working_folder);
        text_add(&path, "/");
    }
    text_span(&path, folder);
    text_add(&path, "/");
    if (search->below)
        text_join(&path, search->below, "/", NULL);
    text_span(&path, search->name);
    try_path(search, &path);
}

/* Puts the folder of `origin` for $ORIGIN. False: what stands there can't be told from reading. */
static bool expand(struct span entry, struct span origin, struct text *text)
{
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};
    for (size_t at = 0; at < entry.length;) {
        struct span rest = span_from(entry, at);
        size_t token = 0;
        while (token < ARRAY_LENGTH(tokens) && !span_starts(rest, tokens[token]))
            token++;
        if (token < ARRAY_LENGTH(tokens)) {
            text_span(text, span_folder(origin));
            at += strlen(tokens[token]);
        } else if (*rest.at == '$') {
            closure.is_unsure = true;
            return false;
        } else {
            text_byte(text, *rest.at);
            at++;
        }
    }
    return !text->cut;
}

static void try_entry(struct search *search, struct span entry, struct span origin)
{
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);
    /* An empty entry is the working folder for glibc, and none for musl. */
    if (entry.length == 0 && closure.is_musl)
        return;
    if (entry.length == 0)
        entry = closure.scene->working_folder;
    if (expand(entry, origin, &folder))
        try_folder(search, text_as_span(&folder));
}

/* `separators`: two of them. */
static void try_list(struct search *search, struct span list, const char *separators, struct span origin)
{
    if (!list.length)
        return;
    for (struct span rest = list; rest.at && !search->is_over;) {
        size_t length = 0;
        while (length < rest.length && rest.at[length] != separators[0] && rest.at[length] != separators[1])
            length++;
        try_entry(search, span_first(rest, length), origin);
        rest = length < rest.length ? span_from(rest, length + 1) : (struct span){0};
    }
}

/* ---- glibc's order ---- */

/* DT_RPATH of the one that needs it and of those that loaded it, and of the program; not of those that have a
 * DT_RUNPATH. */
static void try_rpaths(struct search *search)
{
    const struct object *object = search->by;
    bool did_program = false;
    if (object->runpath.at)
        return;
    for (;;) {
        did_program |= object == closure.objects;
        if (!object->runpath.at)
            try_list(search, object->rpath, "::", object->path);
        if (object == &closure.objects[object->loader])
            break;
        object = &closure.objects[object->loader];
    }
    object = closure.objects;
    if (!did_program && !object->runpath.at)
        try_list(search, object->rpath, "::", object->path);
}

static void read_cache(void)
{
    size_t length;
    closure.has_cache = true;
    closure.cache = (struct loader_cache){0};
    int error =
        reader_read(closure.scene->reader, SPAN("/etc/ld.so.cache"), 0, closure.cache_bytes, CACHE_MOST, &length);
    if (error)
        return; /* the loader goes on without it */
    loader_cache_read(&closure.cache, (struct span){closure.cache_bytes, length});
    closure.is_unsure |= closure.cache.malformed || length == CACHE_MOST;
}

static void try_cache(struct search *search)
{
    bool has_variants;
    if (search->is_over || search->below)
        return;
    struct text path = TEXT_ON(search->path);
    if (!closure.has_cache)
        read_cache();
    struct span found = loader_cache_find(&closure.cache, search->name, closure.machine->cache_kind, &has_variants);
    closure.is_unsure |= has_variants;
    text_span(&path, found);
    if (found.length)
        try_path(search, &path);
}

static void search_as_glibc(struct search *search)
{
    try_rpaths(search);
    try_list(search, closure.library_path, ":;", closure.objects->path);
    try_list(search, search->by->runpath, "::", search->by->path);
    try_cache(search);
    closure.is_unsure |= search->by->no_default_folders;
    search->is_lenient = true;
    for (size_t i = 0; i < ARRAY_LENGTH(closure.machine->folders); i++)
        try_folder(search, span_of(closure.machine->folders[i]));
}

/* ---- musl's order ---- */

static void read_musl_path(void)
{
    size_t length;
    int error = reader_read(closure.scene->reader, span_of(closure.machine->musl_path), 0, closure.musl_path_bytes,
                            MUSL_PATH_MOST, &length);
    closure.has_musl_path = true;
    closure.musl_path = error ? SPAN("/lib:/usr/local/lib:/usr/lib") : (struct span){closure.musl_path_bytes, length};
    closure.is_unsure |= (error && error != ENOENT) || length == MUSL_PATH_MOST;
}

static void search_as_musl(struct search *search)
{
    const struct object *object = search->by;
    try_list(search, closure.library_path, ":\n", closure.objects->path);
    for (;;) {
        try_list(search, object->runpath.at ? object->runpath : object->rpath, ":\n", object->path);
        if (object == &closure.objects[object->loader])
            break;
        object = &closure.objects[object->loader];
    }
    if (!closure.has_musl_path)
        read_musl_path();
    try_list(search, closure.musl_path, ":\n", closure.objects->path);
}

/* ---- the search for one library ---- */

static void search_begin(struct search *search, struct span name, const struct object *by)
{
    search->name = name;
    search->by = by;
    search->below = NULL;
    search->is_lenient = search->is_over = false;
    search->result = LIBRARY_ABSENT;
    search->found = search->refused_path = (struct span){0};
}

static void search_run(struct search *search)
{
    if (closure.is_musl)
        search_as_musl(search);
    else
        search_as_glibc(search);
}

/* A name with a slash is a path. */
static void search_path(struct search *search)
{
    char buffer[PATH_MOST];
    struct text expanded = TEXT_ON(buffer), path = TEXT_ON(search->path);
    if (!expand(search->name, search->by->path, &expanded))
        return;
    if (buffer[0] != '/') {
        text_span(&path, closure.scene->working_folder);
        text_add(&path, "/");
    }
    text_span(&path, text_as_span(&expanded));
    try_path(search, &path);
}

/* Is there one in a processor's own folder, which the loader may have taken? */
static bool is_in_processor_folder(struct span name, const struct object *by)
{
    static struct search search;
    if (closure.is_musl || span_has(name, '/'))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(processor_folders); i++) {
        search_begin(&search, name, by);
        search.below = processor_folders[i];
        search_run(&search);
        if (search.result == LIBRARY_GOOD)
            library_file_close(&closure.library);
        /* It would pass over what it can't open or what is for another machine. */
        if (search.result != LIBRARY_ABSENT && search.result != LIBRARY_UNREADABLE &&
            search.result != LIBRARY_OTHER_MACHINE)
            return true;
    }
    return false;
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
    static struct search search;
    const struct object *needing = &closure.objects[by];
    if (is_loaded(name))
        return;
    search_begin(&search, name, needing);
    if (span_has(name, '/'))
        search_path(&search);
    else
        search_run(&search);
    if (search.result == LIBRARY_GOOD) {
        add_object(name, search.found, by);
    } else if (search.result == LIBRARY_UNCLEAR) {
        closure.is_unknown = true;
    } else {
        closure.is_unsure |= is_in_processor_folder(name, needing);
        add_failure(rule_of(search.result), name, needing->path, search.refused_path);
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

static bool defines(const struct object *object, uint32_t hash)
{
    for (unsigned i = 0; i < object->definition_count; i++) {
        if (closure.definitions[object->first_definition + i] == hash)
            return true;
    }
    return false;
}

static struct span version_name(const struct object *object, uint64_t offset)
{
    struct span name = {0};
    if (library_file_open(closure.scene->reader, object->path, NULL, &closure.library) != LIBRARY_GOOD)
        return name;
    name = keep_string(offset);
    library_file_close(&closure.library);
    return name;
}

static void check_versions(unsigned first)
{
    for (unsigned i = first; i < closure.extent.need_count; i++) {
        const struct need *need = &closure.needs[i];
        const struct object *object = loaded(need->file), *by = &closure.objects[need->by];
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
    bool is_glibc = span_is(name, closure.machine->glibc_loader);
    closure.is_musl = span_is(name, closure.machine->musl_loader);
    if (!is_glibc && !closure.is_musl) {
        closure.is_unknown = true;
        library_file_close(&closure.library);
        return;
    }
    add_object(is_glibc ? name : path, path, 1);
    const struct object *loader = &closure.objects[closure.extent.object_count - 1];
    closure.is_unknown |= loader->needed_count > 0;
    closure.is_unknown |= is_glibc ? !span_is(loader->soname, closure.machine->glibc_loader)
                                   : loader->soname.at && !starts_with_name_of(loader->soname, "libc");
}

/* Why the loader couldn't be opened for reading, which the kernel doesn't need to. */
static void explain_loader(struct span path, enum library_state state)
{
    struct trace trace;
    const struct reader *reader = closure.scene->reader;
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
        closure.is_unknown = true;
}

/* The kernel opens it as it would a program: it must be there, for this machine, and to be executed. */
static void load_loader(struct span path)
{
    const struct reader *reader = closure.scene->reader;
    if (!span_starts(path, "/")) {
        closure.is_unknown = true;
        return;
    }
    enum library_state state = library_file_open(reader, path, &closure.machine->elf, &closure.library);
    const struct stat *status = &closure.library.status;
    if (state == LIBRARY_GOOD &&
        (reader_permits(&reader->identity, status->st_mode, status->st_uid, status->st_gid, 1) ||
         reader_may(reader, path, 1) != EACCES)) {
        know_loader(path);
        return;
    }
    library_file_close(&closure.library);
    explain_loader(path, state);
}

/* ---- all of it ---- */

/* A program with privileges of its own doesn't heed LD_LIBRARY_PATH; whether it gets them is the kernel's to say. */
static void take_library_path(void)
{
    struct stat status;
    char capabilities[64];
    size_t length;
    const struct scene *scene = closure.scene;
    struct span program = closure.subject->program;
    closure.library_path = environment_filled(scene->environment, "LD_LIBRARY_PATH");
    if (!closure.library_path.length || reader_stat(scene->reader, program, &status) != 0)
        return;
    if (!(status.st_mode & (S_ISUID | S_ISGID)) && reader_attribute(scene->reader, program, "security.capability",
                                                                    capabilities, sizeof(capabilities), &length) != 0)
        return;
    closure.library_path = (struct span){0};
    closure.is_unsure = true;
}

static void begin(const struct scene *scene, const struct libraries_subject *subject)
{
    closure.scene = scene;
    closure.subject = subject;
    closure.machine = NULL;
    closure.is_musl = closure.is_unknown = closure.is_unsure = false;
    closure.extent = (struct extent){0};
    closure.failure_count = 0;
    closure.has_cache = closure.has_musl_path = closure.has_program = false;
}

static bool know_machine(const struct elf *elf)
{
    for (size_t i = 0; i < ARRAY_LENGTH(machines); i++) {
        if (elf_same_machine(&machines[i].elf, elf))
            closure.machine = &machines[i];
    }
    return closure.machine != NULL;
}

/* What others load besides, or instead, by our environment or the image's own file: it may have the missing name. Clear
 * Linux keeps its cache elsewhere. */
static bool others_interfere(void)
{
    struct stat status;
    const struct scene *scene = closure.scene;
    return environment_filled(scene->environment, "LD_PRELOAD").length ||
           environment_filled(scene->environment, "LD_AUDIT").length ||
           (reader_stat(scene->reader, SPAN("/etc/ld.so.preload"), &status) == 0 && status.st_size > 0) ||
           reader_exists(scene->reader, SPAN("/var/cache/ldconfig/ld.so.cache"));
}

/* A loader that lies elsewhere is built to look elsewhere, too, and to read another cache. */
static bool is_loader_elsewhere(void)
{
    struct trace trace;
    if (closure.is_musl || closure.extent.object_count < 2)
        return false;
    if (reader_walk(closure.scene->reader, closure.objects[1].path, &trace) != 0)
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(closure.machine->folders); i++) {
        if (span_is(span_folder(trace.real), closure.machine->folders[i]))
            return false;
    }
    return true;
}

static enum libraries_verdict verdict(void)
{
    if (closure.failure_count == 0)
        return closure.is_unknown ? LIBRARIES_UNKNOWN : LIBRARIES_FOUND;
    if (closure.is_unknown || closure.is_unsure || others_interfere() || is_loader_elsewhere())
        return LIBRARIES_UNKNOWN;
    library_finding_add(closure.scene, closure.subject, closure.is_musl, closure.failures, closure.failure_count);
    return LIBRARIES_REFUSED;
}

/* A program that can't be read may be executed all the same. One without a loader is static. */
static enum libraries_verdict judge_program(const struct scene *scene, const struct libraries_subject *subject)
{
    char buffer[PATH_MOST];
    begin(scene, subject);
    if (library_file_open(scene->reader, subject->program, NULL, &closure.library) != LIBRARY_GOOD)
        return LIBRARIES_UNKNOWN;
    struct span loader = library_file_interpreter(&closure.library, buffer);
    if (!loader.at || !know_machine(&closure.library.program.elf)) {
        library_file_close(&closure.library);
        return loader.at ? LIBRARIES_UNKNOWN : LIBRARIES_FOUND;
    }
    take_library_path();
    add_object(subject->program, subject->program, 0);
    load_loader(loader);
    if (closure.failure_count == 0 && !closure.is_unknown) {
        load_needed(0);
        if (closure.failure_count == 0)
            check_versions(0);
    }
    closure.has_program = closure.failure_count == 0 && !closure.is_unknown;
    closure.program = closure.extent;
    closure.program_is_unsure = closure.is_unsure;
    return verdict();
}

/* ---- a module that it loads ---- */

static bool is_judged(const struct scene *scene, struct span program)
{
    return closure.scene == scene && closure.extent.object_count > 0 && span_equal(closure.objects->path, program);
}

/* The one that calls dlopen: its RPATH, and those of who loaded it, hold for what is loaded. For musl it is the program. */
static unsigned caller(void)
{
    for (unsigned i = 1; i < closure.program.object_count && !closure.is_musl; i++) {
        if (span_starts(closure.objects[i].name, "libpython") && closure.objects[i].needed_count > 0)
            return i;
    }
    return 0;
}

static void load_extension(struct span path)
{
    unsigned own = closure.extent.object_count;
    enum library_state state = library_file_open(closure.scene->reader, path, &closure.machine->elf, &closure.library);
    if (state == LIBRARY_GOOD) {
        add_object(path, path, caller());
        load_needed(own);
        if (closure.failure_count == 0)
            check_versions(closure.program.need_count);
    } else if (state == LIBRARY_UNREADABLE || state == LIBRARY_NOT_TO_RUN) {
        add_failure(rule_of(state), span_base_name(path), closure.subject->program, path);
    } else {
        closure.is_unknown = true;
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
    closure.is_unsure = closure.program_is_unsure;
    closure.is_unknown = false;
    closure.failure_count = 0;
    load_extension(subject->extension);
    return verdict();
}
