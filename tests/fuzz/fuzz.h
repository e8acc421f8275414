#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/* What all fuzz targets share: a target gives a parser any bytes, reads all that comes back, and stops the fuzzer where
 * a promise of the parser's header is broken. The sanitizers see to the rest. */

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool promise)
{
    if (!promise)
        __builtin_trap();
}

static inline struct span fuzz_span(const uint8_t *data, size_t size)
{
    return (struct span){(const char *)data, size};
}

/* The span lies in the bytes that were given, or is empty; every byte of it can be read. */
static inline void must_lie_in(struct span inner, struct span outer)
{
    volatile char last = 0;
    for (size_t i = 0; i < inner.length; i++)
        last = inner.at[i];
    (void)last;
    must(inner.length == 0 || (inner.at >= outer.at && inner.at + inner.length <= outer.at + outer.length));
}

#endif
