#ifndef COMMANDS_HELP_H
#define COMMANDS_HELP_H

/* `--help` and `--version`, on stdout. Options and exit codes are read from their tables; in JSON --help gives the
 * tables themselves: an object a command, setting and exit code. */

#include "base/exit_code.h"

enum exit_code help_print(void);
enum exit_code help_print_version(void);

#endif
