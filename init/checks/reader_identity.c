#include "checks/reader_identity.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool in_groups(const struct reader_identity *identity, gid_t gid)
{
    for (unsigned i = 0; i < identity->group_count; i++) {
        if (identity->groups[i] == gid)
            return true;
    }
    return identity->gid == gid;
}

static bool override_permits(const struct reader_identity *identity, mode_t mode, unsigned bits)
{
    bool is_folder = S_ISDIR(mode);
    if (identity->overrides)
        return is_folder || !(bits & 1) || (mode & 0111);
    return identity->searches_only && !(bits & 2) && (is_folder || !(bits & 1));
}

bool reader_identity_permits(const struct reader_identity *identity, mode_t mode, uid_t uid, gid_t gid, unsigned bits)
{
    unsigned granted;
    if (identity->uid == uid)
        granted = mode >> 6;
    else if (in_groups(identity, gid))
        granted = mode >> 3;
    else
        granted = mode;
    return (granted & bits) == bits || override_permits(identity, mode, bits);
}

struct reader_identity reader_identity_of_self(void)
{
    struct reader_identity identity = {.uid = geteuid(), .gid = getegid(), .is_self = true};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct capabilities[2] = {0};
    /* More groups than we hold (EINVAL) leave the list empty: the kernel decides for our own identity anyway. */
    int count = getgroups(GROUPS_MOST, identity.groups);
    identity.group_count = count > 0 ? (unsigned)count : 0;
    if (syscall(SYS_capget, &header, capabilities) == 0) {
        identity.overrides = capabilities[0].effective >> CAP_DAC_OVERRIDE & 1;
        identity.searches_only = capabilities[0].effective >> CAP_DAC_READ_SEARCH & 1;
    }
    return identity;
}

/* For another identity than ours the mode decides, else we would answer with our own permissions. */
bool reader_identity_may(const struct reader_identity *identity, const struct stat *status, unsigned bits)
{
    return identity->is_self ||
           reader_identity_permits(identity, status->st_mode, status->st_uid, status->st_gid, bits);
}
