#include "base/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct findings findings;

static int start(void **state)
{
    (void)state;
    findings_clear(&findings);
    return 0;
}

static void check_value(const struct finding *finding, const char *key, const char *expected)
{
    const struct value *value = finding_value(finding, key);

    if (!expected) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    assert_int_equal(value->span.length, strlen(expected));
    assert_memory_equal(value->span.at, expected, strlen(expected));
}

static void test_every_rule_is_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        enum rule rule = (enum rule)i;
        const char *name = rule_name(rule);
        const char *explain = rule_text(rule, RULE_EXPLAIN);
        if (!name || !rule_text(rule, RULE_TITLE) || !explain || !*explain)
            fail_msg("row %u (%s) has no name, title or explain", i, name ? name : "?");
        if (rule_named(span_of(name)) != rule)
            fail_msg("%s stands there twice", name);
        bool is_error = rule_severity(rule) == SEVERITY_ERROR;
        if (is_error != (rule_exit_code(rule) != EXIT_OK))
            fail_msg("%s: an error has an exit code, and nothing else has", name);
        if (rule_fix(rule, RULE_FIXES))
            fail_msg("%s has more than %d fixes", name, RULE_FIXES);
    }
    assert_int_equal(rule_named(SPAN("no-such-rule")), RULE_COUNT);
    assert_int_equal(rule_named(SPAN("")), RULE_COUNT);
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

static void expect_plain(const char *rule, const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text >= 0x7F || (*text < ' ' && *text != '\n' && *text != '\t'))
            fail_msg("%s has a byte that isn't plain ASCII", rule);
}

static void test_rules_are_plain_ascii(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        const char *name = rule_name((enum rule)i);
        for (const char *byte = name; *byte; byte++)
            if (!is_name_byte(*byte))
                fail_msg("%s is not a name", name);
        for (unsigned which = RULE_NAME; which < RULE_FIX; which++)
            expect_plain(name, rule_text((enum rule)i, (enum rule_text)which));
        for (unsigned j = 0; j < RULE_FIXES; j++)
            expect_plain(name, rule_fix((enum rule)i, j));
    }
}

static void test_explain_fits_a_terminal(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        struct span lines = span_of(rule_text((enum rule)i, RULE_EXPLAIN));
        while (lines.at) {
            struct span line = span_split(&lines, '\n');
            if (line.length > 110)
                fail_msg("%s: '%.*s' is longer than 110", rule_name((enum rule)i), (int)line.length, line.at);
        }
    }
}

static void test_values_are_kept_and_replaced(void **state)
{
    (void)state;
    char bytes[] = "before";
    struct finding *finding = findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    assert_int_equal(finding->severity, SEVERITY_ERROR);

    finding_set_string(&findings, finding, "venv", bytes);
    memset(bytes, 'x', sizeof(bytes) - 1);
    check_value(finding, "venv", "before");
    finding_set_string(&findings, finding, "venv", "after");
    check_value(finding, "venv", "after");
    assert_int_equal(finding->value_count, 1);

    finding_set(&findings, finding, "venv", SPAN(""));
    finding_set_string(&findings, finding, "mount", NULL);
    check_value(finding, "venv", "after");
    check_value(finding, "mount", NULL);
    finding_set_number(&findings, finding, "uid", UINT64_MAX);
    finding_set_octal(&findings, finding, "mode", 0755);
    check_value(finding, "uid", "18446744073709551615");
    check_value(finding, "mode", "755");
    assert_int_equal(findings.lost, 0);
}

static void test_too_many_findings_are_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MOST; i++)
        finding_set_number(&findings, findings_add(&findings, RULE_UNKNOWN_SETTING), "setting", i);
    struct finding *spare = findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    size_t used = findings.used;
    finding_set_string(&findings, spare, "venv", "nowhere");
    finding_evidence(&findings, spare, "tried", SPAN("a"), SPAN("b"));
    finding_weaken(spare, SEVERITY_NOTE);

    assert_int_equal(findings.count, FINDINGS_MOST);
    assert_int_equal(findings.lost, 1);
    assert_int_equal(findings.used, used);
    check_value(&findings.list[0], "setting", "0");
    check_value(&findings.list[FINDINGS_MOST - 1], "setting", "47");
    assert_false(findings_has(&findings, RULE_VENV_HIDDEN_BY_MOUNT));
}

static void test_too_many_values_are_counted(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
                                       "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v",
                                       "w", "x", "y", "z", "A", "B", "C", "D", "E", "F", "G"};

    (void)state;
    struct finding *finding = findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    assert_int_equal(ARRAY_LENGTH(keys), FINDING_VALUES + 1);
    for (unsigned i = 0; i < ARRAY_LENGTH(keys); i++)
        finding_set_string(&findings, finding, keys[i], keys[i]);
    assert_int_equal(findings.lost, 1);
    check_value(finding, "F", "F");
    check_value(finding, "G", NULL);
    finding_set_string(&findings, finding, "a", "still replaceable");
    check_value(finding, "a", "still replaceable");
    assert_int_equal(findings.lost, 1);
}

static void test_a_full_store_tells_no_old_value(void **state)
{
    static char big[FINDINGS_STORE];

    (void)state;
    memset(big, 'b', sizeof(big));
    struct finding *finding = findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    finding_set_string(&findings, finding, "first", "1");
    finding_set_string(&findings, finding, "second", "2");
    finding_set(&findings, finding, "first", (struct span){big, sizeof(big) - 1});
    assert_int_equal(findings.lost, 1);
    check_value(finding, "first", NULL);
    check_value(finding, "second", "2");

    finding_set(&findings, finding, "big", (struct span){big, sizeof(big) - 2});
    assert_int_equal(findings.lost, 1);
    finding_evidence(&findings, finding, "tried", SPAN("x"), SPAN(""));
    assert_int_equal(findings.lost, 2);
    assert_int_equal(finding->evidence_count, 0);
    findings_clear(&findings);
    assert_int_equal(findings.lost + findings.count + findings.used, 0);
}

static void test_too_much_evidence_is_counted(void **state)
{
    (void)state;
    struct finding *finding = findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    for (unsigned i = 0; i <= FINDING_EVIDENCE; i++)
        finding_evidence(&findings, finding, "chain", SPAN("/a"), SPAN(""));
    assert_int_equal(finding->evidence_count, FINDING_EVIDENCE);
    assert_int_equal(findings.lost, 1);
}

struct code_row {
    enum rule rules[4];
    int weakened; /* index, or -1 */
    enum exit_code code;
    enum severity worst;
};

static void test_exit_code_is_that_of_the_most_fundamental_error(void **state)
{
    static const enum rule none = RULE_COUNT;
    const struct code_row rows[] = {
        {{none}, -1, EXIT_OK, SEVERITY_NOTE},
        {{RULE_UNKNOWN_SETTING, none}, -1, EXIT_OK, SEVERITY_WARNING},
        {{RULE_APP_MODULE_MISSING, none}, -1, EXIT_NO_APP, SEVERITY_ERROR},
        {{RULE_APP_MODULE_MISSING, RULE_VENV_HIDDEN_BY_MOUNT, none}, -1, EXIT_NO_PYTHON, SEVERITY_ERROR},
        {{RULE_VENV_HIDDEN_BY_MOUNT, RULE_APP_MODULE_MISSING, none}, -1, EXIT_NO_PYTHON, SEVERITY_ERROR},
        {{RULE_VENV_HIDDEN_BY_MOUNT, RULE_SETTINGS_CONFLICT, none}, -1, EXIT_CONFLICT, SEVERITY_ERROR},
        {{RULE_VENV_HIDDEN_BY_MOUNT, RULE_APP_MODULE_MISSING, none}, 0, EXIT_NO_APP, SEVERITY_ERROR},
        {{RULE_VENV_HIDDEN_BY_MOUNT, none}, 0, EXIT_OK, SEVERITY_WARNING},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        findings_clear(&findings);
        for (int j = 0; rows[i].rules[j] != none; j++) {
            struct finding *finding = findings_add(&findings, rows[i].rules[j]);
            if (j == rows[i].weakened)
                finding_weaken(finding, SEVERITY_WARNING);
        }
        if (findings_exit_code(&findings) != rows[i].code || findings_worst(&findings, 0) != rows[i].worst)
            fail_msg("row %u", i);
    }
}

static void test_weakening_never_makes_worse(void **state)
{
    (void)state;
    struct finding *finding = findings_add(&findings, RULE_UNKNOWN_SETTING);
    finding_weaken(finding, SEVERITY_ERROR);
    assert_int_equal(finding->severity, SEVERITY_WARNING);
    finding_weaken(finding, SEVERITY_NOTE);
    assert_int_equal(finding->severity, SEVERITY_NOTE);
    finding_weaken(finding, SEVERITY_ERROR);
    assert_int_equal(finding->severity, SEVERITY_WARNING);
}

static void test_worst_counts_from_the_first_asked_for(void **state)
{
    (void)state;
    findings_add(&findings, RULE_APP_MODULE_MISSING);
    findings_add(&findings, RULE_UNKNOWN_SETTING);
    assert_int_equal(findings_worst(&findings, 1), SEVERITY_WARNING);
    assert_int_equal(findings_worst(&findings, 2), SEVERITY_NOTE);
    assert_true(findings_has(&findings, RULE_UNKNOWN_SETTING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_is_whole),
        cmocka_unit_test(test_rules_are_plain_ascii),
        cmocka_unit_test(test_explain_fits_a_terminal),
        cmocka_unit_test_setup(test_values_are_kept_and_replaced, start),
        cmocka_unit_test_setup(test_too_many_findings_are_counted, start),
        cmocka_unit_test_setup(test_too_many_values_are_counted, start),
        cmocka_unit_test_setup(test_a_full_store_tells_no_old_value, start),
        cmocka_unit_test_setup(test_too_much_evidence_is_counted, start),
        cmocka_unit_test_setup(test_exit_code_is_that_of_the_most_fundamental_error, start),
        cmocka_unit_test_setup(test_weakening_never_makes_worse, start),
        cmocka_unit_test_setup(test_worst_counts_from_the_first_asked_for, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
