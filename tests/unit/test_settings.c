/* Settings: every type's good and bad values, every pair of sources in their order, and what is remembered of the loser. */

#include "base/options.h"
#include "base/settings.h"
#include "facts/uvicorn_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct settings settings;
static struct setting_error error;

static int start(void **state)
{
    (void)state;
    settings_start(&settings);
    return 0;
}

static bool set(enum setting setting, const char *value, enum origin origin)
{
    return settings_set(&settings, setting, span_of(value), origin, SPAN("test"), &error);
}

static void test_each_type_takes_what_it_should(void **state)
{
    (void)state;
    static const struct {
        enum setting setting;
        const char *value;
        bool good;
    } rows[] = {
        {SETTING_RELOAD, "t", true},
        {SETTING_RELOAD, "N", true},
        {SETTING_RELOAD, "x", false},
        {SETTING_PORT, "0", true},
        {SETTING_PORT, "65535", true},
        {SETTING_PORT, "65536", false},
        {SETTING_PORT, "", false},
        {SETTING_PORT, "-1", false},
        {SETTING_PORT, "80 ", false},
        {SETTING_PORT, "tcp://10.0.0.1:80", false},
        {SETTING_STOP_TIMEOUT, "10", true},
        {SETTING_STOP_TIMEOUT, "0.5", true},
        {SETTING_STOP_TIMEOUT, "0.1234", false},
        {SETTING_STOP_TIMEOUT, "5.", false},
        {SETTING_STOP_TIMEOUT, ".5", false},
        {SETTING_STOP_TIMEOUT, "10s", false},
        {SETTING_STOP_TIMEOUT, "86401", false},
        {SETTING_PROBE, "auto", true},
        {SETTING_PROBE, "sometimes", false},
        {SETTING_PROBE, "", false},
        {SETTING_FACTORY, "YES", true},
        {SETTING_FACTORY, "off", true},
        {SETTING_FACTORY, "2", false},
        {SETTING_PYTHON, "", false},
        {SETTING_PYTHON, "/usr/bin/python3", true},
        {SETTING_LOG_LEVEL, "INFO", true},
        {SETTING_LOG_LEVEL, "warn", false},
    };
    for (size_t row = 0; row < ARRAY_LENGTH(rows); row++)
        if (set(rows[row].setting, rows[row].value, ORIGIN_OPTION) != rows[row].good)
            fail_msg("%s=%s", setting_rows[rows[row].setting].name, rows[row].value);
}

static void test_values_are_read_as_meant(void **state)
{
    (void)state;
    assert_true(set(SETTING_STOP_TIMEOUT, "1.05", ORIGIN_OPTION));
    assert_int_equal(setting_milliseconds(&settings, SETTING_STOP_TIMEOUT, 0), 1050);
    assert_int_equal(setting_milliseconds(&settings, SETTING_ORPHAN_TIMEOUT, 0), 2000);
    assert_int_equal(setting_milliseconds(&settings, SETTING_STOP_DELAY, 7), 7);
    assert_int_equal(setting_number(&settings, SETTING_PORT, 1), 8000);
    assert_true(set(SETTING_LOG_LEVEL, "INFO", ORIGIN_CONVENTIONAL));
    assert_true(span_is(setting_text(&settings, SETTING_LOG_LEVEL), "info"));
    assert_true(setting_chosen(&settings, SETTING_PROBE, "auto"));
    assert_false(setting_is(&settings, SETTING_PROBE));
    assert_true(set(SETTING_FACTORY, "no", ORIGIN_VARIABLE));
    assert_false(setting_is(&settings, SETTING_FACTORY));
}

static void test_the_higher_source_wins_in_any_order(void **state)
{
    (void)state;
    for (unsigned low = ORIGIN_DEFAULT; low < ORIGIN_UVICORN_OPTION; low++)
        for (unsigned high = low + 1; high <= ORIGIN_UVICORN_OPTION; high++)
            for (unsigned turned = 0; turned < 2; turned++) {
                settings_start(&settings);
                assert_true(set(SETTING_PORT, turned ? "2" : "1", turned ? high : low));
                assert_true(set(SETTING_PORT, turned ? "1" : "2", turned ? low : high));
                assert_true(span_is(setting_text(&settings, SETTING_PORT), "2"));
                if (low > ORIGIN_DEFAULT)
                    assert_true(span_is(settings.values[SETTING_PORT].other, "1"));
            }
}

static unsigned ignored_count;

static void count_ignored(void *context, const struct setting_error *ignored)
{
    (void)context;
    (void)ignored;
    ignored_count++;
}

static void test_the_environment_is_read(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"PORT=9000"},
                       (char[]){"UVICORN_PORT=7000"},
                       (char[]){"HOST=build-7.example"},
                       (char[]){"UVICORN_HOST="},
                       (char[]){"LOG_LEVEL=verbose"},
                       (char[]){"ASGI_INIT_STOP_TIMEOUT=5"},
                       (char[]){"ASGI_INIT_MAP_SIGNAL=TERM=INT  HUP="},
                       NULL};
    const struct environment environment = {entries};
    ignored_count = 0;
    assert_true(settings_read_own(&settings, &environment, &error));
    settings_read_foreign(&settings, &environment, count_ignored, NULL);
    assert_int_equal(ignored_count, 1);
    assert_int_equal(setting_number(&settings, SETTING_PORT, 0), 9000);
    assert_true(span_is(settings.values[SETTING_PORT].other, "7000"));
    assert_false(setting_text(&settings, SETTING_HOST).at);
    assert_int_equal(setting_milliseconds(&settings, SETTING_STOP_TIMEOUT, 0), 5000);
    assert_true(span_is(settings.values[SETTING_STOP_TIMEOUT].source, "ASGI_INIT_STOP_TIMEOUT"));
    assert_int_equal(settings.item_count, 2);
    assert_true(span_is(settings.items[1].item, "HUP="));
}

static void test_our_own_variables_must_be_right(void **state)
{
    (void)state;
    char *entries[] = {(char[]){"ASGI_INIT_PORT=high"}, NULL};
    const struct environment environment = {entries};
    assert_false(settings_read_own(&settings, &environment, &error));
    assert_int_equal(error.setting, SETTING_PORT);
    assert_true(span_is(error.source, "ASGI_INIT_PORT"));
}

static void test_a_name_is_found_both_ways(void **state)
{
    (void)state;
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        char name[64];
        struct text text = TEXT_ON(name);
        setting_variable(setting, &text);
        assert_int_equal(setting_of_variable(span_from(text_as_span(&text), strlen("ASGI_INIT_"))), setting);
        assert_int_equal(setting_named(span_of(setting_rows[setting].name)), setting);
    }
    assert_int_equal(setting_named(SPAN("por")), SETTING_COUNT);
    assert_int_equal(setting_of_variable(SPAN("PORTS")), SETTING_COUNT);
}

static void test_too_many_items_are_said(void **state)
{
    (void)state;
    for (unsigned item = 0; item < SETTING_LIST_ITEMS; item++)
        assert_true(set(SETTING_MAP_SIGNAL, "HUP=", ORIGIN_OPTION));
    assert_false(set(SETTING_MAP_SIGNAL, "HUP=", ORIGIN_OPTION));
    assert_true(error.too_many);
}

static void test_our_options_end_where_others_begin(void **state)
{
    (void)state;
    static const struct {
        const char *words[8];
        unsigned end;
        bool dashes;
        enum option_error problem;
    } rows[] = {
        {{NULL}, 0, false, OPTION_FINE},
        {{"app:app", "-v", NULL}, 0, false, OPTION_FINE},
        {{"-v", "app:app", NULL}, 1, false, OPTION_FINE},
        {{"--python", "/p", "--port", "1", NULL}, 2, false, OPTION_FINE},
        {{"--python=/p", "bash", NULL}, 1, false, OPTION_FINE},
        {{"--", "--python", NULL}, 1, true, OPTION_FINE},
        {{"-q", "--", NULL}, 2, true, OPTION_FINE},
        {{"--python", NULL}, 0, false, OPTION_VALUE_MISSING},
        {{"--verbose=1", NULL}, 0, false, OPTION_VALUE_UNWANTED},
        {{"--probe", "no", NULL}, 2, false, OPTION_VALUE_WRONG},
        {{"--python", "--", "x", NULL}, 2, false, OPTION_FINE},
        {{"--app-dir", "src", NULL}, 0, false, OPTION_FINE},
        {{"-x", NULL}, 0, false, OPTION_FINE},
        {{"", NULL}, 0, false, OPTION_FINE},
    };
    for (size_t row = 0; row < ARRAY_LENGTH(rows); row++) {
        struct options options;
        char *words[8];
        memcpy(words, rows[row].words, sizeof words);
        settings_start(&settings);
        bool fine = options_parse(words, 0, &settings, &options);
        if (fine != (rows[row].problem == OPTION_FINE) || options.problem != rows[row].problem ||
            options.end != rows[row].end || options.dashes != rows[row].dashes)
            fail_msg("row %zu: end %u", row, options.end);
    }
}

static void test_uvicorns_words_are_read_and_left(void **state)
{
    (void)state;
    static const struct {
        const char *words[8];
        int app;
        const char *port;
    } rows[] = {
        {{NULL}, -1, "8000"},
        {{"a:b", NULL}, 0, "8000"},
        {{"--port", "1", "a:b", NULL}, 2, "1"},
        {{"--port=1", "--port", "2", NULL}, -1, "2"},
        {{"--reload", "a:b", NULL}, 1, "8000"},
        {{"--no-access-log", "--port", "c:d", "a:b", NULL}, 3, "8000"},
        {{"--some-new-option", "c:d", "a:b", NULL}, 2, "8000"},
        {{"--some-new-option", "7", "a:b", NULL}, 2, "8000"},
        {{"--some-new-flag", "a:b", "--port", "1", NULL}, 1, "1"},
        {{"a:b", "--some-new-flag", "--port", "1", NULL}, 0, "1"},
        {{"--http2", "a:b", NULL}, 1, "8000"},
        {{"a:b", "--http2", "--port", "1", NULL}, 0, "1"},
        {{"--http", "c:d", NULL}, -1, "8000"},
        {{"--header", "X-Frame:deny", "--port", "1", NULL}, -1, "1"},
        {{"--", "--port", NULL}, 1, "8000"},
        {{"a:b", "--port", NULL}, 0, "8000"},
    };
    for (size_t row = 0; row < ARRAY_LENGTH(rows); row++) {
        struct uvicorn_words result;
        char *words[8];
        memcpy(words, rows[row].words, sizeof words);
        settings_start(&settings);
        uvicorn_words_read(words, 0, &settings, &result);
        if (result.app != rows[row].app || !span_is(setting_text(&settings, SETTING_PORT), rows[row].port))
            fail_msg("row %zu: app %d", row, result.app);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_type_takes_what_it_should, start),
        cmocka_unit_test_setup(test_values_are_read_as_meant, start),
        cmocka_unit_test_setup(test_the_higher_source_wins_in_any_order, start),
        cmocka_unit_test_setup(test_the_environment_is_read, start),
        cmocka_unit_test_setup(test_our_own_variables_must_be_right, start),
        cmocka_unit_test_setup(test_a_name_is_found_both_ways, start),
        cmocka_unit_test_setup(test_too_many_items_are_said, start),
        cmocka_unit_test_setup(test_our_options_end_where_others_begin, start),
        cmocka_unit_test_setup(test_uvicorns_words_are_read_and_left, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
