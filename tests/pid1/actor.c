/* A program that does as its words say, one after the other: what tests start under asgi-init. Each line that it prints is
 * one write, so lines of several processes don't mix.
 *
 *   say WORD          print it                         state         ids, masks, working folder, terminal: one line
 *   env NAME          its value, or "NAME unset"       fds           the open descriptors
 *   args              the words that follow, and exit  read FD       print what it gives, until its end
 *   write FD WORD     write into a descriptor          touch PATH    make a file
 *   close FD                                         root          all user ids become 0
 *   sleep SECONDS     whatever signals come            pause         for ever
 *   exit N            die SIG                          stop SIG      stop itself by that signal
 *   ignore SIG        catch SIG                        print "got N" whenever it comes
 *   finish SIG SECONDS CODE   on SIG: "stopping", so many seconds later "finished", then exit with CODE
 *   reraise SIG       on SIG: "stopping", then die of it as uvicorn does
 *   take COUNT        block all 64 signals, print so many of them as "took N code C pid P value V"
 *   kill PID SIG      kill-parent SIG                  wait          for all children
 *   group             a process group of its own       session       a session of its own
 *   child WORDS end   a child does these words         orphan WORDS end   a grandchild does, its parent exits at once
 *   times N WORDS end do these words N times           gate, open    all that wait at the gate go on when it is opened
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int *gate;
static double finish_seconds;
static int finish_code;

static void print(const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0 && write(1, line, (size_t)length) < 0)
        return; /* a test may close it */
}

static _Noreturn void fail(const char *what)
{
    print("actor: %s: %s\n", what, strerror(errno));
    _exit(98);
}

static void sleep_for(double seconds)
{
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static void on_catch(int number)
{
    print("got %d\n", number);
}

static void on_finish(int number)
{
    (void)number;
    print("stopping\n");
    sleep_for(finish_seconds);
    print("finished\n");
    _exit(finish_code);
}

static void on_reraise(int number)
{
    print("stopping\n");
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(const char *word, void (*handler)(int))
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    action.sa_handler = handler;
    if (sigaction(atoi(word), &action, NULL) != 0)
        fail("sigaction");
}

static unsigned long from_status(const char *name)
{
    char text[8192], *line;
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = 0;
    close(file);
    line = strstr(text, name);
    return line ? strtoul(line + strlen(name), NULL, 16) : 0;
}

static void print_state(void)
{
    char folder[PATH_MAX] = "?";
    struct winsize size = {0};
    if (!getcwd(folder, sizeof(folder)))
        strcpy(folder, "?");
    ioctl(0, TIOCGWINSZ, &size);
    print("state pid %d parent %d group %d session %d foreground %d size %dx%d blocked %lx ignored %lx folder %s\n",
          getpid(), getppid(), getpgrp(), getsid(0), tcgetpgrp(0), size.ws_col, size.ws_row, from_status("SigBlk:"),
          from_status("SigIgn:"), folder);
}

static void print_descriptors(void)
{
    char line[4096] = "fds";
    for (int i = 0; i < 1024; i++)
        if (fcntl(i, F_GETFD) >= 0)
            sprintf(line + strlen(line), " %d", i);
    print("%s\n", line);
}

static void print_input(int from)
{
    char text[1024];
    ssize_t length;
    while ((length = read(from, text, sizeof(text))) != 0) {
        if (length < 0 && errno != EINTR) {
            print("read failed: %s\n", strerror(errno));
            return;
        }
        if (length > 0)
            print("read %.*s\n", (int)length, text);
    }
    print("read end\n");
}

static void take_signals(int count)
{
    unsigned long all = ~0UL;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    print("taking\n");
    while (count > 0) {
        siginfo_t info = {0};
        long number = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8);
        if (number <= 0)
            continue;
        print("took %ld code %d pid %d value %d\n", number, info.si_code, info.si_pid,
              info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
        count--;
    }
}

static char **skip(char **word)
{
    for (int depth = 1; *word; word++) {
        if (strcmp(*word, "child") == 0 || strcmp(*word, "orphan") == 0 || strcmp(*word, "times") == 0)
            depth++;
        else if (strcmp(*word, "end") == 0 && --depth == 0)
            return word + 1;
    }
    fail("no end");
}

static char **act(char **word);

static char **start(char **word, int orphan)
{
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0 && (!orphan || fork() == 0)) {
        act(word);
        _exit(0);
    }
    if (child == 0)
        _exit(0);
    if (orphan)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    return skip(word);
}

static char **repeat(char **word)
{
    int times = atoi(*word++);
    while (times-- > 0)
        act(word);
    return skip(word);
}

static void pass_gate(void)
{
    while (__atomic_load_n(gate, __ATOMIC_SEQ_CST) == 0)
        syscall(SYS_futex, gate, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void open_gate(void)
{
    __atomic_store_n(gate, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, gate, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void die(int number)
{
    signal(number, SIG_DFL);
    kill(getpid(), number);
    unsigned long none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    for (;;)
        pause();
}

static void wait_for_all(void)
{
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
}

static void print_variable(const char *name)
{
    const char *value = getenv(name);
    print(value ? "%s=%s\n" : "%s unset\n", name, value);
}

static void make_file(const char *path)
{
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    if (file < 0)
        fail(path);
    close(file);
}

static _Noreturn void print_words(char **word)
{
    for (; *word; word++)
        print("arg %s\n", *word);
    _exit(0);
}

/* One word and what belongs to it; returns where the next one begins. */
static char **act_one(char **word)
{
    const char *verb = *word++;
    int number = *word ? atoi(*word) : 0;
#define VERB(name) (strcmp(verb, name) == 0)
    if (VERB("state"))
        return print_state(), word;
    if (VERB("fds"))
        return print_descriptors(), word;
    if (VERB("pause"))
        for (;;)
            pause();
    if (VERB("wait"))
        return wait_for_all(), word;
    if (VERB("group"))
        return setpgid(0, 0), word;
    if (VERB("session"))
        return setsid(), word;
    if (VERB("gate"))
        return pass_gate(), word;
    if (VERB("open"))
        return open_gate(), word;
    if (VERB("root"))
        return setresuid(0, 0, 0) == 0 ? word : (fail("setresuid"), word);
    if (VERB("args"))
        print_words(word);
    if (!*word)
        fail(verb);
    if (VERB("say"))
        return print("%s\n", *word), word + 1;
    if (VERB("env"))
        return print_variable(*word), word + 1;
    if (VERB("read"))
        return print_input(number), word + 1;
    if (VERB("close"))
        return close(number), word + 1;
    if (VERB("touch"))
        return make_file(*word), word + 1;
    if (VERB("sleep"))
        return sleep_for(atof(*word)), word + 1;
    if (VERB("exit"))
        _exit(number);
    if (VERB("die"))
        die(number);
    if (VERB("stop"))
        return kill(getpid(), number), word + 1;
    if (VERB("ignore"))
        return signal(number, SIG_IGN), word + 1;
    if (VERB("catch"))
        return handle(*word, on_catch), word + 1;
    if (VERB("reraise"))
        return handle(*word, on_reraise), word + 1;
    if (VERB("take"))
        return take_signals(number), word + 1;
    if (VERB("kill-parent"))
        return kill(getppid(), number), word + 1;
    if (VERB("child"))
        return start(word, 0);
    if (VERB("orphan"))
        return start(word, 1);
    if (VERB("times"))
        return repeat(word);
    if (!word[1])
        fail(verb);
    if (VERB("write"))
        return write(number, word[1], strlen(word[1])) < 0 ? print("write failed: %s\n", strerror(errno)) : (void)0,
               word + 2;
    if (VERB("kill"))
        return kill(number, atoi(word[1])), word + 2;
    if (VERB("finish") && word[2]) {
        finish_seconds = atof(word[1]);
        finish_code = atoi(word[2]);
        return handle(*word, on_finish), word + 3;
    }
    errno = EINVAL;
    fail(verb);
}

static char **act(char **word)
{
    while (*word && strcmp(*word, "end") != 0)
        word = act_one(word);
    return word;
}

int main(int argc, char **argv)
{
    (void)argc;
    gate = mmap(NULL, sizeof(*gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (gate == MAP_FAILED)
        fail("mmap");
    act(argv + 1);
    return 0;
}
