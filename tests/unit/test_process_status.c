#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/process_status.h"

static const struct span whole = SPAN_ROW("Name:\tpython3.12\n"
                                          "Umask:\t0022\n"
                                          "State:\tS (sleeping)\n"
                                          "Tgid:\t7\n"
                                          "Pid:\t7\n"
                                          "PPid:\t1\n"
                                          "TracerPid:\t0\n"
                                          "Uid:\t1000\t1001\t1002\t4294967295\n"
                                          "Gid:\t5\t6\t7\t8\n"
                                          "FDSize:\t64\n"
                                          "Groups:\t33 998 \n"
                                          "SigQ:\t0/7823\n"
                                          "SigBlk:\t0000000000004000\n"
                                          "SigIgn:\t0000000001001000\n"
                                          "SigCgt:\tffffffffffffffff\n"
                                          "CapInh:\t0000000000000000\n"
                                          "CapPrm:\t0000000000000400\n"
                                          "CapEff:\t00000000a80425fb\n"
                                          "CapBnd:\t000001ffffffffff\n"
                                          "CapAmb:\t0000000000000400\n"
                                          "NoNewPrivs:\t1\n"
                                          "Seccomp:\t2\n"
                                          "Seccomp_filters:\t1\n");

static void everything(void **state)
{
    (void)state;
    struct process_status status;
    process_status_read(&status, whole);
    assert_int_equal(status.known, 0xFFFF);
    assert_true(span_is(status.name, "python3.12"));
    assert_int_equal(status.state, 'S');
    assert_int_equal(status.parent, 1);
    assert_int_equal(status.uids.real, 1000);
    assert_int_equal(status.uids.effective, 1001);
    assert_int_equal(status.uids.saved, 1002);
    assert_int_equal(status.uids.file_system, 4294967295);
    assert_int_equal(status.gids.real, 5);
    assert_int_equal(status.gids.file_system, 8);
    assert_int_equal(status.group_count, 2);
    assert_int_equal(status.groups[0], 33);
    assert_int_equal(status.groups[1], 998);
    assert_false(status.groups_cut);
    assert_int_equal(status.blocked, 0x4000);
    assert_int_equal(status.ignored, 0x1001000);
    assert_true(status.caught == UINT64_MAX);
    assert_int_equal(status.inheritable, 0);
    assert_int_equal(status.permitted, 0x400);
    assert_int_equal(status.effective, 0xa80425fb);
    assert_int_equal(status.bounding, 0x1ffffffffff);
    assert_int_equal(status.ambient, 0x400);
    assert_int_equal(status.no_new_privileges, 1);
    assert_int_equal(status.seccomp, 2);
}

static void what_is_not_there_is_not_known(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        unsigned known;
    } rows[] = {
        {SPAN_ROW(""), 0},
        {SPAN_ROW("Uid:\t1\t2\t3\n"), 0},
        {SPAN_ROW("Uid:\t1\t2\t3\t4\t5\n"), 0},
        {SPAN_ROW("Uid:\t1\t2\t3\t4294967296\n"), 0},
        {SPAN_ROW("Uid\t1\t2\t3\t4\n"), 0},
        {SPAN_ROW("Uid:\t1\t2\t3\t4"), STATUS_UIDS},
        {SPAN_ROW("Groups:\t\n"), STATUS_GROUPS},
        {SPAN_ROW("Groups:\tx\n"), 0},
        {SPAN_ROW("CapEff:\tfffffffffffffffff\n"), 0},
        {SPAN_ROW("CapEff:\t\n"), 0},
        {SPAN_ROW("Seccomp_filters:\t1\n"), 0},
        {SPAN_ROW("State:\n"), 0},
        {SPAN_ROW("Name:\n"), STATUS_NAME},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct process_status status;
        process_status_read(&status, rows[i].bytes);
        assert_int_equal(status.known, rows[i].known);
        assert_int_equal(process_status_has(&status, STATUS_UIDS), rows[i].known == STATUS_UIDS);
    }
}

static void more_groups_than_fit(void **state)
{
    (void)state;
    char buffer[512];
    struct text text = TEXT_ON(buffer);
    text_add(&text, "Groups:\t");
    for (unsigned i = 0; i < STATUS_GROUPS_MOST; i++)
        text_add(&text, "7 ");
    struct process_status status;
    process_status_read(&status, text_as_span(&text));
    assert_int_equal(status.group_count, STATUS_GROUPS_MOST);
    assert_false(status.groups_cut);
    text_add(&text, "7 ");
    process_status_read(&status, text_as_span(&text));
    assert_int_equal(status.group_count, STATUS_GROUPS_MOST);
    assert_true(status.groups_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(what_is_not_there_is_not_known),
        cmocka_unit_test(more_groups_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
