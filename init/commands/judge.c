#include "commands/judge.h"

#include "checks/executable.h"
#include "commands/session.h"
#include "facts/pyproject.h"
#include "process/probe.h"

#include <string.h>
#include <sys/wait.h>

enum { PYPROJECT_MOST = 65536, SAFE_PATH_MINOR = 11 };

/* [tool.fastapi] entrypoint, as FastAPI's own command line reads it from the folder it is started in. */
static void read_project(struct session *session)
{
    static char bytes[PYPROJECT_MOST];
    static char reference[PATH_MOST];
    char path[PATH_MOST];
    size_t length;
    struct setting_error error;
    struct text name = TEXT_ON(path), entrypoint = TEXT_ON(reference);
    text_join(&name, session->working_folder, "/pyproject.toml", NULL);
    if (name.cut || reader_read(&session->reader, text_as_span(&name), 0, bytes, sizeof bytes, &length) ||
        length == sizeof bytes)
        return;
    if (pyproject_entrypoint((struct span){bytes, length}, &entrypoint))
        settings_set(&session->settings, SETTING_APP, text_as_span(&entrypoint), ORIGIN_PROJECT, SPAN("pyproject.toml"),
                     &error);
}

struct span judge_app(struct session *session)
{
    struct setting_error error;
    int word = session->request.uvicorn.app;
    if (word >= 0)
        settings_set(&session->settings, SETTING_APP, span_of(session->words[word]), ORIGIN_UVICORN_OPTION,
                     SPAN("the command line"), &error);
    if (session->settings.values[SETTING_APP].origin <= ORIGIN_PROJECT)
        read_project(session);
    return setting_text(&session->settings, SETTING_APP);
}

bool judge_server(struct session *session, struct judgement *judgement)
{
    judgement->app = judge_app(session);
    if (!choose_python(session, 0, &judgement->chosen))
        return false;
    if (!executable_capabilities(&session->reader, span_of(judgement->chosen.choice.interpreter.path),
                                 &session->findings))
        return false;
    choose_say(session, &judgement->chosen);
    choose_environment(session, &judgement->chosen);
    child_environment_for_uvicorn(&session->child, &session->settings);
    return true;
}
