#include "checks/module.h"

#include "facts/app_reference.h"

/* What a folder holds of a name: Python lists the folder, and looks no further when nothing in it fits. */
struct names {
    struct span name;
    bool exact;     /* NAME */
    bool extension; /* NAME.so, NAME.abi3.so, NAME.cpython-312-x86_64-linux-gnu.so, whichever this interpreter takes */
    bool source;    /* NAME.py */
    bool bytecode;  /* NAME.pyc */
    unsigned listed;
};

static bool note_name(void *context, struct span name, unsigned char type)
{
    struct names *names = context;

    (void)type;
    names->listed++;
    if (!span_equal(span_first(name, names->name.length), names->name))
        return true;
    struct span suffix = span_from(name, names->name.length);
    names->exact |= suffix.length == 0;
    names->source |= span_is(suffix, ".py");
    names->bytecode |= span_is(suffix, ".pyc");
    names->extension |= span_starts(suffix, ".") && span_ends(suffix, ".so");
    return true;
}

static struct names list_names(const struct reader *reader, struct span folder, struct span name)
{
    struct names names = {.name = name};

    if (reader_list(reader, folder, MODULE_NAMES_MOST, note_name, &names) == 0 && names.listed == MODULE_NAMES_MOST)
        names.exact = names.source = names.bytecode = true; /* not all were seen: they are tried */
    return names;
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

static bool may_list(const struct reader *reader, struct span folder)
{
    struct stat status;

    return reader_stat(reader, folder, &status) == 0 &&
           reader_identity_permits(&reader->identity, status.st_mode, status.st_uid, status.st_gid, 4 | 1);
}

/* A package whose __init__ is bytecode or an extension only. */
static bool is_compiled_package(const struct reader *reader, struct text *path)
{
    struct names names = list_names(reader, text_as_span(path), SPAN("__init__"));

    return names.extension || names.bytecode;
}

static enum module_kind look(const struct reader *reader, struct span folder, struct span name, struct text *path)
{
    if (is_file(reader, path, folder, name, "/__init__.py"))
        return may_list(reader, folder) ? MODULE_PACKAGE : MODULE_NONE;
    struct names names = list_names(reader, folder, name);
    bool is_folder = names.exact && join(path, folder, name, "") && reader_is_folder(reader, text_as_span(path));
    if (is_folder && is_compiled_package(reader, path))
        return MODULE_PACKAGE;
    if (names.extension && join(path, folder, name, ""))
        return MODULE_EXTENSION;
    if (names.source && is_file(reader, path, folder, name, ".py"))
        return MODULE_SOURCE;
    if (names.bytecode && is_file(reader, path, folder, name, ".pyc"))
        return MODULE_BYTECODE;
    return is_folder && join(path, folder, name, "") ? MODULE_NAMESPACE : MODULE_NONE;
}

enum module_kind module_in_folder(const struct reader *reader, struct span folder, struct span name, struct text *file)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);

    if (name.length == 0 || folder.length == 0 || span_has(name, '/'))
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

bool module_may_be_built_in(struct span name)
{
    static const char *const built_in[] = {
        "array",   "atexit", "audioop",     "binascii",  "builtins",  "cmath",  "errno", "faulthandler", "fcntl",
        "gc",      "grp",    "itertools",   "marshal",   "math",      "mmap",   "nis",   "ossaudiodev",  "parser",
        "posix",   "pwd",    "pyexpat",     "readline",  "resource",  "select", "spwd",  "sys",          "syslog",
        "termios", "time",   "unicodedata", "xxlimited", "xxsubtype", "zlib",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(built_in); i++)
        if (span_is(name, built_in[i]))
            return true;
    return false;
}
