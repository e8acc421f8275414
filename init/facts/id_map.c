#include "facts/id_map.h"

struct id_range {
    uint64_t first;
    uint64_t count;
};

static struct span word_take(struct span *line)
{
    struct span rest = span_trim(*line);
    struct span all = rest;
    struct span word = span_split(&rest, ' ');
    *line = span_from(all, word.length);
    return word;
}

static bool range_parse(struct span line, struct id_range *range)
{
    uint64_t outside;
    return span_number(word_take(&line), UINT32_MAX, &range->first) &&
           span_number(word_take(&line), UINT32_MAX, &outside) &&
           span_number(word_take(&line), UINT32_MAX, &range->count);
}

bool id_map_has(struct span bytes, uint32_t id)
{
    /* -1 means "leave it" to setresuid(2), whatever a map says. */
    while (bytes.at && id != UINT32_MAX) {
        struct id_range range;
        if (range_parse(span_split(&bytes, '\n'), &range) && id >= range.first && id - range.first < range.count)
            return true;
    }
    return false;
}

uint64_t id_map_count(struct span bytes)
{
    uint64_t count = 0;
    while (bytes.at) {
        struct id_range range;
        if (range_parse(span_split(&bytes, '\n'), &range))
            count += range.count;
    }
    return count;
}
