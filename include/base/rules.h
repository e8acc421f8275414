#ifndef BASE_RULES_H
#define BASE_RULES_H

/* The table of rules, base/rules.def, which says how a row is written.
 *
 * All texts are bytes of one object, each row's behind a tag and ended by a NUL, so that no row holds a pointer: in a static PIE
 * each of a thousand pointers would be 24 bytes of the file, and be relocated at every start. Looking a text up walks its
 * row. The texts are literals: they live as long as the program. */

#include "base/exit_code.h"
#include "base/text.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* In the order "most fundamental first". */
enum rule {
#define RULE(id, ...) RULE_##id,
#include "base/rules.def"
#undef RULE
    RULE_COUNT
};

/* The texts of a row that aren't fixes. `found` and `why` may hold several lines. */
enum rule_text {
    RULE_NAME = 1, /* the tags: no byte of a text is one of them */
    RULE_TITLE,
    RULE_WANTED,
    RULE_FOUND,
    RULE_WHY,
    RULE_EXPLAIN,
    RULE_FIX,
};

enum { RULE_FIXES = 6 };

enum severity rule_severity(enum rule rule);
enum exit_code rule_exit_code(enum rule rule);
/* "venv-hidden-by-mount" */
const char *rule_name(enum rule rule);
/* That text of the row, with its {values}; NULL where the row has none. Of the fixes it is the first. */
const char *rule_text(enum rule rule, enum rule_text which);
/* The fix of that number, from 0: its first line says what it does, the others are what to copy, with their indentation.
 * NULL after the last. */
const char *rule_fix(enum rule rule, unsigned number);
/* The rule of that name, or RULE_COUNT. */
enum rule rule_named(struct span name);

#endif
