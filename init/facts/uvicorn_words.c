#include "facts/uvicorn_words.h"

/* The options of uvicorn that take no value. All others take one, also those that we never heard of: so it has been with
 * each that came. */
static const char *const flags[] = {
    "--reload",           "--no-reload",
    "--factory",          "--proxy-headers",
    "--no-proxy-headers", "--server-header",
    "--date-header",      "--no-date-header",
    "--access-log",       "--no-server-header",
    "--no-access-log",    "--use-colors",
    "--no-use-colors",    "--help",
    "--version",          "--reset-contextvars",
};

static bool is_flag(struct span name)
{
    for (size_t row = 0; row < ARRAY_LENGTH(flags); row++)
        if (span_is(name, flags[row]))
            return true;
    return false;
}

static void note(struct settings *settings, struct span name, struct span value)
{
    struct setting_error error;
    enum setting setting = setting_named(span_from(name, 2));
    if (setting != SETTING_COUNT && setting_rows[setting].uvicorns)
        settings_set(settings, setting, value, ORIGIN_UVICORN_OPTION, name, &error);
}

/* Takes the option at words[at], and returns how many words it is. */
static unsigned take_option(char *const *words, unsigned at, struct settings *settings, struct uvicorn_words *result)
{
    struct span value = span_of(words[at]);
    struct span name = span_split(&value, '=');
    if (is_flag(name)) {
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
    for (unsigned at = start; words[at];) {
        struct span word = span_of(words[at]);
        if (options && span_is(word, "--")) {
            options = false;
            at++;
        } else if (options && span_starts(word, "--")) {
            at += take_option(words, at, settings, result);
        } else {
            take_argument(at++, result);
        }
    }
}
