#include "facts/app_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span word = {(const char *)data, size};
    struct app_reference reference = app_reference_read(word);
    char buffer[64];
    struct text suggestion = TEXT_ON(buffer);

    /* A suggestion that fits is itself valid. */
    if (app_reference_suggest(&reference, SPAN("/srv/app"), &suggestion) && !suggestion.cut)
        if (app_reference_read(text_as_span(&suggestion)).form != REFERENCE_VALID)
            __builtin_trap();
    (void)app_reference_word(word);
    return 0;
}
