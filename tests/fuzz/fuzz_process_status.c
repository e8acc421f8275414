#include "fuzz.h"

#include "facts/process_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct process_status status;
    process_status_read(&status, all);
    must_lie_in(status.name, all);
    must(status.group_count <= STATUS_GROUPS_MOST && status.known <= 0xFFFF);
    return 0;
}
