#include "commands/progress.h"

#include "base/report.h"
#include "commands/end.h"

#include <string.h>

enum { LINE_MOST = 512 };

static void add_process(struct text *text, const struct supervise_news *news)
{
    text_add(text, "process ");
    text_signed(text, news->pid);
    if (news->name && news->name[0]) {
        text_add(text, " (");
        text_visible(text, span_of(news->name));
        text_add(text, ")");
    }
}

static void add_seconds(struct text *text, int64_t milliseconds)
{
    text_signed(text, milliseconds / 1000);
    text_add(text, ".");
    text_signed(text, milliseconds % 1000 / 100);
    text_add(text, " s");
}

static void add_signal(struct text *text, const char *before, const struct supervise_news *news)
{
    text_add(text, before);
    signal_add_name(text, news->signal);
    if (news->sender) {
        text_add(text, " from process ");
        text_signed(text, news->sender);
    }
}

static void add_count(struct text *text, const struct supervise_news *news)
{
    if (news->count) {
        text_unsigned(text, news->count);
        text_add(text, " ");
    }
    text_add(text, news->count == 1 ? "process that the child left" : "processes that the child left");
}

static void add_reaped(struct text *text, const struct supervise_news *news)
{
    text_add(text, "reaped orphan, ");
    add_process(text, news);
    text_add(text, ", status ");
    text_signed(text, news->status);
}

static void add_what_waits(struct text *text, const struct session *session, enum supervise_event event,
                           const struct supervise_news *news)
{
    if (event == SUPERVISE_WAITING) {
        text_add(text, "stopping since ");
        add_seconds(text, news->milliseconds);
        text_add(text, ", still waiting for ");
        add_process(text, news);
        if (end_may_wait(session))
            text_add(text, "; open connections keep uvicorn waiting without limit, "
                           "unless --timeout-graceful-shutdown SECONDS sets one");
    } else if (event == SUPERVISE_KILLED_BY_TIMEOUT) {
        add_process(text, news);
        text_add(text, " has not ended ");
        add_seconds(text, news->milliseconds);
        text_add(text, " after the stop (--stop-timeout): sent SIGKILL");
    } else {
        text_add(text, "sent SIGKILL to ");
        add_count(text, news);
        text_add(text, ": not gone after ");
        add_seconds(text, news->milliseconds);
        text_add(text, " (--orphan-timeout)");
    }
}

static void add_signal_news(struct text *text, enum supervise_event event, const struct supervise_news *news)
{
    if (event == SUPERVISE_DROPPED) {
        add_signal(text, "dropped ", news);
    } else if (event == SUPERVISE_DELAYING) {
        add_signal(text, "", news);
        text_add(text, ": the stop begins in ");
        add_seconds(text, news->milliseconds);
    } else {
        add_signal(text, event == SUPERVISE_FORWARDED ? "forwarded " : "could not forward ", news);
        if (news->sent != news->signal) {
            text_add(text, " as ");
            signal_add_name(text, news->sent);
        }
        if (news->error)
            text_join(text, ": ", strerror(news->error), NULL);
    }
}

static enum report_kind kind_of(enum supervise_event event)
{
    switch (event) {
    case SUPERVISE_WAITING:
    case SUPERVISE_KILLED_BY_TIMEOUT:
    case SUPERVISE_LEFTOVERS_KILLED:
    case SUPERVISE_FORWARD_FAILED:
    case SUPERVISE_WAIT_FAILED:
        return REPORT_LINE;
    case SUPERVISE_FORWARDED:
    case SUPERVISE_DROPPED:
    case SUPERVISE_DELAYING:
    case SUPERVISE_ORPHAN_REAPED:
    case SUPERVISE_SUSPENDED:
    case SUPERVISE_LEFTOVERS:
        break;
    }
    return REPORT_TRAIL;
}

void progress_say(void *context, enum supervise_event event, const struct supervise_news *news)
{
    char line[LINE_MOST];
    struct text text = TEXT_ON(line);
    if (kind_of(event) == REPORT_TRAIL && !report_is_verbose())
        return; /* what nobody reads must not cost a signal or an orphan any time */
    switch (event) {
    case SUPERVISE_FORWARDED:
    case SUPERVISE_DROPPED:
    case SUPERVISE_FORWARD_FAILED:
    case SUPERVISE_DELAYING:
        add_signal_news(&text, event, news);
        break;
    case SUPERVISE_WAITING:
    case SUPERVISE_KILLED_BY_TIMEOUT:
    case SUPERVISE_LEFTOVERS_KILLED:
        add_what_waits(&text, context, event, news);
        break;
    case SUPERVISE_ORPHAN_REAPED:
        add_reaped(&text, news);
        break;
    case SUPERVISE_SUSPENDED:
        add_signal(&text, "the child was stopped by ", news);
        break;
    case SUPERVISE_LEFTOVERS:
        text_add(&text, "ending ");
        add_count(&text, news);
        break;
    case SUPERVISE_WAIT_FAILED:
        text_join(&text, "no signal can be received any more: ", strerror(news->error), NULL);
        break;
    }
    report_say(kind_of(event), text_as_span(&text));
}
