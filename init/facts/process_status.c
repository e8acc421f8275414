#include "facts/process_status.h"

static struct span take_word(struct span *rest)
{
    *rest = span_trim(*rest);
    size_t end = 0;
    while (end < rest->length && rest->at[end] != ' ' && rest->at[end] != '\t')
        end++;
    struct span word = span_first(*rest, end);
    *rest = span_from(*rest, end);
    return word;
}

static bool read_ids(struct span value, struct status_ids *ids)
{
    uint64_t *const parts[] = {&ids->real, &ids->effective, &ids->saved, &ids->file_system};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (!span_number(take_word(&value), UINT32_MAX, parts[i]))
            return false;
    }
    return span_trim(value).length == 0;
}

static bool read_groups(struct span value, struct process_status *status)
{
    status->group_count = 0;
    for (struct span word = take_word(&value); word.length > 0; word = take_word(&value)) {
        uint64_t gid = 0;
        if (!span_number(word, UINT32_MAX, &gid))
            return false;
        if (status->group_count < STATUS_GROUPS_MOST)
            status->groups[status->group_count++] = gid;
        else
            status->groups_cut = true;
    }
    return true;
}

static void read_number(struct span key, struct span value, struct process_status *status)
{
    const struct {
        const char *key;
        enum status_field field;
        uint64_t *number;
        bool (*read)(struct span, uint64_t, uint64_t *);
    } rows[] = {
        {"PPid", STATUS_PARENT, &status->parent, span_number},
        {"CapInh", STATUS_INHERITABLE, &status->inheritable, span_hex},
        {"CapPrm", STATUS_PERMITTED, &status->permitted, span_hex},
        {"CapEff", STATUS_EFFECTIVE, &status->effective, span_hex},
        {"CapBnd", STATUS_BOUNDING, &status->bounding, span_hex},
        {"CapAmb", STATUS_AMBIENT, &status->ambient, span_hex},
        {"NoNewPrivs", STATUS_NO_NEW_PRIVILEGES, &status->no_new_privileges, span_number},
        {"Seccomp", STATUS_SECCOMP, &status->seccomp, span_number},
        {"SigBlk", STATUS_BLOCKED, &status->blocked, span_hex},
        {"SigIgn", STATUS_IGNORED, &status->ignored, span_hex},
        {"SigCgt", STATUS_CAUGHT, &status->caught, span_hex},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (span_is(key, rows[i].key) && rows[i].read(value, UINT64_MAX, rows[i].number))
            status->known |= (unsigned)rows[i].field;
    }
}

static void read_line(struct span key, struct span value, struct process_status *status)
{
    unsigned field = 0;
    if (span_is(key, "Name")) {
        status->name = value;
        field = STATUS_NAME;
    } else if (span_is(key, "State")) {
        status->state = value.length > 0 ? *value.at : '\0';
        field = value.length > 0 ? STATUS_STATE : 0;
    } else if (span_is(key, "Uid")) {
        field = read_ids(value, &status->uids) ? STATUS_UIDS : 0;
    } else if (span_is(key, "Gid")) {
        field = read_ids(value, &status->gids) ? STATUS_GIDS : 0;
    } else if (span_is(key, "Groups")) {
        field = read_groups(value, status) ? STATUS_GROUPS : 0;
    } else {
        read_number(key, value, status);
    }
    status->known |= field;
}

void process_status_read(struct process_status *status, struct span bytes)
{
    *status = (struct process_status){.known = 0};
    while (bytes.at) {
        struct span line = span_split(&bytes, '\n');
        struct span key = span_split(&line, ':');
        if (line.at)
            read_line(key, span_trim(line), status);
    }
}

bool process_status_has(const struct process_status *status, enum status_field field)
{
    return (status->known & (unsigned)field) != 0;
}
