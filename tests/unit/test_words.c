#include "checks/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct findings findings;
static struct settings settings;
static const struct scene scene = {.findings = &findings, .settings = &settings};

static void test_words(void **state)
{
    static const struct {
        const char *words[3];
        unsigned returns, variables;
        bool port;
        const char *line;
    } rows[] = {
        {{NULL}, 0, 0, false, NULL},
        {{"app.main:app", "--port=8000"}, 0, 0, false, NULL},
        {{"app.main:app\r"}, 1, 0, false, NULL},
        {{"a\r", "\r"}, 2, 0, false, NULL},
        {{"\ra", "a\r\n"}, 0, 0, false, NULL},
        {{"--port", "$PORT"}, 0, 1, true, "app.main:app --port $PORT"},
        {{"--port", "${PORT}"}, 0, 1, true, "app.main:app --port ${PORT}"},
        {{"--port", "${PORT:-8000}"}, 0, 1, true, "app.main:app --port ${PORT:-8000}"},
        {{"--port=$PORT", "app.main:app"}, 0, 1, true, "--port=$PORT app.main:app"},
        {{"--host=$HOST"}, 0, 1, false, "app.main:app --host=$HOST"},
        {{"--port=8000"}, 0, 0, false, NULL},
        {{"--workers", "$PORT"}, 0, 1, false, "app.main:app --workers $PORT"},
        {{"--port=$PORT", "--header", "a: b"}, 0, 1, false, NULL},
        {{"--port=$PORT", "--ssl-keyfile-password=x"}, 0, 1, false, NULL},
        {{"--port=$PORT", "--reload"}, 0, 1, false, "app.main:app --port=$PORT --reload"},
        {{"--port", "$PORT\r"}, 1, 0, false, NULL},
        {{"$", "${", "${}"}, 0, 0, false, NULL},
        {{"$1.50", "pa$WORD", "$a-b"}, 0, 0, false, NULL},
    };

    (void)state;
    settings_start(&settings);
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        char copies[3][32];
        char *words[4] = {NULL};
        for (unsigned j = 0; j < 3 && rows[i].words[j]; j++)
            words[j] = strcpy(copies[j], rows[i].words[j]);
        unsigned returns = 0, variables = 0;
        bool port = false;
        findings_clear(&findings);
        words_judge(&scene, words);
        for (unsigned j = 0; j < findings.count; j++) {
            returns += findings.list[j].rule == RULE_CARRIAGE_RETURN_IN_ARGUMENT;
            variables += findings.list[j].rule == RULE_VARIABLE_NOT_EXPANDED;
            port = port || finding_value(&findings.list[j], "port");
        }
        if (returns != rows[i].returns || variables != rows[i].variables || port != rows[i].port)
            fail_msg("row %u", i);
        const struct value *line = findings.count ? finding_value(&findings.list[0], "line") : NULL;
        if (rows[i].line ? !line || !span_is(line->span, rows[i].line) : line != NULL)
            fail_msg("row %u: another line", i);
        assert_int_equal(findings_exit_code(&findings), EXIT_OK);
    }
}

static void test_the_application_is_replaced(void **state)
{
    static const struct {
        const char *words[6];
        const char *folder;
        const char *items;
    } rows[] = {
        {{NULL}, "", "\"a.b:c\""},
        {{"x:y"}, "", "\"a.b:c\""},
        {{"x:y", "--port", "80"}, "", "\"a.b:c\", \"--port\", \"80\""},
        {{"--port", "80", "x:y"}, "", "\"--port\", \"80\", \"a.b:c\""},
        {{"--port", "80"}, "", "\"a.b:c\", \"--port\", \"80\""}, /* named by a variable */
        {{"uvicorn", "x:y", "--factory", "--reload"}, "", "\"uvicorn\", \"a.b:c\", \"--reload\""},
        {{"uvicorn", "--reload"}, "", "\"uvicorn\", \"a.b:c\", \"--reload\""},
        {{"uvicorn"}, "", "\"uvicorn\", \"a.b:c\""},
        {{"x:y", "--app-dir", "old"}, "", "\"a.b:c\", \"--app-dir\", \"old\""},
        {{"x:y", "--app-dir", "old"}, "new", "\"a.b:c\", \"--app-dir\", \"new\""},
        {{"x:y", "--app-dir=old", "--reload"}, "new", "\"a.b:c\", \"--app-dir\", \"new\", \"--reload\""},
        {{"x:y", "--app-dir"}, "new", "\"a.b:c\", \"--app-dir\", \"new\""},
        {{"x:y", "--header", "a: b"}, "", "\"a.b:c\""},
        {{"x:y", "--ssl-keyfile-password=z"}, "", "\"a.b:c\""},
    };

    (void)state;
    settings_start(&settings);
    struct setting_error error;
    settings_set(&settings, SETTING_APP, SPAN("x:y"), ORIGIN_UVICORN_OPTION, SPAN("the command line"), &error);
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        char copies[6][32], room[COMMAND_ITEMS];
        char *words[7] = {NULL};
        struct text items = TEXT_ON(room);
        struct app_candidate candidate = {.reference = "a.b:c"};
        strcpy(candidate.app_dir, rows[i].folder);
        for (unsigned j = 0; j < 6 && rows[i].words[j]; j++)
            words[j] = strcpy(copies[j], rows[i].words[j]);
        struct scene command = scene;
        command.command_words = words;
        words_with_application(&command, &candidate, &items);
        if (!span_is(text_as_span(&items), rows[i].items))
            fail_msg("row %u: %s", i, room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_the_application_is_replaced)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
