#include "checks/library_file.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

enum { DYNAMIC_MOST = 4096, VERSIONS_BYTES = 8192, HEADER_64 = 64 };

static enum library_state state_of(int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG)
        return LIBRARY_ABSENT;
    if (error == EACCES)
        return LIBRARY_UNREADABLE;
    return error ? LIBRARY_UNCLEAR : LIBRARY_GOOD;
}

/* In the loader's order: what is for another machine is passed over, whatever else is wrong with it. */
static enum library_state judge_header(const struct library_file *library, const struct elf *machine, struct span head)
{
    const struct elf *elf = &library->program.elf;
    if (head.length < HEADER_64 || library->program.kind != PROGRAM_ELF)
        return LIBRARY_DAMAGED;
    if (!machine || elf->bits == 0)
        return machine ? LIBRARY_DAMAGED : elf->malformed ? LIBRARY_UNCLEAR : LIBRARY_GOOD;
    if (elf->bits != machine->bits)
        return LIBRARY_OTHER_MACHINE;
    if (elf->big_endian != machine->big_endian)
        return LIBRARY_DAMAGED;
    unsigned char system = (unsigned char)head.at[EI_OSABI];
    if (system != ELFOSABI_SYSV && system != ELFOSABI_GNU)
        return LIBRARY_UNCLEAR;
    if (elf->machine != machine->machine)
        return LIBRARY_OTHER_MACHINE;
    return elf->malformed ? LIBRARY_DAMAGED : LIBRARY_GOOD;
}

/* What lies beyond the last page of a file can't be touched: the loader dies of SIGBUS. What is missing within that page
 * reads as zeros, and may not matter. */
static enum library_state judge_end(const struct library_file *library)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t touchable = ((uint64_t)library->status.st_size + page - 1) / page * page;
    if (!library->program.elf.truncated)
        return LIBRARY_GOOD;
    bool is_lost = library->map.dynamic_offset != ELF_NOWHERE && library->map.dynamic_offset >= touchable;
    return is_lost ? LIBRARY_DAMAGED : LIBRARY_UNCLEAR;
}

static enum library_state read_segments(struct library_file *library, struct span head)
{
    char buffer[PROGRAM_HEAD];
    size_t length;
    struct elf *elf = &library->program.elf;
    struct span table = span_from(head, (size_t)elf->table_offset);
    if (!elf->has_segments) {
        if (elf->table_size > sizeof(buffer) ||
            reader_read_at(library->file, elf->table_offset, buffer, (size_t)elf->table_size, &length) != 0)
            return LIBRARY_UNCLEAR;
        table = (struct span){buffer, length};
        if (length < elf->table_size)
            return LIBRARY_DAMAGED;
        elf_read_segments(elf, table, (uint64_t)library->status.st_size);
    }
    elf_map_read(&library->map, elf, table);
    return library->map.cut || elf->malformed ? LIBRARY_UNCLEAR : judge_end(library);
}

/* A program that needs no loader has no such section. */
static enum library_state read_dynamic(struct library_file *library, bool is_program)
{
    char buffer[DYNAMIC_MOST];
    size_t length = 0;
    uint64_t size = library->map.dynamic_size;
    if (library->map.dynamic_offset == ELF_NOWHERE)
        size = 0;
    else if (reader_read_at(library->file, library->map.dynamic_offset, buffer,
                            size < sizeof(buffer) ? (size_t)size : sizeof(buffer), &length) != 0)
        return LIBRARY_UNCLEAR;
    elf_dynamic_read(&library->dynamic, &library->program.elf, &library->map, (struct span){buffer, length});
    if (!size && is_program)
        library->dynamic.cut = false;
    return library->dynamic.cut ? LIBRARY_UNCLEAR : LIBRARY_GOOD;
}

static enum library_state read_all(const struct reader *reader, struct library_file *library, const struct elf *machine)
{
    char buffer[PROGRAM_HEAD];
    size_t length;
    enum library_state state = state_of(reader_read_at(library->file, 0, buffer, sizeof(buffer), &length));
    struct span head = {buffer, length};
    if (state != LIBRARY_GOOD)
        return LIBRARY_UNCLEAR;
    program_read(&library->program, head, (uint64_t)library->status.st_size);
    library->program.script = (struct script_line){0};
    state = judge_header(library, machine, head);
    if (state == LIBRARY_GOOD)
        state = read_segments(library, head);
    if (state == LIBRARY_GOOD)
        state = read_dynamic(library, !machine);
    if (state == LIBRARY_GOOD && machine && library->map.has_code && reader_file_is_noexec(reader, library->file))
        state = LIBRARY_NOT_TO_RUN;
    return state;
}

enum library_state library_file_open(const struct reader *reader, struct span path, const struct elf *machine,
                                     struct library_file *library)
{
    struct stat status;
    int file;
    library->file = -1;
    enum library_state state = state_of(reader_open_file(reader, path, &file, &status));
    if (state != LIBRARY_GOOD)
        return state;
    library->file = file;
    library->status = status;
    library->strings_length = 0;
    state = read_all(reader, library, machine);
    if (state != LIBRARY_GOOD)
        library_file_close(library);
    return state;
}

void library_file_close(struct library_file *library)
{
    if (library->file >= 0)
        close(library->file);
    library->file = -1;
}

static struct span string_in(char *bytes, size_t length, uint64_t from)
{
    struct span rest = {bytes + from, length - (size_t)from};
    struct span string = span_split(&rest, '\0');
    return rest.at ? string : (struct span){0};
}

/* From a bit before the string on: those that were asked for first need not be the first ones. */
static struct span string_nearby(struct library_file *library, uint64_t offset)
{
    const struct elf_dynamic *dynamic = &library->dynamic;
    uint64_t start = library->strings_start;
    if (offset < start || offset - start >= library->strings_length) {
        start = offset > LIBRARY_STRINGS / 4 ? offset - LIBRARY_STRINGS / 4 : 0;
        uint64_t most = dynamic->strings_size - start;
        library->strings_start = start;
        if (reader_read_at(library->file, dynamic->strings_offset + start, library->strings,
                           most < LIBRARY_STRINGS ? (size_t)most : LIBRARY_STRINGS, &library->strings_length) != 0)
            library->strings_length = 0;
    }
    if (offset - start >= library->strings_length)
        return (struct span){0};
    return string_in(library->strings, library->strings_length, offset - start);
}

struct span library_file_string(struct library_file *library, uint64_t offset, char *buffer, size_t size)
{
    const struct elf_dynamic *dynamic = &library->dynamic;
    size_t length;
    if (dynamic->strings_offset == ELF_NOWHERE || offset >= dynamic->strings_size ||
        dynamic->strings_offset > ELF_NOWHERE - dynamic->strings_size)
        return (struct span){0};
    struct span string = string_nearby(library, offset);
    if (string.at)
        return string;
    uint64_t most = dynamic->strings_size - offset;
    if (reader_read_at(library->file, dynamic->strings_offset + offset, buffer, most < size ? (size_t)most : size,
                       &length) != 0)
        return (struct span){0};
    return string_in(buffer, length, 0);
}

struct span library_file_interpreter(const struct library_file *library, char *buffer)
{
    const struct elf *elf = &library->program.elf;
    size_t length;
    if (!elf->interpreter_size || elf->interpreter_size > PATH_MOST ||
        reader_read_at(library->file, elf->interpreter_offset, buffer, (size_t)elf->interpreter_size, &length) != 0 ||
        length < elf->interpreter_size)
        return (struct span){0};
    return elf_interpreter((struct span){buffer, length});
}

static bool read_versions(const struct library_file *library, uint64_t offset, char *buffer, struct span *bytes)
{
    size_t length;
    if (offset == ELF_NOWHERE || reader_read_at(library->file, offset, buffer, VERSIONS_BYTES, &length) != 0)
        return false;
    *bytes = (struct span){buffer, length};
    return true;
}

bool library_file_needs(const struct library_file *library,
                        void (*each)(void *context, const struct elf_version *version), void *context)
{
    char buffer[VERSIONS_BYTES];
    struct span bytes;
    const struct elf_dynamic *dynamic = &library->dynamic;
    if (!dynamic->need_count)
        return true;
    return read_versions(library, dynamic->needs_offset, buffer, &bytes) &&
           elf_version_needs(&library->program.elf, bytes, dynamic->need_count, each, context);
}

bool library_file_definitions(const struct library_file *library,
                              void (*each)(void *context, const struct elf_version *version), void *context)
{
    char buffer[VERSIONS_BYTES];
    struct span bytes;
    const struct elf_dynamic *dynamic = &library->dynamic;
    if (!dynamic->definition_count)
        return true;
    return read_versions(library, dynamic->definitions_offset, buffer, &bytes) &&
           elf_version_definitions(&library->program.elf, bytes, dynamic->definition_count, each, context);
}
