/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "file.h"
#include "lines.h"
#include "scratch.h"

static char err[512];

static void expect_text(const struct scratch *s, const char *text)
{
    char *found = rig_file_read(scratch_path(s, "f"), err, sizeof(err));

    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

static void open_file(const struct scratch *s, struct rig_lines *lines,
                      bool append)
{
    assert_int_equal(
        rig_lines_open(lines, scratch_path(s, "f"), append, err, sizeof(err)),
        0);
}

static void add(struct rig_lines *lines, int n)
{
    assert_int_equal(rig_lines_add(lines, json_pack("{si}", "n", n)), 0);
}

static void end(struct rig_lines *lines)
{
    assert_int_equal(rig_lines_close(lines, err, sizeof(err)), 0);
}

static void test_a_line_is_in_the_file_before_the_next(void **state)
{
    const struct scratch *s = *state;
    struct rig_lines lines;

    scratch_write(s, "f", "what was there\n");
    open_file(s, &lines, false);
    expect_text(s, "");
    add(&lines, 1);
    expect_text(s, "{\"n\":1}\n");
    add(&lines, 2);
    expect_text(s, "{\"n\":1}\n{\"n\":2}\n");
    end(&lines);
}

static void test_appending_goes_on_behind_the_last_whole_line(void **state)
{
    const struct scratch *s = *state;
    struct rig_lines lines;

    scratch_write(s, "f", "{\"n\":1}\n{\"n\":2");
    open_file(s, &lines, true);
    add(&lines, 3);
    end(&lines);
    expect_text(s, "{\"n\":1}\n{\"n\":3}\n");
}

static void test_a_half_line_longer_than_what_is_looked_at_at_once(void **state)
{
    const struct scratch *s = *state;
    static char text[10000] = "{}\n";
    struct rig_lines lines;

    memset(text + 3, 'x', sizeof(text) - 4);
    scratch_write(s, "f", text);
    open_file(s, &lines, true);
    end(&lines);
    expect_text(s, "{}\n");
}

static void test_a_file_of_half_a_line_is_empty(void **state)
{
    const struct scratch *s = *state;
    struct rig_lines lines;

    scratch_write(s, "f", "{\"n\":");
    open_file(s, &lines, true);
    add(&lines, 1);
    end(&lines);
    expect_text(s, "{\"n\":1}\n");
}

static void test_two_writers_do_not_mix_their_lines(void **state)
{
    const struct scratch *s = *state;
    struct rig_lines a, b;

    open_file(s, &a, false);
    open_file(s, &b, true);
    add(&a, 1);
    add(&b, 2);
    add(&a, 3);
    end(&a);
    end(&b);
    expect_text(s, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void test_a_full_disk_is_told_once_and_in_the_end(void **state)
{
    struct rig_lines lines;

    (void)state;
    assert_int_equal(
        rig_lines_open(&lines, "/dev/full", false, err, sizeof(err)), 0);
    assert_int_equal(rig_lines_add(&lines, json_object()), -1);
    assert_int_equal(rig_lines_add(&lines, json_object()), -1);
    assert_int_equal(rig_lines_close(&lines, err, sizeof(err)), -1);
    assert_string_equal(err, "No space left on device");
}

static void test_what_cannot_be_opened_is_named(void **state)
{
    struct rig_lines lines;

    (void)state;
    assert_int_equal(
        rig_lines_open(&lines, "/no/such/f", false, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "'/no/such/f': "));
    assert_int_equal(rig_lines_add(&lines, json_object()), 0);
    assert_int_equal(rig_lines_close(&lines, err, sizeof(err)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_a_line_is_in_the_file_before_the_next),
        SCRATCH_TEST(test_appending_goes_on_behind_the_last_whole_line),
        SCRATCH_TEST(test_a_half_line_longer_than_what_is_looked_at_at_once),
        SCRATCH_TEST(test_a_file_of_half_a_line_is_empty),
        SCRATCH_TEST(test_two_writers_do_not_mix_their_lines),
        cmocka_unit_test(test_a_full_disk_is_told_once_and_in_the_end),
        cmocka_unit_test(test_what_cannot_be_opened_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
