#include "commands/judge.h"

#include "base/report.h"
#include "checks/application.h"
#include "checks/candidates.h"
#include "checks/extensions.h"
#include "checks/shadows.h"
#include "checks/uvicorn.h"
#include "checks/words.h"
#include "commands/session.h"
#include "facts/pyproject.h"
#include "process/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

enum { PYPROJECT_MOST = 65536, NAME_MOST = 64, SAYS_LINES = 3, LINE_MOST = 512 };

/* What became of one candidate. */
enum proof { PROOF_GOOD, PROOF_BROKEN, PROOF_REFUSED, PROOF_STOPPED };

/* ---- which application ---- */

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

/* Nothing names it, and where it is by default there is none: as FastAPI's command line looks. */
static void discover(struct session *session)
{
    static struct app_candidate found;
    struct setting_error error;
    if (candidates_discover(&session->scene, &found) && !found.app_dir[0] && !found.is_factory)
        settings_set(&session->settings, SETTING_APP, span_of(found.reference), ORIGIN_DISCOVERY, span_of(found.file),
                     &error);
}

struct span judge_app(struct session *session)
{
    if (session->settings.values[SETTING_APP].origin <= ORIGIN_PROJECT)
        read_project(session);
    if (session->settings.values[SETTING_APP].origin == ORIGIN_DEFAULT)
        discover(session);
    return setting_text(&session->settings, SETTING_APP);
}

/* ---- asking ---- */

static void ask(struct session *session, const struct judgement *judgement, struct probe_answer *answer)
{
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    const struct probe_question question = {
        .python = interpreter->path,
        .envp = session->child.entries,
        .safe_path = choose_takes_safe_path(interpreter),
        .server = "uvicorn",
        .app_dir = session->app_dir,
        .names = {judgement->application.top},
        .name_count = judgement->application.top[0] ? 1 : 0,
        .stops = supervise_stops(&session->supervise),
    };
    probe_ask(&question, &session->given, answer);
}

static void say_asked(const struct judgement *judgement, const struct probe_answer *answer)
{
    static const char *const outcomes[] = {"it answered", "it ended without an answer", "it could not be started",
                                           "it gave no answer in time", "stopped meanwhile"};
    report_say_parts(REPORT_TRAIL, "asked ", judgement->chosen.choice.interpreter.path, ": ", outcomes[answer->outcome],
                     NULL);
}

/* The last lines that it printed, as evidence. */
static void add_last_words(struct findings *findings, struct finding *finding, const struct probe_answer *answer)
{
    struct span says = span_trim((struct span){answer->says, answer->says_length});
    size_t start = says.length;
    for (unsigned lines = 0; start > 0; start--)
        if (says.at[start - 1] == '\n' && ++lines == SAYS_LINES)
            break;
    for (struct span rest = span_from(says, start); rest.at;) {
        struct span line = span_split(&rest, '\n');
        if (line.length)
            finding_evidence(findings, finding, "says", span_first(line, LINE_MOST), SPAN(""));
    }
}

/* PYTHONHOME replaces the search for the standard library, and there is none. */
static void add_home(struct session *session, const struct interpreter *interpreter, struct finding *finding)
{
    char landmark[PATH_MOST];
    struct text text = TEXT_ON(landmark);
    struct span home = environment_filled(&session->environment, "PYTHONHOME");
    if (home.length == 0 || interpreter->base[0] || !interpreter->library[0])
        return;
    finding_set(&session->findings, finding, "home", home);
    text_span(&text, span_split(&home, ':'));
    text_join(&text, "/lib/", interpreter->library, "/os.py", NULL);
    finding_set(&session->findings, finding, "landmark", text_as_span(&text));
}

static void add_broken(struct session *session, const struct judgement *judgement, const struct probe_answer *answer)
{
    char ended[NAME_MOST];
    struct text text = TEXT_ON(ended);
    struct finding *finding = findings_add(&session->findings, RULE_PYTHON_DOES_NOT_START);
    finding_set_string(&session->findings, finding, "wanted", judgement->chosen.choice.interpreter.path);
    finding_set(&session->findings, finding, "origin", choose_origin(&judgement->chosen));
    if (answer->outcome == PROBE_NOT_STARTED) {
        text_add(&text, strerror(answer->error));
    } else if (WIFSIGNALED(answer->status)) {
        signal_add_name(&text, WTERMSIG(answer->status));
    } else {
        text_add(&text, "exit code ");
        text_signed(&text, WEXITSTATUS(answer->status));
    }
    finding_set(&session->findings, finding, "ended", text_as_span(&text));
    finding_set_string(&session->findings, finding, "doubt", judgement->chosen.choice.interpreter.doubt);
    add_home(session, &judgement->chosen.choice.interpreter, finding);
    add_last_words(&session->findings, finding, answer);
}

/* That it is for another machine was a warning as long as nobody knew whether that machine is emulated here. NULL: it is for
 * this one. */
static struct finding *of_other_machine(struct session *session, const struct interpreter *interpreter)
{
    for (unsigned i = session->findings.count; i-- > 0;) {
        struct finding *finding = &session->findings.list[i];
        const struct value *wanted = finding_value(finding, "wanted");
        if (finding->rule == RULE_PROGRAM_FOR_OTHER_MACHINE && wanted && span_is(wanted->span, interpreter->path))
            return finding;
    }
    return NULL;
}

/* It could be started, whatever became of it. */
static void say_emulated(struct session *session, const struct judgement *judgement)
{
    struct finding *finding = of_other_machine(session, &judgement->chosen.choice.interpreter);
    if (!finding)
        return;
    finding_set_string(&session->findings, finding, "emulated", "yes");
    finding_weaken(finding, SEVERITY_NOTE);
}

static void say_not_started(struct session *session, const struct judgement *judgement,
                            const struct probe_answer *answer)
{
    struct finding *finding = of_other_machine(session, &judgement->chosen.choice.interpreter);
    if (!finding || answer->error != ENOEXEC) {
        add_broken(session, judgement, answer);
        return;
    }
    finding_set_string(&session->findings, finding, "error", strerror(ENOEXEC));
    finding_weaken(finding, SEVERITY_ERROR);
}

/* ---- the proof ---- */

/* The environment that should have been taken is broken, and this Python stood in for it: that is the cause. */
static void blame(struct session *session, const struct judgement *judgement)
{
    const struct choice *choice = &judgement->chosen.choice;
    if (choice->broken)
        finding_weaken(choice->broken, SEVERITY_ERROR);
    struct finding *finding = uvicorn_missing(&session->scene, &choice->interpreter, SPAN(""));
    finding_set_string(&session->findings, finding, "asked", "yes");
    if (!choice->broken)
        choose_add_others(session, &judgement->chosen, finding);
    if (choice->broken)
        finding_weaken(finding, SEVERITY_WARNING);
}

static enum proof weigh_answer(struct session *session, struct judgement *judgement, const struct probe_answer *answer)
{
    enum proof proof = PROOF_GOOD;
    judgement->asked = true;
    judgement->has_uvicorn = answer->server != PROBE_MISSING;
    judgement->has_app = !judgement->application.top[0] || answer->names[0] != PROBE_MISSING;
    judgement->minor = answer->minor;
    if (answer->server == PROBE_MISSING) {
        blame(session, judgement);
        proof = PROOF_REFUSED;
    }
    if (judgement->application.top[0] && answer->names[0] == PROBE_MISSING) {
        application_missing(&session->scene, &judgement->chosen.choice.interpreter, &judgement->application, true);
        proof = PROOF_REFUSED;
    }
    return proof;
}

static bool is_certain(const struct judgement *judgement)
{
    const struct choice *choice = &judgement->chosen.choice;
    return choice->has_uvicorn && !choice->interpreter.doubt && judgement->application.state != APPLICATION_ASK;
}

/* Another root's interpreter can't be asked: what reading misses is said, and as an error only without a doubt. */
static enum proof prove_by_reading(struct session *session, struct judgement *judgement)
{
    const struct choice *choice = &judgement->chosen.choice;
    if (!setting_is(&session->settings, SETTING_ROOT))
        return PROOF_GOOD; /* --probe never: nothing uncertain is refused */
    if (!choice->has_uvicorn) {
        struct finding *finding = uvicorn_missing(&session->scene, &choice->interpreter, SPAN(""));
        if (uvicorn_may_be_there(&session->scene, &choice->interpreter)) {
            finding_set_string(&session->findings, finding, "unseen", "yes");
            finding_weaken(finding, SEVERITY_WARNING);
        }
    }
    if (judgement->application.state == APPLICATION_ASK)
        application_missing(&session->scene, &choice->interpreter, &judgement->application, false);
    return PROOF_GOOD;
}

static enum proof prove_by_asking(struct session *session, struct judgement *judgement)
{
    static struct probe_answer answer;
    ask(session, judgement, &answer);
    say_asked(judgement, &answer);
    if (answer.outcome != PROBE_NOT_STARTED && answer.outcome != PROBE_STOPPED)
        say_emulated(session, judgement);
    switch (answer.outcome) {
    case PROBE_ANSWERED:
        return weigh_answer(session, judgement, &answer);
    case PROBE_BROKEN:
        judgement->has_python = false;
        add_broken(session, judgement, &answer);
        return PROOF_BROKEN;
    case PROBE_NOT_STARTED:
        if (answer.error == EAGAIN || answer.error == ENOMEM || answer.error == EMFILE || answer.error == ENFILE)
            return PROOF_GOOD; /* says nothing of this Python: the start itself will say it */
        judgement->has_python = false;
        say_not_started(session, judgement, &answer);
        return PROOF_BROKEN;
    case PROBE_TIMED_OUT:
        return PROOF_GOOD;
    case PROBE_STOPPED:
        break;
    }
    return PROOF_STOPPED;
}

static enum proof prove(struct session *session, bool always, struct judgement *judgement)
{
    const struct interpreter *interpreter = &judgement->chosen.choice.interpreter;
    if (session->request.uvicorn.asks)
        return PROOF_GOOD; /* uvicorn --help serves nothing */
    application_judge(&session->scene, interpreter, &judgement->application);
    if (judgement->application.state == APPLICATION_REFUSED)
        return PROOF_REFUSED;
    judgement->has_python = true;
    judgement->has_uvicorn = judgement->chosen.choice.has_uvicorn;
    judgement->has_app = judgement->application.state != APPLICATION_ASK;
    bool only_reads =
        setting_chosen(&session->settings, SETTING_PROBE, "never") || setting_is(&session->settings, SETTING_ROOT);
    enum proof proof = PROOF_GOOD;
    if (only_reads)
        proof = prove_by_reading(session, judgement);
    else if (always || !is_certain(judgement))
        proof = prove_by_asking(session, judgement);
    if (proof == PROOF_GOOD) {
        shadows_look(&session->scene, interpreter);
        extensions_judge(&session->scene, interpreter);
    }
    return proof;
}

/* A found Python that turns out broken is only remembered, and the next place is judged. Returns what broke it. */
static struct finding *weaken(struct findings *findings, unsigned first)
{
    struct finding *error = NULL;
    for (unsigned i = first; i < findings->count; i++) {
        if (findings->list[i].severity != SEVERITY_ERROR)
            continue;
        error = &findings->list[i];
        finding_weaken(error, SEVERITY_WARNING);
    }
    return error;
}

/* No place is left. "There is no Python" would be said of an image that has one: why that one doesn't start is the error. */
static void blame_broken(struct findings *findings, struct finding *broken)
{
    if (!broken || !findings->count || findings->list[findings->count - 1].rule != RULE_NO_PYTHON)
        return;
    findings->count--;
    finding_weaken(broken, SEVERITY_ERROR);
}

bool judge_server(struct session *session, bool always, struct judgement *judgement)
{
    always = always || setting_chosen(&session->settings, SETTING_PROBE, "always");
    judgement->app = judge_app(session);
    words_judge(&session->scene, session->words + session->request.first);
    struct finding *broken = NULL;
    for (unsigned next = 0;;) {
        unsigned before = session->findings.count;
        if (!choose_python(session, next, &judgement->chosen)) {
            blame_broken(&session->findings, broken);
            return false;
        }
        choose_say(session, &judgement->chosen);
        choose_environment(session, &judgement->chosen);
        child_environment_for_uvicorn(&session->child, &session->settings);
        judgement->minor = judgement->chosen.choice.interpreter.minor;
        enum proof proof = prove(session, always, judgement);
        if (proof != PROOF_BROKEN || judgement->chosen.choice.named)
            return proof == PROOF_GOOD;
        broken = weaken(&session->findings, before);
        next = judgement->chosen.choice.place + 1;
    }
}
