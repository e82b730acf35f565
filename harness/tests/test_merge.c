/* SPDX-License-Identifier: MIT
 *
 * test_merge.c: results of several machines as one; seeds shared out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include "crew.h"
#include "merge.h"

#define RUN(build, faults)                                                     \
    "{\"type\":\"run\",\"build\":{\"tool\":\"ringtrue\",\"build\":\"" build    \
    "\",\"abi\":3,\"generator\":\"1-0\"},\"subject\":{\"dut\":\"ringtrue\","   \
    "\"name\":\"x\",\"hash\":null},\"first\":1,\"last\":10,\"shard\":0,"       \
    "\"shards\":1,\"faults\":\"" faults "\",\"device\":\"both\","              \
    "\"ring\":\"both\"}\n"
#define SEEDS(from, count, step)                                               \
    "{\"type\":\"seeds\",\"from\":" #from ",\"count\":" #count                 \
    ",\"step\":" #step ",\"failures\":0,\"events\":10,\"virtual_ms\":1,"       \
    "\"drawn\":{},\"fired\":{\"irq-lost\":2}}\n"
#define FAILURE(seed) "{\"type\":\"failure\",\"seed\":" #seed "}\n"

static void read_ok(struct rig_merge *m, const struct scratch *s,
                    const char *name, const char *text)
{
    char err[300];

    scratch_write(s, name, text);
    if (rig_merge_read(m, scratch_path(s, name), err, sizeof(err)))
        fail_msg("%s", err);
}

static void finish(struct rig_merge *m)
{
    char err[300];

    if (rig_merge_finish(m, err, sizeof(err)))
        fail_msg("%s", err);
}

static void test_shards_make_one_whole(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(2, 5, 2));
    read_ok(&m, s, "b", RUN("b", "all") SEEDS(1, 5, 2) FAILURE(3));
    finish(&m);
    assert_int_equal(m.tally.seeds, 10);
    assert_int_equal(m.tally.events, 20);
    assert_int_equal(m.tally.fired[FAKE_FAULT_IRQ_LOST], 4);
    assert_int_equal(m.tally.failures, 1);
    assert_int_equal(m.missing, 0);
    assert_int_equal(m.twice, 0);
    assert_int_equal(json_array_size(m.builds), 1);
    rig_merge_free(&m);
}

static void test_what_was_run_twice_counts_once(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(1, 10, 1) FAILURE(4));
    read_ok(&m, s, "b", RUN("b", "all") SEEDS(1, 4, 1) FAILURE(4));
    finish(&m);
    assert_int_equal(m.tally.seeds, 10);
    assert_int_equal(m.tally.events, 10);
    assert_int_equal(m.tally.failures, 1);
    assert_int_equal(m.twice, 4);
    assert_int_equal(m.unlike, 0);
    rig_merge_free(&m);
}

/* Two builds that do not agree about a seed: one of them is wrong. */
static void test_what_came_out_otherwise_is_told(void **state)
{
    static const char other[] =
        "{\"type\":\"seeds\",\"from\":1,\"count\":10,\"step\":1,"
        "\"failures\":0,\"events\":11}\n";
    const struct scratch *s = *state;
    struct rig_merge m = {0};
    char both[1024];

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(1, 10, 1));
    read_ok(&m, s, "b", RUN("b", "all") SEEDS(1, 10, 1));
    snprintf(both, sizeof(both), "%s%s", RUN("c", "all"), other);
    read_ok(&m, s, "c", both);
    finish(&m);
    assert_int_equal(m.unlike, 1);
    rig_merge_free(&m);
}

static void test_folder_is_no_result_file(void **state)
{
    struct rig_merge m = {0};
    char err[300];

    (void)state;
    assert_int_equal(rig_merge_read(&m, "/", err, sizeof(err)), -1);
    assert_non_null(strstr(err, strerror(EISDIR)));
    rig_merge_free(&m);
}

static void test_gaps_and_other_builds_are_told(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(1, 3, 1));
    read_ok(&m, s, "b", RUN("c", "all") SEEDS(8, 2, 1));
    finish(&m);
    assert_int_equal(m.missing, 5);
    assert_int_equal(m.gap, 4);
    assert_int_equal(json_array_size(m.builds), 2);
    rig_merge_free(&m);
}

/* A kill leaves a line without an end; all before it counts. */
static void test_line_that_is_cut_off_is_left_out(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};

    read_ok(&m, s, "a",
            RUN("b", "all") SEEDS(1, 3, 1) "{\"type\":\"seeds\",\"from\":4,");
    finish(&m);
    assert_int_equal(m.cut, 1);
    assert_int_equal(m.tally.seeds, 3);
    assert_int_equal(m.missing, 7);
    rig_merge_free(&m);
}

/* A later run of the same machine goes on behind it. */
static void test_line_that_is_cut_off_takes_no_other_with_it(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};

    read_ok(&m, s, "a",
            RUN("b", "all") SEEDS(1, 3, 1) "{\"type\":\"see\n" RUN("b", "all")
                SEEDS(4, 7, 1));
    finish(&m);
    assert_int_equal(m.cut, 1);
    assert_int_equal(m.tally.seeds, 10);
    assert_int_equal(m.missing, 0);
    rig_merge_free(&m);
}

static void test_runs_of_another_kind_are_refused(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0};
    char err[300];

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(1, 3, 1));
    scratch_write(s, "b", RUN("b", "none"));
    assert_int_equal(rig_merge_read(&m, scratch_path(s, "b"), err, sizeof(err)),
                     -1);
    assert_non_null(strstr(err, "b:1: it was run with other --faults"));
    scratch_write(s, "c", "{\"type\": \"run\", oops}\n");
    assert_int_equal(rig_merge_read(&m, scratch_path(s, "c"), err, sizeof(err)),
                     -1);
    assert_non_null(strstr(err, "c:1: no JSON"));
    scratch_write(s, "d", "");
    assert_int_equal(rig_merge_read(&m, scratch_path(s, "d"), err, sizeof(err)),
                     -1);
    rig_merge_free(&m);
}

/* What is written is a result file again. */
static void test_merged_file_can_be_merged(void **state)
{
    const struct scratch *s = *state;
    struct rig_merge m = {0}, again = {0};
    struct capture c;

    read_ok(&m, s, "a", RUN("b", "all") SEEDS(2, 5, 2) FAILURE(2));
    read_ok(&m, s, "b", RUN("c", "all") SEEDS(1, 5, 2));
    finish(&m);
    capture_begin(&c);
    rig_merge_write(&m, c.stream);
    read_ok(&again, s, "c", capture_end(&c));
    finish(&again);
    assert_int_equal(again.tally.seeds, 10);
    assert_int_equal(again.tally.failures, 1);
    assert_int_equal(again.missing, 0);
    free(c.text);
    rig_merge_free(&m);
    rig_merge_free(&again);
}

static void test_each_seed_is_in_one_shard(void **state)
{
    (void)state;
    for (uint64_t shards = 1; shards < 9; shards++)
        for (uint64_t first = 0; first < 12; first++) {
            uint64_t all = 0, begin;

            for (uint64_t shard = 0; shard < shards; shard++) {
                const struct rig_search search = {.first = first,
                                                  .last = first + 6,
                                                  .shard = shard,
                                                  .shards = shards};
                uint64_t n = rig_search_count(&search, &begin);

                for (uint64_t k = 0; k < n; k++) {
                    uint64_t seed = begin + k * shards;

                    assert_int_equal(seed % shards, shard);
                    assert_in_range(seed, first, first + 6);
                }
                all += n;
            }
            assert_int_equal(all, 7);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_shards_make_one_whole),
        SCRATCH_TEST(test_what_was_run_twice_counts_once),
        SCRATCH_TEST(test_what_came_out_otherwise_is_told),
        SCRATCH_TEST(test_folder_is_no_result_file),
        SCRATCH_TEST(test_gaps_and_other_builds_are_told),
        SCRATCH_TEST(test_line_that_is_cut_off_is_left_out),
        SCRATCH_TEST(test_line_that_is_cut_off_takes_no_other_with_it),
        SCRATCH_TEST(test_runs_of_another_kind_are_refused),
        SCRATCH_TEST(test_merged_file_can_be_merged),
        cmocka_unit_test(test_each_seed_is_in_one_shard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
