#include "process/leftovers.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/system.h"
#include "process/descendants.h"

/* After SIGKILL only the kernel can hold a process (a dead network disk). Then we go: as PID 1 that ends it too. */
enum { KILL_AGAIN_AFTER = 500, KILLS_MOST = 10 };

struct send {
    struct supervision *supervision;
    int signal;
    unsigned count;
    pid_t last;
};

static void send_to_one(void *context, pid_t process)
{
    struct send *send = context;
    if (kill(process, send->signal) != 0)
        return;
    send->count++;
    send->last = process;
}

static bool is_told(const struct leftovers *leftovers, pid_t process)
{
    for (unsigned i = 0; i < leftovers->told_count; i++)
        if (leftovers->told[i] == process)
            return true;
    return false;
}

static void tell_one(void *context, pid_t process)
{
    struct send *send = context;
    struct leftovers *leftovers = &send->supervision->leftovers;
    if (is_told(leftovers, process))
        return;
    if (leftovers->told_count < TOLD_MOST)
        leftovers->told[leftovers->told_count++] = process;
    send_to_one(send, process);
    kill(process, SIGCONT);
}

void leftovers_forget(struct supervision *supervision, pid_t process)
{
    struct leftovers *leftovers = &supervision->leftovers;
    leftovers->changed = true;
    for (unsigned i = 0; i < leftovers->told_count; i++)
        if (leftovers->told[i] == process)
            leftovers->told[i] = leftovers->told[--leftovers->told_count];
}

static void tell_everyone(struct leftovers *leftovers)
{
    leftovers->everyone = true;
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
}

/* A patient stop tells only our own children: a server tells its workers itself, and in its own order. Where the kernel has
 * no memory for the list, that is no time for an order. */
static unsigned tell_listed(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    struct send send = {.supervision = supervision, .signal = SIGTERM};
    leftovers->listed = descendants_each(!leftovers->patient, tell_one, &send);
    if (!leftovers->listed && getpid() == 1)
        tell_everyone(leftovers);
    return send.count;
}

void leftovers_tell(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    leftovers->changed = false;
    if (leftovers->everyone || !leftovers->listed)
        return;
    if (tell_listed(supervision) > 0 && leftovers->patient)
        supervision->due[DEADLINE_ORPHANS] = system_milliseconds() + supervision->options->orphan_timeout;
}

/* Died of the signal that asked it to stop, without a handler: so it can't have told anyone. On a terminal the signal
 * came to it without us, and shells are the ones that die of it. */
static bool died_untold(const struct supervision *supervision)
{
    const struct fate *fate = supervision->fate;
    if (fate->killed_by_timeout || !WIFSIGNALED(fate->status))
        return false;
    uint64_t cause = signal_bit(WTERMSIG(fate->status));
    if (fate->stop_signal == 0)
        return fate->in_foreground && WTERMSIG(fate->status) == SIGINT;
    return (cause & fate->stops_sent) && !(cause & supervision->handled);
}

void leftovers_begin(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    int64_t now = system_milliseconds();
    unsigned count = 0;
    leftovers->begun = true;
    leftovers->listed = descendants_known();
    leftovers->patient = died_untold(supervision);
    if (getpid() == 1 && !(leftovers->patient && leftovers->listed))
        tell_everyone(leftovers);
    else if (leftovers->listed)
        count = tell_listed(supervision);
    supervision->due[DEADLINE_ORPHANS] = now + supervision->options->orphan_timeout;
    supervision->due[DEADLINE_WAITING] = now + SUPERVISE_WAITING_AFTER;
    if (!leftovers->patient)
        supervision->due[DEADLINE_STOP] = 0;
    const struct supervise_news news = {.sent = SIGTERM, .count = count};
    supervision_say(supervision, SUPERVISE_LEFTOVERS, &news);
}

void leftovers_forward(struct supervision *supervision, int sent)
{
    struct send send = {.supervision = supervision, .signal = sent};
    if (supervision->leftovers.listed)
        descendants_each(false, send_to_one, &send);
}

static void kill_one(void *context, pid_t process)
{
    struct send *send = context;
    bool patient = send->supervision->leftovers.patient;
    if (!patient || !(process_handled_signals(process) & signal_bit(SIGTERM)))
        send_to_one(send, process);
}

static void say_killed(struct supervision *supervision, const struct send *send)
{
    char name[PROCESS_NAME_MOST] = "";
    if (send->last)
        process_name(send->last, name);
    bool hurried = supervision->leftovers.hurried && send->last;
    int64_t since = hurried ? supervision->fate->stop_began : supervision->fate->ended;
    const struct supervise_news news = {
        .pid = send->last, .name = name, .count = send->count, .milliseconds = system_milliseconds() - since};
    supervision_say(supervision, hurried ? SUPERVISE_KILLED_BY_TIMEOUT : SUPERVISE_LEFTOVERS_KILLED, &news);
}

static void kill_leftovers(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    struct send send = {.supervision = supervision, .signal = SIGKILL};
    if (leftovers->listed)
        descendants_each(!leftovers->patient, kill_one, &send);
    if (leftovers->everyone)
        kill(-1, SIGKILL);
    supervision->fate->leftovers_killed += send.count;
    if (leftovers->kills++ == 0 && (send.count > 0 || leftovers->everyone))
        say_killed(supervision, &send);
}

void leftovers_expire(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    supervision->due[DEADLINE_ORPHANS] = 0;
    if ((!leftovers->everyone && !leftovers->listed) || leftovers->kills == KILLS_MOST) {
        supervision->childless = true; /* nothing that we could do to those that are left */
        return;
    }
    if (leftovers->patient && !leftovers->listed)
        return; /* nobody can tell who handles TERM: all may take their time */
    kill_leftovers(supervision);
    if (!leftovers->patient)
        supervision->due[DEADLINE_ORPHANS] = system_milliseconds() + KILL_AGAIN_AFTER;
}

void leftovers_lose_patience(struct supervision *supervision)
{
    struct leftovers *leftovers = &supervision->leftovers;
    leftovers->patient = false;
    leftovers->hurried = true;
    leftovers->everyone = getpid() == 1;
    leftovers->kills = 0;
    leftovers_expire(supervision);
}

static void keep_one(void *context, pid_t process)
{
    pid_t *one = context;
    if (*one == 0)
        *one = process;
}

pid_t leftovers_one(const struct supervision *supervision)
{
    pid_t one = 0;
    if (supervision->leftovers.listed)
        descendants_each(false, keep_one, &one);
    return one;
}
