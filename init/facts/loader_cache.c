#include "facts/loader_cache.h"

#include <endian.h>
#include <string.h>

static const char old_magic[] = "ld.so-1.7.0";
static const char new_magic[] = "glibc-ld.so.cache1.1";
enum { OLD_COUNT = 12, OLD_HEADER = 16, OLD_ENTRY = 12 };
enum { NEW_COUNT = 20, NEW_FLAGS = 28, NEW_HEADER = 48, NEW_ENTRY = 24, NEW_HARDWARE = 16, NEW_ALIGNMENT = 8 };
enum { FLAGS_UNSET = 0, FLAGS_LITTLE_ENDIAN = 2, FLAGS_ENDIAN_MASK = 3 };

static uint32_t number_at(struct span bytes, size_t offset)
{
    uint32_t value;
    memcpy(&value, bytes.at + offset, sizeof(value));
    return le32toh(value);
}

static bool take_entries(struct loader_cache *cache, struct span bytes, size_t header, size_t count, size_t size)
{
    cache->entry_size = size;
    if (header > bytes.length || count > (bytes.length - header) / size)
        return false;
    cache->entries = span_first(span_from(bytes, header), count * size);
    return true;
}

/* Offsets count from the start of the new header. */
static bool read_new(struct loader_cache *cache, struct span bytes)
{
    if (bytes.length < NEW_HEADER)
        return false;
    unsigned flags = (unsigned char)bytes.at[NEW_FLAGS] & FLAGS_ENDIAN_MASK;
    cache->strings = bytes;
    return (flags == FLAGS_UNSET || flags == FLAGS_LITTLE_ENDIAN) &&
           take_entries(cache, bytes, NEW_HEADER, number_at(bytes, NEW_COUNT), NEW_ENTRY);
}

/* Offsets count from the end of the entries. Where a new cache follows, which begins aligned, the loader takes that. */
static bool read_old(struct loader_cache *cache, struct span bytes)
{
    if (bytes.length < OLD_HEADER || !take_entries(cache, bytes, OLD_HEADER, number_at(bytes, OLD_COUNT), OLD_ENTRY))
        return false;
    size_t end = OLD_HEADER + cache->entries.length;
    struct span behind = span_from(bytes, (end + NEW_ALIGNMENT - 1) / NEW_ALIGNMENT * NEW_ALIGNMENT);
    cache->strings = span_from(bytes, end);
    return !span_starts(behind, new_magic) || read_new(cache, behind);
}

void loader_cache_read(struct loader_cache *cache, struct span bytes)
{
    *cache = (struct loader_cache){.malformed = true};
    if (span_starts(bytes, new_magic))
        cache->malformed = !read_new(cache, bytes);
    else if (span_starts(bytes, old_magic))
        cache->malformed = !read_old(cache, bytes);
    if (cache->malformed)
        cache->entries = (struct span){0};
}

static bool is_string(struct span strings, size_t offset, struct span string)
{
    return offset < strings.length && string.length < strings.length - offset &&
           strings.at[offset + string.length] == '\0' && memcmp(strings.at + offset, string.at, string.length) == 0;
}

static struct span string_at(struct span strings, size_t offset)
{
    struct span rest = span_from(strings, offset);
    struct span string = span_split(&rest, '\0');
    return rest.at && string.length ? string : (struct span){0};
}

struct span loader_cache_find(const struct loader_cache *cache, struct span name, uint32_t kind, bool *has_variants)
{
    struct span found = {0};
    if (has_variants)
        *has_variants = false;
    for (size_t at = 0; name.length && at < cache->entries.length; at += cache->entry_size) {
        if (number_at(cache->entries, at) != kind ||
            !is_string(cache->strings, number_at(cache->entries, at + 4), name))
            continue;
        bool is_variant = cache->entry_size == NEW_ENTRY && (number_at(cache->entries, at + NEW_HARDWARE) ||
                                                             number_at(cache->entries, at + NEW_HARDWARE + 4));
        if (is_variant && has_variants)
            *has_variants = true;
        else if (!is_variant && !found.at)
            found = string_at(cache->strings, number_at(cache->entries, at + 8));
    }
    return found;
}
