/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakedev/arena.h"
#include "fakedev/sched.h"
#include "options.h"
#include "report.h"
#include "scratch.h"

static struct rig_clause clauses[] = {
    {"drv-2.1.1-1", "2.1.1", "Driver Requirements: Device Status Field",
     "driver", "MUST", "Status bits mirror the steps.", "common", "wire"},
    {"drv-5.2.6.1-1", "5.2.6.1", "Driver Requirements: Device Operation",
     "driver", "MUST NOT", "No request reaches past the end.", "blk", "wire"},
};
static const struct rig_catalogue catalogue = {clauses, 2, NULL};
static struct rig_setup setup;
static struct rig_report report;
static struct rig_vector vectors[4];
static struct rig_result result;
static struct capture out;

static const char *const ids[4] = {"blk/2.1.1/status", "blk/5.2.6.1/past-end",
                                   "blk/5.2.6.1/flush", "blk/5.2.6.1/crash"};

static int begin(void **state)
{
    size_t k;

    (void)state;
    rig_setup_init(&setup);
    setup.catalogue = &catalogue;
    setup.seed = 42;
    memset(&report, 0, sizeof(report));
    report.setup = &setup;
    report.deadline_ms = RIG_DEADLINE_MS;
    report.repeat = 1;
    report.jobs = 2;
    report.keep_applied = true;
    assert_int_equal(rig_report_init(&report, 4), 0);
    for (k = 0; k < 4; k++) {
        vectors[k].id = ids[k];
        vectors[k].title = "A title with <markup> & \"quotes\"";
        vectors[k].clauses =
            json_pack("[s]", k ? "drv-5.2.6.1-1" : "drv-2.1.1-1");
        report.list[k].vector = &vectors[k];
        report.list[k].seed = setup.seed;
    }
    memset(&result, 0, sizeof(result));
    return 0;
}

static int end(void **state)
{
    size_t k;

    (void)state;
    for (k = 0; k < 4; k++)
        json_decref((json_t *)vectors[k].clauses);
    rig_report_free(&report);
    return 0;
}

static void keep(size_t k, enum rig_verdict verdict, const char *reason)
{
    result.verdict = verdict;
    strcpy(result.reason, reason);
    result.applied = json_pack("{si}", k ? "drv-5.2.6.1-1" : "drv-2.1.1-1", 2);
    result.event_count = 100;
    rig_report_keep(&report, k, &result);
    rig_result_free(&result);
    memset(&result, 0, sizeof(result));
}

static void keep_one_of_each(void)
{
    keep(0, RIG_PASS, "");
    strcpy(result.failure[0].clause, "drv-5.2.6.1-1");
    strcpy(result.failure[0].expected, "sector < 2048");
    strcpy(result.failure[0].seen, "IN, sector 2048 \033[31m<&>\"\xff");
    result.failure[0].event = 231;
    result.failure[0].times = 3;
    result.failure_count = 1;
    keep(1, RIG_FAIL, "");
    keep(2, RIG_SKIP, "no flush here");
    result.output = strdup("last\nwords ]]> \001\n");
    keep(3, RIG_CRASH, "died by SIGSEGV");
}

static const char *print(void (*format)(const struct rig_report *, FILE *))
{
    capture_begin(&out);
    format(&report, out.stream);
    return capture_end(&out);
}

static void print_text(const struct rig_report *r, FILE *stream)
{
    rig_report_print(r, stream, false);
}

static void expect_in(const char *text, const char *expected)
{
    if (!strstr(text, expected))
        fail_msg("expected \"%s\" in:\n%s", expected, text);
}

/* Of one case in memory, by the other. */
static json_t *a_score(bool memory)
{
    json_t *yes = json_pack("{sb}", "held", 1);
    json_t *score = json_pack("{sb ss sO sO s{sb} sO}", "recovered", memory,
                              "by", "recover", "returned", yes, "in_time", yes,
                              "memory", "held", memory, "io", yes);

    json_decref(yes);
    return score;
}

static void test_replay_names_all_that_is_not_default(void **state)
{
    char line[512];

    (void)state;
    setup.dut = "./my driver.so";
    rig_report_replay(&report, &report.list[0], line, sizeof(line));
    assert_string_equal(line, "ringtrue run blk/2.1.1/status --dut "
                              "'./my driver.so' --sched step --seed 42");
    setup.dut = "./x.so";
    setup.memory = FAKE_MEM_BOUNCE;
    setup.sched = FAKE_SCHED_THREADS;
    setup.image = "disk.img";
    setup.strict = true;
    report.deadline_ms = 2500;
    rig_report_replay(&report, &report.list[0], line, sizeof(line));
    assert_string_equal(line, "ringtrue run blk/2.1.1/status --dut ./x.so "
                              "--sched threads --seed 42 --memory bounce "
                              "--image disk.img --strict --deadline 2.5");
}

static void test_replay_names_the_combination_instead_of_options(void **state)
{
    char line[512];

    (void)state;
    setup.memory = FAKE_MEM_BOUNCE;
    report.list[0].combo.value[RIG_DIM_RING] = RIG_RING_PACKED;
    report.list[0].combo.value[RIG_DIM_SIZE] = 7;
    rig_report_replay(&report, &report.list[0], line, sizeof(line));
    assert_string_equal(line, "ringtrue run blk/2.1.1/status@ring=packed,"
                              "size=7 --dut ringtrue --sched step --seed 42 "
                              "--memory bounce");
    report.list[0].combo.value[RIG_DIM_MEMORY] = RIG_MEMORY_DIRECT;
    report.list[0].combo.value[RIG_DIM_SCHED] = RIG_SCHED_THREADS;
    rig_report_replay(&report, &report.list[0], line, sizeof(line));
    assert_string_equal(line, "ringtrue run blk/2.1.1/status@ring=packed,"
                              "size=7,memory=direct,sched=threads --dut "
                              "ringtrue --seed 42");
}

/* Four combinations of one vector, sizes 8 to 11; the last is step, the others
 * are threads. */
static void make_combinations(void)
{
    size_t k;

    report.matrix = RIG_MATRIX_PAIRWISE;
    report.vectors = 1;
    for (k = 0; k < 4; k++) {
        report.list[k].vector = &vectors[1];
        report.list[k].combo.value[RIG_DIM_RING] = RIG_RING_PACKED;
        report.list[k].combo.value[RIG_DIM_SIZE] = (uint16_t)(8 + k);
        report.list[k].combo.value[RIG_DIM_SCHED] =
            k < 3 ? RIG_SCHED_THREADS : RIG_SCHED_STEP;
    }
}

static void keep_failing(size_t k, const char *clause, const char *seen)
{
    strcpy(result.failure[0].clause, clause);
    strcpy(result.failure[0].expected, "sector < 2048");
    strcpy(result.failure[0].seen, seen);
    result.failure[0].event = UINT64_MAX;
    result.failure_count = 1;
    keep(k, RIG_FAIL, "");
}

static size_t count_in(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static void test_combinations_that_fail_alike_are_told_once(void **state)
{
    const char *text;

    (void)state;
    make_combinations();
    keep_failing(0, "drv-5.2.6.1-1", "sector 3000");
    keep_failing(1, "drv-5.2.6.1-1", "sector 4000");
    keep_failing(2, "drv-5.2.6.1-1", "sector 5000");
    keep(3, RIG_PASS, "");
    text = print(print_text);
    assert_int_equal(count_in(text, "  FAIL  "), 1);
    expect_in(text, "\nringtrue run blk/5.2.6.1/past-end@ring=packed,size=8,"
                    "sched=threads --dut ringtrue --seed 42\n  FAIL  ");
    /* The ring is the same in all four, so it explains nothing. */
    expect_in(text,
              "    seen      sector 3000\n"
              "  The same in 2 more of 4, all of them with sched=threads\n"
              "    ringtrue run blk/5.2.6.1/past-end@ring=packed,size=9,"
              "sched=threads --dut ringtrue --seed 42\n"
              "    ringtrue run blk/5.2.6.1/past-end@ring=packed,size=10,"
              "sched=threads --dut ringtrue --seed 42\n");
    expect_in(text, "\n4 combinations of 1 case: 1 pass, 3 fail\n");
    free(out.text);
}

static void test_combinations_that_fail_otherwise_are_told_apart(void **state)
{
    const char *text;

    (void)state;
    make_combinations();
    keep_failing(0, "drv-5.2.6.1-1", "sector 3000");
    keep_failing(1, "drv-2.1.1-1", "sector 3000");
    keep_failing(2, "", "timeout");
    keep(3, RIG_CRASH, "died by SIGSEGV");
    text = print(print_text);
    assert_int_equal(count_in(text, "\nringtrue run "), 4);
    assert_int_equal(count_in(text, "The same"), 0);
    free(out.text);
}

static void test_reason_to_skip_is_told_once_for_all_combinations(void **state)
{
    const char *text;

    (void)state;
    make_combinations();
    keep(0, RIG_SKIP, "subject does not accept RING_PACKED");
    keep(1, RIG_PASS, "");
    keep(2, RIG_SKIP, "subject does not accept RING_PACKED");
    keep(3, RIG_SKIP, "other");
    text = print(print_text);
    expect_in(text, "SKIP  subject does not accept RING_PACKED\n"
                    "  blk/5.2.6.1/past-end (2 of 4)\n");
    assert_int_equal(count_in(text, "RING_PACKED"), 1);
    expect_in(text, "SKIP  other\n  blk/5.2.6.1/past-end (1 of 4)\n");
    expect_in(text, "ringtrue " RINGTRUE_VERSION
                    ": subject ringtrue, matrix pairwise, seed 42\n");
    free(out.text);
}

static void test_json_and_junit_name_the_combination(void **state)
{
    json_t *j, *c;

    (void)state;
    make_combinations();
    keep(0, RIG_PASS, "");
    j = json_loads(print(rig_report_json), JSON_REJECT_DUPLICATES, NULL);
    free(out.text);
    c = json_array_get(json_object_get(j, "cases"), 0);
    assert_string_equal(json_string_value(json_object_get(c, "id")),
                        "blk/5.2.6.1/past-end@ring=packed,size=8,"
                        "sched=threads");
    assert_string_equal(json_string_value(json_object_get(c, "vector")),
                        "blk/5.2.6.1/past-end");
    c = json_object_get(c, "combination");
    assert_int_equal(json_object_size(c), 3);
    assert_int_equal(json_integer_value(json_object_get(c, "size")), 8);
    assert_string_equal(json_string_value(json_object_get(c, "ring")),
                        "packed");
    json_decref(j);
    expect_in(print(rig_report_junit),
              "<testcase classname=\"blk/5.2.6.1\" name=\"blk/5.2.6.1/"
              "past-end@ring=packed,size=8,sched=threads\"");
    free(out.text);
}

static void test_exit_codes(void **state)
{
    (void)state;
    keep(0, RIG_SKIP, "");
    assert_int_equal(rig_report_exit_code(&report), RIG_EXIT_SKIP);
    keep(1, RIG_WARN, "");
    assert_int_equal(rig_report_exit_code(&report), RIG_EXIT_PASS);
    keep(2, RIG_HUNG, "");
    assert_int_equal(rig_report_exit_code(&report), RIG_EXIT_FAIL);
    keep(3, RIG_ERROR, "");
    assert_int_equal(rig_report_exit_code(&report), RIG_EXIT_BENCH);
    report.ended_by = 2;
    assert_int_equal(rig_report_exit_code(&report), 130);
}

static void test_text_has_the_replay_command_first(void **state)
{
    const char *text;

    (void)state;
    keep_one_of_each();
    text = print(print_text);
    expect_in(text,
              "\n\nringtrue run blk/5.2.6.1/past-end --dut ringtrue --sched "
              "step --seed 42\n"
              "  FAIL  A title with <markup> & \"quotes\"\n"
              "  drv-5.2.6.1-1 MUST NOT: No request reaches past the end.\n"
              "    expected  sector < 2048\n"
              "    seen      IN, sector 2048 ?[31m<&>\"?\n"
              "    event     231, the first of 3\n");
    expect_in(text, "2.1.1        Device Status Field");
    expect_in(text, "SKIP  no flush here\n  blk/5.2.6.1/flush\n");
    expect_in(text, "    seen      died by SIGSEGV\n");
    expect_in(text, "    | last\n    | words ]]> ?\n");
    expect_in(text, "\n4 cases: 1 pass, 1 fail, 1 skip, 1 crash\n");
    assert_null(strchr(text, '\033'));
    free(out.text);
}

static void test_text_is_at_most_80_columns_but_for_replay(void **state)
{
    char *line, *rest;

    (void)state;
    keep_one_of_each();
    print(print_text);
    for (line = strtok_r(out.text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "ringtrue run ", 13) != 0)
            assert_true(strlen(line) <= 80);
    free(out.text);
}

static void test_interrupted_run_says_what_is_missing(void **state)
{
    (void)state;
    keep(0, RIG_PASS, "");
    report.ended_by = 2;
    expect_in(print(print_text), "interrupted: 3 of 4 cases were not run\n"
                                 "1 case: 1 pass, 0 fail\n");
    free(out.text);
}

static void test_json_holds_everything(void **state)
{
    json_t *j, *c, *f;

    (void)state;
    keep_one_of_each();
    j = json_loads(print(rig_report_json), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "format")),
                        "ringtrue-report-1");
    assert_true(json_is_true(json_object_get(j, "complete")));
    assert_int_equal(json_integer_value(json_object_get(j, "exit_code")), 1);
    c = json_array_get(json_object_get(j, "cases"), 1);
    assert_string_equal(json_string_value(json_object_get(c, "section")),
                        "5.2.6.1");
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(c, "applied"), "drv-5.2.6.1-1")),
                     2);
    f = json_array_get(json_object_get(c, "failures"), 0);
    assert_string_equal(json_string_value(json_object_get(f, "requirement")),
                        "No request reaches past the end.");
    assert_string_equal(json_string_value(json_object_get(f, "level")),
                        "MUST NOT");
    assert_int_equal(json_integer_value(json_object_get(f, "event")), 231);
    c = json_object_get(j, "counts");
    assert_int_equal(json_integer_value(json_object_get(c, "cases")), 4);
    assert_int_equal(json_integer_value(json_object_get(c, "CRASH")), 1);
    json_decref(j);
    free(out.text);
}

static void test_junit_maps_verdicts(void **state)
{
    const char *xml;

    (void)state;
    keep_one_of_each();
    xml = print(rig_report_junit);
    expect_in(xml, "<testsuites name=\"ringtrue\" tests=\"4\" failures=\"2\" "
                   "errors=\"0\" skipped=\"1\" time=");
    expect_in(xml, "<testsuite name=\"ringtrue\" tests=\"4\" failures=\"2\" "
                   "errors=\"0\" skipped=\"1\" time=");
    expect_in(xml, "<failure type=\"FAIL\"");
    expect_in(xml, "<failure type=\"CRASH\" message=\"died by SIGSEGV\">"
                   "ringtrue run blk/5.2.6.1/crash ");
    expect_in(xml, "<skipped message=\"no flush here\"/>");
    free(out.text);
    report.list[3].verdict = RIG_ERROR;
    report.list[2].verdict = RIG_WARN;
    xml = print(rig_report_junit);
    expect_in(xml, "<error type=\"ERROR\"");
    expect_in(xml, "<system-out>WARN\n");
    free(out.text);
}

static void test_junit_escapes_whatever_was_seen(void **state)
{
    const char *xml;

    (void)state;
    keep_one_of_each();
    xml = print(rig_report_junit);
    expect_in(xml, "message=\"drv-5.2.6.1-1: expected sector &lt; 2048; "
                   "seen IN, sector 2048 \xef\xbf\xbd[31m&lt;&amp;&gt;&quot;"
                   "\xef\xbf\xbd\"");
    expect_in(xml, "last\nwords ]]&gt; \xef\xbf\xbd\n");
    assert_null(strchr(xml, '\033'));
    assert_null(strchr(xml, '\001'));
    free(out.text);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

static void test_recovery_is_told_where_there_is_one(void **state)
{
    const char *text;

    (void)state;
    result.score = a_score(true);
    keep(0, RIG_PASS, "");
    result.score = a_score(false);
    result.failure_count = 1;
    keep(1, RIG_FAIL, "");
    keep(2, RIG_PASS, "");
    text = print(print_text);
    expect_in(text, "\nrecovered 1 of 2\n");
    expect_in(text, "    recovery  by recover: returned yes, in_time yes, "
                    "memory no, io yes\n");
    free(out.text);
    text = print(rig_report_junit);
    expect_in(text, "<property name=\"recovery\" value=\"by recover: returned "
                    "yes, in_time yes, memory no, io yes\"/>");
    free(out.text);
    text = print(rig_report_json);
    expect_in(text, "\"recovered\": 1");
    expect_in(text, "\"score\": null");
    free(out.text);
}

static void
test_nothing_is_said_of_recovery_where_nothing_was_asked(void **state)
{
    const char *text;

    (void)state;
    keep_one_of_each();
    text = print(print_text);
    assert_null(strstr(text, "recover"));
    free(out.text);
}

static void test_lines_tell_the_same_as_the_report(void **state)
{
    json_t *begin_line, *end_line, *whole, *one;
    const char *text;

    (void)state;
    keep_one_of_each();
    text = print(rig_report_json);
    whole = json_loads(text, 0, NULL);
    free(out.text);
    assert_non_null(whole);
    begin_line = rig_report_begin(&report);
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(begin_line, "begin"), "cases")),
                     4);
    assert_true(json_equal(
        json_object_get(json_object_get(begin_line, "begin"), "setup"),
        json_object_get(whole, "setup")));
    one = rig_report_case(&report, &report.list[3]);
    assert_true(
        json_equal(one, json_array_get(json_object_get(whole, "cases"), 3)));
    end_line = rig_report_end(&report);
    assert_true(
        json_equal(json_object_get(json_object_get(end_line, "end"), "counts"),
                   json_object_get(whole, "counts")));
    json_decref(begin_line);
    json_decref(end_line);
    json_decref(one);
    json_decref(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_replay_names_all_that_is_not_default),
        TEST(test_replay_names_the_combination_instead_of_options),
        TEST(test_combinations_that_fail_alike_are_told_once),
        TEST(test_combinations_that_fail_otherwise_are_told_apart),
        TEST(test_reason_to_skip_is_told_once_for_all_combinations),
        TEST(test_json_and_junit_name_the_combination),
        TEST(test_exit_codes),
        TEST(test_text_has_the_replay_command_first),
        TEST(test_text_is_at_most_80_columns_but_for_replay),
        TEST(test_interrupted_run_says_what_is_missing),
        TEST(test_json_holds_everything),
        TEST(test_junit_maps_verdicts),
        TEST(test_recovery_is_told_where_there_is_one),
        TEST(test_nothing_is_said_of_recovery_where_nothing_was_asked),
        TEST(test_lines_tell_the_same_as_the_report),
        TEST(test_junit_escapes_whatever_was_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
