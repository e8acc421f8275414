#ifndef PROCESS_SUPERVISION_H
#define PROCESS_SUPERVISION_H

/* What supervise.c and leftovers.c know between two signals. For those two only. */

#include "process/fate.h"
#include "process/supervise_options.h"

enum deadline {
    DEADLINE_LOOK,    /* does it listen yet? */
    DEADLINE_DELAY,   /* the stop begins */
    DEADLINE_WAITING, /* time to say what we wait for */
    DEADLINE_STOP,    /* --stop-timeout is over */
    DEADLINE_ORPHANS, /* --orphan-timeout is over */
    DEADLINE_COUNT
};

/* Those that were told to stop, so that nobody is told twice. What finds no room is told again at each look, which all
 * but the strangest programs take well. */
enum { TOLD_MOST = 1024 };

struct leftovers {
    bool begun;    /* the child is gone and they were told to stop */
    bool listed;   /* /proc can list our children */
    bool everyone; /* the whole namespace is told at once: kill(-1), only ever as PID 1 */
    bool patient;  /* the child died without telling them: whoever handles TERM may take the time it needs */
    bool hurried;  /* --stop-timeout is over */
    bool changed;  /* somebody died, so its children may be ours now */
    unsigned kills;
    pid_t told[TOLD_MOST];
    unsigned told_count;
};

struct supervision {
    const struct supervise_options *options;
    struct fate *fate;
    pid_t child;                 /* 0 once it is reaped */
    bool childless;              /* nobody is left to wait for */
    bool busy;                   /* there may be more to reap: don't block */
    bool deaf;                   /* no signal can be received */
    bool stopped;                /* the child is stopped, as by SIGSTOP */
    uint64_t forwarded;          /* of TSTP, TTIN, TTOU: sent on by us, so a stop by them isn't the terminal's */
    uint64_t handled;            /* what the child had handlers for when it was told to stop */
    int delayed;                 /* sent when the delay is over */
    int64_t look_after;          /* milliseconds from start to the next look */
    int64_t due[DEADLINE_COUNT]; /* system_milliseconds(); 0: none */
    struct leftovers leftovers;
};

/* Passes an event to options->say, if that is set. */
void supervision_say(const struct supervision *supervision, enum supervise_event event,
                     const struct supervise_news *news);

#endif
