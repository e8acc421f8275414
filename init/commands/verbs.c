#include "commands/verbs.h"

const struct verb_row verb_rows[VERB_COUNT] = {
    [VERB_CHECK] = {"check", "[OPTIONS] [APP]", "judge everything, start nothing: for a Dockerfile's RUN, and for CI"},
    [VERB_WHICH] = {"which", "[OPTIONS]", "print the path of the Python that would be used"},
    [VERB_EXPLAIN] = {"explain", "[RULE]", "the long text of a finding, or the list of all"},
    [VERB_CONFIG] = {"config", "[OPTIONS]", "every setting, its value, and where the value came from"},
    [VERB_HEALTH] = {"health", "[PATH|URL|unix:SOCKET]", "exit 0 or 1, for HEALTHCHECK and probes (not built yet)"},
    [VERB_WAIT] = {"wait", "HOST:PORT|URL|unix:SOCKET ...", "until they answer, or the time is up (not built yet)"},
    [VERB_PREPARE] = {"prepare", "", "make an image start faster, at build time (not built yet)"},
};

enum verb verb_named(struct span word)
{
    enum verb verb = 0;
    while (verb < VERB_NONE && !span_is(word, verb_rows[verb].name))
        verb++;
    return verb;
}
