#include "checks/module.h"

#include "facts/app_reference.h"

struct extension_search {
    struct span name;
    bool found;
};

/* NAME.so, NAME.abi3.so, NAME.cpython-312-x86_64-linux-gnu.so: which of them this interpreter takes isn't looked at. */
static bool is_extension(void *context, struct span name, unsigned char type)
{
    struct extension_search *search = context;

    (void)type;
    if (name.length <= search->name.length + 3 || !span_ends(name, ".so") || name.at[search->name.length] != '.' ||
        !span_equal(span_first(name, search->name.length), search->name))
        return true;
    search->found = true;
    return false;
}

static bool has_extension(const struct reader *reader, struct span folder, struct span name)
{
    struct extension_search search = {.name = name};

    return reader_list(reader, folder, MODULE_NAMES_MOST, is_extension, &search) == 0 && search.found;
}

/* folder/name and more behind it; false when that is too long a path. */
static bool join(struct text *path, struct span folder, struct span name, const char *rest)
{
    text_clear(path);
    text_span(path, folder);
    if (!span_ends(folder, "/"))
        text_byte(path, '/');
    text_span(path, name);
    text_add(path, rest);
    return !path->cut;
}

static bool is_file(const struct reader *reader, struct text *path, struct span folder, struct span name,
                    const char *rest)
{
    return join(path, folder, name, rest) && reader_is_file(reader, text_as_span(path));
}

/* Python lists the folder before it looks into it. */
static bool may_list(const struct reader *reader, struct span folder)
{
    struct stat status;

    return reader_stat(reader, folder, &status) == 0 && S_ISDIR(status.st_mode) &&
           reader_permits(&reader->identity, status.st_mode, status.st_uid, status.st_gid, 4 | 1);
}

static enum module_kind look(const struct reader *reader, struct span folder, struct span name, struct text *path)
{
    bool is_folder = join(path, folder, name, "") && reader_is_folder(reader, text_as_span(path));

    if (is_folder &&
        (is_file(reader, path, folder, name, "/__init__.py") || is_file(reader, path, folder, name, "/__init__.pyc")))
        return MODULE_PACKAGE;
    if (is_folder && join(path, folder, name, "") && has_extension(reader, text_as_span(path), SPAN("__init__")))
        return MODULE_PACKAGE;
    if (has_extension(reader, folder, name) && join(path, folder, name, ""))
        return MODULE_EXTENSION;
    if (is_file(reader, path, folder, name, ".py"))
        return MODULE_SOURCE;
    if (is_file(reader, path, folder, name, ".pyc"))
        return MODULE_BYTECODE;
    join(path, folder, name, "");
    return is_folder ? MODULE_NAMESPACE : MODULE_NONE;
}

enum module_kind module_in_folder(const struct reader *reader, struct span folder, struct span name, struct text *file)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);

    if (name.length == 0 || folder.length == 0 || span_has(name, '/') || !may_list(reader, folder))
        return MODULE_NONE;
    enum module_kind kind = look(reader, folder, name, &path);
    if (file && kind != MODULE_NONE) {
        text_clear(file);
        text_span(file, text_as_span(&path));
    }
    return kind;
}

/* The folders that the next component is looked for in. */
struct portions {
    char paths[MODULE_PORTIONS][PATH_MOST];
    struct span folders[MODULE_PORTIONS];
    unsigned count;
};

static bool add_portion(struct portions *portions, struct span folder, struct span name)
{
    if (portions->count == MODULE_PORTIONS)
        return false;
    struct text path = TEXT_ON(portions->paths[portions->count]);
    if (!join(&path, folder, name, ""))
        return false;
    portions->folders[portions->count++] = text_as_span(&path);
    return true;
}

static void keep(char *place, struct span path)
{
    struct text text = text_on(place, PATH_MOST);

    text_span(&text, path);
}

/* One component along all folders; where the next one is to be looked for goes into `portions`. */
static enum module_kind find_component(const struct reader *reader, struct span name, const struct span *folders,
                                       unsigned count, struct portions *portions, struct module_search *search)
{
    char buffer[PATH_MOST];
    struct text file = TEXT_ON(buffer);

    portions->count = 0;
    for (unsigned i = 0; i < count; i++) {
        enum module_kind kind = module_in_folder(reader, folders[i], name, &file);
        if (kind == MODULE_NAMESPACE) {
            search->unclear |= !add_portion(portions, folders[i], name);
            continue;
        }
        if (kind == MODULE_NONE)
            continue;
        portions->count = 0;
        if (kind == MODULE_PACKAGE)
            search->unclear |= !add_portion(portions, folders[i], name);
        keep(search->file, text_as_span(&file));
        keep(search->folder, folders[i]);
        return kind;
    }
    if (portions->count == 0)
        return MODULE_NONE;
    keep(search->file, portions->folders[0]);
    keep(search->folder, span_folder(portions->folders[0]));
    return MODULE_NAMESPACE;
}

void module_find(const struct reader *reader, struct span name, const struct span *folders, unsigned count,
                 struct module_search *search)
{
    struct portions found[2]; /* of this component and of the one before, in turn */
    unsigned turn = 0;

    *search = (struct module_search){0};
    for (struct span rest = name; rest.at; turn = 1 - turn) {
        struct span component = app_reference_component(&rest);
        search->above = search->kind;
        search->kind = find_component(reader, component, folders, count, &found[turn], search);
        if (search->kind == MODULE_NONE) {
            search->missing = component;
            keep(search->folder, count > 0 ? folders[0] : SPAN(""));
            return;
        }
        folders = found[turn].folders;
        count = found[turn].count;
    }
}
