#include "commands/end.h"

#include "base/report.h"
#include "commands/launch.h"
#include "commands/session.h"

#include <sys/wait.h>

void end_expect(struct end *end, struct session *session)
{
    (void)session;
    *end = (struct end){0};
}

void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code)
{
    (void)end;
    (void)code;
    unsigned first = session->findings.count;
    if (launch->serves && !fate->stop_signal && !fate->in_foreground && WIFEXITED(fate->status) &&
        WEXITSTATUS(fate->status) == 0) {
        struct finding *finding = findings_add(&session->findings, RULE_ENDED_UNASKED);
        finding_set_string(&session->findings, finding, "python", launch->path);
    }
    report_findings(&session->findings, first, REPORT_MESSAGES);
}
