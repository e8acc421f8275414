#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/pyvenv.h"

static void files_of_the_makers(void **state)
{
    (void)state;
    struct pyvenv pyvenv;
    pyvenv_read(&pyvenv, SPAN("home = /usr/local/bin\n"
                              "include-system-site-packages = false\n"
                              "version = 3.12.1\n"
                              "executable = /usr/local/bin/python3.12\n"
                              "command = /usr/local/bin/python3 -m venv /app/.venv\n"));
    assert_int_equal(pyvenv.maker, PYVENV_VENV);
    assert_true(span_is(pyvenv.home, "/usr/local/bin"));
    assert_false(pyvenv.system_site_packages);
    assert_true(span_is(pyvenv.version, "3.12.1"));
    assert_true(span_is(pyvenv.executable, "/usr/local/bin/python3.12"));
    assert_true(span_is(pyvenv.command, "/usr/local/bin/python3 -m venv /app/.venv"));

    pyvenv_read(&pyvenv, SPAN("home = /root/.local/share/uv/python/cpython-3.12.1-linux-x86_64-gnu/bin\n"
                              "implementation = CPython\nuv = 0.5.1\nversion_info = 3.12.1\n"
                              "include-system-site-packages = false\nprompt = shop\n"));
    assert_int_equal(pyvenv.maker, PYVENV_UV);
    assert_true(span_is(pyvenv.maker_version, "0.5.1"));
    assert_true(span_is(pyvenv.version, "3.12.1"));
    assert_true(span_is(pyvenv.prompt, "shop"));

    pyvenv_read(&pyvenv, SPAN("home = /usr/bin\nimplementation = CPython\nversion_info = 3.13.5.final.0\n"
                              "virtualenv = 20.26.6\ninclude-system-site-packages = false\n"
                              "base-prefix = /usr\nversion = 3.13.5\n"));
    assert_int_equal(pyvenv.maker, PYVENV_VIRTUALENV);
    assert_true(span_is(pyvenv.maker_version, "20.26.6"));
    assert_true(span_is(pyvenv.version, "3.13.5.final.0"));
}

static void rules_of_cpython(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        bool has_home;
        const char *home;
        bool system_site_packages;
    } rows[] = {
        {SPAN_ROW(""), false, "", true},
        {SPAN_ROW("home"), false, "", true},
        {SPAN_ROW("home=/a"), true, "/a", true},
        {SPAN_ROW("HoMe\t =  /a = b \r\n"), true, "/a = b", true},
        {SPAN_ROW("home = /a\nhome = /b\n"), true, "/a", true},
        {SPAN_ROW("home =\nhome = /b\n"), true, "", true},
        {SPAN_ROW("# home = /a\n"), false, "", true},
        {SPAN_ROW("\xef\xbb\xbfhome = /a\n"), false, "", true},
        {SPAN_ROW("include-system-site-packages = false\ninclude-system-site-packages = TRUE"), false, "", true},
        {SPAN_ROW("include-system-site-packages = true\ninclude-system-site-packages = false"), false, "", false},
        {SPAN_ROW("include-system-site-packages = yes"), false, "", false},
        {SPAN_ROW("=\n==\n = x\n"), false, "", true},
        {SPAN_ROW("home = C:\\Python312\r\n"), true, "C:\\Python312", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct pyvenv pyvenv;
        pyvenv_read(&pyvenv, rows[i].bytes);
        assert_int_equal(pyvenv.has_home, rows[i].has_home);
        assert_true(span_is(pyvenv.home, rows[i].home));
        assert_int_equal(pyvenv.system_site_packages, rows[i].system_site_packages);
        assert_int_equal(pyvenv.maker, PYVENV_UNKNOWN);
    }
}

static void makers_have_names(void **state)
{
    (void)state;
    assert_null(pyvenv_maker_name(PYVENV_UNKNOWN));
    assert_string_equal(pyvenv_maker_name(PYVENV_VENV), "venv");
    assert_string_equal(pyvenv_maker_name(PYVENV_VIRTUALENV), "virtualenv");
    assert_string_equal(pyvenv_maker_name(PYVENV_UV), "uv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_makers),
        cmocka_unit_test(rules_of_cpython),
        cmocka_unit_test(makers_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
