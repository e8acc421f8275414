#include "checks/editable.h"

#include "facts/editable.h"

enum { PTH_MOST = 8192, FINDER_MOST = 65536, NOTE_MOST = 2048, NAME_MOST = 256, SITE_NAMES_MOST = 8192 };

struct search {
    const struct scene *scene;
    struct span site;
    struct span file; /* that is being read; absolute */
    /* What is done with a path that isn't there; `module` is empty where the file doesn't name one. */
    void (*each)(struct search *search, struct span module, struct span path);
    struct span name; /* of the .pth file */
    struct span module;
    struct finding *finding;
    bool is_foreign;   /* it isn't the project's own: only what is named after it counts */
    bool names_module; /* the finding has the very module's path */
};

static bool join(struct text *path, struct span folder, struct span name, const char *rest)
{
    text_clear(path);
    text_span(path, folder);
    text_add(path, "/");
    text_span(path, name);
    text_add(path, rest);
    return !path->cut;
}

/* A folder, an archive, or a module's file without ".py". */
static bool is_there(const struct scene *scene, struct span path)
{
    char buffer[PATH_MOST];
    struct text source = TEXT_ON(buffer);
    text_span(&source, path);
    text_add(&source, ".py");
    return reader_exists(scene->reader, path) || source.cut || reader_is_file(scene->reader, text_as_span(&source));
}

static void meet(void *context, struct span module, struct span path)
{
    struct search *search = context;
    if (span_starts(path, "/") && !is_there(search->scene, path))
        search->each(search, module, path);
}

/* `import __editable___shop_0_1_0_finder; ...` */
static void read_finder(struct search *search, struct span line)
{
    static char bytes[FINDER_MOST];
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    size_t length;
    struct span rest = span_from(line, sizeof("import ") - 1);
    struct span name = span_trim(span_split(&rest, ';'));
    if (!span_starts(name, "__editable__") || span_has(name, '/') || !join(&path, search->site, name, ".py") ||
        reader_read(search->scene->reader, text_as_span(&path), 0, bytes, sizeof(bytes), &length))
        return;
    struct span pth = search->file;
    search->file = text_as_span(&path);
    editable_mapping((struct span){bytes, length}, meet, search);
    search->file = pth;
}

static void read_line(struct search *search, struct span line)
{
    line = span_trim(line);
    if (span_starts(line, "import "))
        read_finder(search, line);
    else
        meet(search, SPAN(""), line);
}

static bool read_pth(void *context, struct span name, unsigned char type)
{
    struct search *search = context;
    char buffer[PATH_MOST], bytes[PTH_MOST];
    struct text path = TEXT_ON(buffer);
    size_t length;
    (void)type;
    if (!span_ends(name, ".pth") || span_starts(name, ".") || !join(&path, search->site, name, "") ||
        reader_read(search->scene->reader, text_as_span(&path), 0, bytes, sizeof(bytes), &length))
        return true;
    search->name = name;
    search->file = text_as_span(&path);
    for (struct span rest = {bytes, length}; rest.at;)
        read_line(search, span_split(&rest, '\n'));
    return true;
}

static void read_sites(struct search *search, const struct interpreter *interpreter)
{
    static struct search_path path;
    search_path_of(search->scene, interpreter, &path);
    for (unsigned i = 0; i < path.count; i++) {
        search->site = path.folders[i];
        if (path.is_site[i])
            (void)reader_list(search->scene->reader, search->site, SITE_NAMES_MOST, read_pth, search);
    }
}

/* ---- a module that wasn't found ---- */

static void set(const struct search *search, const char *key, struct span value)
{
    finding_set(search->scene->findings, search->finding, key, value);
}

static bool is_named_after(const struct search *search, struct span module)
{
    char buffer[NAME_MOST];
    size_t where;
    struct text name = TEXT_ON(buffer);
    text_span(&name, module);
    return !name.cut && span_find(search->name, buffer, &where);
}

/* The first path that may be the cause; one that a finder has for this very module is, and takes its place. */
static void note(struct search *search, struct span module, struct span path)
{
    bool names_module = module.length > 0 && span_equal(module, search->module);
    if (!names_module && (module.length > 0 || (search->is_foreign && !is_named_after(search, search->module))))
        return;
    if (finding_value(search->finding, "dead") && (search->names_module || !names_module)) {
        finding_evidence(search->scene->findings, search->finding, "also", path, search->file);
        return;
    }
    search->names_module = names_module;
    set(search, "dead", path);
    set(search, "dead_file", search->file);
    if (names_module)
        set(search, "dead_module", module);
}

void editable_explain(const struct scene *scene, const struct interpreter *interpreter, struct span module,
                      bool is_foreign, struct finding *finding)
{
    struct search search = {
        .scene = scene, .each = note, .module = module, .is_foreign = is_foreign, .finding = finding};
    read_sites(&search, interpreter);
}

/* ---- for `check` ---- */

struct note_search {
    const struct search *search;
    struct span distribution; /* shop, of shop.pth and _shop.pth */
    bool is_editable;
};

static bool read_note(void *context, struct span name, unsigned char type)
{
    struct note_search *note_search = context;
    const struct search *search = note_search->search;
    char buffer[PATH_MOST], folder[PATH_MOST], bytes[NOTE_MOST];
    struct text path = TEXT_ON(buffer), place = TEXT_ON(folder);
    struct span distribution = note_search->distribution;
    size_t length;
    (void)type;
    if (name.length <= distribution.length || !span_equal(span_first(name, distribution.length), distribution) ||
        name.at[distribution.length] != '-' || !span_ends(name, ".dist-info") ||
        !join(&place, search->site, name, "") || !join(&path, text_as_span(&place), SPAN("direct_url.json"), "") ||
        reader_read(search->scene->reader, text_as_span(&path), 0, bytes, sizeof(bytes), &length))
        return true;
    note_search->is_editable = editable_is_noted((struct span){bytes, length});
    return !note_search->is_editable;
}

/* setuptools says it in the file's name; others (uv, hatchling, Poetry, PDM) name it as the distribution, whose note says it. */
static bool is_editable(const struct search *search)
{
    struct span name = search->name;
    if (span_starts(name, "__editable__"))
        return true;
    name = span_first(name, name.length - (sizeof(".pth") - 1));
    struct note_search note_search = {search, span_starts(name, "_") ? span_from(name, 1) : name, false};
    (void)reader_list(search->scene->reader, search->site, SITE_NAMES_MOST, read_note, &note_search);
    return note_search.is_editable;
}

static void warn(struct search *search, struct span module, struct span path)
{
    if (!is_editable(search))
        return;
    search->finding = findings_add(search->scene->findings, RULE_EDITABLE_PATH_MISSING);
    set(search, "dead", path);
    set(search, "dead_file", search->file);
    set(search, "dead_module", module);
}

void editable_advise(const struct scene *scene, const struct interpreter *interpreter)
{
    struct search search = {.scene = scene, .each = warn};
    read_sites(&search, interpreter);
}
