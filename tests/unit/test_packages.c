/* Packages on folders made here: site folders, .pth files, PYTHONPATH, the user site. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/host.h"
#include "checks/uvicorn.h"
#include "tree.h"

static struct tree tree;
static struct reader reader;
static struct settings settings;
static struct findings findings;

static int set_up(void **state)
{
    (void)state;
    tree_make(&tree);
    tree_folder(&tree, "venv/site-packages");
    tree_file(&tree, "installed/site-packages/uvicorn/__init__.py", "");
    tree_file(&tree, "leftover/site-packages/uvicorn/__pycache__/main.pyc", "");
    tree_file(&tree, "module/site-packages/uvicorn.py", "");
    tree_file(&tree, "src/uvicorn/__init__.py", "");
    tree_file(&tree, "nested/site-packages/x.pth", "/src");
    tree_file(&tree, "plain/site-packages/a.pth", "\xEF\xBB\xBF# comment\r\n/gone\r\n../../src\r\n");
    tree_file(&tree, "hidden/site-packages/.a.pth", "/src\n");
    tree_file(&tree, "other/site-packages/a.pth.txt", "/src\n");
    tree_file(&tree, "indirect/site-packages/a.pth", "/nested/site-packages\n");
    tree_file(&tree, "code/site-packages/__editable__.x.pth", "import __editable___x_finder; x()\n");
    tree_file(&tree, "harmless/site-packages/distutils-precedence.pth", "import os; x\n");
    tree_file(&tree, "harmless/site-packages/_virtualenv.pth", "import _virtualenv");
    tree_file(&tree, "work/packages/uvicorn/__init__.py", "");
    tree_file(&tree, "home/.local/lib/python3.12/site-packages/uvicorn/__init__.py", "");
    tree_file(&tree, "base/lib/python3.13t/site-packages/uvicorn/__init__.py", "");
    tree_file(&tree, "usr/lib/python3.12/uvicorn/__init__.py", "");
    tree_file(&tree, "packages.zip", "PK");
    assert_int_equal(reader_open(&reader, tree.top), 0);
    settings_start(&settings);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reader_close(&reader);
    tree_remove(&tree);
    return 0;
}

struct row {
    const char *site;
    const char *variables[3];
    bool in_venv;
    unsigned minor; /* 0: not known */
    bool free_threaded;
    const char *found; /* NULL: not seen */
    bool doubted;
};

#define FOUND(path) path "/uvicorn/__init__.py"

static const struct row rows[] = {
    {.site = "/installed/site-packages", .minor = 12, .in_venv = true, .found = FOUND("/installed/site-packages")},
    {.site = "/venv/site-packages", .minor = 12, .in_venv = true},
    {.site = "/gone", .minor = 12, .in_venv = true},
    {.site = "/leftover/site-packages", .minor = 12, .in_venv = true},
    {.site = "/module/site-packages", .minor = 12, .in_venv = true},
    {.site = "/plain/site-packages", .minor = 12, .in_venv = true, .found = FOUND("/plain/site-packages/../../src")},
    {.site = "/nested/site-packages", .minor = 12, .in_venv = true, .found = FOUND("/src")},
    {.site = "/hidden/site-packages", .minor = 12, .in_venv = true},
    {.site = "/other/site-packages", .minor = 12, .in_venv = true},
    {.site = "/indirect/site-packages", .minor = 12, .in_venv = true},
    {.site = "/code/site-packages", .minor = 12, .in_venv = true, .doubted = true},
    {.site = "/harmless/site-packages", .minor = 12, .in_venv = true},
    {.site = "/installed/site-packages", .minor = 0, .in_venv = true, .found = FOUND("/installed/site-packages")},
    {.site = "/venv/site-packages", .minor = 0, .in_venv = true, .doubted = true},
    /* PYTHONPATH */
    {.site = "/venv/site-packages",
     .variables = {"PYTHONPATH=/x:/src"},
     .minor = 12,
     .in_venv = true,
     .found = FOUND("/src")},
    {.site = "/venv/site-packages",
     .variables = {"PYTHONPATH=packages"},
     .minor = 12,
     .in_venv = true,
     .found = FOUND("/work/packages")},
    {.site = "/venv/site-packages",
     .variables = {"PYTHONPATH=/src/"},
     .minor = 12,
     .in_venv = true,
     .found = FOUND("/src")},
    {.site = "/venv/site-packages", .variables = {"PYTHONPATH="}, .minor = 12, .in_venv = true},
    {.site = "/venv/site-packages", .variables = {"PYTHONPATH=/nested/site-packages"}, .minor = 12, .in_venv = true},
    {.site = "/venv/site-packages",
     .variables = {"PYTHONPATH=/packages.zip"},
     .minor = 12,
     .in_venv = true,
     .doubted = true},
    /* the user site */
    {.site = "/venv/site-packages",
     .variables = {"HOME=/home"},
     .minor = 12,
     .found = FOUND("/home/.local/lib/python3.12/site-packages")},
    {.site = "/venv/site-packages", .variables = {"HOME=/home"}, .minor = 13},
    {.site = "/venv/site-packages", .variables = {"HOME=/home"}, .minor = 12, .in_venv = true},
    {.site = "/venv/site-packages", .variables = {"HOME=/home", "PYTHONNOUSERSITE=1"}, .minor = 12},
    {.site = "/venv/site-packages", .variables = {"HOME=/home", "PYTHONUSERBASE=/base"}, .minor = 12},
    {.site = "/venv/site-packages",
     .variables = {"PYTHONUSERBASE=/base"},
     .minor = 13,
     .free_threaded = true,
     .found = FOUND("/base/lib/python3.13t/site-packages")},
    {.site = "/venv/site-packages", .variables = {"HOME="}, .minor = 12, .doubted = true},
};

static void fill(struct interpreter *interpreter, const struct row *row)
{
    *interpreter = (struct interpreter){.path = "/venv/bin/python", .base = "/usr"};
    struct text library = TEXT_ON(interpreter->library);
    interpreter->knows_version = row->minor > 0;
    interpreter->major = 3;
    interpreter->minor = row->minor;
    interpreter->free_threaded = row->free_threaded;
    if (row->minor > 0) {
        text_add(&library, "python");
        interpreter_version(interpreter, &library);
    }
    interpreter->system_site = !row->in_venv;
    interpreter->sites[0] = span_of(row->site);
    interpreter->site_count = 1;
}

static struct scene scene_with(const struct environment *environment)
{
    static const struct host host; /* no mount is known */
    return (struct scene){.reader = &reader,
                          .host = &host,
                          .settings = &settings,
                          .environment = environment,
                          .findings = &findings,
                          .working_folder = SPAN("/work"),
                          .app_dir = SPAN("/work")};
}

static void test_rows(void **state)
{
    (void)state;
    static struct interpreter interpreter;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char *entries[4] = {NULL};
        struct environment environment = {entries};
        struct scene scene = scene_with(&environment);
        char buffer[256];
        struct text where = TEXT_ON(buffer);
        const char *doubt = NULL;
        for (size_t k = 0; k < 3 && rows[i].variables[k]; k++)
            entries[k] = strdup(rows[i].variables[k]);
        fill(&interpreter, &rows[i]);
        bool found = packages_find(&scene, &interpreter, "uvicorn", &where, &doubt);
        if (found != (rows[i].found != NULL) || (doubt != NULL) != rows[i].doubted)
            fail_msg("row %zu (%s): found %d, doubt %s", i, rows[i].site, (int)found, doubt ? doubt : "none");
        assert_string_equal(buffer, found ? rows[i].found : "");
        assert_int_equal(uvicorn_is_seen(&scene, &interpreter), found);
        bool is_lesser = doubt && strstr(doubt, "user's own site");
        assert_int_equal(uvicorn_may_be_there(&scene, &interpreter), found || (rows[i].doubted && !is_lesser));
        for (size_t k = 0; k < 3; k++)
            free(entries[k]);
    }
}

static void test_below_311_the_working_folder_counts(void **state)
{
    (void)state;
    static struct interpreter interpreter;
    char *entries[] = {NULL};
    struct environment environment = {entries};
    struct scene scene = scene_with(&environment);
    struct row row = {.site = "/venv/site-packages", .minor = 10, .in_venv = true};

    fill(&interpreter, &row);
    scene.working_folder = SPAN("/src");
    assert_true(packages_find(&scene, &interpreter, "uvicorn", NULL, NULL));
    interpreter.minor = 11;
    assert_false(packages_find(&scene, &interpreter, "uvicorn", NULL, NULL));
}

static void test_more_folders_than_fit(void **state)
{
    (void)state;
    static struct interpreter interpreter;
    static char variable[9000] = "PYTHONPATH=";
    char *entries[] = {variable, NULL};
    struct environment environment = {entries};
    struct scene scene = scene_with(&environment);
    struct row row = {.site = "/installed/site-packages", .minor = 12, .in_venv = true};
    const char *doubt = NULL;

    memset(variable + strlen(variable), ':', sizeof(variable) - strlen(variable) - 1);
    fill(&interpreter, &row);
    assert_false(packages_find(&scene, &interpreter, "uvicorn", NULL, &doubt));
    assert_non_null(doubt);
}

static void test_the_finding(void **state)
{
    (void)state;
    static struct interpreter interpreter;
    char *entries[] = {NULL};
    struct environment environment = {entries};
    struct scene scene = scene_with(&environment);
    struct row row = {.site = "/venv/site-packages", .minor = 12, .in_venv = true};

    fill(&interpreter, &row);
    findings_clear(&findings);
    struct finding *finding = uvicorn_missing(&scene, &interpreter, SPAN("/usr/bin/python3"));
    assert_int_equal(finding->rule, RULE_UVICORN_NOT_INSTALLED);
    assert_true(span_is(finding_value(finding, "site")->span, "/venv/site-packages"));
    assert_true(span_is(finding_value(finding, "elsewhere")->span, "/usr/bin/python3"));
    assert_true(span_is(finding_value(finding, "app")->span, "app.main:app"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_below_311_the_working_folder_counts),
        cmocka_unit_test(test_more_folders_than_fit),
        cmocka_unit_test(test_the_finding),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
