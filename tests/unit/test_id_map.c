#include "facts/id_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *map;
    uint32_t id;
    bool has;
};

#define FIRST "         0          0 4294967295\n"
#define ONE   "         0       1000          1\n"
#define TWO   "0 1000 1\n1 100000 65536\n"

static const struct row rows[] = {
    {FIRST, 0, true},
    {FIRST, 4294967294, true},
    {FIRST, 4294967295, false}, /* -1 is no id anywhere */
    {ONE, 0, true},
    {ONE, 1, false},
    {ONE, 1000, false}, /* outside, not inside */
    {TWO, 1, true},
    {TWO, 65536, true},
    {TWO, 65537, false},
    {"", 0, false},
    {"\n\n", 0, false},
    {"0 0", 0, false},
    {"0 0 0\n", 0, false},
    {"0 0 -1\n", 0, false},
    {"0\t0\t1\n", 0, false}, /* the kernel parts by blanks */
    {"x 0 1\n5 0 1", 5, true},
    {"4294967295 0 4294967295\n", 4294967294, false}, /* no wrapping round */
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (id_map_has(span_of(rows[i].map), rows[i].id) != rows[i].has)
            fail_msg("row %zu", i);
    }
}

static void test_count(void **state)
{
    (void)state;
    assert_true(id_map_count(span_of(FIRST)) == 4294967295);
    assert_int_equal(id_map_count(span_of(ONE)), 1);
    assert_int_equal(id_map_count(span_of(TWO)), 65537);
    assert_int_equal(id_map_count(span_of("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
