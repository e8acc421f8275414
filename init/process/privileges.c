#include "process/privileges.h"

#include "facts/capability.h"
#include "facts/id_map.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { KERNEL_FILE_MOST = 8192, PIPE_FILE_SYSTEM = 0x50495045, SECCOMP_FILTER = 2 };

static const uint64_t may_set_groups = CAPABILITY_BIT(CAP_SETGID);
static const uint64_t may_set_user = CAPABILITY_BIT(CAP_SETUID);
static const uint64_t may_set_bounding = CAPABILITY_BIT(CAP_SETPCAP);

/* ---- what we are ---- */

/* A file of the kernel's own /proc; a file that an image has at that place is none. */
static bool kernel_file_read(const char *path, char *buffer, size_t size, struct span *bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return false;
    struct statfs where;
    bool good = fstatfs(file, &where) == 0 && where.f_type == PROC_SUPER_MAGIC;
    size_t length = 0;
    while (good && length < size) {
        ssize_t got = read(file, buffer + length, size - length);
        if (got == 0)
            break;
        if (got > 0)
            length += (size_t)got;
        else
            good = errno == EINTR;
    }
    close(file);
    *bytes = (struct span){buffer, length};
    return good;
}

static bool groups_ask(struct process_status *status)
{
    int count = getgroups(0, NULL);
    if (count < 0)
        return false;
    status->groups_cut = count > PROCESS_GROUPS;
    if (status->groups_cut)
        return true;
    count = getgroups(PROCESS_GROUPS, status->groups);
    status->group_count = count < 0 ? 0 : (unsigned)count;
    return count >= 0;
}

static bool sets_ask(struct process_status *status)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    status->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    status->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    status->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    for (unsigned long i = 0; i < 64; i++) {
        if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
            status->bounding |= CAPABILITY_BIT(i);
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
            status->ambient |= CAPABILITY_BIT(i);
    }
    return true;
}

static bool status_ask(struct process_status *status)
{
    *status = (struct process_status){0};
    if (getresuid(&status->uids[0], &status->uids[1], &status->uids[2]) < 0 ||
        getresgid(&status->gids[0], &status->gids[1], &status->gids[2]) < 0)
        return false;
    /* An id that is none changes nothing and tells what holds: setfsuid(2). */
    status->uids[3] = (uid_t)setfsuid((uid_t)-1);
    status->gids[3] = (gid_t)setfsgid((gid_t)-1);
    status->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    int seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
    status->seccomp = seccomp > 0 ? (unsigned)seccomp : 0;
    return groups_ask(status) && sets_ask(status);
}

bool privileges_read(struct process_status *status)
{
    char buffer[KERNEL_FILE_MOST];
    struct span bytes;
    if (kernel_file_read("/proc/self/status", buffer, sizeof(buffer), &bytes) && process_status_parse(bytes, status))
        return true;
    return status_ask(status);
}

/* ---- what is planned ---- */

static bool all_are(const uint32_t ids[static 4], uint32_t id)
{
    return ids[0] == id && ids[1] == id && ids[2] == id && ids[3] == id;
}

static bool groups_match(const struct process_status *status, const struct privileges_plan *plan)
{
    struct process_status planned = {.group_count = plan->group_count};
    for (unsigned i = 0; i < plan->group_count; i++) {
        planned.groups[i] = plan->groups[i];
        if (!process_status_has_group(status, plan->groups[i]))
            return false;
    }
    for (unsigned i = 0; i < status->group_count; i++) {
        if (!process_status_has_group(&planned, status->groups[i]))
            return false;
    }
    return !status->groups_cut;
}

/* Started as that very user: whoever started us has chosen the groups too (fsGroup, --group-add), and setgroups would ask
 * for a capability that isn't there. */
static bool ids_change(const struct privileges_plan *plan, const struct process_status *before)
{
    return plan->change_user && !(all_are(before->uids, plan->uid) && all_are(before->gids, plan->gid));
}

static bool stays_root(const struct privileges_plan *plan, const struct process_status *before)
{
    return plan->change_user ? plan->uid == 0 : before->uids[0] == 0 || before->uids[1] == 0 || before->uids[2] == 0;
}

/* ---- the steps: each returns true, or false with errno ---- */

static bool refused(int error)
{
    errno = error;
    return false;
}

/* A capability reaches the child through the ambient set, which needs it permitted and inheritable; and inheritable can
 * only become what the bounding set has (capabilities(7)). */
static bool choose_kept(const struct privileges_plan *plan, struct privileges_result *result)
{
    const struct process_status *before = &result->before;
    uint64_t ours = before->permitted & (before->bounding | before->inheritable);
    /* gVisor and kernels before 4.3 have no ambient set. */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) < 0)
        ours = 0;
    result->kept = (plan->keep | plan->keep_if_can) & ours;
    result->missing = plan->keep & ~ours;
    return result->missing == 0 || refused(0);
}

/* The app opens /proc/1/fd/1 and /dev/stdout anew, as images make log files links to them; a pipe's mode lets only its
 * owner do so. What runc does for USER, and nothing else: pipes without a name, and our container's terminal. */
static bool hand_over_output(const struct privileges_plan *plan, struct privileges_result *result)
{
    for (int file = 0; file <= STDERR_FILENO && ids_change(plan, &result->before); file++) {
        struct stat status;
        struct statfs where;
        if (fstat(file, &status) < 0 || fstatfs(file, &where) < 0 || status.st_uid == plan->uid)
            continue;
        bool pipe = S_ISFIFO(status.st_mode) && where.f_type == PIPE_FILE_SYSTEM;
        bool terminal = S_ISCHR(status.st_mode) && where.f_type == DEVPTS_SUPER_MAGIC && getpid() == 1;
        if ((pipe || terminal) && fchown(file, plan->uid, (gid_t)-1) < 0)
            result->output_error = errno;
    }
    return true;
}

static bool set_keeping(const struct privileges_plan *plan, struct privileges_result *result)
{
    return !ids_change(plan, &result->before) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0;
}

static bool set_groups(const struct privileges_plan *plan, struct privileges_result *result)
{
    if (!ids_change(plan, &result->before) || groups_match(&result->before, plan))
        return true;
    return setgroups(plan->group_count, plan->groups) == 0;
}

static bool set_group(const struct privileges_plan *plan, struct privileges_result *result)
{
    return !ids_change(plan, &result->before) || setresgid(plan->gid, plan->gid, plan->gid) == 0;
}

static bool set_user(const struct privileges_plan *plan, struct privileges_result *result)
{
    return !ids_change(plan, &result->before) || setresuid(plan->uid, plan->uid, plan->uid) == 0;
}

static void sets_plan(uint64_t active, uint64_t inherited)
{
    capng_clear(CAPNG_SELECT_ALL);
    for (unsigned i = 0; i < 64; i++) {
        if (active & CAPABILITY_BIT(i))
            capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED), i);
        if (inherited & CAPABILITY_BIT(i))
            capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_INHERITABLE | CAPNG_AMBIENT), i);
    }
}

/* Applies, and asks the kernel whether that is now so: the return codes of libcap-ng's releases don't agree. */
static bool sets_apply(capng_select_t which, uint64_t active, uint64_t inherited, struct process_status *now)
{
    sets_plan(active, inherited);
    errno = 0;
    capng_apply(which);
    int error = errno;
    return (privileges_read(now) && now->permitted == active && now->effective == active) || refused(error);
}

static uint64_t may_empty_bounding(const struct privileges_result *result)
{
    return result->before.permitted & may_set_bounding;
}

/* A change of uid leaves nothing in force: what is to be kept, and what the bounding set asks for, comes back here. The
 * inheritable set is filled while the bounding set still allows it. */
static bool raise_needed(const struct privileges_plan *plan, struct privileges_result *result)
{
    (void)plan;
    struct process_status now;
    return sets_apply(CAPNG_SELECT_CAPS, result->kept | may_empty_bounding(result), result->kept, &now);
}

static bool empty_bounding(const struct privileges_plan *plan, struct privileges_result *result)
{
    struct process_status now = result->before;
    uint64_t may = may_empty_bounding(result);
    if (may && now.bounding &&
        (!sets_apply(CAPNG_SELECT_BOUNDS, result->kept | may, result->kept, &now) || now.bounding))
        return false;
    /* Root gets all of its bounding set at every execve, unless no_new_privs forbids that. */
    return now.bounding == 0 || !stays_root(plan, &result->before) || !plan->new_privileges || refused(EPERM);
}

static bool set_capabilities(const struct privileges_plan *plan, struct privileges_result *result)
{
    (void)plan;
    struct process_status now;
    return sets_apply(CAPNG_SELECT_CAPS, result->kept, result->kept, &now) && now.inheritable == result->kept;
}

static bool set_ambient(const struct privileges_plan *plan, struct privileges_result *result)
{
    struct process_status now;
    if (!sets_apply(CAPNG_SELECT_AMBIENT, result->kept, result->kept, &now) || now.ambient != result->kept)
        return false;
    return !ids_change(plan, &result->before) || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0;
}

static bool set_no_new(const struct privileges_plan *plan, struct privileges_result *result)
{
    (void)result;
    return plan->new_privileges || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* A change of uid hides /proc/1 from the user that we became; the app logs to /proc/1/fd/1. */
static bool set_dumpable(const struct privileges_plan *plan, struct privileges_result *result)
{
    (void)plan;
    (void)result;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool sets_proved(const struct privileges_plan *plan, const struct privileges_result *result)
{
    const struct process_status *before = &result->before, *after = &result->after;
    bool emptied = may_empty_bounding(result) != 0;
    return after->permitted == result->kept && after->effective == result->kept && after->inheritable == result->kept &&
           after->ambient == result->kept && (after->bounding & ~(emptied ? 0 : before->bounding)) == 0 &&
           (after->no_new_privileges || plan->new_privileges);
}

static bool prove(const struct privileges_plan *plan, struct privileges_result *result)
{
    const struct process_status *before = &result->before, *after = &result->after;
    if (!privileges_read(&result->after) || !sets_proved(plan, result))
        return refused(0);
    for (unsigned i = 0; i < 4; i++) {
        if (after->uids[i] != (plan->change_user ? plan->uid : before->uids[i]) ||
            after->gids[i] != (plan->change_user ? plan->gid : before->gids[i]))
            return refused(0);
    }
    return !ids_change(plan, before) || groups_match(after, plan) || refused(0);
}

static bool try_root(const struct privileges_plan *plan, struct privileges_result *result)
{
    if (stays_root(plan, &result->before) || (result->kept & may_set_user))
        return true;
    return setresuid(0, 0, 0) < 0 || refused(0);
}

/* ---- in order ---- */

struct step {
    enum privileges_stage stage;
    bool (*take)(const struct privileges_plan *plan, struct privileges_result *result);
};

/* clang-format off */
static const struct step steps[] = {
    {PRIVILEGES_KEEP, choose_kept},
    {PRIVILEGES_GROUPS, hand_over_output},
    {PRIVILEGES_KEEP_SETTING, set_keeping},
    {PRIVILEGES_GROUPS, set_groups},
    {PRIVILEGES_GROUP, set_group},
    {PRIVILEGES_USER, set_user},
    {PRIVILEGES_CAPABILITIES, raise_needed},
    {PRIVILEGES_BOUNDING, empty_bounding},
    {PRIVILEGES_CAPABILITIES, set_capabilities},
    {PRIVILEGES_AMBIENT, set_ambient},
    {PRIVILEGES_NO_NEW, set_no_new},
    {PRIVILEGES_DUMPABLE, set_dumpable},
    {PRIVILEGES_PROOF, prove},
    {PRIVILEGES_ROOT_AGAIN, try_root},
};
/* clang-format on */

const char *privileges_stage_name(enum privileges_stage stage)
{
    static const char names[PRIVILEGES_STAGES][27] = {
        [PRIVILEGES_DONE] = "nothing",
        [PRIVILEGES_READ] = "capget",
        [PRIVILEGES_KEEP] = "--keep-caps",
        [PRIVILEGES_KEEP_SETTING] = "prctl(PR_SET_KEEPCAPS)",
        [PRIVILEGES_GROUPS] = "setgroups",
        [PRIVILEGES_GROUP] = "setresgid",
        [PRIVILEGES_USER] = "setresuid",
        [PRIVILEGES_BOUNDING] = "prctl(PR_CAPBSET_DROP)",
        [PRIVILEGES_CAPABILITIES] = "capset",
        [PRIVILEGES_AMBIENT] = "prctl(PR_CAP_AMBIENT)",
        [PRIVILEGES_NO_NEW] = "prctl(PR_SET_NO_NEW_PRIVS)",
        [PRIVILEGES_DUMPABLE] = "prctl(PR_SET_DUMPABLE)",
        [PRIVILEGES_PROOF] = "/proc/self/status",
        [PRIVILEGES_ROOT_AGAIN] = "setresuid(0)",
    };
    return stage < PRIVILEGES_STAGES ? names[stage] : names[PRIVILEGES_DONE];
}

/* ---- why it failed ---- */

static bool is_mapped(const char *path, uint32_t id)
{
    char buffer[KERNEL_FILE_MOST];
    struct span bytes;
    /* Without /proc nothing is known about the map, so nothing is said about it. */
    return !kernel_file_read(path, buffer, sizeof(buffer), &bytes) || id_map_has(bytes, id);
}

static void mapping_explain(const char *map, uint32_t id, struct privileges_result *result)
{
    if (result->not_mapped || is_mapped(map, id))
        return;
    result->not_mapped = true;
    result->map = map;
    result->id = id;
}

static void ids_explain(const struct privileges_plan *plan, struct privileges_result *result)
{
    char buffer[16];
    struct span bytes;
    mapping_explain("/proc/self/uid_map", plan->uid, result);
    mapping_explain("/proc/self/gid_map", plan->gid, result);
    for (unsigned i = 0; i < plan->group_count; i++)
        mapping_explain("/proc/self/gid_map", plan->groups[i], result);
    if (result->stage == PRIVILEGES_GROUPS && kernel_file_read("/proc/self/setgroups", buffer, sizeof(buffer), &bytes))
        result->groups_denied = span_starts(bytes, "deny");
}

static void failure_explain(const struct privileges_plan *plan, struct privileges_result *result)
{
    uint64_t needed = 0;
    bool is_about_ids =
        result->stage == PRIVILEGES_GROUPS || result->stage == PRIVILEGES_GROUP || result->stage == PRIVILEGES_USER;
    if (is_about_ids)
        needed = may_set_groups | may_set_user;
    else if (result->stage == PRIVILEGES_BOUNDING)
        needed = may_set_bounding;
    result->missing |= needed & ~result->before.effective;
    if (is_about_ids)
        ids_explain(plan, result);
    bool explained = result->missing || result->not_mapped || result->groups_denied;
    result->filtered = !explained && result->error != 0 && result->before.seccomp == SECCOMP_FILTER;
}

void privileges_take(const struct privileges_plan *plan, struct privileges_result *result)
{
    *result = (struct privileges_result){.stage = PRIVILEGES_READ};
    errno = 0;
    if (plan->group_count > PROCESS_GROUPS || !privileges_read(&result->before)) {
        result->error = errno;
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        result->stage = steps[i].stage;
        errno = 0;
        if (!steps[i].take(plan, result)) {
            result->error = errno;
            failure_explain(plan, result);
            return;
        }
    }
    result->stage = PRIVILEGES_DONE;
}

int privileges_drop_ambient(void)
{
    struct process_status now;
    if (privileges_read(&now) && (now.permitted | now.effective | now.inheritable | now.ambient) == 0)
        return 0;
    /* The kernel takes out of the ambient set what is no longer permitted. */
    if (sets_apply(CAPNG_SELECT_CAPS, 0, 0, &now) && now.inheritable == 0 && now.ambient == 0)
        return 0;
    return errno ? errno : EPERM;
}
