#include "facts/program.h"

struct magic {
    struct span bytes;
    size_t offset;
    enum program_kind kind;
    const char *format;
};

static const struct magic magics[] = {
    {SPAN_ROW("\xfe\xed\xfa\xce"), 0, PROGRAM_MACH_O, NULL},
    {SPAN_ROW("\xce\xfa\xed\xfe"), 0, PROGRAM_MACH_O, NULL},
    {SPAN_ROW("\xfe\xed\xfa\xcf"), 0, PROGRAM_MACH_O, NULL},
    {SPAN_ROW("\xcf\xfa\xed\xfe"), 0, PROGRAM_MACH_O, NULL},
    {SPAN_ROW("\xca\xfe\xba\xbe\0\0\0"), 0, PROGRAM_MACH_O, NULL}, /* fat; see is_java_class */
    {SPAN_ROW("\xca\xfe\xba\xbf\0\0\0"), 0, PROGRAM_MACH_O, NULL},
    {SPAN_ROW("MZ"), 0, PROGRAM_PE, NULL},
    {SPAN_ROW("version https://git-lfs"), 0, PROGRAM_GIT_LFS, NULL},
    {SPAN_ROW("\x1f\x8b"), 0, PROGRAM_ARCHIVE, "gzip"},
    {SPAN_ROW("PK\x03\x04"), 0, PROGRAM_ARCHIVE, "zip"},
    {SPAN_ROW("PK\x05\x06"), 0, PROGRAM_ARCHIVE, "zip"},
    {SPAN_ROW("\xfd"
              "7zXZ\0"),
     0, PROGRAM_ARCHIVE, "xz"},
    {SPAN_ROW("\x28\xb5\x2f\xfd"), 0, PROGRAM_ARCHIVE, "zstd"},
    {SPAN_ROW("BZh"), 0, PROGRAM_ARCHIVE, "bzip2"},
    {SPAN_ROW("!<arch>\n"), 0, PROGRAM_ARCHIVE, "ar"},
    {SPAN_ROW("ustar"), 257, PROGRAM_ARCHIVE, "tar"},
};

/* Java's class files share the magic of fat Mach-O files; there a version of at least 45 stands where macOS counts the
 * machines. */
static bool is_java_class(struct span head)
{
    enum { FIRST_JAVA_VERSION = 45 };
    return span_starts(head, "\xca\xfe\xba\xbe") && head.length >= 8 && (unsigned char)head.at[7] >= FIRST_JAVA_VERSION;
}

static const struct magic *magic_of(struct span head)
{
    for (size_t i = 0; i < ARRAY_LENGTH(magics); i++) {
        struct span there = span_first(span_from(head, magics[i].offset), magics[i].bytes.length);
        if (span_equal(there, magics[i].bytes) && !is_java_class(head))
            return &magics[i];
    }
    return NULL;
}

static bool is_text(struct span head)
{
    for (size_t i = 0; i < head.length; i++) {
        unsigned char byte = (unsigned char)head.at[i];
        bool control = byte < ' ' && !(byte >= '\b' && byte <= '\r') && byte != '\x1b';
        if (control || byte == 0x7F)
            return false;
    }
    return true;
}

static enum program_prefix prefix_of(struct span head)
{
    if (span_starts(head, "\xff\xfe") || span_starts(head, "\xfe\xff"))
        return PREFIX_UTF_16;
    bool marked = span_starts(head, "\xef\xbb\xbf");
    struct span rest = span_trim(span_from(head, marked ? 3 : 0));
    if (!span_starts(rest, "#!"))
        return PREFIX_NONE;
    return marked ? PREFIX_BYTE_ORDER_MARK : PREFIX_BLANK;
}

void program_read(struct program *program, struct span head, uint64_t file_size)
{
    *program = (struct program){.kind = PROGRAM_OTHER, .prefix = PREFIX_NONE};
    const struct magic *magic = magic_of(head);
    if (head.length == 0 || file_size == 0)
        program->kind = PROGRAM_EMPTY;
    else if (elf_read(&program->elf, head, file_size))
        program->kind = PROGRAM_ELF;
    else if (script_line_read(&program->script, head))
        program->kind = PROGRAM_SCRIPT;
    else if (magic) {
        program->kind = magic->kind;
        program->format = magic->format;
    } else {
        program->kind = is_text(head) ? PROGRAM_TEXT : PROGRAM_OTHER;
        program->prefix = prefix_of(head);
    }
}
