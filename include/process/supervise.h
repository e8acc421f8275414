#ifndef PROCESS_SUPERVISE_H
#define PROCESS_SUPERVISE_H

/* Stays with the child until it and all that it left behind is gone: forwards signals, reaps everybody, stops in order.
 *
 * One thread, one blocking call, one waiter: a process id is signalled only before it is reaped, so never a stranger's.
 * Nothing here allocates, prints, or gives up: every failure of a system call is passed to `say` or has no effect.
 * Needs signals_block() before. Between two events, and without a deadline of its own, it isn't woken.
 */

#include "process/fate.h"
#include "process/supervise_options.h"

/* The first stop signal that already waits, as it came; 0 if none.
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

#endif
