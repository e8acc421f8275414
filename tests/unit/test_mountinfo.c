#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/mountinfo.h"

static struct mounts mounts;
static char bytes[1 << 17];

static void read_text(const char *text)
{
    size_t length = strlen(text);
    assert_true(length < sizeof bytes);
    memcpy(bytes, text, length + 1);
    mounts_read(&mounts, bytes, length);
}

#define ROOT "100 50 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u\n"
#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void fields(void **state)
{
    (void)state;
    read_text(
        ROOT
        "136 100 254:1 /home/ana/my\\040shop /app rw,noatime,noexec shared:2 master:1 - ext4 /dev/vda1 ro,x=\\134\n");
    assert_int_equal(mounts.count, 2);
    assert_int_equal(mounts.lost, 0);
    const struct mount *mount = &mounts.list[1];
    assert_int_equal(mount->id, 136);
    assert_int_equal(mount->parent, 100);
    assert_int_equal(mount->major_number, 254);
    assert_int_equal(mount->minor_number, 1);
    assert_true(span_is(mount->root, "/home/ana/my shop"));
    assert_true(span_is(mount->point, "/app"));
    assert_true(span_is(mount->options, "rw,noatime,noexec"));
    assert_true(span_is(mount->type, "ext4"));
    assert_true(span_is(mount->source, "/dev/vda1"));
    assert_true(span_is(mount->super_options, "ro,x=\\"));
    assert_true(mount->read_only && mount->no_exec && !mount->no_set_uid);
    assert_false(mount->root_deleted);
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum mount_kind kind;
        const char *name, *volume_type;
    } rows[] = {
        {ROOT, MOUNT_ROOT, "", ""},
        {"1 2 0:1 /ana/shop /app rw - ext4 /dev/sda3 rw\n", MOUNT_BIND, "", ""},
        {"1 2 0:1 / /data rw - ext4 /dev/sdb1 rw\n", MOUNT_FILE_SYSTEM, "", ""},
        {"1 2 0:1 /var/lib/docker/volumes/shop_venv/_data /app/.venv rw - ext4 /dev/sda3 rw\n", MOUNT_VOLUME,
         "shop_venv", ""},
        {"1 2 0:1 /volumes/v/_data/sub /app rw - ext4 /dev/sda3 rw\n", MOUNT_VOLUME, "v", ""},
        {"1 2 0:1 /var/lib/nerdctl/1/volumes/default/v/_data /app rw - ext4 /dev/sda3 rw\n", MOUNT_VOLUME, "v", ""},
        {"1 2 0:1 /var/lib/docker/volumes/" ID64 "/_data /app/.venv rw - ext4 /dev/sda3 rw\n", MOUNT_ANONYMOUS_VOLUME,
         ID64, ""},
        {"1 2 0:1 /home/ana/volumes/x/_database /app rw - ext4 /dev/sda3 rw\n", MOUNT_BIND, "", ""},
        {"1 2 0:1 /volumes/_data /app rw - ext4 /dev/sda3 rw\n", MOUNT_BIND, "", ""},
        {"1 2 0:1 /var/lib/kubelet/pods/4f/volumes/kubernetes.io~configmap/settings/..2026 /app rw - ext4 /dev/sda3 "
         "rw\n",
         MOUNT_KUBERNETES, "settings", "configmap"},
        {"1 2 0:1 /var/lib/kubelet/pods/4f/volumes/kubernetes.io~empty-dir/tmp /app rw - ext4 /dev/sda3 rw\n",
         MOUNT_KUBERNETES, "tmp", "empty-dir"},
        {"1 2 0:1 /var/lib/kubelet/pods/4f/volume-subpaths/settings/app/0 /app/s.toml rw - ext4 /dev/sda3 rw\n",
         MOUNT_KUBERNETES, "settings", ""},
        {"1 2 0:1 /pods/4f/volume-subpaths/settings/app/0 /app/s.toml rw - ext4 /dev/sdb1 rw\n", MOUNT_KUBERNETES,
         "settings", ""},
        {"1 2 0:1 /pods/whales /app rw - ext4 /dev/sdb1 rw\n", MOUNT_BIND, "", ""},
        {"1 2 0:1 /home/volume-subpaths/x /app rw - ext4 /dev/sdb1 rw\n", MOUNT_BIND, "", ""},
        {"1 2 0:1 /var/lib/kubelet/pods/4f/etc-hosts /etc/hosts rw - ext4 /dev/sda3 rw\n", MOUNT_KUBERNETES, "", ""},
        {"1 2 0:1 /ana/shop /app rw - fakeowner /run/host_mark/Users rw\n", MOUNT_DESKTOP_SHARE, "", ""},
        {"1 2 0:1 / /app rw - virtiofs virtiofs0 rw\n", MOUNT_DESKTOP_SHARE, "", ""},
        {"1 2 0:1 /ana /app rw - fuse.grpcfuse grpcfuse rw\n", MOUNT_DESKTOP_SHARE, "", ""},
        {"1 2 0:1 /ana /app rw - 9p drvfs rw\n", MOUNT_DESKTOP_SHARE, "", ""},
        {"1 2 0:1 / /tmp rw - tmpfs tmpfs rw\n", MOUNT_TMPFS, "", ""},
        {"1 2 0:1 / /proc rw - proc proc rw\n", MOUNT_KERNEL, "", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        read_text(rows[i].line);
        assert_int_equal(mounts.count, 1);
        assert_int_equal(mounts.list[0].kind, rows[i].kind);
        assert_true(span_is(mounts.list[0].name, rows[i].name));
        assert_true(span_is(mounts.list[0].volume_type, rows[i].volume_type));
    }
}

static void deleted_root(void **state)
{
    (void)state;
    read_text("1 2 0:1 /ana/shop//deleted /app rw - ext4 /dev/sda3 rw\n");
    assert_true(mounts.list[0].root_deleted);
    assert_true(span_is(mounts.list[0].root, "/ana/shop"));
}

static void lines_that_are_no_mounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned count, lost;
    } rows[] = {
        {"", 0, 0},
        {"\n", 0, 1},
        {"1 2 0:1 / / rw - ext4 /dev/sda3 rw", 0, 1},
        {"1 2 0:1 / / rw - ext4\n", 1, 0},
        {"1 2 0:1 / / rw -\n", 0, 1},
        {"1 2 0:1 / / rw - \n", 0, 1},
        {"1 2 0:1 / / rw ext4 /dev/sda3 rw\n", 0, 1},
        {"1 2 0:1 / app rw - ext4 /dev/sda3 rw\n", 0, 1},
        {"x 2 0:1 / / rw - ext4 /dev/sda3 rw\n", 0, 1},
        {"1 x 0:1 / / rw - ext4 /dev/sda3 rw\n", 0, 1},
        {"1 2 0 / / rw - ext4 /dev/sda3 rw\n", 0, 1},
        {"1 2 0:1:2 / / rw - ext4 /dev/sda3 rw\n", 0, 1},
        {"4294967296 2 0:1 / / rw - ext4 /dev/sda3 rw\n", 0, 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        read_text(rows[i].text);
        assert_int_equal(mounts.count, rows[i].count);
        assert_int_equal(mounts.lost, rows[i].lost);
    }
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *escaped, *plain;
    } rows[] = {
        {"/a\\040b\\011c\\012d\\134e", "/a b\tc\nd\\e"},
        {"/a\\134040", "/a\\040"},
        {"/a\\04", "/a\\04"},
        {"/a\\", "/a\\"},
        {"/a\\400", "/a\\400"},
        {"/a\\377", "/a\377"},
        {"/a\\089", "/a\\089"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char line[128];
        struct text text = TEXT_ON(line);
        text_join(&text, "1 2 0:1 / ", rows[i].escaped, " rw - ext4 /dev/sda3 rw\n", NULL);
        read_text(line);
        assert_int_equal(mounts.count, 1);
        assert_true(span_is(mounts.list[0].point, rows[i].plain));
    }
}

static void find(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
        unsigned id; /* 0: none */
    } rows[] = {
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 1 0:1 /v /app/.venv rw - ext4 d rw\n", "/app/.venv/bin/python", 2},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 1 0:1 /v /app/.venv rw - ext4 d rw\n", "/app/.venv", 2},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 1 0:1 /v /app/.venv rw - ext4 d rw\n", "/app/.venv2", 1},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n", "/apps", 100},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n", "/", 100},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n", "app", 0},
        /* on top of each other: the last */
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 1 0:1 /t /app rw - ext4 d rw\n", "/app/x", 2},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 100 0:1 /t /app rw - ext4 d rw\n", "/app/x", 2},
        /* mounted first, and hidden by what was mounted over its folder later */
        {ROOT "1 100 0:1 /v /app/.venv rw - ext4 d rw\n2 100 0:1 /s /app rw - ext4 d rw\n", "/app/.venv/bin", 2},
        {ROOT "1 100 0:1 /s /app rw - ext4 d rw\n2 1 0:1 /v /app/v rw - ext4 d rw\n3 1 0:1 /t /app rw - ext4 d rw\n",
         "/app/v/x", 3},
        /* a second root over the first */
        {ROOT "1 100 0:2 / / rw - ext4 d rw\n2 1 0:1 /s /app rw - ext4 d rw\n", "/app/x", 2},
        {ROOT "1 100 0:2 / / rw - ext4 d rw\n2 1 0:1 /s /app rw - ext4 d rw\n", "/x", 1},
        /* the initial root file system may be its own parent */
        {"1 1 0:2 / / rw - rootfs rootfs rw\n2 1 0:1 / / rw - ext4 d rw\n", "/app", 2},
        /* a ring */
        {"1 2 0:2 / / rw - ext4 d rw\n2 1 0:1 / / rw - ext4 d rw\n", "/app", 2},
        /* in a chroot */
        {"1 9 0:1 /s /app rw - ext4 d rw\n2 9 0:1 /t /app rw - ext4 d rw\n", "/app/x", 2},
        {"1 9 0:1 /s /app rw - ext4 d rw\n", "/usr", 0},
        {"", "/", 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        read_text(rows[i].text);
        assert_int_equal(mounts.lost, 0);
        const struct mount *mount = mounts_find(&mounts, span_of(rows[i].path));
        assert_int_equal(mount ? mount->id : 0, rows[i].id);
    }
}

static void find_at_a_point(void **state)
{
    (void)state;
    read_text(ROOT "1 100 0:1 /v /app/.venv rw - ext4 d rw\n2 100 0:1 /s /app rw - ext4 d rw\n");
    assert_int_equal(mounts_find_at(&mounts, SPAN("/app"))->id, 2);
    assert_int_equal(mounts_find_at(&mounts, SPAN("/"))->id, 100);
    assert_null(mounts_find_at(&mounts, SPAN("/app/.venv"))); /* hidden */
    assert_null(mounts_find_at(&mounts, SPAN("/app/x")));
}

static void more_than_fit(void **state)
{
    (void)state;
    struct text text = TEXT_ON(bytes);
    for (unsigned i = 0; i < MOUNTS_MOST + 3; i++)
        text_add(&text, ROOT);
    assert_false(text.cut);
    mounts_read(&mounts, bytes, text.length);
    assert_int_equal(mounts.count, MOUNTS_MOST);
    assert_int_equal(mounts.lost, 3);
}

static void paths_within(void **state)
{
    (void)state;
    static const struct {
        const char *path, *folder;
        bool within;
    } rows[] = {
        {"/app", "/app", true}, {"/app/x", "/app", true}, {"/apps", "/app", false}, {"/", "/", true},
        {"/x", "/", true},      {"x", "/", false},        {"/app", "", false},      {"/ap", "/app", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(path_is_within(span_of(rows[i].path), span_of(rows[i].folder)), rows[i].within);
}

static void options(void **state)
{
    (void)state;
    assert_true(mount_has_option(SPAN("rw,noexec"), "noexec"));
    assert_false(mount_has_option(SPAN("rw,noexec"), "exec"));
    assert_false(mount_has_option(SPAN(""), "ro"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),          cmocka_unit_test(kinds),
        cmocka_unit_test(deleted_root),    cmocka_unit_test(lines_that_are_no_mounts),
        cmocka_unit_test(escapes),         cmocka_unit_test(find),
        cmocka_unit_test(find_at_a_point), cmocka_unit_test(more_than_fit),
        cmocka_unit_test(paths_within),    cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
