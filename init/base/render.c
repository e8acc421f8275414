#include "base/render.h"

#include <string.h>

enum {
    INDENT = 11,       /* where the words after a label begin */
    LEFT_WIDEST = 60,  /* a first column that is wider doesn't move the second one */
    JSON_RESERVE = 16, /* for ,"cut":true} */
};

#define RESET  "\033[0m"
#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BLUE   "\033[1;34m"
#define CYAN   "\033[36m"
#define GREEN  "\033[32m"

/* Lines are made here, not on the stack: 112 KiB there is more than a thread of musl has. Nothing outlives a call. */
static char left_room[RENDER_LINE];
static char right_room[RENDER_LINE];
static char line_room[RENDER_LINE];
static char json_room[RENDER_JSON];

const char *severity_name(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR:
        return "error";
    case SEVERITY_WARNING:
        return "warning";
    case SEVERITY_NOTE:
        break;
    }
    return "note";
}

/* ---- templates ---- */

static bool is_key_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || byte == '_';
}

/* Takes {key}, {?key} or {!key} off the start of `rest`. False: what stands there is no placeholder. */
static bool placeholder_take(struct span *rest, char *sign, struct span *key)
{
    size_t start = 1;

    if (rest->length < 3 || *rest->at != '{')
        return false;
    *sign = rest->at[1];
    if (*sign == '?' || *sign == '!')
        start++;
    size_t end = start;
    while (end < rest->length && is_key_byte(rest->at[end]))
        end++;
    if (end == start || end == rest->length || rest->at[end] != '}')
        return false;
    *key = (struct span){rest->at + start, end - start};
    *rest = span_from(*rest, end + 1);
    return true;
}

static const struct value *value_named(const struct finding *finding, struct span key)
{
    for (unsigned i = 0; i < finding->value_count; i++)
        if (span_is(key, finding->values[i].key))
            return &finding->values[i];
    return NULL;
}

/* Prints what a placeholder stands for; false when the finding's values don't allow the line. */
static bool placeholder_put(struct text *text, const struct finding *finding, char sign, struct span key)
{
    const struct value *value = value_named(finding, key);

    if (sign == '!')
        return !value;
    if (!value)
        return false;
    if (sign != '?')
        text_visible(text, value->span);
    return true;
}

/* Without a finding, for `explain`: values stay as they are written, conditions vanish. */
static void placeholder_show(struct text *text, char sign, struct span key)
{
    if (sign == '?' || sign == '!')
        return;
    text_byte(text, '{');
    text_span(text, key);
    text_byte(text, '}');
}

/* Adds the template with its values. False, with nothing added, when a value is missing (or, after '!', present). */
static bool expand(struct text *text, const struct finding *finding, struct span template)
{
    struct text before = *text;

    while (template.length > 0) {
        char sign = 0;
        struct span key;
        if (!placeholder_take(&template, &sign, &key)) {
            text_byte(text, *template.at);
            template = span_from(template, 1);
        } else if (!finding) {
            placeholder_show(text, sign, key);
        } else if (!placeholder_put(text, finding, sign, key)) {
            *text = before;
            text->at[text->length] = '\0';
            return false;
        }
    }
    return true;
}

/* The title is the first of its lines that has all its values; the last one is to be had always. */
static void expand_title(struct text *text, const struct finding *finding, enum rule rule)
{
    struct span lines = span_of(rule_text(rule, RULE_TITLE));
    struct span line = {NULL, 0};

    while (lines.at) {
        line = span_split(&lines, '\n');
        if (finding && expand(text, finding, line))
            return;
    }
    (void)expand(text, NULL, line);
}

/* One line of wanted, found or why: what stands before the tab, and after it. False: the line is left out. */
static bool expand_line(struct text *left, struct text *right, const struct finding *finding, struct span line)
{
    struct span first = span_split(&line, '\t');

    text_clear(left);
    text_clear(right);
    if (!expand(left, finding, first))
        return false;
    (void)expand(right, finding, line);
    return true;
}

/* A fix is there as a whole or not at all. */
static bool fix_applies(const struct finding *finding, const char *fix)
{
    struct text scratch = TEXT_ON(left_room);

    return expand(&scratch, finding, span_of(fix));
}

/* ---- lines of text ---- */

struct page {
    const struct line_sink *sink;
    bool colour;
    bool measuring; /* the first pass: only looks how wide the first column is */
    size_t width;
    unsigned lines;
};

/* A line that was too long says so, and ends in a whole character. */
static void line_put(const struct line_sink *sink, struct text *line)
{
    static const char dots[] = " ...";

    if (line->cut) {
        line->length = line->size - sizeof(dots);
        while (line->length > 0 && (line->at[line->length] & 0xC0) == 0x80)
            line->length--;
        line->cut = false;
        text_add(line, dots);
    }
    sink->line(sink->context, text_as_span(line));
}

static void empty_line(const struct line_sink *sink)
{
    sink->line(sink->context, SPAN(""));
}

static void add_coloured(struct text *text, bool colour, const char *code, const char *string)
{
    if (colour)
        text_add(text, code);
    text_add(text, string);
    if (colour)
        text_add(text, RESET);
}

static void add_blanks(struct text *text, size_t count)
{
    while (count-- > 0)
        text_byte(text, ' ');
}

/* Columns that a terminal needs: one a character. Wide and combining ones misalign a column, and nothing else. */
static size_t width_of(struct span span)
{
    size_t width = 0;

    for (size_t i = 0; i < span.length; i++)
        width += (span.at[i] & 0xC0) != 0x80;
    return width;
}

static void begin_line(struct text *line, bool colour, const char *code, const char *label)
{
    add_blanks(line, *label ? 2 : INDENT);
    if (*label) {
        add_coloured(line, colour, code, label);
        add_blanks(line, INDENT - 2 - strlen(label));
    }
}

static void page_row(struct page *page, const char *label, struct span left, struct span right)
{
    size_t width = width_of(left);

    if (page->measuring) {
        if (right.length > 0 && width > page->width && width <= LEFT_WIDEST)
            page->width = width;
        return;
    }
    if (page->lines++ == 0)
        empty_line(page->sink);
    struct text line = TEXT_ON(line_room);
    begin_line(&line, page->colour, CYAN, label);
    text_span(&line, left);
    if (right.length > 0) {
        add_blanks(&line, (width < page->width ? page->width - width : 0) + 3);
        text_span(&line, right);
    }
    line_put(page->sink, &line);
}

static void page_template(struct page *page, const struct finding *finding, const char *label, const char *template)
{
    struct text left = TEXT_ON(left_room);
    struct text right = TEXT_ON(right_room);
    struct span lines = span_of(template);
    bool first = true;

    while (lines.at) {
        if (!expand_line(&left, &right, finding, span_split(&lines, '\n')))
            continue;
        page_row(page, first ? label : "", text_as_span(&left), text_as_span(&right));
        first = false;
    }
}

static void page_evidence(struct page *page, const struct finding *finding)
{
    const char *before = "";

    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        struct text left = TEXT_ON(left_room);
        struct text right = TEXT_ON(right_room);
        text_visible(&left, evidence->left);
        text_visible(&right, evidence->right);
        bool again = strcmp(before, evidence->label) == 0;
        page_row(page, again ? "" : evidence->label, text_as_span(&left), text_as_span(&right));
        before = evidence->label;
    }
}

static void page_details(struct page *page, const struct finding *finding)
{
    enum rule rule = finding->rule;

    page_template(page, finding, "wanted", rule_text(rule, RULE_WANTED));
    page_template(page, finding, "found", rule_text(rule, RULE_FOUND));
    page_template(page, finding, "why", rule_text(rule, RULE_WHY));
    page_evidence(page, finding);
}

static void fix_lines(const struct finding *finding, bool colour, unsigned number, const char *fix,
                      const struct line_sink *sink)
{
    char label[] = {'f', 'i', 'x', ' ', (char)('0' + number), '\0'};
    struct span lines = span_of(fix);
    bool first = true;

    while (lines.at) {
        struct text line = TEXT_ON(line_room);
        begin_line(&line, colour, GREEN, first ? label : "");
        (void)expand(&line, finding, span_split(&lines, '\n'));
        line_put(sink, &line);
        first = false;
    }
}

/* `finding` is NULL for `explain`, which shows the fixes of every shade. */
static void fixes_lines(const struct finding *finding, enum rule rule, bool colour, const struct line_sink *sink)
{
    unsigned number = 0;

    const char *fix;
    for (unsigned i = 0; (fix = rule_fix(rule, i)); i++) {
        if (!fix_applies(finding, fix))
            continue;
        if (number++ == 0)
            empty_line(sink);
        fix_lines(finding, colour, number, fix, sink);
    }
}

static const char *severity_colour(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR:
        return RED;
    case SEVERITY_WARNING:
        return YELLOW;
    case SEVERITY_NOTE:
        break;
    }
    return BLUE;
}

static void title_line(const struct finding *finding, bool colour, const struct line_sink *sink)
{
    struct text line = TEXT_ON(line_room);
    const char *codes = severity_colour(finding->severity);

    text_add(&line, "asgi-init: ");
    if (colour)
        text_add(&line, codes);
    text_join(&line, severity_name(finding->severity), "[", rule_name(finding->rule), "]", NULL);
    text_add(&line, colour ? RESET ": " BOLD : ": ");
    expand_title(&line, finding, finding->rule);
    if (colour)
        text_add(&line, RESET);
    line_put(sink, &line);
}

static void more_line(const struct finding *finding, bool colour, const struct line_sink *sink)
{
    struct text line = TEXT_ON(line_room);

    empty_line(sink);
    begin_line(&line, colour, CYAN, "more");
    text_join(&line, "asgi-init explain ", rule_name(finding->rule), NULL);
    line_put(sink, &line);
}

void render_finding(const struct finding *finding, bool colour, const struct line_sink *sink)
{
    struct page page = {.sink = sink, .colour = colour, .measuring = true};

    title_line(finding, colour, sink);
    page_details(&page, finding);
    page.measuring = false;
    page_details(&page, finding);
    fixes_lines(finding, finding->rule, colour, sink);
    more_line(finding, colour, sink);
}

void render_message(struct span message, const struct line_sink *sink)
{
    struct text line = TEXT_ON(line_room);

    text_add(&line, "asgi-init: ");
    text_visible(&line, message);
    line_put(sink, &line);
}

static void lines_of(const char *string, const struct line_sink *sink)
{
    struct span lines = span_of(string);

    while (lines.at)
        sink->line(sink->context, span_split(&lines, '\n'));
}

void render_rule_title(enum rule rule, struct text *text)
{
    expand_title(text, NULL, rule);
}

void render_rule(enum rule rule, bool colour, const struct line_sink *sink)
{
    struct text line = TEXT_ON(line_room);

    add_coloured(&line, colour, severity_colour(rule_severity(rule)), rule_name(rule));
    text_join(&line, ": ", severity_name(rule_severity(rule)), NULL);
    if (rule_severity(rule) == SEVERITY_ERROR) {
        text_add(&line, ", exit code ");
        text_unsigned(&line, rule_exit_code(rule));
    }
    line_put(sink, &line);
    empty_line(sink);
    lines_of(rule_text(rule, RULE_EXPLAIN), sink);
    fixes_lines(NULL, rule, colour, sink);
}

/* ---- objects of JSON ---- */

/* An object that is being written: a field that doesn't fit is taken back whole, so that it stays an object. */
struct object {
    struct text text;
    bool lost;
};

static struct object object_begin(void)
{
    struct object object = {.text = text_on(json_room, sizeof(json_room) - JSON_RESERVE)};

    text_byte(&object.text, '{');
    return object;
}

static void add_string(struct text *text, struct span span)
{
    text_byte(text, '"');
    text_json(text, span);
    text_byte(text, '"');
}

static void add_key(struct text *text, const char *key)
{
    if (text->at[text->length - 1] != '{')
        text_byte(text, ',');
    add_string(text, span_of(key));
    text_byte(text, ':');
}

static void field_end(struct object *object, size_t start)
{
    struct text *text = &object->text;

    if (!text->cut)
        return;
    text->length = start;
    text->at[start] = '\0';
    text->cut = false;
    object->lost = true;
}

static void field_string(struct object *object, const char *key, struct span span)
{
    size_t start = object->text.length;

    if (span.length == 0)
        return;
    add_key(&object->text, key);
    add_string(&object->text, span);
    field_end(object, start);
}

static void field_number(struct object *object, const char *key, uint64_t number)
{
    size_t start = object->text.length;

    add_key(&object->text, key);
    text_unsigned(&object->text, number);
    field_end(object, start);
}

static void object_end(struct object *object, const struct line_sink *sink)
{
    object->text.size += JSON_RESERVE;
    text_add(&object->text, object->lost ? ",\"cut\":true}" : "}");
    sink->line(sink->context, text_as_span(&object->text));
}

/* The lines of wanted, found or why that apply, with newlines between them; two blanks stand for the column. */
static void field_template(struct object *object, const char *key, const struct finding *finding, const char *template)
{
    struct text whole = TEXT_ON(line_room);
    struct text left = TEXT_ON(left_room);
    struct text right = TEXT_ON(right_room);
    struct span lines = span_of(template);

    while (lines.at) {
        if (!expand_line(&left, &right, finding, span_split(&lines, '\n')))
            continue;
        text_add(&whole, whole.length > 0 ? "\n" : "");
        text_span(&whole, text_as_span(&left));
        text_add(&whole, right.length > 0 ? "  " : "");
        text_span(&whole, text_as_span(&right));
    }
    object->lost = object->lost || whole.cut;
    field_string(object, key, text_as_span(&whole));
}

static void field_fixes(struct object *object, const struct finding *finding, enum rule rule)
{
    struct text *text = &object->text;
    size_t start = text->length;
    const char *between = "";

    add_key(text, "fixes");
    text_byte(text, '[');
    const char *template;
    for (unsigned i = 0; (template = rule_fix(rule, i)); i++) {
        struct text fix = TEXT_ON(line_room);
        if (!expand(&fix, finding, span_of(template)))
            continue;
        text_add(text, between);
        add_string(text, text_as_span(&fix));
        between = ",";
    }
    text_byte(text, ']');
    field_end(object, start);
}

static void field_evidence(struct object *object, const struct finding *finding)
{
    struct text *text = &object->text;
    size_t start = text->length;

    add_key(text, "evidence");
    text_byte(text, '[');
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        text_add(text, i > 0 ? ",{" : "{");
        add_key(text, "label");
        add_string(text, span_of(evidence->label));
        add_key(text, "left");
        add_string(text, evidence->left);
        add_key(text, "right");
        add_string(text, evidence->right);
        text_byte(text, '}');
    }
    text_byte(text, ']');
    field_end(object, start);
}

static void field_values(struct object *object, const struct finding *finding)
{
    struct text *text = &object->text;
    size_t start = text->length;

    add_key(text, "values");
    text_byte(text, '{');
    for (unsigned i = 0; i < finding->value_count; i++) {
        add_key(text, finding->values[i].key);
        add_string(text, finding->values[i].span);
    }
    text_byte(text, '}');
    field_end(object, start);
}

static void field_title(struct object *object, const struct finding *finding, enum rule rule)
{
    struct text title = TEXT_ON(line_room);

    expand_title(&title, finding, rule);
    field_string(object, "title", text_as_span(&title));
}

void render_finding_json(const struct finding *finding, const struct line_sink *sink)
{
    enum rule rule = finding->rule;
    struct object object = object_begin();

    field_string(&object, "severity", span_of(severity_name(finding->severity)));
    field_string(&object, "rule", span_of(rule_name(rule)));
    field_title(&object, finding, finding->rule);
    field_number(&object, "exit_code", finding->severity == SEVERITY_ERROR ? rule_exit_code(rule) : EXIT_OK);
    field_template(&object, "wanted", finding, rule_text(rule, RULE_WANTED));
    field_template(&object, "found", finding, rule_text(rule, RULE_FOUND));
    field_template(&object, "why", finding, rule_text(rule, RULE_WHY));
    field_fixes(&object, finding, finding->rule);
    field_evidence(&object, finding);
    field_values(&object, finding);
    object_end(&object, sink);
}

void render_message_json(const char *severity, struct span message, const struct line_sink *sink)
{
    struct object object = object_begin();

    field_string(&object, "severity", span_of(severity));
    field_string(&object, "message", message);
    object_end(&object, sink);
}

static void field_value(struct object *object, const struct named_value *value)
{
    size_t start = object->text.length;

    add_key(&object->text, value->key);
    if (value->value.at)
        add_string(&object->text, value->value);
    else
        text_add(&object->text, "null");
    field_end(object, start);
}

void render_values_json(const struct named_value *values, unsigned count, const struct line_sink *sink)
{
    struct object object = object_begin();

    for (unsigned i = 0; i < count; i++)
        field_value(&object, &values[i]);
    object_end(&object, sink);
}

void render_rule_json(enum rule rule, const struct line_sink *sink)
{
    struct object object = object_begin();

    field_string(&object, "rule", span_of(rule_name(rule)));
    field_string(&object, "severity", span_of(severity_name(rule_severity(rule))));
    field_number(&object, "exit_code", rule_severity(rule) == SEVERITY_ERROR ? rule_exit_code(rule) : EXIT_OK);
    field_title(&object, NULL, rule);
    field_fixes(&object, NULL, rule);
    field_string(&object, "explain", span_of(rule_text(rule, RULE_EXPLAIN)));
    object_end(&object, sink);
}
