#ifndef CHECKS_COMMAND_H
#define CHECKS_COMMAND_H

/* A program by its name, as execvp(3) would find it, and why the kernel refused to start it. */

#include "checks/scene.h"

/* The path to execute for `name`: the name itself if it holds a slash, else the first file of that name in `search_path`
 * that may be executed. 0, ENOENT when there is none, or EACCES when there are only some that may not be executed (the
 * path is the first of those then). */
int command_find(const struct scene *scene, struct span name, struct span search_path, struct text *path);
/* Is the file another thing than a script that names a Python: a wrapper in shell, a program? Which Python that runs, if any,
 * can't be read. */
bool command_hides_python(const struct scene *scene, struct span path);
/* Adds the finding for a name that command_find didn't find. */
void command_not_found(const struct scene *scene, struct span name, struct span search_path, int error);
/* Adds the finding for a program that execve refused with `error`. */
void command_explain(const struct scene *scene, struct span path, int error);

#endif
