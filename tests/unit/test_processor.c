#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/processor.h"

#define XEON                                                                                                           \
    "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R): Gold\nflags\t\t: fpu sse sse2 sse4_1 " \
    "sse4_2 avx avx2\n"
#define OLD                                                                                                            \
    "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu sse sse2\n\nprocessor\t: 1\nflags\t\t: fpu sse avx\n"
#define ROSETTA "processor\t: 0\nvendor_id\t: VirtualApple\nflags\t\t: fpu sse sse2 sse4_2\n"
#define ARM                                                                                                            \
    "processor\t: 0\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd aes\nCPU implementer\t: 0x61\nCPU architecture: 8\n"
#define MAINFRAME "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch\n"

static const struct {
    const char *bytes;
    enum processor_machine machine;
    const char *vendor;
    bool sse4_2, avx;
    const char *for_x86, *for_arm; /* what an emulator for such a program runs on; NULL: none */
} rows[] = {
    {XEON, PROCESSOR_X86, "GenuineIntel", true, true, NULL, "an x86 processor"},
    {OLD, PROCESSOR_X86, "AuthenticAMD", false, false, NULL, "an x86 processor"},
    {ROSETTA, PROCESSOR_X86, "VirtualApple", true, false, "Rosetta", "an x86 processor"},
    {ARM, PROCESSOR_ARM, "", false, false, "an ARM processor", NULL},
    {"CPU implementer : 0x41", PROCESSOR_ARM, "", false, false, "an ARM processor", NULL},
    {"flags: avx", PROCESSOR_X86, "", false, true, NULL, "an x86 processor"},
    {"flags\t: avxx xavx sse4_2x\n", PROCESSOR_X86, "", false, false, NULL, "an x86 processor"},
    {"model name\t: flags: avx\n", PROCESSOR_UNKNOWN, "", false, false, NULL, NULL},
    {"flags\nvendor_id\n::\n:\n", PROCESSOR_UNKNOWN, "", false, false, NULL, NULL},
    {"", PROCESSOR_UNKNOWN, "", false, false, NULL, NULL},
};

static void assert_text(const char *found, const char *expected)
{
    assert_int_equal(found == NULL, expected == NULL);
    if (expected)
        assert_string_equal(found, expected);
}

static void processors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct processor processor;
        processor_read(span_of(rows[i].bytes), &processor);
        print_message("row %zu\n", i);
        assert_int_equal(processor.machine, rows[i].machine);
        assert_true(span_is(processor.vendor, rows[i].vendor));
        assert_int_equal(processor_has(&processor, "sse4_2"), rows[i].sse4_2);
        assert_int_equal(processor_has(&processor, "avx"), rows[i].avx);
        assert_text(processor_emulates(&processor, PROCESSOR_X86), rows[i].for_x86);
        assert_text(processor_emulates(&processor, PROCESSOR_ARM), rows[i].for_arm);
        assert_null(processor_emulates(&processor, PROCESSOR_UNKNOWN));
    }
}

static void no_emulator_is_seen_on_a_mainframe(void **state)
{
    (void)state;
    struct processor processor;
    processor_read(SPAN(MAINFRAME), &processor);
    assert_null(processor_emulates(&processor, PROCESSOR_X86));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors),
        cmocka_unit_test(no_emulator_is_seen_on_a_mainframe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
