#ifndef COMMANDS_JUDGE_H
#define COMMANDS_JUDGE_H

/* Chooses a Python and proves that it can serve: by reading, and where reading isn't certain by asking it. Nothing is
 * refused that only the interpreter can tell unless it was asked and said no. */

#include "checks/application.h"
#include "commands/choose.h"

struct session;

struct judgement {
    struct chosen chosen;
    struct span app; /* MODULE:ATTRIBUTE */
    struct application application;
    bool asked;      /* the interpreter was asked, and answered */
    bool has_python; /* what is well, as far as reading or the answer tells */
    bool has_uvicorn;
    bool has_app;
    unsigned minor; /* of Python 3: asked, or else read; 0 when not known */
};

/* The application's reference, by the settings' order; pyproject.toml is read for it. */
struct span judge_app(struct session *session);
/* False: findings say why it can't serve, or a stop signal waits. `always`: ask also where reading was certain. The
 * child's environment is set. */
bool judge_server(struct session *session, bool always, struct judgement *judgement);

#endif
