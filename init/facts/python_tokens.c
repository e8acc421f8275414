#include "facts/python_tokens.h"

enum { STRING_NESTING_MOST = 8, TAB = 8 };

static bool read_string(struct python_tokens *tokens, bool raw, bool formatted, unsigned nesting);

static char at(const struct python_tokens *tokens, size_t index)
{
    return index < tokens->rest.length ? tokens->rest.at[index] : '\0';
}

static void skip(struct python_tokens *tokens, size_t count)
{
    tokens->rest = span_from(tokens->rest, count);
}

static bool take(struct python_tokens *tokens, const char *literal)
{
    if (!span_starts(tokens->rest, literal))
        return false;
    skip(tokens, span_of(literal).length);
    return true;
}

static bool at_line_end(const struct python_tokens *tokens)
{
    return at(tokens, 0) == '\n' || at(tokens, 0) == '\r';
}

static void take_line_end(struct python_tokens *tokens)
{
    if (!take(tokens, "\r\n"))
        skip(tokens, 1);
}

static void skip_comment(struct python_tokens *tokens)
{
    while (tokens->rest.length > 0 && !at_line_end(tokens))
        skip(tokens, 1);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Bytes beyond ASCII count as part of a name; the name is odd then. */
static bool in_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || is_digit(byte) ||
           (unsigned char)byte >= 0x80;
}

static bool is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

/* PEP 263: an encoding named in one of the first two lines. In another one bytes may not mean what they look like. */
static bool encoding_is_known(struct span source)
{
    static const char known[][9] = {"utf-8", "utf8", "UTF-8", "ascii", "latin", "iso-8859", "us-ascii"};

    for (unsigned line = 0; line < 2 && source.at; line++) {
        struct span text = span_split(&source, '\n');
        size_t where;
        if (!span_has(text, '#') || !span_find(text, "coding", &where))
            continue;
        text = span_from(text, where + 6);
        if (!span_starts(text, ":") && !span_starts(text, "="))
            continue;
        text = span_trim(span_from(text, 1));
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
            if (span_starts(text, known[i]))
                return true;
        return false;
    }
    return true;
}

void python_tokens_start(struct python_tokens *tokens, struct span source)
{
    *tokens = (struct python_tokens){.rest = source};
    take(tokens, "\xEF\xBB\xBF");
    tokens->odd = span_has(source, '\0') || !encoding_is_known(source);
}

/* The part of a replacement field after its colon: text but for nested fields. False when it isn't closed. */
static bool read_format(struct python_tokens *tokens, unsigned nesting);

/* One step through the code inside a replacement field; `*depth` counts its own brackets. */
static bool read_field_code(struct python_tokens *tokens, unsigned nesting, unsigned *depth)
{
    char byte = at(tokens, 0);

    if (is_quote(byte))
        return read_string(tokens, false, false, nesting + 1);
    if (in_name(byte) && !is_digit(byte)) {
        bool raw = false;
        bool formatted = false;
        for (; in_name(at(tokens, 0)); skip(tokens, 1)) {
            raw |= at(tokens, 0) == 'r' || at(tokens, 0) == 'R';
            formatted |= at(tokens, 0) == 'f' || at(tokens, 0) == 'F' || at(tokens, 0) == 't' || at(tokens, 0) == 'T';
        }
        return !is_quote(at(tokens, 0)) || read_string(tokens, raw, formatted, nesting + 1);
    }
    if (byte == '#') {
        skip_comment(tokens);
        return true;
    }
    if (byte == '(' || byte == '[' || byte == '{')
        (*depth)++;
    if (byte == ')' || byte == ']' || byte == '}')
        (*depth)--;
    skip(tokens, 1);
    return true;
}

/* {expression!r:format}, its brace taken. */
static bool read_field(struct python_tokens *tokens, unsigned nesting)
{
    unsigned depth = 0;

    if (nesting > STRING_NESTING_MOST)
        return false;
    while (tokens->rest.length > 0) {
        if (depth > 0 && span_starts(tokens->rest, ":="))
            return false;
        if (depth == 0 && take(tokens, "}"))
            return true;
        if (depth == 0 && (at(tokens, 0) == ')' || at(tokens, 0) == ']'))
            return false;
        if (depth == 0 && take(tokens, ":"))
            return read_format(tokens, nesting);
        if (!read_field_code(tokens, nesting, &depth))
            return false;
    }
    return false;
}

static bool read_format(struct python_tokens *tokens, unsigned nesting)
{
    while (tokens->rest.length > 0) {
        if (take(tokens, "}"))
            return true;
        if (take(tokens, "{")) {
            if (!read_field(tokens, nesting + 1))
                return false;
            continue;
        }
        skip(tokens, 1);
    }
    return false;
}

/* One step inside a string: an escape, a field or a byte. In a raw string too a backslash guards a quote. */
static bool read_string_part(struct python_tokens *tokens, bool raw, bool formatted, unsigned nesting)
{
    if (formatted && (take(tokens, "{{") || take(tokens, "}}")))
        return true;
    if (formatted && !raw && take(tokens, "\\N{")) {
        while (at(tokens, 0) == ' ' || at(tokens, 0) == '-' || in_name(at(tokens, 0)))
            skip(tokens, 1);
        return take(tokens, "}");
    }
    if (formatted && take(tokens, "{"))
        return read_field(tokens, nesting + 1);
    if (take(tokens, "\\")) {
        if (!(formatted && (at(tokens, 0) == '{' || at(tokens, 0) == '}')))
            skip(tokens, span_starts(tokens->rest, "\r\n") ? 2 : 1);
        return true;
    }
    skip(tokens, 1);
    return true;
}

/* A string from its quote on. */
static bool read_string(struct python_tokens *tokens, bool raw, bool formatted, unsigned nesting)
{
    char quotes[4] = {at(tokens, 0)};
    if (nesting > STRING_NESTING_MOST)
        return false;
    bool triple = at(tokens, 1) == quotes[0] && at(tokens, 2) == quotes[0];
    if (triple)
        quotes[1] = quotes[2] = quotes[0];
    take(tokens, quotes);
    while (tokens->rest.length > 0) {
        if (take(tokens, quotes))
            return true;
        if (!triple && at_line_end(tokens))
            return false;
        if (!read_string_part(tokens, raw, formatted, nesting))
            return false;
    }
    return false;
}

static bool is_prefix(struct span name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!span_has(SPAN("rRbBuUfFtT"), name.at[i]))
            return false;
    return name.length <= 2;
}

static bool has_letter(struct span name, const char *letters)
{
    for (size_t i = 0; i < name.length; i++)
        if (span_has(span_of(letters), name.at[i]))
            return true;
    return false;
}

/* A name, or a string with the name as its prefix. */
static bool read_name(struct python_tokens *tokens, enum python_token_kind *kind)
{
    struct span name = tokens->rest;
    bool beyond_ascii = false;

    name.length = 0;
    for (; in_name(at(tokens, 0)); name.length++) {
        beyond_ascii |= (unsigned char)at(tokens, 0) >= 0x80;
        skip(tokens, 1);
    }
    if (is_quote(at(tokens, 0)) && is_prefix(name)) {
        *kind = TOKEN_STRING;
        return read_string(tokens, has_letter(name, "rR"), has_letter(name, "fFtT"), 0);
    }
    *kind = TOKEN_NAME;
    return !beyond_ascii;
}

static void read_number(struct python_tokens *tokens)
{
    while (in_name(at(tokens, 0)) || at(tokens, 0) == '.') {
        bool exponent = at(tokens, 0) == 'e' || at(tokens, 0) == 'E';
        skip(tokens, 1);
        if (exponent && (at(tokens, 0) == '+' || at(tokens, 0) == '-') && is_digit(at(tokens, 1)))
            skip(tokens, 1);
    }
}

static bool read_bracket(struct python_tokens *tokens, unsigned *depth)
{
    static const char opening[] = "([{";
    static const char closing[] = ")]}";
    char byte = at(tokens, 0);

    for (size_t i = 0; i < 3; i++) {
        if (byte == opening[i]) {
            if (tokens->depth == PYTHON_NESTING_MOST)
                return false;
            tokens->closing[tokens->depth++] = closing[i];
        } else if (byte == closing[i]) {
            if (tokens->depth == 0 || tokens->closing[tokens->depth - 1] != byte)
                return false;
            *depth = --tokens->depth;
        }
    }
    return true;
}

static bool read_operator(struct python_tokens *tokens, unsigned *depth)
{
    static const char longer[][4] = {"**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "->", "+=", "-=",
                                     "*=",  "/=",  "%=",  "&=",  "|=",  "^=", "@=", "==", "!=", "<=", ">=", ":="};

    for (size_t i = 0; i < ARRAY_LENGTH(longer); i++)
        if (take(tokens, longer[i]))
            return true;
    if (!read_bracket(tokens, depth))
        return false;
    skip(tokens, 1);
    return true;
}

static void measure_indentation(struct python_tokens *tokens)
{
    for (unsigned column = 0;; skip(tokens, 1)) {
        char byte = at(tokens, 0);
        if (byte == ' ')
            column++;
        else if (byte == '\t')
            column += TAB - column % TAB;
        else if (byte == '\f')
            column = 0;
        else {
            tokens->column = column;
            return;
        }
    }
}

/* Steps over what is no token. True when it stands before one, or at the end of a logical line. */
static bool skip_space(struct python_tokens *tokens)
{
    if (!tokens->in_line)
        measure_indentation(tokens);
    for (;;) {
        char byte = at(tokens, 0);
        if (byte == '#')
            skip_comment(tokens);
        else if (byte == ' ' || byte == '\t' || byte == '\f')
            skip(tokens, 1);
        else if (byte == '\\' && (at(tokens, 1) == '\n' || at(tokens, 1) == '\r')) {
            skip(tokens, 1);
            take_line_end(tokens);
            tokens->in_line = true;
        } else if (at_line_end(tokens) && (!tokens->in_line || tokens->depth > 0)) {
            take_line_end(tokens);
            if (!tokens->in_line)
                measure_indentation(tokens);
        } else
            return tokens->rest.length > 0;
    }
}

static bool read_token(struct python_tokens *tokens, struct python_token *token)
{
    char byte = at(tokens, 0);

    if (in_name(byte) && !is_digit(byte))
        return read_name(tokens, &token->kind);
    if (is_digit(byte) || (byte == '.' && is_digit(at(tokens, 1)))) {
        token->kind = TOKEN_NUMBER;
        read_number(tokens);
        return true;
    }
    if (is_quote(byte)) {
        token->kind = TOKEN_STRING;
        return read_string(tokens, false, false, 0);
    }
    token->kind = TOKEN_OPERATOR;
    return read_operator(tokens, &token->depth);
}

/* The end of a logical line, by a line end or by the end of the source. */
static struct python_token end_line(struct python_tokens *tokens)
{
    struct python_token token = {.kind = TOKEN_NEWLINE, .text = span_first(tokens->rest, 0)};

    if (tokens->rest.length > 0)
        take_line_end(tokens);
    else if (tokens->depth > 0)
        tokens->odd = true;
    else if (!tokens->in_line)
        token.kind = TOKEN_END;
    if (tokens->odd)
        token.kind = TOKEN_ODD;
    tokens->in_line = false;
    return token;
}

struct python_token python_tokens_next(struct python_tokens *tokens)
{
    struct python_token token = {.kind = TOKEN_ODD};

    if (tokens->odd)
        return token;
    if (!skip_space(tokens) || at_line_end(tokens))
        return end_line(tokens);
    tokens->in_line = true;
    token.text = tokens->rest;
    token.depth = tokens->depth;
    if (!read_token(tokens, &token)) {
        tokens->odd = true;
        token.kind = TOKEN_ODD;
    }
    token.text.length -= tokens->rest.length;
    return token;
}
