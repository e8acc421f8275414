#ifndef PROCESS_FATE_H
#define PROCESS_FATE_H

/* How the child ended, and what asgi-init exits with. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fate {
    int status;          /* the child's, as wait(2) gives it */
    bool status_unknown; /* the child is gone and nobody told us how (ECHILD): status is 0 */

    int stop_signal;        /* the first stop signal that came, as it came; 0: nobody asked for a stop */
    uint64_t stops_sent;    /* the mask of what the stop signals were mapped to */
    uint64_t forwarded;     /* the mask of all that was sent to the child */
    pid_t stop_sender;      /* 0: the kernel (terminal, parent's death), or outside our PID namespace */
    bool stop_from_kernel;  /* the terminal's Ctrl-C, a hang-up */
    bool killed_by_timeout; /* we sent SIGKILL: --stop-timeout was over */
    bool in_foreground;     /* the child held the terminal when it ended: Ctrl-C reached it without us */

    int64_t started; /* system_milliseconds() */
    int64_t stop_began;
    int64_t ended;
    unsigned orphans_reaped;
    unsigned leftovers_killed;
};

/* What to exit with; no system call. `zero_when_asked` (serving, without --stop-code signal): a requested stop after
 * which the child exited 0 or died of what we forwarded gives 0. Else the child's own code, or 128+n. */
int fate_exit_code(const struct fate *fate, bool zero_when_asked);

#endif
