#include "base/rules.h"

#include <stddef.h>
#include <string.h>

#define NAME(text)    "\1" text "\0"
#define TITLE(text)   "\2" text "\0"
#define WANTED(text)  "\3" text "\0"
#define FOUND(text)   "\4" text "\0"
#define WHY(text)     "\5" text "\0"
#define EXPLAIN(text) "\6" text "\0"
#define FIX(text)     "\7" text "\0"

/* A row's member is its texts one behind the other; the literal's own NUL, where a tag would be, ends them. */
struct texts {
#define RULE(id, severity, exit_code, texts) char id[sizeof(texts)];
#include "base/rules.def"
#undef RULE
};

static const struct texts texts = {
#define RULE(id, severity, exit_code, texts) .id = texts,
#include "base/rules.def"
#undef RULE
};

static const struct {
    uint32_t texts; /* where they begin */
    uint8_t severity;
    uint8_t exit_code;
} rows[RULE_COUNT] = {
#define RULE(id, severity, exit_code, ...)                                                                             \
    [RULE_##id] = {offsetof(struct texts, id), SEVERITY_##severity, EXIT_##exit_code},
#include "base/rules.def"
#undef RULE
};

enum severity rule_severity(enum rule rule)
{
    return rows[rule].severity;
}

enum exit_code rule_exit_code(enum rule rule)
{
    return rows[rule].exit_code;
}

/* The text with that tag, of several the one of that number. */
static const char *find(enum rule rule, enum rule_text which, unsigned number)
{
    for (const char *tag = (const char *)&texts + rows[rule].texts; *tag; tag += strlen(tag) + 1)
        if (*tag == (char)which && number-- == 0)
            return tag + 1;
    return NULL;
}

const char *rule_name(enum rule rule)
{
    return find(rule, RULE_NAME, 0);
}

const char *rule_text(enum rule rule, enum rule_text which)
{
    return find(rule, which, 0);
}

const char *rule_fix(enum rule rule, unsigned number)
{
    return find(rule, RULE_FIX, number);
}

enum rule rule_named(struct span name)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (span_is(name, rule_name((enum rule)i)))
            return (enum rule)i;
    return RULE_COUNT;
}
