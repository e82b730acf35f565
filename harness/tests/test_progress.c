/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "progress.h"

static const char *line_of(size_t done, size_t fails, uint64_t elapsed_ms,
                           unsigned width)
{
    static char line[512];
    struct rig_report r = {.count = 200, .done = done};

    r.tally[RIG_FAIL] = fails;
    r.tally[RIG_PASS] = done - fails;
    rig_progress_line(&r, "blk/1/x@ring=packed,size=7", elapsed_ms, width, line,
                      sizeof(line));
    return line;
}

static void test_bar_fills_with_what_is_done(void **state)
{
    (void)state;
    assert_string_equal(line_of(0, 0, 0, 200),
                        "[....................] 0 of 200 cases, 0 failed  "
                        "blk/1/x@ring=packed,size=7");
    assert_ptr_equal(strstr(line_of(109, 2, 0, 200),
                            "[##########..........] 109 of 200 cases, 2 failed "
                            " blk"),
                     line_of(109, 2, 0, 200));
    assert_non_null(strstr(line_of(199, 0, 0, 200), "[###################.]"));
    assert_non_null(strstr(line_of(200, 0, 0, 200), "[####################]"));
}

static void test_time_left_is_told_after_a_while(void **state)
{
    (void)state;
    assert_null(strstr(line_of(50, 0, 999, 200), "left"));
    assert_null(strstr(line_of(0, 0, 60000, 200), "left"));
    assert_non_null(strstr(line_of(50, 0, 25000, 200), ", 1:15 left  blk"));
    assert_non_null(strstr(line_of(199, 0, 25000, 200), ", 0:00 left  blk"));
}

static void test_line_never_wraps(void **state)
{
    (void)state;
    assert_int_equal(strlen(line_of(50, 0, 0, 39)), 39);
    assert_true(strlen(line_of(50, 0, 0, 5000)) < 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bar_fills_with_what_is_done),
        cmocka_unit_test(test_time_left_is_told_after_a_while),
        cmocka_unit_test(test_line_never_wraps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
