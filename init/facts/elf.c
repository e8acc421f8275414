#include "facts/elf.h"

#include <elf.h>
#include <endian.h>
#include <string.h>

enum { SEGMENT_LOAD = 1, SEGMENT_INTERPRETER = 3 };
enum { CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN_DATA = 1, BIG_ENDIAN_DATA = 2 };
enum { TABLE_MOST = 65536, INTERPRETER_MOST = 4096 }; /* the kernel's limits: ELF_MIN_ALIGN's 64 KiB, PATH_MAX */

/* Where a field is, in the two classes. */
struct layout {
    size_t header_size;
    size_t table_offset, entry_size, entry_count;
    size_t segment_size;
    size_t offset, file_size;
    size_t word;
};

static const struct layout layout_32 = {
    .header_size = 52,
    .table_offset = 28,
    .entry_size = 42,
    .entry_count = 44,
    .segment_size = 32,
    .offset = 4,
    .file_size = 16,
    .word = 4,
};
static const struct layout layout_64 = {
    .header_size = 64,
    .table_offset = 32,
    .entry_size = 54,
    .entry_count = 56,
    .segment_size = 56,
    .offset = 8,
    .file_size = 32,
    .word = 8,
};

static const struct {
    uint16_t machine;
    unsigned bits;
    bool big_endian;
    const char *name;
    const char *platform;
} machines[] = {
    {62, 64, false, "x86-64", "linux/amd64"},
    {183, 64, false, "arm64", "linux/arm64"},
    {40, 32, false, "arm", "linux/arm/v7"},
    {3, 32, false, "i386", "linux/386"},
    {243, 64, false, "riscv64", "linux/riscv64"},
    {21, 64, false, "ppc64le", "linux/ppc64le"},
    {22, 64, true, "s390x", "linux/s390x"},
    {258, 64, false, "loongarch64", "linux/loong64"},
    {8, 64, false, "mips64le", "linux/mips64le"},
    {62, 32, false, "x32", NULL},
    {183, 64, true, "arm64 (big-endian)", NULL},
    {40, 32, true, "arm (big-endian)", NULL},
    {243, 32, false, "riscv32", NULL},
    {21, 64, true, "ppc64", NULL},
    {20, 32, true, "ppc", NULL},
    {8, 32, true, "mips", NULL},
    {8, 32, false, "mipsel", NULL},
    {8, 64, true, "mips64", NULL},
    {2, 32, true, "sparc", NULL},
    {43, 64, true, "sparc64", NULL},
};

static const struct layout *layout_of(const struct elf *elf)
{
    return elf->bits == 64 ? &layout_64 : &layout_32;
}

uint64_t elf_number(const struct elf *elf, struct span bytes, size_t offset, size_t width)
{
    uint64_t value = 0;
    if (offset > bytes.length || width > bytes.length - offset || width > sizeof(value))
        return 0;
    /* At the end of the eight bytes for a big-endian number, at their beginning for the other. */
    memcpy((char *)&value + (elf->big_endian ? sizeof(value) - width : 0), bytes.at + offset, width);
    return elf->big_endian ? be64toh(value) : le64toh(value);
}

static uint64_t end_of(uint64_t offset, uint64_t size)
{
    return size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
}

static void need_up_to(struct elf *elf, uint64_t end, uint64_t file_size)
{
    if (end > elf->needed_size)
        elf->needed_size = end;
    elf->truncated = elf->needed_size > file_size;
}

static bool read_identification(struct elf *elf, struct span head)
{
    unsigned char class = head.length > 4 ? (unsigned char)head.at[4] : 0;
    unsigned char data = head.length > 5 ? (unsigned char)head.at[5] : 0;
    elf->bits = class == CLASS_64 ? 64 : class == CLASS_32 ? 32 : 0;
    elf->big_endian = data == BIG_ENDIAN_DATA;
    return elf->bits > 0 && (data == LITTLE_ENDIAN_DATA || data == BIG_ENDIAN_DATA) &&
           head.length >= layout_of(elf)->header_size;
}

bool elf_read(struct elf *elf, struct span head, uint64_t file_size)
{
    *elf = (struct elf){.malformed = true};
    if (!span_starts(head, "\x7f"
                           "ELF"))
        return false;
    if (!read_identification(elf, head))
        return true;
    const struct layout *layout = layout_of(elf);
    elf->type = (uint16_t)elf_number(elf, head, 16, 2);
    elf->machine = (uint16_t)elf_number(elf, head, 18, 2);
    elf->table_offset = elf_number(elf, head, layout->table_offset, layout->word);
    elf->segment_count = (uint16_t)elf_number(elf, head, layout->entry_count, 2);
    elf->table_size = elf->segment_count * (uint64_t)layout->segment_size;
    bool runs = elf->type == ELF_EXECUTABLE || elf->type == ELF_SHARED;
    bool right_size = elf_number(elf, head, layout->entry_size, 2) == layout->segment_size;
    elf->malformed = !runs || !right_size || elf->table_size == 0 || elf->table_size > TABLE_MOST;
    if (elf->malformed)
        return true;
    need_up_to(elf, end_of(elf->table_offset, elf->table_size), file_size);
    if (end_of(elf->table_offset, elf->table_size) <= head.length)
        elf_read_segments(elf, span_from(head, (size_t)elf->table_offset), file_size);
    return true;
}

void elf_read_segments(struct elf *elf, struct span table, uint64_t file_size)
{
    if (elf->malformed || table.length < elf->table_size) {
        elf->malformed = true;
        return;
    }
    const struct layout *layout = layout_of(elf);
    for (size_t i = 0; i < elf->segment_count; i++) {
        struct span segment = span_from(table, i * layout->segment_size);
        uint64_t type = elf_number(elf, segment, 0, 4);
        uint64_t offset = elf_number(elf, segment, layout->offset, layout->word);
        uint64_t size = elf_number(elf, segment, layout->file_size, layout->word);
        if (type == SEGMENT_LOAD || type == SEGMENT_INTERPRETER)
            need_up_to(elf, end_of(offset, size), file_size);
        /* The kernel takes the first one, and refuses a path of these lengths. */
        if (type == SEGMENT_INTERPRETER && elf->interpreter_size == 0) {
            elf->malformed = size < 2 || size > INTERPRETER_MOST;
            elf->interpreter_offset = offset;
            elf->interpreter_size = size;
        }
        if (elf->malformed)
            return;
    }
    elf->has_segments = true;
}

struct span elf_interpreter(struct span bytes)
{
    struct span nothing = {NULL, 0};
    if (bytes.length < 2 || bytes.at[bytes.length - 1] != '\0' || *bytes.at == '\0')
        return nothing;
    return span_split(&bytes, '\0');
}

static size_t row_of(const struct elf *elf)
{
    size_t row = 0;
    while (row < ARRAY_LENGTH(machines) && (machines[row].machine != elf->machine || machines[row].bits != elf->bits ||
                                            machines[row].big_endian != elf->big_endian))
        row++;
    return row;
}

struct elf elf_of_this_machine(void)
{
    struct elf own = {.bits = 8 * sizeof(void *)};
#if defined(__x86_64__)
    own.machine = EM_X86_64;
#elif defined(__aarch64__)
    own.machine = EM_AARCH64;
#endif
    return own;
}

const char *elf_machine_name(const struct elf *elf)
{
    size_t row = row_of(elf);
    return row < ARRAY_LENGTH(machines) ? machines[row].name : NULL;
}

const char *elf_platform(const struct elf *elf)
{
    size_t row = row_of(elf);
    return row < ARRAY_LENGTH(machines) ? machines[row].platform : NULL;
}

bool elf_same_machine(const struct elf *a, const struct elf *b)
{
    return a->machine == b->machine && a->bits == b->bits && a->big_endian == b->big_endian;
}
