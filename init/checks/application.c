#include "checks/application.h"

#include "checks/candidates.h"
#include "checks/editable.h"
#include "checks/host.h"
#include "checks/words.h"

#include <errno.h>

enum { NAMES_SHOWN = 12, APP_FOLDERS = SEARCH_FOLDERS + 1 };

static void set(const struct scene *scene, struct finding *finding, const char *key, struct span span)
{
    finding_set(scene->findings, finding, key, span);
}

static struct finding *add(const struct scene *scene, enum rule rule)
{
    const struct setting_value *app = &scene->settings->values[SETTING_APP];
    struct finding *finding = findings_add(scene->findings, rule);

    set(scene, finding, "app", app->value);
    set(scene, finding, "origin", app->source);
    set(scene, finding, "app_dir", scene->app_dir);
    return finding;
}

/* {near}, unless only its options differ, and {words}, a CMD's that serves it. Nothing for what was asked for. A carriage
 * return is no mistake of the command line's: written anew, it would come back. */
static void set_near(const struct scene *scene, struct finding *finding, const struct app_candidate *candidate)
{
    char buffer[COMMAND_ITEMS];
    struct text words = TEXT_ON(buffer);
    struct span app = setting_text(scene->settings, SETTING_APP);

    if (!span_is(app, candidate->reference))
        finding_set_string(scene->findings, finding, "near", candidate->reference);
    else if (candidate->app_dir[0] == '\0' && !candidate->is_factory)
        return;
    words_with_application(scene, candidate, &words);
    if (!span_ends(app, "\r"))
        set(scene, finding, "words", text_as_span(&words));
}

static void set_candidates(const struct scene *scene, struct finding *finding, const struct candidates *candidates)
{
    if (candidates->count > 0)
        set_near(scene, finding, &candidates->list[0]);
    for (unsigned i = 0; i < candidates->count; i++)
        finding_evidence(scene->findings, finding, "seen", span_of(candidates->list[i].reference),
                         span_of(candidates->list[i].file));
}

static void set_mount(const struct scene *scene, struct finding *finding, struct span path)
{
    const struct mount *mount = scene->host ? host_mount_over(scene->host, path) : NULL;

    if (mount)
        host_mount_values(scene->findings, finding, mount);
}

/* ---- the form ---- */

/* The reference that was meant, as far as its file is there; its attribute as that file has it, if none was given. */
static bool find_meant(const struct scene *scene, const struct app_reference *wrong, struct app_candidate *right)
{
    struct text reference = TEXT_ON(right->reference);
    struct module_search search;
    struct span name = wrong->attribute;

    if (!app_reference_suggest(wrong, scene->app_dir, &reference) || reference.cut)
        return false;
    struct app_reference meant = app_reference_read(text_as_span(&reference));
    module_find(scene->reader, meant.module, &scene->app_dir, 1, &search);
    if (search.kind == MODULE_NONE)
        return false;
    if (wrong->attribute.length > 0 ||
        !candidates_read_file(scene, span_of(search.file), meant.attribute, &name, &right->is_factory))
        return true;
    reference.length = meant.module.length + 1;
    text_span(&reference, name);
    return !reference.cut;
}

static void refuse_form(const struct scene *scene, struct application *application)
{
    const struct app_reference *wrong = &application->reference;
    struct finding *finding = add(scene, RULE_APP_REFERENCE_MALFORMED);
    struct app_candidate right = {.is_factory = wrong->form == REFERENCE_CALL};
    struct text reference = TEXT_ON(right.reference);
    struct candidates candidates;

    application->state = APPLICATION_REFUSED;
    if (span_ends(setting_text(scene->settings, SETTING_APP), "\r"))
        finding_set_string(scene->findings, finding, "carriage_return", "yes");
    if (find_meant(scene, wrong, &right)) {
        set_near(scene, finding, &right);
        return;
    }
    candidates_look(scene, wrong->attribute, &candidates);
    set_candidates(scene, finding, &candidates);
    if (candidates.count == 0 && app_reference_suggest(wrong, scene->app_dir, &reference) && !reference.cut)
        set_near(scene, finding, &right);
}

/* ---- the module ---- */

/* Along all folders; the app dir is the first. */
static void find_everywhere(const struct scene *scene, const struct interpreter *interpreter,
                            struct application *application)
{
    struct search_path path;
    struct span folders[APP_FOLDERS] = {scene->app_dir};

    search_path_of(scene, interpreter, &path);
    search_path_follow(scene, &path);
    for (unsigned i = 0; i < path.count; i++)
        folders[i + 1] = path.folders[i];
    module_find(scene->reader, application->reference.module, folders, path.count + 1, &application->search);
}

/* In the app dir, and elsewhere only when nothing of the name is there: a start must not cost more. */
static void find_module(const struct scene *scene, const struct interpreter *interpreter,
                        struct application *application)
{
    module_find(scene->reader, application->reference.module, &scene->app_dir, 1, &application->search);
    if (application->search.kind == MODULE_NONE && application->search.above == MODULE_NONE)
        find_everywhere(scene, interpreter, application);
}

static enum application_state state_of(const struct module_search *search)
{
    if (search->kind != MODULE_NONE)
        return APPLICATION_FOUND;
    return search->above == MODULE_NONE ? APPLICATION_ASK : APPLICATION_UNCERTAIN;
}

/* Is it malformed for certain? A name with odd characters may still be a file's, main.py:app the module py in main. */
static bool form_is_wrong(const struct app_reference *reference)
{
    return reference->form != REFERENCE_VALID && reference->form != REFERENCE_MALFORMED &&
           !(reference->form == REFERENCE_FILE && !span_has(reference->module, '/') && reference->attribute.length > 0);
}

void application_judge(const struct scene *scene, const struct interpreter *interpreter,
                       struct application *application)
{
    struct text top = TEXT_ON(application->top);

    application->reference = app_reference_read(setting_text(scene->settings, SETTING_APP));
    application->search = (struct module_search){0};
    struct span rest = application->reference.module;
    text_span(&top, app_reference_component(&rest));
    if (form_is_wrong(&application->reference) || top.cut) {
        refuse_form(scene, application);
        return;
    }
    find_module(scene, interpreter, application);
    application->state = state_of(&application->search);
    if (application->state != APPLICATION_FOUND && application->reference.form != REFERENCE_VALID)
        refuse_form(scene, application);
}

/* ---- the module isn't there ---- */

/* The names in the app dir: who reads them sees at once whether it is the folder that was meant. */
static void set_names(const struct scene *scene, struct finding *finding)
{
    struct listing listing;
    char buffer[1024];
    struct text names = TEXT_ON(buffer);

    listing_read(scene->reader, scene->app_dir, &listing);
    for (unsigned i = 0; i < listing.count && i < NAMES_SHOWN; i++) {
        text_add(&names, i > 0 ? " " : "");
        text_shell_word(&names, listing.names[i]);
        text_add(&names, listing.is_folder[i] ? "/" : "");
    }
    if (listing.count == 0)
        text_add(&names, "nothing");
    if (listing.count + listing.more > NAMES_SHOWN) {
        text_add(&names, " and ");
        text_unsigned(&names, listing.count + listing.more - NAMES_SHOWN);
        text_add(&names, " more");
    }
    set(scene, finding, "names", text_as_span(&names));
}

/* Is the very module that was asked for in `folder`? */
static bool is_in(const struct scene *scene, struct span folder, struct span module)
{
    struct module_search search;

    module_find(scene->reader, module, &folder, 1, &search);
    return search.kind != MODULE_NONE && search.kind != MODULE_NAMESPACE;
}

/* The folder above the app dir, when the command runs one folder too deep: but for the root, no place to work in. */
static bool find_above(const struct scene *scene, struct span module, struct span *folder)
{
    *folder = span_folder(scene->app_dir);
    return folder->length > 1 && is_in(scene, *folder, module);
}

/* A folder of the app dir that holds the module as it is named: the command runs one folder too high. */
static bool find_below(const struct scene *scene, struct span module, struct text *folder)
{
    struct listing listing;

    listing_read(scene->reader, scene->app_dir, &listing);
    for (unsigned i = 0; i < listing.count; i++) {
        text_clear(folder);
        text_span(folder, scene->app_dir);
        text_add(folder, span_ends(scene->app_dir, "/") ? "" : "/");
        text_span(folder, listing.names[i]);
        if (listing.is_folder[i] && !folder->cut && is_in(scene, text_as_span(folder), module))
            return true;
    }
    return false;
}

/* `COPY ./app /app` for app.main: what should be in app/ lies in the app dir itself. */
static bool find_inside(const struct scene *scene, const struct app_reference *reference, struct module_search *search)
{
    struct span rest = reference->module;

    (void)app_reference_component(&rest);
    if (!rest.at)
        return false;
    module_find(scene->reader, rest, &scene->app_dir, 1, search);
    return search->kind == MODULE_SOURCE || search->kind == MODULE_PACKAGE;
}

/* A file that imports from the package by its name can't be served from inside it: another folder is the only way. */
static void drop_candidates_inside(const struct scene *scene, struct span top, struct candidates *candidates)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < candidates->count; i++)
        if (!candidates_imports(scene, span_of(candidates->list[i].file), top))
            candidates->list[kept++] = candidates->list[i];
    candidates->count = kept;
}

/* The words of a COPY that puts the module where it is looked for: a folder, if the name has a dot. */
static void set_copy(const struct scene *scene, struct finding *finding, const struct application *application)
{
    char buffer[PATH_MOST];
    struct text words = TEXT_ON(buffer);
    const char *suffix = span_has(application->reference.module, '.') ? "" : ".py";

    text_join(&words, "./", application->top, suffix, " ", NULL);
    text_span(&words, scene->app_dir);
    text_join(&words, span_ends(scene->app_dir, "/") ? "" : "/", application->top, suffix, NULL);
    set(scene, finding, "copy", text_as_span(&words));
}

static void set_remedies(const struct scene *scene, struct finding *finding, const struct application *application)
{
    const struct app_reference *reference = &application->reference;
    char buffer[PATH_MOST];
    struct text below = TEXT_ON(buffer);
    struct module_search search;
    struct candidates candidates;
    struct span above;

    candidates_look(scene, reference->attribute, &candidates);
    if (find_above(scene, reference->module, &above)) {
        set(scene, finding, "near_dir", above);
        drop_candidates_inside(scene, span_of(application->top), &candidates);
    } else if (find_inside(scene, reference, &search)) {
        set_copy(scene, finding, application);
        drop_candidates_inside(scene, span_of(application->top), &candidates);
    } else if (find_below(scene, reference->module, &below)) {
        set(scene, finding, "near_dir", text_as_span(&below));
    }
    set_candidates(scene, finding, &candidates);
    if (candidates.count == 0 && !finding_value(finding, "near_dir") && !finding_value(finding, "mount"))
        set_copy(scene, finding, application);
}

static void set_owner(const struct scene *scene, struct finding *finding, const struct stat *status)
{
    char buffer[64];
    struct text owner = TEXT_ON(buffer);

    text_unsigned(&owner, status->st_uid);
    text_byte(&owner, ':');
    text_unsigned(&owner, status->st_gid);
    finding_set_octal(scene->findings, finding, "mode", status->st_mode & 07777);
    set(scene, finding, "owner", text_as_span(&owner));
    finding_set_number(scene->findings, finding, "uid", scene->reader->identity.uid);
}

/* A folder or file that the server's user may not read: adds the finding. */
static bool add_unreadable(const struct scene *scene, struct span path, unsigned bits, struct finding **finding)
{
    struct stat status;

    if (reader_stat(scene->reader, path, &status) != 0 ||
        reader_identity_permits(&scene->reader->identity, status.st_mode, status.st_uid, status.st_gid, bits))
        return false;
    *finding = add(scene, RULE_APP_UNREADABLE);
    set(scene, *finding, "file", path);
    set(scene, *finding, "closed", path);
    set_owner(scene, *finding, &status);
    set_mount(scene, *finding, path);
    return true;
}

/* --app-dir names a folder that isn't there. uvicorn takes it without a word. */
static bool add_missing_folder(const struct scene *scene)
{
    struct trace trace;
    struct finding *finding;

    if (reader_is_folder(scene->reader, scene->app_dir) || !setting_is(scene->settings, SETTING_APP_DIR))
        return false;
    finding = add(scene, RULE_APP_DIR_MISSING);
    set(scene, finding, "origin", scene->settings->values[SETTING_APP_DIR].source);
    if (reader_walk(scene->reader, scene->app_dir, &trace) == ENOENT && trace.last)
        set(scene, finding, "missing", trace.last->path);
    return true;
}

/* Reading alone leaves a doubt when a hook or an archive may bring the module. */
static bool reading_doubts(const struct scene *scene, const struct interpreter *interpreter)
{
    struct search_path path;

    search_path_of(scene, interpreter, &path);
    search_path_follow(scene, &path);
    return path.doubt != NULL;
}

void application_missing(const struct scene *scene, const struct interpreter *interpreter,
                         const struct application *application, bool asked)
{
    struct finding *finding = NULL;

    if (add_missing_folder(scene))
        return;
    if (!add_unreadable(scene, scene->app_dir, 4 | 1, &finding)) {
        finding = add(scene, RULE_APP_MODULE_MISSING);
        finding_set_string(scene->findings, finding, "module", application->top);
        if (application->search.kind != MODULE_NONE)
            finding_set_string(scene->findings, finding, "file", application->search.file);
        set_names(scene, finding);
        set_mount(scene, finding, scene->app_dir);
        editable_explain(scene, interpreter, span_of(application->top), false, finding);
        set_remedies(scene, finding, application);
    }
    if (asked)
        finding_set_string(scene->findings, finding, "asked", "yes");
    else if (reading_doubts(scene, interpreter))
        finding_weaken(finding, SEVERITY_WARNING);
    finding_set_string(scene->findings, finding, "python", interpreter->path);
}

/* ---- warnings ---- */

/* A folder without __init__.py lost to something else of its name: the file that would make it win. */
static void set_initializer(const struct scene *scene, struct finding *finding, const struct application *application)
{
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);
    struct module_search here;

    if (application->search.above == MODULE_NAMESPACE)
        return;
    text_span(&folder, scene->app_dir);
    text_join(&folder, span_ends(scene->app_dir, "/") ? "" : "/", application->top, NULL);
    struct span below = application->reference.module;
    (void)app_reference_component(&below);
    struct span inside = text_as_span(&folder);
    module_find(scene->reader, below, &inside, 1, &here);
    if (here.kind == MODULE_NONE)
        return;
    text_add(&folder, "/__init__.py");
    set(scene, finding, "init", text_as_span(&folder));
    finding_set_string(scene->findings, finding, "other", application->search.file);
}

static void advise_submodule(const struct scene *scene, const struct application *application)
{
    const struct module_search *search = &application->search;
    struct finding *finding;

    /* What is in a folder that may not be entered can't be known, nor imported. */
    if (search->folder[0] && add_unreadable(scene, span_of(search->folder), 4 | 1, &finding)) {
        finding_weaken(finding, SEVERITY_WARNING);
        return;
    }
    finding = add(scene, RULE_APP_SUBMODULE_MISSING);
    struct span module = application->reference.module;
    struct candidates candidates;
    char buffer[PATH_MOST];
    struct text missing = TEXT_ON(buffer);

    set(scene, finding, "module", search->missing);
    if (search->missing.at > module.at)
        set(scene, finding, "package", span_first(module, (size_t)(search->missing.at - module.at) - 1));
    if (search->above == MODULE_PACKAGE || search->above == MODULE_NAMESPACE)
        text_join(&missing, search->folder, "/", NULL);
    if (missing.length > 0) {
        text_span(&missing, search->missing);
        text_add(&missing, ".py");
        set(scene, finding, "missing", text_as_span(&missing));
    }
    set_initializer(scene, finding, application);
    candidates_look(scene, application->reference.attribute, &candidates);
    set_candidates(scene, finding, &candidates);
}

/* app/__init__.py gets its submodules as attributes when they are imported. */
static bool is_submodule(const struct scene *scene, const struct application *application, struct span attribute)
{
    struct span folder = span_folder(span_of(application->search.file));

    return application->search.kind == MODULE_PACKAGE &&
           module_in_folder(scene->reader, folder, attribute, NULL) != MODULE_NONE;
}

/* REFERENCE: the module as it is, with another attribute. */
static void set_near_attribute(const struct scene *scene, struct finding *finding,
                               const struct application *application, const struct source_candidate *name)
{
    char buffer[CANDIDATE_TEXT];
    struct text reference = TEXT_ON(buffer);

    text_span(&reference, application->reference.module);
    text_byte(&reference, ':');
    text_span(&reference, name->name);
    if (!reference.cut)
        set(scene, finding, name->is_factory ? "factory" : "near", text_as_span(&reference));
}

static void advise_attribute(const struct scene *scene, const struct application *application,
                             const struct python_source *source, struct span attribute)
{
    struct finding *finding = add(scene, RULE_APP_ATTRIBUTE_MISSING);

    finding_set_string(scene->findings, finding, "file", application->search.file);
    set(scene, finding, "attribute", attribute);
    for (unsigned i = source->candidate_count; i-- > 0;)
        set_near_attribute(scene, finding, application, &source->candidates[i]);
}

static bool is_factory(const struct python_source *source, struct span attribute)
{
    for (unsigned i = 0; i < source->candidate_count; i++)
        if (source->candidates[i].is_factory && span_equal(source->candidates[i].name, attribute))
            return true;
    return false;
}

static void advise_empty(const struct scene *scene, struct span file)
{
    struct finding *finding = add(scene, RULE_APP_FILE_EMPTY);

    set(scene, finding, "file", file);
    set_mount(scene, finding, file);
}

/* What the module's own file says of the attribute. */
static void advise_source(const struct scene *scene, const struct application *application)
{
    struct span file = span_of(application->search.file);
    struct span rest = application->reference.attribute;
    struct span attribute = span_split(&rest, '.');
    struct python_source source;
    struct finding *finding;

    if (add_unreadable(scene, file, 4, &finding)) {
        finding_weaken(finding, SEVERITY_WARNING); /* bytecode beside it would do */
        return;
    }
    if (!candidates_read_source(scene, file, attribute, &source))
        return;
    if (source.is_empty && application->search.kind == MODULE_SOURCE)
        advise_empty(scene, file);
    else if (source.binding == BINDING_NOT_BOUND && !is_submodule(scene, application, attribute))
        advise_attribute(scene, application, &source, attribute);
    else if (is_factory(&source, attribute) && !rest.at && !setting_is(scene->settings, SETTING_FACTORY)) {
        finding = add(scene, RULE_APP_IS_FACTORY);
        set(scene, finding, "file", file);
        set(scene, finding, "attribute", attribute);
    }
}

/* Python's own file is what runs: an extension beside a package's __init__.py would win. */
static bool runs_source(const struct scene *scene, const struct module_search *search)
{
    struct span file = span_of(search->file);

    if (search->kind == MODULE_SOURCE)
        return true;
    return search->kind == MODULE_PACKAGE &&
           module_in_folder(scene->reader, span_folder(file), SPAN("__init__"), NULL) == MODULE_SOURCE;
}

/* A namespace in the app dir loses to a package or module of that name in any folder behind it. */
static void reconsider(const struct scene *scene, const struct interpreter *interpreter,
                       struct application *application)
{
    struct span rest = application->reference.module;
    struct span top = app_reference_component(&rest);

    if (application->state == APPLICATION_REFUSED || application->state == APPLICATION_ASK ||
        module_in_folder(scene->reader, scene->app_dir, top, NULL) != MODULE_NAMESPACE)
        return;
    find_everywhere(scene, interpreter, application);
    application->state = state_of(&application->search);
}

bool application_may_be_pythons(const struct scene *scene, const struct interpreter *interpreter,
                                const struct application *application)
{
    struct search_path path;
    struct span rest = application->reference.module;
    struct span top = app_reference_component(&rest);

    search_path_of(scene, interpreter, &path);
    return module_in_folder(scene->reader, scene->app_dir, top, NULL) != MODULE_NONE &&
           search_path_may_precede(scene, &path, top);
}

void application_advise(const struct scene *scene, const struct interpreter *interpreter,
                        struct application *application)
{
    reconsider(scene, interpreter, application);
    if (application_may_be_pythons(scene, interpreter, application))
        return;

    if (application->state == APPLICATION_UNCERTAIN && !application->search.unclear)
        advise_submodule(scene, application);
    else if (application->state == APPLICATION_FOUND && runs_source(scene, &application->search))
        advise_source(scene, application);
}
