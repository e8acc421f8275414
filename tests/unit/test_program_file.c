/* Files that can't be started: each as the kernel would refuse it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/program_file.h"
#include "image.h"

#include <sys/stat.h>

#define ROOT_MOUNT "100 1 0:50 / / rw - overlay overlay rw\n"
#define OVER       "101 100 8:3 /ana/shop /app rw - ext4 /dev/sda3 rw\n"
#define NOEXEC     "101 100 0:60 / /app rw,noexec - tmpfs tmpfs rw\n"

static struct image image;
static struct trace trace;
static struct program_file file;

static void make(const char *path, const char *content)
{
    tree_file(&image.tree, path, content);
    tree_mode(&image.tree, path, 0755);
}

static int set_up(void **state)
{
    const struct tree *tree = &image.tree;
    (void)state;
    tree_make(&image.tree);
    image_program(tree, "app/python");
    image_program(tree, "bin/sh");
    image_program(tree, "app/plain");
    tree_mode(tree, "app/plain", 0644);
    image_program(tree, "app/owners");
    tree_mode(tree, "app/owners", 0700);
    tree_folder(tree, "app/folder");
    assert_int_equal(mkfifoat(tree->root, "app/fifo", 0666), 0);
    make("app/empty", "");
    make("app/text", "import sys\n");
    make("app/mark", "\xef\xbb\xbf#!/bin/sh\n");
    make("app/lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    make("app/cut", "\x7f"
                    "ELF\x02\x01\x01");
    make("app/macos", "\xcf\xfa\xed\xfe\x07");
    make("app/windows", "MZ\x90");
    make("app/archive", "\x1f\x8b\x08");
    make("app/good.sh", "#!/bin/sh\necho\n");
    make("app/env.sh", "#!/usr/bin/env python3\n");
    make("app/crlf.sh", "#!/bin/sh\r\necho\r\n");
    make("app/env_crlf.sh", "#!/bin/sh\n");
    make("app/gone", "#!/build/.venv/bin/python\n");
    make("app/nothing.sh", "#!\n");
    tree_folder(tree, "usr/bin");
    image_program(tree, "usr/bin/env");
    make("app/env_crlf.sh", "#!/usr/bin/env bash\r\n");
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

static bool judge(const char *path, const char *mounts)
{
    struct candidate candidate = {span_of(path), SPAN("the command"), true};
    findings_clear(&image.findings);
    image_mounts(&image, mounts);
    assert_int_equal(reader_walk(&image.reader, candidate.path, &trace), 0);
    return program_file_judge(&image.scene, &candidate, &trace, &file);
}

static const struct row {
    const char *path;
    enum rule rule; /* RULE_COUNT: it may be started */
    const char *key;
    const char *value;
} rows[] = {
    {"/app/python", RULE_COUNT, NULL, NULL},
    {"/app/good.sh", RULE_COUNT, NULL, NULL},
    {"/app/env.sh", RULE_COUNT, NULL, NULL},
    {"/app/folder", RULE_PROGRAM_NOT_A_FILE, "folder", "yes"},
    {"/app/fifo", RULE_PROGRAM_NOT_A_FILE, "what", "a FIFO"},
    {"/app/plain", RULE_PROGRAM_NOT_EXECUTABLE, "mode", "0644"},
    {"/app/empty", RULE_PROGRAM_DAMAGED, "what", "empty"},
    {"/app/text", RULE_PROGRAM_DAMAGED, "script", "yes"},
    {"/app/mark", RULE_PROGRAM_DAMAGED, "prefix", "yes"},
    {"/app/lfs", RULE_PROGRAM_DAMAGED, "lfs", "yes"},
    {"/app/cut", RULE_PROGRAM_DAMAGED, "what", "a damaged ELF file"},
    {"/app/archive", RULE_PROGRAM_DAMAGED, "what", "an archive"},
    {"/app/macos", RULE_PROGRAM_FOR_OTHER_SYSTEM, "system", "macOS"},
    {"/app/windows", RULE_PROGRAM_FOR_OTHER_SYSTEM, "system", "Windows"},
    {"/app/crlf.sh", RULE_SCRIPT_LINE_BROKEN, "interpreter", "/bin/sh\r"},
    {"/app/env_crlf.sh", RULE_SCRIPT_LINE_BROKEN, "carriage_return", "yes"},
    {"/app/gone", RULE_SCRIPT_LINE_BROKEN, "missing", "/build"},
    {"/app/nothing.sh", RULE_SCRIPT_LINE_BROKEN, "no_interpreter", "yes"},
};

static void each_file_has_its_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        print_message("%s\n", rows[i].path);
        assert_int_equal(judge(rows[i].path, ROOT_MOUNT), rows[i].rule == RULE_COUNT);
        assert_int_equal(image.findings.count, rows[i].rule == RULE_COUNT ? 0 : 1);
        if (rows[i].rule == RULE_COUNT)
            continue;
        const struct finding *finding = &image.findings.list[0];
        assert_string_equal(rule_name(finding->rule), rule_name(rows[i].rule));
        assert_int_equal(finding->severity, SEVERITY_ERROR);
        assert_value(finding, "wanted", rows[i].path);
        assert_value(finding, "real", rows[i].path);
        assert_value(finding, rows[i].key, rows[i].value);
        assert_value(finding, "mount", "");
    }
}

static void mounts_are_part_of_the_reason(void **state)
{
    (void)state;
    assert_false(judge("/app/plain", ROOT_MOUNT OVER));
    assert_value(&image.findings.list[0], "mount", "/app");
    assert_value(&image.findings.list[0], "inside", "plain");
    assert_value(&image.findings.list[0], "nobody", "yes");
    assert_false(judge("/app/python", ROOT_MOUNT NOEXEC));
    assert_int_equal(image.findings.list[0].rule, RULE_PROGRAM_ON_NOEXEC_MOUNT);
    assert_value(&image.findings.list[0], "tmpfs", "yes");
    assert_true(judge("/bin/sh", ROOT_MOUNT NOEXEC));
}

static void modes_are_judged_for_whoever_runs_it(void **state)
{
    struct reader_identity self = image.reader.identity;
    (void)state;
    image.reader.identity = (struct reader_identity){.uid = 12345, .gid = 12345};
    assert_true(judge("/app/python", ROOT_MOUNT));
    assert_false(judge("/app/owners", ROOT_MOUNT));
    image.reader.identity = self;
    assert_int_equal(image.findings.list[0].rule, RULE_PROGRAM_NOT_EXECUTABLE);
    assert_value(&image.findings.list[0], "user", "user 12345");
    assert_value(&image.findings.list[0], "nobody", "");
    assert_true(judge("/app/owners", ROOT_MOUNT));
}

/* An emulator may be registered, so it is no refusal; under another root the machine doesn't matter at all. */
static void another_machine_is_a_warning(void **state)
{
    char header[120] = "\x7f"
                       "ELF\x02\x01\x01";
    (void)state;
    header[16] = 3;
    header[18] = 22; /* s390x, but little-endian: nobody's */
    header[32] = 64;
    header[54] = 56;
    header[56] = 1;
    tree_file(&image.tree, "app/other", "");
    int descriptor = openat(image.tree.root, "app/other", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(descriptor, header, sizeof(header)), sizeof(header));
    close(descriptor);
    tree_mode(&image.tree, "app/other", 0755);
    assert_true(judge("/app/other", ROOT_MOUNT));
    assert_false(file.other_machine);
    /* As if the image were our own root. For ourselves the kernel would be asked, which has another one. */
    image.reader.is_ours = true;
    image.reader.identity.is_self = false;
    bool starts = judge("/app/other", ROOT_MOUNT);
    image.reader.is_ours = false;
    image.reader.identity.is_self = true;
    assert_true(starts);
    assert_true(file.other_machine);
    assert_int_equal(image.findings.list[0].rule, RULE_PROGRAM_FOR_OTHER_MACHINE);
    assert_int_equal(findings_worst(&image.findings, 0), SEVERITY_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_has_its_rule),
        cmocka_unit_test(mounts_are_part_of_the_reason),
        cmocka_unit_test(modes_are_judged_for_whoever_runs_it),
        cmocka_unit_test(another_machine_is_a_warning),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
