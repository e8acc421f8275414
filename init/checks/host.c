#include "checks/host.h"

#include <unistd.h>

enum { WORDS_MOST = 3 * PATH_MOST };

/* The variables that only a platform of containers sets. */
static const char container_variables[][30] = {"KUBERNETES_SERVICE_HOST", "FLY_APP_NAME",
                                               "ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI", "PORT"};

static const char *container_sign(const struct host *host, const struct reader *reader,
                                  const struct environment *environment)
{
    if (!reader->is_ours)
        return "--root";
    if (host->is_pid_1)
        return "PID 1";
    if (reader_exists(reader, SPAN("/.dockerenv")))
        return "/.dockerenv";
    if (reader_exists(reader, SPAN("/run/.containerenv")))
        return "/run/.containerenv";
    for (size_t i = 0; i < ARRAY_LENGTH(container_variables); i++) {
        if (environment_filled(environment, container_variables[i]).at)
            return container_variables[i];
    }
    return NULL;
}

static void read_mounts(const struct reader *reader, struct host_mounts *mounts)
{
    size_t length;
    mounts->are_read = true;
    mounts->list.count = 0;
    int error = reader_read_kernel(reader, "/proc/self/mountinfo", mounts->bytes, sizeof(mounts->bytes), &length);
    if (error || !length || length == sizeof(mounts->bytes))
        return;
    mounts_read(&mounts->list, mounts->bytes, length);
    mounts->are_known = mounts->list.count > 0 && mounts->list.lost == 0;
}

void host_read(struct host *host, const struct reader *reader, const struct environment *environment)
{
    host->is_pid_1 = reader->is_ours && getpid() == 1;
    host->container_sign = container_sign(host, reader, environment);
    host->in_container = host->container_sign != NULL;
    host->reader = reader;
    host->mounts = &host->room;
    host->mounts->are_read = host->mounts->are_known = false;
}

bool host_knows_mounts(const struct host *host)
{
    if (host->mounts && !host->mounts->are_read)
        read_mounts(host->reader, host->mounts);
    return host->mounts && host->mounts->are_known;
}

const struct mount *host_mount_over(const struct host *host, struct span path)
{
    const struct mount *mount = host_knows_mounts(host) ? mounts_find(&host->mounts->list, path) : NULL;
    return mount && mount->kind != MOUNT_ROOT && mount->kind != MOUNT_KERNEL ? mount : NULL;
}

bool host_forbids_programs(const struct host *host, struct span path)
{
    if (host->reader && host->reader->is_ours && !reader_is_noexec(host->reader, path))
        return false;
    const struct mount *mount = host_knows_mounts(host) ? mounts_find(&host->mounts->list, path) : NULL;
    return mount && mount->no_exec;
}

struct span host_path_in(const struct mount *mount, struct span path)
{
    struct span below = span_from(path, mount->point.length);
    if (!below.length)
        return span_base_name(mount->root);
    return below.at[0] == '/' ? span_from(below, 1) : below;
}

/* ---- words ---- */

static const char *kind_word(enum mount_kind kind)
{
    switch (kind) {
    case MOUNT_ROOT:
        return "root file system";
    case MOUNT_KUBERNETES:
        return "Kubernetes volume";
    case MOUNT_VOLUME:
        return "volume";
    case MOUNT_ANONYMOUS_VOLUME:
        return "anonymous volume";
    case MOUNT_DESKTOP_SHARE:
        return "shared folder";
    case MOUNT_TMPFS:
        return "tmpfs";
    case MOUNT_BIND:
        return "bind mount";
    case MOUNT_KERNEL:
    case MOUNT_FILE_SYSTEM:
        break;
    }
    return "mounted file system";
}

void host_mount_name(const struct mount *mount, struct text *text)
{
    text_add(text, kind_word(mount->kind));
    if (mount->name.length && mount->kind != MOUNT_ANONYMOUS_VOLUME) {
        text_add(text, " '");
        text_span(text, mount->name);
        text_add(text, "'");
    }
}

static bool shows_root(const struct mount *mount)
{
    return mount->kind == MOUNT_BIND || (mount->kind == MOUNT_DESKTOP_SHARE && !span_is(mount->root, "/"));
}

void host_mount_words(const struct mount *mount, struct text *text)
{
    text_add(text, mount->kind == MOUNT_ANONYMOUS_VOLUME ? "an " : "a ");
    host_mount_name(mount, text);
    if (shows_root(mount)) {
        text_add(text, " of '");
        text_span(text, mount->root);
        text_add(text, "'");
    }
    if (shows_root(mount) || mount->kind == MOUNT_FILE_SYSTEM || mount->kind == MOUNT_DESKTOP_SHARE) {
        text_add(text, " on ");
        text_span(text, mount->source);
    }
    text_add(text, " (");
    text_span(text, mount->kind == MOUNT_KUBERNETES && mount->volume_type.length ? mount->volume_type : mount->type);
    text_add(text, "; /proc/self/mountinfo)");
}

static void set_words(struct findings *findings, struct finding *finding, const char *key, const struct mount *mount,
                      void (*words)(const struct mount *mount, struct text *text))
{
    char buffer[WORDS_MOST];
    struct text text = TEXT_ON(buffer);
    words(mount, &text);
    finding_set(findings, finding, key, text_as_span(&text));
}

void host_mount_values(struct findings *findings, struct finding *finding, const struct mount *mount)
{
    static const struct {
        enum mount_kind kind;
        const char *key;
    } flags[] = {{MOUNT_ANONYMOUS_VOLUME, "anonymous"},
                 {MOUNT_ANONYMOUS_VOLUME, "docker_volume"},
                 {MOUNT_VOLUME, "docker_volume"},
                 {MOUNT_TMPFS, "tmpfs"},
                 {MOUNT_KUBERNETES, "pod"},
                 {MOUNT_BIND, "bind"},
                 {MOUNT_DESKTOP_SHARE, "bind"}};
    finding_set(findings, finding, "mount", mount->point);
    finding_set(findings, finding, "source", mount->root);
    finding_set(findings, finding, "device", mount->source);
    finding_set(findings, finding, "type", mount->type);
    set_words(findings, finding, "over", mount, host_mount_name);
    set_words(findings, finding, "mounted", mount, host_mount_words);
    if (mount->kind == MOUNT_VOLUME)
        finding_set(findings, finding, "volume", mount->name);
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        if (flags[i].kind == mount->kind)
            finding_set_string(findings, finding, flags[i].key, "yes");
    }
}
