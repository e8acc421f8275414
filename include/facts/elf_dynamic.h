#ifndef FACTS_ELF_DYNAMIC_H
#define FACTS_ELF_DYNAMIC_H

/* What the loader reads of an ELF file: where its segments lie, and its dynamic section with the libraries that it
 * needs, where they are to be looked for, and the versions that it needs and defines (elf(5); the chapter "Symbol
 * Versioning" of the LSB).
 *
 * The caller reads the bytes from the file, piece by piece, at the offsets that are given here. Any bytes may be given;
 * nothing outside of them is read, no system call is made. Of a file of other byte order or word size the same is told.
 */

#include "facts/elf.h"

enum { ELF_NEEDED_MOST = 64, ELF_LOADS_MOST = 24, ELF_VERSIONS_MOST = 4096 };

#define ELF_NOWHERE UINT64_MAX

/* Which part of the file is put at which address. */
struct elf_map {
    struct {
        uint64_t address;
        uint64_t offset;
        uint64_t size; /* in the file */
    } loads[ELF_LOADS_MOST];
    unsigned load_count;
    bool cut;                /* there are more loads than fit */
    bool has_code;           /* one of them is to be executed */
    uint64_t dynamic_offset; /* ELF_NOWHERE: there is no dynamic section */
    uint64_t dynamic_size;
};

/* `table` is the segment table: the file's bytes from table_offset on. Of a shorter one only what it holds is told. */
void elf_map_read(struct elf_map *map, const struct elf *elf, struct span table);
/* The place in the file of what will be at `address`; ELF_NOWHERE when it comes from no part of the file. */
uint64_t elf_map_offset(const struct elf_map *map, uint64_t address);

/* Strings are told by their offset in the string table, ELF_NOWHERE without one. */
struct elf_dynamic {
    bool cut; /* the section has no end in the given bytes, or more libraries than fit: it isn't all */
    uint64_t needed[ELF_NEEDED_MOST];
    unsigned needed_count;
    uint64_t soname;
    uint64_t rpath;
    uint64_t runpath;
    bool no_default_folders; /* DF_1_NODEFLIB */
    uint64_t strings_offset; /* in the file */
    uint64_t strings_size;
    uint64_t needs_offset; /* in the file: of the versions that it needs */
    unsigned need_count;   /* of files that it needs versions of */
    uint64_t definitions_offset;
    unsigned definition_count;
};

/* `bytes`: the file's from dynamic_offset on, at most dynamic_size. */
void elf_dynamic_read(struct elf_dynamic *dynamic, const struct elf *elf, const struct elf_map *map, struct span bytes);

/* One version, needed or defined. `file` and `name` are offsets in the string table; of a definition there is no file. */
struct elf_version {
    uint64_t file;
    uint64_t name;
    uint32_t hash; /* of the name; of two versions with different ones the names differ */
    bool weak;     /* needed, but not found it is no error */
};

/* Call `each` for every version of the bytes from needs_offset (definitions_offset) on. False: the bytes don't hold them
 * all, or they are malformed; those before have been told. */
bool elf_version_needs(const struct elf *elf, struct span bytes, unsigned count,
                       void (*each)(void *context, const struct elf_version *version), void *context);
bool elf_version_definitions(const struct elf *elf, struct span bytes, unsigned count,
                             void (*each)(void *context, const struct elf_version *version), void *context);

#endif
