/* Why a path can't be walked: each cause on an image made here, with the mounts that belong to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/broken_path.h"
#include "image.h"

#define ROOT_MOUNT    "100 1 0:50 / / rw - overlay overlay rw\n"
#define OVER(point)   "101 100 8:3 /ana/shop " point " rw - ext4 /dev/sda3 rw\n"
#define VOLUME(point) "102 100 8:1 /var/lib/docker/volumes/shop_venv/_data " point " rw - ext4 /dev/sda1 rw\n"

static struct image image;
static struct trace trace;

static int set_up(void **state)
{
    const struct tree *tree = &image.tree;
    (void)state;
    tree_make(&image.tree);
    image_python(tree, "usr/local", "3.12");
    tree_folder(tree, "app");
    image_venv(tree, "dead/.venv", "/gone/bin/python3.12", "3.12");
    image_venv(tree, "uv/.venv", "/root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13", "3.13");
    tree_folder(tree, "root");
    tree_folder(tree, "root/.local");
    tree_mode(tree, "root", 0700);
    image_link(tree, "mac/.venv/bin/python", "python3.13");
    image_link(tree, "mac/.venv/bin/python3.13", "/opt/homebrew/opt/python@3.13/bin/python3.13");
    tree_file(tree, "mac/.venv/pyvenv.cfg", "home = /opt/homebrew/opt/python@3.13/bin\nversion = 3.13.5\n");
    tree_file(tree, "windows/.venv/pyvenv.cfg", "home = C:\\Python312\nversion = 3.12.1\n");
    tree_file(tree, "windows/.venv/Scripts/python.exe", "MZ");
    image_link(tree, "moved/.venv/bin/python", "/build/.venv/bin/python3");
    tree_file(tree, "moved/.venv/pyvenv.cfg",
              "home = /usr/bin\nversion = 3.12.1\ncommand = /usr/bin/python3 -m venv /build/.venv\n");
    tree_folder(tree, "hollow/.venv");
    tree_file(tree, "text/.venv", "an environment's name\n");
    image_link(tree, "loop/.venv/bin/python", "python3");
    image_link(tree, "loop/.venv/bin/python3", "python");
    image_link(tree, "linked", "app");
    image_link(tree, "prefix/bin/python3", "/gone/bin/python3");
    assert_int_equal(symlinkat("/dead/.venv", tree->root, "short"), 0);
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tree_mode(&image.tree, "root", 0755);
    image_close(&image);
    return 0;
}

static struct finding *find(const char *path, const char *mounts, int error)
{
    struct candidate candidate = {span_of(path), SPAN("VIRTUAL_ENV"), true};
    findings_clear(&image.findings);
    image_mounts(&image, mounts);
    assert_int_equal(reader_walk(&image.reader, candidate.path, &trace), error);
    struct finding *finding = broken_path_find(&image.scene, &candidate, &trace);
    assert_int_equal(image.findings.count, 1);
    assert_int_equal(finding->severity, SEVERITY_ERROR);
    assert_value(finding, "wanted", path);
    assert_value(finding, "origin", "VIRTUAL_ENV");
    return finding;
}

static const struct row {
    const char *path;
    const char *mounts;
    enum rule rule;
    const char *missing;
    const char *mount;
    int error;
} rows[] = {
    /* the image itself doesn't have it */
    {"/app/.venv/bin/python", ROOT_MOUNT, RULE_PYTHON_MISSING, "/app/.venv", "", ENOENT},
    {"/app/.venv/bin/python", NULL, RULE_PYTHON_MISSING, "/app/.venv", "", ENOENT},
    {"/app/.venv/bin/python", ROOT_MOUNT OVER("/application"), RULE_PYTHON_MISSING, "/app/.venv", "", ENOENT},
    /* a mount over the app hides it */
    {"/app/.venv/bin/python", ROOT_MOUNT OVER("/app"), RULE_VENV_HIDDEN_BY_MOUNT, "/app/.venv", "/app", ENOENT},
    {"/app/.venv/bin/python", ROOT_MOUNT VOLUME("/app"), RULE_VENV_HIDDEN_BY_MOUNT, "/app/.venv", "/app", ENOENT},
    {"/linked/.venv/bin/python", ROOT_MOUNT OVER("/app"), RULE_VENV_HIDDEN_BY_MOUNT, "/app/.venv", "/app", ENOENT},
    {"/hollow/.venv/bin/python", ROOT_MOUNT OVER("/hollow"), RULE_VENV_HIDDEN_BY_MOUNT, "/hollow/.venv/bin", "/hollow",
     ENOENT},
    {"/usr/bin/python3", ROOT_MOUNT OVER("/usr"), RULE_VENV_HIDDEN_BY_MOUNT, "/usr/bin", "/usr", ENOENT},
    /* the environment is a mount of its own */
    {"/hollow/.venv/bin/python", ROOT_MOUNT VOLUME("/hollow/.venv"), RULE_VENV_VOLUME_STALE, "/hollow/.venv/bin",
     "/hollow/.venv", ENOENT},
    {"/dead/.venv/bin/python", ROOT_MOUNT VOLUME("/dead/.venv"), RULE_VENV_VOLUME_STALE, "/gone", "/dead/.venv",
     ENOENT},
    {"/short/bin/python", ROOT_MOUNT VOLUME("/dead/.venv"), RULE_VENV_VOLUME_STALE, "/gone", "/dead/.venv", ENOENT},
    /* another machine's */
    {"/mac/.venv/bin/python", ROOT_MOUNT, RULE_VENV_FROM_ANOTHER_MACHINE, "/opt", "", ENOENT},
    {"/mac/.venv/bin/python", ROOT_MOUNT OVER("/mac"), RULE_VENV_FROM_ANOTHER_MACHINE, "/opt", "/mac", ENOENT},
    {"/windows/.venv/bin/python", ROOT_MOUNT, RULE_VENV_FROM_ANOTHER_MACHINE, "/windows/.venv/bin", "", ENOENT},
    {"/dead/.venv/bin/python", ROOT_MOUNT OVER("/dead"), RULE_VENV_FROM_ANOTHER_MACHINE, "/gone", "/dead", ENOENT},
    /* links into nothing */
    {"/dead/.venv/bin/python", ROOT_MOUNT, RULE_VENV_BASE_PYTHON_GONE, "/gone", "", ENOENT},
    {"/dead/.venv/bin/python", ROOT_MOUNT VOLUME("/dead"), RULE_VENV_BASE_PYTHON_GONE, "/gone", "", ENOENT},
    {"/moved/.venv/bin/python", ROOT_MOUNT, RULE_VENV_MOVED, "/build", "", ENOENT},
    {"/uv/.venv/bin/python", ROOT_MOUNT, RULE_VENV_BASE_PYTHON_GONE, "/root/.local/share", "", ENOENT},
    {"/prefix/bin/python3", ROOT_MOUNT, RULE_PYTHON_MISSING, "/gone", "", ENOENT},
    /* paths that are none */
    {"/text/.venv/bin/python", ROOT_MOUNT, RULE_PATH_THROUGH_FILE, "/text/.venv", "", ENOTDIR},
    {"/loop/.venv/bin/python", ROOT_MOUNT, RULE_LINK_LOOP, "/loop/.venv/bin/python", "", ELOOP},
};

static void each_cause_has_its_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        print_message("row %zu: %s\n", i, rows[i].path);
        const struct finding *finding = find(rows[i].path, rows[i].mounts, rows[i].error);
        assert_string_equal(rule_name(finding->rule), rule_name(rows[i].rule));
        if (rows[i].error != ELOOP)
            assert_value(finding, "missing", rows[i].missing);
        assert_value(finding, "mount", rows[i].mount);
    }
}

/* What another place for the environment takes, by who named it, and what else could be mounted. */
static void remedies_fit_whoever_named_it(void **state)
{
    static char python[] = "/app/.venv/bin/python", module[] = "-m", server[] = "uvicorn",
                secret[] = "--ssl-keyfile-password";
    char *const words[] = {python, module, server, NULL}, *const words_of_secret[] = {python, secret, NULL};
    static const struct {
        const char *origin, *naming, *moves, *moved_words;
    } names[] = {
        {"VIRTUAL_ENV", "ENV ASGI_INIT_PYTHON=", "yes", ""},
        {"PATH", "ENV ASGI_INIT_PYTHON=", "yes", ""},
        {"ASGI_INIT_VENV", "ENV ASGI_INIT_PYTHON=", "", ""},
        {"--venv", "--python ", "", ""},
        {"the command", "ENV ASGI_INIT_PYTHON=", "", "\"/opt/venv/bin/python\", \"-m\", \"uvicorn\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct candidate candidate = {SPAN("/app/.venv/bin/python"), span_of(names[i].origin), true};
        struct finding *finding = findings_add(&image.findings, RULE_PYTHON_MISSING);
        image.scene.command_words = words;
        broken_path_wanted(&image.scene, finding, &candidate);
        assert_value(finding, "naming", names[i].naming);
        assert_value(finding, "moves", names[i].moves);
        assert_value(finding, "moved_words", names[i].moved_words);
        finding = findings_add(&image.findings, RULE_PYTHON_MISSING);
        image.scene.command_words = words_of_secret;
        broken_path_wanted(&image.scene, finding, &candidate);
        assert_value(finding, "moved_words", "");
    }
    image.scene.command_words = NULL;
}

static void the_story_has_all_its_values(void **state)
{
    (void)state;
    const struct finding *finding = find("/app/.venv/bin/python", ROOT_MOUNT OVER("/app"), ENOENT);
    assert_value(finding, "venv", "/app/.venv");
    assert_value(finding, "over", "bind mount");
    assert_value(finding, "mounted", "a bind mount of '/ana/shop' on /dev/sda3 (ext4; /proc/self/mountinfo)");
    assert_value(finding, "source", "/ana/shop");
    assert_value(finding, "device", "/dev/sda3");
    assert_value(finding, "type", "ext4");
    assert_int_equal(finding->evidence_count, 0);
    finding = find("/app/.venv/bin/python", ROOT_MOUNT VOLUME("/app"), ENOENT);
    assert_value(finding, "volume", "shop_venv");
    assert_value(finding, "over", "volume 'shop_venv'");
}

static void chains_show_each_link_and_its_end(void **state)
{
    (void)state;
    const struct finding *finding = find("/dead/.venv/bin/python", ROOT_MOUNT, ENOENT);
    assert_int_equal(finding->evidence_count, 3);
    assert_span(finding->evidence[0].left, "/dead/.venv/bin/python -> python3");
    assert_span(finding->evidence[0].right, "link");
    assert_span(finding->evidence[1].left, "/dead/.venv/bin/python3 -> /gone/bin/python3.12");
    assert_span(finding->evidence[2].left, "/gone");
    assert_span(finding->evidence[2].right, "missing");
    assert_value(finding, "home", "/usr/local/bin");
    assert_value(finding, "version", "3.12");
    assert_value(finding, "uv", "");
    finding = find("/uv/.venv/bin/python", ROOT_MOUNT, ENOENT);
    assert_value(finding, "uv", "uv");
    finding = find("/loop/.venv/bin/python", ROOT_MOUNT, ELOOP);
    assert_true(finding->evidence_count > 1 && finding->evidence_count < 8);
}

static void systems_are_named_only_when_they_are_known(void **state)
{
    (void)state;
    assert_value(find("/mac/.venv/bin/python", ROOT_MOUNT, ENOENT), "system", "macOS");
    const struct finding *finding = find("/windows/.venv/bin/python", ROOT_MOUNT, ENOENT);
    assert_value(finding, "system", "Windows");
    assert_value(finding, "scripts", "/windows/.venv/Scripts");
    assert_value(finding, "home", "C:\\Python312");
    finding = find("/dead/.venv/bin/python", ROOT_MOUNT OVER("/dead"), ENOENT);
    assert_value(finding, "system", "");
    assert_value(finding, "inside_mount", "/dead/.venv");
    finding = find("/moved/.venv/bin/python", ROOT_MOUNT, ENOENT);
    assert_value(finding, "made_at", "/build/.venv");
    assert_value(finding, "command", "/usr/bin/python3 -m venv /build/.venv");
}

static void forbidden_folders_are_named_with_mode_and_owner(void **state)
{
    (void)state;
    struct reader_identity self = image.reader.identity;
    image.reader.identity = (struct reader_identity){.uid = 12345, .gid = 12345};
    const struct finding *finding = find("/uv/.venv/bin/python", ROOT_MOUNT, EACCES);
    image.reader.identity = self;
    assert_int_equal(finding->rule, RULE_PYTHON_NOT_REACHABLE);
    assert_value(finding, "folder", "/root");
    assert_value(finding, "mode", "0700");
    assert_value(finding, "user", "user 12345");
    assert_value(finding, "forbidden", "yes");
    assert_value(finding, "allowed", "");
    assert_value(finding, "uv", "uv");
}

static void paths_that_are_too_long_have_a_finding(void **state)
{
    static char path[10001];
    (void)state;
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    const struct finding *finding = find(path, ROOT_MOUNT, ENAMETOOLONG);
    assert_int_equal(finding->rule, RULE_PATH_FAILED);
    assert_non_null(finding_value(finding, "error"));
}

static void environments_are_told_by_their_bin(void **state)
{
    static const char *const table[][2] = {
        {"/app/.venv/bin/python", "/app/.venv"},
        {"/opt/venv/bin/python3", "/opt/venv"},
        {"/usr/bin/python3", ""},
        {"/usr/local/bin/python3", ""},
        {"/bin/python3", ""},
        {"/python", ""},
        {"/opt/conda/python", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        assert_span(broken_path_environment(span_of(table[i][0])), table[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_has_its_rule),
        cmocka_unit_test(remedies_fit_whoever_named_it),
        cmocka_unit_test(the_story_has_all_its_values),
        cmocka_unit_test(chains_show_each_link_and_its_end),
        cmocka_unit_test(systems_are_named_only_when_they_are_known),
        cmocka_unit_test(forbidden_folders_are_named_with_mode_and_owner),
        cmocka_unit_test(paths_that_are_too_long_have_a_finding),
        cmocka_unit_test(environments_are_told_by_their_bin),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
