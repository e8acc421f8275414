#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same number on every architecture */
#endif

int64_t system_milliseconds(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What getdents64(2) fills in; musl's struct dirent is the same, but only its allocating readdir is documented. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static void visit_entries(const char *bytes, size_t length, void (*visit)(void *, int), void *context)
{
    for (size_t at = 0; at < length;) {
        uint16_t step;
        memcpy(&step, bytes + at + offsetof(struct entry, length), sizeof(step));
        uint64_t number;
        if (span_number(span_of(bytes + at + offsetof(struct entry, name)), INT32_MAX, &number))
            visit(context, (int)number);
        at += step;
    }
}

bool system_each_number(const char *path, void (*visit)(void *context, int number), void *context)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    char bytes[2048];
    long length;
    while ((length = syscall(SYS_getdents64, folder, bytes, sizeof(bytes))) > 0)
        visit_entries(bytes, (size_t)length, visit, context);
    close(folder);
    return length == 0;
}

static bool close_range_of(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

static void keep_highest(void *context, int number)
{
    int *highest = context;
    if (number > *highest)
        *highest = number;
}

void system_close_above_2(int keep)
{
    enum { WITHOUT_PROC = 1023 };
    bool one = keep > 2;
    if (close_range_of(3, one ? (unsigned)keep - 1 : UINT32_MAX) &&
        (!one || close_range_of((unsigned)keep + 1, UINT32_MAX)))
        return;
    int highest = 2;
    if (!system_each_number("/proc/self/fd", keep_highest, &highest))
        highest = WITHOUT_PROC;
    for (int descriptor = 3; descriptor <= highest; descriptor++)
        if (descriptor != keep)
            close(descriptor);
}

int system_open_at(int folder, const char *name, int flags)
{
    int descriptor;
    do {
        descriptor = openat(folder, name, flags | O_CLOEXEC);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}
