#include "commands/settle.h"

#include "base/report.h"
#include "checks/conflicts.h"
#include "commands/become.h"
#include "commands/session.h"

static void say_rivals(const struct session *session)
{
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        char line[PATH_MOST];
        struct text text = TEXT_ON(line);
        const struct setting_value *value = &session->settings.values[setting];
        if (!value->other_source.length)
            continue;
        text_join(&text, setting_rows[setting].name, " is '", NULL);
        text_visible(&text, value->value);
        text_add(&text, "' by ");
        text_span(&text, value->source);
        text_add(&text, ", which goes before ");
        text_span(&text, value->other_source);
        text_add(&text, " ('");
        text_visible(&text, value->other);
        text_add(&text, "')");
        report_say(REPORT_TRAIL, text_as_span(&text));
    }
}

/* Where the user's own packages are depends on HOME, so the checks look at what the server will get. */
static void take_user_environment(struct session *session)
{
    child_environment_start(&session->of_user, &session->environment);
    child_environment_for_user(&session->of_user, span_of(session->identity.home), span_of(session->identity.name));
    session->environment.entries = session->of_user.entries;
}

enum exit_code settle(struct session *session)
{
    unsigned first = session->findings.count;
    return conflicts_judge(&session->scene) ? settle_contradicting(session) : session_fail(session, first);
}

enum exit_code settle_contradicting(struct session *session)
{
    enum exit_code code = become_user(session);
    if (code != EXIT_OK)
        return code;
    if (session->switched && !setting_is(&session->settings, SETTING_ROOT))
        take_user_environment(session);
    host_read(&session->host, &session->reader, &session->environment);
    say_rivals(session);
    if (!setting_text(&session->settings, SETTING_HOST).at) {
        struct setting_error error;
        settings_set(&session->settings, SETTING_HOST, session->host.in_container ? SPAN("0.0.0.0") : SPAN("127.0.0.1"),
                     ORIGIN_DEFAULT, SPAN("default"), &error);
    }
    return EXIT_OK;
}
