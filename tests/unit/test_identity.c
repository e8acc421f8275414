/* Who is meant, on an /etc made here: Docker's grammar, and the mistakes that gosu and su-exec are known for. */
#include "checks/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char top[] = "/tmp/test_identity.XXXXXX";
static struct reader reader;
static struct findings findings;
static struct identity identity;

static const char passwd[] = "# comment\n"
                             "root:x:0:0:root:/root:/bin/sh\n"
                             "broken:x:abc:0::/:\n"
                             "empty:x:::\n"
                             "app:x:1000:1001:,,,:/home/app:/bin/sh\n"
                             "again:x:1000:7::/again:\n"
                             "homeless:x:1002:1002:::\n"
                             "relative:x:1003:1003::home:\n"
                             "1000:x:5:5::/five:\n"
                             "last:x:1009:1009::/last:/bin/sh";
static const char group[] = "root:x:0:\n"
                            "app:x:1001:\n"
                            "www:x:33:bob,app\n"
                            "video:x:44:app\n"
                            "twice:x:44:app\n"
                            "broken:x::app\n"
                            "staff:x:50:application,homeless\n"
                            "33:x:60:";

struct row {
    const char *spec;
    uint32_t uid;
    uint32_t gid;
    unsigned groups[4];
    unsigned group_count;
    const char *name;
    const char *home;
    bool warns;
};

static const struct row good[] = {
    {"app", 1000, 1001, {1001, 33, 44}, 3, "app", "/home/app", false},
    {"app:", 1000, 1001, {1001, 33, 44}, 3, "app", "/home/app", false},
    {"app:www", 1000, 33, {33}, 1, "app", "/home/app", false},
    {"app:33", 1000, 33, {33}, 1, "app", "/home/app", false}, /* digits are an id, though a group is called 33 */
    {"app:4242", 1000, 4242, {4242}, 1, "app", "/home/app", false},
    {"app:0", 1000, 0, {0}, 1, "app", "/home/app", false},
    {"1000", 1000, 1001, {1001, 33, 44}, 3, "app", "/home/app", false}, /* the first entry of that id, not the name */
    {"01000", 1000, 1001, {1001, 33, 44}, 3, "app", "/home/app", false},
    {"1000:www", 1000, 33, {33}, 1, "app", "/home/app", false},
    {"1000:50", 1000, 50, {50}, 1, "app", "/home/app", false},
    {"4242", 4242, 0, {0}, 1, "", "/", true},
    {"4242:", 4242, 0, {0}, 1, "", "/", true},
    {"4242:4243", 4242, 4243, {4243}, 1, "", "/", false},
    {"4242:www", 4242, 33, {33}, 1, "", "/", false},
    {"2147483647:2147483647", 2147483647, 2147483647, {2147483647}, 1, "", "/", false},
    {"root", 0, 0, {0}, 1, "root", "/root", false},
    {"0", 0, 0, {0}, 1, "root", "/root", false},
    {"0:1000", 0, 1000, {1000}, 1, "root", "/root", false},
    {"homeless", 1002, 1002, {1002, 50}, 2, "homeless", "/", false},
    {"relative", 1003, 1003, {1003}, 1, "relative", "/", false},
    {"last", 1009, 1009, {1009}, 1, "last", "/last", false},
};

static void resolve_good(const struct row *row)
{
    findings_clear(&findings);
    if (!identity_resolve(&reader, span_of(row->spec), "--user", &identity, &findings))
        fail_msg("'%s' was refused", row->spec);
    if (identity.uid != row->uid || identity.gid != row->gid || identity.group_count != row->group_count)
        fail_msg("'%s': other ids: %u %u, %u groups", row->spec, identity.uid, identity.gid, identity.group_count);
    for (unsigned i = 0; i < row->group_count; i++)
        assert_int_equal(identity.groups[i], row->groups[i]);
    assert_string_equal(identity.name, row->name);
    assert_string_equal(identity.home, row->home);
    assert_int_equal(findings_has(&findings, RULE_USER_WITHOUT_ENTRY), row->warns);
    assert_int_equal(findings.count, row->warns);
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        resolve_good(&good[i]);
}

struct bad_row {
    const char *spec;
    enum rule rule;
    const char *key; /* of a value that must be there */
    const char *value;
};

static const struct bad_row bad[] = {
    {"", RULE_MALFORMED_USER, "empty", "yes"},
    {":", RULE_MALFORMED_USER, "empty", "yes"},
    {":1000", RULE_MALFORMED_USER, "empty", "yes"},
    {":app", RULE_MALFORMED_USER, "empty", "yes"},
    {"app:www:x", RULE_MALFORMED_USER, "parts", "3"},
    {"::", RULE_MALFORMED_USER, "parts", "3"},
    {"4294967295", RULE_MALFORMED_USER, "range", "4294967295"}, /* -1: "leave it as it is" */
    {"4294967296", RULE_MALFORMED_USER, "range", "4294967296"}, /* 0 in 32 bits */
    {"2147483648", RULE_MALFORMED_USER, "range", "2147483648"},
    {"18446744073709551616", RULE_MALFORMED_USER, "range", "18446744073709551616"},
    {"1000:4294967295", RULE_MALFORMED_USER, "range", "4294967295"},
    {"nobody-here", RULE_NO_SUCH_USER, "user", "nobody-here"},
    {"1000abc", RULE_NO_SUCH_USER, "user", "1000abc"}, /* a number to strtol */
    {"-1", RULE_NO_SUCH_USER, "user", "-1"},
    {"+1000", RULE_NO_SUCH_USER, "user", "+1000"},
    {"0x0", RULE_NO_SUCH_USER, "user", "0x0"},
    {" app", RULE_NO_SUCH_USER, "user", " app"},
    {"app ", RULE_NO_SUCH_USER, "near", "app"},
    {"App", RULE_NO_SUCH_USER, "near", "app"},
    {"ap:www", RULE_NO_SUCH_USER, "user", "ap"},
    {"app,www", RULE_NO_SUCH_USER, "user", "app,www"},
    {"broken", RULE_NO_SUCH_USER, "user", "broken"}, /* its id is no number: never id 0 */
    {"empty", RULE_NO_SUCH_USER, "user", "empty"},
    {"#", RULE_NO_SUCH_USER, "user", "#"},
    {"app:nogroup", RULE_NO_SUCH_GROUP, "group", "nogroup"},
    {"app:wwww", RULE_NO_SUCH_GROUP, "near", "www"},
    {"app:broken", RULE_NO_SUCH_GROUP, "group", "broken"},
    {"app:-1", RULE_NO_SUCH_GROUP, "group", "-1"},
    {"1000:1000x", RULE_NO_SUCH_GROUP, "group", "1000x"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        findings_clear(&findings);
        if (identity_resolve(&reader, span_of(bad[i].spec), "--user", &identity, &findings))
            fail_msg("'%s' was accepted", bad[i].spec);
        if (findings.count != 1 || findings.list[0].rule != bad[i].rule)
            fail_msg("'%s': another finding", bad[i].spec);
        const struct value *value = finding_value(&findings.list[0], bad[i].key);
        if (!value || !span_is(value->span, bad[i].value))
            fail_msg("'%s': no %s", bad[i].spec, bad[i].key);
        assert_int_equal(findings_exit_code(&findings), EXIT_NO_USER);
    }
}

static void test_a_name_that_is_too_long(void **state)
{
    (void)state;
    char spec[IDENTITY_NAME + 1];
    memset(spec, 'a', IDENTITY_NAME);
    spec[IDENTITY_NAME] = '\0';
    findings_clear(&findings);
    assert_false(identity_resolve(&reader, span_of(spec), "--user", &identity, &findings));
    assert_true(findings_has(&findings, RULE_MALFORMED_USER));
}

struct number_row {
    const char *puid, *pgid;
    bool good;
    uint32_t uid, gid;
    const char *name;
};

static const struct number_row numbers[] = {
    {"1000", "1001", true, 1000, 1001, "app"},
    {"1000", "", true, 1000, 1001, "app"},
    {"911", "911", true, 911, 911, ""},
    {"0", "0", true, 0, 0, "root"},
    {"app", "1001", false, 0, 0, ""},
    {"1000", "www", false, 0, 0, ""},
    {"", "1000", false, 0, 0, ""},
    {"1000:5", "", false, 0, 0, ""},
    {"-1", "", false, 0, 0, ""},
    {"4294967295", "", false, 0, 0, ""},
    {"1000", " 5", false, 0, 0, ""},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        const struct number_row *row = &numbers[i];
        findings_clear(&findings);
        bool is_good = identity_resolve_numbers(&reader, span_of(row->puid), span_of(row->pgid), &identity, &findings);
        if (is_good != row->good)
            fail_msg("PUID '%s' PGID '%s'", row->puid, row->pgid);
        if (is_good && (identity.uid != row->uid || identity.gid != row->gid || strcmp(identity.name, row->name) != 0))
            fail_msg("PUID '%s' PGID '%s': other ids", row->puid, row->pgid);
        if (!is_good)
            assert_true(findings_has(&findings, RULE_PUID_NOT_NUMBER));
    }
}

/* ---- other /etc folders ---- */

static void file_write(const char *name, const char *content, size_t length)
{
    int file = openat(reader.root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, length), length);
    close(file);
}

static void test_without_files(void **state)
{
    (void)state;
    unlinkat(reader.root, "etc/passwd", 0);
    unlinkat(reader.root, "etc/group", 0);
    const struct row alone = {"1000", 1000, 0, {0}, 1, "", "/", true};
    const struct row both = {"1000:1000", 1000, 1000, {1000}, 1, "", "/", false};
    resolve_good(&alone);
    resolve_good(&both);
    findings_clear(&findings);
    assert_false(identity_resolve(&reader, span_of("app"), "--user", &identity, &findings));
    assert_true(findings_has(&findings, RULE_NO_SUCH_USER));
    const struct value *unread = finding_value(&findings.list[0], "unread");
    assert_true(unread && span_is(unread->span, strerror(ENOENT)));
}

/* Lines that lie across the reader's blocks are found whole. */
static void test_long_files(void **state)
{
    (void)state;
    static char lines[200000];
    struct text text = TEXT_ON(lines);
    for (unsigned i = 0; text.length + 100 < sizeof(lines); i++) {
        text_add(&text, "user");
        text_unsigned(&text, i);
        text_add(&text, ":x:");
        text_unsigned(&text, 10000 + i);
        text_add(&text, ":7::/home/u:/bin/sh\n");
    }
    file_write("etc/passwd", lines, text.length);
    for (unsigned i = 0; i < 4000; i += 7) {
        char name[32];
        struct text spec = TEXT_ON(name);
        text_add(&spec, "user");
        text_unsigned(&spec, i);
        findings_clear(&findings);
        assert_true(identity_resolve(&reader, text_as_span(&spec), "--user", &identity, &findings));
        assert_int_equal(identity.uid, 10000 + i);
    }
}

static void test_a_line_without_end(void **state)
{
    (void)state;
    static char line[100000];
    memset(line, 'x', sizeof(line));
    file_write("etc/passwd", line, sizeof(line));
    findings_clear(&findings);
    assert_false(identity_resolve(&reader, span_of("app"), "--user", &identity, &findings));
    const struct value *unread = finding_value(&findings.list[0], "unread");
    assert_true(unread && span_is(unread->span, strerror(E2BIG)));
}

static void test_too_many_groups(void **state)
{
    (void)state;
    static char lines[8192];
    struct text text = TEXT_ON(lines);
    for (unsigned i = 0; i < IDENTITY_GROUPS; i++) {
        text_add(&text, "g:x:");
        text_unsigned(&text, 100 + i);
        text_add(&text, ":app\n");
    }
    file_write("etc/passwd", passwd, strlen(passwd));
    file_write("etc/group", lines, text.length);
    findings_clear(&findings);
    assert_false(identity_resolve(&reader, span_of("app"), "--user", &identity, &findings));
    assert_true(findings_has(&findings, RULE_TOO_MANY_GROUPS));
    assert_true(identity_resolve(&reader, span_of("app:5"), "--user", &identity, &findings));
}

static int make_root(void **state)
{
    (void)state;
    memcpy(top + sizeof(top) - 7, "XXXXXX", 6);
    if (!mkdtemp(top) || reader_open(&reader, top) != 0 || mkdirat(reader.root, "etc", 0755) < 0)
        return -1;
    file_write("etc/passwd", passwd, strlen(passwd));
    file_write("etc/group", group, strlen(group));
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    unlinkat(reader.root, "etc/passwd", 0);
    unlinkat(reader.root, "etc/group", 0);
    unlinkat(reader.root, "etc", AT_REMOVEDIR);
    reader_close(&reader);
    return rmdir(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_bad, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_name_that_is_too_long, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_numbers, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_without_files, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_long_files, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_line_without_end, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_too_many_groups, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
