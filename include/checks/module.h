#ifndef CHECKS_MODULE_H
#define CHECKS_MODULE_H

/* Where Python finds a module along a list of folders, without importing anything. As importlib's FileFinder looks
 * (CPython, Lib/importlib/_bootstrap_external.py, PathFinder and FileFinder): in each folder a package (NAME/ with an
 * __init__), else an extension, NAME.py, NAME.pyc; a folder without __init__ is a part of a namespace package, which
 * counts only if no folder of the list has one of the others.
 *
 * Only the folders are looked at: what an import hook, a .zip file or a package that changes its __path__ would add is
 * unknown. So "not found" is never certain: the interpreter is asked. A folder that can't be listed holds nothing, as
 * for Python.
 */

#include "checks/reader.h"

enum { MODULE_PORTIONS = 4, MODULE_NAMES_MOST = 4096 };

enum module_kind {
    MODULE_NONE,
    MODULE_PACKAGE,
    MODULE_EXTENSION,
    MODULE_SOURCE,
    MODULE_BYTECODE, /* NAME.pyc beside no NAME.py */
    MODULE_NAMESPACE,
};

/* One name in one folder (absolute). In `file`, if not NULL: the file that would be run; of an extension its path
 * without the suffix, of a namespace or a package without __init__.py the folder.
 * That an extension __init__ would win over a package's __init__.py isn't looked at. */
enum module_kind module_in_folder(const struct reader *reader, struct span folder, struct span name, struct text *file);

/* May it be compiled into the interpreter, so that it goes before any file? Which are is up to who builds it: these are all that
 * CPython 3.8 to 3.14 can have there, but those whose names begin with "_". */
bool module_may_be_built_in(struct span name);

struct module_search {
    enum module_kind kind;  /* of the whole name; MODULE_NONE: `missing` isn't there */
    struct span missing;    /* the component that wasn't found; points into the name */
    enum module_kind above; /* what holds the missing one; MODULE_NONE: it is the first component */
    char file
        [PATH_MOST]; /* the file that would be run (a namespace: its first folder); of a missing one what holds it */
    char folder[PATH_MOST]; /* found: the folder it was found in; else the first one it was looked for in, or "" */
    bool unclear;           /* a namespace of more parts than fit, or a path too long */
};

/* Looks for a dotted name, component by component. */
void module_find(const struct reader *reader, struct span name, const struct span *folders, unsigned count,
                 struct module_search *search);

#endif
