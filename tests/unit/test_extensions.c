/* Compiled packages in images made here: what one Python's names say, and which files it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/extensions.h"
#include "elf_file.h"
#include "image.h"

#define SITE    "app/.venv/lib/python3.12/site-packages/"
#define CORE    SITE "pydantic_core/_pydantic_core"
#define DYNLOAD "usr/local/lib/python3.12/lib-dynload/"
#define GLIBC   ".cpython-312-x86_64-linux-gnu.so"
#define MUSL    ".cpython-312-x86_64-linux-musl.so"

struct row {
    const char *name;
    const char *own; /* a module of this Python's own */
    const char *files[3];
    const char *content; /* NULL: whole ELF files */
    const char *variables[2];
    enum rule rule; /* RULE_COUNT: no finding */
    const char *has;
    const char *takes;
};

/* clang-format off */
static const struct row rows[] = {
    {"as it should be", GLIBC, {CORE GLIBC}, .rule = RULE_COUNT},
    {"the stable ABI", GLIBC, {CORE ".abi3.so"}, .rule = RULE_COUNT},
    {"of any Python", GLIBC, {CORE ".so"}, .rule = RULE_COUNT},
    {"one of several fits", GLIBC,
     {CORE ".cpython-311-x86_64-linux-gnu.so", CORE GLIBC, CORE ".cpython-313-x86_64-linux-gnu.so"},
     .rule = RULE_COUNT},
    {"no package", GLIBC, .rule = RULE_COUNT},
    {"no compiled file of that name", GLIBC,
     {SITE "pydantic_core/_pydantic_core.pyi", SITE "pydantic_core/other.cpython-311-x86_64-linux-gnu.so"},
     .rule = RULE_COUNT},
    {"of another version", GLIBC, {CORE ".cpython-311-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-311-x86_64-linux-gnu.so", .takes = GLIBC},
    {"behind it files that are none", GLIBC,
     {CORE ".cpython-311-x86_64-linux-gnu.so", SITE "pydantic_core/_pydantic_core.pyi", SITE "pydantic_core/a.py"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-311-x86_64-linux-gnu.so", .takes = GLIBC},
    {"free-threaded", GLIBC, {CORE ".cpython-312t-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-312t-x86_64-linux-gnu.so", .takes = GLIBC},
    {"PyPy's", GLIBC, {CORE ".pypy310-pp73-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".pypy310-pp73-x86_64-linux-gnu.so", .takes = GLIBC},
    {"of another machine", GLIBC, {CORE ".cpython-312-aarch64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE, .has = ".cpython-312-aarch64-linux-gnu.so", .takes = GLIBC},
    {"of macOS", GLIBC, {CORE ".cpython-312-darwin.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE, .has = ".cpython-312-darwin.so", .takes = GLIBC},
    {"of Windows", GLIBC, {CORE ".cp312-win_amd64.pyd"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE, .has = ".cp312-win_amd64.pyd", .takes = GLIBC},
    {"musl's for glibc", GLIBC, {CORE MUSL}, .rule = RULE_PACKAGE_FOR_ANOTHER_LIBC, .has = MUSL, .takes = GLIBC},
    {"glibc's for musl", MUSL, {CORE GLIBC}, .rule = RULE_PACKAGE_FOR_ANOTHER_LIBC, .has = GLIBC, .takes = MUSL},
    /* Up to 3.10 Pythons of musl name their own modules as glibc's do. */
    {"named as its own", GLIBC, {CORE GLIBC}, .rule = RULE_COUNT},
    {"its own name isn't known: nothing but the version is compared", NULL,
     {CORE ".cpython-312-aarch64-linux-musl.so"}, .rule = RULE_COUNT},
    {"its own name isn't known: a debug build's", NULL, {CORE ".cpython-312d-x86_64-linux-gnu.so"}, .rule = RULE_COUNT},
    {"its own name isn't known: another version", NULL, {CORE ".cpython-311-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-311-x86_64-linux-gnu.so", .takes = ""},
    {"its own modules of another version don't count", ".cpython-311-aarch64-linux-musl.so",
     {CORE GLIBC}, .rule = RULE_COUNT},
    {"empty", GLIBC, {CORE GLIBC}, .content = "", .rule = RULE_PACKAGE_DAMAGED},
    {"a pointer of Git LFS", GLIBC,
     {CORE GLIBC}, .content = "version https://git-lfs.github.com/spec/v1\n", .rule = RULE_PACKAGE_DAMAGED},
    {"text", GLIBC, {CORE ".so"}, .content = "hello\n", .rule = RULE_PACKAGE_DAMAGED},
    {"cut off in its header", GLIBC, {CORE ".abi3.so"}, .content = "\177ELF\2\1\1", .rule = RULE_PACKAGE_DAMAGED},
    {"uvloop", GLIBC, {SITE "uvloop/loop.cpython-311-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-311-x86_64-linux-gnu.so", .takes = GLIBC},
    {"httptools", GLIBC, {SITE "httptools/parser/parser.cpython-311-x86_64-linux-gnu.so"},
     .rule = RULE_PACKAGE_FOR_ANOTHER_PYTHON, .has = ".cpython-311-x86_64-linux-gnu.so", .takes = GLIBC},
    {"PYTHONPATH comes first", GLIBC,
     {CORE ".cpython-311-x86_64-linux-gnu.so", "deps/pydantic_core/_pydantic_core" GLIBC},
     .variables = {"PYTHONPATH=/deps"}, .rule = RULE_COUNT},
};
/* clang-format on */

static struct image image;
static struct interpreter interpreter;

static void make(const struct row *row)
{
    char own[256];
    struct text text = TEXT_ON(own);
    tree_make(&image.tree);
    image_python(&image.tree, "usr/local", "3.12");
    image_venv(&image.tree, "app/.venv", "/usr/local/bin/python3.12", "3.12");
    if (row->own)
        image_program(&image.tree, image_path(&text, DYNLOAD, "_ssl", row->own));
    for (size_t i = 0; i < ARRAY_LENGTH(row->files) && row->files[i]; i++) {
        if (row->content)
            tree_file(&image.tree, row->files[i], row->content);
        else
            image_program(&image.tree, row->files[i]);
    }
    image_open(&image);
    struct candidate candidate = {.path = SPAN("/app/.venv/bin/python"), .origin = SPAN("VIRTUAL_ENV"), .named = true};
    assert_true(interpreter_judge(&image.scene, &candidate, &interpreter));
}

static void judge(const struct row *row)
{
    char variable[64];
    char *variables[] = {variable, NULL};
    struct text text = TEXT_ON(variable);
    if (row->variables[0])
        text_add(&text, row->variables[0]);
    image_variables(&image, row->variables[0] ? variables : NULL);
    findings_clear(&image.findings);
    extensions_judge(&image.scene, &interpreter);
    unsigned by_name = image.findings.count;
    extensions_advise(&image.scene, &interpreter);
    assert_true(row->content ? by_name == 0 : image.findings.count == by_name);
    image_variables(&image, NULL);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        make(&rows[i]);
        judge(&rows[i]);
        const struct finding *finding = image.findings.count ? &image.findings.list[0] : NULL;
        if (image.findings.count > 1 || (finding ? finding->rule : RULE_COUNT) != rows[i].rule)
            fail_msg("%s: %u findings, the first is %s", rows[i].name, image.findings.count,
                     finding ? rule_name(finding->rule) : "none");
        if (finding) {
            assert_int_equal(finding->severity, SEVERITY_WARNING);
            assert_value(finding, "has", rows[i].has ? rows[i].has : "");
            assert_value(finding, "takes", rows[i].takes ? rows[i].takes : "");
        }
        image_close(&image);
    }
}

static void test_an_unknown_version_is_not_judged(void **state)
{
    (void)state;
    const struct row row = {.own = GLIBC, .files = {CORE ".cpython-311-x86_64-linux-gnu.so"}};
    make(&row);
    interpreter.knows_version = false;
    judge(&row);
    assert_int_equal(image.findings.count, 0);
    image_close(&image);
}

/* ---- what the loader would say ---- */

#define LOOP   SITE "uvloop/loop"
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define WHEEL  "WHEEL of cp312-cp312-musllinux_1_2_x86_64"

static const struct {
    const char *name;
    const char *file;
    struct made_elf made;
    mode_t mode;
    const char *shared; /* a library that is there */
    bool only_by_advice;
    enum rule rule; /* RULE_COUNT: no finding */
} loaded[] = {
    {"all is there", LOOP GLIBC, {.needed = {"libc.so.6"}}, .rule = RULE_COUNT},
    {"in a folder of its own",
     LOOP ".abi3.so",
     {.needed = {"liba.so.1"}, .rpath = "$ORIGIN/../uvloop.libs"},
     .shared = SITE "uvloop.libs/liba.so.1",
     .rule = RULE_COUNT},
    {"a library is nowhere", LOOP GLIBC, {.needed = {"liba.so.1"}}, .rule = RULE_LIBRARY_MISSING},
    {"Python itself says it",
     CORE GLIBC,
     {.needed = {"liba.so.1"}},
     .only_by_advice = true,
     .rule = RULE_LIBRARY_MISSING},
    {"musl's", LOOP ".so", {.needed = {"libc.musl-x86_64.so.1"}}, .rule = RULE_PACKAGE_FOR_ANOTHER_LIBC},
    {"musl's by the name that musl-gcc gives",
     LOOP ".abi3.so",
     {.needed = {"libc.so"}},
     .rule = RULE_PACKAGE_FOR_ANOTHER_LIBC},
    {"of another machine", LOOP ".abi3.so", {.machine = EM_AARCH64}, .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE},
    {"of 32 bits", LOOP ".so", {.machine = EM_386, .narrow = true}, .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE},
    {"of another machine, needed",
     CORE ".so",
     {.machine = EM_AARCH64},
     .only_by_advice = true,
     .rule = RULE_PACKAGE_FOR_ANOTHER_MACHINE},
    {"not to be read", LOOP GLIBC, {.needed = {"libc.so.6"}}, .mode = 0600, .rule = RULE_LIBRARY_UNREADABLE},
    {"a version is missing",
     LOOP GLIBC,
     {.needed = {"libc.so.6"}, .need_file = "libc.so.6", .needs = {"GLIBC_2.99"}},
     .rule = RULE_LIBRARY_VERSION_MISSING},
    {"watchfiles without --reload",
     SITE "watchfiles/_rust_notify.abi3.so",
     {.needed = {"liba.so.1"}},
     .rule = RULE_COUNT},
};

static void put(const char *path, const struct made_elf *made, mode_t mode)
{
    struct made_bytes bytes;
    made_elf_write(made, &bytes);
    tree_parents(&image.tree, path);
    int file = openat(image.tree.root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes.at, MADE_BYTES), MADE_BYTES);
    close(file);
    tree_mode(&image.tree, path, mode);
}

/* The same image as for the names, whose Python has a loader and a C library. */
static void make_loaded(size_t i)
{
    tree_make(&image.tree);
    image_python(&image.tree, "usr/local", "3.12");
    image_venv(&image.tree, "app/.venv", "/usr/local/bin/python3.12", "3.12");
    image_program(&image.tree, DYNLOAD "_ssl" GLIBC);
    put("usr/local/bin/python3.12", &(struct made_elf){.interpreter = LOADER, .needed = {"libc.so.6"}}, 0755);
    put(LOADER + 1, &(struct made_elf){.soname = "ld-linux-x86-64.so.2"}, 0755);
    put("usr/lib64/libc.so.6", &(struct made_elf){.soname = "libc.so.6", .definitions = {"GLIBC_2.34"}}, 0644);
    put(loaded[i].file, &loaded[i].made, loaded[i].mode ? loaded[i].mode : 0644);
    if (loaded[i].shared)
        put(loaded[i].shared, &(struct made_elf){.needed = {"libc.so.6"}}, 0644);
    tree_file(&image.tree, SITE "uvloop-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\r\nTag: " WHEEL "\r\nTag: no\r\n");
    image_open(&image);
    image.reader.identity = (struct reader_identity){.uid = getuid() + 1, .gid = getgid() + 1};
    struct candidate candidate = {.path = SPAN("/app/.venv/bin/python"), .origin = SPAN("VIRTUAL_ENV"), .named = true};
    assert_true(interpreter_judge(&image.scene, &candidate, &interpreter));
}

static void test_loading(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(loaded); i++) {
        make_loaded(i);
        extensions_judge(&image.scene, &interpreter);
        if ((image.findings.count > 0) != (loaded[i].rule != RULE_COUNT && !loaded[i].only_by_advice))
            fail_msg("%s: %u findings at a start", loaded[i].name, image.findings.count);
        extensions_advise(&image.scene, &interpreter);
        const struct finding *finding = image.findings.count ? &image.findings.list[0] : NULL;
        if (image.findings.count > 1 || (finding ? finding->rule : RULE_COUNT) != loaded[i].rule)
            fail_msg("%s: %u findings, the first is %s", loaded[i].name, image.findings.count,
                     finding ? rule_name(finding->rule) : "none");
        if (finding) {
            assert_int_equal(finding->severity, SEVERITY_WARNING);
            assert_value(finding, "python", "/app/.venv/bin/python");
            assert_value(finding, "package", loaded[i].only_by_advice ? "pydantic_core" : "uvloop");
            assert_value(finding, "tag", loaded[i].only_by_advice ? "" : WHEEL);
        }
        image_close(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_an_unknown_version_is_not_judged),
        cmocka_unit_test(test_loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
