#include "facts/python_version.h"

enum { PART_MOST = 9999 };

static size_t count_digits(struct span text)
{
    size_t count = 0;
    while (count < text.length && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

/* Takes a number off the beginning; false where there is none. */
static bool take_number(struct span *text, unsigned *number)
{
    size_t digits = count_digits(*text);
    uint64_t value = 0;
    if (!span_number(span_first(*text, digits), PART_MOST, &value))
        return false;
    *number = (unsigned)value;
    *text = span_from(*text, digits);
    return true;
}

/* Takes up to three numbers with dots between them; a dot is taken only with the number behind it. */
static void take_parts(struct span *text, struct python_version *version)
{
    unsigned *const parts[] = {&version->major, &version->minor, &version->micro};
    while (version->parts < ARRAY_LENGTH(parts)) {
        struct span after = *text;
        if (version->parts > 0) {
            if (!span_starts(after, "."))
                return;
            after = span_from(after, 1);
        }
        if (!take_number(&after, parts[version->parts]))
            return;
        version->parts++;
        *text = after;
    }
}

/* What may stand behind a version: a build's mark, or a release level with its serial. */
static bool is_suffix(struct span rest, const struct python_version *version)
{
    static const char levels[][12] = {".final.", ".alpha.", ".beta.", ".candidate.", "a", "b", "rc"};
    if (rest.length == 0 || span_is(rest, "t") || span_is(rest, "+"))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(levels) && version->parts == 3; i++) {
        struct span serial = span_from(rest, span_of(levels[i]).length);
        size_t digits = count_digits(serial);
        struct span after = span_from(serial, digits);
        if (span_starts(rest, levels[i]) && digits > 0 && (after.length == 0 || span_is(after, "+")))
            return true;
    }
    return false;
}

bool python_version_read(struct span text, struct python_version *version)
{
    *version = (struct python_version){.parts = 0};
    struct span rest = text;
    take_parts(&rest, version);
    bool good = version->parts > 0 && is_suffix(rest, version);
    if (!good)
        *version = (struct python_version){.parts = 0};
    version->free_threaded = good && span_is(rest, "t");
    return good;
}

bool python_name_read(struct span name, struct python_version *version)
{
    *version = (struct python_version){.parts = 0};
    if (!span_starts(name, "python"))
        return false;
    struct span rest = span_from(name, 6);
    take_parts(&rest, version);
    bool with_minor = version->parts == 2;
    version->free_threaded = with_minor && span_starts(rest, "t");
    if (version->free_threaded)
        rest = span_from(rest, 1);
    bool good = version->parts < 3 && (rest.length == 0 || (with_minor && span_is(rest, "d")));
    if (!good)
        *version = (struct python_version){.parts = 0};
    return good;
}

struct python_version python_version_of_hex(uint32_t hex)
{
    return (struct python_version){.major = hex >> 24, .minor = hex >> 16 & 0xFF, .micro = hex >> 8 & 0xFF, .parts = 3};
}

int python_version_compare(const struct python_version *a, const struct python_version *b)
{
    const unsigned of_a[] = {a->major, a->minor, a->micro};
    const unsigned of_b[] = {b->major, b->minor, b->micro};
    for (unsigned i = 0; i < a->parts && i < b->parts; i++) {
        if (of_a[i] != of_b[i])
            return of_a[i] < of_b[i] ? -1 : 1;
    }
    return 0;
}

bool python_version_same_series(const struct python_version *a, const struct python_version *b)
{
    return a->parts >= 2 && b->parts >= 2 && a->major == b->major && a->minor == b->minor &&
           a->free_threaded == b->free_threaded;
}

void python_version_add(struct text *text, const struct python_version *version)
{
    const unsigned parts[] = {version->major, version->minor, version->micro};
    for (unsigned i = 0; i < version->parts && i < ARRAY_LENGTH(parts); i++) {
        if (i > 0)
            text_byte(text, '.');
        text_unsigned(text, parts[i]);
    }
    if (version->free_threaded)
        text_byte(text, 't');
}
