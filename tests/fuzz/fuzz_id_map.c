#include "facts/id_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {(const char *)data, size};
    /* What has an id has a count; -1 is never one. */
    if (id_map_has(bytes, 0) && id_map_count(bytes) == 0)
        __builtin_trap();
    if (id_map_has(bytes, UINT32_MAX))
        __builtin_trap();
    return 0;
}
