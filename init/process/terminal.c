#include "process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Opened for each use: a descriptor that we kept would keep the other side from seeing the terminal's end. */
static int terminal_open(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0 || errno == ENXIO)
        return terminal;
    for (int standard = 0; standard <= 2; standard++)
        if (tcgetpgrp(standard) >= 0)
            return fcntl(standard, F_DUPFD_CLOEXEC, 3);
    return -1;
}

bool terminal_exists(void)
{
    int terminal = terminal_open();
    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

bool terminal_is_held_by(pid_t group)
{
    int terminal = terminal_open();
    if (terminal < 0)
        return false;
    bool held = tcgetpgrp(terminal) == group;
    close(terminal);
    return held;
}

bool terminal_is_ours(void)
{
    return terminal_is_held_by(getpgrp());
}

bool terminal_give(pid_t group)
{
    int terminal = terminal_open();
    if (terminal < 0)
        return false;
    bool given = tcsetpgrp(terminal, group) == 0;
    close(terminal);
    return given;
}
