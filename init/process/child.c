#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "process/terminal.h"

static const char shell[] = "/bin/sh";

/* What the child writes into the pipe. CHILD_SHELL without an error only announces the shell. */
struct outcome {
    enum child_step step;
    int error;
};

/* A script as execve(2) refuses it: no #! line, and no NUL in its first line, which is how shells tell text from a
 * program for another machine. */
static bool is_shell_text(const char *path)
{
    char bytes[128];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    ssize_t length = read(file, bytes, sizeof(bytes));
    close(file);
    for (ssize_t i = 0; i < length && bytes[i] != '\n'; i++)
        if (bytes[i] == 0)
            return false;
    return length >= 0;
}

static struct outcome execute_by_shell(const struct child_plan *plan)
{
    static char *words[CHILD_WORDS_MOST];
    static char name[] = "/bin/sh";
    static char script[4096];
    struct text path = TEXT_ON(script);
    text_add(&path, plan->path);
    size_t count = 0;
    words[count++] = name;
    words[count++] = script;
    for (size_t i = 1; plan->argv[0] && plan->argv[i]; i++) {
        if (count == CHILD_WORDS_MOST - 1)
            return (struct outcome){CHILD_SHELL, E2BIG};
        words[count++] = plan->argv[i];
    }
    words[count] = NULL;
    if (path.cut)
        return (struct outcome){CHILD_SHELL, ENAMETOOLONG};
    execve(shell, words, plan->envp);
    return (struct outcome){CHILD_SHELL, errno};
}

/* The last steps, alike for a child and for --exec. Returns only on failure. `report` is -1 or the pipe. */
static struct outcome execute(const struct child_plan *plan, const struct signal_state *given, int report)
{
    if (!signals_restore(given))
        return (struct outcome){CHILD_SIGNALS, errno};
    execve(plan->path, plan->argv, plan->envp);
    int error = errno;
    if (error != ENOEXEC || !is_shell_text(plan->path))
        return (struct outcome){CHILD_EXEC, error};
    struct outcome announced = {CHILD_SHELL, 0};
    if (report >= 0 && write(report, &announced, sizeof(announced)) < 0)
        return (struct outcome){CHILD_PIPE, errno};
    return execute_by_shell(plan);
}

static void remove_word(char **words, const char *start)
{
    char **to = words;
    for (char **from = words; *from; from++)
        if (!span_starts(span_of(*from), start))
            *to++ = *from;
    *to = NULL;
}

/* sd_listen_fds(3) takes the descriptors only when LISTEN_PID is the process that asks. */
static void pass_listen_pid(char **envp, pid_t before)
{
    static char ours[32], childs[32];
    struct text was = TEXT_ON(ours), is = TEXT_ON(childs);
    text_add(&was, "LISTEN_PID=");
    text_signed(&was, before);
    text_add(&is, "LISTEN_PID=");
    text_signed(&is, getpid());
    for (char **entry = envp; *entry; entry++)
        if (strcmp(*entry, ours) == 0) {
            *entry = childs;
            remove_word(envp, "LISTEN_PIDFDID=");
            return;
        }
}

static _Noreturn void fail_child(int report, struct outcome outcome)
{
    while (write(report, &outcome, sizeof(outcome)) < 0 && errno == EINTR)
        continue;
    _exit(EXIT_NOT_FOUND);
}

static _Noreturn void be_child(const struct child_plan *plan, const struct signal_state *given, pid_t parent,
                               bool foreground, int report)
{
    setpgid(0, 0);
    if (foreground)
        terminal_give(getpid());
    pass_listen_pid(plan->envp, parent);
    if (plan->death_signal) {
        prctl(PR_SET_PDEATHSIG, plan->death_signal);
        if (getppid() != parent) /* it died before the line above */
            fail_child(report, (struct outcome){CHILD_PARENT, ESRCH});
    }
    fail_child(report, execute(plan, given, report));
}

/* Above 2, so that a standard descriptor that we were given closed stays closed in the child until it executes. */
static bool open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        if (ends[i] > 2)
            continue;
        int above = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);
        if (above < 0) {
            int error = errno;
            close(ends[0]);
            close(ends[1]);
            errno = error;
            return false;
        }
        close(ends[i]);
        ends[i] = above;
    }
    return true;
}

/* Until the pipe's end: the child has executed, has failed, or is dead. */
static void read_outcome(int report, struct child_result *result)
{
    struct outcome outcome;
    for (;;) {
        ssize_t length = read(report, &outcome, sizeof(outcome));
        if (length < 0 && errno == EINTR)
            continue;
        if (length != (ssize_t)sizeof(outcome))
            return;
        if (outcome.step == CHILD_SHELL)
            result->by_shell = true;
        if (outcome.step == CHILD_SHELL && outcome.error == 0)
            continue;
        result->step = outcome.step;
        result->error = outcome.error;
    }
}

static void reap_failed(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Until it executes, a child by vfork(2) is lent our memory and we stand still: nothing is copied, which would take as long as
 * executing does. All signals are blocked and none has a handler, so nothing but be_child runs in that memory. Where the C
 * library has no vfork of the machine it is a fork, and all the same is true. */
static pid_t make_child(const struct child_plan *plan, const struct signal_state *given, bool foreground, int report)
{
    pid_t parent = getpid();
    pid_t pid = vfork();
    if (pid == 0)
        be_child(plan, given, parent, foreground, report);
    return pid;
}

struct child_result child_start(const struct child_plan *plan, const struct signal_state *given)
{
    int ends[2];
    if (!open_pipe(ends))
        return (struct child_result){.step = CHILD_PIPE, .error = errno};
    bool foreground = terminal_is_ours();
    pid_t pid = make_child(plan, given, foreground, ends[1]);
    struct child_result result = {.pid = pid, .step = CHILD_STARTED};
    if (pid < 0)
        result = (struct child_result){.step = CHILD_FORK, .error = errno};
    else
        setpgid(pid, pid); /* here too: after a fork a signal for the group may come before the child has run */
    close(ends[1]);
    if (pid > 0)
        read_outcome(ends[0], &result);
    close(ends[0]);
    if (pid > 0 && result.step != CHILD_STARTED) {
        reap_failed(pid);
        result.pid = 0;
        if (foreground)
            terminal_give(getpgrp());
    }
    return result;
}

/* A message of ours that nobody read has left a SIGPIPE behind: what we become must not die of it. */
static void forget_own_pipe(void)
{
    siginfo_t info;
    if (signals_wait(signal_bit(SIGPIPE), 0, &info) == SIGPIPE && info.si_pid != getpid())
        kill(getpid(), SIGPIPE);
}

struct child_result child_replace(const struct child_plan *plan, const struct signal_state *given)
{
    forget_own_pipe();
    struct outcome outcome = execute(plan, given, -1);
    struct signal_state restored;
    signals_block(&restored);
    return (struct child_result){.step = outcome.step, .error = outcome.error, .by_shell = outcome.step == CHILD_SHELL};
}

enum exit_code child_exit_code(const struct child_result *result)
{
    if (result->step == CHILD_STARTED)
        return EXIT_OK;
    if (result->step != CHILD_EXEC && result->step != CHILD_SHELL)
        return EXIT_SYSTEM;
    switch (result->error) {
    case ENOENT:
    case ENOTDIR:
        return EXIT_NOT_FOUND;
    case ENOMEM:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case EIO:
        return EXIT_SYSTEM;
    default:
        return EXIT_NOT_EXECUTABLE;
    }
}

const char *child_step_name(enum child_step step)
{
    static const char names[][18] = {
        [CHILD_STARTED] = "started",
        [CHILD_PIPE] = "pipe2",
        [CHILD_FORK] = "fork",
        [CHILD_PARENT] = "prctl",
        [CHILD_SIGNALS] = "rt_sigprocmask",
        [CHILD_EXEC] = "execve",
        [CHILD_SHELL] = "execve of /bin/sh",
    };
    return names[step];
}
