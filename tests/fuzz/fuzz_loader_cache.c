#include "fuzz.h"

#include "facts/loader_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct loader_cache cache;
    bool has_variants;
    loader_cache_read(&cache, all);
    must_lie_in(cache.entries, all);
    must_lie_in(cache.strings, all);
    must(!cache.malformed || cache.entries.length == 0);
    static const struct span names[] = {SPAN_ROW("libz.so.1"), SPAN_ROW("a"), SPAN_ROW("")};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct span path = loader_cache_find(&cache, names[i], LOADER_CACHE_X86_64, &has_variants);
        must_lie_in(path, all);
        must(!path.at || path.length > 0);
        must(!span_has(path, '\0'));
    }
    return 0;
}
