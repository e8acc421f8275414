#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

/* System calls that musl 1.2.3 lacks, or that need more than one line to be right. */

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds: for spans of time, never for a date. */
int64_t system_milliseconds(void);

/* Closes every descriptor above 2 but `keep` (-1: none). Uses close_range(2); where that is missing (before Linux 5.9,
 * or a seccomp filter) /proc/self/fd; where there is neither, closes 3 to 1023. */
void system_close_above_2(int keep);

/* openat(2) with O_CLOEXEC, and again when a signal came between. -1 with errno. */
int system_open_at(int folder, const char *name, int flags);

/* Calls `visit` for each entry of a folder whose name is a decimal number: processes, threads, descriptors. False when
 * the folder can't be read to its end. */
bool system_each_number(const char *path, void (*visit)(void *context, int number), void *context);

#endif
