/* SPDX-License-Identifier: MIT */
/* A sound device that is faster than the driver expects, never stops talking,
 * fails half-way up; and streams that come back from an xrun. */
#include "fake_snd.h"
#include "snd_private.h"

#define PERIOD 256

static uint8_t buf[4][PERIOD];
static struct rgt_seg segs[4];
static struct rgt_snd_xfer xfers[4];

static struct fake_snd *of_fake(struct fake *f)
{
    return (struct fake_snd *)(void *)f;
}

static struct rgt_snd_xfer *submit(struct fake_snd *s, unsigned n,
                                   uint32_t stream)
{
    segs[n] = (struct rgt_seg){.buf = buf[n], .len = PERIOD};
    xfers[n] = (struct rgt_snd_xfer){
        .stream = stream, .segs = &segs[n], .seg_count = 1};
    assert_int_equal(rgt_snd_xfer_submit(&s->snd, &xfers[n]), 0);
    return &xfers[n];
}

static void count_done(struct rgt_snd_ctl *ctl)
{
    ++*(unsigned *)ctl->ctx;
}

/* Answers one control request with OK and what else there is room for. */
static void answer_one(struct fake_snd *s)
{
    struct fake_chain c = fake_snd_take(s, FAKE_SND_CONTROL);

    assert_true(c.head >= 0);
    fake_put32(c.piece[1].at, 0x8000);
    fake_snd_use(s, &c, c.piece[1].len);
}

/* ---- a kick that fails in the middle of a query -------------------------- */

/* At the kick for the second part of the first query: a used id that does not
 * exist on tx, the answer to the RELEASE, which makes the driver look there,
 * and the first part of the second query. */
static void break_tx(struct fake *f, unsigned queue)
{
    if (queue != FAKE_SND_CONTROL)
        return;
    f->on_kick = NULL;
    fake_select(f, FAKE_SND_TX);
    fake_use(f, 64, 0);
    answer_one(of_fake(f));
    answer_one(of_fake(f));
}

static void check_broken_query(bool poll_between)
{
    unsigned done[3] = {0};
    struct rgt_snd_ctl ctl[3] = {
        {.op = RGT_SND_JACK_INFO, .count = 2},
        {.op = RGT_SND_RELEASE},
        {.op = RGT_SND_JACK_INFO, .count = 2},
    };
    struct fake_snd s;

    fake_snd_init(&s);
    s.cfg.info_items = 1;
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    submit(&s, 0, 0);
    for (int i = 0; i < 3; i++) {
        ctl[i].done = count_done;
        ctl[i].ctx = &done[i];
        assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl[i]), 0);
    }
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    answer_one(&s);
    s.f.on_kick = break_tx;
    if (poll_between)
        (void)rgt_snd_poll(&s.snd, NULL, 8);
    else
        assert_true(rgt__snd_collect(&s.snd) != 0);
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    while (rgt_snd_poll(&s.snd, NULL, 8) > 0)
        continue;
    for (int i = 0; i < 3; i++)
        assert_int_equal(done[i], 1);
    assert_int_equal(s.snd.ctl_pending, 0);
    assert_true(rgt_snd_deadline_ns(&s.snd) == UINT64_MAX);
    fake_snd_down(&s);
}

static void test_snd_query_cut_by_a_dead_queue_comes_back_once(void **state)
{
    (void)state;
    check_broken_query(true);
    check_broken_query(false);
}

/* ---- a buffer given back as if it held an event ---------------------------
 */

static void test_snd_event_is_not_taken_twice(void **state)
{
    struct rgt_snd_event event;
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.cfg.event.slot_count = 1;
    fake_snd_up(&s);
    assert_true(fake_snd_tell(&s, 0x1000, 1));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_EVENT);
    fake_snd_use(&s, &c, 8); /* and nothing written */
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->events_invalid, 1);
    fake_snd_down(&s);
}

/* ---- a device that never stops talking ------------------------------------
 */

#define FLOOD_MAX 100000u /* a driver that listens for ever ends here */

static unsigned floods;

/* Every kick for event buffers is answered with an event. */
static void flood(struct fake *f, unsigned queue)
{
    f->log_count = 0;
    if (queue == FAKE_SND_EVENT && floods++ < FLOOD_MAX)
        assert_true(fake_snd_tell(of_fake(f), 0x1000, 0));
}

static void begin_flood(struct fake_snd *s)
{
    floods = 0;
    s->f.on_kick = flood;
    assert_true(fake_snd_tell(s, 0x1000, 0));
}

static void test_snd_events_without_end_do_not_stop_a_deadline(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_RUNNING);
    submit(&s, 0, 0);
    begin_flood(&s);
    uint64_t start_ns = s.f.now_ns;
    assert_int_equal(rgt_snd_drain_sync(&s.snd, 0, 1000000), RGT_E_TIMEOUT);
    assert_true(s.f.now_ns - start_ns <= 1001000);
    assert_true(floods < FLOOD_MAX);

    s.silent = true;
    begin_flood(&s);
    start_ns = s.f.now_ns;
    assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 1), RGT_E_TIMEOUT);
    assert_true(s.f.now_ns - start_ns <= 1001000);
    assert_true(floods < FLOOD_MAX);
    s.f.on_kick = NULL;
    fake_snd_down(&s);
}

/* ---- time ------------------------------------------------------------------
 */

/* Lets go of a descriptor when half of the time is over. */
static void late_room(struct fake *f)
{
    struct fake_snd *s = of_fake(f);

    if (f->now_ns >= 500000 && f->now_ns < 600000)
        answer_one(s);
    f->now_ns += 500000;
    f->interrupt |= 1;
}

static void test_snd_waiting_call_takes_its_time_once(void **state)
{
    struct rgt_snd_ctl ctl = {.op = RGT_SND_JACK_INFO, .count = 1};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.queue_max_of[FAKE_SND_CONTROL] = 2; /* room for one request */
    fake_snd_up(&s);
    ctl.timeout_ns = 100000000;
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    s.f.now_ns = 0;
    s.f.serve = late_room;
    assert_int_equal(rgt_snd_chmap_info_sync(&s.snd, 0, 1), RGT_E_TIMEOUT);
    assert_true(s.f.now_ns <= 1600000); /* a step of the device past 1 ms */
    fake_snd_down(&s);
}

/* ---- a jack is plugged in while it is asked for ----------------------------
 */

static void test_snd_jack_event_is_newer_than_the_answer(void **state)
{
    struct rgt_snd_ctl ctl = {.op = RGT_SND_JACK_INFO, .count = 2};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    fake_snd_answer(&s); /* jack 1: not connected */
    assert_true(fake_snd_tell(&s, 0x1000, 1));
    /* As when both come between two looks of one poll. */
    assert_int_equal(rgt__snd_event_collect(&s.snd), 1);
    assert_true(rgt_snd_jack(&s.snd, 1)->connected);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 1);
    assert_true(rgt_snd_jack(&s.snd, 1)->connected);
    /* A question asked later is believed. */
    assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 2), 0);
    assert_false(rgt_snd_jack(&s.snd, 1)->connected);
    fake_snd_down(&s);
}

/* ---- half-way up -----------------------------------------------------------
 */

/* The rx queue is gone when it is to be enabled, after its size was read. */
static void shrink(struct fake *f, uint32_t offset)
{
    (void)offset;
    f->queue_max_of[FAKE_SND_RX] = 1;
}

static void test_snd_init_takes_enabled_queues_back(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.on_config_read = shrink;
    assert_int_equal(rgt_snd_init(&s.snd, &s.cfg), RGT_E_REFUSED);
    assert_true(fake_writes(&s.f, 0x044) > 4); /* QueueReady: 1 and 0 */
    assert_int_equal(s.f.allocs, s.f.frees);
    assert_false(s.f.given_back_while_live);
    assert_true(s.f.status & VIRTIO_STATUS_FAILED);
}

/* ---- polling ---------------------------------------------------------------
 */

static void
test_snd_transfers_left_to_a_polling_device_are_told_later(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.select = 1 << 2; /* MSG_POLLING */
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    submit(&s, 0, 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_TX], 0);
    s.select = 0;
    fake_snd_bring(&s, 0, RGT_SND_SET);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_TX], 1);
    fake_snd_down(&s);
}

/* ---- after an xrun ---------------------------------------------------------
 */

/* STOP, RELEASE, PREPARE, submit, START: as snd.h has it. */
static void start_afresh(struct fake_snd *s, uint32_t stream)
{
    assert_int_equal(rgt_snd_stop_sync(&s->snd, stream), 0);
    assert_int_equal(rgt_snd_release_sync(&s->snd, stream), 0);
    assert_int_equal(rgt_snd_prepare_sync(&s->snd, stream), 0);
    submit(s, 0, stream);
    submit(s, 1, stream);
    assert_int_equal(rgt_snd_start_sync(&s->snd, stream), 0);
    assert_int_equal(rgt_snd_state(&s->snd, stream), RGT_SND_RUNNING);
}

static void check_xrun(uint32_t stream, unsigned queue, uint32_t captured)
{
    struct rgt_snd_event event;
    struct rgt_snd_position position;
    struct fake_snd s;

    fake_snd_init(&s);
    s.select = 1 << 4; /* EVT_XRUNS */
    fake_snd_up(&s);
    fake_snd_bring(&s, stream, RGT_SND_PREPARED);
    submit(&s, 0, stream);
    assert_int_equal(rgt_snd_start_sync(&s.snd, stream), 0);
    assert_true(fake_snd_end(&s, queue, 0x8000, 0, captured));
    assert_true(fake_snd_tell(&s, 0x1101, stream));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 1);
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
    assert_int_equal(event.code, RGT_SND_EVENT_XRUN);
    assert_int_equal(rgt_snd_position(&s.snd, stream, &position), 0);
    assert_int_equal(position.xruns, 1);

    start_afresh(&s, stream);
    for (int i = 0; i < 2; i++)
        assert_true(fake_snd_end(&s, queue, 0x8000, 0, captured));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 2);
    assert_int_equal(rgt_snd_position(&s.snd, stream, &position), 0);
    assert_int_equal(position.xruns, 0); /* counted from PREPARE on */
    assert_int_equal(position.bytes_done, 2 * PERIOD);
    assert_int_equal(position.pending, 0);
    fake_snd_down(&s);
}

static void test_snd_stream_starts_afresh_after_an_xrun(void **state)
{
    (void)state;
    check_xrun(0, FAKE_SND_TX, 0);
    check_xrun(2, FAKE_SND_RX, PERIOD);
}

/* Frames keep coming in as long as each buffer is posted again from done. */
static struct fake_snd *capturing;

static void post_again(struct rgt_snd_xfer *xfer)
{
    assert_int_equal(xfer->result, 0);
    assert_int_equal(rgt_snd_xfer_submit(&capturing->snd, xfer), 0);
    assert_int_equal(rgt_snd_kick(&capturing->snd), 0);
}

static void test_snd_capture_buffers_stay_posted(void **state)
{
    struct rgt_snd_position position;
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    capturing = &s;
    fake_snd_up(&s);
    fake_snd_bring(&s, 2, RGT_SND_PREPARED);
    for (unsigned i = 0; i < 3; i++)
        submit(&s, i, 2)->done = post_again;
    assert_int_equal(rgt_snd_start_sync(&s.snd, 2), 0);
    for (unsigned i = 0; i < 500; i++) {
        s.f.log_count = 0;
        for (unsigned k = 0; k <= i % 3; k++)
            assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, PERIOD));
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), i % 3 + 1);
        assert_int_equal(rgt_snd_position(&s.snd, 2, &position), 0);
        assert_int_equal(position.pending, 3);
    }
    assert_int_equal(position.frames_done, 999 * PERIOD / 4);
    fake_snd_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snd_query_cut_by_a_dead_queue_comes_back_once),
        cmocka_unit_test(test_snd_event_is_not_taken_twice),
        cmocka_unit_test(test_snd_events_without_end_do_not_stop_a_deadline),
        cmocka_unit_test(test_snd_waiting_call_takes_its_time_once),
        cmocka_unit_test(test_snd_jack_event_is_newer_than_the_answer),
        cmocka_unit_test(test_snd_init_takes_enabled_queues_back),
        cmocka_unit_test(
            test_snd_transfers_left_to_a_polling_device_are_told_later),
        cmocka_unit_test(test_snd_stream_starts_afresh_after_an_xrun),
        cmocka_unit_test(test_snd_capture_buffers_stay_posted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
