#include "checks/identity.h"

#include "facts/accounts.h"

#include <errno.h>
#include <string.h>

#define PASSWD "/etc/passwd"
#define GROUP  "/etc/group"

enum { LINES_BUFFER = 32768, NEAR_ENOUGH = 2 };

/* USER[:GROUP] taken apart. A part of digits only is an id. */
struct wanted {
    struct span spec;
    struct span user;
    struct span group; /* empty: the user's own */
    uint32_t uid;
    uint32_t gid;
    bool user_is_id;
    bool group_is_id;
};

/* A search under way, through one of the two files. */
struct search {
    const struct wanted *wanted;
    struct identity *identity;
    bool found;
    bool too_many;
    size_t near_distance;
    char near[IDENTITY_NAME];
};

/* ---- lines of a file of any length ---- */

/* Gives whole lines, until one is what was looked for. The bytes that they took. */
static size_t lines_take(struct span rest, bool is_end, void (*each)(struct search *, struct span),
                         struct search *search)
{
    size_t used = 0;
    while (rest.at && !search->found) {
        size_t before = rest.length;
        struct span line = span_split(&rest, '\n');
        if (!rest.at && !is_end)
            break;
        each(search, line);
        used += before - rest.length;
    }
    return used;
}

/* 0 or errno; E2BIG for a line that is longer than any real one. */
static int lines_read(const struct reader *reader, const char *path, void (*each)(struct search *, struct span),
                      struct search *search)
{
    char buffer[LINES_BUFFER];
    uint64_t offset = 0;
    size_t length;
    do {
        int error = reader_read(reader, span_of(path), offset, buffer, sizeof(buffer), &length);
        if (error)
            return error;
        size_t used = lines_take((struct span){buffer, length}, length < sizeof(buffer), each, search);
        if (used == 0 && length == sizeof(buffer))
            return E2BIG;
        offset += used;
    } while (length == sizeof(buffer) && !search->found);
    return 0;
}

static void near_note(struct search *search, struct span wanted, struct span name)
{
    size_t distance = span_distance(wanted, name);
    /* Of a short name everything is near. */
    if (distance > NEAR_ENOUGH || 2 * distance > wanted.length ||
        (search->near[0] && distance >= search->near_distance))
        return;
    struct text near = TEXT_ON(search->near);
    text_span(&near, name);
    search->near_distance = distance;
}

/* ---- the user ---- */

static void user_take(struct search *search, struct span line)
{
    const struct wanted *wanted = search->wanted;
    struct identity *identity = search->identity;
    struct account_user user;
    if (!account_user_parse(line, &user))
        return;
    if (!wanted->user_is_id)
        near_note(search, wanted->user, user.name);
    if (wanted->user_is_id ? user.uid != wanted->uid : !span_equal(user.name, wanted->user))
        return;
    struct text name = TEXT_ON(identity->name);
    struct text home = TEXT_ON(identity->home);
    text_span(&name, user.name);
    text_span(&home, user.home.length > 0 && user.home.at[0] == '/' ? user.home : SPAN("/"));
    if (name.cut || home.cut)
        return;
    identity->uid = user.uid;
    identity->gid = user.gid;
    identity->has_entry = search->found = true;
}

/* {setting}, and {give}, behind which a USER stands to be copied: PUID takes a number alone, and PGID the group's. */
static void set_setting(struct finding *finding, const char *given_by, struct findings *findings)
{
    char buffer[32];
    struct text give = TEXT_ON(buffer);
    bool is_folk = span_is(span_of(given_by), "PUID");
    finding_set_string(findings, finding, "setting", given_by);
    if (is_folk)
        finding_set_string(findings, finding, "puid", "yes");
    else
        text_join(&give, given_by, given_by[0] == '-' ? " " : "=", NULL);
    finding_set(findings, finding, "give", text_as_span(&give));
}

static struct finding *finding_start(const struct search *search, enum rule rule, struct findings *findings)
{
    struct finding *finding = findings_add(findings, rule);
    finding_set(findings, finding, "user", search->wanted->spec);
    set_setting(finding, search->identity->given_by, findings);
    finding_set_string(findings, finding, "near", search->near);
    return finding;
}

/* useradd(8) takes it as it stands: no option, no blank, nothing that a shell reads. */
static bool is_plain_name(struct span name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.at[i];
        bool letter = (byte >= 'a' && byte <= 'z') || byte == '_';
        if (!letter && (i == 0 || !((byte >= '0' && byte <= '9') || byte == '-')))
            return false;
    }
    return name.length > 0;
}

static bool user_find(const struct reader *reader, struct search *search, struct findings *findings)
{
    const struct wanted *wanted = search->wanted;
    int error = lines_read(reader, PASSWD, user_take, search);
    if (search->found)
        return true;
    if (wanted->user_is_id) {
        search->identity->uid = wanted->uid;
        search->identity->gid = 0;
        search->identity->home[0] = '/';
        return true;
    }
    struct finding *finding = finding_start(search, RULE_NO_SUCH_USER, findings);
    finding_set(findings, finding, "user", wanted->user);
    finding_set(findings, finding, "new", is_plain_name(wanted->user) ? wanted->user : SPAN(""));
    finding_set_string(findings, finding, "file", PASSWD);
    finding_set_string(findings, finding, "unread", error ? strerror(error) : NULL);
    return false;
}

/* ---- its groups ---- */

static void group_add(struct search *search, gid_t gid)
{
    struct identity *identity = search->identity;
    for (unsigned i = 0; i < identity->group_count; i++) {
        if (identity->groups[i] == gid)
            return;
    }
    if (identity->group_count < IDENTITY_GROUPS)
        identity->groups[identity->group_count++] = gid;
    else
        search->too_many = true;
}

static void group_take(struct search *search, struct span line)
{
    const struct wanted *wanted = search->wanted;
    struct account_group group;
    if (!account_group_parse(line, &group))
        return;
    if (wanted->group.length == 0) {
        if (account_group_lists(&group, span_of(search->identity->name)))
            group_add(search, group.gid);
        return;
    }
    near_note(search, wanted->group, group.name);
    if (!span_equal(group.name, wanted->group))
        return;
    search->identity->gid = group.gid;
    search->found = true;
}

static bool named_group_find(const struct reader *reader, struct search *search, struct findings *findings)
{
    int error = lines_read(reader, GROUP, group_take, search);
    if (search->found)
        return true;
    struct finding *finding = finding_start(search, RULE_NO_SUCH_GROUP, findings);
    finding_set(findings, finding, "group", search->wanted->group);
    finding_set(findings, finding, "new", is_plain_name(search->wanted->group) ? search->wanted->group : SPAN(""));
    finding_set_string(findings, finding, "file", GROUP);
    finding_set_string(findings, finding, "unread", error ? strerror(error) : NULL);
    return false;
}

/* A file that can't be read leaves the user with fewer groups, never with more: as in Docker no error. */
static bool own_groups_find(const struct reader *reader, struct search *search, struct findings *findings)
{
    group_add(search, search->identity->gid);
    if (search->identity->has_entry && lines_read(reader, GROUP, group_take, search) == E2BIG)
        search->too_many = true;
    if (!search->too_many)
        return true;
    struct finding *finding = finding_start(search, RULE_TOO_MANY_GROUPS, findings);
    finding_set_number(findings, finding, "most", IDENTITY_GROUPS);
    finding_set_number(findings, finding, "gid", search->identity->gid);
    finding_set_string(findings, finding, "file", GROUP);
    return false;
}

static bool groups_find(const struct reader *reader, struct search *search, struct findings *findings)
{
    const struct wanted *wanted = search->wanted;
    if (wanted->group.length == 0)
        return own_groups_find(reader, search, findings);
    if (wanted->group_is_id)
        search->identity->gid = wanted->gid;
    else if (!named_group_find(reader, search, findings))
        return false;
    group_add(search, search->identity->gid);
    return true;
}

/* ---- the words ---- */

static bool is_digits(struct span span)
{
    for (size_t i = 0; i < span.length; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
    }
    return span.length > 0;
}

/* False: digits that are no id. */
static bool id_parse(struct span part, bool *is_id, uint32_t *id)
{
    uint64_t number;
    *is_id = is_digits(part);
    if (!*is_id)
        return true;
    if (!span_number(part, ACCOUNT_ID_MOST, &number))
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool malformed(const struct wanted *wanted, const char *given_by, const char *how, struct span what,
                      struct findings *findings)
{
    struct finding *finding = findings_add(findings, RULE_MALFORMED_USER);
    finding_set(findings, finding, "user", wanted->spec.length > 0 ? wanted->spec : SPAN("(empty)"));
    set_setting(finding, given_by, findings);
    finding_set(findings, finding, how, what);
    return false;
}

static bool wanted_parse(struct span spec, const char *given_by, struct wanted *wanted, struct findings *findings)
{
    struct span rest = spec;
    *wanted = (struct wanted){.spec = spec};
    wanted->user = span_split(&rest, ':');
    wanted->group = span_split(&rest, ':');
    if (rest.at)
        return malformed(wanted, given_by, "parts", SPAN("3"), findings);
    if (wanted->user.length == 0)
        return malformed(wanted, given_by, "empty", SPAN("yes"), findings);
    if (wanted->user.length >= IDENTITY_NAME || wanted->group.length >= IDENTITY_NAME)
        return malformed(wanted, given_by, "long", SPAN("yes"), findings);
    if (!id_parse(wanted->user, &wanted->user_is_id, &wanted->uid))
        return malformed(wanted, given_by, "range", wanted->user, findings);
    if (!id_parse(wanted->group, &wanted->group_is_id, &wanted->gid))
        return malformed(wanted, given_by, "range", wanted->group, findings);
    return true;
}

/* Whether /etc/passwd has a user of that name. */
static bool has_user(const struct reader *reader, struct span name)
{
    struct identity identity = {.given_by = ""};
    const struct wanted wanted = {.user = name};
    struct search search = {.wanted = &wanted, .identity = &identity};
    lines_read(reader, PASSWD, user_take, &search);
    return search.found;
}

static void entry_missing_note(const struct reader *reader, const struct search *search, struct findings *findings)
{
    if (search->identity->has_entry || search->wanted->group.length > 0)
        return;
    struct finding *finding = finding_start(search, RULE_USER_WITHOUT_ENTRY, findings);
    finding_set_number(findings, finding, "uid", search->identity->uid);
    finding_set_string(findings, finding, "file", PASSWD);
    finding_set_string(findings, finding, "new", has_user(reader, SPAN("app")) ? "server" : "app");
}

bool identity_resolve(const struct reader *reader, struct span spec, const char *given_by, struct identity *identity,
                      struct findings *findings)
{
    struct wanted wanted;
    *identity = (struct identity){.given_by = given_by};
    if (!wanted_parse(spec, given_by, &wanted, findings))
        return false;
    struct search search = {.wanted = &wanted, .identity = identity};
    if (!user_find(reader, &search, findings))
        return false;
    search = (struct search){.wanted = &wanted, .identity = identity};
    if (!groups_find(reader, &search, findings))
        return false;
    entry_missing_note(reader, &search, findings);
    return true;
}

static bool number_check(const struct reader *reader, struct span value, const char *name, struct findings *findings)
{
    uint64_t number;
    if (span_number(value, ACCOUNT_ID_MOST, &number))
        return true;
    struct finding *finding = findings_add(findings, RULE_PUID_NOT_NUMBER);
    finding_set_string(findings, finding, "setting", name);
    finding_set(findings, finding, "value", value.length > 0 ? value : SPAN("(empty)"));
    if (is_plain_name(value) && span_is(span_of(name), "PUID") && has_user(reader, value))
        finding_set_string(findings, finding, "is_name", "yes");
    return false;
}

bool identity_resolve_numbers(const struct reader *reader, struct span puid, struct span pgid,
                              struct identity *identity, struct findings *findings)
{
    char spec[64];
    struct text text = TEXT_ON(spec);
    *identity = (struct identity){.given_by = "PUID"};
    if (!number_check(reader, puid, "PUID", findings) ||
        (pgid.length > 0 && !number_check(reader, pgid, "PGID", findings)))
        return false;
    text_span(&text, puid);
    if (pgid.length > 0) {
        text_byte(&text, ':');
        text_span(&text, pgid);
    }
    return !text.cut && identity_resolve(reader, text_as_span(&text), "PUID", identity, findings);
}
