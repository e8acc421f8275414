#include "checks/walk.h"

#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void close_if_open(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

static enum step_kind kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return STEP_FOLDER;
    if (S_ISLNK(mode))
        return STEP_LINK;
    return S_ISREG(mode) ? STEP_FILE : STEP_OTHER;
}

/* The folder where it stands. */
static struct span stands_on(const struct walk *walk)
{
    return (struct span){walk->real, walk->real_length};
}

static void add_step(struct walk *walk, const char *name, enum step_kind kind, struct span target,
                     const struct stat *status)
{
    trace_describe(trace_add(walk->trace, stands_on(walk), name, kind, target), walk->identity, status);
}

static void add_folder(struct walk *walk)
{
    add_step(walk, "", STEP_FOLDER, SPAN(""), &walk->status);
}

/* The walk ends at the step that was added last. */
static int walk_fails_here(struct walk *walk, int error)
{
    if (walk->trace && walk->trace->last)
        walk->trace->last->error = error;
    return error;
}

/* The walk ends because the folder where it stands may not be searched. */
static int walk_is_forbidden(struct walk *walk)
{
    struct trace *trace = walk->trace;
    struct span folder = walk->real_length ? stands_on(walk) : SPAN("/");
    if (trace && !(trace->last && span_equal(trace->last->path, folder)))
        add_folder(walk);
    return walk_fails_here(walk, EACCES);
}

static int walk_fails_at(struct walk *walk, const char *name, int error)
{
    if (error == EACCES)
        return walk_is_forbidden(walk);
    trace_add(walk->trace, stands_on(walk), name, error == ENOENT ? STEP_MISSING : STEP_FAILED, SPAN(""));
    return walk_fails_here(walk, error);
}

static bool walk_may_search(const struct walk *walk)
{
    return reader_identity_may(walk->identity, &walk->status, 1);
}

static void walk_stand_on(struct walk *walk, int folder, const struct stat *status)
{
    close_if_open(walk->folder);
    walk->folder = folder;
    walk->status = *status;
}

static int walk_to_root(struct walk *walk)
{
    struct stat status;
    int folder = fcntl(walk->root, F_DUPFD_CLOEXEC, 0);
    if (folder < 0)
        return errno;
    if (fstat(folder, &status) != 0) {
        int error = errno;
        close(folder);
        return error;
    }
    walk_stand_on(walk, folder, &status);
    walk->real_length = 0;
    return 0;
}

static int walk_up(struct walk *walk)
{
    struct stat status;
    if (!walk->real_length)
        return 0;
    if (!walk_may_search(walk))
        return walk_is_forbidden(walk);
    int folder = system_open_at(walk->folder, "..", O_PATH | O_DIRECTORY);
    if (folder < 0 || fstat(folder, &status) != 0) {
        int error = errno;
        close_if_open(folder);
        return walk_fails_at(walk, "..", error);
    }
    walk_stand_on(walk, folder, &status);
    while (walk->real[--walk->real_length] != '/')
        ;
    return 0;
}

/* Puts a link's target before what is still to be walked. */
static int walk_follow(struct walk *walk, const char *target, size_t length)
{
    if (++walk->links > LINKS_MOST)
        return walk_fails_here(walk, ELOOP);
    if (!length)
        return walk_fails_here(walk, ENOENT);
    if (length > walk->rest_start)
        return walk_fails_here(walk, ENAMETOOLONG);
    walk->rest_start -= length;
    memcpy(walk->rest + walk->rest_start, target, length);
    return target[0] == '/' ? walk_to_root(walk) : 0;
}

static int walk_enter(struct walk *walk, const char *name, int folder, const struct stat *status)
{
    size_t length = strlen(name);
    if (walk->real_length + 1 + length >= sizeof(walk->real)) {
        close(folder);
        return walk_fails_here(walk, ENAMETOOLONG);
    }
    walk->real[walk->real_length] = '/';
    memcpy(walk->real + walk->real_length + 1, name, length);
    walk->real_length += 1 + length;
    walk_stand_on(walk, folder, status);
    return 0;
}

static int walk_through_link(struct walk *walk, const char *name, int link, const struct stat *status)
{
    char target[PATH_MOST];
    ssize_t length = readlinkat(link, "", target, sizeof(target));
    int error = errno;
    close(link);
    if (length < 0)
        return walk_fails_at(walk, name, error);
    struct span span = {target, (size_t)length};
    add_step(walk, name, STEP_LINK, span, status);
    return walk_follow(walk, target, span.length);
}

/* One component; `is_last` when nothing follows, `asks_folder` when a "/" does. */
static int walk_component(struct walk *walk, const char *name, bool is_last, bool asks_folder)
{
    struct stat status;
    if (!walk_may_search(walk))
        return walk_is_forbidden(walk);
    int found = system_open_at(walk->folder, name, O_PATH | O_NOFOLLOW);
    if (found < 0 || fstat(found, &status) != 0) {
        int error = errno;
        close_if_open(found);
        return walk_fails_at(walk, name, error);
    }
    if (S_ISLNK(status.st_mode) && (!is_last || asks_folder || walk->follows_last))
        return walk_through_link(walk, name, found, &status);
    add_step(walk, name, kind_of(status.st_mode), SPAN(""), &status);
    if (S_ISDIR(status.st_mode))
        return walk_enter(walk, name, found, &status);
    if (!is_last || asks_folder) {
        close(found);
        return walk_fails_here(walk, ENOTDIR);
    }
    walk->end = found;
    walk->status = status;
    memcpy(walk->name, name, strlen(name) + 1);
    return 0;
}

/* Takes the next component off `rest`: false at the end. */
static bool walk_next(struct walk *walk, struct span *component)
{
    const char *end = walk->rest + sizeof(walk->rest);
    const char *at = walk->rest + walk->rest_start;
    while (at < end && *at == '/')
        at++;
    const char *slash = memchr(at, '/', (size_t)(end - at));
    *component = (struct span){at, (size_t)((slash ? slash : end) - at)};
    walk->rest_start = (size_t)(at + component->length - walk->rest);
    return component->length > 0;
}

static bool walk_is_at_last(const struct walk *walk)
{
    for (size_t i = walk->rest_start; i < sizeof(walk->rest); i++) {
        if (walk->rest[i] != '/')
            return false;
    }
    return true;
}

static int walk_steps(struct walk *walk)
{
    struct span component;
    char name[NAME_MAX + 1];
    int error = 0;
    while (!error && walk_next(walk, &component)) {
        size_t shown = component.length < NAME_MAX ? component.length : NAME_MAX;
        memcpy(name, component.at, shown);
        name[shown] = '\0';
        if (component.length > NAME_MAX)
            error = walk_fails_at(walk, name, ENAMETOOLONG);
        else if (span_is(component, ".."))
            error = walk_up(walk);
        else if (!span_is(component, "."))
            error = walk_component(walk, name, walk_is_at_last(walk), walk->rest_start < sizeof(walk->rest));
    }
    return error;
}

static void walk_finish(struct walk *walk, int error)
{
    struct trace *trace = walk->trace;
    if (!trace)
        return;
    trace->error = error;
    if (error || !trace->last)
        return;
    struct text real = TEXT_ON(trace->real_path);
    text_span(&real, stands_on(walk));
    if (walk->name[0] || !walk->real_length)
        text_join(&real, "/", walk->name, NULL);
    trace->real = text_as_span(&real);
    /* After a link or `..` the end may be an earlier step. */
    if (!walk->name[0] && !span_equal(trace->last->path, trace->real))
        add_folder(walk);
}

int walk_check(struct span path)
{
    if (!path.length)
        return ENOENT;
    if (path.at[0] != '/' || span_has(path, '\0'))
        return EINVAL;
    return path.length >= PATH_MOST ? ENAMETOOLONG : 0;
}

static int walk_begin(struct walk *walk, struct span path)
{
    int error = walk_check(path);
    if (error)
        return error;
    walk->rest_start = sizeof(walk->rest) - path.length;
    memcpy(walk->rest + walk->rest_start, path.at, path.length);
    error = walk_to_root(walk);
    if (!error)
        add_folder(walk);
    return error;
}

int walk_path(struct walk *walk, int root, const struct reader_identity *identity, struct span path,
              struct trace *trace, bool follows_last)
{
    walk->root = root;
    walk->identity = identity;
    walk->trace = trace;
    walk->follows_last = follows_last;
    walk->links = 0;
    walk->folder = walk->end = -1;
    walk->name[0] = '\0';
    walk->real_length = 0;
    if (trace)
        trace_start(trace);
    int error = walk_begin(walk, path);
    if (!error)
        error = walk_steps(walk);
    walk_finish(walk, error);
    return error;
}

void walk_close(struct walk *walk)
{
    close_if_open(walk->folder);
    close_if_open(walk->end);
}
