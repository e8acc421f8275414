#ifndef COMMANDS_SETTLE_H
#define COMMANDS_SETTLE_H

/* Everything that must be known before anything is judged: judges whether the settings fit together, becomes the user, and
 * reads the host as that user. Anything but EXIT_OK ends the run: it has been said why. */

#include "base/exit_code.h"

struct session;

enum exit_code settle(struct session *session);
/* The same without the first: for `config`, which shows settings that contradict each other, too. */
enum exit_code settle_contradicting(struct session *session);

#endif
