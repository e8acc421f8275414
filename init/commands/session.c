#include "commands/session.h"

#include "base/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { EXPECTED_MOST = 128, NEAR_DISTANCE = 3 };

static enum exit_code usage(const char *what, struct span which, const char *expected)
{
    char line[PATH_MOST];
    struct text text = TEXT_ON(line);
    text_add(&text, what);
    text_add(&text, " '");
    text_visible(&text, which);
    text_join(&text, "'", expected[0] ? ": " : "", expected, NULL);
    report_say(REPORT_ERROR, text_as_span(&text));
    return EXIT_USAGE;
}

/* "option '--stop-timeout' is 'soon': expected seconds, such as 10 or 0.5". Values of our own settings may be shown. */
static enum exit_code wrong_value(const struct setting_error *error)
{
    char line[PATH_MOST];
    struct text text = TEXT_ON(line);
    text_span(&text, error->source);
    text_add(&text, " is '");
    /* Of a list only the names: values of --env may be secrets. */
    struct span rest = error->value;
    text_visible(&text, error->too_many ? span_split(&rest, '=') : error->value);
    text_add(&text, "': ");
    if (error->too_many) {
        text_add(&text, "no more than ");
        text_unsigned(&text, SETTING_LIST_ITEMS);
        text_add(&text, " of them are taken");
    } else {
        text_add(&text, "expected ");
        setting_expected(error->setting, &text);
    }
    report_say(REPORT_ERROR, text_as_span(&text));
    return error->setting == SETTING_USER ? EXIT_NO_USER : EXIT_USAGE;
}

static enum exit_code wrong_option(const struct options *options)
{
    char expected[EXPECTED_MOST];
    struct text text = TEXT_ON(expected);
    switch (options->problem) {
    case OPTION_VALUE_MISSING:
        text_add(&text, "expected ");
        setting_expected(options->setting, &text);
        return usage("nothing follows option", options->option, expected);
    case OPTION_VALUE_UNWANTED:
        return usage("a value follows option", options->option, "it takes none");
    case OPTION_VALUE_WRONG:
        return wrong_value(&options->error);
    case OPTION_FINE:
        break;
    }
    return EXIT_OK;
}

/* Our options stand before a verb and behind it. False: options.problem says what is wrong. */
static bool read_words(struct session *session)
{
    struct options *options = &session->options;
    if (!options_parse(session->words, 1, &session->settings, options))
        return false;
    session->first = options->end;
    const char *word = session->words[session->first];
    if (!word || options->dashes || options->help || options->version)
        return true;
    session->verb = verb_named(span_of(word));
    if (session->verb == VERB_NONE)
        return true;
    if (!options_parse(session->words, session->first + 1, &session->settings, options))
        return false;
    session->first = options->end;
    return true;
}

static void note_ignored(void *context, const struct setting_error *error)
{
    struct session *session = context;
    char expected[EXPECTED_MOST];
    struct text text = TEXT_ON(expected);
    setting_expected(error->setting, &text);
    struct finding *finding = findings_add(&session->findings, RULE_SETTING_IGNORED);
    finding_set(&session->findings, finding, "setting", error->source);
    finding_set(&session->findings, finding, "value", error->value);
    finding_set(&session->findings, finding, "expected", text_as_span(&text));
    if (span_ends(error->source, "_PORT") && span_starts(error->value, "tcp://"))
        finding_set_string(&session->findings, finding, "link", "yes");
}

static void note_unknown(struct session *session, struct span name)
{
    char nearest[EXPECTED_MOST];
    size_t best = NEAR_DISTANCE + 1;
    struct finding *finding = findings_add(&session->findings, RULE_UNKNOWN_SETTING);
    finding_set(&session->findings, finding, "setting", name);
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        char known[EXPECTED_MOST];
        struct text text = TEXT_ON(known);
        setting_variable(setting, &text);
        size_t distance = span_distance(name, text_as_span(&text));
        if (distance < best) {
            best = distance;
            memcpy(nearest, known, sizeof known);
        }
    }
    if (best <= NEAR_DISTANCE)
        finding_set_string(&session->findings, finding, "near", nearest);
}

static void note_unknown_variables(struct session *session)
{
    for (char *const *entry = session->environment.entries; *entry; entry++) {
        struct span rest = span_of(*entry);
        struct span name = span_split(&rest, '=');
        if (span_starts(name, "ASGI_INIT_") &&
            setting_of_variable(span_from(name, sizeof "ASGI_INIT_" - 1)) == SETTING_COUNT)
            note_unknown(session, name);
    }
}

/* MODULE_NAME with VARIABLE_NAME, as the tiangolo images have them; the attribute is `app` by default there. */
static void read_two_variables(struct session *session)
{
    static char reference[PATH_MOST];
    struct span module = environment_filled(&session->environment, "MODULE_NAME");
    struct span attribute = environment_filled(&session->environment, "VARIABLE_NAME");
    struct setting_error error;
    if (!module.at || environment_filled(&session->environment, "APP_MODULE").at)
        return;
    struct text text = TEXT_ON(reference);
    text_span(&text, module);
    text_add(&text, ":");
    text_span(&text, attribute.at ? attribute : SPAN("app"));
    if (!text.cut)
        settings_set(&session->settings, SETTING_APP, text_as_span(&text), ORIGIN_CONVENTIONAL, SPAN("MODULE_NAME"),
                     &error);
}

/* What a verb says is no container's end: it may be run beside a server, by `kubectl exec`. */
static bool starts_something(const struct session *session)
{
    return session->verb == VERB_NONE;
}

static void open_report(const struct session *session)
{
    const struct settings *settings = &session->settings;
    enum report_level level = setting_is(settings, SETTING_QUIET)     ? REPORT_QUIET
                              : setting_is(settings, SETTING_VERBOSE) ? REPORT_VERBOSE
                                                                      : REPORT_NORMAL;
    bool json = setting_chosen(settings, SETTING_LOG_FORMAT, "json");
    report_open(json ? REPORT_JSON : REPORT_TEXT, level, &session->environment);
    if (starts_something(session))
        report_keep_errors(REPORT_TERMINATION_LOG);
}

/* With --root the environment is that of --env, not ours; asgi-init's own settings come from ours, too. */
static void take_root_environment(struct session *session)
{
    unsigned count = 0;
    if (!setting_is(&session->settings, SETTING_ROOT))
        return;
    for (unsigned item = 0; item < session->settings.item_count; item++) {
        struct span entry = session->settings.items[item].item;
        if (session->settings.items[item].setting != SETTING_ENV)
            continue;
        memcpy(&session->root_entries[count], &entry.at, sizeof(char *));
        session->root_entries[count++][entry.length] = '\0'; /* ASGI_INIT_ENV has a blank there */
    }
    session->root_entries[count] = NULL;
    session->environment.entries = session->root_entries;
}

/* Settings of another image than ours are for those that start nothing. ASGI_INIT_STRICT may stand in an image for its
 * RUN ["/asgi-init", "check"]. */
static enum exit_code judges_only(const struct session *session)
{
    static const enum setting settings[] = {SETTING_ROOT, SETTING_ENV, SETTING_WORKDIR, SETTING_STRICT};
    if (session->verb != VERB_NONE)
        return EXIT_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
        const struct setting_value *value = &session->settings.values[settings[i]];
        bool for_check = settings[i] == SETTING_STRICT && value->origin == ORIGIN_VARIABLE;
        if (value->origin != ORIGIN_NONE && !for_check)
            return usage("nothing is started with", value->source, "it is for check, which and config");
    }
    return EXIT_OK;
}

/* All is read before anything is said: how it is to be said is a setting too. */
static enum exit_code read_settings(struct session *session)
{
    struct setting_error error;
    bool words_right = read_words(session);
    bool right = settings_read_own(&session->settings, &session->environment, &error);
    open_report(session);
    take_root_environment(session);
    if (right && setting_is(&session->settings, SETTING_ROOT))
        right = settings_read_own(&session->settings, &session->environment, &error);
    settings_read_foreign(&session->settings, &session->environment, note_ignored, session);
    if (!words_right)
        return wrong_option(&session->options);
    if (!right)
        return wrong_value(&error);
    read_two_variables(session);
    note_unknown_variables(session);
    return judges_only(session);
}

static enum exit_code system_failed(struct session *session, const char *call, const char *what, int error)
{
    unsigned first = session->findings.count;
    struct finding *finding = findings_add(&session->findings, RULE_SYSTEM_CALL_FAILED);
    finding_set_string(&session->findings, finding, "call", call);
    finding_set_string(&session->findings, finding, "what", what);
    finding_set_string(&session->findings, finding, "error", strerror(error));
    return session_fail(session, first);
}

static enum exit_code open_root(struct session *session)
{
    struct span root = setting_text(&session->settings, SETTING_ROOT);
    int error = reader_open(&session->reader, root.at);
    if (error)
        return system_failed(session, "open", root.at ? root.at : "/", error);
    struct span folder = setting_text(&session->settings, SETTING_WORKDIR);
    struct text text = TEXT_ON(session->working_folder);
    if (folder.length)
        text_span(&text, folder);
    else if (root.at)
        text_add(&text, "/");
    else if (!getcwd(session->working_folder, sizeof session->working_folder))
        return system_failed(session, "getcwd", "the working folder can't be told", errno);
    else
        text.length = strlen(text.at);
    return text.cut ? usage("too long:", folder, "") : EXIT_OK;
}

/* uvicorn's --app-dir, from the working folder on. */
static bool tell_app_dir(struct session *session)
{
    struct span folder = setting_text(&session->settings, SETTING_APP_DIR);
    struct text text = TEXT_ON(session->app_dir);
    if (!span_starts(folder, "/"))
        text_add(&text, session->working_folder);
    if (folder.length && !span_is(folder, ".")) {
        if (text.length && text.at[text.length - 1] != '/')
            text_add(&text, "/");
        text_span(&text, folder);
    }
    return !text.cut;
}

static void set_scene(struct session *session)
{
    session->scene = (struct scene){
        .reader = &session->reader,
        .settings = &session->settings,
        .environment = &session->environment,
        .host = &session->host,
        .findings = &session->findings,
        .working_folder = span_of(session->working_folder),
        .app_dir = span_of(session->app_dir),
        .command_folder = session->request.folder,
        .command_program = session->request.program,
        .command_words = session->words + session->first,
    };
}

/* The application's word, when the command line has one. */
static void take_app(struct session *session)
{
    struct setting_error error;
    const struct request *request = &session->request;
    int word = request->kind == REQUEST_MISTAKE ? (int)request->first : request->uvicorn.app;
    if (word >= 0)
        settings_set(&session->settings, SETTING_APP, span_of(session->words[word]), ORIGIN_UVICORN_OPTION,
                     SPAN("the command line"), &error);
}

static enum exit_code read_signal_settings(struct session *session)
{
    const struct settings *settings = &session->settings;
    bool restarts = setting_number(settings, SETTING_WORKERS, 1) > 1 || setting_is(settings, SETTING_RELOAD);
    struct supervise_options *supervise = &session->supervise;
    *supervise = supervise_defaults(session_serves(session), session->request.kind == REQUEST_SERVE && !restarts);
    supervise->to_group = setting_chosen(settings, SETTING_SIGNAL_TO, "group");
    supervise->stop_delay = (int64_t)setting_milliseconds(settings, SETTING_STOP_DELAY, 0);
    supervise->stop_timeout = (int64_t)setting_milliseconds(settings, SETTING_STOP_TIMEOUT, 0);
    supervise->orphan_timeout = (int64_t)setting_milliseconds(settings, SETTING_ORPHAN_TIMEOUT, 0);
    for (unsigned item = 0; item < settings->item_count; item++)
        if (settings->items[item].setting == SETTING_MAP_SIGNAL &&
            !supervise_map(supervise, settings->items[item].item))
            return usage("expected FROM=TO with names or numbers of signals, not", settings->items[item].item, "");
    struct span death = setting_text(settings, SETTING_PDEATHSIG);
    if (death.length && !signal_number(death))
        return usage("--pdeathsig: no such signal", death, "");
    return EXIT_OK;
}

enum exit_code session_open(struct session *session, char **words, char **entries, const struct signal_state *given,
                            pid_t parent)
{
    session->words = words;
    session->given = *given;
    session->parent = parent;
    session->verb = VERB_NONE;
    session->environment.entries = entries;
    settings_start(&session->settings);
    enum exit_code code = read_settings(session);
    if (code == EXIT_OK)
        code = open_root(session);
    if (code != EXIT_OK || session->options.help || session->options.version)
        return code;
    request_read(words, session->first, session->options.dashes, &session->reader,
                 environment_get(&session->environment, "PATH"), span_of(session->working_folder), &session->settings,
                 &session->request);
    take_app(session);
    if (!tell_app_dir(session))
        return usage("too long:", setting_text(&session->settings, SETTING_APP_DIR), "");
    set_scene(session);
    return read_signal_settings(session);
}

enum exit_code session_fail(struct session *session, unsigned first)
{
    report_findings(&session->findings, first, REPORT_MESSAGES);
    if (starts_something(session))
        report_termination(REPORT_TERMINATION_LOG, &session->findings, first);
    return findings_exit_code(&session->findings);
}

bool session_serves(const struct session *session)
{
    return session->request.serves;
}

uint32_t session_port(const struct session *session)
{
    const struct settings *settings = &session->settings;
    if (session->request.kind != REQUEST_SERVE || setting_is(settings, SETTING_UDS) || setting_is(settings, SETTING_FD))
        return 0;
    return (uint32_t)setting_number(settings, SETTING_PORT, 0);
}

bool session_is_stopped(const struct session *session, enum exit_code *code)
{
    int signal = supervise_stop_pending(&session->supervise);
    if (!signal)
        return false;
    bool as_asked = session_serves(session) && starts_something(session) &&
                    setting_chosen(&session->settings, SETTING_STOP_CODE, "zero");
    *code = as_asked ? EXIT_OK : (enum exit_code)(EXIT_BY_SIGNAL + signal);
    return true;
}
