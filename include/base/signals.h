#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* Signals by name and number, and the signal state of this process, as the kernel counts them: 1 to 64.
 *
 * musl keeps 32, 33 and 34 to itself: its sigset_t functions leave them out and its SIGRTMIN is 35. glibc's programs,
 * Docker and systemd have SIGRTMIN = 34, so 37 is SIGRTMIN+3. Therefore masks are plain 64-bit numbers here (bit n-1 is
 * signal n, as in /proc/PID/status) and go to the kernel by raw system calls. Source: signal(7), rt_sigprocmask(2),
 * sigwaitinfo(2); kernel/signal.c.
 *
 * Signals are taken by rt_sigtimedwait(2). signalfd4(2) would tell the same of each, but it is a descriptor: that can be
 * denied (EMFILE, seccomp), be closed or be inherited, and needs a poll(2) beside it for every time limit.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { SIGNAL_LAST = 64, SIGNAL_RTMIN = 34, SIGNAL_RTMAX = 64 };

/* The bit of signal 1 to 64 in a mask; 0 for any other number. */
uint64_t signal_bit(int number);

/* The number that a person means: TERM, SIGTERM, term, 15, RTMIN+3, SIGRTMAX-2; IOT, POLL, CLD too. 0 when it is none. */
int signal_number(struct span name);

/* Adds SIGTERM, SIGRTMIN+3, SIGRTMAX-2 as `kill -l` writes them; "signal 0" for a number that is none. */
void signal_add_name(struct text *text, int number);

/* What the caller of this program gave it, to be given on to the program it starts. */
struct signal_state {
    uint64_t mask;      /* blocked signals */
    bool child_ignored; /* SIGCHLD was ignored; with that a parent never learns how its children end */
};

/* To be the first statement of main(): blocks all 64 signals, so that from here on each one waits instead of ending us
 * or, as PID 1, being dropped by the kernel; sets SIGCHLD to its default. Says in `given` what there was. SIGKILL,
 * SIGSTOP and real faults can't be blocked: those end us as they should. False with errno when the kernel refuses. */
bool signals_block(struct signal_state *given);

/* The other way round, dispositions first and mask last, so that no signal falls between. For right before execve. */
bool signals_restore(const struct signal_state *given);

/* The signals that are blocked and waiting. Takes none of them. */
uint64_t signals_pending(void);

/* Takes one waiting signal of `mask`, the lowest first, or waits for one: `milliseconds` long, for ever when negative,
 * not at all when 0. Returns its number with its details in `info`; 0 when none came in time or the wait was
 * interrupted; -1 with errno when the kernel refuses. */
int signals_wait(uint64_t mask, int64_t milliseconds, siginfo_t *info);

/* Stops our process group by SIGTSTP, as the terminal would, and us with it; returns, with SIGTSTP blocked again, when we
 * go on. The kernel ignores it for PID 1 and in an orphaned process group; then this returns at once. */
void signals_suspend(void);

#endif
