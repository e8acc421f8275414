#ifndef COMMANDS_LAUNCH_H
#define COMMANDS_LAUNCH_H

/* Starts what was chosen, stays with it to its end, and tells what it was. The last step of serve and run. */

#include "base/exit_code.h"
#include "commands/launch_plan.h"

struct session;

/* The environment is session->child. Returns what to exit with. */
enum exit_code launch(struct session *session, const struct launch *launch);

#endif
