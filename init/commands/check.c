#include "commands/check.h"

#include "base/report.h"
#include "checks/bytecode.h"
#include "checks/deployment.h"
#include "checks/editable.h"
#include "checks/extensions.h"
#include "commands/diagnose.h"
#include "commands/judge.h"
#include "commands/session.h"
#include "commands/settle.h"

#include <unistd.h>

enum { LINE_MOST = 2 * PATH_MOST, PART_COLUMN = 10 };

static void show_well(const char *part, struct span what)
{
    char line[LINE_MOST];
    struct text text = TEXT_ON(line);
    if (report_format() == REPORT_JSON) {
        const struct named_value values[] = {{"part", span_of(part)}, {"well", what}};
        report_result_values(values, ARRAY_LENGTH(values));
        return;
    }
    text_join(&text, "well  ", part, NULL);
    do
        text_byte(&text, ' ');
    while (text.length < sizeof "well  " - 1 + PART_COLUMN);
    text_visible(&text, what);
    report_result(text_as_span(&text));
}

static void show_python(const struct judgement *judgement)
{
    char what[LINE_MOST];
    struct text text = TEXT_ON(what);
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    text_add(&text, interpreter->path);
    if (interpreter->knows_version) {
        text_add(&text, ", Python ");
        interpreter_version(interpreter, &text);
    }
    text_add(&text, judgement->asked ? ", asked" : ", read");
    show_well("python", text_as_span(&text));
}

static void show_user(const struct session *session)
{
    char what[LINE_MOST];
    struct text text = TEXT_ON(what);
    text_add(&text, "uid ");
    text_unsigned(&text, session->reader.identity.uid);
    text_add(&text, ", gid ");
    text_unsigned(&text, session->reader.identity.gid);
    show_well("user", text_as_span(&text));
}

static void show_address(const struct session *session)
{
    char what[LINE_MOST];
    struct text text = TEXT_ON(what);
    struct span socket = setting_text(&session->settings, SETTING_UDS);
    if (socket.length) {
        text_span(&text, socket);
    } else {
        text_span(&text, setting_text(&session->settings, SETTING_HOST));
        text_add(&text, ":");
        text_span(&text, setting_text(&session->settings, SETTING_PORT));
    }
    show_well("listens", text_as_span(&text));
}

static void show_parts(const struct session *session, const struct judgement *judgement)
{
    if (judgement->has_python)
        show_python(judgement);
    if (judgement->has_uvicorn)
        show_well("uvicorn", SPAN("its package is there"));
    if (judgement->has_app &&
        !application_may_be_pythons(&session->scene, &judgement->chosen.choice.interpreter, &judgement->application))
        show_well("app", judgement->app);
    show_user(session);
    show_address(session);
}

/* What a start has no time for, and what works but is seldom meant. */
static void advise(struct session *session, struct judgement *judgement)
{
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    struct application *application = &judgement->application;
    diagnose_imports(session, judgement);
    application_advise(&session->scene, interpreter, application);
    extensions_advise(&session->scene, interpreter);
    editable_advise(&session->scene, interpreter);
    deployment_advise(&session->scene, interpreter);
    bytecode_advise(&session->scene, interpreter, span_of(application->search.file));
}

static enum exit_code verdict(const struct session *session)
{
    enum severity worst = findings_worst(&session->findings, 0);
    if (worst == SEVERITY_ERROR)
        return findings_exit_code(&session->findings);
    return worst == SEVERITY_WARNING && setting_is(&session->settings, SETTING_STRICT) ? EXIT_WARNED : EXIT_OK;
}

enum exit_code check(struct session *session)
{
    static struct judgement judgement;
    enum exit_code code = settle(session);
    if (code != EXIT_OK)
        return code;
    bool serves = session->request.kind == REQUEST_SERVE || session->request.kind == REQUEST_MISTAKE;
    if (!serves) {
        const char *word = session->words[session->first];
        report_say_parts(REPORT_ERROR, "check: expected an application, not '", word ? word : "--", "'", NULL);
        return EXIT_USAGE;
    }
    if (judge_server(session, true, &judgement))
        advise(session, &judgement);
    else if (session_is_stopped(session, &code))
        return code; /* half a check finds nothing wrong */
    show_parts(session, &judgement);
    report_findings(&session->findings, 0, REPORT_RESULTS);
    return verdict(session);
}
