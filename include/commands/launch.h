#ifndef COMMANDS_LAUNCH_H
#define COMMANDS_LAUNCH_H

/* Starts what was chosen, stays with it to its end, and tells what it was. The last step of serve and run. */

#include "base/exit_code.h"

#include <stdbool.h>

struct judgement;
struct session;

struct launch {
    const char *path;            /* what execve gets, absolute */
    char *const *argv;           /* ends in NULL */
    bool serves;                 /* a server: a requested stop ends in 0 */
    struct judgement *judgement; /* of uvicorn: what is known of it; else NULL */
    bool stays;                  /* it has no reason to end by itself: not `--help`, not `python script.py` */
};

/* The environment is session->child. Returns what to exit with. */
enum exit_code launch(struct session *session, const struct launch *launch);

#endif
