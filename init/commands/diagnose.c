#include "commands/diagnose.h"

#include "checks/extensions.h"
#include "checks/imports.h"
#include "commands/session.h"
#include "process/probe.h"

#include <unistd.h>

/* Which of them the interpreter doesn't find; false: it didn't say. */
static bool ask(struct session *session, const struct judgement *judgement, const struct imports *imports,
                bool *is_missing)
{
    static struct probe_answer answer;
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    struct probe_question question = {
        .python = interpreter->path,
        .envp = session->child.entries,
        .safe_path = choose_takes_safe_path(interpreter),
        .server = "uvicorn",
        .app_dir = session->app_dir,
        .stops = supervise_stops(&session->supervise),
    };
    for (; question.name_count < imports->count; question.name_count++)
        question.names[question.name_count] = imports->missing[question.name_count].module;
    if (setting_is(&session->settings, SETTING_ROOT) || setting_chosen(&session->settings, SETTING_PROBE, "never") ||
        chdir(session->working_folder))
        return false;
    probe_ask(&question, &session->given, &answer);
    for (unsigned i = 0; i < imports->count; i++)
        is_missing[i] = answer.names[i] == PROBE_MISSING;
    return answer.outcome == PROBE_ANSWERED;
}

void diagnose_imports(struct session *session, const struct judgement *judgement)
{
    static struct imports imports;
    static const bool none[IMPORTS_MISSING];
    bool is_missing[IMPORTS_MISSING] = {false};
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    imports_look(&session->scene, interpreter, &judgement->application, &imports);
    bool is_told = imports.count > 0 && ask(session, judgement, &imports, is_missing);
    imports_tell(&session->scene, interpreter, &judgement->application, &imports, is_told ? is_missing : none);
}

/* In Python's order: what a module imports comes before what is looked for in it. */
void diagnose_failure(struct session *session, struct judgement *judgement)
{
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    if (reader_open(&session->reader, NULL))
        return;
    extensions_advise(&session->scene, interpreter);
    unsigned before = session->findings.count;
    diagnose_imports(session, judgement);
    if (session->findings.count == before)
        application_advise(&session->scene, interpreter, &judgement->application);
    reader_close(&session->reader);
}
