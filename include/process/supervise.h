#ifndef PROCESS_SUPERVISE_H
#define PROCESS_SUPERVISE_H

/* Stays with the child until it and all that it left behind is gone: forwards signals, reaps everybody, stops in order.
 *
 * One thread, one blocking call, one waiter: a process id is signalled only before it is reaped, so never a stranger's.
 * Nothing here allocates, prints, or gives up: every failure of a system call is passed to `say` or has no effect.
 * Needs signals_block() before. Between two events, and without a deadline of its own, it isn't woken.
 */

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

/* How it ended. */
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

/* No mapping, signals to the child, no delay, no stop timeout, 2 s for orphans. When `serving`: QUIT and 37 become TERM,
 * and HUP too when `hup_stops` (a single uvicorn dies of HUP uncleanly; with workers or --reload HUP is a restart). */
struct supervise_options supervise_defaults(bool serving, bool hup_stops);

/* --map-signal FROM=TO or FROM= : false when it can't be read, or FROM is KILL, STOP or CHLD. TO may be any signal. */
bool supervise_map(struct supervise_options *options, struct span rule);

/* The stop signals, as a mask: TERM and INT, and those that end up as one of them; none that is dropped. */
uint64_t supervise_stops(const struct supervise_options *options);
/* The first of them that already waits, as it came; 0 if none.
 * Asked between the steps before the child exists. Takes nothing: a child started nevertheless would get it. */
int supervise_stop_pending(const struct supervise_options *options);

/* Not PID 1: makes us the reaper of our descendants. PID 1 is it already. False with errno (gVisor may not know it):
 * then orphans go to the next one up, and nothing else changes. */
bool supervise_adopt_orphans(void);

/* --pdeathsig: `signal` comes to us when our parent dies, and at once when `parent` (getppid() at the start of main) is
 * our parent no more. After every change of user: that clears it. False with errno. */
bool supervise_die_with_parent(int signal, pid_t parent);

/* Supervises `child` to its end and to that of all it leaves behind. Changes our working folder to / and closes all
 * descriptors above 2 but options->keep: a caller has made its paths absolute before.
 *
 * Stop: after stop_delay the signal is forwarded (a second stop signal ends the delay), SIGCONT follows when the child
 * is stopped, and stop_timeout after that comes SIGKILL.
 *
 * Leftovers (as PID 1 the whole namespace, else our descendants only) get the stop signal's meaning, TERM, and CONT, and
 * after orphan_timeout KILL. One case is different: the child died of the very stop signal because it had no handler
 * for it, as a shell does (`sh -c "prepare && uvicorn ..."`). Then nobody told its children, and the server is among
 * them: they get TERM, each once, and those that handle it get all the time that the child would have had. */
void supervise(const struct supervise_options *options, pid_t child, struct fate *fate);

/* What to exit with; no system call. `zero_when_asked` (serving, without --stop-code signal): a requested stop after
 * which the child exited 0 or died of what we forwarded gives 0. Else the child's own code, or 128+n. */
int fate_exit_code(const struct fate *fate, bool zero_when_asked);

#endif
