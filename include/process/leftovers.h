#ifndef PROCESS_LEFTOVERS_H
#define PROCESS_LEFTOVERS_H

/* Those that the child left behind: how they are told to stop, and ended if they don't. For supervise.c, which describes it. */

#include "process/supervision.h"

/* The child is gone, others aren't. Tells them to stop. */
void leftovers_begin(struct supervision *supervision);
/* After `process` was reaped. */
void leftovers_forget(struct supervision *supervision, pid_t process);
/* Tells those that became ours since. */
void leftovers_tell(struct supervision *supervision);
/* Sends a signal that came meanwhile to each of them. */
void leftovers_forward(struct supervision *supervision, int sent);
/* --orphan-timeout is over: SIGKILL, but for those that may take their time. */
void leftovers_expire(struct supervision *supervision);
/* --stop-timeout is over: SIGKILL for all. */
void leftovers_lose_patience(struct supervision *supervision);
/* One that is still there, 0 when nobody knows. */
pid_t leftovers_one(const struct supervision *supervision);

#endif
