/* What reading alone shows of a loader and its libraries, in roots of made files: for both machines, for extensions, within the
 * bounds. tests/pid1/test_libraries.py compares the rules with real loaders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/libraries.h"
#include "elf_file.h"
#include "image.h"

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL  "/lib/ld-musl-aarch64.so.1"

static struct image image;

static void put(const char *path, const struct made_elf *made)
{
    struct made_bytes bytes;
    made_elf_write(made, &bytes);
    tree_parents(&image.tree, path);
    int file = openat(image.tree.root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes.at, MADE_BYTES), MADE_BYTES);
    close(file);
    tree_mode(&image.tree, path, 0755);
}

static void put_program(const char *path, const char *needed)
{
    put(path, &(struct made_elf){.interpreter = GLIBC, .needed = {needed}});
}

static int set_up(void **state)
{
    (void)state;
    tree_make(&image.tree);
    put("lib64/ld-linux-x86-64.so.2", &(struct made_elf){.soname = "ld-linux-x86-64.so.2"});
    put("lib/x86_64-linux-gnu/libc.so.6",
        &(struct made_elf){.soname = "libc.so.6", .definitions = {"GLIBC_2.34", "GLIBC_2.35"}});
    put("usr/lib64/libz.so.1", &(struct made_elf){.needed = {"libc.so.6", "ld-linux-x86-64.so.2"}});
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

static enum libraries_verdict judge_extension(const char *program, const char *extension, enum severity severity)
{
    const struct candidate candidate = {span_of(program), SPAN("VIRTUAL_ENV"), true};
    struct libraries_subject subject = {&candidate, span_of(program), SPAN(""), severity};
    if (*extension) /* the root may have changed since this program was judged last */
        libraries_judge(&image.scene, &subject);
    subject.extension = span_of(extension);
    findings_clear(&image.findings);
    enum libraries_verdict verdict = libraries_judge(&image.scene, &subject);
    assert_int_equal(image.findings.count, verdict == LIBRARIES_REFUSED);
    return verdict;
}

static enum libraries_verdict judge(const char *program)
{
    return judge_extension(program, "", SEVERITY_ERROR);
}

static const struct finding *finding(enum rule rule)
{
    assert_int_equal(image.findings.list[0].rule, rule);
    return &image.findings.list[0];
}

static void programs_of_x86_64(void **state)
{
    static const struct {
        struct made_elf program;
        enum libraries_verdict verdict;
        enum rule rule;
        const char *library;
    } rows[] = {
        {{.interpreter = GLIBC, .needed = {"libz.so.1", "libc.so.6"}}, LIBRARIES_FOUND, RULE_COUNT, ""},
        {{.interpreter = GLIBC, .needed = {"libz.so.1", "libq.so.5"}},
         LIBRARIES_REFUSED,
         RULE_LIBRARY_MISSING,
         "libq.so.5"},
        {{.interpreter = GLIBC,
          .needed = {"libc.so.6"},
          .need_file = "libc.so.6",
          .needs = {"GLIBC_2.34", "GLIBC_2.35"}},
         LIBRARIES_FOUND,
         RULE_COUNT,
         ""},
        {{.interpreter = GLIBC,
          .needed = {"libc.so.6"},
          .need_file = "libc.so.6",
          .needs = {"GLIBC_2.34", "GLIBC_2.38"}},
         LIBRARIES_REFUSED,
         RULE_LIBRARY_VERSION_MISSING,
         "libc.so.6"},
        {{.interpreter = GLIBC,
          .needed = {"libc.so.6"},
          .need_file = "libc.so.6",
          .needs = {"GLIBC_2.38"},
          .weak = true},
         LIBRARIES_FOUND,
         RULE_COUNT,
         ""},
        {{.interpreter = "/lib64/none.so.2"}, LIBRARIES_REFUSED, RULE_PYTHON_LOADER_MISSING, "/lib64/none.so.2"},
        {{.interpreter = "lib64/ld-linux-x86-64.so.2"}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.interpreter = "/usr/lib64/libz.so.1"}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.needed = {"libq.so.5"}}, LIBRARIES_FOUND, RULE_COUNT, ""}, /* nobody loads it */
        {{.machine = EM_RISCV, .interpreter = GLIBC}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.narrow = true, .interpreter = GLIBC}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.interpreter = GLIBC, .needed = {"libq.so.5"}, .flags_1 = DF_1_NODEFLIB}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.interpreter = GLIBC, .needed = {"libq.so.5"}, .runpath = "/x/$PLATFORM"}, LIBRARIES_UNKNOWN, RULE_COUNT, ""},
        {{.interpreter = GLIBC, .needed = {"libz.so.1"}, .runpath = "/x/$PLATFORM"}, LIBRARIES_FOUND, RULE_COUNT, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        put("usr/bin/python3.12", &rows[i].program);
        print_message("row %zu\n", i);
        assert_int_equal(judge("/usr/bin/python3.12"), rows[i].verdict);
        if (rows[i].rule != RULE_COUNT)
            assert_value(finding(rows[i].rule), "library", rows[i].library);
    }
}

/* A DT_RUNPATH beside it makes a DT_RPATH void: no linker writes both today. */
static void runpath_beats_rpath(void **state)
{
    struct made_elf program = {.interpreter = GLIBC, .needed = {"libr.so"}, .rpath = "/opt/r"};
    (void)state;
    put("opt/r/libr.so", &(struct made_elf){.soname = "libr.so"});
    put("usr/bin/python3.12", &program);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_FOUND);
    program.runpath = "/opt/none";
    put("usr/bin/python3.12", &program);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_REFUSED);
    program.runpath = "";
    put("usr/bin/python3.12", &program);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_REFUSED);
}

static void a_root_of_arm64_is_judged_by_its_own_rules(void **state)
{
    (void)state;
    put("lib/ld-linux-aarch64.so.1", &(struct made_elf){.machine = EM_AARCH64, .soname = "ld-linux-aarch64.so.1"});
    put("lib/aarch64-linux-gnu/liba.so", &(struct made_elf){.machine = EM_AARCH64});
    put("usr/bin/arm",
        &(struct made_elf){.machine = EM_AARCH64, .interpreter = "/lib/ld-linux-aarch64.so.1", .needed = {"liba.so"}});
    assert_int_equal(judge("/usr/bin/arm"), LIBRARIES_FOUND);
    put("usr/bin/arm", &(struct made_elf){.machine = EM_AARCH64,
                                          .interpreter = "/lib/ld-linux-aarch64.so.1",
                                          .needed = {"libz.so.1"}});
    assert_int_equal(judge("/usr/bin/arm"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_WRONG_MACHINE), "machine", "x86-64");
    assert_value(finding(RULE_LIBRARY_WRONG_MACHINE), "own", "arm64");
    put(MUSL + 1, &(struct made_elf){.machine = EM_AARCH64, .soname = "libc.musl-aarch64.so.1"});
    put("usr/bin/arm", &(struct made_elf){.machine = EM_AARCH64,
                                          .interpreter = MUSL,
                                          .needed = {"libc.musl-aarch64.so.1", "libpthread.so.0", "libm.so.6"}});
    assert_int_equal(judge("/usr/bin/arm"), LIBRARIES_FOUND);
}

static void an_extension_finds_what_its_program_has(void **state)
{
    (void)state;
    put_program("usr/bin/python3.12", "libz.so.1");
    put("site/good.so", &(struct made_elf){.needed = {"libz.so.1", "libc.so.6"}});
    put("site/bad.so", &(struct made_elf){.needed = {"libpq.so.5", "libx.so.6"}});
    put("site/alpine.so", &(struct made_elf){.needed = {"libc.musl-x86_64.so.1"}});
    put("site/arm.so", &(struct made_elf){.machine = EM_AARCH64});
    tree_file(&image.tree, "site/empty.so", "");
    tree_file(&image.tree, "usr/bin/apt-get", "");
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/good.so", SEVERITY_WARNING), LIBRARIES_FOUND);
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/none.so", SEVERITY_WARNING), LIBRARIES_UNKNOWN);
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/bad.so", SEVERITY_WARNING), LIBRARIES_REFUSED);
    const struct finding *bad = finding(RULE_LIBRARY_MISSING);
    assert_int_equal(bad->severity, SEVERITY_WARNING);
    assert_value(bad, "extension", "/site/bad.so");
    assert_value(bad, "install", "apt-get update && apt-get install -y --no-install-recommends libpq5");
    assert_int_equal(bad->evidence_count, 1);
    assert_span(bad->evidence[0].left, "libx.so.6");
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/alpine.so", SEVERITY_ERROR), LIBRARIES_REFUSED);
    assert_value(finding(RULE_PACKAGE_FOR_ANOTHER_LIBC), "library", "libc.musl-x86_64.so.1");
    /* Its own file is for others to judge. */
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/arm.so", SEVERITY_ERROR), LIBRARIES_UNKNOWN);
    assert_int_equal(judge_extension("/usr/bin/python3.12", "/site/empty.so", SEVERITY_ERROR), LIBRARIES_UNKNOWN);
}

static void extensions_do_not_see_each_other(void **state)
{
    (void)state;
    const struct candidate candidate = {SPAN("/usr/bin/python3.12"), SPAN("VIRTUAL_ENV"), true};
    struct libraries_subject subject = {&candidate, candidate.path, SPAN(""), SEVERITY_WARNING};
    put_program("usr/bin/python3.12", "libz.so.1");
    put("site/a.so", &(struct made_elf){.needed = {"liba.so.1"}, .runpath = "$ORIGIN/libs"});
    put("site/libs/liba.so.1", &(struct made_elf){.soname = "liba.so.1"});
    put("site/b.so", &(struct made_elf){.needed = {"liba.so.1"}});
    findings_clear(&image.findings);
    assert_int_equal(libraries_judge(&image.scene, &subject), LIBRARIES_FOUND);
    subject.extension = SPAN("/site/a.so");
    assert_int_equal(libraries_judge(&image.scene, &subject), LIBRARIES_FOUND);
    subject.extension = SPAN("/site/b.so");
    assert_int_equal(libraries_judge(&image.scene, &subject), LIBRARIES_REFUSED);
    subject.extension = SPAN("/site/a.so");
    assert_int_equal(libraries_judge(&image.scene, &subject), LIBRARIES_FOUND);
}

/* It is libpython that calls dlopen: what is loaded is looked for by its RPATH too. */
static void the_rpath_of_libpython_holds_for_extensions(void **state)
{
    (void)state;
    put_program("usr/bin/python3.11", "libpython3.11.so.1.0");
    put("usr/lib/libpython3.11.so.1.0",
        &(struct made_elf){.soname = "libpython3.11.so.1.0", .needed = {"libc.so.6"}, .rpath = "/opt/lib"});
    put("opt/lib/liba.so.1", &(struct made_elf){.soname = "liba.so.1"});
    put("site/a.so", &(struct made_elf){.needed = {"liba.so.1"}});
    put("site/b.so", &(struct made_elf){.needed = {"liba.so.1"}, .runpath = "/none"});
    assert_int_equal(judge_extension("/usr/bin/python3.11", "/site/a.so", SEVERITY_WARNING), LIBRARIES_FOUND);
    assert_int_equal(judge_extension("/usr/bin/python3.11", "/site/b.so", SEVERITY_WARNING), LIBRARIES_REFUSED);
}

static void libpython_comes_with_its_python(void **state)
{
    (void)state;
    put_program("opt/python/bin/python3.12", "libpython3.12.so.1.0");
    put_program("app/.venv/bin/python3.12", "libpython3.12.so.1.0");
    tree_file(&image.tree, "app/.venv/pyvenv.cfg", "home = /usr/local/bin\n");
    assert_int_equal(judge("/opt/python/bin/python3.12"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_MISSING), "libpython", "yes");
    assert_value(finding(RULE_LIBRARY_MISSING), "prefix", "/opt/python");
    assert_int_equal(judge("/app/.venv/bin/python3.12"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_MISSING), "prefix", "/usr/local");
    /* It was copied, and nobody looks there. */
    put("usr/local/lib/libpython3.12.so.1.0", &(struct made_elf){.soname = "libpython3.12.so.1.0"});
    assert_int_equal(judge("/opt/python/bin/python3.12"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_MISSING), "there_folder", "/usr/local/lib");
    assert_value(finding(RULE_LIBRARY_MISSING), "ldconfig", "");
    tree_file(&image.tree, "etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n");
    assert_int_equal(judge("/opt/python/bin/python3.12"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_MISSING), "ldconfig", "yes");
}

static void a_loader_that_lies_elsewhere_looks_elsewhere(void **state)
{
    (void)state;
    put("nix/store/glibc/lib/ld-linux-x86-64.so.2", &(struct made_elf){.soname = "ld-linux-x86-64.so.2"});
    struct made_elf program = {.interpreter = "/nix/store/glibc/lib/ld-linux-x86-64.so.2", .needed = {"libn.so"}};
    put("nix/store/python/bin/python3", &program);
    assert_int_equal(judge("/nix/store/python/bin/python3"), LIBRARIES_UNKNOWN);
    program.runpath = "$ORIGIN/../lib";
    put("nix/store/python/lib/libn.so", &(struct made_elf){.soname = "libn.so"});
    put("nix/store/python/bin/python3", &program);
    assert_int_equal(judge("/nix/store/python/bin/python3"), LIBRARIES_FOUND);
    program.interpreter = "/nix/store/gone/lib/ld-linux-x86-64.so.2";
    put("nix/store/python/bin/python3", &program);
    assert_int_equal(judge("/nix/store/python/bin/python3"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_PYTHON_LOADER_MISSING), "nix", "yes");
    assert_value(finding(RULE_PYTHON_LOADER_MISSING), "missing", "/nix/store/gone");
}

/* Whether the kernel gives a program its owner's privileges isn't known; without LD_LIBRARY_PATH it doesn't matter. */
static void privileged_programs_do_not_heed_the_environment(void **state)
{
    char variable[] = "LD_LIBRARY_PATH=/opt/v";
    char *entries[] = {variable, NULL};
    (void)state;
    put("opt/v/libv.so", &(struct made_elf){.soname = "libv.so"});
    put_program("usr/bin/python3.12", "libv.so");
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_REFUSED);
    image_variables(&image, entries);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_FOUND);
    tree_mode(&image.tree, "usr/bin/python3.12", 04755);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_UNKNOWN);
    image_variables(&image, NULL);
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_REFUSED);
    tree_file(&image.tree, "etc/ld.so.preload", "/opt/v/libv.so\n");
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_UNKNOWN);
    assert_int_equal(unlinkat(image.tree.root, "etc/ld.so.preload", 0), 0);
}

/* Each needs the next one; the last one is missing, but nobody gets so far. */
static void more_libraries_than_fit_are_unknown(void **state)
{
    char path[64], next[32];
    (void)state;
    for (int i = 0; i < 140; i++) {
        snprintf(path, sizeof(path), "usr/lib/libchain%d.so", i);
        snprintf(next, sizeof(next), "libchain%d.so", i + 1);
        put(path, &(struct made_elf){.needed = {next}});
    }
    put_program("usr/bin/python3.12", "libchain0.so");
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_UNKNOWN);
    put_program("usr/bin/python3.12", "libchain100.so");
    assert_int_equal(judge("/usr/bin/python3.12"), LIBRARIES_REFUSED);
    assert_value(finding(RULE_LIBRARY_MISSING), "library", "libchain140.so");
}

static void what_can_not_be_read_is_unknown(void **state)
{
    (void)state;
    tree_file(&image.tree, "usr/bin/text", "#!/bin/sh\n");
    assert_int_equal(judge("/usr/bin/text"), LIBRARIES_UNKNOWN);
    assert_int_equal(judge("/usr/bin/none"), LIBRARIES_UNKNOWN);
    assert_int_equal(judge("/usr/bin"), LIBRARIES_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_of_x86_64),
        cmocka_unit_test(runpath_beats_rpath),
        cmocka_unit_test(a_root_of_arm64_is_judged_by_its_own_rules),
        cmocka_unit_test(an_extension_finds_what_its_program_has),
        cmocka_unit_test(extensions_do_not_see_each_other),
        cmocka_unit_test(the_rpath_of_libpython_holds_for_extensions),
        cmocka_unit_test(libpython_comes_with_its_python),
        cmocka_unit_test(a_loader_that_lies_elsewhere_looks_elsewhere),
        cmocka_unit_test(privileged_programs_do_not_heed_the_environment),
        cmocka_unit_test(more_libraries_than_fit_are_unknown),
        cmocka_unit_test(what_can_not_be_read_is_unknown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
