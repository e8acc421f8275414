#ifndef CHECKS_UVICORN_H
#define CHECKS_UVICORN_H

/* Whether an interpreter has the server, and the finding that it hasn't. */

#include "checks/packages.h"

/* For places_choose: seen by reading. Of a wrapper, or an unknown version, only PYTHONPATH can be read. */
bool uvicorn_is_seen(const struct scene *scene, const struct interpreter *interpreter);
/* The same, or reading leaves a doubt; a home that isn't known is none: images seldom set HOME, or use a user's site. */
bool uvicorn_may_be_there(const struct scene *scene, const struct interpreter *interpreter);
/* Adds the finding that it isn't there. Only after the interpreter was asked and said no. `elsewhere` is another interpreter
 * that has it, or empty. */
struct finding *uvicorn_missing(const struct scene *scene, const struct interpreter *interpreter,
                                struct span elsewhere);

#endif
