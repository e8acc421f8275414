#include "base/options.h"

/* The setting that a word is an option of. `value` gets what stands behind the `=`, or a NULL `at`. */
static enum setting option_named(struct span word, struct span *value)
{
    struct span rest = word;
    *value = (struct span){NULL, 0};
    if (word.length == 2 && word.at[0] == '-') {
        for (unsigned setting = 0; setting < SETTING_COUNT; setting++)
            if (setting_rows[setting].letter == word.at[1])
                return setting;
        return SETTING_COUNT;
    }
    if (!span_starts(word, "--"))
        return SETTING_COUNT;
    struct span name = span_from(span_split(&rest, '='), 2);
    enum setting setting = setting_named(name);
    if (setting != SETTING_COUNT && (setting_rows[setting].uvicorns || setting_rows[setting].positional))
        return SETTING_COUNT;
    *value = rest;
    return setting;
}

static bool problem(struct options *options, enum option_error what)
{
    options->problem = what;
    return false;
}

/* Takes one option, and the word behind it where that is its value. */
static bool take(char *const *words, enum setting setting, struct span value, struct settings *settings,
                 struct options *options)
{
    options->setting = setting;
    if (setting_rows[setting].type == SETTING_FLAG) {
        if (value.at)
            return problem(options, OPTION_VALUE_UNWANTED);
        value = SPAN("1");
    } else if (!value.at) {
        if (!words[options->end + 1])
            return problem(options, OPTION_VALUE_MISSING);
        value = span_of(words[++options->end]);
    }
    options->end++;
    if (!settings_set(settings, setting, value, ORIGIN_OPTION, options->option, &options->error))
        return problem(options, OPTION_VALUE_WRONG);
    return true;
}

/* The option's name as written, without its value. */
static struct span option_name(struct span word)
{
    return span_split(&word, '=');
}

bool options_parse(char *const *words, unsigned start, struct settings *settings, struct options *options)
{
    *options = (struct options){.end = start};
    while (words[options->end]) {
        struct span word = span_of(words[options->end]);
        if (span_is(word, "--")) {
            options->dashes = true;
            options->end++;
            return true;
        }
        options->help = options->help || span_is(word, "--help") || span_is(word, "-h");
        options->version = options->version || span_is(word, "--version");
        if (options->help || options->version)
            return true;
        struct span value;
        enum setting setting = option_named(word, &value);
        if (setting == SETTING_COUNT)
            return true;
        options->option = option_name(word);
        if (!take(words, setting, value, settings, options))
            return false;
    }
    return true;
}
