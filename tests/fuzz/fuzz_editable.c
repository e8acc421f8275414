#include "facts/editable.h"
#include "fuzz.h"

static void each(void *context, struct span module, struct span path)
{
    must_lie_in(module, *(const struct span *)context);
    must_lie_in(path, *(const struct span *)context);
    must(module.length > 0 && path.length > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = fuzz_span(data, size);
    editable_mapping(bytes, each, &bytes);
    (void)editable_is_noted(bytes);
    return 0;
}
