#include "fuzz.h"

#include "facts/extension_suffix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size), other = all, first = span_split(&other, '\n');
    struct extension_suffix read, again;
    bool good = extension_suffix_read(first, &read);
    must_lie_in(read.machine, all);
    must_lie_in(read.libc, all);
    must(!good || (span_starts(first, ".") && (span_ends(first, ".so") || span_ends(first, ".pyd"))));
    /* A Python takes what is named as its own modules are, except those of another Python than CPython. */
    if (good && read.python == EXTENSION_CPYTHON)
        must(extension_suffix_compare(&read, &read) == EXTENSION_FITS);
    if (good && extension_suffix_read(other, &again))
        must(extension_suffix_compare(&read, &again) <= EXTENSION_OF_OTHER_PYTHON);
    return 0;
}
