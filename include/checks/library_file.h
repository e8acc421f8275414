#ifndef CHECKS_LIBRARY_FILE_H
#define CHECKS_LIBRARY_FILE_H

/* One ELF file as the loader opens it: its header, its segments and its dynamic section, and its strings. Reads a few
 * kilobytes. Source: ld.so(8), elf(5); open_verify in glibc's elf/dl-load.c, map_library in musl's ldso/dynlink.c.
 */

#include "checks/reader.h"
#include "facts/elf_dynamic.h"
#include "facts/program.h"

enum library_state {
    LIBRARY_GOOD,
    LIBRARY_ABSENT,
    LIBRARY_UNREADABLE,
    LIBRARY_OTHER_MACHINE,
    LIBRARY_DAMAGED,    /* every loader refuses it: no ELF file, too short, its dynamic section beyond its end */
    LIBRARY_NOT_TO_RUN, /* it lies on a mount with noexec: the kernel maps no code of it */
    LIBRARY_UNCLEAR,    /* it can't be told from reading whether the loader takes it */
};

enum { LIBRARY_STRINGS = 1024 };

struct library_file {
    int file; /* -1 unless LIBRARY_GOOD */
    struct stat status;
    struct program program; /* set if the file could be read; without `script` */
    struct elf_map map;
    struct elf_dynamic dynamic;
    /* The part of the string table that was read last: names stand close together. */
    uint64_t strings_start;
    size_t strings_length;
    char strings[LIBRARY_STRINGS];
};

/* Opens the file. It must be for `machine`, if that isn't NULL. After LIBRARY_GOOD library_file_close is due. */
enum library_state library_file_open(const struct reader *reader, struct span path, const struct elf *machine,
                                     struct library_file *library);
void library_file_close(struct library_file *library);
/* A string of its string table, in `buffer`, or in the file's own until the next call. A NULL `at`: there is none, or it is
 * longer than the buffer. */
struct span library_file_string(struct library_file *library, uint64_t offset, char *buffer, size_t size);
/* The loader's path (PT_INTERP), in `buffer` of PATH_MOST bytes; a NULL `at` without one. */
struct span library_file_interpreter(const struct library_file *library, char *buffer);
/* Calls `each` for the versions that it needs, and that it defines. False: they can't be read to their end. */
bool library_file_needs(const struct library_file *library,
                        void (*each)(void *context, const struct elf_version *version), void *context);
bool library_file_definitions(const struct library_file *library,
                              void (*each)(void *context, const struct elf_version *version), void *context);

#endif
