#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/elf.h"

/* A file made for one row: header, two segments, and what the row changes. */
struct made {
    unsigned bits;
    bool big_endian;
    uint16_t type, machine, entry_size, count;
    uint64_t table;
    uint64_t load_offset, load_size;
    uint64_t interpreter_offset, interpreter_size;
};

static unsigned char file[65536 + 4096];

static void put(size_t offset, uint64_t value, size_t width, bool big_endian)
{
    for (size_t i = 0; i < width; i++)
        file[offset + (big_endian ? width - 1 - i : i)] = (unsigned char)(value >> (8 * i));
}

static struct span make(const struct made *made)
{
    bool wide = made->bits == 64, big = made->big_endian;
    size_t word = wide ? 8 : 4, segment = wide ? 56 : 32;
    memset(file, 0, sizeof file);
    memcpy(file, "\x7f\x45LF", 4);
    file[4] = wide ? 2 : 1;
    file[5] = big ? 2 : 1;
    put(16, made->type, 2, big);
    put(18, made->machine, 2, big);
    put(wide ? 32 : 28, made->table, word, big);
    put(wide ? 54 : 42, made->entry_size, 2, big);
    put(wide ? 56 : 44, made->count, 2, big);
    if (made->table <= 4096) {
        size_t first = (size_t)made->table, second = first + segment;
        put(first, 1, 4, big);
        put(first + (wide ? 8 : 4), made->load_offset, word, big);
        put(first + (wide ? 32 : 16), made->load_size, word, big);
        put(second, 3, 4, big);
        put(second + (wide ? 8 : 4), made->interpreter_offset, word, big);
        put(second + (wide ? 32 : 16), made->interpreter_size, word, big);
    }
    return (struct span){(const char *)file, 4096};
}

static const struct made x86 = {64, false, 3, 62, 56, 2, 64, 0, 8192, 400, 28};
static const struct made s390 = {64, true, 2, 22, 56, 2, 64, 0, 8192, 400, 15};
static const struct made arm = {32, false, 2, 40, 32, 2, 52, 0, 8192, 400, 25};

static void headers(void **state)
{
    (void)state;
    static const struct {
        const struct made *made;
        const char *machine, *platform;
    } rows[] = {{&x86, "x86-64", "linux/amd64"}, {&s390, "s390x", "linux/s390x"}, {&arm, "arm", "linux/arm/v7"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct elf elf;
        assert_true(elf_read(&elf, make(rows[i].made), 8192));
        assert_false(elf.malformed);
        assert_true(elf.has_segments);
        assert_false(elf.truncated);
        assert_int_equal(elf.bits, rows[i].made->bits);
        assert_int_equal(elf.type, rows[i].made->type);
        assert_int_equal(elf.big_endian, rows[i].made->big_endian);
        assert_int_equal(elf.interpreter_offset, 400);
        assert_int_equal(elf.interpreter_size, rows[i].made->interpreter_size);
        assert_int_equal(elf.needed_size, 8192);
        assert_string_equal(elf_machine_name(&elf), rows[i].machine);
        assert_string_equal(elf_platform(&elf), rows[i].platform);
        assert_true(elf_read(&elf, make(rows[i].made), 8191));
        assert_true(elf.truncated);
    }
}

static void not_elf(void **state)
{
    (void)state;
    static const struct span rows[] = {SPAN_ROW(""), SPAN_ROW("\x7f"), SPAN_ROW("\x7f\x45L"), SPAN_ROW("#!/bin/sh\n")};
    struct elf elf;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_false(elf_read(&elf, rows[i], rows[i].length));
}

static void malformed(void **state)
{
    (void)state;
    struct made rows[8];
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        rows[i] = x86;
    rows[0].type = 1;
    rows[1].type = 4;
    rows[2].entry_size = 32;
    rows[3].count = 0;
    rows[4].count = 1171; /* 1170 * 56 is the last below 64 KiB */
    rows[5].interpreter_size = 1;
    rows[6].interpreter_size = 4097;
    rows[7].interpreter_size = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct elf elf;
        assert_true(elf_read(&elf, make(&rows[i]), UINT64_MAX));
        assert_true(elf.malformed);
        assert_false(elf.has_segments);
    }
}

static void header_that_is_cut(void **state)
{
    (void)state;
    static const struct {
        const struct made *made;
        size_t length;
        bool malformed;
    } rows[] = {{&x86, 4, true},   {&x86, 5, true},  {&x86, 63, true},
                {&x86, 64, false}, {&arm, 51, true}, {&arm, 52, false}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct elf elf;
        struct span head = span_first(make(rows[i].made), rows[i].length);
        assert_true(elf_read(&elf, head, head.length));
        assert_int_equal(elf.malformed, rows[i].malformed);
        assert_int_equal(elf.truncated, !rows[i].malformed);
        assert_false(elf.has_segments);
    }
}

static void table_elsewhere(void **state)
{
    (void)state;
    struct elf elf;
    struct span head = make(&x86);
    assert_true(elf_read(&elf, span_first(head, 64 + 2 * 56 - 1), 8192));
    assert_false(elf.has_segments);
    assert_false(elf.malformed);
    assert_int_equal(elf.table_offset, 64);
    assert_int_equal(elf.table_size, 112);
    elf_read_segments(&elf, span_from(head, 64), 8192);
    assert_true(elf.has_segments);
    assert_int_equal(elf.interpreter_size, 28);

    assert_true(elf_read(&elf, span_first(head, 64), 8192));
    elf_read_segments(&elf, span_first(span_from(head, 64), 111), 8192);
    assert_true(elf.malformed);
}

static void offsets_that_wrap(void **state)
{
    (void)state;
    struct made made = x86;
    made.load_offset = UINT64_MAX - 10;
    made.load_size = 20;
    struct elf elf;
    assert_true(elf_read(&elf, make(&made), 8192));
    assert_true(elf.truncated);
    made = x86;
    made.table = UINT64_MAX - 10;
    assert_true(elf_read(&elf, make(&made), 8192));
    assert_true(elf.truncated);
    assert_false(elf.has_segments);
}

static void interpreters(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        const char *path; /* NULL: refused */
    } rows[] = {
        {SPAN_ROW("/lib/ld.so\0"), "/lib/ld.so"},
        {SPAN_ROW("/lib/ld.so\0padding\0"), "/lib/ld.so"},
        {SPAN_ROW("/lib/ld.so"), NULL},
        {SPAN_ROW("\0\0"), NULL},
        {SPAN_ROW("\0"), NULL},
        {SPAN_ROW(""), NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct span path = elf_interpreter(rows[i].bytes);
        if (rows[i].path)
            assert_true(span_is(path, rows[i].path));
        else
            assert_null(path.at);
    }
}

static void machines_compared(void **state)
{
    (void)state;
    struct elf a = {.bits = 64, .machine = 62}, b = a, unknown = {.bits = 64, .machine = 4711};
    assert_true(elf_same_machine(&a, &b));
    b.bits = 32;
    assert_false(elf_same_machine(&a, &b));
    assert_string_equal(elf_machine_name(&b), "x32");
    assert_null(elf_platform(&b));
    assert_null(elf_machine_name(&unknown));
    assert_null(elf_platform(&unknown));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),         cmocka_unit_test(not_elf),
        cmocka_unit_test(malformed),       cmocka_unit_test(header_that_is_cut),
        cmocka_unit_test(table_elsewhere), cmocka_unit_test(offsets_that_wrap),
        cmocka_unit_test(interpreters),    cmocka_unit_test(machines_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
