#include "checks/memory.h"

#include "facts/cgroup.h"

enum { FILE_MOST = 4096 };

/* What differs between the two versions. */
static const struct version {
    const char *controller; /* of /proc/self/cgroup; NULL: version 2 */
    const char *mount;
    const char *counter;
    const char *limit;
} versions[] = {
    {NULL, "/sys/fs/cgroup", "/memory.events", "/memory.max"},
    {"memory", "/sys/fs/cgroup/memory", "/memory.oom_control", "/memory.limit_in_bytes"},
};

static struct span read_kernel(const struct reader *reader, const struct text *path, char *bytes, size_t size)
{
    size_t length;
    if (path->cut || reader_read_kernel(reader, path->at, bytes, size, &length))
        return (struct span){NULL, 0};
    return (struct span){bytes, length};
}

static void name(struct text *path, const struct version *version, struct span group, const char *file)
{
    text_clear(path);
    text_add(path, version->mount);
    if (group.length > 1)
        text_span(path, group);
    text_add(path, file);
}

static bool read_group(const struct reader *reader, const struct version *version, struct span group,
                       struct memory *memory)
{
    char bytes[FILE_MOST], other[PATH_MOST];
    struct text path = TEXT_ON(memory->file), limit = TEXT_ON(other);
    name(&path, version, group, version->counter);
    struct span counter = read_kernel(reader, &path, bytes, sizeof bytes);
    if (!counter.at)
        return false;
    memory->knows_kills = cgroup_counter(counter, "oom_kill", &memory->kills);
    name(&limit, version, group, version->limit);
    struct span value = read_kernel(reader, &limit, bytes, sizeof bytes);
    if (!value.at || !cgroup_limit(value, &memory->limit))
        memory->limit = CGROUP_NO_LIMIT;
    return true;
}

/* Without a cgroup namespace /proc/self/cgroup names our group as the host sees it, while the container's mount begins
 * with our group itself: so the root of the mount is looked at, too. */
void memory_read(const struct reader *reader, struct memory *memory)
{
    char bytes[FILE_MOST];
    size_t length;
    *memory = (struct memory){.limit = CGROUP_NO_LIMIT};
    if (reader_read_kernel(reader, "/proc/self/cgroup", bytes, sizeof bytes, &length))
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        struct span group;
        if (cgroup_path((struct span){bytes, length}, versions[i].controller, &group) &&
            (read_group(reader, &versions[i], group, memory) || read_group(reader, &versions[i], SPAN(""), memory)))
            return;
    }
}
