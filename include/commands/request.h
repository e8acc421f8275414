#ifndef COMMANDS_REQUEST_H
#define COMMANDS_REQUEST_H

/* What the words behind our options ask for (design: "Who owns a word"). Nothing is copied or changed: spans and indices
 * point into the words. */

#include "base/settings.h"
#include "checks/reader.h"
#include "facts/uvicorn_words.h"

enum request_kind {
    REQUEST_SERVE,  /* uvicorn with an application: everything is proved */
    REQUEST_SERVER, /* fastapi, gunicorn, hypercorn, granian, python: of the environment; the application isn't judged */
    REQUEST_COMMAND, /* any program */
    REQUEST_MISTAKE, /* main, app/main.py: an application, in a form that uvicorn doesn't take */
};

struct request {
    enum request_kind kind;
    bool serves;         /* a server: a requested stop ends in 0. Of python only `-m uvicorn`, `-m gunicorn` ... */
    unsigned first;      /* the first word that goes on: behind `uvicorn` or `python -m uvicorn` when serving */
    struct span program; /* the word that named the program; empty when serving was asked for by an application alone */
    struct span folder;  /* its folder, absolute: the environment that was asked for; empty without a slash */
    struct uvicorn_words uvicorn; /* when serving: what the words from `first` on say */
};

/* Reads words[first] and on; `dashes` forces a command. uvicorn's options go into the settings. The reader, the search
 * path and the working folder decide whether a word that looks like a mistaken application is a program after all. */
void request_read(char *const *words, unsigned first, bool dashes, const struct reader *reader, struct span search_path,
                  struct span working_folder, struct settings *settings, struct request *request);
/* Is it `python`, `python3`, `python3.12` or `python3.13t`? */
bool request_is_python(struct span base_name);

#endif
