#include "facts/processor.h"

static void read_line(struct span key, struct span value, struct processor *processor)
{
    if (span_is(key, "vendor_id") && !processor->vendor.length) {
        processor->machine = PROCESSOR_X86;
        processor->vendor = value;
    } else if (span_is(key, "flags") && !processor->flags.length) {
        processor->machine = PROCESSOR_X86;
        processor->flags = value;
    } else if (span_is(key, "CPU implementer")) {
        processor->machine = PROCESSOR_ARM;
    }
}

/* IBM's mainframes have a vendor_id as well, and no flags of these names; nothing is said of them. */
void processor_read(struct span bytes, struct processor *processor)
{
    *processor = (struct processor){.machine = PROCESSOR_UNKNOWN};
    while (bytes.at) {
        struct span line = span_split(&bytes, '\n');
        struct span key = span_trim(span_split(&line, ':'));
        if (line.at)
            read_line(key, span_trim(line), processor);
    }
}

bool processor_has(const struct processor *processor, const char *flag)
{
    struct span rest = processor->flags;
    while (rest.at) {
        if (span_is(span_split(&rest, ' '), flag))
            return true;
    }
    return false;
}

enum processor_machine processor_of_program(void)
{
#if defined __x86_64__
    return PROCESSOR_X86;
#elif defined __aarch64__
    return PROCESSOR_ARM;
#else
    return PROCESSOR_UNKNOWN;
#endif
}

const char *processor_emulates(const struct processor *processor, enum processor_machine program)
{
    if (program == PROCESSOR_X86 && span_is(processor->vendor, "VirtualApple"))
        return "Rosetta";
    if (program == PROCESSOR_X86 && processor->machine == PROCESSOR_ARM)
        return "an ARM processor";
    if (program == PROCESSOR_ARM && processor->machine == PROCESSOR_X86)
        return "an x86 processor";
    return NULL;
}
