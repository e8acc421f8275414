#include "facts/app_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct form_row {
    const char *word;
    enum reference_form form;
    const char *module;
    const char *attribute;
    const char *suggestion; /* NULL: none can be given */
};

static const struct form_row forms[] = {
    {"app.main:app", REFERENCE_VALID, "app.main", "app", "app.main:app"},
    {"main:app", REFERENCE_VALID, "main", "app", "main:app"},
    {"my-app.main:server.app", REFERENCE_VALID, "my-app.main", "server.app", "my-app.main:server.app"},
    {"2024.main:app", REFERENCE_VALID, "2024.main", "app", "2024.main:app"},
    {"caf\xc3\xa9:app", REFERENCE_VALID, "caf\xc3\xa9", "app", "caf\xc3\xa9:app"},
    {"", REFERENCE_EMPTY, "", "", NULL},
    {"  ", REFERENCE_EMPTY, "", "", NULL},
    {"main", REFERENCE_NO_ATTRIBUTE, "main", "", "main:app"},
    {"app.main", REFERENCE_NO_ATTRIBUTE, "app.main", "", "app.main:app"},
    {"app.main:", REFERENCE_NO_ATTRIBUTE, "app.main", "", "app.main:app"},
    {"app.main.app", REFERENCE_NO_ATTRIBUTE, "app.main.app", "", "app.main:app"},
    {"app.app", REFERENCE_NO_ATTRIBUTE, "app.app", "", "app.app:app"},
    {":app", REFERENCE_NO_MODULE, "", "app", NULL},
    {":", REFERENCE_NO_MODULE, "", "", NULL},
    {"app/main.py", REFERENCE_FILE, "app/main.py", "", "app.main:app"},
    {"./app/main.py", REFERENCE_FILE, "./app/main.py", "", "app.main:app"},
    {"/srv/app/main.py", REFERENCE_FILE, "/srv/app/main.py", "", "app.main:app"},
    {"/other/app/main.py", REFERENCE_FILE, "/other/app/main.py", "", NULL},
    {"/srvapp/main.py", REFERENCE_FILE, "/srvapp/main.py", "", NULL},
    {"../app/main.py", REFERENCE_FILE, "../app/main.py", "", NULL},
    {"app/main.py:app", REFERENCE_FILE, "app/main.py", "app", "app.main:app"},
    {"app/main:app", REFERENCE_FILE, "app/main", "app", "app.main:app"},
    {"main.py", REFERENCE_FILE, "main.py", "", "main:app"},
    {"main.py:api", REFERENCE_FILE, "main.py", "api", "main:api"},
    {"app/__init__.py:app", REFERENCE_FILE, "app/__init__.py", "app", "app:app"},
    {"app/main/py:app", REFERENCE_FILE, "app/main/py", "app", NULL},
    {"/", REFERENCE_FILE, "/", "", NULL},
    {".py", REFERENCE_FILE, ".py", "", NULL},
    {"app.main:app\r", REFERENCE_UNCLEAN, "app.main", "app", "app.main:app"},
    {" app.main:app ", REFERENCE_UNCLEAN, "app.main", "app", "app.main:app"},
    {"\"app.main:app\"", REFERENCE_UNCLEAN, "app.main", "app", "app.main:app"},
    {"'app.main:app'", REFERENCE_UNCLEAN, "app.main", "app", "app.main:app"},
    {"app.main:create_app()", REFERENCE_CALL, "app.main", "create_app()", "app.main:create_app"},
    {"app..main:app", REFERENCE_MALFORMED, "app..main", "app", NULL},
    {".main:app", REFERENCE_MALFORMED, ".main", "app", NULL},
    {"app.main::app", REFERENCE_MALFORMED, "app.main", ":app", "app.main:app"},
    {"app.main:app:x", REFERENCE_MALFORMED, "app.main", "app:x", NULL},
    {"app main:app", REFERENCE_MALFORMED, "app main", "app", NULL},
    {"app.main:2app", REFERENCE_MALFORMED, "app.main", "2app", NULL},
    {"app.main:app.", REFERENCE_MALFORMED, "app.main", "app.", NULL},
    {"app\\main:app", REFERENCE_MALFORMED, "app\\main", "app", NULL},
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        const struct form_row *row = &forms[i];
        char buffer[128];
        struct text suggestion = TEXT_ON(buffer);
        struct app_reference reference = app_reference_read(span_of(row->word));
        if (reference.form != row->form)
            fail_msg("'%s': form %d", row->word, (int)reference.form);
        if (!span_is(reference.module, row->module) || !span_is(reference.attribute, row->attribute))
            fail_msg("'%s': wrongly split", row->word);
        bool suggested = app_reference_suggest(&reference, SPAN("/srv/"), &suggestion);
        if (suggested != (row->suggestion != NULL))
            fail_msg("'%s': suggested %d", row->word, (int)suggested);
        assert_string_equal(buffer, row->suggestion ? row->suggestion : "");
    }
}

static const struct {
    const char *word;
    enum word_shape shape;
} words[] = {
    {"app.main:app", WORD_APP},
    {"main:app", WORD_APP},
    {"app.main:create_app", WORD_APP},
    {"app.main:app\r", WORD_APP_MISTAKE},
    {"app/main.py:app", WORD_APP_MISTAKE},
    {"main.py:app", WORD_APP_MISTAKE},
    {"app.main:", WORD_APP_MISTAKE},
    {"app.main:create_app()", WORD_APP_MISTAKE},
    {"main", WORD_APP_PERHAPS},
    {"app.main", WORD_APP_PERHAPS},
    {"app/main.py", WORD_APP_PERHAPS},
    {"main.py", WORD_APP_PERHAPS},
    {"", WORD_OTHER},
    {"bash", WORD_OTHER},
    {"app", WORD_OTHER},
    {"start.sh", WORD_OTHER},
    {"./start.sh", WORD_OTHER},
    {"python3.12", WORD_OTHER},
    {"/app/.venv/bin/python", WORD_OTHER},
    {"http://x", WORD_OTHER},
    {"http://x:80/", WORD_OTHER},
    {"host:80", WORD_OTHER},
    {"127.0.0.1:80", WORD_OTHER},
    {"127.0.0.1:http", WORD_OTHER},
    {"unix:/run/app.sock", WORD_OTHER},
    {"C:\\x", WORD_OTHER},
    {"C:/x", WORD_OTHER},
    {"[::1]:80", WORD_OTHER},
    {":app", WORD_OTHER},
    {"a=b:c", WORD_OTHER},
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        enum word_shape shape = app_reference_word(span_of(words[i].word));
        if (shape != words[i].shape)
            fail_msg("'%s': shape %d", words[i].word, (int)shape);
    }
}

static void test_suggestion_is_cut_not_overrun(void **state)
{
    (void)state;
    char long_name[400];
    char buffer[8];
    struct text suggestion = TEXT_ON(buffer);

    memset(long_name, 'a', sizeof(long_name));
    struct app_reference reference = app_reference_read((struct span){long_name, sizeof(long_name)});
    assert_int_equal(reference.form, REFERENCE_NO_ATTRIBUTE);
    assert_false(app_reference_suggest(&reference, SPAN(""), &suggestion));
    reference = app_reference_read(SPAN("application.main"));
    app_reference_suggest(&reference, SPAN(""), &suggestion);
    assert_true(suggestion.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_suggestion_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
