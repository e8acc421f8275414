#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Bytes with a length, and a writer into a fixed buffer.
 *
 * A span never owns its bytes and need not end in NUL: it is valid as long as what it points into. Nothing here calls
 * the system or allocates. Every function takes any bytes; a NULL `at` is a span of length 0.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t length;
};

/* A writer. What doesn't fit is left out, and `cut` says so. `at[length]` is always NUL, so `at` is a C string. */
struct text {
    char *at;
    size_t size;
    size_t length;
    bool cut;
};

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define TEXT_ON(array)      text_on((array), sizeof(array))
#define SPAN(literal)       ((struct span)SPAN_ROW(literal))
/* For static tables, where SPAN isn't constant. */
/* clang-format off */
#define SPAN_ROW(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */

struct span span_of(const char *string); /* NULL gives an empty span */
struct span span_from(struct span span, size_t start);
struct span span_first(struct span span, size_t length);
bool span_is(struct span span, const char *string);
bool span_equal(struct span a, struct span b);
bool span_is_among(struct span span, const char *words); /* one of the words, which have a blank between them */
bool span_starts(struct span span, const char *prefix);
bool span_ends(struct span span, const char *suffix);
bool span_has(struct span span, char byte);
bool span_find(struct span span, const char *string, size_t *where);
struct span span_trim(struct span span); /* blanks, tabs, CR, LF, VT and FF at both ends */
/* Takes the part before the first `by` off `rest`, and `by` with it; the last part leaves `rest` with a NULL `at`.
 * while (rest.at) part = span_split(&rest, ':') gives every part, empty ones too. */
struct span span_split(struct span *rest, char by);
/* The last component of a path, and what is before it ("" for a bare name, "/" for a name in the root). Slashes at the
 * end don't count: "/app/" is "app" in "/"; "/" is "" in "/". */
struct span span_base_name(struct span path);
struct span span_folder(struct span path);
/* Digits only, at least one, no sign, no blanks, no 0x, at most `most`: true, and the number in `*number`. Otherwise
 * false, and `*number` is left alone. */
bool span_number(struct span span, uint64_t most, uint64_t *number);
bool span_octal(struct span span, uint64_t most, uint64_t *number);
bool span_hex(struct span span, uint64_t most, uint64_t *number);
/* The optimal string alignment distance, for did-you-mean; SIZE_MAX when a span is longer than 64 bytes. */
size_t span_distance(struct span a, struct span b);

struct text text_on(char *buffer, size_t size); /* size > 0 */
void text_clear(struct text *text);             /* nothing in it, and nothing cut */
/* Once something was cut nothing more is added, so that the end of a long text is never glued to its beginning. */
void text_byte(struct text *text, char byte);
void text_add(struct text *text, const char *string);
void text_span(struct text *text, struct span span);
void text_unsigned(struct text *text, uint64_t number);
void text_signed(struct text *text, int64_t number);
void text_octal(struct text *text, uint64_t number); /* no leading 0 */
void text_hex(struct text *text, uint64_t number);   /* lower case, no 0x */
/* Adds the parts up to a NULL: text_join(&text, folder, "/", name, NULL). */
void text_join(struct text *text, ...) __attribute__((sentinel));
/* Bytes as a person may see them: CR, LF and TAB as \r \n \t; as \xHH each byte of other control characters (C1 too: a
 * terminal obeys them), of characters that have no width or turn the text's direction, and of what isn't UTF-8. */
void text_visible(struct text *text, struct span span);
/* A word as a POSIX shell reads it back: as it is, or in single quotes. Control bytes stay what they are. */
void text_shell_word(struct text *text, struct span span);
/* Bytes as they stand between the quotes of a JSON string (RFC 8259), in UTF-8; invalid bytes as \ufffd. */
void text_json(struct text *text, struct span span);
struct span text_as_span(const struct text *text);

#endif
