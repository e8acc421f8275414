#ifndef COMMANDS_VERBS_H
#define COMMANDS_VERBS_H

/* The words that are commands of ours. All are reserved from the start: one that isn't built yet says so (main.c). */

#include "base/text.h"

enum verb {
    VERB_CHECK,
    VERB_WHICH,
    VERB_EXPLAIN,
    VERB_CONFIG,
    VERB_HEALTH,
    VERB_WAIT,
    VERB_PREPARE,
    VERB_NONE, /* the default: serve, or run a command */
};
enum { VERB_COUNT = VERB_NONE };

struct verb_row {
    const char *name;
    const char *arguments; /* for --help */
    const char *help;
};

extern const struct verb_row verb_rows[VERB_COUNT];

/* VERB_NONE when the word is none. */
enum verb verb_named(struct span word);

#endif
