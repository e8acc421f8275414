#ifndef BASE_FINDINGS_H
#define BASE_FINDINGS_H

/* Findings are data: a check adds them, one place prints them (base/report.h).
 *
 * A rule is one row of base/rules.def: name, severity, exit code, texts. The texts hold {values}; a finding gives the
 * values. A line or a fix that names a value which the finding hasn't got is left out, so that one row serves every
 * shade of its cause. Beside its texts a finding holds evidence: lines with a label of their own (`tried`, `chain`).
 *
 * All lies in one fixed store. What doesn't fit is counted in `lost` and reported as such; nothing is overwritten.
 */

#include "base/rules.h"
#include "base/text.h"

enum { FINDING_VALUES = 32, FINDING_EVIDENCE = 16, FINDINGS_MOST = 48, FINDINGS_STORE = 32768 };

struct value {
    const char *key; /* a literal */
    struct span span;
};

struct evidence {
    const char *label; /* a literal of at most 8 bytes: "tried", "chain", "says" */
    struct span left;  /* shown in a column of its own */
    struct span right; /* may be empty */
};

struct finding {
    enum rule rule;
    enum severity severity; /* the row's, or weakened by finding_weaken */
    struct value values[FINDING_VALUES];
    unsigned value_count;
    struct evidence evidence[FINDING_EVIDENCE];
    unsigned evidence_count;
};

struct findings {
    unsigned count;
    unsigned lost; /* findings, values or evidence that found no room */
    size_t used;
    struct finding list[FINDINGS_MOST];
    char store[FINDINGS_STORE];
    struct finding spare; /* takes the values of findings that found no room */
};

void findings_clear(struct findings *findings);
/* Adds a finding and returns it, for its values to be set. Never NULL. Valid until findings_clear. */
struct finding *findings_add(struct findings *findings, enum rule rule);
/* Sets a value: a copy of the bytes is kept. An empty span or NULL sets nothing. Setting a key again replaces it. */
void finding_set(struct findings *findings, struct finding *finding, const char *key, struct span span);
void finding_set_string(struct findings *findings, struct finding *finding, const char *key, const char *string);
void finding_set_number(struct findings *findings, struct finding *finding, const char *key, uint64_t number);
void finding_set_octal(struct findings *findings, struct finding *finding, const char *key, uint64_t number);
void finding_evidence(struct findings *findings, struct finding *finding, const char *label, struct span left,
                      struct span right);
/* NULL when the finding hasn't got that value. */
const struct value *finding_value(const struct finding *finding, const char *key);
/* At most the row's own severity: SEVERITY_ERROR makes a weakened error one again, and never a warning worse. */
void finding_weaken(struct finding *finding, enum severity severity);
/* The worst severity of the findings from `first` on; SEVERITY_NOTE when there are none. */
enum severity findings_worst(const struct findings *findings, unsigned first);
/* The exit code of the most fundamental error; EXIT_OK without errors. */
enum exit_code findings_exit_code(const struct findings *findings);
bool findings_has(const struct findings *findings, enum rule rule);
/* The rule of that name, or RULE_COUNT. */
enum rule rule_named(struct span name);

#endif
