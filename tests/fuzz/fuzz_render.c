#include "base/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct findings findings;

static void check_text(void *context, struct span line)
{
    (void)context;
    if (line.length >= RENDER_LINE)
        __builtin_trap();
    for (size_t i = 0; i < line.length; i++)
        if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7F)
            __builtin_trap();
}

/* An object in one line: brackets close in order outside of strings, and strings hold no control byte. */
static void check_json(void *context, struct span line)
{
    char open[8];
    unsigned depth = 0;
    bool in_string = false;

    (void)context;
    for (size_t i = 0; i < line.length; i++) {
        char byte = line.at[i];
        if ((unsigned char)byte < ' ' || line.length >= RENDER_JSON)
            __builtin_trap();
        if (in_string && byte == '\\')
            i++;
        else if (byte == '"')
            in_string = !in_string;
        else if (!in_string && (byte == '{' || byte == '['))
            open[depth++ & 7] = byte;
        else if (!in_string && (byte == '}' || byte == ']') && (depth == 0 || open[--depth & 7] != byte - 2))
            __builtin_trap();
    }
    if (in_string || depth != 0 || !span_starts(line, "{\"severity\":"))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"wanted", "missing", "mount", "over",  "mounted", "venv",
                                       "origin", "python",  "app",   "value", "setting", "uid"};
    const struct line_sink text = {check_text, NULL};
    const struct line_sink json = {check_json, NULL};
    struct span rest = {(const char *)data, size};

    if (size < 2)
        return 0;
    findings_clear(&findings);
    struct finding *finding = findings_add(&findings, (enum rule)(data[0] % RULE_COUNT));
    rest = span_from(rest, 1);
    for (unsigned i = 0; rest.at; i++) {
        struct span value = span_split(&rest, '\0');
        finding_set(&findings, finding, keys[i % ARRAY_LENGTH(keys)], value);
        finding_evidence(&findings, finding, i % 3 ? "chain" : "tried", value, span_first(rest, 9));
    }
    render_finding(finding, false, &text);
    render_finding_json(finding, &json);
    render_message((struct span){(const char *)data, size}, &text);
    render_message_json("error", (struct span){(const char *)data, size}, &json);
    return 0;
}
