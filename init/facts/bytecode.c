#include "facts/bytecode.h"

enum { FLAG_HASHED = 1, FLAG_CHECKED = 2 };

/* Of the released versions: none changes within a minor one. */
static const uint16_t magics[] = {
    [8] = 3413, [9] = 3425, [10] = 3439, [11] = 3495, [12] = 3531, [13] = 3571, [14] = 3627,
};

static uint32_t number_at(struct span bytes, size_t at)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)(unsigned char)bytes.at[at + i] << (8 * i);
    return number;
}

static bool is_of(uint32_t magic, unsigned minor)
{
    const uint32_t line_end = 0x0a0d0000; /* "\r\n" behind the number, so that a transfer as text damages it visibly */
    return minor >= ARRAY_LENGTH(magics) || magics[minor] == 0 || magic == (magics[minor] | line_end);
}

enum bytecode_state bytecode_judge(struct span head, unsigned minor, int64_t modified, uint64_t size)
{
    if (head.length < BYTECODE_HEADER)
        return BYTECODE_DAMAGED;
    if (!is_of(number_at(head, 0), minor))
        return BYTECODE_FOREIGN;
    uint32_t flags = number_at(head, 4);
    if (flags & ~(uint32_t)(FLAG_HASHED | FLAG_CHECKED))
        return BYTECODE_DAMAGED;
    if (flags & FLAG_HASHED)
        return BYTECODE_GOOD;
    bool same = number_at(head, 8) == (uint32_t)modified && number_at(head, 12) == (uint32_t)size;
    return same ? BYTECODE_GOOD : BYTECODE_STALE;
}
