#include "facts/python_source.h"

#include "facts/python_tokens.h"

/* The reader of one source. Tokens are taken one at a time; `before` is the one before `token`. */
struct scan {
    struct python_tokens tokens;
    struct python_token before;
    struct python_token token;
    struct span name;
    bool bound;
    bool unclear; /* the name may be bound by what wasn't understood */
    bool in_body; /* inside the outermost def or class, whose header stands at `body_column` */
    unsigned body_column;
    struct python_source *result;
};

static void advance(struct scan *scan)
{
    scan->before = scan->token;
    scan->token = python_tokens_next(&scan->tokens);
}

static struct python_token look_ahead(const struct scan *scan)
{
    struct python_tokens copy = scan->tokens;

    return python_tokens_next(&copy);
}

static bool is_name(const struct python_token *token, const char *name)
{
    return token->kind == TOKEN_NAME && span_is(token->text, name);
}

static bool is_operator(const struct python_token *token, const char *text)
{
    return token->kind == TOKEN_OPERATOR && span_is(token->text, text);
}

static bool is_one_of(const struct python_token *token, const char *names)
{
    return token->kind == TOKEN_NAME && span_is_among(token->text, names);
}

static bool ends_line(const struct scan *scan)
{
    return scan->token.kind == TOKEN_NEWLINE || scan->token.kind == TOKEN_END || scan->token.kind == TOKEN_ODD;
}

static bool ends_statement(const struct scan *scan)
{
    return ends_line(scan) || (scan->token.depth == 0 && is_operator(&scan->token, ";"));
}

/* Stands on the name that is asked for, and not on an attribute of that name. */
static bool on_name(const struct scan *scan)
{
    return scan->token.kind == TOKEN_NAME && span_equal(scan->token.text, scan->name) &&
           !is_operator(&scan->before, ".");
}

/* Names by which a module's variables can be set out of sight. */
static void notice_magic(struct scan *scan)
{
    static const char magic[] =
        "exec eval globals vars locals setattr __dict__ modules _getframe f_globals currentframe "
        "__getattr__ __setattr__ __builtins__ builtins";

    if (is_one_of(&scan->token, magic))
        scan->unclear = true;
}

static void add_candidate(struct scan *scan, struct span name, bool is_factory)
{
    struct python_source *result = scan->result;

    for (unsigned i = 0; i < result->candidate_count; i++)
        if (span_equal(result->candidates[i].name, name))
            return;
    if (result->candidate_count < SOURCE_CANDIDATES)
        result->candidates[result->candidate_count++] = (struct source_candidate){name, is_factory};
}

static bool names_factory(const struct python_token *token)
{
    static const char factories[] =
        "create_app make_app get_app build_app app_factory create_application get_application "
        "build_application create_api init_app setup_app";

    return is_one_of(token, factories);
}

static bool makes_application(const struct python_token *token)
{
    static const char classes[] = "FastAPI Starlette Litestar Quart get_asgi_application";

    return is_one_of(token, classes) || names_factory(token);
}

/* The name in a place where it is only used, but for `name := value`. */
static void use_name(struct scan *scan)
{
    struct python_token next = look_ahead(scan);

    if (is_operator(&next, ":="))
        scan->bound = true;
    else if (scan->token.depth == 0 || !is_operator(&next, "="))
        scan->unclear = true;
}

/* Any token that has no meaning of its own where it stands. */
static void pass(struct scan *scan)
{
    notice_magic(scan);
    if (on_name(scan))
        use_name(scan);
    advance(scan);
}

/* The colon that ends a compound statement's header; those of lambdas come first. */
static bool ends_header(const struct scan *scan, unsigned *lambdas)
{
    if (scan->token.depth > 0)
        return false;
    if (is_name(&scan->token, "lambda"))
        (*lambdas)++;
    if (!is_operator(&scan->token, ":"))
        return false;
    if (*lambdas == 0)
        return true;
    (*lambdas)--;
    return false;
}

/* for TARGETS in ...:  with ... as TARGET:  if ...:  Stops behind the colon. */
static void read_header(struct scan *scan)
{
    bool targets = is_name(&scan->token, "for");
    bool except = is_name(&scan->token, "except");
    unsigned lambdas = 0;

    for (advance(scan); !ends_line(scan); pass(scan)) {
        if (ends_header(scan, &lambdas)) {
            advance(scan);
            return;
        }
        if (is_name(&scan->token, "in"))
            targets = false;
        /* The name of an except clause is deleted at its end. */
        if (on_name(scan) && (targets || (is_name(&scan->before, "as") && !except)))
            scan->bound = true;
    }
}

/* Inside a def or class nothing binds at the top level but what `global` names. */
static void skip_body_line(struct scan *scan)
{
    bool global = false;

    for (; !ends_line(scan); advance(scan)) {
        notice_magic(scan);
        if (is_name(&scan->token, "global"))
            global = true;
        else if (is_operator(&scan->token, ";"))
            global = false;
        else if (global && on_name(scan))
            scan->unclear = true;
    }
}

/* The name as a parameter: (name, *name, name: annotation, name=default. */
static bool on_parameter(const struct scan *scan)
{
    if (scan->token.depth != 1 || !on_name(scan))
        return false;
    if (!is_operator(&scan->before, "(") && !is_operator(&scan->before, ",") && !is_operator(&scan->before, "*") &&
        !is_operator(&scan->before, "**"))
        return false;
    struct python_token next = look_ahead(scan);
    return is_operator(&next, ":") || is_operator(&next, ",") || is_operator(&next, ")") || is_operator(&next, "=");
}

/* Counts parameters that must be given: those before a comma or the closing bracket without `=` or `*`. */
struct parameters {
    bool any;      /* something stands since the last comma */
    bool optional; /* it has a default, or is starred */
    bool needed;   /* an earlier one must be given */
};

static void count_parameter(const struct scan *scan, struct parameters *parameters)
{
    bool closes = scan->token.depth == 0 && is_operator(&scan->token, ")");
    bool parts = scan->token.depth == 1 && is_operator(&scan->token, ",");

    if (closes || parts) {
        parameters->needed |= parameters->any && !parameters->optional;
        parameters->any = parameters->optional = false;
    } else if (scan->token.depth >= 1) {
        parameters->any = true;
        parameters->optional |=
            scan->token.depth == 1 && (is_operator(&scan->token, "=") || is_operator(&scan->token, "*") ||
                                       is_operator(&scan->token, "**") || is_operator(&scan->token, "/"));
    }
}

/* def NAME(...) -> ...: BODY and class NAME(...): BODY. The header runs at the top level, the body doesn't. */
static void read_definition(struct scan *scan)
{
    bool is_function = is_name(&scan->token, "def");
    struct parameters parameters = {0};
    unsigned lambdas = 0;

    scan->in_body = true;
    scan->body_column = scan->tokens.column;
    advance(scan);
    struct python_token name = scan->token;
    notice_magic(scan);
    if (on_name(scan))
        scan->bound = true;
    for (advance(scan); !ends_line(scan) && !ends_header(scan, &lambdas);) {
        count_parameter(scan, &parameters);
        if (is_function && on_parameter(scan))
            advance(scan);
        else
            pass(scan);
    }
    if (is_function && names_factory(&name) && !parameters.needed)
        add_candidate(scan, name.text, true);
    skip_body_line(scan);
}

/* import a.b as NAME, NAME. Of `import NAME.x` only the use is noticed. */
static void read_import(struct scan *scan)
{
    for (advance(scan); !ends_statement(scan); pass(scan)) {
        struct python_token next = look_ahead(scan);
        if (on_name(scan) && !is_name(&next, "as") && !is_operator(&next, "."))
            scan->bound = true;
    }
}

/* from x import NAME, y as NAME, *. A name before `import` may be a submodule's, which a package gets too. */
static void read_from(struct scan *scan)
{
    bool imports = false;

    for (advance(scan); !ends_statement(scan); advance(scan)) {
        bool is_asked = scan->token.kind == TOKEN_NAME && span_equal(scan->token.text, scan->name);
        notice_magic(scan);
        if (!imports) {
            imports = is_name(&scan->token, "import");
            scan->unclear |= is_asked;
            continue;
        }
        if (is_operator(&scan->token, "*"))
            scan->unclear = true;
        if (!is_asked)
            continue;
        struct python_token next = look_ahead(scan);
        if (is_name(&next, "as"))
            scan->unclear = true;
        else
            scan->bound = true;
    }
}

/* del NAME, global NAME: what they leave isn't worth knowing. */
static void read_unclear(struct scan *scan)
{
    for (advance(scan); !ends_statement(scan); advance(scan)) {
        notice_magic(scan);
        if (on_name(scan)) {
            scan->bound = false;
            scan->unclear = true;
        }
    }
}

/* An expression, or an assignment: TARGETS = TARGETS = value, TARGET: annotation = value, TARGET += value. */
struct assignment {
    struct span first; /* the name that the statement begins with, if only an annotation stands behind it */
    bool is_target;    /* the name stands where a target may */
    bool has_trailer;  /* a call or subscript came: names in brackets aren't targets any more */
    bool reads_callee; /* behind the first `=`: a dotted name is a call's */
};

static bool begins_trailer(const struct scan *scan)
{
    if (!is_operator(&scan->token, "(") && !is_operator(&scan->token, "["))
        return false;
    return scan->before.kind == TOKEN_NAME || scan->before.kind == TOKEN_STRING || is_operator(&scan->before, ")") ||
           is_operator(&scan->before, "]");
}

/* The name in an expression statement: a target if `=` follows at last, else only a use. */
static void meet_name(struct scan *scan, struct assignment *assignment)
{
    struct python_token next = look_ahead(scan);
    bool goes_on = is_operator(&next, ".") || is_operator(&next, "(") || is_operator(&next, "[");

    if (is_operator(&next, ":=")) {
        scan->bound = true;
    } else if (scan->token.depth > 0 && is_operator(&next, "=")) {
        return;
    } else if (goes_on || (scan->token.depth > 0 && assignment->has_trailer)) {
        scan->unclear = true;
    } else {
        assignment->is_target = true;
    }
}

static bool assigns(const struct python_token *token)
{
    if (token->kind != TOKEN_OPERATOR || token->depth > 0 || !span_ends(token->text, "="))
        return false;
    return !is_operator(token, "==") && !is_operator(token, "!=") && !is_operator(token, "<=") &&
           !is_operator(token, ">=") && !is_operator(token, ":=");
}

/* NAME = pkg.FastAPI( makes NAME a candidate. */
static void read_callee(struct scan *scan, struct assignment *assignment)
{
    if (is_operator(&scan->token, "(") && makes_application(&scan->before))
        add_candidate(scan, assignment->first, false);
    assignment->reads_callee =
        (scan->token.kind == TOKEN_NAME && !is_name(&scan->token, "await")) || is_operator(&scan->token, ".");
}

static void read_expression(struct scan *scan)
{
    struct assignment assignment = {0};
    struct python_token next = look_ahead(scan);

    if (scan->token.kind == TOKEN_NAME && (is_operator(&next, "=") || is_operator(&next, ":")))
        assignment.first = scan->token.text;
    for (; !ends_statement(scan); advance(scan)) {
        notice_magic(scan);
        if (assignment.reads_callee)
            read_callee(scan, &assignment);
        if (begins_trailer(scan))
            assignment.has_trailer = true;
        if (on_name(scan))
            meet_name(scan, &assignment);
        if (!assigns(&scan->token))
            continue;
        scan->bound |= assignment.is_target;
        assignment.is_target = assignment.has_trailer = false;
        assignment.reads_callee = assignment.first.length > 0;
    }
    scan->unclear |= assignment.is_target;
}

static void read_statement(struct scan *scan)
{
    static const char headers[] = "if elif else try except finally for while with";

    if (is_name(&scan->token, "async"))
        advance(scan);
    if (is_name(&scan->token, "def") || is_name(&scan->token, "class"))
        read_definition(scan);
    else if (is_one_of(&scan->token, headers))
        read_header(scan);
    else if (is_name(&scan->token, "import"))
        read_import(scan);
    else if (is_name(&scan->token, "from"))
        read_from(scan);
    else if (is_name(&scan->token, "del") || is_name(&scan->token, "global"))
        read_unclear(scan);
    else
        read_expression(scan);
}

static void read_line(struct scan *scan)
{
    if (scan->in_body && scan->tokens.column > scan->body_column) {
        skip_body_line(scan);
        return;
    }
    scan->in_body = false;
    while (!ends_line(scan)) {
        if (is_operator(&scan->token, ";"))
            advance(scan);
        else
            read_statement(scan);
    }
}

void python_source_read(struct span source, bool whole, struct span name, struct python_source *result)
{
    struct scan scan = {.token = {.kind = TOKEN_NEWLINE}, .name = name, .result = result};

    *result = (struct python_source){0};
    python_tokens_start(&scan.tokens, source);
    advance(&scan);
    result->is_empty = whole && scan.token.kind == TOKEN_END;
    while (scan.token.kind != TOKEN_END && scan.token.kind != TOKEN_ODD) {
        read_line(&scan);
        if (scan.token.kind == TOKEN_NEWLINE)
            advance(&scan);
    }
    if (scan.token.kind == TOKEN_ODD || !whole)
        scan.unclear = true;
    if (scan.bound)
        result->binding = BINDING_BOUND;
    else
        result->binding = scan.unclear ? BINDING_UNKNOWN : BINDING_NOT_BOUND;
}
