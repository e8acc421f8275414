#include "checks/trace.h"

#include <limits.h>
#include <string.h>

void trace_start(struct trace *trace)
{
    trace->count = 0;
    trace->cut = false;
    trace->used = 0;
    trace->last = NULL;
    trace->real = (struct span){0};
}

/* Keeps a copy of the parts as one string: in the common store, or for an overflowing step in its own. */
static struct span trace_keep(struct trace *trace, struct span a, struct span b, bool is_overflow, size_t at)
{
    size_t length = a.length + b.length;
    char *copy = is_overflow ? trace->last_names + at : trace->names + trace->used;
    if (is_overflow && length > sizeof(trace->last_names) - at)
        return (struct span){0};
    memcpy(copy, a.at, a.length);
    memcpy(copy + a.length, b.at, b.length);
    if (!is_overflow)
        trace->used += length;
    return (struct span){copy, length};
}

struct step *trace_add(struct trace *trace, struct span folder, const char *name, enum step_kind kind,
                       struct span target)
{
    if (!trace)
        return NULL;
    char end[NAME_MAX + 2] = "/";
    size_t name_length = strlen(name);
    memcpy(end + 1, name, name_length);
    struct span tail = {end, name_length || !folder.length ? name_length + 1 : 0};
    size_t wanted = folder.length + tail.length + target.length;
    bool is_overflow = trace->cut || trace->count == TRACE_STEPS || wanted > TRACE_NAMES - trace->used;
    if (is_overflow && (trace->cut || trace->count == TRACE_STEPS))
        trace->count--;
    trace->cut = is_overflow;
    struct step *step = &trace->steps[trace->count++];
    *step = (struct step){.kind = kind, .path = trace_keep(trace, folder, tail, is_overflow, 0)};
    step->target = trace_keep(trace, target, SPAN(""), is_overflow, step->path.length);
    trace->last = step;
    return step;
}

void trace_describe(struct step *step, const struct reader_identity *identity, const struct stat *status)
{
    if (!step)
        return;
    step->mode = status->st_mode;
    step->uid = status->st_uid;
    step->gid = status->st_gid;
    step->device = status->st_dev;
    step->searchable = S_ISDIR(status->st_mode) &&
                       reader_identity_permits(identity, status->st_mode, status->st_uid, status->st_gid, 1);
}
