#include "commands/end.h"

#include "base/report.h"
#include "commands/launch.h"
#include "commands/session.h"
#include "facts/cgroup.h"

#include <sys/wait.h>

enum { NAME_MOST = 64, MEBIBYTE = 1024 * 1024 };

struct ending {
    struct session *session;
    const struct launch *launch;
    const struct fate *fate;
    const struct end *end;
    struct memory after;
    struct finding *finding;
};

void end_expect(struct end *end, const struct session *session)
{
    memory_read(&session->reader, &end->before);
}

static void set_string(const struct ending *ending, const char *key, const char *value)
{
    finding_set_string(&ending->session->findings, ending->finding, key, value);
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

static void begin(struct ending *ending, enum rule rule)
{
    const struct fate *fate = ending->fate;
    ending->finding = findings_add(&ending->session->findings, rule);
    set_number(ending, "seconds", (uint64_t)(fate->ended - fate->started) / 1000);
    if (WIFSIGNALED(fate->status))
        set_signal(ending, "signal", WTERMSIG(fate->status));
}

static bool was_out_of_memory(const struct ending *ending)
{
    return ending->end->before.knows_kills && ending->after.knows_kills &&
           ending->after.kills > ending->end->before.kills;
}

static void tell_memory(struct ending *ending)
{
    char limit[NAME_MOST];
    struct text text = TEXT_ON(limit);
    begin(ending, RULE_KILLED_FOR_MEMORY);
    set_number(ending, "before", ending->end->before.kills);
    set_number(ending, "after", ending->after.kills);
    set_string(ending, "file", ending->after.file);
    if (ending->after.limit != CGROUP_NO_LIMIT) {
        text_unsigned(&text, ending->after.limit / MEBIBYTE);
        text_add(&text, " MiB");
        finding_set(&ending->session->findings, ending->finding, "limit", text_as_span(&text));
    }
    if (setting_number(&ending->session->settings, SETTING_WORKERS, 1) > 1)
        set_number(ending, "workers", setting_number(&ending->session->settings, SETTING_WORKERS, 1));
}

static bool is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGILL || signal == SIGBUS || signal == SIGABRT || signal == SIGFPE ||
           signal == SIGSYS || signal == SIGTRAP;
}

static void tell_crash(struct ending *ending, int signal)
{
    begin(ending, RULE_CRASHED);
    set_string(ending, "segmentation", signal == SIGSEGV && ending->launch->serves ? "yes" : NULL);
    set_string(ending, "illegal", signal == SIGILL ? "yes" : NULL);
    set_string(ending, "bus", signal == SIGBUS ? "yes" : NULL);
}

static void tell_timeout(struct ending *ending)
{
    begin(ending, RULE_KILLED_BY_TIMEOUT);
    finding_set(&ending->session->findings, ending->finding, "timeout",
                setting_text(&ending->session->settings, SETTING_STOP_TIMEOUT));
}

static void tell_stranger(struct ending *ending, int signal)
{
    bool counted = ending->end->before.knows_kills && ending->after.knows_kills;
    begin(ending, RULE_KILLED_FROM_OUTSIDE);
    if (signal == SIGKILL)
        set_string(ending, counted ? "counted" : "uncounted", "yes");
}

/* The child died of a signal, and not because it was asked to. */
static void tell_death(struct ending *ending, int signal)
{
    const struct fate *fate = ending->fate;
    bool asked = fate->stop_signal && (fate->stops_sent & signal_bit(signal));
    bool by_terminal = fate->in_foreground && (signal == SIGINT || signal == SIGQUIT || signal == SIGHUP);
    if (fate->killed_by_timeout && signal == SIGKILL)
        tell_timeout(ending);
    else if (is_fault(signal) && !asked)
        tell_crash(ending, signal);
    else if (signal == SIGKILL || (ending->launch->serves && !asked && !by_terminal))
        tell_stranger(ending, signal);
}

static void tell_cause(struct ending *ending)
{
    const struct fate *fate = ending->fate;
    if (fate->status_unknown)
        return;
    bool clean = WIFEXITED(fate->status) && WEXITSTATUS(fate->status) == 0;
    if (!clean && !fate->killed_by_timeout && was_out_of_memory(ending))
        tell_memory(ending);
    else if (WIFSIGNALED(fate->status))
        tell_death(ending, WTERMSIG(fate->status));
    else if (clean && ending->launch->serves && ending->launch->stays && !fate->stop_signal && !fate->in_foreground)
        begin(ending, RULE_ENDED_UNASKED);
}

/* For -v, and for whoever reads JSON: the whole of it. */
static void tell_fate(struct ending *ending, int code)
{
    const struct fate *fate = ending->fate;
    if (!report_is_verbose() && report_format() != REPORT_JSON)
        return;
    begin(ending, RULE_ENDED);
    if (WIFEXITED(fate->status) && !fate->status_unknown)
        set_number(ending, "status", (uint64_t)WEXITSTATUS(fate->status));
    set_number(ending, "code", (uint64_t)code);
    set_string(ending, "core", WIFSIGNALED(fate->status) && WCOREDUMP(fate->status) ? "yes" : NULL);
    set_string(ending, "memory", was_out_of_memory(ending) ? "yes" : NULL);
    set_signal(ending, "stop", fate->stop_signal);
    set_string(ending, "timeout", fate->killed_by_timeout ? "yes" : NULL);
    if (fate->stop_sender)
        set_number(ending, "sender", (uint64_t)fate->stop_sender);
    set_number(ending, "orphans", fate->orphans_reaped);
}

void end_explain(const struct end *end, struct session *session, const struct launch *launch, const struct fate *fate,
                 int code)
{
    struct ending ending = {.session = session, .launch = launch, .fate = fate, .end = end};
    unsigned first = session->findings.count;
    memory_read(&session->reader, &ending.after);
    tell_cause(&ending);
    tell_fate(&ending, code);
    report_findings(&session->findings, first, REPORT_MESSAGES);
}
