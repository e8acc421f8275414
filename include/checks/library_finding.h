#ifndef CHECKS_LIBRARY_FINDING_H
#define CHECKS_LIBRARY_FINDING_H

/* Words for what a loader will not find: adds the finding of the first failure, with the others as its evidence. */

#include "checks/library_file.h"
#include "checks/scene.h"

/* Who is judged, by checks/libraries.h. */
struct libraries_subject {
    const struct candidate *candidate; /* who asks for the program: {wanted} and {origin} of a finding */
    struct span program;               /* absolute, without links */
    struct span extension;             /* a compiled module that it would load; empty: the program itself is judged */
    enum severity severity;            /* of a finding, at most the rule's */
};

struct library_failure {
    enum rule rule;
    struct span library; /* its name; of the loader its path */
    struct span by;      /* the path of the file that needs it */
    struct span path;    /* where a file lies that the loader can't use; of a missing one empty */
    struct span version; /* of library-version-missing */
};

struct finding *library_finding_add(const struct scene *scene, const struct libraries_subject *subject, bool is_musl,
                                    const struct library_failure *failures, unsigned count);

#endif
