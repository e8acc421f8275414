#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

/* Takes our options off the front of the words. They end at the first word that isn't one of ours, or after `--`:
 * uvicorn's options and everything behind them belong to others and are never looked at here.
 *
 * Forms: --name VALUE, --name=VALUE, --flag, -v, -q; -h and --help, --version. */

#include "base/settings.h"

enum option_error {
    OPTION_FINE,
    OPTION_VALUE_MISSING,  /* the option is the last word */
    OPTION_VALUE_UNWANTED, /* --flag=value */
    OPTION_VALUE_WRONG,    /* see `error` */
};

struct options {
    unsigned end; /* index of the first word that isn't ours */
    bool dashes;  /* `--` stood before it */
    bool help;
    bool version;
    enum option_error problem;
    struct span option; /* the option as written, where there is a problem */
    enum setting setting;
    struct setting_error error;
};

/* Reads words[start] and on (words ends with NULL) into the settings. False when there is a problem. */
bool options_parse(char *const *words, unsigned start, struct settings *settings, struct options *options);

#endif
