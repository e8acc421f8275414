/* Suffixes of compiled modules: how they are read, and which Python takes which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/extension_suffix.h"

struct row {
    const char *suffix;
    bool refused;
    enum extension_python python;
    unsigned minor;
    bool free_threaded, debug;
    enum extension_system system;
    const char *machine, *libc;
};

/* clang-format off */
static const struct row rows[] = {
    {".cpython-312-x86_64-linux-gnu.so", .python = EXTENSION_CPYTHON, .minor = 12,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".cpython-38-aarch64-linux-gnu.so", .python = EXTENSION_CPYTHON, .minor = 8,
     .system = EXTENSION_LINUX, .machine = "aarch64", .libc = "gnu"},
    {".cpython-37m-x86_64-linux-gnu.so", .python = EXTENSION_CPYTHON, .minor = 7,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".cpython-313t-x86_64-linux-musl.so", .python = EXTENSION_CPYTHON, .minor = 13, .free_threaded = true,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "musl"},
    {".cpython-312d-x86_64-linux-gnu.so", .python = EXTENSION_CPYTHON, .minor = 12, .debug = true,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".cpython-313td-x86_64-linux-gnu.so", .python = EXTENSION_CPYTHON, .minor = 13, .free_threaded = true, .debug = true,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".cpython-311-arm-linux-gnueabihf.so", .python = EXTENSION_CPYTHON, .minor = 11,
     .system = EXTENSION_LINUX, .machine = "arm", .libc = "gnueabihf"},
    {".cpython-312-darwin.so", .python = EXTENSION_CPYTHON, .minor = 12, .system = EXTENSION_MACOS},
    {".cpython-312.so", .python = EXTENSION_CPYTHON, .minor = 12},
    {".cpython-312-aarch64-linux-android.so", .python = EXTENSION_CPYTHON, .minor = 12,
     .system = EXTENSION_LINUX, .machine = "aarch64", .libc = "android"},
    {".cp312-win_amd64.pyd", .python = EXTENSION_CPYTHON, .minor = 12, .system = EXTENSION_WINDOWS},
    {".cp313t-win_amd64.pyd", .python = EXTENSION_CPYTHON, .minor = 13, .free_threaded = true,
     .system = EXTENSION_WINDOWS},
    {".pyd", .python = EXTENSION_ANY_PYTHON, .system = EXTENSION_WINDOWS},
    {".abi3.so", .python = EXTENSION_STABLE},
    {".abi3t.so", .python = EXTENSION_STABLE, .free_threaded = true},
    {".abi3t-x86_64-linux-gnu.so", .python = EXTENSION_STABLE, .free_threaded = true,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".abi3-x86_64-linux-gnu.so", .python = EXTENSION_STABLE,
     .system = EXTENSION_LINUX, .machine = "x86_64", .libc = "gnu"},
    {".pypy310-pp73-x86_64-linux-gnu.so", .python = EXTENSION_OTHER_PYTHON},
    {".graalpy230-38-native-x86_64-linux.so", .python = EXTENSION_OTHER_PYTHON},
    {".cpython-2712-x86_64-linux-gnu.so", .python = EXTENSION_OTHER_PYTHON},
    {".cpython-.so", .python = EXTENSION_OTHER_PYTHON},
    {".cpython-3.so", .python = EXTENSION_OTHER_PYTHON},
    {".cpython-399999999999999999999.so", .python = EXTENSION_OTHER_PYTHON},
    {".so", .python = EXTENSION_ANY_PYTHON},
    {"", .refused = true},
    {".", .refused = true},
    {".py", .refused = true},
    {".pyi", .refused = true},
    {".pxd", .refused = true},
    {"so", .refused = true},
    {"s.so", .refused = true},
    {".so.1", .refused = true},
    {".so.bak", .refused = true},
    {".part.so", .refused = true},
    {".cpython-312-x86_64-linux-gnu.so.dSYM", .refused = true},
    {".a.cpython-312-x86_64-linux-gnu.so", .refused = true},
    {".cp.so", .refused = true},
};
/* clang-format on */

static void test_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        struct extension_suffix read;
        bool good = extension_suffix_read(span_of(row->suffix), &read) == !row->refused;
        if (good && !row->refused)
            good = read.python == row->python && read.minor == row->minor && read.free_threaded == row->free_threaded &&
                   read.debug == row->debug && read.system == row->system &&
                   span_is(read.machine, row->machine ? row->machine : "") &&
                   span_is(read.libc, row->libc ? row->libc : "");
        if (!good)
            fail_msg("'%s': python %d, 3.%u, system %d, '%.*s' '%.*s'", row->suffix, (int)read.python, read.minor,
                     (int)read.system, (int)read.machine.length, read.machine.at, (int)read.libc.length, read.libc.at);
    }
}

#define GLIBC_312 ".cpython-312-x86_64-linux-gnu.so"
#define MUSL_312  ".cpython-312-x86_64-linux-musl.so"

static const struct {
    const char *own, *other;
    enum extension_difference difference;
} pairs[] = {
    {GLIBC_312, GLIBC_312, EXTENSION_FITS},
    {GLIBC_312, ".so", EXTENSION_FITS},
    {GLIBC_312, ".abi3.so", EXTENSION_FITS},
    {GLIBC_312, ".abi3-x86_64-linux-gnu.so", EXTENSION_FITS},
    {GLIBC_312, ".abi3-aarch64-linux-gnu.so", EXTENSION_OF_OTHER_MACHINE},
    {GLIBC_312, ".cpython-312.so", EXTENSION_FITS},
    {GLIBC_312, ".cpython-311-x86_64-linux-gnu.so", EXTENSION_OF_OTHER_PYTHON},
    {GLIBC_312, ".cpython-312t-x86_64-linux-gnu.so", EXTENSION_OF_OTHER_PYTHON},
    {GLIBC_312, ".cpython-312d-x86_64-linux-gnu.so", EXTENSION_OF_OTHER_PYTHON},
    {GLIBC_312, ".pypy310-pp73-x86_64-linux-gnu.so", EXTENSION_OF_OTHER_PYTHON},
    {GLIBC_312, MUSL_312, EXTENSION_OF_OTHER_LIBC},
    {GLIBC_312, ".cpython-311-x86_64-linux-musl.so", EXTENSION_OF_OTHER_LIBC},
    {GLIBC_312, ".cpython-312-aarch64-linux-gnu.so", EXTENSION_OF_OTHER_MACHINE},
    {GLIBC_312, ".cpython-311-aarch64-linux-musl.so", EXTENSION_OF_OTHER_MACHINE},
    {GLIBC_312, ".cpython-312-darwin.so", EXTENSION_OF_OTHER_SYSTEM},
    {GLIBC_312, ".cp312-win_amd64.pyd", EXTENSION_OF_OTHER_SYSTEM},
    {GLIBC_312, ".pyd", EXTENSION_OF_OTHER_SYSTEM},
    {MUSL_312, GLIBC_312, EXTENSION_OF_OTHER_LIBC},
    {MUSL_312, MUSL_312, EXTENSION_FITS},
    {".cpython-313t-x86_64-linux-gnu.so", ".cpython-313-x86_64-linux-gnu.so", EXTENSION_OF_OTHER_PYTHON},
    {".cpython-313t-x86_64-linux-gnu.so", ".cpython-313t-x86_64-linux-gnu.so", EXTENSION_FITS},
    {GLIBC_312, ".abi3t.so", EXTENSION_OF_OTHER_PYTHON},
    {".cpython-315-x86_64-linux-gnu.so", ".abi3t.so", EXTENSION_FITS},
    {".cpython-315-x86_64-linux-gnu.so", ".abi3.so", EXTENSION_FITS},
    {".cpython-314t-x86_64-linux-gnu.so", ".abi3.so", EXTENSION_TAKEN_IN_VAIN},
    {".cpython-314t-x86_64-linux-gnu.so", ".abi3t.so", EXTENSION_OF_OTHER_PYTHON},
    {".cpython-315t-x86_64-linux-gnu.so", ".abi3.so", EXTENSION_OF_OTHER_PYTHON},
    {".cpython-315t-x86_64-linux-gnu.so", ".abi3t-x86_64-linux-gnu.so", EXTENSION_FITS},
    {".cpython-314t-x86_64-linux-gnu.so", ".so", EXTENSION_FITS},
    /* A debug build takes those of a release build. */
    {".cpython-312d-x86_64-linux-gnu.so", GLIBC_312, EXTENSION_FITS},
    /* What isn't known isn't compared. */
    {".cpython-312.so", ".cpython-312-aarch64-linux-musl.so", EXTENSION_FITS},
    {".cpython-312.so", ".cpython-311-aarch64-linux-musl.so", EXTENSION_OF_OTHER_PYTHON},
};

static void test_comparing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        struct extension_suffix own, other;
        assert_true(extension_suffix_read(span_of(pairs[i].own), &own));
        assert_true(extension_suffix_read(span_of(pairs[i].other), &other));
        enum extension_difference difference = extension_suffix_compare(&own, &other);
        if (difference != pairs[i].difference)
            fail_msg("%s and %s: %d", pairs[i].own, pairs[i].other, (int)difference);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reading), cmocka_unit_test(test_comparing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
