#ifndef CHECKS_PROCESSOR_H
#define CHECKS_PROCESSOR_H

/* What the processor has to do with a crash, from /proc/cpuinfo. What can't be read isn't set; nothing else is changed. */

#include "base/findings.h"
#include "checks/reader.h"

/* Sets {emulated}, what the emulator runs on, with {platform}, the platform of an image that needs none. */
void processor_explain_crash(const struct reader *reader, struct findings *findings, struct finding *finding);
/* Of SIGILL. Sets {lacking}, the instruction sets of today's wheels that this processor hasn't got: "SSE4.2, AVX". */
void processor_explain_illegal(const struct reader *reader, struct findings *findings, struct finding *finding);

#endif
