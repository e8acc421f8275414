#include "checks/bytecode.h"

#include "facts/bytecode.h"

enum { OPTIMIZE_MOST = 9, FOLDERS_MOST = 4, COMMAND_MOST = 4 * PATH_MOST };

/* None of the modules that are frozen into the interpreter (os, codecs, ...), of which no file is read; and some that
 * pip, which leaves bytecode of what it imports itself, doesn't import. */
static const char of_library[][29] = {"asyncio/__init__.py", "asyncio/base_events.py", "concurrent/futures/thread.py",
                                      "json/__init__.py", "typing.py"};
static const char packages[][10] = {"uvicorn", "fastapi", "starlette", "pydantic", "anyio"};

struct sample {
    const struct scene *scene;
    const struct interpreter *interpreter;
    struct span prefix; /* PYTHONPYCACHEPREFIX, or empty */
    uint64_t optimize;
    unsigned looked_at;
    unsigned missing;
    unsigned stale;
    char first[PATH_MOST]; /* a source without good bytecode */
    const char *first_state;
    char store[FOLDERS_MOST][PATH_MOST]; /* to be compiled */
    unsigned folder_count;
};

static uint64_t optimize_level(const struct environment *environment)
{
    struct span value = environment_filled(environment, "PYTHONOPTIMIZE");
    uint64_t level = 1; /* any other text counts as 1 */
    if (value.length == 0)
        return 0;
    (void)span_number(value, OPTIMIZE_MOST, &level);
    return level;
}

/* FOLDER/__pycache__/NAME.cpython-312.opt-1.pyc, or PREFIX/FOLDER/NAME.cpython-312.pyc */
static bool cache_path(const struct sample *sample, struct span source, struct text *path)
{
    struct span name = span_base_name(source);
    text_span(path, sample->prefix);
    text_span(path, span_folder(source));
    text_add(path, sample->prefix.length ? "/" : "/__pycache__/");
    text_span(path, span_first(name, name.length - (sizeof(".py") - 1)));
    text_add(path, ".cpython-3");
    text_unsigned(path, sample->interpreter->minor);
    if (sample->optimize) {
        text_add(path, ".opt-");
        text_unsigned(path, sample->optimize);
    }
    text_add(path, ".pyc");
    return !path->cut;
}

static void count(struct sample *sample, struct span source, bool is_missing, const char *state)
{
    *(is_missing ? &sample->missing : &sample->stale) += 1;
    if (sample->first_state)
        return;
    struct text first = TEXT_ON(sample->first);
    sample->first_state = state;
    text_span(&first, source);
}

static void judge_bytecode(struct sample *sample, struct span source, const struct stat *status)
{
    static const char *const states[] = {
        [BYTECODE_STALE] = "is of another version of it",
        [BYTECODE_FOREIGN] = "is of another version of Python",
        [BYTECODE_DAMAGED] = "is damaged",
    };
    char buffer[PATH_MOST], head[BYTECODE_HEADER];
    struct text path = TEXT_ON(buffer);
    size_t length;
    if (!cache_path(sample, source, &path))
        return;
    if (reader_read(sample->scene->reader, text_as_span(&path), 0, head, sizeof(head), &length)) {
        count(sample, source, true, "isn't there");
        return;
    }
    enum bytecode_state state = bytecode_judge((struct span){head, length}, sample->interpreter->minor,
                                               status->st_mtim.tv_sec, (uint64_t)status->st_size);
    if (state != BYTECODE_GOOD)
        count(sample, source, false, states[state]);
}

/* True: the module is there, and has no good bytecode. */
static bool look_at(struct sample *sample, struct span source)
{
    struct stat status;
    unsigned before = sample->missing + sample->stale;
    if (!span_ends(source, ".py") || reader_stat(sample->scene->reader, source, &status) || !S_ISREG(status.st_mode))
        return false;
    sample->looked_at++;
    judge_bytecode(sample, source, &status);
    return sample->missing + sample->stale > before;
}

static void add_folder(struct sample *sample, struct span folder)
{
    for (unsigned i = 0; i < sample->folder_count; i++)
        if (span_equal(span_of(sample->store[i]), folder))
            return;
    if (sample->folder_count == FOLDERS_MOST || folder.length >= PATH_MOST)
        return;
    struct text text = TEXT_ON(sample->store[sample->folder_count++]);
    text_span(&text, folder);
}

static void look_at_library(struct sample *sample)
{
    static struct search_path path;
    char buffer[PATH_MOST];
    search_path_of(sample->scene, sample->interpreter, &path);
    for (size_t i = 0; i < ARRAY_LENGTH(of_library) && path.library < path.count; i++) {
        struct text source = TEXT_ON(buffer);
        text_span(&source, path.folders[path.library]);
        text_join(&source, "/", of_library[i], NULL);
        if (!source.cut && look_at(sample, text_as_span(&source)))
            add_folder(sample, path.folders[path.library]);
    }
}

static void look_at_packages(struct sample *sample)
{
    char buffer[PATH_MOST];
    for (size_t i = 0; i < ARRAY_LENGTH(packages); i++) {
        struct text source = TEXT_ON(buffer);
        if (packages_find(sample->scene, sample->interpreter, packages[i], &source, NULL) &&
            look_at(sample, text_as_span(&source)))
            add_folder(sample, span_folder(span_folder(text_as_span(&source))));
    }
}

static void add_finding(const struct sample *sample)
{
    char buffer[COMMAND_MOST];
    struct text command = TEXT_ON(buffer);
    struct findings *findings = sample->scene->findings;
    struct finding *finding = findings_add(findings, RULE_BYTECODE_MISSING);
    finding_set_number(findings, finding, "looked_at", sample->looked_at);
    finding_set_number(findings, finding, "without", sample->missing + sample->stale);
    if (sample->missing)
        finding_set_number(findings, finding, "missing", sample->missing);
    if (sample->stale)
        finding_set_number(findings, finding, "stale", sample->stale);
    finding_set_string(findings, finding, "first", sample->first);
    finding_set_string(findings, finding, "state", sample->first_state);
    text_shell_word(&command, span_of(sample->interpreter->path));
    text_add(&command, " -m compileall -q");
    for (unsigned i = 0; i < sample->folder_count; i++) {
        text_byte(&command, ' ');
        text_shell_word(&command, span_of(sample->store[i]));
    }
    if (!command.cut)
        finding_set(findings, finding, "command", text_as_span(&command));
}

void bytecode_advise(const struct scene *scene, const struct interpreter *interpreter, struct span application)
{
    static struct sample sample;
    if (!interpreter->knows_version || interpreter->is_script)
        return;
    sample = (struct sample){.scene = scene,
                             .interpreter = interpreter,
                             .prefix = environment_filled(scene->environment, "PYTHONPYCACHEPREFIX"),
                             .optimize = optimize_level(scene->environment)};
    look_at_library(&sample);
    look_at_packages(&sample);
    if (sample.missing + sample.stale == 0)
        return; /* the application's own few modules are not worth a warning */
    if (look_at(&sample, application))
        add_folder(&sample, span_folder(application));
    add_finding(&sample);
}
