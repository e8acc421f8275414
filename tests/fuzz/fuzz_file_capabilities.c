#include "fuzz.h"

#include "facts/file_capabilities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct file_capabilities capabilities;
    char buffer[2048];
    struct text text = TEXT_ON(buffer);
    bool good = file_capabilities_read(&capabilities, all);
    must(good == (capabilities.version > 0) && (!good || size <= FILE_CAPABILITIES_MOST));
    capability_set_add(&text, capabilities.permitted);
    text_byte(&text, ' ');
    capability_set_add(&text, UINT64_MAX);
    must(!text.cut);
    unsigned capability = 0;
    must(!capability_named(all, &capability) || capability_name(capability));
    return 0;
}
