/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "result.h"

static struct rig_result from, to;

static int convey(void)
{
    json_t *j = rig_result_to_json(&from);
    int rc;

    assert_non_null(j);
    rc = rig_result_from_json(&to, j);
    json_decref(j);
    return rc;
}

static int setup(void **state)
{
    (void)state;
    memset(&from, 0, sizeof(from));
    memset(&to, 0xa5, sizeof(to)); /* from_json must not rely on zeros */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_result_free(&from);
    rig_result_free(&to);
    return 0;
}

static void test_every_verdict_survives_the_pipe(void **state)
{
    int v;

    (void)state;
    for (v = 0; v < RIG_VERDICT_COUNT; v++) {
        from.verdict = (enum rig_verdict)v;
        assert_int_equal(convey(), 0);
        assert_int_equal(to.verdict, v);
    }
}

static void test_all_fields_survive_the_pipe(void **state)
{
    (void)state;
    from.verdict = RIG_FAIL;
    strcpy(from.reason, "because");
    strcpy(from.failure[0].clause, "drv-5.2.6.1-1");
    strcpy(from.failure[0].expected, "sector < 2048");
    strcpy(from.failure[0].seen, "sector 2048 \"\\\n\xc3\xa4");
    from.failure[0].event = 0;
    from.failure[0].times = 3;
    from.failure[1].event = UINT64_MAX;
    from.failure[1].times = 1;
    from.failure_count = 2;
    from.applied = json_pack("{si}", "drv-5.2.6.1-1", 7);
    from.score = json_pack("{sb}", "recovered", 1);
    from.event_count = 1234567890123;
    from.ms = 1.25;
    from.output = strdup("last words");
    assert_int_equal(convey(), 0);
    assert_int_equal(to.verdict, RIG_FAIL);
    assert_string_equal(to.reason, "because");
    assert_int_equal(to.failure_count, 2);
    assert_string_equal(to.failure[0].clause, "drv-5.2.6.1-1");
    assert_string_equal(to.failure[0].expected, "sector < 2048");
    assert_string_equal(to.failure[0].seen, "sector 2048 \"\\\n\xc3\xa4");
    assert_int_equal(to.failure[0].event, 0);
    assert_int_equal(to.failure[0].times, 3);
    assert_string_equal(to.failure[1].clause, "");
    assert_true(to.failure[1].event == UINT64_MAX);
    assert_true(json_equal(to.applied, from.applied));
    assert_true(json_equal(to.score, from.score));
    assert_true(to.event_count == 1234567890123);
    assert_true(to.ms == 1.25);
    assert_string_equal(to.output, "last words");
}

static void test_nothing_stays_nothing(void **state)
{
    (void)state;
    assert_int_equal(convey(), 0);
    assert_null(to.applied);
    assert_null(to.score);
    assert_null(to.output);
    assert_int_equal(to.failure_count, 0);
}

static void test_most_failures_there_is_room_for(void **state)
{
    unsigned k;

    (void)state;
    for (k = 0; k < RIG_FAILURES_MAX; k++)
        memset(from.failure[k].seen, 'x', sizeof(from.failure[k].seen) - 1);
    from.failure_count = RIG_FAILURES_MAX;
    assert_int_equal(convey(), 0);
    assert_int_equal(to.failure_count, RIG_FAILURES_MAX);
    assert_int_equal(strlen(to.failure[RIG_FAILURES_MAX - 1].seen),
                     sizeof(to.failure[0].seen) - 1);
}

static void test_bytes_that_are_no_utf8_do_not_lose_the_verdict(void **state)
{
    (void)state;
    from.verdict = RIG_ERROR;
    strcpy(from.reason, "a\xff");
    from.output = strdup("\xc3");
    assert_int_equal(convey(), 0);
    assert_int_equal(to.verdict, RIG_ERROR);
    assert_string_equal(to.reason, "a\xef\xbf\xbd");
}

static void test_long_text_is_cut_between_characters(void **state)
{
    char reason[600] = "";
    json_t *j;
    size_t k;

    (void)state;
    for (k = 0; k < 190; k++)
        strcat(reason, "\xe2\x82\xac");
    j = rig_result_to_json(&from);
    json_object_set_new(j, "reason", json_string(reason));
    assert_int_equal(rig_result_from_json(&to, j), 0);
    json_decref(j);
    assert_int_equal(strlen(to.reason), 318); /* 106 of three bytes */
}

static void reject(const char *member, json_t *value)
{
    json_t *j = rig_result_to_json(&from);

    if (value)
        json_object_set_new(j, member, value);
    else
        json_object_del(j, member);
    assert_int_equal(rig_result_from_json(&to, j), -1);
    assert_null(to.output);
    assert_null(to.applied);
    json_decref(j);
}

static void test_what_is_no_result_is_refused(void **state)
{
    json_t *many = json_array();
    unsigned k;

    (void)state;
    reject("verdict", json_string("GREAT"));
    reject("verdict", NULL);
    reject("reason", json_integer(1));
    reject("failures", NULL);
    reject("failures", json_pack("[i]", 1));
    reject("events", json_integer(-1));
    reject("ms", json_string("1"));
    reject("applied", json_array());
    reject("score", json_true());
    reject("output", json_true());
    for (k = 0; k <= RIG_FAILURES_MAX; k++)
        json_array_append_new(many, json_object());
    reject("failures", many);
    assert_int_equal(rig_result_from_json(&to, NULL), -1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_verdict_survives_the_pipe),
        TEST(test_all_fields_survive_the_pipe),
        TEST(test_nothing_stays_nothing),
        TEST(test_most_failures_there_is_room_for),
        TEST(test_bytes_that_are_no_utf8_do_not_lose_the_verdict),
        TEST(test_long_text_is_cut_between_characters),
        TEST(test_what_is_no_result_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
