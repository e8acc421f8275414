#include "base/text.h"

#include <stdarg.h>
#include <string.h>

enum { LONGEST_TO_COMPARE = 64 };

struct span span_of(const char *string)
{
    return (struct span){string, string ? strlen(string) : 0};
}

struct span span_from(struct span span, size_t start)
{
    if (start >= span.length)
        start = span.length;
    return (struct span){span.at ? span.at + start : NULL, span.length - start};
}

struct span span_first(struct span span, size_t length)
{
    return (struct span){span.at, length < span.length ? length : span.length};
}

bool span_equal(struct span a, struct span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool span_is(struct span span, const char *string)
{
    return span_equal(span, span_of(string));
}

bool span_starts(struct span span, const char *prefix)
{
    struct span wanted = span_of(prefix);
    return span_equal(span_first(span, wanted.length), wanted);
}

bool span_ends(struct span span, const char *suffix)
{
    struct span wanted = span_of(suffix);
    return wanted.length <= span.length && span_equal(span_from(span, span.length - wanted.length), wanted);
}

bool span_has(struct span span, char byte)
{
    return span.length > 0 && memchr(span.at, byte, span.length);
}

bool span_find(struct span span, const char *string, size_t *where)
{
    for (size_t i = 0; i <= span.length; i++) {
        if (span_starts(span_from(span, i), string)) {
            *where = i;
            return true;
        }
    }
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct span span_trim(struct span span)
{
    while (span.length > 0 && is_blank(span.at[span.length - 1]))
        span.length--;
    while (span.length > 0 && is_blank(*span.at))
        span = span_from(span, 1);
    return span;
}

struct span span_split(struct span *rest, char by)
{
    struct span whole = *rest;
    const char *end = whole.length > 0 ? memchr(whole.at, by, whole.length) : NULL;
    if (!end) {
        *rest = (struct span){NULL, 0};
        return whole;
    }
    size_t length = (size_t)(end - whole.at);
    *rest = span_from(whole, length + 1);
    return span_first(whole, length);
}

bool span_is_among(struct span span, const char *words)
{
    for (struct span rest = span_of(words); rest.at;)
        if (span_equal(span, span_split(&rest, ' ')))
            return true;
    return false;
}

static size_t without_slashes_at_end(struct span path, size_t length)
{
    while (length > 0 && path.at[length - 1] == '/')
        length--;
    return length;
}

static size_t start_of_name(struct span path, size_t end)
{
    while (end > 0 && path.at[end - 1] != '/')
        end--;
    return end;
}

struct span span_base_name(struct span path)
{
    struct span named = span_first(path, without_slashes_at_end(path, path.length));
    return span_from(named, start_of_name(named, named.length));
}

struct span span_folder(struct span path)
{
    size_t start = start_of_name(path, without_slashes_at_end(path, path.length));
    size_t end = without_slashes_at_end(path, start);
    bool in_root = end == 0 && path.length > 0 && *path.at == '/';
    return span_first(path, in_root ? 1 : end);
}

static unsigned digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return (unsigned)(byte - '0');
    if (byte >= 'a' && byte <= 'f')
        return (unsigned)(byte - 'a') + 10;
    if (byte >= 'A' && byte <= 'F')
        return (unsigned)(byte - 'A') + 10;
    return 16;
}

static bool number_in_base(struct span span, unsigned base, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < span.length; i++) {
        unsigned digit = digit_of(span.at[i]);
        if (digit >= base || digit > most || value > (most - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (span.length == 0)
        return false;
    *number = value;
    return true;
}

bool span_number(struct span span, uint64_t most, uint64_t *number)
{
    return number_in_base(span, 10, most, number);
}

bool span_octal(struct span span, uint64_t most, uint64_t *number)
{
    return number_in_base(span, 8, most, number);
}

bool span_hex(struct span span, uint64_t most, uint64_t *number)
{
    return number_in_base(span, 16, most, number);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t of_two = a < b ? a : b;
    return of_two < c ? of_two : c;
}

size_t span_distance(struct span a, struct span b)
{
    if (a.length > LONGEST_TO_COMPARE || b.length > LONGEST_TO_COMPARE)
        return SIZE_MAX;
    /* Row i of the table is rows[i % 3]: a swap of neighbours looks two rows back. */
    size_t rows[3][LONGEST_TO_COMPARE + 1];
    for (size_t j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t change = a.at[i - 1] == b.at[j - 1] ? 0 : 1;
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            bool swapped = i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1];
            if (swapped)
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1, SIZE_MAX);
        }
    }
    return rows[a.length % 3][b.length];
}

struct text text_on(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){.at = buffer, .size = size, .length = 0, .cut = false};
}

void text_clear(struct text *text)
{
    *text = text_on(text->at, text->size);
}

void text_byte(struct text *text, char byte)
{
    text_span(text, (struct span){&byte, 1});
}

void text_add(struct text *text, const char *string)
{
    text_span(text, span_of(string));
}

void text_span(struct text *text, struct span span)
{
    if (text->cut)
        return;
    size_t room = text->size - 1 - text->length;
    text->cut = span.length > room;
    struct span fits = span_first(span, room);
    if (fits.length > 0)
        memmove(text->at + text->length, fits.at, fits.length);
    text->length += fits.length;
    text->at[text->length] = '\0';
}

/* All of it or nothing: half an escape or half a character would read as another one. */
static void add_unbroken(struct text *text, struct span span)
{
    if (span.length > text->size - 1 - text->length)
        text->cut = true;
    text_span(text, text->cut ? (struct span){NULL, 0} : span);
}

static void add_in_base(struct text *text, uint64_t number, unsigned base)
{
    char digits[22]; /* the 22 octal digits of UINT64_MAX */
    size_t start = sizeof digits;
    do {
        digits[--start] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    text_span(text, (struct span){digits + start, sizeof digits - start});
}

void text_unsigned(struct text *text, uint64_t number)
{
    add_in_base(text, number, 10);
}

void text_signed(struct text *text, int64_t number)
{
    if (number < 0)
        text_byte(text, '-');
    add_in_base(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

void text_octal(struct text *text, uint64_t number)
{
    add_in_base(text, number, 8);
}

void text_hex(struct text *text, uint64_t number)
{
    add_in_base(text, number, 16);
}

void text_join(struct text *text, ...)
{
    va_list parts;
    va_start(parts, text);
    for (const char *part = va_arg(parts, const char *); part; part = va_arg(parts, const char *))
        text_add(text, part);
    va_end(parts);
}

/* The character at the start, or false where there is no whole and shortest UTF-8 character (RFC 3629). */
static bool first_character(struct span span, uint32_t *character, size_t *length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t first = (unsigned char)*span.at;
    size_t bytes = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (bytes == 0 || bytes > span.length)
        return false;
    uint32_t value = bytes == 1 ? first : first & (0x7FU >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        uint32_t next = (unsigned char)span.at[i];
        if ((next & 0xC0) != 0x80)
            return false;
        value = value << 6 | (next & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest[bytes] || value > 0x10FFFF || surrogate)
        return false;
    *character = value;
    *length = bytes;
    return true;
}

static bool is_visible(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x200B, 0x200F},  {0x2028, 0x202E},
                  {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
    for (size_t i = 0; i < ARRAY_LENGTH(unseen); i++) {
        if (character >= unseen[i].first && character <= unseen[i].last)
            return false;
    }
    return true;
}

static void add_escaped(struct text *text, char byte)
{
    unsigned value = (unsigned char)byte;
    char escape[4] = {'\\', 'x', "0123456789abcdef"[value >> 4], "0123456789abcdef"[value & 15]};
    add_unbroken(text, (struct span){escape, sizeof escape});
}

void text_visible(struct text *text, struct span span)
{
    while (span.length > 0 && !text->cut) {
        uint32_t character = 0;
        size_t length = 1;
        bool known = first_character(span, &character, &length);
        if (known && (character == '\r' || character == '\n' || character == '\t'))
            add_unbroken(text, character == '\r' ? SPAN("\\r") : character == '\n' ? SPAN("\\n") : SPAN("\\t"));
        else if (known && is_visible(character))
            add_unbroken(text, span_first(span, length));
        else
            for (size_t i = 0; i < length; i++)
                add_escaped(text, span.at[i]);
        span = span_from(span, length);
    }
}

static void add_json_escape(struct text *text, char byte)
{
    static const char letters[] = "btn?fr"; /* of 8 to 13; 11 has none */
    unsigned value = (unsigned char)byte;
    if (byte == '"' || byte == '\\')
        add_unbroken(text, (struct span){(char[]){'\\', byte}, 2});
    else if (value >= 8 && value <= 13 && value != 11)
        add_unbroken(text, (struct span){(char[]){'\\', letters[value - 8]}, 2});
    else
        add_unbroken(text, (struct span){(char[]){'\\', 'u', '0', '0', "0123456789abcdef"[value >> 4],
                                                  "0123456789abcdef"[value & 15]},
                                         6});
}

void text_json(struct text *text, struct span span)
{
    while (span.length > 0 && !text->cut) {
        uint32_t character = 0;
        size_t length = 1;
        if (!first_character(span, &character, &length))
            add_unbroken(text, SPAN("\\ufffd"));
        else if (character < 0x20 || character == 0x7F || character == '"' || character == '\\')
            add_json_escape(text, *span.at);
        else
            add_unbroken(text, span_first(span, length));
        span = span_from(span, length);
    }
}

static bool is_safe_in_shell(struct span span)
{
    for (size_t i = 0; i < span.length; i++) {
        char byte = span.at[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!letter && !span_has(SPAN("_@%+=:,./-"), byte))
            return false;
    }
    return span.length > 0;
}

void text_shell_word(struct text *text, struct span span)
{
    if (is_safe_in_shell(span)) {
        text_span(text, span);
        return;
    }
    text_byte(text, '\'');
    while (span.at) {
        text_span(text, span_split(&span, '\''));
        if (span.at)
            text_add(text, "'\\''");
    }
    text_byte(text, '\'');
}

struct span text_as_span(const struct text *text)
{
    return (struct span){text->at, text->length};
}
