#include "facts/process_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char whole[] = "Name:\tcat\nUmask:\t0022\nState:\tR (running)\nPid:\t1\n"
                            "Uid:\t1000\t1001\t1002\t1003\nGid:\t4294967294\t5\t6\t7\nFDSize:\t64\nGroups:\t5 1000 \n"
                            "CapInh:\t0000000000000400\nCapPrm:\t0000000000000401\nCapEff:\t0000000000000402\n"
                            "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000403\nNoNewPrivs:\t1\nSeccomp:\t2\n";

static void test_all_is_read(void **state)
{
    (void)state;
    struct process_status status;
    assert_true(process_status_parse(span_of(whole), &status));
    assert_int_equal(status.uids[0], 1000);
    assert_int_equal(status.uids[3], 1003);
    assert_int_equal(status.gids[0], 4294967294);
    assert_int_equal(status.group_count, 2);
    assert_true(process_status_has_group(&status, 5));
    assert_true(process_status_has_group(&status, 1000));
    assert_false(process_status_has_group(&status, 6));
    assert_false(status.groups_cut);
    assert_true(status.inheritable == 0x400 && status.permitted == 0x401 && status.effective == 0x402);
    assert_true(status.bounding == 0x1ffffffffff && status.ambient == 0x403);
    assert_true(status.no_new_privileges);
    assert_int_equal(status.seccomp, 2);
}

struct row {
    const char *bytes;
    bool good;
};

#define IDS  "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
#define SETS "CapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\n"

static const struct row rows[] = {
    {IDS "Groups:\t\n" SETS, true}, /* no groups, and a kernel without the newer lines */
    {IDS "Groups:\t0\n" SETS "CapAmb:\t1\n", true},
    {"", false},
    {IDS SETS, false},                                                        /* no line of groups: not "no groups" */
    {IDS "Groups:\t0\nCapInh:\t0\nCapPrm:\t0\n", false},                      /* cut by a short buffer */
    {IDS "Groups:\t\nCapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0", false}, /* cut inside of the last number */
    {"Uid:\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n" SETS, false},
    {"Uid:\t0\t0\t0\t-1\nGid:\t0\t0\t0\t0\nGroups:\t\n" SETS, false},
    {"Uid:\t0\t0\t0\t4294967296\nGid:\t0\t0\t0\t0\nGroups:\t\n" SETS, false},
    {IDS "Groups:\tx\n" SETS, false},
    {IDS "Groups:\t\nCapInh:\t0\nCapPrm:\tg\nCapEff:\t0\nCapBnd:\t0\n", false},
    {IDS "Groups:\t\nCapInh:\t0\nCapPrm:\t10000000000000000\nCapEff:\t0\nCapBnd:\t0\n", false},
    {"Name:\tUid:\t0\n" IDS "Groups:\t\n" SETS, true}, /* a program may call itself anything */
};

static void test_what_is_no_status(void **state)
{
    (void)state;
    struct process_status status;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (process_status_parse(span_of(rows[i].bytes), &status) != rows[i].good)
            fail_msg("row %zu: %s", i, rows[i].bytes);
    }
}

static void test_more_groups_than_fit(void **state)
{
    (void)state;
    char buffer[1024];
    struct text text = TEXT_ON(buffer);
    text_add(&text, IDS "Groups:\t");
    for (unsigned i = 0; i <= PROCESS_GROUPS; i++) {
        text_unsigned(&text, i);
        text_byte(&text, ' ');
    }
    text_add(&text, "\n" SETS);
    struct process_status status;
    assert_true(process_status_parse(text_as_span(&text), &status));
    assert_int_equal(status.group_count, PROCESS_GROUPS);
    assert_true(status.groups_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_read),
        cmocka_unit_test(test_what_is_no_status),
        cmocka_unit_test(test_more_groups_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
