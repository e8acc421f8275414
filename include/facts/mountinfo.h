#ifndef FACTS_MOUNTINFO_H
#define FACTS_MOUNTINFO_H

/* /proc/PID/mountinfo (proc_pid_mountinfo(5)): what is mounted where, and what kind of mount that is for somebody who
 * uses Docker, Podman or Kubernetes. Any bytes may be given; no system call is made.
 *
 * What lies underneath a mount can't be told from here. `root` is a path inside the mount's own file system: on Linux
 * mostly, but not always, the host's path.
 */

#include "base/text.h"

enum { MOUNTS_MOST = 512 };

enum mount_kind {
    MOUNT_ROOT,             /* the root folder: in a container its image */
    MOUNT_KUBERNETES,       /* a volume of a pod, see volume_type: configmap, secret, empty-dir, csi ... */
    MOUNT_VOLUME,           /* a named volume of Docker or Podman: `name` */
    MOUNT_ANONYMOUS_VOLUME, /* a volume whose name is 64 hexadecimal digits: VOLUME, or `- /app/.venv` in compose */
    MOUNT_DESKTOP_SHARE,    /* a folder of the host shared into a virtual machine: Docker Desktop, WSL, Lima ... */
    MOUNT_TMPFS,
    MOUNT_KERNEL,     /* proc, sysfs, cgroup, devpts ...: no files of anybody's */
    MOUNT_BIND,       /* a folder or file of a file system of the host, which isn't that file system's root */
    MOUNT_FILE_SYSTEM /* a whole file system: a disk, NFS */
};

/* Spans lie in the bytes given to mounts_read, with \040 and the like turned back. */
struct mount {
    unsigned id;
    unsigned parent;
    unsigned major_number, minor_number;
    struct span root;
    bool root_deleted; /* what was mounted is no longer there under that name: the host has deleted or replaced it */
    struct span point; /* the mount point, as seen from our own root */
    struct span options;
    struct span type; /* of the file system: "ext4", "overlay", "fuse.sshfs" */
    struct span source;
    struct span super_options;
    enum mount_kind kind;
    struct span name;        /* of a volume */
    struct span volume_type; /* of a Kubernetes volume; may be empty */
    bool read_only, no_exec, no_set_uid;
};

struct mounts {
    struct mount list[MOUNTS_MOST]; /* in the kernel's order */
    unsigned count;
    unsigned lost; /* lines that found no room, were cut or not understood: then nothing is certain */
};

/* Reads all lines, and turns the escapes in `bytes` back in place: the bytes are the container's memory from now on. A
 * last line without LF counts as cut. */
void mounts_read(struct mounts *mounts, char *bytes, size_t length);
/* The mount that the kernel is in at the end of `path`, which is absolute, with neither links nor dots. Where mounts
 * lie over each other, the one on top. NULL where none holds it. */
const struct mount *mounts_find(const struct mounts *mounts, struct span path);
/* The mount whose mount point is that very path, and which isn't hidden by another; NULL where there is none. */
const struct mount *mounts_find_at(const struct mounts *mounts, struct span path);
/* A word of a list with commas: mount_has_option(mount->super_options, "nsdelegate"). */
bool mount_has_option(struct span options, const char *option);
/* A path is a folder, or lies in it: by whole components, "/app" holds "/app" and "/app/x" but not "/apps". */
bool path_is_within(struct span path, struct span folder);

#endif
