#ifndef FACTS_PYTHON_SOURCE_H
#define FACTS_PYTHON_SOURCE_H

/* What a Python source binds at its top level, read and not run: for warnings and did-you-mean only.
 *
 * Top level is all that isn't in a def or class; the bodies of if, try, for, while, with and match count as executed.
 * It never says NOT_BOUND of a name that importing the file might bind, as far as the file itself tells: a name that
 * occurs at the top level in any way that wasn't understood, `global`, a star import, exec, globals(), setattr, a
 * module's __getattr__ and whatever the tokens (facts/python_tokens.h) find odd make it UNKNOWN. What other modules set
 * in it can't be known: the submodules of a package are for the caller to look at.
 */

#include "base/text.h"

enum binding { BINDING_UNKNOWN, BINDING_BOUND, BINDING_NOT_BOUND };

enum { SOURCE_CANDIDATES = 4 };

/* A name that may be the application: assigned from a call of FastAPI, Starlette or the like or of a factory, or itself
 * a factory by its name (def create_app) that can be called without arguments. */
struct source_candidate {
    struct span name; /* into the source */
    bool is_factory;
};

struct python_source {
    enum binding binding;                                  /* of the name that was asked for */
    bool is_empty;                                         /* nothing but comments and blank lines */
    struct source_candidate candidates[SOURCE_CANDIDATES]; /* the first ones, in the file's order */
    unsigned candidate_count;
};

/* `whole` is false when the source is only the beginning of the file: nothing is NOT_BOUND then. */
void python_source_read(struct span source, bool whole, struct span name, struct python_source *result);

#endif
