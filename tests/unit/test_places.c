/* Which Python is chosen: on images made here, by the variables, options and folders that name one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/places.h"
#include "checks/uvicorn.h"
#include "image.h"

enum { VARIABLES_MOST = 4 };

static struct image image;
static struct places places;
static struct choice choice;

/* Two Pythons of the image, the second one with uvicorn; a good environment with uvicorn, one without, a broken one. */
/* A Python with uvicorn that has its full name only. */
static void make_alone(const struct tree *tree, const char *prefix, const char *version)
{
    static const char *const names[] = {"python", "python3"};
    char buffer[512];
    struct text path = TEXT_ON(buffer);

    image_python(tree, prefix, version);
    image_uvicorn(tree, prefix, version);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        assert_int_equal(unlinkat(tree->root, image_path(&path, prefix, "/bin/", names[i]), 0), 0);
}

static int set_up(void **state)
{
    const struct tree *tree = &image.tree;
    (void)state;
    tree_make(&image.tree);
    tree_folder(tree, "app");
    tree_folder(tree, "work");
    tree_folder(tree, "empty");
    image_python(tree, "usr", "3.11");
    image_python(tree, "usr/local", "3.12");
    image_uvicorn(tree, "usr/local", "3.12");
    image_venv(tree, "good", "/usr/local/bin/python3.12", "3.12");
    image_uvicorn(tree, "good", "3.12");
    image_venv(tree, "bare", "/usr/local/bin/python3.12", "3.12");
    image_venv(tree, "broken/.venv", "/gone/bin/python3.12", "3.12");
    tree_file(tree, "full/pyvenv.cfg", "home = /usr/local/bin\n");
    image_link(tree, "full/bin/python3.12", "/usr/local/bin/python3.12");
    image_program(tree, "named/bin/python3.9");
    image_program(tree, "named/bin/python3.14t");
    make_alone(tree, "named", "3.10");
    make_alone(tree, "free", "3.14t");
    tree_file(tree, "tools/bin/uvicorn", "#!/usr/local/bin/python3.12\nimport x\n");
    tree_file(tree, "tools/bin/gone", "#!/gone/bin/python3.12\nimport x\n");
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

struct row {
    const char *label;
    const char *variables[VARIABLES_MOST];
    const char *python, *venv;    /* options */
    const char *folder, *program; /* of the command */
    const char *app;              /* the app's folder; NULL: /app */
    const char *chosen;           /* NULL: refused */
    const char *origin;
    enum rule rule; /* of the refusal */
    bool warned;
};

#define SYSTEM "PATH=/usr/local/bin:/usr/bin"

static const struct row rows[] = {
    {.label = "of the found ones the first with uvicorn",
     .variables = {"PATH=/usr/bin:/usr/local/bin"},
     .chosen = "/usr/local/bin/python3",
     .origin = "PATH"},
    {.label = "without PATH the usual places", .chosen = "/usr/local/bin/python3", .origin = "a usual place"},
    {.label = "VIRTUAL_ENV",
     .variables = {"VIRTUAL_ENV=/good", SYSTEM},
     .chosen = "/good/bin/python",
     .origin = "VIRTUAL_ENV"},
    {.label = "an environment whose Python has its full name only",
     .variables = {"VIRTUAL_ENV=/full", SYSTEM},
     .chosen = "/full/bin/python3.12",
     .origin = "VIRTUAL_ENV"},
    {.label = "slashes at the end count for nothing",
     .variables = {"VIRTUAL_ENV=/good//", SYSTEM},
     .chosen = "/good/bin/python",
     .origin = "VIRTUAL_ENV"},
    {.label = "a named one wins without uvicorn",
     .variables = {"VIRTUAL_ENV=/bare", SYSTEM},
     .chosen = "/bare/bin/python",
     .origin = "VIRTUAL_ENV"},
    {.label = "empty is unset",
     .variables = {"VIRTUAL_ENV=", SYSTEM},
     .chosen = "/usr/local/bin/python3",
     .origin = "PATH"},
    {.label = "a named one that is missing is an error",
     .variables = {"VIRTUAL_ENV=/app/.venv", SYSTEM},
     .rule = RULE_PYTHON_MISSING},
    {.label = "a named one that is broken is an error",
     .variables = {"VIRTUAL_ENV=/broken/.venv", SYSTEM},
     .rule = RULE_VENV_BASE_PYTHON_GONE},
    {.label = "UV_PROJECT_ENVIRONMENT is taken from the app's folder",
     .variables = {"UV_PROJECT_ENVIRONMENT=../good", SYSTEM},
     .chosen = "/app/../good/bin/python",
     .origin = "UV_PROJECT_ENVIRONMENT"},
    {.label = "VIRTUAL_ENV before UV_PROJECT_ENVIRONMENT",
     .variables = {"UV_PROJECT_ENVIRONMENT=/bare", "VIRTUAL_ENV=/good"},
     .chosen = "/good/bin/python",
     .origin = "VIRTUAL_ENV"},
    {.label = "an entry of PATH with a pyvenv.cfg",
     .variables = {"PATH=/usr/bin:/good/bin"},
     .chosen = "/good/bin/python",
     .origin = "PATH"},
    {.label = "an entry of PATH without uvicorn yields to a later one",
     .variables = {"PATH=/bare/bin:/usr/bin:/good/bin"},
     .chosen = "/good/bin/python",
     .origin = "PATH"},
    {.label = "and to the image's own Python in PATH",
     .variables = {"PATH=/bare/bin:/usr/local/bin"},
     .chosen = "/usr/local/bin/python3",
     .origin = "PATH"},
    {.label = "but to nothing that PATH doesn't name",
     .variables = {"PATH=/bare/bin:/usr/bin"},
     .chosen = "/bare/bin/python",
     .origin = "PATH"},
    {.label = "an entry of PATH that only has the name",
     .variables = {"PATH=/app/.venv/bin:/usr/local/bin"},
     .rule = RULE_PYTHON_MISSING},
    {.label = "--python before all",
     .variables = {"VIRTUAL_ENV=/bare", SYSTEM},
     .python = "/good/bin/python3",
     .chosen = "/good/bin/python3",
     .origin = "--python"},
    {.label = "--python with a folder", .python = "/good", .chosen = "/good/bin/python", .origin = "--python"},
    {.label = "--python with a bin", .python = "/good/bin", .chosen = "/good/bin/python3", .origin = "--python"},
    {.label = "--python by name",
     .variables = {"PATH=/usr/local/bin:/usr/bin"},
     .python = "python3.11",
     .chosen = "/usr/bin/python3.11",
     .origin = "--python"},
    {.label = "--python that is missing", .python = "/gone/python3", .rule = RULE_PYTHON_MISSING},
    {.label = "--venv, relative", .venv = "../good", .chosen = "/work/../good/bin/python", .origin = "--venv"},
    {.label = "--venv that is missing", .venv = "/gone", .rule = RULE_PYTHON_MISSING},
    {.label = "the command's Python, by its own name",
     .variables = {"VIRTUAL_ENV=/bare"},
     .folder = "/usr/bin",
     .program = "/usr/bin/python3.11",
     .chosen = "/usr/bin/python3.11",
     .origin = "the command"},
    {.label = "the command's environment",
     .folder = "/good/bin",
     .program = "/good/bin/uvicorn",
     .chosen = "/good/bin/python",
     .origin = "the command"},
    {.label = "the command's environment, which is missing",
     .folder = "/app/.venv/bin",
     .program = "/app/.venv/bin/uvicorn",
     .rule = RULE_PYTHON_MISSING},
    {.label = "the command's script names its Python",
     .variables = {"PATH=/usr/bin"},
     .folder = "/tools/bin",
     .program = "/tools/bin/uvicorn",
     .chosen = "/usr/local/bin/python3.12",
     .origin = "the command's first line"},
    {.label = "a folder without any Python says nothing",
     .folder = "/tools/bin",
     .program = "/tools/bin/gone",
     .chosen = "/usr/local/bin/python3",
     .origin = "a usual place"},
    {.label = ".venv of the app's folder that is broken is passed over",
     .app = "/broken",
     .chosen = "/usr/local/bin/python3",
     .origin = "a usual place",
     .warned = true},
    {.label = "a bin with versions only, the newest",
     .variables = {"PATH=/named/bin"},
     .chosen = "/named/bin/python3.10",
     .origin = "PATH"},
    {.label = "a free-threaded one where there is no other",
     .variables = {"PATH=/free/bin"},
     .chosen = "/free/bin/python3.14t",
     .origin = "PATH"},
};

static void begin(const struct row *row)
{
    static char copies[VARIABLES_MOST][512];
    static char *entries[VARIABLES_MOST + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < VARIABLES_MOST && row->variables[i]; i++) {
        strcpy(copies[i], row->variables[i]);
        entries[count++] = copies[i];
    }
    entries[count] = NULL;
    image_variables(&image, entries);
    findings_clear(&image.findings);
    settings_start(&image.settings);
    image.scene.working_folder = SPAN("/work");
    image.scene.app_dir = span_of(row->app ? row->app : "/app");
    image.scene.command_folder = span_of(row->folder);
    image.scene.command_program = span_of(row->program);
    if (row->python)
        image_set(&image, SETTING_PYTHON, row->python, "--python");
    if (row->venv)
        image_set(&image, SETTING_VENV, row->venv, "--venv");
}

static bool choose(unsigned first)
{
    places_list(&image.scene, PLACES_ALL, &places);
    return places_choose(&image.scene, &places, first, uvicorn_is_seen, &choice);
}

static void rows_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        print_message("%s\n", row->label);
        begin(row);
        assert_int_equal(choose(0), row->chosen != NULL);
        if (!row->chosen) {
            assert_int_equal(image.findings.count, 1);
            assert_int_equal(image.findings.list[0].rule, row->rule);
            assert_int_equal(findings_exit_code(&image.findings), EXIT_NO_PYTHON);
            continue;
        }
        assert_string_equal(choice.interpreter.path, row->chosen);
        assert_span(places.list[choice.place].origin, row->origin);
        assert_int_equal(image.findings.count, row->warned ? 1 : 0);
        assert_int_equal(findings_worst(&image.findings, 0), row->warned ? SEVERITY_WARNING : SEVERITY_NOTE);
        assert_int_equal(choice.broken != NULL, row->warned);
    }
}

static void a_refusal_shows_what_else_there_is(void **state)
{
    const struct row row = {.variables = {"VIRTUAL_ENV=/app/.venv", "PATH=/usr/bin:/usr/local/bin"}};
    (void)state;
    begin(&row);
    assert_false(choose(0));
    const struct finding *finding = &image.findings.list[0];
    assert_value(finding, "wanted", "/app/.venv/bin/python");
    assert_value(finding, "origin", "VIRTUAL_ENV");
    assert_value(finding, "venv", "/app/.venv");
    assert_value(finding, "missing", "/app/.venv");
    assert_value(finding, "parent", "/app");
    assert_value(finding, "elsewhere", "/usr/local/bin/python3");
    assert_int_equal(finding->evidence_count, 2);
    assert_span(finding->evidence[0].left, "/usr/bin/python3.11");
    assert_span(finding->evidence[0].right, "works, but has no module 'uvicorn'");
    assert_span(finding->evidence[1].left, "/usr/local/bin/python3.12");
    assert_span(finding->evidence[1].right, "works, and has uvicorn");
}

/* Not in a container: what an earlier shell left behind is no order. */
static void leftovers_outside_a_container_only_warn(void **state)
{
    const struct row row = {.variables = {"VIRTUAL_ENV=/app/.venv", "PATH=/app/.venv/bin:/usr/local/bin"}};
    const struct row option = {.venv = "/app/.venv"};
    (void)state;
    image.host.in_container = false;
    begin(&row);
    assert_true(choose(0));
    assert_string_equal(choice.interpreter.path, "/usr/local/bin/python3");
    assert_int_equal(image.findings.count, 1);
    assert_int_equal(findings_worst(&image.findings, 0), SEVERITY_WARNING);
    begin(&option);
    assert_false(choose(0));
    image.host.in_container = true;
}

static void the_next_place_is_judged_from_its_index_on(void **state)
{
    const struct row row = {.variables = {"PATH=/usr/local/bin:/usr/bin"}};
    (void)state;
    begin(&row);
    assert_true(choose(0));
    assert_true(choice.has_uvicorn);
    assert_true(choose(choice.place + 1));
    assert_string_equal(choice.interpreter.path, "/usr/bin/python3");
    assert_false(choice.has_uvicorn);
    /* A copy must not point into what it was copied from. */
    for (unsigned i = 0; i < choice.interpreter.site_count; i++) {
        assert_true(choice.interpreter.sites[i].at >= choice.interpreter.store);
        assert_true(choice.interpreter.sites[i].at < choice.interpreter.store + SITE_FOLDERS_STORE);
    }
    findings_clear(&image.findings);
    assert_false(choose(places.count));
    assert_int_equal(image.findings.list[0].rule, RULE_NO_PYTHON);
}

static void names_that_are_too_long_are_refused(void **state)
{
    static char variable[10100] = "VIRTUAL_ENV=/";
    static char *entries[] = {variable, NULL};
    const struct row row = {.label = ""};
    (void)state;
    memset(variable + 13, 'a', 10000);
    begin(&row);
    image_variables(&image, entries);
    assert_false(choose(0));
    assert_int_equal(image.findings.list[0].rule, RULE_PATH_FAILED);
}

/* However long PATH is, the usual places are looked at behind it. */
static void a_path_of_thousands_of_entries_leaves_room(void **state)
{
    static char variable[65536] = "PATH=";
    static char *entries[] = {variable, NULL};
    struct text text = text_on(variable + 5, sizeof(variable) - 5);
    const struct row row = {.label = ""};
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        char folder[32];
        struct text name = TEXT_ON(folder);
        text_add(&name, "many/p");
        text_unsigned(&name, i);
        tree_folder(&image.tree, folder);
        text_join(&text, "/", folder, ":/gone:/empty:", NULL);
    }
    assert_false(text.cut);
    begin(&row);
    image_variables(&image, entries);
    places_list(&image.scene, PLACES_ALL, &places);
    assert_int_equal(places.count, PLACES_MOST);
    assert_true(places.cut);
    assert_true(places_choose(&image.scene, &places, 0, uvicorn_is_seen, &choice));
    assert_string_equal(choice.interpreter.path, "/usr/local/bin/python3");
}

static void a_folder_by_two_names_is_looked_at_once(void **state)
{
    const struct row row = {.variables = {"PATH=/usr/bin:/bin:/usr/./bin/"}};
    (void)state;
    image_link(&image.tree, "bin", "usr/bin");
    begin(&row);
    places_list(&image.scene, PLACES_ALL, &places);
    assert_int_equal(places.count, 2);
    assert_span(places.list[0].path, "/usr/bin");
    assert_span(places.list[1].path, "/usr/local/bin");
}

static void environments_above_the_app_must_be_trusted(void **state)
{
    (void)state;
    const struct tree *tree = &image.tree;
    const struct row row = {.app = "/project/back/app"};
    tree_folder(tree, "project/back/app");
    image_venv(tree, "project/.venv", "/usr/local/bin/python3.12", "3.12");
    image_uvicorn(tree, "project/.venv", "3.12");
    begin(&row);
    assert_true(choose(0));
    assert_string_equal(choice.interpreter.path, "/project/.venv/bin/python");
    tree_mode(tree, "project", 0777);
    assert_true(choose(0));
    assert_string_equal(choice.interpreter.path, "/usr/local/bin/python3");
    tree_mode(tree, "project", 0755);
    if (geteuid() == 0) {
        assert_int_equal(fchownat(tree->root, "project", 12345, 12345, 0), 0);
        assert_true(choose(0));
        assert_string_equal(choice.interpreter.path, "/usr/local/bin/python3");
        /* Whoever owns the app owns us. */
        assert_int_equal(fchownat(tree->root, "project/back", 12345, 12345, 0), 0);
        assert_int_equal(fchownat(tree->root, "project/back/app", 12345, 12345, 0), 0);
        assert_true(choose(0));
        assert_string_equal(choice.interpreter.path, "/project/.venv/bin/python");
    }
}

static void files_named_like_environments_are_passed_over(void **state)
{
    (void)state;
    const struct tree *tree = &image.tree;
    const struct row row = {.app = "/text"};
    tree_file(tree, "text/.venv", "name-of-an-environment\n");
    tree_folder(tree, "text/venv");
    begin(&row);
    assert_true(choose(0));
    assert_int_equal(image.findings.count, 0);
    assert_string_equal(choice.interpreter.path, "/usr/local/bin/python3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(a_refusal_shows_what_else_there_is),
        cmocka_unit_test(leftovers_outside_a_container_only_warn),
        cmocka_unit_test(the_next_place_is_judged_from_its_index_on),
        cmocka_unit_test(names_that_are_too_long_are_refused),
        cmocka_unit_test(a_path_of_thousands_of_entries_leaves_room),
        cmocka_unit_test(a_folder_by_two_names_is_looked_at_once),
        cmocka_unit_test(environments_above_the_app_must_be_trusted),
        cmocka_unit_test(files_named_like_environments_are_passed_over),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
