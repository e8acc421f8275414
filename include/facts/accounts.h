#ifndef FACTS_ACCOUNTS_H
#define FACTS_ACCOUNTS_H

/* passwd(5) and group(5), and the grammar of `--user`, which is Docker's: USER[:GROUP], each a name or an id. No NSS:
 * what these two files don't say isn't known. A line that lacks fields, or whose id is no number, is skipped; of
 * several lines that fit the first counts. Lines may be of any length. Any bytes may be given; no system call is made.
 *
 * Spans lie in the given bytes.
 */

#include "base/text.h"

enum { ACCOUNT_GROUPS_MOST = 64 };
#define ACCOUNT_ID_MOST (UINT32_MAX - 1) /* (uid_t)-1 means "leave it" to the kernel */

struct account {
    struct span name; /* empty: there is no entry */
    uint32_t uid;
    uint32_t gid;
    struct span home;
    struct span shell;
};

/* The groups of which somebody is a member by name. */
struct account_groups {
    uint32_t list[ACCOUNT_GROUPS_MOST]; /* each once */
    unsigned count;
    bool cut; /* there are more */
};

bool account_named(struct span passwd, struct span name, struct account *account);
bool account_with_uid(struct span passwd, uint32_t uid, struct account *account);
bool group_named(struct span group, struct span name, uint32_t *gid);
bool group_with_gid(struct span group, uint32_t gid, struct span *name);
void account_groups_of(struct span group, struct span user, struct account_groups *groups);

enum user_error {
    USER_OK,
    USER_MALFORMED, /* empty, nothing before the colon, or two colons */
    USER_UNKNOWN,   /* no such name in passwd */
    GROUP_UNKNOWN,  /* no such name in group */
    USER_ID_TOO_BIG,
    USER_GROUPS_CUT /* a member of more than ACCOUNT_GROUPS_MOST groups */
};

struct user {
    struct account account; /* uid and gid are what shall be; name and home are empty where passwd has no such uid */
    struct account_groups groups;
    struct span asked_user, asked_group; /* the two halves of what was asked for; no group: empty */
    bool gid_by_default;                 /* neither given nor in passwd: gid 0, as Docker has it */
};

/* Finds what USER[:GROUP] means, as Docker does: digits are an id, also where a user has that name; an id needs no
 * entry; a group that is given takes the place of the user's own and of all supplementary ones. An empty group, as in
 * `app:`, is none. After any error nothing in `*user` but what was asked may be used: its ids may still be root's. */
enum user_error user_resolve(struct user *user, struct span asked, struct span passwd, struct span group)
    __attribute__((warn_unused_result));

#endif
