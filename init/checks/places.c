#include "checks/places.h"

#include "checks/broken_path.h"
#include "facts/program.h"
#include "facts/python_version.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { USUAL_BINS = 2, BIN_ENTRIES = 16384, TRIED_MOST = 3, PLACES_SHOWN = 12, TRIALS_MOST = 24 };

static bool lexists(const struct reader *reader, struct span path)
{
    char target[PATH_MOST];
    size_t length;
    int error = reader_link(reader, path, target, sizeof(target), &length);
    return error == 0 || error == EINVAL;
}

static bool has_entry(const struct reader *reader, struct span folder, const char *name)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    text_span(&path, folder);
    text_join(&path, "/", name, NULL);
    return !path.cut && lexists(reader, text_as_span(&path));
}

/* ---- the list ---- */

static struct span without_slashes(struct span path)
{
    while (path.length > 1 && path.at[path.length - 1] == '/')
        path.length--;
    return path;
}

/* A relative path is taken from `folder`. The copy lies in the places' store; empty when it finds no room. */
static struct span keep_absolute(struct places *places, struct span folder, struct span path)
{
    char buffer[PATH_MOST];
    struct text text = TEXT_ON(buffer);
    if (path.length && path.at[0] != '/') {
        text_span(&text, without_slashes(folder));
        if (!span_is(text_as_span(&text), "/"))
            text_add(&text, "/");
    }
    text_span(&text, without_slashes(path));
    if (text.cut || text.length > sizeof(places->store) - places->used) {
        places->cut = true;
        return (struct span){0};
    }
    char *copy = places->store + places->used;
    memcpy(copy, text.at, text.length);
    places->used += text.length;
    return (struct span){copy, text.length};
}

static void add(struct places *places, struct place place)
{
    for (unsigned i = 0; i < places->count; i++) {
        if (places->list[i].form == place.form && span_equal(places->list[i].path, place.path))
            return;
    }
    if (!place.path.length)
        return;
    if (places->count == PLACES_MOST) {
        places->cut = true;
        return;
    }
    places->list[places->count++] = place;
}

/* A folder of Pythons. /bin is mostly /usr/bin by another name, and is looked at once; what of PATH isn't there, not at
 * all. */
static void add_bin(const struct scene *scene, struct places *places, struct span path, struct span origin,
                    bool by_path)
{
    struct place place = {.form = PLACE_BIN, .path = path, .origin = origin, .by_path = by_path};
    struct stat status = {0};
    if (reader_stat(scene->reader, path, &status) != 0 && by_path)
        return;
    for (unsigned i = 0; i < places->count; i++) {
        const struct place *other = &places->list[i];
        if (status.st_ino && other->form == PLACE_BIN && other->device == status.st_dev &&
            other->inode == status.st_ino)
            return;
    }
    place.device = status.st_dev;
    place.inode = status.st_ino;
    add(places, place);
}

/* A folder that is an environment's bin by its name, whether it exists or not, or by the pyvenv.cfg above it. */
static bool is_environment_bin(const struct reader *reader, struct span folder)
{
    return span_ends(folder, "/.venv/bin") || span_ends(folder, "/venv/bin") ||
           (span_is(span_base_name(folder), "bin") && has_entry(reader, span_folder(folder), "pyvenv.cfg"));
}

/* `--python`: a file, an environment's folder, or a bare name that PATH leads to. */
static void add_option_python(const struct scene *scene, struct places *places)
{
    struct span value = setting_text(scene->settings, SETTING_PYTHON);
    struct place place = {.form = PLACE_INTERPRETER, .named = true};
    place.origin = scene->settings->values[SETTING_PYTHON].source;
    if (!setting_is(scene->settings, SETTING_PYTHON))
        return;
    place.path = keep_absolute(places, scene->working_folder, value);
    if (!place.path.length)
        place.path = value;
    if (!span_has(value, '/') && !lexists(scene->reader, place.path)) {
        struct span rest = environment_get(scene->environment, "PATH");
        while (rest.at) {
            struct span folder = span_split(&rest, ':');
            struct span path = folder.length ? keep_absolute(places, folder, value) : SPAN("");
            if (reader_is_file(scene->reader, path)) {
                place.path = path;
                break;
            }
        }
    }
    if (reader_is_folder(scene->reader, place.path))
        place.form = is_environment_bin(scene->reader, place.path) ? PLACE_BIN : PLACE_ENVIRONMENT;
    add(places, place);
}

/* The Python that a console script of the command's folder names in its first line. */
static struct span python_of_script(const struct scene *scene, struct places *places, struct span script)
{
    char head[SCRIPT_HEAD];
    size_t length;
    struct script_line line;
    struct python_version version;
    if (reader_read(scene->reader, script, 0, head, sizeof(head), &length) != 0 ||
        !script_line_read(&line, (struct span){head, length}) || !line.program.length || line.program.at[0] != '/' ||
        !python_name_read(span_base_name(line.program), &version) || !reader_exists(scene->reader, line.program))
        return SPAN("");
    return keep_absolute(places, SPAN("/"), line.program);
}

/* `uvicorn` alone is looked for along PATH, and its first line names the Python that would run it without us. What names an
 * environment stands before it. */
static void add_script_on_path(const struct scene *scene, struct places *places)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    struct span rest = environment_get(scene->environment, "PATH");
    struct python_version version;
    if (places->count || scene->command_folder.length || !scene->command_program.length ||
        python_name_read(scene->command_program, &version))
        return;
    while (rest.at) {
        text_clear(&path);
        text_span(&path, span_split(&rest, ':'));
        text_join(&path, "/", NULL);
        text_span(&path, scene->command_program);
        if (path.cut || path.at[0] != '/' || !reader_is_file(scene->reader, text_as_span(&path)))
            continue;
        add(places, (struct place){.form = PLACE_INTERPRETER,
                                   .path = python_of_script(scene, places, text_as_span(&path)),
                                   .origin = SPAN("the command's first line")});
        return;
    }
}

/* The command's own words decide: DIR/python3.12 is that file; DIR/uvicorn is the Python of that environment, or the one
 * that the script names; a folder without any Python, like ~/.local/bin, says nothing. */
static void add_command(const struct scene *scene, enum places_wanted wanted, struct places *places)
{
    struct span folder = keep_absolute(places, scene->working_folder, scene->command_folder);
    struct python_version version;
    char buffer[PATH_MOST];
    struct text program = TEXT_ON(buffer);
    struct place place = {.form = PLACE_INTERPRETER, .origin = SPAN("the command"), .named = true};
    if (!scene->command_folder.length || !folder.length)
        return;
    text_span(&program, folder);
    text_add(&program, "/");
    text_span(&program, span_base_name(scene->command_program));
    struct span path = text_as_span(&program);
    if (python_name_read(span_base_name(scene->command_program), &version)) {
        place.path = keep_absolute(places, SPAN("/"), path);
    } else if (is_environment_bin(scene->reader, folder)) {
        place.form = PLACE_ENVIRONMENT;
        place.path = span_folder(folder);
    } else if ((place.path = python_of_script(scene, places, path)).length) {
        place.origin = SPAN("the command's first line");
    } else if (wanted == PLACES_ALL &&
               (has_entry(scene->reader, folder, "python3") || !reader_exists(scene->reader, folder))) {
        place.form = PLACE_BIN;
        place.path = folder;
    }
    add(places, place);
}

static void add_named_folder(const struct scene *scene, struct places *places, struct span folder, struct span value,
                             struct span origin, bool only_warns)
{
    struct span path = keep_absolute(places, folder, value);
    /* What is too long is named all the same, and refused as such. */
    if (value.length)
        add(places, (struct place){.form = PLACE_ENVIRONMENT,
                                   .path = path.length ? path : value,
                                   .origin = origin,
                                   .named = true,
                                   .only_warns = only_warns && !scene->host->in_container});
}

static void add_path(const struct scene *scene, struct places *places, bool named)
{
    struct span rest = environment_get(scene->environment, "PATH");
    while (rest.at) {
        struct span entry = without_slashes(span_split(&rest, ':'));
        if (!entry.length)
            continue;
        struct span folder = entry;
        if (entry.at[0] != '/')
            folder = keep_absolute(places, scene->working_folder, entry);
        bool is_environment = is_environment_bin(scene->reader, folder);
        if (named && is_environment)
            add(places, (struct place){.form = PLACE_ENVIRONMENT,
                                       .path = keep_absolute(places, SPAN("/"), span_folder(folder)),
                                       .origin = SPAN("PATH"),
                                       .named = true,
                                       .only_warns = !scene->host->in_container,
                                       .by_path = true});
        if (named || is_environment)
            continue;
        if (places->count + USUAL_BINS >= PLACES_MOST)
            places->cut = true;
        else
            add_bin(scene, places, keep_absolute(places, SPAN("/"), folder), SPAN("PATH"), true);
    }
}

static void add_named(const struct scene *scene, enum places_wanted wanted, struct places *places)
{
    const struct settings *settings = scene->settings;
    const struct environment *environment = scene->environment;
    struct span project = environment_filled(environment, "UV_PROJECT_ENVIRONMENT");
    add_option_python(scene, places);
    if (setting_is(settings, SETTING_VENV))
        add_named_folder(scene, places, scene->working_folder, setting_text(settings, SETTING_VENV),
                         settings->values[SETTING_VENV].source, false);
    add_command(scene, wanted, places);
    add_named_folder(scene, places, scene->working_folder, environment_filled(environment, "VIRTUAL_ENV"),
                     SPAN("VIRTUAL_ENV"), true);
    add_named_folder(scene, places, scene->app_dir, project, SPAN("UV_PROJECT_ENVIRONMENT"), false);
    add_path(scene, places, true);
}

/* .venv is an environment by its name; a folder venv may be anything. */
static void add_found_environment(const struct scene *scene, struct places *places, struct span folder,
                                  const char *name, struct span origin)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    text_span(&path, span_is(folder, "/") ? SPAN("") : folder);
    text_join(&path, "/", name, NULL);
    struct span environment = text_as_span(&path);
    if (path.cut || !lexists(scene->reader, environment) || reader_is_file(scene->reader, environment))
        return;
    if (!span_ends(environment, "/.venv") && !has_entry(scene->reader, environment, "pyvenv.cfg") &&
        !has_entry(scene->reader, environment, "bin"))
        return;
    add(places, (struct place){.form = PLACE_ENVIRONMENT,
                               .path = keep_absolute(places, SPAN("/"), environment),
                               .origin = origin});
}

/* Whoever owns the app's own folder can run code as us anyway; anybody else must not put an environment above it. */
static bool is_trusted(const struct reader *reader, struct span folder, uid_t app_owner)
{
    struct stat status;
    if (reader_stat(reader, folder, &status) != 0)
        return false;
    bool is_open = (status.st_mode & S_IWOTH) != 0;
    return !is_open && (status.st_uid == 0 || status.st_uid == reader->identity.uid || status.st_uid == app_owner);
}

static void add_found_above(const struct scene *scene, struct places *places, struct span folder)
{
    struct stat status;
    folder = without_slashes(folder);
    if (!folder.length || reader_stat(scene->reader, folder, &status) != 0)
        return;
    add_found_environment(scene, places, folder, ".venv", SPAN("the application's folder"));
    add_found_environment(scene, places, folder, "venv", SPAN("the application's folder"));
    while (folder.length > 1) {
        folder = span_folder(folder);
        if (!is_trusted(scene->reader, folder, status.st_uid))
            return;
        add_found_environment(scene, places, folder, ".venv", SPAN("a folder above the application"));
        add_found_environment(scene, places, folder, "venv", SPAN("a folder above the application"));
    }
}

void places_list(const struct scene *scene, enum places_wanted wanted, struct places *places)
{
    places->count = 0;
    places->cut = false;
    places->used = 0;
    add_named(scene, wanted, places);
    if (wanted == PLACES_ALL)
        add_script_on_path(scene, places);
    add_found_above(scene, places, scene->app_dir);
    if (!span_equal(scene->working_folder, scene->app_dir))
        add_found_above(scene, places, scene->working_folder);
    add_found_environment(scene, places, SPAN("/opt"), "venv", SPAN("a usual place"));
    add_found_environment(scene, places, SPAN("/"), "venv", SPAN("a usual place"));
    if (wanted == PLACES_ENVIRONMENTS)
        return;
    add_path(scene, places, false);
    add_bin(scene, places, SPAN("/usr/local/bin"), SPAN("a usual place"), false);
    add_bin(scene, places, SPAN("/usr/bin"), SPAN("a usual place"), false);
}

/* ---- from a place to a file ---- */

struct best {
    struct python_version version;
    char name[NAME_MAX + 1];
};

/* A free-threaded one only where there is no other: fewer packages are made for it. */
static bool is_better(const struct python_version *version, const struct python_version *than)
{
    if (version->free_threaded != than->free_threaded)
        return than->free_threaded;
    return python_version_compare(version, than) > 0;
}

static bool take_better(void *context, struct span name, unsigned char type)
{
    struct best *best = context;
    struct python_version version;
    (void)type;
    if (!python_name_read(name, &version) || version.parts != 2 || version.major != 3)
        return true;
    if (best->name[0] && !is_better(&version, &best->version))
        return true;
    struct text copy = TEXT_ON(best->name);
    text_span(&copy, name);
    best->version = version;
    return true;
}

/* Of `names`, NULL at their end, the first that is in the folder; else the best python3.N; else NULL. */
static const char *find_program(const struct scene *scene, struct span folder, const char *const *names,
                                struct best *best)
{
    for (; *names; names++)
        if (has_entry(scene->reader, folder, *names))
            return *names;
    reader_list(scene->reader, folder, BIN_ENTRIES, take_better, best);
    return best->name[0] ? best->name : NULL;
}

/* The path of the Python in a place, cut where it is too long. False: a bin without any. In an environment `python` is
 * always there, so that is what's missing where none is. */
static bool resolve(const struct scene *scene, const struct place *place, struct text *path)
{
    static const char *const in_environment[] = {"python", "python3", NULL};
    static const char *const in_bin[] = {"python3", "python", NULL};
    struct best best = {.name = ""};
    bool is_environment = place->form == PLACE_ENVIRONMENT;
    text_clear(path);
    text_span(path, span_is(place->path, "/") ? SPAN("") : place->path);
    if (place->form == PLACE_INTERPRETER)
        return true;
    text_add(path, is_environment ? "/bin" : "");
    const char *name = find_program(scene, text_as_span(path), is_environment ? in_environment : in_bin, &best);
    if (!name && is_environment)
        name = "python";
    else if (!name && place->named)
        name = "python3";
    if (name)
        text_join(path, "/", name, NULL);
    return name != NULL;
}

/* False where the place holds no Python at all, or a broken one: then findings say so. */
static bool judge(const struct scene *scene, const struct place *place, struct interpreter *interpreter)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    if (!resolve(scene, place, &path))
        return false;
    struct candidate candidate = {path.cut ? place->path : text_as_span(&path), place->origin, place->named};
    return interpreter_judge(scene, &candidate, interpreter);
}

/* ---- the choice ---- */

/* Seen by reading. Of a wrapper little is seen, so it may have it, which is not enough to prefer it. */
static bool shows_uvicorn(const struct scene *scene, const struct interpreter *interpreter,
                          bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter))
{
    return !has_uvicorn || has_uvicorn(scene, interpreter);
}

static bool is_shown(const struct finding *finding, const struct interpreter *interpreter)
{
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        if (span_is(finding->evidence[i].left, interpreter->venv[0] ? interpreter->path : interpreter->real))
            return true;
    }
    return false;
}

/* Shown beside a named place that is of no use: what else there is, without taking it. */
void places_add_tried(const struct scene *scene, const struct places *places, struct finding *finding,
                      bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter))
{
    static struct findings unheard;
    static struct interpreter trial;
    struct scene quiet = *scene;
    unsigned shown = 0, trials = 0;
    quiet.findings = &unheard;
    for (unsigned i = 0; i < places->count && shown < TRIED_MOST; i++) {
        const struct place *place = &places->list[i];
        findings_clear(&unheard);
        if (place->named || trials++ >= TRIALS_MOST || !judge(&quiet, place, &trial) || !trial.knows_version ||
            is_shown(finding, &trial))
            continue;
        bool has = has_uvicorn && shows_uvicorn(&quiet, &trial, has_uvicorn);
        shown++;
        finding_evidence(scene->findings, finding, "tried", span_of(trial.venv[0] ? trial.path : trial.real),
                         has           ? SPAN("works, and has uvicorn")
                         : has_uvicorn ? SPAN("works, but has no module 'uvicorn'")
                                       : SPAN("works"));
        if (has && !finding_value(finding, "elsewhere"))
            finding_set(scene->findings, finding, "elsewhere", span_of(trial.path));
    }
}

/* The findings from `first` on become warnings; the last one that was an error is returned. */
static struct finding *weaken(struct findings *findings, unsigned first)
{
    struct finding *error = NULL;
    for (unsigned i = first; i < findings->count; i++) {
        struct finding *finding = &findings->list[i];
        if (finding->severity != SEVERITY_ERROR)
            continue;
        finding_weaken(finding, SEVERITY_WARNING);
        error = finding;
    }
    return error;
}

static bool fail_without_any(const struct scene *scene, const struct places *places, struct choice *choice)
{
    if (choice->broken) {
        finding_weaken(choice->broken, SEVERITY_ERROR);
        return false;
    }
    struct finding *finding = findings_add(scene->findings, RULE_NO_PYTHON);
    finding_set_number(scene->findings, finding, "count", places->count);
    for (unsigned i = 0; i < places->count && i < PLACES_SHOWN; i++)
        finding_evidence(scene->findings, finding, "tried", places->list[i].path, places->list[i].origin);
    return false;
}

static void take(struct choice *choice, const struct place *place, unsigned index,
                 const struct interpreter *interpreter, bool has_uvicorn)
{
    interpreter_copy(&choice->interpreter, interpreter);
    choice->place = index;
    choice->has_uvicorn = has_uvicorn;
    choice->named = place->named;
}

bool places_choose(const struct scene *scene, const struct places *places, unsigned first,
                   bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter),
                   struct choice *choice)
{
    static struct interpreter trial;
    bool has_any = false, searches_path = false;
    choice->broken = NULL;
    for (unsigned i = first; i < places->count; i++) {
        const struct place *place = &places->list[i];
        unsigned before = scene->findings->count;
        if (searches_path && !place->by_path)
            continue;
        bool works = judge(scene, place, &trial);
        if (!works && place->named && !place->only_warns && !searches_path) {
            if (scene->findings->count > before)
                places_add_tried(scene, places, &scene->findings->list[scene->findings->count - 1], has_uvicorn);
            return false;
        }
        if (!works) {
            struct finding *broken = weaken(scene->findings, before);
            choice->broken = choice->broken ? choice->broken : broken;
            continue;
        }
        bool has = shows_uvicorn(scene, &trial, has_uvicorn);
        if (!has && has_any)
            continue;
        take(choice, place, i, &trial, has);
        has_any = true;
        if (has || (place->named && !place->by_path))
            return true;
        /* PATH is a search of its own: what its first environment hasn't got, its next folder may have. */
        searches_path = place->named;
    }
    return has_any || fail_without_any(scene, places, choice);
}
