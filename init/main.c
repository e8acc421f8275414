/* Picks the command, does it, and exits with what it returns. */

#include "base/report.h"
#include "commands/help.h"
#include "commands/run.h"
#include "commands/serve.h"
#include "commands/session.h"

#include <unistd.h>

static enum exit_code run_verb(struct session *session)
{
    if (session->verb && session->verb->run)
        return session->verb->run(session);
    if (session->verb) {
        report_say_parts(REPORT_ERROR, "'", session->verb->name, "' is reserved for a command that isn't built yet",
                         NULL);
        return EXIT_USAGE;
    }
    enum exit_code code = session_prepare(session);
    if (code != EXIT_OK)
        return code;
    return session->request.kind == REQUEST_SERVE || session->request.kind == REQUEST_MISTAKE ? serve(session)
                                                                                              : run(session);
}

int main(int argc, char **argv, char **envp)
{
    struct signal_state given;
    bool blocked = signals_block(&given); /* first of all: no signal may be lost from here on */
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
