#ifndef CHECKS_PROCESSOR_H
#define CHECKS_PROCESSOR_H

/* What the processor has to do with a crash. Sets {emulated} (what the emulator runs on) with {platform}, the image's
 * platform that needs none; and {lacking}, the instruction sets of today's wheels that it hasn't got: "AVX, SSE4.2".
 * What can't be read isn't set. Changes nothing else. */

#include "base/findings.h"
#include "checks/reader.h"

void processor_values(const struct reader *reader, struct findings *findings, struct finding *finding);

#endif
