#ifndef PROCESS_TERMINAL_H
#define PROCESS_TERMINAL_H

/* The foreground process group of our controlling terminal. No controlling terminal, or one that doesn't answer, is
 * never an error: nothing is held then and nothing given. Source: tty_ioctl(4), drivers/tty/tty_jobctrl.c. */

#include <stdbool.h>
#include <sys/types.h>

/* Is the process group that holds the terminal ours? A background job's isn't. Process groups outside our PID namespace
 * all have the number 0: ours and the terminal's both being there counts as ours. */
bool terminal_is_ours(void);

/* Have we a controlling terminal at all? */
bool terminal_exists(void);

bool terminal_is_held_by(pid_t group);

/* Makes `group`, one of our session, the foreground. SIGTTOU must be blocked, which lets the kernel do it even from the
 * background. */
bool terminal_give(pid_t group);

#endif
