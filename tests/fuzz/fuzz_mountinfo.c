#include "fuzz.h"

#include "facts/mountinfo.h"

static struct mounts mounts;

static void check(const struct mount *mount, struct span all)
{
    must_lie_in(mount->root, all);
    must_lie_in(mount->point, all);
    must_lie_in(mount->options, all);
    must_lie_in(mount->type, all);
    must_lie_in(mount->source, all);
    must_lie_in(mount->super_options, all);
    must_lie_in(mount->name, all);
    must_lie_in(mount->volume_type, all);
    const struct mount *found = mounts_find(&mounts, mount->point);
    must(!found || path_is_within(mount->point, found->point));
    (void)mounts_find_at(&mounts, mount->root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    mounts_read(&mounts, bytes, size);
    must(mounts.count <= MOUNTS_MOST);
    for (unsigned i = 0; i < mounts.count; i++)
        check(&mounts.list[i], (struct span){bytes, size});
    free(bytes);
    return 0;
}
