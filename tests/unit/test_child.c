#include "process/child.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/text.h"

static void test_codes_of_failures(void **state)
{
    static const struct {
        struct child_result result;
        int code;
    } rows[] = {
        {{.pid = 5}, EXIT_OK},
        {{.step = CHILD_EXEC, .error = ENOENT}, EXIT_NOT_FOUND},
        {{.step = CHILD_EXEC, .error = ENOTDIR}, EXIT_NOT_FOUND},
        {{.step = CHILD_EXEC, .error = EACCES}, EXIT_NOT_EXECUTABLE},
        {{.step = CHILD_EXEC, .error = ENOEXEC}, EXIT_NOT_EXECUTABLE},
        {{.step = CHILD_EXEC, .error = EPERM}, EXIT_NOT_EXECUTABLE},
        {{.step = CHILD_EXEC, .error = ETXTBSY}, EXIT_NOT_EXECUTABLE},
        {{.step = CHILD_EXEC, .error = ENOMEM}, EXIT_SYSTEM},
        {{.step = CHILD_SHELL, .error = ENOENT}, EXIT_NOT_FOUND},
        {{.step = CHILD_SHELL, .error = E2BIG}, EXIT_NOT_EXECUTABLE},
        {{.step = CHILD_FORK, .error = EAGAIN}, EXIT_SYSTEM},
        {{.step = CHILD_PIPE, .error = EMFILE}, EXIT_SYSTEM},
        {{.step = CHILD_SIGNALS, .error = EPERM}, EXIT_SYSTEM},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(child_exit_code(&rows[i].result), rows[i].code);
        assert_true(child_step_name(rows[i].result.step)[0] != 0);
    }
}

static char *const no_words[] = {NULL};

/* Steps that fail come back with their errno, and the failed child is reaped. */
static void test_failed_start_is_reaped(void **state)
{
    static const struct {
        const char *path;
        enum child_step step;
        int error;
    } rows[] = {
        {"/nowhere/at/all", CHILD_EXEC, ENOENT},
        {"/etc/passwd", CHILD_EXEC, EACCES},
    };
    struct signal_state given;
    char *environment[] = {NULL};
    (void)state;
    assert_true(signals_block(&given));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct child_plan plan = {.path = rows[i].path, .argv = no_words, .envp = environment};
        struct child_result result = child_start(&plan, &given);
        assert_int_equal(result.step, rows[i].step);
        assert_int_equal(result.error, rows[i].error);
        assert_int_equal(result.pid, 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
    assert_true(signals_restore(&given));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_of_failures),
        cmocka_unit_test(test_failed_start_is_reaped),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
