#ifndef CHECKS_READER_IDENTITY_H
#define CHECKS_READER_IDENTITY_H

/* For whom the file system is read, and what its modes permit them. Source: path_resolution(7), capabilities(7). */

#include <stdbool.h>
#include <sys/stat.h>

enum { GROUPS_MOST = 64 };

/* Who is asked for: the ids that will run the server. */
struct reader_identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MOST];
    unsigned group_count;
    bool overrides;     /* CAP_DAC_OVERRIDE: reads, writes and searches whatever the mode */
    bool searches_only; /* CAP_DAC_READ_SEARCH: reads and searches */
    bool is_self;       /* the process's own: what the kernel answers decides, and knows more than modes (ACL, LSM) */
};

/* The process's effective ids, groups and capabilities. */
struct reader_identity reader_identity_of_self(void);
/* May the identity read, write, execute (bits 4, 2, 1) something of that mode and owner? By modes and the two
 * capabilities alone; `mode` holds the file type too, because a capability executes no file without an x bit. */
bool reader_identity_permits(const struct reader_identity *identity, mode_t mode, uid_t uid, gid_t gid, unsigned bits);
/* The same for what stat(2) says of it; of our own identity it is always true, for then the kernel decides. */
bool reader_identity_may(const struct reader_identity *identity, const struct stat *status, unsigned bits);

#endif
