/* SPDX-License-Identifier: MIT
 *
 * test_search.c: a driver that is wrong in one way is found, its trial is made
 * small, and its capsule tells the same again. And the reference driver is
 * not found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include "capsule.h"
#include "dut_ringtrue.h"
#include "generate.h"
#include "isolate.h"
#include "laws.h"
#include "origin.h"
#include "shrink.h"

#define WITHIN 300u /* seeds in which a wrong driver must be found */
#define DEADLINE_MS 2000u

static struct rig_catalogue catalogue;

static const struct rig_menu no_faults = {
    .faults = "none", .blk = true, .split = true, .packed = true};

/* ---- drivers that are wrong ---- */

static int writes_to_the_next_sector(void *self, const struct rig_op *op)
{
    struct rig_op wrong = *op;

    wrong.sector += op->code == RIG_OP_BLK_WRITE && op->seg_count > 2;
    return rig_dut_ringtrue.submit(self, &wrong);
}

static int crashes_on_discard(void *self, const struct rig_op *op)
{
    if (op->code == RIG_OP_BLK_DISCARD)
        abort();
    return rig_dut_ringtrue.submit(self, op);
}

static int hangs_on_flush(void *self, const struct rig_op *op)
{
    volatile bool for_ever = op->code == RIG_OP_BLK_FLUSH;

    while (for_ever)
        ;
    return rig_dut_ringtrue.submit(self, op);
}

static struct rig_dut wrong_dut(int (*submit)(void *, const struct rig_op *))
{
    struct rig_dut dut = rig_dut_ringtrue;

    dut.submit = submit;
    return dut;
}

static struct rig_stage stage_of(const struct rig_dut *dut)
{
    return (struct rig_stage){
        .dut = dut, .catalogue = &catalogue, .log = true, .log_room = 1u << 16};
}

/* The first seed it fails with. */
static void find(const struct rig_stage *stage, struct rig_trial *trial,
                 struct rig_finding *f)
{
    for (uint64_t seed = 1; seed <= WITHIN; seed++) {
        assert_int_equal(rig_generate(&no_faults, seed, trial), 0);
        rig_play_isolated(stage, trial, DEADLINE_MS, f);
        if (f->verdict != RIG_PASS)
            return;
        rig_trial_free(trial);
    }
    fail_msg("not found within %u seeds", WITHIN);
}

static void expect_small(const struct rig_dut *dut, enum rig_verdict verdict,
                         const char *law, unsigned tries, size_t steps_max)
{
    struct rig_stage stage = stage_of(dut);
    struct rig_shrink shrink = {
        .stage = &stage, .deadline_ms = DEADLINE_MS / 4, .tries_max = tries};
    struct rig_trial trial;
    struct rig_finding f;

    find(&stage, &trial, &f);
    assert_int_equal(f.verdict, verdict);
    assert_string_equal(f.law, law);
    assert_true(rig_shrink(&shrink, &trial, &f));
    assert_int_equal(f.verdict, verdict);
    assert_string_equal(f.law, law);
    assert_true(json_array_size(trial.steps) <= steps_max);
    assert_true(shrink.tries <= tries + 1);
    rig_trial_free(&trial);
}

static void test_wrong_data_is_found_and_made_small(void **state)
{
    struct rig_dut dut = wrong_dut(writes_to_the_next_sector);

    (void)state;
    expect_small(&dut, RIG_FAIL, "data", 300, 2);
}

static void test_crash_is_found_and_made_small(void **state)
{
    struct rig_dut dut = wrong_dut(crashes_on_discard);

    (void)state;
    expect_small(&dut, RIG_CRASH, "CRASH", 200, 2);
}

static void test_hang_is_found_and_made_small(void **state)
{
    struct rig_dut dut = wrong_dut(hangs_on_flush);

    (void)state;
    expect_small(&dut, RIG_HUNG, "HUNG", 6, 9);
}

/* ---- a driver that is right ---- */

static void test_reference_driver_is_not_found(void **state)
{
    static const char *const menus[] = {"none", "all"};
    const struct rig_stage stage = stage_of(&rig_dut_ringtrue);

    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (uint64_t seed = 1; seed <= 400; seed++) {
            const struct rig_menu menu = {.faults = menus[k],
                                          .blk = true,
                                          .snd = true,
                                          .split = true,
                                          .packed = true};
            struct rig_trial trial;
            struct rig_finding f;

            rig_generate(&menu, seed, &trial);
            rig_play(&stage, &trial, &f);
            if (f.verdict != RIG_PASS)
                fail_msg("faults %s, seed %u: %s of %s: expected %s; seen %s",
                         menus[k], (unsigned)seed, f.law, f.op, f.expected,
                         f.seen);
            rig_trial_free(&trial);
        }
}

/* ---- laws ---- */

static void test_laws_name_faults_that_are(void **state)
{
    struct fake_fault_plan plan = {0};
    struct rig_laws laws = rig_laws_of(&plan);

    (void)state;
    assert_true(laws.strict && laws.honest && !laws.power);
    assert_false(rig_laws_loosened(&plan));
    fake_fault_add(&plan, FAKE_FAULT_IRQ_SPURIOUS, 1, 1, 0);
    assert_true(rig_laws_of(&plan).strict);
    fake_fault_add(&plan, FAKE_FAULT_POWER_CUT, 1, 1, 0);
    laws = rig_laws_of(&plan);
    assert_true(!laws.strict && laws.power);
    assert_false(rig_laws_loosened(&plan)); /* it has not fired */
    assert_true(rig_laws_check_names());
    for (size_t k = 0; rig_laws_excused(k); k++)
        assert_non_null(rig_catalogue_find(&catalogue, rig_laws_excused(k)));
}

/* ---- capsules ---- */

static json_t *schema(void)
{
    json_t *root =
        json_load_file(RINGTRUE_SOURCE_VECTORS "/schema.json", 0, NULL);

    assert_non_null(root);
    return root;
}

/* Plays a trial, its events into a new file. */
static FILE *played(const struct rig_trial *trial, struct rig_finding *f)
{
    struct rig_stage stage = stage_of(&rig_dut_ringtrue);

    stage.events = tmpfile();
    assert_non_null(stage.events);
    rig_play_isolated(&stage, trial, DEADLINE_MS, f);
    return stage.events;
}

static void write_one(const struct scratch *s, uint64_t seed)
{
    struct rig_setup setup = {.dut = "ringtrue"};
    struct rig_finding f;
    struct rig_trial trial;
    struct rig_capsule c = {.seed = seed,
                            .build = rig_origin_build(),
                            .subject =
                                rig_origin_subject(&setup, &rig_dut_ringtrue),
                            .trial = &trial,
                            .finding = &f,
                            .alone = true,
                            .tries = 3};
    char err[200];

    rig_generate(&no_faults, seed, &trial);
    c.events = played(&trial, &f);
    if (rig_capsule_write(&c, scratch_path(s, "c.json"), err, sizeof(err)))
        fail_msg("%s", err);
    fclose(c.events);
    rig_trial_free(&trial);
    json_decref(c.build);
    json_decref(c.subject);
}

static void test_capsule_tells_the_same_events_again(void **state)
{
    const struct scratch *s = *state;
    json_t *root = schema(), *capsule, *events;
    struct rig_finding f;
    struct rig_trial trial;
    char err[400], line[512];
    FILE *again;

    write_one(s, 7);
    capsule =
        rig_capsule_read(scratch_path(s, "c.json"), root, err, sizeof(err));
    if (!capsule)
        fail_msg("%s", err);
    events = json_object_get(capsule, "events");
    trial = rig_trial_from_json(json_object_get(capsule, "trial"));
    again = played(&trial, &f);
    rewind(again);
    assert_true(json_array_size(events) > 50);
    for (size_t k = 0; k < json_array_size(events); k++) {
        assert_non_null(fgets(line, sizeof(line), again));
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(json_string_value(json_array_get(events, k)), line);
    }
    assert_null(fgets(line, sizeof(line), again));
    fclose(again);
    rig_trial_free(&trial);
    json_decref(capsule);
    json_decref(root);
}

static void expect_bad(const struct scratch *s, const json_t *root,
                       const json_t *capsule, const char *place)
{
    char *text = json_dumps(capsule, 0);
    char err[600] = "";

    scratch_write(s, "bad.json", text);
    free(text);
    assert_null(
        rig_capsule_read(scratch_path(s, "bad.json"), root, err, sizeof(err)));
    if (!strstr(err, place))
        fail_msg("expected %s in: %s", place, err);
}

static void test_bad_capsule_is_told_by_its_place(void **state)
{
    const struct scratch *s = *state;
    json_t *root = schema(), *capsule, *trial, *step;
    char err[400];

    write_one(s, 7);
    capsule =
        rig_capsule_read(scratch_path(s, "c.json"), root, err, sizeof(err));
    assert_non_null(capsule);
    json_object_set_new(capsule, "capsule", json_integer(99));
    expect_bad(s, root, capsule, ": /capsule: expected format 1, found 99");
    json_object_set_new(capsule, "capsule", json_integer(1));
    trial = json_object_get(capsule, "trial");
    step = json_array_get(json_object_get(trial, "steps"), 0);
    json_object_set_new(step, "op", json_string("no.such"));
    expect_bad(s, root, capsule, ": /trial/steps/0/op: ");
    json_object_set_new(step, "op", json_string("open"));
    json_object_set_new(json_object_get(trial, "device"), "writeback",
                        json_integer(7));
    expect_bad(s, root, capsule, ": /trial/device/");
    scratch_write(s, "bad.json", "{\"capsule\": 1,\n");
    assert_null(
        rig_capsule_read(scratch_path(s, "bad.json"), root, err, sizeof(err)));
    assert_non_null(strstr(err, "bad.json:2: no JSON"));
    json_decref(capsule);
    json_decref(root);
}

static int load_catalogue(void **state)
{
    char err[256];

    (void)state;
    return rig_catalogue_load(&catalogue, RINGTRUE_SOURCE_VECTORS, err,
                              sizeof(err));
}

static int free_catalogue(void **state)
{
    (void)state;
    rig_catalogue_free(&catalogue);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_data_is_found_and_made_small),
        cmocka_unit_test(test_crash_is_found_and_made_small),
        cmocka_unit_test(test_hang_is_found_and_made_small),
        cmocka_unit_test(test_reference_driver_is_not_found),
        cmocka_unit_test(test_laws_name_faults_that_are),
        SCRATCH_TEST(test_capsule_tells_the_same_events_again),
        SCRATCH_TEST(test_bad_capsule_is_told_by_its_place),
    };

    return cmocka_run_group_tests(tests, load_catalogue, free_catalogue);
}
