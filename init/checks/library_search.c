#include "checks/library_search.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

static const struct library_machine machines[] = {
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

/* ---- one file ---- */

static void refuse(struct library_search *search, enum library_state state, bool is_over)
{
    search->is_over |= is_over;
    if (search->result != LIBRARY_ABSENT && !is_over)
        return;
    /* Not before: it empties what an earlier place has left there. */
    struct text refused = TEXT_ON(search->refused_path);
    search->result = state;
    text_span(&refused, search->found);
    search->refused = text_as_span(&refused);
}

/* glibc passes over what it can't open and what is for another machine, and stops at all else; musl stops at whatever it
 * could open. What lies on a noexec mount either takes, and then fails to map it. */
static void try_path(struct library_search *search, const struct text *path)
{
    if (path->cut || search->is_over)
        return;
    search->found = text_as_span(path);
    enum library_state state =
        library_file_open(search->scene->reader, search->found, &search->machine->elf, &search->library);
    switch (state) {
    case LIBRARY_ABSENT:
        return;
    case LIBRARY_UNREADABLE:
        refuse(search, state, false);
        return;
    case LIBRARY_OTHER_MACHINE:
        /* musl doesn't look at the machine: what it would make of such a file isn't known. */
        search->is_unknown |= search->is_musl;
        refuse(search, state, search->is_musl);
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
    search->is_unknown |= search->result == LIBRARY_DAMAGED || search->result == LIBRARY_NOT_TO_RUN;
    search->result = state;
    search->is_over = true;
}

static void try_folder(struct library_search *search, struct span folder)
{
    /* A text on `path` would lose what was found. */
    if (search->is_over)
        return;
    struct text path = TEXT_ON(search->path);
    if (!span_starts(folder, "/")) {
        text_span(&path, search->scene->working_folder);
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
static bool expand(struct library_search *search, struct span entry, struct span origin, struct text *text)
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
            search->is_unsure = true;
            return false;
        } else {
            text_byte(text, *rest.at);
            at++;
        }
    }
    return !text->cut;
}

static void try_entry(struct library_search *search, struct span entry, struct span origin)
{
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);
    /* An empty entry is the working folder for glibc, and none for musl. */
    if (entry.length == 0 && search->is_musl)
        return;
    if (entry.length == 0)
        entry = search->scene->working_folder;
    if (expand(search, entry, origin, &folder))
        try_folder(search, text_as_span(&folder));
}

/* `separators`: two of them. */
static void try_list(struct library_search *search, struct span list, const char *separators, struct span origin)
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
static void try_rpaths(struct library_search *search)
{
    const struct library_object *object = search->by;
    bool did_program = false;
    if (object->runpath.at)
        return;
    for (;;) {
        did_program |= object == search->objects;
        if (!object->runpath.at)
            try_list(search, object->rpath, "::", object->path);
        if (object == &search->objects[object->loader])
            break;
        object = &search->objects[object->loader];
    }
    object = search->objects;
    if (!did_program && !object->runpath.at)
        try_list(search, object->rpath, "::", object->path);
}

static void read_cache(struct library_search *search)
{
    size_t length;
    search->has_cache = true;
    search->cache = (struct loader_cache){0};
    int error = reader_read(search->scene->reader, SPAN("/etc/ld.so.cache"), 0, search->cache_bytes, LOADER_CACHE_MOST,
                            &length);
    if (error)
        return; /* the loader goes on without it */
    loader_cache_read(&search->cache, (struct span){search->cache_bytes, length});
    search->is_unsure |= search->cache.malformed || length == LOADER_CACHE_MOST;
}

static void try_cache(struct library_search *search)
{
    bool has_variants;
    if (search->is_over || search->below)
        return;
    struct text path = TEXT_ON(search->path);
    if (!search->has_cache)
        read_cache(search);
    struct span found = loader_cache_find(&search->cache, search->name, search->machine->cache_kind, &has_variants);
    search->is_unsure |= has_variants;
    text_span(&path, found);
    if (found.length)
        try_path(search, &path);
}

static void search_as_glibc(struct library_search *search)
{
    try_rpaths(search);
    try_list(search, search->library_path, ":;", search->objects->path);
    try_list(search, search->by->runpath, "::", search->by->path);
    try_cache(search);
    search->is_unsure |= search->by->no_default_folders;
    search->is_lenient = true;
    for (size_t i = 0; i < ARRAY_LENGTH(search->machine->folders); i++)
        try_folder(search, span_of(search->machine->folders[i]));
}

/* ---- musl's order ---- */

static void read_musl_path(struct library_search *search)
{
    size_t length;
    int error = reader_read(search->scene->reader, span_of(search->machine->musl_path), 0, search->musl_path_bytes,
                            MUSL_PATH_MOST, &length);
    search->has_musl_path = true;
    search->musl_path = error ? SPAN("/lib:/usr/local/lib:/usr/lib") : (struct span){search->musl_path_bytes, length};
    search->is_unsure |= (error && error != ENOENT) || length == MUSL_PATH_MOST;
}

static void search_as_musl(struct library_search *search)
{
    const struct library_object *object = search->by;
    try_list(search, search->library_path, ":\n", search->objects->path);
    for (;;) {
        try_list(search, object->runpath.at ? object->runpath : object->rpath, ":\n", object->path);
        if (object == &search->objects[object->loader])
            break;
        object = &search->objects[object->loader];
    }
    if (!search->has_musl_path)
        read_musl_path(search);
    try_list(search, search->musl_path, ":\n", search->objects->path);
}

/* ---- the search for one library ---- */

static void start(struct library_search *search, struct span name, const struct library_object *by, const char *below)
{
    search->name = name;
    search->by = by;
    search->below = below;
    search->is_lenient = search->is_over = false;
    search->result = LIBRARY_ABSENT;
    search->found = search->refused = (struct span){0};
}

static void run(struct library_search *search)
{
    if (search->is_musl)
        search_as_musl(search);
    else
        search_as_glibc(search);
}

/* A name with a slash is a path. */
static void search_path(struct library_search *search)
{
    char buffer[PATH_MOST];
    struct text expanded = TEXT_ON(buffer), path = TEXT_ON(search->path);
    if (!expand(search, search->name, search->by->path, &expanded))
        return;
    if (buffer[0] != '/') {
        text_span(&path, search->scene->working_folder);
        text_add(&path, "/");
    }
    text_span(&path, text_as_span(&expanded));
    try_path(search, &path);
}

enum library_state library_search_run(struct library_search *search, struct span name, const struct library_object *by)
{
    start(search, name, by, NULL);
    if (span_has(name, '/'))
        search_path(search);
    else
        run(search);
    return search->result;
}

bool library_search_has_variant(struct library_search *search, struct span name, const struct library_object *by)
{
    if (search->is_musl || span_has(name, '/'))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(processor_folders); i++) {
        start(search, name, by, processor_folders[i]);
        run(search);
        if (search->result == LIBRARY_GOOD)
            library_file_close(&search->library);
        /* It would pass over what it can't open or what is for another machine. */
        if (search->result != LIBRARY_ABSENT && search->result != LIBRARY_UNREADABLE &&
            search->result != LIBRARY_OTHER_MACHINE)
            return true;
    }
    return false;
}

/* ---- for all searches ---- */

void library_search_begin(struct library_search *search, const struct scene *scene,
                          const struct library_object *objects)
{
    search->scene = scene;
    search->objects = objects;
    search->machine = NULL;
    search->is_musl = search->is_unknown = search->is_unsure = false;
    search->has_cache = search->has_musl_path = false;
}

bool library_search_knows(struct library_search *search, const struct elf *elf)
{
    for (size_t i = 0; i < ARRAY_LENGTH(machines); i++) {
        if (elf_same_machine(&machines[i].elf, elf))
            search->machine = &machines[i];
    }
    return search->machine != NULL;
}
