#include "checks/imports.h"

#include "checks/editable.h"
#include "checks/words.h"
#include "facts/python_imports.h"

enum { SOURCE_MOST = 65536, FOLDERS = SEARCH_FOLDERS + 1 };

/* A source of the application. */
struct source {
    char path[PATH_MOST];
    char package[IMPORT_NAME]; /* that relative imports start from; "" in a module of no package */
};

static struct walk {
    const struct scene *scene;
    struct imports *imports;
    struct search_path path;
    struct span folders[FOLDERS]; /* the application's, and sys.path */
    unsigned folder_count;
    struct source sources[IMPORT_FILES];
    unsigned source_count;
    unsigned current;
    bool doubts; /* the second time, for what may be imported: only whether it changes what can be */
    char bytes[SOURCE_MOST];
} walk;

static bool keep(char *place, size_t size, struct span span)
{
    struct text text = text_on(place, size);
    text_span(&text, span);
    return !text.cut;
}

/* ---- the application's own modules ---- */

static void add_source(struct span path, struct span package)
{
    for (unsigned i = 0; i < walk.source_count; i++)
        if (span_is(path, walk.sources[i].path))
            return;
    if (walk.source_count == IMPORT_FILES)
        return;
    struct source *source = &walk.sources[walk.source_count];
    if (keep(source->path, sizeof(source->path), path) && keep(source->package, sizeof(source->package), package))
        walk.source_count++;
}

/* app of app.db; empty of app. */
static struct span package_of(struct span module)
{
    size_t length = module.length;
    while (length > 0 && module.at[length - 1] != '.')
        length--;
    return span_first(module, length > 0 ? length - 1 : 0);
}

/* `import a.b.c` runs a, then a.b, then a.b.c. */
static void add_module(struct span module)
{
    static struct module_search search;
    for (size_t length = 1; length <= module.length; length++) {
        struct span part = span_first(module, length);
        if (length < module.length && module.at[length] != '.')
            continue;
        module_find(walk.scene->reader, part, walk.folders, walk.folder_count, &search);
        struct span file = span_of(search.file);
        if (search.kind == MODULE_SOURCE)
            add_source(file, package_of(part));
        else if (search.kind == MODULE_PACKAGE && span_ends(file, "/__init__.py"))
            add_source(file, part);
        else if (search.kind != MODULE_NAMESPACE)
            return;
    }
}

/* The package's own attribute of that name is taken before its module. In __init__.py itself it is being made. */
static bool may_be_attribute(struct span module, struct span name)
{
    static struct module_search search;
    static char bytes[SOURCE_MOST];
    size_t length;
    module_find(walk.scene->reader, module, walk.folders, walk.folder_count, &search);
    struct span file = span_of(search.file);
    if (search.kind != MODULE_PACKAGE || span_is(file, walk.sources[walk.current].path))
        return false;
    return reader_read(walk.scene->reader, file, 0, bytes, sizeof(bytes), &length) != 0 ||
           python_imports_may_define((struct span){bytes, length}, name);
}

static void add_module_and_name(struct span module, struct span name)
{
    char buffer[IMPORT_NAME];
    struct text text = TEXT_ON(buffer);
    add_module(module);
    if (!walk.doubts && name.length && may_be_attribute(module, name))
        return;
    text_span(&text, module);
    text_add(&text, ".");
    text_span(&text, name);
    if (name.length && !text.cut)
        add_module(text_as_span(&text));
}

/* ---- one import ---- */

/* The application's folders in which a module of that name lies, seen as a package. */
static void find_near(struct missing_import *missing)
{
    for (unsigned i = 0; i < walk.source_count; i++) {
        struct text near = TEXT_ON(missing->near);
        const struct source *source = &walk.sources[i];
        struct span folder = span_folder(span_of(source->path));
        if (!source->package[0] ||
            module_in_folder(walk.scene->reader, folder, span_of(missing->module), NULL) == MODULE_NONE)
            continue;
        text_join(&near, source->package, ".", missing->module, NULL);
        if (!near.cut)
            return;
    }
    missing->near[0] = '\0';
}

/* The application's folder itself is what is named, or has what is taken from it (from app.db import session). */
static bool is_own(struct span module, const struct python_import *import)
{
    const struct scene *scene = walk.scene;
    struct span rest = import->module;
    (void)app_reference_component(&rest);
    struct span inside = rest.at ? app_reference_component(&rest) : import->name;
    return span_equal(span_base_name(scene->app_dir), module) ||
           (inside.length && module_in_folder(scene->reader, scene->app_dir, inside, NULL) != MODULE_NONE);
}

static void describe(struct missing_import *missing, const struct python_import *import)
{
    keep(missing->file, sizeof(missing->file), span_of(walk.sources[walk.current].path));
    keep(missing->line, sizeof(missing->line), import->line);
}

static void add_missing(struct span module, const struct python_import *import)
{
    struct imports *imports = walk.imports;
    for (unsigned i = 0; i < imports->count; i++)
        if (span_is(module, imports->missing[i].module))
            return;
    if (imports->count == IMPORTS_MISSING)
        return;
    struct missing_import *missing = &imports->missing[imports->count];
    if (!keep(missing->module, sizeof(missing->module), module))
        return;
    describe(missing, import);
    find_near(missing);
    missing->is_own = !missing->near[0] && is_own(module, import);
    imports->count++;
}

/* .db in app.main is app.db, ..db in app.api.main too. */
static void meet_relative(const struct python_import *import)
{
    char buffer[IMPORT_NAME];
    struct text module = TEXT_ON(buffer);
    struct span package = span_of(walk.sources[walk.current].package);
    struct imports *imports = walk.imports;
    if (!package.length) {
        if (!imports->relative.file[0] && !walk.doubts)
            describe(&imports->relative, import);
        return;
    }
    imports->has_relative = true;
    for (unsigned level = import->level; level > 1 && package.length; level--)
        package = package_of(package);
    if (!package.length)
        return;
    text_span(&module, package);
    text_add(&module, import->module.length ? "." : "");
    text_span(&module, import->module);
    if (!module.cut)
        add_module_and_name(text_as_span(&module), import->name);
}

static void meet(void *context, const struct python_import *import)
{
    static struct module_search search;
    struct span rest = import->module;
    (void)context;
    if (!import->is_sure && !walk.doubts)
        return;
    if (import->level) {
        meet_relative(import);
        return;
    }
    struct span top = app_reference_component(&rest);
    module_find(walk.scene->reader, top, walk.folders, walk.folder_count, &search);
    if (search.kind == MODULE_NONE && !walk.doubts)
        add_missing(top, import);
    else if (span_is(walk.scene->app_dir, search.folder) &&
             (walk.doubts || !search_path_may_precede(walk.scene, &walk.path, top)))
        add_module_and_name(import->module, import->name);
}

/* ---- all of them ---- */

static void begin(const struct scene *scene, const struct interpreter *interpreter, struct imports *imports)
{
    walk.scene = scene;
    walk.imports = imports;
    walk.source_count = 0;
    search_path_of(scene, interpreter, &walk.path);
    search_path_follow(scene, &walk.path);
    walk.folders[0] = scene->app_dir;
    for (unsigned i = 0; i < walk.path.count; i++)
        walk.folders[i + 1] = walk.path.folders[i];
    walk.folder_count = walk.path.count + 1;
    *imports = (struct imports){0};
}

/* False: what can be imported is changed. */
static bool read_sources(bool doubts)
{
    walk.doubts = doubts;
    for (walk.current = 0; walk.current < walk.source_count; walk.current++) {
        size_t length;
        struct span path = span_of(walk.sources[walk.current].path);
        if (reader_read(walk.scene->reader, path, 0, walk.bytes, sizeof(walk.bytes), &length) == 0 &&
            !python_imports_read((struct span){walk.bytes, length}, meet, NULL))
            return false;
    }
    return true;
}

void imports_look(const struct scene *scene, const struct interpreter *interpreter,
                  const struct application *application, struct imports *imports)
{
    begin(scene, interpreter, imports);
    if (application_may_be_pythons(scene, interpreter, application))
        return;
    add_module(application->reference.module);
    if (!read_sources(false) || !read_sources(true))
        *imports = (struct imports){0};
}

/* ---- the findings ---- */

/* Of those that many use, the distributions that are called otherwise. */
static struct span distribution_of(const char *module)
{
    static const char *const names[][2] = {
        {"bs4", "beautifulsoup4"},
        {"cv2", "opencv-python-headless"},
        {"dateutil", "python-dateutil"},
        {"dotenv", "python-dotenv"},
        {"jose", "python-jose"},
        {"jwt", "pyjwt"},
        {"multipart", "python-multipart"},
        {"PIL", "pillow"},
        {"psycopg2", "psycopg2-binary"},
        {"sklearn", "scikit-learn"},
        {"yaml", "pyyaml"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (span_is(span_of(module), names[i][0]))
            return span_of(names[i][1]);
    return span_of(module);
}

static void set(const struct scene *scene, struct finding *finding, const char *key, struct span span)
{
    finding_set(scene->findings, finding, key, span);
}

/* The statement with the module's whole name. */
static void set_right_line(const struct scene *scene, struct finding *finding, const struct missing_import *missing)
{
    char buffer[2 * IMPORT_NAME];
    struct text line = TEXT_ON(buffer);
    struct span old = span_of(missing->line), module = span_of(missing->module);
    size_t where;
    if (span_starts(old, "from ") && span_find(old, missing->module, &where)) {
        text_add(&line, "from ");
        text_add(&line, missing->near);
        text_span(&line, span_from(old, where + module.length));
    } else {
        text_add(&line, "from ");
        text_span(&line, package_of(span_of(missing->near)));
        text_join(&line, " import ", missing->module, NULL);
    }
    set(scene, finding, "right", text_as_span(&line));
}

/* Started in the package's folder the name is right as it is; unless others name the package, or start from it by dots. */
static void set_words(const struct scene *scene, struct finding *finding, const struct application *application,
                      const struct imports *imports)
{
    static struct app_candidate inside;
    char buffer[COMMAND_ITEMS];
    struct text words = TEXT_ON(buffer), reference = TEXT_ON(inside.reference), folder = TEXT_ON(inside.app_dir);
    struct span rest = application->reference.module;
    struct span top = app_reference_component(&rest);
    if (!rest.at || imports->has_relative || candidates_imports(scene, span_of(application->search.file), top))
        return;
    text_span(&reference, rest);
    text_add(&reference, ":");
    text_span(&reference, application->reference.attribute);
    text_span(&folder, scene->app_dir);
    text_add(&folder, span_ends(scene->app_dir, "/") ? "" : "/");
    text_span(&folder, top);
    if (reference.cut || folder.cut)
        return;
    inside.is_factory = setting_is(scene->settings, SETTING_FACTORY);
    words_with_application(scene, &inside, &words);
    set(scene, finding, "words", text_as_span(&words));
}

static struct finding *add(const struct scene *scene, const struct interpreter *interpreter, enum rule rule,
                           const struct missing_import *import)
{
    struct finding *finding = findings_add(scene->findings, rule);
    set(scene, finding, "file", span_of(import->file));
    set(scene, finding, "line", span_of(import->line));
    set(scene, finding, "python", span_of(interpreter->path));
    set(scene, finding, "app", setting_text(scene->settings, SETTING_APP));
    set(scene, finding, "app_dir", scene->app_dir);
    return finding;
}

/* Not from inside the package, but from the folder above: app.main:app for main:app in /srv/app. */
static bool set_above(const struct scene *scene, struct finding *finding, const struct application *application)
{
    static struct app_candidate above;
    char buffer[COMMAND_ITEMS];
    struct text words = TEXT_ON(buffer), reference = TEXT_ON(above.reference), folder = TEXT_ON(above.app_dir);
    struct span package = span_base_name(scene->app_dir);
    if (scene->app_dir.length <= 1 || span_has(package, '.') || span_has(application->reference.module, '.'))
        return false;
    text_span(&reference, package);
    text_add(&reference, ".");
    text_span(&reference, setting_text(scene->settings, SETTING_APP));
    text_span(&folder, span_folder(scene->app_dir));
    if (reference.cut || folder.cut)
        return false;
    above.is_factory = setting_is(scene->settings, SETTING_FACTORY);
    words_with_application(scene, &above, &words);
    set(scene, finding, "above", text_as_span(&words));
    return true;
}

/* Its folder was copied as what is in it: ./app to /srv, and not to /srv/app. */
static void set_copy(const struct scene *scene, struct finding *finding, const char *module)
{
    char buffer[PATH_MOST];
    struct text words = TEXT_ON(buffer);
    text_join(&words, "./", module, " ", NULL);
    text_span(&words, scene->app_dir);
    text_join(&words, span_ends(scene->app_dir, "/") ? "" : "/", module, NULL);
    set(scene, finding, "copy", text_as_span(&words));
}

static void tell_missing(const struct scene *scene, const struct interpreter *interpreter,
                         const struct application *application, const struct imports *imports,
                         const struct missing_import *missing)
{
    struct finding *finding = add(scene, interpreter, RULE_IMPORT_MISSING, missing);
    set(scene, finding, "module", span_of(missing->module));
    if (missing->near[0]) {
        set(scene, finding, "near", span_of(missing->near));
        set_right_line(scene, finding, missing);
        set_words(scene, finding, application, imports);
    } else if (missing->is_own) {
        finding_set_string(scene->findings, finding, "own", "yes");
        if (!span_is(span_base_name(scene->app_dir), missing->module) || !set_above(scene, finding, application))
            set_copy(scene, finding, missing->module);
    } else {
        set(scene, finding, "distribution", distribution_of(missing->module));
        editable_explain(scene, interpreter, span_of(missing->module), false, finding);
    }
}

static void tell_relative(const struct scene *scene, const struct interpreter *interpreter,
                          const struct application *application, const struct missing_import *relative)
{
    struct finding *finding = add(scene, interpreter, RULE_RELATIVE_IMPORT_OUTSIDE_PACKAGE, relative);
    (void)set_above(scene, finding, application);
}

void imports_tell(const struct scene *scene, const struct interpreter *interpreter,
                  const struct application *application, const struct imports *imports, const bool *is_missing)
{
    struct finding *finding = NULL;
    if (imports->relative.file[0])
        tell_relative(scene, interpreter, application, &imports->relative);
    for (unsigned i = 0; i < imports->count; i++) {
        const struct missing_import *missing = &imports->missing[i];
        if (is_missing[i] && finding)
            finding_evidence(scene->findings, finding, "also", span_of(missing->module), span_of(missing->file));
        if (!is_missing[i] || finding)
            continue;
        tell_missing(scene, interpreter, application, imports, missing);
        finding = &scene->findings->list[scene->findings->count - 1];
    }
}
