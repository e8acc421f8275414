#ifndef BASE_EXIT_CODE_H
#define BASE_EXIT_CODE_H

/* What asgi-init exits with when the code is its own (64 to 78 follow sysexits(3), 126 and 127 the shell). The child's
 * own code is passed on; a child that died of signal n gives EXIT_BY_SIGNAL + n. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_WARNED = 1,         /* check --strict with warnings, health that failed */
    EXIT_USAGE = 64,         /* a wrong command line */
    EXIT_NO_APP = 66,        /* the application can't be found */
    EXIT_NO_USER = 67,       /* no such user, or a malformed one */
    EXIT_WAITED = 69,        /* wait: the time is up */
    EXIT_BUG = 70,           /* a bug in asgi-init */
    EXIT_SYSTEM = 71,        /* a system call failed */
    EXIT_NO_PYTHON = 72,     /* no Python that works */
    EXIT_NOT_PERMITTED = 77, /* privileges are missing */
    EXIT_CONFLICT = 78,      /* settings that contradict each other */
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_BY_SIGNAL = 128,
};

/* One row of the documented table: --help and the README print it. */
struct exit_code_row {
    char code[8];
    char meaning[96];
};
extern const struct exit_code_row exit_code_rows[];
extern const unsigned exit_code_row_count;

#endif
