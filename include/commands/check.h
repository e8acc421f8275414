#ifndef COMMANDS_CHECK_H
#define COMMANDS_CHECK_H

/* `asgi-init check`: judges all that serving needs and starts nothing but a question to the interpreter. One line on
 * stdout for each part that is well, a finding for each that isn't. For `RUN ["/asgi-init", "check"]`, and for CI. */

#include "base/exit_code.h"

struct session;

enum exit_code check(struct session *session);

#endif
