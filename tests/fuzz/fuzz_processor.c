#include "fuzz.h"

#include "facts/processor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct processor processor;
    processor_read(all, &processor);
    must_lie_in(processor.vendor, all);
    must_lie_in(processor.flags, all);
    must(processor.machine != PROCESSOR_UNKNOWN || (!processor.vendor.length && !processor.flags.length));
    (void)processor_has(&processor, "avx");
    (void)processor_emulates(&processor, PROCESSOR_X86);
    (void)processor_emulates(&processor, PROCESSOR_ARM);
    return 0;
}
