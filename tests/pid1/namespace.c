/* Runs a program in namespaces of its own and leaves nothing behind, whatever becomes of the test:
 *
 *   namespace [OPTIONS] REPORT_FD PROGRAM [ARG...]
 *
 * Three processes: the launcher (killed when the test's process dies), the guard (PID 1 of a PID namespace; killed when the
 * launcher dies, and the namespace with it), and the program: PID 1 of a second namespace within, or with --not-pid-1 an
 * ordinary child of the guard. To REPORT_FD goes "started N" once the program runs, with its number in the guard's
 * namespace, then "status N" with its wait status. The guard stays until it is killed, so that a test can see what is left.
 *
 *   --parent             one more process between the guard and the program, for a test to end
 *   --not-pid-1          --share-proc  the /proc of the caller's namespace, not our own
 *   --root DIR           chroot there; DIR/proc must exist
 *   --bind SOURCE TARGET a bind mount, TARGET inside the root; may be repeated
 *   --outside            no chroot: the mounts are made, and the program sees them below the root's folder
 *   --emulator LINE      a user namespace with emulators of its own, whatever the machine has registered: LINE as
 *                        binfmt_misc takes it, "" for none. Needs Linux 6.7
 *   --no-proc            mount no /proc
 *   --read-only          nothing in the root may be written, but for what is mounted in it
 *   --folder DIR         working folder
 *   --user UID GID       become that user, without groups
 *   --block N, --ignore N, --close FD, --pending N (blocked, and waiting already)
 *   --terminal           standard input becomes the controlling terminal of a new session
 *   --gate FD            the program is executed only when a byte comes from FD (a pipe); "started" is reported before
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BINDS_MOST = 64, CLOSES_MOST = 8 };

static struct {
    int not_pid_1, parent, share_proc, no_proc, read_only, outside, terminal, switch_user, report, gate;
    const char *root, *folder, *emulator;
    const char *binds[BINDS_MOST][2];
    int bind_count, close_count, closes[CLOSES_MOST];
    unsigned user, group;
    unsigned long block, ignore, pending;
    char **program;
} plan;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "namespace: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static void check(int result, const char *what)
{
    if (result < 0)
        fail(what);
}

static unsigned long bit(const char *number)
{
    return 1UL << (atoi(number) - 1);
}

static int read_option(char **word)
{
    const char *name = word[0];
    if (strcmp(name, "--not-pid-1") == 0)
        return plan.not_pid_1 = 1;
    if (strcmp(name, "--parent") == 0)
        return plan.parent = 1;
    if (strcmp(name, "--share-proc") == 0)
        return plan.share_proc = 1;
    if (strcmp(name, "--no-proc") == 0)
        return plan.no_proc = 1;
    if (strcmp(name, "--read-only") == 0)
        return plan.read_only = 1;
    if (strcmp(name, "--outside") == 0)
        return plan.outside = 1;
    if (strcmp(name, "--terminal") == 0)
        return plan.terminal = 1;
    if (strcmp(name, "--root") == 0)
        plan.root = word[1];
    else if (strcmp(name, "--emulator") == 0)
        plan.emulator = word[1];
    else if (strcmp(name, "--folder") == 0)
        plan.folder = word[1];
    else if (strcmp(name, "--block") == 0)
        plan.block |= bit(word[1]);
    else if (strcmp(name, "--ignore") == 0)
        plan.ignore |= bit(word[1]);
    else if (strcmp(name, "--pending") == 0)
        plan.pending |= bit(word[1]);
    else if (strcmp(name, "--close") == 0)
        plan.closes[plan.close_count++ % CLOSES_MOST] = atoi(word[1]);
    else if (strcmp(name, "--gate") == 0)
        plan.gate = atoi(word[1]);
    else if (strcmp(name, "--bind") == 0) {
        plan.binds[plan.bind_count][0] = word[1];
        plan.binds[plan.bind_count++ % BINDS_MOST][1] = word[2];
        return 3;
    } else if (strcmp(name, "--user") == 0) {
        plan.switch_user = 1;
        plan.user = (unsigned)atoi(word[1]);
        plan.group = (unsigned)atoi(word[2]);
        return 3;
    } else {
        errno = EINVAL;
        fail(name);
    }
    return 2;
}

static void mount_in_root(const char *source, const char *target, const char *type, unsigned long flags)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s%s", plan.root ? plan.root : "", target);
    check(mount(source, path, type, flags, NULL), path);
}

/* ---- emulators ---- */

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    check(file, path);
    check((int)write(file, text, strlen(text)), path);
    close(file);
}

/* All ids as they are. Only a process outside may say so. */
static _Noreturn void map_ids(pid_t process, int ready)
{
    char path[64], byte;
    if (read(ready, &byte, 1) != 1)
        _exit(99);
    snprintf(path, sizeof(path), "/proc/%d/uid_map", process);
    write_file(path, "0 0 4294967295");
    snprintf(path, sizeof(path), "/proc/%d/gid_map", process);
    write_file(path, "0 0 4294967295");
    _exit(0);
}

static void enter_user_namespace(void)
{
    int ready[2], status;
    pid_t self = getpid();
    check(pipe2(ready, O_CLOEXEC), "pipe2");
    pid_t helper = fork();
    check(helper, "fork");
    if (helper == 0)
        map_ids(self, ready[0]);
    check(unshare(CLONE_NEWUSER), "unshare");
    check((int)write(ready[1], "", 1), "write");
    check(waitpid(helper, &status, 0), "waitpid");
    if (status)
        fail("the ids were not mapped");
    close(ready[0]);
    close(ready[1]);
}

/* What is registered stays as long as the mount does. The kernel opens the emulator here (flag F), so it need not be in the
 * root. */
static void register_emulator(void)
{
    check(mount("none", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL), "mount binfmt_misc");
    if (*plan.emulator)
        write_file("/proc/sys/fs/binfmt_misc/register", plan.emulator);
}

static void arrange_mounts(void)
{
    check(unshare(CLONE_NEWNS), "unshare");
    check(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount private");
    if (plan.emulator)
        register_emulator();
    if (plan.read_only)
        check(mount(plan.root, plan.root, NULL, MS_BIND | MS_REC, NULL), "mount the root");
    for (int i = 0; i < plan.bind_count; i++)
        mount_in_root(plan.binds[i][0], plan.binds[i][1], NULL, MS_BIND | MS_REC);
    if (plan.share_proc && plan.root)
        mount_in_root("/proc", "/proc", NULL, MS_BIND | MS_REC);
    else if (plan.no_proc && !plan.root)
        check(mount("none", "/proc", "tmpfs", 0, NULL), "hide /proc");
    else if (!plan.share_proc && !plan.no_proc)
        mount_in_root("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    if (plan.read_only)
        check(mount(NULL, plan.root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "mount the root read-only");
    if (plan.root && !plan.outside) {
        check(chroot(plan.root), "chroot");
        check(chdir("/"), "chdir");
    }
}

static void take_terminal(void)
{
    check(setsid(), "setsid");
    check(ioctl(0, TIOCSCTTY, 1), "TIOCSCTTY");
}

static void become_user(void)
{
    check(setgroups(0, NULL), "setgroups");
    check(setresgid(plan.group, plan.group, plan.group), "setresgid");
    check(setresuid(plan.user, plan.user, plan.user), "setresuid");
}

/* All of them, so that nothing of our caller's shows in a test: a program that glibc's posix_spawn started, as make's children
 * are, has 32 and 33 ignored. By the raw call, since musl refuses 32 to 34. */
static void set_signals(void)
{
    for (int number = 1; number <= 64; number++) {
        struct {
            void (*handler)(int);
            unsigned long flags, restorer, mask;
        } action = {.handler = plan.ignore & (1UL << (number - 1)) ? SIG_IGN : SIG_DFL};
        (void)syscall(SYS_rt_sigaction, number, &action, NULL, 8); /* KILL and STOP have no other */
    }
    plan.block |= plan.pending;
    check((int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &plan.block, NULL, 8), "rt_sigprocmask");
    for (int number = 1; number <= 64; number++)
        if (plan.pending & (1UL << (number - 1)))
            kill(getpid(), number);
}

/* A tracer attaches meanwhile. The guard waits for the end of `executed`, so that is shut first. */
static void wait_at_gate(int executed)
{
    char byte;
    check(close(executed), "close");
    if (read(plan.gate, &byte, 1) != 1)
        fail("the gate was never opened");
    close(plan.gate);
}

static _Noreturn void be_program(int executed)
{
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    check(fcntl(plan.report, F_SETFD, FD_CLOEXEC), "fcntl");
    arrange_mounts();
    if (plan.folder)
        check(chdir(plan.folder), plan.folder);
    if (plan.terminal)
        take_terminal();
    if (plan.switch_user)
        become_user();
    prctl(PR_SET_PDEATHSIG, 0); /* the guard's namespace ends us; a test of --pdeathsig starts from nothing */
    set_signals();
    for (int i = 0; i < plan.close_count; i++)
        close(plan.closes[i]);
    if (plan.gate)
        wait_at_gate(executed);
    execv(plan.program[0], plan.program);
    fail(plan.program[0]);
}

static void report(const char *word, int number)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "%s %d\n", word, number);
    if (write(plan.report, line, (size_t)length) != length)
        fail("report");
}

/* A test may wait for the end of what the program was given. */
static void close_above_2_but(int kept)
{
    for (int descriptor = 3; descriptor < 1024; descriptor++)
        if (descriptor != kept)
            close(descriptor);
}

static pid_t fork_program(int executed)
{
    if (!plan.not_pid_1)
        check(unshare(CLONE_NEWPID), "unshare");
    pid_t program = fork();
    check(program, "fork");
    if (program == 0)
        be_program(executed);
    return program;
}

static _Noreturn void be_parent(int executed, int number)
{
    pid_t program = fork_program(executed);
    check((int)write(number, &program, sizeof(program)), "write");
    close_above_2_but(-1);
    for (;;)
        pause();
}

static pid_t fork_by_parent(int executed)
{
    int number[2];
    pid_t program;
    check(pipe2(number, O_CLOEXEC), "pipe2");
    pid_t parent = fork();
    check(parent, "fork");
    if (parent == 0)
        be_parent(executed, number[1]);
    close(number[1]);
    if (read(number[0], &program, sizeof(program)) != sizeof(program))
        fail("the program's number");
    close(number[0]);
    return program;
}

/* As PID 1 it inherits what the program leaves when that isn't PID 1 itself, and the program when its parent has ended. */
static _Noreturn void be_guard(void)
{
    int executed[2], status;
    char byte;
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    check(pipe2(executed, O_CLOEXEC), "pipe2");
    pid_t program = plan.parent ? fork_by_parent(executed[1]) : fork_program(executed[1]);
    close(executed[1]);
    if (read(executed[0], &byte, 1) < 0)
        fail("read");
    close_above_2_but(plan.report);
    report("started", program);
    for (;;) {
        pid_t ended = waitpid(-1, &status, 0);
        if (ended == program)
            report("status", status);
        if (ended < 0 && errno == ECHILD)
            pause();
    }
}

int main(int argc, char **argv)
{
    int i = 1;
    while (i < argc && strncmp(argv[i], "--", 2) == 0)
        i += read_option(argv + i);
    if (argc - i < 2)
        return 99;
    plan.report = atoi(argv[i]);
    plan.program = argv + i + 1;
    pid_t test = getppid();
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    if (getppid() != test)
        return 99;
    if (plan.emulator)
        enter_user_namespace();
    check(unshare(CLONE_NEWPID), "unshare");
    pid_t guard = fork();
    check(guard, "fork");
    if (guard == 0)
        be_guard();
    close_above_2_but(-1);
    int status;
    while (waitpid(guard, &status, 0) < 0 && errno == EINTR)
        continue;
    return status == 0 ? 0 : 99;
}
