#include "facts/elf_dynamic.h"

#include <elf.h>

enum { NEED_SIZE = 16, NEED_AUXILIARY_SIZE = 16, DEFINITION_SIZE = 20, DEFINITION_AUXILIARY_SIZE = 8 };

/* Where a field of a segment is, in the two classes. */
struct layout {
    size_t segment_size;
    size_t flags, offset, address, file_size;
    size_t word;
};

static const struct layout layout_32 = {
    .segment_size = 32, .flags = 24, .offset = 4, .address = 8, .file_size = 16, .word = 4};
static const struct layout layout_64 = {
    .segment_size = 56, .flags = 4, .offset = 8, .address = 16, .file_size = 32, .word = 8};

static const struct layout *layout_of(const struct elf *elf)
{
    return elf->bits == 64 ? &layout_64 : &layout_32;
}

/* ---- segments ---- */

static void add_load(struct elf_map *map, uint64_t address, uint64_t offset, uint64_t size)
{
    map->cut |= map->load_count == ELF_LOADS_MOST;
    if (map->cut)
        return;
    map->loads[map->load_count].address = address;
    map->loads[map->load_count].offset = offset;
    map->loads[map->load_count++].size = size;
}

/* The loader finds the dynamic section in memory, by its address. */
void elf_map_read(struct elf_map *map, const struct elf *elf, struct span table)
{
    const struct layout *layout = layout_of(elf);
    uint64_t dynamic = ELF_NOWHERE;
    *map = (struct elf_map){.dynamic_offset = ELF_NOWHERE};
    for (size_t i = 0; i < elf->segment_count && (i + 1) * layout->segment_size <= table.length; i++) {
        struct span segment = span_from(table, i * layout->segment_size);
        uint64_t type = elf_number(elf, segment, 0, 4);
        uint64_t offset = elf_number(elf, segment, layout->offset, layout->word);
        uint64_t address = elf_number(elf, segment, layout->address, layout->word);
        uint64_t size = elf_number(elf, segment, layout->file_size, layout->word);
        if (type == PT_LOAD) {
            add_load(map, address, offset, size);
            map->has_code |= (elf_number(elf, segment, layout->flags, 4) & PF_X) != 0;
        }
        if (type == PT_DYNAMIC) {
            dynamic = address;
            map->dynamic_size = size;
        }
    }
    map->dynamic_offset = dynamic == ELF_NOWHERE ? ELF_NOWHERE : elf_map_offset(map, dynamic);
}

uint64_t elf_map_offset(const struct elf_map *map, uint64_t address)
{
    for (unsigned i = 0; i < map->load_count; i++) {
        uint64_t inside = address - map->loads[i].address;
        if (address >= map->loads[i].address && inside < map->loads[i].size &&
            map->loads[i].offset <= ELF_NOWHERE - 1 - inside)
            return map->loads[i].offset + inside;
    }
    return ELF_NOWHERE;
}

/* ---- the dynamic section ---- */

static void take_needed(struct elf_dynamic *dynamic, uint64_t value)
{
    if (dynamic->needed_count == ELF_NEEDED_MOST)
        dynamic->cut = true;
    else
        dynamic->needed[dynamic->needed_count++] = value;
}

static unsigned counted(uint64_t value)
{
    return value < ELF_VERSIONS_MOST ? (unsigned)value : ELF_VERSIONS_MOST;
}

static void take_entry(struct elf_dynamic *dynamic, const struct elf_map *map, uint64_t tag, uint64_t value)
{
    if (tag == DT_NEEDED)
        take_needed(dynamic, value);
    else if (tag == DT_SONAME)
        dynamic->soname = value;
    else if (tag == DT_RPATH)
        dynamic->rpath = value;
    else if (tag == DT_RUNPATH)
        dynamic->runpath = value;
    else if (tag == DT_STRTAB)
        dynamic->strings_offset = elf_map_offset(map, value);
    else if (tag == DT_STRSZ)
        dynamic->strings_size = value;
    else if (tag == DT_VERNEED)
        dynamic->needs_offset = elf_map_offset(map, value);
    else if (tag == DT_VERNEEDNUM)
        dynamic->need_count = counted(value);
    else if (tag == DT_VERDEF)
        dynamic->definitions_offset = elf_map_offset(map, value);
    else if (tag == DT_VERDEFNUM)
        dynamic->definition_count = counted(value);
    else if (tag == DT_FLAGS_1)
        dynamic->no_default_folders = value & DF_1_NODEFLIB;
}

void elf_dynamic_read(struct elf_dynamic *dynamic, const struct elf *elf, const struct elf_map *map, struct span bytes)
{
    size_t word = layout_of(elf)->word;
    *dynamic = (struct elf_dynamic){.cut = true,
                                    .soname = ELF_NOWHERE,
                                    .rpath = ELF_NOWHERE,
                                    .runpath = ELF_NOWHERE,
                                    .strings_offset = ELF_NOWHERE,
                                    .needs_offset = ELF_NOWHERE,
                                    .definitions_offset = ELF_NOWHERE};
    for (size_t at = 0; at + 2 * word <= bytes.length; at += 2 * word) {
        uint64_t tag = elf_number(elf, bytes, at, word);
        if (tag == DT_NULL) {
            dynamic->cut = dynamic->needed_count == ELF_NEEDED_MOST;
            return;
        }
        take_entry(dynamic, map, tag, elf_number(elf, bytes, at + word, word));
    }
}

/* ---- versions ---- */

static bool holds(struct span bytes, uint64_t at, size_t size)
{
    return at <= bytes.length && size <= bytes.length - at;
}

/* Both lists are chained by the distance to the next: 0 ends one. A count is given, so that a loop ends, too. */
static bool read_needs_of_file(const struct elf *elf, struct span bytes, uint64_t need, uint64_t file,
                               void (*each)(void *context, const struct elf_version *version), void *context)
{
    uint64_t count = elf_number(elf, bytes, (size_t)need + 2, 2);
    uint64_t at = need + elf_number(elf, bytes, (size_t)need + 8, 4);
    while (count--) {
        if (!holds(bytes, at, NEED_AUXILIARY_SIZE))
            return false;
        struct span auxiliary = span_from(bytes, (size_t)at);
        struct elf_version version = {.file = file,
                                      .hash = (uint32_t)elf_number(elf, auxiliary, 0, 4),
                                      .weak = elf_number(elf, auxiliary, 4, 2) & VER_FLG_WEAK,
                                      .name = elf_number(elf, auxiliary, 8, 4)};
        uint64_t next = elf_number(elf, auxiliary, 12, 4);
        each(context, &version);
        if (!next)
            return true;
        at += next;
    }
    return true;
}

bool elf_version_needs(const struct elf *elf, struct span bytes, unsigned count,
                       void (*each)(void *context, const struct elf_version *version), void *context)
{
    uint64_t at = 0;
    while (count--) {
        if (!holds(bytes, at, NEED_SIZE) || elf_number(elf, bytes, (size_t)at, 2) != 1)
            return false;
        uint64_t file = elf_number(elf, bytes, (size_t)at + 4, 4);
        uint64_t next = elf_number(elf, bytes, (size_t)at + 12, 4);
        if (!read_needs_of_file(elf, bytes, at, file, each, context))
            return false;
        if (!next)
            return true;
        at += next;
    }
    return true;
}

bool elf_version_definitions(const struct elf *elf, struct span bytes, unsigned count,
                             void (*each)(void *context, const struct elf_version *version), void *context)
{
    uint64_t at = 0;
    while (count--) {
        if (!holds(bytes, at, DEFINITION_SIZE) || elf_number(elf, bytes, (size_t)at, 2) != 1)
            return false;
        struct span definition = span_from(bytes, (size_t)at);
        uint64_t auxiliary = at + elf_number(elf, definition, 12, 4);
        uint64_t next = elf_number(elf, definition, 16, 4);
        if (!holds(bytes, auxiliary, DEFINITION_AUXILIARY_SIZE))
            return false;
        struct elf_version version = {.file = ELF_NOWHERE,
                                      .hash = (uint32_t)elf_number(elf, definition, 8, 4),
                                      .name = elf_number(elf, bytes, (size_t)auxiliary, 4)};
        each(context, &version);
        if (!next)
            return true;
        at += next;
    }
    return true;
}
