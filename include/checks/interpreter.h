#ifndef CHECKS_INTERPRETER_H
#define CHECKS_INTERPRETER_H

/* Judges one candidate for the Python that runs the server: the path to it, the file, its environment, its standard
 * library. All by reading, in the way the kernel and CPython's getpath read; nothing is started.
 *
 * A refusal is certain: it is what the kernel would say. What only Python can decide is left as a doubt, and the one who
 * wants to refuse asks that Python first.
 *
 * Source: PEP 405, Modules/getpath.py and Lib/site.py of CPython 3.8 to 3.14.
 */

#include "checks/scene.h"
#include "facts/elf.h"
#include "facts/python_version.h"

enum { SITE_FOLDERS_MOST = 12, SITE_FOLDERS_STORE = 8192, LIBRARY_NAME = 32 };
enum { SAFE_PATH_MINOR = 11 }; /* the first Python 3 that takes -P: the working folder is not on its path then */

struct interpreter {
    char path[PATH_MOST];       /* absolute and unresolved: what is executed and what argv[0] holds */
    char real[PATH_MOST];       /* without links */
    char venv[PATH_MOST];       /* the folder with pyvenv.cfg, or "" */
    char base[PATH_MOST];       /* the prefix that holds the standard library: "/usr/local"; "" when not found */
    char library[LIBRARY_NAME]; /* "python3.12", "python3.13t": its folder in lib; "" when the version isn't known */
    bool knows_version;
    unsigned major;
    unsigned minor;
    bool free_threaded;             /* python3.13t */
    struct elf elf;                 /* of its file; bits 0: it is no ELF file */
    bool is_script;                 /* a wrapper or shim: nothing is known of the Python behind it */
    bool system_site;               /* no venv, or one with include-system-site-packages */
    struct python_version made_for; /* what the venv's packages are for, when that isn't this Python; else no parts */
    /* A literal: why reading alone can't tell that it starts, or where it looks for packages; NULL without doubt. */
    const char *doubt;
    struct span
        sites[SITE_FOLDERS_MOST]; /* where it looks for packages, in its order; not PYTHONPATH nor the user site */
    unsigned site_count;
    bool sites_cut;
    char store[SITE_FOLDERS_STORE];
    size_t used;
};

/* True: it works as far as reading can tell, and `interpreter` describes it. False: a finding says why not; its severity
 * is the rule's, whoever asked. Warnings may be added in both cases. */
bool interpreter_judge(const struct scene *scene, const struct candidate *candidate, struct interpreter *interpreter);
/* A plain assignment would leave the spans of `sites` in the original. */
void interpreter_copy(struct interpreter *to, const struct interpreter *from);
/* "3.12", or "3.13t"; empty when the version isn't known. */
void interpreter_version(const struct interpreter *interpreter, struct text *text);

#endif
