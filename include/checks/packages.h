#ifndef CHECKS_PACKAGES_H
#define CHECKS_PACKAGES_H

/* The folders that an interpreter imports from, and whether a package is seen in them. Read only, nothing is imported.
 *
 * The order is that of sys.path: the working folder (only below Python 3.11, where -P can't be given), PYTHONPATH, the
 * standard library, the user site, the site folders. Behind them what .pth files of site folders name (Lib/site.py:
 * one level, as CPython does). PYTHONPATH's entries are taken from the working folder; an empty one is that folder.
 *
 * "Not seen" is never certain; `doubt` says why it is even less than usual: a .pth file that runs code, as some
 * editable installs have, an archive on PYTHONPATH, a version or a home that isn't known, more folders than fit.
 */

#include "checks/interpreter.h"

enum { SEARCH_FOLDERS = 64, SEARCH_STORE = 16384 };

struct search_path {
    struct span folders[SEARCH_FOLDERS]; /* absolute; they need not exist */
    bool is_site[SEARCH_FOLDERS];        /* .pth files in it count */
    unsigned count;
    unsigned library;     /* index of the standard library's folder; SEARCH_FOLDERS when it isn't known */
    const char *doubt;    /* a literal that ends "... so it may be there": or NULL */
    bool home_is_unknown; /* and with it the user's own site folder: a lesser doubt */
    char store[SEARCH_STORE];
    size_t used;
};

/* All folders but those of .pth files. */
void search_path_of(const struct scene *scene, const struct interpreter *interpreter, struct search_path *path);
/* Adds those of .pth files, if they exist. */
void search_path_follow(const struct scene *scene, struct search_path *path);

/* May Python have a module of that name itself, which it takes in place of a file in the application's folder? Built in, it goes
 * before all folders; of the standard library, uvicorn may have imported it before that folder was looked at. */
bool search_path_may_precede(const struct scene *scene, const struct search_path *path, struct span module);

/* Is the top-level package `name` seen? Its file in `where`, if not NULL. False: `*doubt` (if not NULL) is set. */
bool packages_find(const struct scene *scene, const struct interpreter *interpreter, const char *name,
                   struct text *where, const char **doubt);

#endif
