#ifndef COMMANDS_CHILD_ENVIRONMENT_H
#define COMMANDS_CHILD_ENVIRONMENT_H

/* The environment that the child starts with: ours, with a few entries of its own. Entries that aren't touched are the
 * very pointers that we were given; new ones lie in a store of fixed size. `overflowed` says that something found no
 * room: then the child must not be started. */

#include "base/environment.h"
#include "base/settings.h"

enum { CHILD_ENTRIES = 16384, CHILD_STORE = 65536 };

struct child_environment {
    unsigned count;
    bool overflowed;
    size_t used;
    char *entries[CHILD_ENTRIES + 1];
    char store[CHILD_STORE];
};

void child_environment_start(struct child_environment *child, const struct environment *given);
void child_environment_set(struct child_environment *child, const char *name, struct span value);
void child_environment_unset(struct child_environment *child, const char *name);
/* What every program of a Python environment gets: its bin folder first in PATH (a system's Python, without `venv`, stays
 * where PATH has it, and an empty one changes nothing), VIRTUAL_ENV where `venv` isn't empty,
 * PYTHONUNBUFFERED=1 where unset, and not the two variables that make CPython forget its venv (getpath.py). */
void child_environment_for_python(struct child_environment *child, struct span bin, struct span venv);
/* HOME, USER and LOGNAME of a user that we became; an empty span leaves a variable as it is. */
void child_environment_for_user(struct child_environment *child, struct span home, struct span name);
/* UVICORN_X for every setting whose source ranks above uvicorn's own, or that only we have a default for. */
void child_environment_for_uvicorn(struct child_environment *child, const struct settings *settings);

#endif
