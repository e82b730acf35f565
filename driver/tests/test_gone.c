/* SPDX-License-Identifier: MIT */
/* A block device that is pulled out, or needs a reset, at any register access:
 * nothing leaks, every request comes back once, and what is plugged in again
 * works. */
#include "fake.h"
#include <string.h>

#define REQS 3
#define ACCESSES_MAX 400u /* more than any bring-up */

static uint8_t buf[REQS][512];
static struct rgt_seg segs[REQS];
static struct rgt_blk_req reqs[REQS];

static void submit_all(struct fake_blk *b)
{
    for (unsigned i = 0; i < REQS; i++) {
        segs[i] = (struct rgt_seg){.buf = buf[i], .len = 512};
        reqs[i] = (struct rgt_blk_req){
            .op = RGT_BLK_READ, .segs = &segs[i], .seg_count = 1, .result = 1};
        assert_int_equal(rgt_blk_submit(&b->blk, &reqs[i]), 0);
    }
    assert_int_equal(rgt_blk_kick(&b->blk), 0);
}

static void assert_all_back(struct fake_blk *b)
{
    struct rgt_blk_req *out[REQS + 1];

    assert_int_equal(rgt_blk_poll(&b->blk, out, REQS + 1), REQS);
    for (unsigned i = 0; i < REQS; i++)
        assert_int_equal(reqs[i].result, RGT_E_IO);
    assert_true(rgt_blk_poll(&b->blk, out, REQS) <= 0);
    assert_int_equal(b->f.shares, b->f.unshares);
}

static void assert_works(struct fake_blk *b)
{
    struct rgt_blk_req *out[REQS];

    submit_all(b);
    fake_serve_ok(&b->f);
    assert_int_equal(rgt_blk_poll(&b->blk, out, REQS), REQS);
    for (unsigned i = 0; i < REQS; i++)
        assert_int_equal(reqs[i].result, 0);
}

/* With config fields of several widths, and a queue that can be reset. */
static void prepare(struct fake_blk *b)
{
    fake_blk_init(b);
    b->f.offered |= RGT_FEATURE(VIRTIO_F_RING_RESET) |
                    RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) |
                    RGT_FEATURE(VIRTIO_BLK_F_MQ);
}

static unsigned writes(const struct fake *f)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->log_count; i++)
        n += f->log[i].write;
    return n;
}

static void pull_out(struct fake_blk *b)
{
    b->f.gone_at = b->f.log_count + 1;
}

static void plug_in(struct fake_blk *b)
{
    b->f.gone_at = 0;
    b->f.needs_reset_at = 0;
}

/* ---- coming up ------------------------------------------------------------
 */

static void test_gone_at_any_access_of_a_bring_up(void **state)
{
    struct fake_blk b;
    unsigned k = 0, last = 0;
    (void)state;

    do {
        prepare(&b);
        b.f.gone_at = ++k;
        int err = rgt_blk_init(&b.blk, &b.cfg);
        last = b.f.log_count;
        /* DRIVER_OK itself is a write: nothing tells that it is lost. */
        if (last > k)
            assert_int_equal(err, RGT_E_NODEV);
        if (err == 0 && last == k) {
            submit_all(&b);
            assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_NODEV);
            assert_all_back(&b);
        }
        assert_int_equal(rgt_blk_close(&b.blk), 0);
        assert_int_equal(b.f.allocs, b.f.frees);
        plug_in(&b);
        fake_blk_up(&b);
        assert_works(&b);
        fake_blk_down(&b);
    } while (last >= k && k < ACCESSES_MAX);
    assert_in_range(k, 40, ACCESSES_MAX - 1);
}

static void test_needs_reset_at_any_access_of_a_bring_up(void **state)
{
    struct fake_blk b;
    unsigned k = 0, last = 0;
    (void)state;

    do {
        prepare(&b);
        b.f.needs_reset_at = ++k;
        int err = rgt_blk_init(&b.blk, &b.cfg);
        last = b.f.log_count;
        if (err != 0) {
            /* TIMEOUT: it never showed that a reset was over. */
            assert_true(err == RGT_E_STATE || err == RGT_E_TIMEOUT);
            assert_int_equal(b.f.allocs, b.f.frees);
            assert_false(b.f.given_back_while_live);
        } else {
            assert_int_equal(rgt_blk_recover(&b.blk), 0);
            assert_works(&b);
            assert_int_equal(rgt_blk_close(&b.blk), 0);
        }
        plug_in(&b);
        fake_blk_up(&b);
        assert_works(&b);
        fake_blk_down(&b);
    } while (last >= k && k < ACCESSES_MAX);
    assert_in_range(k, 40, ACCESSES_MAX - 1);
}

/* Exchanged for one that knows nothing of us, before we could notice. */
static void test_exchanged_at_any_access_of_a_bring_up(void **state)
{
    (void)state;
    for (unsigned gone_for = 1; gone_for < 12; gone_for++) {
        unsigned k = 0, last = 0;

        do {
            struct fake_blk b;

            prepare(&b);
            b.f.gone_at = ++k;
            b.f.gone_for = gone_for;
            int err = rgt_blk_init(&b.blk, &b.cfg);
            last = b.f.log_count;
            if (err == 0 && k + 1 < last) /* it was still being looked for */
                assert_works(&b);
            plug_in(&b);
            assert_int_equal(rgt_blk_close(&b.blk), 0);
            assert_int_equal(b.f.allocs, b.f.frees);
            fake_blk_up(&b);
            assert_works(&b);
            fake_blk_down(&b);
        } while (last >= k && k < ACCESSES_MAX);
        assert_in_range(k, 20, ACCESSES_MAX - 1);
    }
}

/* The last is DRIVER_OK, after which nothing is read any more. */
static void test_status_bits_that_do_not_stay_end_a_bring_up(void **state)
{
    static const int errs[] = {0, RGT_E_PROTO, RGT_E_PROTO, RGT_E_REFUSED, 0};
    struct fake_blk b;
    (void)state;

    for (unsigned k = 0; k < 5; k++) {
        prepare(&b);
        b.f.status_lost_at = k + 1;
        assert_int_equal(rgt_blk_init(&b.blk, &b.cfg), errs[k]);
        if (errs[k] != 0) {
            assert_true(b.f.status & VIRTIO_STATUS_FAILED);
            assert_int_equal(b.f.allocs, b.f.frees);
            fake_blk_up(&b);
        }
        assert_int_equal(rgt_blk_recover(&b.blk), 0);
        assert_works(&b);
        fake_blk_down(&b);
    }
}

/* ---- in use ----------------------------------------------------------------
 */

static void test_gone_is_told_by_an_interrupt(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    submit_all(&b);
    pull_out(&b);
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[0]), RGT_E_STATE);
    assert_int_equal(rgt_blk_close(&b.blk), 0);
    assert_all_back(&b);
    fake_blk_down(&b);
}

static void test_gone_recover_gives_back_and_works_once_plugged_in(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    submit_all(&b);
    pull_out(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_NODEV);
    assert_all_back(&b);
    for (int i = 0; i < 3; i++) {
        /* Whatever is there now, it is none of ours: left alone (4.2.2.2). */
        unsigned before = writes(&b.f);
        assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_NODEV);
        assert_int_equal(writes(&b.f), before);
    }
    plug_in(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_gone_another_device_in_its_place_is_left_alone(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    pull_out(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_NODEV);
    plug_in(&b);
    b.f.device_id = 1;
    unsigned before = writes(&b.f);
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_NODEV);
    assert_int_equal(writes(&b.f), before);
    b.f.device_id = 2;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_gone_config_is_not_taken_for_a_configuration(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&b.blk), 2);
    pull_out(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_E_NODEV);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[0]), RGT_E_STATE);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 1000);
    plug_in(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    pull_out(&b);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), RGT_E_NODEV);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 1000);
    fake_blk_down(&b);
}

/* A generation may be all ones. */
static void test_gone_is_not_concluded_from_a_generation(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    b.f.generation = UINT32_MAX;
    fake_blk_up(&b);
    assert_works(&b);
    fake_blk_down(&b);
}

/* Nor from a status, as long as there is a device: then it is one that does
 * not answer the reset, and keeps what it has. */
static void test_gone_is_not_concluded_from_a_status(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    submit_all(&b);
    b.f.reset_never = true;
    b.f.stale_status = UINT32_MAX;
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_TIMEOUT);
    assert_int_equal(b.f.unshares, 0);
    b.f.reset_never = false;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_all_back(&b);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_gone_sync_call_ends_and_gives_its_buffer_back(void **state)
{
    struct fake_blk b;
    (void)state;

    prepare(&b);
    fake_blk_up(&b);
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), 0);
    b.f.serve = NULL;
    pull_out(&b);
    assert_true(rgt_blk_read_sync(&b.blk, 0, buf[0], 512) < 0);
    assert_int_equal(b.f.shares, b.f.unshares);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), RGT_E_STATE);
    plug_in(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), 0);
    fake_blk_down(&b);
}

static void test_gone_at_any_access_of_a_recover(void **state)
{
    struct fake_blk b;
    unsigned k = 0, used;
    (void)state;

    do {
        prepare(&b);
        fake_blk_up(&b);
        submit_all(&b);
        unsigned before = b.f.log_count;
        b.f.gone_at = before + ++k;
        int err = rgt_blk_recover(&b.blk);
        used = b.f.log_count - before;
        if (used > k)
            assert_int_equal(err, RGT_E_NODEV);
        assert_all_back(&b);
        plug_in(&b);
        assert_int_equal(rgt_blk_recover(&b.blk), 0);
        assert_works(&b);
        fake_blk_down(&b);
    } while (used >= k && k < ACCESSES_MAX);
    assert_in_range(k, 30, ACCESSES_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gone_at_any_access_of_a_bring_up),
        cmocka_unit_test(test_needs_reset_at_any_access_of_a_bring_up),
        cmocka_unit_test(test_exchanged_at_any_access_of_a_bring_up),
        cmocka_unit_test(test_status_bits_that_do_not_stay_end_a_bring_up),
        cmocka_unit_test(test_gone_is_told_by_an_interrupt),
        cmocka_unit_test(
            test_gone_recover_gives_back_and_works_once_plugged_in),
        cmocka_unit_test(test_gone_another_device_in_its_place_is_left_alone),
        cmocka_unit_test(test_gone_config_is_not_taken_for_a_configuration),
        cmocka_unit_test(test_gone_is_not_concluded_from_a_generation),
        cmocka_unit_test(test_gone_is_not_concluded_from_a_status),
        cmocka_unit_test(test_gone_sync_call_ends_and_gives_its_buffer_back),
        cmocka_unit_test(test_gone_at_any_access_of_a_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
