#include "checks/interpreter.h"

#include "checks/broken_path.h"
#include "checks/libraries.h"
#include "checks/program_file.h"
#include "facts/pyvenv.h"

#include <string.h>

enum { PYVENV_BYTES = 4096, LIBRARY_ENTRIES = 4096, ANCESTORS_MOST = 16 };
enum { FREE_THREADED_MINOR = 13 }; /* the first (PEP 703) */

/* What is being judged. */
struct subject {
    const struct scene *scene;
    const struct candidate *candidate;
    struct interpreter *interpreter;
    char config[PYVENV_BYTES];
    struct pyvenv pyvenv;
};

static struct span own_path(const struct interpreter *interpreter)
{
    return span_of(interpreter->path);
}

/* Joins parts, and tells whether they fit. */
static bool join(struct text *text, struct span folder, const char *separator, const char *name, const char *rest)
{
    text_clear(text);
    text_span(text, folder);
    text_join(text, separator, name, rest, NULL);
    return !text->cut;
}

static struct python_version series_of(const struct interpreter *interpreter)
{
    return (struct python_version){.major = interpreter->major,
                                   .minor = interpreter->minor,
                                   .parts = interpreter->knows_version ? 2 : 0,
                                   .free_threaded = interpreter->free_threaded};
}

void interpreter_version(const struct interpreter *interpreter, struct text *text)
{
    struct python_version series = series_of(interpreter);
    python_version_add(text, &series);
}

void interpreter_copy(struct interpreter *to, const struct interpreter *from)
{
    *to = *from;
    for (unsigned i = 0; i < to->site_count; i++)
        to->sites[i].at = to->store + (from->sites[i].at - from->store);
}

/* ---- the environment ---- */

static bool read_config(struct subject *subject, struct span folder)
{
    char buffer[PATH_MOST];
    size_t length;
    struct text path = TEXT_ON(buffer);
    if (!join(&path, folder, "/", "pyvenv.cfg", "") ||
        reader_read(subject->scene->reader, text_as_span(&path), 0, subject->config, sizeof(subject->config), &length))
        return false;
    pyvenv_read(&subject->pyvenv, (struct span){subject->config, length});
    return subject->pyvenv.has_home;
}

/* getpath looks above the program's folder first, then in it; both by the path that it was started by. */
static void find_environment(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct text venv = TEXT_ON(interpreter->venv);
    struct span folder = span_folder(own_path(interpreter));
    struct span above = span_folder(folder);
    interpreter->system_site = true;
    if (read_config(subject, above))
        text_span(&venv, above);
    else if (read_config(subject, folder))
        text_span(&venv, folder);
    else
        pyvenv_read(&subject->pyvenv, SPAN(""));
    if (venv.length)
        interpreter->system_site = subject->pyvenv.system_site_packages;
}

/* ---- the version and the standard library ---- */

static void set_series(struct interpreter *interpreter, const struct python_version *version)
{
    struct text library = TEXT_ON(interpreter->library);
    interpreter->knows_version = true;
    interpreter->major = version->major;
    interpreter->minor = version->minor;
    interpreter->free_threaded = version->free_threaded;
    text_add(&library, "python");
    interpreter_version(interpreter, &library);
}

static void forget_series(struct interpreter *interpreter)
{
    interpreter->knows_version = interpreter->free_threaded = false;
    interpreter->major = interpreter->minor = 0;
    interpreter->library[0] = interpreter->base[0] = '\0';
}

struct library_search {
    const struct reader *reader;
    struct span folder;
    unsigned found;
    struct python_version version;
};

/* A folder lib/python3.N that holds a standard library: of those that hold only packages there may be many. Where there
 * is a PyPy's library too, it can't be told whose program it is. */
static bool take_library(void *context, struct span name, unsigned char type)
{
    struct library_search *search = context;
    struct python_version version;
    char buffer[PATH_MOST];
    struct text landmark = TEXT_ON(buffer);
    (void)type;
    if (span_starts(name, "pypy3."))
        search->found++;
    if (!python_name_read(name, &version) || version.parts != 2)
        return true;
    text_span(&landmark, search->folder);
    text_add(&landmark, "/");
    text_span(&landmark, name);
    text_add(&landmark, "/os.py");
    if (landmark.cut || !reader_exists(search->reader, text_as_span(&landmark)))
        return true;
    search->version = version;
    search->found++;
    return true;
}

static bool has_landmark(const struct subject *subject, struct span prefix, const char *lib)
{
    static const char *const names[] = {"/os.py", "/os.pyc"};
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (join(&path, prefix, lib, subject->interpreter->library, names[i]) &&
            reader_exists(subject->scene->reader, text_as_span(&path)))
            return true;
    }
    return false;
}

/* getpath goes up from the folder of the base Python until it meets the landmark. */
static bool find_base_from(struct subject *subject, struct span folder)
{
    struct text base = TEXT_ON(subject->interpreter->base);
    for (unsigned i = 0; i < ANCESTORS_MOST && folder.length && folder.at[0] == '/'; i++) {
        if (has_landmark(subject, folder, "/lib/") || has_landmark(subject, folder, "/lib64/")) {
            text_span(&base, folder);
            return true;
        }
        if (folder.length == 1)
            break;
        folder = span_folder(folder);
    }
    return false;
}

/* How long the path of the base is that getpath would find from a folder, for a Python of this version; 0: none. */
static size_t base_length(struct subject *subject, struct span folder, const struct python_version *version)
{
    set_series(subject->interpreter, version);
    return find_base_from(subject, folder) ? span_of(subject->interpreter->base).length : 0;
}

static bool is_second_name_of(const struct subject *subject, const struct python_version *version)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    struct span real = span_of(subject->interpreter->real);
    if (!join(&path, span_folder(real), "/", "python", ""))
        return false;
    python_version_add(&path, version);
    return !path.cut && reader_is_same(subject->scene->reader, real, text_as_span(&path));
}

/* `make install` gives a free-threaded python3.13t the name python3.13 too, by a second link to the file. What such a
 * program is, its standard library tells: the nearer one; and where both lie side by side, the other name. Of a copy in an
 * environment, which has no other name, it isn't known then. */
static void find_threading(struct subject *subject, const struct python_version *named)
{
    struct span own = span_folder(span_of(subject->interpreter->real));
    const struct span folders[] = {subject->pyvenv.home, own};
    struct python_version other = *named;
    other.free_threaded = true;
    for (size_t i = 0; i < ARRAY_LENGTH(folders) && named->minor >= FREE_THREADED_MINOR; i++) {
        size_t length = base_length(subject, folders[i], named);
        size_t other_length = base_length(subject, folders[i], &other);
        bool both = length && other_length == length;
        if (other_length > length || (both && is_second_name_of(subject, &other)))
            return;
        if (both && !span_equal(folders[i], own)) {
            forget_series(subject->interpreter);
            return;
        }
        if (length)
            break;
    }
    set_series(subject->interpreter, named);
}

/* For a `python3` that is no link to a python3.N, as in builds by hand: the one library beside it. What has another name,
 * such as pypy3.9, may have come there together with somebody else's library. */
static void find_version(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct python_version version;
    char buffer[PATH_MOST];
    struct text library = TEXT_ON(buffer);
    struct span real = span_of(interpreter->real);
    struct library_search search = {.reader = subject->scene->reader};
    if (!python_name_read(span_base_name(real), &version))
        return;
    if (version.parts >= 2) {
        find_threading(subject, &version);
        return;
    }
    struct span home = subject->pyvenv.home.length ? subject->pyvenv.home : span_folder(real);
    if (!join(&library, span_folder(home), "/", "lib", ""))
        return;
    search.folder = text_as_span(&library);
    reader_list(search.reader, search.folder, LIBRARY_ENTRIES, take_library, &search);
    if (search.found == 1)
        set_series(interpreter, &search.version);
}

static bool has_encodings(const struct subject *subject, const char *lib)
{
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    return join(&path, span_of(subject->interpreter->base), lib, subject->interpreter->library, "/encodings") &&
           reader_is_folder(subject->scene->reader, text_as_span(&path));
}

/* PYTHONHOME=PREFIX[:EXEC_PREFIX] replaces the search: no other folder is looked at. */
static bool find_base_by_home(struct subject *subject, struct span home)
{
    struct text base = TEXT_ON(subject->interpreter->base);
    struct span prefix = span_split(&home, ':');
    if (!has_landmark(subject, prefix, "/lib/") && !has_landmark(subject, prefix, "/lib64/"))
        return false;
    text_span(&base, prefix);
    return true;
}

/* getpath looks from the home in pyvenv.cfg; if that is gone, only the prefix that Python was compiled with is left, which
 * the program's own place may be or not. */
static const char *find_base_of_program(struct subject *subject)
{
    if (find_base_from(subject, subject->pyvenv.home))
        return NULL;
    if (!find_base_from(subject, span_folder(span_of(subject->interpreter->real))))
        return "its standard library was not found beside it";
    return subject->pyvenv.home.length ? "the home in its pyvenv.cfg has no standard library" : NULL;
}

static void find_base(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct span home = environment_filled(subject->scene->environment, "PYTHONHOME");
    const char *doubt = NULL;
    if (!home.at)
        doubt = find_base_of_program(subject);
    else if (!find_base_by_home(subject, home))
        doubt = "PYTHONHOME is set, and its standard library isn't there";
    /* An earlier doubt stays: that of the file, or of its libraries. */
    if (doubt)
        interpreter->doubt = doubt;
    if (!interpreter->doubt && !has_encodings(subject, "/lib/") && !has_encodings(subject, "/lib64/"))
        interpreter->doubt = "its standard library has no folder 'encodings'";
}

/* ---- where it looks for packages ---- */

static void add_site(struct subject *subject, struct span folder)
{
    struct interpreter *interpreter = subject->interpreter;
    if (interpreter->site_count == SITE_FOLDERS_MOST || folder.length > SITE_FOLDERS_STORE - interpreter->used) {
        interpreter->sites_cut = true;
        return;
    }
    char *copy = interpreter->store + interpreter->used;
    memcpy(copy, folder.at, folder.length);
    interpreter->used += folder.length;
    interpreter->sites[interpreter->site_count++] = (struct span){copy, folder.length};
}

static void add_site_if_there(struct subject *subject, struct span prefix, const char *lib, const char *library,
                              const char *rest)
{
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);
    if (join(&folder, prefix, lib, library, rest) && reader_is_folder(subject->scene->reader, text_as_span(&folder)))
        add_site(subject, text_as_span(&folder));
}

/* lib64 is a link to lib in most environments; Fedora's Python has both. */
static void add_sites_of(struct subject *subject, struct span prefix)
{
    char buffer[PATH_MOST], target[PATH_MOST];
    size_t length;
    struct text lib64 = TEXT_ON(buffer);
    const char *library = subject->interpreter->library;
    bool is_link = join(&lib64, prefix, "/lib64", "", "") &&
                   reader_link(subject->scene->reader, text_as_span(&lib64), target, sizeof(target), &length) == 0;
    if (!is_link)
        add_site_if_there(subject, prefix, "/lib64/", library, "/site-packages");
    add_site_if_there(subject, prefix, "/lib/", library, "/site-packages");
}

/* Debian's Python looks in dist-packages, wherever it was moved to. It doesn't live in /usr/local; what dist-packages there
 * are, are those of the one in /usr. */
static void add_debian_sites(struct subject *subject, struct span base)
{
    const char *library = subject->interpreter->library;
    if (span_is(base, "/usr/local"))
        return;
    add_site_if_there(subject, base, "/local/lib/", library, "/dist-packages");
    add_site_if_there(subject, base, "/lib/", "python3", "/dist-packages");
    add_site_if_there(subject, base, "/lib/", library, "/dist-packages");
}

/* Fedora's own Python looks in /usr/local too. */
static void add_system_sites(struct subject *subject)
{
    struct span base = span_of(subject->interpreter->base);
    add_debian_sites(subject, base);
    if (span_is(base, "/usr"))
        add_sites_of(subject, SPAN("/usr/local"));
    add_sites_of(subject, base);
}

static void find_sites(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    if (!interpreter->library[0])
        return;
    if (interpreter->venv[0])
        add_sites_of(subject, span_of(interpreter->venv));
    if (interpreter->system_site && interpreter->base[0])
        add_system_sites(subject);
}

/* ---- an environment that was made for another version ---- */

struct series_search {
    struct python_version own;
    bool has_own;
    struct python_version other;
};

static bool take_series(void *context, struct span name, unsigned char type)
{
    struct series_search *search = context;
    struct python_version version;
    (void)type;
    if (!python_name_read(name, &version) || version.parts != 2)
        return true;
    if (python_version_same_series(&version, &search->own))
        search->has_own = true;
    else
        search->other = version;
    return true;
}

static bool find_other_series(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct series_search search = {.own = series_of(interpreter)};
    char buffer[PATH_MOST];
    struct text lib = TEXT_ON(buffer);
    if (!interpreter->venv[0] || !interpreter->library[0] || !join(&lib, span_of(interpreter->venv), "/lib", "", ""))
        return false;
    reader_list(subject->scene->reader, text_as_span(&lib), LIBRARY_ENTRIES, take_series, &search);
    if (search.has_own || !search.other.parts)
        return false;
    interpreter->made_for = search.other;
    return true;
}

static void set_folder_of(struct subject *subject, struct finding *finding, const char *key,
                          const struct python_version *version)
{
    char buffer[PATH_MOST];
    struct text text = TEXT_ON(buffer);
    text_join(&text, subject->interpreter->venv, "/lib/python", NULL);
    python_version_add(&text, version);
    finding_set(subject->scene->findings, finding, key, text_as_span(&text));
}

/* A volume on the environment itself is stale; else it was made, or mounted, for another Python. */
static struct finding *find_of_other_series(struct subject *subject)
{
    struct findings *findings = subject->scene->findings;
    struct interpreter *interpreter = subject->interpreter;
    struct span venv = span_of(interpreter->venv);
    const struct mount *mount = host_mount_over(subject->scene->host, venv);
    bool is_own_mount = mount && span_equal(mount->point, venv);
    struct finding *finding =
        findings_add(findings, is_own_mount ? RULE_VENV_VOLUME_STALE : RULE_VENV_VERSION_MISMATCH);
    struct python_version own = series_of(interpreter);
    char buffer[32];
    struct text text = TEXT_ON(buffer);
    broken_path_wanted(subject->scene, finding, subject->candidate);
    broken_path_mount(subject->scene, finding, subject->candidate, venv);
    finding_set(findings, finding, "python", own_path(interpreter));
    interpreter_version(interpreter, &text);
    finding_set(findings, finding, "version", text_as_span(&text));
    if (interpreter->free_threaded)
        finding_set_string(findings, finding, "free_threaded", interpreter->real);
    text_clear(&text);
    python_version_add(&text, &interpreter->made_for);
    finding_set(findings, finding, "made_for", text_as_span(&text));
    set_folder_of(subject, finding, "looks_in", &own);
    set_folder_of(subject, finding, "made_in", &interpreter->made_for);
    return finding;
}

/* Nothing in the environment can be imported. That is certain, unless packages come from elsewhere. */
static bool judge_series(struct subject *subject)
{
    if (!find_other_series(subject))
        return true;
    struct finding *finding = find_of_other_series(subject);
    bool other_sources =
        subject->interpreter->system_site || environment_filled(subject->scene->environment, "PYTHONPATH").at;
    if (other_sources)
        finding_weaken(finding, SEVERITY_WARNING);
    return other_sources;
}

/* ---- all of it ---- */

static void begin(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct text path = TEXT_ON(interpreter->path);
    text_span(&path, subject->candidate->path);
    forget_series(interpreter);
    interpreter->real[0] = interpreter->venv[0] = '\0';
    interpreter->is_script = false;
    interpreter->elf = (struct elf){0};
    interpreter->made_for = (struct python_version){0};
    interpreter->doubt = NULL;
    interpreter->site_count = 0;
    interpreter->sites_cut = false;
    interpreter->used = 0;
}

static bool judge_libraries(struct subject *subject)
{
    struct interpreter *interpreter = subject->interpreter;
    struct libraries_subject libraries = {
        .candidate = subject->candidate, .program = span_of(interpreter->real), .severity = SEVERITY_ERROR};
    enum libraries_verdict verdict = libraries_judge(subject->scene, &libraries);
    if (verdict == LIBRARIES_UNKNOWN)
        interpreter->doubt = "whether its loader finds all libraries can't be told from reading";
    return verdict != LIBRARIES_REFUSED;
}

static bool judge_file(struct subject *subject)
{
    struct trace trace;
    struct program_file file;
    const struct scene *scene = subject->scene;
    struct interpreter *interpreter = subject->interpreter;
    struct text real = TEXT_ON(interpreter->real);
    if (reader_walk(scene->reader, subject->candidate->path, &trace) != 0) {
        broken_path_find(scene, subject->candidate, &trace);
        return false;
    }
    text_span(&real, trace.real);
    if (!program_file_judge(scene, subject->candidate, &trace, &file))
        return false;
    interpreter->is_script = file.program.kind == PROGRAM_SCRIPT;
    interpreter->elf = file.program.elf;
    if (file.other_machine)
        interpreter->doubt = "it is a program for another machine";
    return file.program.kind != PROGRAM_ELF || file.other_machine || judge_libraries(subject);
}

bool interpreter_judge(const struct scene *scene, const struct candidate *candidate, struct interpreter *interpreter)
{
    struct subject subject = {.scene = scene, .candidate = candidate, .interpreter = interpreter};
    begin(&subject);
    if (!judge_file(&subject))
        return false;
    find_environment(&subject);
    if (interpreter->is_script) {
        interpreter->doubt = "it is a script, and what it starts isn't known";
        return true;
    }
    find_version(&subject);
    if (interpreter->library[0])
        find_base(&subject);
    else
        interpreter->doubt = "its version can't be told from its name";
    find_sites(&subject);
    return judge_series(&subject);
}
