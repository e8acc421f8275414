#ifndef COMMANDS_PROGRESS_H
#define COMMANDS_PROGRESS_H

/* What happens while the child runs, in one line each: see enum supervise_event. Only what concerns everyone is said
 * without -v. */

#include "process/supervise_options.h"

void progress_say(void *context, enum supervise_event event, const struct supervise_news *news);

#endif
