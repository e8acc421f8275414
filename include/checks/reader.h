#ifndef CHECKS_READER_H
#define CHECKS_READER_H

/* The one way of reading the file system. Holds the root folder's descriptor and walks a path link by link inside that
 * root, as the kernel would for us, and keeps the trace: what explains a dangling link, what makes every check testable
 * on a folder made by a test, and what makes `--root DIR` work.
 *
 * Bounds: 40 links (as the kernel: ELOOP), TRACE_STEPS steps kept, paths of PATH_MOST bytes. Never opens a FIFO, a
 * device or a socket for reading (O_PATH and fstat first, then open with O_NONBLOCK and fstat again). Never follows a
 * link out of the root: an absolute target starts at the root again, `..` stops there. Every descriptor is
 * close-on-exec. Changes nothing, and needs no /proc.
 *
 * One difference from the kernel: links of /proc that lead to a descriptor are followed by their text.
 *
 * Source: path_resolution(7), symlink(7), openat(2), capabilities(7).
 */

#include "checks/reader_identity.h"
#include "checks/trace.h"

struct reader {
    int root;     /* O_PATH descriptor, or -1 after a failed open */
    bool is_ours; /* the root is the process's own: mountinfo and /proc hold for it */
    struct reader_identity identity;
};

/* Opens the root folder (NULL is "/"), and takes the process's own identity. 0 or errno. */
int reader_open(struct reader *reader, const char *root);
void reader_close(struct reader *reader);

/* Walks `path` (absolute, inside the root; "//" and "." count for nothing, a "/" at the end asks for a folder).
 * Returns 0 or the errno that stat(2) would give the identity; the trace tells where. */
int reader_walk(const struct reader *reader, struct span path, struct trace *trace);
/* What stat(2) says of the end of the path; no trace is kept. 0 or errno. */
int reader_stat(const struct reader *reader, struct span path, struct stat *status);
bool reader_exists(const struct reader *reader, struct span path);
bool reader_is_folder(const struct reader *reader, struct span path);
bool reader_is_file(const struct reader *reader, struct span path);
/* Whether both paths end at one file: by a link of either kind, or since they are one path. */
bool reader_is_same(const struct reader *reader, struct span a, struct span b);
/* Reads up to `size` bytes from `offset` of a regular file (and of nothing else: EISDIR, or EINVAL for FIFOs, devices,
 * sockets). The count read in `*length`; a longer file is no error. 0 or errno. */
int reader_read(const struct reader *reader, struct span path, uint64_t offset, void *buffer, size_t size,
                size_t *length);
/* Opens a regular file for several reads of it. The caller closes `*file`. On success `*status` is as
 * fstat(2) gives it. 0 or errno, as reader_read. */
int reader_open_file(const struct reader *reader, struct span path, int *file, struct stat *status);
/* Reads up to `size` bytes from `offset` of such a file. 0 or errno; the file's end is no error. */
int reader_read_at(int file, uint64_t offset, void *buffer, size_t size, size_t *length);
/* As reader_read for files of /proc and /sys (absolute), which are the running kernel's: only when the root is ours, else ENOENT.
 * Works after reader_close, too. */
int reader_read_kernel(const struct reader *reader, const char *path, void *buffer, size_t size, size_t *length);
/* Calls `each` for every name in a folder but . and .., in the kernel's order, until it returns false; at most `most`
 * names. `type` is the DT_ constant, which may be DT_UNKNOWN. `name` ends in NUL and is valid during the call.
 * 0 or errno. */
int reader_list(const struct reader *reader, struct span path, unsigned most,
                bool (*each)(void *context, struct span name, unsigned char type), void *context);
/* What a link holds (readlink(2)), without following it: 0 or errno (EINVAL: no link). */
int reader_link(const struct reader *reader, struct span path, char *buffer, size_t size, size_t *length);
/* The value of an extended attribute (getxattr(2)) of a regular file that may be read: 0 or errno, ENODATA when it has none. */
int reader_attribute(const struct reader *reader, struct span path, const char *name, void *buffer, size_t size,
                     size_t *length);
/* Is the end of the path on a file system mounted nosuid, where the kernel ignores set-user-ID bits and file capabilities? */
bool reader_is_nosuid(const struct reader *reader, struct span path);
/* The same of noexec, where it starts no program. */
bool reader_is_noexec(const struct reader *reader, struct span path);
/* Is a file that reader_open_file opened on a mount with noexec? Of another root nobody knows: false. */
bool reader_file_is_noexec(const struct reader *reader, int file);
/* May the identity read, write, execute (bits 4, 2, 1) the end of the path? For our own identity the kernel is asked
 * (access(2), by the real ids). 0 or errno: EACCES, EROFS, or what the walk gives. */
int reader_may(const struct reader *reader, struct span path, unsigned bits);

#endif
