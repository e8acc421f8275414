#ifndef CHECKS_IMPORTS_H
#define CHECKS_IMPORTS_H

/* What the application's own sources import and Python won't find: for when the server has failed. Read are the application's
 * module and what it imports from its own folder, as far as that is source: at most 32 files, the first 64 KiB of each.
 *
 * Only imports that are made for certain count (facts/python_imports.h); what may be imported is read too, as it may change
 * what can be. A module that the package's __init__.py or the standard library may have another of isn't followed. That a module is in no folder isn't certain, for
 * it may be built into the interpreter, or a hook may make it: the interpreter has to be asked before it is told.
 */

#include "checks/application.h"

enum { IMPORTS_MISSING = 16, IMPORT_FILES = 32, IMPORT_NAME = 256 };

struct missing_import {
    char module[IMPORT_NAME]; /* top-level: "sqlalchemy" */
    char near[IMPORT_NAME];   /* where it is: "app.routers"; "" nowhere in the application */
    char file[PATH_MOST];     /* that imports it */
    char line[IMPORT_NAME];   /* by this statement, of which it may be the beginning */
    bool is_own;              /* it is the package that the application's folder should be, or hold: `app` of app.db */
};

struct imports {
    struct missing_import missing[IMPORTS_MISSING]; /* seen in no folder; in the order of the sources, each once */
    unsigned count;
    struct missing_import
        relative;      /* an import with dots in a module of no package, which fails for certain; file "" */
    bool has_relative; /* there are others, which don't fail */
};

/* Nothing is missing where the sources change what can be imported (sys.path). */
void imports_look(const struct scene *scene, const struct interpreter *interpreter,
                  const struct application *application, struct imports *imports);
/* Adds the finding of those that `is_missing` tells: the interpreter was asked, and doesn't find them. */
void imports_tell(const struct scene *scene, const struct interpreter *interpreter,
                  const struct application *application, const struct imports *imports, const bool *is_missing);

#endif
