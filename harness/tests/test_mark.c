/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakedev/arena.h"
#include "fakedev/fault.h"
#include "mark.h"
#include "marks.h"
#include "rigged.h"
#include "ringtrue/wire.h"

static char err[160];
static const char *member;

static struct rig_mark mark_of(const char *text)
{
    json_t *json = json_of(text);
    struct rig_mark mark;

    if (rig_mark_from_json(json, &mark, &member, err, sizeof(err)))
        fail_msg("%s: %s", text, err);
    json_decref(json);
    return mark;
}

static bool fits(const char *text, enum fake_event_kind kind, uint16_t queue,
                 uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct rig_mark mark = mark_of(text);
    const struct fake_event e = {
        .kind = (uint16_t)kind, .queue = queue, .arg = {a, b, c, d}};

    return rig_mark_fits(&mark, &e);
}

static void refuse(const char *text, const char *where, const char *what)
{
    json_t *json = json_of(text);
    struct rig_mark mark;

    assert_int_equal(rig_mark_from_json(json, &mark, &member, err, sizeof(err)),
                     -1);
    if (where)
        assert_string_equal(member, where);
    else
        assert_null(member);
    assert_non_null(strstr(err, what));
    json_decref(json);
}

static void test_event_alone_fits_whatever_its_arguments(void **state)
{
    (void)state;
    assert_true(fits("{\"event\": \"irq\"}", FAKE_EV_IRQ, 0, 1, 0, 0, 0));
    assert_true(fits("{\"event\": \"irq\"}", FAKE_EV_IRQ, FAKE_NO_QUEUE,
                     UINT64_MAX, 0, 0, 0));
    assert_false(fits("{\"event\": \"irq\"}", FAKE_EV_USED, 0, 1, 0, 0, 0));
}

static void test_arguments_are_numbers_ranges_and_bits(void **state)
{
    (void)state;
#define USED(is) "{\"event\": \"used\", \"is\": " is "}"
    assert_true(fits(USED("{\"idx\": 0}"), FAKE_EV_USED, 0, 9, 9, 0, 1));
    assert_false(fits(USED("{\"idx\": 0}"), FAKE_EV_USED, 0, 0, 0, 1, 0));
    assert_true(fits(USED("{\"buffers\": {\"from\": 2}}"), FAKE_EV_USED, 0, 0,
                     0, 0, 2));
    assert_false(fits(USED("{\"buffers\": {\"from\": 2}}"), FAKE_EV_USED, 0, 0,
                      0, 0, 1));
    assert_false(fits(USED("{\"len\": {\"from\": 2, \"to\": 3}}"), FAKE_EV_USED,
                      0, 0, 4, 0, 0));
    assert_true(
        fits(USED("{\"id\": {\"bits\": 5}}"), FAKE_EV_USED, 0, 7, 0, 0, 0));
    assert_false(
        fits(USED("{\"id\": {\"bits\": 5}}"), FAKE_EV_USED, 0, 4, 0, 0, 0));
    assert_false(
        fits(USED("{\"id\": 1, \"len\": 2}"), FAKE_EV_USED, 0, 1, 3, 0, 0));
}

static void test_queue_is_that_of_the_event(void **state)
{
    static const char *const text = "{\"event\": \"used\", \"queue\": 2}";

    (void)state;
    assert_true(fits(text, FAKE_EV_USED, 2, 0, 0, 0, 0));
    assert_false(fits(text, FAKE_EV_USED, 0, 0, 0, 0, 0));
}

static void test_codes_have_names(void **state)
{
    (void)state;
    assert_true(fits("{\"event\": \"chain-bad\", \"is\": {\"reason\":"
                     " \"LENT_TWICE\"}}",
                     FAKE_EV_CHAIN_BAD, 0, 0, FAKE_CHAIN_BAD_LENT_TWICE, 0, 0));
    assert_true(fits("{\"event\": \"mem-fault\", \"is\": {\"reason\":"
                     " \"DIR\"}}",
                     FAKE_EV_MEM_FAULT, 0, 0, 0, 0, FAKE_MEM_DIR));
    assert_true(fits("{\"event\": \"fault\", \"is\": {\"fault\":"
                     " \"used-twice\"}}",
                     FAKE_EV_FAULT, 0, FAKE_FAULT_USED_TWICE, 0, 0, 0));
    assert_true(fits("{\"event\": \"done\", \"is\": {\"result\":"
                     " \"RGT_E_IO\"}}",
                     FAKE_EV_DONE, 0, 3, (uint32_t)RGT_E_IO, 0, 0));
    assert_true(fits("{\"event\": \"request\", \"is\": {\"type\":"
                     " \"write\"}}",
                     FAKE_EV_REQUEST, 0, VIRTIO_BLK_T_OUT, 0, 0, 0));
    assert_true(fits("{\"event\": \"snd-notify\", \"is\": {\"code\":"
                     " \"xrun\"}}",
                     FAKE_EV_SND_NOTIFY, 1, VIRTIO_SND_EVT_PCM_XRUN, 0, 0, 0));
    assert_true(fits("{\"event\": \"snd-control\", \"is\": {\"code\":"
                     " \"release\", \"status\": \"io-error\"}}",
                     FAKE_EV_SND_CONTROL, 0, VIRTIO_SND_R_PCM_RELEASE, 0,
                     VIRTIO_SND_S_IO_ERR, 0));
}

static void test_mark_that_no_event_can_be_is_refused(void **state)
{
    (void)state;
    refuse("{\"event\": \"use\"}", NULL, "name of an event");
    refuse("{\"event\": \"used\", \"is\": {\"idz\": 1}}", "idz",
           "an argument of the event used");
    refuse("{\"event\": \"irq\", \"is\": {\"\": 1}}", "", "an argument");
    refuse("{\"event\": \"chain-bad\", \"is\": {\"reason\": \"SAD\"}}",
           "reason", "name of a reason");
    refuse("{\"event\": \"used\", \"is\": {\"idx\": \"RGT_E_IO\"}}", "idx",
           "name of a idx");
}

/* ---- counted in a log ---- */

static unsigned heard;

static void hear(void *ctx, uint64_t number, const struct fake_event *e)
{
    (void)ctx;
    (void)number;
    (void)e;
    heard++;
}

/* A log that keeps less than it is told. */
static void test_marks_are_counted_as_they_go_by(void **state)
{
    json_t *json =
        json_of("[{\"event\": \"irq\"}, {\"event\": \"used\", \"is\":"
                " {\"idx\": 7}, \"at_least\": 3}]");
    struct rig_marks marks;
    struct fake_log log;
    char text[256];

    (void)state;
    assert_int_equal(fake_log_init(&log, 64), 0);
    log.listen = hear;
    heard = 0;
    rig_marks_begin(&marks, json, &log);
    fake_emit(&log, FAKE_EV_USED, 0, 0, 0, 7, 1);
    for (unsigned k = 0; k < 1000; k++)
        fake_emit(&log, FAKE_EV_USED, 0, 0, 0, 8, 1);
    fake_log_settle(&log);
    assert_int_equal(heard, 1001);
    assert_ptr_equal(rig_marks_missing(&marks, text, sizeof(text)),
                     &marks.list[0]);
    assert_string_equal(text, "mark irq did not occur");
    fake_emit(&log, FAKE_EV_IRQ, 0, 1, 0, 0, 0);
    fake_emit(&log, FAKE_EV_USED, 0, 0, 0, 7, 1);
    fake_log_settle(&log);
    assert_ptr_equal(rig_marks_missing(&marks, text, sizeof(text)),
                     &marks.list[1]);
    assert_string_equal(text,
                        "mark used {\"idx\": 7} did not occur 3 times, only 2");
    fake_emit(&log, FAKE_EV_USED, 0, 0, 0, 7, 1);
    fake_log_settle(&log);
    assert_null(rig_marks_missing(&marks, text, sizeof(text)));
    fake_log_free(&log);
    json_decref(json);
}

static void test_without_marks_the_listener_stays(void **state)
{
    struct rig_marks marks;
    struct fake_log log;
    char text[256];

    (void)state;
    assert_int_equal(fake_log_init(&log, 64), 0);
    log.listen = hear;
    rig_marks_begin(&marks, NULL, &log);
    assert_ptr_equal(log.listen, hear);
    assert_null(rig_marks_missing(&marks, text, sizeof(text)));
    fake_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_alone_fits_whatever_its_arguments),
        cmocka_unit_test(test_arguments_are_numbers_ranges_and_bits),
        cmocka_unit_test(test_queue_is_that_of_the_event),
        cmocka_unit_test(test_codes_have_names),
        cmocka_unit_test(test_mark_that_no_event_can_be_is_refused),
        cmocka_unit_test(test_marks_are_counted_as_they_go_by),
        cmocka_unit_test(test_without_marks_the_listener_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
