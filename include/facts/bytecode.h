#ifndef FACTS_BYTECODE_H
#define FACTS_BYTECODE_H

/* The 16 bytes at the beginning of a .pyc file, by which Python knows whether it may use it in place of the source.
 * Any bytes may be given; no system call is made.
 *
 * Source: PEP 552, Lib/importlib/_bootstrap_external.py (_classify_pyc), CPython 3.8 and later; the magic numbers are those of
 * Include/internal/pycore_magic_number.h.
 */

#include "base/text.h"

#include <stdint.h>

enum { BYTECODE_HEADER = 16 };

enum bytecode_state {
    BYTECODE_GOOD,    /* as far as its header tells; the source's hash isn't computed */
    BYTECODE_STALE,   /* of a source of another time or size */
    BYTECODE_FOREIGN, /* of another version of Python */
    BYTECODE_DAMAGED, /* shorter than its header, or with flags that Python refuses */
};

/* Of Python 3.`minor`; where its magic number isn't known to us it isn't compared. `modified` and `size` are the
 * source's, of which the header keeps the low 32 bits. */
enum bytecode_state bytecode_judge(struct span head, unsigned minor, int64_t modified, uint64_t size);

#endif
