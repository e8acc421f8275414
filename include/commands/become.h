#ifndef COMMANDS_BECOME_H
#define COMMANDS_BECOME_H

/* Who runs it: --user, PUID with PGID, --drop-privs, --keep-caps. asgi-init itself becomes that user before anything is
 * judged, so that every check is one for whoever runs the server. Without these settings nothing changes. */

#include "base/exit_code.h"

struct session;

/* Also tells the reader who reads. Anything but EXIT_OK ends the run: there is no third outcome. */
enum exit_code become_user(struct session *session);

#endif
