#include "base/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char room[4096];
static struct text lines;

static void keep(struct span line)
{
    text_span(&lines, line);
    text_byte(&lines, '\n');
}

#define TEN    "1234567890"
#define NINETY TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void test_rows(void **state)
{
    static const struct {
        const char *left;
        size_t column;
        const char *right;
        const char *expected;
    } rows[] = {
        {"  a", 6, "b c", "  a   b c\n"},
        {"  a", 6, "", "  a\n"},
        {"  abcdef", 6, "b", "  abcdef\n      b\n"},
        {"12345", 6, "b", "12345 b\n"},
        {"123456", 6, "b", "123456\n      b\n"},
        {"a", 10, NINETY " b", "a         " NINETY "\n          b\n"},
        {"a", 10, "b " NINETY " c", "a         b\n          " NINETY "\n          c\n"},
        {"a", 10, NINETY "x y", "a         " NINETY "x\n          y\n"},
        {"a", 10, "x " TEN TEN TEN TEN TEN TEN TEN TEN " 2345678",
         "a         x " TEN TEN TEN TEN TEN TEN TEN TEN " 2345678\n"},
        {"a", 10, "x " TEN TEN TEN TEN TEN TEN TEN TEN " 23456789",
         "a         x " TEN TEN TEN TEN TEN TEN TEN TEN "\n          23456789\n"},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        lines = TEXT_ON(room);
        columns_row(span_of(rows[i].left), rows[i].column, span_of(rows[i].right), keep);
        if (strcmp(lines.at, rows[i].expected) != 0)
            fail_msg("row %u gives\n%s", i, lines.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
