#ifndef CHECKS_HOST_H
#define CHECKS_HOST_H

/* Where we run: in a container or not, and what is mounted where.
 *
 * Mounts are those of /proc/self/mountinfo (proc_pid_mountinfo(5)), read once. Its source of a bind mount is a path
 * inside the file system that it comes from: mostly the host's path, but below the mount point of that file system, and
 * with Docker Desktop not quite the path on the user's machine. So it is shown, and never called the host's path.
 */

#include "base/environment.h"
#include "base/findings.h"
#include "checks/reader.h"

enum { HOST_MOUNTS = 131072, MOUNT_FIELD = 1024 };

struct host {
    bool is_pid_1;
    bool in_container;
    const char *container_sign; /* a literal that says by what: "PID 1", "/.dockerenv"; NULL outside */
    bool knows_mounts;          /* mountinfo was there and fitted. Without it no finding speaks of mounts */
    char mounts[HOST_MOUNTS];
    size_t mounts_length;
};

enum mount_kind {
    MOUNT_IMAGE,  /* the root: what the image itself has */
    MOUNT_BIND,   /* a folder or file of the host */
    MOUNT_SHARE,  /* the same through a virtual machine: Docker Desktop and its like */
    MOUNT_VOLUME, /* a named volume of Docker or Podman */
    MOUNT_ANONYMOUS_VOLUME,
    MOUNT_POD_VOLUME, /* of a Kubernetes pod: configmap, emptyDir, secret, a claim */
    MOUNT_TMPFS,
    MOUNT_KERNEL, /* proc, sysfs, devpts ... */
    MOUNT_OTHER,  /* a whole file system: a disk, NFS */
};

/* One mount; the spans lie in `store`. */
struct host_mount {
    enum mount_kind kind;
    struct span point;  /* the mount point */
    struct span root;   /* the folder of the file system that is mounted there: "/" for all of it */
    struct span device; /* what mountinfo calls its source: /dev/sda3, overlay, server:/export */
    struct span type;   /* ext4, overlay, tmpfs, virtiofs */
    struct span name;   /* of a volume; of a pod's volume */
    bool no_exec;
    char store[4 * MOUNT_FIELD];
};

/* Reads all that there is to know. Under another root than ours there are no mounts, and it is judged as a container. */
void host_read(struct host *host, const struct reader *reader, const struct environment *environment);
/* The mount that `path` (absolute, without links) lies on: the longest mount point that leads to it, and of several on
 * one point the last. False when it isn't known. */
bool host_mount_of(const struct host *host, struct span path, struct host_mount *mount);
/* The same, but only a mount that hides what the image has at its place: no root, no file system of the kernel. */
bool host_mount_over(const struct host *host, struct span path, struct host_mount *mount);
/* "bind mount", "volume 'data'", "anonymous volume", "tmpfs" ... */
void host_mount_name(const struct host_mount *mount, struct text *text);
/* With article and evidence: "a bind mount of '/ana/shop' on /dev/sda3 (ext4; /proc/self/mountinfo)". */
void host_mount_words(const struct host_mount *mount, struct text *text);
/* Sets {mount}, {over} (host_mount_name), {mounted} (host_mount_words), {source}, {device}, {type}, and {volume} of a
 * named, {anonymous} of an anonymous volume, {tmpfs} and {pod} of those. */
void host_mount_values(struct findings *findings, struct finding *finding, const struct host_mount *mount);

#endif
