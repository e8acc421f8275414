#include "facts/extension_suffix.h"

enum { MINOR_MOST = 999, ABI3T_MINOR = 15 };

static size_t count_digits(struct span text)
{
    size_t count = 0;
    while (count < text.length && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

/* "312", "313t", "312d", "37m": the major version is one digit. */
static bool read_version(struct span tag, struct extension_suffix *read)
{
    size_t digits = count_digits(tag);
    struct span flags = span_from(tag, digits);
    uint64_t minor;
    if (!span_starts(tag, "3") || !span_number(span_from(span_first(tag, digits), 1), MINOR_MOST, &minor))
        return false;
    read->python = EXTENSION_CPYTHON;
    read->minor = (unsigned)minor;
    read->free_threaded = span_has(flags, 't');
    read->debug = span_has(flags, 'd');
    return true;
}

/* MACHINE-linux-LIBC, or darwin. Of others (android, iOS, none at all) only the Python is compared. */
static void read_platform(struct span platform, struct extension_suffix *read)
{
    size_t where;
    if (span_is(platform, "darwin")) {
        read->system = EXTENSION_MACOS;
    } else if (span_find(platform, "-linux-", &where)) {
        read->system = EXTENSION_LINUX;
        read->machine = span_first(platform, where);
        read->libc = span_from(platform, where + sizeof("-linux-") - 1);
    }
}

static void read_tag(struct span tag, struct extension_suffix *read)
{
    struct span rest = tag;
    struct span first = span_split(&rest, '-');
    if (span_is(first, "cpython")) {
        struct span version = span_split(&rest, '-');
        if (read_version(version, read))
            read_platform(rest, read);
        else
            read->python = EXTENSION_OTHER_PYTHON;
    } else if (span_is(first, "abi3") || span_is(first, "abi3t")) {
        read->python = EXTENSION_STABLE;
        read->free_threaded = span_is(first, "abi3t");
        read_platform(rest, read);
    } else if (span_starts(first, "pypy") || span_starts(first, "graalpy")) {
        read->python = EXTENSION_OTHER_PYTHON;
    } else if (span_starts(first, "cp")) {
        read_version(span_from(first, 2), read);
    }
}

bool extension_suffix_read(struct span suffix, struct extension_suffix *read)
{
    *read = (struct extension_suffix){.python = EXTENSION_ANY_PYTHON};
    bool windows = span_ends(suffix, ".pyd");
    if (!span_starts(suffix, ".") || (!windows && !span_ends(suffix, ".so")))
        return false;
    size_t ending = windows ? sizeof(".pyd") - 1 : sizeof(".so") - 1;
    struct span tag = span_from(span_first(suffix, suffix.length - ending), 1);
    if (span_has(tag, '.'))
        return false; /* the suffix of another module: a.b.so is of `a.b` */
    read_tag(tag, read);
    if (windows)
        read->system = EXTENSION_WINDOWS;
    return tag.length == 0 || read->python != EXTENSION_ANY_PYTHON;
}

static bool differ(struct span a, struct span b)
{
    return a.length > 0 && b.length > 0 && !span_equal(a, b);
}

/* A free-threaded Python before 3.15 takes the name .abi3.so as well, and can't import any such file: objects have another
 * form there (SystemError: init function returned uninitialized object). */
static enum extension_difference compare_stable(const struct extension_suffix *own,
                                                const struct extension_suffix *other)
{
    bool knows_abi3t = own->minor >= ABI3T_MINOR;
    if (other->free_threaded ? knows_abi3t : !own->free_threaded)
        return EXTENSION_FITS;
    return other->free_threaded || knows_abi3t ? EXTENSION_OF_OTHER_PYTHON : EXTENSION_TAKEN_IN_VAIN;
}

enum extension_difference extension_suffix_compare(const struct extension_suffix *own,
                                                   const struct extension_suffix *other)
{
    if (own->system != other->system && own->system != EXTENSION_ANY_SYSTEM && other->system != EXTENSION_ANY_SYSTEM)
        return EXTENSION_OF_OTHER_SYSTEM;
    if (differ(own->machine, other->machine))
        return EXTENSION_OF_OTHER_MACHINE;
    if (differ(own->libc, other->libc))
        return EXTENSION_OF_OTHER_LIBC;
    if (other->python == EXTENSION_ANY_PYTHON)
        return EXTENSION_FITS;
    if (other->python == EXTENSION_STABLE)
        return compare_stable(own, other);
    if (other->python == EXTENSION_OTHER_PYTHON || own->minor != other->minor ||
        own->free_threaded != other->free_threaded)
        return EXTENSION_OF_OTHER_PYTHON;
    /* A debug build takes what was compiled for a release build (since 3.8), not the other way round. */
    return other->debug && !own->debug ? EXTENSION_OF_OTHER_PYTHON : EXTENSION_FITS;
}
