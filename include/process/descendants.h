#ifndef PROCESS_DESCENDANTS_H
#define PROCESS_DESCENDANTS_H

/* What /proc tells of our descendants. A /proc of another PID namespace would give the numbers of strangers: it counts as
 * none. Source: proc(5); fs/proc/array.c (children_seq_show: exact only for processes that don't change meanwhile). */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_NAME_MOST = 16 };

/* Can our children be listed? Needs a /proc of our PID namespace, and a kernel with CONFIG_PROC_CHILDREN. */
bool descendants_known(void);

/* Calls `visit` for each of our children, and when `deep` for theirs too, a parent before its children, down to 16
 * levels. What is born or dies meanwhile may be missed. Only after descendants_known(). False when our own children couldn't
 * be listed, or not all of them. */
bool descendants_each(bool deep, void (*visit)(void *context, pid_t process), void *context);

/* The signals that a process has handlers for; 0 when it is a zombie, or nobody knows. */
uint64_t process_handled_signals(pid_t process);

/* The kernel's name of a process ("" when nobody knows). A zombie still has one. */
void process_name(pid_t process, char name[PROCESS_NAME_MOST]);

#endif
