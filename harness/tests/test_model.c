/* SPDX-License-Identifier: MIT
 *
 * test_model.c: what a disk must hold, by what became of the steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rigged.h"

#include "fakedev/store.h"
#include "model.h"

static void learn(struct rig_model *m, const char *step, const char *result,
                  bool in_flight)
{
    json_t *s = json_of(step), *r = json_of(result);

    rig_model_learn(m, s, r, in_flight);
    json_decref(s);
    json_decref(r);
}

/* A model outlives its disk. */
static int model_init(struct rig_model *m)
{
    char err[100];
    struct fake_store *store = fake_store_memory(64 * 512, err, sizeof(err));
    int rc;

    assert_non_null(store);
    rc = rig_model_init(m, store);
    store->ops->close(store);
    return rc;
}

#define OK "{\"outcome\": \"ok\"}"
#define ERROR "{\"outcome\": \"error\", \"code\": \"RGT_E_IO\"}"
#define REFUSED "{\"outcome\": \"refused\", \"code\": \"RGT_E_INVAL\"}"

/* A read of sectors 8 and 9 is then asked for as `expected` has it. */
static void expect(const struct rig_model *m, const char *expected)
{
    json_t *step = json_of("{\"op\": \"blk.read\", \"sector\": 8,"
                           " \"count\": 2}");
    json_t *want = json_of(expected);
    char *is;

    rig_model_expect(m, step, false);
    json_object_del(step, "op");
    json_object_del(step, "sector");
    json_object_del(step, "count");
    is = json_dumps(step, JSON_SORT_KEYS);
    if (!json_equal(step, want))
        fail_msg("expected %s, is %s", expected, is);
    free(is);
    json_decref(step);
    json_decref(want);
}

#define WRITE(n)                                                               \
    "{\"op\": \"blk.write\", \"sector\": 8, \"count\": 2, \"data\": " #n "}"

static void test_what_was_written_last_is_read(void **state)
{
    struct rig_model m;

    (void)state;
    assert_int_equal(model_init(&m), 0);
    expect(&m, "{\"data\": 4000000}");
    learn(&m, WRITE(3), OK, false);
    expect(&m, "{\"data\": 3}");
    learn(&m, WRITE(4), REFUSED, false);
    expect(&m, "{\"data\": 3}");
    learn(&m, WRITE(5), OK, false);
    expect(&m, "{\"data\": 5}");
    rig_model_free(&m);
}

static void test_failed_write_is_in_doubt_until_the_next(void **state)
{
    struct rig_model m;

    (void)state;
    model_init(&m);
    learn(&m, WRITE(3), OK, false);
    learn(&m, WRITE(4), ERROR, false);
    expect(&m, "{\"data_any\": [3, 4]}");
    learn(&m, WRITE(5), OK, false);
    expect(&m, "{\"data\": 5}");
    rig_model_free(&m);
}

/* One that is still with the device may come after the next. */
static void
test_write_in_flight_leaves_nothing_sure_before_a_reset(void **state)
{
    struct rig_model m;

    (void)state;
    model_init(&m);
    learn(&m, WRITE(3), ERROR, true);
    learn(&m, WRITE(4), OK, false);
    expect(&m, "{}");
    rig_model_settle(&m);
    expect(&m, "{}");
    learn(&m, WRITE(5), OK, false);
    expect(&m, "{\"data\": 5}");
    rig_model_free(&m);
}

static void test_power_takes_what_was_not_flushed(void **state)
{
    struct rig_model m;

    (void)state;
    model_init(&m);
    learn(&m, WRITE(3), OK, false);
    learn(&m, "{\"op\": \"blk.flush\"}", OK, false);
    learn(&m, WRITE(4), OK, false);
    expect(&m, "{\"data\": 4}");
    rig_model_power_cut(&m);
    expect(&m, "{\"data_any\": [4, 3]}");
    rig_model_free(&m);
}

/* What is written beside a flush is not covered by it. */
static void test_flush_of_a_batch_covers_what_came_before(void **state)
{
    struct rig_model m;

    (void)state;
    model_init(&m);
    learn(&m, WRITE(3), OK, false);
    learn(&m,
          "{\"op\": \"blk.batch\", \"requests\": [" WRITE(
              4) ","
                 "{\"op\": \"blk.flush\"}]}",
          "{\"outcome\": \"ok\", \"requests\": [" OK "," OK "]}", false);
    rig_model_power_cut(&m);
    expect(&m, "{\"data_any\": [4, 3]}");
    rig_model_free(&m);
}

static void test_ranges_leave_zeroes_or_anything(void **state)
{
    static const char ranges[] = "\"ranges\": [{\"sector\": 8, \"count\": 1},"
                                 "{\"sector\": 9, \"count\": 1}]}";
    struct rig_model m;
    char step[200];

    (void)state;
    model_init(&m);
    learn(&m, WRITE(3), OK, false);
    snprintf(step, sizeof(step), "{\"op\": \"blk.write_zeroes\", %s", ranges);
    learn(&m, step, OK, false);
    expect(&m, "{\"data\": 0}");
    snprintf(step, sizeof(step), "{\"op\": \"blk.discard\", %s", ranges);
    learn(&m, step, OK, false);
    expect(&m, "{}");
    rig_model_free(&m);
}

/* A write to another place than it was told is found on the disk itself. */
static void test_disk_is_compared_sector_by_sector(void **state)
{
    char expected[160], seen[160];
    struct rig_model m;
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"capacity\": 64}", &rig_dut_ringtrue,
                 FAKE_MEM_DIRECT);
    assert_int_equal(rig_model_init(&m, rig.machine->store), 0);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, WRITE(3));
    assert_false(
        rig_model_agrees(&m, rig.machine, expected, seen, sizeof(seen)));
    assert_string_equal(expected, "sector 8 with data of seed 4000000");
    learn(&m, WRITE(3), OK, false);
    assert_true(
        rig_model_agrees(&m, rig.machine, expected, seen, sizeof(seen)));
    rigged_guilty(&rig, NULL);
    rig_model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_last_is_read),
        cmocka_unit_test(test_failed_write_is_in_doubt_until_the_next),
        cmocka_unit_test(
            test_write_in_flight_leaves_nothing_sure_before_a_reset),
        cmocka_unit_test(test_power_takes_what_was_not_flushed),
        cmocka_unit_test(test_flush_of_a_batch_covers_what_came_before),
        cmocka_unit_test(test_ranges_leave_zeroes_or_anything),
        cmocka_unit_test(test_disk_is_compared_sector_by_sector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
