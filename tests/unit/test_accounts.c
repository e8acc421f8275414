#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/accounts.h"

static const struct span passwd = SPAN_ROW("root:x:0:0:root:/root:/bin/bash\n"
                                           "\n"
                                           "# a comment\n"
                                           "short:x:1:1\n"
                                           "bad:x:one:1::/:/bin/sh\n"
                                           "empty:x::1::/:/bin/sh\n"
                                           "huge:x:4294967295:1::/:/bin/sh\n"
                                           "+::::::\n"
                                           ":x:77:77::/:/bin/sh\n"
                                           "app:x:1000:1001:App,,,:/home/app:/bin/sh\r\n"
                                           "app:x:2000:2000::/second:\n"
                                           "1234:x:55:56::/digits:/bin/sh\n"
                                           "twin:x:1000:9::/twin:/bin/sh\n"
                                           "last:x:4294967294:4294967294::/:");
static const struct span group = SPAN_ROW("root:x:0:\n"
                                          "app:x:1001:\n"
                                          "docker:x:998:ana,app\n"
                                          "bad:x:nine:app\n"
                                          "short:x\n"
                                          "again:x:998:app\n"
                                          "nocolon:x:997\n"
                                          "apps:x:996:apple,ap\n"
                                          "www:x:33:app, other\n"
                                          "1234:x:77:1234\n");

static void accounts_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
        uint32_t uid, gid;
        const char *home, *shell;
    } rows[] = {
        {"root", true, 0, 0, "/root", "/bin/bash"},
        {"app", true, 1000, 1001, "/home/app", "/bin/sh"},
        {"1234", true, 55, 56, "/digits", "/bin/sh"},
        {"last", true, 4294967294, 4294967294, "/", ""},
        {"short", false, 0, 0, "", ""},
        {"bad", false, 0, 0, "", ""},
        {"empty", false, 0, 0, "", ""},
        {"huge", false, 0, 0, "", ""},
        {"+", false, 0, 0, "", ""},
        {"", false, 0, 0, "", ""},
        {"ap", false, 0, 0, "", ""},
        {"nobody", false, 0, 0, "", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct account account;
        assert_int_equal(account_named(passwd, span_of(rows[i].name), &account), rows[i].good);
        assert_int_equal(account.uid, rows[i].uid);
        assert_int_equal(account.gid, rows[i].gid);
        assert_true(span_is(account.home, rows[i].home));
        assert_true(span_is(account.shell, rows[i].shell));
    }
}

static void accounts_by_uid(void **state)
{
    (void)state;
    struct account account;
    assert_true(account_with_uid(passwd, 1000, &account));
    assert_true(span_is(account.name, "app"));
    assert_false(account_with_uid(passwd, 1, &account));
    assert_false(account_with_uid(passwd, 77, &account));
    assert_int_equal(account.name.length, 0);
    assert_false(account_with_uid((struct span){NULL, 0}, 0, &account));
}

static void groups(void **state)
{
    (void)state;
    uint32_t gid = 4711;
    struct span name = {NULL, 0};
    assert_false(group_named(group, SPAN("bad"), &gid));
    assert_false(group_named(group, SPAN("short"), &gid));
    assert_int_equal(gid, 4711);
    assert_true(group_named(group, SPAN("nocolon"), &gid));
    assert_int_equal(gid, 997);
    assert_true(group_with_gid(group, 998, &name));
    assert_true(span_is(name, "docker"));
    assert_false(group_with_gid(group, 4711, &name));

    struct account_groups found;
    account_groups_of(group, SPAN("app"), &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.list[0], 998);
    assert_int_equal(found.list[1], 33);
    assert_false(found.cut);
    account_groups_of(group, SPAN(""), &found);
    assert_int_equal(found.count, 0);
}

static void more_groups_than_fit(void **state)
{
    (void)state;
    char buffer[4096];
    struct text text = TEXT_ON(buffer);
    struct account_groups found;
    for (unsigned i = 1; i <= ACCOUNT_GROUPS_MOST + 1; i++) {
        text_add(&text, "g:x:");
        text_unsigned(&text, i);
        text_add(&text, ":app\n");
        account_groups_of(text_as_span(&text), SPAN("app"), &found);
        assert_int_equal(found.count, i < ACCOUNT_GROUPS_MOST ? i : ACCOUNT_GROUPS_MOST);
        assert_int_equal(found.cut, i > ACCOUNT_GROUPS_MOST);
    }
    struct user user;
    assert_int_equal(user_resolve(&user, SPAN("app"), passwd, text_as_span(&text)), USER_GROUPS_CUT);
    assert_int_equal(user_resolve(&user, SPAN("app:5"), passwd, text_as_span(&text)), USER_OK);
}

static void users_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *asked;
        enum user_error error;
        uint32_t uid, gid;
        unsigned groups;
        const char *name, *home;
        bool gid_by_default;
    } rows[] = {
        {"app", USER_OK, 1000, 1001, 2, "app", "/home/app", false},
        {"app:", USER_OK, 1000, 1001, 2, "app", "/home/app", false},
        {"1000", USER_OK, 1000, 1001, 2, "app", "/home/app", false},
        {"app:docker", USER_OK, 1000, 998, 0, "app", "/home/app", false},
        {"app:0", USER_OK, 1000, 0, 0, "app", "/home/app", false},
        {"1000:5", USER_OK, 1000, 5, 0, "app", "/home/app", false},
        {"1234", USER_OK, 1234, 0, 0, "", "", true}, /* an id, not the user of that name */
        {"1234:1234", USER_OK, 1234, 1234, 0, "", "", false},
        {"0", USER_OK, 0, 0, 0, "root", "/root", false},
        {"00", USER_OK, 0, 0, 0, "root", "/root", false},
        {"nobody", USER_UNKNOWN, 0, 0, 0, "", "", false},
        {"-1", USER_UNKNOWN, 0, 0, 0, "", "", false},
        {"+0", USER_UNKNOWN, 0, 0, 0, "", "", false},
        {"0x0", USER_UNKNOWN, 0, 0, 0, "", "", false},
        {" app", USER_UNKNOWN, 0, 0, 0, "", "", false},
        {"4294967295", USER_ID_TOO_BIG, 0, 0, 0, "", "", false},
        {"4294967296", USER_ID_TOO_BIG, 0, 0, 0, "", "", false},
        {"", USER_MALFORMED, 0, 0, 0, "", "", false},
        {":", USER_MALFORMED, 0, 0, 0, "", "", false},
        {":app", USER_MALFORMED, 0, 0, 0, "", "", false},
        {"app:app:app", USER_MALFORMED, 0, 0, 0, "", "", false},
        {"app::", USER_MALFORMED, 0, 0, 0, "", "", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct user user;
        assert_int_equal(user_resolve(&user, span_of(rows[i].asked), passwd, group), rows[i].error);
        assert_int_equal(user.account.uid, rows[i].uid);
        assert_int_equal(user.account.gid, rows[i].gid);
        assert_int_equal(user.groups.count, rows[i].groups);
        assert_true(span_is(user.account.name, rows[i].name));
        assert_true(span_is(user.account.home, rows[i].home));
        assert_int_equal(user.gid_by_default, rows[i].gid_by_default);
    }
}

static void groups_asked_for(void **state)
{
    (void)state;
    struct user user;
    assert_int_equal(user_resolve(&user, SPAN("app:nobody"), passwd, group), GROUP_UNKNOWN);
    assert_int_equal(user_resolve(&user, SPAN("app:4294967295"), passwd, group), USER_ID_TOO_BIG);
}

static void no_files(void **state)
{
    (void)state;
    static const struct span none = {NULL, 0};
    struct user user;
    assert_int_equal(user_resolve(&user, SPAN("1000:1000"), none, none), USER_OK);
    assert_int_equal(user.account.uid, 1000);
    assert_int_equal(user.account.gid, 1000);
    assert_int_equal(user_resolve(&user, SPAN("root"), none, none), USER_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_by_name), cmocka_unit_test(accounts_by_uid),
        cmocka_unit_test(groups),           cmocka_unit_test(more_groups_than_fit),
        cmocka_unit_test(users_asked_for),  cmocka_unit_test(groups_asked_for),
        cmocka_unit_test(no_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
