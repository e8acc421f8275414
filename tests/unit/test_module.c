/* Modules on folders made here: the order in which Python's own finder takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/module.h"
#include "tree.h"

static struct tree tree;
static struct reader reader;

static int set_up(void **state)
{
    (void)state;
    static const char *const files[] = {
        "app/app/main.py",                          /* a namespace package */
        "app/package/__init__.py",                  /* */
        "app/package/sub/__init__.pyc",             /* */
        "app/package/sub/deep.py",                  /* */
        "app/package.py",                           /* loses to the folder */
        "app/both/inside.py",                       /* a folder without __init__ loses to ... */
        "app/both.py",                              /* ... the file */
        "app/fast.cpython-312-x86_64-linux-gnu.so", /* */
        "app/fast.py",                              /* loses to the extension */
        "app/compiled.pyc",                         /* */
        "app/native/__init__.abi3.so",              /* */
        "app/faster.py.so.txt",                     /* */
        "app/space/here.py",                        /* a namespace ... */
        "site/space/there.py",                      /* ... of two parts */
        "site/app/__init__.py",                     /* a regular package wins over app/app */
        "site/late/__init__.py",                    /* */
        "locked/hidden.py",                         /* */
        "app/with-hyphen/2024.py",                  /* */
    };
    tree_make(&tree);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        tree_file(&tree, files[i], "");
    tree_folder(&tree, "app/folder.py");
    assert_int_equal(reader_open(&reader, tree.top), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reader_close(&reader);
    tree_remove(&tree);
    return 0;
}

static const struct {
    const char *name;
    const char *folders; /* with : between them */
    enum module_kind kind;
    const char *file;    /* of what was found, or of what holds the missing one */
    const char *missing; /* NULL: all is there */
    enum module_kind above;
} rows[] = {
    {"app", "/app", MODULE_NAMESPACE, "/app/app", NULL, MODULE_NONE},
    {"app.main", "/app", MODULE_SOURCE, "/app/app/main.py", NULL, MODULE_NAMESPACE},
    {"app.main", "/app/:/site", MODULE_NONE, "/site/app/__init__.py", "main", MODULE_PACKAGE},
    {"package", "/app", MODULE_PACKAGE, "/app/package/__init__.py", NULL, MODULE_NONE},
    {"package.sub.deep", "/app", MODULE_SOURCE, "/app/package/sub/deep.py", NULL, MODULE_PACKAGE},
    {"package.sub", "/app", MODULE_PACKAGE, "/app/package/sub", NULL, MODULE_PACKAGE},
    {"package.gone.deep", "/app", MODULE_NONE, "/app/package/__init__.py", "gone", MODULE_PACKAGE},
    {"both", "/app", MODULE_SOURCE, "/app/both.py", NULL, MODULE_NONE},
    {"both.inside", "/app", MODULE_NONE, "/app/both.py", "inside", MODULE_SOURCE},
    {"fast", "/app", MODULE_EXTENSION, "/app/fast", NULL, MODULE_NONE},
    {"compiled", "/app", MODULE_BYTECODE, "/app/compiled.pyc", NULL, MODULE_NONE},
    {"native", "/app", MODULE_PACKAGE, "/app/native", NULL, MODULE_NONE},
    {"faster", "/app", MODULE_NONE, "", "faster", MODULE_NONE},
    {"folder", "/app", MODULE_NONE, "", "folder", MODULE_NONE},
    {"main", "/app", MODULE_NONE, "", "main", MODULE_NONE},
    {"main", "/app/app", MODULE_SOURCE, "/app/app/main.py", NULL, MODULE_NONE},
    {"space.here", "/app:/site", MODULE_SOURCE, "/app/space/here.py", NULL, MODULE_NAMESPACE},
    {"space.there", "/app:/site", MODULE_SOURCE, "/site/space/there.py", NULL, MODULE_NAMESPACE},
    {"late", "/nowhere:/app:/site", MODULE_PACKAGE, "/site/late/__init__.py", NULL, MODULE_NONE},
    {"with-hyphen.2024", "/app", MODULE_SOURCE, "/app/with-hyphen/2024.py", NULL, MODULE_NAMESPACE},
    {"main", "", MODULE_NONE, "", "main", MODULE_NONE},
    {"main", "/app/both.py", MODULE_NONE, "", "main", MODULE_NONE},
};

static void test_search(void **state)
{
    (void)state;
    static struct module_search search;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct span folders[4];
        unsigned count = 0;
        for (struct span rest = span_of(rows[i].folders); rest.at;)
            folders[count++] = span_split(&rest, ':');
        module_find(&reader, span_of(rows[i].name), folders, count, &search);
        if (search.kind != rows[i].kind || search.above != rows[i].above || search.unclear)
            fail_msg("%s in %s: kind %d in %d", rows[i].name, rows[i].folders, (int)search.kind, (int)search.above);
        assert_string_equal(search.file, rows[i].file);
        assert_true(span_is(search.missing, rows[i].missing ? rows[i].missing : ""));
    }
}

static void test_a_folder_that_cannot_be_listed_holds_nothing(void **state)
{
    (void)state;
    struct reader other = reader;

    other.identity = (struct reader_identity){.uid = 12345, .gid = 12345};
    assert_int_equal(module_in_folder(&other, SPAN("/locked"), SPAN("hidden"), NULL), MODULE_SOURCE);
    tree_mode(&tree, "locked", 0711);
    assert_int_equal(module_in_folder(&other, SPAN("/locked"), SPAN("hidden"), NULL), MODULE_NONE);
}

static void test_long_names(void **state)
{
    (void)state;
    static char name[2 * PATH_MOST];
    static struct module_search search;
    struct span folder = SPAN("/app");

    memset(name, 'a', sizeof(name));
    module_find(&reader, (struct span){name, sizeof(name)}, &folder, 1, &search);
    assert_int_equal(search.kind, MODULE_NONE);
    assert_int_equal(module_in_folder(&reader, folder, SPAN("../app/both"), NULL), MODULE_NONE);
    assert_int_equal(module_in_folder(&reader, folder, SPAN(""), NULL), MODULE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_a_folder_that_cannot_be_listed_holds_nothing),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
