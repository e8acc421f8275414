#include "base/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
    static const struct {
        const char *name;
        int number;
    } rows[] = {
        {"TERM", 15},      {"SIGTERM", 15},    {"term", 15},     {"sigterm", 15}, {"SigTerm", 15},    {"15", 15},
        {"1", 1},          {"64", 64},         {"HUP", 1},       {"STKFLT", 16},  {"CLD", 17},        {"CHLD", 17},
        {"IOT", 6},        {"POLL", 29},       {"IO", 29},       {"SYS", 31},     {"RTMIN", 34},      {"SIGRTMIN", 34},
        {"RTMIN+3", 37},   {"SIGRTMIN+3", 37}, {"rtmin+30", 64}, {"RTMAX", 64},   {"SIGRTMAX-2", 62}, {"RTMAX-30", 34},
        {"", 0},           {"0", 0},           {"65", 0},        {"-1", 0},       {"SIG", 0},         {"TER", 0},
        {"TERMX", 0},      {"SIGSIGTERM", 0},  {"RTMIN+", 0},    {"RTMIN+31", 0}, {"RTMIN-1", 0},     {"RTMAX+1", 0},
        {"RTMAX-31", 0},   {"RTMIN3", 0},      {"RTMIN+3x", 0},  {"15 ", 0},      {" 15", 0},         {"SIG15", 0},
        {"4294967311", 0}, {"RTMI", 0},        {"TERM\xff", 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (signal_number(span_of(rows[i].name)) != rows[i].number)
            fail_msg("'%s' is %d, not %d", rows[i].name, signal_number(span_of(rows[i].name)), rows[i].number);
    assert_int_equal(signal_number((struct span){"TERM\0X", 6}), 0);
}

static void test_names(void **state)
{
    static const struct {
        int number;
        const char *name;
    } rows[] = {
        {1, "SIGHUP"},      {6, "SIGABRT"},    {15, "SIGTERM"},    {17, "SIGCHLD"},     {29, "SIGIO"},
        {31, "SIGSYS"},     {34, "SIGRTMIN"},  {37, "SIGRTMIN+3"}, {49, "SIGRTMIN+15"}, {50, "SIGRTMAX-14"},
        {62, "SIGRTMAX-2"}, {64, "SIGRTMAX"},  {32, "signal 32"},  {33, "signal 33"},   {0, "signal 0"},
        {65, "signal 65"},  {-1, "signal -1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char name[32];
        struct text text = TEXT_ON(name);
        signal_add_name(&text, rows[i].number);
        assert_string_equal(name, rows[i].name);
    }
}

static void test_every_name_is_read_back(void **state)
{
    (void)state;
    for (int number = 1; number <= SIGNAL_LAST; number++) {
        char name[32];
        struct text text = TEXT_ON(name);
        signal_add_name(&text, number);
        if (number != 32 && number != 33)
            assert_int_equal(signal_number(text_as_span(&text)), number);
    }
}

static void test_bits(void **state)
{
    (void)state;
    assert_int_equal(signal_bit(1), 1);
    assert_true(signal_bit(64) == (uint64_t)1 << 63);
    assert_int_equal(signal_bit(0), 0);
    assert_int_equal(signal_bit(65), 0);
    assert_int_equal(signal_bit(-1), 0);
}

/* All of a process's signal state, in one go: what one step leaves is what the next begins with. */
static void test_block_wait_restore(void **state)
{
    struct signal_state given, again;
    struct sigaction action = {.sa_handler = SIG_IGN};
    siginfo_t info;
    (void)state;
    sigaction(SIGCHLD, &action, NULL);
    assert_true(signals_block(&given));
    assert_true(given.child_ignored);
    sigaction(SIGCHLD, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    for (int number = 1; number <= SIGNAL_LAST; number++)
        if (number != SIGKILL && number != SIGSTOP && number != SIGCONT)
            assert_int_equal(kill(getpid(), number), 0);
    uint64_t expected = ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP) | signal_bit(SIGCONT));
    assert_true(signals_pending() == expected);
    uint64_t taken = 0;
    for (int number; (number = signals_wait(UINT64_MAX, 0, &info)) > 0; taken |= signal_bit(number))
        assert_int_equal(info.si_signo, number);
    assert_true(taken == expected);
    assert_int_equal(signals_wait(UINT64_MAX, 20, &info), 0);
    assert_true(signals_block(&again));
    assert_true(again.mask == ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
    assert_false(again.child_ignored);
    assert_true(signals_restore(&given));
    sigaction(SIGCHLD, NULL, &action);
    assert_true(action.sa_handler == SIG_IGN);
    assert_true(signals_block(&again));
    assert_true(again.mask == given.mask);
    assert_true(signals_restore(&(struct signal_state){.mask = given.mask}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_name_is_read_back),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_block_wait_restore),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
