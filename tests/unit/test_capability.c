#include "facts/capability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

static void test_numbers_are_the_kernels(void **state)
{
    (void)state;
    assert_string_equal(capability_name(CAP_CHOWN), "CAP_CHOWN");
    assert_string_equal(capability_name(CAP_SETPCAP), "CAP_SETPCAP");
    assert_string_equal(capability_name(CAP_NET_BIND_SERVICE), "CAP_NET_BIND_SERVICE");
    assert_string_equal(capability_name(CAP_SETFCAP), "CAP_SETFCAP");
    assert_string_equal(capability_name(CAP_AUDIT_READ), "CAP_AUDIT_READ");
    assert_string_equal(capability_name(40), "CAP_CHECKPOINT_RESTORE");
    assert_null(capability_name(CAPABILITY_COUNT));
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        unsigned number = CAPABILITY_COUNT;
        assert_true(capability_number(span_of(capability_name(i)), &number));
        assert_int_equal(number, i);
    }
}

struct list_row {
    const char *list;
    uint64_t mask;
    const char *unknown; /* NULL: the list is good */
};

static const struct list_row lists[] = {
    {"", 0, NULL},
    {"none", 0, NULL},
    {" NONE ", 0, NULL},
    {"CAP_KILL", 1 << CAP_KILL, NULL},
    {"kill", 1 << CAP_KILL, NULL},
    {"Cap_Kill,NET_BIND_SERVICE", 1 << CAP_KILL | 1 << CAP_NET_BIND_SERVICE, NULL},
    {" kill , chown ", 1 << CAP_KILL | 1 << CAP_CHOWN, NULL},
    {"checkpoint_restore", UINT64_C(1) << 40, NULL},
    {"kill,kill", 1 << CAP_KILL, NULL},
    {"all", 0, "all"}, /* nobody keeps all by a slip */
    {"kill,", 1 << CAP_KILL, ""},
    {"kill,bogus,chown", 1 << CAP_KILL, "bogus"},
    {"cap_", 0, "cap_"},
    {"5", 0, "5"},
    {"kill chown", 0, "kill chown"},
    {"CAP_CAP_KILL", 0, "CAP_CAP_KILL"},
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        const struct list_row *row = &lists[i];
        uint64_t mask = 1;
        struct span unknown = {0};
        bool good = capability_list(span_of(row->list), &mask, &unknown);
        if (good != !row->unknown || mask != row->mask || (!good && !span_is(unknown, row->unknown)))
            fail_msg("row %zu: '%s'", i, row->list);
    }
}

struct text_row {
    uint64_t mask;
    const char *text;
};

static const struct text_row texts[] = {
    {0, ""},
    {1, "CHOWN"},
    {1 << CAP_SETUID | 1 << CAP_SETGID, "SETGID, SETUID"},
    {UINT64_C(1) << 63 | 1, "CHOWN, 63"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        capability_text(&text, texts[i].mask);
        assert_string_equal(buffer, texts[i].text);
    }
}

struct file_row {
    const char *bytes;
    size_t length;
    bool good;
    struct file_capabilities capabilities;
};

#define FILE_ROW(bytes, good, ...)                                                                                     \
    {                                                                                                                  \
        bytes, sizeof(bytes) - 1, good,                                                                                \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

static const struct file_row files[] = {
    /* setcap cap_net_bind_service=+ep */
    FILE_ROW("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", true, .permitted = 0x400, .effective = true),
    /* setcap cap_net_bind_service=+i,cap_bpf=+p */
    FILE_ROW("\0\0\0\2\0\0\0\0\0\4\0\0\x80\0\0\0\0\0\0\0", true, .permitted = UINT64_C(1) << 39, .inheritable = 0x400),
    FILE_ROW("\1\0\0\1\0\4\0\0\0\0\0\0", true, .permitted = 0x400, .effective = true),
    FILE_ROW("\1\0\0\3\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\3\0\0", true, .permitted = 0x400, .effective = true,
             .root_uid = 1000),
    FILE_ROW("\1\0\0\3\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", false, .permitted = 0),
    FILE_ROW("\1\0\0\2\0\4\0\0\0\0\0\0", false, .permitted = 0),
    FILE_ROW("\1\0\0\4\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", false, .permitted = 0),
    FILE_ROW("\1\0\0", false, .permitted = 0),
    FILE_ROW("", false, .permitted = 0),
};

static void test_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct file_capabilities got;
        const struct file_capabilities *wanted = &files[i].capabilities;
        bool good = file_capabilities_parse((struct span){files[i].bytes, files[i].length}, &got);
        if (good != files[i].good)
            fail_msg("row %zu", i);
        if (good && (got.permitted != wanted->permitted || got.inheritable != wanted->inheritable ||
                     got.effective != wanted->effective || got.root_uid != wanted->root_uid))
            fail_msg("row %zu: other values", i);
    }
}

struct fate_row {
    struct file_capabilities file;
    uint64_t bounding, inheritable, permitted;
    bool no_new_privileges;
    enum file_capabilities_fate fate;
    uint64_t missing;
};

/* What the kernel did with a copy of a program that had these set (tests/pid1/test_file_capabilities.py asks it). */
static const struct fate_row fates[] = {
    {{.permitted = 0x400, .effective = true}, 0, 0, 0, false, FILE_CAPABILITIES_REFUSED, 0x400},
    {{.permitted = 0x400, .effective = true}, 0, 0, 0, true, FILE_CAPABILITIES_REFUSED, 0x400},
    {{.permitted = 0x400, .effective = true}, 0x400, 0, 0, false, FILE_CAPABILITIES_GRANTED, 0},
    {{.permitted = 0x400, .effective = true}, 0x400, 0, 0, true, FILE_CAPABILITIES_LOST, 0x400},
    {{.permitted = 0x400, .effective = true}, 0x400, 0, 0x400, true, FILE_CAPABILITIES_GRANTED, 0},
    {{.permitted = 0x401, .effective = true}, 0x400, 0, 0, false, FILE_CAPABILITIES_REFUSED, 0x1},
    {{.permitted = 0x400}, 0, 0, 0, false, FILE_CAPABILITIES_LOST, 0x400},
    {{.permitted = 0x400}, 0, 0, 0, true, FILE_CAPABILITIES_LOST, 0x400},
    {{.permitted = 0x400}, 0x400, 0, 0, false, FILE_CAPABILITIES_GRANTED, 0},
    {{.permitted = 0x400, .inheritable = 0x400, .effective = true},
     0,
     0x400,
     0x400,
     true,
     FILE_CAPABILITIES_GRANTED,
     0},
    {{.inheritable = 0x400, .effective = true}, 0, 0, 0, true, FILE_CAPABILITIES_GRANTED, 0},
};

static void test_fates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(fates); i++) {
        const struct fate_row *row = &fates[i];
        uint64_t missing = 1;
        enum file_capabilities_fate fate = file_capabilities_judge(&row->file, row->bounding, row->inheritable,
                                                                   row->permitted, row->no_new_privileges, &missing);
        if (fate != row->fate || missing != row->missing)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_the_kernels),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_fates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
