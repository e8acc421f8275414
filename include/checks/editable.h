#ifndef CHECKS_EDITABLE_H
#define CHECKS_EDITABLE_H

/* Editable installs whose source isn't there: an environment was copied or mounted without the code that it leads to. Python
 * passes over such paths without a word, and says 'No module named' later, if at all.
 *
 * Read are the .pth files of the site folders, and the finders of setuptools that they name. Whether the module that is
 * missed was in a folder that a .pth file names nobody can know; a finder names its modules. Only where something wasn't
 * found, and for `check`: nothing of it is done at a start that succeeds.
 *
 * Source: Lib/site.py (addpackage), setuptools/command/editable_wheel.py, PEP 610, PEP 660.
 */

#include "checks/packages.h"

/* `finding` is about the top-level module `module`, which wasn't found: {dead}, the path that isn't there, {dead_file}, which
 * names it, and {dead_module} if that names the very module; further ones as evidence. Nothing where no such path is. Of a
 * foreign module (uvicorn) only the paths of what is named after it count: the project's own has nothing to do with it. */
void editable_explain(const struct scene *scene, const struct interpreter *interpreter, struct span module,
                      bool is_foreign, struct finding *finding);
/* Warns of editable installs that lead nowhere, one by one. Other .pth files may name what isn't there: nobody misses it. */
void editable_advise(const struct scene *scene, const struct interpreter *interpreter);

#endif
