#include "commands/child_environment.h"

#include <string.h>

void child_environment_start(struct child_environment *child, const struct environment *given)
{
    child->count = 0;
    child->used = 0;
    child->overflowed = false;
    while (given->entries[child->count] && child->count < CHILD_ENTRIES) {
        child->entries[child->count] = given->entries[child->count];
        child->count++;
    }
    child->overflowed = given->entries[child->count];
    child->entries[child->count] = NULL;
}

static bool names(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* Every entry of that name goes: a second one would win or lose by the taste of who reads it. */
void child_environment_unset(struct child_environment *child, const char *name)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < child->count; i++)
        if (!names(child->entries[i], name))
            child->entries[kept++] = child->entries[i];
    child->count = kept;
    child->entries[kept] = NULL;
}

static void add(struct child_environment *child, const char *name, struct span first, const char *between,
                struct span second)
{
    child_environment_unset(child, name);
    struct text entry = text_on(child->store + child->used, sizeof child->store - child->used);
    text_join(&entry, name, "=", NULL);
    text_span(&entry, first);
    text_add(&entry, between);
    text_span(&entry, second);
    if (entry.cut || child->used + entry.length + 2 > sizeof child->store || child->count == CHILD_ENTRIES) {
        child->overflowed = true;
        return;
    }
    child->used += entry.length + 1;
    child->entries[child->count++] = entry.at;
    child->entries[child->count] = NULL;
}

void child_environment_set(struct child_environment *child, const char *name, struct span value)
{
    add(child, name, value, "", (struct span){NULL, 0});
}

static struct span current(const struct child_environment *child, const char *name)
{
    const struct environment environment = {child->entries};
    return environment_get(&environment, name);
}

static bool has_entry(struct span path, struct span folder)
{
    while (path.at)
        if (span_equal(span_split(&path, ':'), folder))
            return true;
    return false;
}

void child_environment_for_python(struct child_environment *child, struct span bin, struct span venv)
{
    struct span path = current(child, "PATH");
    struct span rest = path;
    bool is_there = venv.length ? span_equal(span_split(&rest, ':'), bin) : has_entry(path, bin);
    if (bin.length && !path.length)
        child_environment_set(child, "PATH", bin);
    else if (bin.length && !is_there)
        add(child, "PATH", bin, ":", path);
    if (venv.length && !span_equal(current(child, "VIRTUAL_ENV"), venv))
        child_environment_set(child, "VIRTUAL_ENV", venv);
    if (!current(child, "PYTHONUNBUFFERED").at)
        child_environment_set(child, "PYTHONUNBUFFERED", SPAN("1"));
    child_environment_unset(child, "PYTHONEXECUTABLE");
    child_environment_unset(child, "__PYVENV_LAUNCHER__");
}

void child_environment_for_user(struct child_environment *child, struct span home, struct span name)
{
    if (home.length)
        child_environment_set(child, "HOME", home);
    if (name.length) {
        child_environment_set(child, "USER", name);
        child_environment_set(child, "LOGNAME", name);
    }
}

/* uvicorn listens on a socket or a descriptor if it is given one, and would name the port in vain. */
static bool is_idle_default(const struct settings *settings, unsigned setting)
{
    bool elsewhere = setting_is(settings, SETTING_UDS) || setting_is(settings, SETTING_FD);
    bool of_tcp = setting == SETTING_HOST || setting == SETTING_PORT;
    return elsewhere && of_tcp && settings->values[setting].origin == ORIGIN_DEFAULT;
}

void child_environment_for_uvicorn(struct child_environment *child, const struct settings *settings)
{
    for (unsigned setting = 0; setting < SETTING_COUNT; setting++) {
        const struct setting_row *row = &setting_rows[setting];
        const struct setting_value *value = &settings->values[setting];
        /* The application goes as a word of the command line; uvicorn's own sources reach it by themselves. */
        if (!*row->uvicorn || setting == SETTING_APP || value->origin == ORIGIN_NONE ||
            value->origin == ORIGIN_UVICORN_OPTION || value->origin == ORIGIN_UVICORN_VARIABLE)
            continue;
        if (!is_idle_default(settings, setting))
            child_environment_set(child, row->uvicorn, value->value);
    }
}
