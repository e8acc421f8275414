#include "facts/process_status.h"

enum { SEEN_UIDS = 1, SEEN_GIDS = 2, SEEN_GROUPS = 4, SEEN_INHERITABLE = 8, SEEN_PERMITTED = 16, SEEN_EFFECTIVE = 32 };
enum { SEEN_BOUNDING = 64, SEEN_ALL = 127 };

/* The next word of a line whose words are parted by blanks and tabs; empty at the end. */
static struct span word_take(struct span *line)
{
    size_t start = 0;
    while (start < line->length && (line->at[start] == ' ' || line->at[start] == '\t'))
        start++;
    size_t end = start;
    while (end < line->length && line->at[end] != ' ' && line->at[end] != '\t')
        end++;
    struct span word = span_first(span_from(*line, start), end - start);
    *line = span_from(*line, end);
    return word;
}

static bool ids_parse(struct span line, uint32_t ids[static 4])
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t number;
        if (!span_number(word_take(&line), UINT32_MAX, &number))
            return false;
        ids[i] = (uint32_t)number;
    }
    return true;
}

static bool groups_parse(struct span line, struct process_status *status)
{
    for (struct span word = word_take(&line); word.length > 0; word = word_take(&line)) {
        uint64_t number;
        if (!span_number(word, UINT32_MAX, &number))
            return false;
        if (status->group_count < PROCESS_GROUPS)
            status->groups[status->group_count++] = (gid_t)number;
        else
            status->groups_cut = true;
    }
    return true;
}

static bool set_parse(struct span line, uint64_t *set)
{
    return span_hex(word_take(&line), UINT64_MAX, set);
}

/* The bit of what the line told, or 0. */
static unsigned line_parse(struct span name, struct span value, struct process_status *status)
{
    uint64_t number;
    if (span_is(name, "Uid"))
        return ids_parse(value, status->uids) ? SEEN_UIDS : 0;
    if (span_is(name, "Gid"))
        return ids_parse(value, status->gids) ? SEEN_GIDS : 0;
    if (span_is(name, "Groups"))
        return groups_parse(value, status) ? SEEN_GROUPS : 0;
    if (span_is(name, "CapInh"))
        return set_parse(value, &status->inheritable) ? SEEN_INHERITABLE : 0;
    if (span_is(name, "CapPrm"))
        return set_parse(value, &status->permitted) ? SEEN_PERMITTED : 0;
    if (span_is(name, "CapEff"))
        return set_parse(value, &status->effective) ? SEEN_EFFECTIVE : 0;
    if (span_is(name, "CapBnd"))
        return set_parse(value, &status->bounding) ? SEEN_BOUNDING : 0;
    if (span_is(name, "CapAmb"))
        set_parse(value, &status->ambient);
    else if (span_is(name, "NoNewPrivs"))
        status->no_new_privileges = span_is(word_take(&value), "1");
    else if (span_is(name, "Seccomp") && span_number(word_take(&value), 2, &number))
        status->seccomp = (unsigned)number;
    return 0;
}

bool process_status_parse(struct span bytes, struct process_status *status)
{
    *status = (struct process_status){0};
    unsigned seen = 0;
    while (bytes.at) {
        struct span value = span_split(&bytes, '\n');
        /* A line without its end was cut by the reader: half a number would be a wrong number. */
        if (!bytes.at)
            break;
        struct span name = span_split(&value, ':');
        seen |= line_parse(name, value, status);
    }
    return seen == SEEN_ALL;
}

bool process_status_has_group(const struct process_status *status, gid_t group)
{
    for (unsigned i = 0; i < status->group_count; i++) {
        if (status->groups[i] == group)
            return true;
    }
    return false;
}
