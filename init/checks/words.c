#include "checks/words.h"

#include "checks/candidates.h"
#include "facts/mountinfo.h"

enum { LINE_MOST = 1024 };

static bool is_name_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* $NAME or ${NAME...}: the name; empty when the word is no such thing, as a password with a $ in it isn't. */
static struct span variable_of(struct span word)
{
    bool braces = span_starts(word, "${");
    struct span name = span_from(word, braces ? 2 : 1);
    size_t length = 0;

    if (!span_starts(word, "$"))
        return SPAN("");
    while (length < name.length && is_name_byte(name.at[length]))
        length++;
    if (braces ? !span_ends(word, "}") : length != name.length)
        return SPAN("");
    return span_first(name, length);
}

static bool is_plain(struct span word)
{
    for (size_t i = 0; i < word.length; i++)
        if (!is_name_byte(word.at[i]) && !span_has(SPAN("-./:=,${}"), word.at[i]))
            return false;
    return word.length > 0;
}

/* Can it be shown, and copied as it is? */
static bool is_printable(struct span word)
{
    return is_plain(word) && !span_starts(word, "--ssl-keyfile-password");
}

static void add_item(struct text *items, const char *instead, struct span word)
{
    text_add(items, items->length > 0 ? ", \"" : "\"");
    text_add(items, instead);
    text_span(items, word);
    text_byte(items, '"');
}

bool words_as_items(const struct scene *scene, struct span from, const char *to, struct text *items)
{
    bool changed = false, plain = scene->command_words != NULL && from.length > 0;

    for (char *const *word = scene->command_words; plain && *word; word++) {
        struct span item = span_of(*word);
        bool is_inside = path_is_within(item, from);
        plain = is_printable(item);
        changed = changed || is_inside;
        add_item(items, is_inside ? to : "", is_inside ? span_from(item, from.length) : item);
    }
    return plain && changed && !items->cut;
}

bool words_for_interpreter(const struct scene *scene, const struct script_line *line, struct span script,
                           struct text *items)
{
    bool plain = scene->command_words && is_printable(line->interpreter) && is_printable(script) &&
                 (line->argument.length == 0 || is_printable(line->argument));

    if (!plain || !*scene->command_words)
        return false;
    add_item(items, "", line->interpreter);
    if (line->argument.length > 0)
        add_item(items, "", line->argument);
    add_item(items, "", script);
    for (char *const *word = scene->command_words + 1; plain && *word; word++) {
        plain = is_printable(span_of(*word));
        add_item(items, "", span_of(*word));
    }
    return plain && !items->cut;
}

static bool has_word(char *const *words, struct span wanted)
{
    while (*words && !span_equal(span_of(*words), wanted))
        words++;
    return *words != NULL;
}

static void add_application(const struct app_candidate *candidate, struct text *items)
{
    text_add(items, items->length > 0 ? ", " : "");
    candidate_words(candidate, items);
}

/* How many words the candidate says itself, or makes wrong. */
static unsigned replaced(char *const *words, const struct app_candidate *candidate)
{
    struct span word = span_of(*words);

    if (candidate->app_dir[0] && span_is(word, "--app-dir"))
        return words[1] ? 2 : 1;
    return span_is(word, "--factory") || (candidate->app_dir[0] && span_starts(word, "--app-dir="));
}

void words_with_application(const struct scene *scene, const struct app_candidate *candidate, struct text *items)
{
    char *const *words = scene->command_words;
    struct span app = setting_text(scene->settings, SETTING_APP);
    bool plain = true, placed = false, has_app = words && has_word(words, app);

    while (words && *words && plain) {
        struct span word = span_of(*words);
        bool is_app = span_equal(word, app);
        unsigned skipped = is_app ? 1 : replaced(words, candidate);
        if (!placed && (has_app ? is_app : span_starts(word, "--"))) {
            add_application(candidate, items);
            placed = true;
        }
        if (skipped == 0) {
            plain = is_printable(word);
            add_item(items, "", word);
        }
        words += skipped > 0 ? skipped : 1;
    }
    if (!placed)
        add_application(candidate, items);
    if (!plain || items->cut) {
        text_clear(items);
        add_application(candidate, items);
    }
}

static bool names_address(struct span word)
{
    return span_starts(word, "--host") || span_starts(word, "--uds") || span_starts(word, "--fd");
}

/* uvicorn's command line for a shell and for JSON: only of words that both take as they are, and no password among them. What
 * a shell starts isn't told the address by asgi-init, and would listen where nobody comes in. */
static void set_line(const struct scene *scene, struct finding *finding, char *const *words)
{
    char room[LINE_MOST];
    struct text line = TEXT_ON(room);
    struct span app = setting_text(scene->settings, SETTING_APP);
    struct span host = setting_text(scene->settings, SETTING_HOST);
    bool has_app = false, has_address = false, plain = is_plain(app);

    for (char *const *word = words; *word; word++) {
        has_app = has_app || span_equal(span_of(*word), app);
        has_address = has_address || names_address(span_of(*word));
        plain = plain && is_printable(span_of(*word));
    }
    if (!has_app)
        text_span(&line, app);
    for (; *words; words++)
        text_join(&line, line.length > 0 ? " " : "", *words, NULL);
    if (!has_address && host.length > 0) {
        text_add(&line, " --host ");
        text_span(&line, host);
    }
    if (plain && !line.cut)
        finding_set(scene->findings, finding, "line", text_as_span(&line));
}

/* --port $PORT and the application are all there is: then the application alone does it. */
static bool is_port_alone(char *const *words, struct span app)
{
    bool alone = true;

    for (; *words && alone; words++) {
        struct span word = span_of(*words), value = word;
        struct span name = span_split(&value, '=');
        alone = span_is(name, "--port") || span_equal(word, app) || span_is(variable_of(word), "PORT");
    }
    return alone;
}

static void judge_word(const struct scene *scene, char *const *words, struct span word, struct span before)
{
    struct findings *findings = scene->findings;
    struct span value = word;
    struct span option = span_starts(word, "--") && span_has(word, '=') ? span_split(&value, '=') : before;
    struct span variable = variable_of(value);
    struct span app = setting_text(scene->settings, SETTING_APP);

    if (span_ends(word, "\r"))
        finding_set(findings, findings_add(findings, RULE_CARRIAGE_RETURN_IN_ARGUMENT), "word", word);
    if (variable.length == 0)
        return;
    struct finding *finding = findings_add(findings, RULE_VARIABLE_NOT_EXPANDED);
    finding_set(findings, finding, "word", word);
    finding_set(findings, finding, "variable", variable);
    set_line(scene, finding, words);
    if (span_is(variable, "PORT") && span_is(option, "--port") && is_port_alone(words, app) && is_plain(app))
        finding_set(findings, finding, "port", app);
}

void words_judge(const struct scene *scene, char *const *words)
{
    struct span before = SPAN("");

    for (char *const *word = words; *word; word++) {
        judge_word(scene, words, span_of(*word), before);
        before = span_of(*word);
    }
}

struct span words_uvicorn_value(const struct scene *scene, const char *option, const char *variable)
{
    struct span last = environment_filled(scene->environment, variable);
    for (char *const *word = scene->command_words; word && *word; word++) {
        struct span value = span_of(*word);
        struct span name = span_split(&value, '=');
        if (span_is(name, option) && (value.at || word[1]))
            last = value.at ? value : span_of(word[1]);
    }
    return last;
}
