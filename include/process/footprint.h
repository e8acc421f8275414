#ifndef PROCESS_FOOTPRINT_H
#define PROCESS_FOOTPRINT_H

/* Judging goes deep, with paths on the stack; for hours or weeks after that PID 1 only waits. */

/* Gives back the memory that deeper calls have used of the stack: about 70 kB (madvise(2), MADV_DONTNEED). Changes nothing
 * that the program can see, and fails without harm. */
void footprint_shrink(void);

#endif
