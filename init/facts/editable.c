#include "facts/editable.h"

#include "facts/python_tokens.h"

/* 'text' or "text", without prefix, escapes and triple quotes: as repr() writes names and paths. */
static bool plain_string(const struct python_token *token, struct span *content)
{
    struct span text = token->text;
    if (token->kind != TOKEN_STRING || text.length < 3 || (text.at[0] != '\'' && text.at[0] != '"'))
        return false;
    *content = span_first(span_from(text, 1), text.length - 2);
    return content->at[0] != text.at[0] && !span_has(*content, '\\');
}

static bool is_operator(const struct python_token *token, const char *text)
{
    return token->kind == TOKEN_OPERATOR && span_is(token->text, text);
}

static bool is_over(const struct python_token *token)
{
    return token->kind == TOKEN_END || token->kind == TOKEN_ODD;
}

/* Behind `MAPPING: dict[str, str] = {`; false: the source has no such line. */
static bool find_mapping(struct python_tokens *tokens)
{
    struct python_token token = python_tokens_next(tokens);
    while (!is_over(&token)) {
        bool is_it = token.kind == TOKEN_NAME && span_is(token.text, "MAPPING") && tokens->column == 0;
        for (token = python_tokens_next(tokens); token.kind != TOKEN_NEWLINE && !is_over(&token);) {
            bool assigns = is_operator(&token, "=");
            token = python_tokens_next(tokens);
            if (is_it && assigns)
                return is_operator(&token, "{");
        }
        token = python_tokens_next(tokens);
    }
    return false;
}

void editable_mapping(struct span source, void (*each)(void *context, struct span module, struct span path),
                      void *context)
{
    struct python_tokens tokens;
    struct span module, path;
    python_tokens_start(&tokens, source);
    if (!find_mapping(&tokens))
        return;
    for (;;) {
        struct python_token name = python_tokens_next(&tokens);
        struct python_token colon = python_tokens_next(&tokens);
        struct python_token value = python_tokens_next(&tokens);
        struct python_token end = python_tokens_next(&tokens);
        if (!plain_string(&name, &module) || !is_operator(&colon, ":") || !plain_string(&value, &path) ||
            (!is_operator(&end, ",") && !is_operator(&end, "}")))
            return;
        each(context, module, path);
        if (is_operator(&end, "}"))
            return;
    }
}

/* The key stands in one place of such a file only: in dir_info. */
bool editable_is_noted(struct span json)
{
    size_t where;
    if (!span_find(json, "\"editable\"", &where))
        return false;
    struct span rest = span_trim(span_from(json, where + sizeof("\"editable\"") - 1));
    return span_starts(rest, ":") && span_starts(span_trim(span_from(rest, 1)), "true");
}
