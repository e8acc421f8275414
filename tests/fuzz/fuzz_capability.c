#include "facts/capability.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {(const char *)data, size};
    struct file_capabilities file;
    struct span unknown;
    uint64_t mask, missing;
    char names[1024], again[1024];
    struct text text = TEXT_ON(names);

    /* The names of a list are a list that means the same. */
    if (capability_list(bytes, &mask, &unknown)) {
        uint64_t second;
        capability_text(&text, mask);
        if (!capability_list(text_as_span(&text), &second, &unknown) || second != mask)
            __builtin_trap();
    }
    if (file_capabilities_parse(bytes, &file)) {
        text = TEXT_ON(again);
        file_capabilities_judge(&file, 0, 0, 0, true, &missing);
        capability_text(&text, missing);
        if (missing != file.permitted || text.cut)
            __builtin_trap();
    }
    return 0;
}
