#include "facts/capability.h"

/* clang-format off */
static const char names[CAPABILITY_COUNT][23] = {
    [0] = "CAP_CHOWN",
    [1] = "CAP_DAC_OVERRIDE",
    [2] = "CAP_DAC_READ_SEARCH",
    [3] = "CAP_FOWNER",
    [4] = "CAP_FSETID",
    [5] = "CAP_KILL",
    [6] = "CAP_SETGID",
    [7] = "CAP_SETUID",
    [8] = "CAP_SETPCAP",
    [9] = "CAP_LINUX_IMMUTABLE",
    [10] = "CAP_NET_BIND_SERVICE",
    [11] = "CAP_NET_BROADCAST",
    [12] = "CAP_NET_ADMIN",
    [13] = "CAP_NET_RAW",
    [14] = "CAP_IPC_LOCK",
    [15] = "CAP_IPC_OWNER",
    [16] = "CAP_SYS_MODULE",
    [17] = "CAP_SYS_RAWIO",
    [18] = "CAP_SYS_CHROOT",
    [19] = "CAP_SYS_PTRACE",
    [20] = "CAP_SYS_PACCT",
    [21] = "CAP_SYS_ADMIN",
    [22] = "CAP_SYS_BOOT",
    [23] = "CAP_SYS_NICE",
    [24] = "CAP_SYS_RESOURCE",
    [25] = "CAP_SYS_TIME",
    [26] = "CAP_SYS_TTY_CONFIG",
    [27] = "CAP_MKNOD",
    [28] = "CAP_LEASE",
    [29] = "CAP_AUDIT_WRITE",
    [30] = "CAP_AUDIT_CONTROL",
    [31] = "CAP_SETFCAP",
    [32] = "CAP_MAC_OVERRIDE",
    [33] = "CAP_MAC_ADMIN",
    [34] = "CAP_SYSLOG",
    [35] = "CAP_WAKE_ALARM",
    [36] = "CAP_BLOCK_SUSPEND",
    [37] = "CAP_AUDIT_READ",
    [38] = "CAP_PERFMON",
    [39] = "CAP_BPF",
    [40] = "CAP_CHECKPOINT_RESTORE",
};
/* clang-format on */

enum { PREFIX_LENGTH = 4 };

/* <linux/capability.h>: VFS_CAP_REVISION_MASK and its values, VFS_CAP_FLAGS_EFFECTIVE. */
static const uint32_t revision_mask = 0xFF000000u;
static const uint32_t revision_1 = 0x01000000u, revision_2 = 0x02000000u, revision_3 = 0x03000000u;
static const uint32_t flag_effective = 1;

const char *capability_name(unsigned number)
{
    return number < CAPABILITY_COUNT ? names[number] : NULL;
}

static char upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
}

/* `wanted` is in capitals. */
static bool equal_any_case(struct span span, struct span wanted)
{
    if (span.length != wanted.length)
        return false;
    for (size_t i = 0; i < span.length; i++) {
        if (upper(span.at[i]) != wanted.at[i])
            return false;
    }
    return true;
}

bool capability_number(struct span name, unsigned *number)
{
    if (equal_any_case(span_first(name, PREFIX_LENGTH), SPAN("CAP_")))
        name = span_from(name, PREFIX_LENGTH);
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        if (equal_any_case(name, span_from(span_of(names[i]), PREFIX_LENGTH))) {
            *number = i;
            return true;
        }
    }
    return false;
}

bool capability_list(struct span list, uint64_t *mask, struct span *unknown)
{
    *mask = 0;
    list = span_trim(list);
    if (list.length == 0 || equal_any_case(list, SPAN("NONE")))
        return true;
    while (list.at) {
        struct span part = span_trim(span_split(&list, ','));
        unsigned number;
        if (!capability_number(part, &number)) {
            *unknown = part;
            return false;
        }
        *mask |= CAPABILITY_BIT(number);
    }
    return true;
}

void capability_text(struct text *text, uint64_t mask)
{
    const char *between = "";
    for (unsigned i = 0; i < 64; i++) {
        if (!(mask & CAPABILITY_BIT(i)))
            continue;
        text_add(text, between);
        between = ", ";
        if (i < CAPABILITY_COUNT)
            text_add(text, names[i] + PREFIX_LENGTH);
        else
            text_unsigned(text, i);
    }
}

static uint32_t little_endian(struct span bytes, size_t at)
{
    const unsigned char *byte = (const unsigned char *)bytes.at + at;
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

bool file_capabilities_parse(struct span bytes, struct file_capabilities *capabilities)
{
    *capabilities = (struct file_capabilities){0};
    if (bytes.length < 4)
        return false;
    uint32_t magic = little_endian(bytes, 0);
    uint32_t revision = magic & revision_mask;
    size_t length = revision == revision_1 ? 12 : revision == revision_2 ? 20 : revision == revision_3 ? 24 : 0;
    if (bytes.length != length)
        return false;
    capabilities->effective = magic & flag_effective;
    capabilities->permitted = little_endian(bytes, 4);
    capabilities->inheritable = little_endian(bytes, 8);
    if (revision != revision_1) {
        capabilities->permitted |= (uint64_t)little_endian(bytes, 12) << 32;
        capabilities->inheritable |= (uint64_t)little_endian(bytes, 16) << 32;
    }
    if (revision == revision_3)
        capabilities->root_uid = little_endian(bytes, 20);
    return true;
}

enum file_capabilities_fate file_capabilities_judge(const struct file_capabilities *capabilities, uint64_t bounding,
                                                    uint64_t inheritable, uint64_t permitted, bool no_new_privileges,
                                                    uint64_t *missing)
{
    uint64_t granted = (capabilities->permitted & bounding) | (capabilities->inheritable & inheritable);
    *missing = capabilities->permitted & ~granted;
    if (*missing && capabilities->effective)
        return FILE_CAPABILITIES_REFUSED;
    if (no_new_privileges)
        granted &= permitted;
    *missing = capabilities->permitted & ~granted;
    return *missing ? FILE_CAPABILITIES_LOST : FILE_CAPABILITIES_GRANTED;
}
