#ifndef CHECKS_WALK_H
#define CHECKS_WALK_H

/* The walk of one path inside a root, link by link as the kernel would for the identity, to the end's folder and name. For
 * checks/reader.h, which describes it. Source: path_resolution(7), symlink(7), openat(2). */

#include "checks/trace.h"

#include <limits.h>

enum { LINKS_MOST = 40 }; /* as the kernel; one more is ELOOP */

/* A walk under way. `rest` is what is still to be walked: a link's target is put before it. `real` is the folder where
 * the walk stands, without links ("" is the root). */
struct walk {
    int root;
    const struct reader_identity *identity;
    struct trace *trace; /* NULL: nobody asks */
    bool follows_last;
    unsigned links;
    int folder; /* O_PATH descriptor of `real` */
    struct stat status;
    char name[NAME_MAX + 1]; /* the last component, inside `folder`; "" when the end is `folder` itself */
    int end;                 /* O_PATH descriptor of the end, or -1 */
    size_t real_length;
    size_t rest_start;
    char real[PATH_MOST];
    char rest[2 * PATH_MOST];
};

/* Can a path be walked at all: ENOENT when it is empty, EINVAL when it isn't absolute, ENAMETOOLONG. */
int walk_check(struct span path);
/* 0, with walk->folder, walk->name, walk->status and for anything but a folder walk->end; or errno. walk_close is due in
 * both cases. `trace` may be NULL. `root` is an O_PATH descriptor. */
int walk_path(struct walk *walk, int root, const struct reader_identity *identity, struct span path,
              struct trace *trace, bool follows_last);
void walk_close(struct walk *walk);

#endif
