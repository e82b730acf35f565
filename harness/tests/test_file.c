/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "file.h"
#include "scratch.h"

static char err[512];

static void expect_text(const struct scratch *s, const char *name,
                        const char *text)
{
    char *found = rig_file_read(scratch_path(s, name), err, sizeof(err));

    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

static unsigned entries(const struct scratch *s)
{
    struct stat st;
    unsigned count = 0;
    char command[128], line[256];
    FILE *f;

    snprintf(command, sizeof(command), "ls -A '%s'", s->dir);
    f = popen(command, "r");
    while (fgets(line, sizeof(line), f))
        count++;
    pclose(f);
    assert_int_equal(stat(s->dir, &st), 0);
    return count;
}

static void test_reads_texts_larger_than_one_buffer(void **state)
{
    const struct scratch *s = *state;
    char *text = malloc(100001);

    memset(text, 'x', 100000);
    text[100000] = '\0';
    scratch_write(s, "a", text);
    expect_text(s, "a", text);
    scratch_write(s, "a", "");
    expect_text(s, "a", "");
    free(text);
}

static void test_refuses_what_is_no_text_file(void **state)
{
    const struct scratch *s = *state;
    FILE *f = fopen(scratch_path(s, "nul"), "w");

    fwrite("a\0b", 1, 3, f);
    fclose(f);
    assert_null(rig_file_read(scratch_path(s, "nul"), err, sizeof(err)));
    assert_non_null(strstr(err, "NUL byte"));
    assert_null(rig_file_read(s->dir, err, sizeof(err)));
    assert_non_null(strstr(err, "not a regular file"));
}

static void test_output_appears_at_commit_and_not_before(void **state)
{
    const struct scratch *s = *state;
    struct rig_out out;

    scratch_write(s, "report", "old");
    assert_int_equal(
        rig_out_open(&out, scratch_path(s, "report"), err, sizeof(err)), 0);
    fputs("new", out.stream);
    fflush(out.stream);
    expect_text(s, "report", "old");
    assert_int_equal(rig_out_commit(&out, err, sizeof(err)), 0);
    expect_text(s, "report", "new");
    assert_int_equal(entries(s), 1);
}

static void test_abandoned_output_leaves_no_trace(void **state)
{
    const struct scratch *s = *state;
    struct rig_out out;

    assert_int_equal(
        rig_out_open(&out, scratch_path(s, "report"), err, sizeof(err)), 0);
    fputs("half", out.stream);
    rig_out_abandon(&out);
    rig_out_abandon(&out);
    assert_int_equal(entries(s), 0);
}

static void test_output_through_a_link_keeps_the_link(void **state)
{
    const struct scratch *s = *state;
    struct rig_out out;
    struct stat st;
    char target[256];

    scratch_write(s, "target", "old");
    snprintf(target, sizeof(target), "%s/target", s->dir);
    assert_int_equal(symlink(target, scratch_path(s, "link")), 0);
    assert_int_equal(
        rig_out_open(&out, scratch_path(s, "link"), err, sizeof(err)), 0);
    fputs("new", out.stream);
    assert_int_equal(rig_out_commit(&out, err, sizeof(err)), 0);
    expect_text(s, "target", "new");
    assert_int_equal(lstat(scratch_path(s, "link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void test_devices_are_written_in_place(void **state)
{
    struct rig_out out;
    struct stat st;

    (void)state;
    assert_int_equal(rig_out_open(&out, "/dev/null", err, sizeof(err)), 0);
    fputs("gone", out.stream);
    assert_int_equal(rig_out_commit(&out, err, sizeof(err)), 0);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void test_full_device_fails_at_commit(void **state)
{
    struct rig_out out;

    (void)state;
    assert_int_equal(rig_out_open(&out, "/dev/full", err, sizeof(err)), 0);
    fputs("lost", out.stream);
    assert_int_equal(rig_out_commit(&out, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "/dev/full"));
}

static void test_unwritable_place_fails_at_open(void **state)
{
    const struct scratch *s = *state;
    struct rig_out out;

    assert_int_equal(
        rig_out_open(&out, scratch_path(s, "no/x"), err, sizeof(err)), -1);
    assert_non_null(strstr(err, "No such file"));
    assert_int_equal(rig_out_open(&out, s->dir, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "Is a directory"));
}

/* Where the file system knows files without a name. */
static void test_output_of_a_killed_process_leaves_no_trace(void **state)
{
    const struct scratch *s = *state;
    struct rig_out out;
    int status;
    pid_t pid;

    scratch_write(s, "report", "old");
    assert_int_equal(
        rig_out_open(&out, scratch_path(s, "report"), err, sizeof(err)), 0);
    if (!out.nameless) {
        rig_out_abandon(&out);
        skip();
    }
    rig_out_abandon(&out);
    pid = fork();
    if (pid == 0) {
        rig_out_open(&out, scratch_path(s, "report"), err, sizeof(err));
        fputs("half", out.stream);
        fflush(out.stream);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(entries(s), 1);
    expect_text(s, "report", "old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_reads_texts_larger_than_one_buffer),
        SCRATCH_TEST(test_refuses_what_is_no_text_file),
        SCRATCH_TEST(test_output_appears_at_commit_and_not_before),
        SCRATCH_TEST(test_abandoned_output_leaves_no_trace),
        SCRATCH_TEST(test_output_of_a_killed_process_leaves_no_trace),
        SCRATCH_TEST(test_output_through_a_link_keeps_the_link),
        cmocka_unit_test(test_devices_are_written_in_place),
        cmocka_unit_test(test_full_device_fails_at_commit),
        SCRATCH_TEST(test_unwritable_place_fails_at_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
