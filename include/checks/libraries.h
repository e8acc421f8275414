#ifndef CHECKS_LIBRARIES_H
#define CHECKS_LIBRARIES_H

/* Whether the loader will find all that a program needs: the loader itself, every DT_NEEDED library and theirs in turn,
 * and the versions of their symbols. By reading, as glibc's loader and musl's read; nothing is started.
 *
 * A refusal is certain: the same loader in the same environment fails. Whatever makes it less than certain makes the
 * verdict "unknown", and the one who wants to refuse asks the program: a loader of another kind, or one that was built
 * to look elsewhere (Nix), LD_PRELOAD, a processor's own folders (glibc-hwcaps), $LIB, a cache that can't be understood,
 * more libraries than fit. What only running tells is not looked at: symbols that a library lacks, dlopen(3).
 *
 * Machines: x86-64 and arm64, 64 bits; programs of others are unknown. Not re-entrant: there is one, in static memory.
 *
 * Source: ld.so(8); glibc 2.31 to 2.41, elf/dl-load.c, dl-deps.c, dl-version.c; musl 1.2, ldso/dynlink.c.
 */

#include "checks/library_finding.h"

enum libraries_verdict {
    LIBRARIES_FOUND,   /* the program is static, or all is there */
    LIBRARIES_UNKNOWN, /* no finding was added */
    LIBRARIES_REFUSED, /* a finding says why */
};

/* Of an extension only what it needs itself is judged, and its own file only as to whether it may be read and mapped. The
 * program's libraries are taken as they were when that program was judged last. What others have loaded by then isn't known:
 * a name that is missing may be among it, so this is never more than a warning. */
enum libraries_verdict libraries_judge(const struct scene *scene, const struct libraries_subject *subject);

#endif
