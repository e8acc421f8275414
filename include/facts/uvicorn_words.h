#ifndef FACTS_UVICORN_WORDS_H
#define FACTS_UVICORN_WORDS_H

/* What uvicorn's own words say. They go on verbatim; only what we have to know is read: which word is the application,
 * and the options that the settings table marks as uvicorn's (--port, --host, ...). uvicorn's command line is click's:
 * --name VALUE and --name=VALUE, the last one wins, options and the argument in any order, `--` ends the options.
 * Source: uvicorn/main.py (0.54). */

#include "base/settings.h"

struct uvicorn_words {
    int app;     /* index of the application's word, or -1 */
    bool asks;   /* --help or --version: nothing is served */
    int unclear; /* index of a word that is no option, no value of one and no application, or -1 */
};

/* Reads words[start] and on; values go into the settings as ORIGIN_UVICORN_OPTION. A value that uvicorn would refuse is
 * left for uvicorn to refuse. */
void uvicorn_words_read(char *const *words, unsigned start, struct settings *settings, struct uvicorn_words *result);

#endif
