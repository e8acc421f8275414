#ifndef CHECKS_LIBRARY_FINDING_H
#define CHECKS_LIBRARY_FINDING_H

/* Words for what a loader will not find: adds the finding of the first failure, with the others as its evidence. */

#include "checks/libraries.h"
#include "checks/library_file.h"

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
