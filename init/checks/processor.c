#include "checks/processor.h"

#include "facts/processor.h"

enum { CPUINFO_MOST = 16384, LACKING_MOST = 64 }; /* the first processor's part is about 2 KiB */

/* What wheels are built for beyond the first x86-64: NumPy 2 wants x86-64-v2, TensorFlow and others AVX. */
static const struct {
    const char *flag, *name;
} instruction_sets[] = {{"sse4_2", "SSE4.2"}, {"avx", "AVX"}, {"avx2", "AVX2"}};

static void set_lacking(const struct processor *processor, struct findings *findings, struct finding *finding)
{
    char buffer[LACKING_MOST];
    struct text text = TEXT_ON(buffer);
    for (size_t i = 0; i < ARRAY_LENGTH(instruction_sets); i++)
        if (processor->flags.length && !processor_has(processor, instruction_sets[i].flag))
            text_join(&text, text.length ? ", " : "", instruction_sets[i].name, NULL);
    finding_set(findings, finding, "lacking", text_as_span(&text));
}

static bool read_processor(const struct reader *reader, char bytes[CPUINFO_MOST], struct processor *processor)
{
    size_t length;
    if (reader_read_kernel(reader, "/proc/cpuinfo", bytes, CPUINFO_MOST, &length))
        return false;
    processor_read((struct span){bytes, length}, processor);
    return true;
}

void processor_explain_crash(const struct reader *reader, struct findings *findings, struct finding *finding)
{
    char bytes[CPUINFO_MOST];
    struct processor processor;
    enum processor_machine ours = processor_of_program();
    if (!read_processor(reader, bytes, &processor) || !processor_emulates(&processor, ours))
        return;
    finding_set_string(findings, finding, "emulated", processor_emulates(&processor, ours));
    finding_set_string(findings, finding, "platform", ours == PROCESSOR_ARM ? "linux/amd64" : "linux/arm64");
}

void processor_explain_illegal(const struct reader *reader, struct findings *findings, struct finding *finding)
{
    char bytes[CPUINFO_MOST];
    struct processor processor;
    if (read_processor(reader, bytes, &processor))
        set_lacking(&processor, findings, finding);
}
