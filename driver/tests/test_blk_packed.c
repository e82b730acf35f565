/* SPDX-License-Identifier: MIT */
/* Block requests through packed rings (2.8), of sizes that are no power of
 * two, too; and queues so short that they hardly take one. */
#include "fake_packed.h"
#include <string.h>

#define REQS 8

static struct {
    struct fake_blk b;
    struct fake_packed ring;
    struct rgt_blk_req reqs[REQS];
    struct rgt_seg segs[REQS];
    uint8_t buf[REQS][512];
} m;

static void up(uint32_t size, uint64_t features)
{
    memset(&m, 0, sizeof(m));
    fake_blk_init(&m.b);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_F_RING_PACKED) | features;
    m.b.f.queue_max = size;
    m.b.cfg.indirect_entries = 4;
    fake_blk_up(&m.b);
    fake_packed_init(&m.ring, &m.b.blk.first.vq);
}

static int submit(unsigned i)
{
    m.segs[i] = (struct rgt_seg){.buf = m.buf[i], .len = 512};
    m.reqs[i] = (struct rgt_blk_req){
        .op = RGT_BLK_READ, .sector = i, .segs = &m.segs[i], .seg_count = 1};
    return rgt_blk_submit(&m.b.blk, &m.reqs[i]);
}

/* R16 | W512 | W1, filled with the sector's number. */
static void answer(const struct fake_packed_chain *chain)
{
    const uint8_t *header = fake_cpu(chain->pieces[0].addr);

    assert_int_equal(chain->count, 3);
    assert_int_equal(chain->pieces[0].len, 16);
    assert_false(chain->pieces[0].write);
    assert_int_equal(chain->pieces[1].len, 512);
    assert_true(chain->pieces[1].write && chain->pieces[2].write);
    memset(fake_cpu(chain->pieces[1].addr), (int)fake_get64(header + 8), 512);
    *(uint8_t *)fake_cpu(chain->pieces[2].addr) = 0;
}

static unsigned serve(struct fake_packed_chain *chains)
{
    unsigned n = 0;

    while (n < REQS && fake_packed_take(&m.ring, &chains[n]))
        answer(&chains[n++]);
    return n;
}

static void poll_all(unsigned count)
{
    struct rgt_blk_req *out[REQS];

    assert_int_equal(rgt_blk_poll(&m.b.blk, out, REQS), count);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *data = m.buf[out[i] - m.reqs];
        assert_int_equal(out[i]->result, 0);
        assert_int_equal(data[0], (uint8_t)out[i]->sector);
        assert_int_equal(data[511], (uint8_t)out[i]->sector);
    }
}

/* Several laps round the ring, as many at a time as it takes, completed from
 * the last to the first. */
static void laps(uint32_t size, uint64_t features)
{
    struct fake_packed_chain chains[REQS];

    up(size, features);
    for (unsigned lap = 0; lap < 20; lap++) {
        unsigned n = 0;
        while (n < REQS && submit(n) == 0)
            n++;
        assert_true(n > 0);
        assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
        assert_int_equal(serve(chains), n);
        for (unsigned i = n; i-- > 0;)
            fake_packed_use(&m.ring, chains[i].id, 513, chains[i].descs);
        poll_all(n);
    }
    fake_blk_down(&m.b);
}

static void test_packed_requests_of_any_queue_size(void **state)
{
    static const uint32_t sizes[] = {3, 4, 5, 7, 8, 100, 256};
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        laps(sizes[i], 0);
        laps(sizes[i], RGT_FEATURE(VIRTIO_F_INDIRECT_DESC));
        laps(sizes[i], RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    }
}

static void test_packed_in_order_batch_is_one_used_descriptor(void **state)
{
    struct fake_packed_chain chains[REQS];
    unsigned descs = 0;
    (void)state;

    up(64, RGT_FEATURE(VIRTIO_F_IN_ORDER));
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(submit(i), 0);
    assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
    assert_int_equal(serve(chains), 5);
    for (unsigned i = 0; i < 5; i++)
        descs += chains[i].descs;
    fake_packed_use(&m.ring, chains[4].id, 513, descs);
    poll_all(5);
    fake_blk_down(&m.b);
}

static void test_queue_of_3_takes_one_piece_and_of_2_is_refused(void **state)
{
    (void)state;

    up(3, 0);
    assert_int_equal(rgt_blk_info(&m.b.blk)->seg_max, 1);
    assert_int_equal(submit(0), 0);
    assert_int_equal(submit(1), RGT_E_AGAIN);
    m.segs[1] = m.segs[2] = m.segs[0];
    m.reqs[1].segs = &m.segs[1];
    m.reqs[1].seg_count = 2;
    assert_int_equal(rgt_blk_submit(&m.b.blk, &m.reqs[1]), RGT_E_INVAL);
    fake_blk_down(&m.b);
    for (uint32_t size = 1; size < 3; size++) {
        m.b.f.queue_max = size;
        assert_int_equal(rgt_blk_init(&m.b.blk, &m.b.cfg), RGT_E_REFUSED);
        assert_int_equal(m.b.f.allocs, m.b.f.frees);
    }
}

static void test_split_queue_of_3_is_one_of_2_and_refused(void **state)
{
    (void)state;

    fake_blk_init(&m.b);
    m.b.f.queue_max = 3;
    assert_int_equal(rgt_blk_init(&m.b.blk, &m.b.cfg), RGT_E_REFUSED);
    m.b.f.queue_max = 4;
    fake_blk_up(&m.b);
    fake_blk_down(&m.b);
}

static void assert_all_back(unsigned count)
{
    struct rgt_blk_req *out[REQS];

    assert_int_equal(rgt_blk_poll(&m.b.blk, out, REQS), count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(out[i]->result, RGT_E_IO);
    assert_int_equal(m.b.f.shares, m.b.f.unshares);
}

static void test_recover_to_another_kind_of_ring_is_refused(void **state)
{
    struct fake_packed_chain chains[REQS];
    (void)state;

    up(8, 0);
    assert_int_equal(submit(0), 0);
    assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
    m.b.f.offered &= ~RGT_FEATURE(VIRTIO_F_RING_PACKED);
    assert_int_equal(rgt_blk_recover(&m.b.blk), RGT_E_REFUSED);
    assert_true(m.b.f.status & VIRTIO_STATUS_FAILED);
    assert_all_back(1);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_F_RING_PACKED);
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    fake_packed_init(&m.ring, &m.b.blk.first.vq);
    assert_int_equal(submit(1), 0);
    assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
    assert_int_equal(serve(chains), 1);
    fake_packed_use(&m.ring, chains[0].id, 513, chains[0].descs);
    poll_all(1);
    fake_blk_down(&m.b);
}

static void test_packed_queue_reset_starts_a_fresh_ring(void **state)
{
    struct fake_packed_chain chains[REQS];
    (void)state;

    up(7, RGT_FEATURE(VIRTIO_F_RING_RESET));
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(submit(0), 0);
        assert_int_equal(submit(1), 0);
        assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
        assert_int_equal(rgt_blk_queue_reset(&m.b.blk.first), 0);
        assert_all_back(2);
        fake_packed_init(&m.ring, &m.b.blk.first.vq);
        assert_int_equal(submit(2), 0);
        assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
        assert_int_equal(serve(chains), 1);
        fake_packed_use(&m.ring, chains[0].id, 513, chains[0].descs);
        poll_all(1);
    }
    fake_blk_down(&m.b);
}

static void test_packed_ranges_go_on_in_a_full_queue(void **state)
{
    struct rgt_blk_range range = {3, 100, false};
    struct rgt_blk_req req = {
        .op = RGT_BLK_DISCARD, .ranges = &range, .range_count = 1};
    struct fake_packed_chain chain;
    uint64_t at = 3;
    (void)state;

    fake_blk_init(&m.b);
    m.b.f.offered |=
        RGT_FEATURE(VIRTIO_F_RING_PACKED) | RGT_FEATURE(VIRTIO_BLK_F_DISCARD);
    m.b.f.queue_max = 3;
    fake_put32(m.b.f.config + 36, 16);
    fake_put32(m.b.f.config + 40, 4);
    fake_blk_up(&m.b);
    fake_packed_init(&m.ring, &m.b.blk.first.vq);
    assert_int_equal(rgt_blk_submit(&m.b.blk, &req), 0);
    assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
    while (at < 103) {
        assert_true(fake_packed_take(&m.ring, &chain));
        const uint8_t *data = fake_cpu(chain.pieces[1].addr);
        assert_int_equal(fake_get64(data), at);
        at += fake_get32(data + 8);
        *(uint8_t *)fake_cpu(chain.pieces[2].addr) = 0;
        fake_packed_use(&m.ring, chain.id, 1, chain.descs);
        assert_int_equal(rgt_blk_poll(&m.b.blk, NULL, 1), at == 103);
    }
    assert_int_equal(req.result, 0);
    fake_blk_down(&m.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_requests_of_any_queue_size),
        cmocka_unit_test(test_packed_in_order_batch_is_one_used_descriptor),
        cmocka_unit_test(test_queue_of_3_takes_one_piece_and_of_2_is_refused),
        cmocka_unit_test(test_split_queue_of_3_is_one_of_2_and_refused),
        cmocka_unit_test(test_recover_to_another_kind_of_ring_is_refused),
        cmocka_unit_test(test_packed_queue_reset_starts_a_fresh_ring),
        cmocka_unit_test(test_packed_ranges_go_on_in_a_full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
