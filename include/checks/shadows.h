#ifndef CHECKS_SHADOWS_H
#define CHECKS_SHADOWS_H

/* Files of one's own that hide installed packages by their names.
 *
 * uvicorn puts the application's folder in front of sys.path, but imports what it is made of before. So a click.py in that
 * folder is never seen, unless Python looks there from the start: below Python 3.11, where `-m` puts the working folder in
 * front, and in each process of --workers and --reload, which inherits the path as it is by then. Seen with uvicorn 0.54.
 */

#include "checks/packages.h"

/* Warns of single files in the application's folder (below Python 3.11 in the working folder too) in whose place a package
 * of that name, which is installed, would be imported by uvicorn or FastAPI. */
void shadows_look(const struct scene *scene, const struct interpreter *interpreter);

#endif
