/* Bytecode: the header of a .pyc file, and the sample of modules in images made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/bytecode.h"
#include "facts/bytecode.h"
#include "image.h"

/* ---- the header ---- */

enum { MODIFIED = 1700000000, SIZE = 123 }; /* 0x6553f100, 0x7b */

#define MAGIC_312 "\xcb\x0d\x0d\x0a"
#define MAGIC_314 "\x2b\x0e\x0d\x0a"
#define BY_TIME   "\0\0\0\0"
#define THAT_TIME "\x00\xf1\x53\x65"
#define THAT_SIZE "\x7b\0\0\0"

static const struct {
    const char *name;
    const char *head; /* 16 bytes */
    size_t length;
    unsigned minor;
    enum bytecode_state state;
} headers[] = {
    {"good", MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, 16, 12, BYTECODE_GOOD},
    {"for another minor", MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, 16, 13, BYTECODE_FOREIGN},
    {"of 3.14", MAGIC_314 BY_TIME THAT_TIME THAT_SIZE, 16, 14, BYTECODE_GOOD},
    {"of 3.14 before its release", "\x2a\x0e\x0d\x0a" BY_TIME THAT_TIME THAT_SIZE, 16, 14, BYTECODE_FOREIGN},
    {"of 3.14 for 3.13", MAGIC_314 BY_TIME THAT_TIME THAT_SIZE, 16, 13, BYTECODE_FOREIGN},
    {"of 3.15, whose number may still change", "\x4a\x0e\x0d\x0a" BY_TIME THAT_TIME THAT_SIZE, 16, 15, BYTECODE_GOOD},
    {"of a version not known to us", MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, 16, 99, BYTECODE_GOOD},
    {"another time", MAGIC_312 BY_TIME "\x01\xf1\x53\x65" THAT_SIZE, 16, 12, BYTECODE_STALE},
    {"another size", MAGIC_312 BY_TIME THAT_TIME "\x7c\0\0\0", 16, 12, BYTECODE_STALE},
    {"unchecked hash", MAGIC_312 "\1\0\0\0abcdefgh", 16, 12, BYTECODE_GOOD},
    {"checked hash", MAGIC_312 "\3\0\0\0abcdefgh", 16, 12, BYTECODE_GOOD},
    {"unknown flag", MAGIC_312 "\4\0\0\0" THAT_TIME THAT_SIZE, 16, 12, BYTECODE_DAMAGED},
    {"cut", MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, 15, 12, BYTECODE_DAMAGED},
    {"empty", "", 0, 12, BYTECODE_DAMAGED},
    {"line end translated", "\xcb\x0d\x0a\x0a" BY_TIME THAT_TIME THAT_SIZE, 16, 12, BYTECODE_FOREIGN},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++) {
        struct span head = {headers[i].head, headers[i].length};
        enum bytecode_state found = bytecode_judge(head, headers[i].minor, MODIFIED, SIZE);
        if (found != headers[i].state)
            fail_msg("%s: %d", headers[i].name, (int)found);
    }
}

static void test_only_32_bits_are_kept(void **state)
{
    (void)state;
    struct span head = {MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, BYTECODE_HEADER};
    const int64_t bits = INT64_C(1) << 32;
    assert_int_equal(bytecode_judge(head, 12, MODIFIED + bits, SIZE + (uint64_t)bits), BYTECODE_GOOD);
}

/* ---- the sample ---- */

static struct image image;
static struct interpreter interpreter;

static const char *const sources[] = {"usr/local/lib/python3.12/asyncio/__init__.py",
                                      "usr/local/lib/python3.12/typing.py",
                                      "app/.venv/lib/python3.12/site-packages/fastapi/__init__.py", "app/app/main.py"};
static const char *const caches[] = {
    "usr/local/lib/python3.12/asyncio/__pycache__/__init__.cpython-312.pyc",
    "usr/local/lib/python3.12/__pycache__/typing.cpython-312.pyc",
    "app/.venv/lib/python3.12/site-packages/fastapi/__pycache__/__init__.cpython-312.pyc",
    "app/app/__pycache__/main.cpython-312.pyc"};

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    tree_parents(&image.tree, path);
    int file = openat(image.tree.root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, length), length);
    close(file);
}

/* Four modules, each with good bytecode. */
static int set_up(void **state)
{
    (void)state;
    tree_make(&image.tree);
    image_python(&image.tree, "usr/local", "3.12");
    image_venv(&image.tree, "app/.venv", "/usr/local/bin/python3.12", "3.12");
    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
        const struct timespec times[] = {{.tv_sec = MODIFIED}, {.tv_sec = MODIFIED}};
        char content[SIZE + 1];
        memset(content, '#', SIZE);
        content[SIZE] = '\0';
        tree_file(&image.tree, sources[i], content);
        assert_int_equal(utimensat(image.tree.root, sources[i], times, 0), 0);
        write_bytes(caches[i], MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, BYTECODE_HEADER);
    }
    image_open(&image);
    struct candidate candidate = {.path = SPAN("/app/.venv/bin/python"), .origin = SPAN("VIRTUAL_ENV"), .named = true};
    assert_true(interpreter_judge(&image.scene, &candidate, &interpreter));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

static void drop(size_t which)
{
    assert_int_equal(unlinkat(image.tree.root, caches[which], 0), 0);
}

/* The one finding, or NULL. */
static const struct finding *advise(char *const *variables)
{
    image_variables(&image, variables);
    findings_clear(&image.findings);
    bytecode_advise(&image.scene, &interpreter, SPAN("/app/app/main.py"));
    assert_true(image.findings.count <= 1);
    return image.findings.count ? &image.findings.list[0] : NULL;
}

static void test_all_is_compiled(void **state)
{
    (void)state;
    assert_null(advise(NULL));
}

static void test_the_library_is_not_compiled(void **state)
{
    (void)state;
    drop(0);
    drop(1);
    const struct finding *finding = advise(NULL);
    assert_non_null(finding);
    assert_int_equal(finding->rule, RULE_BYTECODE_MISSING);
    assert_value(finding, "looked_at", "4");
    assert_value(finding, "without", "2");
    assert_value(finding, "missing", "2");
    assert_value(finding, "stale", "");
    assert_value(finding, "first", "/usr/local/lib/python3.12/asyncio/__init__.py");
    assert_value(finding, "command", "/app/.venv/bin/python -m compileall -q /usr/local/lib/python3.12");
}

static void test_a_package_is_stale_and_the_application_is_not_compiled(void **state)
{
    (void)state;
    write_bytes(caches[2], MAGIC_312 BY_TIME "\1\1\1\1" THAT_SIZE, BYTECODE_HEADER);
    drop(3);
    const struct finding *finding = advise(NULL);
    assert_non_null(finding);
    assert_value(finding, "without", "2");
    assert_value(finding, "missing", "1");
    assert_value(finding, "stale", "1");
    assert_value(finding, "state", "is of another version of it");
    assert_value(finding, "command",
                 "/app/.venv/bin/python -m compileall -q /app/.venv/lib/python3.12/site-packages /app/app");
}

static void test_the_application_alone_is_not_worth_a_word(void **state)
{
    (void)state;
    drop(3);
    assert_null(advise(NULL));
}

static void test_where_else_bytecode_is_looked_for(void **state)
{
    (void)state;
    static char two_at[] = "PYTHONOPTIMIZE=2", zero_at[] = "PYTHONOPTIMIZE=0",
                prefix_at[] = "PYTHONPYCACHEPREFIX=/cache";
    char *optimized[] = {two_at, NULL}, *zero[] = {zero_at, NULL};
    char *prefixed[] = {prefix_at, NULL};
    assert_non_null(advise(optimized));
    assert_null(advise(zero));
    assert_value(advise(prefixed), "missing", "4");
    write_bytes("cache/usr/local/lib/python3.12/typing.cpython-312.pyc", MAGIC_312 BY_TIME THAT_TIME THAT_SIZE,
                BYTECODE_HEADER);
    assert_value(advise(prefixed), "missing", "3");
    write_bytes("usr/local/lib/python3.12/__pycache__/typing.cpython-312.opt-2.pyc",
                MAGIC_312 BY_TIME THAT_TIME THAT_SIZE, BYTECODE_HEADER);
    assert_value(advise(optimized), "missing", "3");
}

static void test_an_unknown_version_is_not_judged(void **state)
{
    (void)state;
    drop(0);
    interpreter.knows_version = false;
    assert_null(advise(NULL));
}

#define IN_IMAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_only_32_bits_are_kept),
        IN_IMAGE(test_all_is_compiled),
        IN_IMAGE(test_the_library_is_not_compiled),
        IN_IMAGE(test_a_package_is_stale_and_the_application_is_not_compiled),
        IN_IMAGE(test_the_application_alone_is_not_worth_a_word),
        IN_IMAGE(test_where_else_bytecode_is_looked_for),
        IN_IMAGE(test_an_unknown_version_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
