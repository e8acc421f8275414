#include "checks/shadows.h"

#include "checks/module.h"

/* When it is imported. */
enum moment {
    WITH_THE_SERVER,  /* before the application's folder is looked at, if all goes on in one process */
    FOR_THE_PROTOCOL, /* later, but only where there is no httptools */
    WITH_THE_APPLICATION,
};

static const struct {
    char name[20];
    enum moment moment;
} needed[] = {
    {"uvicorn", WITH_THE_SERVER},
    {"click", WITH_THE_SERVER},
    {"anyio", WITH_THE_SERVER}, /* by older ones with the application */
    {"h11", FOR_THE_PROTOCOL},
    {"fastapi", WITH_THE_APPLICATION},
    {"starlette", WITH_THE_APPLICATION},
    {"pydantic", WITH_THE_APPLICATION},
    {"pydantic_core", WITH_THE_APPLICATION},
    {"annotated_types", WITH_THE_APPLICATION},
    {"typing_extensions", WITH_THE_APPLICATION},
};

struct search {
    const struct scene *scene;
    const struct interpreter *interpreter;
    struct search_path path; /* read when a file asks for it: most folders have none */
    struct span folder;
    bool is_run_from; /* by `python -m` */
    bool is_first;    /* before the server itself is imported, in some process */
};

static bool is_installed(struct search *search, struct span name)
{
    if (search->path.count == 0) {
        search_path_of(search->scene, search->interpreter, &search->path);
        search_path_follow(search->scene, &search->path);
    }
    for (unsigned i = 0; i < search->path.count; i++) {
        struct span folder = search->path.folders[i];
        if (span_equal(folder, search->scene->app_dir) || span_equal(folder, search->scene->working_folder))
            continue;
        enum module_kind kind = module_in_folder(search->scene->reader, folder, name, NULL);
        if (kind != MODULE_NONE && kind != MODULE_NAMESPACE)
            return true;
    }
    return false;
}

static bool is_hidden(struct search *search, struct span name, enum moment moment)
{
    if (moment == WITH_THE_SERVER && !search->is_first)
        return false;
    if (moment == FOR_THE_PROTOCOL && is_installed(search, SPAN("httptools")))
        return false;
    return is_installed(search, name);
}

static void add(const struct search *search, struct span file, struct span module)
{
    const struct scene *scene = search->scene;
    struct finding *finding = findings_add(scene->findings, RULE_MODULE_SHADOWED);
    char path_buffer[PATH_MOST], other_buffer[PATH_MOST];
    struct text path = TEXT_ON(path_buffer), other = TEXT_ON(other_buffer);

    text_span(&path, search->folder);
    text_add(&path, span_ends(search->folder, "/") ? "" : "/");
    text_span(&path, file);
    text_add(&other, "my_");
    text_span(&other, file);
    finding_set(scene->findings, finding, "shadow", text_as_span(&path));
    finding_set(scene->findings, finding, "module", module);
    /* By their names alone: the folder is called otherwise where the file is to be renamed. */
    finding_set(scene->findings, finding, "name", file);
    finding_set(scene->findings, finding, "new_name", text_as_span(&other));
    if (span_is(module, "uvicorn"))
        finding_set_string(scene->findings, finding, search->is_run_from ? "server" : "worker", "yes");
}

/* Single files only: a package of that name is the real one more often than not. */
static bool look_at(void *context, struct span file, unsigned char type)
{
    struct search *search = context;

    (void)type;
    if (!span_ends(file, ".py"))
        return true;
    struct span module = span_first(file, file.length - 3);
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (span_is(module, needed[i].name) && is_hidden(search, module, needed[i].moment))
            add(search, file, module);
    return true;
}

static void look_into(struct search *search, struct span folder)
{
    search->folder = folder;
    (void)reader_list(search->scene->reader, folder, MODULE_NAMES_MOST, look_at, search);
}

void shadows_look(const struct scene *scene, const struct interpreter *interpreter)
{
    static struct search search;
    bool looks_here = interpreter->knows_version && interpreter->minor < SAFE_PATH_MINOR;
    bool is_one = span_equal(scene->app_dir, scene->working_folder);
    bool has_more =
        setting_number(scene->settings, SETTING_WORKERS, 1) > 1 || setting_is(scene->settings, SETTING_RELOAD);

    search.scene = scene;
    search.interpreter = interpreter;
    search.path.count = 0;
    search.is_run_from = looks_here && is_one;
    search.is_first = search.is_run_from || has_more;
    look_into(&search, scene->app_dir);
    if (looks_here && !is_one) {
        search.is_run_from = search.is_first = true;
        look_into(&search, scene->working_folder);
    }
}
