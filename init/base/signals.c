#include "base/signals.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct signal_row {
    char name[8];
    int number;
};

/* The first name of a number is the one that is shown. */
static const struct signal_row rows[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},     {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},       {"FPE", SIGFPE},   {"KILL", SIGKILL},   {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},   {"TERM", SIGTERM},
    {"STKFLT", 16},    {"CHLD", SIGCHLD},     {"CONT", SIGCONT}, {"STOP", SIGSTOP},   {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},
    {"PROF", SIGPROF}, {"VTALRM", SIGVTALRM}, {"IO", SIGIO},     {"WINCH", SIGWINCH}, {"PWR", SIGPWR},
    {"SYS", SIGSYS},   {"IOT", SIGABRT},      {"POLL", SIGIO},   {"CLD", SIGCHLD},
};

static bool is_letters(struct span span, const char *letters)
{
    for (size_t i = 0; i < span.length; i++) {
        char byte = span.at[i];
        if (byte >= 'a' && byte <= 'z')
            byte = (char)(byte - 'a' + 'A');
        if (letters[i] == 0 || byte != letters[i])
            return false;
    }
    return letters[span.length] == 0;
}

/* RTMIN, RTMIN+3, RTMAX, RTMAX-2. */
static int real_time_number(struct span name)
{
    enum { BASE_LENGTH = 5 };
    struct span base = span_first(name, BASE_LENGTH);
    bool from_first = is_letters(base, "RTMIN");
    if (!from_first && !is_letters(base, "RTMAX"))
        return 0;
    uint64_t offset = 0;
    if (name.length > BASE_LENGTH) {
        if (name.at[BASE_LENGTH] != (from_first ? '+' : '-'))
            return 0;
        if (!span_number(span_from(name, BASE_LENGTH + 1), SIGNAL_RTMAX - SIGNAL_RTMIN, &offset))
            return 0;
    }
    return from_first ? SIGNAL_RTMIN + (int)offset : SIGNAL_RTMAX - (int)offset;
}

uint64_t signal_bit(int number)
{
    return number < 1 || number > SIGNAL_LAST ? 0 : (uint64_t)1 << (number - 1);
}

int signal_number(struct span name)
{
    uint64_t number;
    if (span_number(name, SIGNAL_LAST, &number))
        return (int)number;
    if (is_letters(span_first(name, 3), "SIG"))
        name = span_from(name, 3);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (is_letters(name, rows[i].name))
            return rows[i].number;
    return real_time_number(name);
}

static void add_real_time_name(struct text *text, int number)
{
    enum { LAST_FROM_FIRST = SIGNAL_RTMIN + 15 };
    bool from_first = number <= LAST_FROM_FIRST;
    int offset = from_first ? number - SIGNAL_RTMIN : SIGNAL_RTMAX - number;
    text_add(text, from_first ? "SIGRTMIN" : "SIGRTMAX");
    if (offset == 0)
        return;
    text_byte(text, from_first ? '+' : '-');
    text_signed(text, offset);
}

void signal_add_name(struct text *text, int number)
{
    if (number >= SIGNAL_RTMIN && number <= SIGNAL_RTMAX) {
        add_real_time_name(text, number);
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rows[i].number == number) {
            text_join(text, "SIG", rows[i].name, NULL);
            return;
        }
    text_add(text, "signal ");
    text_signed(text, number);
}

static bool change_mask(int how, uint64_t mask, uint64_t *before)
{
    return syscall(SYS_rt_sigprocmask, how, &mask, before, sizeof(mask)) == 0;
}

bool signals_block(struct signal_state *given)
{
    if (!change_mask(SIG_SETMASK, UINT64_MAX, &given->mask))
        return false;
    struct sigaction child;
    if (sigaction(SIGCHLD, NULL, &child) != 0)
        return false;
    given->child_ignored = child.sa_handler == SIG_IGN;
    child.sa_handler = SIG_DFL;
    return !given->child_ignored || sigaction(SIGCHLD, &child, NULL) == 0;
}

bool signals_restore(const struct signal_state *given)
{
    if (given->child_ignored) {
        struct sigaction child = {.sa_handler = SIG_IGN};
        if (sigaction(SIGCHLD, &child, NULL) != 0)
            return false;
    }
    return change_mask(SIG_SETMASK, given->mask, NULL);
}

uint64_t signals_pending(void)
{
    uint64_t pending = 0;
    return syscall(SYS_rt_sigpending, &pending, sizeof(pending)) == 0 ? pending : 0;
}

int signals_wait(uint64_t mask, int64_t milliseconds, siginfo_t *info)
{
    struct timespec time = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    long number = syscall(SYS_rt_sigtimedwait, &mask, info, milliseconds < 0 ? NULL : &time, sizeof(mask));
    if (number >= 0)
        return (int)number;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void signals_suspend(void)
{
    uint64_t stop = signal_bit(SIGTSTP);
    kill(0, SIGTSTP);
    change_mask(SIG_UNBLOCK, stop, NULL);
    change_mask(SIG_BLOCK, stop, NULL);
}
