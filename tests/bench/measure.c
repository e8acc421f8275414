/* What bench.py measures with. The times are nanoseconds, one a line:
 *
 *   measure nothing              exit with 0: the smallest program there is
 *   measure pause                stay until killed
 *   measure start TIMES WORD...  from before fork to after wait of WORD..., so many times
 *   measure exec TIMES WORD...   from the exec of WORD... to the next exec of it or of a process that it made; then all are killed
 *   measure signal TIMES WORD... start WORD... 'measure answer FD', and take the time from kill to the answer
 *   measure answer FD            write a byte at the start, and one for each SIGUSR1
 *   measure orphans COUNT        as a child of PID 1: leave it so many orphans that end in the same moment, take the time until
 *                                the last one is reaped; then print how many kB PID 1 has grown by
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STACK_BYTES = 2048, POLL_NANOSECONDS = 20000, WORDS_MOST = 64, NUMBER_MOST = 16, WARM_UP = 10 };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(99);
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int wait_for(pid_t process)
{
    int status;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    return status;
}

static pid_t start(char **words)
{
    pid_t process = vfork();
    if (process == 0) {
        execvp(words[0], words);
        _exit(127);
    }
    if (process < 0)
        fail("vfork");
    return process;
}

static void measure_start(int times, char **words)
{
    while (times-- > 0) {
        long long before = now();
        int status = wait_for(start(words));
        printf("%lld\n", now() - before);
        if (status != 0) {
            fprintf(stderr, "measure: %s ended with status %d\n", words[0], status);
            exit(98);
        }
    }
}

/* ---- from exec to exec, told by ptrace(2): the processes run freely but for a stop at each fork and exec ---- */

static pid_t trace(char **words)
{
    pid_t process = fork();
    if (process == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0)
            execvp(words[0], words);
        _exit(127);
    }
    int status;
    if (process < 0 || waitpid(process, &status, 0) < 0)
        fail("fork");
    long options =
        PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (ptrace(PTRACE_SETOPTIONS, process, NULL, options) != 0 || ptrace(PTRACE_CONT, process, NULL, NULL) != 0)
        fail("ptrace");
    return process;
}

/* What each stop is passed on with: a signal of its own, and none for the stops that tracing makes. */
static long signal_of(int status)
{
    int number = WSTOPSIG(status);
    return status >> 16 != 0 || number == SIGSTOP || number == SIGTRAP ? 0 : number;
}

static long long await_exec(int most, pid_t *found)
{
    int status;
    while (most-- > 0 && (*found = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status) && status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)))
            return now();
        if (WIFSTOPPED(status) && ptrace(PTRACE_CONT, *found, NULL, signal_of(status)) != 0)
            fail("ptrace");
    }
    fputs("measure: no exec came\n", stderr);
    exit(97);
}

static void measure_exec(int times, char **words)
{
    enum { STOPS_MOST = 1000 };
    while (times-- > 0) {
        pid_t process = trace(words), at;
        long long before = await_exec(STOPS_MOST, &at);
        ptrace(PTRACE_CONT, at, NULL, NULL);
        printf("%lld\n", await_exec(STOPS_MOST, &at) - before);
        kill(at, SIGKILL);
        kill(process, SIGKILL);
        while (waitpid(-1, NULL, __WALL) > 0)
            continue;
    }
}

/* ---- a signal's way ---- */

static void await_answer(int from)
{
    char byte;
    ssize_t length;
    while ((length = read(from, &byte, 1)) < 0 && errno == EINTR)
        continue;
    if (length != 1)
        fail("read");
}

static void measure_signal(int times, const char *program, char **words)
{
    static char answer[] = "answer";
    char number[NUMBER_MOST], *all[WORDS_MOST], copy[PATH_MAX];
    int pipes[2], count = 0;
    if (pipe(pipes) != 0)
        fail("pipe");
    snprintf(number, sizeof(number), "%d", pipes[1]);
    snprintf(copy, sizeof(copy), "%s", program);
    while (words[count] && count < WORDS_MOST - 4) {
        all[count] = words[count];
        count++;
    }
    all[count++] = copy;
    all[count++] = answer;
    all[count++] = number;
    all[count] = NULL;
    pid_t process = start(all);
    close(pipes[1]);
    for (await_answer(pipes[0]); times-- > 0;) {
        long long before = now();
        kill(process, SIGUSR1);
        await_answer(pipes[0]);
        printf("%lld\n", now() - before);
    }
    kill(process, SIGTERM);
    wait_for(process);
}

static void answer_signals(int to)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    while (write(to, "a", 1) == 1)
        sigwait(&set, &number);
}

/* ---- orphans: they share their memory, so that 20,000 of them fit anywhere ---- */

static struct shared {
    int gate;
    pid_t processes[];
} * shared;

static int wait_at_gate(void *nothing)
{
    (void)nothing;
    while (__atomic_load_n(&shared->gate, __ATOMIC_SEQ_CST) == 0)
        syscall(SYS_futex, &shared->gate, FUTEX_WAIT, 0, NULL, NULL, 0);
    _exit(0);
}

static void *map(size_t size, int flags)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    if (at == MAP_FAILED)
        fail("mmap");
    return at;
}

static void leave_orphans(int count)
{
    pid_t parent = fork();
    if (parent < 0)
        fail("fork");
    if (parent == 0) {
        char *stacks = map((size_t)count * STACK_BYTES, MAP_PRIVATE);
        for (int i = 0; i < count; i++) {
            char *top = stacks + (size_t)(i + 1) * STACK_BYTES;
            shared->processes[i] = clone(wait_at_gate, top, CLONE_VM | SIGCHLD, NULL);
            if (shared->processes[i] < 0)
                fail("clone");
        }
        _exit(0);
    }
    if (wait_for(parent) != 0)
        fail("orphans");
}

static void await_reaped(int count)
{
    const struct timespec moment = {0, POLL_NANOSECONDS};
    for (int i = 0; i < count; i++)
        while (kill(shared->processes[i], 0) == 0)
            nanosleep(&moment, NULL);
}

static long private_memory(void)
{
    char line[256];
    long sum = 0, kilobytes;
    FILE *file = fopen("/proc/1/smaps_rollup", "re");
    if (!file)
        fail("/proc/1/smaps_rollup");
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "Private_%*[^:]: %ld", &kilobytes) == 1)
            sum += kilobytes;
    fclose(file);
    return sum;
}

static long long time_orphans(int count)
{
    __atomic_store_n(&shared->gate, 0, __ATOMIC_SEQ_CST);
    leave_orphans(count);
    long long before = now();
    __atomic_store_n(&shared->gate, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &shared->gate, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    await_reaped(count);
    return now() - before;
}

/* A few before, so that PID 1 has begun its work, and touched what it needs for it. */
static void measure_orphans(int count)
{
    shared = map(sizeof(*shared) + (size_t)(count + WARM_UP) * sizeof(pid_t), MAP_SHARED);
    time_orphans(WARM_UP);
    long memory = private_memory();
    long long time = time_orphans(count);
    printf("%lld\n%ld\n", time, private_memory() - memory);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(what, "nothing") == 0)
        return 0;
    if (strcmp(what, "pause") == 0)
        for (;;)
            pause();
    if (strcmp(what, "start") == 0 && argc > 3)
        measure_start(number, argv + 3);
    else if (strcmp(what, "exec") == 0 && argc > 3)
        measure_exec(number, argv + 3);
    else if (strcmp(what, "signal") == 0 && argc > 2)
        measure_signal(number, argv[0], argv + 3);
    else if (strcmp(what, "answer") == 0 && argc == 3)
        answer_signals(number);
    else if (strcmp(what, "orphans") == 0 && argc == 3)
        measure_orphans(number);
    else
        return 64;
    return 0;
}
