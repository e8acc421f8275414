#include "fuzz.h"

#include "facts/bytecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct span head = fuzz_span(data + 1, size - 1);
    enum bytecode_state state = bytecode_judge(head, data[0], 1700000000, 123);
    must(state <= BYTECODE_DAMAGED);
    must(head.length >= BYTECODE_HEADER || state == BYTECODE_DAMAGED);
    must(state != BYTECODE_STALE || bytecode_judge(head, 255, 1700000000, 123) == BYTECODE_STALE);
    return 0;
}
