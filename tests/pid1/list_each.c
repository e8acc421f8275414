/* Asks a loader of many files whether all that they need is there: static, so that it runs in any root.
 *
 *   list_each LOADER < PATHS
 *
 * For each line of PATHS, `LOADER --list PATH`, without variables: what it says on stdout and stderr, and then a line
 * "=CODE PATH", where CODE is its exit code, or 128 and the signal that ended it. */

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int list(const char *loader, const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        dup2(1, 2);
        execle(loader, loader, "--list", path, (char *)NULL, (char *[]){NULL});
        perror(loader);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 127;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int count, char **words)
{
    static char path[4096];
    if (count != 2) {
        fputs("usage: list_each LOADER < PATHS\n", stderr);
        return 64;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    while (fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        int code = list(words[1], path);
        printf("=%d %s\n", code, path);
    }
    return 0;
}
