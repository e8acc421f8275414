#include "facts/pyproject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WANTED "app.main:app"

struct row {
    const char *file;
    const char *entrypoint; /* NULL: none is found */
};

static const struct row rows[] = {
    /* the ways to write it */
    {"[tool.fastapi]\nentrypoint = \"app.main:app\"\n", WANTED},
    {"[tool.fastapi]\nentrypoint = \"app.main:app\"", WANTED},
    {"[tool.fastapi]\r\nentrypoint = \"app.main:app\"\r\n", WANTED},
    {"\xEF\xBB\xBF[tool.fastapi]\nentrypoint = 'app.main:app' # which\n", WANTED},
    {"  [ tool . \"fastapi\" ] # here\n\tentrypoint\t=\t'app.main:app'\n", WANTED},
    {"[tool]\nfastapi.entrypoint = \"app.main:app\"\n", WANTED},
    {"tool.fastapi.entrypoint = \"app.main:app\"\n", WANTED},
    {"[tool]\nfastapi = { other = 1, entrypoint = \"app.main:app\" }\n", WANTED},
    {"tool = { fastapi.entrypoint = \"app.main:app\" }\n", WANTED},
    {"tool = { uv = {a=[1,2]}, fastapi = { entrypoint = \"app.main:app\" } }\n", WANTED},
    {"[tool.fastapi]\nentrypoint = \"\"\"\napp.main:app\"\"\"\n", WANTED},
    {"[tool.fastapi]\nentrypoint = '''app.main:app'''\n", WANTED},
    {"[tool.fastapi]\nentrypoint = \"app\\u002Emain\\U0000003Aapp\"\n", WANTED},
    {"[tool.fastapi]\nentrypoint = \"\"\"app.\\\n   main:app\"\"\"\n", WANTED},
    {"[tool.fastapi]\nentrypoint = \"caf\\u00e9:app\"\n", "caf\xc3\xa9:app"},
    {"[tool.fastapi]\nentrypoint = \"a\\U0001F40D:b\"\n", "a\xf0\x9f\x90\x8d:b"},
    {"[tool.fastapi]\nentrypoint = \"a\\u20AC:b\"\n", "a\xe2\x82\xac:b"},
    {"[tool.fastapi]\nentrypoint = 'a\\u20AC:b'\n", "a\\u20AC:b"},
    /* among other things */
    {"[project]\nname = \"x\"\ndependencies = [\n  \"a[b]>=1\", # ]\n  'c',\n]\n[tool.fastapi]\nentrypoint = "
     "\"app.main:app\"\n",
     WANTED},
    {"[project]\ndescription = \"\"\"\n[tool.fastapi]\nentrypoint = "
     "\"no:no\"\n\"\"\"\n[tool.fastapi]\nentrypoint=\"app.main:app\"\n",
     WANTED},
    {"[project]\nt = '''\n[tool.fastapi]\nentrypoint = \"no:no\"\n'''\n[tool.fastapi]\nentrypoint=\"app.main:app\"\n",
     WANTED},
    {"x = \"\"\"a \"\" b \\\"\"\" c\"\"\"\"\"\n[tool.fastapi]\nentrypoint=\"app.main:app\"\n", WANTED},
    {"d = 1979-05-27T07:32:00-08:00\nf = +1e5\nb = true\n[[tool.uv.index]]\nurl = "
     "\"u\"\n[tool.fastapi]\nentrypoint=\"app.main:app\"\n",
     WANTED},
    {"[tool.fastapi]\nentrypoint=\"app.main:app\"\n[tool.fastapi.more]\nentrypoint = \"no:no\"\n", WANTED},
    {"[tool]\nfastapi = { # a comment\n entrypoint = \"app.main:app\",\n}\n", WANTED},
    /* something else */
    {"", NULL},
    {"[tool.fastapi]\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = 7\n", NULL},
    {"[tool.fastapi]\nentrypoint = [\"a:b\"]\n", NULL},
    {"[tool.fastapi]\n# entrypoint = \"a:b\"\n", NULL},
    {"[tool.fastapi]\nentrypoint.x = \"a:b\"\n", NULL},
    {"[tool.fastapi.x]\nentrypoint = \"a:b\"\n", NULL},
    {"[[tool.fastapi]]\nentrypoint = \"a:b\"\n", NULL},
    {"[x.tool.fastapi]\nentrypoint = \"a:b\"\n", NULL},
    {"[tool]\nentrypoint = \"a:b\"\n", NULL},
    {"entrypoint = \"a:b\"\n", NULL},
    {"[tool.fastapi]\nentrypoint_of_a_very_long_name_that_is_not_ours = \"a:b\"\n", NULL},
    /* no TOML */
    {"[tool.fastapi]\nentrypoint = \"app.main:app\n", NULL},
    {"[tool.fastapi]\nentrypoint = app.main:app x\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"app.main:app\" x\n", NULL},
    {"[tool.fastapi\nentrypoint = \"app.main:app\"\n", NULL},
    {"[tool.fastapi]\nentrypoint \"app.main:app\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"app.main:app\"\nx = \n", NULL},
    {"[tool.fastapi]\nentrypoint = \"app.main:app\"\nx = [1, }\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"app.main:app\"\nx = \"\"\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"a:b\"\nentrypoint = \"c:d\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"a\\q:b\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"a\\uD800:b\"\n", NULL},
    {"[tool.fastapi]\nentrypoint = \"a\\u00", NULL},
    {"tool = { fastapi = { entrypoint = \"a:b\" }\n", NULL},
    {"\"\"\"tool\"\"\" = 1\n", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[64];
        struct text text = TEXT_ON(buffer);
        bool found = pyproject_entrypoint(span_of(rows[i].file), &text);
        if (found != (rows[i].entrypoint != NULL))
            fail_msg("found %d in\n%s", (int)found, rows[i].file);
        assert_string_equal(buffer, found ? rows[i].entrypoint : "");
    }
}

static void test_deep_nesting_and_long_strings(void **state)
{
    (void)state;
    static char file[4096];
    char buffer[16];
    struct text text = TEXT_ON(buffer);
    struct text out = TEXT_ON(file);

    text_add(&out, "x = ");
    for (int i = 0; i < 2000; i++)
        text_byte(&out, '[');
    assert_false(pyproject_entrypoint(text_as_span(&out), &text));
    assert_false(pyproject_entrypoint(SPAN("[tool.fastapi]\nentrypoint = \"a.long.module.name:app\"\n"), &text));
    assert_string_equal(buffer, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_deep_nesting_and_long_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
