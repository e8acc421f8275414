#ifndef PROCESS_PRIVILEGES_H
#define PROCESS_PRIVILEGES_H

/* asgi-init itself becomes the user, before any check and before any child: what it starts inherits that, and there is one
 * identity to judge for. The only file that includes <cap-ng.h>.
 *
 * Order: standard output handed over, setgroups, gid, uid, bounding set, capabilities, ambient set, no_new_privs, dumpable.
 * Then everything is read back (/proc/self/status, or by system calls where there is no /proc) and compared with the plan,
 * and getting root back is tried and must fail. libcap-ng's return codes differ between 0.8.3 and 0.9, so they decide
 * nothing: what the kernel says afterwards does.
 *
 * There are two outcomes: PRIVILEGES_DONE, and the process has exactly the planned rights; or anything else, and the process
 * is in a state that nobody planned: the caller says so and exits. It never starts anything after a failure.
 *
 * Securebits stay as they were. A change of uid clears the parent-death signal: prctl(PR_SET_PDEATHSIG) comes after this.
 * Environment variables are the caller's business.
 */

#include "facts/process_status.h"

struct privileges_plan {
    bool change_user; /* false: only rights are dropped, ids and groups stay */
    uid_t uid;
    gid_t gid;
    gid_t groups[PROCESS_GROUPS]; /* all supplementary groups, the primary one too if it shall be among them */
    unsigned group_count;
    uint64_t keep;        /* capabilities that the child must have: failing to keep one is a failure */
    uint64_t keep_if_can; /* kept where we have them: CAP_NET_BIND_SERVICE for a low port */
    bool new_privileges;  /* leave no_new_privs as it is, so that sudo, ping and file capabilities work in the app */
};

enum privileges_stage {
    PRIVILEGES_DONE,
    PRIVILEGES_READ,         /* what we are can't be read, neither from /proc nor by system calls */
    PRIVILEGES_KEEP,         /* a capability of `keep` isn't ours to keep: `missing` */
    PRIVILEGES_KEEP_SETTING, /* PR_SET_KEEPCAPS */
    PRIVILEGES_GROUPS,       /* setgroups */
    PRIVILEGES_GROUP,        /* setresgid */
    PRIVILEGES_USER,         /* setresuid */
    PRIVILEGES_BOUNDING,
    PRIVILEGES_CAPABILITIES, /* permitted, effective or inheritable */
    PRIVILEGES_AMBIENT,
    PRIVILEGES_NO_NEW, /* PR_SET_NO_NEW_PRIVS */
    PRIVILEGES_DUMPABLE,
    PRIVILEGES_PROOF,      /* the kernel shows another identity than the planned one */
    PRIVILEGES_ROOT_AGAIN, /* setresuid(0) worked */
    PRIVILEGES_STAGES
};

struct privileges_result {
    enum privileges_stage stage;
    int error;        /* errno of the call that failed, or 0 */
    uint64_t missing; /* capabilities that the stage needs and that we didn't have in force */
    bool not_mapped;  /* `id` is no id of our user namespace */
    const char *map;  /* "/proc/self/uid_map" or "/proc/self/gid_map" */
    uint32_t id;
    bool groups_denied; /* /proc/self/setgroups says "deny" */
    bool filtered;      /* nothing of the above explains it, and a seccomp filter is in force */
    uint64_t kept;      /* what the child will have of keep and keep_if_can */
    int output_error; /* standard output or error couldn't be handed over: errno. No failure: /proc/1/fd/1 won't open */
    struct process_status before;
    struct process_status after; /* as read back; valid from PRIVILEGES_PROOF on and when done */
};

/* Carries out the plan. May be called once, by the first process, without threads. */
void privileges_take(const struct privileges_plan *plan, struct privileges_result *result);
/* PID 1 gives up what was kept for the child: permitted, effective, inheritable and ambient set become empty. Children that
 * exist keep theirs; later ones get none. 0 or errno. */
int privileges_drop_ambient(void);
/* What we are: from /proc/self/status, else from getresuid, getresgid, getgroups, capget and prctl. */
bool privileges_read(struct process_status *status);
/* "setresuid", "PR_SET_NO_NEW_PRIVS", ...: the call or object a stage is about. */
const char *privileges_stage_name(enum privileges_stage stage);

#endif
