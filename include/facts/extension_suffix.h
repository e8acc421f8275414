#ifndef FACTS_EXTENSION_SUFFIX_H
#define FACTS_EXTENSION_SUFFIX_H

/* What the name of a compiled module says of the Python that takes it: the part behind the module's own name.
 *
 *   .cpython-312-x86_64-linux-gnu.so    CPython 3.12, Linux, x86_64, glibc
 *   .cpython-313t-aarch64-linux-musl.so free-threaded, musl
 *   .cpython-312-darwin.so, .cp312-win_amd64.pyd
 *   .abi3.so, .abi3-x86_64-linux-gnu.so the stable ABI (the latter is Debian's)
 *   .abi3t.so                           the same for free-threaded ones and others, from 3.15 on
 *   .pypy310-pp73-x86_64-linux-gnu.so   another implementation
 *   .so                                 any
 *
 * Python takes a file only by its suffix, and doesn't look into it: one with another tag isn't there, as if the module
 * weren't installed. Any bytes may be given; no system call is made. Spans lie in the given bytes.
 *
 * Source: PEP 3149, PEP 425, PEP 803, CPython's configure.ac (SOABI), Misc/platform_triplet.c, Python/dynload_shlib.c.
 */

#include "base/text.h"

enum extension_python { EXTENSION_ANY_PYTHON, EXTENSION_STABLE, EXTENSION_CPYTHON, EXTENSION_OTHER_PYTHON };
enum extension_system { EXTENSION_ANY_SYSTEM, EXTENSION_LINUX, EXTENSION_MACOS, EXTENSION_WINDOWS };

struct extension_suffix {
    enum extension_python python;
    unsigned minor;     /* of CPython 3 */
    bool free_threaded; /* the `t` of 313t, and of abi3t */
    bool debug;         /* the `d` of 312d */
    enum extension_system system;
    struct span machine; /* "x86_64", "aarch64"; empty: not named */
    struct span libc;    /* "gnu", "musl", "gnueabihf"; empty: not named */
};

/* The most fundamental difference. */
enum extension_difference {
    EXTENSION_FITS,
    EXTENSION_OF_OTHER_SYSTEM,
    EXTENSION_OF_OTHER_MACHINE,
    EXTENSION_OF_OTHER_LIBC,
    EXTENSION_TAKEN_IN_VAIN, /* of another Python, which the name doesn't tell: the import fails in the file */
    EXTENSION_OF_OTHER_PYTHON,
};

/* `suffix` begins with the dot behind the module's name. False where it is no compiled module's. */
bool extension_suffix_read(struct span suffix, struct extension_suffix *read);
/* Whether a Python whose own extensions have the suffix `own` takes `other`; what either doesn't name isn't compared.
 * The stable ABI is taken by all that are not free-threaded, abi3t by all from 3.15 on. */
enum extension_difference extension_suffix_compare(const struct extension_suffix *own,
                                                   const struct extension_suffix *other);

#endif
