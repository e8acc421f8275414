#ifndef COMMANDS_DIAGNOSE_H
#define COMMANDS_DIAGNOSE_H

/* Why a server failed by itself soon after its start, as far as its files tell: for under its own output. Adds findings, all of
 * them warnings, and none where reading tells nothing. The interpreter is asked whether it finds the modules that reading
 * doesn't see, unless --probe never.
 *
 * Opens the root anew, and goes back to the server's working folder: supervise() has closed and left them. */

#include "commands/judge.h"

/* The part of it that is known before a start, too, for `check`: imports that the interpreter doesn't find. With more than one
 * worker, or --reload, uvicorn itself never ends of them. Opens nothing, and stays in the working folder. */
void diagnose_imports(struct session *session, const struct judgement *judgement);
void diagnose_failure(struct session *session, struct judgement *judgement);

#endif
