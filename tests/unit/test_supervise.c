#include "process/supervise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define EXITED(code) ((code) << 8)
#define KILLED(by)   (by)
#define DUMPED(by)   ((by) | 0x80)
#define SENT(number) ((uint64_t)1 << ((number)-1))

static void test_exit_codes(void **state)
{
    static const struct {
        const char *what;
        struct fate fate;
        bool zero_when_asked;
        int code;
    } rows[] = {
        {"exit 0", {.status = EXITED(0)}, false, 0},
        {"exit 0, serving", {.status = EXITED(0)}, true, 0},
        {"exit 3", {.status = EXITED(3)}, true, 3},
        {"exit 255", {.status = EXITED(255)}, true, 255},
        {"died of TERM unasked", {.status = KILLED(15)}, true, 143},
        {"died of SEGV", {.status = DUMPED(11)}, true, 139},
        {"died of 64", {.status = KILLED(64)}, true, 192},
        {"asked, exit 0", {.status = EXITED(0), .stop_signal = 15, .stops_sent = SENT(15)}, true, 0},
        {"asked, exit 3", {.status = EXITED(3), .stop_signal = 15, .stops_sent = SENT(15)}, true, 3},
        {"asked, exit 143", {.status = EXITED(143), .stop_signal = 15, .stops_sent = SENT(15)}, true, 143},
        {"asked, died of it", {.status = KILLED(15), .stop_signal = 15, .stops_sent = SENT(15)}, true, 0},
        {"asked, died of it, a command", {.status = KILLED(15), .stop_signal = 15, .stops_sent = SENT(15)}, false, 143},
        {"asked, mapped", {.status = KILLED(2), .stop_signal = 15, .stops_sent = SENT(2)}, true, 0},
        {"asked, mapped to QUIT", {.status = DUMPED(3), .stop_signal = 15, .stops_sent = SENT(3)}, true, 0},
        {"asked, died of another", {.status = KILLED(6), .stop_signal = 15, .stops_sent = SENT(15)}, true, 134},
        {"asked twice, died of the second",
         {.status = KILLED(2), .stop_signal = 15, .stops_sent = SENT(15) | SENT(2)},
         true,
         0},
        {"killed from outside while stopping",
         {.status = KILLED(9), .stop_signal = 15, .stops_sent = SENT(15)},
         true,
         137},
        {"killed by us",
         {.status = KILLED(9), .stop_signal = 15, .stops_sent = SENT(15), .killed_by_timeout = true},
         true,
         137},
        {"killed by us, with TERM mapped to KILL before",
         {.status = KILLED(9), .stop_signal = 15, .stops_sent = SENT(9), .killed_by_timeout = true},
         true,
         137},
        {"ended well although we gave up on it",
         {.status = EXITED(0), .stop_signal = 15, .stops_sent = SENT(15), .killed_by_timeout = true},
         true,
         0},
        {"nobody knows", {.status_unknown = true}, true, 71},
        {"nobody knows, asked", {.status_unknown = true, .stop_signal = 15, .stops_sent = SENT(15)}, true, 0},
        {"nobody knows, asked, a command",
         {.status_unknown = true, .stop_signal = 15, .stops_sent = SENT(15)},
         false,
         71},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (fate_exit_code(&rows[i].fate, rows[i].zero_when_asked) != rows[i].code)
            fail_msg("%s: %d, not %d", rows[i].what, fate_exit_code(&rows[i].fate, rows[i].zero_when_asked),
                     rows[i].code);
}

static void test_defaults(void **state)
{
    (void)state;
    struct supervise_options command = supervise_defaults(false, false);
    for (int number = 1; number <= SIGNAL_LAST; number++)
        assert_int_equal(command.map[number], number);
    assert_int_equal(command.stop_delay, 0);
    assert_int_equal(command.stop_timeout, 0);
    assert_int_equal(command.orphan_timeout, 2000);
    assert_int_equal(command.keep, -1);
    struct supervise_options single = supervise_defaults(true, true), several = supervise_defaults(true, false);
    assert_int_equal(single.map[SIGQUIT], SIGTERM);
    assert_int_equal(single.map[37], SIGTERM);
    assert_int_equal(single.map[SIGHUP], SIGTERM);
    assert_int_equal(several.map[SIGQUIT], SIGTERM);
    assert_int_equal(several.map[37], SIGTERM);
    assert_int_equal(several.map[SIGHUP], SIGHUP);
}

static void test_map(void **state)
{
    static const struct {
        const char *rule;
        int from, to; /* from 0: refused */
    } rows[] = {
        {"TERM=INT", 15, 2},  {"15=2", 15, 2},     {"SIGRTMIN+3=SIGTERM", 37, 15},
        {"USR1=", 10, 0},     {"HUP=KILL", 1, 9},  {"TERM=STOP", 15, 19},
        {"RTMAX=34", 64, 34}, {"KILL=TERM", 0, 0}, {"STOP=", 0, 0},
        {"CHLD=TERM", 0, 0},  {"TERM", 0, 0},      {"", 0, 0},
        {"=", 0, 0},          {"=TERM", 0, 0},     {"X=TERM", 0, 0},
        {"TERM=X", 0, 0},     {"TERM=0", 0, 0},    {"TERM==INT", 0, 0},
        {"0=1", 0, 0},        {"TERM= INT", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct supervise_options options = supervise_defaults(false, false), before = options;
        if (supervise_map(&options, span_of(rows[i].rule)) != (rows[i].from != 0))
            fail_msg("'%s'", rows[i].rule);
        if (rows[i].from)
            assert_int_equal(options.map[rows[i].from], rows[i].to);
        before.map[rows[i].from] = options.map[rows[i].from];
        assert_memory_equal(before.map, options.map, sizeof(options.map));
    }
}

static int pending_after(const struct supervise_options *options, int number)
{
    siginfo_t info;
    kill(getpid(), number);
    int stop = supervise_stop_pending(options);
    while (signals_wait(UINT64_MAX, 0, &info) > 0)
        continue;
    return stop;
}

static void test_stop_pending(void **state)
{
    struct signal_state given;
    (void)state;
    assert_true(signals_block(&given));
    struct supervise_options command = supervise_defaults(false, false), serving = supervise_defaults(true, true);
    assert_int_equal(supervise_stop_pending(&command), 0);
    assert_int_equal(pending_after(&command, SIGTERM), SIGTERM);
    assert_int_equal(pending_after(&command, SIGINT), SIGINT);
    assert_int_equal(pending_after(&command, SIGQUIT), 0);
    assert_int_equal(pending_after(&command, SIGUSR1), 0);
    assert_int_equal(pending_after(&serving, SIGQUIT), SIGQUIT);
    assert_int_equal(pending_after(&serving, 37), 37);
    assert_int_equal(pending_after(&serving, SIGHUP), SIGHUP);
    supervise_map(&command, SPAN("TERM="));
    supervise_map(&command, SPAN("INT=QUIT"));
    assert_int_equal(pending_after(&command, SIGTERM), 0);
    assert_int_equal(pending_after(&command, SIGINT), SIGINT);
    signals_restore(&given);
}

/* A parent that died before the kernel knew our wish: the signal comes all the same. */
static void test_parent_that_is_gone_already(void **state)
{
    struct signal_state given;
    siginfo_t info;
    (void)state;
    assert_true(signals_block(&given));
    assert_true(supervise_die_with_parent(SIGUSR2, getppid()));
    assert_int_equal(signals_wait(UINT64_MAX, 0, &info), 0);
    assert_true(supervise_die_with_parent(SIGUSR2, getppid() + 1));
    assert_int_equal(signals_wait(UINT64_MAX, 0, &info), SIGUSR2);
    assert_false(supervise_die_with_parent(99, getppid()));
    assert_true(supervise_die_with_parent(0, getppid()));
    signals_restore(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_stop_pending),
        cmocka_unit_test(test_parent_that_is_gone_already),
    };
    return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
