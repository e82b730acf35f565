/* SPDX-License-Identifier: MIT */
/* Recovery, close, and the waiting calls. */
#include "fake.h"
#include <string.h>

#define REQS 6

static uint8_t buf[REQS][512];
static struct rgt_seg segs[REQS];
static struct rgt_blk_req reqs[REQS];

static void submit_all(struct fake_blk *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        segs[i] = (struct rgt_seg){.buf = buf[i], .len = 512};
        reqs[i] = (struct rgt_blk_req){
            .op = RGT_BLK_READ, .segs = &segs[i], .seg_count = 1, .result = 1};
        assert_int_equal(rgt_blk_submit(&b->blk, &reqs[i]), 0);
    }
    assert_int_equal(rgt_blk_kick(&b->blk), 0);
}

/* Polls until nothing comes; each of the first count requests must come back
 * once, with RGT_E_IO. */
static void assert_all_back(struct fake_blk *b, unsigned count)
{
    struct rgt_blk_req *out[2];
    unsigned seen[REQS] = {0};
    unsigned total = 0;
    int n;

    while ((n = rgt_blk_poll(&b->blk, out, 2)) > 0) {
        for (int i = 0; i < n; i++) {
            assert_int_equal(out[i]->result, RGT_E_IO);
            seen[out[i] - reqs]++;
            total++;
        }
    }
    assert_int_equal(total, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(b->f.shares, b->f.unshares);
}

static void assert_works(struct fake_blk *b)
{
    struct rgt_blk_req *out;

    submit_all(b, 1);
    fake_serve_ok(&b->f);
    assert_int_equal(rgt_blk_poll(&b->blk, &out, 1), 1);
    assert_ptr_equal(out, &reqs[0]);
    assert_int_equal(reqs[0].result, 0);
}

static int calls;

static void count_call(struct rgt_blk_req *req)
{
    (void)req;
    calls++;
}

/* ---- recover
 * -------------------------------------------------------------------- */

static void test_blk_recover_gives_everything_back_exactly_once(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, REQS);
    fake_use(&b.f, (uint32_t)fake_take(&b.f), 513); /* used, not polled */
    unsigned allocs = b.f.allocs;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_int_equal(b.f.allocs, allocs);
    assert_int_equal(b.f.unshares_while_live, 0);
    assert_all_back(&b, REQS);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_recover_after_needs_reset(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 3);
    b.f.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[4]), RGT_E_STATE);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 9), RGT_E_STATE);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_all_back(&b, 3);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_recover_after_a_broken_ring(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 3);
    fake_use(&b.f, 99999, 0);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 9), RGT_E_PROTO);
    assert_int_equal(rgt_blk_kick(&b.blk), RGT_E_PROTO);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[4]), RGT_E_PROTO);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_all_back(&b, 3);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_recover_calls_nothing_back(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 1);
    reqs[0].done = count_call;
    calls = 0;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_int_equal(calls, 0);
    assert_all_back(&b, 1);
    assert_int_equal(calls, 1);
    fake_blk_down(&b);
}

static void test_blk_recover_unanswered_keeps_everything_lent(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 3);
    b.f.reset_never = true;
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_TIMEOUT);
    assert_int_equal(rgt_blk_close(&b.blk), RGT_E_TIMEOUT);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 9), RGT_E_STATE);
    assert_int_equal(b.f.unshares, 0);
    assert_int_equal(b.f.frees, 0);
    b.f.reset_never = false;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_all_back(&b, 3);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_recover_refused_still_gives_back(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 3);
    b.f.queue_max = 8; /* was 256 */
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_REFUSED);
    assert_true(b.f.status & VIRTIO_STATUS_FAILED);
    assert_all_back(&b, 3);
    b.f.queue_max = 256;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_recover_takes_the_features_offered_now(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered |=
        RGT_FEATURE(VIRTIO_F_INDIRECT_DESC) | RGT_FEATURE(VIRTIO_F_EVENT_IDX);
    b.cfg.indirect_entries = 4;
    fake_blk_up(&b);
    b.f.offered = RGT_FEATURE(VIRTIO_F_VERSION_1);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_works(&b);
    assert_int_equal(
        fake_get16(fake_desc(&b.f, 0) + 12) & VIRTQ_DESC_F_INDIRECT, 0);
    fake_blk_down(&b);
}

/* ---- close
 * ----------------------------------------------------------------------- */

static void test_blk_close_resets_before_it_takes_anything_back(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 4);
    b.f.reset_reads = 3;
    assert_int_equal(rgt_blk_close(&b.blk), 0);
    assert_int_equal(b.f.status, 0);
    assert_int_equal(b.f.unshares, 4);
    assert_int_equal(b.f.unshares_while_live, 0);
    assert_false(b.f.given_back_while_live);
    assert_int_equal(b.f.allocs, b.f.frees);
    unsigned accesses = b.f.log_count;
    assert_all_back(&b, 4);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), RGT_E_STATE);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[0]), RGT_E_STATE);
    assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_close(&b.blk), 0);
    assert_int_equal(b.f.log_count, accesses);
}

/* ---- waiting calls
 * ------------------------------------------------------------------ */

static void test_blk_sync_calls_do_their_work(void **state)
{
    struct fake_blk b;
    uint8_t data[1024];
    char id[RGT_BLK_ID_BYTES + 1];
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = fake_serve_ok;
    memset(data, 0, sizeof(data));
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, data, 1024), 0);
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(data[i], 0xa5);
    assert_int_equal(rgt_blk_write_sync(&b.blk, 0, data, 512), 0);
    assert_int_equal(rgt_blk_flush_sync(&b.blk), 0);
    assert_int_equal(rgt_blk_id_sync(&b.blk, id), 0);
    assert_int_equal((uint8_t)id[19], 0xa5);
    assert_int_equal(id[20], 0);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 1000, data, 512), RGT_E_INVAL);
    fake_blk_down(&b);
}

static void serve_ioerr(struct fake *f)
{
    fake_serve_status(f, 1);
}

static void test_blk_sync_reports_the_status(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = serve_ioerr;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), RGT_E_IO);
    assert_int_equal(rgt_blk_flush_sync(&b.blk), RGT_E_IO);
    fake_blk_down(&b);
}

static void test_blk_sync_survives_a_lost_interrupt(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = fake_serve_ok;
    b.f.mute = true;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), 0);
    fake_blk_down(&b);
}

static void test_blk_sync_timeout_takes_the_buffer_back_by_a_reset(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 2);
    uint64_t start_ns = b.f.now_ns;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[5], 512), RGT_E_TIMEOUT);
    assert_int_equal(b.f.now_ns - start_ns, b.cfg.timeout_ns);
    assert_int_equal(b.f.shares, b.f.unshares);
    assert_all_back(&b, 2); /* and not the one of the call */
    assert_works(&b);
    fake_blk_down(&b);
}

static void test_blk_sync_says_when_the_buffer_is_still_lent(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.reset_never = true;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), RGT_E_STATE);
    assert_int_equal(b.f.unshares, 0);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[1], 512), RGT_E_STATE);
    assert_int_equal(b.f.shares, 1);
    b.f.reset_never = false;
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_int_equal(b.f.unshares, 1);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), 0); /* nothing of ours */
    assert_works(&b);
    fake_blk_down(&b);
}

static void needs_reset(struct fake *f)
{
    f->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    f->interrupt = 2;
}

static void test_blk_sync_recovers_from_needs_reset(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = needs_reset;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), RGT_E_IO);
    assert_int_equal(b.f.shares, b.f.unshares);
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), 0);
    fake_blk_down(&b);
}

static void use_nonsense(struct fake *f)
{
    fake_use(f, 12345, 0);
    f->interrupt = 1;
}

static void test_blk_sync_recovers_from_a_broken_ring(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = use_nonsense;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), RGT_E_PROTO);
    assert_int_equal(b.f.shares, b.f.unshares);
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[0], 512), 0);
    fake_blk_down(&b);
}

static void test_blk_sync_keeps_completions_of_others_for_poll(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req *out[REQS];
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    submit_all(&b, 3);
    reqs[0].done = count_call;
    calls = 0;
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_flush_sync(&b.blk), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(rgt_blk_poll(&b.blk, out, REQS), 3);
    assert_int_equal(calls, 1);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(out[i], &reqs[i]);
        assert_int_equal(reqs[i].result, 0);
    }
    fake_blk_down(&b);
}

static void test_blk_sync_waits_for_room_in_a_full_queue(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req *out[REQS];
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 4;
    fake_blk_up(&b);
    submit_all(&b, 1);
    b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[5], 512), 0);
    assert_int_equal(rgt_blk_poll(&b.blk, out, REQS), 1);
    fake_blk_down(&b);
}

static void test_blk_sync_full_queue_without_progress_times_out(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 4;
    fake_blk_up(&b);
    submit_all(&b, 1);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, buf[5], 512), RGT_E_TIMEOUT);
    assert_int_equal(b.f.shares, 1); /* never lent, nobody else disturbed */
    fake_serve_ok(&b.f);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), 1);
    assert_int_equal(reqs[0].result, 0);
    fake_blk_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blk_recover_gives_everything_back_exactly_once),
        cmocka_unit_test(test_blk_recover_after_needs_reset),
        cmocka_unit_test(test_blk_recover_after_a_broken_ring),
        cmocka_unit_test(test_blk_recover_calls_nothing_back),
        cmocka_unit_test(test_blk_recover_unanswered_keeps_everything_lent),
        cmocka_unit_test(test_blk_recover_refused_still_gives_back),
        cmocka_unit_test(test_blk_recover_takes_the_features_offered_now),
        cmocka_unit_test(test_blk_close_resets_before_it_takes_anything_back),
        cmocka_unit_test(test_blk_sync_calls_do_their_work),
        cmocka_unit_test(test_blk_sync_reports_the_status),
        cmocka_unit_test(test_blk_sync_survives_a_lost_interrupt),
        cmocka_unit_test(
            test_blk_sync_timeout_takes_the_buffer_back_by_a_reset),
        cmocka_unit_test(test_blk_sync_says_when_the_buffer_is_still_lent),
        cmocka_unit_test(test_blk_sync_recovers_from_needs_reset),
        cmocka_unit_test(test_blk_sync_recovers_from_a_broken_ring),
        cmocka_unit_test(test_blk_sync_keeps_completions_of_others_for_poll),
        cmocka_unit_test(test_blk_sync_waits_for_room_in_a_full_queue),
        cmocka_unit_test(test_blk_sync_full_queue_without_progress_times_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
