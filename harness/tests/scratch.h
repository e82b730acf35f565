/* SPDX-License-Identifier: MIT
 *
 * scratch.h: a folder for one test, gone afterwards; and streams to strings.
 * Include after cmocka.h.
 */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
    char dir[64];
};

static inline int scratch_setup(void **state)
{
    struct scratch *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    strcpy(s->dir, "/tmp/ringtrue-test-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    *state = s;
    return 0;
}

static inline int scratch_teardown(void **state)
{
    struct scratch *s = *state;
    char command[128];
    int rc;

    snprintf(command, sizeof(command), "rm -rf '%s'", s->dir);
    rc = system(command);
    free(s);
    return rc;
}

/* DIR/name, in a buffer that the next call overwrites. */
static inline const char *scratch_path(const struct scratch *s,
                                       const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    return path;
}

/* Writes a file and the folders above it. */
static inline void scratch_write(const struct scratch *s, const char *name,
                                 const char *text)
{
    char path[256], *slash;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    for (slash = path + strlen(s->dir) + 1; (slash = strchr(slash, '/'));
         *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0777);
    }
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* What was written to a stream since open_memstream. */
struct capture {
    FILE *stream;
    char *text;
    size_t bytes;
};

static inline void capture_begin(struct capture *c)
{
    c->stream = open_memstream(&c->text, &c->bytes);
    assert_non_null(c->stream);
}

static inline const char *capture_end(struct capture *c)
{
    assert_int_equal(fclose(c->stream), 0);
    return c->text;
}

#define SCRATCH_TEST(test)                                                     \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

#endif
