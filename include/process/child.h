#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

/* Starts the program: as a child, or in our place.
 *
 * The child gets the signal mask and dispositions that we were given, a process group of its own, the foreground of our
 * terminal when we hold it, and every descriptor that isn't close-on-exec. It never prints: what fails comes back as a
 * step and an errno. All strings are the caller's and stay so.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/exit_code.h"
#include "base/signals.h"

/* argv and envp longer than this can't be handed to /bin/sh (see child_result.by_shell) or have LISTEN_PIDFDID cut. */
enum { CHILD_WORDS_MOST = 4096 };

struct child_plan {
    const char *path;  /* what execve gets: never looked up in PATH */
    char *const *argv; /* ends in NULL */
    char **envp;       /* ends in NULL; entries may be changed in the child (LISTEN_PID), the strings never */
    int death_signal;  /* sent to the child when we die before it; 0: none */
};

enum child_step {
    CHILD_STARTED,
    CHILD_PIPE,    /* no pipe for the outcome */
    CHILD_FORK,    /* EAGAIN: a limit on processes; ENOMEM */
    CHILD_PARENT,  /* we died before the child was told to die with us: nobody reads this */
    CHILD_SIGNALS, /* mask and dispositions */
    CHILD_EXEC,    /* execve of path */
    CHILD_SHELL,   /* execve of /bin/sh, for a script without #! */
};

struct child_result {
    pid_t pid;            /* 0 unless CHILD_STARTED */
    enum child_step step; /* CHILD_STARTED, or where it failed */
    int error;            /* errno of that step */
    bool by_shell;        /* path is a script without a #! line, so /bin/sh runs it, as execvp(3) does */
};

/* Starts the child and returns when it has become `plan->path`, or has failed; a failed child is reaped. A LISTEN_PID
 * that is ours becomes the child's (sd_listen_fds(3)), and LISTEN_PIDFDID, which would contradict it, is left out.
 * Group and terminal are never a reason to fail. Signals that come meanwhile wait. */
struct child_result child_start(const struct child_plan *plan, const struct signal_state *given);

/* Becomes plan->path (--exec): same steps, but for group, terminal and LISTEN_PID, which stay. Returns only on failure:
 * all signals are blocked again then. death_signal is the caller's to set (supervise_die_with_parent). */
struct child_result child_replace(const struct child_plan *plan, const struct signal_state *given);

/* 127 when the program isn't there, 126 when it can't be executed, 71 when the system failed us; 0 when started. */
enum exit_code child_exit_code(const struct child_result *result);

/* What failed, for a message: "execve", "fork", ... */
const char *child_step_name(enum child_step step);

#endif
