#include "commands/privileges_finding.h"

#include "facts/capability.h"

#include <errno.h>
#include <string.h>

enum { CAPABILITY_NAMES = 1024, CAPABILITY_NAME = 64, NEAR_ENOUGH = 3 };

static bool changes_ids(enum privileges_stage stage)
{
    return stage == PRIVILEGES_GROUPS || stage == PRIVILEGES_GROUP || stage == PRIVILEGES_USER;
}

static enum rule rule_of(const struct privileges_result *result)
{
    if (result->stage == PRIVILEGES_KEEP)
        return RULE_CAPABILITY_NOT_AVAILABLE;
    if (!changes_ids(result->stage))
        return RULE_PRIVILEGES_NOT_CHANGED;
    if (result->missing && result->before.uids[1] != 0)
        return RULE_USER_NEEDS_ROOT;
    if (result->missing)
        return RULE_USER_NOT_PERMITTED;
    if (result->not_mapped)
        return RULE_ID_NOT_MAPPED;
    return result->groups_denied || result->error == EPERM ? RULE_USER_NOT_PERMITTED : RULE_PRIVILEGES_NOT_CHANGED;
}

static void identity_describe(const struct identity *identity, struct finding *finding, struct findings *findings)
{
    char ids[32];
    struct text text = TEXT_ON(ids);
    text_unsigned(&text, identity->uid);
    text_byte(&text, ':');
    text_unsigned(&text, identity->gid);
    finding_set(findings, finding, "ids", text_as_span(&text));
    finding_set(findings, finding, "user", identity->name[0] ? span_of(identity->name) : text_as_span(&text));
    finding_set_string(findings, finding, "setting", identity->given_by);
}

static void call_describe(const struct privileges_result *result, struct finding *finding, struct findings *findings)
{
    if (result->stage == PRIVILEGES_PROOF) {
        finding_set_string(findings, finding, "proof", "yes");
        return;
    }
    finding_set_string(findings, finding, "call", privileges_stage_name(result->stage));
    if (result->error)
        finding_set_string(findings, finding, "error", strerror(result->error));
    else
        finding_set_string(findings, finding, result->stage == PRIVILEGES_ROOT_AGAIN ? "again" : "silent", "yes");
}

static void cause_describe(const struct privileges_result *result, struct finding *finding, struct findings *findings)
{
    char names[CAPABILITY_NAMES];
    struct text text = TEXT_ON(names);
    capability_text(&text, result->missing);
    finding_set(findings, finding, "missing", text_as_span(&text));
    finding_set_string(findings, finding, "denied", result->groups_denied ? "yes" : NULL);
    finding_set_string(findings, finding, "filtered", result->filtered ? "yes" : NULL);
    if (!result->missing && !result->not_mapped && !result->groups_denied && !result->filtered)
        finding_set_string(findings, finding, "unexplained", "yes");
    if (result->not_mapped) {
        finding_set_number(findings, finding, "id", result->id);
        finding_set_string(findings, finding, "map", result->map);
    }
    if (result->stage == PRIVILEGES_KEEP && (result->missing & ~result->before.permitted) == 0)
        finding_set_string(findings, finding, "ambient", "missing");
    if (result->before.uids[1] == 0)
        finding_set_string(findings, finding, "root", "yes");
}

void privileges_failure_add(const struct privileges_result *result, const struct identity *identity,
                            struct findings *findings)
{
    struct finding *finding = findings_add(findings, rule_of(result));
    finding_set_number(findings, finding, "uid", result->before.uids[1]);
    finding_set_number(findings, finding, "gid", result->before.gids[1]);
    if (identity)
        identity_describe(identity, finding, findings);
    call_describe(result, finding, findings);
    cause_describe(result, finding, findings);
}

void privileges_notes_add(const struct privileges_result *result, struct findings *findings)
{
    if (result->output_error == 0)
        return;
    struct finding *finding = findings_add(findings, RULE_OUTPUT_NOT_HANDED_OVER);
    finding_set_string(findings, finding, "error", strerror(result->output_error));
}

static void near_capability_set(struct span word, struct finding *finding, struct findings *findings)
{
    size_t best = NEAR_ENOUGH + 1;
    char buffer[CAPABILITY_NAME];
    struct text capitals = TEXT_ON(buffer);
    for (size_t i = 0; i < word.length; i++)
        text_byte(&capitals, word.at[i] >= 'a' && word.at[i] <= 'z' ? (char)(word.at[i] - 'a' + 'A') : word.at[i]);
    word = text_as_span(&capitals);
    if (span_starts(word, "CAP_"))
        word = span_from(word, sizeof("CAP_") - 1);
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        struct span name = span_from(span_of(capability_name(i)), sizeof("CAP_") - 1);
        size_t distance = span_distance(word, name);
        if (distance < best && 2 * distance < name.length) {
            best = distance;
            finding_set(findings, finding, "near", name);
        }
    }
}

void unknown_capability_add(struct span word, struct span setting, struct findings *findings)
{
    struct finding *finding = findings_add(findings, RULE_UNKNOWN_CAPABILITY);
    finding_set(findings, finding, "value", word.length > 0 ? word : SPAN("(empty)"));
    finding_set(findings, finding, "setting", setting);
    finding_set(findings, finding, span_starts(setting, "-") ? "option" : "variable", setting);
    near_capability_set(word, finding, findings);
}
