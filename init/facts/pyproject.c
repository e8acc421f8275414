#include "facts/pyproject.h"

/* Where we are on the way tool -> fastapi -> entrypoint: how many of them the keys so far name; OFF_PATH when a key was
 * another one. */
enum { OFF_PATH = -1, AT_ENTRYPOINT = 3, NESTING_MOST = 64 };

static const char *const path[AT_ENTRYPOINT] = {"tool", "fastapi", "entrypoint"};

struct toml {
    struct span rest;
    struct text *entrypoint;
    bool found;
};

static bool read_pairs(struct toml *toml, int depth);

static char peek(const struct toml *toml)
{
    return toml->rest.length > 0 ? toml->rest.at[0] : '\0';
}

static void skip(struct toml *toml, size_t count)
{
    toml->rest = span_from(toml->rest, count);
}

static bool take(struct toml *toml, const char *literal)
{
    if (!span_starts(toml->rest, literal))
        return false;
    skip(toml, span_of(literal).length);
    return true;
}

static void skip_blanks(struct toml *toml)
{
    while (peek(toml) == ' ' || peek(toml) == '\t')
        skip(toml, 1);
}

static void skip_comment(struct toml *toml)
{
    skip_blanks(toml);
    if (peek(toml) != '#')
        return;
    while (toml->rest.length > 0 && peek(toml) != '\n')
        skip(toml, 1);
}

/* Blanks, comments and line ends. */
static void skip_space(struct toml *toml)
{
    do
        skip_comment(toml);
    while (take(toml, "\n") || take(toml, "\r\n"));
}

static bool end_line(struct toml *toml)
{
    skip_comment(toml);
    return toml->rest.length == 0 || take(toml, "\n") || take(toml, "\r\n");
}

static void add_utf8(struct text *text, uint64_t point)
{
    if (point < 0x80) {
        text_byte(text, (char)point);
        return;
    }
    if (point < 0x800) {
        text_byte(text, (char)(0xC0 | point >> 6));
    } else {
        if (point < 0x10000) {
            text_byte(text, (char)(0xE0 | point >> 12));
        } else {
            text_byte(text, (char)(0xF0 | point >> 18));
            text_byte(text, (char)(0x80 | (point >> 12 & 0x3F)));
        }
        text_byte(text, (char)(0x80 | (point >> 6 & 0x3F)));
    }
    text_byte(text, (char)(0x80 | (point & 0x3F)));
}

static bool read_unicode(struct toml *toml, size_t digits, struct text *text)
{
    uint64_t point = 0;

    if (toml->rest.length < digits || !span_hex(span_first(toml->rest, digits), 0x10FFFF, &point))
        return false;
    if (point >= 0xD800 && point < 0xE000)
        return false;
    skip(toml, digits);
    add_utf8(text, point);
    return true;
}

/* A backslash at the end of a line of a multi-line string swallows all white space that follows. */
static bool swallow_line_end(struct toml *toml)
{
    struct toml ahead = *toml;

    skip_blanks(&ahead);
    if (!span_starts(ahead.rest, "\n") && !span_starts(ahead.rest, "\r\n"))
        return false;
    while (peek(&ahead) == ' ' || peek(&ahead) == '\t' || peek(&ahead) == '\n' || peek(&ahead) == '\r')
        skip(&ahead, 1);
    toml->rest = ahead.rest;
    return true;
}

static bool read_escape(struct toml *toml, bool multi_line, struct text *text)
{
    static const char letters[] = "btnfr\"\\";
    static const char meanings[] = "\b\t\n\f\r\"\\";

    if (multi_line && swallow_line_end(toml))
        return true;
    if (take(toml, "u"))
        return read_unicode(toml, 4, text);
    if (take(toml, "U"))
        return read_unicode(toml, 8, text);
    for (size_t i = 0; i < sizeof(letters) - 1; i++)
        if (peek(toml) == letters[i]) {
            text_byte(text, meanings[i]);
            skip(toml, 1);
            return true;
        }
    return false;
}

/* Up to two quotes may stand before the three that close a multi-line string. */
static bool close_multi_line(struct toml *toml, const char *quotes, struct text *text)
{
    if (!take(toml, quotes))
        return false;
    for (unsigned extra = 0; extra < 2 && peek(toml) == quotes[0]; extra++) {
        text_byte(text, quotes[0]);
        skip(toml, 1);
    }
    return true;
}

static bool read_multi_line(struct toml *toml, const char *quotes, struct text *text)
{
    if (!take(toml, "\n"))
        take(toml, "\r\n");
    while (toml->rest.length > 0) {
        if (close_multi_line(toml, quotes, text))
            return true;
        if (quotes[0] == '"' && take(toml, "\\")) {
            if (!read_escape(toml, true, text))
                return false;
            continue;
        }
        text_byte(text, peek(toml));
        skip(toml, 1);
    }
    return false;
}

static bool read_string(struct toml *toml, struct text *text)
{
    if (take(toml, "\"\"\""))
        return read_multi_line(toml, "\"\"\"", text);
    if (take(toml, "'''"))
        return read_multi_line(toml, "'''", text);
    char quote = peek(toml);
    skip(toml, 1);
    while (toml->rest.length > 0 && peek(toml) != '\n') {
        char byte = peek(toml);
        skip(toml, 1);
        if (byte == quote)
            return true;
        if (byte == '\\' && quote == '"') {
            if (!read_escape(toml, false, text))
                return false;
            continue;
        }
        text_byte(text, byte);
    }
    return false;
}

static bool is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

static bool is_bare(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '-';
}

static bool read_key_part(struct toml *toml, struct text *part)
{
    skip_blanks(toml);
    if (is_quote(peek(toml))) {
        if (span_starts(toml->rest, "\"\"\"") || span_starts(toml->rest, "'''"))
            return false;
        return read_string(toml, part);
    }
    while (is_bare(peek(toml))) {
        text_byte(part, peek(toml));
        skip(toml, 1);
    }
    return part->length > 0;
}

/* A dotted key, from `depth` on; `*reached` says how far on the way it leads. */
static bool read_key(struct toml *toml, int depth, int *reached)
{
    do {
        char buffer[32]; /* a longer part is none of ours */
        struct text part = TEXT_ON(buffer);
        if (!read_key_part(toml, &part))
            return false;
        if (depth >= 0 && depth < AT_ENTRYPOINT && !part.cut && span_is(text_as_span(&part), path[depth]))
            depth++;
        else
            depth = OFF_PATH;
        skip_blanks(toml);
    } while (take(toml, "."));
    *reached = depth;
    return true;
}

/* Steps over a string whose text nobody wants. */
static bool skip_string(struct toml *toml)
{
    char buffer[1];
    struct text nowhere = TEXT_ON(buffer);

    return read_string(toml, &nowhere);
}

/* A number, a date or a boolean: what may stand in one, and something of it. */
static bool skip_plain(struct toml *toml)
{
    size_t length = 0;

    while (is_bare(peek(toml)) || peek(toml) == '+' || peek(toml) == '.' || peek(toml) == ':') {
        skip(toml, 1);
        length++;
    }
    return length > 0;
}

/* An array or an inline table with all that is in it; only brackets and strings matter. */
static bool skip_nested(struct toml *toml)
{
    char closing[NESTING_MOST];
    size_t depth = 0;

    do {
        skip_space(toml);
        char byte = peek(toml);
        if (toml->rest.length == 0 || byte == '\0')
            return false;
        if (is_quote(byte)) {
            if (!skip_string(toml))
                return false;
            continue;
        }
        skip(toml, 1);
        if (byte == '[' || byte == '{') {
            if (depth == NESTING_MOST)
                return false;
            closing[depth++] = byte == '[' ? ']' : '}';
        } else if (byte == ']' || byte == '}') {
            if (closing[--depth] != byte)
                return false;
        }
    } while (depth > 0);
    return true;
}

static bool read_entrypoint(struct toml *toml)
{
    if (toml->found)
        return false;
    text_clear(toml->entrypoint);
    toml->found = true;
    return read_string(toml, toml->entrypoint) && !toml->entrypoint->cut;
}

static bool read_value(struct toml *toml, int depth)
{
    skip_blanks(toml);
    char byte = peek(toml);
    if (is_quote(byte))
        return depth == AT_ENTRYPOINT ? read_entrypoint(toml) : skip_string(toml);
    if (byte == '{' && depth > 0 && depth < AT_ENTRYPOINT) {
        skip(toml, 1);
        return read_pairs(toml, depth);
    }
    if (byte == '[' || byte == '{')
        return skip_nested(toml);
    return skip_plain(toml);
}

static bool read_pair(struct toml *toml, int depth)
{
    int reached = OFF_PATH;

    if (!read_key(toml, depth, &reached) || !take(toml, "="))
        return false;
    return read_value(toml, reached);
}

/* The pairs of an inline table whose brace is open. It calls itself at most twice: for tool and for fastapi. */
static bool read_pairs(struct toml *toml, int depth)
{
    skip_space(toml);
    while (!take(toml, "}")) {
        if (!read_pair(toml, depth))
            return false;
        skip_space(toml);
        if (!take(toml, ",") && peek(toml) != '}')
            return false;
        skip_space(toml);
    }
    return true;
}

/* [tool.fastapi] or [[of.many]]. What is in an array of tables can't be ours. */
static bool read_header(struct toml *toml, int *table)
{
    bool many = take(toml, "[");

    if (!read_key(toml, 0, table) || !take(toml, many ? "]]" : "]"))
        return false;
    if (many)
        *table = OFF_PATH;
    return end_line(toml);
}

static bool read_file(struct toml *toml)
{
    int table = 0;

    take(toml, "\xEF\xBB\xBF");
    for (;;) {
        skip_space(toml);
        if (toml->rest.length == 0)
            return true;
        if (take(toml, "[")) {
            if (!read_header(toml, &table))
                return false;
            continue;
        }
        if (!read_pair(toml, table) || !end_line(toml))
            return false;
    }
}

bool pyproject_entrypoint(struct span file, struct text *entrypoint)
{
    struct toml toml = {.rest = file, .entrypoint = entrypoint};

    text_clear(entrypoint);
    if (read_file(&toml) && toml.found && entrypoint->length > 0)
        return true;
    text_clear(entrypoint);
    return false;
}
