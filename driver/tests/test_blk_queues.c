/* SPDX-License-Identifier: MIT */
/* Several request queues (VIRTIO_BLK_F_MQ), wakers, and what happens to all of
 * them when the device is reset. */
#include "fake.h"
#include <string.h>

#define QUEUES 3
#define SLOTS 16
#define REQS 5 /* per queue */

static struct {
    struct fake_blk b;
    struct rgt_blk_queue queues[QUEUES];
    struct rgt_vq_slot slots[QUEUES][SLOTS];
    struct rgt_blk_queue_config configs[QUEUES];
    unsigned wakes[QUEUES];
    struct rgt_blk_req reqs[QUEUES][REQS];
    struct rgt_seg segs[QUEUES][REQS];
    uint8_t buf[QUEUES][REQS][512];
} m;

static void count_wake(void *ctx)
{
    ++*(unsigned *)ctx;
}

/* A device with that many queues; memory for QUEUES of them. */
static void init(uint16_t num_queues)
{
    memset(&m, 0, sizeof(m));
    fake_blk_init(&m.b);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_MQ);
    fake_put16(m.b.f.config + 34, num_queues);
    m.b.f.queue_count = num_queues;
    for (unsigned i = 0; i < QUEUES; i++)
        m.configs[i] = (struct rgt_blk_queue_config){
            .queue = &m.queues[i],
            .slots = m.slots[i],
            .slot_count = SLOTS,
            .wake = count_wake,
            .wake_ctx = &m.wakes[i],
        };
    m.b.cfg.queues = m.configs;
    m.b.cfg.queue_count = QUEUES;
}

static void up(uint16_t num_queues)
{
    init(num_queues);
    fake_blk_up(&m.b);
}

static void submit(unsigned queue, unsigned i)
{
    m.segs[queue][i] = (struct rgt_seg){.buf = m.buf[queue][i], .len = 512};
    m.reqs[queue][i] = (struct rgt_blk_req){
        .op = RGT_BLK_READ, .segs = &m.segs[queue][i], .seg_count = 1};
    struct rgt_blk_queue *q = rgt_blk_queue(&m.b.blk, (uint16_t)queue);
    assert_non_null(q);
    assert_int_equal(rgt_blk_queue_submit(q, &m.reqs[queue][i]), 0);
}

static void submit_all(unsigned queue, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        submit(queue, i);
    assert_int_equal(rgt_blk_queue_kick(&m.queues[queue]), 0);
}

static void serve(unsigned queue)
{
    fake_select(&m.b.f, queue);
    fake_serve_ok(&m.b.f);
}

/* Polls the queue dry; each of its first count requests must come, once. */
static void assert_comes_back(unsigned queue, unsigned count, int result)
{
    struct rgt_blk_req *out[2];
    unsigned seen[REQS] = {0};
    unsigned total = 0;
    int n;

    while ((n = rgt_blk_queue_poll(&m.queues[queue], out, 2)) > 0) {
        for (int i = 0; i < n; i++, total++) {
            assert_int_equal(out[i]->result, result);
            assert_true(out[i] >= m.reqs[queue]);
            assert_true(out[i] < m.reqs[queue] + REQS);
            seen[out[i] - m.reqs[queue]]++;
        }
    }
    assert_int_equal(total, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(seen[i], 1);
}

static void clear_wakes(void)
{
    memset(m.wakes, 0, sizeof(m.wakes));
}

static void assert_wakes(unsigned a, unsigned b, unsigned c)
{
    assert_int_equal(m.wakes[0], a);
    assert_int_equal(m.wakes[1], b);
    assert_int_equal(m.wakes[2], c);
    clear_wakes();
}

/* ---- how many ------------------------------------------------------------ */

static void test_queues_in_use_are_those_of_both_sides(void **state)
{
    static const uint16_t of_device[] = {1, 2, 3, 4};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        uint16_t expected = of_device[i] < QUEUES ? of_device[i] : QUEUES;
        up(of_device[i]);
        assert_int_equal(rgt_blk_info(&m.b.blk)->num_queues, of_device[i]);
        assert_int_equal(rgt_blk_info(&m.b.blk)->queue_count, expected);
        for (uint16_t k = 0; k < QUEUES; k++)
            assert_ptr_equal(rgt_blk_queue(&m.b.blk, k),
                             k < expected ? &m.queues[k] : NULL);
        assert_null(rgt_blk_queue(&m.b.blk, UINT16_MAX));
        fake_blk_down(&m.b);
        assert_null(rgt_blk_queue(&m.b.blk, 0));
    }
}

static void test_queue_the_device_has_not_is_not_in_use(void **state)
{
    struct rgt_blk_req req = {.op = RGT_BLK_FLUSH};
    (void)state;

    init(2);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_F_RING_RESET);
    fake_blk_up(&m.b);
    unsigned log_count = m.b.f.log_count;
    struct rgt_blk_queue *q = &m.queues[2];
    assert_int_equal(rgt_blk_queue_submit(q, &req), RGT_E_STATE);
    assert_int_equal(rgt_blk_queue_kick(q), RGT_E_STATE);
    assert_int_equal(rgt_blk_queue_poll(q, NULL, 1), RGT_E_STATE);
    assert_int_equal(rgt_blk_queue_interrupts(q, true), RGT_E_STATE);
    assert_int_equal(rgt_blk_queue_reset(q), RGT_E_STATE);
    assert_int_equal(m.b.f.log_count, log_count);
    m.b.f.interrupt = 1;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_USED);
    assert_wakes(1, 1, 0);
    fake_blk_down(&m.b);
}

static void test_queues_without_the_feature_are_one(void **state)
{
    (void)state;

    init(3);
    m.b.cfg.features_wanted = ~RGT_FEATURE(VIRTIO_BLK_F_MQ);
    fake_blk_up(&m.b);
    assert_int_equal(rgt_blk_info(&m.b.blk)->num_queues, 1);
    assert_int_equal(rgt_blk_info(&m.b.blk)->queue_count, 1);
    assert_int_equal(fake_writes(&m.b.f, 0x044), 1);
    fake_blk_down(&m.b);
}

static void test_queues_are_all_ready_before_driver_ok(void **state)
{
    unsigned ready = 0;
    (void)state;

    up(3);
    for (unsigned i = 0; i < m.b.f.log_count; i++) {
        const struct fake_access *a = &m.b.f.log[i];
        ready += a->write && a->offset == 0x044 && a->value == 1;
        if (a->write && a->offset == 0x070 && a->value == 15)
            break;
    }
    assert_int_equal(ready, 3);
    fake_blk_down(&m.b);
}

static void test_queue_missing_or_short_is_refused(void **state)
{
    (void)state;

    for (int what = 0; what < 3; what++) {
        init(3);
        if (what == 0)
            m.b.f.queue_count = 2; /* and num_queues 3 */
        else
            m.b.f.queue_max_of[what] = 2;
        assert_int_equal(rgt_blk_init(&m.b.blk, &m.b.cfg), RGT_E_REFUSED);
        assert_int_equal(m.b.f.allocs, m.b.f.frees);
        assert_true(m.b.f.status & VIRTIO_STATUS_FAILED);
        assert_null(rgt_blk_queue(&m.b.blk, 0));
    }
}

/* Has another mind as soon as it has got queue 0. */
static const struct rgt_mmio_bus_ops *honest_ops;

static uint32_t fickle_read(struct rgt_mmio_bus *bus, uint32_t offset,
                            unsigned width_bytes)
{
    return honest_ops->read(bus, offset, width_bytes);
}

static void fickle_write(struct rgt_mmio_bus *bus, uint32_t offset,
                         unsigned width_bytes, uint32_t value)
{
    if (offset == VIRTIO_MMIO_QUEUE_READY && value == 1)
        m.b.f.queue_max_of[1] = 2;
    honest_ops->write(bus, offset, width_bytes, value);
}

static void test_queue_memory_is_taken_from_the_device_first(void **state)
{
    static const struct rgt_mmio_bus_ops fickle_ops = {fickle_read,
                                                       fickle_write};
    (void)state;

    init(2);
    honest_ops = m.b.f.bus.ops;
    m.b.f.bus.ops = &fickle_ops;
    assert_int_equal(rgt_blk_init(&m.b.blk, &m.b.cfg), RGT_E_REFUSED);
    assert_int_equal(m.b.f.allocs, m.b.f.frees);
    assert_false(m.b.f.given_back_while_live);
    assert_true((m.b.f.status & VIRTIO_STATUS_FAILED) != 0);
}

static void test_queue_memory_running_out_is_given_back(void **state)
{
    (void)state;

    for (unsigned at = 1;; at++) {
        init(3);
        m.b.f.alloc_fails_at = at;
        int err = rgt_blk_init(&m.b.blk, &m.b.cfg);
        if (err == 0)
            break;
        assert_int_equal(err, RGT_E_NOMEM);
        assert_int_equal(m.b.f.allocs - 1, m.b.f.frees);
        assert_true(at <= 6); /* ring and pool for each */
    }
    fake_blk_down(&m.b);
}

static void test_queue_config_that_is_wrong_touches_nothing(void **state)
{
    (void)state;

    for (int what = 0; what < 4; what++) {
        init(3);
        if (what == 0)
            m.b.cfg.queue_count = 0;
        if (what == 1)
            m.configs[2].slot_count = RGT_BLK_QUEUE_SIZE_MIN - 1;
        if (what == 2)
            m.configs[1].slots = NULL;
        if (what == 3)
            m.configs[1].queue = NULL;
        assert_int_equal(rgt_blk_init(&m.b.blk, &m.b.cfg), RGT_E_INVAL);
        assert_int_equal(m.b.f.log_count, 0);
        assert_int_equal(rgt_blk_poll(&m.b.blk, NULL, 1), RGT_E_STATE);
        assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_E_STATE);
        assert_int_equal(rgt_blk_close(&m.b.blk), 0);
    }
}

static void test_queue_limits_are_those_of_its_own_size(void **state)
{
    struct rgt_seg segs[SLOTS];
    (void)state;

    init(2);
    m.configs[1].slot_count = 8;
    fake_blk_up(&m.b);
    assert_int_equal(rgt_blk_info(&m.b.blk)->queue_size, 8);
    assert_int_equal(rgt_blk_info(&m.b.blk)->seg_max, 6);
    for (unsigned i = 0; i < SLOTS; i++)
        segs[i] = (struct rgt_seg){.buf = m.buf[0][0], .len = 512};
    struct rgt_blk_req req = {
        .op = RGT_BLK_WRITE, .segs = segs, .seg_count = 14};
    assert_int_equal(rgt_blk_queue_submit(&m.queues[1], &req), RGT_E_INVAL);
    assert_int_equal(rgt_blk_queue_submit(&m.queues[0], &req), 0);
    fake_blk_down(&m.b);
}

/* ---- apart --------------------------------------------------------------- */

static void test_queue_kick_notifies_its_own_queue(void **state)
{
    (void)state;

    up(3);
    for (unsigned q = 0; q < QUEUES; q++) {
        submit_all(q, q + 1);
        for (unsigned k = 0; k < QUEUES; k++)
            assert_int_equal(m.b.f.kicks_of[k], k <= q);
    }
    for (unsigned q = 0; q < QUEUES; q++) {
        serve(q);
        for (unsigned k = 0; k < QUEUES; k++)
            if (k != q && k > q)
                assert_int_equal(rgt_blk_queue_poll(&m.queues[k], NULL, 1), 0);
        assert_comes_back(q, q + 1, 0);
    }
    fake_blk_down(&m.b);
}

static void test_queue_0_is_that_of_the_short_calls(void **state)
{
    struct rgt_blk_req req = {.op = RGT_BLK_ID};
    char id[RGT_BLK_ID_BYTES + 1];
    (void)state;

    up(3);
    submit(0, 0);
    assert_int_equal(rgt_blk_kick(&m.b.blk), 0);
    assert_int_equal(m.b.f.kicks_of[0], 1);
    serve(0);
    assert_int_equal(rgt_blk_poll(&m.b.blk, NULL, 4), 1);
    assert_int_equal(rgt_blk_submit(&m.b.blk, &req), RGT_E_INVAL);
    m.b.f.serve = fake_serve_ok;
    assert_int_equal(rgt_blk_id_sync(&m.b.blk, id), 0);
    assert_int_equal(m.b.f.kicks_of[1] + m.b.f.kicks_of[2], 0);
    fake_blk_down(&m.b);
}

static void test_queue_that_is_broken_leaves_the_others_alone(void **state)
{
    (void)state;

    up(3);
    for (unsigned q = 0; q < QUEUES; q++)
        submit_all(q, 2);
    fake_select(&m.b.f, 1);
    fake_use(&m.b.f, 9999, 0);
    assert_int_equal(rgt_blk_queue_poll(&m.queues[1], NULL, 4), RGT_E_PROTO);
    assert_int_equal(rgt_blk_queue_kick(&m.queues[1]), RGT_E_PROTO);
    assert_int_equal(rgt_blk_queue_interrupts(&m.queues[1], true), RGT_E_PROTO);
    serve(0);
    serve(2);
    assert_comes_back(0, 2, 0);
    assert_comes_back(2, 2, 0);
    submit_all(2, 1);
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    assert_comes_back(1, 2, RGT_E_IO);
    assert_comes_back(2, 1, RGT_E_IO);
    fake_blk_down(&m.b);
}

/* The layout itself is the promise: whatever is written by one thread is at
 * least a cache line away from what another reads or writes. */
static void test_queues_side_by_side_share_no_cache_line(void **state)
{
    const size_t line = RGT_BLK_APART_BYTES;
    (void)state;

    assert_true(line >= 64);
    assert_true(sizeof(struct rgt_blk_queue) -
                    offsetof(struct rgt_blk_queue, apart) >=
                line);
    assert_true(offsetof(struct rgt_blk, dev) -
                    (offsetof(struct rgt_blk, shared.capacity_high) + 4) >=
                line);
    assert_true(offsetof(struct rgt_blk, shared) >=
                sizeof(struct rgt_blk_queue));
}

static void test_queue_places_of_requests_are_cache_lines(void **state)
{
    uint64_t headers[REQS];
    (void)state;

    up(1);
    submit_all(0, REQS);
    fake_select(&m.b.f, 0);
    for (unsigned i = 0; i < REQS; i++) {
        headers[i] = fake_get64(fake_desc(&m.b.f, (unsigned)fake_take(&m.b.f)));
        assert_int_equal(headers[i] % 64, 0);
        for (unsigned k = 0; k < i; k++)
            assert_true(headers[k] != headers[i]);
    }
    fake_blk_down(&m.b);
}

/* ---- interrupts and polling ---------------------------------------------- */

static void test_queue_can_be_polled_while_another_interrupts(void **state)
{
    (void)state;

    up(2);
    assert_int_equal(rgt_blk_queue_interrupts(&m.queues[1], false), 0);
    for (unsigned q = 0; q < 2; q++) {
        fake_select(&m.b.f, q);
        assert_int_equal(fake_get16(fake_avail(&m.b.f)), q); /* flags */
    }
    submit_all(1, 2);
    serve(1);
    assert_int_equal(rgt_blk_queue_interrupts(&m.queues[1], true), 1);
    fake_select(&m.b.f, 1);
    assert_int_equal(fake_get16(fake_avail(&m.b.f)), 0);
    assert_comes_back(1, 2, 0);
    assert_int_equal(rgt_blk_queue_interrupts(&m.queues[1], false), 0);
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    fake_select(&m.b.f, 1);
    assert_int_equal(fake_get16(fake_avail(&m.b.f)), 0); /* wanted again */
    fake_blk_down(&m.b);
    assert_int_equal(rgt_blk_queue_interrupts(&m.queues[1], true), RGT_E_STATE);
}

static void test_interrupt_wakes_every_queue_if_it_has_a_cause(void **state)
{
    (void)state;

    up(3);
    assert_wakes(0, 0, 0);
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), 0); /* not this device */
    assert_wakes(0, 0, 0);
    m.b.f.interrupt = 1;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_USED);
    assert_wakes(1, 1, 1);
    m.b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_CONFIG);
    assert_wakes(1, 1, 1);
    m.b.f.interrupt = 2;
    m.b.f.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_E_STATE);
    assert_wakes(1, 1, 1);
    fake_blk_down(&m.b);
}

static void test_waker_may_be_missing(void **state)
{
    (void)state;

    init(3);
    m.configs[1].wake = NULL;
    fake_blk_up(&m.b);
    m.b.f.interrupt = 1;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_USED);
    assert_wakes(1, 0, 1);
    submit_all(1, 1);
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    assert_comes_back(1, 1, RGT_E_IO);
    fake_blk_down(&m.b);
}

static void test_waker_of_a_single_queue(void **state)
{
    (void)state;

    init(1);
    m.b.cfg.queues = NULL;
    m.b.cfg.wake = count_wake;
    m.b.cfg.wake_ctx = &m.wakes[2];
    fake_blk_up(&m.b);
    m.b.f.interrupt = 1;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_USED);
    assert_wakes(0, 0, 1);
    fake_blk_down(&m.b);
}

/* No interrupt: it would wake by itself. */
static void serve_quietly(struct fake *f)
{
    fake_serve_ok(f);
    f->interrupt = 0;
}

static void test_waker_hears_of_completions_a_waiting_call_kept(void **state)
{
    (void)state;

    up(3);
    submit(0, 0);
    m.b.f.serve = serve_quietly;
    fake_select(&m.b.f, 0);
    assert_int_equal(rgt_blk_flush_sync(&m.b.blk), 0);
    assert_wakes(1, 0, 0);
    assert_comes_back(0, 1, 0);
    assert_int_equal(rgt_blk_flush_sync(&m.b.blk), 0);
    assert_wakes(0, 0, 0);
    fake_blk_down(&m.b);
}

/* ---- reset --------------------------------------------------------------- */

static void test_recover_gives_back_what_every_queue_had(void **state)
{
    (void)state;

    up(3);
    for (unsigned q = 0; q < QUEUES; q++)
        submit_all(q, q + 2);
    fake_select(&m.b.f, 1);
    fake_use(&m.b.f, (uint32_t)fake_take(&m.b.f), 513); /* not polled */
    unsigned allocs = m.b.f.allocs;
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    assert_int_equal(m.b.f.allocs, allocs);
    assert_int_equal(m.b.f.unshares_while_live, 0);
    assert_wakes(1, 1, 1);
    for (unsigned q = 0; q < QUEUES; q++)
        assert_comes_back(q, q + 2, RGT_E_IO);
    for (unsigned q = 0; q < QUEUES; q++) {
        submit_all(q, 1);
        serve(q);
        assert_comes_back(q, 1, 0);
    }
    fake_blk_down(&m.b);
}

static void test_recover_wakes_only_queues_that_had_something(void **state)
{
    (void)state;

    up(3);
    submit_all(1, 1);
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    assert_wakes(0, 1, 0);
    assert_comes_back(1, 1, RGT_E_IO);
    fake_blk_down(&m.b);
}

static void test_recover_to_fewer_queues_is_refused(void **state)
{
    (void)state;

    for (int what = 0; what < 3; what++) {
        up(3);
        for (unsigned q = 0; q < QUEUES; q++)
            submit_all(q, 2);
        if (what == 0)
            fake_put16(m.b.f.config + 34, 2);
        if (what == 1)
            fake_put16(m.b.f.config + 34, 0);
        if (what == 2)
            m.b.f.offered &= ~RGT_FEATURE(VIRTIO_BLK_F_MQ);
        assert_int_equal(rgt_blk_recover(&m.b.blk), RGT_E_REFUSED);
        assert_true(m.b.f.status & VIRTIO_STATUS_FAILED);
        for (unsigned q = 0; q < QUEUES; q++)
            assert_comes_back(q, 2, RGT_E_IO);
        m.b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_MQ);
        fake_put16(m.b.f.config + 34, 4); /* more is no matter */
        assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
        assert_int_equal(rgt_blk_info(&m.b.blk)->queue_count, QUEUES);
        submit_all(2, 1);
        serve(2);
        assert_comes_back(2, 1, 0);
        fake_blk_down(&m.b);
    }
}

static void test_recover_unanswered_keeps_every_queue_lent(void **state)
{
    (void)state;

    up(2);
    submit_all(0, 2);
    submit_all(1, 2);
    m.b.f.reset_never = true;
    assert_int_equal(rgt_blk_recover(&m.b.blk), RGT_E_TIMEOUT);
    assert_int_equal(m.b.f.unshares, 0);
    assert_wakes(0, 0, 0);
    for (unsigned q = 0; q < 2; q++)
        assert_int_equal(rgt_blk_queue_poll(&m.queues[q], NULL, 4),
                         RGT_E_STATE);
    m.b.f.reset_never = false;
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    assert_comes_back(0, 2, RGT_E_IO);
    assert_comes_back(1, 2, RGT_E_IO);
    fake_blk_down(&m.b);
}

static void test_close_leaves_every_queue_with_its_requests(void **state)
{
    (void)state;

    up(3);
    for (unsigned q = 0; q < QUEUES; q++)
        submit_all(q, 3);
    fake_blk_down(&m.b);
    assert_wakes(1, 1, 1);
    for (unsigned q = 0; q < QUEUES; q++) {
        assert_comes_back(q, 3, RGT_E_IO);
        assert_int_equal(rgt_blk_queue_poll(&m.queues[q], NULL, 1),
                         RGT_E_STATE);
        assert_int_equal(rgt_blk_queue_submit(&m.queues[q], &m.reqs[q][0]),
                         RGT_E_STATE);
    }
    unsigned log_count = m.b.f.log_count;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_E_STATE);
    assert_int_equal(m.b.f.log_count, log_count);
}

/* The list of queues was borrowed until then, and no longer. */
static void test_close_gives_the_list_of_queues_back(void **state)
{
    (void)state;

    up(3);
    submit_all(0, 2);
    fake_blk_down(&m.b);
    memset(m.configs, 0, sizeof(m.configs));
    struct rgt_blk_req *out[4];
    assert_int_equal(rgt_blk_poll(&m.b.blk, out, 4), 2);
    assert_int_equal(rgt_blk_poll(&m.b.blk, out, 4), RGT_E_STATE);
    assert_int_equal(rgt_blk_submit(&m.b.blk, &m.reqs[0][0]), RGT_E_STATE);
    assert_int_equal(rgt_blk_flush_sync(&m.b.blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_close(&m.b.blk), 0);
}

/* ---- reset of one queue -------------------------------------------------- */

static void up_resettable(uint16_t num_queues)
{
    init(num_queues);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_F_RING_RESET);
    fake_blk_up(&m.b);
}

static void test_queue_reset_gives_back_that_queue_alone(void **state)
{
    (void)state;

    up_resettable(3);
    for (unsigned q = 0; q < QUEUES; q++)
        submit_all(q, q + 2);
    fake_select(&m.b.f, 1);
    fake_use(&m.b.f, (uint32_t)fake_take(&m.b.f), 513); /* not polled */
    m.b.f.queue_reset_reads = 3;
    clear_wakes();
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), 0);
    assert_wakes(1, 1, 1);
    assert_int_equal(m.b.f.status & VIRTIO_STATUS_FAILED, 0);
    assert_comes_back(1, 3, RGT_E_IO);
    for (unsigned q = 0; q < QUEUES; q += 2) {
        serve(q); /* as if nothing had happened */
        assert_comes_back(q, q + 2, 0);
    }
    submit_all(1, 2);
    serve(1);
    assert_comes_back(1, 2, 0);
    fake_blk_down(&m.b);
}

static unsigned calls;

static void count_call(struct rgt_blk_req *req)
{
    (void)req;
    calls++;
}

static void test_queue_reset_calls_nothing_back(void **state)
{
    (void)state;

    up_resettable(1);
    submit_all(0, 1);
    m.reqs[0][0].done = count_call;
    calls = 0;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[0]), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(m.b.f.shares, m.b.f.unshares);
    assert_comes_back(0, 1, RGT_E_IO);
    assert_int_equal(calls, 1);
    fake_blk_down(&m.b);
}

static void test_queue_reset_without_its_feature_changes_nothing(void **state)
{
    (void)state;

    up(2);
    submit_all(1, 2);
    unsigned log_count = m.b.f.log_count;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), RGT_E_NOTSUP);
    assert_int_equal(m.b.f.log_count, log_count);
    assert_wakes(0, 0, 0);
    serve(1);
    assert_comes_back(1, 2, 0);
    fake_blk_down(&m.b);
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), RGT_E_STATE);
}

static void test_queue_reset_unconfirmed_keeps_everything_lent(void **state)
{
    (void)state;

    up_resettable(2);
    submit_all(0, 2);
    submit_all(1, 2);
    m.b.f.queue_reset_never = true;
    uint64_t start_ns = m.b.f.now_ns;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), RGT_E_TIMEOUT);
    assert_true(m.b.f.now_ns - start_ns >= m.b.cfg.timeout_ns);
    assert_int_equal(m.b.f.unshares, 0);
    assert_int_equal(rgt_blk_queue_poll(&m.queues[1], NULL, 4), RGT_E_PROTO);
    assert_int_equal(rgt_blk_queue_submit(&m.queues[1], &m.reqs[1][4]),
                     RGT_E_PROTO);
    serve(0);
    assert_comes_back(0, 2, 0);
    m.b.f.queue_reset_never = false;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), 0);
    assert_comes_back(1, 2, RGT_E_IO);
    submit_all(1, 1);
    serve(1);
    assert_comes_back(1, 1, 0);
    fake_blk_down(&m.b);
}

static void test_queue_not_taken_back_is_dead_until_recovered(void **state)
{
    (void)state;

    up_resettable(2);
    submit_all(0, 1);
    submit_all(1, 2);
    m.b.f.queue_max_of[1] = 8; /* was 16 */
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), RGT_E_REFUSED);
    assert_comes_back(1, 2, RGT_E_IO);
    assert_int_equal(rgt_blk_queue_poll(&m.queues[1], NULL, 4), RGT_E_PROTO);
    assert_int_equal(rgt_blk_queue_submit(&m.queues[1], &m.reqs[1][0]),
                     RGT_E_PROTO);
    serve(0);
    assert_comes_back(0, 1, 0);
    m.b.f.queue_max_of[1] = 0;
    assert_int_equal(rgt_blk_recover(&m.b.blk), 0);
    submit_all(1, 1);
    serve(1);
    assert_comes_back(1, 1, 0);
    fake_blk_down(&m.b);
}

static void test_queue_reset_revives_a_broken_queue(void **state)
{
    (void)state;

    up_resettable(2);
    submit_all(1, 2);
    fake_select(&m.b.f, 1);
    fake_use(&m.b.f, 9999, 0);
    assert_int_equal(rgt_blk_queue_poll(&m.queues[1], NULL, 4), RGT_E_PROTO);
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), 0);
    assert_comes_back(1, 2, RGT_E_IO);
    submit_all(1, 1);
    serve(1);
    assert_comes_back(1, 1, 0);
    fake_blk_down(&m.b);
}

static void test_queue_reset_of_a_device_in_need_of_one_is_refused(void **state)
{
    (void)state;

    up_resettable(2);
    m.b.f.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    m.b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), RGT_E_STATE);
    fake_blk_down(&m.b);
}

static void change_config(struct fake *f)
{
    f->serve = NULL;
    fake_put64(f->config, 77);
    f->generation++;
    f->interrupt |= 2;
}

static void need_reset(struct fake *f)
{
    f->serve = NULL;
    f->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    f->interrupt |= 2;
}

/* hal wait() has had that interrupt: nobody else will hear of it. */
static void test_queue_reset_loses_no_configuration_change(void **state)
{
    (void)state;

    up_resettable(2);
    m.b.f.queue_reset_reads = 3;
    m.b.f.serve = change_config;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), 0);
    assert_int_equal(rgt_blk_changes(&m.b.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(rgt_blk_info(&m.b.blk)->capacity_sectors, 77);
    m.b.f.serve = need_reset;
    assert_int_equal(rgt_blk_queue_reset(&m.queues[1]), 0);
    assert_int_equal(rgt_blk_queue_poll(&m.queues[0], NULL, 1), RGT_E_STATE);
    fake_blk_down(&m.b);
}

static void test_waiting_call_resets_its_queue_and_no_other(void **state)
{
    (void)state;

    up_resettable(2);
    submit_all(0, 2);
    submit_all(1, 2);
    assert_int_equal(rgt_blk_flush_sync(&m.b.blk), RGT_E_TIMEOUT);
    assert_comes_back(0, 2, RGT_E_IO);
    serve(1);
    assert_comes_back(1, 2, 0);
    m.b.f.queue_reset_never = true; /* then all of it */
    submit_all(1, 2);
    assert_int_equal(rgt_blk_flush_sync(&m.b.blk), RGT_E_TIMEOUT);
    assert_comes_back(1, 2, RGT_E_IO);
    fake_blk_down(&m.b);
}

static void test_queue_can_have_one_interrupt_for_many(void **state)
{
    (void)state;

    init(2);
    m.b.f.offered |= RGT_FEATURE(VIRTIO_F_EVENT_IDX);
    fake_blk_up(&m.b);
    submit_all(1, 4);
    assert_int_equal(rgt_blk_queue_interrupts_after(&m.queues[1], 3), 0);
    fake_select(&m.b.f, 1);
    /* used_event: the third of four, entry 2 */
    assert_int_equal(fake_get16(fake_avail(&m.b.f) + 4 + 2 * SLOTS), 2);
    assert_int_equal(rgt_blk_queue_interrupts_after(&m.queues[1], 0),
                     RGT_E_INVAL);
    serve(1);
    assert_int_equal(rgt_blk_queue_interrupts_after(&m.queues[1], 3), 1);
    assert_comes_back(1, 4, 0);
    fake_blk_down(&m.b);
    assert_int_equal(rgt_blk_queue_interrupts_after(&m.queues[1], 3),
                     RGT_E_STATE);
}

static void test_capacity_change_reaches_every_queue(void **state)
{
    (void)state;

    up(3);
    fake_put64(m.b.f.config, 4);
    m.b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&m.b.blk), RGT_INT_CONFIG);
    assert_int_equal(rgt_blk_changes(&m.b.blk), RGT_BLK_CHANGED_CAPACITY);
    for (unsigned q = 0; q < QUEUES; q++) {
        submit(q, 0);
        m.reqs[q][1] = m.reqs[q][0];
        m.reqs[q][1].sector = 4;
        assert_int_equal(rgt_blk_queue_submit(&m.queues[q], &m.reqs[q][1]),
                         RGT_E_INVAL);
    }
    fake_blk_down(&m.b);
}

/* The writer may have stopped anywhere: no queue waits for it, or believes
 * what is half written. */
static void test_capacity_half_written_is_not_taken(void **state)
{
    (void)state;

    up(1);
    struct rgt_blk_shared *s = &m.b.blk.shared;
    s->capacity_epoch++;
    s->capacity_low = 3;
    submit(0, 0);
    assert_int_equal(m.queues[0].capacity_sectors, 1000);
    s->capacity_high = 1;
    submit(0, 1);
    assert_int_equal(m.queues[0].capacity_sectors, 1000);
    s->capacity_epoch++;
    submit(0, 2);
    assert_int_equal(m.queues[0].capacity_sectors, 0x100000003u);
    fake_blk_down(&m.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queues_in_use_are_those_of_both_sides),
        cmocka_unit_test(test_queue_the_device_has_not_is_not_in_use),
        cmocka_unit_test(test_queues_without_the_feature_are_one),
        cmocka_unit_test(test_queues_are_all_ready_before_driver_ok),
        cmocka_unit_test(test_queue_missing_or_short_is_refused),
        cmocka_unit_test(test_queue_memory_is_taken_from_the_device_first),
        cmocka_unit_test(test_queue_memory_running_out_is_given_back),
        cmocka_unit_test(test_queue_config_that_is_wrong_touches_nothing),
        cmocka_unit_test(test_queue_limits_are_those_of_its_own_size),
        cmocka_unit_test(test_queue_kick_notifies_its_own_queue),
        cmocka_unit_test(test_queue_0_is_that_of_the_short_calls),
        cmocka_unit_test(test_queue_that_is_broken_leaves_the_others_alone),
        cmocka_unit_test(test_queues_side_by_side_share_no_cache_line),
        cmocka_unit_test(test_queue_places_of_requests_are_cache_lines),
        cmocka_unit_test(test_queue_can_be_polled_while_another_interrupts),
        cmocka_unit_test(test_interrupt_wakes_every_queue_if_it_has_a_cause),
        cmocka_unit_test(test_waker_may_be_missing),
        cmocka_unit_test(test_waker_of_a_single_queue),
        cmocka_unit_test(test_waker_hears_of_completions_a_waiting_call_kept),
        cmocka_unit_test(test_recover_gives_back_what_every_queue_had),
        cmocka_unit_test(test_recover_wakes_only_queues_that_had_something),
        cmocka_unit_test(test_recover_to_fewer_queues_is_refused),
        cmocka_unit_test(test_recover_unanswered_keeps_every_queue_lent),
        cmocka_unit_test(test_close_leaves_every_queue_with_its_requests),
        cmocka_unit_test(test_close_gives_the_list_of_queues_back),
        cmocka_unit_test(test_queue_reset_gives_back_that_queue_alone),
        cmocka_unit_test(test_queue_reset_calls_nothing_back),
        cmocka_unit_test(test_queue_reset_without_its_feature_changes_nothing),
        cmocka_unit_test(test_queue_reset_unconfirmed_keeps_everything_lent),
        cmocka_unit_test(test_queue_not_taken_back_is_dead_until_recovered),
        cmocka_unit_test(test_queue_reset_revives_a_broken_queue),
        cmocka_unit_test(
            test_queue_reset_of_a_device_in_need_of_one_is_refused),
        cmocka_unit_test(test_queue_reset_loses_no_configuration_change),
        cmocka_unit_test(test_waiting_call_resets_its_queue_and_no_other),
        cmocka_unit_test(test_queue_can_have_one_interrupt_for_many),
        cmocka_unit_test(test_capacity_half_written_is_not_taken),
        cmocka_unit_test(test_capacity_change_reaches_every_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
