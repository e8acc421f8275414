#include "checks/program_file.h"

#include "checks/broken_path.h"
#include "facts/python_version.h"

#include <elf.h>
#include <errno.h>

/* What a judgement is about. */
struct judgement {
    const struct scene *scene;
    const struct candidate *candidate;
    const struct trace *trace;
    struct program_file *file;
};

static struct finding *begin(const struct judgement *judgement, enum rule rule)
{
    const struct scene *scene = judgement->scene;
    struct finding *finding = findings_add(scene->findings, rule);
    broken_path_wanted(scene, finding, judgement->candidate);
    finding_set(scene->findings, finding, "real", judgement->trace->real);
    const struct mount *mount = broken_path_mount(scene, finding, judgement->candidate, judgement->trace->real);
    if (mount && finding_value(finding, "bind"))
        finding_set(scene->findings, finding, "inside", host_path_in(mount, judgement->trace->real));
    broken_path_chain(scene, finding, judgement->trace, "file");
    return finding;
}

/* ---- the file itself ---- */

static const char *kind_of(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

static bool refuse_kind(const struct judgement *judgement)
{
    const struct scene *scene = judgement->scene;
    const struct step *end = judgement->trace->last;
    struct finding *finding = begin(judgement, RULE_PROGRAM_NOT_A_FILE);
    char buffer[PATH_MOST];
    struct text example = TEXT_ON(buffer);
    if (end->kind == STEP_FOLDER)
        finding_set_string(scene->findings, finding, "folder", "yes");
    finding_set_string(scene->findings, finding, "what", kind_of(end->mode));
    text_span(&example, judgement->candidate->path);
    text_add(&example, "/bin/python");
    if (end->kind == STEP_FOLDER && reader_exists(scene->reader, text_as_span(&example)))
        finding_set(scene->findings, finding, "example", text_as_span(&example));
    return false;
}

static bool refuse_mount(const struct judgement *judgement)
{
    begin(judgement, RULE_PROGRAM_ON_NOEXEC_MOUNT);
    return false;
}

static bool refuse_mode(const struct judgement *judgement)
{
    const struct scene *scene = judgement->scene;
    const struct step *end = judgement->trace->last;
    struct finding *finding = begin(judgement, RULE_PROGRAM_NOT_EXECUTABLE);
    broken_path_owner(scene, finding, end->mode, end->uid);
    if (!(end->mode & 0111))
        finding_set_string(scene->findings, finding, "nobody", "yes");
    if (reader_identity_permits(&scene->reader->identity, end->mode, end->uid, end->gid, 1))
        finding_set_string(scene->findings, finding, "allowed", "yes");
    return false;
}

/* ---- its format ---- */

/* 32-bit programs of the same family run on most kernels. */
static bool may_run(const struct elf *elf)
{
    struct elf own = elf_of_this_machine();
    bool is_family =
        (own.machine == EM_X86_64 && elf->machine == EM_386) || (own.machine == EM_AARCH64 && elf->machine == EM_ARM);
    return !own.machine || is_family || elf_same_machine(&own, elf);
}

static void warn_of_machine(const struct judgement *judgement)
{
    struct findings *findings = judgement->scene->findings;
    const struct elf *elf = &judgement->file->program.elf;
    struct elf own = elf_of_this_machine();
    const char *name = elf_machine_name(elf);
    struct finding *finding = begin(judgement, RULE_PROGRAM_FOR_OTHER_MACHINE);
    finding_set_string(findings, finding, "machine", name ? name : "another machine");
    finding_set_string(findings, finding, "own", elf_machine_name(&own));
    finding_set_string(findings, finding, "platform", elf_platform(&own));
    finding_weaken(finding, SEVERITY_WARNING);
    judgement->file->other_machine = true;
}

static bool refuse_system(const struct judgement *judgement)
{
    struct findings *findings = judgement->scene->findings;
    bool is_macos = judgement->file->program.kind == PROGRAM_MACH_O;
    struct finding *finding = begin(judgement, RULE_PROGRAM_FOR_OTHER_SYSTEM);
    finding_set_string(findings, finding, "system", is_macos ? "macOS" : "Windows");
    finding_set_string(findings, finding, "format",
                       is_macos ? "Mach-O, the format of macOS" : "PE, the format of Windows");
    return false;
}

const char *program_file_damage(const struct program *program)
{
    if (program->kind == PROGRAM_EMPTY)
        return "empty";
    if (program->kind == PROGRAM_GIT_LFS)
        return "a pointer of Git LFS";
    if (program->kind == PROGRAM_ARCHIVE)
        return "an archive";
    if (program->kind == PROGRAM_ELF)
        return program->elf.malformed ? "a damaged ELF file" : "an ELF file whose end is missing";
    return program->kind == PROGRAM_TEXT ? "a text without #! in its first line" : "of no known format";
}

static bool refuse_damaged(const struct judgement *judgement)
{
    struct findings *findings = judgement->scene->findings;
    const struct program *program = &judgement->file->program;
    struct finding *finding = begin(judgement, RULE_PROGRAM_DAMAGED);
    const char *key = program->kind == PROGRAM_GIT_LFS            ? "lfs"
                      : program->prefix == PREFIX_BYTE_ORDER_MARK ? "prefix"
                      : program->kind == PROGRAM_TEXT             ? "script"
                                                                  : "broken";
    finding_set_string(findings, finding, key, "yes");
    finding_set_string(findings, finding, "what", program_file_damage(program));
    finding_set_number(findings, finding, "size", judgement->file->size);
    return false;
}

/* ---- a script's first line ---- */

static struct finding *begin_script(const struct judgement *judgement)
{
    struct span head = {judgement->file->head, judgement->file->length};
    struct span line = span_first(span_split(&head, '\n'), 120);
    struct finding *finding = begin(judgement, RULE_SCRIPT_LINE_BROKEN);
    finding_set(judgement->scene->findings, finding, "line", line);
    return finding;
}

static bool refuse_script_line(const struct judgement *judgement, const char *why)
{
    finding_set_string(judgement->scene->findings, begin_script(judgement), why, "yes");
    return false;
}

static bool refuse_script_interpreter(const struct judgement *judgement, struct span interpreter,
                                      const struct trace *trace)
{
    struct findings *findings = judgement->scene->findings;
    struct finding *finding = begin_script(judgement);
    struct python_version version;
    finding_set(findings, finding, "interpreter", interpreter);
    finding_set(findings, finding, "missing", trace->last ? trace->last->path : interpreter);
    if (span_ends(interpreter, "\r"))
        finding_set_string(findings, finding, "carriage_return", "yes");
    else if (python_name_read(span_base_name(interpreter), &version))
        finding_set_string(findings, finding, "python", "yes");
    if (!python_name_read(span_base_name(judgement->candidate->path), &version))
        finding_set(findings, finding, "module", span_base_name(judgement->candidate->path));
    return false;
}

/* The kernel looks for the interpreter as it stands there; what `env` finds is not judged, but for a name that ends in a
 * carriage return, which no program has. */
static bool judge_script(const struct judgement *judgement)
{
    const struct script_line *line = &judgement->file->program.script;
    struct trace trace;
    if (line->too_long)
        return refuse_script_line(judgement, "too_long");
    if (!line->interpreter.length)
        return refuse_script_line(judgement, "no_interpreter");
    trace.last = NULL;
    if (line->interpreter.at[0] == '/' && reader_walk(judgement->scene->reader, line->interpreter, &trace) != 0)
        return refuse_script_interpreter(judgement, line->interpreter, &trace);
    if (line->by_env && span_ends(line->program, "\r"))
        return refuse_script_interpreter(judgement, line->program, &trace);
    return true;
}

static bool judge_format(const struct judgement *judgement)
{
    const struct program *program = &judgement->file->program;
    switch (program->kind) {
    case PROGRAM_ELF:
        if (program->elf.malformed || program->elf.truncated)
            return refuse_damaged(judgement);
        if (judgement->scene->reader->is_ours && !may_run(&program->elf))
            warn_of_machine(judgement);
        return true;
    case PROGRAM_SCRIPT:
        return judge_script(judgement);
    case PROGRAM_MACH_O:
    case PROGRAM_PE:
        return refuse_system(judgement);
    case PROGRAM_EMPTY:
    case PROGRAM_GIT_LFS:
    case PROGRAM_ARCHIVE:
    case PROGRAM_TEXT:
    case PROGRAM_OTHER:
        break;
    }
    return refuse_damaged(judgement);
}

/* The segment table of an ELF file mostly follows its header, but need not. */
static void read_segments(const struct judgement *judgement)
{
    char table[PROGRAM_HEAD];
    size_t length = 0;
    struct elf *elf = &judgement->file->program.elf;
    if (judgement->file->program.kind != PROGRAM_ELF || elf->malformed || elf->has_segments ||
        elf->table_size > sizeof(table))
        return;
    reader_read(judgement->scene->reader, judgement->trace->real, elf->table_offset, table, (size_t)elf->table_size,
                &length);
    elf_read_segments(elf, (struct span){table, length}, judgement->file->size);
}

/* A file that may be started but not read starts all the same: 0711 is no mistake of an image. */
static bool read_head(const struct judgement *judgement)
{
    struct program_file *file = judgement->file;
    struct stat status;
    const struct reader *reader = judgement->scene->reader;
    if (reader_stat(reader, judgement->trace->real, &status) != 0 ||
        reader_read(reader, judgement->trace->real, 0, file->head, sizeof(file->head), &file->length) != 0)
        return false;
    file->size = (uint64_t)status.st_size;
    program_read(&file->program, (struct span){file->head, file->length}, file->size);
    read_segments(judgement);
    return true;
}

bool program_file_judge(const struct scene *scene, const struct candidate *candidate, const struct trace *trace,
                        struct program_file *file)
{
    struct judgement judgement = {scene, candidate, trace, file};
    file->other_machine = false;
    file->size = 0;
    file->length = 0;
    file->program.kind = PROGRAM_OTHER;
    if (trace->last->kind != STEP_FILE)
        return refuse_kind(&judgement);
    if (host_forbids_programs(scene->host, trace->real))
        return refuse_mount(&judgement);
    if (reader_may(scene->reader, trace->real, 1) == EACCES)
        return refuse_mode(&judgement);
    return !read_head(&judgement) || judge_format(&judgement);
}
