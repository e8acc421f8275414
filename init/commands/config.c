#include "commands/config.h"

#include "base/report.h"
#include "checks/conflicts.h"
#include "commands/judge.h"
#include "commands/session.h"
#include "commands/settle.h"

enum { NAME_COLUMN = 16, VALUE_COLUMN = 24, LINE_MOST = 2 * PATH_MOST };

static void pad(struct text *text, size_t column)
{
    do
        text_byte(text, ' ');
    while (text->length < column);
}

/* "port            9000                    PORT (UVICORN_PORT says 7000)" */
static void show_text(unsigned setting, struct span value, const struct setting_value *from)
{
    char line[LINE_MOST];
    struct text text = TEXT_ON(line);
    text_add(&text, setting_rows[setting].name);
    pad(&text, NAME_COLUMN);
    if (value.at)
        text_visible(&text, value);
    else
        text_add(&text, "-");
    pad(&text, NAME_COLUMN + VALUE_COLUMN);
    text_span(&text, from->origin == ORIGIN_NONE ? SPAN("not set") : from->source);
    if (from->other_source.length) {
        text_add(&text, " (");
        text_span(&text, from->other_source);
        text_add(&text, " says ");
        text_visible(&text, from->other);
        text_add(&text, ")");
    }
    report_result(text_as_span(&text));
}

static void show_json(unsigned setting, struct span value, const struct setting_value *from)
{
    const struct named_value values[] = {
        {"setting", span_of(setting_rows[setting].name)},
        {"value", value},
        {"source", from->origin == ORIGIN_NONE ? (struct span){NULL, 0} : from->source},
    };
    report_result_values(values, ARRAY_LENGTH(values));
}

static void show(unsigned setting, struct span value, const struct setting_value *from)
{
    if (report_format() == REPORT_JSON)
        show_json(setting, value, from);
    else
        show_text(setting, value, from);
}

/* Values of `--env` may be secrets: only their names are shown. */
static struct span shown(unsigned setting, struct span item)
{
    return setting == SETTING_ENV ? span_split(&item, '=') : item;
}

static void show_items(const struct settings *settings, unsigned setting)
{
    for (unsigned item = 0; item < settings->item_count; item++) {
        if (settings->items[item].setting != setting)
            continue;
        const struct setting_value from = {.origin = ORIGIN_OPTION, .source = settings->items[item].source};
        show(setting, shown(setting, settings->items[item].item), &from);
    }
}

enum exit_code config(struct session *session)
{
    const struct settings *settings = &session->settings;
    bool agree = conflicts_judge(&session->scene);
    enum exit_code code = settle_contradicting(session);
    if (code != EXIT_OK)
        return code;
    judge_app(session);
    report_findings(&session->findings, 0, REPORT_MESSAGES);
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        if (setting_rows[setting].type == SETTING_LIST && settings->values[setting].origin != ORIGIN_NONE)
            show_items(settings, setting);
        else
            show(setting, settings->values[setting].value, &settings->values[setting]);
    }
    return agree ? EXIT_OK : EXIT_CONFLICT;
}
