#include "process/supervise.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system.h"
#include "process/descendants.h"
#include "process/leftovers.h"
#include "process/terminal.h"

enum {
    FIRST_LOOK = 250,
    LAST_LOOK = 60000,
    SIGNALS_A_TURN = 64, /* so that a flood of signals doesn't keep us from reaping, nor the other way round */
    REAPED_A_TURN = 1024,
};

/* ------------------------------------------------------------------------------------------------------- before it runs */

int supervise_stop_pending(const struct supervise_options *options)
{
    uint64_t pending = signals_pending() & supervise_stops(options);
    for (int number = 1; number <= SIGNAL_LAST; number++)
        if (pending & signal_bit(number))
            return number;
    return 0;
}

bool supervise_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

bool supervise_die_with_parent(int signal, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0)
        return false;
    if (getppid() != parent) /* it died before the kernel knew our wish; blocked, so it waits for supervise */
        kill(getpid(), signal);
    return true;
}

/* ------------------------------------------------------------------------------------------------------------ forwarding */

/* With the value of sigqueue(3) and its real sender where that is possible: the kernel allows it for SI_QUEUE. */
static bool queue_to_child(pid_t child, int sent, const siginfo_t *info)
{
    if (info->si_code != SI_QUEUE || info->si_signo != sent)
        return false;
    return syscall(SYS_rt_sigqueueinfo, child, sent, info) == 0;
}

/* The child's group may be gone or not be its own any more; the child itself is there until we reap it. */
static int send_to_child(const struct supervision *supervision, int sent, const siginfo_t *info)
{
    pid_t child = supervision->child;
    if (supervision->options->to_group && kill(-child, sent) == 0)
        return 0;
    if (!supervision->options->to_group && info && queue_to_child(child, sent, info))
        return 0;
    return kill(child, sent) == 0 ? 0 : errno;
}

static void forward(struct supervision *supervision, int sent, const siginfo_t *info)
{
    int error = send_to_child(supervision, sent, info);
    const struct supervise_news news = {.signal = info->si_signo, .sent = sent, .sender = info->si_pid, .error = error};
    supervision_say(supervision, error ? SUPERVISE_FORWARD_FAILED : SUPERVISE_FORWARDED, &news);
    supervision->fate->forwarded |= error ? 0 : signal_bit(sent);
    if (sent == SIGTSTP || sent == SIGTTIN || sent == SIGTTOU)
        supervision->forwarded |= signal_bit(sent);
}

/* The whole group was stopped if it was stopped from the terminal. */
static void continue_child(struct supervision *supervision)
{
    if (kill(-supervision->child, SIGCONT) != 0)
        kill(supervision->child, SIGCONT);
    supervision->stopped = false;
}

static void begin_time_to_stop(struct supervision *supervision)
{
    int64_t now = system_milliseconds(), timeout = supervision->options->stop_timeout;
    if (supervision->fate->stop_began != 0)
        return;
    supervision->fate->stop_began = now;
    supervision->due[DEADLINE_WAITING] = now + SUPERVISE_WAITING_AFTER;
    supervision->due[DEADLINE_STOP] = timeout ? now + timeout : 0;
}

static void begin_stop(struct supervision *supervision, int sent, const siginfo_t *info)
{
    supervision->handled = process_handled_signals(supervision->child);
    begin_time_to_stop(supervision);
    forward(supervision, sent, info);
    if (supervision->stopped)
        continue_child(supervision);
}

static void record_stop(struct supervision *supervision, int sent, const siginfo_t *info)
{
    struct fate *fate = supervision->fate;
    fate->stops_sent |= signal_bit(sent);
    if (fate->stop_signal != 0)
        return;
    fate->stop_signal = info->si_signo;
    fate->stop_from_kernel = info->si_code == SI_KERNEL;
    fate->stop_sender = fate->stop_from_kernel ? 0 : info->si_pid;
}

static void delay_stop(struct supervision *supervision, int sent, const siginfo_t *info)
{
    int64_t delay = supervision->options->stop_delay;
    const struct supervise_news news = {.signal = info->si_signo, .sender = info->si_pid, .milliseconds = delay};
    supervision->delayed = sent;
    supervision->due[DEADLINE_DELAY] = system_milliseconds() + delay;
    supervision_say(supervision, SUPERVISE_DELAYING, &news);
}

/* A second stop signal ends the delay: whoever sends it means it. */
static void stop(struct supervision *supervision, int sent, const siginfo_t *info)
{
    bool first = supervision->fate->stop_signal == 0;
    record_stop(supervision, sent, info);
    if (first && supervision->options->stop_delay > 0) {
        delay_stop(supervision, sent, info);
        return;
    }
    supervision->due[DEADLINE_DELAY] = 0;
    begin_stop(supervision, sent, info);
}

/* A terminal that is ours again (`fg` in a shell) belongs to the child. True when it was stopped and goes on. */
static bool go_on(struct supervision *supervision)
{
    bool stopped = supervision->stopped;
    if (terminal_is_ours())
        terminal_give(supervision->child);
    if (stopped)
        continue_child(supervision);
    return stopped;
}

/* What is about us and not for the child: our own doings (SIGPIPE of a message that nobody reads), the terminal's job
 * control, which the child's group gets by itself, our own limit of CPU time. */
static bool is_for_us(int number, const siginfo_t *info)
{
    if (number == SIGCHLD)
        return true;
    if (info->si_code == SI_KERNEL)
        return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU || number == SIGXCPU;
    return info->si_code == SI_USER && info->si_pid == getpid() &&
           (number == SIGPIPE || number == SIGTSTP || number == SIGXFSZ);
}

static void signal_leftovers(struct supervision *supervision, int sent, const siginfo_t *info)
{
    if (supervise_stops(supervision->options) & signal_bit(info->si_signo)) {
        record_stop(supervision, sent, info);
        begin_time_to_stop(supervision);
    }
    leftovers_forward(supervision, sent);
}

static void take_signal(struct supervision *supervision, int number, const siginfo_t *info)
{
    int sent = supervision->options->map[number];
    if (is_for_us(number, info))
        return;
    if (sent == 0) {
        const struct supervise_news news = {.signal = number, .sender = info->si_pid};
        supervision_say(supervision, SUPERVISE_DROPPED, &news);
        return;
    }
    if (supervision->child == 0) {
        signal_leftovers(supervision, sent, info);
        return;
    }
    if (sent == SIGCONT && go_on(supervision))
        return;
    if (supervise_stops(supervision->options) & signal_bit(number))
        stop(supervision, sent, info);
    else
        forward(supervision, sent, info);
}

/* --------------------------------------------------------------------------------------------------------------- reaping */

/* As without an init in between: we stop too, with our whole group, until a shell lets us go on; then SIGCONT waits for us.
 * The kernel stops only those that somebody can continue. Otherwise, and as PID 1, the child goes on at once, but not to
 * want the terminal again that it can't have. */
static void suspend_with_child(struct supervision *supervision, int number)
{
    const struct supervise_news news = {.pid = supervision->child, .signal = number};
    supervision_say(supervision, SUPERVISE_SUSPENDED, &news);
    if (getpid() != 1) {
        if (terminal_is_held_by(supervision->child))
            terminal_give(getpgrp());
        signals_suspend();
        if (signals_pending() & signal_bit(SIGCONT))
            return;
    }
    if (getpid() == 1 || terminal_is_ours())
        terminal_give(supervision->child);
    if (number == SIGTSTP || terminal_is_held_by(supervision->child))
        continue_child(supervision);
}

/* A stop that a process asked for, through us or directly, is left alone, as is one without our terminal; but not while
 * the child is to end, which it can't while it is stopped. */
static void child_stopped(struct supervision *supervision, int number)
{
    uint64_t bit = signal_bit(number);
    bool ours = supervision->forwarded & bit;
    bool wants_terminal = (number == SIGTTIN || number == SIGTTOU) && terminal_exists();
    supervision->stopped = true;
    supervision->forwarded &= ~bit;
    if (supervision->fate->stop_began != 0 && !wants_terminal) {
        continue_child(supervision);
        return;
    }
    if (ours)
        return;
    bool foreground = terminal_is_held_by(supervision->child);
    if ((number == SIGTSTP && foreground) || wants_terminal)
        suspend_with_child(supervision, number);
}

static void child_ended(struct supervision *supervision, int status)
{
    struct fate *fate = supervision->fate;
    fate->status = status;
    fate->ended = system_milliseconds();
    fate->in_foreground = terminal_is_held_by(supervision->child);
    supervision->child = 0;
    supervision->due[DEADLINE_LOOK] = 0;
    supervision->due[DEADLINE_DELAY] = 0;
}

static void orphan_ended(struct supervision *supervision, pid_t process, int status, const char *name)
{
    const struct supervise_news news = {.pid = process, .name = name, .status = status};
    supervision->fate->orphans_reaped++;
    leftovers_forget(supervision, process);
    supervision_say(supervision, SUPERVISE_ORPHAN_REAPED, &news);
}

static void process_changed(struct supervision *supervision, pid_t process, int status, const char *name)
{
    if (process != supervision->child) {
        if (!WIFSTOPPED(status) && !WIFCONTINUED(status))
            orphan_ended(supervision, process, status, name);
    } else if (WIFSTOPPED(status)) {
        child_stopped(supervision, WSTOPSIG(status));
    } else if (WIFCONTINUED(status)) {
        supervision->stopped = false;
    } else {
        child_ended(supervision, status);
    }
}

/* A name can only be read before its process is reaped. Returns whom to reap: the one that is named, or anyone. */
static pid_t name_next(char name[PROCESS_NAME_MOST])
{
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid <= 0)
        return -1;
    process_name(info.si_pid, name);
    return info.si_pid;
}

/* Of the child alone: asked about all, the kernel looks for stops through every child that lives, with its list locked,
 * which makes many orphans several times slower. */
static void notice_stop(struct supervision *supervision)
{
    siginfo_t info = {0};
    if (supervision->child == 0 ||
        waitid(P_PID, (id_t)supervision->child, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0 || info.si_pid == 0)
        return;
    if (info.si_code == CLD_CONTINUED)
        supervision->stopped = false;
    else
        child_stopped(supervision, info.si_status);
}

/* The only waiter. SIGCHLD merges, so one says nothing of how many. Nobody left with the child not seen to end happens
 * when something else made its end unknowable; then the child is gone all the same. */
static void reap(struct supervision *supervision)
{
    int how = supervision->deaf ? WUNTRACED | WCONTINUED : WNOHANG;
    supervision->busy = false;
    notice_stop(supervision);
    for (unsigned i = 0; i < REAPED_A_TURN; i++) {
        char name[PROCESS_NAME_MOST] = "";
        int status;
        pid_t next = supervision->options->name_orphans ? name_next(name) : -1;
        pid_t process = waitpid(next, &status, how);
        if (process < 0 && errno == EINTR)
            continue;
        if (process == 0)
            return;
        if (process < 0) {
            supervision->childless = true;
            if (supervision->child != 0) {
                supervision->fate->status_unknown = true;
                child_ended(supervision, 0);
            }
            return;
        }
        process_changed(supervision, process, status, name);
        if (supervision->deaf)
            return;
    }
    supervision->busy = true;
}

/* -------------------------------------------------------------------------------------------------------------- deadlines */

static void look(struct supervision *supervision)
{
    const struct supervise_options *options = supervision->options;
    int64_t *due = &supervision->due[DEADLINE_LOOK];
    bool done = options->look(options->context) || supervision->look_after >= LAST_LOOK;
    supervision->look_after *= 2;
    if (supervision->look_after > LAST_LOOK)
        supervision->look_after = LAST_LOOK;
    *due = done ? 0 : supervision->fate->started + supervision->look_after;
}

static void say_waiting(struct supervision *supervision)
{
    const struct fate *fate = supervision->fate;
    char name[PROCESS_NAME_MOST] = "";
    pid_t process = supervision->child ? supervision->child : leftovers_one(supervision);
    if (process)
        process_name(process, name);
    int64_t since = fate->stop_began ? fate->stop_began : fate->ended;
    const struct supervise_news news = {.pid = process, .name = name, .milliseconds = system_milliseconds() - since};
    supervision_say(supervision, SUPERVISE_WAITING, &news);
}

static void kill_child(struct supervision *supervision)
{
    char name[PROCESS_NAME_MOST];
    process_name(supervision->child, name);
    int error = send_to_child(supervision, SIGKILL, NULL);
    if (error == 0 && supervision->options->to_group)
        kill(supervision->child, SIGKILL); /* it may have left the group that was its own */
    supervision->fate->killed_by_timeout = error == 0;
    const struct supervise_news news = {.pid = supervision->child,
                                        .name = name,
                                        .signal = SIGKILL,
                                        .sent = SIGKILL,
                                        .error = error,
                                        .milliseconds = supervision->options->stop_timeout};
    supervision_say(supervision, error ? SUPERVISE_FORWARD_FAILED : SUPERVISE_KILLED_BY_TIMEOUT, &news);
}

static void meet(struct supervision *supervision, enum deadline deadline)
{
    const siginfo_t delayed = {.si_signo = supervision->fate->stop_signal};
    switch (deadline) {
    case DEADLINE_LOOK:
        look(supervision);
        break;
    case DEADLINE_DELAY:
        begin_stop(supervision, supervision->delayed, &delayed);
        break;
    case DEADLINE_WAITING:
        say_waiting(supervision);
        break;
    case DEADLINE_STOP:
        supervision->child ? kill_child(supervision) : leftovers_lose_patience(supervision);
        break;
    case DEADLINE_ORPHANS:
        leftovers_expire(supervision);
        break;
    case DEADLINE_COUNT:
        break;
    }
}

static void meet_deadlines(struct supervision *supervision)
{
    int64_t now = system_milliseconds();
    for (unsigned i = 0; i < DEADLINE_COUNT; i++)
        if (supervision->due[i] != 0 && supervision->due[i] <= now) {
            supervision->due[i] = 0;
            meet(supervision, (enum deadline)i);
        }
}

/* -1: for ever. */
static int64_t time_left(const struct supervision *supervision)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; i < DEADLINE_COUNT; i++)
        if (supervision->due[i] != 0 && supervision->due[i] < next)
            next = supervision->due[i];
    if (supervision->busy)
        return 0;
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - system_milliseconds();
    return left > 0 ? left : 0;
}

/* -------------------------------------------------------------------------------------------------------------- the loop */

static void receive(struct supervision *supervision, int64_t milliseconds, uint64_t mask)
{
    siginfo_t info;
    int number = signals_wait(mask, milliseconds, &info);
    for (unsigned i = 0; number > 0; i++) {
        take_signal(supervision, number, &info);
        if (i == SIGNALS_A_TURN)
            return;
        number = signals_wait(UINT64_MAX & ~signal_bit(SIGCHLD), 0, &info);
    }
    if (number < 0) {
        const struct supervise_news news = {.error = errno};
        supervision->deaf = true;
        supervision_say(supervision, SUPERVISE_WAIT_FAILED, &news);
    }
}

/* Signals before the dead: a stop that was sent to all of us at once was asked for, even if the child was quicker. */
static void turn(struct supervision *supervision)
{
    if (!supervision->deaf)
        receive(supervision, time_left(supervision), UINT64_MAX);
    reap(supervision);
    if (supervision->child == 0 && !supervision->leftovers.begun)
        return; /* what is due is about the child, or about leftovers that nobody has told yet */
    if (supervision->leftovers.begun && supervision->leftovers.changed)
        leftovers_tell(supervision);
    meet_deadlines(supervision);
}

static void outlive_child(struct supervision *supervision)
{
    if (!supervision->deaf) {
        receive(supervision, 0, UINT64_MAX & ~signal_bit(SIGCHLD));
        reap(supervision);
    }
    if (supervision->childless || supervision->deaf)
        return;
    leftovers_begin(supervision);
    while (!supervision->childless && !supervision->deaf)
        turn(supervision);
}

static void begin(struct supervision *supervision)
{
    const struct supervise_options *options = supervision->options;
    supervision->fate->started = system_milliseconds();
    if (options->look) {
        supervision->look_after = FIRST_LOOK;
        supervision->due[DEADLINE_LOOK] = supervision->fate->started + FIRST_LOOK;
    }
    if (chdir("/") != 0)
        return; /* our own root can't be searched: we stay where we are, which only pins a mount */
}

void supervise(const struct supervise_options *options, pid_t child, struct fate *fate)
{
    static struct supervision supervision;
    supervision = (struct supervision){.options = options, .fate = fate, .child = child};
    *fate = (struct fate){0};
    system_close_above_2(options->keep);
    begin(&supervision);
    reap(&supervision); /* of children from before we were asgi-init no signal comes any more */
    while (supervision.child != 0)
        turn(&supervision);
    outlive_child(&supervision);
    if (fate->in_foreground)
        terminal_give(getpgrp());
    if (!supervision.deaf) /* what came while we ended still says whether the end was asked for */
        receive(&supervision, 0, UINT64_MAX & ~signal_bit(SIGCHLD));
}
