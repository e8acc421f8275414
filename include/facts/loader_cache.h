#ifndef FACTS_LOADER_CACHE_H
#define FACTS_LOADER_CACHE_H

/* /etc/ld.so.cache, in which glibc's loader looks a library up by its name (ldconfig(8); glibc, sysdeps/generic/dl-cache.h).
 * Both formats: the old one ("ld.so-1.7.0"), the new one ("glibc-ld.so.cache1.1"), and the new one behind an old one. Any
 * bytes may be given; nothing outside of them is read. Spans lie in the given bytes.
 */

#include "base/text.h"

/* What an entry says of its file's kind: only those of exactly this value are for the machine. */
enum { LOADER_CACHE_X86_64 = 0x303, LOADER_CACHE_ARM64 = 0xa03 };

struct loader_cache {
    bool malformed; /* the loader would leave it aside, or wouldn't; then nothing is found in it */
    struct span entries;
    size_t entry_size;
    struct span strings; /* keys and values are offsets in it */
};

/* Only caches of little-endian machines are understood. */
void loader_cache_read(struct loader_cache *cache, struct span bytes);
/* The path that the cache has for a library; a NULL `at` when there is none. Of several the first one that is for any
 * processor of the machine. `*has_variants`, if not NULL: there are others, for some processors only (glibc-hwcaps), and
 * the loader may take one of these instead. */
struct span loader_cache_find(const struct loader_cache *cache, struct span name, uint32_t kind, bool *has_variants);

#endif
