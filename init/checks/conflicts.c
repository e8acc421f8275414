#include "checks/conflicts.h"

struct conflict {
    enum setting one;
    enum setting other;
    const char *reason;
};

static const char no_init[] = "with --exec no init stays that could do it";

static const struct conflict conflicts[] = {
    {SETTING_EXEC, SETTING_STOP_DELAY, no_init},     {SETTING_EXEC, SETTING_STOP_TIMEOUT, no_init},
    {SETTING_EXEC, SETTING_ORPHAN_TIMEOUT, no_init}, {SETTING_EXEC, SETTING_STOP_CODE, no_init},
    {SETTING_EXEC, SETTING_SIGNAL_TO, no_init},      {SETTING_EXEC, SETTING_MAP_SIGNAL, no_init},
};

static void add(const struct scene *scene, const struct conflict *conflict)
{
    const struct setting_value *one = &scene->settings->values[conflict->one];
    const struct setting_value *other = &scene->settings->values[conflict->other];
    struct finding *finding = findings_add(scene->findings, RULE_SETTINGS_CONFLICT);

    finding_set(scene->findings, finding, "setting", one->source);
    finding_set(scene->findings, finding, "value", one->value);
    finding_set(scene->findings, finding, "other", other->source);
    finding_set(scene->findings, finding, "other_value", other->value);
    finding_set_string(scene->findings, finding, "reason", conflict->reason);
}

bool conflicts_judge(const struct scene *scene)
{
    bool found = false;

    for (unsigned i = 0; i < ARRAY_LENGTH(conflicts); i++) {
        if (!setting_is(scene->settings, conflicts[i].one) || !setting_is(scene->settings, conflicts[i].other))
            continue;
        add(scene, &conflicts[i]);
        found = true;
    }
    return !found;
}
