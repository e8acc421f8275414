#ifndef CHECKS_LIBRARY_SEARCH_H
#define CHECKS_LIBRARY_SEARCH_H

/* Where a loader looks for one library, in its own order: glibc's by RPATH, LD_LIBRARY_PATH, RUNPATH, /etc/ld.so.cache and the
 * folders that it is built with, musl's by LD_LIBRARY_PATH, the paths in the files, and its own path file. Reads; adds no
 * finding. For checks/libraries.c, which knows what is loaded already.
 *
 * Source: ld.so(8); glibc 2.31 to 2.41, elf/dl-load.c; musl 1.2, ldso/dynlink.c.
 */

#include "checks/library_file.h"
#include "checks/scene.h"
#include "facts/loader_cache.h"

enum { LOADER_CACHE_MOST = 524288, MUSL_PATH_MOST = 4096 };

/* A machine and its two loaders. */
struct library_machine {
    struct elf elf;
    const char *glibc_loader;
    const char *musl_loader;
    const char *musl_path;
    const char *folders[6]; /* that glibc's loaders are built to look in; Debian's first two, and no other has these */
    uint32_t cache_kind;
};

/* A file that the loader has loaded. */
struct library_object {
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

struct library_search {
    /* For all searches. */
    const struct scene *scene;
    const struct library_machine *machine;
    const struct library_object *objects; /* that are loaded; the first is the program */
    bool is_musl;
    struct span library_path; /* LD_LIBRARY_PATH, as far as the loader heeds it */
    /* What was found out meanwhile: set here, and cleared by the caller only. */
    bool is_unknown; /* what the loader finds, whatever else is found */
    bool is_unsure;  /* that a failure is one */
    /* Of the last search. */
    enum library_state result;   /* LIBRARY_ABSENT until something was found */
    struct span found;           /* the path; valid until the next search */
    struct span refused;         /* the file that explains best why nothing was found */
    struct library_file library; /* after LIBRARY_GOOD it is open, and the caller's to close */
    /* Its own. */
    struct span name;
    const struct library_object *by;
    const char *below; /* a folder of the processor's, or NULL */
    bool is_lenient;   /* the loader may not look here: what it would stop at is passed over */
    bool is_over;
    bool has_cache;
    struct loader_cache cache;
    bool has_musl_path;
    struct span musl_path;
    char path[PATH_MOST];
    char refused_path[PATH_MOST];
    char musl_path_bytes[MUSL_PATH_MOST];
    char cache_bytes[LOADER_CACHE_MOST];
};

/* `objects` outlive the search. The caller sets is_musl and library_path, and calls library_search_knows first. */
void library_search_begin(struct library_search *search, const struct scene *scene,
                          const struct library_object *objects);
/* A machine whose loaders are known? Sets `machine`. */
bool library_search_knows(struct library_search *search, const struct elf *elf);
/* Looks for what `by`, one of the objects, needs. Returns `result`. */
enum library_state library_search_run(struct library_search *search, struct span name, const struct library_object *by);
/* Is there one in a processor's own folder, which the loader may have taken? A search of its own. */
bool library_search_has_variant(struct library_search *search, struct span name, const struct library_object *by);

#endif
