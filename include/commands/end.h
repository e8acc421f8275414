#ifndef COMMANDS_END_H
#define COMMANDS_END_H

/* The end of the child, explained under its own last words: killed and by whom, out of memory, a crash, an exit that
 * nobody asked for. Nothing is said of an end that came as it was asked for; with -v and in JSON the fate is told in
 * full, whatever it was. */

#include "checks/memory.h"
#include "process/supervise.h"

struct session;
struct launch;

/* What must be known before, to tell the difference afterwards. */
struct end {
    struct memory before;
};

void end_expect(struct end *end, const struct session *session);
void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code);

#endif
