#include "checks/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LIST_BUFFER = 8192 };

/* A walk under way. `rest` is what is still to be walked: a link's target is put before it. `real` is the folder where
 * the walk stands, without links ("" is the root). */
struct walk {
    const struct reader *reader;
    struct trace *trace; /* NULL: nobody asks */
    bool follows_last;
    unsigned links;
    int folder; /* O_PATH descriptor of `real` */
    struct stat status;
    char name[NAME_MAX + 1]; /* the last component, inside `folder`; "" when the end is `folder` itself */
    int end;                 /* O_PATH descriptor of the end, or -1 */
    size_t real_length;
    size_t rest_start;
    char real[PATH_MOST];
    char rest[2 * PATH_MOST];
};

static int open_at(int folder, const char *name, int flags)
{
    int descriptor;
    do {
        descriptor = openat(folder, name, flags | O_CLOEXEC);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static void close_if_open(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

static bool in_groups(const struct reader_identity *identity, gid_t gid)
{
    for (unsigned i = 0; i < identity->group_count; i++) {
        if (identity->groups[i] == gid)
            return true;
    }
    return identity->gid == gid;
}

static bool override_permits(const struct reader_identity *identity, mode_t mode, unsigned bits)
{
    bool is_folder = S_ISDIR(mode);
    if (identity->overrides)
        return is_folder || !(bits & 1) || (mode & 0111);
    return identity->searches_only && !(bits & 2) && (is_folder || !(bits & 1));
}

bool reader_permits(const struct reader_identity *identity, mode_t mode, uid_t uid, gid_t gid, unsigned bits)
{
    unsigned granted;
    if (identity->uid == uid)
        granted = mode >> 6;
    else if (in_groups(identity, gid))
        granted = mode >> 3;
    else
        granted = mode;
    return (granted & bits) == bits || override_permits(identity, mode, bits);
}

struct reader_identity reader_identity_of_self(void)
{
    struct reader_identity identity = {.uid = geteuid(), .gid = getegid(), .is_self = true};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct capabilities[2] = {0};
    /* More groups than we hold (EINVAL) leave the list empty: the kernel decides for our own identity anyway. */
    int count = getgroups(GROUPS_MOST, identity.groups);
    identity.group_count = count > 0 ? (unsigned)count : 0;
    if (syscall(SYS_capget, &header, capabilities) == 0) {
        identity.overrides = capabilities[0].effective >> CAP_DAC_OVERRIDE & 1;
        identity.searches_only = capabilities[0].effective >> CAP_DAC_READ_SEARCH & 1;
    }
    return identity;
}

int reader_open(struct reader *reader, const char *root)
{
    *reader = (struct reader){.root = -1, .is_ours = !root || strcmp(root, "/") == 0};
    reader->identity = reader_identity_of_self();
    reader->root = open_at(AT_FDCWD, root ? root : "/", O_PATH | O_DIRECTORY);
    return reader->root < 0 ? errno : 0;
}

void reader_close(struct reader *reader)
{
    close_if_open(reader->root);
    reader->root = -1;
}

/* ---- the trace ---- */

/* Keeps a copy of the parts as one string: in the common store, or for an overflowing step in its own. */
static struct span trace_keep(struct trace *trace, struct span a, struct span b, bool is_overflow, size_t at)
{
    size_t length = a.length + b.length;
    char *copy = is_overflow ? trace->last_names + at : trace->names + trace->used;
    if (is_overflow && length > sizeof(trace->last_names) - at)
        return (struct span){0};
    memcpy(copy, a.at, a.length);
    memcpy(copy + a.length, b.at, b.length);
    if (!is_overflow)
        trace->used += length;
    return (struct span){copy, length};
}

/* `name` is "" for the folder itself. */
static struct step *trace_add(struct walk *walk, const char *name, enum step_kind kind, struct span target)
{
    struct trace *trace = walk->trace;
    if (!trace)
        return NULL;
    char end[NAME_MAX + 2] = "/";
    size_t name_length = strlen(name);
    memcpy(end + 1, name, name_length);
    struct span folder = {walk->real, walk->real_length};
    struct span tail = {end, name_length || !folder.length ? name_length + 1 : 0};
    size_t wanted = folder.length + tail.length + target.length;
    bool is_overflow = trace->cut || trace->count == TRACE_STEPS || wanted > TRACE_NAMES - trace->used;
    if (is_overflow && (trace->cut || trace->count == TRACE_STEPS))
        trace->count--;
    trace->cut = is_overflow;
    struct step *step = &trace->steps[trace->count++];
    *step = (struct step){.kind = kind, .path = trace_keep(trace, folder, tail, is_overflow, 0)};
    step->target = trace_keep(trace, target, SPAN(""), is_overflow, step->path.length);
    trace->last = step;
    return step;
}

static void step_describe(const struct reader *reader, struct step *step, const struct stat *status)
{
    if (!step)
        return;
    step->mode = status->st_mode;
    step->uid = status->st_uid;
    step->gid = status->st_gid;
    step->device = status->st_dev;
    step->searchable = S_ISDIR(status->st_mode) &&
                       reader_permits(&reader->identity, status->st_mode, status->st_uid, status->st_gid, 1);
}

static enum step_kind kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return STEP_FOLDER;
    if (S_ISLNK(mode))
        return STEP_LINK;
    return S_ISREG(mode) ? STEP_FILE : STEP_OTHER;
}

/* The walk ends at the step that was added last. */
static int walk_fails_here(struct walk *walk, int error)
{
    if (walk->trace && walk->trace->last)
        walk->trace->last->error = error;
    return error;
}

/* The walk ends because the folder where it stands may not be searched. */
static int walk_is_forbidden(struct walk *walk)
{
    struct trace *trace = walk->trace;
    struct span folder = walk->real_length ? (struct span){walk->real, walk->real_length} : SPAN("/");
    if (trace && !(trace->last && span_equal(trace->last->path, folder)))
        step_describe(walk->reader, trace_add(walk, "", STEP_FOLDER, SPAN("")), &walk->status);
    return walk_fails_here(walk, EACCES);
}

static int walk_fails_at(struct walk *walk, const char *name, int error)
{
    if (error == EACCES)
        return walk_is_forbidden(walk);
    trace_add(walk, name, error == ENOENT ? STEP_MISSING : STEP_FAILED, SPAN(""));
    return walk_fails_here(walk, error);
}

/* ---- the walk ---- */

/* For our own identity the kernel decides; for another one the mode, else we would answer with our own permissions. */
static bool may(const struct reader *reader, const struct stat *status, unsigned bits)
{
    return reader->identity.is_self ||
           reader_permits(&reader->identity, status->st_mode, status->st_uid, status->st_gid, bits);
}

static bool walk_may_search(const struct walk *walk)
{
    return may(walk->reader, &walk->status, 1);
}

static void walk_stand_on(struct walk *walk, int folder, const struct stat *status)
{
    close_if_open(walk->folder);
    walk->folder = folder;
    walk->status = *status;
}

static int walk_to_root(struct walk *walk)
{
    struct stat status;
    int folder = fcntl(walk->reader->root, F_DUPFD_CLOEXEC, 0);
    if (folder < 0)
        return errno;
    if (fstat(folder, &status) != 0) {
        int error = errno;
        close(folder);
        return error;
    }
    walk_stand_on(walk, folder, &status);
    walk->real_length = 0;
    return 0;
}

static int walk_up(struct walk *walk)
{
    struct stat status;
    if (!walk->real_length)
        return 0;
    if (!walk_may_search(walk))
        return walk_is_forbidden(walk);
    int folder = open_at(walk->folder, "..", O_PATH | O_DIRECTORY);
    if (folder < 0 || fstat(folder, &status) != 0) {
        int error = errno;
        close_if_open(folder);
        return walk_fails_at(walk, "..", error);
    }
    walk_stand_on(walk, folder, &status);
    while (walk->real[--walk->real_length] != '/')
        ;
    return 0;
}

/* Puts a link's target before what is still to be walked. */
static int walk_follow(struct walk *walk, const char *target, size_t length)
{
    if (++walk->links > LINKS_MOST)
        return walk_fails_here(walk, ELOOP);
    if (!length)
        return walk_fails_here(walk, ENOENT);
    if (length > walk->rest_start)
        return walk_fails_here(walk, ENAMETOOLONG);
    walk->rest_start -= length;
    memcpy(walk->rest + walk->rest_start, target, length);
    return target[0] == '/' ? walk_to_root(walk) : 0;
}

static int walk_enter(struct walk *walk, const char *name, int folder, const struct stat *status)
{
    size_t length = strlen(name);
    if (walk->real_length + 1 + length >= sizeof(walk->real)) {
        close(folder);
        return walk_fails_here(walk, ENAMETOOLONG);
    }
    walk->real[walk->real_length] = '/';
    memcpy(walk->real + walk->real_length + 1, name, length);
    walk->real_length += 1 + length;
    walk_stand_on(walk, folder, status);
    return 0;
}

static int walk_through_link(struct walk *walk, const char *name, int link, const struct stat *status)
{
    char target[PATH_MOST];
    ssize_t length = readlinkat(link, "", target, sizeof(target));
    int error = errno;
    close(link);
    if (length < 0)
        return walk_fails_at(walk, name, error);
    struct span span = {target, (size_t)length};
    step_describe(walk->reader, trace_add(walk, name, STEP_LINK, span), status);
    return walk_follow(walk, target, span.length);
}

/* One component; `is_last` when nothing follows, `asks_folder` when a "/" does. */
static int walk_component(struct walk *walk, const char *name, bool is_last, bool asks_folder)
{
    const struct reader *reader = walk->reader;
    struct stat status;
    if (!walk_may_search(walk))
        return walk_is_forbidden(walk);
    int found = open_at(walk->folder, name, O_PATH | O_NOFOLLOW);
    if (found < 0 || fstat(found, &status) != 0) {
        int error = errno;
        close_if_open(found);
        return walk_fails_at(walk, name, error);
    }
    if (S_ISLNK(status.st_mode) && (!is_last || asks_folder || walk->follows_last))
        return walk_through_link(walk, name, found, &status);
    step_describe(reader, trace_add(walk, name, kind_of(status.st_mode), SPAN("")), &status);
    if (S_ISDIR(status.st_mode))
        return walk_enter(walk, name, found, &status);
    if (!is_last || asks_folder) {
        close(found);
        return walk_fails_here(walk, ENOTDIR);
    }
    walk->end = found;
    walk->status = status;
    memcpy(walk->name, name, strlen(name) + 1);
    return 0;
}

/* Takes the next component off `rest`: false at the end. */
static bool walk_next(struct walk *walk, struct span *component)
{
    const char *end = walk->rest + sizeof(walk->rest);
    const char *at = walk->rest + walk->rest_start;
    while (at < end && *at == '/')
        at++;
    const char *slash = memchr(at, '/', (size_t)(end - at));
    *component = (struct span){at, (size_t)((slash ? slash : end) - at)};
    walk->rest_start = (size_t)(at + component->length - walk->rest);
    return component->length > 0;
}

static bool walk_is_at_last(const struct walk *walk)
{
    for (size_t i = walk->rest_start; i < sizeof(walk->rest); i++) {
        if (walk->rest[i] != '/')
            return false;
    }
    return true;
}

static int walk_steps(struct walk *walk)
{
    struct span component;
    char name[NAME_MAX + 1];
    int error = 0;
    while (!error && walk_next(walk, &component)) {
        size_t shown = component.length < NAME_MAX ? component.length : NAME_MAX;
        memcpy(name, component.at, shown);
        name[shown] = '\0';
        if (component.length > NAME_MAX)
            error = walk_fails_at(walk, name, ENAMETOOLONG);
        else if (span_is(component, ".."))
            error = walk_up(walk);
        else if (!span_is(component, "."))
            error = walk_component(walk, name, walk_is_at_last(walk), walk->rest_start < sizeof(walk->rest));
    }
    return error;
}

static void walk_finish(struct walk *walk, int error)
{
    struct trace *trace = walk->trace;
    if (!trace)
        return;
    trace->error = error;
    if (error || !trace->last)
        return;
    struct text real = TEXT_ON(trace->real_path);
    text_span(&real, (struct span){walk->real, walk->real_length});
    if (walk->name[0] || !walk->real_length)
        text_join(&real, "/", walk->name, NULL);
    trace->real = text_as_span(&real);
    /* After a link or `..` the end may be an earlier step. */
    if (!walk->name[0] && !span_equal(trace->last->path, trace->real))
        step_describe(walk->reader, trace_add(walk, "", STEP_FOLDER, SPAN("")), &walk->status);
}

static int check_path(struct span path)
{
    if (!path.length)
        return ENOENT;
    if (path.at[0] != '/' || span_has(path, '\0'))
        return EINVAL;
    return path.length >= PATH_MOST ? ENAMETOOLONG : 0;
}

static int walk_begin(struct walk *walk, struct span path)
{
    int error = check_path(path);
    if (error)
        return error;
    walk->rest_start = sizeof(walk->rest) - path.length;
    memcpy(walk->rest + walk->rest_start, path.at, path.length);
    error = walk_to_root(walk);
    if (!error)
        step_describe(walk->reader, trace_add(walk, "", STEP_FOLDER, SPAN("")), &walk->status);
    return error;
}

/* 0, with walk->folder, walk->name, walk->status and for anything but a folder walk->end: to be closed by walk_close. */
static int walk_path(struct walk *walk, const struct reader *reader, struct span path, struct trace *trace,
                     bool follows_last)
{
    walk->reader = reader;
    walk->trace = trace;
    walk->follows_last = follows_last;
    walk->links = 0;
    walk->folder = walk->end = -1;
    walk->name[0] = '\0';
    walk->real_length = 0;
    if (trace) {
        trace->count = 0;
        trace->cut = false;
        trace->used = 0;
        trace->last = NULL;
        trace->real = (struct span){0};
    }
    int error = walk_begin(walk, path);
    if (!error)
        error = walk_steps(walk);
    walk_finish(walk, error);
    return error;
}

static void walk_close(struct walk *walk)
{
    close_if_open(walk->folder);
    close_if_open(walk->end);
}

int reader_walk(const struct reader *reader, struct span path, struct trace *trace)
{
    struct walk walk;
    int error = walk_path(&walk, reader, path, trace, true);
    walk_close(&walk);
    return error;
}

/* ---- answers without a trace ---- */

/* For our own root and our own identity the kernel's walk is the answer, in one call instead of three a component. */
static bool asks_kernel(const struct reader *reader)
{
    return reader->is_ours && reader->identity.is_self;
}

/* The path as a C string. 0 or errno. */
static int copy_path(struct span path, char copy[PATH_MOST])
{
    int error = check_path(path);
    if (error)
        return error;
    memcpy(copy, path.at, path.length);
    copy[path.length] = '\0';
    return 0;
}

int reader_stat(const struct reader *reader, struct span path, struct stat *status)
{
    if (asks_kernel(reader)) {
        char copy[PATH_MOST];
        int failed = copy_path(path, copy);
        return failed ? failed : stat(copy, status) == 0 ? 0 : errno;
    }
    struct walk walk;
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error)
        *status = walk.status;
    walk_close(&walk);
    return error;
}

bool reader_exists(const struct reader *reader, struct span path)
{
    struct stat status;
    return reader_stat(reader, path, &status) == 0;
}

bool reader_is_folder(const struct reader *reader, struct span path)
{
    struct stat status;
    return reader_stat(reader, path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool reader_is_file(const struct reader *reader, struct span path)
{
    struct stat status;
    return reader_stat(reader, path, &status) == 0 && S_ISREG(status.st_mode);
}

bool reader_is_same(const struct reader *reader, struct span a, struct span b)
{
    struct stat of_a, of_b;
    return reader_stat(reader, a, &of_a) == 0 && reader_stat(reader, b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

static int may_by_kernel(struct span path, unsigned bits)
{
    char copy[PATH_MOST];
    int error = copy_path(path, copy);
    return error ? error : access(copy, (int)bits) == 0 ? 0 : errno;
}

int reader_may(const struct reader *reader, struct span path, unsigned bits)
{
    struct walk walk;
    if (asks_kernel(reader))
        return may_by_kernel(path, bits);
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error && !reader->identity.is_self && !may(reader, &walk.status, bits))
        error = EACCES;
    /* R_OK, W_OK and X_OK are these very bits. A folder is its own descriptor's ".". */
    const char *name = walk.name[0] ? walk.name : ".";
    if (!error && reader->identity.is_self && faccessat(walk.folder, name, (int)bits, 0) != 0)
        error = errno;
    walk_close(&walk);
    return error;
}

/* ---- reading ---- */

static int read_all(int file, uint64_t offset, void *buffer, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = pread(file, (char *)buffer + *length, size - *length, (off_t)(offset + *length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return 0;
}

/* Opens a regular file by its name in its folder: through its O_PATH descriptor it would take a /proc. */
static int open_regular(int folder, const char *name, int flags, int *file)
{
    struct stat status;
    *file = open_at(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
    if (*file < 0)
        return errno;
    int error = fstat(*file, &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (error)
        close(*file);
    return error;
}

static int read_and_close(int file, uint64_t offset, void *buffer, size_t size, size_t *length)
{
    int error = reader_read_at(file, offset, buffer, size, length);
    close(file);
    return error;
}

int reader_read_at(int file, uint64_t offset, void *buffer, size_t size, size_t *length)
{
    *length = 0;
    return offset > INT64_MAX - size ? EINVAL : read_all(file, offset, buffer, size, length);
}

static int is_readable(const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return EISDIR;
    return S_ISREG(status->st_mode) ? 0 : EINVAL;
}

static int open_end(const struct reader *reader, struct span path, int *file, struct stat *status)
{
    struct walk walk;
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error)
        error = is_readable(&walk.status);
    if (!error && !may(reader, &walk.status, 4))
        error = EACCES;
    if (!error)
        error = open_regular(walk.folder, walk.name, O_NOFOLLOW, file);
    if (!error)
        *status = walk.status;
    walk_close(&walk);
    return error;
}

static int open_by_kernel(struct span path, int *file, struct stat *status)
{
    char copy[PATH_MOST];
    int error = copy_path(path, copy);
    if (!error && stat(copy, status) != 0)
        error = errno;
    if (!error)
        error = is_readable(status);
    return error ? error : open_regular(AT_FDCWD, copy, 0, file);
}

int reader_open_file(const struct reader *reader, struct span path, int *file, struct stat *status)
{
    return asks_kernel(reader) ? open_by_kernel(path, file, status) : open_end(reader, path, file, status);
}

int reader_read(const struct reader *reader, struct span path, uint64_t offset, void *buffer, size_t size,
                size_t *length)
{
    struct stat status;
    int file;
    *length = 0;
    int error = reader_open_file(reader, path, &file, &status);
    return error ? error : read_and_close(file, offset, buffer, size, length);
}

int reader_read_kernel(const struct reader *reader, const char *path, void *buffer, size_t size, size_t *length)
{
    int file;
    *length = 0;
    if (!reader->is_ours)
        return ENOENT;
    bool is_open = reader->root >= 0;
    int error = open_regular(is_open ? reader->root : AT_FDCWD, path + is_open, O_NOFOLLOW, &file);
    return error ? error : read_and_close(file, 0, buffer, size, length);
}

/* ---- folders and links ---- */

/* As linux_dirent64 in getdents(2), which no header declares. */
struct folder_entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int list_folder(int folder, unsigned most, bool (*each)(void *, struct span, unsigned char), void *context)
{
    _Alignas(struct folder_entry) char buffer[LIST_BUFFER];
    long got;
    while ((got = syscall(SYS_getdents64, folder, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < got;) {
            const struct folder_entry *entry = (const void *)(buffer + at);
            struct span name = span_of(entry->name);
            at += entry->length;
            if (span_is(name, ".") || span_is(name, ".."))
                continue;
            if (!most-- || !each(context, name, entry->type))
                return 0;
        }
    }
    return got < 0 ? errno : 0;
}

static int open_folder(const struct reader *reader, struct span path, int *folder)
{
    struct walk walk;
    char copy[PATH_MOST];
    *folder = -1;
    if (asks_kernel(reader)) {
        int failed = copy_path(path, copy);
        if (!failed && (*folder = open_at(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY)) < 0)
            failed = errno;
        return failed;
    }
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error && !S_ISDIR(walk.status.st_mode))
        error = ENOTDIR;
    if (!error && !may(reader, &walk.status, 4))
        error = EACCES;
    if (!error && (*folder = open_at(walk.folder, ".", O_RDONLY | O_DIRECTORY)) < 0)
        error = errno;
    walk_close(&walk);
    return error;
}

int reader_list(const struct reader *reader, struct span path, unsigned most,
                bool (*each)(void *context, struct span name, unsigned char type), void *context)
{
    int folder;
    int error = open_folder(reader, path, &folder);
    if (!error)
        error = list_folder(folder, most, each, context);
    close_if_open(folder);
    return error;
}

int reader_link(const struct reader *reader, struct span path, char *buffer, size_t size, size_t *length)
{
    struct walk walk;
    *length = 0;
    if (asks_kernel(reader)) {
        char copy[PATH_MOST];
        int failed = copy_path(path, copy);
        ssize_t count = failed ? -1 : readlink(copy, buffer, size);
        *length = count > 0 ? (size_t)count : 0;
        return failed ? failed : count < 0 ? errno : 0;
    }
    int error = walk_path(&walk, reader, path, NULL, false);
    if (!error && !S_ISLNK(walk.status.st_mode))
        error = EINVAL;
    if (!error) {
        ssize_t got = readlinkat(walk.end, "", buffer, size);
        error = got < 0 ? errno : 0;
        *length = got > 0 ? (size_t)got : 0;
    }
    walk_close(&walk);
    return error;
}

/* ---- attributes and mount flags ---- */

static int attribute_of_end(const struct walk *walk, const char *name, void *buffer, size_t size, size_t *length)
{
    int file;
    if (!S_ISREG(walk->status.st_mode))
        return EINVAL;
    if (!may(walk->reader, &walk->status, 4))
        return EACCES;
    int error = open_regular(walk->folder, walk->name, O_NOFOLLOW, &file);
    if (error)
        return error;
    ssize_t got = fgetxattr(file, name, buffer, size);
    error = got < 0 ? errno : 0;
    *length = got > 0 ? (size_t)got : 0;
    close(file);
    return error;
}

static int attribute_by_kernel(struct span path, const char *name, void *buffer, size_t size, size_t *length)
{
    char copy[PATH_MOST];
    int error = copy_path(path, copy);
    ssize_t got = error ? -1 : getxattr(copy, name, buffer, size);
    *length = got > 0 ? (size_t)got : 0;
    return error ? error : got < 0 ? errno : 0;
}

int reader_attribute(const struct reader *reader, struct span path, const char *name, void *buffer, size_t size,
                     size_t *length)
{
    struct walk walk;
    *length = 0;
    if (asks_kernel(reader))
        return attribute_by_kernel(path, name, buffer, size, length);
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error)
        error = attribute_of_end(&walk, name, buffer, size, length);
    walk_close(&walk);
    return error;
}

static int mount_by_kernel(struct span path, struct statvfs *mounted)
{
    char copy[PATH_MOST];
    int error = copy_path(path, copy);
    return error ? error : statvfs(copy, mounted) < 0 ? errno : 0;
}

static int mount_of(const struct reader *reader, struct span path, struct statvfs *mounted)
{
    struct walk walk;
    if (asks_kernel(reader))
        return mount_by_kernel(path, mounted);
    int error = walk_path(&walk, reader, path, NULL, true);
    if (!error && fstatvfs(walk.end >= 0 ? walk.end : walk.folder, mounted) < 0)
        error = errno;
    walk_close(&walk);
    return error;
}

bool reader_is_nosuid(const struct reader *reader, struct span path)
{
    struct statvfs mounted;
    return mount_of(reader, path, &mounted) == 0 && (mounted.f_flag & ST_NOSUID);
}

bool reader_is_noexec(const struct reader *reader, struct span path)
{
    struct statvfs mounted;
    return mount_of(reader, path, &mounted) == 0 && (mounted.f_flag & ST_NOEXEC);
}

bool reader_file_is_noexec(const struct reader *reader, int file)
{
    struct statvfs mounted;
    return reader->is_ours && fstatvfs(file, &mounted) == 0 && (mounted.f_flag & ST_NOEXEC);
}
