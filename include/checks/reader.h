#ifndef CHECKS_READER_H
#define CHECKS_READER_H

/* The one way of reading the file system. Holds the root folder's descriptor and walks a path link by link inside that
 * root, as the kernel would for us, and keeps the trace: what explains a dangling link, what makes every check testable
 * on a folder made by a test, and what makes `--root DIR` work.
 *
 * Bounds: 40 links (as the kernel: ELOOP), TRACE_STEPS steps kept, paths of PATH_MOST bytes. Never opens a FIFO, a
 * device or a socket for reading (O_PATH first, fstat, then open through /proc/self/fd or openat with O_NONBLOCK and
 * fstat again). Never follows a link out of the root: an absolute target starts at the root again, `..` stops there.
 * Every descriptor is close-on-exec. Changes nothing.
 */

#include "base/text.h"

#include <sys/stat.h>

enum { PATH_MOST = 4096, TRACE_STEPS = 64, TRACE_NAMES = 8192, LINKS_MOST = 40 };

/* Who is asked for: the ids that will run the server. Permission is judged by arithmetic on modes, as path_resolution(7)
 * does, so that it can be judged for another user too. */
struct reader_identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[64];
    unsigned group_count;
    bool overrides;     /* CAP_DAC_OVERRIDE: reads, writes and searches whatever the mode */
    bool searches_only; /* CAP_DAC_READ_SEARCH: reads and searches */
};

struct reader {
    int root;      /* O_PATH descriptor, or -1 after a failed open */
    bool is_ours;  /* the root is the process's own: the kernel's own walk may be used, and mountinfo holds */
    struct reader_identity identity;
};

enum step_kind { STEP_FOLDER, STEP_LINK, STEP_FILE, STEP_OTHER, STEP_MISSING, STEP_FAILED };

/* One component on the way. `path` is its absolute path inside the root; of a link `target` is what it holds. */
struct step {
    struct span path;
    struct span target;
    enum step_kind kind;
    int error; /* errno of a step that failed: ENOENT, EACCES, ENOTDIR, ELOOP, ENAMETOOLONG, EIO ... */
    mode_t mode;
    uid_t uid;
    gid_t gid;
    dev_t device;
    bool searchable; /* of a folder: the identity may search it, by its mode */
};

struct trace {
    struct step steps[TRACE_STEPS];
    unsigned count;
    bool cut; /* there were more steps than fit: the first and the last are kept */
    int error; /* 0 when the end was reached */
    struct step *last; /* the end, or the step that failed */
    struct span real;  /* the absolute path of the end without links, inside the root */
    char names[TRACE_NAMES];
    size_t used;
};

int reader_open(struct reader *reader, const char *root); /* NULL is "/": 0 or errno */
void reader_close(struct reader *reader);

/* Walks `path` (absolute, inside the root). Returns 0 or the errno that stat(2) would give; the trace tells where. */
int reader_walk(const struct reader *reader, struct span path, struct trace *trace);
/* What stat(2) says of the end of the path; no trace is kept. */
int reader_stat(const struct reader *reader, struct span path, struct stat *status);
bool reader_exists(const struct reader *reader, struct span path);
bool reader_is_folder(const struct reader *reader, struct span path);
bool reader_is_file(const struct reader *reader, struct span path);
/* Reads up to `size` bytes from `offset` of a regular file (and of nothing else: EISDIR, or EINVAL for FIFOs, devices,
 * sockets). The count read in `*length`; a longer file is no error. */
int reader_read(const struct reader *reader, struct span path, uint64_t offset, void *buffer, size_t size, size_t *length);
/* The same for files of /proc, /sys and /dev, which are the running kernel's: only when the root is ours, else ENOENT. */
int reader_read_kernel(const struct reader *reader, const char *path, void *buffer, size_t size, size_t *length);
/* Calls `each` for every name in a folder but . and .., in the kernel's order, until it returns false; at most `most`
 * names. 0 or errno. */
int reader_list(const struct reader *reader, struct span path, unsigned most,
                bool (*each)(void *context, struct span name, unsigned char type), void *context);
/* What a link holds (readlink(2)), without following: 0 or errno. */
int reader_link(const struct reader *reader, struct span path, char *buffer, size_t size, size_t *length);
/* May the identity read, write, execute (bits 4, 2, 1) something of that mode and owner? */
bool reader_permits(const struct reader_identity *identity, mode_t mode, uid_t uid, gid_t gid, unsigned bits);

#endif
