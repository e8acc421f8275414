#include "facts/cgroup.h"

/* INT64_MAX rounded down to pages of 64 KiB, the largest in use; no machine has that much of anything. */
static const uint64_t as_good_as_none = 0x7FFFFFFFFFFF0000;

static bool names_controller(struct span controllers, const char *controller)
{
    while (controllers.at) {
        if (span_is(span_split(&controllers, ','), controller))
            return true;
    }
    return false;
}

bool cgroup_path(struct span bytes, const char *controller, struct span *path)
{
    while (bytes.at) {
        struct span line = span_split(&bytes, '\n');
        struct span hierarchy = span_split(&line, ':');
        struct span controllers = span_split(&line, ':');
        bool wanted =
            controller ? names_controller(controllers, controller) : span_is(hierarchy, "0") && controllers.length == 0;
        if (wanted && span_starts(line, "/")) {
            *path = line;
            return true;
        }
    }
    return false;
}

bool cgroup_counter(struct span bytes, const char *key, uint64_t *number)
{
    while (bytes.at) {
        struct span line = span_split(&bytes, '\n');
        struct span found = span_split(&line, ' ');
        if (span_is(found, key) && span_number(span_trim(line), UINT64_MAX, number))
            return true;
    }
    return false;
}

bool cgroup_limit(struct span bytes, uint64_t *limit)
{
    struct span value = span_trim(bytes);
    uint64_t number = 0;
    bool none = span_is(value, "max") || span_is(value, "-1");
    if (!none && !span_number(value, UINT64_MAX, &number))
        return false;
    *limit = none || number >= as_good_as_none ? CGROUP_NO_LIMIT : number;
    return true;
}

bool cgroup_cpu(struct span bytes, uint64_t *quota, uint64_t *period)
{
    struct span rest = span_trim(bytes);
    uint64_t allowed = 0, of = 0;
    struct span first = span_split(&rest, ' ');
    if (!cgroup_limit(first, &allowed) || !span_number(rest, UINT64_MAX, &of) || of == 0)
        return false;
    *quota = allowed;
    *period = of;
    return true;
}
