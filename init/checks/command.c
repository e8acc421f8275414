#include "checks/command.h"

#include <errno.h>
#include <string.h>

static int judge(const struct scene *scene, struct span path)
{
    struct stat status;
    int error = reader_stat(scene->reader, path, &status);
    if (error)
        return error;
    if (!S_ISREG(status.st_mode) ||
        !reader_permits(&scene->reader->identity, status.st_mode, status.st_uid, status.st_gid, 1))
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

void command_not_found(const struct scene *scene, struct span name, struct span search_path, int error)
{
    bool one_string = span_has(name, ' ');
    struct finding *finding =
        findings_add(scene->findings, one_string ? RULE_COMMAND_IS_ONE_STRING : RULE_COMMAND_NOT_FOUND);
    finding_set(scene->findings, finding, "command", name);
    finding_set(scene->findings, finding, "path", search_path);
    finding_set_string(scene->findings, finding, "error", strerror(error));
}

void command_explain(const struct scene *scene, struct span path, int error)
{
    enum rule rule = error == ENOENT || error == ENOTDIR ? RULE_COMMAND_NOT_FOUND : RULE_COMMAND_NOT_EXECUTABLE;
    struct finding *finding = findings_add(scene->findings, rule);
    finding_set(scene->findings, finding, "command", path);
    finding_set_string(scene->findings, finding, "error", strerror(error));
}
