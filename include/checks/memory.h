#ifndef CHECKS_MEMORY_H
#define CHECKS_MEMORY_H

/* The memory limit of our control group, and how often the kernel has killed for it: memory.events and memory.max of
 * version 2, memory.oom_control and memory.limit_in_bytes of version 1. Changes nothing. */

#include "checks/reader.h"

struct memory {
    bool knows_kills; /* the counter was there (version 1 has it from Linux 4.13 on) */
    uint64_t kills;
    uint64_t limit;       /* bytes; CGROUP_NO_LIMIT without one, or where it isn't known */
    char file[PATH_MOST]; /* the counter's */
};

void memory_read(const struct reader *reader, struct memory *memory);

#endif
