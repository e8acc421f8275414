#ifndef FACTS_ACCOUNTS_H
#define FACTS_ACCOUNTS_H

/* Lines of /etc/passwd and /etc/group (passwd(5), group(5)). Spans point into the line. */

#include "base/text.h"

/* The largest id that Docker and its relatives take; above it programs that hold ids in an int go wrong. */
enum { ACCOUNT_ID_MOST = 2147483647 };

struct account_user {
    struct span name;
    uint32_t uid;
    uint32_t gid;
    struct span home; /* may be empty */
};

struct account_group {
    struct span name;
    uint32_t gid;
    struct span members; /* names with commas between them */
};

/* False for what is no entry: an empty line, a comment, `+` of NIS, a name that is empty, an id that isn't digits. Such a
 * line is never read as a user of id 0. */
bool account_user_parse(struct span line, struct account_user *user);
bool account_group_parse(struct span line, struct account_group *group);
bool account_group_lists(const struct account_group *group, struct span user);

#endif
