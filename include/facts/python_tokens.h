#ifndef FACTS_PYTHON_TOKENS_H
#define FACTS_PYTHON_TOKENS_H

/* Python source in tokens, as far as one must cut it to know what is a name, what is inside a string and where a
 * logical line ends: names, numbers, strings of every prefix (f- and t-strings with strings inside their braces, as
 * Python 3.12 nests them; the braces' code isn't given), operators, line ends. Comments, blank lines, line joining by brackets and
 * by backslash are dealt with. Source: the Python Language Reference, chapter 2, "Lexical analysis".
 *
 * It takes any bytes. What it can't be sure of ends it with TOKEN_ODD: a string or bracket that isn't closed, brackets
 * that don't match or nest deeper than 200 (as CPython), a NUL byte, a name with bytes beyond ASCII (Python normalises
 * those), an encoding other than UTF-8, ASCII or Latin, an assignment expression inside an f-string.
 */

#include "base/text.h"

enum python_token_kind {
    TOKEN_NAME, /* keywords too */
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_OPERATOR,
    TOKEN_NEWLINE, /* the end of a logical line that holds something */
    TOKEN_END,
    TOKEN_ODD,
};

enum { PYTHON_NESTING_MOST = 200 };

struct python_token {
    enum python_token_kind kind;
    struct span text;
    unsigned depth; /* of brackets: a pair of brackets counts as outside of itself */
};

struct python_tokens {
    struct span rest;
    bool odd;
    bool in_line;    /* a logical line has begun */
    unsigned column; /* the indentation of the logical line, tabs to multiples of eight */
    unsigned depth;
    char closing[PYTHON_NESTING_MOST];
};

void python_tokens_start(struct python_tokens *tokens, struct span source);
/* The next token; TOKEN_END and TOKEN_ODD for ever once they came. */
struct python_token python_tokens_next(struct python_tokens *tokens);

#endif
