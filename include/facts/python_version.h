#ifndef FACTS_PYTHON_VERSION_H
#define FACTS_PYTHON_VERSION_H

/* Versions of Python in the places where they are written: 3.12.1, python3.13t, lib/python3.12, PY_VERSION_HEX.
 * Any bytes may be given; no system call is made.
 */

#include "base/text.h"

struct python_version {
    unsigned major, minor, micro;
    unsigned parts;     /* how many of the three are known: 0 for `python`, 1 for `python3`, 2 for `python3.12` */
    bool free_threaded; /* the `t` of python3.13t: its packages and its standard library are in folders of their own */
};

/* "3", "3.12", "3.12.1", and what PEP 440 and sys.version_info put behind it: 3.13.5.final.0, 3.14.0rc1, 3.12.1+,
 * 3.13t. False for all else; then `*version` has 0 parts. */
bool python_version_read(struct span text, struct python_version *version);
/* The name of a program or of a folder in lib: python, python3, python3.12, python3.13t, python3.13d. Not
 * python3-config, python3.12-gdb.py, pypy3. */
bool python_name_read(struct span name, struct python_version *version);
/* PY_VERSION_HEX, as the symbol Py_Version holds it: 0x030d05f0 is 3.13.5. */
struct python_version python_version_of_hex(uint32_t hex);
/* Below, at or above 0 as in strcmp, by major, minor and micro as far as both know them. */
int python_version_compare(const struct python_version *a, const struct python_version *b);
/* Both know their minor version, and one can use the other's packages: same major, minor, and threading. */
bool python_version_same_series(const struct python_version *a, const struct python_version *b);
/* As many parts as are known: "3.12", "3.13.5", "3.13t"; nothing where none is. */
void python_version_add(struct text *text, const struct python_version *version);

#endif
