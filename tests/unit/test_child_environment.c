/* The child's environment: what is set, what is removed, and that nothing else changes. */

#include "commands/child_environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct child_environment child;

static void begin(char **entries)
{
    const struct environment given = {entries};
    child_environment_start(&child, &given);
}

static struct span get(const char *name)
{
    const struct environment environment = {child.entries};
    return environment_get(&environment, name);
}

static void test_untouched_entries_are_the_same_pointers(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"A=1"}, (char[]){"NOT AN ENTRY"}, (char[]){"A=2"}, NULL};
    begin(entries);
    child_environment_set(&child, "B", SPAN("x"));
    for (unsigned i = 0; i < 3; i++)
        assert_ptr_equal(child.entries[i], entries[i]);
    assert_string_equal(child.entries[3], "B=x");
    assert_null(child.entries[4]);
}

static void test_setting_replaces_every_entry_of_the_name(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"A=1"}, (char[]){"AB=1"}, (char[]){"A=2"}, NULL};
    begin(entries);
    child_environment_set(&child, "A", SPAN("3"));
    assert_int_equal(child.count, 2);
    assert_true(span_is(get("A"), "3"));
    assert_true(span_is(get("AB"), "1"));
}

static void test_python_gets_its_bin_first_and_keeps_what_is_set(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"PYTHONUNBUFFERED="}, (char[]){"PYTHONEXECUTABLE=/x"},
                       (char[]){"__PYVENV_LAUNCHER__=/x"}, NULL};
    begin(entries);
    child_environment_for_python(&child, SPAN("/v/bin"), SPAN("/v"));
    assert_true(span_is(get("PATH"), "/v/bin:/usr/bin:/bin"));
    assert_true(span_is(get("VIRTUAL_ENV"), "/v"));
    assert_true(get("PYTHONUNBUFFERED").at && !get("PYTHONUNBUFFERED").length);
    assert_null(get("PYTHONEXECUTABLE").at);
    assert_null(get("__PYVENV_LAUNCHER__").at);
    child_environment_for_python(&child, SPAN("/v/bin"), SPAN("/v"));
    assert_true(span_is(get("PATH"), "/v/bin:/usr/bin:/bin"));
}

static void test_a_systems_python_stays_where_path_has_it(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"PATH=/usr/local/bin:/usr/bin"}, NULL};
    begin(entries);
    child_environment_for_python(&child, SPAN("/usr/bin"), SPAN(""));
    assert_ptr_equal(child.entries[0], entries[0]);
    assert_null(get("VIRTUAL_ENV").at);
    child_environment_for_python(&child, SPAN("/python/bin"), SPAN(""));
    assert_true(span_is(get("PATH"), "/python/bin:/usr/local/bin:/usr/bin"));
}

static void test_uvicorn_gets_what_ranks_above_its_own(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"UVICORN_PORT=7000"}, (char[]){"UVICORN_LOG_LEVEL=debug"}, NULL};
    struct settings settings;
    struct setting_error error;
    begin(entries);
    settings_start(&settings);
    settings_set(&settings, SETTING_PORT, SPAN("7000"), ORIGIN_UVICORN_VARIABLE, SPAN("UVICORN_PORT"), &error);
    settings_set(&settings, SETTING_PORT, SPAN("9000"), ORIGIN_CONVENTIONAL, SPAN("PORT"), &error);
    settings_set(&settings, SETTING_LOG_LEVEL, SPAN("debug"), ORIGIN_UVICORN_VARIABLE, SPAN("x"), &error);
    settings_set(&settings, SETTING_WORKERS, SPAN("3"), ORIGIN_UVICORN_OPTION, SPAN("--workers"), &error);
    child_environment_for_uvicorn(&child, &settings);
    assert_true(span_is(get("UVICORN_PORT"), "9000"));
    assert_true(span_is(get("UVICORN_LOG_LEVEL"), "debug"));
    assert_null(get("UVICORN_WORKERS").at);
    assert_null(get("UVICORN_APP").at);
}

static void test_a_socket_needs_no_port(void **state)
{
    (void)state;
    char *entries[] = {NULL};
    struct settings settings;
    struct setting_error error;
    begin(entries);
    settings_start(&settings);
    settings_set(&settings, SETTING_UDS, SPAN("/run/s"), ORIGIN_VARIABLE, SPAN("ASGI_INIT_UDS"), &error);
    child_environment_for_uvicorn(&child, &settings);
    assert_true(span_is(get("UVICORN_UDS"), "/run/s"));
    assert_null(get("UVICORN_PORT").at);
}

static void test_overflow_is_seen(void **state)
{
    (void)state;
    static char big[CHILD_STORE];
    char *entries[] = {NULL};
    memset(big, 'x', sizeof big - 1);
    begin(entries);
    child_environment_set(&child, "A", span_of(big));
    assert_true(child.overflowed);
    assert_null(get("A").at);

    static char *many[CHILD_ENTRIES + 2];
    for (unsigned i = 0; i <= CHILD_ENTRIES; i++)
        many[i] = big;
    begin(many);
    assert_true(child.overflowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_untouched_entries_are_the_same_pointers),
        cmocka_unit_test(test_setting_replaces_every_entry_of_the_name),
        cmocka_unit_test(test_python_gets_its_bin_first_and_keeps_what_is_set),
        cmocka_unit_test(test_a_systems_python_stays_where_path_has_it),
        cmocka_unit_test(test_uvicorn_gets_what_ranks_above_its_own),
        cmocka_unit_test(test_a_socket_needs_no_port),
        cmocka_unit_test(test_overflow_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
