/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "combo.h"

static char err[256];

static void expect_text(const char *in, const char *out)
{
    char text[RIG_COMBO_ROOM];
    struct rig_combo combo;

    if (rig_combo_parse(&combo, in, err, sizeof(err)))
        fail_msg("'%s': %s", in, err);
    rig_combo_text(&combo, text, sizeof(text));
    assert_string_equal(text, out);
}

static void expect_error(const char *in, const char *expected)
{
    struct rig_combo combo;

    assert_int_equal(rig_combo_parse(&combo, in, err, sizeof(err)), -1);
    if (!strstr(err, expected))
        fail_msg("'%s': expected \"%s\" in \"%s\"", in, expected, err);
    assert_null(strchr(err, '\n'));
}

static void test_text_of_a_combination_is_parsed_back(void **state)
{
    static const char longest[] = "ring=packed,indirect=off,event_idx=off,"
                                  "in_order=off,size=32768,memory=bounce,"
                                  "sched=threads";

    (void)state;
    assert_true(sizeof(longest) <= RIG_COMBO_ROOM);
    expect_text(longest, longest);
    expect_text("ring=split", "ring=split");
    expect_text("indirect=on,event_idx=on,in_order=on",
                "indirect=on,event_idx=on,in_order=on");
    expect_text("memory=direct,sched=step", "memory=direct,sched=step");
    expect_text("size=1", "size=1");
}

static void test_order_of_keys_is_always_the_same(void **state)
{
    (void)state;
    expect_text("sched=step,size=7,ring=packed",
                "ring=packed,size=7,sched=step");
}

static void test_unknown_key_is_told_with_those_that_are_known(void **state)
{
    (void)state;
    expect_error("rnig=split", "expected one of ring, indirect, event_idx, "
                               "in_order, size, memory, sched, found 'rnig'");
    expect_error("=split", "found ''");
    expect_error("ring=split,Size=7", "found 'Size'");
}

static void test_value_that_cannot_be_is_told_with_those_that_can(void **state)
{
    static const char *const sizes[] = {"0",     "40000", "32769", "-1",
                                        "7.0",   "07",    "0x10",  "",
                                        "65537", "7 ",    "any",   "999999999"};
    char text[64];

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        snprintf(text, sizeof(text), "size=%s", sizes[k]);
        expect_error(text, "size: expected 1 to 32768, found '");
        assert_non_null(strstr(err, sizes[k]));
    }
    expect_error("ring=round", "ring: expected split or packed, found 'round'");
    expect_error("indirect=yes", "indirect: expected off or on, found 'yes'");
    expect_error("memory=",
                 "memory: expected direct, bounce or guarded, found ''");
    expect_error("sched=step=2", "expected step or threads, found 'step=2'");
}

static void test_shape_that_is_no_list_of_pairs_is_refused(void **state)
{
    (void)state;
    expect_error("", "expected key=value, found ''");
    expect_error("ring", "expected key=value, found 'ring'");
    expect_error("ring=split,", "expected key=value, found ''");
    expect_error(",ring=split", "expected key=value, found ''");
    expect_error("ring=split,,size=7", "expected key=value, found ''");
    expect_error("ring=split,ring=packed", "ring is given twice");
    expect_error("size=7,size=7", "size is given twice");
}

/* A key or value is not cut to one that is known. */
static void test_endless_words_are_refused(void **state)
{
    char text[512];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "ring=split", 10);
    text[sizeof(text) - 1] = '\0';
    expect_error(text, "expected split or packed, found 'splitxxx");
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + 500, "=1", 3);
    expect_error(text, "expected one of ring");
}

static void test_case_id_names_only_what_is_named(void **state)
{
    struct rig_combo combo = {{0}};
    char id[RIG_CASE_ID_ROOM];

    (void)state;
    rig_case_id("blk/1/x", &combo, id, sizeof(id));
    assert_string_equal(id, "blk/1/x");
    combo.value[RIG_DIM_RING] = RIG_RING_PACKED;
    combo.value[RIG_DIM_SIZE] = 1000;
    rig_case_id("blk/1/x", &combo, id, sizeof(id));
    assert_string_equal(id, "blk/1/x@ring=packed,size=1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_a_combination_is_parsed_back),
        cmocka_unit_test(test_order_of_keys_is_always_the_same),
        cmocka_unit_test(test_unknown_key_is_told_with_those_that_are_known),
        cmocka_unit_test(test_value_that_cannot_be_is_told_with_those_that_can),
        cmocka_unit_test(test_shape_that_is_no_list_of_pairs_is_refused),
        cmocka_unit_test(test_endless_words_are_refused),
        cmocka_unit_test(test_case_id_names_only_what_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
