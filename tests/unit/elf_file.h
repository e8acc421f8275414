#ifndef TESTS_UNIT_ELF_FILE_H
#define TESTS_UNIT_ELF_FILE_H

/* ELF files with a dynamic section, made for a test: what a row leaves out isn't there. */

#include "facts/elf_dynamic.h"

#include <elf.h>
#include <string.h>

enum { MADE_BYTES = 4096, MADE_ADDRESS = 0x10000, MADE_STRINGS = 1024, MADE_NEEDS = 2048, MADE_DEFINITIONS = 2560 };

struct made_elf {
    uint16_t machine; /* 0: x86-64 */
    bool narrow;      /* 32 bits */
    const char *interpreter;
    const char *needed[6];
    const char *soname, *rpath, *runpath;
    const char *need_file; /* all versions that it needs are of this file */
    const char *needs[4];
    bool weak;
    const char *definitions[4];
    uint64_t flags_1;
};

struct made_bytes {
    unsigned char at[MADE_BYTES];
    size_t strings, dynamic, dynamic_start;
    bool narrow;
};

static inline void made_put(struct made_bytes *bytes, size_t offset, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        bytes->at[offset + i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t made_string(struct made_bytes *bytes, const char *string)
{
    size_t offset = bytes->strings;
    strcpy((char *)bytes->at + MADE_STRINGS + offset, string);
    bytes->strings += strlen(string) + 1;
    return offset;
}

static inline void made_entry(struct made_bytes *bytes, uint64_t tag, uint64_t value)
{
    size_t word = bytes->narrow ? 4 : 8;
    made_put(bytes, bytes->dynamic, tag, word);
    made_put(bytes, bytes->dynamic + word, value, word);
    bytes->dynamic += 2 * word;
}

/* The hash of the System V ABI, by which versions are compared. */
static inline uint32_t made_hash(const char *name)
{
    uint32_t hash = 0;
    for (; *name; name++) {
        hash = (hash << 4) + (unsigned char)*name;
        hash = (hash ^ (hash & 0xf0000000) >> 24) & 0x0fffffff;
    }
    return hash;
}

static inline void made_needs(struct made_bytes *bytes, const struct made_elf *made)
{
    uint64_t count = 0;
    while (count < 4 && made->needs[count])
        count++;
    made_put(bytes, MADE_NEEDS, 1, 2);
    made_put(bytes, MADE_NEEDS + 2, count, 2);
    made_put(bytes, MADE_NEEDS + 4, made_string(bytes, made->need_file), 4);
    made_put(bytes, MADE_NEEDS + 8, 16, 4);
    for (size_t i = 0; i < count; i++) {
        size_t at = MADE_NEEDS + 16 + 16 * i;
        made_put(bytes, at, made_hash(made->needs[i]), 4);
        made_put(bytes, at + 4, made->weak ? VER_FLG_WEAK : 0, 2);
        made_put(bytes, at + 8, made_string(bytes, made->needs[i]), 4);
        made_put(bytes, at + 12, i + 1 < count ? 16 : 0, 4);
    }
    made_entry(bytes, DT_VERNEED, MADE_ADDRESS + MADE_NEEDS);
    made_entry(bytes, DT_VERNEEDNUM, 1);
}

static inline void made_definitions(struct made_bytes *bytes, const struct made_elf *made)
{
    uint64_t count = 0;
    while (count < 4 && made->definitions[count])
        count++;
    for (size_t i = 0; i < count; i++) {
        size_t at = MADE_DEFINITIONS + 28 * i;
        made_put(bytes, at, 1, 2);
        made_put(bytes, at + 6, 1, 2);
        made_put(bytes, at + 8, made_hash(made->definitions[i]), 4);
        made_put(bytes, at + 12, 20, 4);
        made_put(bytes, at + 16, i + 1 < count ? 28 : 0, 4);
        made_put(bytes, at + 20, made_string(bytes, made->definitions[i]), 4);
    }
    made_entry(bytes, DT_VERDEF, MADE_ADDRESS + MADE_DEFINITIONS);
    made_entry(bytes, DT_VERDEFNUM, count);
}

static inline void made_segment(struct made_bytes *bytes, size_t index, uint32_t type, uint64_t offset, uint64_t size)
{
    size_t at = bytes->narrow ? 52 + index * 32 : 64 + index * 56, word = bytes->narrow ? 4 : 8;
    made_put(bytes, at, type, 4);
    made_put(bytes, at + (bytes->narrow ? 4 : 8), offset, word);
    made_put(bytes, at + (bytes->narrow ? 8 : 16), MADE_ADDRESS + offset, word);
    made_put(bytes, at + (bytes->narrow ? 16 : 32), size, word);
}

static inline void made_header(struct made_bytes *bytes, const struct made_elf *made, uint64_t segments)
{
    bool narrow = made->narrow;
    memcpy(bytes->at, "\x7f\x45LF", 4);
    bytes->at[4] = narrow ? 1 : 2;
    bytes->at[5] = bytes->at[6] = 1;
    made_put(bytes, 16, ET_DYN, 2);
    made_put(bytes, 18, made->machine ? made->machine : EM_X86_64, 2);
    made_put(bytes, narrow ? 28 : 32, narrow ? 52 : 64, narrow ? 4 : 8);
    made_put(bytes, narrow ? 42 : 54, narrow ? 32 : 56, 2);
    made_put(bytes, narrow ? 44 : 56, segments, 2);
}

/* The whole file in `bytes`. */
static inline void made_elf_write(const struct made_elf *made, struct made_bytes *bytes)
{
    memset(bytes, 0, sizeof(*bytes));
    bytes->strings = 1;
    bytes->narrow = made->narrow;
    bytes->dynamic = bytes->dynamic_start = 512;
    for (size_t i = 0; i < 6 && made->needed[i]; i++)
        made_entry(bytes, DT_NEEDED, made_string(bytes, made->needed[i]));
    if (made->soname)
        made_entry(bytes, DT_SONAME, made_string(bytes, made->soname));
    if (made->rpath)
        made_entry(bytes, DT_RPATH, made_string(bytes, made->rpath));
    if (made->runpath)
        made_entry(bytes, DT_RUNPATH, made_string(bytes, made->runpath));
    if (made->flags_1)
        made_entry(bytes, DT_FLAGS_1, made->flags_1);
    if (made->need_file)
        made_needs(bytes, made);
    if (made->definitions[0])
        made_definitions(bytes, made);
    made_entry(bytes, DT_STRTAB, MADE_ADDRESS + MADE_STRINGS);
    made_entry(bytes, DT_STRSZ, bytes->strings);
    made_entry(bytes, DT_NULL, 0);
    made_header(bytes, made, made->interpreter ? 3 : 2);
    made_segment(bytes, 0, PT_LOAD, 0, MADE_BYTES);
    made_segment(bytes, 1, PT_DYNAMIC, bytes->dynamic_start, bytes->dynamic - bytes->dynamic_start);
    if (!made->interpreter)
        return;
    strcpy((char *)bytes->at + 3072, made->interpreter);
    made_segment(bytes, 2, PT_INTERP, 3072, strlen(made->interpreter) + 1);
}

#endif
