#ifndef FACTS_APP_REFERENCE_H
#define FACTS_APP_REFERENCE_H

/* MODULE:ATTRIBUTE, as uvicorn reads it (uvicorn/importer.py: partition(":"), both halves non-empty, import_module of
 * the first, getattr along the dots of the second), and the forms that people write instead.
 *
 * import_module takes names that the import statement doesn't (`my-app.main`, `2024.main`): those are valid here too.
 * Any bytes are taken. The spans of a result point into the word that was given.
 */

#include "base/text.h"

enum reference_form {
    REFERENCE_VALID,
    REFERENCE_EMPTY,
    REFERENCE_NO_ATTRIBUTE, /* main, app.main, app.main: */
    REFERENCE_NO_MODULE,    /* :app */
    REFERENCE_FILE,         /* app/main.py, app/main.py:app, main.py:app, app/main:app */
    REFERENCE_UNCLEAN,      /* valid but for blanks, a CR or quotes around it */
    REFERENCE_CALL,         /* app.main:create_app(): gunicorn's form; uvicorn wants --factory */
    REFERENCE_MALFORMED,    /* a..b:c, a:b:c, a b:c: no import can take it */
};

struct app_reference {
    enum reference_form form;
    struct span module;    /* before the colon, or all of it without one */
    struct span attribute; /* after the first colon; may be empty */
};

struct app_reference app_reference_read(struct span word);

/* Writes the valid reference that a wrong one most likely means; false, and nothing written, when that can't be told
 * (":app", or a file outside `app_dir`, which is an absolute path or empty). A form that needs --factory besides is
 * REFERENCE_CALL. The name `app` is added where no attribute is given. */
bool app_reference_suggest(const struct app_reference *reference, struct span app_dir, struct text *suggestion);

/* The first component of a dotted name, and `rest` moved past it; a NULL `rest->at` ends. */
struct span app_reference_component(struct span *rest);

enum word_shape {
    WORD_OTHER,       /* an ordinary command: bash, ./start.sh, http://x, host:80, C:\x */
    WORD_APP,         /* app.main:app */
    WORD_APP_MISTAKE, /* app/main.py:app, main.py:app, "app.main:app\r": no command is called so */
    WORD_APP_PERHAPS, /* main, app.main, app/main.py: a mistake unless a command of that name exists */
};

/* What a word on the command line is, when options are over. */
enum word_shape app_reference_word(struct span word);

#endif
