#include "base/system.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void count_up(void *context, int number)
{
    int *sum = context;
    *sum += number;
}

/* The entry whose number is that of the descriptor that reads the folder counts like any other. */
static void test_each_number(void **state)
{
    static const char *const names[] = {"1", "20", "3",  "300", "4",           "5",         "6",
                                        "7", "x1", "1x", "-1",  "99999999999", "2147483648"};
    char folder[] = "/tmp/asgi-init-test-XXXXXX";
    int sum = 0;
    (void)state;
    assert_non_null(mkdtemp(folder));
    int at = open(folder, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_int_equal(mkdirat(at, names[i], 0700), 0);
    assert_true(system_each_number(folder, count_up, &sum));
    assert_int_equal(sum, 1 + 20 + 3 + 300 + 4 + 5 + 6 + 7);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unlinkat(at, names[i], AT_REMOVEDIR);
    close(at);
    rmdir(folder);
    assert_false(system_each_number(folder, count_up, &sum));
}

static void test_close_above_2(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        for (int number = 3; number < 40; number++)
            dup2(2, number);
        system_close_above_2(7);
        int open_ones = 0;
        for (int number = 3; number < 1024; number++)
            open_ones += fcntl(number, F_GETFD) >= 0;
        bool kept = fcntl(7, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0;
        system_close_above_2(-1);
        _exit(kept && open_ones == 1 && fcntl(7, F_GETFD) < 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_milliseconds_go_on(void **state)
{
    (void)state;
    int64_t before = system_milliseconds();
    usleep(2000);
    assert_true(system_milliseconds() > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_number),
        cmocka_unit_test(test_close_above_2),
        cmocka_unit_test(test_milliseconds_go_on),
    };
    return cmocka_run_group_tests_name("system", tests, NULL, NULL);
}
