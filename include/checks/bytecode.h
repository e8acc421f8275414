#ifndef CHECKS_BYTECODE_H
#define CHECKS_BYTECODE_H

/* Warns of modules that Python has to compile at each start, because their bytecode is missing or stale: half of the
 * time that a FastAPI backend needs to answer. Only a sample is looked at, about ten modules that each start imports;
 * of none of them more than the first 16 bytes are read. For `check` only: a start works without.
 *
 * Source: PEP 3147, PEP 488, PEP 552; importlib.util.cache_from_source.
 */

#include "checks/packages.h"

/* `application`: the source file of the application's module, or empty. */
void bytecode_advise(const struct scene *scene, const struct interpreter *interpreter, struct span application);

#endif
