#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/loader_cache.h"

/* A cache made for a row. */
struct entry {
    uint32_t kind;
    const char *name, *path;
    uint64_t hardware;
};

static unsigned char file[4096];
static size_t used;

static void put(size_t offset, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        file[offset + i] = (unsigned char)(value >> (8 * i));
}

static size_t put_string(const char *string)
{
    size_t offset = used;
    strcpy((char *)file + used, string);
    used += strlen(string) + 1;
    return offset;
}

static size_t count_of(const struct entry *entries)
{
    size_t count = 0;
    while (entries[count].name)
        count++;
    return count;
}

/* The new format from `start` on; its offsets count from there. */
static void make_new(size_t start, const struct entry *entries)
{
    size_t count = count_of(entries);
    memcpy(file + start, "glibc-ld.so.cache1.1", 20);
    put(start + 20, count, 4);
    file[start + 28] = 2;
    used = start + 48 + 24 * count;
    for (size_t i = 0; i < count; i++) {
        size_t at = start + 48 + 24 * i;
        put(at, entries[i].kind, 4);
        put(at + 4, put_string(entries[i].name) - start, 4);
        put(at + 8, put_string(entries[i].path) - start, 4);
        put(at + 16, entries[i].hardware, 8);
    }
}

static size_t make_old(const struct entry *entries)
{
    size_t count = count_of(entries), strings = 16 + 12 * count;
    memcpy(file, "ld.so-1.7.0", 11);
    put(12, count, 4);
    used = strings;
    for (size_t i = 0; i < count; i++) {
        put(16 + 12 * i, entries[i].kind, 4);
        put(16 + 12 * i + 4, put_string(entries[i].name) - strings, 4);
        put(16 + 12 * i + 8, put_string(entries[i].path) - strings, 4);
    }
    return (strings + 7) / 8 * 8;
}

static const struct entry usual[] = {
    {0x803, "libz.so.1", "/libx32/libz.so.1", 0},
    {LOADER_CACHE_X86_64, "libz.so.1", "/lib/v3/libz.so.1", 1ULL << 62 | 3},
    {LOADER_CACHE_X86_64, "libz.so.1", "/lib/libz.so.1", 0},
    {LOADER_CACHE_X86_64, "libz.so.1", "/usr/local/lib/libz.so.1", 0},
    {LOADER_CACHE_X86_64, "libv.so.1", "/lib/v3/libv.so.1", 1ULL << 62 | 3},
    {LOADER_CACHE_ARM64, "libz.so.1", "/arm/libz.so.1", 0},
    {0x3, "libi.so", "/lib32/libi.so", 0},
    {0, NULL, NULL, 0},
};

static const struct {
    const char *name;
    uint32_t kind;
    const char *path; /* NULL: none */
    bool has_variants;
} finds[] = {
    {"libz.so.1", LOADER_CACHE_X86_64, "/lib/libz.so.1", true},
    {"libz.so.1", LOADER_CACHE_ARM64, "/arm/libz.so.1", false},
    {"libv.so.1", LOADER_CACHE_X86_64, NULL, true},
    {"libi.so", LOADER_CACHE_X86_64, NULL, false},
    {"libz.so", LOADER_CACHE_X86_64, NULL, false},
    {"libz.so.1.2", LOADER_CACHE_X86_64, NULL, false},
    {"", LOADER_CACHE_X86_64, NULL, false},
};

static void find_all(size_t length)
{
    struct loader_cache cache;
    loader_cache_read(&cache, (struct span){(const char *)file, length});
    assert_false(cache.malformed);
    for (size_t i = 0; i < ARRAY_LENGTH(finds); i++) {
        bool has_variants;
        struct span path = loader_cache_find(&cache, span_of(finds[i].name), finds[i].kind, &has_variants);
        assert_int_equal(has_variants, finds[i].has_variants);
        if (finds[i].path)
            assert_true(span_is(path, finds[i].path));
        else
            assert_null(path.at);
    }
}

static void the_new_format(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    make_new(0, usual);
    find_all(used);
    file[28] = 0; /* caches of glibc before 2.33 don't say their byte order */
    find_all(used);
}

static void the_new_format_behind_the_old(void **state)
{
    static const struct entry other[] = {{LOADER_CACHE_X86_64, "libz.so.1", "/old/libz.so.1", 0}, {0, NULL, NULL, 0}};
    (void)state;
    memset(file, 0, sizeof(file));
    /* ldconfig puts the old one's strings behind the new one: here it has one entry, and the new one begins aligned. */
    make_new(make_old(other), usual);
    find_all(used);
}

static void the_old_format_alone(void **state)
{
    static const struct entry old[] = {{LOADER_CACHE_X86_64, "libz.so.1", "/old/libz.so.1", 0},
                                       {LOADER_CACHE_ARM64, "liba.so", "/old/liba.so", 0},
                                       {0, NULL, NULL, 0}};
    struct loader_cache cache;
    (void)state;
    memset(file, 0, sizeof(file));
    make_old(old);
    loader_cache_read(&cache, (struct span){(const char *)file, used});
    assert_false(cache.malformed);
    assert_true(span_is(loader_cache_find(&cache, SPAN("libz.so.1"), LOADER_CACHE_X86_64, NULL), "/old/libz.so.1"));
    assert_true(span_is(loader_cache_find(&cache, SPAN("liba.so"), LOADER_CACHE_ARM64, NULL), "/old/liba.so"));
    assert_null(loader_cache_find(&cache, SPAN("liba.so"), LOADER_CACHE_X86_64, NULL).at);
}

static void what_is_no_cache_is_malformed(void **state)
{
    static const struct span rows[] = {
        SPAN_ROW(""),
        SPAN_ROW("glibc-ld.so.cache1.0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        SPAN_ROW("glibc-ld.so.cache1.1\0\0\0\0"),
        SPAN_ROW("ld.so-1.7.0\0\1\0\0\0"),
        SPAN_ROW("ld.so-1.7.0\0\1\0"),
        SPAN_ROW("libz.so.1 => /lib/libz.so.1"),
    };
    struct loader_cache cache;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        loader_cache_read(&cache, rows[i]);
        assert_true(cache.malformed);
        assert_null(loader_cache_find(&cache, SPAN("libz.so.1"), LOADER_CACHE_X86_64, NULL).at);
    }
    memset(file, 0, sizeof(file));
    make_new(0, usual);
    file[28] = 3; /* of a big-endian machine */
    loader_cache_read(&cache, (struct span){(const char *)file, used});
    assert_true(cache.malformed);
    file[28] = 2;
    put(20, UINT32_MAX, 4);
    loader_cache_read(&cache, (struct span){(const char *)file, used});
    assert_true(cache.malformed);
}

static void offsets_outside_find_nothing(void **state)
{
    static const struct entry one[] = {{LOADER_CACHE_X86_64, "libz.so.1", "/lib/libz.so.1", 0}, {0, NULL, NULL, 0}};
    struct loader_cache cache;
    (void)state;
    memset(file, 0, sizeof(file));
    make_new(0, one);
    struct span whole = {(const char *)file, used};
    loader_cache_read(&cache, span_first(whole, used - 1)); /* the path has no end */
    assert_null(loader_cache_find(&cache, SPAN("libz.so.1"), LOADER_CACHE_X86_64, NULL).at);
    put(48 + 8, used, 4);
    loader_cache_read(&cache, whole);
    assert_null(loader_cache_find(&cache, SPAN("libz.so.1"), LOADER_CACHE_X86_64, NULL).at);
    put(48 + 4, UINT32_MAX, 4);
    loader_cache_read(&cache, whole);
    assert_null(loader_cache_find(&cache, SPAN("libz.so.1"), LOADER_CACHE_X86_64, NULL).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_new_format),
        cmocka_unit_test(the_new_format_behind_the_old),
        cmocka_unit_test(the_old_format_alone),
        cmocka_unit_test(what_is_no_cache_is_malformed),
        cmocka_unit_test(offsets_outside_find_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
