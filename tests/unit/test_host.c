/* What a container is told by, and how mounts are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image.h"

static struct image image;

/* One of each kind, as Docker, Podman and Kubernetes make them. */
static const char mounts[] =
    "100 1 0:50 / / rw - overlay overlay rw\n"
    "101 100 0:51 / /proc rw - proc proc rw\n"
    "102 100 8:3 /ana/my\\040shop /app rw - ext4 /dev/sda3 rw\n"
    "103 102 8:1 /var/lib/docker/volumes/data/_data /app/data rw - ext4 /dev/sda1 rw\n"
    "104 102 8:1 "
    "/var/lib/docker/volumes/"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/_data /app/.venv rw - ext4 /dev/sda1 rw\n"
    "105 100 0:52 / /scratch rw,noexec - tmpfs tmpfs rw\n"
    "106 100 0:53 / /mnt/disk rw - xfs /dev/vdb rw\n"
    "107 100 0:54 /host_mnt/Users/ana /share rw - fakeowner /run/host_mark/Users rw\n"
    "108 100 8:1 /var/lib/kubelet/pods/1-2/volumes/kubernetes.io~configmap/code /config ro - ext4 /dev/sda1 rw\n";

static const struct words_row {
    const char *path;
    const char *point; /* NULL: nothing is mounted over it */
    const char *name;
    const char *words;
} words_rows[] = {
    {"/", NULL, NULL, NULL},
    {"/opt/venv", NULL, NULL, NULL},
    {"/application", NULL, NULL, NULL},
    {"/proc/self", NULL, NULL, NULL},
    {"/app", "/app", "bind mount", "a bind mount of '/ana/my shop' on /dev/sda3 (ext4; /proc/self/mountinfo)"},
    {"/app/src/x", "/app", "bind mount", "a bind mount of '/ana/my shop' on /dev/sda3 (ext4; /proc/self/mountinfo)"},
    {"/app/data", "/app/data", "volume 'data'", "a volume 'data' (ext4; /proc/self/mountinfo)"},
    {"/app/.venv/bin", "/app/.venv", "anonymous volume", "an anonymous volume (ext4; /proc/self/mountinfo)"},
    {"/scratch/x", "/scratch", "tmpfs", "a tmpfs (tmpfs; /proc/self/mountinfo)"},
    {"/mnt/disk", "/mnt/disk", "mounted file system", "a mounted file system on /dev/vdb (xfs; /proc/self/mountinfo)"},
    {"/share", "/share", "shared folder",
     "a shared folder of '/host_mnt/Users/ana' on /run/host_mark/Users (fakeowner; /proc/self/mountinfo)"},
    {"/config/app.py", "/config", "Kubernetes volume 'code'",
     "a Kubernetes volume 'code' (configmap; /proc/self/mountinfo)"},
};

static void mounts_are_named(void **state)
{
    (void)state;
    image_mounts(&image, mounts);
    for (size_t i = 0; i < ARRAY_LENGTH(words_rows); i++) {
        const struct words_row *row = &words_rows[i];
        char name[256], words[512];
        struct text name_text = TEXT_ON(name), words_text = TEXT_ON(words);
        const struct mount *mount = host_mount_over(&image.host, span_of(row->path));
        print_message("%s\n", row->path);
        assert_int_equal(mount != NULL, row->point != NULL);
        if (!mount)
            continue;
        host_mount_name(mount, &name_text);
        host_mount_words(mount, &words_text);
        assert_span(mount->point, row->point);
        assert_string_equal(name, row->name);
        assert_string_equal(words, row->words);
    }
}

static void values_tell_the_kinds_apart(void **state)
{
    (void)state;
    static const struct {
        const char *path, *volume, *anonymous, *docker_volume, *tmpfs, *pod, *bind;
    } rows[] = {
        {"/app", "", "", "", "", "", "yes"},          {"/app/data", "data", "", "yes", "", "", ""},
        {"/app/.venv", "", "yes", "yes", "", "", ""}, {"/scratch", "", "", "", "yes", "", ""},
        {"/config", "", "", "", "", "yes", ""},       {"/share", "", "", "", "", "", "yes"},
    };
    image_mounts(&image, mounts);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        findings_clear(&image.findings);
        struct finding *finding = findings_add(&image.findings, RULE_VENV_HIDDEN_BY_MOUNT);
        print_message("%s\n", rows[i].path);
        host_mount_values(&image.findings, finding, host_mount_over(&image.host, span_of(rows[i].path)));
        assert_value(finding, "mount", rows[i].path);
        assert_value(finding, "volume", rows[i].volume);
        assert_value(finding, "anonymous", rows[i].anonymous);
        assert_value(finding, "docker_volume", rows[i].docker_volume);
        assert_value(finding, "tmpfs", rows[i].tmpfs);
        assert_value(finding, "pod", rows[i].pod);
        assert_value(finding, "bind", rows[i].bind);
    }
}

static void noexec_is_of_the_mount_below_the_path(void **state)
{
    (void)state;
    image_mounts(&image, mounts);
    assert_true(host_forbids_programs(&image.host, SPAN("/scratch/bin/python")));
    assert_false(host_forbids_programs(&image.host, SPAN("/app/bin/python")));
    image_mounts(&image, NULL);
    assert_false(host_forbids_programs(&image.host, SPAN("/scratch/bin/python")));
    assert_null(host_mount_over(&image.host, SPAN("/app")));
}

/* Of the own root, so only what differs is judged: whoever runs this test may sit in a container. */
static void platforms_are_known_by_their_variables(void **state)
{
    (void)state;
    struct reader real;
    char port[] = "PORT=8000", empty[] = "PORT=";
    char *with[] = {port, NULL}, *without[] = {empty, NULL};
    const struct environment set = {with}, unset = {without};
    static struct host host;
    assert_int_equal(reader_open(&real, NULL), 0);
    host_read(&host, &real, &set);
    assert_true(host.in_container);
    assert_non_null(host.container_sign);
    assert_true(host_knows_mounts(&host));
    host_read(&host, &real, &unset);
    assert_int_equal(host.in_container, host.container_sign != NULL);
    if (host.container_sign)
        assert_string_not_equal(host.container_sign, "PORT");
    reader_close(&real);
}

static void another_root_is_a_container_without_mounts(void **state)
{
    (void)state;
    host_read(&image.host, &image.reader, &image.environment);
    assert_true(image.host.in_container);
    assert_false(image.host.is_pid_1);
    assert_false(host_knows_mounts(&image.host));
    assert_string_equal(image.host.container_sign, "--root");
}

static int set_up(void **state)
{
    (void)state;
    tree_make(&image.tree);
    image_open(&image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_close(&image);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mounts_are_named),
        cmocka_unit_test(values_tell_the_kinds_apart),
        cmocka_unit_test(noexec_is_of_the_mount_below_the_path),
        cmocka_unit_test(platforms_are_known_by_their_variables),
        cmocka_unit_test(another_root_is_a_container_without_mounts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
