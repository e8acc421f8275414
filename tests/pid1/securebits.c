/* Prints the securebits of a process, which /proc doesn't show: makes it call prctl(PR_GET_SECUREBITS) itself, by ptrace(2).
 *
 *   securebits PID
 *
 * It must be waiting in a system call, as PID 1 does: the instruction before the one where it goes on is the call's own. What
 * it was doing goes on afterwards as after any signal that it doesn't handle. */

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

struct registers {
#ifdef __x86_64__
    struct user_regs_struct all;
#else
    unsigned long long x[31], sp, pc, pstate;
#endif
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "securebits: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void check(long result, const char *what)
{
    if (result < 0)
        fail(what);
}

static void wait_for_stop(pid_t process)
{
    int status;
    check(waitpid(process, &status, __WALL), "waitpid");
    if (!WIFSTOPPED(status))
        fail("it has ended");
}

static void transfer(pid_t process, int request, struct registers *registers)
{
    struct iovec part = {registers, sizeof(*registers)};
    check(ptrace(request, process, (void *)NT_PRSTATUS, &part), "PTRACE_GETREGSET, PTRACE_SETREGSET");
}

/* One instruction before where it stands, and no call of its own to be restarted meanwhile. */
static struct registers calling(struct registers registers)
{
#ifdef __x86_64__
    registers.all.rip -= 2;
    registers.all.rax = SYS_prctl;
    registers.all.orig_rax = ~0ULL;
    registers.all.rdi = PR_GET_SECUREBITS;
#else
    registers.pc -= 4;
    registers.x[8] = SYS_prctl;
    registers.x[0] = PR_GET_SECUREBITS;
#endif
    return registers;
}

static long long result_of(const struct registers *registers)
{
#ifdef __x86_64__
    return (long long)registers->all.rax;
#else
    return (long long)registers->x[0];
#endif
}

int main(int count, char **words)
{
    struct registers before, during;
    if (count != 2)
        return 1;
    pid_t process = atoi(words[1]);
    check(ptrace(PTRACE_SEIZE, process, 0, 0), "PTRACE_SEIZE");
    check(ptrace(PTRACE_INTERRUPT, process, 0, 0), "PTRACE_INTERRUPT");
    wait_for_stop(process);
    transfer(process, PTRACE_GETREGSET, &before);
    during = calling(before);
    transfer(process, PTRACE_SETREGSET, &during);
    check(ptrace(PTRACE_SINGLESTEP, process, 0, 0), "PTRACE_SINGLESTEP");
    wait_for_stop(process);
    transfer(process, PTRACE_GETREGSET, &during);
    transfer(process, PTRACE_SETREGSET, &before);
    check(ptrace(PTRACE_DETACH, process, 0, 0), "PTRACE_DETACH");
    printf("%lld\n", result_of(&during));
    return 0;
}
