#ifndef COMMANDS_JUDGE_H
#define COMMANDS_JUDGE_H

/* Chooses a Python and proves that it can serve: by reading, and where that isn't certain by asking it. */

#include "commands/choose.h"

struct session;

struct judgement {
    struct chosen chosen;
    struct span app; /* MODULE:ATTRIBUTE */
    bool asked;      /* the interpreter was asked */
};

/* The application's reference, by the settings' order; pyproject.toml is read for it. */
struct span judge_app(struct session *session);
/* False: findings from `first` on say why it can't serve, or a stop signal waits. The child's environment is set. */
bool judge_server(struct session *session, struct judgement *judgement);

#endif
