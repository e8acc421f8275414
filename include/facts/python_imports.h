#ifndef FACTS_PYTHON_IMPORTS_H
#define FACTS_PYTHON_IMPORTS_H

/* The imports that a Python source makes whenever it is run: statements of their own at the left margin. Those in if, try,
 * with, for, def and class are left out: whether they are made, and whether a failure counts, isn't known. So is what
 * stands behind a semicolon.
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
};

/* False: the source changes what can be imported (sys.path, sys.modules, import hooks, site folders), so that nothing can
 * be told from where modules lie. */
bool python_imports_read(struct span source, void (*each)(void *context, const struct python_import *import),
                         void *context);

#endif
