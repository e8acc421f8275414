#ifndef CHECKS_CANDIDATES_H
#define CHECKS_CANDIDATES_H

/* Applications that are really there, for did-you-mean: files in the places where people put them, read to see that
 * they hold one. Nothing is invented: each candidate's file exists and binds the name at its top level, as far as
 * reading tells (facts/python_source.h).
 *
 * Places, in order: the app dir itself (main.py, app.py, api.py, then app/ with the same, as FastAPI's own command line
 * looks), src/ likewise, then each folder one level below the app dir and below src/, by name. At most 64
 * names of a folder are kept, and 64 KiB of a file read.
 */

#include "checks/scene.h"
#include "facts/python_source.h"

enum { CANDIDATES_MOST = 3, CANDIDATE_TEXT = 256, LISTING_NAMES = 64, LISTING_STORE = 4096 };

struct app_candidate {
    char reference[CANDIDATE_TEXT]; /* app.main:app */
    char app_dir[CANDIDATE_TEXT];   /* its --app-dir, seen from the app dir: "src"; "" for the app dir itself */
    char file[PATH_MOST];
    bool is_factory; /* needs --factory */
};

struct candidates {
    struct app_candidate list[CANDIDATES_MOST];
    unsigned count;
};

/* What a folder holds, sorted; without names that begin with a dot, and without __pycache__. */
struct listing {
    struct span names[LISTING_NAMES];
    bool is_folder[LISTING_NAMES];
    unsigned count;
    unsigned more; /* names that were not kept */
    char store[LISTING_STORE];
    size_t used;
};

void listing_read(const struct reader *reader, struct span folder, struct listing *listing);

/* `attribute` is the name that was asked for: it is preferred where a file binds it. */
void candidates_look(const struct scene *scene, struct span attribute, struct candidates *candidates);
/* The one that would be served from the app dir itself if nothing is named; false when there is none. */
bool candidates_discover(const struct scene *scene, struct app_candidate *candidate);
/* Reads one file: false when it can't be read. The spans point into static memory, until the next file is read. */
bool candidates_read_source(const struct scene *scene, struct span path, struct span attribute,
                            struct python_source *source);
/* Does it hold an application, or at least bind `attribute`? The spans as above. */
bool candidates_read_file(const struct scene *scene, struct span path, struct span attribute, struct span *name,
                          bool *is_factory);
/* Does the file seem to import from `package` by its name ("from app.db import ...")? Then it can't be started from
 * inside that package. */
bool candidates_imports(const struct scene *scene, struct span path, struct span package);
/* The words of a CMD that serves it: "app.main:create_app", "--factory" with the quotes. */
void candidate_words(const struct app_candidate *candidate, struct text *words);

#endif
