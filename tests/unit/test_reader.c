/* The reader on folders made here: what a walk says of links, loops, modes and everything that isn't a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/reader.h"
#include "checks/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char top[] = "/tmp/test_reader.XXXXXX";
static struct reader reader;
static struct trace trace;

static void make_folder(const char *name, mode_t mode)
{
    assert_int_equal(mkdirat(reader.root, name, 0700), 0);
    assert_int_equal(fchmodat(reader.root, name, mode, 0), 0);
}

static void make_file(const char *name, const char *content)
{
    int file = openat(reader.root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
}

static void make_link(const char *name, const char *target)
{
    assert_int_equal(symlinkat(target, reader.root, name), 0);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct text path = TEXT_ON(address.sun_path);
    int endpoint = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    text_join(&path, top, "/", name, NULL);
    assert_int_equal(bind(endpoint, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(endpoint);
}

static void make_chain(unsigned links)
{
    char name[32], target[32] = "file";
    for (unsigned i = 1; i <= links; i++) {
        struct text text = TEXT_ON(name);
        text_add(&text, "chain");
        text_unsigned(&text, i);
        make_link(name, target);
        memcpy(target, name, sizeof(name));
    }
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(top));
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(reader_open(&reader, top), 0);
    make_folder("app", 0755);
    make_folder("app/bin", 0755);
    make_folder("locked", 0700);
    make_folder("locked/bin", 0755);
    make_file("file", "0123456789");
    make_file("app/bin/python", "#!/bin/sh\n");
    make_file("locked/bin/python", "x");
    make_file("empty", "");
    make_link("relative", "app/bin/python");
    make_link("absolute", "/app/bin/python");
    make_link("escape", "../../../../../../../etc/passwd");
    make_link("folder", "app/");
    make_link("to_root", "/");
    make_link("app/to_root", "/");
    make_link("up", "app/bin/..");
    make_link("dangling", "/opt/homebrew/bin/python3");
    make_link("half", "/app/lib/python");
    make_link("loop", "pool");
    make_link("pool", "loop");
    make_link("self", "self/x");
    make_link("file_slash", "file/");
    make_link("into_locked", "/locked/bin/python");
    make_chain(41);
    assert_int_equal(mkfifoat(reader.root, "fifo", 0666), 0);
    make_socket("socket");
    make_link("to_fifo", "fifo");
    return 0;
}

/* Not nftw: the deep folders make paths longer than PATH_MAX, which musl's refuses. Takes the descriptor over. */
static void empty_folder(int folder)
{
    DIR *entries = fdopendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlinkat(folder, entry->d_name, 0) == 0)
            continue;
        empty_folder(openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        assert_int_equal(unlinkat(folder, entry->d_name, AT_REMOVEDIR), 0);
    }
    closedir(entries);
}

static int tear_down(void **state)
{
    (void)state;
    reader_close(&reader);
    empty_folder(open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return rmdir(top);
}

static void assert_span(struct span span, const char *expected)
{
    if (!span_is(span, expected))
        fail_msg("'%.*s' is not '%s'", (int)span.length, span.at ? span.at : "", expected);
}

/* What the walk says: its errno, where it ended, and of which kind that step is. */
static const struct walk_row {
    const char *path;
    int error;
    const char *last;
    enum step_kind kind;
    const char *real;
} walk_rows[] = {
    {"/", 0, "/", STEP_FOLDER, "/"},
    {"/app", 0, "/app", STEP_FOLDER, "/app"},
    {"/app/", 0, "/app", STEP_FOLDER, "/app"},
    {"//app//.//bin/./python", 0, "/app/bin/python", STEP_FILE, "/app/bin/python"},
    {"/app/bin/../bin/python", 0, "/app/bin/python", STEP_FILE, "/app/bin/python"},
    {"/app/bin/..", 0, "/app", STEP_FOLDER, "/app"},
    {"/../../file", 0, "/file", STEP_FILE, "/file"},
    {"/relative", 0, "/app/bin/python", STEP_FILE, "/app/bin/python"},
    {"/absolute", 0, "/app/bin/python", STEP_FILE, "/app/bin/python"},
    {"/folder/bin/python", 0, "/app/bin/python", STEP_FILE, "/app/bin/python"},
    {"/folder", 0, "/app", STEP_FOLDER, "/app"},
    {"/to_root", 0, "/", STEP_FOLDER, "/"},
    {"/to_root/to_root/file", 0, "/file", STEP_FILE, "/file"},
    {"/up/bin", 0, "/app/bin", STEP_FOLDER, "/app/bin"},
    {"/chain40", 0, "/file", STEP_FILE, "/file"},
    {"/fifo", 0, "/fifo", STEP_OTHER, "/fifo"},
    {"/missing", ENOENT, "/missing", STEP_MISSING, ""},
    {"/app/lib/python3.12/os.py", ENOENT, "/app/lib", STEP_MISSING, ""},
    {"/escape", ENOENT, "/etc", STEP_MISSING, ""},
    {"/dangling", ENOENT, "/opt", STEP_MISSING, ""},
    {"/half", ENOENT, "/app/lib", STEP_MISSING, ""},
    {"/file/x", ENOTDIR, "/file", STEP_FILE, ""},
    {"/file/", ENOTDIR, "/file", STEP_FILE, ""},
    {"/file/..", ENOTDIR, "/file", STEP_FILE, ""},
    {"/file_slash", ENOTDIR, "/file", STEP_FILE, ""},
    {"/fifo/x", ENOTDIR, "/fifo", STEP_OTHER, ""},
    {"/loop", ELOOP, "/loop", STEP_LINK, ""},
    {"/self", ELOOP, "/self", STEP_LINK, ""},
    {"/chain41", ELOOP, "/chain1", STEP_LINK, ""},
};

static void walks_end_where_the_kernel_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(walk_rows); i++) {
        const struct walk_row *row = &walk_rows[i];
        print_message("%s\n", row->path);
        assert_int_equal(reader_walk(&reader, span_of(row->path), &trace), row->error);
        assert_int_equal(trace.error, row->error);
        assert_non_null(trace.last);
        assert_span(trace.last->path, row->last);
        assert_int_equal(trace.last->kind, row->kind);
        assert_int_equal(trace.last->error, row->error);
        assert_span(trace.real, row->real);
        assert_int_equal(reader_exists(&reader, span_of(row->path)), row->error == 0);
    }
}

static void trace_names_every_link(void **state)
{
    (void)state;
    assert_int_equal(reader_walk(&reader, SPAN("/absolute"), &trace), 0);
    assert_int_equal(trace.count, 5);
    assert_span(trace.steps[0].path, "/");
    assert_span(trace.steps[1].path, "/absolute");
    assert_int_equal(trace.steps[1].kind, STEP_LINK);
    assert_span(trace.steps[1].target, "/app/bin/python");
    assert_span(trace.steps[2].path, "/app");
    assert_int_equal(trace.steps[2].mode & 07777, 0755);
    assert_true(trace.steps[2].searchable);
    assert_span(trace.steps[4].path, "/app/bin/python");
    assert_false(trace.cut);
}

static void malformed_paths_are_refused(void **state)
{
    (void)state;
    static char long_path[10001];
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[0] = '/';
    assert_int_equal(reader_walk(&reader, SPAN(""), &trace), ENOENT);
    assert_null(trace.last);
    assert_int_equal(reader_walk(&reader, (struct span){0}, &trace), ENOENT);
    assert_int_equal(reader_walk(&reader, SPAN("app"), &trace), EINVAL);
    assert_int_equal(reader_walk(&reader, SPAN("/app\0/x"), &trace), EINVAL);
    assert_int_equal(reader_walk(&reader, span_of(long_path), &trace), ENAMETOOLONG);
    assert_int_equal(trace.error, ENAMETOOLONG);
    assert_null(trace.last);
    assert_int_equal(reader_walk(&reader, span_first(span_of(long_path), 300), &trace), ENAMETOOLONG);
    assert_int_equal(trace.last->kind, STEP_FAILED);
    assert_int_equal(trace.last->path.length, 256);
}

static void long_traces_keep_the_first_and_the_last_step(void **state)
{
    (void)state;
    char path[2048];
    struct text text = TEXT_ON(path);
    for (unsigned i = 0; i < LINKS_MOST; i++)
        text_add(&text, "/to_root/app");
    text_add(&text, "/missing");
    assert_int_equal(reader_walk(&reader, text_as_span(&text), &trace), ENOENT);
    assert_true(trace.cut);
    assert_int_equal(trace.count, TRACE_STEPS);
    assert_span(trace.steps[0].path, "/");
    assert_span(trace.last->path, "/app/missing");
    assert_ptr_equal(trace.last, &trace.steps[TRACE_STEPS - 1]);
}

static void deep_folders_overflow_into_the_last_step(void **state)
{
    (void)state;
    char path[PATH_MOST];
    char name[101];
    struct text text = TEXT_ON(path);
    memset(name, 'n', 100);
    name[100] = '\0';
    for (unsigned i = 0; i < 30; i++) {
        text_join(&text, i ? "/" : "", name, NULL);
        assert_int_equal(mkdirat(reader.root, path, 0755), 0);
    }
    memmove(path + 1, path, text.length + 1);
    path[0] = '/';
    assert_int_equal(reader_walk(&reader, span_of(path), &trace), 0);
    assert_true(trace.cut);
    assert_span(trace.last->path, path);
    assert_span(trace.real, path);
    assert_span(trace.steps[1].path, (path[101] = '\0', path));
}

static void another_identity_is_judged_by_modes(void **state)
{
    (void)state;
    struct reader as_other = reader;
    char buffer[16];
    size_t length;
    as_other.identity = (struct reader_identity){.uid = geteuid() + 1, .gid = getegid() + 1};
    assert_int_equal(reader_walk(&as_other, SPAN("/app/bin/python"), &trace), 0);
    assert_int_equal(reader_walk(&as_other, SPAN("/into_locked"), &trace), EACCES);
    assert_span(trace.last->path, "/locked");
    assert_int_equal(trace.last->kind, STEP_FOLDER);
    assert_int_equal(trace.last->error, EACCES);
    assert_int_equal(trace.last->mode & 07777, 0700);
    assert_false(trace.last->searchable);
    assert_int_equal(reader_read(&as_other, SPAN("/locked/bin/python"), 0, buffer, sizeof(buffer), &length), EACCES);
    as_other.identity.searches_only = true;
    assert_int_equal(reader_walk(&as_other, SPAN("/into_locked"), &trace), 0);
    as_other.identity = (struct reader_identity){.uid = geteuid() + 1, .gid = getegid() + 1, .overrides = true};
    assert_int_equal(reader_walk(&as_other, SPAN("/into_locked"), &trace), 0);
}

/* The kernel's own answer, as a user without any capability: only root can become one. */
static void own_identity_is_judged_by_the_kernel(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(seteuid(12345), 0);
    struct reader as_user = {.root = reader.root, .identity = reader_identity_of_self()};
    int error = reader_walk(&as_user, SPAN("/into_locked"), &trace);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(error, EACCES);
    assert_int_equal(as_user.identity.uid, 12345);
    assert_false(as_user.identity.overrides);
    assert_span(trace.last->path, "/locked");
    assert_false(trace.last->searchable);
}

enum { READ = 4, WRITE = 2, EXECUTE = 1 };

static const struct permit_row {
    mode_t mode;
    uid_t uid;
    gid_t gid;
    unsigned bits;
    bool plain, overrides, searches;
} permit_rows[] = {
    /* uid 1000, gid 1000, groups 50 and 60 */
    {S_IFREG | 0700, 1000, 0, READ | WRITE | EXECUTE, true, true, true},
    {S_IFREG | 0600, 1000, 0, EXECUTE, false, false, false},
    {S_IFREG | 0077, 1000, 1000, READ, false, true, true}, /* the owner's bits decide, even when others have more */
    {S_IFREG | 0070, 0, 1000, READ | EXECUTE, true, true, true},
    {S_IFREG | 0707, 0, 60, READ, false, true, true}, /* the group's bits decide for a member */
    {S_IFREG | 0750, 0, 50, READ | EXECUTE, true, true, true},
    {S_IFREG | 0750, 0, 50, WRITE, false, true, false},
    {S_IFREG | 0750, 0, 70, EXECUTE, false, true, false},
    {S_IFREG | 0644, 0, 0, READ, true, true, true},
    {S_IFREG | 0644, 0, 0, EXECUTE, false, false, false}, /* no x bit at all: for nobody */
    {S_IFDIR | 0700, 0, 0, EXECUTE, false, true, true},
    {S_IFDIR | 0000, 0, 0, READ | EXECUTE, false, true, true},
    {S_IFDIR | 0700, 0, 0, WRITE, false, true, false},
    {S_IFDIR | 0711, 0, 0, EXECUTE, true, true, true},
};

static void permission_is_arithmetic(void **state)
{
    (void)state;
    struct reader_identity plain = {.uid = 1000, .gid = 1000, .groups = {50, 60}, .group_count = 2};
    struct reader_identity overrides = plain, searches = plain;
    overrides.overrides = true;
    searches.searches_only = true;
    for (size_t i = 0; i < ARRAY_LENGTH(permit_rows); i++) {
        const struct permit_row *row = &permit_rows[i];
        print_message("row %zu\n", i);
        assert_int_equal(reader_identity_permits(&plain, row->mode, row->uid, row->gid, row->bits), row->plain);
        assert_int_equal(reader_identity_permits(&overrides, row->mode, row->uid, row->gid, row->bits), row->overrides);
        assert_int_equal(reader_identity_permits(&searches, row->mode, row->uid, row->gid, row->bits), row->searches);
    }
}

static const struct read_row {
    const char *path;
    uint64_t offset;
    size_t size;
    int error;
    const char *content;
} read_rows[] = {
    {"/file", 0, 32, 0, "0123456789"},
    {"/file", 0, 4, 0, "0123"},
    {"/file", 7, 32, 0, "789"},
    {"/file", 99, 32, 0, ""},
    {"/file", UINT64_MAX, 32, EINVAL, ""},
    {"/empty", 0, 32, 0, ""},
    {"/absolute", 0, 32, 0, "#!/bin/sh\n"},
    {"/app", 0, 32, EISDIR, ""},
    {"/fifo", 0, 32, EINVAL, ""},
    {"/to_fifo", 0, 32, EINVAL, ""},
    {"/socket", 0, 32, EINVAL, ""},
    {"/missing", 0, 32, ENOENT, ""},
};

static void only_regular_files_are_read(void **state)
{
    (void)state;
    char buffer[32];
    size_t length;
    for (size_t i = 0; i < ARRAY_LENGTH(read_rows); i++) {
        const struct read_row *row = &read_rows[i];
        print_message("%s\n", row->path);
        assert_int_equal(reader_read(&reader, span_of(row->path), row->offset, buffer, row->size, &length), row->error);
        assert_span((struct span){buffer, length}, row->content);
    }
}

static void devices_are_never_read(void **state)
{
    (void)state;
    struct reader real;
    char buffer[16];
    size_t length = 1;
    assert_int_equal(reader_open(&real, NULL), 0);
    assert_true(real.is_ours);
    assert_int_equal(reader_read(&real, SPAN("/dev/zero"), 0, buffer, sizeof(buffer), &length), EINVAL);
    assert_int_equal(length, 0);
    reader_close(&real);
    assert_int_equal(real.root, -1);
}

static void kernel_files_are_read_of_the_own_root_only(void **state)
{
    (void)state;
    struct reader real;
    char buffer[64];
    size_t length;
    assert_int_equal(reader_open(&real, "/"), 0);
    assert_int_equal(reader_read_kernel(&real, "/proc/self/stat", buffer, sizeof(buffer), &length), 0);
    assert_int_equal(length, sizeof(buffer));
    reader_close(&real);
    assert_int_equal(reader_read_kernel(&reader, "/proc/self/stat", buffer, sizeof(buffer), &length), ENOENT);
    assert_int_equal(length, 0);
}

/* Of our own root the kernel is asked at once: both ways must say the same. */
static void both_ways_of_walking_agree(void **state)
{
    static const char *const names[] = {
        "",           "/app",
        "/app/",      "/app/bin/../bin/python",
        "/relative",  "/folder/bin/python",
        "/missing/x", "/file/",
        "/file/x",    "/fifo",
        "/socket",    "/loop",
        "/self",      "/chain40",
        "/empty",     "/file_slash",
        "/up/bin/",   "/locked/bin/python",
    };
    struct reader real;
    (void)state;
    assert_int_equal(reader_open(&real, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char whole[512], one[64], two[64];
        size_t one_length, two_length;
        struct stat one_status = {0}, two_status = {0};
        struct text path = TEXT_ON(whole);
        text_join(&path, top, names[i], NULL);
        print_message("%s\n", whole);
        struct span inside = span_of(names[i][0] ? names[i] : "/"), outside = text_as_span(&path);
        assert_int_equal(reader_stat(&reader, inside, &one_status), reader_stat(&real, outside, &two_status));
        assert_int_equal(one_status.st_ino, two_status.st_ino);
        assert_int_equal(reader_read(&reader, inside, 1, one, sizeof(one), &one_length),
                         reader_read(&real, outside, 1, two, sizeof(two), &two_length));
        assert_int_equal(one_length, two_length);
        assert_memory_equal(one, two, one_length);
        assert_int_equal(reader_link(&reader, inside, one, sizeof(one), &one_length),
                         reader_link(&real, outside, two, sizeof(two), &two_length));
        assert_int_equal(one_length, two_length);
        assert_memory_equal(one, two, one_length);
        /* And the trace's walk with both. */
        assert_int_equal(reader_walk(&real, outside, &trace), reader_walk(&reader, inside, &trace));
    }
    assert_int_equal(reader_stat(&real, SPAN("relative"), &(struct stat){0}), EINVAL);
    assert_int_equal(reader_stat(&real, (struct span){0}, &(struct stat){0}), ENOENT);
    reader_close(&real);
}

struct listing {
    unsigned count;
    bool saw_python;
};

static bool count_name(void *context, struct span name, unsigned char type)
{
    struct listing *listing = context;
    (void)type;
    listing->count++;
    listing->saw_python |= span_is(name, "python");
    assert_false(span_is(name, ".") || span_is(name, ".."));
    return true;
}

static bool stop_at_once(void *context, struct span name, unsigned char type)
{
    count_name(context, name, type);
    return false;
}

static void folders_are_listed_within_bounds(void **state)
{
    (void)state;
    struct listing all = {0}, few = {0}, one = {0};
    assert_int_equal(reader_list(&reader, SPAN("/folder/bin"), 10, count_name, &all), 0);
    assert_int_equal(all.count, 1);
    assert_true(all.saw_python);
    assert_int_equal(reader_list(&reader, SPAN("/"), 5, count_name, &few), 0);
    assert_int_equal(few.count, 5);
    assert_int_equal(reader_list(&reader, SPAN("/"), 5, stop_at_once, &one), 0);
    assert_int_equal(one.count, 1);
    assert_int_equal(reader_list(&reader, SPAN("/file"), 5, count_name, &one), ENOTDIR);
    assert_int_equal(reader_list(&reader, SPAN("/fifo"), 5, count_name, &one), ENOTDIR);
    assert_int_equal(reader_list(&reader, SPAN("/missing"), 5, count_name, &one), ENOENT);
}

static void links_are_read_without_following(void **state)
{
    (void)state;
    char buffer[64];
    size_t length;
    assert_int_equal(reader_link(&reader, SPAN("/dangling"), buffer, sizeof(buffer), &length), 0);
    assert_span((struct span){buffer, length}, "/opt/homebrew/bin/python3");
    assert_int_equal(reader_link(&reader, SPAN("/to_root/absolute"), buffer, sizeof(buffer), &length), 0);
    assert_span((struct span){buffer, length}, "/app/bin/python");
    assert_int_equal(reader_link(&reader, SPAN("/file"), buffer, sizeof(buffer), &length), EINVAL);
    assert_int_equal(reader_link(&reader, SPAN("/app"), buffer, sizeof(buffer), &length), EINVAL);
    assert_int_equal(reader_link(&reader, SPAN("/none"), buffer, sizeof(buffer), &length), ENOENT);
}

static void roots_that_are_no_folders_are_refused(void **state)
{
    (void)state;
    struct reader none;
    char path[64];
    struct text text = TEXT_ON(path);
    text_join(&text, top, "/file", NULL);
    assert_int_equal(reader_open(&none, path), ENOTDIR);
    assert_int_equal(none.root, -1);
    assert_false(none.is_ours);
    assert_int_equal(reader_open(&none, "/does/not/exist"), ENOENT);
    reader_close(&none);
}

/* On our own root, as ourselves, the kernel walks in one call. It must answer as our own walk does. `walking` has the same
 * root and rights, and only doesn't know that the root is ours. */
static void the_kernel_answers_as_the_walk_does(void **state)
{
    (void)state;
    static const char *const ends[] = {"/file",      "/file/",
                                       "/file/x",    "/folder",
                                       "/folder/",   "/folder/bin",
                                       "/fifo",      "/dangling",
                                       "/loop",      "/missing",
                                       "/missing/x", "/app",
                                       "/app/",      "",
                                       "/",          "//folder//bin/../bin/.",
                                       "/to_root"};
    struct reader ours, walking;
    assert_int_equal(reader_open(&ours, NULL), 0);
    assert_int_equal(reader_open(&walking, NULL), 0);
    walking.is_ours = false;
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        char path[PATH_MOST], bytes[2][64] = {"", ""};
        struct stat status[2] = {{0}, {0}};
        struct listing lists[2] = {{0}, {0}};
        size_t length[2];
        snprintf(path, sizeof(path), "%s%s", top, ends[i]);
        print_message("%s\n", path);
        assert_int_equal(reader_stat(&ours, span_of(path), &status[0]),
                         reader_stat(&walking, span_of(path), &status[1]));
        assert_int_equal(status[0].st_ino, status[1].st_ino);
        assert_int_equal(reader_may(&ours, span_of(path), 4), reader_may(&walking, span_of(path), 4));
        assert_int_equal(reader_read(&ours, span_of(path), 1, bytes[0], 64, &length[0]),
                         reader_read(&walking, span_of(path), 1, bytes[1], 64, &length[1]));
        assert_int_equal(length[0], length[1]);
        assert_memory_equal(bytes[0], bytes[1], 64);
        assert_int_equal(reader_link(&ours, span_of(path), bytes[0], 64, &length[0]),
                         reader_link(&walking, span_of(path), bytes[1], 64, &length[1]));
        assert_int_equal(length[0], length[1]);
        assert_memory_equal(bytes[0], bytes[1], length[0]);
        assert_int_equal(reader_list(&ours, span_of(path), 9, count_name, &lists[0]),
                         reader_list(&walking, span_of(path), 9, count_name, &lists[1]));
        assert_int_equal(lists[0].count, lists[1].count);
    }
    reader_close(&ours);
    reader_close(&walking);
}

/* Whatever was walked, every descriptor is closed again: the next one gets the same number. */
static void no_descriptor_is_left_open(void **state)
{
    (void)state;
    char buffer[16];
    size_t length;
    struct listing listing = {0};
    int before = dup(reader.root);
    close(before);
    for (size_t i = 0; i < ARRAY_LENGTH(walk_rows); i++) {
        struct span path = span_of(walk_rows[i].path);
        reader_walk(&reader, path, &trace);
        reader_read(&reader, path, 0, buffer, sizeof(buffer), &length);
        reader_list(&reader, path, 3, count_name, &listing);
        reader_link(&reader, path, buffer, sizeof(buffer), &length);
    }
    int after = dup(reader.root);
    close(after);
    assert_int_equal(before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_end_where_the_kernel_ends),
        cmocka_unit_test(trace_names_every_link),
        cmocka_unit_test(malformed_paths_are_refused),
        cmocka_unit_test(long_traces_keep_the_first_and_the_last_step),
        cmocka_unit_test(deep_folders_overflow_into_the_last_step),
        cmocka_unit_test(another_identity_is_judged_by_modes),
        cmocka_unit_test(own_identity_is_judged_by_the_kernel),
        cmocka_unit_test(permission_is_arithmetic),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(devices_are_never_read),
        cmocka_unit_test(kernel_files_are_read_of_the_own_root_only),
        cmocka_unit_test(both_ways_of_walking_agree),
        cmocka_unit_test(folders_are_listed_within_bounds),
        cmocka_unit_test(links_are_read_without_following),
        cmocka_unit_test(the_kernel_answers_as_the_walk_does),
        cmocka_unit_test(roots_that_are_no_folders_are_refused),
        cmocka_unit_test(no_descriptor_is_left_open),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
