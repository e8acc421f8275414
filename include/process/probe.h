#ifndef PROCESS_PROBE_H
#define PROCESS_PROBE_H

/* Asks an interpreter which top-level modules it can find. Only where reading the files is not certain, and in `check`.
 *
 * It gets exactly the server's environment, flags, folder and user. The user's code is never imported: find_spec of a
 * top-level name looks and doesn't run (a dotted name would run the package). Its answer stands behind a random marker,
 * so that nothing which site-packages print can be taken for one. It has its own process group, no standard input and a
 * time limit, and is gone, with its group, when this returns. */

#include "base/signals.h"
#include "base/text.h"

#include <sys/types.h>

enum { PROBE_NAMES = 16, PROBE_SAYS = 2048, PROBE_MILLISECONDS = 10000 };

struct probe_question {
    const char *python;  /* the path as it will be executed */
    char *const *envp;   /* the server's */
    bool safe_path;      /* -P: Python 3.11 and later */
    const char *server;  /* a module looked for without the application's folder: "uvicorn" */
    const char *app_dir; /* put first into sys.path for the others, as uvicorn does */
    const char *names[PROBE_NAMES];
    unsigned name_count;
    uint64_t stops; /* signals that end the asking: a stop must not wait for it */
};

enum probe_outcome {
    PROBE_ANSWERED,
    PROBE_BROKEN,      /* it ended without an answer: it can't even run this */
    PROBE_NOT_STARTED, /* execve, fork or pipe failed: `error` */
    PROBE_TIMED_OUT,
    PROBE_STOPPED, /* a signal of `stops` waits */
};

enum probe_found { PROBE_UNSURE, PROBE_FOUND, PROBE_MISSING };

struct probe_answer {
    enum probe_outcome outcome;
    int error;
    int status; /* as wait(2) gives it */
    enum probe_found server;
    enum probe_found names[PROBE_NAMES];
    unsigned minor;        /* of Python 3 */
    char says[PROBE_SAYS]; /* the end of what it printed, for a message; may be cut in front */
    size_t says_length;
};

void probe_ask(const struct probe_question *question, const struct signal_state *given, struct probe_answer *answer);

#endif
