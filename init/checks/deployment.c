#include "checks/deployment.h"

#include "checks/host.h"
#include "checks/module.h"

static struct finding *add(const struct scene *scene, enum rule rule)
{
    return findings_add(scene->findings, rule);
}

static void set(const struct scene *scene, struct finding *finding, const char *key, struct span span)
{
    finding_set(scene->findings, finding, key, span);
}

/* ---- in a container ---- */

/* Under another root it is known only if --user says so; and whoever says --user root means it. */
static void advise_user(const struct scene *scene)
{
    bool is_named = setting_is(scene->settings, SETTING_USER) || environment_has(scene->environment, "PUID");
    if (scene->reader->identity.uid != 0 || is_named || !scene->reader->is_ours)
        return;
    add(scene, RULE_RUNS_AS_ROOT);
}

static bool is_loopback(struct span host)
{
    return span_starts(host, "127.") || span_is(host, "localhost") || span_is(host, "::1");
}

static void advise_address(const struct scene *scene)
{
    const struct setting_value *host = &scene->settings->values[SETTING_HOST];
    bool by_socket = setting_is(scene->settings, SETTING_UDS) || setting_is(scene->settings, SETTING_FD);
    if (by_socket || !is_loopback(host->value))
        return;
    struct finding *finding = add(scene, RULE_HOST_ONLY_LOCAL);
    set(scene, finding, "host", host->value);
    set(scene, finding, "setting", host->source);
    if (span_starts(host->source, "--"))
        set(scene, finding, "option", host->source);
}

static bool is_below(struct span path, struct span folder)
{
    return folder.length > 1 && path.length > folder.length && span_equal(span_first(path, folder.length), folder) &&
           path.at[folder.length] == '/';
}

/* Not where it is a mount of its own, which a mount of the folder above doesn't hide. */
static void advise_venv(const struct scene *scene, const struct interpreter *interpreter)
{
    struct span venv = span_of(interpreter->venv);
    struct span folder = is_below(venv, scene->app_dir) ? scene->app_dir : scene->working_folder;
    const struct mount *mount = host_mount_over(scene->host, venv);
    if (!is_below(venv, folder) || (mount && span_equal(mount->point, venv)))
        return;
    struct finding *finding = add(scene, RULE_VENV_BELOW_APP);
    set(scene, finding, "venv", venv);
    set(scene, finding, "folder", folder);
}

/* ---- PYTHONPATH ---- */

/* What is taken from PYTHONPATH by mistake: another Python's, or a tool's own. */
static const char *const shadowed[] = {"encodings", "typing_extensions", "uvicorn", "fastapi"};

static bool is_module(enum module_kind kind)
{
    return kind == MODULE_PACKAGE || kind == MODULE_SOURCE;
}

/* Where the module would come from without PYTHONPATH: the folders from `first` on. */
static bool find_own(const struct scene *scene, const struct search_path *path, unsigned first, struct span name,
                     struct text *file)
{
    for (unsigned i = first; i < path->count; i++)
        if (is_module(module_in_folder(scene->reader, path->folders[i], name, file)))
            return true;
    return false;
}

static void advise_module(const struct scene *scene, const struct search_path *path, unsigned end, const char *name)
{
    char buffer[PATH_MOST], own_buffer[PATH_MOST];
    struct text file = TEXT_ON(buffer), own = TEXT_ON(own_buffer);
    for (unsigned i = 0; i < end; i++) {
        if (!is_module(module_in_folder(scene->reader, path->folders[i], span_of(name), &file)))
            continue;
        if (!find_own(scene, path, end, span_of(name), &own) ||
            reader_is_same(scene->reader, text_as_span(&file), text_as_span(&own)))
            return;
        struct finding *finding = add(scene, RULE_PYTHONPATH_SHADOWS);
        finding_set_string(scene->findings, finding, "module", name);
        set(scene, finding, "file", text_as_span(&file));
        set(scene, finding, "own", text_as_span(&own));
        set(scene, finding, "value", environment_get(scene->environment, "PYTHONPATH"));
        return;
    }
}

/* PYTHONPATH's folders stand directly before the standard library's. */
static void advise_python_path(const struct scene *scene, const struct interpreter *interpreter)
{
    static struct search_path path;
    if (environment_filled(scene->environment, "PYTHONPATH").length == 0 || interpreter->is_script)
        return;
    search_path_of(scene, interpreter, &path);
    for (size_t i = 0; i < ARRAY_LENGTH(shadowed) && path.library < path.count; i++)
        advise_module(scene, &path, path.library, shadowed[i]);
}

void deployment_advise(const struct scene *scene, const struct interpreter *interpreter)
{
    if (scene->host->in_container) {
        advise_user(scene);
        advise_address(scene);
        advise_venv(scene, interpreter);
    }
    advise_python_path(scene, interpreter);
}
