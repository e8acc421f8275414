#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

/* A folder made by a test, with files in it; removed by tree_remove. Include behind cmocka.h. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char top[64];
    int root;
};

static inline void tree_make(struct tree *tree)
{
    strcpy(tree->top, "/tmp/asgi-init-test.XXXXXX");
    assert_non_null(mkdtemp(tree->top));
    assert_int_equal(chmod(tree->top, 0755), 0);
    tree->root = open(tree->top, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(tree->root >= 0);
}

/* Every folder on the way to the path's last component. */
static inline void tree_parents(const struct tree *tree, const char *path)
{
    char copy[512];

    assert_true(strlen(path) < sizeof(copy));
    strcpy(copy, path);
    for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(tree->root, copy, 0755) != 0)
            assert_int_equal(errno, EEXIST);
        *slash = '/';
    }
}

static inline void tree_file(const struct tree *tree, const char *path, const char *content)
{
    tree_parents(tree, path);
    int file = openat(tree->root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
}

static inline void tree_folder(const struct tree *tree, const char *path)
{
    tree_parents(tree, path);
    assert_int_equal(mkdirat(tree->root, path, 0755), 0);
}

static inline void tree_mode(const struct tree *tree, const char *path, mode_t mode)
{
    assert_int_equal(fchmodat(tree->root, path, mode, 0), 0);
}

static inline int tree_remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static inline void tree_remove(struct tree *tree)
{
    close(tree->root);
    assert_int_equal(nftw(tree->top, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
