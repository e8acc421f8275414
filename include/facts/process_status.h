#ifndef FACTS_PROCESS_STATUS_H
#define FACTS_PROCESS_STATUS_H

/* /proc/PID/status (proc_pid_status(5)): who a process is, and what it may do. Lines of older and newer kernels differ:
 * `known` tells which were there. Any bytes may be given; no system call is made.
 */

#include "base/text.h"

enum { STATUS_GROUPS_MOST = 64 };

/* Bits of `known`. */
enum status_field {
    STATUS_NAME = 1 << 0,
    STATUS_STATE = 1 << 1,
    STATUS_PARENT = 1 << 2,
    STATUS_UIDS = 1 << 3,
    STATUS_GIDS = 1 << 4,
    STATUS_GROUPS = 1 << 5,
    STATUS_INHERITABLE = 1 << 6,
    STATUS_PERMITTED = 1 << 7,
    STATUS_EFFECTIVE = 1 << 8,
    STATUS_BOUNDING = 1 << 9,
    STATUS_AMBIENT = 1 << 10,
    STATUS_NO_NEW_PRIVILEGES = 1 << 11,
    STATUS_SECCOMP = 1 << 12,
    STATUS_BLOCKED = 1 << 13,
    STATUS_IGNORED = 1 << 14,
    STATUS_CAUGHT = 1 << 15
};

struct status_ids {
    uint64_t real, effective, saved, file_system;
};

struct process_status {
    unsigned known;
    struct span name; /* in the given bytes; LF and backslash are escaped by the kernel */
    char state;       /* 'R', 'S', 'D', 'T', 't', 'Z' ... */
    uint64_t parent;
    struct status_ids uids, gids;
    uint64_t groups[STATUS_GROUPS_MOST];
    unsigned group_count;
    bool groups_cut; /* there are more groups than fit */
    /* Sets of capabilities and of signals: bit N is capability N, and signal N + 1. */
    uint64_t inheritable, permitted, effective, bounding, ambient;
    uint64_t blocked, ignored, caught;
    uint64_t no_new_privileges; /* 0 or 1 */
    uint64_t seccomp;           /* 0: none, 1: strict, 2: a filter */
};

void process_status_read(struct process_status *status, struct span bytes);
bool process_status_has(const struct process_status *status, enum status_field field);

#endif
