#include "facts/python_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *source;
    enum binding binding; /* of `app` */
};

#define BOUND     BINDING_BOUND
#define NOT_BOUND BINDING_NOT_BOUND
#define UNKNOWN   BINDING_UNKNOWN

static const struct row rows[] = {
    /* assignments */
    {"app = 1\n", BOUND},
    {"app = 1", BOUND},
    {"\xEF\xBB\xBF"
     "app = 1\r\n",
     BOUND},
    {"x = app = 1\n", BOUND},
    {"x, app = 1, 2\n", BOUND},
    {"(x, [app, y]) = z\n", BOUND},
    {"x, *app = z\n", BOUND},
    {"app: FastAPI = FastAPI()\n", BOUND},
    {"app += 1\n", BOUND},
    {"x = 1; app = 2\n", BOUND},
    {"app \\\n = 1\n", BOUND},
    {"(app := 1)\n", BOUND},
    {"if (app := 1): pass\n", BOUND},
    {"print(x[app := 1])\n", BOUND},
    {"type app = int\n", BOUND},
    /* definitions, imports, blocks */
    {"def app(): pass\n", BOUND},
    {"async def app(scope): pass\n", BOUND},
    {"class app: pass\n", BOUND},
    {"import app\n", BOUND},
    {"import x, app\n", BOUND},
    {"import x.y as app\n", BOUND},
    {"from x import app\n", BOUND},
    {"from .x import (a,\n  b as app, # c\n)\n", BOUND},
    {"for app in x: pass\n", BOUND},
    {"async for x, app in y: pass\n", BOUND},
    {"with x as app: pass\n", BOUND},
    {"with (x as y, z as app): pass\n", BOUND},
    {"if x:\n    app = 1\n", BOUND},
    {"if x: app = 1\n", BOUND},
    {"if lambda: 0: app = 1\n", BOUND},
    {"try:\n\tapp = 1\nexcept E:\n\tpass\n", BOUND},
    {"try:\n  pass\nexcept E:\n  app = 1\nelse:\n  pass\nfinally:\n  pass\n", BOUND},
    {"match x:\n  case 1:\n    app = 1\n", BOUND},
    {"def f():\n    pass\napp = 1\n", BOUND},
    {"def f(): pass\napp = 1\n", BOUND},
    {"if x:\n  def f():\n    y\n  app = 1\n", BOUND},
    {"def f():\n  '''\nx\n'''\napp = 1\n", BOUND},
    {"class A:\n  x = [\n1,\n]\n# c\n\napp = 1\n", BOUND},
    /* not there */
    {"", NOT_BOUND},
    {"# app = 1\n", NOT_BOUND},
    {"'app = 1'\n", NOT_BOUND},
    {"'''\napp = 1\n'''\n", NOT_BOUND},
    {"r'\\'\nx = 1\n", UNKNOWN},
    {"r'\\'' 'app'\n", NOT_BOUND},
    {"f'{x[\"app\"]} app = {y!r:>{w}}'\n", NOT_BOUND},
    {"f'{x['app']:'>3}'\n", NOT_BOUND},
    {"f'{{app' f\"\\N{BULLET}{x:%Y'}\"\n", NOT_BOUND},
    {"f'''{\n x # '''\n}'''\n", NOT_BOUND},
    {"application = 1\n", NOT_BOUND},
    {"x.app = 1\n", NOT_BOUND},
    {"f(app=1)\n", NOT_BOUND},
    {"import x.app\n", NOT_BOUND},
    {"def f():\n    app = 1\n", NOT_BOUND},
    {"def f(): app = 1\n", NOT_BOUND},
    {"def f(app, /, *, y=1): return app\n", NOT_BOUND},
    {"async def lifespan(app: FastAPI):\n    yield\n", NOT_BOUND},
    {"def f(x, *app): pass\n", NOT_BOUND},
    {"class A:\n\tapp = 1\n\tdef f(self):\n\t\tapp = 2\n", NOT_BOUND},
    {"def f():\n    x = '''\napp = 1\n'''\n", NOT_BOUND},
    {"def f():\n    x = [\napp,\n]\n", NOT_BOUND},
    {"def f():\n    x = 1 + \\\napp\n", NOT_BOUND},
    {"def f():\n    x\n\f\n# c\n    app = 1\n", NOT_BOUND},
    {"# -*- coding: utf-8 -*-\nx = '\xc3\xa9'\n", NOT_BOUND},
    {"application = FastAPI()\n@application.get('/app')\ndef f(): pass\n", NOT_BOUND},
    /* can't be known */
    {"from x import *\n", UNKNOWN},
    {"if x:\n  from x import *\n", UNKNOWN},
    {"def __getattr__(name): return 1\n", UNKNOWN},
    {"def f():\n  global x, app\n  app = 1\n", UNKNOWN},
    {"class A: global app; app = 1\n", UNKNOWN},
    {"globals()['app'] = 1\n", UNKNOWN},
    {"def f():\n  exec('app = 1')\n", UNKNOWN},
    {"sys.modules[__name__] = X()\n", UNKNOWN},
    {"app\n", UNKNOWN},
    {"app: int\n", UNKNOWN},
    {"app.x = 1\n", UNKNOWN},
    {"x[app] = 1\n", UNKNOWN},
    {"app = 1\ndel app\n", UNKNOWN},
    {"try:\n  x\nexcept E as app:\n  pass\n", UNKNOWN},
    {"from .app import x\n", UNKNOWN},
    {"from x import app as y\n", UNKNOWN},
    {"import app.x as y\n", UNKNOWN},
    {"[app for app in x]\n", UNKNOWN},
    {"match x:\n  case app: pass\n", UNKNOWN},
    {"f'{(app := 1)}'\n", UNKNOWN},
    {"f'{f\"{(app := 1)}\"}'\n", UNKNOWN},
    {"\xef\xbd\x81pp = 1\n", UNKNOWN},
    {"# coding: utf-7\nx = 1\n", UNKNOWN},
    {"#!/x\n# vim: set fileencoding=cp500 :\nx = 1\n", UNKNOWN},
    {"x = 'open\n", UNKNOWN},
    {"x = '''open\n", UNKNOWN},
    {"x = (1\n", UNKNOWN},
    {"x = 1)\n", UNKNOWN},
    {"x = (1]\n", UNKNOWN},
};

static void test_bindings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct python_source result;
        python_source_read(span_of(rows[i].source), true, SPAN("app"), &result);
        if (result.binding != rows[i].binding)
            fail_msg("binding %d in\n%s", (int)result.binding, rows[i].source);
    }
}

static void test_part_of_a_file_tells_less(void **state)
{
    (void)state;
    struct python_source result;

    python_source_read(SPAN("x = 1\n"), false, SPAN("app"), &result);
    assert_int_equal(result.binding, UNKNOWN);
    assert_false(result.is_empty);
    python_source_read(SPAN("app = 1\nx = '''"), false, SPAN("app"), &result);
    assert_int_equal(result.binding, BOUND);
}

static void test_empty(void **state)
{
    (void)state;
    struct python_source result;

    python_source_read(SPAN(""), true, SPAN("app"), &result);
    assert_true(result.is_empty);
    python_source_read(SPAN("\n  # nothing\n\n"), true, SPAN("app"), &result);
    assert_true(result.is_empty);
    python_source_read(SPAN("'text'\n"), true, SPAN("app"), &result);
    assert_false(result.is_empty);
}

static const struct {
    const char *source;
    const char *names; /* factories with () */
} candidates[] = {
    {"x = 1\n", ""},
    {"application = FastAPI()\n", "application"},
    {"api: FastAPI = fastapi.FastAPI(\n  title='x')\n", "api"},
    {"if x:\n  api = Starlette()\n", "api"},
    {"application = create_app()\n", "application"},
    {"def create_app() -> FastAPI:\n  app = FastAPI()\n  return app\n", "create_app()"},
    {"def create_app(settings=None, *, y: int = 1, **z): pass\n", "create_app()"},
    {"def create_app(settings): pass\n", ""},
    {"def create_app(x=1, settings: Settings, y=2): pass\n", ""},
    {"def make_app(): pass\napi = FastAPI()\napi = FastAPI()\n", "make_app() api"},
    {"x = [FastAPI()]\ny = wrap(FastAPI())\nz = FastAPI\n", ""},
    {"a = FastAPI()\nb = FastAPI()\nc = FastAPI()\nd = FastAPI()\ne = FastAPI()\n", "a b c d"},
    {"def f():\n  a = FastAPI()\n", ""},
    {"# a = FastAPI()\n'b = FastAPI()'\n", ""},
};

static void test_candidates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(candidates); i++) {
        struct python_source result;
        char buffer[128];
        struct text names = TEXT_ON(buffer);
        python_source_read(span_of(candidates[i].source), true, SPAN("app"), &result);
        for (unsigned k = 0; k < result.candidate_count; k++) {
            text_add(&names, k > 0 ? " " : "");
            text_span(&names, result.candidates[k].name);
            text_add(&names, result.candidates[k].is_factory ? "()" : "");
        }
        assert_string_equal(buffer, candidates[i].names);
    }
}

static void test_deep_nesting(void **state)
{
    (void)state;
    static char source[5000];
    struct python_source result;

    memset(source, '(', sizeof(source));
    python_source_read((struct span){source, sizeof(source)}, true, SPAN("app"), &result);
    assert_int_equal(result.binding, UNKNOWN);
    for (size_t i = 0; i + 3 <= sizeof(source); i += 3)
        memcpy(source + i, "f'{", 3);
    python_source_read((struct span){source, sizeof(source)}, true, SPAN("app"), &result);
    assert_int_equal(result.binding, UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bindings),     cmocka_unit_test(test_part_of_a_file_tells_less),
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_candidates),
        cmocka_unit_test(test_deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
