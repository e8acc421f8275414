#include "facts/mountinfo.h"

enum { ANONYMOUS_NAME = 64 };

bool path_is_within(struct span path, struct span folder)
{
    if (span_is(folder, "/"))
        return span_starts(path, "/");
    if (folder.length == 0 || !span_equal(span_first(path, folder.length), folder))
        return false;
    return path.length == folder.length || path.at[folder.length] == '/';
}

bool mount_has_option(struct span options, const char *option)
{
    while (options.at) {
        if (span_is(span_split(&options, ','), option))
            return true;
    }
    return false;
}

/* The kernel writes blank, tab, LF and backslash (and # in some versions) as \ and three octal digits. */
static struct span unescape(char *field, size_t length)
{
    size_t to = 0;
    for (size_t from = 0; from < length; to++) {
        uint64_t byte = 0;
        struct span digits = span_first((struct span){field + from + 1, length - from - 1}, 3);
        bool escaped = field[from] == '\\' && digits.length == 3 && span_octal(digits, 0377, &byte);
        field[to] = escaped ? (char)(unsigned char)byte : field[from];
        from += escaped ? 4 : 1;
    }
    return (struct span){field, to};
}

/* The field of a line that begins at *at, unescaped in place; *at then is behind its blank. */
static struct span take_field(char *line, size_t length, size_t *at)
{
    size_t start = *at, end = start;
    while (end < length && line[end] != ' ')
        end++;
    *at = end < length ? end + 1 : end;
    return unescape(line + start, end - start);
}

static bool take_number(char *line, size_t length, size_t *at, unsigned *number)
{
    uint64_t value = 0;
    bool good = span_number(take_field(line, length, at), UINT32_MAX, &value);
    *number = (unsigned)value;
    return good;
}

static bool take_device(char *line, size_t length, size_t *at, struct mount *mount)
{
    struct span minor_part = take_field(line, length, at);
    struct span major_part = span_split(&minor_part, ':');
    uint64_t major_number = 0, minor_number = 0;
    bool good =
        span_number(major_part, UINT32_MAX, &major_number) && span_number(minor_part, UINT32_MAX, &minor_number);
    mount->major_number = (unsigned)major_number;
    mount->minor_number = (unsigned)minor_number;
    return good;
}

/* Between the options and the type there are none, one or more fields like shared:2, and then a lone `-`. */
static bool skip_optional_fields(char *line, size_t length, size_t *at)
{
    while (*at < length) {
        if (span_is(take_field(line, length, at), "-"))
            return true;
    }
    return false;
}

static bool is_shared_by_desktop(struct span type)
{
    static const char types[] =
        "fakeowner virtiofs grpcfuse fuse.grpcfuse osxfs fuse.osxfs 9p drvfs v9fs fuse.sshfs vboxsf prl_fs "
        "vmhgfs wslfs lxfs fuse.vmhgfs-fuse fuse.portal";
    return span_is_among(type, types);
}

static bool is_of_kernel(struct span type)
{
    static const char types[] =
        "proc sysfs cgroup cgroup2 devpts devtmpfs mqueue debugfs tracefs securityfs binfmt_misc bpf "
        "configfs pstore fusectl hugetlbfs nsfs autofs rpc_pipefs efivarfs";
    return span_is_among(type, types);
}

static struct span component_at(struct span path, size_t start)
{
    struct span rest = span_from(path, start);
    return span_split(&rest, '/');
}

/* .../volumes/kubernetes.io~TYPE/NAME, .../volume-subpaths/NAME/CONTAINER/INDEX, and kubelet's own files of a pod. */
static bool read_kubernetes(struct mount *mount)
{
    static const char volumes[] = "/volumes/kubernetes.io~", subpaths[] = "/volume-subpaths/";
    size_t at = 0;
    if (span_find(mount->root, volumes, &at)) {
        at += sizeof volumes - 1;
        mount->volume_type = component_at(mount->root, at);
        mount->name = component_at(mount->root, at + mount->volume_type.length + 1);
        return true;
    }
    /* A disk of kubelet's own may begin with pods; so may somebody's folder. */
    bool by_subpath = span_find(mount->root, subpaths, &at);
    struct span below = span_from(mount->root, at + sizeof subpaths - 1);
    bool of_pod = span_find(mount->root, "/kubelet/pods/", &at) || (by_subpath && span_starts(mount->root, "/pods/"));
    if (of_pod && by_subpath)
        mount->name = component_at(below, 0);
    return of_pod;
}

/* The name of the folder that holds `_data`, below some folder `volumes`: so for Docker, Podman and nerdctl. */
static bool read_volume(struct mount *mount)
{
    size_t volumes = 0, data = 0;
    if (!span_find(mount->root, "/volumes/", &volumes))
        return false;
    struct span below = span_from(mount->root, volumes);
    if (!span_find(below, "/_data", &data) || component_at(below, data + 1).length != 5)
        return false;
    if (data < sizeof "/volumes/")
        return false;
    mount->name = span_base_name(span_first(below, data));
    return true;
}

static bool is_anonymous(struct span name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.at[i];
        if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f'))
            return false;
    }
    return name.length == ANONYMOUS_NAME;
}

static enum mount_kind kind_of(struct mount *mount)
{
    if (span_is(mount->point, "/"))
        return MOUNT_ROOT;
    if (read_kubernetes(mount))
        return MOUNT_KUBERNETES;
    if (read_volume(mount))
        return is_anonymous(mount->name) ? MOUNT_ANONYMOUS_VOLUME : MOUNT_VOLUME;
    if (is_shared_by_desktop(mount->type))
        return MOUNT_DESKTOP_SHARE;
    if (is_of_kernel(mount->type))
        return MOUNT_KERNEL;
    if (span_is(mount->type, "tmpfs") || span_is(mount->type, "ramfs"))
        return MOUNT_TMPFS;
    return span_is(mount->root, "/") ? MOUNT_FILE_SYSTEM : MOUNT_BIND;
}

static void judge(struct mount *mount)
{
    static const char deleted[] = "//deleted";
    mount->root_deleted = span_ends(mount->root, deleted);
    if (mount->root_deleted)
        mount->root = span_first(mount->root, mount->root.length - (sizeof deleted - 1));
    mount->read_only = mount_has_option(mount->options, "ro") || mount_has_option(mount->super_options, "ro");
    mount->no_exec = mount_has_option(mount->options, "noexec");
    mount->no_set_uid = mount_has_option(mount->options, "nosuid");
    mount->kind = kind_of(mount);
}

static bool read_line(struct mount *mount, char *line, size_t length)
{
    size_t at = 0;
    *mount = (struct mount){.id = 0};
    if (!take_number(line, length, &at, &mount->id) || !take_number(line, length, &at, &mount->parent) ||
        !take_device(line, length, &at, mount))
        return false;
    mount->root = take_field(line, length, &at);
    mount->point = take_field(line, length, &at);
    mount->options = take_field(line, length, &at);
    if (!span_starts(mount->point, "/") || !skip_optional_fields(line, length, &at))
        return false;
    mount->type = take_field(line, length, &at);
    mount->source = take_field(line, length, &at);
    mount->super_options = take_field(line, length, &at);
    judge(mount);
    return mount->type.length > 0;
}

void mounts_read(struct mounts *mounts, char *bytes, size_t length)
{
    mounts->count = 0;
    mounts->lost = 0;
    for (size_t start = 0, end = 0; start < length; start = end + 1) {
        end = start;
        while (end < length && bytes[end] != '\n')
            end++;
        bool whole = end < length && mounts->count < MOUNTS_MOST;
        if (whole && read_line(&mounts->list[mounts->count], bytes + start, end - start))
            mounts->count++;
        else
            mounts->lost++;
    }
}

/* Of the mounts right on `parent` the first that the way to `path` meets; of several at one point the last. */
static const struct mount *next_on_the_way(const struct mounts *mounts, const struct mount *parent, struct span path)
{
    const struct mount *next = NULL;
    for (unsigned i = 0; i < mounts->count; i++) {
        const struct mount *mount = &mounts->list[i];
        bool is_child = mount != parent && mount->parent == parent->id && path_is_within(mount->point, parent->point);
        if (!is_child || !path_is_within(path, mount->point))
            continue;
        if (!next || mount->point.length <= next->point.length)
            next = mount;
    }
    return next;
}

static const struct mount *longest_prefix(const struct mounts *mounts, struct span path)
{
    const struct mount *longest = NULL;
    for (unsigned i = 0; i < mounts->count; i++) {
        const struct mount *mount = &mounts->list[i];
        bool holds = path_is_within(path, mount->point);
        if (holds && (!longest || mount->point.length >= longest->point.length))
            longest = mount;
    }
    return longest;
}

static bool has_parent_in(const struct mounts *mounts, const struct mount *child)
{
    for (unsigned i = 0; i < mounts->count; i++) {
        if (&mounts->list[i] != child && mounts->list[i].id == child->parent)
            return true;
    }
    return false;
}

static const struct mount *lowest_root(const struct mounts *mounts)
{
    for (unsigned i = 0; i < mounts->count; i++) {
        const struct mount *mount = &mounts->list[i];
        if (span_is(mount->point, "/") && !has_parent_in(mounts, mount))
            return mount;
    }
    return NULL;
}

/* From the root up, as the kernel walks: so a mount that a later one hides isn't taken. In a chroot the tree's root
 * isn't shown, and the longest mount point has to do. */
const struct mount *mounts_find(const struct mounts *mounts, struct span path)
{
    const struct mount *mount = lowest_root(mounts);
    if (!mount)
        return longest_prefix(mounts, path);
    if (!path_is_within(path, mount->point))
        return NULL;
    for (unsigned steps = 0; steps < mounts->count; steps++) {
        const struct mount *next = next_on_the_way(mounts, mount, path);
        if (!next)
            break;
        mount = next;
    }
    return mount;
}

const struct mount *mounts_find_at(const struct mounts *mounts, struct span path)
{
    const struct mount *mount = mounts_find(mounts, path);
    return mount && span_equal(mount->point, path) ? mount : NULL;
}
