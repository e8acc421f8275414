#ifndef FACTS_PYVENV_H
#define FACTS_PYVENV_H

/* pyvenv.cfg, as CPython reads it (PEP 405; Modules/getpath.py, Lib/site.py). It is no INI file: each line is split at
 * its first `=`, blanks around key and value are taken off, and a key's case doesn't count. Python heeds two keys only:
 * the first `home`, and the last `include-system-site-packages`. All others are notes of whoever made the environment;
 * of those the first is taken.
 *
 * Spans lie in the given bytes, and are empty where a key is missing. Any bytes may be given; no system call is made.
 */

#include "base/text.h"

enum pyvenv_maker { PYVENV_UNKNOWN, PYVENV_VENV, PYVENV_VIRTUALENV, PYVENV_UV };

struct pyvenv {
    bool has_home; /* without it Python takes no notice of the file */
    struct span home;
    bool system_site_packages; /* true too where the key is missing, as Python has it */
    struct span version;       /* `version_info` (virtualenv, uv), or `version` (venv): see python_version_read */
    struct span executable;    /* the Python it was made with */
    struct span command;       /* the command line it was made with; it ends in the path it was made at */
    struct span prompt;
    struct span maker_version; /* of uv or virtualenv */
    enum pyvenv_maker maker;
};

void pyvenv_read(struct pyvenv *pyvenv, struct span bytes);
const char *pyvenv_maker_name(enum pyvenv_maker maker); /* "venv", "virtualenv", "uv"; NULL for PYVENV_UNKNOWN */

#endif
