/* The imports that a source makes for certain, in a table of sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/python_imports.h"

static const struct {
    const char *source;
    const char *imports; /* "LEVEL module:name;" of each, or "-": what can be imported is changed */
} rows[] = {
    {"import os\n", "0 os:;"},
    {"import os.path\npath = os.path.join(self.path, path)\n", "0 os.path:;"},
    {"import sys\nprint(sys.version, path, modules)\n", "0 sys:;"},
    {"import app.db as db, x\n", "0 app.db:;0 x:;"},
    {"from routers import items\n", "0 routers:items;"},
    {"from app.routers import (\n    items,  # that\n    users as people,\n)\n",
     "0 app.routers:items;0 app.routers:users;"},
    {"from routers import *\n", "0 routers:;"},
    {"from . import db\n", "1 :db;"},
    {"from .. import db\n", "2 :db;"},
    {"from ...a.b import c\n", "3 a.b:c;"},
    {"from ....a import c\n", "4 a:c;"},
    {"import a\r\nimport b\r\n", "0 a:;0 b:;"},
    {"\"\"\"import no\n\nimport neither\n\"\"\"\nimport a", "0 a:;"},
    {"# import no\nx = 'import no'\nimport a\n", "0 a:;"},
    {"import \\\n    a\n", "0 a:;"},
    /* that may not be made, or may fail in peace */
    {"try:\n    import a\nexcept ImportError:\n    import b\n", "0 a:?;0 b:?;"},
    {"try: import a\nexcept ImportError: pass\n", "0 a:?;"},
    {"if TYPE_CHECKING:\n    import a\n", "0 a:?;"},
    {"if TYPE_CHECKING: from a import b; from . import c\n", "0 a:b?;1 :c?;"},
    {"def f():\n    import a\nimport b\n", "0 a:?;0 b:;"},
    {"class C:\n    import a\n", "0 a:?;"},
    {"with suppress(ImportError):\n    import a\n", "0 a:?;"},
    {"x = 1; import a\n", "0 a:?;"},
    {"import a; import b; x = {1: 2}\n", "0 a:;0 b:?;"},
    {"def f():\n    yield from a\n", ""},
    {"raise X from y\n", ""},
    {"(\nimport_a\n)\n", ""},
    /* that change what can be imported */
    {"import sys\nsys.path.insert(0, '/lib')\nimport a\n", "-"},
    {"import a\ndef f():\n    sys.modules['a'] = None\n", "-"},
    {"from sys import meta_path\n", "-"},
    {"import sys as system\nsystem.path.append('/lib')\n", "-"},
    {"__path__ = extend_path(__path__, __name__)\n", "-"},
    {"import hooked\nhooked.install()\nimport a\n", "-"},
    {"import clr\nimport System\n", "-"},
    {"__package__ = 'app'\n", "-"},
    {"import importlib\nimportlib.import_module('boot')\n", "-"},
    {"exec(open('boot').read())\n", "-"},
    {"import a\nsession.exec(select(x))\n", "0 a:;"},
    {"import site\nsite.addsitedir('/lib')\n", "-"},
    /* that isn't Python */
    {"import\n", ""},
    {"from x\n", ""},
    {"from import x\n", ""},
    {"from . x import\n", ""},
    {"import a b\n", "0 a:;"},
    {"import a.\nimport b\n", "0 b:;"},
    {"import a\nx = '\nimport b\n", "0 a:;"},
    {"", ""},
};

static void add(void *context, const struct python_import *import)
{
    struct text *text = context;
    text_unsigned(text, import->level);
    text_byte(text, ' ');
    text_span(text, import->module);
    text_byte(text, ':');
    text_span(text, import->name);
    text_add(text, import->is_sure ? ";" : "?;");
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[256];
        struct text text = TEXT_ON(buffer);
        bool can_tell = python_imports_read(span_of(rows[i].source), add, &text);
        if (can_tell == span_is(span_of(rows[i].imports), "-") ||
            (can_tell && !span_is(text_as_span(&text), rows[i].imports)))
            fail_msg("%s: %s", rows[i].source, buffer);
    }
}

static void keep_line(void *context, const struct python_import *import)
{
    text_clear(context);
    text_span(context, import->line);
}

static void test_the_line_is_the_statements_first(void **state)
{
    (void)state;
    char buffer[64];
    struct text line = TEXT_ON(buffer);
    python_imports_read(SPAN("x = 1\nfrom routers import (items,\n    users)\n"), keep_line, &line);
    assert_string_equal(buffer, "from routers import (items,");
}

static void test_what_a_package_may_define(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        bool may;
    } defines[] = {
        {"", false},
        {"# db\nx = 'db'\n", false},
        {"from app.other import db\n", true},
        {"from app.other import *\n", true},
        {"x = 2 * 3\n", false},
        {"def __getattr__(name):\n    return 1\n", true},
        {"x = '\n", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(defines); i++)
        if (python_imports_may_define(span_of(defines[i].source), SPAN("db")) != defines[i].may)
            fail_msg("%s", defines[i].source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_the_line_is_the_statements_first),
        cmocka_unit_test(test_what_a_package_may_define),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
