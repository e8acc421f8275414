#ifndef CHECKS_EXECUTABLE_H
#define CHECKS_EXECUTABLE_H

/* File capabilities of a program that is going to be started (setcap on the interpreter).
 *
 * With the effective flag, execve fails with EPERM unless our bounding set holds all that the file asks for; without it, or
 * under no_new_privs, the program starts and silently lacks them. Both are told before the start, from security.capability of
 * the file behind the links and our own /proc/self/status: asgi-init has become the user by then, and children inherit. */

#include "base/findings.h"
#include "checks/reader.h"

/* `path` is absolute. Adds at most one finding: an error where the kernel would refuse, a warning where capabilities are
 * lost. Adds nothing where the file has none, where its file system is mounted nosuid (the kernel ignores them), or where it
 * can't be known (--root). True unless it added an error. */
bool executable_capabilities(const struct reader *reader, struct span path, struct findings *findings);
/* Would the program surely run without that capability (by its number)? False in doubt. */
bool executable_lacks(const struct reader *reader, struct span path, unsigned capability);

#endif
