#include "process/footprint.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    DEPTH = 1024 * 1024, /* no call goes deeper; nothing else is mapped so near to the stack */
    KEPT = 8 * 1024,     /* below our own frame: what is called from here is about to use it */
};

/* Never inlined: the variables of a caller would lie below its frame's address, and be lost. Where nothing is mapped yet
 * the kernel says ENOMEM, and has done the rest. */
__attribute__((noinline)) void footprint_shrink(void)
{
    uintptr_t page = (uintptr_t)getpagesize();
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - KEPT) / page * page;
    madvise((void *)(end - DEPTH), DEPTH, MADV_DONTNEED);
}
