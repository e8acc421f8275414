#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/cgroup.h"

static void paths(void **state)
{
    (void)state;
    static const char version_1[] = "12:pids:/docker/abc\n5:cpu,cpuacct:/docker/cpu:with:colons\n4:memory:/docker/m\n"
                                    "1:name=systemd:/docker/s\n0::/system.slice\n";
    static const struct {
        const char *bytes, *controller;
        bool good;
        const char *path;
    } rows[] = {
        {"0::/\n", NULL, true, "/"},
        {"0::/system.slice/docker-abc.scope\n", NULL, true, "/system.slice/docker-abc.scope"},
        {"0::/", NULL, true, "/"},
        {version_1, NULL, true, "/system.slice"},
        {version_1, "memory", true, "/docker/m"},
        {version_1, "cpuacct", true, "/docker/cpu:with:colons"},
        {version_1, "cpu", true, "/docker/cpu:with:colons"},
        {version_1, "blkio", false, ""},
        {"4:memory:/m\n", NULL, false, ""},
        {"0::\n0:/\n0\n\n", NULL, false, ""},
        {"", NULL, false, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct span path = {NULL, 0};
        assert_int_equal(cgroup_path(span_of(rows[i].bytes), rows[i].controller, &path), rows[i].good);
        assert_true(span_is(path, rows[i].path));
    }
}

static void counters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
        uint64_t number;
    } rows[] = {
        {"low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n", true, 3},
        {"oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", true, 2},
        {"oom_kill 1", true, 1},
        {"oom 4\n", false, 99},
        {"oom_kill\n", false, 99},
        {"oom_kill x\n", false, 99},
        {"", false, 99},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t number = 99;
        assert_int_equal(cgroup_counter(span_of(rows[i].bytes), "oom_kill", &number), rows[i].good);
        assert_int_equal(number, rows[i].number);
    }
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
        uint64_t limit;
    } rows[] = {
        {"max\n", true, CGROUP_NO_LIMIT},
        {"134217728\n", true, 134217728},
        {"0\n", true, 0},
        {"-1\n", true, CGROUP_NO_LIMIT},
        {"9223372036854771712\n", true, CGROUP_NO_LIMIT}, /* pages of 4 KiB */
        {"9223372036854710272\n", true, CGROUP_NO_LIMIT}, /* pages of 64 KiB */
        {"9223372036854710271\n", true, 9223372036854710271U},
        {"-2\n", false, 99},
        {"", false, 99},
        {"max 100000\n", false, 99},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t limit = 99;
        assert_int_equal(cgroup_limit(span_of(rows[i].bytes), &limit), rows[i].good);
        assert_true(limit == rows[i].limit);
    }
}

static void cpu(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
        uint64_t quota, period;
    } rows[] = {
        {"max 100000\n", true, CGROUP_NO_LIMIT, 100000},
        {"150000 100000\n", true, 150000, 100000},
        {"150000 0\n", false, 99, 99},
        {"150000\n", false, 99, 99},
        {"150000 max\n", false, 99, 99},
        {"", false, 99, 99},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t quota = 99, period = 99;
        assert_int_equal(cgroup_cpu(span_of(rows[i].bytes), &quota, &period), rows[i].good);
        assert_true(quota == rows[i].quota);
        assert_int_equal(period, rows[i].period);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(counters),
        cmocka_unit_test(limits),
        cmocka_unit_test(cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
