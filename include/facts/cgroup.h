#ifndef FACTS_CGROUP_H
#define FACTS_CGROUP_H

/* What control groups say of limits and of the OOM killer (cgroups(7), Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/memory.rst). Any bytes may be given; no system call is made.
 */

#include "base/text.h"

#define CGROUP_NO_LIMIT UINT64_MAX

/* /proc/PID/cgroup: the path of version 2 (`controller` NULL), or of the hierarchy that has that controller in version
 * 1: "memory", "pids", "cpu". The path is relative to the hierarchy's root, as our cgroup namespace sees it. */
bool cgroup_path(struct span bytes, const char *controller, struct span *path);
/* A line `KEY NUMBER` of memory.events, memory.oom_control, pids.events, cpu.stat: cgroup_counter(bytes, "oom_kill",
 * &n). False where there is no such line. */
bool cgroup_counter(struct span bytes, const char *key, uint64_t *number);
/* memory.max, memory.limit_in_bytes, pids.max, cpu.cfs_quota_us: a number, or CGROUP_NO_LIMIT for "max", for -1, and
 * for what version 1 writes in its place, the greatest multiple of a page below 2^63. */
bool cgroup_limit(struct span bytes, uint64_t *limit);
/* cpu.max: microseconds of CPU time in each period; the quota may be CGROUP_NO_LIMIT. The period is never 0. */
bool cgroup_cpu(struct span bytes, uint64_t *quota, uint64_t *period);

#endif
