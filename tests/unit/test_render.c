#include "base/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct findings findings;
static char room[4 * RENDER_JSON];
static struct text lines;
static size_t longest;

static void keep_line(void *context, struct span line)
{
    (void)context;
    text_span(&lines, line);
    text_byte(&lines, '\n');
    longest = line.length > longest ? line.length : longest;
}

static const struct line_sink sink = {keep_line, NULL};

static int start(void **state)
{
    (void)state;
    findings_clear(&findings);
    lines = TEXT_ON(room);
    longest = 0;
    return 0;
}

static struct finding *add(enum rule rule)
{
    return findings_add(&findings, rule);
}

static void set(struct finding *finding, const char *key, const char *value)
{
    finding_set_string(&findings, finding, key, value);
}

static bool shown(const char *part)
{
    size_t where;

    return span_find(text_as_span(&lines), part, &where);
}

static void check_lines(const char *expected)
{
    assert_false(lines.cut);
    assert_string_equal(lines.at, expected);
}

static struct finding *hidden(void)
{
    struct finding *finding = add(RULE_VENV_HIDDEN_BY_MOUNT);
    static const char *const values[][2] = {
        {"wanted", "/app/.venv/bin/python"},
        {"origin", "VIRTUAL_ENV"},
        {"venv", "/app/.venv"},
        {"missing", "/app/.venv"},
        {"mount", "/app"},
        {"over", "bind mount"},
        {"mounted", "a bind mount of '/ana/shop' on /dev/sda3 (ext4; /proc/self/mountinfo)"},
        {"moves", "yes"},
        {"code", "app"},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(values); i++)
        set(finding, values[i][0], values[i][1]);
    return finding;
}

/* The finding of the story that the tool was born from, to the byte. */
static void test_the_story(void **state)
{
    (void)state;
    struct finding *finding = hidden();
    finding_evidence(&findings, finding, "tried", SPAN("/usr/local/bin/python3.13"),
                     SPAN("works, but has no module 'uvicorn'"));
    render_finding(finding, false, &sink);
    check_lines("asgi-init: error[venv-hidden-by-mount]: '/app/.venv' is not in the bind mount over '/app'\n"
                "\n"
                "  wanted   /app/.venv/bin/python       from VIRTUAL_ENV\n"
                "  found    /app exists, /app/.venv does not\n"
                "  why      /app is a bind mount of '/ana/shop' on /dev/sda3 (ext4; /proc/self/mountinfo):\n"
                "           if the image has /app/.venv, it lies underneath and can't be seen\n"
                "  tried    /usr/local/bin/python3.13   works, but has no module 'uvicorn'\n"
                "\n"
                "  fix 1    keep the image's environment: add to the service's volumes in compose.yaml\n"
                "             - /app/.venv\n"
                "  fix 2    put it outside /app, in the Dockerfile:\n"
                "             ENV UV_PROJECT_ENVIRONMENT=/opt/venv          # pip, Poetry: see explain\n"
                "             ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH\n"
                "  fix 3    mount the code only, not the folder around it, which is ./ here; in compose.yaml:\n"
                "             - ./app:/app/app\n"
                "\n"
                "  more     asgi-init explain venv-hidden-by-mount\n");
}

/* Of several lines of a title the first that has its values; conditions choose lines and fixes, and print nothing. */
static void test_shades(void **state)
{
    (void)state;
    struct finding *finding = add(RULE_CRASHED);
    set(finding, "signal", "SIGBUS");
    set(finding, "seconds", "3");
    set(finding, "bus", "yes");
    render_finding(finding, false, &sink);
    assert_true(shown("warning[crashed]: crashed with SIGBUS after 3 s\n"));
    assert_true(shown("  why      mostly, a file that was mapped got shorter"));
    assert_true(shown("fix 1    give it more shared memory, in compose.yaml:\n"));
    assert_false(shown("fix 2"));
    start(NULL);
    finding = add(RULE_VENV_BASE_PYTHON_GONE);
    set(finding, "uv", "uv");
    render_finding(finding, false, &sink);
    assert_true(shown("UV_PYTHON_DOWNLOADS=never"));
    start(NULL);
    render_finding(add(RULE_CRASHED), false, &sink);
    assert_true(shown("crashed with {signal} after {seconds} s\n"));
    start(NULL);
    finding = add(RULE_UNKNOWN_SETTING);
    set(finding, "setting", "ASGI_INIT_X");
    render_finding(finding, false, &sink);
    assert_true(shown("warning[unknown-setting]: ASGI_INIT_X is not a setting of asgi-init\n"));
}

static void test_lines_without_their_values_are_left_out(void **state)
{
    (void)state;
    struct finding *finding = add(RULE_VENV_HIDDEN_BY_MOUNT);
    set(finding, "wanted", "/a/bin/python");
    set(finding, "missing", "/a");
    set(finding, "mount", "/");
    set(finding, "over", "bind mount");
    set(finding, "moves", "yes");
    render_finding(finding, false, &sink);
    check_lines("asgi-init: error[venv-hidden-by-mount]: '/a' is not in the bind mount over '/'\n"
                "\n"
                "  wanted   /a/bin/python\n"
                "  found    / exists, /a does not\n"
                "  why      if the image has /a, it lies underneath and can't be seen\n"
                "\n"
                "  fix 1    put it outside /, in the Dockerfile:\n"
                "             ENV UV_PROJECT_ENVIRONMENT=/opt/venv          # pip, Poetry: see explain\n"
                "             ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH\n"
                "\n"
                "  more     asgi-init explain venv-hidden-by-mount\n");
}

static void test_no_values_at_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        start(NULL);
        render_finding(add((enum rule)i), false, &sink);
        if (!span_starts(text_as_span(&lines), "asgi-init: ") || lines.cut)
            fail_msg("%s", rule_name((enum rule)i));
    }
}

/* A `{` that nothing closes is printed as it is. No text of a rule has one but ${VARIABLE} of a shell. */
static void test_rules_have_no_broken_placeholder(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        enum rule rule = (enum rule)i;
        const char *texts[RULE_FIX + RULE_FIXES] = {NULL};
        for (unsigned j = RULE_NAME; j < RULE_EXPLAIN; j++)
            texts[j] = rule_text(rule, (enum rule_text)j);
        for (unsigned j = 0; j < RULE_FIXES; j++)
            texts[RULE_FIX + j] = rule_fix(rule, j);
        for (unsigned j = 0; j < ARRAY_LENGTH(texts); j++) {
            const char *open = texts[j];
            while ((open = open ? strchr(open, '{') : NULL)) {
                size_t name = strspn(open + 1, "abcdefghijklmnopqrstuvwxyz_?!");
                if (open[1 + name] != '}' && open[-1] != '$')
                    fail_msg("%s: '%.20s'", rule_name(rule), open);
                open++;
            }
        }
    }
}

struct columns_row {
    const char *left[3];
    const char *right[3];
    const char *expected;
};

static void test_columns(void **state)
{
    const struct columns_row rows[] = {
        {{"/a", "/abcdef", "/abc"},
         {"1", "2", "3"},
         "  chain    /a        1\n           /abcdef   2\n           /abc      3\n"},
        {{"/a", "/abcdef", "/abc"}, {"1", "", "3"}, "  chain    /a     1\n           /abcdef\n           /abc   3\n"},
        {{"/\xc3\xa4", "/ab", "/"},
         {"1", "2", "3"},
         "  chain    /\xc3\xa4    1\n           /ab   2\n           /     3\n"},
        {{"/a\n", "/\xff", "/"},
         {"1", "2\x1b[m", ""},
         "  chain    /a\\n    1\n           /\\xff   2\\x1b[m\n           /\n"},
        {{"/123456789012345678901234567890123456789012345678901234567890", "/", "/a"},
         {"1", "2", "3"},
         "  chain    /123456789012345678901234567890123456789012345678901234567890   1\n           /    2\n"
         "           /a   3\n"},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        start(state);
        struct finding *finding = add(RULE_UNKNOWN_SETTING);
        for (unsigned j = 0; j < 3; j++)
            finding_evidence(&findings, finding, "chain", span_of(rows[i].left[j]), span_of(rows[i].right[j]));
        render_finding(finding, false, &sink);
        if (!shown(rows[i].expected))
            fail_msg("row %u:\n%s", i, lines.at);
    }
}

static void test_bytes_of_a_value_never_reach_the_terminal(void **state)
{
    (void)state;
    struct finding *finding = hidden();
    finding_set(&findings, finding, "missing", SPAN("/a\n\x1b[2J\xff\0{venv}"));
    render_finding(finding, false, &sink);
    assert_true(shown("'/a\\n\\x1b[2J\\xff\\x00{venv}' is not in"));
}

static void test_colour(void **state)
{
    (void)state;
    struct finding *finding = add(RULE_UNKNOWN_SETTING);
    set(finding, "setting", "ASGI_INIT_PROT");
    set(finding, "near", "ASGI_INIT_PORT");
    render_finding(finding, true, &sink);
    assert_true(shown("asgi-init: \033[1;33mwarning[unknown-setting]\033[0m: \033[1mASGI_INIT_PROT is not a setting of "
                      "asgi-init: did you mean ASGI_INIT_PORT?\033[0m\n"));
    assert_true(shown("  \033[36mfound\033[0m    ASGI_INIT_PROT in"));
    assert_true(shown("  \033[32mfix 1\033[0m    name it"));
}

static void test_a_long_line_says_that_it_is_cut(void **state)
{
    static char long_path[RENDER_LINE];

    (void)state;
    for (unsigned shift = 0; shift < 4; shift++) {
        start(NULL);
        memset(long_path, 'a', shift);
        for (size_t i = shift; i + 2 < sizeof(long_path); i += 2)
            memcpy(long_path + i, "\xc3\xa4", 2);
        struct finding *finding = hidden();
        finding_set(&findings, finding, "wanted", (struct span){long_path, sizeof(long_path) - 8});
        finding_set_string(&findings, finding, "origin", "PATH");
        render_finding(finding, false, &sink);
        assert_true(longest < RENDER_LINE);
        assert_true(shown("\xc3\xa4 ...\n"));
    }
}

static void test_json_of_the_story(void **state)
{
    (void)state;
    struct finding *finding = add(RULE_UNKNOWN_SETTING);
    set(finding, "setting", "ASGI_INIT_PROT");
    finding_evidence(&findings, finding, "says", SPAN("a\tb\"\\"), SPAN("\xff\xc3\xa4\x7f\x01"));
    render_finding_json(finding, &sink);
    check_lines(
        "{\"severity\":\"warning\",\"rule\":\"unknown-setting\",\"title\":\"ASGI_INIT_PROT is not a setting of "
        "asgi-init\",\"exit_code\":0,\"found\":\"ASGI_INIT_PROT in the environment; it has no effect\","
        "\"fixes\":[\"all settings, with where each value came from:\\n  asgi-init config\"],"
        "\"evidence\":[{\"label\":\"says\",\"left\":\"a\\tb\\\"\\\\\",\"right\":\"\\ufffd\xc3\xa4\\u007f\\u0001\"}],"
        "\"values\":{\"setting\":\"ASGI_INIT_PROT\"}}\n");
}

static void test_json_of_columns_and_codes(void **state)
{
    (void)state;
    struct finding *finding = hidden();
    render_finding_json(finding, &sink);
    assert_true(shown("\"exit_code\":72,\"wanted\":\"/app/.venv/bin/python  from VIRTUAL_ENV\","));
    assert_true(shown("(ext4; /proc/self/mountinfo):\\nif the image has"));
    start(NULL);
    finding = hidden();
    finding_weaken(finding, SEVERITY_WARNING);
    render_finding_json(finding, &sink);
    assert_true(shown("{\"severity\":\"warning\","));
    assert_true(shown("\"exit_code\":0,"));
}

/* However much there is to say: it stays an object in one line. */
static void test_json_that_is_too_long_leaves_fields_out(void **state)
{
    static char bytes[FINDINGS_STORE / 2];

    (void)state;
    memset(bytes, 1, sizeof(bytes));
    struct finding *finding = add(RULE_UNKNOWN_SETTING);
    finding_set(&findings, finding, "setting", (struct span){bytes, sizeof(bytes) - 100});
    finding_set(&findings, finding, "near", SPAN("near"));
    finding_evidence(&findings, finding, "says", (struct span){bytes, sizeof(bytes) - 100}, SPAN(""));
    render_finding_json(finding, &sink);
    assert_true(longest < RENDER_JSON);
    assert_true(shown("{\"severity\":\"warning\",\"rule\":\"unknown-setting\""));
    assert_true(shown(",\"cut\":true}\n"));
    assert_false(shown("evidence"));
}

static void test_messages(void **state)
{
    (void)state;
    render_message(SPAN("port\t8000\n"), &sink);
    render_message_json("note", SPAN("a \"b\"\n"), &sink);
    check_lines("asgi-init: port\\t8000\\n\n"
                "{\"severity\":\"note\",\"message\":\"a \\\"b\\\"\\n\"}\n");
}

static void test_a_rule_explained_shows_every_shade(void **state)
{
    (void)state;
    render_rule(RULE_CRASHED, false, &sink);
    assert_true(span_starts(text_as_span(&lines), "crashed: warning\n\nThe process died of"));
    assert_true(shown("\n\n  fix 1    build the image for this machine:\n"));
    assert_true(shown("  fix 4    give it more shared memory"));
    assert_false(shown("{?") || shown("{!"));
    start(NULL);
    render_rule_json(RULE_VENV_HIDDEN_BY_MOUNT, &sink);
    assert_true(shown(
        "{\"rule\":\"venv-hidden-by-mount\",\"severity\":\"error\",\"exit_code\":72,\"title\":\"'{missing}' is not in "
        "the {over} over"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_story, start),
        cmocka_unit_test_setup(test_shades, start),
        cmocka_unit_test_setup(test_lines_without_their_values_are_left_out, start),
        cmocka_unit_test_setup(test_no_values_at_all, start),
        cmocka_unit_test_setup(test_rules_have_no_broken_placeholder, start),
        cmocka_unit_test_setup(test_columns, start),
        cmocka_unit_test_setup(test_bytes_of_a_value_never_reach_the_terminal, start),
        cmocka_unit_test_setup(test_colour, start),
        cmocka_unit_test_setup(test_a_long_line_says_that_it_is_cut, start),
        cmocka_unit_test_setup(test_json_of_the_story, start),
        cmocka_unit_test_setup(test_json_of_columns_and_codes, start),
        cmocka_unit_test_setup(test_json_that_is_too_long_leaves_fields_out, start),
        cmocka_unit_test_setup(test_messages, start),
        cmocka_unit_test_setup(test_a_rule_explained_shows_every_shade, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
