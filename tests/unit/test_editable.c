/* What editable installs leave behind: their finders, and the note of their origin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/editable.h"

#define HEAD "from __future__ import annotations\nimport sys\n\n"
#define TAIL "\nNAMESPACES: dict[str, list[str]] = {'other': ['/not/this']}\n"

static const struct {
    const char *source;
    const char *mapping; /* "module=path;" of each */
} finders[] = {
    {HEAD "MAPPING: dict[str, str] = {'shop': '/src/lib/shop'}" TAIL, "shop=/src/lib/shop;"},
    {HEAD "MAPPING = {'shop': '/src/shop', 'tools': '/src/tools'}" TAIL, "shop=/src/shop;tools=/src/tools;"},
    {HEAD "MAPPING = {\n    \"shop\": \"/it's/shop\",  # that\n}\n", "shop=/it's/shop;"},
    {HEAD "MAPPING: dict[str, str] = {}" TAIL, ""},
    {HEAD "def f():\n    MAPPING = {'shop': '/src'}\n", ""},
    {HEAD "OTHER = {'shop': '/src'}\nMAPPING = {'a': '/b'}\n", "a=/b;"},
    {HEAD "OTHER = MAPPING = {'shop': '/src'}\n", ""},
    {HEAD "MAPPING = dict(shop='/src')\n", ""},
    {HEAD "MAPPING = {'shop': '/src', 'b': f('/b')}\n", "shop=/src;"},
    {HEAD "MAPPING = {'shop': 'C:\\\\src'}\n", ""},
    {HEAD "MAPPING = {'shop': r'/src'}\n", ""},
    {HEAD "MAPPING = {'shop': '''/src'''}\n", ""},
    {HEAD "MAPPING = {'shop': ''}\n", ""},
    {HEAD "MAPPING = {'shop': '/src'", ""},
    {HEAD "MAPPING", ""},
    {"", ""},
};

static void add(void *context, struct span module, struct span path)
{
    struct text *text = context;
    text_span(text, module);
    text_byte(text, '=');
    text_span(text, path);
    text_byte(text, ';');
}

static void test_finders(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(finders); i++) {
        char buffer[256];
        struct text text = TEXT_ON(buffer);
        editable_mapping(span_of(finders[i].source), add, &text);
        if (!span_is(text_as_span(&text), finders[i].mapping))
            fail_msg("row %zu: %s", i, buffer);
    }
}

static const struct {
    const char *json;
    bool noted;
} notes[] = {
    {"{\"dir_info\": {\"editable\": true}, \"url\": \"file:///src\"}", true},
    {"{\"url\":\"file:///src\",\"dir_info\":{\"editable\":true}}", true},
    {"{\n  \"dir_info\" : {\n    \"editable\" :\n true\n  }\n}\n", true},
    {"{\"dir_info\": {\"editable\": false}, \"url\": \"file:///src\"}", false},
    {"{\"dir_info\": {}, \"url\": \"file:///src\"}", false},
    {"{\"url\": \"file:///editable\"}", false},
    {"\"editable\"", false},
    {"\"editable\":", false},
    {"", false},
};

static void test_notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(notes); i++)
        if (editable_is_noted(span_of(notes[i].json)) != notes[i].noted)
            fail_msg("row %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finders),
        cmocka_unit_test(test_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
