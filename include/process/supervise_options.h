#ifndef PROCESS_SUPERVISE_OPTIONS_H
#define PROCESS_SUPERVISE_OPTIONS_H

/* How a child is to be supervised, and what is told meanwhile. No system call. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/signals.h"

/* So long after a stop began one line says what it waits for. */
enum { SUPERVISE_WAITING_AFTER = 5000 };

/* What `say` is told. Only WAITING, KILLED_BY_TIMEOUT, LEFTOVERS_KILLED, FORWARD_FAILED and WAIT_FAILED are worth a line
 * when nobody asked for -v. */
enum supervise_event {
    SUPERVISE_FORWARDED,         /* signal (as it came), sent (as it went), sender */
    SUPERVISE_DROPPED,           /* signal, sender: mapped to nothing */
    SUPERVISE_FORWARD_FAILED,    /* signal, sent, error: EPERM when the child runs as another user */
    SUPERVISE_DELAYING,          /* signal, milliseconds: the stop begins after --stop-delay */
    SUPERVISE_WAITING,           /* pid, name, milliseconds: 5 s of stopping, still waiting for this one */
    SUPERVISE_KILLED_BY_TIMEOUT, /* pid, name, milliseconds: --stop-timeout is over, SIGKILL was sent; the child, or one of
                                    `count` that a shell left */
    SUPERVISE_ORPHAN_REAPED,     /* pid, status, name (with name_orphans): a process that wasn't the child */
    SUPERVISE_SUSPENDED,         /* pid, signal: the child was stopped from the terminal */
    SUPERVISE_LEFTOVERS,         /* count (0: not known), sent: the child is gone, others aren't */
    SUPERVISE_LEFTOVERS_KILLED, /* count (0: not known), pid and name of one, milliseconds: SIGKILL was sent */
    SUPERVISE_WAIT_FAILED,      /* error: no signal can be received any more; children are still reaped */
};

/* Fields that the event doesn't name are 0. `name` is /proc/PID/comm, "" when it can't be read. */
struct supervise_news {
    pid_t pid;
    const char *name;
    int status; /* as wait(2) gives it */
    int signal;
    int sent;
    pid_t sender; /* 0: the kernel, or a process outside our PID namespace */
    int error;
    unsigned count;
    int64_t milliseconds;
};

struct supervise_options {
    uint8_t map[SIGNAL_LAST + 1]; /* what each signal becomes; 0 drops it */
    bool to_group;                /* --signal-to group: the child's process group, not the child alone */
    int64_t stop_delay;           /* milliseconds; 0: none */
    int64_t stop_timeout;         /* milliseconds; 0: none, the grace is the platform's */
    int64_t orphan_timeout;       /* milliseconds; 0: SIGKILL at once */
    bool name_orphans;            /* costs reading /proc/PID/comm for each before it is reaped: for -v */
    int keep;                     /* the one descriptor above 2 that is kept open; -1: none */

    /* Both may be NULL. `look` is called 0.25, 0.5, 1, 2, 4, 8, 16, 32 and 60 seconds after the start until it
     * returns true or the child is gone: does the server listen yet? */
    void (*say)(void *context, enum supervise_event event, const struct supervise_news *news);
    bool (*look)(void *context);
    void *context;
};

/* No mapping, signals to the child, no delay, no stop timeout, 2 s for orphans. When `serving`: QUIT and 37 become TERM,
 * and HUP too when `hup_stops` (a single uvicorn dies of HUP uncleanly; with workers or --reload HUP is a restart). */
struct supervise_options supervise_defaults(bool serving, bool hup_stops);

/* --map-signal FROM=TO or FROM= : false when it can't be read, or FROM is KILL, STOP or CHLD. TO may be any signal. */
bool supervise_map(struct supervise_options *options, struct span rule);

/* The stop signals, as a mask: TERM and INT, and those that end up as one of them; none that is dropped. */
uint64_t supervise_stops(const struct supervise_options *options);

#endif
