/* What works and is seldom meant, in images made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/deployment.h"
#include "image.h"

static struct image image;
static struct interpreter interpreter;

static int set_up(void **state)
{
    (void)state;
    tree_make(&image.tree);
    image_python(&image.tree, "usr/local", "3.12");
    image_venv(&image.tree, "opt/venv", "/usr/local/bin/python3.12", "3.12");
    tree_file(&image.tree, "opt/venv/lib/python3.12/site-packages/typing_extensions.py", "");
    tree_file(&image.tree, "opt/venv/lib/python3.12/site-packages/fastapi/__init__.py", "");
    tree_file(&image.tree, "ros/typing_extensions.py", "");
    tree_file(&image.tree, "other/fastapi/__init__.py", "");
    tree_file(&image.tree, "other/encodings/__init__.py", "");
    tree_file(&image.tree, "layer/uvicorn/__init__.py", "");
    image_link(&image.tree, "packages", "/opt/venv/lib/python3.12/site-packages");
    image_open(&image);
    struct candidate candidate = {.path = SPAN("/opt/venv/bin/python"), .origin = SPAN("VIRTUAL_ENV"), .named = true};
    assert_true(interpreter_judge(&image.scene, &candidate, &interpreter));
    image.reader.is_ours = true;
    image.reader.identity = (struct reader_identity){.uid = 1000, .gid = 1000};
    image.host.in_container = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

/* The first finding's rule; RULE_COUNT when there is none. */
static enum rule advise(void)
{
    findings_clear(&image.findings);
    deployment_advise(&image.scene, &interpreter);
    return image.findings.count ? image.findings.list[0].rule : RULE_COUNT;
}

static void test_nothing_to_say(void **state)
{
    (void)state;
    assert_int_equal(advise(), RULE_COUNT);
}

static void test_root(void **state)
{
    (void)state;
    image.reader.identity.uid = 0;
    assert_int_equal(advise(), RULE_RUNS_AS_ROOT);
    image.host.in_container = false;
    assert_int_equal(advise(), RULE_COUNT);
    image.host.in_container = true;
    image.reader.is_ours = false; /* --root: the image's USER isn't known */
    assert_int_equal(advise(), RULE_COUNT);
    image.reader.is_ours = true;
    image_set(&image, SETTING_USER, "root", "--user");
    assert_int_equal(advise(), RULE_COUNT);
}

static void test_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is_local;
    } hosts[] = {{"127.0.0.1", true}, {"localhost", true}, {"::1", true},
                 {"127.1.2.3", true}, {"0.0.0.0", false},  {"::", false},
                 {"10.0.0.1", false}, {"127", false},      {"localhost.example.org", false}};
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        image_set(&image, SETTING_HOST, hosts[i].host, "UVICORN_HOST");
        if ((advise() == RULE_HOST_ONLY_LOCAL) != hosts[i].is_local)
            fail_msg("%s", hosts[i].host);
    }
    image_set(&image, SETTING_HOST, "127.0.0.1", "UVICORN_HOST");
    image_set(&image, SETTING_UDS, "/run/app.sock", "--uds");
    assert_int_equal(advise(), RULE_COUNT);
}

static void test_environment_below_the_source(void **state)
{
    (void)state;
    image.scene.app_dir = image.scene.working_folder = SPAN("/opt");
    assert_int_equal(advise(), RULE_VENV_BELOW_APP);
    assert_int_equal(image.findings.list[0].severity, SEVERITY_NOTE);
    assert_value(&image.findings.list[0], "folder", "/opt");
    image.scene.app_dir = SPAN("/opt/src"); /* by the working folder */
    assert_int_equal(advise(), RULE_VENV_BELOW_APP);
    image.scene.working_folder = SPAN("/op");
    assert_int_equal(advise(), RULE_COUNT);
    image.scene.working_folder = SPAN("/");
    assert_int_equal(advise(), RULE_COUNT);
    image.scene.working_folder = SPAN("/opt");
    image_mounts(&image, "36 35 98:0 / / rw - overlay none rw\n"
                         "37 36 98:0 / /opt/venv rw - ext4 /dev/vda rw\n");
    assert_int_equal(advise(), RULE_COUNT);
}

static void test_python_path(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        const char *module; /* NULL: nothing is hidden */
    } paths[] = {
        {"PYTHONPATH=/ros", "typing_extensions"},
        {"PYTHONPATH=/app:/nothing:/ros", "typing_extensions"},
        {"PYTHONPATH=/other", "encodings"},
        {"PYTHONPATH=/app", NULL},
        {"PYTHONPATH=", NULL},
        {"PYTHONPATH=/layer", NULL},                                 /* the environment has none of its own */
        {"PYTHONPATH=/opt/venv/lib/python3.12/site-packages", NULL}, /* the same file */
        {"PYTHONPATH=/packages:/ros", NULL},                         /* the same by a link, and first */
        {"PYTHONPATH=/opt/venv/lib/python3.12/site-packages:/ros", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        char variable[128];
        char *variables[] = {variable, NULL};
        struct text text = TEXT_ON(variable);
        text_add(&text, paths[i].variable);
        image_variables(&image, variables);
        enum rule rule = advise();
        image_variables(&image, NULL);
        if ((rule == RULE_PYTHONPATH_SHADOWS) != (paths[i].module != NULL))
            fail_msg("%s", paths[i].variable);
        if (paths[i].module)
            assert_value(&image.findings.list[0], "module", paths[i].module);
    }
}

#define IN_IMAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_IMAGE(test_nothing_to_say), IN_IMAGE(test_root),
        IN_IMAGE(test_loopback),       IN_IMAGE(test_environment_below_the_source),
        IN_IMAGE(test_python_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
