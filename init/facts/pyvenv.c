#include "facts/pyvenv.h"

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static bool same_word(struct span found, const char *lower_case)
{
    struct span wanted = span_of(lower_case);
    if (found.length != wanted.length)
        return false;
    for (size_t i = 0; i < wanted.length; i++) {
        if (lower(found.at[i]) != wanted.at[i])
            return false;
    }
    return true;
}

static void take_first(struct span *kept, struct span value)
{
    if (kept->length == 0)
        *kept = value;
}

static void take_key(struct pyvenv *pyvenv, struct span *version, struct span key, struct span value)
{
    struct {
        const char *key;
        struct span *value;
        enum pyvenv_maker maker;
    } notes[] = {
        {"version_info", &pyvenv->version, PYVENV_UNKNOWN},
        {"version", version, PYVENV_UNKNOWN},
        {"executable", &pyvenv->executable, PYVENV_UNKNOWN},
        {"command", &pyvenv->command, PYVENV_UNKNOWN},
        {"prompt", &pyvenv->prompt, PYVENV_UNKNOWN},
        {"uv", &pyvenv->maker_version, PYVENV_UV},
        {"virtualenv", &pyvenv->maker_version, PYVENV_VIRTUALENV},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(notes); i++) {
        if (!same_word(key, notes[i].key))
            continue;
        take_first(notes[i].value, value);
        if (notes[i].maker != PYVENV_UNKNOWN)
            pyvenv->maker = notes[i].maker;
    }
    if (same_word(key, "home") && !pyvenv->has_home) {
        pyvenv->has_home = true;
        pyvenv->home = value;
    }
    if (same_word(key, "include-system-site-packages"))
        pyvenv->system_site_packages = same_word(value, "true");
}

void pyvenv_read(struct pyvenv *pyvenv, struct span bytes)
{
    *pyvenv = (struct pyvenv){.system_site_packages = true};
    struct span version = {NULL, 0};
    while (bytes.at) {
        struct span line = span_split(&bytes, '\n');
        struct span key = span_split(&line, '=');
        if (line.at)
            take_key(pyvenv, &version, span_trim(key), span_trim(line));
    }
    take_first(&pyvenv->version, version);
    bool by_venv = pyvenv->has_home && version.length > 0 && pyvenv->maker == PYVENV_UNKNOWN;
    if (by_venv)
        pyvenv->maker = PYVENV_VENV;
}

const char *pyvenv_maker_name(enum pyvenv_maker maker)
{
    static const char *const names[] = {
        [PYVENV_UNKNOWN] = NULL, [PYVENV_VENV] = "venv", [PYVENV_VIRTUALENV] = "virtualenv", [PYVENV_UV] = "uv"};
    return names[maker];
}
