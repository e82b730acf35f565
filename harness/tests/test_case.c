/* SPDX-License-Identifier: MIT
 *
 * test_case.c: how a case comes to its verdict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "case.h"
#include "rigged.h"
#include "scratch.h"

static struct rig_catalogue catalogue;

/* A vector made of JSON texts, NULL where it has none. */
struct made {
    const char *clauses, *device, *steps, *liar, *guilty, *applies_if, *marks;
};

static json_t *maybe(const char *text)
{
    return text ? json_of(text) : NULL;
}

static struct rig_combo combo; /* of every case that is executed */

static void execute(const struct rig_setup *setup, const struct made *made,
                    struct rig_result *out)
{
    json_t *clauses = json_of(made->clauses ? made->clauses : "[]");
    json_t *device = maybe(made->device), *steps = maybe(made->steps);
    json_t *liar = maybe(made->liar), *guilty = maybe(made->guilty);
    json_t *applies_if = maybe(made->applies_if);
    json_t *marks = maybe(made->marks);
    struct rig_vector vector = {.id = "some/where/case",
                                .title = "a case",
                                .clauses = clauses,
                                .device = device,
                                .applies_if = applies_if,
                                .marks = marks,
                                .steps = steps,
                                .liar = liar,
                                .guilty = guilty};

    rig_case_execute(setup, &vector, &combo, out);
    json_decref(clauses);
    json_decref(device);
    json_decref(steps);
    json_decref(liar);
    json_decref(guilty);
    json_decref(applies_if);
    json_decref(marks);
}

static struct rig_setup subject(void)
{
    return (struct rig_setup){.subject = RIG_SUBJECT_RINGTRUE,
                              .sched = FAKE_SCHED_STEP,
                              .memory = FAKE_MEM_DIRECT,
                              .seed = 1,
                              .catalogue = &catalogue};
}

static void expect(const struct rig_setup *setup, const struct made *made,
                   enum rig_verdict verdict, const char *reason)
{
    struct rig_result r;

    execute(setup, made, &r);
    if (r.verdict != verdict || !strstr(r.reason, reason))
        fail_msg("verdict %s: %s; %s: expected %s; seen %s",
                 rig_verdict_name(r.verdict), r.reason, r.failure[0].clause,
                 r.failure[0].expected, r.failure[0].seen);
    assert_true(r.ms >= 0);
    rig_result_free(&r);
}

#define OPEN "{\"op\": \"open\"}"
#define READ "{\"op\": \"blk.read\", \"sector\": 8}"

static void test_case_in_which_all_is_well_passes(void **state)
{
    struct rig_setup setup = subject();
    struct rig_result r;

    (void)state;
    execute(&setup,
            &(struct made){.clauses = "[\"drv-5.2.6.1-1\"]",
                           .steps = "[" OPEN ", " READ "]"},
            &r);
    assert_int_equal(r.verdict, RIG_PASS);
    assert_int_equal(r.failure_count, 0);
    assert_string_equal(r.reason, "");
    assert_true(r.event_count > 50);
    assert_int_equal(
        json_integer_value(json_object_get(r.applied, "drv-5.2.6.1-1")), 1);
    assert_null(json_object_get(r.applied, "drv-5.2.6.1-3"));
    rig_result_free(&r);
}

static void test_step_that_goes_wrong_fails_and_ends_the_case(void **state)
{
    struct rig_setup setup = subject();
    struct rig_result r;

    (void)state;
    execute(&setup,
            &(struct made){.clauses = "[\"drv-5.2.6.1-1\", \"drv-2.7.1-1\"]",
                           .steps = "[" OPEN ", {\"op\": \"blk.read\","
                                    " \"sector\": 5000}, {\"op\": \"x\"}]"},
            &r);
    assert_int_equal(r.verdict, RIG_FAIL);
    assert_int_equal(r.failure_count, 1);
    /* It blames no clause: those speak through the judge. */
    assert_string_equal(r.failure[0].clause, "");
    assert_string_equal(r.failure[0].expected, "step 1, blk.read: ok");
    assert_ptr_equal(strstr(r.failure[0].seen, "refused, RGT_E_INVAL"),
                     r.failure[0].seen);
    assert_true(r.failure[0].event == UINT64_MAX);
    rig_result_free(&r);
}

static void test_fault_that_never_fired_is_an_error(void **state)
{
    struct rig_setup setup = subject();

    (void)state;
    expect(&setup,
           &(struct made){.device = "{\"faults\": [{\"fault\":"
                                    " \"blk-io-error\", \"nth\": 9}]}",
                          .steps = "[" OPEN ", " READ "]"},
           RIG_ERROR, "fault blk-io-error never fired");
}

/* Its driver half breaks a SHOULD: VIRTIO_BLK_F_RO is not accepted. */
static const struct made should_broken = {
    .clauses = "[\"drv-5.2.6.1-2\"]",
    .device = "{\"features\": [\"VERSION_1\", \"RO\"]}",
    .steps = "[{\"op\": \"open\", \"without\": [\"RO\"]}, " READ "]",
};

static void test_broken_should_warns_and_fails_if_strict(void **state)
{
    struct rig_setup setup = subject();
    struct rig_result r;

    (void)state;
    execute(&setup, &should_broken, &r);
    assert_int_equal(r.verdict, RIG_WARN);
    assert_int_equal(r.failure_count, 1);
    assert_string_equal(r.failure[0].clause, "drv-5.2.6.1-2");
    assert_true(r.failure[0].event < r.event_count);
    assert_int_equal(r.failure[0].times, 1);
    rig_result_free(&r);
    setup.strict = true;
    expect(&setup, &should_broken, RIG_FAIL, "");
}

static void test_situation_that_did_not_occur_is_an_error(void **state)
{
    static const enum fake_sched_kind scheds[] = {FAKE_SCHED_STEP,
                                                  FAKE_SCHED_THREADS};
    struct rig_setup setup = subject();
    struct made made = {.steps = "[" OPEN ", " READ ", {\"op\": \"close\"}]"};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        setup.sched = scheds[k];
        made.marks = "[{\"event\": \"request\", \"is\": {\"sector\": 8}}]";
        expect(&setup, &made, RIG_PASS, "");
        made.marks = "[{\"event\": \"request\", \"is\": {\"sector\": 9}}]";
        expect(&setup, &made, RIG_ERROR,
               "mark request {\"sector\": 9} did not occur");
    }
}

static void test_situation_that_is_up_to_the_driver_is_skipped(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.steps = "[" OPEN ", " READ "]",
                        .marks = "[{\"event\": \"request\", \"at_least\": 2,"
                                 " \"otherwise\": \"skip\"}]"};

    (void)state;
    expect(&setup, &made, RIG_SKIP,
           "mark request did not occur 2 times, only 1");
}

/* A clause that never applied says more than a mark. */
static void
test_mark_is_not_asked_for_where_the_clause_never_applied(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.clauses = "[\"drv-5.14.5.1-1\"]",
                        .steps = "[" OPEN ", " READ "]",
                        .marks = "[{\"event\": \"snd-notify\"}]"};

    (void)state;
    expect(&setup, &made, RIG_SKIP, "drv-5.14.5.1-1 never applied");
}

static void test_failure_weighs_more_than_a_mark(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.steps = "[" OPEN ", {\"op\": \"blk.read\","
                                 " \"sector\": 5000}]",
                        .marks = "[{\"event\": \"request\"}]"};

    (void)state;
    expect(&setup, &made, RIG_FAIL, "");
}

static void test_liar_needs_no_marks(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.liar = "[{\"op\": \"raw.init\"}]",
                        .guilty = "[]",
                        .marks = "[{\"event\": \"request\"}]"};

    (void)state;
    setup.subject = RIG_SUBJECT_LIAR;
    expect(&setup, &made, RIG_PASS, "");
}

static void test_recovery_is_in_the_result(void **state)
{
    struct rig_setup setup = subject();
    struct rig_result r;

    (void)state;
    execute(&setup, &(struct made){.steps = "[" OPEN ", {\"op\": \"score\"}]"},
            &r);
    assert_int_equal(r.verdict, RIG_PASS);
    assert_true(json_is_true(json_object_get(r.score, "recovered")));
    rig_result_free(&r);
}

static void test_unfired_fault_weighs_more_than_a_should(void **state)
{
    struct rig_setup setup = subject();
    struct made made = should_broken;

    (void)state;
    made.device = "{\"features\": [\"VERSION_1\", \"RO\"], \"faults\":"
                  " [{\"fault\": \"blk-io-error\", \"nth\": 9}]}";
    expect(&setup, &made, RIG_ERROR, "never fired");
    /* ... but not more than a failure. */
    setup.strict = true;
    expect(&setup, &made, RIG_FAIL, "");
}

static void test_clause_that_never_applied_is_skipped_not_passed(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.clauses = "[\"drv-5.2.6.1-1\", \"drv-5.2.6.1-3\"]",
                        .steps = "[" OPEN ", " READ "]"};

    (void)state;
    expect(&setup, &made, RIG_SKIP, "drv-5.2.6.1-3 never applied");
    /* Nor can a fault fire that waits for what the driver never does. */
    made.device = "{\"faults\": [{\"fault\": \"blk-io-error\", \"nth\": 9}]}";
    expect(&setup, &made, RIG_SKIP, "drv-5.2.6.1-3 never applied");
    made.device = NULL;
    /* A clause that nobody judges from the wire is no reason. */
    made.clauses = "[\"drv-5.2.6.1-1\", \"drv-2.7.13.3.1-1\"]";
    expect(&setup, &made, RIG_PASS, "");
    /* What was found wrong is not skipped. */
    made = should_broken;
    made.clauses = "[\"drv-5.2.6.1-3\"]";
    expect(&setup, &made, RIG_WARN, "");
}

static void test_what_the_bench_cannot_do_is_an_error(void **state)
{
    struct rig_setup setup = subject();

    (void)state;
    expect(&setup, &(struct made){.steps = "[" READ "]"}, RIG_ERROR,
           "step 0: the subject is not open");
    setup.image = "/nonexistent/image";
    expect(&setup, &(struct made){.steps = "[" OPEN "]"}, RIG_ERROR,
           "/nonexistent/image");
    setup = subject();
    setup.subject = RIG_SUBJECT_SO;
    setup.so_path = "/nonexistent/driver.so";
    expect(&setup, &(struct made){.steps = "[" OPEN "]"}, RIG_ERROR,
           "/nonexistent/driver.so");
}

static void test_case_is_a_function_of_its_seed(void **state)
{
    struct rig_setup setup = subject();
    struct made made = {.steps = "[" OPEN ", " READ ", " READ "]"};
    uint64_t events = 0, different = 0;
    struct rig_result r;

    (void)state;
    for (setup.seed = 0; setup.seed < 16; setup.seed++) {
        uint64_t first;

        execute(&setup, &made, &r);
        first = r.event_count;
        rig_result_free(&r);
        execute(&setup, &made, &r);
        assert_int_equal(r.event_count, first);
        rig_result_free(&r);
        different += setup.seed && first != events;
        events = first;
    }
    assert_true(different > 4);
}

static void test_trace_has_every_event(void **state)
{
    const struct scratch *s = *state;
    struct rig_setup setup = subject();
    struct rig_result r;
    unsigned lines = 0;
    char line[512];
    FILE *in;

    setup.trace = strdup(scratch_path(s, "trace"));
    execute(&setup, &(struct made){.steps = "[" OPEN "]"}, &r);
    assert_int_equal(r.verdict, RIG_PASS);
    in = fopen(setup.trace, "r");
    assert_non_null(in);
    while (fgets(line, sizeof(line), in)) {
        json_t *j = json_of(line);

        if (lines++ == 0) {
            assert_string_equal(rigged_text(j, "case"), "some/where/case");
            assert_int_equal(json_integer_value(json_object_get(j, "events")),
                             r.event_count);
        } else {
            assert_int_equal(json_integer_value(json_object_get(j, "n")),
                             lines - 2);
        }
        json_decref(j);
    }
    assert_int_equal(lines, r.event_count + 1);
    fclose(in);
    rig_result_free(&r);
    free((char *)(uintptr_t)setup.trace);
    setup.trace = "/nonexistent/trace";
    expect(&setup, &(struct made){.steps = "[" OPEN "]"}, RIG_ERROR,
           "/nonexistent/trace");
}

/* ---- liars ---- */

static struct rig_setup liar(void)
{
    struct rig_setup setup = subject();

    setup.subject = RIG_SUBJECT_LIAR;
    return setup;
}

#define UNACKNOWLEDGED "[{\"op\": \"raw.init\", \"skip\": [\"acknowledge\"]}]"

static void test_liar_found_guilty_of_what_it_did_passes(void **state)
{
    struct rig_setup setup = liar();

    (void)state;
    expect(
        &setup,
        &(struct made){.liar = UNACKNOWLEDGED, .guilty = "[\"drv-3.1.1-2\"]"},
        RIG_PASS, "");
}

static void test_liar_not_found_guilty_is_the_benchs_failure(void **state)
{
    struct rig_setup setup = liar();

    (void)state;
    expect(&setup,
           &(struct made){.liar = "[{\"op\": \"raw.init\"}]",
                          .guilty = "[\"drv-3.1.1-2\"]"},
           RIG_ERROR, "judge found []");
    /* Guilty of something else as well, or instead. */
    expect(&setup,
           &(struct made){.liar = "[{\"op\": \"raw.init\", \"skip\":"
                                  " [\"acknowledge\"]}, {\"op\": \"raw.read\","
                                  " \"reg\": \"SHMLenLow\"}]",
                          .guilty = "[\"drv-3.1.1-2\"]"},
           RIG_ERROR, "judge found [drv-3.1.1-2, drv-4.2.3.1.1-5]");
    expect(
        &setup,
        &(struct made){.liar = UNACKNOWLEDGED, .guilty = "[\"drv-3.1.1-1\"]"},
        RIG_ERROR, "judge found [drv-3.1.1-2]");
}

static void test_liar_that_stumbles_is_the_benchs_failure(void **state)
{
    struct rig_setup setup = liar();

    (void)state;
    expect(&setup,
           &(struct made){.liar = "[{\"op\": \"raw.init\", \"skip\":"
                                  " [\"acknowledge\"]}, {\"op\": \"raw.wait\","
                                  " \"us\": 10, \"expect\": \"ok\"}]",
                          .guilty = "[\"drv-3.1.1-2\"]"},
           RIG_ERROR, "step 1, raw.wait: ok; seen timeout");
    expect(&setup, &(struct made){.liar = "[" OPEN "]", .guilty = "[]"},
           RIG_ERROR, "does not exist on the raw driver");
}

static void combine(const char *text)
{
    char err[256];

    if (rig_combo_parse(&combo, text, err, sizeof(err)))
        fail_msg("%s", err);
}

static int uncombine(void **state)
{
    (void)state;
    memset(&combo, 0, sizeof(combo));
    return 0;
}

static void test_combination_is_what_the_driver_meets(void **state)
{
    struct rig_setup setup = subject();

    (void)state;
    combine("indirect=off,event_idx=off,size=8");
    expect(&setup,
           &(struct made){.steps = "[" OPEN ", {\"op\": \"blk.info\", \"is\":"
                                   " {\"queue_size\": 8, \"features\":"
                                   " 4294967812}}]"}, /* VERSION_1 and blk's */
           RIG_PASS, "");
    combine("size=1024");
    expect(&setup,
           &(struct made){.steps = "[" OPEN ", {\"op\": \"blk.info\", \"is\":"
                                   " {\"queue_size\": 1024}}]"},
           RIG_PASS, "");
}

static void test_combination_goes_before_memory_and_scheduler(void **state)
{
    static const struct made made = {
        .steps = "[" OPEN "]",
        .applies_if = "{\"memory\": [\"bounce\"], \"sched\": [\"threads\"]}"};
    struct rig_setup setup = subject();

    (void)state;
    expect(&setup, &made, RIG_SKIP,
           "memory=direct is not possible: its "
           "applies_if does not list it");
    setup.memory = FAKE_MEM_BOUNCE;
    expect(&setup, &made, RIG_SKIP, "sched=step is not possible");
    combine("sched=threads");
    expect(&setup, &made, RIG_PASS, "");
    setup.memory = FAKE_MEM_DIRECT;
    combine("memory=bounce,sched=threads");
    expect(&setup, &made, RIG_PASS, "");
}

/* Nor is such a driver judged: it is not what was asked for. The one here
 * breaks a SHOULD. */
static void test_combination_that_the_driver_declines_is_skipped(void **state)
{
    static const struct made declines = {
        .clauses = "[\"drv-5.2.6.1-2\"]",
        .device = "{\"features\": [\"VERSION_1\", \"RO\"]}",
        .applies_if = "{\"event_idx\": \"any\"}",
        .steps = "[{\"op\": \"open\", \"without\": [\"RO\", 29]}, " READ "]",
    };
    struct rig_setup setup = subject();

    (void)state;
    setup.strict = true;
    combine("event_idx=off");
    expect(&setup, &declines, RIG_FAIL, "");
    combine("event_idx=on");
    expect(&setup, &declines, RIG_SKIP, "subject does not accept EVENT_IDX");
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
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_in_which_all_is_well_passes),
        cmocka_unit_test(test_step_that_goes_wrong_fails_and_ends_the_case),
        cmocka_unit_test(test_fault_that_never_fired_is_an_error),
        cmocka_unit_test(test_broken_should_warns_and_fails_if_strict),
        cmocka_unit_test(test_situation_that_did_not_occur_is_an_error),
        cmocka_unit_test(test_situation_that_is_up_to_the_driver_is_skipped),
        cmocka_unit_test(
            test_mark_is_not_asked_for_where_the_clause_never_applied),
        cmocka_unit_test(test_failure_weighs_more_than_a_mark),
        cmocka_unit_test(test_liar_needs_no_marks),
        cmocka_unit_test(test_recovery_is_in_the_result),
        cmocka_unit_test(test_unfired_fault_weighs_more_than_a_should),
        cmocka_unit_test(test_clause_that_never_applied_is_skipped_not_passed),
        cmocka_unit_test(test_what_the_bench_cannot_do_is_an_error),
        cmocka_unit_test(test_case_is_a_function_of_its_seed),
        cmocka_unit_test_setup_teardown(test_trace_has_every_event,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(test_liar_found_guilty_of_what_it_did_passes),
        cmocka_unit_test(test_liar_not_found_guilty_is_the_benchs_failure),
        cmocka_unit_test(test_liar_that_stumbles_is_the_benchs_failure),
        cmocka_unit_test_teardown(test_combination_is_what_the_driver_meets,
                                  uncombine),
        cmocka_unit_test_teardown(
            test_combination_goes_before_memory_and_scheduler, uncombine),
        cmocka_unit_test_teardown(
            test_combination_that_the_driver_declines_is_skipped, uncombine),
    };

    return cmocka_run_group_tests(tests, load_catalogue, free_catalogue);
}
