#ifndef CHECKS_PRIVILEGED_PORT_H
#define CHECKS_PRIVILEGED_PORT_H

/* Which ports ask for CAP_NET_BIND_SERVICE: those below net.ipv4.ip_unprivileged_port_start (ip-sysctl), which also holds
 * for IPv6. Docker sets it to 0 from 20.10 on; the kernel's default is 1024. */

#include "checks/reader.h"

/* `setting` is what the sysctl's file holds; empty or unreadable counts as 1024. Port 0, "any free one", is never low. */
bool port_is_privileged(uint32_t port, struct span setting);
/* The same, with the setting of the network namespace that we are in. */
bool port_needs_capability(const struct reader *reader, uint32_t port);
/* True only if by the kernel's own words a program that is started from `program` now (an absolute path) may not listen there:
 * the setting can be read, and neither we nor the file have the capability to give. `*start` is the setting. */
bool port_is_refused(const struct reader *reader, uint32_t port, struct span program, uint64_t *start);

#endif
