#include "fuzz.h"

#include "facts/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size), path = {NULL, 0};
    uint64_t number = 0, quota = 0, period = 0;
    if (cgroup_path(all, NULL, &path) || cgroup_path(all, "memory", &path)) {
        must_lie_in(path, all);
        must(span_starts(path, "/"));
    }
    (void)cgroup_counter(all, "oom_kill", &number);
    (void)cgroup_limit(all, &number);
    must(!cgroup_cpu(all, &quota, &period) || period > 0);
    return 0;
}
