#ifndef COMMANDS_SERVE_H
#define COMMANDS_SERVE_H

/* Proves the Python, its uvicorn and the application, and starts `PYTHON -P -m uvicorn APP ...`. The default. */

#include "base/exit_code.h"

struct session;

enum exit_code serve(struct session *session);

#endif
