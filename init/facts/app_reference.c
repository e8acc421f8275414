#include "facts/app_reference.h"

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || (unsigned char)byte >= 0x80;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Dotted parts, none of them empty; with `strict` each begins with a letter and holds no hyphen, as an identifier. */
static bool is_dotted(struct span span, bool strict)
{
    bool starts = true;

    for (size_t i = 0; i < span.length; i++) {
        char byte = span.at[i];
        if (byte == '.') {
            if (starts)
                return false;
            starts = true;
            continue;
        }
        if (!is_letter(byte) && !(is_digit(byte) && !(strict && starts)) && !(byte == '-' && !strict))
            return false;
        starts = false;
    }
    return !starts;
}

static bool names_file(struct span module)
{
    return span_has(module, '/') || span_ends(module, ".py");
}

/* Blanks, and one pair of quotes: `docker run --env-file` keeps those of the file. */
static struct span clean(struct span word)
{
    struct span inner = span_trim(word);

    if (inner.length >= 2 && (inner.at[0] == '"' || inner.at[0] == '\'') && inner.at[inner.length - 1] == inner.at[0])
        inner = span_trim(span_first(span_from(inner, 1), inner.length - 2));
    return inner;
}

static bool split(struct span word, struct app_reference *reference)
{
    struct span rest = word;

    reference->module = span_split(&rest, ':');
    reference->attribute = rest;
    return rest.at != NULL;
}

static bool is_call(struct span attribute)
{
    return span_ends(attribute, "()") && is_dotted(span_first(attribute, attribute.length - 2), true);
}

/* The form of a word that has no blanks or quotes around it. */
static enum reference_form form_of(const struct app_reference *reference, bool has_colon)
{
    if (reference->module.length == 0)
        return has_colon ? REFERENCE_NO_MODULE : REFERENCE_EMPTY;
    if (names_file(reference->module))
        return REFERENCE_FILE;
    if (!is_dotted(reference->module, false))
        return REFERENCE_MALFORMED;
    if (reference->attribute.length == 0)
        return REFERENCE_NO_ATTRIBUTE;
    if (is_call(reference->attribute))
        return REFERENCE_CALL;
    return is_dotted(reference->attribute, true) ? REFERENCE_VALID : REFERENCE_MALFORMED;
}

struct app_reference app_reference_read(struct span word)
{
    struct app_reference reference = {0};
    struct span inner = clean(word);
    bool has_colon = split(inner, &reference);

    reference.form = form_of(&reference, has_colon);
    if (reference.form == REFERENCE_VALID && inner.length != word.length)
        reference.form = REFERENCE_UNCLEAN;
    return reference;
}

/* Takes what a path may begin with, and an importer doesn't want, off it: false for a path outside the app dir. */
static bool relative_to(struct span app_dir, struct span *path)
{
    while (app_dir.length > 0 && app_dir.at[app_dir.length - 1] == '/')
        app_dir.length--;
    if (app_dir.length > 0 && path->length > app_dir.length && path->at[app_dir.length] == '/' &&
        span_equal(span_first(*path, app_dir.length), app_dir))
        *path = span_from(*path, app_dir.length + 1);
    while (span_starts(*path, "./"))
        *path = span_from(*path, 2);
    return path->length > 0 && path->at[0] != '/';
}

/* app/main.py and app/main as app.main; a package's own file as the package. */
static bool suggest_module(struct span module, struct span app_dir, struct text *suggestion)
{
    struct span path = module;

    if (names_file(module)) {
        if (!relative_to(app_dir, &path))
            return false;
        if (span_ends(path, ".py"))
            path = span_first(path, path.length - 3);
        if (span_ends(path, "/__init__"))
            path = span_first(path, path.length - 9);
    }
    char dotted[256];
    struct text text = TEXT_ON(dotted);
    for (size_t i = 0; i < path.length; i++)
        text_byte(&text, path.at[i] == '/' ? '.' : path.at[i]);
    if (text.cut || names_file(text_as_span(&text)) || !is_dotted(text_as_span(&text), false))
        return false;
    text_span(suggestion, text_as_span(&text));
    return true;
}

/* app.main.app, written with a dot for the colon. */
static bool dot_for_colon(struct app_reference *reference)
{
    struct span module = reference->module;

    if (!span_ends(module, ".app") || names_file(module))
        return false;
    struct span before = span_first(module, module.length - 4);
    if (!span_has(before, '.'))
        return false;
    reference->attribute = span_from(module, before.length + 1);
    reference->module = before;
    return true;
}

bool app_reference_suggest(const struct app_reference *reference, struct span app_dir, struct text *suggestion)
{
    struct app_reference right = *reference;

    if (right.attribute.length == 0)
        dot_for_colon(&right);
    while (right.attribute.length > 0 && right.attribute.at[0] == ':')
        right.attribute = span_from(right.attribute, 1);
    if (is_call(right.attribute))
        right.attribute = span_first(right.attribute, right.attribute.length - 2);
    if (right.attribute.length == 0)
        right.attribute = SPAN("app");
    if (!is_dotted(right.attribute, true))
        return false;
    if (!suggest_module(right.module, app_dir, suggestion))
        return false;
    text_byte(suggestion, ':');
    text_span(suggestion, right.attribute);
    return true;
}

struct span app_reference_component(struct span *rest)
{
    return span_split(rest, '.');
}

/* What applications are called; `start.sh` and `python3.12` are dotted too, and commands. */
static bool is_app_name(struct span module)
{
    static const char names[] = "main app api asgi server application";
    struct span last = module;

    for (struct span rest = module; rest.at != NULL;)
        last = span_split(&rest, '.');
    return span_is_among(last, names);
}

enum word_shape app_reference_word(struct span word)
{
    struct app_reference reference = app_reference_read(word);
    bool has_colon = span_has(word, ':');

    switch (reference.form) {
    case REFERENCE_VALID:
        return is_digit(reference.module.at[0]) ? WORD_OTHER : WORD_APP;
    case REFERENCE_UNCLEAN:
    case REFERENCE_CALL:
        return WORD_APP_MISTAKE;
    case REFERENCE_FILE:
        if (!span_ends(reference.module, ".py"))
            return WORD_OTHER;
        return has_colon ? WORD_APP_MISTAKE : WORD_APP_PERHAPS;
    case REFERENCE_NO_ATTRIBUTE:
        if (has_colon || !is_app_name(reference.module))
            return has_colon && is_dotted(reference.module, true) ? WORD_APP_MISTAKE : WORD_OTHER;
        return span_is(reference.module, "main") || span_has(reference.module, '.') ? WORD_APP_PERHAPS : WORD_OTHER;
    case REFERENCE_EMPTY:
    case REFERENCE_NO_MODULE:
    case REFERENCE_MALFORMED:
        break;
    }
    return WORD_OTHER;
}
