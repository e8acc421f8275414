#ifndef COMMANDS_HELP_H
#define COMMANDS_HELP_H

/* `--help` and `--version`, as text on stdout, whatever the log format. Commands, options and exit codes come from their
 * tables; the README quotes the output. */

#include "base/exit_code.h"

enum exit_code help_print(void);
enum exit_code help_print_version(void);

#endif
