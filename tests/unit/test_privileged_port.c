#include "checks/privileged_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    uint32_t port;
    const char *setting;
    bool low;
};

static const struct row rows[] = {
    {80, "1024\n", true}, {1023, "1024\n", true}, {1024, "1024\n", false},  {8000, "1024\n", false}, {80, "0\n", false},
    {1, "0\n", false},    {80, "80\n", false},    {79, "80\n", true},       {80, "", true},          {1024, "", false},
    {80, "x\n", true},    {0, "1024\n", false},   {65535, "65536\n", true}, {80, "-1\n", true},      {80, NULL, true},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (port_is_privileged(rows[i].port, span_of(rows[i].setting)) != rows[i].low)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
