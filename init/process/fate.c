#include "process/fate.h"

#include <sys/wait.h>

#include "base/exit_code.h"
#include "base/signals.h"

int fate_exit_code(const struct fate *fate, bool zero_when_asked)
{
    bool asked = fate->stop_signal != 0;
    if (fate->killed_by_timeout && WIFSIGNALED(fate->status) && WTERMSIG(fate->status) == SIGKILL)
        return EXIT_BY_SIGNAL + SIGKILL;
    if (fate->status_unknown)
        return zero_when_asked && asked ? EXIT_OK : EXIT_SYSTEM;
    if (!WIFSIGNALED(fate->status))
        return WEXITSTATUS(fate->status);
    if (zero_when_asked && asked && (signal_bit(WTERMSIG(fate->status)) & fate->stops_sent))
        return EXIT_OK;
    return EXIT_BY_SIGNAL + WTERMSIG(fate->status);
}
