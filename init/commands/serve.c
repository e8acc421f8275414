#include "commands/serve.h"

#include "base/report.h"
#include "checks/command.h"
#include "commands/judge.h"
#include "commands/launch.h"
#include "commands/run.h"
#include "commands/session.h"

enum { SERVE_WORDS = 4096, SERVE_OWN_WORDS = 8 };

/* The application as a word of its own; NULL when it doesn't fit. */
static char *word_of(struct span span)
{
    static char copy[PATH_MOST];
    struct text text = TEXT_ON(copy);
    text_span(&text, span);
    return text.cut ? NULL : copy;
}

static bool set_words(struct session *session, struct judgement *judgement, char **argv)
{
    static char safe_path[] = "-P", module[] = "-m", uvicorn[] = "uvicorn";
    unsigned count = 0;
    argv[count++] = judgement->chosen.choice.interpreter.path;
    if (choose_takes_safe_path(&judgement->chosen.choice.interpreter))
        argv[count++] = safe_path;
    argv[count++] = module;
    argv[count++] = uvicorn;
    if (session->request.uvicorn.app < 0 && !session->request.uvicorn.asks)
        argv[count++] = word_of(judgement->app);
    if (!argv[count - 1])
        return false;
    for (char *const *word = session->words + session->request.first; *word; word++) {
        if (count >= SERVE_WORDS)
            return false;
        argv[count++] = *word;
    }
    argv[count] = NULL;
    return true;
}

/* `uvicorn` alone, found along PATH, may be a wrapper that runs a Python which nobody sees from here. Without us it would have
 * been started, so that no Python of ours has uvicorn doesn't decide. */
static bool is_wrapper(const struct session *session)
{
    char path[PATH_MOST];
    struct text text = TEXT_ON(path);
    const struct findings *findings = &session->findings;
    return span_is(session->request.program, "uvicorn") && findings_exit_code(findings) == EXIT_NO_PYTHON &&
           findings_has(findings, RULE_UVICORN_NOT_INSTALLED) &&
           command_find(&session->scene, session->request.program, environment_get(&session->environment, "PATH"),
                        &text) == 0 &&
           command_hides_python(&session->scene, text_as_span(&text));
}

static enum exit_code run_wrapper(struct session *session)
{
    report_say_parts(REPORT_TRAIL, "uvicorn is not a script of a Python: running it as it is", NULL);
    findings_clear(&session->findings);
    session->request.kind = REQUEST_SERVER;
    session->request.first--; /* back to its name */
    return run(session);
}

enum exit_code serve(struct session *session)
{
    static char *argv[SERVE_WORDS + SERVE_OWN_WORDS];
    static struct judgement judgement;
    enum exit_code code;
    if (!judge_server(session, false, &judgement)) {
        if (session_is_stopped(session, &code))
            return code;
        return is_wrapper(session) ? run_wrapper(session) : session_fail(session, 0);
    }
    report_findings(&session->findings, 0, REPORT_MESSAGES);
    if (!set_words(session, &judgement, argv)) {
        report_say_parts(REPORT_ERROR, "too many words on the command line, or one too long", NULL);
        return EXIT_USAGE;
    }
    const struct launch plan = {.path = judgement.chosen.choice.interpreter.path,
                                .argv = argv,
                                .serves = true,
                                .judgement = session->request.uvicorn.asks ? NULL : &judgement,
                                .stays = !session->request.uvicorn.asks};
    return launch(session, &plan);
}
