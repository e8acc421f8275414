#include "fuzz.h"

#include "facts/python_version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct python_version version, again, name;
    char buffer[64];
    struct text text = TEXT_ON(buffer);
    bool good = python_version_read(all, &version);
    must(good == (version.parts > 0) && version.parts <= 3);
    python_version_add(&text, &version);
    must(!text.cut);
    must(!good || (python_version_read(text_as_span(&text), &again) && python_version_compare(&version, &again) == 0));
    must(python_name_read(all, &name) || name.parts == 0);
    must(python_version_compare(&version, &name) == -python_version_compare(&name, &version));
    return 0;
}
