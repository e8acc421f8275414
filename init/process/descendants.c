#include "process/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/system.h"
#include "base/text.h"

enum { PATH_MOST = 64, LEVELS_MOST = 16, STATUS_MOST = 4096 };

static int open_file(struct span of, pid_t process, const char *name)
{
    char path[PATH_MOST];
    struct text text = TEXT_ON(path);
    text_span(&text, of);
    text_signed(&text, process);
    text_add(&text, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_some(int file, char *bytes, size_t size)
{
    ssize_t length;
    do
        length = read(file, bytes, size);
    while (length < 0 && errno == EINTR);
    return length;
}

/* A short file of /proc, in one read: these are made whole when they are read. */
static struct span read_file(pid_t process, const char *name, char *bytes, size_t size)
{
    int file = open_file(SPAN("/proc/"), process, name);
    if (file < 0)
        return (struct span){0};
    ssize_t length = read_some(file, bytes, size);
    close(file);
    return (struct span){bytes, length > 0 ? (size_t)length : 0};
}

bool descendants_known(void)
{
    char bytes[PATH_MOST];
    ssize_t length = readlink("/proc/self", bytes, sizeof(bytes));
    uint64_t number;
    if (length <= 0 || !span_number((struct span){bytes, (size_t)length}, INT32_MAX, &number) ||
        (pid_t)number != getpid())
        return false;
    return access("/proc/thread-self/children", R_OK) == 0;
}

struct walk {
    bool deep;
    unsigned level;
    bool failed;
    void (*visit)(void *, pid_t);
    void *context;
    char folder[PATH_MOST]; /* /proc/PID/task/, of the process whose threads are visited */
};

static bool visit_children_of_process(struct walk *walk, pid_t process);

static void visit_child(struct walk *walk, pid_t child)
{
    if (child <= 0)
        return;
    walk->visit(walk->context, child);
    if (walk->deep)
        visit_children_of_process(walk, child);
}

/* Numbers, each followed by a blank; a number may be cut by the end of what one read gives. */
static void visit_children_of_thread(void *context, int thread)
{
    struct walk *walk = context;
    char bytes[512];
    ssize_t length;
    pid_t child = 0;
    int file = open_file(span_of(walk->folder), thread, "/children");
    walk->failed |= file < 0;
    if (file < 0)
        return;
    while ((length = read_some(file, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < length; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                child = child * 10 + (bytes[i] - '0');
                continue;
            }
            visit_child(walk, child);
            child = 0;
        }
    walk->failed |= length < 0;
    close(file);
}

static bool visit_children_of_process(struct walk *walk, pid_t process)
{
    struct walk below = *walk;
    if (walk->level == LEVELS_MOST)
        return false;
    below.failed = false;
    below.level++;
    struct text folder = TEXT_ON(below.folder);
    text_add(&folder, "/proc/");
    text_signed(&folder, process);
    text_add(&folder, "/task/");
    return system_each_number(below.folder, visit_children_of_thread, &below) && !below.failed;
}

bool descendants_each(bool deep, void (*visit)(void *context, pid_t process), void *context)
{
    struct walk walk = {.deep = deep, .visit = visit, .context = context};
    return visit_children_of_process(&walk, getpid());
}

uint64_t process_handled_signals(pid_t process)
{
    char bytes[STATUS_MOST];
    struct span status = read_file(process, "/status", bytes, sizeof(bytes));
    uint64_t handled = 0;
    while (status.at) {
        struct span line = span_split(&status, '\n');
        if (span_starts(line, "SigCgt:") && span_hex(span_trim(span_from(line, 7)), UINT64_MAX, &handled))
            return handled;
    }
    return 0;
}

void process_name(pid_t process, char name[PROCESS_NAME_MOST])
{
    char bytes[PROCESS_NAME_MOST];
    struct span comm = read_file(process, "/comm", bytes, sizeof(bytes));
    struct text text = text_on(name, PROCESS_NAME_MOST);
    text_span(&text, span_split(&comm, '\n'));
}
