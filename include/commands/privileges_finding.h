#ifndef COMMANDS_PRIVILEGES_FINDING_H
#define COMMANDS_PRIVILEGES_FINDING_H

/* A change of privileges that failed, as a finding: which right is missing, and the line that gives it. */

#include "base/findings.h"
#include "checks/identity.h"
#include "process/privileges.h"

/* `identity` is whom we should have become; NULL for --drop-privs. `result->stage` isn't PRIVILEGES_DONE. */
void privileges_failure_add(const struct privileges_result *result, const struct identity *identity,
                            struct findings *findings);
/* What went on without being a failure: an output that stays root's. */
void privileges_notes_add(const struct privileges_result *result, struct findings *findings);
/* A word of --keep-caps that names no capability; `setting` is how the list was given. */
void unknown_capability_add(struct span word, struct span setting, struct findings *findings);

#endif
