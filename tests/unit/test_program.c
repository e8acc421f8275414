#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/program.h"

static void kinds(void **state)
{
    (void)state;
    static const struct {
        struct span head;
        enum program_kind kind;
        const char *format;
        enum program_prefix prefix;
    } rows[] = {
        {SPAN_ROW(""), PROGRAM_EMPTY, NULL, PREFIX_NONE},
        {SPAN_ROW("\x7f\x45LF"), PROGRAM_ELF, NULL, PREFIX_NONE},
        {SPAN_ROW("#!/bin/sh\n"), PROGRAM_SCRIPT, NULL, PREFIX_NONE},
        {SPAN_ROW("\xcf\xfa\xed\xfe\x0c\0\0\x01"), PROGRAM_MACH_O, NULL, PREFIX_NONE},
        {SPAN_ROW("\xce\xfa\xed\xfe"), PROGRAM_MACH_O, NULL, PREFIX_NONE},
        {SPAN_ROW("\xfe\xed\xfa\xcf"), PROGRAM_MACH_O, NULL, PREFIX_NONE},
        {SPAN_ROW("\xfe\xed\xfa\xce"), PROGRAM_MACH_O, NULL, PREFIX_NONE},
        {SPAN_ROW("\xca\xfe\xba\xbe\0\0\0\x02"), PROGRAM_MACH_O, NULL, PREFIX_NONE},
        {SPAN_ROW("\xca\xfe\xba\xbe\0\0\0\x41"), PROGRAM_OTHER, NULL, PREFIX_NONE}, /* Java 21 */
        {SPAN_ROW("MZ\x90\0"), PROGRAM_PE, NULL, PREFIX_NONE},
        {SPAN_ROW("version https://git-lfs.github.com/spec/v1\noid sha256:"), PROGRAM_GIT_LFS, NULL, PREFIX_NONE},
        {SPAN_ROW("\x1f\x8b\x08"), PROGRAM_ARCHIVE, "gzip", PREFIX_NONE},
        {SPAN_ROW("PK\x03\x04"), PROGRAM_ARCHIVE, "zip", PREFIX_NONE},
        {SPAN_ROW("\xfd"
                  "7zXZ\0"),
         PROGRAM_ARCHIVE, "xz", PREFIX_NONE},
        {SPAN_ROW("\x28\xb5\x2f\xfd"), PROGRAM_ARCHIVE, "zstd", PREFIX_NONE},
        {SPAN_ROW("!<arch>\n"), PROGRAM_ARCHIVE, "ar", PREFIX_NONE},
        {SPAN_ROW("echo hello\n"), PROGRAM_TEXT, NULL, PREFIX_NONE},
        {SPAN_ROW("caf\xc3\xa9\n"), PROGRAM_TEXT, NULL, PREFIX_NONE},
        {SPAN_ROW("\xef\xbb\xbf#!/bin/sh\n"), PROGRAM_TEXT, NULL, PREFIX_BYTE_ORDER_MARK},
        {SPAN_ROW("\n#!/bin/sh\n"), PROGRAM_TEXT, NULL, PREFIX_BLANK},
        {SPAN_ROW(" #!/bin/sh\n"), PROGRAM_TEXT, NULL, PREFIX_BLANK},
        {SPAN_ROW("\xff\xfe#\0!\0"), PROGRAM_OTHER, NULL, PREFIX_UTF_16},
        {SPAN_ROW("a\0b"), PROGRAM_OTHER, NULL, PREFIX_NONE},
        {SPAN_ROW("#"), PROGRAM_TEXT, NULL, PREFIX_NONE},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct program program;
        program_read(&program, rows[i].head, rows[i].head.length);
        assert_int_equal(program.kind, rows[i].kind);
        assert_int_equal(program.prefix, rows[i].prefix);
        if (rows[i].format)
            assert_string_equal(program.format, rows[i].format);
        else
            assert_null(program.format);
    }
}

static void tar(void **state)
{
    (void)state;
    char head[512] = {0};
    memcpy(head, "app/", 4);
    memcpy(head + 257, "ustar", 5);
    struct program program;
    program_read(&program, (struct span){head, sizeof head}, sizeof head);
    assert_int_equal(program.kind, PROGRAM_ARCHIVE);
    assert_string_equal(program.format, "tar");
    program_read(&program, (struct span){head, 261}, sizeof head);
    assert_int_equal(program.kind, PROGRAM_OTHER);
}

static void parts_are_read(void **state)
{
    (void)state;
    struct program program;
    program_read(&program, SPAN("#!/usr/bin/env python3\r\n"), 24);
    assert_true(program.script.carriage_return);
    assert_true(span_is(program.script.program, "python3\r"));
    program_read(&program, SPAN("\x7f\x45LF\x02\x01"), 6);
    assert_true(program.elf.malformed);
    assert_int_equal(program.elf.bits, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(tar),
        cmocka_unit_test(parts_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
