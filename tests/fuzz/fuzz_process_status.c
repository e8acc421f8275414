#include "facts/process_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {(const char *)data, size};
    struct process_status status;

    if (process_status_parse(bytes, &status) && status.group_count > PROCESS_GROUPS)
        __builtin_trap();
    return 0;
}
