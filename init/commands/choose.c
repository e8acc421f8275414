#include "commands/choose.h"

#include "base/report.h"
#include "checks/broken_path.h"
#include "checks/uvicorn.h"
#include "commands/session.h"

static struct places places;

bool choose_python(struct session *session, unsigned first, struct chosen *chosen)
{
    struct text bin = TEXT_ON(chosen->bin);
    bool for_command = session->verb == VERB_NONE && session->request.kind == REQUEST_COMMAND;
    if (first == 0)
        places_list(&session->scene, for_command ? PLACES_ENVIRONMENTS : PLACES_ALL, &places);
    if (!places_choose(&session->scene, &places, first, for_command ? NULL : uvicorn_is_seen, &chosen->choice))
        return false;
    text_span(&bin, span_folder(span_of(chosen->choice.interpreter.path)));
    return true;
}

void choose_environment(struct session *session, const struct chosen *chosen)
{
    child_environment_start(&session->child, &session->environment);
    if (chosen)
        child_environment_for_python(&session->child, span_of(chosen->bin), span_of(chosen->choice.interpreter.venv));
}

struct span choose_origin(const struct chosen *chosen)
{
    return places.list[chosen->choice.place].origin;
}

void choose_add_others(struct session *session, const struct chosen *chosen, struct finding *finding)
{
    broken_path_naming(&session->scene, finding, choose_origin(chosen));
    places_add_tried(&session->scene, &places, finding, uvicorn_is_seen);
}

bool choose_takes_safe_path(const struct interpreter *interpreter)
{
    return interpreter->knows_version && interpreter->major == 3 && interpreter->minor >= SAFE_PATH_MINOR;
}

void choose_say(const struct session *session, const struct chosen *chosen)
{
    char line[2 * PATH_MOST];
    struct text text = TEXT_ON(line);
    (void)session;
    if (!report_is_verbose())
        return;
    text_join(&text, "python ", chosen->choice.interpreter.path, " (", NULL);
    interpreter_version(&chosen->choice.interpreter, &text);
    text_add(&text, ") from ");
    text_span(&text, choose_origin(chosen));
    report_say(REPORT_TRAIL, text_as_span(&text));
}
