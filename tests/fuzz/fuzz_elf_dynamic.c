#include "fuzz.h"

#include "facts/elf_dynamic.h"

static unsigned told;

static void tell(void *context, const struct elf_version *version)
{
    const struct elf_version *first = context;
    told++;
    must(version->file == ELF_NOWHERE || version->file <= UINT32_MAX);
    must(version->name <= UINT32_MAX && !first);
}

static struct span from(struct span all, uint64_t offset)
{
    return offset < all.length ? span_from(all, (size_t)offset) : SPAN("");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct elf elf;
    struct elf_map map;
    struct elf_dynamic dynamic;
    if (!elf_read(&elf, all, size) || elf.malformed || !elf.has_segments)
        return 0;
    elf_map_read(&map, &elf, from(all, elf.table_offset));
    must(map.load_count <= ELF_LOADS_MOST);
    elf_dynamic_read(&dynamic, &elf, &map, from(all, map.dynamic_offset));
    must(dynamic.needed_count <= ELF_NEEDED_MOST);
    must(dynamic.need_count <= ELF_VERSIONS_MOST && dynamic.definition_count <= ELF_VERSIONS_MOST);
    /* A chain of auxiliary entries may be walked once for each file; it is bounded by their 16-bit count. */
    struct span needs = span_first(from(all, dynamic.needs_offset), 2048);
    struct span definitions = span_first(from(all, dynamic.definitions_offset), 2048);
    told = 0;
    elf_version_needs(&elf, needs, dynamic.need_count < 16 ? dynamic.need_count : 16, tell, NULL);
    must(told <= 16 * UINT16_MAX);
    told = 0;
    elf_version_definitions(&elf, definitions, dynamic.definition_count, tell, NULL);
    must(told <= dynamic.definition_count);
    return 0;
}
