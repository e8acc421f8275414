#include "facts/python_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span source = {(const char *)data, size};
    struct python_source whole;
    struct python_source part;

    python_source_read(source, true, SPAN("app"), &whole);
    python_source_read(source, false, SPAN("app"), &part);
    if (part.binding == BINDING_NOT_BOUND || whole.candidate_count > SOURCE_CANDIDATES)
        __builtin_trap();
    return 0;
}
