#include "base/findings.h"

const struct rule_row rule_rows[RULE_COUNT] = {
#define RULE(id, ...) [RULE_##id] = {__VA_ARGS__},
#include "base/rules.def"
#undef RULE
};

enum rule rule_named(struct span name)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (span_is(name, rule_rows[i].name))
            return (enum rule)i;
    return RULE_COUNT;
}
