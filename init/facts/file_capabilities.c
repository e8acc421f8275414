#include "facts/file_capabilities.h"

enum { SIZE_1 = 12, SIZE_2 = 20, SIZE_3 = 24, PREFIX = 4 }; /* bytes of the versions, and of "CAP_" */

/* In the order of linux/capability.h. */
static const char *const names[CAPABILITY_COUNT] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

/* The attribute is little-endian on every machine. The caller has seen that the bytes are there. */
static uint32_t word_at(struct span bytes, size_t index)
{
    uint32_t word = 0;
    for (size_t i = 4; i > 0; i--)
        word = word << 8 | (unsigned char)bytes.at[index * 4 + i - 1];
    return word;
}

bool file_capabilities_read(struct file_capabilities *capabilities, struct span attribute)
{
    static const size_t sizes[] = {0, SIZE_1, SIZE_2, SIZE_3};
    *capabilities = (struct file_capabilities){.version = 0};
    if (attribute.length < SIZE_1)
        return false;
    uint32_t magic = word_at(attribute, 0);
    uint32_t version = magic >> 24;
    if (version == 0 || version >= ARRAY_LENGTH(sizes) || attribute.length != sizes[version])
        return false;
    capabilities->version = version;
    capabilities->effective = (magic & 1) != 0;
    capabilities->permitted = word_at(attribute, 1);
    capabilities->inheritable = word_at(attribute, 2);
    if (version >= 2) {
        capabilities->permitted |= (uint64_t)word_at(attribute, 3) << 32;
        capabilities->inheritable |= (uint64_t)word_at(attribute, 4) << 32;
    }
    if (version == 3)
        capabilities->root_id = word_at(attribute, 5);
    return true;
}

const char *capability_name(unsigned capability)
{
    return capability < CAPABILITY_COUNT ? names[capability] : NULL;
}

static bool same_but_for_case(struct span found, struct span upper_case)
{
    if (found.length != upper_case.length)
        return false;
    for (size_t i = 0; i < found.length; i++) {
        char byte = found.at[i];
        char upper = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
        if (upper != upper_case.at[i])
            return false;
    }
    return true;
}

bool capability_named(struct span name, unsigned *capability)
{
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        struct span known = span_of(names[i]);
        if (same_but_for_case(name, known) || same_but_for_case(name, span_from(known, PREFIX))) {
            *capability = i;
            return true;
        }
    }
    return false;
}

void capability_set_add(struct text *text, uint64_t set)
{
    if (set == 0)
        text_add(text, "none");
    const char *separator = "";
    for (unsigned i = 0; i < 64; i++) {
        if ((set >> i & 1) == 0)
            continue;
        text_add(text, separator);
        separator = " ";
        if (i < CAPABILITY_COUNT)
            text_add(text, names[i]);
        else
            text_unsigned(text, i);
    }
}
