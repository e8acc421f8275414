#include "commands/help.h"

#include "base/columns.h"
#include "base/report.h"
#include "base/settings.h"
#include "commands/verbs.h"

enum { USAGE_COLUMN = 50, OPTION_COLUMN = 32, CODE_COLUMN = 9, ROW_MOST = COLUMNS_LINE };

static void line(const char *string)
{
    report_result(span_of(string));
}

static void row(size_t column, const char *left, const char *right)
{
    columns_row(span_of(left), column, span_of(right), report_result);
}

static void print_usage(void)
{
    line("asgi-init starts a FastAPI backend as PID 1, and says exactly what is wrong when it can't.");
    line("");
    line("usage:");
    row(USAGE_COLUMN, "  asgi-init [OPTIONS] [APP] [UVICORN OPTIONS...]",
        "serve, the default; APP is MODULE:ATTRIBUTE");
    row(USAGE_COLUMN, "  asgi-init [OPTIONS] [--] COMMAND [ARG...]",
        "run a command in the application's Python environment");
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        char room[ROW_MOST];
        struct text left = TEXT_ON(room);
        text_join(&left, "  asgi-init ", verb_rows[i].name, *verb_rows[i].arguments ? " " : "", verb_rows[i].arguments,
                  NULL);
        row(USAGE_COLUMN, left.at, verb_rows[i].help);
    }
}

/* "auto always never" as "auto, always, never" */
static void add_choices(struct text *text, const char *choices)
{
    struct span rest = span_of(choices);

    while (rest.at) {
        text_span(text, span_split(&rest, ' '));
        text_add(text, rest.at ? ", " : "");
    }
}

static void add_remarks(struct text *text, const struct setting_row *setting)
{
    if (!*setting->choices && !*setting->fallback)
        return;
    text_add(text, " [");
    if (*setting->choices)
        add_choices(text, setting->choices);
    if (*setting->fallback)
        text_join(text, *setting->choices ? "; " : "", "default ", setting->fallback, NULL);
    text_add(text, "]");
}

static void print_option(const struct setting_row *setting)
{
    char left_room[ROW_MOST];
    char right_room[ROW_MOST];
    struct text left = TEXT_ON(left_room);
    struct text right = TEXT_ON(right_room);
    char letter[] = {'-', setting->letter, ',', ' ', '\0'};

    text_join(&left, "  ", setting->letter ? letter : "    ", "--", setting->name, *setting->argument ? " " : "",
              setting->argument, NULL);
    text_add(&right, setting->help);
    add_remarks(&right, setting);
    row(OPTION_COLUMN, left.at, right.at);
}

static bool is_option(const struct setting_row *setting)
{
    return !setting->uvicorns && !setting->positional;
}

static void print_options(void)
{
    line("");
    line("options, before all other words; each is also a variable: --stop-timeout is ASGI_INIT_STOP_TIMEOUT");
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (is_option(&setting_rows[i]))
            print_option(&setting_rows[i]);
    row(OPTION_COLUMN, "  -h, --help", "print this");
    row(OPTION_COLUMN, "      --version", "print the version");
}

static void add_variables(struct text *text, enum setting setting)
{
    const struct setting_row *row = &setting_rows[setting];

    setting_variable(setting, text);
    if (*row->conventional)
        text_join(text, ", ", row->conventional, NULL);
    if (*row->uvicorn)
        text_join(text, ", ", row->uvicorn, NULL);
}

/* Their options belong to uvicorn and stand behind ours; what is special about them here is where else they come from. */
static void print_server(void)
{
    line("");
    line("what is served: uvicorn's own options are passed on, and these are also read from variables, the first");
    line("that is set:");
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char left_room[ROW_MOST];
        char right_room[ROW_MOST];
        struct text left = TEXT_ON(left_room);
        struct text right = TEXT_ON(right_room);
        if (is_option(&setting_rows[i]))
            continue;
        text_join(&left, setting_rows[i].positional ? "  APP" : "  --",
                  setting_rows[i].positional ? "" : setting_rows[i].name, NULL);
        text_add(&right, setting_rows[i].help);
        add_remarks(&right, &setting_rows[i]);
        text_add(&right, ": ");
        add_variables(&right, (enum setting)i);
        row(OPTION_COLUMN, left.at, right.at);
    }
}

static void print_exit_codes(void)
{
    line("");
    line("exit codes:");
    for (unsigned i = 0; i < exit_code_row_count; i++) {
        char room[ROW_MOST];
        struct text left = TEXT_ON(room);
        text_join(&left, "  ", exit_code_rows[i].code, NULL);
        row(CODE_COLUMN, left.at, exit_code_rows[i].meaning);
    }
}

enum exit_code help_print(void)
{
    print_usage();
    print_options();
    print_server();
    print_exit_codes();
    return EXIT_OK;
}

enum exit_code help_print_version(void)
{
    line("asgi-init " ASGI_INIT_VERSION);
    return EXIT_OK;
}
