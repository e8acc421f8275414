/* Picks the command, does it, and exits with what it returns. */

#include "base/report.h"
#include "commands/check.h"
#include "commands/config.h"
#include "commands/explain.h"
#include "commands/help.h"
#include "commands/run.h"
#include "commands/serve.h"
#include "commands/session.h"
#include "commands/settle.h"
#include "commands/which.h"

#include <unistd.h>

static enum exit_code not_built(const struct session *session)
{
    report_say_parts(REPORT_ERROR, "'", verb_rows[session->verb].name,
                     "' is reserved for a command that isn't built yet", NULL);
    return EXIT_USAGE;
}

static enum exit_code start(struct session *session)
{
    enum exit_code code = settle(session);
    if (code != EXIT_OK)
        return code;
    return session->request.kind == REQUEST_SERVE || session->request.kind == REQUEST_MISTAKE ? serve(session)
                                                                                              : run(session);
}

static enum exit_code run_verb(struct session *session)
{
    switch (session->verb) {
    case VERB_CHECK:
        return check(session);
    case VERB_WHICH:
        return which(session);
    case VERB_EXPLAIN:
        return explain_rule(span_of(session->words[session->first]));
    case VERB_CONFIG:
        return config(session);
    case VERB_HEALTH:
    case VERB_WAIT:
    case VERB_PREPARE:
        return not_built(session);
    case VERB_NONE:
        break;
    }
    return start(session);
}

enum { BEFORE_ALL = 101 }; /* the first priority that isn't reserved for the C library */

static struct signal_state given;
static bool blocked;

/* No signal may be lost from here on. libcap-ng has a constructor of its own that reads /proc: too late would be behind it. */
__attribute__((constructor(BEFORE_ALL))) static void block_signals(void)
{
    blocked = signals_block(&given);
}

int main(int argc, char **argv, char **envp)
{
    static struct session session;
    pid_t parent = getppid();
    if (!blocked)
        report_say_parts(REPORT_ERROR, "rt_sigprocmask: the kernel doesn't let us block signals", NULL);
    if (argc < 1 || !blocked)
        return EXIT_SYSTEM;
    enum exit_code code = session_open(&session, argv, envp, &given, parent);
    if (code != EXIT_OK)
        return (int)code;
    if (session.options.help)
        return (int)help_print();
    if (session.options.version)
        return (int)help_print_version();
    return (int)run_verb(&session);
}
