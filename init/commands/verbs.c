#include "commands/verbs.h"

#include "commands/check.h"
#include "commands/config.h"
#include "commands/explain.h"
#include "commands/session.h"
#include "commands/which.h"

static enum exit_code explain(struct session *session)
{
    const char *word = session->words[session->first];
    return explain_rule(span_of(word));
}

const struct verb verbs[] = {
    {"check", "[OPTIONS] [APP]", "judge everything, start nothing: for a Dockerfile's RUN, and for CI", check},
    {"which", "[OPTIONS]", "print the path of the Python that would be used", which},
    {"explain", "[RULE]", "the long text of a finding, or the list of all", explain},
    {"config", "[OPTIONS]", "every setting, its value, and where the value came from", config},
    {"health", "[PATH|URL|unix:SOCKET]", "exit 0 or 1, for HEALTHCHECK and probes (not built yet)", NULL},
    {"wait", "HOST:PORT|URL|unix:SOCKET ...", "until they answer, or the time is up (not built yet)", NULL},
    {"prepare", "", "make an image start faster, at build time (not built yet)", NULL},
};

const unsigned verb_count = ARRAY_LENGTH(verbs);

const struct verb *verb_named(struct span word)
{
    for (unsigned verb = 0; verb < verb_count; verb++)
        if (span_is(word, verbs[verb].name))
            return &verbs[verb];
    return NULL;
}
