#include "facts/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct user_row {
    const char *line;
    bool good;
    const char *name;
    uint32_t uid, gid;
    const char *home;
};

static const struct user_row users[] = {
    {"root:x:0:0:root:/root:/bin/bash", true, "root", 0, 0, "/root"},
    {"app:x:1000:1001:,,,:/home/app:/bin/sh", true, "app", 1000, 1001, "/home/app"},
    {"app:x:1000:1001", true, "app", 1000, 1001, ""},
    {"app:x:1000:1001::", true, "app", 1000, 1001, ""},
    {"app::1000:1001:::", true, "app", 1000, 1001, ""},
    {"app:x:2147483647:1:::", true, "app", 2147483647, 1, ""},
    {"1000:x:5:6::/five:", true, "1000", 5, 6, "/five"},
    {"app:x:1000:1001::/home/app\r", true, "app", 1000, 1001, "/home/app"},
    /* What a careless reader takes for id 0. */
    {"app:x::1001::/:", false, "", 0, 0, ""},
    {"app:x:abc:1001::/:", false, "", 0, 0, ""},
    {"app:x:1000:", false, "", 0, 0, ""},
    {"app:x:1000", false, "", 0, 0, ""},
    {"app:x:-1:1001::/:", false, "", 0, 0, ""},
    {"app:x:+5:1001::/:", false, "", 0, 0, ""},
    {"app:x: 5:1001::/:", false, "", 0, 0, ""},
    {"app:x:4294967296:1001::/:", false, "", 0, 0, ""},
    {"app:x:2147483648:1001::/:", false, "", 0, 0, ""},
    {"app:x:0x10:1001::/:", false, "", 0, 0, ""},
    {":x:0:0::/:", false, "", 0, 0, ""},
    {"app", false, "", 0, 0, ""},
    {"", false, "", 0, 0, ""},
    {"#app:x:0:0::/:", false, "", 0, 0, ""},
    {"+::::::", false, "", 0, 0, ""},
    {"-app:x:0:0::/:", false, "", 0, 0, ""},
};

static void test_users(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(users); i++) {
        const struct user_row *row = &users[i];
        struct account_user user;
        bool good = account_user_parse(span_of(row->line), &user);
        if (good != row->good)
            fail_msg("row %zu: '%s'", i, row->line);
        if (good && (!span_is(user.name, row->name) || user.uid != row->uid || user.gid != row->gid ||
                     !span_is(user.home, row->home)))
            fail_msg("row %zu: '%s': other values", i, row->line);
    }
}

struct group_row {
    const char *line;
    const char *user;
    bool good;
    uint32_t gid;
    bool lists;
};

static const struct group_row groups[] = {
    {"www:x:33:app,bob", "app", true, 33, true},
    {"www:x:33:app,bob", "bob", true, 33, true},
    {"www:x:33:app,bob", "bo", true, 33, false},
    {"www:x:33:app,bob", "", true, 33, false},
    {"www:x:33:app", "app", true, 33, true},
    {"www:x:33:app,", "", true, 33, false},
    {"www:x:33:", "app", true, 33, false},
    {"www:x:33", "app", true, 33, false},
    {"www:x:33:application", "app", true, 33, false},
    {"www:x:33:app:bob", "bob", true, 33, false},
    {"app:x:33:", "app", true, 33, false}, /* a group's name is no member */
    {"www:x::app", "app", false, 0, false},
    {"www:x:root:app", "app", false, 0, false},
    {"www", "app", false, 0, false},
    {"#www:x:33:app", "app", false, 0, false},
    {"+:::", "", false, 0, false},
};

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        const struct group_row *row = &groups[i];
        struct account_group group;
        bool good = account_group_parse(span_of(row->line), &group);
        if (good != row->good || (good && group.gid != row->gid) ||
            (good && account_group_lists(&group, span_of(row->user)) != row->lists))
            fail_msg("row %zu: '%s'", i, row->line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_users), cmocka_unit_test(test_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
