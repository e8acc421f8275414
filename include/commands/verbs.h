#ifndef COMMANDS_VERBS_H
#define COMMANDS_VERBS_H

/* The words that are commands of ours. All are reserved from the start: one that isn't built yet says so. */

#include "base/exit_code.h"
#include "base/text.h"

struct session;

struct verb {
    const char *name;      /* NULL for the default: serve, or run a command */
    const char *arguments; /* for --help */
    const char *help;
    enum exit_code (*run)(struct session *session); /* NULL: not built yet */
};

extern const struct verb verbs[];
extern const unsigned verb_count;

/* NULL when the word is none. */
const struct verb *verb_named(struct span word);

#endif
