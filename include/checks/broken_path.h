#ifndef CHECKS_BROKEN_PATH_H
#define CHECKS_BROKEN_PATH_H

/* Why a path to a Python can't be walked to its end: one finding, the one that names the cause.
 *
 * By error and place of the walk's end, the mount over it, the links before it and the environment's own pyvenv.cfg:
 *   a mount hides it                        venv-hidden-by-mount
 *   the environment is a mount of its own   venv-volume-stale
 *   it was made on another system           venv-from-another-machine
 *   its links lead to where it was made     venv-moved
 *   its links lead to a Python that is gone venv-base-python-gone
 *   a folder may not be entered             python-not-reachable
 *   a component is no folder, links loop    path-through-file, link-loop
 *   anything else of the kernel's           path-failed
 *   none of these                           python-missing
 */

#include "checks/host.h"
#include "checks/scene.h"

/* Adds the finding for a walk that has failed, and returns it. */
struct finding *broken_path_find(const struct scene *scene, const struct candidate *candidate,
                                 const struct trace *trace);

/* For the checks of what a walk has reached: {wanted}, {origin}, and {venv} where the path is an environment's. How another
 * Python is named: {naming}, "ENV ASGI_INIT_PYTHON=" or the option that ranks above it. Whether an environment at another place
 * would be taken: {moves} if variables alone do it; {moved_words}, the items of CMD, where the command names it. */
void broken_path_wanted(const struct scene *scene, struct finding *finding, const struct candidate *candidate);
/* {naming} alone, for a Python that was taken from `origin`. */
void broken_path_naming(const struct scene *scene, struct finding *finding, struct span origin);
/* The mount that hides what the image has at `path`: sets its values, and {inside_mount}, the environment, if that lies
 * inside it. NULL: there is none. */
const struct mount *broken_path_mount(const struct scene *scene, struct finding *finding,
                                      const struct candidate *candidate, struct span path);
/* {user}, {mode}, {owner}. */
void broken_path_owner(const struct scene *scene, struct finding *finding, mode_t mode, uid_t owner);
/* `chain`: each link on the way and what it holds, and the end with `end` beside it. Nothing without links. */
void broken_path_chain(const struct scene *scene, struct finding *finding, const struct trace *trace, const char *end);
/* The environment that a program's path is in: /app/.venv of /app/.venv/bin/python. Empty where the path isn't in a bin,
 * and for a system's own prefix. */
struct span broken_path_environment(struct span program);

#endif
