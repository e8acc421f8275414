#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static const struct span nothing = {NULL, 0};

static void assert_span(struct span found, const char *wanted)
{
    char copy[256];
    assert_true(found.length < sizeof copy);
    if (found.length > 0)
        memcpy(copy, found.at, found.length);
    copy[found.length] = '\0';
    assert_string_equal(copy, wanted);
    assert_int_equal(found.length, strlen(wanted));
}

static void parts_of_a_span(void **state)
{
    (void)state;
    assert_int_equal(span_of(NULL).length, 0);
    assert_span(span_of("abc"), "abc");
    assert_span(span_from(span_of("abc"), 1), "bc");
    assert_span(span_from(span_of("abc"), 3), "");
    assert_span(span_from(span_of("abc"), 9), "");
    assert_null(span_from(nothing, 2).at);
    assert_span(span_first(span_of("abc"), 2), "ab");
    assert_span(span_first(span_of("abc"), 9), "abc");
    assert_int_equal(SPAN("a\0b").length, 3);
}

static void compare(void **state)
{
    (void)state;
    assert_true(span_is(SPAN("app"), "app"));
    assert_false(span_is(SPAN("app"), "ap"));
    assert_false(span_is(SPAN("ap"), "app"));
    assert_false(span_is(SPAN("a\0b"), "a"));
    assert_true(span_is(nothing, ""));
    assert_true(span_is(nothing, NULL));
    assert_true(span_equal(nothing, SPAN("")));
    assert_true(span_starts(SPAN("app"), "ap"));
    assert_true(span_starts(SPAN("app"), ""));
    assert_false(span_starts(SPAN("ap"), "app"));
    assert_true(span_ends(SPAN("app"), "pp"));
    assert_true(span_ends(nothing, ""));
    assert_false(span_ends(SPAN("pp"), "app"));
    assert_true(span_has(SPAN("a\0b"), '\0'));
    assert_false(span_has(SPAN("ab"), '\0'));
    assert_false(span_has(nothing, 'a'));
}

static void find(void **state)
{
    (void)state;
    size_t where = 99;
    assert_false(span_find(SPAN("abc"), "bd", &where));
    assert_false(span_find(nothing, "b", &where));
    assert_int_equal(where, 99);
    assert_true(span_find(SPAN("abcbc"), "bc", &where));
    assert_int_equal(where, 1);
    assert_true(span_find(SPAN("abc"), "c", &where));
    assert_int_equal(where, 2);
    assert_true(span_find(nothing, "", &where));
    assert_int_equal(where, 0);
}

static void trim(void **state)
{
    (void)state;
    static const struct {
        const char *text, *trimmed;
    } rows[] = {{" \t\r\n\v\fa b \r\n", "a b"}, {"a", "a"}, {"", ""}, {"  \n", ""}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_span(span_trim(span_of(rows[i].text)), rows[i].trimmed);
    assert_int_equal(span_trim(nothing).length, 0);
}

static void split(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parts; /* each part in brackets */
    } rows[] = {{"a:b", "[a][b]"}, {"", "[]"}, {":", "[][]"}, {"a::b:", "[a][][b][]"}, {"abc", "[abc]"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        struct span rest = span_of(rows[i].text);
        while (rest.at) {
            text_byte(&text, '[');
            text_span(&text, span_split(&rest, ':'));
            text_byte(&text, ']');
        }
        assert_string_equal(buffer, rows[i].parts);
    }
    struct span none = nothing;
    assert_null(span_split(&none, ':').at);
    assert_null(none.at);
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *folder, *name;
    } rows[] = {
        {"/app/.venv/bin/python", "/app/.venv/bin", "python"},
        {"python", "", "python"},
        {"/python", "/", "python"},
        {"/app/", "/", "app"},
        {"/a//b//", "/a", "b"},
        {"//a", "/", "a"},
        {"/", "/", ""},
        {"///", "/", ""},
        {"", "", ""},
        {"a/", "", "a"},
        {"a/b", "a", "b"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_span(span_folder(span_of(rows[i].path)), rows[i].folder);
        assert_span(span_base_name(span_of(rows[i].path)), rows[i].name);
    }
    assert_int_equal(span_folder(nothing).length + span_base_name(nothing).length, 0);
}

static void numbers_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool (*read)(struct span, uint64_t, uint64_t *);
        uint64_t most;
        bool good;
        uint64_t number;
    } rows[] = {
        {"0", span_number, 0, true, 0},
        {"1", span_number, 0, false, 0},
        {"007", span_number, 7, true, 7},
        {"8", span_number, 7, false, 0},
        {"65535", span_number, 65535, true, 65535},
        {"65536", span_number, 65535, false, 0},
        {"18446744073709551615", span_number, UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", span_number, UINT64_MAX, false, 0},
        {"99999999999999999999999999", span_number, UINT64_MAX, false, 0},
        {"", span_number, 9, false, 0},
        {"+1", span_number, 9, false, 0},
        {"-1", span_number, 9, false, 0},
        {" 1", span_number, 9, false, 0},
        {"1a", span_number, 99, false, 0},
        {"755", span_octal, 07777, true, 0755},
        {"8", span_octal, 07777, false, 0},
        {"10000", span_octal, 07777, false, 0},
        {"fF", span_hex, 255, true, 255},
        {"100", span_hex, 255, false, 0},
        {"0x1", span_hex, 255, false, 0},
        {"g", span_hex, 255, false, 0},
        {"ffffffffffffffff", span_hex, UINT64_MAX, true, UINT64_MAX},
        {"10000000000000000", span_hex, UINT64_MAX, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t number = 4711;
        assert_int_equal(rows[i].read(span_of(rows[i].text), rows[i].most, &number), rows[i].good);
        assert_int_equal(number, rows[i].good ? rows[i].number : 4711);
    }
}

static void distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},          {"main", "main", 0}, {"main", "mian", 1}, {"main", "man", 1},
        {"main", "mains", 1}, {"", "main", 4},     {"main", "", 4},     {"kitten", "sitting", 3},
        {"ca", "abc", 3},     {"ab", "ba", 1},     {"abcd", "badc", 2}, {"app", "xyz", 3},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(span_distance(span_of(rows[i].a), span_of(rows[i].b)), rows[i].distance);
    char longest[65];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(span_distance((struct span){longest, 64}, nothing), 64);
    assert_true(span_distance((struct span){longest, 65}, nothing) == SIZE_MAX);
    assert_true(span_distance(nothing, (struct span){longest, 65}) == SIZE_MAX);
}

static void text_is_cut_and_says_so(void **state)
{
    (void)state;
    char buffer[5];
    struct text text = TEXT_ON(buffer);
    assert_string_equal(buffer, "");
    text_add(&text, "abcd");
    assert_false(text.cut);
    text_add(&text, "");
    text_add(&text, NULL);
    assert_false(text.cut);
    text_byte(&text, 'e');
    assert_true(text.cut);
    assert_string_equal(buffer, "abcd");

    text_clear(&text);
    assert_string_equal(buffer, "");
    assert_false(text.cut);
    text_unsigned(&text, 1234567);
    assert_string_equal(buffer, "1234");
    assert_true(text.cut);

    char one[1];
    struct text smallest = TEXT_ON(one);
    text_byte(&smallest, 'a');
    assert_string_equal(one, "");
    assert_true(smallest.cut);
}

static void nothing_is_added_after_a_cut(void **state)
{
    (void)state;
    char buffer[5];
    struct text text = TEXT_ON(buffer);
    text_visible(&text, SPAN("ab\x01"));
    assert_string_equal(buffer, "ab");
    assert_true(text.cut);
    text_byte(&text, 'c');
    assert_string_equal(buffer, "ab");
}

static void numbers_written(void **state)
{
    (void)state;
    char buffer[128];
    struct text text = TEXT_ON(buffer);
    text_unsigned(&text, 0);
    text_byte(&text, ' ');
    text_unsigned(&text, UINT64_MAX);
    text_byte(&text, ' ');
    text_signed(&text, INT64_MIN);
    text_byte(&text, ' ');
    text_signed(&text, 42);
    text_byte(&text, ' ');
    text_octal(&text, UINT64_MAX);
    text_byte(&text, ' ');
    text_octal(&text, 0755);
    text_byte(&text, ' ');
    text_hex(&text, 0xc0de);
    assert_string_equal(buffer, "0 18446744073709551615 -9223372036854775808 42 1777777777777777777777 755 c0de");
}

static void join(void **state)
{
    (void)state;
    char buffer[32];
    struct text text = TEXT_ON(buffer);
    text_join(&text, "/app", "/", "main.py", NULL);
    text_join(&text, NULL);
    assert_string_equal(buffer, "/app/main.py");
    assert_true(span_is(text_as_span(&text), "/app/main.py"));
}

static void visible(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        const char *shown;
    } rows[] = {
        {SPAN_ROW("/app main"), "/app main"},
        {SPAN_ROW("a\r\n\tb"), "a\\r\\n\\tb"},
        {SPAN_ROW("\x1b[31m\0\x7f"), "\\x1b[31m\\x00\\x7f"},
        {SPAN_ROW("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d"},
        {SPAN_ROW("\xc2\x9b"), "\\xc2\\x9b"},                   /* CSI */
        {SPAN_ROW("\xef\xbb\xbf#!"), "\\xef\\xbb\\xbf#!"},      /* byte order mark */
        {SPAN_ROW("\xe2\x80\xae"), "\\xe2\\x80\\xae"},          /* right to left override */
        {SPAN_ROW("\xc0\xaf"), "\\xc0\\xaf"},                   /* overlong */
        {SPAN_ROW("\xe0\x80\xaf"), "\\xe0\\x80\\xaf"},          /* overlong */
        {SPAN_ROW("\xed\xa0\x80"), "\\xed\\xa0\\x80"},          /* surrogate */
        {SPAN_ROW("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
        {SPAN_ROW("\xe2\x82"), "\\xe2\\x82"},                   /* cut off */
        {SPAN_ROW("\xe2\x82z"), "\\xe2\\x82z"},
        {SPAN_ROW("\xff"), "\\xff"},
        {SPAN_ROW(""), ""},
        {{NULL, 0}, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        text_visible(&text, rows[i].bytes);
        assert_string_equal(buffer, rows[i].shown);
        assert_false(text.cut);
    }
}

static void visible_never_breaks_a_character(void **state)
{
    (void)state;
    char buffer[4];
    struct text text = TEXT_ON(buffer);
    text_visible(&text, SPAN("a\xf0\x9f\x90\x8d"));
    assert_string_equal(buffer, "a");
    assert_true(text.cut);
}

static void shell_words(void **state)
{
    (void)state;
    static const struct {
        const char *word, *quoted;
    } rows[] = {
        {"/app/main.py", "/app/main.py"},
        {"A=b:c,d@e%f+g-h_1.2", "A=b:c,d@e%f+g-h_1.2"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"$HOME", "'$HOME'"},
        {"~", "'~'"},
        {"a\nb", "'a\nb'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        text_shell_word(&text, span_of(rows[i].word));
        assert_string_equal(buffer, rows[i].quoted);
    }
    char buffer[8];
    struct text text = TEXT_ON(buffer);
    text_shell_word(&text, nothing);
    assert_string_equal(buffer, "''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_span),
        cmocka_unit_test(compare),
        cmocka_unit_test(find),
        cmocka_unit_test(trim),
        cmocka_unit_test(split),
        cmocka_unit_test(paths),
        cmocka_unit_test(numbers_read),
        cmocka_unit_test(distance),
        cmocka_unit_test(text_is_cut_and_says_so),
        cmocka_unit_test(nothing_is_added_after_a_cut),
        cmocka_unit_test(numbers_written),
        cmocka_unit_test(join),
        cmocka_unit_test(visible),
        cmocka_unit_test(visible_never_breaks_a_character),
        cmocka_unit_test(shell_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
