#include "base/settings.h"

#include <string.h>

const struct setting_row setting_rows[SETTING_COUNT] = {
#define SETTING(id, ...) [SETTING_##id] = {__VA_ARGS__},
#include "base/settings.def"
#undef SETTING
};

static const char prefix[] = "ASGI_INIT_";

enum { MILLISECONDS = 1000, DAY_SECONDS = 24 * 60 * 60, VARIABLE_MOST = 64 };

void settings_start(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++)
        if (*setting_rows[setting].fallback)
            settings->values[setting] = (struct setting_value){
                .value = span_of(setting_rows[setting].fallback), .origin = ORIGIN_DEFAULT, .source = SPAN("default")};
}

/* The choice that a value is, in its own spelling: LOG_LEVEL=INFO is info, as uvicorn must get it. */
static struct span choice_of(const char *choices, struct span value)
{
    for (struct span rest = span_of(choices); rest.at;) {
        struct span choice = span_split(&rest, ' ');
        if (choice.length == value.length && strncasecmp(choice.at, value.at, value.length) == 0)
            return choice;
    }
    return (struct span){NULL, 0};
}

static bool truth(struct span value, bool *on)
{
    /* click's own, since uvicorn reads UVICORN_RELOAD=t so. */
    static const char *const words[][2] = {{"0", "1"},    {"false", "true"}, {"no", "yes"},
                                           {"off", "on"}, {"f", "t"},        {"n", "y"}};
    for (size_t row = 0; row < ARRAY_LENGTH(words); row++)
        for (unsigned side = 0; side < 2; side++)
            if (value.length == strlen(words[row][side]) &&
                strncasecmp(value.at, words[row][side], value.length) == 0) {
                *on = side == 1;
                return true;
            }
    return false;
}

/* "1.5" as 1500. Decimals after the third would be lost in silence, so they are refused. */
static bool milliseconds(struct span value, uint64_t *result)
{
    struct span rest = value;
    struct span whole = span_split(&rest, '.');
    uint64_t seconds, thousandths = 0;
    if (!span_number(whole, DAY_SECONDS, &seconds))
        return false;
    if (rest.at) {
        if (rest.length > 3 || !span_number(rest, MILLISECONDS - 1, &thousandths))
            return false;
        for (size_t digit = rest.length; digit < 3; digit++)
            thousandths *= 10;
    }
    *result = seconds * MILLISECONDS + thousandths;
    return true;
}

static bool is_valid(const struct setting_row *row, struct span value)
{
    bool on;
    uint64_t number;
    switch (row->type) {
    case SETTING_FLAG:
        return truth(value, &on);
    case SETTING_NUMBER:
        return span_number(value, row->most, &number);
    case SETTING_SECONDS:
        return milliseconds(value, &number);
    case SETTING_CHOICE:
        return choice_of(row->choices, value).at;
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_LIST:
        break;
    }
    return value.length > 0;
}

static bool add_item(struct settings *settings, enum setting setting, struct span item, struct span source)
{
    if (settings->item_count == SETTING_LIST_ITEMS)
        return false;
    settings->items[settings->item_count].setting = setting;
    settings->items[settings->item_count].source = source;
    settings->items[settings->item_count++].item = item;
    return true;
}

/* An option's value is one item, a variable's are those between its blanks. */
static bool add_items(struct settings *settings, enum setting setting, struct span value, enum origin origin,
                      struct span source)
{
    if (origin != ORIGIN_VARIABLE)
        return add_item(settings, setting, value, source);
    for (struct span rest = value; rest.at;) {
        struct span item = span_split(&rest, ' ');
        if (item.length && !add_item(settings, setting, item, source))
            return false;
    }
    return true;
}

static void note_other(struct setting_value *there, struct span value, struct span source)
{
    if (there->other.at || span_equal(there->value, value))
        return;
    there->other = value;
    there->other_source = source;
}

bool settings_set(struct settings *settings, enum setting setting, struct span value, enum origin origin,
                  struct span source, struct setting_error *error)
{
    struct setting_value *there = &settings->values[setting];
    *error = (struct setting_error){.setting = setting, .source = source, .value = value};
    if (!is_valid(&setting_rows[setting], value))
        return false;
    if (setting_rows[setting].type == SETTING_LIST && origin < there->origin)
        return true; /* one source gives the whole list; and what an item holds may be a secret, so none is remembered */
    if (setting_rows[setting].type == SETTING_LIST && !add_items(settings, setting, value, origin, source)) {
        error->too_many = true;
        return false;
    }
    if (setting_rows[setting].type == SETTING_CHOICE)
        value = choice_of(setting_rows[setting].choices, value);
    if (origin < there->origin) {
        note_other(there, value, source);
        return true;
    }
    struct setting_value before = *there;
    *there = (struct setting_value){.value = value, .origin = origin, .source = source};
    if (before.origin > ORIGIN_DEFAULT && before.origin < origin)
        note_other(there, before.value, before.source);
    return true;
}

struct reading {
    struct settings *settings;
    const struct environment *environment;
    void (*ignored)(void *context, const struct setting_error *error);
    void *context;
};

/* Names that others made up for their own ends may hold anything: Kubernetes sets PORT-like variables to tcp://... */
static void take_foreign(const struct reading *reading, enum setting setting, const char *name, enum origin origin)
{
    struct span value = environment_filled(reading->environment, name);
    struct setting_error error;
    if (value.at && !settings_set(reading->settings, setting, value, origin, span_of(name), &error))
        reading->ignored(reading->context, &error);
}

/* HOST is an address here only if it looks like one: shells and platforms set it to a machine's name too. */
static bool is_address(struct span value)
{
    if (span_is(value, "localhost"))
        return true;
    bool separated = false;
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.at[i];
        separated = separated || byte == '.' || byte == ':';
        bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
        if (!digit && byte != '.' && byte != ':')
            return false;
    }
    return separated && (span_has(value, ':') || value.at[value.length - 1] != '.');
}

static bool take_own(struct settings *settings, const struct environment *environment, enum setting setting,
                     struct setting_error *error)
{
    char name[VARIABLE_MOST];
    struct text text = TEXT_ON(name);
    setting_variable(setting, &text);
    struct span value = environment_filled(environment, name);
    if (!value.at)
        return true;
    /* The entry itself holds the name, and lives as long as the value does. */
    struct span source = {value.at - text.length - 1, text.length};
    return settings_set(settings, setting, value, ORIGIN_VARIABLE, source, error);
}

bool settings_read_own(struct settings *settings, const struct environment *environment, struct setting_error *error)
{
    bool right = true;
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        struct setting_error wrong;
        if (take_own(settings, environment, setting, &wrong) || !right)
            continue;
        *error = wrong;
        right = false;
    }
    return right;
}

void settings_read_foreign(struct settings *settings, const struct environment *environment,
                           void (*ignored)(void *context, const struct setting_error *error), void *context)
{
    const struct reading reading = {settings, environment, ignored, context};
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        const struct setting_row *row = &setting_rows[setting];
        if (*row->uvicorn)
            take_foreign(&reading, setting, row->uvicorn, ORIGIN_UVICORN_VARIABLE);
        if (*row->conventional && (setting != SETTING_HOST || is_address(environment_get(environment, "HOST"))))
            take_foreign(&reading, setting, row->conventional, ORIGIN_CONVENTIONAL);
    }
}

void setting_expected(enum setting setting, struct text *text)
{
    const struct setting_row *row = &setting_rows[setting];
    switch (row->type) {
    case SETTING_FLAG:
        text_add(text, "1, true, yes, on, 0, false, no or off");
        break;
    case SETTING_NUMBER:
        text_add(text, "a number from 0 to ");
        text_unsigned(text, row->most);
        break;
    case SETTING_SECONDS:
        text_add(text, "seconds, such as 10 or 0.5");
        break;
    case SETTING_CHOICE:
        text_add(text, "one of: ");
        text_add(text, row->choices);
        break;
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_LIST:
        text_add(text, row->argument);
        break;
    }
}

enum setting setting_named(struct span name)
{
    unsigned setting = 0;
    while (setting < SETTING_COUNT && !span_is(name, setting_rows[setting].name))
        setting++;
    return setting;
}

/* Variables are the options' names in capitals, with _ for -. */
static char capital(char byte)
{
    return byte == '-' ? '_' : byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
}

enum setting setting_of_variable(struct span name)
{
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        const char *option = setting_rows[setting].name;
        size_t i = 0;
        while (option[i] && i < name.length && name.at[i] == capital(option[i]))
            i++;
        if (i == name.length && !option[i])
            return setting;
    }
    return SETTING_COUNT;
}

void setting_variable(enum setting setting, struct text *text)
{
    text_add(text, prefix);
    for (const char *byte = setting_rows[setting].name; *byte; byte++)
        text_byte(text, capital(*byte));
}

bool setting_is(const struct settings *settings, enum setting setting)
{
    const struct setting_value *value = &settings->values[setting];
    bool on = value->origin > ORIGIN_DEFAULT;
    if (on && setting_rows[setting].type == SETTING_FLAG)
        truth(value->value, &on);
    return on;
}

struct span setting_text(const struct settings *settings, enum setting setting)
{
    return settings->values[setting].value;
}

uint64_t setting_number(const struct settings *settings, enum setting setting, uint64_t fallback)
{
    uint64_t number;
    return span_number(settings->values[setting].value, setting_rows[setting].most, &number) ? number : fallback;
}

uint64_t setting_milliseconds(const struct settings *settings, enum setting setting, uint64_t fallback)
{
    uint64_t number;
    return milliseconds(settings->values[setting].value, &number) ? number : fallback;
}

bool setting_chosen(const struct settings *settings, enum setting setting, const char *choice)
{
    return span_is(settings->values[setting].value, choice);
}
