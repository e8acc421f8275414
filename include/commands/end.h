#ifndef COMMANDS_END_H
#define COMMANDS_END_H

/* The end of the child, explained under its own last words: killed and by whom, out of memory, an exit that nobody asked
 * for. Nothing is said of an end that was asked for and came as asked. */

#include "process/supervise.h"

struct session;
struct launch;

/* What must be known before, to tell the difference afterwards. */
struct end {
    uint64_t oom_kills; /* of our cgroup, at the start */
    bool oom_known;
};

void end_expect(struct end *end, struct session *session);
void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code);

#endif
