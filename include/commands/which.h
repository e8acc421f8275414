#ifndef COMMANDS_WHICH_H
#define COMMANDS_WHICH_H

/* `asgi-init which`: the path of the Python that would serve, on stdout. Judged by reading; nothing is started. */

#include "base/exit_code.h"

struct session;

enum exit_code which(struct session *session);

#endif
