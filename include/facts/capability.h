#ifndef FACTS_CAPABILITY_H
#define FACTS_CAPABILITY_H

/* Capabilities by name and as masks, and what a file's security.capability holds. Source: capabilities(7),
 * <linux/capability.h>. A mask's bit n is capability n. */

#include "base/text.h"

enum { CAPABILITY_COUNT = 41 }; /* Linux 5.9 and later: CAP_CHOWN to CAP_CHECKPOINT_RESTORE */

#define CAPABILITY_BIT(number) (UINT64_C(1) << (number))

/* "CAP_NET_BIND_SERVICE" as getcap(8) prints it; NULL for a number that has no name here. */
const char *capability_name(unsigned number);
/* Any case, with or without CAP_: compose and Kubernetes leave it out. False for an unknown name. */
bool capability_number(struct span name, unsigned *number);
/* A list by commas, blanks around a name allowed; "none" and an empty list are 0. False: `*unknown` is the first part that
 * names no capability, and `*mask` holds the parts before it. */
bool capability_list(struct span list, uint64_t *mask, struct span *unknown);
/* The names of a mask, as compose's cap_add wants them: "SETUID, SETGID". A bit without a name is its number. */
void capability_text(struct text *text, uint64_t mask);

/* security.capability, versions 1 to 3 (<linux/capability.h>: struct vfs_cap_data, vfs_ns_cap_data; little-endian). */
struct file_capabilities {
    uint64_t permitted;
    uint64_t inheritable;
    bool effective;    /* the kernel refuses to start the file unless all of `permitted` is granted */
    uint32_t root_uid; /* version 3: whose user namespace it holds for; 0 is the first one */
};

bool file_capabilities_parse(struct span bytes, struct file_capabilities *capabilities);

enum file_capabilities_fate {
    FILE_CAPABILITIES_GRANTED, /* the program starts and has them */
    FILE_CAPABILITIES_LOST,    /* the program starts without them, and without ambient capabilities */
    FILE_CAPABILITIES_REFUSED, /* execve fails with EPERM */
};

/* What execve would do (cap_bprm_creds_from_file in security/commoncap.c), for a process with these sets. `*missing` gets
 * the capabilities of the file that the program won't have. */
enum file_capabilities_fate file_capabilities_judge(const struct file_capabilities *capabilities, uint64_t bounding,
                                                    uint64_t inheritable, uint64_t permitted, bool no_new_privileges,
                                                    uint64_t *missing);

#endif
