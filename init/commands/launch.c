#include "commands/launch.h"

#include "base/report.h"
#include "checks/command.h"
#include "commands/end.h"
#include "commands/progress.h"
#include "commands/session.h"
#include "process/footprint.h"

#include <string.h>
#include <unistd.h>

/* The program didn't start: the kernel's word first, and what the files say of its reason. */
static enum exit_code not_started(struct session *session, const struct launch *launch,
                                  const struct child_result *result)
{
    unsigned first = session->findings.count;
    if (result->step == CHILD_EXEC || result->step == CHILD_SHELL) {
        command_explain(&session->scene, span_of(launch->path), result->error);
    } else {
        struct finding *finding = findings_add(&session->findings, RULE_SYSTEM_CALL_FAILED);
        finding_set_string(&session->findings, finding, "call", child_step_name(result->step));
        finding_set_string(&session->findings, finding, "what", "the program could not be started");
        finding_set_string(&session->findings, finding, "error", strerror(result->error));
    }
    session_fail(session, first);
    return child_exit_code(result);
}

/* Whose values are nobody's to read in a log. */
static bool is_secret(struct span option)
{
    return span_is(option, "--ssl-keyfile-password") || span_is(option, "--header");
}

static void add_word(struct text *text, struct span word, bool secret)
{
    struct span value = word;
    struct span name = span_split(&value, '=');
    text_add(text, " ");
    if (secret)
        text_add(text, "***");
    else
        text_shell_word(text, value.at && is_secret(name) ? name : word);
    if (value.at && is_secret(name))
        text_add(text, "=***");
}

/* Of uvicorn's words we know which are secrets; those of any other program may be (a password in a URL). */
static void say_start(const struct session *session, const struct launch *launch)
{
    char line[PATH_MOST];
    struct text text = TEXT_ON(line);
    unsigned count = 0;
    if (!report_is_verbose())
        return;
    text_add(&text, "starting");
    if (session->request.kind == REQUEST_SERVE) {
        for (char *const *word = launch->argv; *word; word++)
            add_word(&text, span_of(*word), word > launch->argv && is_secret(span_of(word[-1])));
    } else {
        add_word(&text, span_of(launch->path), false);
        while (launch->argv[count + 1])
            count++;
        text_add(&text, " with ");
        text_unsigned(&text, count);
        text_add(&text, count == 1 ? " argument" : " arguments");
    }
    report_say_parts(REPORT_TRAIL, line, text.cut ? " ..." : NULL, NULL);
}

/* 0 without --pdeathsig. */
static int death_signal(const struct session *session)
{
    return signal_number(setting_text(&session->settings, SETTING_PDEATHSIG));
}

static void prepare_to_supervise(struct session *session)
{
    int death = death_signal(session);
    if (getpid() != 1 && !supervise_adopt_orphans())
        report_say_parts(REPORT_TRAIL, "the kernel doesn't make us a subreaper: orphans go to the next init", NULL);
    if (death && !supervise_die_with_parent(death, session->parent))
        report_say_parts(REPORT_LINE, "--pdeathsig: the kernel refused it", NULL);
}

static enum exit_code replace(struct session *session, const struct launch *launch, const struct child_plan *plan)
{
    if (plan->death_signal)
        supervise_die_with_parent(plan->death_signal, session->parent);
    struct child_result result = child_replace(plan, &session->given);
    return not_started(session, launch, &result);
}

static enum exit_code stay_with(struct session *session, const struct launch *launch, pid_t pid)
{
    struct fate fate;
    struct end end;
    session->supervise.say = progress_say;
    session->supervise.context = session;
    session->supervise.name_orphans = report_is_verbose();
    session->supervise.keep = -1;
    end_expect(&end, session, launch);
    int error = session->kept ? privileges_drop_ambient() : 0;
    if (error)
        report_say_parts(REPORT_LINE,
                         "warning: what is kept for the server could not be given up here: ", strerror(error), NULL);
    footprint_shrink();
    supervise(&session->supervise, pid, &fate);
    bool zero = launch->serves && setting_chosen(&session->settings, SETTING_STOP_CODE, "zero");
    int code = fate_exit_code(&fate, zero);
    end_explain(&end, session, launch, &fate, code);
    return (enum exit_code)code;
}

static void warn_of_shell(struct session *session, const struct launch *launch)
{
    unsigned first = session->findings.count;
    struct finding *finding = findings_add(&session->findings, RULE_SCRIPT_WITHOUT_INTERPRETER_LINE);
    finding_set_string(&session->findings, finding, "command", launch->path);
    report_findings(&session->findings, first, REPORT_MESSAGES);
}

static enum exit_code environment_too_large(void)
{
    char line[PATH_MOST];
    struct text text = TEXT_ON(line);
    text_add(&text, "the environment is too large to add to: asgi-init takes ");
    text_unsigned(&text, CHILD_ENTRIES);
    text_add(&text, " variables, its own included, and ");
    text_unsigned(&text, CHILD_STORE);
    text_add(&text, " bytes for those that it sets (PATH is one)");
    report_say(REPORT_ERROR, text_as_span(&text));
    return EXIT_SYSTEM;
}

enum exit_code launch(struct session *session, const struct launch *launch)
{
    enum exit_code code;
    const struct child_plan plan = {.path = launch->path,
                                    .argv = launch->argv,
                                    .envp = session->child.entries,
                                    .death_signal = death_signal(session)};
    if (session_is_stopped(session, &code))
        return code;
    if (session->child.overflowed || session->of_user.overflowed) {
        return environment_too_large();
    }
    say_start(session, launch);
    if (setting_is(&session->settings, SETTING_EXEC))
        return replace(session, launch, &plan);
    prepare_to_supervise(session);
    struct child_result result = child_start(&plan, &session->given);
    if (result.step != CHILD_STARTED)
        return not_started(session, launch, &result);
    report_hurry();
    if (result.by_shell)
        warn_of_shell(session, launch);
    return stay_with(session, launch, result.pid);
}
