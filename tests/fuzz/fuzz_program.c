#include "fuzz.h"

#include "facts/program.h"

static void check_elf(const struct elf *elf, struct span all)
{
    (void)elf_machine_name(elf);
    (void)elf_platform(elf);
    must(!elf->has_segments || !elf->malformed);
    must(!elf->has_segments || elf->truncated == (elf->needed_size > all.length));
    bool in_file =
        elf->interpreter_offset <= all.length && elf->interpreter_size <= all.length - elf->interpreter_offset;
    if (elf->has_segments && elf->interpreter_size > 0 && in_file) {
        struct span bytes = span_from(all, (size_t)elf->interpreter_offset);
        must_lie_in(elf_interpreter(span_first(bytes, (size_t)elf->interpreter_size)), all);
    }
    must(!elf->has_segments || elf->truncated || in_file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct program program;
    program_read(&program, span_first(all, PROGRAM_HEAD), size);
    must((program.kind == PROGRAM_ARCHIVE) == (program.format != NULL));
    must_lie_in(program.script.interpreter, span_first(all, SCRIPT_HEAD));
    must_lie_in(program.script.argument, span_first(all, SCRIPT_HEAD));
    must_lie_in(program.script.program, all);
    must(program.script.interpreter.length <= SCRIPT_INTERPRETER_MOST);
    if (program.kind == PROGRAM_ELF) {
        check_elf(&program.elf, all);
        if (!program.elf.malformed && !program.elf.has_segments) {
            elf_read_segments(&program.elf, span_first(all, PROGRAM_HEAD), size);
            check_elf(&program.elf, all);
        }
    }
    return 0;
}
