#ifndef COMMANDS_SESSION_H
#define COMMANDS_SESSION_H

/* All that one run of asgi-init knows: what was asked, by which settings, of which system. There is one, in static
 * memory; the verbs take it from step to step. Large members stand last, so that a start writes few pages. */

#include "base/options.h"
#include "checks/host.h"
#include "checks/identity.h"
#include "checks/scene.h"
#include "commands/child_environment.h"
#include "commands/request.h"
#include "commands/verbs.h"
#include "process/child.h"
#include "process/privileges.h"
#include "process/supervise.h"

struct session {
    char *const *words; /* the command line, words[0] too */
    unsigned first;     /* the first word behind our options and the verb */
    enum verb verb;
    struct signal_state given;
    pid_t parent; /* at the start of main */

    struct options options;
    struct environment environment; /* the server's: ours, or that of --env with --root */
    struct request request;
    struct supervise_options supervise;
    struct reader reader;
    struct scene scene;
    bool switched; /* --user, or PUID */
    uint64_t kept; /* capabilities kept for the child */
    struct settings settings;
    char *root_entries[SETTING_LIST_ITEMS + 1];
    char working_folder[PATH_MOST];
    char app_dir[PATH_MOST];
    struct host host;
    struct identity identity; /* valid when `switched` */
    struct findings findings;
    struct child_environment of_user; /* our environment with the HOME, USER and LOGNAME of whom we became */
    struct child_environment child;
};

/* Reads the command line and the environment, opens the root, and tells what is asked. Anything but EXIT_OK ends the run:
 * it has been said why. */
enum exit_code session_open(struct session *session, char **words, char **entries, const struct signal_state *given,
                            pid_t parent);
/* Prints the findings from `first` on, writes the termination log, and returns their exit code. */
enum exit_code session_fail(struct session *session, unsigned first);
/* Is it a server: does a requested stop end in 0? */
bool session_serves(const struct session *session);
/* The port that uvicorn binds by itself; 0: none, or any. */
uint32_t session_port(const struct session *session);
/* Ends the run if a stop signal waits already: true, and the exit code, which is 0 only if a server was to be started. */
bool session_is_stopped(const struct session *session, enum exit_code *code);

#endif
