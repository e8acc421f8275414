#include "facts/accounts.h"

enum { PASSWD_FIELDS = 7, GROUP_FIELDS = 4 };

static bool read_id(struct span text, uint32_t *id)
{
    uint64_t number = 0;
    if (!span_number(text, ACCOUNT_ID_MOST, &number))
        return false;
    *id = (uint32_t)number;
    return true;
}

/* Fields by colons; what is behind the last one stays in it. Returns how many there are. */
static size_t split_fields(struct span line, struct span *fields, size_t most)
{
    size_t count = 0;
    while (line.at && count < most)
        fields[count++] = span_split(&line, ':');
    return count;
}

static bool read_account(struct span line, struct account *account)
{
    struct span fields[PASSWD_FIELDS] = {{NULL, 0}};
    *account = (struct account){.uid = 0};
    bool good = split_fields(line, fields, PASSWD_FIELDS) == PASSWD_FIELDS && fields[0].length > 0 &&
                read_id(fields[2], &account->uid) && read_id(fields[3], &account->gid);
    account->name = fields[0];
    account->home = fields[5];
    account->shell = fields[6];
    return good;
}

struct group_line {
    struct span name;
    uint32_t gid;
    struct span members;
};

static bool read_group(struct span line, struct group_line *group)
{
    struct span fields[GROUP_FIELDS] = {{NULL, 0}};
    *group = (struct group_line){.gid = 0};
    size_t count = split_fields(line, fields, GROUP_FIELDS);
    group->name = fields[0];
    group->members = fields[3];
    /* The colon before the members is left out where there are none, and all readers take that. */
    return count >= GROUP_FIELDS - 1 && fields[0].length > 0 && read_id(fields[2], &group->gid);
}

static struct span next_line(struct span *bytes)
{
    struct span line = span_split(bytes, '\n');
    return span_trim(line);
}

bool account_named(struct span passwd, struct span name, struct account *account)
{
    while (passwd.at) {
        if (read_account(next_line(&passwd), account) && span_equal(account->name, name))
            return true;
    }
    *account = (struct account){.uid = 0};
    return false;
}

bool account_with_uid(struct span passwd, uint32_t uid, struct account *account)
{
    while (passwd.at) {
        if (read_account(next_line(&passwd), account) && account->uid == uid)
            return true;
    }
    *account = (struct account){.uid = 0};
    return false;
}

bool group_named(struct span group, struct span name, uint32_t *gid)
{
    struct group_line found;
    while (group.at) {
        if (read_group(next_line(&group), &found) && span_equal(found.name, name)) {
            *gid = found.gid;
            return true;
        }
    }
    return false;
}

bool group_with_gid(struct span group, uint32_t gid, struct span *name)
{
    struct group_line found;
    while (group.at) {
        if (read_group(next_line(&group), &found) && found.gid == gid) {
            *name = found.name;
            return true;
        }
    }
    return false;
}

static bool has_member(struct span members, struct span user)
{
    while (members.at) {
        if (span_equal(span_trim(span_split(&members, ',')), user))
            return true;
    }
    return false;
}

static void add_group(struct account_groups *groups, uint32_t gid)
{
    for (unsigned i = 0; i < groups->count; i++) {
        if (groups->list[i] == gid)
            return;
    }
    if (groups->count < ACCOUNT_GROUPS_MOST)
        groups->list[groups->count++] = gid;
    else
        groups->cut = true;
}

void account_groups_of(struct span group, struct span user, struct account_groups *groups)
{
    groups->count = 0;
    groups->cut = false;
    struct group_line found;
    while (group.at && user.length > 0) {
        if (read_group(next_line(&group), &found) && has_member(found.members, user))
            add_group(groups, found.gid);
    }
}

static bool is_digits(struct span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    }
    return text.length > 0;
}

static enum user_error find_account(struct user *user, struct span passwd)
{
    if (!is_digits(user->asked_user))
        return account_named(passwd, user->asked_user, &user->account) ? USER_OK : USER_UNKNOWN;
    uint32_t uid = 0;
    if (!read_id(user->asked_user, &uid))
        return USER_ID_TOO_BIG;
    user->gid_by_default = !account_with_uid(passwd, uid, &user->account);
    user->account.uid = uid;
    return USER_OK;
}

static enum user_error find_group(struct user *user, struct span group)
{
    user->gid_by_default = false;
    if (!is_digits(user->asked_group))
        return group_named(group, user->asked_group, &user->account.gid) ? USER_OK : GROUP_UNKNOWN;
    return read_id(user->asked_group, &user->account.gid) ? USER_OK : USER_ID_TOO_BIG;
}

enum user_error user_resolve(struct user *user, struct span asked, struct span passwd, struct span group)
{
    *user = (struct user){.gid_by_default = false};
    struct span rest = asked;
    user->asked_user = span_split(&rest, ':');
    user->asked_group = rest;
    if (user->asked_user.length == 0 || span_has(rest, ':'))
        return USER_MALFORMED;
    enum user_error error = find_account(user, passwd);
    if (error != USER_OK)
        return error;
    if (user->asked_group.length > 0)
        return find_group(user, group);
    account_groups_of(group, user->account.name, &user->groups);
    return user->groups.cut ? USER_GROUPS_CUT : USER_OK;
}
