#ifndef COMMANDS_LAUNCH_PLAN_H
#define COMMANDS_LAUNCH_PLAN_H

/* What is to be started: by serve and run for commands/launch.h, and for commands/end.h, which explains its end. */

#include <stdbool.h>

struct judgement;

struct launch {
    const char *path;            /* what execve gets, absolute */
    char *const *argv;           /* ends in NULL */
    bool serves;                 /* a server: a requested stop ends in 0 */
    struct judgement *judgement; /* of uvicorn: what is known of it; else NULL */
    bool stays;                  /* it has no reason to end by itself: not `--help`, not `python script.py` */
};

#endif
