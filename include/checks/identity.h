#ifndef CHECKS_IDENTITY_H
#define CHECKS_IDENTITY_H

/* Who the server shall run as. Resolves names by our own reading of /etc/passwd and /etc/group inside the reader's root (no
 * NSS); numbers need neither file.
 *
 * USER[:GROUP] is read as Docker reads it: digits are ids; a number with an entry gets the entry's group and home; the
 * user's supplementary groups come from /etc/group, unless a GROUP is given; a number without an entry gets group 0 (with a
 * warning) and home "/". The primary group is among the supplementary ones, as in Docker since CVE-2022-36109. Stricter in
 * what Docker lets pass: an empty USER, a third part, signs, and blanks are malformed. Nothing that can't be resolved ever
 * becomes root.
 */

#include "base/findings.h"
#include "checks/reader.h"

enum { IDENTITY_GROUPS = 64, IDENTITY_NAME = 256 };

struct identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[IDENTITY_GROUPS];
    unsigned group_count;
    char name[IDENTITY_NAME]; /* "" for a number without an entry */
    char home[PATH_MOST];     /* absolute; "/" for a number without an entry */
    bool has_entry;
    const char *given_by; /* a literal: "--user", "ASGI_INIT_USER", "PUID" */
};

/* The identity of `spec`. False: a finding says why. */
bool identity_resolve(const struct reader *reader, struct span spec, const char *given_by, struct identity *identity,
                      struct findings *findings);
/* The same for the folk variables, which are numbers: PUID alone is a USER, both are USER:GROUP. `pgid` may be empty. */
bool identity_resolve_numbers(const struct reader *reader, struct span puid, struct span pgid,
                              struct identity *identity, struct findings *findings);

#endif
