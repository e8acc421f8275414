#include "base/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATIENCE = 1000 /* ms that a non-blocking output may take for a line */ };

struct output {
    int descriptor;
    bool closed; /* from the start: the number may be another file's by now */
    bool colour;
};

static struct {
    enum report_format format;
    enum report_level level;
    struct output outputs[2]; /* by enum report_target */
    unsigned lost_told;
} report = {
    .level = REPORT_NORMAL,
    .outputs = {[REPORT_MESSAGES] = {.descriptor = STDERR_FILENO}, [REPORT_RESULTS] = {.descriptor = STDOUT_FILENO}},
};

/* ---- writing ---- */

static bool wait_for_room(int descriptor)
{
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};

    return poll(&entry, 1, PATIENCE) == 1;
}

/* All of it, or as much as the output takes: there is nowhere to complain to. */
static bool write_all(int descriptor, struct span span)
{
    while (span.length > 0) {
        ssize_t count = write(descriptor, span.at, span.length);
        if (count >= 0)
            span = span_from(span, (size_t)count);
        else if (errno == EAGAIN ? !wait_for_room(descriptor) : errno != EINTR)
            return false;
    }
    return true;
}

/* One call a line, as long as the output takes it whole. */
static void write_line(void *context, struct span line)
{
    const struct output *output = context;
    struct iovec parts[] = {{(void *)(uintptr_t)line.at, line.length}, {(char[]){'\n'}, 1}};
    ssize_t count;

    if (output->closed)
        return;
    do
        count = writev(output->descriptor, parts, ARRAY_LENGTH(parts));
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno != EAGAIN)
        return;
    size_t written = count > 0 ? (size_t)count : 0;
    if (written <= line.length && write_all(output->descriptor, span_from(line, written)))
        (void)write_all(output->descriptor, SPAN("\n"));
}

static struct line_sink sink_to(enum report_target target)
{
    return (struct line_sink){write_line, &report.outputs[target]};
}

/* ---- what is asked for ---- */

/* https://no-color.org and https://force-color.org: set and not empty. */
static bool wants_colour(int descriptor, const struct environment *environment)
{
    if (environment_filled(environment, "NO_COLOR").length > 0)
        return false;
    if (environment_filled(environment, "FORCE_COLOR").length > 0)
        return true;
    return !span_is(environment_get(environment, "TERM"), "dumb") && isatty(descriptor) == 1;
}

void report_open(enum report_format format, enum report_level level, const struct environment *environment)
{
    report.format = format;
    report.level = level;
    for (unsigned i = 0; i < ARRAY_LENGTH(report.outputs); i++) {
        struct output *output = &report.outputs[i];
        output->closed = fcntl(output->descriptor, F_GETFD) < 0;
        output->colour = wants_colour(output->descriptor, environment);
    }
}

enum report_format report_format(void)
{
    return report.format;
}

bool report_is_verbose(void)
{
    return report.level == REPORT_VERBOSE;
}

bool report_is_coloured(enum report_target target)
{
    return report.outputs[target].colour;
}

/* ---- findings ---- */

static void put_finding(const struct finding *finding, enum report_target target, bool *first)
{
    struct line_sink sink = sink_to(target);

    if (report.format == REPORT_JSON) {
        render_finding_json(finding, &sink);
        return;
    }
    if (!*first)
        write_line(sink.context, SPAN(""));
    *first = false;
    render_finding(finding, report.outputs[target].colour, &sink);
}

static bool is_said(enum severity severity, enum report_target target)
{
    if (severity == SEVERITY_NOTE && target == REPORT_MESSAGES)
        return report.level == REPORT_VERBOSE || (report.format == REPORT_JSON && report.level != REPORT_QUIET);
    return severity == SEVERITY_ERROR || report.level != REPORT_QUIET;
}

/* By rule, because rules stand in the order "most fundamental first"; within a rule as they were found. */
static void put_severity(const struct findings *findings, unsigned from, enum severity severity,
                         enum report_target target, bool *first)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        for (unsigned i = from; i < findings->count; i++) {
            const struct finding *finding = &findings->list[i];
            if (finding->severity == severity && finding->rule == (enum rule)rule)
                put_finding(finding, target, first);
        }
    }
}

static void put_lost(const struct findings *findings, enum report_target target, bool *first)
{
    static struct findings about;

    if (findings->lost == report.lost_told || !is_said(rule_severity(RULE_FINDINGS_LOST), target))
        return;
    report.lost_told = findings->lost;
    findings_clear(&about);
    struct finding *finding = findings_add(&about, RULE_FINDINGS_LOST);
    finding_set_number(&about, finding, "count", findings->lost);
    put_finding(finding, target, first);
}

void report_findings(const struct findings *findings, unsigned first, enum report_target target)
{
    bool is_first = true;

    for (int severity = SEVERITY_ERROR; severity >= SEVERITY_NOTE; severity--)
        if (is_said((enum severity)severity, target))
            put_severity(findings, first, (enum severity)severity, target, &is_first);
    put_lost(findings, target, &is_first);
}

/* ---- messages and results ---- */

void report_say(enum report_kind kind, struct span message)
{
    static const char *const severities[] = {"error", "note", "trail"};
    struct line_sink sink = sink_to(REPORT_MESSAGES);

    if (kind != REPORT_ERROR && report.level < (kind == REPORT_TRAIL ? REPORT_VERBOSE : REPORT_NORMAL))
        return;
    if (report.format == REPORT_JSON)
        render_message_json(severities[kind], message, &sink);
    else
        render_message(message, &sink);
}

static void add_parts(struct text *text, const char *part, va_list parts)
{
    for (; part; part = va_arg(parts, const char *))
        text_add(text, part);
}

void report_say_parts(enum report_kind kind, ...)
{
    char room[RENDER_LINE];
    struct text text = TEXT_ON(room);
    va_list parts;

    va_start(parts, kind);
    add_parts(&text, va_arg(parts, const char *), parts);
    va_end(parts);
    report_say(kind, text_as_span(&text));
}

void report_result(struct span line)
{
    write_line(&report.outputs[REPORT_RESULTS], line);
}

void report_result_parts(const char *first, ...)
{
    char room[RENDER_LINE];
    struct text text = TEXT_ON(room);
    va_list parts;

    va_start(parts, first);
    add_parts(&text, first, parts);
    va_end(parts);
    report_result(text_as_span(&text));
}

void report_result_values(const struct named_value *values, unsigned count)
{
    struct line_sink sink = sink_to(REPORT_RESULTS);

    render_values_json(values, count, &sink);
}

/* ---- the termination log ---- */

/* A line that doesn't fit, and all after it, are left out: half a line could read as another one. */
static void keep_line(void *context, struct span line)
{
    struct text *text = context;

    if (!text->cut && line.length + 1 <= text->size - 1 - text->length) {
        text_span(text, line);
        text_byte(text, '\n');
    } else {
        text->cut = true;
    }
}

static void keep_errors(struct text *text, const struct findings *findings, unsigned first)
{
    const struct line_sink sink = {keep_line, text};

    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        for (unsigned i = first; i < findings->count; i++) {
            const struct finding *finding = &findings->list[i];
            if (finding->severity == SEVERITY_ERROR && finding->rule == (enum rule)rule)
                render_finding(finding, false, &sink);
        }
    }
}

bool report_termination(const char *path, const struct findings *findings, unsigned first)
{
    char room[REPORT_TERMINATION_MOST + 1];
    struct text text = TEXT_ON(room);
    struct stat status;

    keep_errors(&text, findings, first);
    if (text.length == 0)
        return false;
    int file = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return false;
    bool done = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && ftruncate(file, 0) == 0 &&
                write_all(file, text_as_span(&text));
    return close(file) == 0 && done;
}
