#ifndef TESTS_UNIT_IMAGE_H
#define TESTS_UNIT_IMAGE_H

/* A small image in a folder, with Pythons and environments that are whole as far as reading tells, and the scene that a
 * check gets of it. Include behind cmocka.h. */

#include "checks/host.h"
#include "checks/interpreter.h"
#include "tree.h"

struct image {
    struct tree tree;
    struct reader reader;
    struct host host;
    struct settings settings;
    struct findings findings;
    struct environment environment;
    struct scene scene;
};

static inline void image_link(const struct tree *tree, const char *path, const char *target)
{
    tree_parents(tree, path);
    assert_int_equal(symlinkat(target, tree->root, path), 0);
}

/* The shortest ELF file that the kernel takes for a program: header and one segment, for x86-64. */
static inline void image_program(const struct tree *tree, const char *path)
{
    char bytes[120] = "\x7f"
                      "ELF\x02\x01\x01";
    bytes[16] = 3;  /* ET_DYN */
    bytes[18] = 62; /* EM_X86_64 */
    bytes[32] = 64; /* the segments follow the header */
    bytes[54] = 56; /* of that size each */
    bytes[56] = 1;  /* one */
    bytes[64] = 1;  /* PT_LOAD */
    tree_parents(tree, path);
    int file = openat(tree->root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, sizeof(bytes)), sizeof(bytes));
    close(file);
    tree_mode(tree, path, 0755);
}

static inline const char *image_path(struct text *text, const char *a, const char *b, const char *c)
{
    text_clear(text);
    text_join(text, a, b, c, NULL);
    return text->at;
}

/* PREFIX/bin/python3.N with its links, and the landmarks of its standard library. */
static inline void image_python(const struct tree *tree, const char *prefix, const char *version)
{
    char buffer[512], name[32];
    struct text path = TEXT_ON(buffer), link = TEXT_ON(name);
    text_join(&link, "python", version, NULL);
    image_program(tree, image_path(&path, prefix, "/bin/python", version));
    image_link(tree, image_path(&path, prefix, "/bin/python3", ""), name);
    image_link(tree, image_path(&path, prefix, "/bin/python", ""), "python3");
    text_clear(&path);
    text_join(&path, prefix, "/lib/python", version, "/os.py", NULL);
    tree_file(tree, buffer, "");
    text_clear(&path);
    text_join(&path, prefix, "/lib/python", version, "/encodings/__init__.py", NULL);
    tree_file(tree, buffer, "");
}

static inline void image_uvicorn(const struct tree *tree, const char *prefix, const char *version)
{
    char buffer[512];
    struct text path = TEXT_ON(buffer);
    text_join(&path, prefix, "/lib/python", version, "/site-packages/uvicorn/__init__.py", NULL);
    tree_file(tree, buffer, "");
}

/* An environment whose python leads to `base`, as `python -m venv` makes it. */
static inline void image_venv(const struct tree *tree, const char *venv, const char *base, const char *version)
{
    char buffer[512];
    struct text path = TEXT_ON(buffer);
    text_join(&path, venv, "/lib/python", version, "/site-packages/pip/__init__.py", NULL);
    tree_file(tree, buffer, "");
    image_link(tree, image_path(&path, venv, "/bin/python3", ""), base);
    image_link(tree, image_path(&path, venv, "/bin/python", ""), "python3");
    tree_file(tree, image_path(&path, venv, "/pyvenv.cfg", ""),
              "home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.12.1\n");
}

static inline void image_variables(struct image *image, char *const *entries)
{
    static char *const none[] = {NULL};
    image->environment.entries = entries ? entries : none;
}

/* Behind all that is put into the tree: the reader as for a folder of a test, judged as a container without mounts. */
static inline void image_open(struct image *image)
{
    assert_int_equal(reader_open(&image->reader, image->tree.top), 0);
    image_variables(image, NULL);
    host_read(&image->host, &image->reader, &image->environment);
    settings_start(&image->settings);
    findings_clear(&image->findings);
    image->scene = (struct scene){.reader = &image->reader,
                                  .settings = &image->settings,
                                  .environment = &image->environment,
                                  .host = &image->host,
                                  .findings = &image->findings,
                                  .working_folder = SPAN("/app"),
                                  .app_dir = SPAN("/app")};
}

static inline void image_close(struct image *image)
{
    reader_close(&image->reader);
    tree_remove(&image->tree);
}

/* Lines of mountinfo; NULL: none is known. The reader counts as of our own root then. */
static inline void image_mounts(struct image *image, const char *lines)
{
    struct host_mounts *mounts = image->host.mounts;
    mounts->are_read = true;
    mounts->are_known = lines != NULL;
    if (!lines)
        return;
    size_t length = strlen(lines);
    memcpy(mounts->bytes, lines, length);
    mounts_read(&mounts->list, mounts->bytes, length);
    assert_int_equal(mounts->list.lost, 0);
}

static inline void image_set(struct image *image, enum setting setting, const char *value, const char *source)
{
    struct setting_error error;
    assert_true(settings_set(&image->settings, setting, span_of(value), ORIGIN_OPTION, span_of(source), &error));
}

static inline void assert_span(struct span span, const char *expected)
{
    if (!span_is(span, expected))
        fail_msg("'%.*s' is not '%s'", (int)span.length, span.at ? span.at : "", expected);
}

/* The finding's value; "" when it hasn't got it. */
static inline void assert_value(const struct finding *finding, const char *key, const char *expected)
{
    const struct value *value = finding_value(finding, key);
    if (!span_is(value ? value->span : SPAN(""), expected))
        fail_msg("{%s} is '%.*s', not '%s'", key, value ? (int)value->span.length : 0, value ? value->span.at : "",
                 expected);
}

#endif
