/* What libcap-ng's ./configure would find on Linux 5.9 and newer with musl. It is only seen by libcap-ng's own files. */
#define HAVE_DECL_CAP_AUDIT_READ 1
#define HAVE_DECL_CAP_BLOCK_SUSPEND 1
#define HAVE_DECL_CAP_BPF 1
#define HAVE_DECL_CAP_CHECKPOINT_RESTORE 1
#define HAVE_DECL_CAP_EPOLLWAKEUP 0
#define HAVE_DECL_CAP_PERFMON 1
#define HAVE_DECL_CAP_WAKE_ALARM 1
#define HAVE_DECL_PR_CAP_AMBIENT 1
#define HAVE_DECL_VFS_CAP_REVISION_2 1
#define HAVE_DECL_VFS_CAP_REVISION_3 1
#define HAVE_LINUX_CAPABILITY_H 1
#define HAVE_LINUX_MAGIC_H 1
#define HAVE_LINUX_SECUREBITS_H 1
#define HAVE_SYSCALL_H 1
#define HAVE_SYS_VFS_H 1
#define HAVE_SYS_XATTR_H 1

/* libcap-ng reads the bounding and ambient sets from /proc with stdio, and by prctl(2) where there is no /proc. Only the second
 * way is kept: it is as right, and 20 kB of printf and scanf smaller. */
#include <stdio.h>
#define fopen(path, mode) ((FILE *)NULL)

/* init_lib() is called by every function that needs it. As a constructor it would cost each start eight system calls, also one
 * that changes no privileges. */
#define constructor unused
