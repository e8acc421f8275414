#include "commands/end.h"

#include "base/report.h"
#include "checks/privileged_port.h"
#include "checks/processor.h"
#include "commands/diagnose.h"
#include "commands/launch_plan.h"
#include "commands/session.h"
#include "facts/cgroup.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NAME_MOST = 64,
    MEBIBYTE = 1024 * 1024,
    SECOND = 1000,
    EARLY = 60 * SECOND,
    USUAL_PORT = 8000,
    START_MOST = 600 * SECOND,
};

struct ending {
    struct session *session;
    const struct launch *launch;
    const struct fate *fate;
    const struct end *end;
    struct memory after;
    struct finding *finding;
};

void end_expect(struct end *end, const struct session *session, const struct launch *launch)
{
    memory_read(&session->reader, &end->before);
    if (!port_is_refused(&session->reader, session_port(session), span_of(launch->path), &end->free_from))
        end->free_from = 0;
}

bool end_may_wait(const struct session *session)
{
    static const char option[] = "--timeout-graceful-shutdown";
    if (session->request.kind != REQUEST_SERVE)
        return false;
    for (char *const *word = session->words + session->request.first; *word; word++)
        if (strncmp(*word, option, sizeof option - 1) == 0)
            return false;
    return !environment_filled(&session->environment, "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN").at;
}

/* ---- values ---- */

static void set_string(const struct ending *ending, const char *key, const char *value)
{
    finding_set_string(&ending->session->findings, ending->finding, key, value);
}

static void set_flag(const struct ending *ending, const char *key, bool is_so)
{
    set_string(ending, key, is_so ? "yes" : NULL);
}

static void set_number(const struct ending *ending, const char *key, uint64_t value)
{
    finding_set_number(&ending->session->findings, ending->finding, key, value);
}

static void set_signal(const struct ending *ending, const char *key, int signal)
{
    char name[NAME_MOST];
    struct text text = TEXT_ON(name);
    if (!signal)
        return;
    signal_add_name(&text, signal);
    finding_set(&ending->session->findings, ending->finding, key, text_as_span(&text));
}

static void set_stop(const struct ending *ending)
{
    const struct fate *fate = ending->fate;
    set_signal(ending, "stop", fate->stop_signal);
    if (fate->stop_sender)
        set_number(ending, "sender", (uint64_t)fate->stop_sender);
}

static void begin(struct ending *ending, enum rule rule)
{
    const struct fate *fate = ending->fate;
    ending->finding = findings_add(&ending->session->findings, rule);
    set_number(ending, "seconds", (uint64_t)(fate->ended - fate->started) / SECOND);
    if (WIFSIGNALED(fate->status))
        set_signal(ending, "signal", WTERMSIG(fate->status));
}

/* ---- causes ---- */

static bool counts_kills(const struct ending *ending)
{
    return ending->end->before.knows_kills && ending->after.knows_kills;
}

static bool was_out_of_memory(const struct ending *ending)
{
    return counts_kills(ending) && ending->after.kills > ending->end->before.kills;
}

static bool died_of(const struct ending *ending, int signal)
{
    return WIFSIGNALED(ending->fate->status) && WTERMSIG(ending->fate->status) == signal;
}

static void set_limit(const struct ending *ending)
{
    char limit[NAME_MOST];
    struct text text = TEXT_ON(limit);
    if (ending->after.limit == CGROUP_NO_LIMIT)
        return;
    text_unsigned(&text, ending->after.limit / MEBIBYTE);
    text_add(&text, " MiB");
    finding_set(&ending->session->findings, ending->finding, "limit", text_as_span(&text));
}

static void tell_memory(struct ending *ending)
{
    uint64_t workers = setting_number(&ending->session->settings, SETTING_WORKERS, 1);
    begin(ending, RULE_KILLED_FOR_MEMORY);
    set_flag(ending, "others", !died_of(ending, SIGKILL));
    set_number(ending, "before", ending->end->before.kills);
    set_number(ending, "after", ending->after.kills);
    set_string(ending, "file", ending->after.file);
    set_limit(ending);
    if (workers > 1)
        set_number(ending, "workers", workers);
}

static bool is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGILL || signal == SIGBUS || signal == SIGABRT || signal == SIGFPE ||
           signal == SIGSYS || signal == SIGTRAP;
}

static void tell_crash(struct ending *ending, int signal)
{
    bool python = ending->session->request.kind != REQUEST_COMMAND;
    begin(ending, RULE_CRASHED);
    set_flag(ending, "python", python);
    set_flag(ending, "segmentation", python && signal == SIGSEGV);
    set_flag(ending, "illegal", signal == SIGILL);
    set_flag(ending, "bus", signal == SIGBUS);
    set_flag(ending, "core", WCOREDUMP(ending->fate->status));
    processor_explain_crash(&ending->session->reader, &ending->session->findings, ending->finding);
    if (signal == SIGILL)
        processor_explain_illegal(&ending->session->reader, &ending->session->findings, ending->finding);
}

/* Four fifths of the time leave the rest to the application's own shutdown. */
static void tell_timeout(struct ending *ending)
{
    const struct setting_value *timeout = &ending->session->settings.values[SETTING_STOP_TIMEOUT];
    uint64_t seconds = (uint64_t)ending->session->supervise.stop_timeout / SECOND;
    begin(ending, RULE_KILLED_BY_TIMEOUT);
    finding_set(&ending->session->findings, ending->finding, "timeout", timeout->value);
    finding_set(&ending->session->findings, ending->finding, "setting", timeout->source);
    set_stop(ending);
    if (end_may_wait(ending->session) && seconds > 1)
        set_number(ending, "graceful", seconds * 4 / 5);
    else
        set_flag(ending, "long", true);
}

static void tell_outside(struct ending *ending)
{
    begin(ending, RULE_KILLED_FROM_OUTSIDE);
    if (!counts_kills(ending))
        return;
    set_number(ending, "before", ending->end->before.kills);
    set_string(ending, "file", ending->after.file);
}

/* The child died of a signal. A command dies of what it is sent, as it would without us: only a server, which is to
 * handle it, is worth a word then. */
static void tell_death(struct ending *ending, int signal)
{
    const struct fate *fate = ending->fate;
    bool serves = ending->launch->serves;
    bool sent_by_us = fate->forwarded & signal_bit(signal);
    bool by_terminal = fate->in_foreground && (signal == SIGINT || signal == SIGQUIT || signal == SIGHUP);
    if (fate->killed_by_timeout && signal == SIGKILL)
        tell_timeout(ending);
    else if (sent_by_us && serves && !(fate->stops_sent & signal_bit(signal)))
        begin(ending, RULE_ENDED_BY_FORWARDED_SIGNAL);
    else if (!sent_by_us && is_fault(signal))
        tell_crash(ending, signal);
    else if (!sent_by_us && (signal == SIGKILL || (serves && !by_terminal)))
        tell_outside(ending);
}

/* Without -P `python -m uvicorn` looks into the working folder first. */
static void tell_unasked(struct ending *ending)
{
    static const char *const names[] = {"uvicorn.py", "uvicorn/__init__.py"};
    const struct session *session = ending->session;
    char *const *argv = ending->launch->argv;
    begin(ending, RULE_ENDED_UNASKED);
    if (session->request.kind != REQUEST_SERVE || !argv[1] || strcmp(argv[1], "-P") == 0)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[PATH_MOST];
        struct text text = TEXT_ON(path);
        text_join(&text, session->working_folder, "/", names[i], NULL);
        if (!text.cut && reader_is_file(&session->reader, text_as_span(&text)))
            set_string(ending, "shadow", path);
    }
}

/* It binds after the application's own start, so that may take long; one that served for hours could listen. */
static bool could_not_listen(const struct ending *ending)
{
    const struct fate *fate = ending->fate;
    return ending->end->free_from && WIFEXITED(fate->status) && WEXITSTATUS(fate->status) != 0 && !fate->stop_signal &&
           fate->ended - fate->started < START_MOST;
}

static void tell_port(struct ending *ending)
{
    const struct setting_value *port = &ending->session->settings.values[SETTING_PORT];
    uint64_t start = ending->end->free_from;
    begin(ending, RULE_PORT_NOT_PERMITTED);
    set_number(ending, "code", (uint64_t)WEXITSTATUS(ending->fate->status));
    set_number(ending, "port", session_port(ending->session));
    finding_set(&ending->session->findings, ending->finding, "setting", port->source);
    set_flag(ending, "option", span_starts(port->source, "--"));
    set_number(ending, "start", start);
    set_number(ending, "free", start > USUAL_PORT ? start : USUAL_PORT);
    set_number(ending, "uid", getuid());
    set_number(ending, "gid", getgid());
    set_flag(ending, "root", getuid() == 0);
}

static bool is_clean(const struct fate *fate)
{
    return !fate->status_unknown && WIFEXITED(fate->status) && WEXITSTATUS(fate->status) == 0;
}

/* It said why itself; what its files tell of it comes under that. Of a server that has run for long they tell nothing. */
static bool failed_early(const struct ending *ending)
{
    const struct fate *fate = ending->fate;
    return ending->launch->judgement && WIFEXITED(fate->status) && WEXITSTATUS(fate->status) != 0 &&
           !fate->stop_signal && fate->ended - fate->started < EARLY;
}

/* Nothing that a kernel does by itself: a tracer or a seccomp filter came between. */
static void tell_unknown(struct ending *ending)
{
    if (ending->fate->stop_signal && ending->launch->serves)
        return; /* it was to end, and it has */
    ending->finding = findings_add(&ending->session->findings, RULE_SYSTEM_CALL_FAILED);
    set_string(ending, "call", "wait4");
    set_string(ending, "what", "the child is gone, and the kernel didn't say how it ended");
    set_string(ending, "error", "no child processes");
}

/* Which of them it met isn't in its exit code: both have to be mended. */
static void tell_failure(struct ending *ending)
{
    if (could_not_listen(ending))
        tell_port(ending);
    if (failed_early(ending))
        diagnose_failure(ending->session, ending->launch->judgement);
}

static void tell_cause(struct ending *ending)
{
    const struct fate *fate = ending->fate;
    bool clean = is_clean(fate);
    if (fate->status_unknown) {
        tell_unknown(ending);
        return;
    }
    /* Workers that were killed are started again: of them nobody else speaks. */
    if (was_out_of_memory(ending) && !fate->killed_by_timeout && (!clean || ending->launch->serves))
        tell_memory(ending);
    else if (WIFSIGNALED(fate->status))
        tell_death(ending, WTERMSIG(fate->status));
    else if (could_not_listen(ending) || failed_early(ending))
        tell_failure(ending);
    else if (clean && ending->launch->serves && ending->launch->stays && !fate->stop_signal && !fate->in_foreground)
        tell_unasked(ending);
}

/* ---- the whole of it, for -v and for whoever reads JSON ---- */

static bool wants_all(void)
{
    return report_is_verbose() || report_format() == REPORT_JSON;
}

static void tell_fate(struct ending *ending, int code)
{
    const struct fate *fate = ending->fate;
    if (!wants_all())
        return;
    begin(ending, RULE_ENDED);
    if (WIFEXITED(fate->status) && !fate->status_unknown)
        set_number(ending, "status", (uint64_t)WEXITSTATUS(fate->status));
    set_number(ending, "code", (uint64_t)code);
    set_flag(ending, "core", WIFSIGNALED(fate->status) && WCOREDUMP(fate->status));
    set_flag(ending, "memory", was_out_of_memory(ending));
    set_stop(ending);
    set_flag(ending, "timeout", fate->killed_by_timeout);
    if (fate->orphans_reaped)
        set_number(ending, "orphans", fate->orphans_reaped);
}

void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code)
{
    struct ending ending = {.session = session, .launch = launch, .fate = fate, .end = end};
    unsigned first = session->findings.count;
    if (is_clean(fate) && !launch->serves && !wants_all())
        return;                /* a command that did what it was for: it must not wait for us to read on */
    session->reader.root = -1; /* closed by supervise(), and its number may be another file's */
    memory_read(&session->reader, &ending.after);
    tell_cause(&ending);
    tell_fate(&ending, code);
    report_findings(&session->findings, first, REPORT_MESSAGES);
}
