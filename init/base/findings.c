#include "base/findings.h"

#include <string.h>

enum { NUMBER_MOST = 24 }; /* digits of UINT64_MAX in octal, and the NUL */

void findings_clear(struct findings *findings)
{
    findings->count = 0;
    findings->lost = 0;
    findings->used = 0;
}

static void finding_begin(struct finding *finding, enum rule rule)
{
    finding->rule = rule;
    finding->severity = rule_severity(rule);
    finding->value_count = 0;
    finding->evidence_count = 0;
}

struct finding *findings_add(struct findings *findings, enum rule rule)
{
    struct finding *finding = &findings->spare;

    if (findings->count < FINDINGS_MOST)
        finding = &findings->list[findings->count++];
    else
        findings->lost++;
    finding_begin(finding, rule);
    return finding;
}

static bool keep(struct findings *findings, struct span span, struct span *kept)
{
    if (span.length > sizeof(findings->store) - findings->used)
        return false;
    char *at = findings->store + findings->used;
    if (span.length > 0)
        memcpy(at, span.at, span.length);
    findings->used += span.length;
    *kept = (struct span){at, span.length};
    return true;
}

static struct value *value_of(struct finding *finding, const char *key)
{
    for (unsigned i = 0; i < finding->value_count; i++)
        if (strcmp(finding->values[i].key, key) == 0)
            return &finding->values[i];
    return NULL;
}

const struct value *finding_value(const struct finding *finding, const char *key)
{
    for (unsigned i = 0; i < finding->value_count; i++)
        if (strcmp(finding->values[i].key, key) == 0)
            return &finding->values[i];
    return NULL;
}

/* A value that was to be replaced and couldn't be must not stay: it would be told as a fact. */
static void value_drop(struct finding *finding, struct value *value)
{
    *value = finding->values[--finding->value_count];
}

void finding_set(struct findings *findings, struct finding *finding, const char *key, struct span span)
{
    if (span.length == 0 || finding == &findings->spare)
        return;
    struct span kept;
    struct value *value = value_of(finding, key);
    bool fits = value || finding->value_count < FINDING_VALUES;
    if (!fits || !keep(findings, span, &kept)) {
        findings->lost++;
        if (value)
            value_drop(finding, value);
        return;
    }
    if (!value)
        value = &finding->values[finding->value_count++];
    *value = (struct value){key, kept};
}

void finding_set_string(struct findings *findings, struct finding *finding, const char *key, const char *string)
{
    finding_set(findings, finding, key, span_of(string));
}

void finding_set_number(struct findings *findings, struct finding *finding, const char *key, uint64_t number)
{
    char buffer[NUMBER_MOST];
    struct text text = TEXT_ON(buffer);

    text_unsigned(&text, number);
    finding_set(findings, finding, key, text_as_span(&text));
}

void finding_set_octal(struct findings *findings, struct finding *finding, const char *key, uint64_t number)
{
    char buffer[NUMBER_MOST];
    struct text text = TEXT_ON(buffer);

    text_octal(&text, number);
    finding_set(findings, finding, key, text_as_span(&text));
}

void finding_evidence(struct findings *findings, struct finding *finding, const char *label, struct span left,
                      struct span right)
{
    if (finding == &findings->spare)
        return;
    struct evidence evidence = {.label = label};
    if (finding->evidence_count == FINDING_EVIDENCE || !keep(findings, left, &evidence.left) ||
        !keep(findings, right, &evidence.right)) {
        findings->lost++;
        return;
    }
    finding->evidence[finding->evidence_count++] = evidence;
}

void finding_weaken(struct finding *finding, enum severity severity)
{
    enum severity most = rule_severity(finding->rule);

    finding->severity = severity < most ? severity : most;
}

enum severity findings_worst(const struct findings *findings, unsigned first)
{
    enum severity worst = SEVERITY_NOTE;

    for (unsigned i = first; i < findings->count; i++)
        if (findings->list[i].severity > worst)
            worst = findings->list[i].severity;
    return worst;
}

enum exit_code findings_exit_code(const struct findings *findings)
{
    enum rule first = RULE_COUNT;

    for (unsigned i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->severity == SEVERITY_ERROR && finding->rule < first)
            first = finding->rule;
    }
    return first == RULE_COUNT ? EXIT_OK : rule_exit_code(first);
}

bool findings_has(const struct findings *findings, enum rule rule)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].rule == rule)
            return true;
    return false;
}
