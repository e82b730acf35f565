/* SPDX-License-Identifier: MIT
 *
 * test_event.c: the event log is one total order, and says what it dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "fakedev/event.h"
#include "fakedev/fault.h"

static void count_only(void *ctx, uint64_t number, const struct fake_event *e)
{
    unsigned *heard = ctx;

    (void)number;
    (void)e;
    ++*heard;
}

static void emit_n(struct fake_log *log, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        fake_emit(log, FAKE_EV_LOG, FAKE_NO_QUEUE, k, 0, 0, 0);
}

static void test_log_keeps_events_in_order_with_their_time(void **state)
{
    struct fake_log log;
    const struct fake_event *e;

    (void)state;
    assert_int_equal(fake_log_init(&log, 8), 0);
    fake_log_set_time(&log, 3400);
    fake_emit(&log, FAKE_EV_USED, 3, 1, 2, 3, 4);
    fake_log_set_time(&log, 3500);
    fake_emit(&log, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
    assert_int_equal(log.count, 2);
    e = fake_log_get(&log, 0);
    assert_int_equal(e->kind, FAKE_EV_USED);
    assert_int_equal(e->queue, 3);
    assert_int_equal(e->t_ns, 3400);
    for (unsigned a = 0; a < 4; a++)
        assert_int_equal(e->arg[a], a + 1);
    assert_int_equal(fake_log_get(&log, 1)->t_ns, 3500);
    assert_null(fake_log_get(&log, 2));
    fake_log_free(&log);
}

static void test_log_drops_the_oldest_and_keeps_numbers(void **state)
{
    struct fake_log log;

    (void)state;
    assert_int_equal(fake_log_init(&log, 5), 0);
    assert_int_equal(log.room, 8); /* rounded up */
    emit_n(&log, 20);
    assert_int_equal(fake_log_first(&log), 12);
    assert_null(fake_log_get(&log, 11));
    for (uint64_t n = 12; n < 20; n++)
        assert_int_equal(fake_log_get(&log, n)->arg[0], n);
    fake_log_free(&log);
}

struct heard {
    uint64_t count, next;
    int gaps;
};

static void listen(void *ctx, uint64_t number, const struct fake_event *e)
{
    struct heard *heard = ctx;

    heard->gaps += number != heard->next;
    heard->next = number + 1;
    heard->count += e->kind == FAKE_EV_LOG;
}

static void test_listener_hears_all_even_without_room(void **state)
{
    struct fake_log log;
    struct heard heard = {0};

    (void)state;
    assert_int_equal(fake_log_init(&log, 0), 0);
    log.listen = listen;
    log.ctx = &heard;
    emit_n(&log, 100);
    assert_int_equal(heard.count, 100);
    assert_int_equal(heard.gaps, 0);
    assert_null(fake_log_get(&log, 99));
    fake_log_free(&log);
}

static void test_log_off_records_nothing(void **state)
{
    struct fake_log log;

    (void)state;
    assert_int_equal(fake_log_init(&log, 8), 0);
    log.on = false;
    emit_n(&log, 3);
    assert_int_equal(log.count, 0);
    fake_log_free(&log);
}

/* From a signal handler: nothing is delivered, and nothing waited for. */
static void test_event_is_tried_only_where_there_is_room(void **state)
{
    unsigned heard = 0;
    struct fake_log log;

    (void)state;
    assert_int_equal(fake_log_init(&log, 64), 0);
    log.listen = count_only;
    log.ctx = &heard;
    for (unsigned k = 0; k < 64; k++)
        assert_true(fake_log_try(&log, FAKE_EV_LOG, FAKE_NO_QUEUE, k, 0, 0, 0));
    assert_int_equal(heard, 0);
    assert_false(fake_log_try(&log, FAKE_EV_LOG, FAKE_NO_QUEUE, 64, 0, 0, 0));
    /* The next one that may wait delivers them all, in order. */
    fake_emit(&log, FAKE_EV_LOG, FAKE_NO_QUEUE, 64, 0, 0, 0);
    assert_int_equal(heard, 65);
    for (uint64_t k = 1; k <= 64; k++)
        assert_int_equal(fake_log_get(&log, k)->arg[0], k);
    log.on = false;
    assert_false(fake_log_try(&log, FAKE_EV_LOG, FAKE_NO_QUEUE, 65, 0, 0, 0));
    fake_log_free(&log);
}

static void *emitter(void *log)
{
    emit_n(log, 20000);
    return NULL;
}

static void test_events_of_several_threads_are_one_order(void **state)
{
    struct fake_log log;
    struct heard heard = {0};
    pthread_t thread[3];

    (void)state;
    assert_int_equal(fake_log_init(&log, 16), 0);
    log.listen = listen;
    log.ctx = &heard;
    for (unsigned k = 0; k < 3; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, emitter, &log), 0);
    for (unsigned k = 0; k < 3; k++)
        pthread_join(thread[k], NULL);
    fake_log_settle(&log);
    assert_int_equal(heard.count, 60000);
    assert_int_equal(heard.gaps, 0);
    assert_int_equal(log.count, 60000);
    fake_log_free(&log);
}

static void expect_line(const struct fake_event *e, const char *line)
{
    char out[256];

    assert_int_equal(fake_event_format(e, 12, out, sizeof(out)), strlen(line));
    assert_string_equal(out, line);
}

static void test_events_are_written_as_json(void **state)
{
    (void)state;
    expect_line(&(struct fake_event){.t_ns = 3400,
                                     .kind = FAKE_EV_REG_WRITE,
                                     .arg = {80, 4, 1, 7}},
                "{\"n\":12,\"t\":3400,\"ev\":\"reg-write\",\"q\":0,"
                "\"offset\":80,\"width\":4,\"value\":1,\"avail_idx\":7}");
    expect_line(
        &(struct fake_event){.kind = FAKE_EV_RESET, .queue = FAKE_NO_QUEUE},
        "{\"n\":12,\"t\":0,\"ev\":\"reset\"}");
    expect_line(
        &(struct fake_event){.kind = FAKE_EV_CHAIN_BAD,
                             .queue = 1,
                             .arg = {9, FAKE_CHAIN_BAD_HEAD_RANGE, 3, 9}},
        "{\"n\":12,\"t\":0,\"ev\":\"chain-bad\",\"q\":1,\"head\":9,"
        "\"reason\":\"head index is not below the queue size\","
        "\"index\":3,\"value\":9}");
    expect_line(&(struct fake_event){.kind = FAKE_EV_FAULT,
                                     .queue = FAKE_NO_QUEUE,
                                     .arg = {FAKE_FAULT_IRQ_LOST, 2, 5, 0}},
                "{\"n\":12,\"t\":0,\"ev\":\"fault\",\"fault\":\"irq-lost\","
                "\"nth\":2,\"arg\":5}");
}

static void test_every_event_fits_256_bytes(void **state)
{
    struct fake_event e = {.t_ns = UINT64_MAX, .queue = 64};
    char out[256];

    (void)state;
    for (unsigned kind = 0; kind < FAKE_EV_COUNT; kind++) {
        e.kind = (uint16_t)kind;
        for (unsigned reason = 0; reason < FAKE_FAULT_COUNT; reason++) {
            size_t len;

            for (unsigned a = 0; a < 4; a++)
                e.arg[a] = UINT64_MAX - 1;
            if (kind == FAKE_EV_CHAIN_BAD)
                e.arg[1] = reason % FAKE_CHAIN_BAD_COUNT;
            if (kind == FAKE_EV_FAULT)
                e.arg[0] = reason;
            len = fake_event_format(&e, UINT64_MAX, out, sizeof(out));
            assert_true(len < 255);
            assert_int_equal(out[len - 1], '}');
        }
    }
}

static void test_names_of_unknown_codes_are_harmless(void **state)
{
    (void)state;
    assert_string_equal(fake_event_name(FAKE_EV_COUNT), "?");
    assert_string_equal(fake_event_arg_name(FAKE_EV_USED, 4), "");
    assert_string_equal(fake_event_arg_name(FAKE_EV_USED, 1), "len");
    assert_string_equal(fake_chain_bad_text(FAKE_CHAIN_BAD_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_keeps_events_in_order_with_their_time),
        cmocka_unit_test(test_log_drops_the_oldest_and_keeps_numbers),
        cmocka_unit_test(test_listener_hears_all_even_without_room),
        cmocka_unit_test(test_log_off_records_nothing),
        cmocka_unit_test(test_event_is_tried_only_where_there_is_room),
        cmocka_unit_test(test_events_of_several_threads_are_one_order),
        cmocka_unit_test(test_events_are_written_as_json),
        cmocka_unit_test(test_every_event_fits_256_bytes),
        cmocka_unit_test(test_names_of_unknown_codes_are_harmless),
    };

    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
