#ifndef CHECKS_APPLICATION_H
#define CHECKS_APPLICATION_H

/* Judges MODULE:ATTRIBUTE: its form, and whether its module is there, by reading; the app's code is never run.
 *
 * Certain are only a wrong form, and a top-level module of which the interpreter itself said that it isn't there.
 * Everything else (a submodule, the attribute) is a warning: a package may make its modules and names in other ways.
 * The module is looked for as uvicorn lets Python look: in the app dir, then along sys.path (checks/packages.h).
 *
 * Source: uvicorn/importer.py and config.py (0.32 to 0.51).
 */

#include "checks/module.h"
#include "checks/packages.h"
#include "facts/app_reference.h"

enum { APPLICATION_NAME = 256 };

enum application_state {
    APPLICATION_FOUND,     /* the module's file is there, as far as reading tells */
    APPLICATION_ASK,       /* the top-level module isn't seen: ask the interpreter for `top` */
    APPLICATION_UNCERTAIN, /* the top-level module is there, something below it isn't seen */
    APPLICATION_REFUSED,   /* the form is wrong: a finding was added */
};

struct application {
    enum application_state state;
    struct app_reference reference; /* points into the setting's value */
    char top[APPLICATION_NAME];     /* the first component, for the interpreter to be asked for */
    struct module_search search;
};

/* Judges the setting APP. Adds a finding only when it refuses. */
void application_judge(const struct scene *scene, const struct interpreter *interpreter,
                       struct application *application);
/* A file in the app dir has the name of a module that Python may take in its place (time.py, random.py): what that file holds
 * then tells nothing. */
bool application_may_be_pythons(const struct scene *scene, const struct interpreter *interpreter,
                                const struct application *application);
/* The interpreter was asked for `top`, with the server's folder and environment, and said no: adds the error that says
 * so, with what is there instead. With `asked` false nobody was asked (another root): the error is weakened to a
 * warning when reading leaves a doubt. */
void application_missing(const struct scene *scene, const struct interpreter *interpreter,
                         const struct application *application, bool asked);
/* What a judgement that didn't refuse still has to say, as warnings: a missing submodule, an empty or unreadable file,
 * an attribute that isn't there, a factory without --factory. For `check`, and when the server ended by itself: it
 * looks along all of sys.path where a start has no time to, and changes the judgement if that tells more. */
void application_advise(const struct scene *scene, const struct interpreter *interpreter,
                        struct application *application);

#endif
