/* Runs a program in a cgroup namespace whose root is the group that this process is in:
 *
 *   cgroup_namespace PROGRAM ARGUMENT... */

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count > 1 && unshare(CLONE_NEWCGROUP) == 0)
        execv(words[1], words + 1);
    perror("cgroup_namespace");
    return 99;
}
