#include "base/report.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What was written to stdout and stderr while they were diverted to files in memory. */
static char written[2][65536];
static int saved[2];
static int taken[2];
static struct findings findings;

static void divert(void)
{
    for (int i = 0; i < 2; i++) {
        saved[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 100);
        taken[i] = memfd_create("output", MFD_CLOEXEC);
        assert_true(saved[i] >= 0 && taken[i] >= 0);
        assert_int_equal(dup2(taken[i], i + 1), i + 1);
    }
}

static void restore(void)
{
    for (int i = 0; i < 2; i++) {
        ssize_t length = pread(taken[i], written[i], sizeof(written[i]) - 1, 0);
        (void)dup2(saved[i], i + 1);
        (void)close(saved[i]);
        (void)close(taken[i]);
        written[i][length > 0 ? length : 0] = '\0';
    }
}

static void open_report(enum report_format format, enum report_level level, char *variable)
{
    char *const entries[] = {variable, NULL};
    const struct environment environment = {entries};

    report_open(format, level, &environment);
}

static void add_one_of_each(void)
{
    findings_clear(&findings);
    struct finding *finding = findings_add(&findings, RULE_UNKNOWN_SETTING);
    finding_set_string(&findings, finding, "setting", "ASGI_INIT_A");
    finding = findings_add(&findings, RULE_UNKNOWN_SETTING);
    finding_set_string(&findings, finding, "setting", "ASGI_INIT_B");
    finding_weaken(finding, SEVERITY_NOTE);
    findings_add(&findings, RULE_APP_MODULE_MISSING);
    findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
}

/* The rules and severities of all that was written, in order, like "E:a E:b". */
static void check_order(const char *text, const char *const *expected)
{
    for (; *expected; expected++) {
        const char *found = strstr(text, *expected);
        if (!found)
            fail_msg("'%s' is missing or too early", *expected);
        text = found + 1;
    }
    assert_null(strstr(text, "asgi-init: "));
}

struct level_row {
    enum report_level level;
    enum report_target target;
    unsigned first;
    const char *expected[5];
};

#define MODULE "asgi-init: error[app-module-missing]"
#define HIDDEN "asgi-init: error[venv-hidden-by-mount]"
#define WARNED "asgi-init: warning[unknown-setting]: ASGI_INIT_A"
#define NOTED  "asgi-init: note[unknown-setting]: ASGI_INIT_B"

static void test_findings_come_in_order_and_by_level(void **state)
{
    static const struct level_row rows[] = {
        {REPORT_NORMAL, REPORT_MESSAGES, 0, {HIDDEN, MODULE, WARNED}},
        {REPORT_QUIET, REPORT_MESSAGES, 0, {HIDDEN, MODULE}},
        {REPORT_VERBOSE, REPORT_MESSAGES, 0, {HIDDEN, MODULE, WARNED, NOTED}},
        {REPORT_NORMAL, REPORT_RESULTS, 0, {HIDDEN, MODULE, WARNED, NOTED}},
        {REPORT_QUIET, REPORT_RESULTS, 0, {HIDDEN, MODULE}},
        {REPORT_NORMAL, REPORT_MESSAGES, 2, {HIDDEN, MODULE}},
        {REPORT_NORMAL, REPORT_MESSAGES, 4, {NULL}},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        add_one_of_each();
        divert();
        open_report(REPORT_TEXT, rows[i].level, NULL);
        report_findings(&findings, rows[i].first, rows[i].target);
        restore();
        bool to_stdout = rows[i].target == REPORT_RESULTS;
        check_order(written[to_stdout ? 0 : 1], rows[i].expected);
        assert_string_equal(written[to_stdout ? 1 : 0], "");
    }
}

static void test_what_is_lost_is_told_once(void **state)
{
    (void)state;
    findings_clear(&findings);
    for (unsigned i = 0; i < FINDINGS_MOST + 3; i++)
        finding_weaken(findings_add(&findings, RULE_UNKNOWN_SETTING), SEVERITY_NOTE);
    divert();
    open_report(REPORT_TEXT, REPORT_NORMAL, NULL);
    report_findings(&findings, 0, REPORT_MESSAGES);
    report_findings(&findings, 0, REPORT_MESSAGES);
    restore();
    static const char *const expected[] = {"asgi-init: warning[findings-lost]: 3 more", NULL};
    check_order(written[1], expected);
}

static void test_messages_by_level_and_format(void **state)
{
    static const struct {
        enum report_format format;
        enum report_level level;
        const char *expected;
    } rows[] = {
        {REPORT_TEXT, REPORT_QUIET, "asgi-init: bad\n"},
        {REPORT_TEXT, REPORT_NORMAL, "asgi-init: bad\nasgi-init: line 1\n"},
        {REPORT_TEXT, REPORT_VERBOSE, "asgi-init: bad\nasgi-init: line 1\nasgi-init: why\n"},
        {REPORT_JSON, REPORT_VERBOSE,
         "{\"severity\":\"error\",\"message\":\"bad\"}\n{\"severity\":\"note\",\"message\":\"line 1\"}\n"
         "{\"severity\":\"trail\",\"message\":\"why\"}\n"},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        divert();
        open_report(rows[i].format, rows[i].level, NULL);
        report_say(REPORT_ERROR, SPAN("bad"));
        report_say_parts(REPORT_LINE, "line", " ", "1", NULL);
        report_say(REPORT_TRAIL, SPAN("why"));
        restore();
        assert_string_equal(written[1], rows[i].expected);
        assert_string_equal(written[0], "");
    }
}

static void test_results_are_written_as_they_are(void **state)
{
    (void)state;
    divert();
    open_report(REPORT_TEXT, REPORT_QUIET, NULL);
    report_result(SPAN("/app\x1b\xff/python"));
    report_result(SPAN(""));
    report_result_parts("a", "b", NULL);
    restore();
    assert_string_equal(written[0], "/app\x1b\xff/python\n\nab\n");
}

static void test_colour_is_asked_for_by_variables(void **state)
{
    static const struct {
        const char *variable;
        bool coloured;
    } rows[] = {
        {"A=B", false},       {"FORCE_COLOR=1", true}, {"FORCE_COLOR=", false}, {"NO_COLOR=1", false},
        {"NO_COLOR=", false}, {"TERM=dumb", false},    {"TERM=xterm", false},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        char variable[32] = "";
        strncpy(variable, rows[i].variable, sizeof(variable) - 1);
        add_one_of_each();
        divert();
        open_report(REPORT_TEXT, REPORT_NORMAL, variable);
        report_findings(&findings, 0, REPORT_MESSAGES);
        restore();
        if ((strchr(written[1], '\033') != NULL) != rows[i].coloured)
            fail_msg("%s", variable);
    }
}

static void test_no_color_outranks_force_color(void **state)
{
    char *const entries[] = {(char[]){"FORCE_COLOR=1"}, (char[]){"NO_COLOR=1"}, NULL};
    const struct environment environment = {entries};

    (void)state;
    add_one_of_each();
    divert();
    report_open(REPORT_TEXT, REPORT_NORMAL, &environment);
    report_findings(&findings, 0, REPORT_MESSAGES);
    restore();
    assert_null(strchr(written[1], '\033'));
}

/* A number that was closed when the report was opened is never written to, whoever has it later. */
static void test_closed_outputs_stay_closed(void **state)
{
    (void)state;
    divert();
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    open_report(REPORT_TEXT, REPORT_NORMAL, NULL);
    int other = memfd_create("not ours", MFD_CLOEXEC);
    int another = memfd_create("not ours", MFD_CLOEXEC);
    report_say(REPORT_ERROR, SPAN("lost"));
    report_result(SPAN("lost"));
    off_t other_size = lseek(other, 0, SEEK_END);
    off_t another_size = lseek(another, 0, SEEK_END);
    restore();
    assert_int_equal(other, STDOUT_FILENO);
    assert_int_equal(another, STDERR_FILENO);
    assert_int_equal(other_size, 0);
    assert_int_equal(another_size, 0);
}

static void test_a_reader_that_is_gone_is_no_error(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    divert();
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[0]);
    open_report(REPORT_TEXT, REPORT_NORMAL, NULL);
    report_say(REPORT_ERROR, SPAN("to nobody"));
    (void)close(ends[1]);
    restore();
    assert_string_equal(written[1], "");
}

/* A pipe that doesn't block and is full: the line that found no room is given up, and nothing hangs. */
static void test_a_full_output_that_does_not_block(void **state)
{
    static char block[4096];
    int ends[2];
    ssize_t count;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    do
        count = write(ends[1], block, sizeof(block));
    while (count > 0);
    divert();
    (void)dup2(ends[1], STDERR_FILENO);
    open_report(REPORT_TEXT, REPORT_NORMAL, NULL);
    report_say(REPORT_ERROR, SPAN("no room"));
    restore();
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* The rest of a long line found no room: what comes later doesn't stand behind its beginning. */
static void test_a_line_that_was_given_up_ends_all_the_same(void **state)
{
    static char message[3 * 4096], text[65536];
    int ends[2];

    (void)state;
    memset(message, 'x', sizeof(message) - 1);
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    divert();
    (void)dup2(ends[1], STDERR_FILENO);
    open_report(REPORT_JSON, REPORT_NORMAL, NULL);
    report_say(REPORT_ERROR, SPAN("and what an earlier pipe lacks"));
    assert_true(read(ends[0], text, sizeof(text)) > 0);
    report_say(REPORT_ERROR, span_of(message));
    ssize_t first = read(ends[0], text, sizeof(text));
    report_say(REPORT_ERROR, SPAN("another"));
    ssize_t length = read(ends[0], text, sizeof(text) - 1);
    restore();
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_int_equal(first, 4096);
    assert_true(length > 0);
    text[length] = '\0';
    assert_true(text[0] == '\n' && text[1] == '{' && text[length - 1] == '\n');
    assert_non_null(strstr(text, "nobody read them: "));
    assert_non_null(strstr(text, "}\n{"));
}

static void read_file(const char *path, char *buffer, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    ssize_t length = read(file, buffer, size - 1);
    (void)close(file);
    buffer[length > 0 ? length : 0] = '\0';
}

static void test_termination_log(void **state)
{
    char folder[] = "/tmp/test_report.XXXXXX";
    char buffer[2 * REPORT_TERMINATION_MOST];

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    add_one_of_each();
    assert_false(report_termination("missing", &findings, 0));
    assert_int_equal(access("missing", F_OK), -1);

    int file = open("log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    memset(buffer, 'x', sizeof(buffer));
    assert_int_equal(write(file, buffer, sizeof(buffer)), sizeof(buffer));
    (void)close(file);
    assert_true(report_termination("log", &findings, 0));
    read_file("log", buffer, sizeof(buffer));
    assert_int_equal(strncmp(buffer, HIDDEN, strlen(HIDDEN)), 0);
    assert_non_null(strstr(buffer, MODULE));
    assert_null(strstr(buffer, "warning"));
    assert_null(strstr(buffer, "xxx"));

    assert_false(report_termination("log", &findings, 4));
    assert_int_equal(symlink("log", "link"), 0);
    assert_false(report_termination("link", &findings, 0));
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_false(report_termination("fifo", &findings, 0));
    assert_false(report_termination(".", &findings, 0));
    (void)unlink("log");
    (void)unlink("link");
    (void)unlink("fifo");
    assert_int_equal(chdir("/"), 0);
    (void)rmdir(folder);
}

static void test_a_long_termination_log_ends_in_a_whole_line(void **state)
{
    char path[] = "/tmp/test_report.XXXXXX";
    char buffer[2 * REPORT_TERMINATION_MOST];
    struct stat status;

    (void)state;
    int file = mkstemp(path);
    assert_true(file >= 0);
    (void)close(file);
    findings_clear(&findings);
    for (unsigned i = 0; i < 20; i++)
        findings_add(&findings, RULE_VENV_HIDDEN_BY_MOUNT);
    assert_true(report_termination(path, &findings, 0));
    assert_int_equal(stat(path, &status), 0);
    read_file(path, buffer, sizeof(buffer));
    (void)unlink(path);
    assert_in_range(status.st_size, REPORT_TERMINATION_MOST / 2, REPORT_TERMINATION_MOST);
    assert_int_equal(buffer[status.st_size - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings_come_in_order_and_by_level),
        cmocka_unit_test(test_what_is_lost_is_told_once),
        cmocka_unit_test(test_messages_by_level_and_format),
        cmocka_unit_test(test_results_are_written_as_they_are),
        cmocka_unit_test(test_colour_is_asked_for_by_variables),
        cmocka_unit_test(test_no_color_outranks_force_color),
        cmocka_unit_test(test_closed_outputs_stay_closed),
        cmocka_unit_test(test_a_reader_that_is_gone_is_no_error),
        cmocka_unit_test(test_a_full_output_that_does_not_block),
        cmocka_unit_test(test_a_line_that_was_given_up_ends_all_the_same),
        cmocka_unit_test(test_termination_log),
        cmocka_unit_test(test_a_long_termination_log_ends_in_a_whole_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
