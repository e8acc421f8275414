#include "facts/accounts.h"

static bool id_take(struct span *rest, uint32_t *id)
{
    uint64_t number;
    if (!span_number(span_split(rest, ':'), ACCOUNT_ID_MOST, &number))
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool name_take(struct span *rest, struct span *name)
{
    *name = span_split(rest, ':');
    return name->length > 0 && !span_has(SPAN("#+-"), name->at[0]);
}

bool account_user_parse(struct span line, struct account_user *user)
{
    struct span rest = span_trim(line);
    if (!name_take(&rest, &user->name))
        return false;
    span_split(&rest, ':'); /* the password */
    if (!id_take(&rest, &user->uid) || !id_take(&rest, &user->gid))
        return false;
    span_split(&rest, ':'); /* the comment */
    user->home = span_split(&rest, ':');
    return true;
}

bool account_group_parse(struct span line, struct account_group *group)
{
    struct span rest = span_trim(line);
    if (!name_take(&rest, &group->name))
        return false;
    span_split(&rest, ':'); /* the password */
    if (!id_take(&rest, &group->gid))
        return false;
    group->members = span_split(&rest, ':');
    return true;
}

bool account_group_lists(const struct account_group *group, struct span user)
{
    struct span rest = group->members;
    while (rest.at) {
        if (span_equal(span_split(&rest, ','), user))
            return user.length > 0;
    }
    return false;
}
