#ifndef COMMANDS_END_H
#define COMMANDS_END_H

/* The end of the child, explained under its own last words: killed and by whom, out of memory, a crash, an exit that nobody
 * asked for, an application that can't be imported. One finding at most but for the last (commands/diagnose.h), and none for
 * an end that came as it was asked for; with -v and in JSON the fate is told in full, whatever it was.
 *
 * Who sent a signal to the child the kernel tells nobody but the child: what is known is what went through us, and what the
 * control group has counted. So a finding names what didn't happen as well. */

#include "checks/memory.h"
#include "process/fate.h"

struct session;
struct launch;

/* What must be known before, to tell the difference afterwards. */
struct end {
    struct memory before;
    uint64_t free_from; /* 0, or the server's port is below that one, and it may not listen there */
};

void end_expect(struct end *end, const struct session *session, const struct launch *launch);
/* Needs no descriptor of before: supervise() has closed them all. */
void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code);
/* It is uvicorn, and nobody gave it --timeout-graceful-shutdown: stopping, it waits for open connections without limit. */
bool end_may_wait(const struct session *session);

#endif
