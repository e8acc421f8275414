#ifndef CHECKS_HOST_H
#define CHECKS_HOST_H

/* Where we run: in a container or not, and what is mounted where.
 *
 * Mounts are those of /proc/self/mountinfo (proc_pid_mountinfo(5)), read once, when the first question about them comes: the
 * kernel writes the file anew for each reader, and an image that works asks none. Its root of a bind mount is a path inside
 * the file system that it comes from: mostly the host's path, but below that file system's own mount point, and with
 * Docker Desktop not quite the path on the user's machine. So it is shown, and never called the host's path.
 */

#include "base/environment.h"
#include "base/findings.h"
#include "checks/reader.h"
#include "facts/mountinfo.h"

enum { HOST_MOUNTS = 131072 };

struct host_mounts {
    bool are_read;
    bool are_known; /* mountinfo was there, fitted and was understood. Else no finding speaks of mounts */
    struct mounts list;
    char bytes[HOST_MOUNTS];
};

struct host {
    bool is_pid_1;
    bool in_container;
    const char *container_sign; /* a literal that says by what: "PID 1", "/.dockerenv"; NULL outside */
    const struct reader *reader;
    struct host_mounts *mounts; /* read through here on the first question, of a constant host, too */
    struct host_mounts room;
};

/* What can't be read isn't known, which is no error. Under another root than ours no mount is known, and it is judged as a
 * container. Holds on to `reader`. */
void host_read(struct host *host, const struct reader *reader, const struct environment *environment);
/* False before host_read, too. */
bool host_knows_mounts(const struct host *host);
/* The mount that hides what the image has at `path` (absolute, without links), the path's end or a folder above: any but
 * the root and those of the kernel's own file systems. NULL: there is none, or it isn't known. Valid as long as `host`. */
const struct mount *host_mount_over(const struct host *host, struct span path);
/* The mount over `path` forbids programs. */
bool host_forbids_programs(const struct host *host, struct span path);
/* Where `path`, which lies on the mount, is in the folder that is mounted; the name of what is mounted, if it is that itself. */
struct span host_path_in(const struct mount *mount, struct span path);
/* "bind mount", "volume 'data'", "anonymous volume", "tmpfs" ... */
void host_mount_name(const struct mount *mount, struct text *text);
/* With article and evidence: "a bind mount of '/ana/shop' on /dev/sda3 (ext4; /proc/self/mountinfo)". */
void host_mount_words(const struct mount *mount, struct text *text);
/* Sets {mount}, {over} (host_mount_name), {mounted} (host_mount_words), {source}, {device}, {type}; {volume} of a named,
 * {anonymous} of an anonymous, {docker_volume} of both; {tmpfs}, {pod} and {bind} of those kinds. */
void host_mount_values(struct findings *findings, struct finding *finding, const struct mount *mount);

#endif
