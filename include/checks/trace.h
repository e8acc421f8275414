#ifndef CHECKS_TRACE_H
#define CHECKS_TRACE_H

/* The steps of a walk along a path (checks/walk.h), for who explains where it went and why it ended. */

#include "base/text.h"
#include "checks/reader_identity.h"

enum { PATH_MOST = 4096, TRACE_STEPS = 64, TRACE_NAMES = 8192 };

enum step_kind { STEP_FOLDER, STEP_LINK, STEP_FILE, STEP_OTHER, STEP_MISSING, STEP_FAILED };

/* One component on the way. `path` is its absolute path inside the root, with all links before it resolved; of a link
 * `target` is what it holds. `.` and `..` are no steps. */
struct step {
    struct span path;
    struct span target;
    enum step_kind kind;
    int error; /* errno of the step where the walk ended: ENOENT, EACCES, ENOTDIR, ELOOP, ENAMETOOLONG, EIO ... */
    mode_t mode;
    uid_t uid;
    gid_t gid;
    dev_t device;
    bool searchable; /* of a folder: the identity may search it, by its mode */
};

/* The first step is the root folder. Where the walk ended, by error:
 *   ENOENT   the missing component (STEP_MISSING)
 *   ENOTDIR  the component that isn't a folder although more follows (its kind and mode as they are)
 *   EACCES   the folder that may not be searched. When it is `searchable` all the same, the kernel refused for another
 *            reason than the mode: an ACL or a security module
 *   ELOOP    the link that was one too many
 *   others   the component that the kernel gave the error for (STEP_FAILED) */
struct trace {
    struct step steps[TRACE_STEPS];
    unsigned count;
    bool cut;          /* there were more steps than fit: the first and the last are kept */
    int error;         /* 0 when the end was reached */
    struct step *last; /* the end, or the step that failed. NULL for a path that isn't absolute, or too long */
    struct span real;  /* the absolute path of the end without links, inside the root; empty after an error */
    char names[TRACE_NAMES];
    size_t used;
    char last_names[2 * PATH_MOST + 512]; /* of the last step, when `names` is full */
    char real_path[PATH_MOST];
};

void trace_start(struct trace *trace);
/* Adds the step to `name` in `folder` (without links; "" is the root), or with the name "" to that folder itself. A NULL
 * trace is none: then there is no step, NULL, either. */
struct step *trace_add(struct trace *trace, struct span folder, const char *name, enum step_kind kind,
                       struct span target);
/* Sets what stat(2) says of a step. Nothing of NULL. */
void trace_describe(struct step *step, const struct reader_identity *identity, const struct stat *status);

#endif
