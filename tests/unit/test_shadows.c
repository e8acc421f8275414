/* Files that hide installed packages, in images made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/shadows.h"
#include "image.h"

#define SITE "opt/venv/lib/python3.12/site-packages"

static struct image image;
static struct interpreter interpreter;

static int set_up(void **state)
{
    (void)state;
    static const char *const installed[] = {"uvicorn", "click", "anyio", "h11", "fastapi", "starlette", "pydantic"};
    char buffer[512];
    struct text path = TEXT_ON(buffer);

    tree_make(&image.tree);
    image_python(&image.tree, "usr/local", "3.12");
    image_venv(&image.tree, "opt/venv", "/usr/local/bin/python3.12", "3.12");
    for (size_t i = 0; i < ARRAY_LENGTH(installed); i++)
        tree_file(&image.tree, image_path(&path, SITE "/", installed[i], "/__init__.py"), "");
    tree_file(&image.tree, SITE "/typing_extensions.py", "");
    static const char *const own[] = {"uvicorn",          "click",    "anyio",     "h11",           "fastapi",
                                      "starlette",        "pydantic", "httptools", "pydantic_core", "services",
                                      "typing_extensions"};
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
        tree_file(&image.tree, image_path(&path, "all/", own[i], ".py"), "");
    tree_file(&image.tree, "good/main.py", "");
    tree_file(&image.tree, "packages/pydantic/__init__.py", "");
    tree_file(&image.tree, "packages/fastapi/x.py", "");
    image_open(&image);
    struct candidate candidate = {.path = SPAN("/opt/venv/bin/python"), .origin = SPAN("VIRTUAL_ENV"), .named = true};
    assert_true(interpreter_judge(&image.scene, &candidate, &interpreter));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

/* The names that are hidden, in the order of the alphabet; "!" behind the one whose file is run in the server's place, "*" behind
 * the one that is taken for it by its workers. */
static const char *hidden(const char *app_dir, const char *working_folder)
{
    static const char *const names[] = {
        "anyio",         "click",     "fastapi",           "h11",    "httptools", "pydantic",
        "pydantic_core", "starlette", "typing_extensions", "uvicorn"};
    static char buffer[512];
    struct text text = TEXT_ON(buffer);

    findings_clear(&image.findings);
    image.scene.app_dir = span_of(app_dir);
    image.scene.working_folder = span_of(working_folder);
    shadows_look(&image.scene, &interpreter);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        for (unsigned j = 0; j < image.findings.count; j++) {
            const struct finding *finding = &image.findings.list[j];
            assert_int_equal(finding->rule, RULE_MODULE_SHADOWED);
            if (!span_is(finding_value(finding, "module")->span, names[i]))
                continue;
            text_join(&text, text.length ? " " : "", names[i], finding_value(finding, "server") ? "!" : "",
                      finding_value(finding, "worker") ? "*" : "", NULL);
        }
    return buffer;
}

static void test_what_is_imported_before_the_folder_is_looked_at(void **state)
{
    (void)state;
    assert_string_equal(hidden("/all", "/all"), "fastapi h11 pydantic starlette typing_extensions");
    assert_string_equal(hidden("/all", "/good"), "fastapi h11 pydantic starlette typing_extensions");
    assert_string_equal(hidden("/good", "/all"), "");
    tree_file(&image.tree, SITE "/httptools/__init__.py", "");
    assert_string_equal(hidden("/all", "/all"), "fastapi pydantic starlette typing_extensions");
}

static void test_processes_that_begin_anew(void **state)
{
    (void)state;
    static const char all[] = "anyio click fastapi h11 pydantic starlette typing_extensions uvicorn*";
    image_set(&image, SETTING_WORKERS, "1", "--workers");
    assert_string_equal(hidden("/all", "/all"), "fastapi h11 pydantic starlette typing_extensions");
    image_set(&image, SETTING_WORKERS, "2", "--workers");
    assert_string_equal(hidden("/all", "/all"), all);
    image_set(&image, SETTING_WORKERS, "1", "--workers");
    image_set(&image, SETTING_RELOAD, "true", "--reload");
    assert_string_equal(hidden("/all", "/all"), all);
}

static void test_a_python_that_looks_into_the_working_folder_first(void **state)
{
    (void)state;
    static const char all[] = "anyio click fastapi h11 pydantic starlette typing_extensions uvicorn!";
    interpreter.minor = 10;
    assert_string_equal(hidden("/all", "/all"), all);
    assert_string_equal(hidden("/good", "/all"), all);
    assert_string_equal(hidden("/all", "/good"), "fastapi h11 pydantic starlette typing_extensions");
    interpreter.knows_version = false;
    assert_string_equal(hidden("/good", "/all"), "");
}

static void test_what_hides_nothing(void **state)
{
    (void)state;
    assert_string_equal(hidden("/good", "/good"), "");
    assert_string_equal(hidden("/packages", "/packages"), ""); /* the real one more often than not */
    assert_string_equal(hidden("/" SITE, "/" SITE), "");       /* it is the package */
}

static void test_how_it_is_told(void **state)
{
    (void)state;
    hidden("/all", "/all");
    for (unsigned i = 0; i < image.findings.count; i++)
        if (span_is(finding_value(&image.findings.list[i], "module")->span, "fastapi")) {
            assert_value(&image.findings.list[i], "shadow", "/all/fastapi.py");
            assert_value(&image.findings.list[i], "name", "fastapi.py");
            assert_value(&image.findings.list[i], "new_name", "my_fastapi.py");
            return;
        }
    fail_msg("fastapi isn't told");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_imported_before_the_folder_is_looked_at, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_processes_that_begin_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_python_that_looks_into_the_working_folder_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_hides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_how_it_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
