#ifndef BASE_RENDER_H
#define BASE_RENDER_H

/* A finding as a person reads it, and as a program does. Bytes in, lines out: no system call, nothing kept.
 *
 * The form of the text, and how a rule's texts are written, stand at the top of base/rules.def. Whatever bytes a value
 * holds, a line of text holds no control byte, and a line of JSON is a valid object of valid UTF-8 (RFC 8259).
 */

#include "base/findings.h"

enum {
    RENDER_LINE = 16384, /* a longer line ends in " ..." */
    RENDER_JSON = 65536, /* fields that found no room in an object are left out, and "cut":true says so */
};

/* Takes one line at a time, without its newline. The line is valid during the call. */
struct line_sink {
    void (*line)(void *context, struct span line);
    void *context;
};

struct named_value {
    const char *key;
    struct span value; /* `at` NULL: null */
};

/* All lines of a finding, the empty ones between its parts too; nothing after the last. */
void render_finding(const struct finding *finding, bool colour, const struct line_sink *sink);
/* One object: rule, severity, title, exit_code, wanted, found, why, values, evidence, fixes. */
void render_finding_json(const struct finding *finding, const struct line_sink *sink);
/* A message that is no finding, in one line: with the prefix, or as an object of severity and message. */
void render_message(struct span message, const struct line_sink *sink);
void render_message_json(const char *severity, struct span message, const struct line_sink *sink);
/* One object of these strings, in their order. */
void render_values_json(const struct named_value *values, unsigned count, const struct line_sink *sink);
/* `asgi-init explain`: the texts of a rule with its {values} as they are written; fixes in all their shades. */
void render_rule(enum rule rule, bool colour, const struct line_sink *sink);
void render_rule_json(enum rule rule, const struct line_sink *sink);
/* The title of a rule in its most general form, with its {values} as they are written. */
void render_rule_title(enum rule rule, struct text *text);
/* "error", "warning", "note" */
const char *severity_name(enum severity severity);

#endif
