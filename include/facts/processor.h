#ifndef FACTS_PROCESSOR_H
#define FACTS_PROCESSOR_H

/* What /proc/cpuinfo says of the first processor (arch/x86/kernel/cpu/proc.c, arch/arm64/kernel/cpuinfo.c). Any bytes may
 * be given, cut anywhere; no system call is made.
 *
 * An emulator shows it: qemu-user and Rosetta run a program of one machine on another, and the kernel's file is still that
 * of the machine underneath.
 */

#include "base/text.h"

enum processor_machine { PROCESSOR_UNKNOWN, PROCESSOR_X86, PROCESSOR_ARM };

struct processor {
    enum processor_machine machine;
    struct span vendor; /* vendor_id of x86: "GenuineIntel", "VirtualApple"; empty elsewhere */
    struct span flags;  /* of x86, with spaces between them; empty elsewhere */
};

void processor_read(struct span bytes, struct processor *processor);
bool processor_has(const struct processor *processor, const char *flag);
/* The machine that this very program was compiled for. */
enum processor_machine processor_of_program(void);
/* What runs a program for `program` on it: "Rosetta", "an x86 processor", "an ARM processor". NULL where nothing speaks
 * for an emulator. */
const char *processor_emulates(const struct processor *processor, enum processor_machine program);

#endif
