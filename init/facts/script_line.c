#include "facts/script_line.h"

/* Beyond its end a file reads as NUL, in the kernel's buffer too. */
static char byte_at(struct span head, size_t i)
{
    return i < head.length ? head.at[i] : '\0';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The first index from `i` to below `end` whose byte isn't blank; `end` where all are. */
static size_t skip_blanks(struct span head, size_t i, size_t end)
{
    while (i < end && is_blank(byte_at(head, i)))
        i++;
    return i;
}

static size_t end_of_word(struct span head, size_t i, size_t end)
{
    while (i < end && !is_blank(byte_at(head, i)) && byte_at(head, i) != '\0')
        i++;
    return i;
}

static struct span between(struct span head, size_t start, size_t end)
{
    return span_first(span_from(head, start), end > start ? end - start : 0);
}

/* The index of the LF; SCRIPT_HEAD where there is none, or a NUL comes first (the kernel looks no further). */
static size_t line_end(struct span head)
{
    size_t i = 0;
    while (i < SCRIPT_HEAD && byte_at(head, i) != '\n')
        if (byte_at(head, i++) == '\0')
            return SCRIPT_HEAD;
    return i;
}

static void read_words(struct script_line *line, struct span head, size_t end)
{
    while (end > 2 && is_blank(byte_at(head, end - 1)))
        end--;
    size_t start = skip_blanks(head, 2, end);
    size_t stop = end_of_word(head, start, end);
    line->interpreter = between(head, start, stop);
    if (stop < end && byte_at(head, stop) == '\0')
        return;
    struct span argument = between(head, skip_blanks(head, stop, end), end);
    line->argument = argument.length > 0 ? span_split(&argument, '\0') : argument;
}

static bool is_assignment(struct span word)
{
    return span_has(word, '=') && !span_starts(word, "=");
}

static bool is_lone_option(struct span word)
{
    return span_is(word, "-i") || span_is(word, "-") || span_is(word, "--ignore-environment") || span_is(word, "-v") ||
           span_starts(word, "--unset=") || span_starts(word, "--chdir=") || span_is(word, "--");
}

static bool is_plain(struct span word)
{
    return word.length > 0 && !span_has(word, '\\') && !span_has(word, '$') && !span_has(word, '"') &&
           !span_has(word, '\'') && !span_starts(word, "-");
}

static struct span take_word(struct span *rest)
{
    *rest = span_trim(*rest);
    size_t end = end_of_word(*rest, 0, rest->length);
    struct span word = span_first(*rest, end);
    *rest = span_from(*rest, end);
    return word;
}

/* env -S splits at blanks; what comes before the program are options of env's own and variables (env(1)). */
static struct span program_of_split(struct span words)
{
    struct span word = take_word(&words);
    while (word.length > 0) {
        if (span_is(word, "-u") || span_is(word, "-C"))
            take_word(&words);
        else if (!is_assignment(word) && !is_lone_option(word))
            break;
        word = take_word(&words);
    }
    return is_plain(word) ? word : (struct span){NULL, 0};
}

static struct span program_of_env(struct script_line *line)
{
    static const char *const splitting[] = {"-S", "-vS", "--split-string="};
    for (size_t i = 0; i < ARRAY_LENGTH(splitting); i++) {
        if (span_starts(line->argument, splitting[i]))
            return program_of_split(span_from(line->argument, span_of(splitting[i]).length));
    }
    if (span_starts(line->argument, "-") || is_assignment(line->argument))
        return (struct span){NULL, 0};
    line->by_env_unsplit = span_has(line->argument, ' ') || span_has(line->argument, '\t');
    return line->argument;
}

/* The path on the second line of a script that a shell and Python both can read: '''exec' PATH "$0" "$@", with PATH as
 * it is or in quotes (pip's distlib, uv). */
static struct span program_of_exec(struct span head)
{
    span_split(&head, '\n');
    struct span second = span_split(&head, '\n');
    if (!head.at || !span_starts(second, "'''exec' "))
        return (struct span){NULL, 0};
    second = span_trim(span_from(second, 9));
    char quote = span_starts(second, "\"") ? '"' : span_starts(second, "'") ? '\'' : ' ';
    if (quote != ' ')
        second = span_from(second, 1);
    struct span path = span_split(&second, quote);
    bool plain = span_starts(path, "/") && !span_has(path, '$') && !span_has(path, '\\');
    return second.at && plain ? path : (struct span){NULL, 0};
}

static void find_program(struct script_line *line, struct span head)
{
    line->program = line->interpreter;
    struct span name = span_base_name(line->interpreter);
    line->by_env = span_is(name, "env");
    if (line->by_env)
        line->program = program_of_env(line);
    struct span by_exec = span_is(name, "sh") ? program_of_exec(head) : (struct span){NULL, 0};
    line->by_shell = by_exec.length > 0;
    if (line->by_shell)
        line->program = by_exec;
}

bool script_line_read(struct script_line *line, struct span head)
{
    *line = (struct script_line){.too_long = false};
    if (!span_starts(head, "#!"))
        return false;
    size_t last = SCRIPT_HEAD - 1;
    size_t end = line_end(head);
    bool whole = end < SCRIPT_HEAD;
    if (!whole) {
        size_t start = skip_blanks(head, 2, SCRIPT_HEAD);
        line->too_long = end_of_word(head, start, SCRIPT_HEAD) == SCRIPT_HEAD;
        if (line->too_long)
            return true;
        end = last;
    }
    read_words(line, head, end);
    bool to_the_last = line->argument.length > 0 && line->argument.at + line->argument.length == head.at + last;
    line->argument_cut = !whole && to_the_last && byte_at(head, last) != '\0';
    line->carriage_return = whole && byte_at(head, end - 1) == '\r';
    find_program(line, head);
    return true;
}
