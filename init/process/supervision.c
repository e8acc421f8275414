#include "process/supervision.h"

void supervision_say(const struct supervision *supervision, enum supervise_event event,
                     const struct supervise_news *news)
{
    const struct supervise_options *options = supervision->options;
    if (options->say)
        options->say(options->context, event, news);
}
