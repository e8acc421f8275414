#include "base/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATIENCE = 1000 /* ms that an output which takes nothing may take for a line */ };

struct output {
    int descriptor;
    bool closed; /* from the start: the number may be another file's by now */
    bool colour;
    bool stuck;  /* it has taken nothing for that long */
    bool inside; /* of a line whose rest it hasn't taken */
    unsigned lost;
};

static struct {
    enum report_format format;
    enum report_level level;
    bool hurried;
    const char *errors_to;    /* NULL: to nowhere else */
    struct output outputs[2]; /* by enum report_target */
    unsigned lost_told;
} report = {
    .level = REPORT_NORMAL,
    .outputs = {[REPORT_MESSAGES] = {.descriptor = STDERR_FILENO}, [REPORT_RESULTS] = {.descriptor = STDOUT_FILENO}},
};

/* ---- writing ---- */

/* A poll that fails itself holds nothing back: the write says what is wrong. */
static bool wait_for_room(int descriptor, int milliseconds)
{
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    int ready;

    do
        ready = poll(&entry, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes without blocking (pipe(7)). */
static bool has_room(struct output *output)
{
    if (!report.hurried)
        return true;
    output->stuck = !wait_for_room(output->descriptor, output->stuck ? 0 : PATIENCE);
    return !output->stuck;
}

/* All of it, or as much as the output takes: there is nowhere to complain to. */
static bool write_all(struct output *output, struct span span)
{
    while (span.length > 0) {
        struct span piece = report.hurried ? span_first(span, PIPE_BUF) : span;
        if (!has_room(output)) {
            output->lost++;
            return false;
        }
        ssize_t count = write(output->descriptor, piece.at, piece.length);
        if (count >= 0) {
            output->inside |= count > 0;
            span = span_from(span, (size_t)count);
        } else if (errno == EAGAIN && !wait_for_room(output->descriptor, PATIENCE)) {
            output->lost++;
            return false;
        } else if (errno != EAGAIN && errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool end_line(struct output *output)
{
    if (!write_all(output, SPAN("\n")))
        return false;
    output->inside = false;
    return true;
}

/* One call a line, as long as the output takes it whole. */
static void write_first(struct output *output, struct span line)
{
    struct iovec parts[] = {{(void *)(uintptr_t)line.at, line.length}, {(char[]){'\n'}, 1}};
    ssize_t count;

    do
        count = writev(output->descriptor, parts, ARRAY_LENGTH(parts));
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno != EAGAIN)
        return;
    size_t written = count > 0 ? (size_t)count : 0;
    output->inside = written > 0 && written <= line.length;
    if (written <= line.length && write_all(output, span_from(line, written)))
        (void)end_line(output);
}

static void write_line(void *context, struct span line)
{
    struct output *output = context;

    if (output->closed)
        return;
    if (!has_room(output)) {
        output->lost++;
        return;
    }
    if (output->inside && !end_line(output))
        return;
    if (!report.hurried || line.length < PIPE_BUF)
        write_first(output, line);
    else if (write_all(output, line))
        (void)end_line(output);
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

void report_keep_errors(const char *path)
{
    report.errors_to = path;
}

void report_hurry(void)
{
    report.hurried = true;
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

static bool write_termination(const char *path, struct span text)
{
    struct stat status;

    if (text.length == 0)
        return false;
    int file = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return false;
    struct output log = {.descriptor = file};
    bool done =
        fstat(file, &status) == 0 && S_ISREG(status.st_mode) && ftruncate(file, 0) == 0 && write_all(&log, text);
    return close(file) == 0 && done;
}

bool report_termination(const char *path, const struct findings *findings, unsigned first)
{
    char room[REPORT_TERMINATION_MOST + 1];
    struct text text = TEXT_ON(room);

    keep_errors(&text, findings, first);
    return write_termination(path, text_as_span(&text));
}

static void keep_message(struct span message)
{
    char room[REPORT_TERMINATION_MOST + 1];
    struct text text = TEXT_ON(room);
    const struct line_sink sink = {keep_line, &text};

    render_message(message, &sink);
    (void)write_termination(report.errors_to, text_as_span(&text));
}

/* ---- messages ---- */

static void say(enum report_kind kind, struct span message)
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

/* Between two messages: what is being printed lies in the one buffer of all lines. */
static void tell_lost(void)
{
    struct output *output = &report.outputs[REPORT_MESSAGES];
    char room[96];
    struct text text = TEXT_ON(room);

    if (output->lost == 0 || !has_room(output))
        return;
    text_add(&text, "lines of asgi-init that are missing here, as nobody read them: ");
    text_unsigned(&text, output->lost);
    output->lost = 0;
    say(REPORT_LINE, text_as_span(&text));
}

/* ---- findings ---- */

static void put_finding(const struct finding *finding, enum report_target target, bool *first)
{
    struct line_sink sink = sink_to(target);

    tell_lost();
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

/* ---- what others say ---- */

void report_say(enum report_kind kind, struct span message)
{
    tell_lost();
    say(kind, message);
    if (kind == REPORT_ERROR && report.errors_to)
        keep_message(message);
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
