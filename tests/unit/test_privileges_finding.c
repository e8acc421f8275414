/* What a failed change of privileges is called, and which line it says mends it. */
#include "commands/privileges_finding.h"

#include "facts/capability.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct findings findings;
static const struct identity app = {.uid = 1000, .gid = 1001, .name = "app", .given_by = "--user"};

enum { GIDS = CAPABILITY_BIT(6), UIDS = CAPABILITY_BIT(7), PCAP = CAPABILITY_BIT(8) };

struct row {
    struct privileges_result result;
    enum rule rule;
    enum exit_code code;
    const char *key; /* a value that the finding must have ... */
    const char *value;
};

static const struct row rows[] = {
    {{.stage = PRIVILEGES_GROUPS, .error = EPERM, .missing = GIDS | UIDS},
     RULE_USER_NOT_PERMITTED,
     EXIT_NOT_PERMITTED,
     "missing",
     "SETGID, SETUID"},
    {{.stage = PRIVILEGES_USER, .error = EPERM, .missing = UIDS},
     RULE_USER_NOT_PERMITTED,
     EXIT_NOT_PERMITTED,
     "missing",
     "SETUID"},
    {{.stage = PRIVILEGES_GROUPS, .error = EPERM, .missing = GIDS | UIDS, .before = {.uids = {7, 7, 7, 7}}},
     RULE_USER_NEEDS_ROOT,
     EXIT_NOT_PERMITTED,
     "uid",
     "7"},
    {{.stage = PRIVILEGES_USER, .error = EINVAL, .not_mapped = true, .id = 1000, .map = "/proc/self/uid_map"},
     RULE_ID_NOT_MAPPED,
     EXIT_NOT_PERMITTED,
     "map",
     "/proc/self/uid_map"},
    {{.stage = PRIVILEGES_GROUPS,
      .error = EPERM,
      .not_mapped = true,
      .groups_denied = true,
      .map = "/proc/self/gid_map"},
     RULE_ID_NOT_MAPPED,
     EXIT_NOT_PERMITTED,
     "map",
     "/proc/self/gid_map"},
    {{.stage = PRIVILEGES_GROUPS, .error = EPERM, .groups_denied = true},
     RULE_USER_NOT_PERMITTED,
     EXIT_NOT_PERMITTED,
     "denied",
     "yes"},
    {{.stage = PRIVILEGES_USER, .error = EPERM, .filtered = true},
     RULE_USER_NOT_PERMITTED,
     EXIT_NOT_PERMITTED,
     "filtered",
     "yes"},
    {{.stage = PRIVILEGES_USER, .error = EPERM}, RULE_USER_NOT_PERMITTED, EXIT_NOT_PERMITTED, "unexplained", "yes"},
    {{.stage = PRIVILEGES_USER, .error = EAGAIN}, RULE_PRIVILEGES_NOT_CHANGED, EXIT_SYSTEM, "call", "setresuid"},
    {{.stage = PRIVILEGES_KEEP, .missing = GIDS},
     RULE_CAPABILITY_NOT_AVAILABLE,
     EXIT_NOT_PERMITTED,
     "missing",
     "SETGID"},
    {{.stage = PRIVILEGES_KEEP, .missing = GIDS, .before = {.permitted = GIDS}},
     RULE_CAPABILITY_NOT_AVAILABLE,
     EXIT_NOT_PERMITTED,
     "ambient",
     "missing"},
    {{.stage = PRIVILEGES_BOUNDING, .error = EPERM, .missing = PCAP},
     RULE_PRIVILEGES_NOT_CHANGED,
     EXIT_SYSTEM,
     "missing",
     "SETPCAP"},
    {{.stage = PRIVILEGES_CAPABILITIES}, RULE_PRIVILEGES_NOT_CHANGED, EXIT_SYSTEM, "silent", "yes"},
    {{.stage = PRIVILEGES_PROOF}, RULE_PRIVILEGES_NOT_CHANGED, EXIT_SYSTEM, "proof", "yes"},
    {{.stage = PRIVILEGES_ROOT_AGAIN}, RULE_PRIVILEGES_NOT_CHANGED, EXIT_SYSTEM, "again", "yes"},
};

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        findings_clear(&findings);
        privileges_failure_add(&row->result, &app, &findings);
        if (findings.count != 1 || findings.list[0].rule != row->rule || findings_exit_code(&findings) != row->code)
            fail_msg("row %zu: another rule", i);
        const struct value *value = finding_value(&findings.list[0], row->key);
        if (!value || !span_is(value->span, row->value))
            fail_msg("row %zu: no %s", i, row->key);
        value = finding_value(&findings.list[0], "ids");
        assert_true(value && span_is(value->span, "1000:1001"));
    }
}

/* Each stage that can fail ends the run. */
static void test_no_stage_is_harmless(void **state)
{
    (void)state;
    for (unsigned stage = PRIVILEGES_DONE + 1; stage < PRIVILEGES_STAGES; stage++) {
        const struct privileges_result result = {.stage = (enum privileges_stage)stage, .error = EIO};
        findings_clear(&findings);
        privileges_failure_add(&result, NULL, &findings);
        assert_int_not_equal(findings_exit_code(&findings), EXIT_OK);
        assert_non_null(privileges_stage_name(result.stage));
    }
}

static void test_an_output_that_stays_roots(void **state)
{
    (void)state;
    struct privileges_result result = {.output_error = EPERM};
    findings_clear(&findings);
    privileges_notes_add(&result, &findings);
    assert_true(findings_has(&findings, RULE_OUTPUT_NOT_HANDED_OVER));
    assert_int_equal(findings_exit_code(&findings), EXIT_OK);
    result.output_error = 0;
    findings_clear(&findings);
    privileges_notes_add(&result, &findings);
    assert_int_equal(findings.count, 0);
}

struct word_row {
    const char *word;
    const char *near; /* NULL: none is near */
};

static const struct word_row words[] = {
    {"NET_BIND_SERVICES", "NET_BIND_SERVICE"},
    {"CAP_NET_BIND_SERVISE", "NET_BIND_SERVICE"},
    {"KIL", "KILL"},
    {"SETUIDS", "SETUID"},
    {"ALL", NULL},
    {"", NULL},
    {"X", NULL},
};

static void test_near_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        findings_clear(&findings);
        unknown_capability_add(span_of(words[i].word), SPAN("--keep-caps"), &findings);
        assert_int_equal(findings_exit_code(&findings), EXIT_USAGE);
        const struct value *near = finding_value(&findings.list[0], "near");
        if (!near != !words[i].near || (near && !span_is(near->span, words[i].near)))
            fail_msg("'%s'", words[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_stage_is_harmless),
        cmocka_unit_test(test_an_output_that_stays_roots),
        cmocka_unit_test(test_near_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
