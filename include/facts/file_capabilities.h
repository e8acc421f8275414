#ifndef FACTS_FILE_CAPABILITIES_H
#define FACTS_FILE_CAPABILITIES_H

/* The names of capabilities (capabilities(7)), and those that a file carries in its extended attribute
 * security.capability (struct vfs_ns_cap_data of linux/capability.h; versions 1, 2 and 3). Sets are bits: bit N is
 * capability N. Any bytes may be given; no system call is made.
 */

#include "base/text.h"

enum { CAPABILITY_COUNT = 41, FILE_CAPABILITIES_MOST = 24 }; /* the latter: bytes of the attribute */

struct file_capabilities {
    unsigned version; /* 1 to 3 */
    /* The process gets all that the file permits at once, and execve fails with EPERM where the bounding set takes one
     * of them away; without this bit that one is just lost. */
    bool effective;
    uint64_t permitted;
    uint64_t inheritable;
    uint32_t root_id; /* version 3: the uid that is root in the user namespace for which they count; else 0 */
};

/* False where the size or the version is none that the kernel knows. */
bool file_capabilities_read(struct file_capabilities *capabilities, struct span attribute);

/* "CAP_NET_BIND_SERVICE" for 10; NULL from CAPABILITY_COUNT on. */
const char *capability_name(unsigned capability);
/* In any case, with or without the prefix: net_bind_service, CAP_NET_BIND_SERVICE. False for other words. */
bool capability_named(struct span name, unsigned *capability);
/* "CAP_CHOWN CAP_KILL", those without a name as their number, "none" for an empty set. */
void capability_set_add(struct text *text, uint64_t set);

#endif
