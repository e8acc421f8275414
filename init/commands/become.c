#include "commands/become.h"

#include "checks/privileged_port.h"
#include "commands/privileges_finding.h"
#include "commands/session.h"
#include "facts/capability.h"

#include <string.h>
#include <unistd.h>

enum { NET_BIND_SERVICE = 10, DAC_OVERRIDE = 1, DAC_READ_SEARCH = 2 };

/* Whom we shall become: false and no finding when nobody is named. */
static bool is_named(struct session *session, struct span *puid, struct span *pgid)
{
    *puid = environment_filled(&session->environment, "PUID");
    *pgid = environment_filled(&session->environment, "PGID");
    if (setting_text(&session->settings, SETTING_USER).length)
        return true;
    return puid->at && geteuid() == 0 && !setting_is(&session->settings, SETTING_ROOT);
}

static bool resolve(struct session *session, struct span puid, struct span pgid)
{
    const struct setting_value *user = &session->settings.values[SETTING_USER];
    if (!user->value.length)
        return identity_resolve_numbers(&session->reader, puid, pgid, &session->identity, &session->findings);
    return identity_resolve(&session->reader, user->value, user->origin == ORIGIN_OPTION ? "--user" : "ASGI_INIT_USER",
                            &session->identity, &session->findings);
}

/* Started as that very user, by `docker run --user 1000:3000` or runAsGroup: whoever started us has chosen its group, and
 * --user names none. Without root's rights nothing else could be had anyway. */
static void keep_own_group(struct session *session, unsigned first)
{
    struct identity *identity = &session->identity;
    if (span_has(setting_text(&session->settings, SETTING_USER), ':') || identity->uid == 0 ||
        identity->uid != getuid() || identity->uid != geteuid() || setting_is(&session->settings, SETTING_ROOT))
        return;
    identity->gid = getegid();
    session->findings.count = first; /* of which group it would get */
}

static void plan_identity(const struct session *session, struct privileges_plan *plan)
{
    const struct identity *identity = &session->identity;
    plan->change_user = session->switched;
    plan->uid = identity->uid;
    plan->gid = identity->gid;
    plan->group_count = identity->group_count;
    memcpy(plan->groups, identity->groups, sizeof *identity->groups * identity->group_count);
}

/* uvicorn needs the capability exactly when its port is a low one, and it binds the port itself. */
static uint64_t for_the_port(const struct session *session)
{
    uint32_t port = session_port(session);
    return port && port_needs_capability(&session->reader, port) ? CAPABILITY_BIT(NET_BIND_SERVICE) : 0;
}

static void tell_reader(struct session *session, const struct process_status *status)
{
    struct reader_identity *identity = &session->reader.identity;
    identity->uid = status->uids[1];
    identity->gid = status->gids[1];
    identity->group_count = 0;
    for (unsigned i = 0; i < status->group_count && i < ARRAY_LENGTH(identity->groups); i++)
        identity->groups[identity->group_count++] = status->groups[i];
    identity->overrides = status->effective & CAPABILITY_BIT(DAC_OVERRIDE);
    identity->searches_only = status->effective & CAPABILITY_BIT(DAC_READ_SEARCH);
}

/* With --root nobody is become: the files are judged for that user by their modes. */
static void tell_reader_of_root(struct session *session)
{
    struct reader_identity *reader = &session->reader.identity;
    *reader = (struct reader_identity){.uid = session->identity.uid, .gid = session->identity.gid};
    reader->group_count = session->identity.group_count;
    memcpy(reader->groups, session->identity.groups, sizeof *reader->groups * reader->group_count);
    reader->overrides = reader->uid == 0;
}

static enum exit_code take(struct session *session, struct privileges_plan *plan)
{
    struct privileges_result result;
    unsigned first = session->findings.count;
    if (session->switched)
        plan_identity(session, plan);
    plan->new_privileges = setting_is(&session->settings, SETTING_NEW_PRIVS);
    plan->keep_if_can = for_the_port(session);
    privileges_take(plan, &result);
    if (result.stage != PRIVILEGES_DONE) {
        privileges_failure_add(&result, session->switched ? &session->identity : NULL, &session->findings);
        return session_fail(session, first);
    }
    privileges_notes_add(&result, &session->findings);
    session->kept = result.kept;
    tell_reader(session, &result.after);
    return EXIT_OK;
}

enum exit_code become_user(struct session *session)
{
    struct privileges_plan plan = {0};
    struct span puid, pgid, unknown;
    unsigned first = session->findings.count;
    if (!capability_list(setting_text(&session->settings, SETTING_KEEP_CAPS), &plan.keep, &unknown)) {
        unknown_capability_add(unknown, session->settings.values[SETTING_KEEP_CAPS].source, &session->findings);
        return session_fail(session, first);
    }
    if (is_named(session, &puid, &pgid)) {
        if (!resolve(session, puid, pgid))
            return session_fail(session, first);
        keep_own_group(session, first);
        session->switched = true;
    }
    if (setting_is(&session->settings, SETTING_ROOT)) {
        if (session->switched)
            tell_reader_of_root(session);
        return EXIT_OK;
    }
    if (session->switched || plan.keep || setting_is(&session->settings, SETTING_DROP_PRIVS))
        return take(session, &plan);
    return EXIT_OK;
}
