#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "elf_file.h"

static const struct made_elf python = {.needed = {"libpython3.12.so.1.0", "libc.so.6"},
                                       .soname = "python",
                                       .rpath = "/rpath",
                                       .runpath = "$ORIGIN/../lib",
                                       .need_file = "libc.so.6",
                                       .needs = {"GLIBC_2.34", "GLIBC_2.38"},
                                       .definitions = {"A_1", "A_2", "A_3"},
                                       .interpreter = "/lib64/ld-linux-x86-64.so.2",
                                       .flags_1 = DF_1_NODEFLIB};

static struct made_bytes bytes;
static struct elf elf;
static struct elf_map map;
static struct elf_dynamic dynamic;

static struct span all(void)
{
    return (struct span){(const char *)bytes.at, MADE_BYTES};
}

static struct span from(uint64_t offset)
{
    return span_from(all(), (size_t)offset);
}

static void read_made(const struct made_elf *made)
{
    made_elf_write(made, &bytes);
    assert_true(elf_read(&elf, all(), MADE_BYTES));
    assert_true(elf.has_segments);
    elf_map_read(&map, &elf, from(elf.table_offset));
    assert_int_equal(map.dynamic_offset, bytes.dynamic_start);
    elf_dynamic_read(&dynamic, &elf, &map, span_first(from(map.dynamic_offset), (size_t)map.dynamic_size));
}

static const char *string(uint64_t offset)
{
    return offset == ELF_NOWHERE ? "" : from(dynamic.strings_offset + offset).at;
}

static void what_is_there_is_told_in_both_classes(void **state)
{
    (void)state;
    for (int narrow = 0; narrow < 2; narrow++) {
        struct made_elf made = python;
        made.narrow = narrow;
        read_made(&made);
        assert_false(dynamic.cut);
        assert_int_equal(dynamic.needed_count, 2);
        assert_string_equal(string(dynamic.needed[0]), "libpython3.12.so.1.0");
        assert_string_equal(string(dynamic.needed[1]), "libc.so.6");
        assert_string_equal(string(dynamic.soname), "python");
        assert_string_equal(string(dynamic.rpath), "/rpath");
        assert_string_equal(string(dynamic.runpath), "$ORIGIN/../lib");
        assert_int_equal(dynamic.strings_offset, MADE_STRINGS);
        assert_true(dynamic.no_default_folders);
        assert_int_equal(dynamic.need_count, 1);
        assert_int_equal(dynamic.definition_count, 3);
    }
}

static void what_is_not_there_is_nowhere(void **state)
{
    static const struct made_elf empty = {.machine = EM_AARCH64};
    (void)state;
    read_made(&empty);
    assert_false(dynamic.cut);
    assert_int_equal(dynamic.needed_count, 0);
    const uint64_t nowhere[] = {dynamic.soname, dynamic.rpath, dynamic.runpath, dynamic.needs_offset,
                                dynamic.definitions_offset};
    for (size_t i = 0; i < ARRAY_LENGTH(nowhere); i++)
        assert_true(nowhere[i] == ELF_NOWHERE);
    assert_int_equal(dynamic.need_count + dynamic.definition_count, 0);
    assert_false(dynamic.no_default_folders);
}

static void a_section_without_end_is_cut(void **state)
{
    (void)state;
    read_made(&python);
    struct span section = span_first(from(map.dynamic_offset), (size_t)map.dynamic_size);
    for (size_t length = 0; length <= section.length - 16; length++) {
        elf_dynamic_read(&dynamic, &elf, &map, span_first(section, length));
        assert_true(dynamic.cut);
    }
    elf_dynamic_read(&dynamic, &elf, &map, section);
    assert_false(dynamic.cut);
}

static void addresses_are_mapped(void **state)
{
    static const struct {
        uint64_t address, offset;
    } rows[] = {
        {MADE_ADDRESS, 0},
        {MADE_ADDRESS + MADE_BYTES - 1, MADE_BYTES - 1},
        {MADE_ADDRESS + MADE_BYTES, ELF_NOWHERE},
        {MADE_ADDRESS - 1, ELF_NOWHERE},
        {0, ELF_NOWHERE},
        {UINT64_MAX, ELF_NOWHERE},
    };
    (void)state;
    read_made(&python);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_true(elf_map_offset(&map, rows[i].address) == rows[i].offset);
    /* An offset that would wrap. */
    map.loads[0].offset = UINT64_MAX - 4;
    assert_true(elf_map_offset(&map, MADE_ADDRESS + 8) == ELF_NOWHERE);
}

static void more_loads_or_libraries_than_fit_are_seen(void **state)
{
    static unsigned char table[56 * (ELF_LOADS_MOST + 1)];
    static unsigned char section[16 * (ELF_NEEDED_MOST + 2)];
    (void)state;
    read_made(&python);
    for (size_t i = 0; i <= ELF_LOADS_MOST; i++)
        table[56 * i] = PT_LOAD;
    elf.segment_count = ELF_LOADS_MOST + 1;
    elf_map_read(&map, &elf, (struct span){(const char *)table, sizeof(table)});
    assert_true(map.cut);
    assert_int_equal(map.load_count, ELF_LOADS_MOST);
    assert_true(map.dynamic_offset == ELF_NOWHERE);
    for (size_t i = 0; i <= ELF_NEEDED_MOST; i++)
        section[16 * i] = DT_NEEDED;
    elf_dynamic_read(&dynamic, &elf, &map, (struct span){(const char *)section, sizeof(section)});
    assert_true(dynamic.cut);
    assert_int_equal(dynamic.needed_count, ELF_NEEDED_MOST);
}

static struct elf_version told[8];
static unsigned told_count;

static void tell(void *context, const struct elf_version *version)
{
    assert_ptr_equal(context, told);
    assert_true(told_count < ARRAY_LENGTH(told));
    told[told_count++] = *version;
}

static void versions_are_told(void **state)
{
    (void)state;
    read_made(&python);
    told_count = 0;
    assert_true(elf_version_needs(&elf, from(dynamic.needs_offset), dynamic.need_count, tell, told));
    assert_int_equal(told_count, 2);
    assert_string_equal(string(told[0].file), "libc.so.6");
    assert_string_equal(string(told[0].name), "GLIBC_2.34");
    assert_string_equal(string(told[1].name), "GLIBC_2.38");
    assert_int_equal(told[1].hash, 0x69691b8); /* as readelf shows it */
    assert_false(told[0].weak);
    told_count = 0;
    assert_true(elf_version_definitions(&elf, from(dynamic.definitions_offset), dynamic.definition_count, tell, told));
    assert_int_equal(told_count, 3);
    assert_string_equal(string(told[2].name), "A_3");
    assert_int_equal(told[2].hash, made_hash("A_3"));
    assert_true(told[2].file == ELF_NOWHERE);
}

static void versions_beyond_the_bytes_are_seen(void **state)
{
    (void)state;
    read_made(&python);
    struct span needs = from(dynamic.needs_offset), definitions = from(dynamic.definitions_offset);
    for (size_t length = 0; length < 48; length++) {
        told_count = 0;
        assert_false(elf_version_needs(&elf, span_first(needs, length), 1, tell, told));
        assert_true(told_count <= 1);
    }
    for (size_t length = 0; length < 2 * 28 + 28; length++) {
        told_count = 0;
        assert_false(elf_version_definitions(&elf, span_first(definitions, length), 3, tell, told));
    }
    bytes.at[MADE_NEEDS] = 2; /* a version of the format that nobody knows */
    assert_false(elf_version_needs(&elf, needs, 1, tell, told));
}

static void a_weak_need_says_so(void **state)
{
    struct made_elf made = python;
    (void)state;
    made.weak = true;
    read_made(&made);
    told_count = 0;
    assert_true(elf_version_needs(&elf, from(dynamic.needs_offset), dynamic.need_count, tell, told));
    assert_true(told[0].weak && told[1].weak);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_told_in_both_classes),
        cmocka_unit_test(what_is_not_there_is_nowhere),
        cmocka_unit_test(a_section_without_end_is_cut),
        cmocka_unit_test(addresses_are_mapped),
        cmocka_unit_test(more_loads_or_libraries_than_fit_are_seen),
        cmocka_unit_test(versions_are_told),
        cmocka_unit_test(versions_beyond_the_bytes_are_seen),
        cmocka_unit_test(a_weak_need_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
