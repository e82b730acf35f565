/* SPDX-License-Identifier: MIT
 *
 * test_matrix.c: what a vector is multiplied by. What pairwise promises is
 * checked against the full matrix, which is made another way: a pair of
 * values exists if some combination of the full matrix has both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "made_vector.h"
#include "matrix.h"

static struct rig_choices choices;

static struct rig_combos make(const char *members, const char *given,
                              enum rig_matrix kind)
{
    struct rig_vector v = made_vector(members);
    struct rig_combo combo = {{0}};
    struct rig_combos combos;
    char err[256];

    if (*given && rig_combo_parse(&combo, given, err, sizeof(err)))
        fail_msg("%s", err);
    rig_choices_of(&choices, &v, false);
    assert_int_equal(rig_matrix_make(&combos, &choices, &combo, kind), 0);
    made_vector_free(&v);
    return combos;
}

static bool has_pair(const struct rig_combos *in, const struct rig_combo *like,
                     unsigned d, unsigned e)
{
    for (size_t k = 0; k < in->count; k++)
        if (in->list[k].value[d] == like->value[d] &&
            in->list[k].value[e] == like->value[e])
            return true;
    return false;
}

/* Does some combination of b have each pair of values that one of a has? */
static void expect_pairs(const struct rig_combos *a, const struct rig_combos *b)
{
    for (size_t k = 0; k < a->count; k++)
        for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
            for (unsigned e = d + 1; e < RIG_DIM_COUNT; e++)
                if (!has_pair(b, &a->list[k], d, e)) {
                    char text[RIG_COMBO_ROOM];

                    rig_combo_text(&a->list[k], text, sizeof(text));
                    fail_msg("dimensions %u and %u of %s: no such pair", d, e,
                             text);
                }
}

static bool contains(const struct rig_combos *in, const struct rig_combo *c)
{
    for (size_t k = 0; k < in->count; k++)
        if (rig_combo_same(&in->list[k], c))
            return true;
    return false;
}

/* How many values of d the combinations have. */
static size_t count_values(const struct rig_combos *in, unsigned d)
{
    size_t count = 0;

    for (size_t k = 0; k < in->count; k++) {
        size_t before = 0;

        while (before < k && in->list[before].value[d] != in->list[k].value[d])
            before++;
        count += before == k;
    }
    return count;
}

/* Nothing smaller can have all pairs of the two largest dimensions. */
static size_t least(const struct rig_combos *full)
{
    size_t most = 0, second = 0;

    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        size_t count = count_values(full, d);

        if (count > most) {
            second = most;
            most = count;
        } else if (count > second) {
            second = count;
        }
    }
    return most * second;
}

/* Every pair that is possible, nothing that is not, nothing twice, and at most
 * `more` combinations more than no generator could do without. */
static void expect_pairwise(const char *members, const char *given, size_t more)
{
    struct rig_combos full = make(members, given, RIG_MATRIX_FULL);
    struct rig_combos pairs = make(members, given, RIG_MATRIX_PAIRWISE);

    expect_pairs(&full, &pairs);
    for (size_t k = 0; k < pairs.count; k++) {
        struct rig_combos rest = {pairs.list + k + 1, pairs.count - k - 1};

        assert_true(contains(&full, &pairs.list[k]));
        assert_false(contains(&rest, &pairs.list[k]));
    }
    print_message("%zu of %zu, at least %zu: %s %s\n", pairs.count, full.count,
                  least(&full), *members ? members : "free", given);
    assert_true(pairs.count <= least(&full) + more);
    rig_combos_free(&full);
    rig_combos_free(&pairs);
}

static const char *const kinds_of_vectors[] = {
    "",
    "\"device\": {\"features\": [\"VERSION_1\"]}",
    "\"device\": {\"queue_size\": 8}",
    "\"device\": {\"type\": \"snd\"}",
    "\"clauses\": [\"drv-2.7.4.2-1\"]",
    "\"applies_if\": {\"event_idx\": [\"on\"]}",
    "\"applies_if\": {\"size\": [7, 64]}",
    "\"applies_if\": {\"size\": [3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25,"
    " 27, 29, 31, 64]}",
    "\"device\": {\"features\": [34]}, \"applies_if\": {\"size\": \"any\"}",
};

#define KINDS (sizeof(kinds_of_vectors) / sizeof(kinds_of_vectors[0]))

static void test_pairwise_has_every_pair_in_few_combinations(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        expect_pairwise(kinds_of_vectors[k], "", 4);
}

static void test_pairwise_keeps_what_is_given(void **state)
{
    (void)state;
    expect_pairwise("", "ring=packed", 4);
    expect_pairwise("", "ring=split", 4);
    expect_pairwise("", "size=7", 4); /* leaves one ring */
    expect_pairwise("", "sched=threads,memory=bounce,in_order=on", 4);
    expect_pairwise("",
                    "ring=packed,indirect=off,event_idx=off,in_order=on,"
                    "size=9,memory=bounce,sched=step",
                    0);
}

static void
test_full_matrix_is_the_product_without_odd_split_rings(void **state)
{
    struct rig_combos full = make("", "", RIG_MATRIX_FULL);
    size_t odd_split = 0;

    (void)state;
    /* 4, 8, 64, 256, 1024, 32768; packed 3, 5, 7 and 1000, too */
    assert_int_equal(full.count, (6 + 10) * 32);
    for (size_t k = 0; k < full.count; k++) {
        unsigned size = full.list[k].value[RIG_DIM_SIZE];

        for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
            assert_int_not_equal(full.list[k].value[d], RIG_UNNAMED);
        odd_split += full.list[k].value[RIG_DIM_RING] == RIG_RING_SPLIT &&
                     (size & (size - 1)) != 0;
    }
    assert_int_equal(odd_split, 0);
    rig_combos_free(&full);
}

static void test_what_is_fixed_is_not_named(void **state)
{
    struct rig_combos full = make("\"device\": {\"features\": [34],"
                                  " \"queue_size\": 7}",
                                  "", RIG_MATRIX_FULL);

    (void)state;
    assert_int_equal(full.count, 4); /* memory and scheduler */
    for (unsigned d = 0; d <= RIG_DIM_SIZE; d++)
        assert_int_equal(full.list[0].value[d], RIG_UNNAMED);
    rig_combos_free(&full);
}

/* A list of one value is named only if the vector is otherwise without it. */
static void test_list_of_one_value_is_named_if_it_is_not_its_own(void **state)
{
    struct rig_combos full =
        make("\"applies_if\": {\"event_idx\": [\"on\"], \"sched\":"
             " [\"threads\"]}",
             "ring=split,indirect=on,in_order=off,size=8,memory=direct",
             RIG_MATRIX_FULL);
    char text[RIG_COMBO_ROOM];

    (void)state;
    assert_int_equal(full.count, 1);
    rig_combo_text(&full.list[0], text, sizeof(text));
    assert_string_equal(text, "ring=split,indirect=on,in_order=off,size=8,"
                              "memory=direct,sched=threads");
    rig_combos_free(&full);
}

static void test_without_a_matrix_there_is_what_is_given(void **state)
{
    struct rig_combos one = make("", "size=8", RIG_MATRIX_NONE);
    char text[RIG_COMBO_ROOM];

    (void)state;
    assert_int_equal(one.count, 1);
    rig_combo_text(&one.list[0], text, sizeof(text));
    assert_string_equal(text, "size=8");
    rig_combos_free(&one);
}

static void test_same_vector_gives_the_same_combinations(void **state)
{
    struct rig_combos a = make("", "", RIG_MATRIX_PAIRWISE);
    struct rig_combos b = make("", "", RIG_MATRIX_PAIRWISE);

    (void)state;
    assert_int_equal(a.count, b.count);
    for (size_t k = 0; k < a.count; k++)
        assert_true(rig_combo_same(&a.list[k], &b.list[k]));
    rig_combos_free(&a);
    rig_combos_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairwise_has_every_pair_in_few_combinations),
        cmocka_unit_test(test_pairwise_keeps_what_is_given),
        cmocka_unit_test(
            test_full_matrix_is_the_product_without_odd_split_rings),
        cmocka_unit_test(test_what_is_fixed_is_not_named),
        cmocka_unit_test(test_list_of_one_value_is_named_if_it_is_not_its_own),
        cmocka_unit_test(test_without_a_matrix_there_is_what_is_given),
        cmocka_unit_test(test_same_vector_gives_the_same_combinations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
