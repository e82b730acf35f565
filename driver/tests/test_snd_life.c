/* SPDX-License-Identifier: MIT */
/* A sound device coming up, breaking, coming back, going away. */
#include "fake_snd.h"
#include <string.h>

static uint8_t buf[256];

/* ---- coming up ------------------------------------------------------------
 */

static int init_fails(struct fake_snd *s)
{
    int err = rgt_snd_init(&s->snd, &s->cfg);

    assert_true(err < 0);
    assert_int_equal(s->f.allocs - (s->f.alloc_fails_at != 0), s->f.frees);
    assert_false(s->f.given_back_while_live);
    assert_int_equal(rgt_snd_poll(&s->snd, NULL, 1), RGT_E_STATE);
    assert_int_equal(rgt_snd_kick(&s->snd), RGT_E_STATE);
    assert_int_equal(rgt_snd_interrupt(&s->snd), RGT_E_STATE);
    assert_int_equal(rgt_snd_recover(&s->snd), RGT_E_STATE);
    assert_int_equal(rgt_snd_close(&s->snd), 0);
    return err;
}

static void test_snd_init_leaves_a_wrong_caller_alone(void **state)
{
    struct fake_snd s;
    (void)state;

    for (int i = 0; i < 7; i++) {
        fake_snd_init(&s);
        if (i == 0)
            s.cfg.control.slots = NULL;
        if (i == 1)
            s.cfg.control.slot_count = 1;
        if (i == 2)
            s.cfg.event.slot_count = 0;
        if (i == 3)
            s.cfg.tx.slot_count = 3;
        if (i == 4)
            s.cfg.rx.slot_count = 3;
        if (i == 5)
            s.cfg.info_items = 0;
        if (i == 6)
            s.cfg.info_items = RGT_SND_INFO_ITEMS_MAX + 1;
        assert_int_equal(init_fails(&s), RGT_E_INVAL);
        assert_int_equal(fake_accesses(&s.f), 0);
    }
}

static void test_snd_init_writes_nothing_to_other_devices(void **state)
{
    struct fake_snd s;
    (void)state;

    for (uint32_t id = 0; id < 64; id++) {
        fake_snd_init(&s);
        s.f.device_id = id;
        if (id == 25)
            continue;
        assert_int_equal(init_fails(&s), RGT_E_NODEV);
        for (unsigned i = 0; i < s.f.log_count; i++)
            assert_false(s.f.log[i].write);
    }
}

static void test_snd_init_gives_everything_back_when_memory_ends(void **state)
{
    struct fake_snd s;
    unsigned needed;
    (void)state;

    fake_snd_init(&s);
    s.cfg.tx.indirect_entries = 4;
    s.f.offered |= RGT_FEATURE(VIRTIO_F_INDIRECT_DESC);
    fake_snd_up(&s);
    needed = s.f.allocs;
    fake_snd_down(&s);
    assert_int_equal(needed, 9); /* 4 rings, 4 pools, 1 set of tables */
    for (unsigned n = 1; n <= needed; n++) {
        fake_snd_init(&s);
        s.cfg.tx.indirect_entries = 4;
        s.f.offered |= RGT_FEATURE(VIRTIO_F_INDIRECT_DESC);
        s.f.alloc_fails_at = n;
        assert_int_equal(init_fails(&s), RGT_E_NOMEM);
        assert_true(s.f.status & VIRTIO_STATUS_FAILED);
    }
}

static void test_snd_init_refuses_short_queues(void **state)
{
    static const uint32_t too_short[4] = {1, 0, 3, 2};
    struct fake_snd s;
    (void)state;

    for (int q = 0; q < 4; q++) {
        fake_snd_init(&s);
        if (too_short[q] == 0)
            continue; /* no such queue at all is below */
        s.f.queue_max_of[q] = too_short[q];
        assert_int_equal(init_fails(&s), RGT_E_REFUSED);
        assert_true(s.f.status & VIRTIO_STATUS_FAILED);
    }
    fake_snd_init(&s);
    s.f.queue_max = 0;
    assert_int_equal(init_fails(&s), RGT_E_REFUSED);
    fake_snd_init(&s);
    s.f.queue_max_of[0] = 2;
    s.f.queue_max_of[1] = 1;
    s.f.queue_max_of[2] = 4;
    s.f.queue_max_of[3] = 5;
    fake_snd_up(&s);
    const struct rgt_snd_info *info = rgt_snd_info(&s.snd);
    assert_int_equal(info->control_size, 2);
    assert_int_equal(info->event_size, 1);
    assert_int_equal(info->tx_size, 4);
    bool packed = (info->features >> VIRTIO_F_RING_PACKED & 1) != 0;
    assert_int_equal(info->rx_size, packed ? 5 : 4);
    fake_snd_down(&s);
}

static unsigned churn_left;

static void churn(struct fake *f, uint32_t offset)
{
    if (offset == 8 && churn_left > 0) { /* at the last field */
        churn_left--;
        f->generation++;
        fake_put32(f->config, churn_left);
    }
}

static void test_snd_config_is_one_snapshot(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.on_config_read = churn;
    churn_left = 5;
    fake_put32(s.f.config, 77);
    assert_int_equal(rgt_snd_init(&s.snd, &s.cfg), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->jacks, 0);
    fake_snd_down(&s);
    fake_snd_init(&s);
    s.f.on_config_read = churn;
    churn_left = UINT32_MAX;
    assert_int_equal(init_fails(&s), RGT_E_TIMEOUT);
}

/* ---- breaking, coming back -------------------------------------------------
 */

#define LENT 6

struct lent {
    struct rgt_snd_ctl ctl[2];
    struct rgt_seg seg[4];
    struct rgt_snd_xfer xfer[4];
    unsigned done[LENT];
};

static void ctl_done(struct rgt_snd_ctl *ctl)
{
    ++*(unsigned *)ctl->ctx;
}

static void xfer_done(struct rgt_snd_xfer *xfer)
{
    ++*(unsigned *)xfer->ctx;
}

/* One play and one capture stream with two transfers each, a command, a query;
 * the second transfer of each is not even published. */
static void lend(struct fake_snd *s, struct lent *l)
{
    memset(l, 0, sizeof(*l));
    fake_snd_bring(s, 0, RGT_SND_PREPARED);
    fake_snd_bring(s, 2, RGT_SND_PREPARED);
    for (int i = 0; i < 4; i++) {
        l->seg[i] = (struct rgt_seg){.buf = buf, .len = 256};
        l->xfer[i] = (struct rgt_snd_xfer){
            .stream = i & 1 ? 2 : 0,
            .segs = &l->seg[i],
            .seg_count = 1,
            .done = xfer_done,
            .status = 0x8000, /* of an earlier use */
            .ctx = &l->done[i],
        };
        assert_int_equal(rgt_snd_xfer_submit(&s->snd, &l->xfer[i]), 0);
        if (i == 1)
            assert_int_equal(rgt_snd_kick(&s->snd), 0);
    }
    l->ctl[0] = (struct rgt_snd_ctl){
        .op = RGT_SND_START, .done = ctl_done, .ctx = &l->done[4]};
    l->ctl[1] = (struct rgt_snd_ctl){.op = RGT_SND_JACK_INFO,
                                     .count = 2,
                                     .done = ctl_done,
                                     .ctx = &l->done[5]};
    for (int i = 0; i < 2; i++)
        assert_int_equal(rgt_snd_ctl_submit(&s->snd, &l->ctl[i]), 0);
}

static void assert_given_back_once(struct fake_snd *s, struct lent *l)
{
    struct rgt_snd_done done[LENT + 2];

    for (int i = 0; i < LENT; i++)
        assert_int_equal(l->done[i], 0);
    assert_int_equal(rgt_snd_poll(&s->snd, done, 4), 4);
    assert_int_equal(rgt_snd_poll(&s->snd, done + 4, LENT), 2);
    for (int i = 0; i < LENT; i++)
        assert_int_equal(l->done[i], 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(l->xfer[i].result, RGT_E_IO);
        assert_int_equal(l->xfer[i].status, 0);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(l->ctl[i].result, RGT_E_IO);
    assert_true(rgt_snd_poll(&s->snd, done, LENT) <= 0);
    assert_int_equal(s->f.shares, s->f.unshares);
    assert_int_equal(s->f.unshares_while_live, 0);
}

static void test_snd_recover_gives_back_exactly_once(void **state)
{
    struct fake_snd s;
    struct lent l;
    struct rgt_snd_position p;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (int round = 0; round < 3; round++) {
        lend(&s, &l);
        const struct fake_chain done = {.queue = FAKE_SND_TX, .descs = 1};
        fake_snd_use(&s, &done, 8); /* but never seen to be */
        assert_int_equal(rgt_snd_recover(&s.snd), 0);
        assert_given_back_once(&s, &l);
        assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_FRESH);
        assert_int_equal(rgt_snd_position(&s.snd, 0, &p), 0);
        assert_int_equal(p.pending, 0);
        assert_null(rgt_snd_pcm(&s.snd, 0));
        assert_int_equal(rgt_snd_discover_sync(&s.snd), 0);
        assert_true(fake_snd_tell(&s, 0x1000, 0)); /* posted anew */
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
        s.f.log_count = 0;
    }
    fake_snd_down(&s);
}

static void test_snd_close_gives_back_exactly_once(void **state)
{
    struct fake_snd s;
    struct lent l;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    lend(&s, &l);
    fake_snd_down(&s);
    assert_given_back_once(&s, &l);
    assert_int_equal(rgt_snd_close(&s.snd), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &l.ctl[0]), RGT_E_STATE);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, &l.xfer[0]), RGT_E_STATE);
    assert_int_equal(rgt_snd_start_sync(&s.snd, 0), RGT_E_STATE);
    assert_int_equal(rgt_snd_interrupt(&s.snd), RGT_E_STATE);
}

static void
test_snd_nothing_comes_back_before_the_reset_is_answered(void **state)
{
    struct fake_snd s;
    struct lent l;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    lend(&s, &l);
    s.f.reset_never = true;
    assert_int_equal(rgt_snd_recover(&s.snd), RGT_E_TIMEOUT);
    assert_int_equal(rgt_snd_close(&s.snd), RGT_E_TIMEOUT);
    for (int i = 0; i < 4; i++)
        assert_int_equal(l.done[i], 0);
    assert_int_equal(s.f.unshares, 0);
    assert_int_equal(s.f.frees, 0);
    s.f.reset_never = false;
    s.f.reset_left = 0;
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    fake_snd_down(&s);
}

static void test_snd_device_that_needs_a_reset(void **state)
{
    struct fake_snd s;
    struct lent l;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    lend(&s, &l);
    s.f.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    s.f.interrupt = RGT_INT_CONFIG;
    assert_int_equal(rgt_snd_interrupt(&s.snd), RGT_E_STATE);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), RGT_E_STATE);
    assert_int_equal(rgt_snd_kick(&s.snd), RGT_E_STATE);
    assert_int_equal(rgt_snd_stop_sync(&s.snd, 0), RGT_E_STATE);
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    assert_given_back_once(&s, &l);
    fake_snd_down(&s);
}

static void break_down(struct fake *f)
{
    f->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    f->interrupt = RGT_INT_CONFIG;
}

static void test_snd_waiting_call_ends_with_the_device(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    void (*serve)(struct fake * f) = s.f.serve;
    s.f.serve = break_down;
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 0, 1), RGT_E_STATE);
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 0, 1), RGT_E_STATE);
    s.f.serve = serve;
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 0, 1), 0);
    fake_snd_down(&s);
}

static void test_snd_any_dead_queue_ends_the_device(void **state)
{
    struct fake_snd s;
    (void)state;

    for (unsigned q = 0; q < 4; q++) {
        struct lent l;
        fake_snd_init(&s);
        fake_snd_up(&s);
        lend(&s, &l);
        const struct fake_chain none = {.queue = q, .head = 64, .descs = 1};
        fake_snd_use(&s, &none, 0); /* no such chain */
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), RGT_E_PROTO);
        assert_int_equal(rgt_snd_kick(&s.snd), RGT_E_PROTO);
        assert_int_equal(rgt_snd_ctl_submit(&s.snd, &l.ctl[1]), RGT_E_PROTO);
        assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 1), RGT_E_PROTO);
        assert_int_equal(rgt_snd_recover(&s.snd), 0);
        assert_given_back_once(&s, &l);
        assert_int_equal(rgt_snd_discover_sync(&s.snd), 0);
        fake_snd_down(&s);
    }
}

static void test_snd_device_that_comes_back_different(void **state)
{
    struct fake_snd s;
    struct lent l;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    lend(&s, &l);
    s.f.queue_max_of[FAKE_SND_RX] = 32; /* shorter than the ring we have */
    assert_int_equal(rgt_snd_recover(&s.snd), RGT_E_REFUSED);
    assert_true(s.f.status & VIRTIO_STATUS_FAILED);
    assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_FRESH);
    fake_put32(s.f.config + 4, 1);
    s.f.queue_max_of[FAKE_SND_RX] = 0;
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    assert_given_back_once(&s, &l);
    assert_int_equal(rgt_snd_info(&s.snd)->stream_count, 1);
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 1, 1), RGT_E_INVAL);
    fake_snd_down(&s);
}

static struct rgt_snd *refilled;

static void refill(struct rgt_snd_xfer *xfer)
{
    assert_int_equal(rgt_snd_xfer_submit(refilled, xfer), 0);
    assert_int_equal(rgt_snd_kick(refilled), 0);
}

static void test_snd_callback_may_submit_again(void **state)
{
    struct fake_snd s;
    struct rgt_seg seg = {.buf = buf, .len = 256};
    struct rgt_snd_xfer xfer = {.segs = &seg, .seg_count = 1, .done = refill};
    struct rgt_snd_position p;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    refilled = &s.snd;
    fake_snd_bring(&s, 0, RGT_SND_RUNNING);
    refill(&xfer);
    for (int i = 0; i < 100; i++) {
        s.f.log_count = 0;
        assert_true(fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0));
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 1);
    }
    assert_int_equal(rgt_snd_position(&s.snd, 0, &p), 0);
    assert_int_equal(p.frames_done, 6400);
    fake_snd_down(&s);
}

static void test_snd_waiting_call_keeps_what_is_not_its_own(void **state)
{
    struct fake_snd s;
    struct rgt_snd_done done[4];
    struct rgt_snd_ctl ctl = {.op = RGT_SND_CHMAP_INFO, .count = 1};
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 2), 0);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 4), 1);
    assert_ptr_equal(done[0].ctl, &ctl);
    fake_snd_down(&s);
}

static void test_snd_timeout_of_one_stream_leaves_the_others(void **state)
{
    struct fake_snd s;
    struct rgt_seg seg = {.buf = buf, .len = 256};
    struct rgt_snd_xfer xfer = {.stream = 1, .segs = &seg, .seg_count = 1};
    (void)state;

    fake_snd_any_order();
    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 1, RGT_SND_RUNNING);
    fake_snd_bring(&s, 0, RGT_SND_LOST);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, &xfer), 0);
    s.play = true;
    assert_int_equal(rgt_snd_drain_sync(&s.snd, 1, 1000), 0);
    assert_int_equal(xfer.result, 0);
    assert_int_equal(rgt_snd_stop_sync(&s.snd, 1), 0);
    fake_snd_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snd_init_leaves_a_wrong_caller_alone),
        cmocka_unit_test(test_snd_init_writes_nothing_to_other_devices),
        cmocka_unit_test(test_snd_init_gives_everything_back_when_memory_ends),
        cmocka_unit_test(test_snd_init_refuses_short_queues),
        cmocka_unit_test(test_snd_config_is_one_snapshot),
        cmocka_unit_test(test_snd_recover_gives_back_exactly_once),
        cmocka_unit_test(test_snd_close_gives_back_exactly_once),
        cmocka_unit_test(
            test_snd_nothing_comes_back_before_the_reset_is_answered),
        cmocka_unit_test(test_snd_device_that_needs_a_reset),
        cmocka_unit_test(test_snd_waiting_call_ends_with_the_device),
        cmocka_unit_test(test_snd_any_dead_queue_ends_the_device),
        cmocka_unit_test(test_snd_device_that_comes_back_different),
        cmocka_unit_test(test_snd_callback_may_submit_again),
        cmocka_unit_test(test_snd_waiting_call_keeps_what_is_not_its_own),
        cmocka_unit_test(test_snd_timeout_of_one_stream_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
