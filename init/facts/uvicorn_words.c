#include "facts/uvicorn_words.h"

#include "facts/app_reference.h"

/* The options of uvicorn, by what stands behind them. */
static const char flags[] =
    "--reload --no-reload --factory --proxy-headers --no-proxy-headers --server-header --date-header "
    "--no-date-header --access-log --no-server-header --no-access-log --use-colors --no-use-colors "
    "--help --version --reset-contextvars --http2";
static const char valued[] =
    "--host --port --uds --fd --reload-dir --reload-include --reload-exclude --reload-delay --workers "
    "--loop --http --ws --ws-max-size --ws-max-queue --ws-ping-interval --ws-ping-timeout "
    "--ws-per-message-deflate --lifespan --interface --env-file --log-config --log-level "
    "--forwarded-allow-ips --root-path --limit-concurrency --backlog --limit-max-requests "
    "--limit-max-requests-jitter --timeout-keep-alive --timeout-graceful-shutdown "
    "--timeout-worker-healthcheck --ssl-keyfile --ssl-certfile --ssl-keyfile-password --ssl-version "
    "--ssl-cert-reqs --ssl-ca-certs --ssl-ciphers --header --app-dir --h11-max-incomplete-event-size";

static void note(struct settings *settings, struct span name, struct span value)
{
    struct setting_error error;
    enum setting setting = setting_named(span_from(name, 2));
    if (setting != SETTING_COUNT && setting_rows[setting].uvicorns)
        settings_set(settings, setting, value, ORIGIN_UVICORN_OPTION, name, &error);
}

/* An option of a release that we don't know takes a value, unless what follows is an option, or reads as an application:
 * that it is if no other word is one. */
static unsigned take_unknown(char *const *words, unsigned at, int *perhaps)
{
    struct span next = span_of(words[at + 1]);
    if (span_starts(next, "--"))
        return 1;
    if (app_reference_word(next) == WORD_APP && *perhaps < 0)
        *perhaps = (int)at + 1;
    return 2;
}

/* Takes the option at words[at], and returns how many words it is. */
static unsigned take_option(char *const *words, unsigned at, struct settings *settings, struct uvicorn_words *result,
                            int *perhaps)
{
    struct span value = span_of(words[at]);
    struct span name = span_split(&value, '=');
    if (span_is_among(name, flags)) {
        result->asks = result->asks || span_is(name, "--help") || span_is(name, "--version");
        note(settings, name, SPAN("1"));
        return 1;
    }
    if (value.at) {
        note(settings, name, value);
        return 1;
    }
    if (!words[at + 1])
        return 1;
    if (!span_is_among(name, valued))
        return take_unknown(words, at, perhaps);
    note(settings, name, span_of(words[at + 1]));
    return 2;
}

static void take_argument(unsigned at, struct uvicorn_words *result)
{
    if (result->app < 0)
        result->app = (int)at;
    else if (result->unclear < 0)
        result->unclear = (int)at;
}

void uvicorn_words_read(char *const *words, unsigned start, struct settings *settings, struct uvicorn_words *result)
{
    *result = (struct uvicorn_words){.app = -1, .unclear = -1};
    bool options = true;
    int perhaps = -1;
    for (unsigned at = start; words[at];) {
        struct span word = span_of(words[at]);
        if (options && span_is(word, "--")) {
            options = false;
            at++;
        } else if (options && span_starts(word, "--")) {
            at += take_option(words, at, settings, result, &perhaps);
        } else {
            take_argument(at++, result);
        }
    }
    if (result->app < 0)
        result->app = perhaps;
}
