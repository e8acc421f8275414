#ifndef CHECKS_CONFLICTS_H
#define CHECKS_CONFLICTS_H

/* Settings that were both given and exclude each other, so that one of them would be ignored in silence. Defaults never
 * conflict. */

#include "checks/scene.h"

/* Adds an error a pair. False when there is one. */
bool conflicts_judge(const struct scene *scene);

#endif
