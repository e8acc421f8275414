#include "checks/words.h"

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

static void judge_word(const struct scene *scene, struct span word, struct span before)
{
    struct findings *findings = scene->findings;
    struct span value = word;
    struct span option = span_starts(word, "--") && span_has(word, '=') ? span_split(&value, '=') : before;
    struct span variable = variable_of(value);

    if (span_ends(word, "\r"))
        finding_set(findings, findings_add(findings, RULE_CARRIAGE_RETURN_IN_ARGUMENT), "word", word);
    if (variable.length == 0)
        return;
    struct finding *finding = findings_add(findings, RULE_VARIABLE_NOT_EXPANDED);
    finding_set(findings, finding, "word", word);
    finding_set(findings, finding, "variable", variable);
    if (span_is(variable, "PORT") && span_is(option, "--port"))
        finding_set_string(findings, finding, "port", "yes");
}

void words_judge(const struct scene *scene, char *const *words)
{
    struct span before = SPAN("");

    for (; *words; words++) {
        judge_word(scene, span_of(*words), before);
        before = span_of(*words);
    }
}
