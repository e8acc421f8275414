#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "facts/script_line.h"

static void lines(void **state)
{
    (void)state;
    static const struct {
        struct span head;
        const char *interpreter, *argument, *program;
        bool carriage_return;
    } rows[] = {
        {SPAN_ROW("#!/bin/sh\n"), "/bin/sh", "", "/bin/sh", false},
        {SPAN_ROW("#!/bin/sh"), "/bin/sh", "", "/bin/sh", false},
        {SPAN_ROW("#! \t/bin/sh \t-e -u \t\nx"), "/bin/sh", "-e -u", "/bin/sh", false},
        {SPAN_ROW("#!/bin/sh -x  "), "/bin/sh", "-x  ", "/bin/sh", false}, /* only a line's end takes the blanks off */
        {SPAN_ROW("#!/bin/sh\r\n"), "/bin/sh\r", "", "/bin/sh\r", true},
        {SPAN_ROW("#!/bin/sh -e\r\n"), "/bin/sh", "-e\r", "/bin/sh", true},
        {SPAN_ROW("#!/bin/sh\r"), "/bin/sh\r", "", "/bin/sh\r", false},
        {SPAN_ROW("#!\n"), "", "", "", false},
        {SPAN_ROW("#!  \n/bin/sh"), "", "", "", false},
        {SPAN_ROW("#!"), "", "", "", false},
        {SPAN_ROW("#!\r\n"), "\r", "", "\r", true},
        {SPAN_ROW("#!/bin/sh\0-e\n"), "/bin/sh", "", "/bin/sh", false},
        {SPAN_ROW("#!/bin/sh -e\0x\n"), "/bin/sh", "-e", "/bin/sh", false},
        {SPAN_ROW("#!python\n"), "python", "", "python", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct script_line line;
        assert_true(script_line_read(&line, rows[i].head));
        assert_true(span_is(line.interpreter, rows[i].interpreter));
        assert_true(span_is(line.argument, rows[i].argument));
        assert_true(span_is(line.program, rows[i].program));
        assert_int_equal(line.carriage_return, rows[i].carriage_return);
        assert_false(line.too_long || line.argument_cut || line.by_env || line.by_env_unsplit || line.by_shell);
    }
}

static void not_scripts(void **state)
{
    (void)state;
    static const struct span rows[] = {SPAN_ROW(""), SPAN_ROW("#"), SPAN_ROW(" #!/bin/sh"),
                                       SPAN_ROW("\xef\xbb\xbf#!/bin/sh")};
    struct script_line line;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_false(script_line_read(&line, rows[i]));
}

static void by_env(void **state)
{
    (void)state;
    static const struct {
        const char *argument, *program;
        bool unsplit;
    } rows[] = {
        {"python3", "python3", false},
        {"python3\r", "python3\r", false},
        {"python3 -u", "python3 -u", true},
        {"-S python3 -u", "python3", false},
        {"-Spython3 -u", "python3", false},
        {"-vS python3 -u", "python3", false},
        {"--split-string=python3 -u", "python3", false},
        {"-S -i A=b -u HOME -C / --unset=B -- python3 -u", "python3", false},
        {"-S A=b python3", "python3", false},
        {"-S \"python 3\"", "", false},
        {"-S ${PY} -u", "", false},
        {"-S --unknown python3", "", false},
        {"-S -u", "", false},
        {"-S", "", false},
        {"-i", "", false},
        {"A=b", "", false},
        {"", "", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char buffer[128];
        struct text text = TEXT_ON(buffer);
        text_join(&text, "#!/usr/bin/env ", rows[i].argument, "\n", NULL);
        struct script_line line;
        assert_true(script_line_read(&line, text_as_span(&text)));
        assert_true(line.by_env);
        assert_true(span_is(line.interpreter, "/usr/bin/env"));
        assert_true(span_is(line.program, rows[i].program));
        assert_int_equal(line.by_env_unsplit, rows[i].unsplit);
    }
}

static void by_shell(void **state)
{
    (void)state;
    static const struct {
        const char *script, *program;
    } rows[] = {
        {"#!/bin/sh\n'''exec' /app/.venv/bin/python \"$0\" \"$@\"\n' '''\nimport re\n", "/app/.venv/bin/python"},
        {"#!/bin/sh\n'''exec' \"/my app/.venv/bin/python\" \"$0\" \"$@\"\n' '''\n", "/my app/.venv/bin/python"},
        {"#!/bin/sh\n'''exec' '/my app/.venv/bin/python' \"$0\" \"$@\"\n' '''\n", "/my app/.venv/bin/python"},
        {"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3' \"$0\" \"$@\"\n' '''\n", "/bin/sh"},
        {"#!/bin/sh\n'''exec' /app/.venv/bin/python \"$0\"", "/bin/sh"}, /* the line may be cut */
        {"#!/bin/sh\n'''exec' /app\n", "/bin/sh"},
        {"#!/bin/sh\n'''exec' python \"$0\"\n", "/bin/sh"},
        {"#!/bin/sh\necho\n", "/bin/sh"},
        {"#!/usr/bin/python\n'''exec' /app/.venv/bin/python \"$0\" \"$@\"\n' '''\n", "/usr/bin/python"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct script_line line;
        assert_true(script_line_read(&line, span_of(rows[i].script)));
        assert_true(span_is(line.program, rows[i].program));
        assert_int_equal(line.by_shell, i < 3);
    }
}

/* What Linux 6.18 does was seen with execve: 253 bytes of path and a line end run, 254 don't. */
static void lengths(void **state)
{
    (void)state;
    static const struct {
        size_t path, argument; /* bytes; a blank between them */
        char after;            /* what follows: a line end, or NUL for more of the same up to byte 300 */
        size_t interpreter, argument_read;
        bool too_long, cut;
    } rows[] = {
        {253, 0, '\n', 253, 0, false, false},     {254, 0, '\n', 0, 0, true, false},
        {253, 0, ' ', 253, 0, false, false},      {254, 0, ' ', 0, 0, true, false},
        {100, 152, '\n', 100, 152, false, false}, {100, 153, '\n', 100, 152, false, true},
        {100, 190, '\n', 100, 152, false, true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char head[512];
        memset(head, ' ', sizeof head);
        memcpy(head, "#!", 2);
        memset(head + 2, '/', rows[i].path);
        memset(head + 2 + rows[i].path + 1, 'a', rows[i].argument);
        head[2 + rows[i].path + (rows[i].argument ? 1 + rows[i].argument : 0)] = rows[i].after;
        struct script_line line;
        assert_true(script_line_read(&line, (struct span){head, sizeof head}));
        assert_int_equal(line.interpreter.length, rows[i].interpreter);
        assert_int_equal(line.argument.length, rows[i].argument_read);
        assert_int_equal(line.too_long, rows[i].too_long);
        assert_int_equal(line.argument_cut, rows[i].cut);
    }
}

static void file_that_ends_at_the_limit(void **state)
{
    (void)state;
    char head[257];
    memset(head, 'a', sizeof head);
    memcpy(head, "#!/bin/sh ", 10);
    static const struct {
        size_t length;
        bool cut;
    } rows[] = {{254, false}, {255, false}, {256, true}, {257, true}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct script_line line;
        assert_true(script_line_read(&line, (struct span){head, rows[i].length}));
        assert_int_equal(line.argument.length, (rows[i].length < 255 ? rows[i].length : 255) - 10);
        assert_int_equal(line.argument_cut, rows[i].cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(not_scripts), cmocka_unit_test(by_env),
        cmocka_unit_test(by_shell), cmocka_unit_test(lengths),     cmocka_unit_test(file_that_ends_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
