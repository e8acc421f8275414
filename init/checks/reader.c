#include "checks/reader.h"

#include "base/system.h"
#include "checks/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LIST_BUFFER = 8192 };

int reader_open(struct reader *reader, const char *root)
{
    *reader = (struct reader){.root = -1, .is_ours = !root || strcmp(root, "/") == 0};
    reader->identity = reader_identity_of_self();
    reader->root = system_open_at(AT_FDCWD, root ? root : "/", O_PATH | O_DIRECTORY);
    return reader->root < 0 ? errno : 0;
}

void reader_close(struct reader *reader)
{
    if (reader->root >= 0)
        close(reader->root);
    reader->root = -1;
}

int reader_walk(const struct reader *reader, struct span path, struct trace *trace)
{
    struct walk walk;
    int error = walk_path(&walk, reader->root, &reader->identity, path, trace, true);
    walk_close(&walk);
    return error;
}

static int walk_to_end(struct walk *walk, const struct reader *reader, struct span path)
{
    return walk_path(walk, reader->root, &reader->identity, path, NULL, true);
}

/* For our own root and our own identity the kernel's walk is the answer, in one call instead of three a component. */
static bool asks_kernel(const struct reader *reader)
{
    return reader->is_ours && reader->identity.is_self;
}

/* The path as a C string. 0 or errno. */
static int copy_path(struct span path, char copy[PATH_MOST])
{
    int error = walk_check(path);
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
    int error = walk_to_end(&walk, reader, path);
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
    int error = walk_to_end(&walk, reader, path);
    if (!error && !reader->identity.is_self && !reader_identity_may(&reader->identity, &walk.status, bits))
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
    *file = system_open_at(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
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
    int error = walk_to_end(&walk, reader, path);
    if (!error)
        error = is_readable(&walk.status);
    if (!error && !reader_identity_may(&reader->identity, &walk.status, 4))
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
        if (!failed && (*folder = system_open_at(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY)) < 0)
            failed = errno;
        return failed;
    }
    int error = walk_to_end(&walk, reader, path);
    if (!error && !S_ISDIR(walk.status.st_mode))
        error = ENOTDIR;
    if (!error && !reader_identity_may(&reader->identity, &walk.status, 4))
        error = EACCES;
    if (!error && (*folder = system_open_at(walk.folder, ".", O_RDONLY | O_DIRECTORY)) < 0)
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
    if (folder >= 0)
        close(folder);
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
    int error = walk_path(&walk, reader->root, &reader->identity, path, NULL, false);
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
    if (!reader_identity_may(walk->identity, &walk->status, 4))
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
    int error = walk_to_end(&walk, reader, path);
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
    int error = walk_to_end(&walk, reader, path);
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
