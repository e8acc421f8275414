#include "facts/python_imports.h"
#include "fuzz.h"

static void each(void *context, const struct python_import *import)
{
    struct span source = *(const struct span *)context;
    must(import->module.length > 0 || import->level > 0);
    must(import->line.length > 0);
    must_lie_in(import->module, source);
    must_lie_in(import->name, source);
    must_lie_in(import->line, source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span source = fuzz_span(data, size);
    (void)python_imports_read(source, each, &source);
    (void)python_imports_may_define(source, SPAN("db"));
    return 0;
}
