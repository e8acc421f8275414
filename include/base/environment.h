#ifndef BASE_ENVIRONMENT_H
#define BASE_ENVIRONMENT_H

/* The variables a server will start with, looked at without copying: our own environment, or the one that
 * `check --root DIR --env NAME=VALUE` describes. Never changes anything; spans point into the entries. */

#include "base/text.h"

struct environment {
    char *const *entries; /* NAME=VALUE, ends with NULL; environ(7) */
};

/* The value of the first entry of that name; NULL `at` when there is none. An empty value has a length of 0. */
struct span environment_get(const struct environment *environment, const char *name);
/* The same, but an empty value counts as absent: for the variables whose makers say so. */
struct span environment_filled(const struct environment *environment, const char *name);
bool environment_has(const struct environment *environment, const char *name);

#endif
