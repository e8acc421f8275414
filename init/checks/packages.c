#include "checks/packages.h"

#include "checks/module.h"

enum { PTH_MOST = 8192, SITE_NAMES_MOST = 8192 };

static void add_folder(struct search_path *path, const struct text *folder, bool is_site)
{
    if (path->count == SEARCH_FOLDERS || folder->cut || path->used + folder->length >= sizeof(path->store)) {
        path->doubt = "it has more search folders than asgi-init keeps";
        return;
    }
    struct text copy = text_on(path->store + path->used, sizeof(path->store) - path->used);
    text_span(&copy, text_as_span(folder));
    path->used += copy.length;
    path->is_site[path->count] = is_site;
    path->folders[path->count++] = text_as_span(&copy);
}

/* `name` as it is when absolute, else below `folder`. */
static void resolve(struct text *text, struct span folder, struct span name)
{
    text_clear(text);
    if (!span_starts(name, "/")) {
        text_span(text, folder);
        if (name.length > 0 && !span_ends(folder, "/"))
            text_byte(text, '/');
    }
    text_span(text, name);
}

static void add_resolved(struct search_path *path, struct span folder, struct span name, bool is_site)
{
    char buffer[PATH_MOST];
    struct text text = TEXT_ON(buffer);

    resolve(&text, folder, name);
    add_folder(path, &text, is_site);
}

static void add_python_path(const struct scene *scene, struct search_path *path)
{
    struct span rest = environment_filled(scene->environment, "PYTHONPATH");

    if (rest.length == 0)
        return;
    while (rest.at) {
        add_resolved(path, scene->working_folder, span_split(&rest, ':'), false);
        if (path->count > 0 && reader_is_file(scene->reader, path->folders[path->count - 1]))
            path->doubt = "PYTHONPATH names an archive";
    }
}

/* BASE/lib/python3.13t and what stands behind it. */
static void add_versioned(const struct interpreter *interpreter, struct search_path *path, struct span base,
                          const char *rest, bool is_site)
{
    char buffer[PATH_MOST];
    struct text text = TEXT_ON(buffer);

    resolve(&text, base, SPAN("lib"));
    text_join(&text, "/", interpreter->library, NULL);
    text_add(&text, rest);
    add_folder(path, &text, is_site);
}

static void add_library(const struct interpreter *interpreter, struct search_path *path)
{
    path->library = SEARCH_FOLDERS;
    if (interpreter->base[0] == '\0' || !interpreter->library[0])
        return;
    path->library = path->count;
    add_versioned(interpreter, path, span_of(interpreter->base), "", false);
}

/* Lib/site.py: getuserbase and check_enableusersite. Python itself would ask passwd for a home that isn't set. */
static void add_user_site(const struct scene *scene, const struct interpreter *interpreter, struct search_path *path)
{
    char buffer[PATH_MOST];
    struct text base = TEXT_ON(buffer);
    struct span home = environment_filled(scene->environment, "HOME");
    struct span user_base = environment_filled(scene->environment, "PYTHONUSERBASE");

    if (!interpreter->system_site || environment_filled(scene->environment, "PYTHONNOUSERSITE").length > 0)
        return;
    if ((home.length == 0 && user_base.length == 0) || !interpreter->library[0]) {
        path->home_is_unknown = true;
        return;
    }
    if (user_base.length > 0)
        resolve(&base, scene->working_folder, user_base);
    else
        resolve(&base, home, SPAN(".local"));
    add_versioned(interpreter, path, text_as_span(&base), "/site-packages", true);
}

void search_path_of(const struct scene *scene, const struct interpreter *interpreter, struct search_path *path)
{
    path->count = 0;
    path->used = 0;
    path->doubt = NULL;
    path->home_is_unknown = false;
    if (interpreter->knows_version && interpreter->minor < SAFE_PATH_MINOR)
        add_resolved(path, scene->working_folder, SPAN(""), false);
    add_python_path(scene, path);
    add_library(interpreter, path);
    add_user_site(scene, interpreter, path);
    for (unsigned i = 0; i < interpreter->site_count; i++)
        add_resolved(path, SPAN("/"), interpreter->sites[i], true);
    if (interpreter->sites_cut)
        path->doubt = "it has more search folders than asgi-init keeps";
    if (interpreter->is_script || !interpreter->library[0])
        path->doubt = "which folders it searches isn't known";
}

/* What the callback for a site folder's names needs. */
struct pth_search {
    const struct scene *scene;
    struct search_path *path;
    struct span site;
    unsigned names;
};

/* setuptools and virtualenv put these into every environment; they add no folder. */
static bool runs_known_code(struct span name)
{
    return span_is(name, "distutils-precedence.pth") || span_is(name, "_virtualenv.pth");
}

/* Lib/site.py, addpackage: a line is a comment, code, or a folder that counts if it exists. */
static void read_pth_line(struct pth_search *search, struct span name, struct span line)
{
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);

    line = span_trim(line);
    if (line.length == 0 || line.at[0] == '#')
        return;
    if (span_starts(line, "import ") || span_starts(line, "import\t")) {
        if (!runs_known_code(name))
            search->path->doubt = "a .pth file in its site folder runs code";
        return;
    }
    resolve(&folder, search->site, line);
    if (reader_is_folder(search->scene->reader, text_as_span(&folder)))
        add_folder(search->path, &folder, false);
    else if (reader_is_file(search->scene->reader, text_as_span(&folder)))
        search->path->doubt = "a .pth file in its site folder names an archive";
}

static bool read_pth(void *context, struct span name, unsigned char type)
{
    struct pth_search *search = context;
    char path_buffer[PATH_MOST];
    struct text path = TEXT_ON(path_buffer);
    char bytes[PTH_MOST];
    size_t length;

    (void)type;
    search->names++;
    if (!span_ends(name, ".pth") || span_starts(name, "."))
        return true;
    resolve(&path, search->site, name);
    if (reader_read(search->scene->reader, text_as_span(&path), 0, bytes, sizeof(bytes), &length) != 0)
        return true;
    if (length == sizeof(bytes))
        search->path->doubt = "a .pth file in its site folder is too long to be read";
    struct span rest = {bytes, length};
    if (span_starts(rest, "\xEF\xBB\xBF"))
        rest = span_from(rest, 3);
    while (rest.at)
        read_pth_line(search, name, span_split(&rest, '\n'));
    return true;
}

/* Lib/site.py, execsitecustomize: it may bring import hooks. In the standard library's folder it is Debian's, which does
 * not. */
static bool is_customized(const struct scene *scene, const struct search_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        if (i != path->library &&
            (module_in_folder(scene->reader, path->folders[i], SPAN("sitecustomize"), NULL) != MODULE_NONE ||
             module_in_folder(scene->reader, path->folders[i], SPAN("usercustomize"), NULL) != MODULE_NONE))
            return true;
    return false;
}

void search_path_follow(const struct scene *scene, struct search_path *path)
{
    unsigned count = path->count; /* those that are added have no .pth files that count */

    for (unsigned i = 0; i < count; i++) {
        struct pth_search search = {.scene = scene, .path = path, .site = path->folders[i]};
        if (!path->is_site[i])
            continue;
        (void)reader_list(scene->reader, search.site, SITE_NAMES_MOST, read_pth, &search);
        if (search.names == SITE_NAMES_MOST)
            path->doubt = "its site folder holds more names than asgi-init reads";
    }
    if (!path->doubt && is_customized(scene, path))
        path->doubt = "its sitecustomize runs at each start";
}

bool search_path_may_precede(const struct scene *scene, const struct search_path *path, struct span module)
{
    char buffer[PATH_MOST];
    struct text compiled = TEXT_ON(buffer);

    if (module_may_be_built_in(module))
        return true;
    if (path->library >= path->count)
        return false;
    text_span(&compiled, path->folders[path->library]);
    text_add(&compiled, "/lib-dynload");
    return module_in_folder(scene->reader, path->folders[path->library], module, NULL) != MODULE_NONE ||
           module_in_folder(scene->reader, text_as_span(&compiled), module, NULL) != MODULE_NONE;
}

static bool find_from(const struct scene *scene, const struct search_path *path, unsigned first, struct span name,
                      struct text *where)
{
    for (unsigned i = first; i < path->count; i++)
        if (i != path->library && module_in_folder(scene->reader, path->folders[i], name, where) == MODULE_PACKAGE)
            return true;
    if (where)
        text_clear(where); /* something of that name that is no package */
    return false;
}

bool packages_find(const struct scene *scene, const struct interpreter *interpreter, const char *name,
                   struct text *where, const char **doubt)
{
    struct search_path path;

    search_path_of(scene, interpreter, &path);
    unsigned seen = path.count;
    if (find_from(scene, &path, 0, span_of(name), where))
        return true;
    search_path_follow(scene, &path);
    if (find_from(scene, &path, seen, span_of(name), where))
        return true;
    if (doubt)
        *doubt = path.doubt || !path.home_is_unknown ? path.doubt : "the user's own site folder isn't known";
    return false;
}
