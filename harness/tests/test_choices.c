/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "choices.h"
#include "device_json.h"
#include "made_vector.h"
#include "ringtrue/wire.h"

static struct rig_choices choices;
static char why[256];

static void choose(const char *members, bool script)
{
    struct rig_vector v = made_vector(members);

    rig_choices_of(&choices, &v, script);
    made_vector_free(&v);
}

/* Is each of the dimensions named, and no other, fixed? */
static void expect_fixed(const char *members, const char *dims)
{
    choose(members, false);
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        const char *name = rig_dim_name((enum rig_dim)d);
        bool fixed = choices.fixed_by[d] != NULL;

        if (fixed != (strstr(dims, name) != NULL))
            fail_msg("%s: %s %s", members, name, fixed ? "fixed" : "free");
        assert_true(fixed == (choices.count[d] == 0));
    }
}

static bool allows(const char *combo)
{
    struct rig_combo c;

    if (rig_combo_parse(&c, combo, why, sizeof(why)))
        fail_msg("%s: %s", combo, why);
    return rig_choices_allow(&choices, &c, why, sizeof(why));
}

static void expect_refused(const char *combo, const char *reason)
{
    assert_false(allows(combo));
    assert_string_equal(why, reason);
}

#define FEATURES "ring indirect event_idx in_order"

static void test_vector_that_says_nothing_is_free(void **state)
{
    (void)state;
    expect_fixed("", "");
    assert_true(allows("ring=packed,indirect=off,event_idx=off,in_order=on,"
                       "size=32767,memory=bounce,sched=threads"));
}

static void test_feature_list_fixes_what_are_features(void **state)
{
    (void)state;
    expect_fixed("\"device\": {\"features\": [\"VERSION_1\"]}", FEATURES);
    assert_false(allows("ring=packed"));
    assert_string_equal(why, "ring=packed is not possible: its device lists "
                             "the features");
    assert_true(allows("size=8,memory=bounce"));
    /* What it has anyway may be named. */
    assert_true(allows("ring=split,indirect=off,event_idx=off,in_order=off"));
    expect_fixed("\"device\": {\"features\": [34, \"IN_ORDER\"]}", FEATURES);
    assert_true(allows("ring=packed,in_order=on,indirect=off,size=7"));
    assert_false(allows("ring=split"));
}

static void test_queue_size_and_segment_limits_fix_the_size(void **state)
{
    (void)state;
    expect_fixed("\"device\": {\"queue_size\": 8}", "size");
    assert_true(allows("size=8"));
    expect_refused("size=16",
                   "size=16 is not possible: its device has a queue size");
    expect_fixed("\"device\": {\"seg_max\": 8}", "size");
    expect_fixed("\"device\": {\"size_max\": 8}", "size");
    expect_fixed("\"steps\": [{\"op\": \"open\", \"queue_size\": 8}]", "size");
}

static void test_open_that_fails_or_leaves_out_fixes_the_layout(void **state)
{
    (void)state;
    expect_fixed("\"steps\": [{\"op\": \"open\", \"expect\": \"error\"}]",
                 FEATURES " size");
    expect_fixed("\"steps\": [{\"op\": \"open\", \"expect\": [\"ok\"]}]",
                 FEATURES " size");
    expect_fixed("\"steps\": [{\"op\": \"open\", \"expect\": \"ok\"}]", "");
    expect_fixed("\"steps\": [{\"op\": \"blk.read\", \"expect\": \"any\"}]",
                 "");
    expect_fixed("\"steps\": [{\"op\": \"open\", \"without\": [\"RO\"]}]", "");
    expect_fixed("\"steps\": [{\"op\": \"open\", \"without\": [\"RO\", 34,"
                 " \"INDIRECT_DESC\"]}]",
                 "ring indirect");
}

static void test_clause_of_one_kind_of_ring_fixes_the_ring(void **state)
{
    (void)state;
    expect_fixed("\"clauses\": [\"drv-2.7.4.2-1\"]", "ring");
    expect_fixed("\"clauses\": [\"drv-2.1.1-1\", \"prose-2.8.6-1\"]", "ring");
    expect_fixed("\"clauses\": [\"drv-2.1.1-1\", \"drv-5.2.7-1\"]", "");
    expect_fixed("\"clauses\": [\"drv-2.70-1\"]", "");
}

static void test_fault_in_the_ring_fixes_it(void **state)
{
    (void)state;
    expect_fixed("\"device\": {\"faults\": [{\"fault\": \"used-twice\"}]}",
                 "ring event_idx in_order");
    expect_fixed("\"device\": {\"faults\": [{\"fault\": \"blk-stuck\"},"
                 " {\"fault\": \"irq-lost\"}]}",
                 "ring event_idx in_order");
    expect_fixed("\"device\": {\"faults\": [{\"fault\": \"blk-stuck\"}]}", "");
    expect_fixed("\"device\": {\"faults\": [{\"fault\": \"queue-max\"}]}",
                 "size");
}

static void test_device_with_an_order_is_not_in_order(void **state)
{
    (void)state;
    expect_fixed("\"device\": {\"order\": \"lifo\"}", "in_order");
    expect_fixed("\"device\": {\"hold\": 3}", "in_order");
    expect_fixed("\"device\": {\"type\": \"snd\", \"streams\": [{}, {}]}",
                 "in_order");
    expect_fixed("\"device\": {\"type\": \"snd\", \"streams\": [{}]}", "");
}

static void test_queue_has_room_for_the_longest_chain(void **state)
{
    (void)state;
    choose("\"steps\": [{\"op\": \"blk.batch\", \"requests\": [{\"op\":"
           " \"blk.read\", \"segs\": [512, 512]}]}, {\"op\": \"blk.read\"}]",
           false);
    assert_int_equal(choices.value[RIG_DIM_SIZE][0], 5);
    assert_true(allows("size=5,ring=packed"));
    expect_refused("size=4",
                   "size=4 is not possible: it needs queues of 5 entries");
    choose("", false);
    assert_int_equal(choices.value[RIG_DIM_SIZE][0], 3);
    choose("\"device\": {\"type\": \"snd\"}", false);
    assert_int_equal(choices.value[RIG_DIM_SIZE][0], 64);
}

static void test_applies_if_goes_before_all_that(void **state)
{
    (void)state;
    expect_fixed("\"clauses\": [\"drv-2.7.4.2-1\"], \"device\": {\"features\":"
                 " [\"VERSION_1\"], \"queue_size\": 2}, \"applies_if\":"
                 " {\"ring\": \"any\", \"indirect\": [\"off\", \"on\"],"
                 " \"size\": [1, 2], \"sched\": [\"step\"]}",
                 "event_idx in_order");
    assert_true(allows("ring=packed,indirect=on,size=1,sched=step"));
    expect_refused("size=4",
                   "size=4 is not possible: its applies_if does not list it");
    expect_refused("sched=threads", "sched=threads is not possible: its "
                                    "applies_if does not list it");
    assert_int_equal(choices.count[RIG_DIM_SIZE], 2);
    assert_int_equal(choices.count[RIG_DIM_SCHED], 1);
    choose("\"applies_if\": {\"size\": \"any\"}", false);
    expect_refused("size=2",
                   "size=2 is not possible: it needs queues of 3 entries");
}

static void test_value_that_is_listed_twice_counts_once(void **state)
{
    (void)state;
    choose("\"applies_if\": {\"size\": [8, 8, 16, 8]}", false);
    assert_int_equal(choices.count[RIG_DIM_SIZE], 2);
}

static void test_script_of_a_liar_keeps_its_layout(void **state)
{
    (void)state;
    choose("\"applies_if\": {\"ring\": \"any\", \"size\": [8, 64]}", true);
    for (unsigned d = 0; d <= RIG_DIM_SIZE; d++)
        assert_int_equal(choices.count[d], 0);
    assert_int_equal(choices.count[RIG_DIM_MEMORY], 2);
    assert_int_equal(choices.count[RIG_DIM_SCHED], 2);
    expect_refused("size=8", "size=8 is not possible: the script of a liar is "
                             "written for one layout");
}

static void test_split_ring_has_a_power_of_2_of_entries(void **state)
{
    (void)state;
    choose("", false);
    expect_refused("ring=split,size=7", "size=7 is not possible: a split ring "
                                        "has a power of 2 of entries");
    assert_false(allows("size=1000")); /* its own ring is split */
    assert_true(allows("size=1024"));
    assert_true(allows("ring=packed,size=1000"));
    choose("\"device\": {\"features\": [\"RING_PACKED\"]}", false);
    assert_true(allows("size=1000"));
}

static void test_own_values_are_those_of_the_machine(void **state)
{
    struct fake_machine_config cfg;
    uint64_t f;

    (void)state;
    memset(&cfg, 0, sizeof(cfg));
    rig_device_from_json(&cfg, NULL);
    f = cfg.blk.features;
    choose("", false);
    assert_int_equal(choices.own[RIG_DIM_SIZE], cfg.queue_size_max);
    assert_int_equal(choices.own[RIG_DIM_RING] == RIG_RING_PACKED,
                     f >> VIRTIO_F_RING_PACKED & 1);
    assert_int_equal(choices.own[RIG_DIM_INDIRECT] == RIG_ON,
                     f >> VIRTIO_F_INDIRECT_DESC & 1);
    assert_int_equal(choices.own[RIG_DIM_EVENT_IDX] == RIG_ON,
                     f >> VIRTIO_F_EVENT_IDX & 1);
    assert_int_equal(choices.own[RIG_DIM_IN_ORDER] == RIG_ON,
                     f >> VIRTIO_F_IN_ORDER & 1);
}

static const char *lacking(const char *members)
{
    struct rig_vector v = made_vector(members);
    const char *dim = rig_choices_lacking(&v);

    made_vector_free(&v);
    return dim;
}

static void test_applies_if_has_to_list_the_own_value(void **state)
{
    (void)state;
    assert_null(lacking(""));
    assert_null(lacking("\"applies_if\": {\"size\": [8, 64]}"));
    assert_string_equal(lacking("\"applies_if\": {\"size\": [8]}"), "size");
    assert_null(lacking("\"applies_if\": {\"ring\": \"any\"}"));
    assert_string_equal(lacking("\"applies_if\": {\"ring\": [\"packed\"]}"),
                        "ring");
    assert_null(lacking("\"device\": {\"features\": [\"RING_PACKED\"]},"
                        " \"applies_if\": {\"ring\": [\"packed\"]}"));
    assert_null(lacking("\"applies_if\": {\"memory\": [\"bounce\"]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_that_says_nothing_is_free),
        cmocka_unit_test(test_feature_list_fixes_what_are_features),
        cmocka_unit_test(test_queue_size_and_segment_limits_fix_the_size),
        cmocka_unit_test(test_open_that_fails_or_leaves_out_fixes_the_layout),
        cmocka_unit_test(test_clause_of_one_kind_of_ring_fixes_the_ring),
        cmocka_unit_test(test_fault_in_the_ring_fixes_it),
        cmocka_unit_test(test_device_with_an_order_is_not_in_order),
        cmocka_unit_test(test_queue_has_room_for_the_longest_chain),
        cmocka_unit_test(test_applies_if_goes_before_all_that),
        cmocka_unit_test(test_value_that_is_listed_twice_counts_once),
        cmocka_unit_test(test_script_of_a_liar_keeps_its_layout),
        cmocka_unit_test(test_split_ring_has_a_power_of_2_of_entries),
        cmocka_unit_test(test_own_values_are_those_of_the_machine),
        cmocka_unit_test(test_applies_if_has_to_list_the_own_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
