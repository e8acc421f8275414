#ifndef CHECKS_EXTENSIONS_H
#define CHECKS_EXTENSIONS_H

/* Compiled packages that this interpreter can't import: of another Python, machine, system or libc, damaged files, and those
 * of which the loader will not find all that they need (checks/libraries.h).
 *
 * Only the few that serving depends on are looked at, each in one folder: pydantic_core, without which FastAPI can't be
 * imported, and uvloop and httptools, and with --reload watchfiles, in place of which uvicorn silently takes slower ones;
 * not the first two where --loop and --http (UVICORN_LOOP, UVICORN_HTTP) name another.
 * Nothing is searched for. A Python takes a compiled module by the suffix of its file's name alone. Which suffix this one
 * takes is read off its own compiled modules, in lib-dynload; where it has none, only the version is compared. Whether
 * what it takes can be loaded is the loader's to say.
 *
 * The findings are warnings: an import hook may do what can't be seen, and to ask Python would mean to import the
 * package. A package that isn't there is none of our business here.
 */

#include "checks/packages.h"

/* Cheap enough for every start: the names, and of what uvicorn does without in silence the files too. */
void extensions_judge(const struct scene *scene, const struct interpreter *interpreter);
/* The file of what is needed: for `check`, and when the server has failed. At a start Python itself names it. */
void extensions_advise(const struct scene *scene, const struct interpreter *interpreter);

#endif
