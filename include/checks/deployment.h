#ifndef CHECKS_DEPLOYMENT_H
#define CHECKS_DEPLOYMENT_H

/* What works, and is seldom meant: for `check` only, nothing of it is told at a start. In a container: the server as root,
 * an address that nobody outside reaches, an environment that a mount of the source hides. Everywhere: PYTHONPATH with
 * packages that are taken in place of the environment's.
 */

#include "checks/packages.h"

void deployment_advise(const struct scene *scene, const struct interpreter *interpreter);

#endif
