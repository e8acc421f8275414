/* The application's reference and its module, judged on folders made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/application.h"
#include "checks/candidates.h"
#include "tree.h"

#define APP     "app = FastAPI()\n"
#define SITE    "site/lib/python3.12/site-packages"
#define WITHOUT NULL

static struct tree tree;
static struct reader reader;
static struct settings settings;
static struct findings findings;
static struct interpreter interpreter;
static struct application application;

static int set_up(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"good/app/main.py", APP},
        {"good/app/__init__.py", ""},
        {"spaces/app/main.py", APP}, /* a namespace package */
        {"flat/main.py", APP},
        {"src/src/shop/main.py", APP},
        {"src/src/shop/__init__.py", ""},
        {"srcflat/src/main.py", "api = FastAPI()\n"},
        {"deep/backend/app/main.py", APP},
        {"copied/main.py", APP},
        {"named/main.py", "from app.db import x\n" APP},
        {"project/app/main.py", "from app.db import x\n" APP},
        {"other/shop/service.py", APP},
        {"other/shop/api.py", "from fastapi import FastAPI\napplication = FastAPI()\n"},
        {"other/zoo/__init__.py", "def create_app():\n    return FastAPI()\n"},
        {"notes/README.md", ""},
        {"notes/Dockerfile", ""},
        {"notes/it is.txt", ""},
        {"notes/docs/x.txt", ""},
        {"odd/main/py.py", APP},
        {"odd/app.py", APP},
        {"odd/app/main.py", APP},
        {"empty/main.py", "\n"},
        {"rename/main.py", "application = FastAPI()\n"},
        {"factory/main.py", "def create_app():\n    return FastAPI()\n"},
        {"star/main.py", "from x import *\n"},
        {"package/app/__init__.py", ""},
        {"package/app/api.py", APP},
        {"compiled/app/__init__.py", ""},
        {"compiled/app/__init__.cpython-312-x86_64-linux-gnu.so", ""},
        {SITE "/installed/main.py", APP},
        {SITE "/installed/__init__.py", ""},
        {SITE "/app/__init__.py", ""},
        {SITE "/linked.pth", "/linked\n"},
        {"linked/elsewhere.py", APP},
        {"locked/main.py", APP},
        {"closed/main.py", APP},
    };
    tree_make(&tree);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        tree_file(&tree, files[i][0], files[i][1]);
    tree_folder(&tree, "nothing");
    assert_int_equal(reader_open(&reader, tree.top), 0);
    interpreter = (struct interpreter){
        .path = "/site/bin/python", .library = "python3.12", .knows_version = true, .major = 3, .minor = 12};
    interpreter.sites[0] = SPAN("/" SITE);
    interpreter.site_count = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reader_close(&reader);
    tree_remove(&tree);
    return 0;
}

static char *entries[] = {NULL};
static const struct environment environment = {entries};

static struct scene scene_of(const char *folder, const char *app)
{
    struct setting_error error;

    settings_start(&settings);
    findings_clear(&findings);
    assert_true(settings_set(&settings, SETTING_APP, span_of(app), ORIGIN_OPTION, SPAN("the command line"), &error));
    return (struct scene){.reader = &reader,
                          .settings = &settings,
                          .environment = &environment,
                          .findings = &findings,
                          .working_folder = span_of(folder),
                          .app_dir = span_of(folder)};
}

static void check_value(const char *key, const char *wanted)
{
    const struct value *value = finding_value(&findings.list[0], key);

    if (!value != !wanted || (value && !span_is(value->span, wanted)))
        fail_msg("%s is '%.*s', not '%s'", key, value ? (int)value->span.length : 0, value ? value->span.at : "",
                 wanted ? wanted : "(none)");
}

static const struct {
    const char *folder;
    const char *app;
    enum application_state state;
    const char *file; /* found: where */
} states[] = {
    {"/good", "app.main:app", APPLICATION_FOUND, "/good/app/main.py"},
    {"/good", "app.main:whatever.it.is", APPLICATION_FOUND, "/good/app/main.py"},
    {"/flat", "main:app", APPLICATION_FOUND, "/flat/main.py"},
    {"/flat", "installed.main:app", APPLICATION_FOUND, "/" SITE "/installed/main.py"},
    {"/flat", "elsewhere:app", APPLICATION_FOUND, "/linked/elsewhere.py"},
    {"/odd", "main.py:app", APPLICATION_FOUND, "/odd/main/py.py"}, /* no mistake here */
    {"/flat", "gone.main:app", APPLICATION_ASK, WITHOUT},
    {"/good/app", "app.main:app", APPLICATION_UNCERTAIN, WITHOUT}, /* there is an app in site-packages */
    {"/spaces", "app.main:app", APPLICATION_FOUND, "/spaces/app/main.py"},
    {"/good", "app.gone:app", APPLICATION_UNCERTAIN, WITHOUT},
    {"/odd", "app.main:app", APPLICATION_UNCERTAIN, WITHOUT}, /* app.py wins over the folder */
    {"/nowhere", "main:app", APPLICATION_ASK, WITHOUT},
};

static void test_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        struct scene scene = scene_of(states[i].folder, states[i].app);
        application_judge(&scene, &interpreter, &application);
        if (application.state != states[i].state)
            fail_msg("%s in %s: state %d", states[i].app, states[i].folder, (int)application.state);
        if (states[i].file)
            assert_string_equal(application.search.file, states[i].file);
        assert_int_equal(findings.count, 0);
    }
}

static const struct {
    const char *folder;
    const char *app;
    const char *near;
    const char *words;
} refused[] = {
    {"/good", "app/main.py", "app.main:app", "\"app.main:app\""},
    {"/good", "app/main.py:app", "app.main:app", "\"app.main:app\""},
    {"/good", "/good/app/main.py:app", "app.main:app", "\"app.main:app\""},
    {"/good", "app.main", "app.main:app", "\"app.main:app\""},
    {"/flat", "main.py:app", "main:app", "\"main:app\""},
    {"/good", "main", "app.main:app", "\"app.main:app\""}, /* there is no main.py */
    {"/rename", "main.py", "main:application", "\"main:application\""},
    {"/factory", "main.py", "main:create_app", "\"main:create_app\", \"--factory\""},
    {"/notes", "app/main.py:api", "app.main:api", "\"app.main:api\""},
    {"/good", "app.main:app\r", "app.main:app", WITHOUT}, /* the script hands it over, not CMD */
    {"/good", "app.main:make()", "app.main:make", "\"app.main:make\", \"--factory\""},
    {"/good", ":app", "app.main:app", "\"app.main:app\""}, /* found by looking */
    {"/notes", ":app", WITHOUT, WITHOUT},                  /* never invented */
    {"/notes", "a b:c:d", WITHOUT, WITHOUT},
};

static void test_a_wrong_form_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct scene scene = scene_of(refused[i].folder, refused[i].app);
        application_judge(&scene, &interpreter, &application);
        assert_int_equal(application.state, APPLICATION_REFUSED);
        assert_int_equal(findings.count, 1);
        assert_int_equal(findings.list[0].rule, RULE_APP_REFERENCE_MALFORMED);
        check_value("app", refused[i].app);
        check_value("origin", "the command line");
        check_value("near", refused[i].near);
        check_value("words", refused[i].words);
    }
}

static const struct {
    const char *folder;
    const char *app;
    const char *near;
    const char *words;
    const char *near_dir;
    const char *copy;
    const char *names;
} missing[] = {
    {"/good", "main:app", "app.main:app", "\"app.main:app\"", "/good/app", WITHOUT, "app/"},
    {"/project/app", "proj.main:app", "main:app", "\"main:app\"", WITHOUT, "./proj /project/app/proj", "main.py"},
    {"/project/app", "nope:app", "main:app", "\"main:app\"", WITHOUT, WITHOUT, "main.py"},
    {"/src", "shop.main:app", WITHOUT, "\"shop.main:app\", \"--app-dir\", \"src\"", "/src/src", WITHOUT, "src/"},
    {"/srcflat", "main:app", "main:api", "\"main:api\", \"--app-dir\", \"src\"", "/srcflat/src", WITHOUT, "src/"},
    {"/deep", "service.main:app", WITHOUT, WITHOUT, WITHOUT, "./service /deep/service", "backend/"},
    {"/other", "main:app", "shop.api:application", "\"shop.api:application\"", WITHOUT, WITHOUT, "shop/ zoo/"},
    {"/copied", "web.main:app", "main:app", "\"main:app\"", WITHOUT, "./web /copied/web", "main.py"},
    {"/notes", "main:app", WITHOUT, WITHOUT, WITHOUT, "./main.py /notes/main.py",
     "Dockerfile README.md docs/ 'it is.txt'"},
    {"/nothing", "main:app", WITHOUT, WITHOUT, WITHOUT, "./main.py /nothing/main.py", "nothing"},
};

static void test_a_missing_module_names_what_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(missing); i++) {
        struct scene scene = scene_of(missing[i].folder, missing[i].app);
        application_judge(&scene, &interpreter, &application);
        if (application.state != APPLICATION_ASK)
            fail_msg("%s in %s: state %d", missing[i].app, missing[i].folder, (int)application.state);
        application_missing(&scene, &interpreter, &application, true);
        assert_int_equal(findings.count, 1);
        assert_int_equal(findings.list[0].rule, RULE_APP_MODULE_MISSING);
        assert_int_equal(findings.list[0].severity, SEVERITY_ERROR);
        check_value("module", application.top);
        check_value("near", missing[i].near);
        if (missing[i].words)
            check_value("words", missing[i].words);
        check_value("near_dir", missing[i].near_dir);
        check_value("copy", missing[i].copy);
        check_value("names", missing[i].names);
    }
}

/* With `app` in no site folder, so that app.main is missing at its top. */
static void test_one_folder_too_deep(void **state)
{
    (void)state;
    struct scene scene = scene_of("/project/app", "app.main:app");

    interpreter.site_count = 0;
    application_judge(&scene, &interpreter, &application);
    assert_int_equal(application.state, APPLICATION_ASK);
    application_missing(&scene, &interpreter, &application, true);
    check_value("near_dir", "/project");
    check_value("copy", WITHOUT);
    check_value("near", WITHOUT); /* main.py imports from app: main:app would fail */
    scene = scene_of("/named", "app.main:app");
    application_judge(&scene, &interpreter, &application);
    application_missing(&scene, &interpreter, &application, true);
    check_value("near_dir", WITHOUT);
    check_value("copy", "./app /named/app");
    check_value("near", WITHOUT);
    interpreter.site_count = 1;
}

static void test_at_most_three_candidates_with_their_files(void **state)
{
    (void)state;
    static struct candidates candidates;
    struct scene scene = scene_of("/other", "main:app");

    candidates_look(&scene, SPAN("app"), &candidates);
    assert_int_equal(candidates.count, 2);
    assert_string_equal(candidates.list[0].reference, "shop.api:application");
    assert_string_equal(candidates.list[1].reference, "zoo:create_app");
    assert_string_equal(candidates.list[1].file, "/other/zoo/__init__.py");
    assert_true(candidates.list[1].is_factory);
    scene.app_dir = SPAN("/");
    candidates_look(&scene, SPAN("app"), &candidates);
    assert_int_equal(candidates.count, CANDIDATES_MOST);
}

static void test_discovery(void **state)
{
    (void)state;
    static struct app_candidate candidate;
    struct scene scene = scene_of("/rename", "app.main:app");

    assert_true(candidates_discover(&scene, &candidate));
    assert_string_equal(candidate.reference, "main:application");
    scene = scene_of("/srcflat", "app.main:app");
    assert_false(candidates_discover(&scene, &candidate));
}

static void test_unasked_a_doubt_makes_it_a_warning(void **state)
{
    (void)state;
    struct scene scene = scene_of("/notes", "main:app");

    application_judge(&scene, &interpreter, &application);
    application_missing(&scene, &interpreter, &application, false);
    assert_int_equal(findings.list[0].severity, SEVERITY_ERROR);
    findings_clear(&findings);
    interpreter.is_script = true;
    application_missing(&scene, &interpreter, &application, false);
    assert_int_equal(findings.list[0].severity, SEVERITY_WARNING);
    interpreter.is_script = false;
}

static void test_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct setting_error error;
    struct scene scene = scene_of("/good/gone/src", "main:app");

    settings_set(&settings, SETTING_APP_DIR, SPAN("gone/src"), ORIGIN_UVICORN_OPTION, SPAN("--app-dir"), &error);
    application_judge(&scene, &interpreter, &application);
    application_missing(&scene, &interpreter, &application, true);
    assert_int_equal(findings.list[0].rule, RULE_APP_DIR_MISSING);
    check_value("missing", "/good/gone");
    check_value("origin", "--app-dir");
}

static void test_what_the_user_may_not_read(void **state)
{
    (void)state;
    struct reader other = reader;
    struct scene scene = scene_of("/locked", "main:app");

    tree_mode(&tree, "locked", 0700);
    tree_mode(&tree, "closed/main.py", 0600);
    other.identity = (struct reader_identity){.uid = 12345, .gid = 12345};
    scene.reader = &other;
    application_judge(&scene, &interpreter, &application);
    assert_int_equal(application.state, APPLICATION_ASK);
    application_missing(&scene, &interpreter, &application, true);
    assert_int_equal(findings.list[0].rule, RULE_APP_UNREADABLE);
    check_value("closed", "/locked");
    check_value("mode", "700");
    check_value("uid", "12345");
    scene = scene_of("/closed", "main:app");
    scene.reader = &other;
    application_judge(&scene, &interpreter, &application);
    assert_int_equal(application.state, APPLICATION_FOUND);
    application_advise(&scene, &interpreter, &application);
    assert_int_equal(findings.list[0].rule, RULE_APP_UNREADABLE);
    assert_int_equal(findings.list[0].severity, SEVERITY_WARNING);
}

static const struct {
    const char *folder;
    const char *app;
    int rule; /* -1: no finding */
    const char *near;
    const char *factory;
} advice[] = {
    {"/good", "app.main:app", -1, WITHOUT, WITHOUT},
    {"/good", "app.main:app.inner", -1, WITHOUT, WITHOUT},
    {"/star", "main:app", -1, WITHOUT, WITHOUT},
    {"/package", "app:api", -1, WITHOUT, WITHOUT},                             /* may be the submodule */
    {"/compiled", "app:app", -1, WITHOUT, WITHOUT},                            /* the extension is what runs */
    {"/flat", "gone:app", -1, WITHOUT, WITHOUT},                               /* asking is what tells */
    {"/spaces", "app.main:app", RULE_APP_SUBMODULE_MISSING, WITHOUT, WITHOUT}, /* the app in site-packages wins */
    {"/good", "app.gone:app", RULE_APP_SUBMODULE_MISSING, "app.main:app", WITHOUT},
    {"/odd", "app.main:app", RULE_APP_SUBMODULE_MISSING, "app:app", WITHOUT},
    {"/empty", "main:app", RULE_APP_FILE_EMPTY, WITHOUT, WITHOUT},
    {"/rename", "main:app", RULE_APP_ATTRIBUTE_MISSING, "main:application", WITHOUT},
    {"/package", "app:app", RULE_APP_ATTRIBUTE_MISSING, WITHOUT, WITHOUT},
    {"/factory", "main:app", RULE_APP_ATTRIBUTE_MISSING, WITHOUT, "main:create_app"},
    {"/factory", "main:create_app", RULE_APP_IS_FACTORY, WITHOUT, WITHOUT},
};

static void test_advice(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(advice); i++) {
        struct scene scene = scene_of(advice[i].folder, advice[i].app);
        application_judge(&scene, &interpreter, &application);
        application_advise(&scene, &interpreter, &application);
        if ((int)findings.count != (advice[i].rule >= 0))
            fail_msg("%s in %s: %u findings", advice[i].app, advice[i].folder, findings.count);
        if (advice[i].rule < 0)
            continue;
        assert_int_equal(findings.list[0].rule, advice[i].rule);
        assert_int_equal(findings.list[0].severity, SEVERITY_WARNING);
        check_value("near", advice[i].near);
        check_value("factory", advice[i].factory);
    }
}

static void test_a_folder_that_lost_its_name(void **state)
{
    (void)state;
    struct scene scene = scene_of("/spaces", "app.main:app");

    application_judge(&scene, &interpreter, &application);
    application_advise(&scene, &interpreter, &application);
    check_value("other", "/" SITE "/app/__init__.py");
    check_value("init", "/spaces/app/__init__.py");
    check_value("words", WITHOUT);
    scene = scene_of("/odd", "app.main:app");
    application_judge(&scene, &interpreter, &application);
    application_advise(&scene, &interpreter, &application);
    check_value("other", "/odd/app.py");
    check_value("init", "/odd/app/__init__.py");
    scene = scene_of("/good", "app.gone:app");
    application_judge(&scene, &interpreter, &application);
    application_advise(&scene, &interpreter, &application);
    check_value("init", WITHOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_a_wrong_form_is_refused),
        cmocka_unit_test(test_a_missing_module_names_what_is_there),
        cmocka_unit_test(test_one_folder_too_deep),
        cmocka_unit_test(test_at_most_three_candidates_with_their_files),
        cmocka_unit_test(test_discovery),
        cmocka_unit_test(test_unasked_a_doubt_makes_it_a_warning),
        cmocka_unit_test(test_a_folder_that_is_not_there),
        cmocka_unit_test(test_what_the_user_may_not_read),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_a_folder_that_lost_its_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
