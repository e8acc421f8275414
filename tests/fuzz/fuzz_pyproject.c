#include "facts/pyproject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char buffer[64];
    struct text entrypoint = TEXT_ON(buffer);

    if (pyproject_entrypoint((struct span){(const char *)data, size}, &entrypoint) != (entrypoint.length > 0))
        __builtin_trap();
    return 0;
}
