#include "commands/which.h"

#include "base/report.h"
#include "commands/choose.h"
#include "commands/session.h"
#include "commands/settle.h"

enum exit_code which(struct session *session)
{
    static struct chosen chosen;
    if (session->words[session->first]) {
        report_say_parts(REPORT_ERROR, "which: takes options only, not '", session->words[session->first], "'", NULL);
        return EXIT_USAGE;
    }
    enum exit_code code = settle(session);
    if (code != EXIT_OK)
        return code;
    if (!choose_python(session, 0, &chosen))
        return session_fail(session, 0);
    report_findings(&session->findings, 0, REPORT_MESSAGES);
    choose_say(session, &chosen);
    report_result(span_of(chosen.choice.interpreter.path));
    return EXIT_OK;
}
