#include "commands/explain.h"

#include "base/columns.h"
#include "base/render.h"
#include "base/report.h"

enum { NAME_COLUMN = 28, TITLE_COLUMN = 40, TITLE_MOST = 512 };

static void put(void *context, struct span line)
{
    (void)context;
    report_result(line);
}

static const struct line_sink sink = {put, NULL};

static void list_row(enum rule rule)
{
    char left_room[TITLE_MOST];
    char title_room[TITLE_MOST];
    struct text left = TEXT_ON(left_room);
    struct text title = TEXT_ON(title_room);

    text_add(&left, rule_name(rule));
    do
        text_byte(&left, ' ');
    while (left.length < NAME_COLUMN);
    text_add(&left, severity_name(rule_severity(rule)));
    if (rule_severity(rule) == SEVERITY_ERROR) {
        text_byte(&left, ' ');
        text_unsigned(&left, rule_exit_code(rule));
    }
    render_rule_title(rule, &title);
    columns_row(text_as_span(&left), TITLE_COLUMN, text_as_span(&title), report_result);
}

static enum exit_code explain_all(void)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        if (report_format() == REPORT_JSON)
            render_rule_json((enum rule)rule, &sink);
        else
            list_row((enum rule)rule);
    return EXIT_OK;
}

/* A name that differs by more than a third of what was typed is another one, not a slip. */
static const char *nearest(struct span name)
{
    const char *near = NULL;
    size_t least = name.length / 3 + 1;

    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        const char *known = rule_name((enum rule)rule);
        size_t distance = span_distance(name, span_of(known));
        if (distance < least) {
            least = distance;
            near = known;
        }
    }
    return near;
}

static enum exit_code explain_unknown(struct span name)
{
    char room[TITLE_MOST];
    struct text text = TEXT_ON(room);
    const char *near = nearest(name);

    text_add(&text, "explain: there is no rule '");
    text_span(&text, span_first(name, TITLE_MOST / 2));
    if (near)
        text_join(&text, "': did you mean ", near, "?", NULL);
    else
        text_add(&text, "'; `asgi-init explain` lists them");
    report_say(REPORT_ERROR, text_as_span(&text));
    return EXIT_USAGE;
}

enum exit_code explain_rule(struct span name)
{
    if (name.length == 0)
        return explain_all();
    enum rule rule = rule_named(name);
    if (rule == RULE_COUNT)
        return explain_unknown(name);
    if (report_format() == REPORT_JSON)
        render_rule_json(rule, &sink);
    else
        render_rule(rule, report_is_coloured(REPORT_RESULTS), &sink);
    return EXIT_OK;
}
