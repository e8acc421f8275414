#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/memory.h"
#include "facts/cgroup.h"

#include "tree.h"

static struct tree tree;
static struct reader reader;

/* A root of its own that is taken for the kernel's: /proc and /sys are folders in it. */
static int set_up(void **state)
{
    (void)state;
    tree_make(&tree);
    reader = (struct reader){.root = tree.root, .is_ours = true};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tree_remove(&tree);
    return 0;
}

static struct memory read_memory(const char *cgroups)
{
    struct memory memory;
    tree_file(&tree, "proc/self/cgroup", cgroups);
    memory_read(&reader, &memory);
    return memory;
}

static void nothing_is_known_without_files(void **state)
{
    (void)state;
    struct memory memory;
    memory_read(&reader, &memory);
    assert_false(memory.knows_kills);
    assert_true(memory.limit == CGROUP_NO_LIMIT);
    memory = read_memory("0::/\n4:memory:/\n");
    assert_false(memory.knows_kills);
    assert_true(memory.limit == CGROUP_NO_LIMIT);
}

static void version_2_in_a_namespace_of_its_own(void **state)
{
    (void)state;
    tree_file(&tree, "sys/fs/cgroup/memory.events", "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\n");
    tree_file(&tree, "sys/fs/cgroup/memory.max", "134217728\n");
    struct memory memory = read_memory("0::/\n");
    assert_true(memory.knows_kills);
    assert_int_equal(memory.kills, 3);
    assert_int_equal(memory.limit, 134217728);
    assert_string_equal(memory.file, "/sys/fs/cgroup/memory.events");
}

static void version_2_by_the_path_of_the_host(void **state)
{
    (void)state;
    tree_file(&tree, "sys/fs/cgroup/docker/abc/memory.events", "oom_kill 1\n");
    tree_file(&tree, "sys/fs/cgroup/docker/abc/memory.max", "max\n");
    struct memory memory = read_memory("0::/docker/abc\n");
    assert_true(memory.knows_kills);
    assert_int_equal(memory.kills, 1);
    assert_true(memory.limit == CGROUP_NO_LIMIT);
    assert_string_equal(memory.file, "/sys/fs/cgroup/docker/abc/memory.events");
}

/* The mount begins with the container's group, of which /proc/self/cgroup has the host's path. */
static void version_1_with_the_path_of_the_host(void **state)
{
    (void)state;
    tree_file(&tree, "sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    tree_file(&tree, "sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n");
    struct memory memory = read_memory("4:memory:/docker/abc\n0::/\n");
    assert_true(memory.knows_kills);
    assert_int_equal(memory.kills, 2);
    assert_int_equal(memory.limit, 33554432);
    assert_string_equal(memory.file, "/sys/fs/cgroup/memory/memory.oom_control");
}

static void version_1_before_there_was_a_counter(void **state)
{
    (void)state;
    tree_file(&tree, "sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
    tree_file(&tree, "sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n");
    struct memory memory = read_memory("4:memory:/\n");
    assert_false(memory.knows_kills);
    assert_int_equal(memory.limit, 33554432);
}

static void another_root_says_nothing_of_us(void **state)
{
    (void)state;
    struct reader other = reader;
    struct memory memory;
    other.is_ours = false;
    tree_file(&tree, "proc/self/cgroup", "0::/\n");
    tree_file(&tree, "sys/fs/cgroup/memory.events", "oom_kill 3\n");
    memory_read(&other, &memory);
    assert_false(memory.knows_kills);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_known_without_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_2_in_a_namespace_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_2_by_the_path_of_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_1_with_the_path_of_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_1_before_there_was_a_counter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_root_says_nothing_of_us, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
