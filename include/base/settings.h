#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

/* Every setting, where its value came from, and which source ranks higher.
 *
 * Highest first: uvicorn's own option on the command line; our option (or the positional APP); ASGI_INIT_X; the names
 * that people and platforms use already (PORT, WEB_CONCURRENCY ...); UVICORN_X; pyproject.toml; discovery; the default.
 * Values are spans into the command line, the environment or literals; nothing is copied. A value is checked when it is
 * set: a setting never holds what its type forbids. Empty variables count as unset.
 */

#include "base/environment.h"
#include "base/text.h"

enum setting_type {
    SETTING_FLAG,    /* "1" or unset; variables take 1/true/yes/on and 0/false/no/off */
    SETTING_TEXT,    /* any */
    SETTING_PATH,    /* not empty */
    SETTING_NUMBER,  /* 0 to .most */
    SETTING_SECONDS, /* 0 to a day, with up to three decimals */
    SETTING_CHOICE,  /* one of .choices */
    SETTING_LIST,    /* repeatable; in a variable blanks stand between the items */
};

/* Its texts lie in the row, and are empty where there is none: a pointer to each would be relocated at every start. */
struct setting_row {
    char name[16];   /* --name, ASGI_INIT_NAME */
    char letter;     /* the short option, or 0 */
    bool positional; /* set by a word of the command line, not by an option */
    bool uvicorns;   /* the option is uvicorn's: read from its words, never taken */
    enum setting_type type;
    uint32_t most;         /* of SETTING_NUMBER */
    char argument[20];     /* how --help names the value; none for flags */
    char choices[40];      /* blanks between them */
    char conventional[16]; /* another name for it in the environment */
    char uvicorn[20];      /* uvicorn's variable */
    char fallback[16];     /* the default */
    char help[112];
};

enum setting {
#define SETTING(id, ...) SETTING_##id,
#include "base/settings.def"
#undef SETTING
    SETTING_COUNT
};

extern const struct setting_row setting_rows[SETTING_COUNT];

/* In rising order: a higher one wins. */
enum origin {
    ORIGIN_NONE,
    ORIGIN_DEFAULT,
    ORIGIN_DISCOVERY,
    ORIGIN_PROJECT,          /* pyproject.toml */
    ORIGIN_UVICORN_VARIABLE, /* UVICORN_PORT */
    ORIGIN_CONVENTIONAL,     /* PORT */
    ORIGIN_VARIABLE,         /* ASGI_INIT_PORT */
    ORIGIN_OPTION,           /* --python */
    ORIGIN_UVICORN_OPTION,   /* --port among uvicorn's words */
};

struct setting_value {
    struct span value;
    enum origin origin;
    struct span source; /* what to call it in a message: "--port", "PORT", "pyproject.toml", "default" */
    /* The highest other source that says something else, for -v; ORIGIN_NONE when there is none. */
    struct span other;
    struct span other_source;
};

enum { SETTING_LIST_ITEMS = 64 };

struct settings {
    struct setting_value values[SETTING_COUNT];
    struct {
        enum setting setting;
        struct span item;
        struct span source;
    } items[SETTING_LIST_ITEMS];
    unsigned item_count;
};

/* What is wrong with a value: names the source, what it holds and what was expected. */
struct setting_error {
    enum setting setting;
    struct span source;
    struct span value;
    const char *expected; /* "a number from 0 to 65535" as far as it is a literal */
    bool too_many;        /* more list items than fit */
};

/* The defaults only. */
void settings_start(struct settings *settings);
/* Sets a value if it ranks at least as high as what is there, else remembers it as the other one. False: the value isn't
 * one of its type, nothing is set and `error` says why. */
bool settings_set(struct settings *settings, enum setting setting, struct span value, enum origin origin,
                  struct span source, struct setting_error *error);
/* Takes every variable ASGI_INIT_X. All are read; false, and the first bad one in `error`, when one can't be. */
bool settings_read_own(struct settings *settings, const struct environment *environment, struct setting_error *error);
/* Takes uvicorn's and the conventional names. A value that their type forbids is left out: `ignored` is called for each. */
void settings_read_foreign(struct settings *settings, const struct environment *environment,
                           void (*ignored)(void *context, const struct setting_error *error), void *context);
/* What was expected of a value of that setting, in words: "a number from 0 to 65535", "one of auto, always, never". */
void setting_expected(enum setting setting, struct text *text);
/* The setting of that option name ("stop-timeout") or variable name without prefix ("STOP_TIMEOUT"); SETTING_COUNT. */
enum setting setting_named(struct span name);
enum setting setting_of_variable(struct span name);
/* The variable "ASGI_INIT_STOP_TIMEOUT" of a setting. */
void setting_variable(enum setting setting, struct text *text);

bool setting_is(const struct settings *settings, enum setting setting); /* flags: on? others: set, not by default? */
struct span setting_text(const struct settings *settings, enum setting setting);
uint64_t setting_number(const struct settings *settings, enum setting setting, uint64_t fallback);
uint64_t setting_milliseconds(const struct settings *settings, enum setting setting, uint64_t fallback);
bool setting_chosen(const struct settings *settings, enum setting setting, const char *choice);

#endif
