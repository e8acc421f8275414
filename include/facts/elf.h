#ifndef FACTS_ELF_H
#define FACTS_ELF_H

/* What the kernel reads of an ELF file before it starts it: the header, and the table of its segments (elf(5),
 * fs/binfmt_elf.c). Any bytes may be given. Nothing outside the given bytes is read, no system call is made.
 */

#include "base/text.h"

enum { ELF_EXECUTABLE = 2, ELF_SHARED = 3 }; /* e_type: a position-independent program is a shared object too */

struct elf {
    bool malformed; /* the kernel refuses the header, or it isn't whole; then only bits and big_endian may be set */
    unsigned bits;  /* 32 or 64; 0 where the file says neither */
    bool big_endian;
    uint16_t type;
    uint16_t machine;
    /* The segment table. Where it lies outside the bytes that elf_read was given, has_segments is false, and
     * elf_read_segments has to be called with the bytes from table_offset on. */
    uint64_t table_offset;
    uint64_t table_size;
    uint16_t segment_count;
    bool has_segments;
    /* PT_INTERP, the loader's path: where it is in the file. Size 0: there is none, as in a static program. */
    uint64_t interpreter_offset;
    uint64_t interpreter_size;
    uint64_t needed_size; /* bytes that the file must have at least */
    bool truncated;       /* it has fewer: it is there, but not all of it */
};

/* Reads the header, and the segment table if `head` holds it. `head` is the file's beginning, `file_size` its size.
 * False where the magic bytes aren't ELF's; true also for a malformed header. */
bool elf_read(struct elf *elf, struct span head, uint64_t file_size);
/* Reads the segment table from its own bytes: at least table_size of them, else the file counts as malformed. */
void elf_read_segments(struct elf *elf, struct span table, uint64_t file_size);
/* The loader's path out of the interpreter_size bytes at interpreter_offset; a NULL span where the kernel would refuse
 * it (no NUL at the end, empty). */
struct span elf_interpreter(struct span bytes);
/* The unsigned number of `width` bytes (at most 8) at `offset`, in the file's byte order; 0 outside the bytes. */
uint64_t elf_number(const struct elf *elf, struct span bytes, size_t offset, size_t width);
/* "x86-64", "arm64", "riscv64" ..., and what Docker calls it: "linux/amd64"; NULL for machines that run no Docker. */
const char *elf_machine_name(const struct elf *elf);
const char *elf_platform(const struct elf *elf);
/* Machine, word size and byte order of the machine that asgi-init was compiled for, which is the one it runs on. */
struct elf elf_of_this_machine(void);
/* Both are of the same machine, word size and byte order: what can run one of them can run the other. */
bool elf_same_machine(const struct elf *a, const struct elf *b);

#endif
