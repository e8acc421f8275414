#include "commands/run.h"

#include "base/report.h"
#include "checks/command.h"
#include "checks/executable.h"
#include "commands/launch.h"
#include "commands/session.h"

#include <errno.h>

enum exit_code run(struct session *session)
{
    static char path[PATH_MOST];
    struct text text = TEXT_ON(path);
    char *const *argv = session->words + session->request.first;
    unsigned first = session->findings.count;
    if (!argv[0]) {
        report_say_parts(REPORT_ERROR, "nothing follows '--': expected COMMAND [ARG...]", NULL);
        return EXIT_USAGE;
    }
    child_environment_start(&session->child, &session->environment);
    if (session->switched)
        child_environment_for_user(&session->child, span_of(session->identity.home), span_of(session->identity.name));
    const struct environment environment = {session->child.entries};
    struct span search_path = environment_get(&environment, "PATH");
    int error = command_find(&session->scene, span_of(argv[0]), search_path, &text);
    if (error) {
        command_not_found(&session->scene, span_of(argv[0]), search_path, error);
        session_fail(session, first);
        return error == EACCES ? EXIT_NOT_EXECUTABLE : EXIT_NOT_FOUND;
    }
    if (!executable_capabilities(&session->reader, text_as_span(&text), &session->findings)) {
        session_fail(session, first);
        return EXIT_NOT_EXECUTABLE;
    }
    const struct launch plan = {.path = path, .argv = argv, .serves = session->request.kind == REQUEST_SERVER};
    return launch(session, &plan);
}
