#ifndef COMMANDS_RUN_H
#define COMMANDS_RUN_H

/* Runs a command under the init, in the application's Python environment where there is one. The environment isn't
 * proved: `docker run image bash` must work above all when the image doesn't. */

#include "base/exit_code.h"

struct session;

enum exit_code run(struct session *session);

#endif
