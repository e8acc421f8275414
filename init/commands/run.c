#include "commands/run.h"

#include "base/report.h"
#include "checks/command.h"
#include "checks/executable.h"
#include "commands/choose.h"
#include "commands/launch.h"
#include "commands/session.h"

#include <errno.h>

/* A command needs no Python: what is wrong with it is only a warning here, and said where it was asked for by name. */
static void weaken(struct session *session, unsigned first)
{
    for (unsigned i = first; i < session->findings.count; i++) {
        struct finding *finding = &session->findings.list[i];
        finding_weaken(finding, finding_value(finding, "wanted") ? SEVERITY_WARNING : SEVERITY_NOTE);
    }
}

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
    static struct chosen chosen;
    bool found = choose_python(session, 0, &chosen);
    weaken(session, first);
    choose_environment(session, found ? &chosen : NULL);
    const struct environment environment = {session->child.entries};
    struct span search_path = environment_get(&environment, "PATH");
    int error = command_find(&session->scene, span_of(argv[0]), search_path, &text);
    if (error) {
        command_not_found(&session->scene, span_of(argv[0]), search_path, error);
        session_fail(session, 0);
        return error == EACCES ? EXIT_NOT_EXECUTABLE : EXIT_NOT_FOUND;
    }
    if (!executable_capabilities(&session->reader, text_as_span(&text), &session->findings)) {
        session_fail(session, 0);
        return EXIT_NOT_EXECUTABLE;
    }
    report_findings(&session->findings, 0, REPORT_MESSAGES);
    const struct launch plan = {.path = path, .argv = argv, .serves = session->request.kind == REQUEST_SERVER};
    return launch(session, &plan);
}
