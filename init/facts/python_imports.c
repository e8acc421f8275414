#include "facts/python_imports.h"

#include "facts/python_tokens.h"

struct scan {
    struct python_tokens tokens;
    struct python_token token;
    struct span line;
    bool is_sure; /* of the statement that is read */
    bool changes_path;
    bool behind_dot;
    bool behind_sys;     /* the token before is `sys` */
    bool behind_sys_dot; /* the two before are */
    void (*each)(void *context, const struct python_import *import);
    void *context;
};

static bool is_name(const struct scan *scan, const char *name)
{
    return scan->token.kind == TOKEN_NAME && span_is(scan->token.text, name);
}

static bool is_operator(const struct scan *scan, const char *text)
{
    return scan->token.kind == TOKEN_OPERATOR && span_is(scan->token.text, text);
}

static bool is_over(const struct scan *scan)
{
    return scan->token.kind == TOKEN_END || scan->token.kind == TOKEN_ODD;
}

static bool is_one_of(const struct scan *scan, const char *const *names)
{
    for (; *names; names++)
        if (is_name(scan, *names))
            return true;
    return false;
}

/* sys.path and what else decides what is found; `os.path` and variables of that name are nothing of it. What runs code that
 * isn't named here may change it, too; and so may what sets the name that dots start from. Hooks of other packages work once
 * they are installed or activated, or, those that are listed, once they are imported. */
static void notice(struct scan *scan)
{
    static const char *const of_sys[] = {"path", "modules", "meta_path", "path_hooks", "path_importer_cache", NULL};
    static const char *const always[] = {"addsitedir", "addpackage",    "__path__", "__package__",
                                         "__import__", "import_module", "runpy",    NULL};
    static const char *const hooks[] = {"install",   "activate", "pyximport", "cppimport",    "clr",
                                        "pythonnet", "jpype",    "hy",        "import_ipynb", NULL};
    scan->changes_path |= is_one_of(scan, always) || is_one_of(scan, hooks) ||
                          (scan->behind_sys_dot && is_one_of(scan, of_sys)) ||
                          (!scan->behind_dot && is_name(scan, "exec")); /* session.exec() is another */
    scan->behind_dot = is_operator(scan, ".");
    scan->behind_sys_dot = scan->behind_sys && is_operator(scan, ".");
    scan->behind_sys = is_name(scan, "sys");
}

static void advance(struct scan *scan)
{
    scan->token = python_tokens_next(&scan->tokens);
    notice(scan);
}

/* a.b.c: one span, if nothing stands between its parts. */
static struct span read_dotted(struct scan *scan)
{
    struct span dotted = scan->token.text;
    if (scan->token.kind != TOKEN_NAME)
        return (struct span){0};
    for (advance(scan); is_operator(scan, "."); advance(scan)) {
        advance(scan);
        if (scan->token.kind != TOKEN_NAME)
            return (struct span){0};
        dotted.length = (size_t)(scan->token.text.at + scan->token.text.length - dotted.at);
    }
    return span_has(dotted, ' ') || span_has(dotted, '\t') || span_has(dotted, '\\') ? (struct span){0} : dotted;
}

static void skip_alias(struct scan *scan)
{
    if (!is_name(scan, "as"))
        return;
    advance(scan);
    advance(scan);
}

static void tell(const struct scan *scan, struct span module, unsigned level, struct span name)
{
    const struct python_import import = {module, level, name, scan->line, scan->is_sure};
    scan->each(scan->context, &import);
}

/* import a.b as c, d */
static void read_import(struct scan *scan)
{
    do {
        advance(scan);
        struct span module = read_dotted(scan);
        if (!module.length)
            return;
        tell(scan, module, 0, SPAN(""));
        scan->changes_path |= span_is(module, "sys") && is_name(scan, "as");
        skip_alias(scan);
    } while (is_operator(scan, ","));
}

/* from ..a.b import (c as d, e) */
static void read_from(struct scan *scan)
{
    struct span module = {0};
    unsigned level = 0;
    for (advance(scan); is_operator(scan, ".") || is_operator(scan, "..."); advance(scan))
        level += (unsigned)scan->token.text.length;
    if (!is_name(scan, "import"))
        module = read_dotted(scan);
    if (!is_name(scan, "import") || (!module.length && !level))
        return;
    scan->changes_path |= span_is(module, "sys");
    advance(scan);
    if (is_operator(scan, "(") || is_operator(scan, "*")) {
        if (is_operator(scan, "*"))
            tell(scan, module, level, SPAN(""));
        advance(scan);
    }
    while (scan->token.kind == TOKEN_NAME) {
        tell(scan, module, level, scan->token.text);
        advance(scan);
        skip_alias(scan);
        if (!is_operator(scan, ","))
            return;
        advance(scan);
    }
}

/* Behind the token's text; the line's end is never part of it. */
static struct span line_at(const struct python_token *token, struct span source)
{
    struct span rest = span_from(source, (size_t)(token->text.at - source.at));
    return span_trim(span_split(&rest, '\n'));
}

static void read_statement(struct scan *scan, bool is_sure, struct span source)
{
    scan->is_sure = is_sure;
    scan->line = line_at(&scan->token, source);
    if (is_name(scan, "import"))
        read_import(scan);
    else if (is_name(scan, "from"))
        read_from(scan);
}

/* Another statement of the line may stand behind a semicolon, or behind the colon of its first one. */
static void read_rest_of_line(struct scan *scan, struct span source)
{
    while (scan->token.kind != TOKEN_NEWLINE && !is_over(scan)) {
        bool is_between = is_operator(scan, ";") || is_operator(scan, ":");
        advance(scan);
        if (is_between)
            read_statement(scan, false, source);
    }
}

bool python_imports_read(struct span source, void (*each)(void *context, const struct python_import *import),
                         void *context)
{
    struct scan scan = {.each = each, .context = context};
    python_tokens_start(&scan.tokens, source);
    for (advance(&scan); !is_over(&scan); advance(&scan)) {
        read_statement(&scan, scan.tokens.column == 0, source);
        read_rest_of_line(&scan, source);
    }
    return !scan.changes_path;
}

bool python_imports_may_define(struct span source, struct span name)
{
    struct python_tokens tokens;
    python_tokens_start(&tokens, source);
    bool behind_import = false;
    for (;;) {
        struct python_token token = python_tokens_next(&tokens);
        if (token.kind == TOKEN_END)
            return false;
        bool is_any = token.kind == TOKEN_ODD || (behind_import && span_is(token.text, "*"));
        if (is_any ||
            (token.kind == TOKEN_NAME && (span_equal(token.text, name) || span_is(token.text, "__getattr__"))))
            return true;
        behind_import = token.kind == TOKEN_NAME && span_is(token.text, "import");
    }
}
