/* SPDX-License-Identifier: MIT */
/* Playback, capture, events (5.14.6.5 to 5.14.6.8). */
#include "fake_snd.h"
#include "snd_private.h"
#include <string.h>

#define PERIOD 256

static uint8_t buf[8][PERIOD];
static struct rgt_seg segs[8];
static struct rgt_snd_xfer xfers[8];

/* Transfer n of one period. */
static struct rgt_snd_xfer *xfer_of(unsigned n, uint32_t stream)
{
    segs[n] = (struct rgt_seg){.buf = buf[n], .len = PERIOD};
    xfers[n] = (struct rgt_snd_xfer){
        .stream = stream, .segs = &segs[n], .seg_count = 1};
    return &xfers[n];
}

static struct rgt_snd_position position(struct fake_snd *s, uint32_t stream)
{
    struct rgt_snd_position p;

    assert_int_equal(rgt_snd_position(&s->snd, stream, &p), 0);
    return p;
}

/* ---- refusals ----------------------------------------------------------- */

static void test_snd_xfer_refuses_what_is_no_frames(void **state)
{
    static const uint32_t lengths[] = {0, 1, 2, 3, 5, 255};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct rgt_snd_xfer *x = xfer_of(0, 0);
        segs[0].len = lengths[i];
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_INVAL);
    }
    struct rgt_snd_xfer *x = xfer_of(0, 0);
    x->seg_count = 0;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_INVAL);
    x = xfer_of(0, 4);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_INVAL);
    struct rgt_seg big[3] = {{.buf = buf, .len = 0x80000000u},
                             {.buf = buf, .len = 0x7ffffff0u},
                             {.buf = buf, .len = 4}};
    x = xfer_of(0, 0);
    x->segs = big;
    x->seg_count = 3;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_INVAL);
    x->seg_count = 2; /* the largest that fits, with 4 and 8 around it */
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), 0);
    assert_int_equal(s.f.shares, 2);
    fake_snd_down(&s);
}

static void test_snd_xfer_refuses_more_than_the_queue_can_hold(void **state)
{
    struct rgt_seg many[64];
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    for (int i = 0; i < 64; i++)
        many[i] = (struct rgt_seg){.buf = buf[0], .len = 2};
    struct rgt_snd_xfer *x = xfer_of(0, 0);
    x->segs = many;
    x->seg_count = 64;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_INVAL);
    x->seg_count = 62;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), 0);
    struct rgt_snd_xfer *next = xfer_of(1, 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, next), RGT_E_AGAIN);
    assert_int_equal(s.f.shares, 62);
    fake_snd_down(&s);
}

static void test_snd_xfer_gives_back_what_cannot_be_shared(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    struct rgt_seg two[2] = {{.buf = buf[0], .len = 4},
                             {.buf = buf[1], .len = 4}};
    struct rgt_snd_xfer *x = xfer_of(0, 0);
    x->segs = two;
    x->seg_count = 2;
    s.f.share_fails_at = 2;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), RGT_E_NOMEM);
    assert_int_equal(s.f.shares, s.f.unshares);
    assert_int_equal(position(&s, 0).pending, 0);
    s.f.share_fails_at = 0;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), 0);
    fake_snd_down(&s);
}

/* ---- playback -------------------------------------------------------------
 */

static void test_snd_playback_from_first_period_to_drain(void **state)
{
    struct fake_snd s;
    struct rgt_snd_done done[8];
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    for (unsigned i = 0; i < 4; i++) /* pre-buffering */
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(rgt_snd_start_sync(&s.snd, 0), 0);
    for (unsigned i = 0; i < 6; i++) {
        assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 500 + i, 0));
        assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 1);
        assert_ptr_equal(done[0].xfer, &xfers[i % 4]);
        assert_int_equal(done[0].xfer->result, 0);
        assert_int_equal(done[0].xfer->latency_bytes, 500 + i);
        assert_int_equal(done[0].xfer->bytes_done, PERIOD);
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i % 4, 0)), 0);
        assert_int_equal(rgt_snd_kick(&s.snd), 0);
    }
    struct rgt_snd_position p = position(&s, 0);
    assert_int_equal(p.frames_done, 6 * 64);
    assert_int_equal(p.bytes_done, 6 * PERIOD);
    assert_int_equal(p.latency_bytes, 505);
    assert_int_equal(p.pending, 4);
    struct rgt_snd_xfer *last = xfer_of(4, 0); /* partial period */
    segs[4].len = 12;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, last), 0);
    assert_int_equal(rgt_snd_drain_sync(&s.snd, 0, 1000), RGT_E_TIMEOUT);
    s.play = true;
    assert_int_equal(rgt_snd_drain_sync(&s.snd, 0, 1000), 0);
    p = position(&s, 0);
    assert_int_equal(p.pending, 0);
    assert_int_equal(p.frames_done, 10 * 64 + 3);
    assert_int_equal(rgt_snd_stop_sync(&s.snd, 0), 0);
    assert_int_equal(rgt_snd_release_sync(&s.snd, 0), 0);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 5);
    assert_ptr_equal(done[4].xfer, last);
    fake_snd_down(&s);
}

static void test_snd_position_starts_anew_at_prepare(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(1, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 9, 0));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(position(&s, 0).frames_done, 64);
    assert_int_equal(rgt_snd_prepare_sync(&s.snd, 0), 0);
    assert_int_equal(position(&s, 0).frames_done, 0);
    assert_int_equal(position(&s, 0).latency_bytes, 0);
    assert_int_equal(position(&s, 0).pending, 1);
    fake_snd_down(&s);
}

static void test_snd_ima_adpcm_counts_bytes_only(void **state)
{
    struct fake_snd s;
    struct rgt_snd_params params = fake_snd_params();
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    params.format = VIRTIO_SND_PCM_FMT_IMA_ADPCM;
    params.period_bytes = 255;
    params.buffer_bytes = 510;
    assert_int_equal(rgt_snd_set_params_sync(&s.snd, 0, &params), 0);
    assert_int_equal(rgt_snd_prepare_sync(&s.snd, 0), 0);
    struct rgt_snd_xfer *x = xfer_of(0, 0);
    segs[0].len = 255;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(position(&s, 0).bytes_done, 255);
    assert_int_equal(position(&s, 0).frames_done, 0);
    fake_snd_down(&s);
}

static void check_status(uint32_t status, uint32_t len, int expected,
                         uint32_t seen)
{
    struct fake_snd s;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    struct rgt_snd_xfer *x = xfer_of(0, 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, x), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_TX);
    fake_put32(c.piece[2].at, status);
    fake_put32(c.piece[2].at + 4, 77);
    fake_snd_use(&s, &c, len);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(x->result, expected);
    assert_int_equal(x->status, seen);
    assert_int_equal(x->latency_bytes, len >= 8 ? 77 : 0);
    assert_int_equal(x->bytes_done, expected == 0 ? PERIOD : 0);
    assert_int_equal(position(&s, 0).failed, expected != 0);
    assert_int_equal(position(&s, 0).bytes_done, x->bytes_done);
    fake_snd_down(&s);
}

static void test_snd_xfer_reports_every_status(void **state)
{
    (void)state;
    check_status(0x8000, 8, 0, 0x8000);
    check_status(0x8001, 8, RGT_E_INVAL, 0x8001);
    check_status(0x8002, 8, RGT_E_NOTSUP, 0x8002);
    check_status(0x8003, 8, RGT_E_IO, 0x8003);
    check_status(0x8004, 8, RGT_E_PROTO, 0x8004);
    check_status(0, 8, RGT_E_PROTO, 0);
    for (uint32_t len = 0; len < 8; len++)
        check_status(0x8000, len, RGT_E_IO, 0);
}

static void test_snd_status_that_was_not_written_is_none(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.queue_max_of[FAKE_SND_TX] = 4; /* the same place every time */
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 1, 0));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_TX);
    fake_snd_use(&s, &c, 8);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(xfers[0].result, RGT_E_PROTO);
    assert_int_equal(xfers[0].status, 0);
    fake_snd_down(&s);
}

static void test_snd_stream_goes_on_after_a_failed_transfer(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_RUNNING);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(1, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8003, 0, 0));
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 2);
    assert_int_equal(xfers[0].result, RGT_E_IO);
    assert_int_equal(xfers[1].result, 0);
    /* The documented way to start afresh. */
    assert_int_equal(rgt_snd_stop_sync(&s.snd, 0), 0);
    assert_int_equal(rgt_snd_release_sync(&s.snd, 0), 0);
    assert_int_equal(rgt_snd_prepare_sync(&s.snd, 0), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    assert_int_equal(rgt_snd_start_sync(&s.snd, 0), 0);
    fake_snd_down(&s);
}

/* ---- release ---------------------------------------------------------------
 */

static void test_snd_release_comes_after_its_transfers(void **state)
{
    struct fake_snd s;
    struct rgt_snd_done done[8];
    struct rgt_snd_ctl ctl = {.op = RGT_SND_RELEASE};
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i, 0)), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(3, 0)), RGT_E_AGAIN);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8003, 0, 0));
    fake_snd_answer(&s);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 4);
    for (unsigned i = 0; i < 3; i++)
        assert_ptr_equal(done[i].xfer, &xfers[i]);
    assert_ptr_equal(done[3].ctl, &ctl);
    assert_int_equal(ctl.result, 0);
    assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_RELEASED);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(3, 0)), RGT_E_STATE);
    fake_snd_down(&s);
}

/* The transfers were not yet done when the driver looked, and are, as is the
 * RELEASE, when it looks at the control queue. */
static void test_snd_release_overtaking_a_look_at_the_transfers(void **state)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_RELEASE};
    struct rgt_snd_done done[2];
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 2, RGT_SND_PREPARED);
    ctl.id = 2;
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 2)), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(rgt__snd_xfer_collect(&s.snd, &s.snd.rx), 0);
    assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, 4));
    fake_snd_answer(&s);
    assert_int_equal(rgt__snd_ctl_collect(&s.snd), 1);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 2), 2);
    assert_ptr_equal(done[0].xfer, &xfers[0]);
    assert_ptr_equal(done[1].ctl, &ctl);
    assert_int_equal(ctl.result, 0);
    fake_snd_down(&s);
}

static void test_snd_release_before_its_transfers_breaks_the_rules(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 2, RGT_SND_PREPARED);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 2)), 0);
    assert_int_equal(rgt_snd_release_sync(&s.snd, 2), RGT_E_PROTO);
    assert_int_equal(rgt_snd_state(&s.snd, 2), RGT_SND_LOST);
    /* The buffer is still the device's, and comes back when it lets go. */
    assert_int_equal(position(&s, 2).pending, 1);
    assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, PERIOD));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    fake_snd_down(&s);
}

/* The device publishes transfers for START and RELEASE to find. */
static void test_snd_kick_shows_transfers_before_commands(void **state)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_START};
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 0)), 0);
    unsigned from = s.f.log_count;
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    unsigned order[2], n = 0;
    for (unsigned i = from; i < s.f.log_count; i++)
        if (s.f.log[i].offset == 0x50)
            order[n++ & 1] = s.f.log[i].value & 0xffff;
    assert_int_equal(n, 2);
    assert_int_equal(order[0], FAKE_SND_TX);
    assert_int_equal(order[1], FAKE_SND_CONTROL);
    fake_snd_down(&s);
}

/* ---- capture ----------------------------------------------------------------
 */

static void test_snd_capture_short_and_full(void **state)
{
    static const uint32_t captured[4] = {PERIOD, 100, 0, PERIOD - 4};
    struct fake_snd s;
    struct rgt_snd_done done[8];
    uint64_t frames = 0;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 2, RGT_SND_PREPARED);
    memset(buf, 0xdd, sizeof(buf));
    for (unsigned i = 0; i < 4; i++) /* 5.14.6.8.2.2: before START */
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i, 2)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(rgt_snd_start_sync(&s.snd, 2), 0);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t n = captured[i];
        assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 8, n));
        assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 1);
        assert_ptr_equal(done[0].xfer, &xfers[i]);
        assert_int_equal(xfers[i].result, 0);
        assert_int_equal(xfers[i].bytes_done, n);
        for (uint32_t k = 0; k < PERIOD; k++)
            assert_int_equal(buf[i][k], k < n ? (n & 0xff) : 0xdd);
        frames += n / 4;
        assert_int_equal(position(&s, 2).frames_done, frames);
    }
    fake_snd_down(&s);
}

/* ---- several streams
 * --------------------------------------------------------- */

static void test_snd_two_play_and_one_captures_at_once(void **state)
{
    static const uint32_t streams[3] = {0, 1, 3};
    struct fake_snd s;
    struct rgt_snd_done done[8];
    (void)state;

    fake_snd_any_order();
    fake_snd_init(&s);
    fake_snd_up(&s);
    for (int i = 0; i < 3; i++)
        fake_snd_bring(&s, streams[i], RGT_SND_PREPARED);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(
            rgt_snd_xfer_submit(&s.snd, xfer_of(i, streams[i % 3])), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rgt_snd_start_sync(&s.snd, streams[i]), 0);
    /* The device ends the second stream's first: order is its own. */
    struct fake_chain a = fake_snd_take(&s, FAKE_SND_TX);
    struct fake_chain b = fake_snd_take(&s, FAKE_SND_TX);
    assert_int_equal(fake_get32(a.piece[0].at), 0);
    assert_int_equal(fake_get32(b.piece[0].at), 1);
    fake_put32(b.piece[2].at, 0x8000);
    fake_snd_use(&s, &b, 8);
    assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, PERIOD));
    assert_int_equal(rgt_snd_poll(&s.snd, done, 8), 2);
    assert_ptr_equal(done[0].xfer, &xfers[1]);
    assert_ptr_equal(done[1].xfer, &xfers[2]);
    assert_int_equal(position(&s, 0).frames_done, 0);
    assert_int_equal(position(&s, 1).frames_done, 64);
    assert_int_equal(position(&s, 3).frames_done, 64);
    assert_int_equal(position(&s, 0).pending, 2);
    assert_int_equal(position(&s, 1).pending, 1);
    /* Stopping one leaves the others running. */
    assert_int_equal(rgt_snd_stop_sync(&s.snd, 1), 0);
    assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_RUNNING);
    assert_int_equal(rgt_snd_state(&s.snd, 3), RGT_SND_RUNNING);
    fake_snd_down(&s);
}

static void bring_with(struct fake_snd *s, uint32_t stream, uint32_t features)
{
    struct rgt_snd_params params = fake_snd_params();

    params.features = features;
    assert_int_equal(rgt_snd_set_params_sync(&s->snd, stream, &params), 0);
    assert_int_equal(rgt_snd_prepare_sync(&s->snd, stream), 0);
}

static void check_polling(uint64_t offered)
{
    struct fake_snd s;

    fake_snd_init(&s);
    s.f.offered |= offered;
    fake_snd_up(&s);
    bring_with(&s, 0, 1 << VIRTIO_SND_PCM_F_MSG_POLLING);
    bring_with(&s, 1, 0);
    bring_with(&s, 2, 1 << VIRTIO_SND_PCM_F_MSG_POLLING);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t stream = i == 1 ? 2 : 0;
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i, stream)), 0);
        assert_int_equal(rgt_snd_kick(&s.snd), 0);
    }
    assert_int_equal(s.f.kicks_of[FAKE_SND_TX], 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_RX], 0);
    assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0)); /* published */
    assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, 4));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 2);
    /* The queue is shared: one that does not poll needs its kick. */
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(3, 1)), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(4, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_TX], 1);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(5, 0)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_TX], 1);
    assert_int_equal(s.f.kicks_of[FAKE_SND_RX], 0);
    /* Nor is a wish for a kick left over, from a batch or from before. */
    bring_with(&s, 3, 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(6, 3)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_RX], 1);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(7, 2)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_RX], 1);
    assert_true(fake_snd_end(&s, FAKE_SND_RX, 0x8000, 0, 4));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 1);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(1, 3)), 0);
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    assert_true(rgt_snd_poll(&s.snd, NULL, 16) > 0);
    assert_int_equal(rgt_snd_discover_sync(&s.snd), 0);
    bring_with(&s, 2, 1 << VIRTIO_SND_PCM_F_MSG_POLLING);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(0, 2)), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_RX], 1);
    fake_snd_down(&s);
}

static void test_snd_msg_polling_is_not_kicked(void **state)
{
    (void)state;
    check_polling(0);
    check_polling(RGT_FEATURE(VIRTIO_F_EVENT_IDX));
}

static void test_snd_uses_indirect_tables(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.offered |= RGT_FEATURE(VIRTIO_F_INDIRECT_DESC);
    s.cfg.tx.indirect_entries = 3;
    s.cfg.tx.slot_count = 4;
    s.cfg.control.indirect_entries = 2;
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_PREPARED);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(i, 0)), 0);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, xfer_of(4, 0)), RGT_E_AGAIN);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 4);
    fake_snd_down(&s);
}

/* ---- events
 * -------------------------------------------------------------------- */

static void test_snd_event_buffers_are_there_before_driver_ok(void **state)
{
    struct fake_snd s;
    unsigned posted = 0;
    (void)state;

    fake_snd_init(&s);
    s.cfg.event.slot_count = 8;
    assert_int_equal(rgt_snd_init(&s.snd, &s.cfg), 0);
    assert_int_equal(s.f.kicks_before_driver_ok, 0);
    assert_int_equal(s.f.kicks_of[FAKE_SND_EVENT], 1);
    while (fake_snd_take(&s, FAKE_SND_EVENT).head >= 0)
        posted++;
    assert_int_equal(posted, 8);
    fake_snd_down(&s);
}

static void test_snd_event_buffers_are_posted_again(void **state)
{
    struct fake_snd s;
    struct rgt_snd_event event;
    (void)state;

    fake_snd_init(&s);
    s.cfg.event.slot_count = 2;
    fake_snd_up(&s);
    for (uint32_t i = 0; i < 100; i++) {
        unsigned kicks = s.f.kicks_of[FAKE_SND_EVENT];
        assert_true(fake_snd_tell(&s, 0x1000 + (i & 1), 1));
        assert_true(fake_snd_tell(&s, 0x1101, i & 3));
        assert_false(fake_snd_tell(&s, 0x1101, 0)); /* none left */
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
        assert_int_equal(s.f.kicks_of[FAKE_SND_EVENT], kicks + 1);
        assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
        assert_int_equal(event.code, 0x1000 + (i & 1));
        assert_int_equal(rgt_snd_jack(&s.snd, 1)->connected, (i & 1) == 0);
        assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
        assert_int_equal(event.id, i & 3);
        assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    }
    assert_int_equal(position(&s, 1).xruns, 25);
    assert_int_equal(rgt_snd_info(&s.snd)->events_lost, 0);
    fake_snd_down(&s);
}

static void test_snd_lost_events_are_counted(void **state)
{
    struct fake_snd s;
    struct rgt_snd_event event;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (uint32_t i = 0; i < 7; i++) /* room for 4 */
        assert_true(fake_snd_tell(&s, 0x1101, i & 3));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->events_lost, 3);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
        assert_int_equal(event.id, i); /* the oldest are kept */
    }
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    assert_int_equal(position(&s, 0).xruns, 2); /* counted all the same */
    fake_snd_down(&s);

    fake_snd_init(&s);
    s.cfg.events = NULL; /* nobody listens */
    fake_snd_up(&s);
    assert_true(fake_snd_tell(&s, 0x1000, 1));
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->events_lost, 1);
    assert_true(rgt_snd_jack(&s.snd, 1)->connected);
    fake_snd_down(&s);
}

static void test_snd_drops_events_that_make_no_sense(void **state)
{
    static const uint32_t bad[][2] = {
        {0x1000, 2},        {0x1001, UINT32_MAX}, {0x1100, 4}, {0x1101, 4},
        {0x1101, 1u << 31}, {0x1002, 0},          {0, 0},      {0x8000, 0}};
    struct fake_snd s;
    struct rgt_snd_event event;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (size_t i = 0; i < 8; i++)
        assert_true(fake_snd_tell(&s, bad[i][0], bad[i][1]));
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_EVENT);
    fake_put32(c.piece[0].at, 0x1101);
    fake_put32(c.piece[0].at + 4, 0);
    fake_snd_use(&s, &c, 7); /* cut short */
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->events_invalid, 9);
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    assert_int_equal(position(&s, 0).xruns, 0);
    fake_snd_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snd_xfer_refuses_what_is_no_frames),
        cmocka_unit_test(test_snd_xfer_refuses_more_than_the_queue_can_hold),
        cmocka_unit_test(test_snd_xfer_gives_back_what_cannot_be_shared),
        cmocka_unit_test(test_snd_playback_from_first_period_to_drain),
        cmocka_unit_test(test_snd_position_starts_anew_at_prepare),
        cmocka_unit_test(test_snd_ima_adpcm_counts_bytes_only),
        cmocka_unit_test(test_snd_xfer_reports_every_status),
        cmocka_unit_test(test_snd_status_that_was_not_written_is_none),
        cmocka_unit_test(test_snd_stream_goes_on_after_a_failed_transfer),
        cmocka_unit_test(test_snd_release_comes_after_its_transfers),
        cmocka_unit_test(test_snd_release_overtaking_a_look_at_the_transfers),
        cmocka_unit_test(
            test_snd_release_before_its_transfers_breaks_the_rules),
        cmocka_unit_test(test_snd_kick_shows_transfers_before_commands),
        cmocka_unit_test(test_snd_capture_short_and_full),
        cmocka_unit_test(test_snd_two_play_and_one_captures_at_once),
        cmocka_unit_test(test_snd_msg_polling_is_not_kicked),
        cmocka_unit_test(test_snd_uses_indirect_tables),
        cmocka_unit_test(test_snd_event_buffers_are_there_before_driver_ok),
        cmocka_unit_test(test_snd_event_buffers_are_posted_again),
        cmocka_unit_test(test_snd_lost_events_are_counted),
        cmocka_unit_test(test_snd_drops_events_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
