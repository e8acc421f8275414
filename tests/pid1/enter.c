/* Runs a program of a root folder there, as a user: static, so that variables meant for the program's loader change nothing here.
 *
 *   enter ROOT UID PROGRAM ARGUMENT...
 *
 * Exits as the program does; 127 when it can't be started, with the kernel's reason on stderr. */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 127;
}

int main(int count, char **words)
{
    if (count < 4)
        return fail("usage: enter ROOT UID PROGRAM ARGUMENT...");
    unsigned id = (unsigned)strtoul(words[2], NULL, 10);
    if (chroot(words[1]) != 0 || chdir("/") != 0)
        return fail(words[1]);
    if (id && (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0))
        return fail(words[2]);
    execv(words[3], words + 3);
    return fail(words[3]);
}
