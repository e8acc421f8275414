#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/python_version.h"

struct row {
    const char *text;
    bool good;
    const char *shown;
};

static void check(const struct row *rows, size_t count, bool (*read)(struct span, struct python_version *))
{
    for (size_t i = 0; i < count; i++) {
        struct python_version version;
        char buffer[32];
        struct text text = TEXT_ON(buffer);
        assert_int_equal(read(span_of(rows[i].text), &version), rows[i].good);
        python_version_add(&text, &version);
        assert_string_equal(buffer, rows[i].shown);
    }
}

static void versions(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"3.12.1", true, "3.12.1"},
        {"3.12", true, "3.12"},
        {"3", true, "3"},
        {"3.13t", true, "3.13t"},
        {"3.13.5t", true, "3.13.5t"},
        {"3.13.5.final.0", true, "3.13.5"},
        {"3.14.0rc1", true, "3.14.0"},
        {"3.14.0a4", true, "3.14.0"},
        {"3.14.0b2+", true, "3.14.0"},
        {"3.12.1+", true, "3.12.1"},
        {"3.14.0.candidate.2", true, "3.14.0"},
        {"", false, ""},
        {".", false, ""},
        {"3.", false, ""},
        {"3.12.", false, ""},
        {"3.12.x", false, ""},
        {"3.12.1.2", false, ""},
        {"v3.12", false, ""},
        {">=3.12", false, ""},
        {"3.12rc1", false, ""},
        {"3.12.1rc", false, ""},
        {"3.12.1.final.", false, ""},
        {"3.12.1 ", false, ""},
        {"99999", false, ""},
        {"3.99999999999999999999999", false, ""},
    };
    check(rows, ARRAY_LENGTH(rows), python_version_read);
}

static void names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"python", true, ""},
        {"python3", true, "3"},
        {"python3.12", true, "3.12"},
        {"python3.13t", true, "3.13t"},
        {"python3.13d", true, "3.13"},
        {"python3.13td", true, "3.13t"},
        {"python2.7", true, "2.7"},
        {"", false, ""},
        {"pyth", false, ""},
        {"python3-config", false, ""},
        {"python3.12-config", false, ""},
        {"python3.12.1", false, ""},
        {"python3.", false, ""},
        {"python3t", false, ""},
        {"pythonw", false, ""},
        {"python.exe", false, ""},
        {"python3.12dt", false, ""},
        {"pypy3", false, ""},
        {"/bin/python", false, ""},
    };
    check(rows, ARRAY_LENGTH(rows), python_name_read);
}

static void hex(void **state)
{
    (void)state;
    struct python_version version = python_version_of_hex(0x030d05f0);
    assert_int_equal(version.major, 3);
    assert_int_equal(version.minor, 13);
    assert_int_equal(version.micro, 5);
    assert_int_equal(version.parts, 3);
}

static void compare(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
        bool same_series;
    } rows[] = {
        {"3.9", "3.12", -1, false},     {"3.12", "3.9", 1, false},   {"3.12.1", "3.12.1", 0, true},
        {"3.12.1", "3.12.2", -1, true}, {"3.12", "3.12.2", 0, true}, {"3", "3.12", 0, false},
        {"2.7", "3.7", -1, false},      {"3.13", "3.13t", 0, false}, {"", "3.12", 0, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct python_version a, b;
        python_version_read(span_of(rows[i].a), &a);
        python_version_read(span_of(rows[i].b), &b);
        assert_int_equal(python_version_compare(&a, &b), rows[i].order);
        assert_int_equal(python_version_same_series(&a, &b), rows[i].same_series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(names),
        cmocka_unit_test(hex),
        cmocka_unit_test(compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
