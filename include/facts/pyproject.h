#ifndef FACTS_PYPROJECT_H
#define FACTS_PYPROJECT_H

/* The one thing that is read from pyproject.toml: `[tool.fastapi] entrypoint = "pkg.mod:app"`, which FastAPI's own
 * command line reads too. Written in any of TOML 1.0's ways: dotted keys, a table under [tool], inline tables, quoted
 * keys, all four kinds of strings.
 *
 * A file that isn't TOML gives nothing, as far as that is seen on the way: tables that are defined twice, numbers and
 * dates are not checked. Nor does an `entrypoint` that isn't a string, or that stands in an array of tables.
 */

#include "base/text.h"

/* True, and the string in `*entrypoint` with its escapes resolved; false, and an empty text, when there is none, it is
 * empty, it doesn't fit or the file can't be read as TOML. */
bool pyproject_entrypoint(struct span file, struct text *entrypoint);

#endif
