#include "checks/command.h"

#include "checks/broken_path.h"
#include "checks/host.h"
#include "checks/words.h"
#include "facts/program.h"
#include "facts/python_version.h"

#include <errno.h>
#include <string.h>

static int judge(const struct scene *scene, struct span path)
{
    struct stat status;
    int error = reader_stat(scene->reader, path, &status);
    if (error)
        return error;
    if (!S_ISREG(status.st_mode) ||
        !reader_identity_permits(&scene->reader->identity, status.st_mode, status.st_uid, status.st_gid, 1))
        return EACCES;
    return 0;
}

/* The absolute path of `name` in `folder`; an empty folder is the working folder, as PATH has it. */
static void join(const struct scene *scene, struct span folder, struct span name, struct text *path)
{
    text_clear(path);
    if (!span_starts(folder, "/")) {
        text_span(path, scene->working_folder);
        text_add(path, "/");
    }
    text_span(path, folder);
    if (folder.length)
        text_add(path, "/");
    text_span(path, name);
}

int command_find(const struct scene *scene, struct span name, struct span search_path, struct text *path)
{
    char refused[PATH_MOST] = "";
    if (span_has(name, '/')) {
        text_clear(path);
        text_span(path, name);
        return path->cut ? ENAMETOOLONG : 0;
    }
    for (struct span rest = search_path; rest.at && name.length;) {
        join(scene, span_split(&rest, ':'), name, path);
        int error = path->cut ? ENAMETOOLONG : judge(scene, text_as_span(path));
        if (error == 0)
            return 0;
        if (error == EACCES && !refused[0])
            memcpy(refused, path->at, path->length + 1);
    }
    text_clear(path);
    text_add(path, refused);
    return refused[0] ? EACCES : ENOENT;
}

/* The words of a command that was given as one string, as the items of a JSON list. */
static void quote_words(struct span command, struct text *text)
{
    for (struct span rest = command; rest.at;) {
        struct span word = span_split(&rest, ' ');
        if (!word.length)
            continue;
        if (text->length)
            text_add(text, ", ");
        text_add(text, "\"");
        text_json(text, word);
        text_add(text, "\"");
    }
}

/* Where programs are that PATH doesn't lead to: beside the application's Python, or where PATH has been cut down. */
static void set_elsewhere(const struct scene *scene, struct finding *finding, struct span name)
{
    static const char *const folders[] = {".venv/bin",      "venv/bin", "/opt/venv/bin",   "/venv/bin",
                                          "/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin",
                                          "/bin",           "/sbin"};
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        join(scene, span_of(folders[i]), name, &path);
        if (path.cut || judge(scene, text_as_span(&path)) != 0)
            continue;
        finding_set(scene->findings, finding, "elsewhere", text_as_span(&path));
        finding_set(scene->findings, finding, "elsewhere_folder", span_folder(text_as_span(&path)));
        return;
    }
}

bool command_hides_python(const struct scene *scene, struct span path)
{
    char head[SCRIPT_HEAD];
    size_t length;
    struct script_line line;
    struct python_version version;
    return reader_read(scene->reader, path, 0, head, sizeof(head), &length) == 0 &&
           (!script_line_read(&line, (struct span){head, length}) ||
            !python_name_read(span_base_name(line.program), &version));
}

void command_not_found(const struct scene *scene, struct span name, struct span search_path, int error)
{
    char words[PATH_MOST];
    struct text text = TEXT_ON(words);
    if (error == EACCES) {
        command_explain(scene, name, error);
        return;
    }
    bool one_string = span_has(name, ' ');
    enum rule rule = one_string ? RULE_COMMAND_IS_ONE_STRING : RULE_COMMAND_NOT_FOUND;
    struct finding *finding = findings_add(scene->findings, rule);
    finding_set(scene->findings, finding, "command", name);
    finding_set(scene->findings, finding, "path", search_path);
    quote_words(name, &text);
    if (!one_string)
        set_elsewhere(scene, finding, name);
    if (one_string && !text.cut)
        finding_set(scene->findings, finding, "words", text_as_span(&text));
}

/* A program that execve refused, and what is read of it. */
struct refused {
    const struct scene *scene;
    struct finding *finding;
    struct span path; /* absolute */
    struct trace trace;
    bool is_read;
    char head[PROGRAM_HEAD];
    struct program program;
};

static void set(const struct refused *refused, const char *key, struct span value)
{
    finding_set(refused->scene->findings, refused->finding, key, value);
}

static void set_mode(const struct refused *refused, const char *key, mode_t mode)
{
    char octal[16];
    struct text text = TEXT_ON(octal);
    text_add(&text, "0");
    text_octal(&text, mode & 07777);
    set(refused, key, text_as_span(&text));
}

static void set_mount(const struct refused *refused, struct span path)
{
    const struct mount *mount = host_mount_over(refused->scene->host, path);
    if (mount)
        host_mount_values(refused->scene->findings, refused->finding, mount);
}

/* Where the walk ended: missing, or a folder that may not be searched. */
static void tell_walk(const struct refused *refused, const struct trace *trace)
{
    const struct step *step = trace->last;
    if (!step)
        return;
    if (trace->error == EACCES) {
        set(refused, "folder", step->path);
        set_mode(refused, "folder_mode", step->mode);
        finding_set_number(refused->scene->findings, refused->finding, "folder_owner", step->uid);
        return;
    }
    set(refused, "missing", step->path);
    set(refused, "folder", span_folder(step->path));
    broken_path_chain(refused->scene, refused->finding, trace, "missing");
}

/* The program that the file names: a script's interpreter, or an ELF file's loader. */
static void tell_interpreter(struct refused *refused, const char *key, struct span interpreter)
{
    if (!interpreter.length)
        return;
    set(refused, key, interpreter);
    if (span_starts(interpreter, "/") && reader_walk(refused->scene->reader, interpreter, &refused->trace))
        tell_walk(refused, &refused->trace);
}

/* A script of an environment's bin, with a Python beside it: its first line has the path at which the environment was made. */
static void tell_moved(const struct refused *refused, struct span interpreter)
{
    char buffer[PATH_MOST];
    struct text own = TEXT_ON(buffer);
    struct span venv = broken_path_environment(refused->path), made_at = broken_path_environment(interpreter);
    text_span(&own, venv);
    text_add(&own, "/bin/python");
    if (!venv.length || !made_at.length || span_equal(venv, made_at) ||
        !reader_is_file(refused->scene->reader, text_as_span(&own)))
        return;
    set(refused, "moved", made_at);
    set(refused, "venv", venv);
}

/* Of a script on a mount with noexec the kernel refuses only its own part, to start the interpreter with the script's path:
 * the interpreter itself may lie elsewhere, and reading the script is allowed. */
static void tell_way_around(const struct refused *refused)
{
    char buffer[PATH_MOST];
    struct text items = TEXT_ON(buffer);
    const struct script_line *line = &refused->program.script;
    const struct scene *scene = refused->scene;
    if (!finding_value(refused->finding, "noexec") || !span_starts(line->interpreter, "/") || line->argument_cut ||
        line->carriage_return || reader_may(scene->reader, refused->path, 4) ||
        !reader_is_file(scene->reader, line->interpreter) || reader_may(scene->reader, line->interpreter, 1))
        return;
    if (words_for_interpreter(scene, line, refused->path, &items))
        set(refused, "way", text_as_span(&items));
}

/* The mount is the script's own: it tells where to mend it. */
static void tell_script(struct refused *refused, int error)
{
    struct span interpreter = refused->program.script.interpreter;
    struct python_version version;
    set(refused, "pattern", span_ends(refused->path, ".sh") ? SPAN("*.sh") : span_base_name(refused->path));
    set_mount(refused, refused->trace.real);
    tell_interpreter(refused, "interpreter", interpreter);
    if (error == EACCES)
        tell_way_around(refused);
    if (!python_name_read(span_base_name(interpreter), &version))
        return;
    set(refused, "python", SPAN("yes"));
    tell_moved(refused, interpreter);
}

static void tell_loader(struct refused *refused)
{
    char loader[PATH_MOST];
    size_t length;
    const struct elf *elf = &refused->program.elf;
    if (!elf->interpreter_size || elf->interpreter_size > sizeof loader ||
        reader_read(refused->scene->reader, refused->path, elf->interpreter_offset, loader,
                    (size_t)elf->interpreter_size, &length))
        return;
    tell_interpreter(refused, "loader", elf_interpreter((struct span){loader, length}));
}

static const char *kind_of(const struct program *program)
{
    switch (program->kind) {
    case PROGRAM_EMPTY:
        return "empty: 0 bytes";
    case PROGRAM_ELF:
        return program->elf.truncated || program->elf.malformed ? "a program that is cut short" : NULL;
    case PROGRAM_MACH_O:
        return "a program of macOS (Mach-O)";
    case PROGRAM_PE:
        return "a program of Windows (PE)";
    case PROGRAM_GIT_LFS:
        return "a pointer of Git LFS, in place of the file";
    case PROGRAM_ARCHIVE:
        return "an archive";
    case PROGRAM_TEXT:
        return program->prefix == PREFIX_BYTE_ORDER_MARK ? "a script with a byte order mark before its #!" : "a text";
    case PROGRAM_SCRIPT:
    case PROGRAM_OTHER:
        break;
    }
    return NULL;
}

/* The file is there, and is no folder. What it is decides which rule it is. */
static void read_file(struct refused *refused)
{
    struct stat status;
    size_t length;
    if (reader_stat(refused->scene->reader, refused->path, &status) ||
        reader_read(refused->scene->reader, refused->path, 0, refused->head, sizeof refused->head, &length))
        return;
    refused->is_read = true;
    program_read(&refused->program, (struct span){refused->head, length}, (uint64_t)status.st_size);
}

/* The kernel refused it, so nothing emulates that machine here. */
static void tell_machine(const struct refused *refused)
{
    const struct elf *elf = &refused->program.elf, own = elf_of_this_machine();
    struct findings *findings = refused->scene->findings;
    if (elf->malformed || elf->truncated || elf_same_machine(elf, &own))
        return;
    finding_set_string(findings, refused->finding, "machine", elf_machine_name(elf));
    finding_set_string(findings, refused->finding, "own", elf_machine_name(&own));
    finding_set_string(findings, refused->finding, "platform", elf_platform(&own));
}

static void tell_file(struct refused *refused, int error)
{
    if (!refused->is_read)
        return;
    finding_set_string(refused->scene->findings, refused->finding, "kind", kind_of(&refused->program));
    if (refused->program.kind == PROGRAM_SCRIPT)
        tell_script(refused, error);
    else if (refused->program.kind == PROGRAM_ELF && error == ENOEXEC)
        tell_machine(refused);
    else if (refused->program.kind == PROGRAM_ELF)
        tell_loader(refused);
}

/* "No such file" of a script that is there is about its interpreter. */
static enum rule rule_of(const struct refused *refused, int error)
{
    bool script = refused->is_read && refused->program.kind == PROGRAM_SCRIPT;
    if (error != ENOENT && error != ENOTDIR && error != ELOOP)
        return RULE_COMMAND_NOT_EXECUTABLE;
    if (!script)
        return RULE_COMMAND_NOT_FOUND;
    return refused->program.script.carriage_return ? RULE_SCRIPT_HAS_CRLF : RULE_SCRIPT_INTERPRETER_MISSING;
}

/* Its own mode, and the mount that it lies on. */
static void tell_permission(const struct refused *refused, const struct step *step)
{
    const struct scene *scene = refused->scene;
    if (!reader_identity_permits(&scene->reader->identity, step->mode, step->uid, step->gid, 1)) {
        finding_set_string(scene->findings, refused->finding, "bits", "x");
        set_mode(refused, "mode", step->mode);
        finding_set_number(scene->findings, refused->finding, "owner", step->uid);
    }
    const struct mount *mount = host_mount_over(scene->host, refused->trace.real);
    if (mount) {
        host_mount_values(scene->findings, refused->finding, mount);
        finding_set(scene->findings, refused->finding, "file", host_path_in(mount, refused->trace.real));
    }
    if (host_forbids_programs(scene->host, refused->trace.real))
        finding_set_string(scene->findings, refused->finding, "noexec", "noexec");
}

void command_explain(const struct scene *scene, struct span path, int error)
{
    static struct refused refused;
    char absolute[PATH_MOST];
    struct text text = TEXT_ON(absolute);
    if (!span_starts(path, "/")) {
        text_span(&text, scene->working_folder);
        text_add(&text, "/");
    }
    text_span(&text, path);
    refused = (struct refused){.scene = scene, .path = text_as_span(&text)};
    int walked = reader_walk(scene->reader, refused.path, &refused.trace);
    if (!walked)
        read_file(&refused);
    refused.finding = findings_add(scene->findings, rule_of(&refused, error));
    set(&refused, "command", path);
    finding_set_string(scene->findings, refused.finding, "error", strerror(error));
    finding_set_number(scene->findings, refused.finding, "uid", scene->reader->identity.uid);
    if (!walked && refused.trace.last->kind == STEP_FOLDER)
        finding_set_string(scene->findings, refused.finding, "kind", "a folder");
    else if (!walked && error == EACCES)
        tell_permission(&refused, refused.trace.last);
    if (!walked)
        tell_file(&refused, error);
    else if (refused.trace.last)
        set_mount(&refused, refused.trace.last->path);
    if (walked)
        tell_walk(&refused, &refused.trace);
}
