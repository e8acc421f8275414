#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/file_capabilities.h"

static void attributes(void **state)
{
    (void)state;
    static const struct {
        struct span attribute;
        bool good;
        struct file_capabilities wanted;
    } rows[] = {
        /* setcap cap_net_bind_service=+ep, as Linux stores it */
        {SPAN_ROW("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), true, {2, true, 1U << 10, 0, 0}},
        {SPAN_ROW("\0\0\0\x02\0\x04\0\0\0\x08\0\0\0\x01\0\0\0\x02\0\0"),
         true,
         {2, false, 1U << 10 | 1ULL << 40, 1U << 11 | 1ULL << 41, 0}},
        {SPAN_ROW("\x01\0\0\x01\x01\0\0\x80\x02\0\0\0"), true, {1, true, 0x80000001, 2, 0}},
        {SPAN_ROW("\x01\0\0\x03\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xa0\x86\x01\0"),
         true,
         {3, true, 1U << 10, 0, 100000}},
        {SPAN_ROW(""), false, {0}},
        {SPAN_ROW("\x01\0\0\x02"), false, {0}},
        {SPAN_ROW("\x01\0\0\x02\0\x04\0\0\0\0\0\0"), false, {0}},
        {SPAN_ROW("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), false, {0}},
        {SPAN_ROW("\x01\0\0\x03\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), false, {0}},
        {SPAN_ROW("\x01\0\0\x04\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), false, {0}},
        {SPAN_ROW("\x01\0\0\0\0\x04\0\0\0\0\0\0"), false, {0}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct file_capabilities found;
        assert_int_equal(file_capabilities_read(&found, rows[i].attribute), rows[i].good);
        assert_int_equal(found.version, rows[i].wanted.version);
        assert_int_equal(found.effective, rows[i].wanted.effective);
        assert_int_equal(found.permitted, rows[i].wanted.permitted);
        assert_int_equal(found.inheritable, rows[i].wanted.inheritable);
        assert_int_equal(found.root_id, rows[i].wanted.root_id);
    }
}

static void names_and_numbers(void **state)
{
    (void)state;
    /* A sample over the whole table: one row off by one would move all that follow. */
    static const struct {
        const char *name;
        unsigned number;
    } rows[] = {
        {"CAP_CHOWN", CAP_CHOWN},
        {"CAP_SETUID", CAP_SETUID},
        {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
        {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
        {"CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL},
        {"CAP_SYSLOG", CAP_SYSLOG},
        {"CAP_AUDIT_READ", CAP_AUDIT_READ},
        {"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
    };
    assert_int_equal(CAPABILITY_COUNT, 41);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_string_equal(capability_name(rows[i].number), rows[i].name);
    assert_null(capability_name(CAPABILITY_COUNT));
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        unsigned with_prefix = 99, without = 99;
        assert_true(capability_named(span_of(capability_name(i)), &with_prefix));
        assert_true(capability_named(span_from(span_of(capability_name(i)), 4), &without));
        assert_int_equal(with_prefix, i);
        assert_int_equal(without, i);
    }
}

static void names_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
    } rows[] = {{"net_bind_service", true},
                {"Cap_Net_Bind_Service", true},
                {"NET_BIND_SERVICE", true},
                {"", false},
                {"CAP_", false},
                {"net_bind", false},
                {"net_bind_services", false},
                {"10", false}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        unsigned number = 99;
        assert_int_equal(capability_named(span_of(rows[i].name), &number), rows[i].good);
        assert_int_equal(number, rows[i].good ? 10 : 99);
    }
}

static void sets(void **state)
{
    (void)state;
    static const struct {
        uint64_t set;
        const char *shown;
    } rows[] = {{0, "none"},
                {1U << 10, "CAP_NET_BIND_SERVICE"},
                {1 | 1ULL << 40 | 1ULL << 63, "CAP_CHOWN CAP_CHECKPOINT_RESTORE 63"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        capability_set_add(&text, rows[i].set);
        assert_string_equal(buffer, rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes),
        cmocka_unit_test(names_and_numbers),
        cmocka_unit_test(names_as_people_write_them),
        cmocka_unit_test(sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
