#ifndef FACTS_PROCESS_STATUS_H
#define FACTS_PROCESS_STATUS_H

/* What /proc/PID/status says of a process's identity and rights (proc_pid_status(5)). Any bytes may be given. */

#include "base/text.h"

#include <sys/types.h>

enum { PROCESS_GROUPS = 64 };

/* Capability sets are masks: bit n is capability n of <linux/capability.h>. */
struct process_status {
    uid_t uids[4]; /* real, effective, saved, file system */
    gid_t gids[4];
    gid_t groups[PROCESS_GROUPS];
    unsigned group_count;
    bool groups_cut; /* there are more than PROCESS_GROUPS */
    uint64_t inheritable;
    uint64_t permitted;
    uint64_t effective;
    uint64_t bounding;
    uint64_t ambient; /* 0 before Linux 4.3, which has no such line */
    bool no_new_privileges;
    unsigned seccomp; /* 0 none, 1 strict, 2 a filter; 0 when the kernel has no such line */
};

/* True when ids, groups and the four older capability sets were there and readable. False: `*status` is not to be used. */
bool process_status_parse(struct span bytes, struct process_status *status);
bool process_status_has_group(const struct process_status *status, gid_t group);

#endif
