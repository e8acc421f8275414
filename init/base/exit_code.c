#include "base/exit_code.h"

const struct exit_code_row exit_code_rows[] = {
    {"0", "as asked: the server was told to stop and did, the command ended with 0, nothing is wrong"},
    {"1", "check --strict: there are warnings; health: no"},
    {"64", "the command line or a setting can't be understood"},
    {"66", "the application can't be found"},
    {"67", "there is no such user or group, or it is malformed"},
    {"69", "wait: the time is up"},
    {"70", "a bug in asgi-init"},
    {"71", "a system call failed that must not fail"},
    {"72", "there is no Python that works, or it has no uvicorn"},
    {"77", "privileges are missing for what was asked"},
    {"78", "settings contradict each other"},
    {"126", "the command is there, but can't be executed"},
    {"127", "the command isn't there"},
    {"128+n", "the command or server died of signal n: 137 is SIGKILL, 143 SIGTERM"},
    {"other", "the command's or server's own"},
};

const unsigned exit_code_row_count = sizeof(exit_code_rows) / sizeof(*exit_code_rows);
