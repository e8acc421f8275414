#include "checks/broken_path.h"

#include "checks/words.h"
#include "facts/app_reference.h"
#include "facts/python_version.h"
#include "facts/pyvenv.h"

#include <errno.h>
#include <string.h>

enum { PYVENV_BYTES = 4096, VALUE_BYTES = PATH_MOST + 64 };

/* What is known of a walk that failed. */
struct breakage {
    const struct scene *scene;
    const struct candidate *candidate;
    const struct trace *trace;
    const struct step *link;        /* the environment's own link to its Python, if the walk failed behind it */
    struct span missing;            /* the step where it failed */
    struct span venv;               /* the environment's folder, without links; empty where there is none */
    const struct mount *mount;      /* hides what the image has at `missing`; or NULL */
    const struct mount *venv_mount; /* hides what the image has at `venv`; or NULL */
    char config[PYVENV_BYTES];
    struct pyvenv pyvenv;
};

/* ---- values ---- */

struct span broken_path_environment(struct span program)
{
    struct span folder = span_folder(program);
    struct span environment = span_folder(folder);
    bool is_system = environment.length <= 1 || span_is(environment, "/usr") || span_is(environment, "/usr/local");
    return span_is(span_base_name(folder), "bin") && !is_system ? environment : SPAN("");
}

void broken_path_naming(const struct scene *scene, struct finding *finding, struct span origin)
{
    bool by_option = span_starts(origin, "--");
    finding_set_string(scene->findings, finding, "naming", by_option ? "--python " : "ENV ASGI_INIT_PYTHON=");
}

/* Our own settings rank above VIRTUAL_ENV, and our options above our variables. */
static void set_remedy(const struct scene *scene, struct finding *finding, const struct candidate *candidate)
{
    char buffer[VALUE_BYTES];
    struct text items = TEXT_ON(buffer);
    struct span venv = broken_path_environment(candidate->path);
    broken_path_naming(scene, finding, candidate->origin);
    if (span_starts(candidate->origin, "--") || span_starts(candidate->origin, "ASGI_INIT_"))
        return;
    if (!span_starts(candidate->origin, "the command"))
        finding_set_string(scene->findings, finding, "moves", "yes");
    else if (words_as_items(scene, venv, "/opt/venv", &items))
        finding_set(scene->findings, finding, "moved_words", text_as_span(&items));
}

void broken_path_wanted(const struct scene *scene, struct finding *finding, const struct candidate *candidate)
{
    finding_set(scene->findings, finding, "wanted", candidate->path);
    finding_set(scene->findings, finding, "origin", candidate->origin);
    finding_set(scene->findings, finding, "venv", broken_path_environment(candidate->path));
    set_remedy(scene, finding, candidate);
}

static bool is_inside(struct span path, struct span folder)
{
    return path.length > folder.length && path_is_within(path, folder);
}

/* {code}: the application's own folder or file in the folder of the host that is mounted, seen from there. */
static void set_code(const struct scene *scene, struct finding *finding, const struct mount *mount, struct span venv)
{
    static const char *const suffixes[] = {"", ".py"};
    struct span module = app_reference_read(setting_text(scene->settings, SETTING_APP)).module;
    struct span top = app_reference_component(&module);
    bool of_host = mount->kind == MOUNT_BIND || mount->kind == MOUNT_DESKTOP_SHARE;
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes) && of_host && top.length && is_inside(venv, mount->point); i++) {
        char buffer[PATH_MOST];
        struct text path = TEXT_ON(buffer);
        text_span(&path, scene->app_dir);
        text_add(&path, "/");
        text_span(&path, top);
        text_add(&path, suffixes[i]);
        struct span code = text_as_span(&path);
        if (path.cut || !is_inside(code, mount->point) || path_is_within(venv, code) ||
            !reader_exists(scene->reader, code))
            continue;
        finding_set(scene->findings, finding, "code", host_path_in(mount, code));
        return;
    }
}

const struct mount *broken_path_mount(const struct scene *scene, struct finding *finding,
                                      const struct candidate *candidate, struct span path)
{
    struct span venv = broken_path_environment(candidate->path);
    const struct mount *mount = host_mount_over(scene->host, path);
    if (!mount)
        return NULL;
    host_mount_values(scene->findings, finding, mount);
    if (is_inside(venv, mount->point))
        finding_set(scene->findings, finding, "inside_mount", venv);
    set_code(scene, finding, mount, venv);
    return mount;
}

static void set_account(const struct scene *scene, struct finding *finding, const char *key, uid_t uid)
{
    char buffer[32];
    struct text text = TEXT_ON(buffer);
    text_add(&text, uid == 0 ? "root" : "user ");
    if (uid != 0)
        text_unsigned(&text, uid);
    finding_set(scene->findings, finding, key, text_as_span(&text));
}

void broken_path_owner(const struct scene *scene, struct finding *finding, mode_t mode, uid_t owner)
{
    char buffer[16];
    struct text text = TEXT_ON(buffer);
    text_add(&text, "0");
    text_octal(&text, mode & 07777);
    finding_set(scene->findings, finding, "mode", text_as_span(&text));
    set_account(scene, finding, "owner", owner);
    set_account(scene, finding, "user", scene->reader->identity.uid);
    finding_set_number(scene->findings, finding, "uid", scene->reader->identity.uid);
}

static bool is_in_chain(const struct finding *finding, struct span left)
{
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        if (span_equal(finding->evidence[i].left, left))
            return true;
    }
    return false;
}

void broken_path_chain(const struct scene *scene, struct finding *finding, const struct trace *trace, const char *end)
{
    bool has_links = false;
    for (unsigned i = 0; i < trace->count; i++) {
        const struct step *step = &trace->steps[i];
        char buffer[2 * VALUE_BYTES];
        struct text text = TEXT_ON(buffer);
        if (step->kind != STEP_LINK)
            continue;
        text_span(&text, step->path);
        text_add(&text, " -> ");
        text_span(&text, step->target);
        has_links = true;
        if (!is_in_chain(finding, text_as_span(&text)))
            finding_evidence(scene->findings, finding, "chain", text_as_span(&text), SPAN("link"));
    }
    if (has_links && trace->last && trace->last->kind != STEP_LINK)
        finding_evidence(scene->findings, finding, "chain", trace->last->path, span_of(end));
}

/* ---- what the environment says of itself ---- */

static bool join(struct text *text, struct span folder, const char *rest)
{
    text_clear(text);
    text_span(text, folder);
    text_add(text, rest);
    return !text->cut;
}

static void read_pyvenv(struct breakage *breakage)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    size_t length = 0;
    if (breakage->venv.length && join(&path, breakage->venv, "/pyvenv.cfg"))
        reader_read(breakage->scene->reader, text_as_span(&path), 0, breakage->config, sizeof(breakage->config),
                    &length);
    pyvenv_read(&breakage->pyvenv, (struct span){breakage->config, length});
}

/* Is it a place where only macOS keeps Pythons and users? */
static bool is_of_macos(struct span path)
{
    static const char *const places[] = {"/opt/homebrew/", "/usr/local/Cellar/", "/usr/local/opt/python",
                                         "/Library/",      "/Applications/",     "/Users/",
                                         "/System/",       "/opt/local/Library/"};
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (span_starts(path, places[i]))
            return true;
    }
    return false;
}

static bool is_of_windows(struct span home)
{
    return home.length > 2 && home.at[1] == ':' && (home.at[2] == '\\' || home.at[2] == '/');
}

/* "macOS", "Windows", or NULL where nothing tells. */
static const char *system_of(const struct breakage *breakage, bool has_scripts)
{
    if (has_scripts || is_of_windows(breakage->pyvenv.home))
        return "Windows";
    if (is_of_macos(breakage->pyvenv.home))
        return "macOS";
    for (unsigned i = 0; i < breakage->trace->count; i++) {
        const struct step *step = &breakage->trace->steps[i];
        if (step->kind == STEP_LINK && is_of_macos(step->target))
            return "macOS";
    }
    return NULL;
}

static bool has_scripts_folder(const struct breakage *breakage, struct text *path)
{
    return breakage->venv.length && join(path, breakage->venv, "/Scripts") &&
           reader_is_folder(breakage->scene->reader, text_as_span(path));
}

/* The environment at another path that a link leads to: /build/.venv of /build/.venv/bin/python3. */
static struct span old_place(const struct breakage *breakage)
{
    struct span end = breakage->link ? breakage->link->target : SPAN("");
    struct span place = broken_path_environment(end);
    if (!place.length || !breakage->venv.length || span_equal(place, breakage->venv))
        return SPAN("");
    bool same_name = span_equal(span_base_name(place), span_base_name(breakage->venv));
    struct span command = breakage->pyvenv.command;
    bool made_there =
        command.length > place.length && span_equal(span_from(command, command.length - place.length), place);
    return same_name || made_there ? place : SPAN("");
}

/* ---- the findings ---- */

static struct finding *begin(const struct breakage *breakage, enum rule rule)
{
    const struct scene *scene = breakage->scene;
    struct finding *finding = findings_add(scene->findings, rule);
    broken_path_wanted(scene, finding, breakage->candidate);
    finding_set(scene->findings, finding, "missing", breakage->missing);
    return finding;
}

static void set_mount(const struct breakage *breakage, struct finding *finding, const struct mount *mount)
{
    if (!mount)
        return;
    host_mount_values(breakage->scene->findings, finding, mount);
    if (is_inside(breakage->venv, mount->point))
        finding_set(breakage->scene->findings, finding, "inside_mount", breakage->venv);
    set_code(breakage->scene, finding, mount, breakage->venv);
}

static bool is_by_uv(const struct breakage *breakage)
{
    size_t where;
    struct span target = breakage->link ? breakage->link->target : SPAN("");
    return span_find(target, "/uv/python/", &where) || span_find(breakage->pyvenv.home, "/uv/python/", &where);
}

static struct finding *find_of_host(const struct breakage *breakage, const char *system, struct span scripts)
{
    const struct scene *scene = breakage->scene;
    struct finding *finding = begin(breakage, RULE_VENV_FROM_ANOTHER_MACHINE);
    finding_set_string(scene->findings, finding, "system", system);
    finding_set(scene->findings, finding, "scripts", scripts);
    finding_set(scene->findings, finding, "home", breakage->pyvenv.home);
    set_mount(breakage, finding, breakage->venv_mount);
    broken_path_chain(scene, finding, breakage->trace, "missing");
    return finding;
}

static struct finding *find_stale_volume(const struct breakage *breakage)
{
    struct finding *finding = begin(breakage, RULE_VENV_VOLUME_STALE);
    set_mount(breakage, finding, breakage->venv_mount);
    if (breakage->link)
        finding_set(breakage->scene->findings, finding, "leads_to", breakage->missing);
    broken_path_chain(breakage->scene, finding, breakage->trace, "missing");
    return finding;
}

static struct finding *find_moved(const struct breakage *breakage, struct span made_at)
{
    struct finding *finding = begin(breakage, RULE_VENV_MOVED);
    finding_set(breakage->scene->findings, finding, "made_at", made_at);
    finding_set(breakage->scene->findings, finding, "command", breakage->pyvenv.command);
    if (breakage->pyvenv.maker == PYVENV_UV)
        finding_set_string(breakage->scene->findings, finding, "uv", "uv");
    broken_path_chain(breakage->scene, finding, breakage->trace, "missing");
    return finding;
}

/* As tags of images have it: 3.13, or 3 where the minor version isn't known. */
static void set_version(const struct breakage *breakage, struct finding *finding)
{
    char buffer[32];
    struct text text = TEXT_ON(buffer);
    struct python_version version;
    bool known = python_version_read(breakage->pyvenv.version, &version) ||
                 python_name_read(span_base_name(breakage->link->target), &version);
    if (known && version.parts >= 2) {
        version.parts = 2;
        python_version_add(&text, &version);
    } else {
        text_add(&text, "3");
    }
    finding_set(breakage->scene->findings, finding, "version", text_as_span(&text));
}

static struct finding *find_base_gone(const struct breakage *breakage)
{
    struct finding *finding = begin(breakage, RULE_VENV_BASE_PYTHON_GONE);
    struct findings *findings = breakage->scene->findings;
    finding_set(findings, finding, "home", breakage->pyvenv.home);
    if (is_by_uv(breakage))
        finding_set_string(findings, finding, "uv", "uv");
    set_version(breakage, finding);
    set_mount(breakage, finding, breakage->mount);
    broken_path_chain(breakage->scene, finding, breakage->trace, "missing");
    return finding;
}

static struct finding *find_hidden(const struct breakage *breakage)
{
    struct finding *finding = begin(breakage, RULE_VENV_HIDDEN_BY_MOUNT);
    set_mount(breakage, finding, breakage->mount);
    broken_path_chain(breakage->scene, finding, breakage->trace, "missing");
    return finding;
}

static struct finding *find_missing(const struct breakage *breakage)
{
    const struct scene *scene = breakage->scene;
    struct finding *finding = begin(breakage, RULE_PYTHON_MISSING);
    struct span parent = span_folder(breakage->missing);
    if (parent.length > 1)
        finding_set(scene->findings, finding, "parent", parent);
    if (scene->reader->is_ours)
        finding_set_string(scene->findings, finding, host_knows_mounts(scene->host) ? "image" : "no_mounts", "yes");
    broken_path_chain(scene, finding, breakage->trace, "missing");
    return finding;
}

/* Something isn't there. The environment's own link leads nowhere, or a folder of the path itself is missing. */
static struct finding *find_absent(const struct breakage *breakage)
{
    char buffer[PATH_MOST];
    struct text scripts = TEXT_ON(buffer);
    bool has_scripts = !breakage->link && has_scripts_folder(breakage, &scripts);
    const char *system = system_of(breakage, has_scripts);
    const struct mount *mount = breakage->venv_mount;
    bool is_own_mount = mount && span_equal(mount->point, breakage->venv);
    bool of_host = mount && (mount->kind == MOUNT_BIND || mount->kind == MOUNT_DESKTOP_SHARE);
    if (system)
        return find_of_host(breakage, system, has_scripts ? text_as_span(&scripts) : SPAN(""));
    if (is_own_mount && (breakage->link || is_inside(breakage->missing, breakage->venv)))
        return find_stale_volume(breakage);
    struct span made_at = old_place(breakage);
    if (made_at.length)
        return find_moved(breakage, made_at);
    if (breakage->link)
        return of_host ? find_of_host(breakage, NULL, SPAN("")) : find_base_gone(breakage);
    return breakage->mount ? find_hidden(breakage) : find_missing(breakage);
}

static struct finding *find_forbidden(const struct breakage *breakage)
{
    const struct scene *scene = breakage->scene;
    const struct step *step = breakage->trace->last;
    struct finding *finding = begin(breakage, RULE_PYTHON_NOT_REACHABLE);
    finding_set(scene->findings, finding, "folder", step->path);
    broken_path_owner(scene, finding, step->mode, step->uid);
    finding_set_number(scene->findings, finding, "owner_id", step->uid);
    finding_set_string(scene->findings, finding, step->searchable ? "allowed" : "forbidden", "yes");
    if (is_by_uv(breakage))
        finding_set_string(scene->findings, finding, "uv", "uv");
    set_mount(breakage, finding, breakage->mount);
    broken_path_chain(scene, finding, breakage->trace, "may not be entered");
    return finding;
}

static struct finding *find_no_folder(const struct breakage *breakage)
{
    struct finding *finding = begin(breakage, RULE_PATH_THROUGH_FILE);
    finding_set(breakage->scene->findings, finding, "file", breakage->missing);
    if (breakage->trace->last->kind == STEP_FILE)
        finding_set_string(breakage->scene->findings, finding, "regular", "yes");
    set_mount(breakage, finding, breakage->mount);
    broken_path_chain(breakage->scene, finding, breakage->trace, "no folder");
    return finding;
}

static struct finding *find_failed(const struct breakage *breakage)
{
    struct finding *finding = begin(breakage, breakage->trace->error == ELOOP ? RULE_LINK_LOOP : RULE_PATH_FAILED);
    finding_set_string(breakage->scene->findings, finding, "error", strerror(breakage->trace->error));
    set_mount(breakage, finding, breakage->mount);
    broken_path_chain(breakage->scene, finding, breakage->trace, "failed");
    return finding;
}

/* The last link whose own name is a Python's: behind it lies the base Python, not the environment. */
static const struct step *link_to_python(const struct trace *trace)
{
    const struct step *found = NULL;
    for (unsigned i = 0; i < trace->count; i++) {
        const struct step *step = &trace->steps[i];
        struct python_version version;
        if (step->kind == STEP_LINK && python_name_read(span_base_name(step->path), &version) &&
            span_is(span_base_name(span_folder(step->path)), "bin") && span_has(step->target, '/'))
            found = step;
    }
    return found;
}

/* The environment's folder without links, as mounts have it; as it was asked for where it isn't there. */
static struct span real_environment(const struct scene *scene, struct span program, char *buffer, size_t size)
{
    struct trace trace;
    struct span asked = broken_path_environment(program);
    struct text text = text_on(buffer, size);
    bool is_there = asked.length && reader_walk(scene->reader, asked, &trace) == 0;
    text_span(&text, is_there ? trace.real : asked);
    return text.cut ? asked : text_as_span(&text);
}

struct finding *broken_path_find(const struct scene *scene, const struct candidate *candidate,
                                 const struct trace *trace)
{
    char real[PATH_MOST];
    struct breakage breakage = {.scene = scene, .candidate = candidate, .trace = trace};
    breakage.venv = real_environment(scene, candidate->path, real, sizeof(real));
    breakage.missing = trace->last ? trace->last->path : candidate->path;
    breakage.mount = host_mount_over(scene->host, breakage.missing);
    breakage.venv_mount = breakage.venv.length ? host_mount_over(scene->host, breakage.venv) : NULL;
    read_pyvenv(&breakage);
    /* A folder with a bin may be an environment or any other prefix; only of the first it's true that it holds no Python. */
    if (breakage.pyvenv.has_home || span_ends(breakage.venv, "venv"))
        breakage.link = link_to_python(trace);
    if (trace->last && trace->error == ENOENT)
        return find_absent(&breakage);
    if (trace->last && trace->error == EACCES)
        return find_forbidden(&breakage);
    if (trace->last && trace->error == ENOTDIR)
        return find_no_folder(&breakage);
    return find_failed(&breakage);
}
