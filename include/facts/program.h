#ifndef FACTS_PROGRAM_H
#define FACTS_PROGRAM_H

/* What a file is, from its first bytes: what the kernel would make of it, and what it may be in place of the program
 * that was meant. Any bytes may be given; no system call is made. Spans lie in the given bytes.
 */

#include "facts/elf.h"
#include "facts/script_line.h"

enum { PROGRAM_HEAD = 4096 };

enum program_kind {
    PROGRAM_EMPTY,   /* no byte at all: a broken layer, or touch(1) */
    PROGRAM_ELF,     /* see `elf` */
    PROGRAM_SCRIPT,  /* begins with #!, see `script` */
    PROGRAM_MACH_O,  /* of macOS */
    PROGRAM_PE,      /* of Windows */
    PROGRAM_GIT_LFS, /* the pointer that Git LFS puts in place of a file it hasn't fetched */
    PROGRAM_ARCHIVE, /* see `format` */
    PROGRAM_TEXT,    /* for the kernel no program; a shell would take it for a script of its own */
    PROGRAM_OTHER
};

/* What stands before the #! of a text that was meant to be a script. */
enum program_prefix {
    PREFIX_NONE,
    PREFIX_BYTE_ORDER_MARK, /* UTF-8's, which editors on Windows write and nobody sees */
    PREFIX_BLANK,           /* blanks or empty lines */
    PREFIX_UTF_16           /* the whole file is UTF-16: a redirection in PowerShell */
};

struct program {
    enum program_kind kind;
    struct elf elf;
    struct script_line script;
    const char *format;         /* of an archive: "gzip", "zip", "xz", "zstd", "bzip2", "ar", "tar"; else NULL */
    enum program_prefix prefix; /* of PROGRAM_TEXT and PROGRAM_OTHER */
};

/* `head`: the file's first PROGRAM_HEAD bytes, or the whole of a smaller file. `file_size` as fstat says it. */
void program_read(struct program *program, struct span head, uint64_t file_size);

#endif
