#ifndef COMMANDS_EXPLAIN_H
#define COMMANDS_EXPLAIN_H

/* `asgi-init explain [RULE]`: the long text of a rule on stdout, or, with an empty name, the list of all. In JSON one
 * object a rule, with all its texts. An unknown name is a message with the nearest one, and EXIT_USAGE. */

#include "base/exit_code.h"
#include "base/text.h"

enum exit_code explain_rule(struct span name);

#endif
