#ifndef FACTS_PYTHON_IMPORTS_H
#define FACTS_PYTHON_IMPORTS_H

/* The imports of a Python source. Those are sure that it makes whenever it is run: statements of their own at the left
 * margin. Of those in if, try, with, for, def and class, and behind a semicolon, isn't known whether they are made, and
 * whether a failure counts.
 *
 * Any bytes may be given; no system call is made, and spans lie in the source. What comes behind tokens that are odd
 * (facts/python_tokens.h) isn't told.
 */

#include "base/text.h"

struct python_import {
    struct span module; /* "app.db"; empty in `from . import x` */
    unsigned level;     /* the dots in front of it */
    struct span name;   /* of `from app import db`: "db", one call for each; empty with plain `import` and with `*` */
    struct span line;   /* the statement's first line, for a message */
    bool is_sure;       /* it is made */
};

/* False: the source changes what can be imported (sys.path, sys.modules, import hooks, site folders, __package__), or runs
 * code that may and isn't named (exec, import_module), so that nothing can be told from where modules lie. */
bool python_imports_read(struct span source, void (*each)(void *context, const struct python_import *import),
                         void *context);
/* Of a package's __init__.py: after it has run the package may have an attribute of that name, which `from package import
 * name` takes before a module of the package. True in doubt. */
bool python_imports_may_define(struct span source, struct span name);

#endif
