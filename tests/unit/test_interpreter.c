/* What is read of an interpreter: version, standard library, environment, site folders, and what refuses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image.h"

#define ROOT_MOUNT "100 1 0:50 / / rw - overlay overlay rw\n"

static struct image image;
static struct interpreter interpreter;

static void make_debian(const struct tree *tree)
{
    image_python(tree, "usr", "3.11");
    tree_folder(tree, "usr/lib/python3/dist-packages");
    tree_folder(tree, "usr/local/lib/python3.11/dist-packages");
}

/* The same elsewhere; and dist-packages in /usr/local are not those of the Python there. */
static void make_moved_debian(const struct tree *tree)
{
    image_python(tree, "opt/debian", "3.11");
    tree_folder(tree, "opt/debian/lib/python3/dist-packages");
    tree_folder(tree, "usr/local/lib/python3.12/dist-packages");
}

/* PyPy beside somebody else's standard library, under its own name and as a copy under another. */
static void make_pypy(const struct tree *tree)
{
    image_program(tree, "pypy/bin/pypy3.9");
    image_link(tree, "pypy/bin/python3", "pypy3.9");
    tree_file(tree, "pypy/lib/python3.12/os.py", "");
    image_program(tree, "mixed/bin/python3");
    tree_file(tree, "mixed/lib/pypy3.9/os.py", "");
    tree_file(tree, "mixed/lib/python3.12/os.py", "");
}

static void make_environments(const struct tree *tree)
{
    image_venv(tree, "app/.venv", "/usr/local/bin/python3.12", "3.12");
    image_venv(tree, "old/.venv", "/usr/local/bin/python3.12", "3.11");
    image_venv(tree, "system/venv", "/usr/bin/python3.11", "3.11");
    tree_file(tree, "system/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\n");
    image_venv(tree, "oldsystem/venv", "/usr/bin/python3.11", "3.9");
    tree_file(tree, "oldsystem/venv/pyvenv.cfg", "home = /usr/bin\n");
    image_venv(tree, "homeless/venv", "/usr/local/bin/python3.12", "3.12");
    tree_file(tree, "homeless/venv/pyvenv.cfg", "version = 3.12.1\n");
    image_venv(tree, "lost/venv", "/usr/local/bin/python3.12", "3.12");
    tree_file(tree, "lost/venv/pyvenv.cfg", "home = /gone/bin\ninclude-system-site-packages = false\n");
    /* A copy in place of a link: only pyvenv.cfg leads to the standard library. */
    image_program(tree, "copied/venv/bin/python3");
    tree_file(tree, "copied/venv/pyvenv.cfg", "home = /usr/local/bin\ninclude-system-site-packages = false\n");
    tree_folder(tree, "copied/venv/lib/python3.12/site-packages");
    /* Fedora's */
    image_venv(tree, "fedora/venv", "/usr/local/bin/python3.12", "3.12");
    tree_folder(tree, "fedora/venv/lib64/python3.12/site-packages");
    image_link(tree, "app/.venv/lib64", "lib");
}

/* As `make install` leaves it: python3.13 is python3.13t. In /both a Python with the lock was installed too, before it in
 * /both/first and beside it in /both/second. */
static void make_free_threaded(const struct tree *tree)
{
    image_python(tree, "free", "3.13t");
    assert_int_equal(linkat(tree->root, "free/bin/python3.13t", tree->root, "free/bin/python3.13", 0), 0);
    image_python(tree, "both", "3.13t");
    image_python(tree, "both/first", "3.13");
    image_python(tree, "both/second", "3.13");
    image_program(tree, "both/second/bin/python3.13t");
    tree_file(tree, "both/second/lib/python3.13t/os.py", "");
    tree_file(tree, "both/second/lib/python3.13t/encodings/__init__.py", "");
    image_program(tree, "both/third/bin/python3.13t");
    assert_int_equal(linkat(tree->root, "both/third/bin/python3.13t", tree->root, "both/third/bin/python3.13", 0), 0);
    tree_file(tree, "both/third/lib/python3.13/os.py", "");
    tree_file(tree, "both/third/lib/python3.13t/os.py", "");
    tree_file(tree, "both/third/lib/python3.13t/encodings/__init__.py", "");
    image_venv(tree, "free/venv", "/free/bin/python3.13", "3.13t");
    tree_file(tree, "free/venv/pyvenv.cfg", "home = /free/bin\ninclude-system-site-packages = false\n");
    image_program(tree, "free/copied/bin/python3.13");
    tree_file(tree, "free/copied/pyvenv.cfg", "home = /free/bin\ninclude-system-site-packages = false\n");
    tree_folder(tree, "free/copied/lib/python3.13t/site-packages");
    image_program(tree, "both/copied/bin/python3.13");
    tree_file(tree, "both/copied/pyvenv.cfg", "home = /both/third/bin\ninclude-system-site-packages = false\n");
    tree_folder(tree, "both/copied/lib/python3.13t/site-packages");
    /* The lock's Python behind an environment that was made by the other. */
    image_venv(tree, "free/locked", "/both/first/bin/python3.13", "3.13t");
    tree_file(tree, "free/locked/pyvenv.cfg", "home = /both/first/bin\ninclude-system-site-packages = false\n");
}

static int set_up(void **state)
{
    const struct tree *tree = &image.tree;
    (void)state;
    tree_make(&image.tree);
    image_python(tree, "usr/local", "3.12");
    tree_folder(tree, "usr/local/lib/python3.12/site-packages");
    make_debian(tree);
    make_moved_debian(tree);
    make_pypy(tree);
    make_environments(tree);
    make_free_threaded(tree);
    image_program(tree, "alone/bin/python3.12");
    image_program(tree, "bare/bin/python3");
    image_python(tree, "half", "3.12");
    assert_int_equal(unlinkat(tree->root, "half/lib/python3.12/encodings/__init__.py", 0), 0);
    assert_int_equal(unlinkat(tree->root, "half/lib/python3.12/encodings", AT_REMOVEDIR), 0);
    tree_file(tree, "shims/python3", "#!/usr/bin/python3\nexec\n");
    tree_mode(tree, "shims/python3", 0755);
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

static bool judge(const char *path)
{
    struct candidate candidate = {span_of(path), SPAN("VIRTUAL_ENV"), true};
    findings_clear(&image.findings);
    return interpreter_judge(&image.scene, &candidate, &interpreter);
}

#define LOCAL_SITE  "/usr/local/lib/python3.12/site-packages"
#define DEBIAN_SITE "/usr/local/lib/python3.11/dist-packages", "/usr/lib/python3/dist-packages"

static const struct row {
    const char *path;
    const char *real;
    const char *version;
    const char *venv;
    const char *base;
    bool doubted;
    const char *sites[4];
} rows[] = {
    {"/usr/local/bin/python3", "/usr/local/bin/python3.12", "3.12", "", "/usr/local", false, {LOCAL_SITE}},
    {"/usr/bin/python3", "/usr/bin/python3.11", "3.11", "", "/usr", false, {DEBIAN_SITE}},
    {"/opt/debian/bin/python3",
     "/opt/debian/bin/python3.11",
     "3.11",
     "",
     "/opt/debian",
     false,
     {"/opt/debian/lib/python3/dist-packages"}},
    {"/app/.venv/bin/python",
     "/usr/local/bin/python3.12",
     "3.12",
     "/app/.venv",
     "/usr/local",
     false,
     {"/app/.venv/lib/python3.12/site-packages"}},
    {"/system/venv/bin/python",
     "/usr/bin/python3.11",
     "3.11",
     "/system/venv",
     "/usr",
     false,
     {"/system/venv/lib/python3.11/site-packages", DEBIAN_SITE}},
    {"/fedora/venv/bin/python",
     "/usr/local/bin/python3.12",
     "3.12",
     "/fedora/venv",
     "/usr/local",
     false,
     {"/fedora/venv/lib64/python3.12/site-packages", "/fedora/venv/lib/python3.12/site-packages"}},
    {"/copied/venv/bin/python3",
     "/copied/venv/bin/python3",
     "3.12",
     "/copied/venv",
     "/usr/local",
     false,
     {"/copied/venv/lib/python3.12/site-packages"}},
    /* without `home` Python takes no notice of a pyvenv.cfg */
    {"/homeless/venv/bin/python", "/usr/local/bin/python3.12", "3.12", "", "/usr/local", false, {LOCAL_SITE}},
    {"/free/bin/python3", "/free/bin/python3.13t", "3.13t", "", "/free", false, {NULL}},
    {"/free/bin/python3.13", "/free/bin/python3.13", "3.13t", "", "/free", false, {NULL}},
    {"/free/venv/bin/python",
     "/free/bin/python3.13",
     "3.13t",
     "/free/venv",
     "/free",
     false,
     {"/free/venv/lib/python3.13t/site-packages"}},
    {"/free/copied/bin/python3.13",
     "/free/copied/bin/python3.13",
     "3.13t",
     "/free/copied",
     "/free",
     false,
     {"/free/copied/lib/python3.13t/site-packages"}},
    {"/both/first/bin/python3.13", "/both/first/bin/python3.13", "3.13", "", "/both/first", false, {NULL}},
    {"/both/second/bin/python3.13", "/both/second/bin/python3.13", "3.13", "", "/both/second", false, {NULL}},
    {"/both/third/bin/python3.13", "/both/third/bin/python3.13", "3.13t", "", "/both/third", false, {NULL}},
    /* what reading can't tell */
    {"/lost/venv/bin/python",
     "/usr/local/bin/python3.12",
     "3.12",
     "/lost/venv",
     "/usr/local",
     true,
     {"/lost/venv/lib/python3.12/site-packages"}},
    {"/both/copied/bin/python3.13", "/both/copied/bin/python3.13", "", "/both/copied", "", true, {NULL}},
    {"/alone/bin/python3.12", "/alone/bin/python3.12", "3.12", "", "", true, {NULL}},
    {"/bare/bin/python3", "/bare/bin/python3", "", "", "", true, {NULL}},
    {"/pypy/bin/python3", "/pypy/bin/pypy3.9", "", "", "", true, {NULL}},
    {"/mixed/bin/python3", "/mixed/bin/python3", "", "", "", true, {NULL}},
    {"/half/bin/python3", "/half/bin/python3.12", "3.12", "", "/half", true, {NULL}},
    {"/shims/python3", "/shims/python3", "", "", "", true, {NULL}},
};

static void what_works_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        char buffer[32];
        struct text version = TEXT_ON(buffer);
        print_message("%s\n", row->path);
        assert_true(judge(row->path));
        interpreter_version(&interpreter, &version);
        assert_string_equal(interpreter.path, row->path);
        assert_string_equal(interpreter.real, row->real);
        assert_string_equal(version.at, row->version);
        assert_int_equal(interpreter.knows_version, row->version[0] != '\0');
        assert_string_equal(interpreter.venv, row->venv);
        assert_string_equal(interpreter.base, row->base);
        assert_int_equal(interpreter.doubt != NULL, row->doubted);
        unsigned count = 0;
        while (count < 4 && row->sites[count])
            count++;
        assert_int_equal(interpreter.site_count, count);
        for (unsigned site = 0; site < count; site++)
            assert_span(interpreter.sites[site], row->sites[site]);
        assert_int_equal(image.findings.count, 0);
    }
}

static void packages_of_another_version_refuse(void **state)
{
    (void)state;
    assert_false(judge("/old/.venv/bin/python"));
    const struct finding *finding = &image.findings.list[0];
    assert_int_equal(finding->rule, RULE_VENV_VERSION_MISMATCH);
    assert_value(finding, "made_for", "3.11");
    assert_value(finding, "version", "3.12");
    assert_value(finding, "venv", "/old/.venv");
    assert_value(finding, "looks_in", "/old/.venv/lib/python3.12");
    assert_value(finding, "made_in", "/old/.venv/lib/python3.11");
    image_mounts(&image, ROOT_MOUNT "102 100 8:1 /var/lib/docker/volumes/v/_data /old/.venv rw - ext4 /dev/sda1 rw\n");
    assert_false(judge("/old/.venv/bin/python"));
    image_mounts(&image, NULL);
    finding = &image.findings.list[0];
    assert_int_equal(finding->rule, RULE_VENV_VOLUME_STALE);
    assert_value(finding, "volume", "v");
    assert_value(finding, "made_for", "3.11");
    assert_false(judge("/free/locked/bin/python"));
    assert_value(&image.findings.list[0], "made_for", "3.13t");
    assert_value(&image.findings.list[0], "version", "3.13");
}

/* Python may find its packages elsewhere then, so reading refuses nothing. */
static void other_sources_of_packages_make_it_a_warning(void **state)
{
    char variable[] = "PYTHONPATH=/src";
    char *entries[] = {variable, NULL};
    (void)state;
    assert_true(judge("/oldsystem/venv/bin/python"));
    assert_int_equal(findings_worst(&image.findings, 0), SEVERITY_WARNING);
    image_variables(&image, entries);
    assert_true(judge("/old/.venv/bin/python"));
    image_variables(&image, NULL);
    assert_int_equal(image.findings.count, 1);
    assert_int_equal(findings_worst(&image.findings, 0), SEVERITY_WARNING);
    assert_int_equal(interpreter.made_for.minor, 11);
}

static void pythonhome_replaces_the_search(void **state)
{
    char good[] = "PYTHONHOME=/usr/local:/x", bad[] = "PYTHONHOME=/app";
    char *good_entries[] = {good, NULL}, *bad_entries[] = {bad, NULL};
    (void)state;
    image_variables(&image, good_entries);
    assert_true(judge("/alone/bin/python3.12"));
    assert_string_equal(interpreter.base, "/usr/local");
    assert_null(interpreter.doubt);
    image_variables(&image, bad_entries);
    assert_true(judge("/usr/local/bin/python3"));
    assert_non_null(interpreter.doubt);
    image_variables(&image, NULL);
}

static void copies_keep_their_own_sites(void **state)
{
    static struct interpreter copy;
    (void)state;
    assert_true(judge("/usr/bin/python3"));
    interpreter_copy(&copy, &interpreter);
    memset(&interpreter, 'x', sizeof(interpreter));
    assert_span(copy.sites[0], "/usr/local/lib/python3.11/dist-packages");
    assert_string_equal(copy.path, "/usr/bin/python3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_works_is_described),
        cmocka_unit_test(packages_of_another_version_refuse),
        cmocka_unit_test(other_sources_of_packages_make_it_a_warning),
        cmocka_unit_test(pythonhome_replaces_the_search),
        cmocka_unit_test(copies_keep_their_own_sites),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
