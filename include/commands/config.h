#ifndef COMMANDS_CONFIG_H
#define COMMANDS_CONFIG_H

/* `asgi-init config`: every setting, its value, and where the value came from, on stdout. */

#include "base/exit_code.h"

struct session;

enum exit_code config(struct session *session);

#endif
