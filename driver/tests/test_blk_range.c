/* SPDX-License-Identifier: MIT */
/* DISCARD, WRITE_ZEROES, SECURE_ERASE: what reaches the device of ranges of
 * any number and size (5.2.6, 5.2.6.1). */
#include "fake.h"
#include <string.h>

#define RANGES_MAX 64
#define SEEN_MAX 4096

/* Offsets of the limits in struct virtio_blk_config, by the specification. */
static const struct op_case {
    enum rgt_blk_op op;
    uint32_t type;
    unsigned feature;
    unsigned sectors_at, segs_at, alignment_at;
} ops[] = {
    {RGT_BLK_DISCARD, 11, 13, 36, 40, 44},
    {RGT_BLK_WRITE_ZEROES, 13, 14, 48, 52, 0},
    {RGT_BLK_SECURE_ERASE, 14, 16, 60, 64, 68},
};

struct limits {
    uint32_t sectors, segs, alignment;
};

/* What the device saw. */
static struct {
    struct {
        uint64_t sector;
        uint32_t count, flags;
    } ranges[SEEN_MAX];
    unsigned range_count, request_count;
} seen;

static struct fake_blk dev;
static struct rgt_blk_range ranges[RANGES_MAX];
static struct rgt_blk_req req;

static void init(const struct op_case *c, struct limits limits)
{
    fake_blk_init(&dev);
    memset(&seen, 0, sizeof(seen));
    dev.f.offered |= RGT_FEATURE(c->feature);
    fake_put64(dev.f.config, 1000000);
    fake_put32(dev.f.config + c->sectors_at, limits.sectors);
    fake_put32(dev.f.config + c->segs_at, limits.segs);
    if (c->alignment_at != 0)
        fake_put32(dev.f.config + c->alignment_at, limits.alignment);
    dev.cfg.range_segs = 6;
}

static void up(const struct op_case *c, struct limits limits)
{
    init(c, limits);
    fake_blk_up(&dev);
}

static int submit(enum rgt_blk_op op, uint32_t range_count)
{
    req = (struct rgt_blk_req){
        .op = op, .ranges = ranges, .range_count = range_count, .result = 1};
    return rgt_blk_submit(&dev.blk, &req);
}

/* ---- the device ---------------------------------------------------------- */

/* Takes the data of one chain as a row of bytes, however it is cut; returns
 * the number of bytes. */
static uint32_t gather(unsigned head, uint8_t *to, uint8_t **status)
{
    uint32_t bytes = 0;

    for (unsigned at = head;; at = fake_get16(fake_desc(&dev.f, at) + 14)) {
        const uint8_t *d = fake_desc(&dev.f, at);
        uint16_t flags = fake_get16(d + 12);
        uint32_t len = fake_get32(d + 8);
        if ((flags & VIRTQ_DESC_F_NEXT) == 0) {
            assert_true(flags & VIRTQ_DESC_F_WRITE);
            assert_int_equal(len, 1);
            *status = fake_cpu(fake_get64(d));
            return bytes;
        }
        assert_false(flags & VIRTQ_DESC_F_WRITE);
        memcpy(to + bytes, fake_cpu(fake_get64(d)), len);
        bytes += len;
    }
}

/* Serves one request, if there is one, and checks it by the rules. */
static bool serve_one(const struct op_case *c, struct limits limits,
                      uint8_t status_value)
{
    uint8_t data[16 + 16 * 64];
    uint8_t *status;
    uint64_t sum = 0;
    int head = fake_take(&dev.f);

    if (head < 0)
        return false;
    uint32_t bytes = gather((unsigned)head, data, &status);
    assert_int_equal(fake_get32(data), c->type);
    assert_int_equal(fake_get32(data + 4), 0);
    assert_int_equal(fake_get64(data + 8), 0);
    assert_true(bytes > 16 && bytes % 16 == 0);
    assert_true(bytes / 16 - 1 <= limits.segs);
    for (uint32_t at = 16; at < bytes; at += 16) {
        unsigned i = seen.range_count++;
        assert_true(i < SEEN_MAX);
        seen.ranges[i].sector = fake_get64(data + at);
        seen.ranges[i].count = fake_get32(data + at + 8);
        seen.ranges[i].flags = fake_get32(data + at + 12);
        assert_true(seen.ranges[i].count > 0);
        sum += seen.ranges[i].count;
    }
    assert_true(sum <= limits.sectors);
    seen.request_count++;
    *status = status_value;
    fake_use(&dev.f, (uint32_t)head, 1);
    dev.f.interrupt |= 1;
    return true;
}

/* Serves and polls until the request is done. */
static void finish(const struct op_case *c, struct limits limits)
{
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    while (serve_one(c, limits, 0)) {
        int n = rgt_blk_poll(&dev.blk, NULL, 4);
        assert_true(n == 0 || n == 1);
        if (n == 1)
            break;
    }
    assert_int_equal(req.result, 0);
    assert_int_equal(fake_take(&dev.f), -1);
}

/* That what was seen is what was asked for: all of it, in order, once. */
static void assert_covered(uint32_t range_count)
{
    unsigned k = 0;

    for (uint32_t i = 0; i < range_count; i++) {
        uint64_t at = ranges[i].sector;
        uint64_t end = at + ranges[i].sector_count;
        while (at < end) {
            assert_true(k < seen.range_count);
            assert_int_equal(seen.ranges[k].sector, at);
            assert_int_equal(seen.ranges[k].flags, ranges[i].unmap);
            at += seen.ranges[k++].count;
        }
        assert_int_equal(at, end);
    }
    assert_int_equal(k, seen.range_count);
}

/* ---- one request --------------------------------------------------------- */

static void test_range_request_has_the_bytes_of_5_2_6(void **state)
{
    static const uint8_t expected[] = {0x08, 0x07, 0x06, 0x00, 0, 0, 0, 0,
                                       0x02, 0x01, 0,    0,    0, 0, 0, 0};
    struct limits limits = {1000, 8, 0};
    uint8_t data[64];
    uint8_t *status;
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        up(&ops[i], limits);
        ranges[0] = (struct rgt_blk_range){0x60708, 0x102, false};
        assert_int_equal(submit(ops[i].op, 1), 0);
        assert_int_equal(rgt_blk_kick(&dev.blk), 0);
        unsigned head = (unsigned)fake_take(&dev.f);
        assert_int_equal(gather(head, data, &status), 32);
        assert_int_equal(fake_get32(data), ops[i].type);
        assert_memory_equal(data + 16, expected, 16);
        const uint8_t *d = fake_desc(&dev.f, head); /* R16 | R16n | W1 */
        assert_int_equal(fake_get32(d + 8), 16);
        d = fake_desc(&dev.f, fake_get16(d + 14));
        assert_int_equal(fake_get32(d + 8), 16);
        fake_blk_down(&dev);
    }
}

static void test_range_unmap_is_for_write_zeroes(void **state)
{
    struct limits limits = {1000, 8, 0};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        up(&ops[i], limits);
        ranges[0] = (struct rgt_blk_range){0, 8, false};
        ranges[1] = (struct rgt_blk_range){8, 8, true};
        if (ops[i].op == RGT_BLK_WRITE_ZEROES) {
            assert_int_equal(submit(ops[i].op, 2), 0);
            finish(&ops[i], limits);
            assert_covered(2);
            assert_int_equal(seen.ranges[1].flags, 1);
        } else {
            assert_int_equal(submit(ops[i].op, 2), RGT_E_INVAL);
            assert_int_equal(submit(ops[i].op, 1), 0);
        }
        fake_blk_down(&dev);
    }
}

/* ---- refusals ------------------------------------------------------------ */

static void assert_refused(enum rgt_blk_op op, uint32_t count, int expected)
{
    unsigned log_count = dev.f.log_count;

    assert_int_equal(submit(op, count), expected);
    assert_int_equal(dev.f.log_count, log_count);
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_int_equal(fake_take(&dev.f), -1);
}

static void test_range_outside_the_capacity_is_refused(void **state)
{
    static const uint64_t bad[][2] = {
        {1000000, 1},    {999999, 2},     {0, 1000001}, {UINT64_MAX, 1},
        {1, UINT64_MAX}, {UINT64_MAX, 2}, {5, 0},
    };
    struct limits limits = {1000, 8, 0};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        up(&ops[i], limits);
        for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
            ranges[0] = (struct rgt_blk_range){bad[k][0], bad[k][1], false};
            assert_refused(ops[i].op, 1, RGT_E_INVAL);
            ranges[1] = ranges[0];
            ranges[0] = (struct rgt_blk_range){0, 1, false};
            assert_refused(ops[i].op, 2, RGT_E_INVAL);
        }
        assert_refused(ops[i].op, 0, RGT_E_INVAL);
        fake_blk_down(&dev);
    }
}

static void test_range_request_takes_no_segments(void **state)
{
    static uint8_t buf[512];
    struct rgt_seg seg = {.buf = buf, .len = 16};
    (void)state;

    up(&ops[0], (struct limits){1000, 8, 0});
    ranges[0] = (struct rgt_blk_range){0, 1, false};
    req = (struct rgt_blk_req){.op = RGT_BLK_DISCARD,
                               .ranges = ranges,
                               .range_count = 1,
                               .segs = &seg,
                               .seg_count = 1};
    assert_int_equal(rgt_blk_submit(&dev.blk, &req), RGT_E_INVAL);
    assert_int_equal(dev.f.shares, 0);
    fake_blk_down(&dev);
}

static void test_range_request_not_negotiated_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        up(&ops[i], (struct limits){1000, 8, 0});
        ranges[0] = (struct rgt_blk_range){0, 1, false};
        for (size_t k = 0; k < 3; k++)
            if (k != i)
                assert_refused(ops[k].op, 1, RGT_E_NOTSUP);
        fake_blk_down(&dev);
    }
}

static void test_range_request_on_a_read_only_device_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        init(&ops[i], (struct limits){1000, 8, 0});
        dev.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_RO);
        fake_blk_up(&dev);
        ranges[0] = (struct rgt_blk_range){0, 1, false};
        assert_refused(ops[i].op, 1, RGT_E_NOTSUP);
        fake_blk_down(&dev);
    }
}

static void test_range_limits_of_0_allow_no_request(void **state)
{
    static const struct limits none[] = {{0, 8, 0}, {1000, 0, 0}, {0, 0, 0}};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            up(&ops[i], none[k]);
            ranges[0] = (struct rgt_blk_range){0, 1, false};
            assert_refused(ops[i].op, 1, RGT_E_NOTSUP);
            fake_blk_down(&dev);
        }
    }
}

static void test_range_that_no_chain_can_carry_is_refused(void **state)
{
    (void)state;

    init(&ops[0], (struct limits){1000, 8, 0});
    dev.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX);
    fake_put32(dev.f.config + 8, 1); /* 16 pieces for one range */
    dev.f.queue_max = 16;
    fake_blk_up(&dev);
    ranges[0] = (struct rgt_blk_range){0, 1, false};
    assert_refused(RGT_BLK_DISCARD, 1, RGT_E_NOTSUP);
    fake_blk_down(&dev);
}

static void test_range_segs_too_many_is_a_wrong_config(void **state)
{
    (void)state;

    fake_blk_init(&dev);
    dev.cfg.range_segs = RGT_BLK_RANGE_SEGS_MAX + 1;
    assert_int_equal(rgt_blk_init(&dev.blk, &dev.cfg), RGT_E_INVAL);
    assert_int_equal(dev.f.log_count, 0);
}

/* ---- cutting and gathering ----------------------------------------------- */

static void test_range_small_ones_share_a_request(void **state)
{
    struct limits limits = {1000, 4, 0};
    (void)state;

    up(&ops[0], limits);
    for (unsigned i = 0; i < 10; i++)
        ranges[i] = (struct rgt_blk_range){100 * i, 10, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 10), 0);
    finish(&ops[0], limits);
    assert_int_equal(seen.request_count, 3); /* 4, 4, 2 */
    assert_covered(10);
    fake_blk_down(&dev);
}

static void test_range_long_one_is_cut_at_the_alignment(void **state)
{
    static const uint32_t ends[] = {192, 384, 576, 600};
    struct limits limits = {200, 1, 64};
    (void)state;

    up(&ops[0], limits);
    ranges[0] = (struct rgt_blk_range){10, 590, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
    finish(&ops[0], limits);
    assert_int_equal(seen.range_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(seen.ranges[i].sector + seen.ranges[i].count, ends[i]);
    assert_covered(1);
    fake_blk_down(&dev);
}

static void test_range_alignment_out_of_reach_is_no_reason_to_stop(void **s)
{
    static const uint32_t alignments[] = {0, 1, 3, 99, 100, 101, UINT32_MAX};
    (void)s;

    for (size_t i = 0; i < sizeof(alignments) / sizeof(alignments[0]); i++) {
        struct limits limits = {100, 3, alignments[i]};
        up(&ops[2], limits);
        ranges[0] = (struct rgt_blk_range){7, 1000, false};
        ranges[1] = (struct rgt_blk_range){5000, 30, false};
        ranges[2] = (struct rgt_blk_range){6001, 333, false};
        assert_int_equal(submit(RGT_BLK_SECURE_ERASE, 3), 0);
        finish(&ops[2], limits);
        assert_covered(3);
        fake_blk_down(&dev);
    }
}

static void test_range_of_more_sectors_than_32_bits_hold(void **state)
{
    struct limits limits = {UINT32_MAX, 1, 0x80000000u};
    (void)state;

    init(&ops[0], limits);
    fake_put64(dev.f.config, UINT64_MAX);
    fake_blk_up(&dev);
    ranges[0] = (struct rgt_blk_range){1, 0x300000000u, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
    finish(&ops[0], limits);
    assert_covered(1);
    assert_int_equal(seen.ranges[0].count, 0xffffffffu); /* ends at 2^32 */
    fake_blk_down(&dev);
}

static void test_range_pieces_are_cut_at_size_max(void **state)
{
    static const uint32_t sizes[] = {1, 5, 15, 16, 17, 31, 32, 100};
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct limits limits = {50, 8, 0};
        init(&ops[1], limits);
        dev.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX);
        fake_put32(dev.f.config + 8, sizes[i]);
        fake_blk_up(&dev);
        for (unsigned k = 0; k < 9; k++)
            ranges[k] = (struct rgt_blk_range){1000 * k, 20 * k + 1, k & 1};
        assert_int_equal(submit(RGT_BLK_WRITE_ZEROES, 9), 0);
        finish(&ops[1], limits);
        assert_covered(9);
        fake_blk_down(&dev);
    }
}

/* Any ranges, any limits: the rules are kept and nothing is lost. */
static void test_range_cut_by_any_limits_covers_what_was_asked(void **state)
{
    uint32_t x = 12345;
    (void)state;

    for (unsigned round = 0; round < 400; round++) {
        uint32_t r[4];
        for (unsigned i = 0; i < 4; i++)
            r[i] = (x = x * 1664525u + 1013904223u) >> 16;
        const struct op_case *c = &ops[r[0] % 3];
        struct limits limits = {1 + r[1] % 97, 1 + r[2] % 9, r[3] % 50};
        uint32_t count = 1 + r[0] % 20;
        up(c, limits);
        for (uint32_t i = 0; i < count; i++) {
            x = x * 1664525u + 1013904223u;
            ranges[i] =
                (struct rgt_blk_range){x >> 14, 1 + (x >> 8) % 300, false};
        }
        assert_int_equal(submit(c->op, count), 0);
        finish(c, limits);
        assert_covered(count);
        fake_blk_down(&dev);
    }
}

/* ---- on the way ---------------------------------------------------------- */

static void test_range_part_that_fails_ends_the_request(void **state)
{
    static const int results[] = {0, RGT_E_IO, RGT_E_NOTSUP, RGT_E_PROTO};
    struct limits limits = {10, 1, 0};
    (void)state;

    for (uint8_t status = 1; status < 4; status++) {
        up(&ops[0], limits);
        ranges[0] = (struct rgt_blk_range){0, 95, false};
        assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
        assert_int_equal(rgt_blk_kick(&dev.blk), 0);
        for (int part = 0; part < 3; part++) {
            assert_true(serve_one(&ops[0], limits, 0));
            assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 0);
        }
        assert_true(serve_one(&ops[0], limits, status));
        assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 1);
        assert_int_equal(req.result, results[status]);
        assert_int_equal(fake_take(&dev.f), -1);
        fake_blk_down(&dev);
    }
}

static void test_range_going_on_costs_one_kick_per_poll(void **state)
{
    struct rgt_blk_req reqs[5];
    struct limits limits = {10, 1, 0};
    (void)state;

    up(&ops[0], limits);
    ranges[0] = (struct rgt_blk_range){0, 20, false};
    for (int i = 0; i < 5; i++) {
        reqs[i] = (struct rgt_blk_req){
            .op = RGT_BLK_DISCARD, .ranges = ranges, .range_count = 1};
        assert_int_equal(rgt_blk_submit(&dev.blk, &reqs[i]), 0);
    }
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_int_equal(dev.f.kicks, 1);
    for (int i = 0; i < 5; i++)
        assert_true(serve_one(&ops[0], limits, 0));
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 8), 0);
    assert_int_equal(dev.f.kicks, 2);
    for (int i = 0; i < 5; i++)
        assert_true(serve_one(&ops[0], limits, 0));
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 8), 5);
    assert_int_equal(dev.f.kicks, 2);
    fake_blk_down(&dev);
}

/* With every descriptor taken, the next part goes where the last one was. */
static void test_range_goes_on_in_a_full_queue(void **state)
{
    struct rgt_blk_req flushes[8];
    struct limits limits = {10, 4, 0};
    int n = 0;
    (void)state;

    init(&ops[0], limits);
    dev.f.queue_max = 8;
    fake_blk_up(&dev);
    ranges[0] = (struct rgt_blk_range){0, 9, false};
    for (unsigned i = 1; i < 8; i++)
        ranges[i] = (struct rgt_blk_range){100 * i, 2, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 8), 0);
    do {
        flushes[n] = (struct rgt_blk_req){.op = RGT_BLK_FLUSH};
    } while (rgt_blk_submit(&dev.blk, &flushes[n]) == 0 && n++ < 7);
    assert_int_equal(n, 2);
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_true(serve_one(&ops[0], limits, 0));
    (void)fake_take(&dev.f); /* the flushes stay where they are */
    (void)fake_take(&dev.f);
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 0);
    while (serve_one(&ops[0], limits, 0))
        (void)rgt_blk_poll(&dev.blk, NULL, 1);
    assert_int_equal(req.result, 0);
    assert_covered(8);
    fake_blk_down(&dev);
}

static void test_range_past_a_capacity_that_shrank_is_not_sent(void **state)
{
    struct limits limits = {10, 1, 0};
    (void)state;

    up(&ops[0], limits);
    ranges[0] = (struct rgt_blk_range){0, 40, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_true(serve_one(&ops[0], limits, 0));
    fake_put64(dev.f.config, 25);
    dev.f.interrupt |= 2;
    assert_true(rgt_blk_interrupt(&dev.blk) > 0);
    assert_int_equal(rgt_blk_changes(&dev.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 0);
    assert_true(serve_one(&ops[0], limits, 0)); /* 10 to 20 */
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 1);
    assert_int_equal(req.result, RGT_E_IO);
    assert_int_equal(fake_take(&dev.f), -1);
    fake_blk_down(&dev);
}

static void test_range_half_way_is_given_back_by_a_recover(void **state)
{
    struct limits limits = {10, 1, 0};
    struct rgt_blk_req *out;
    (void)state;

    up(&ops[0], limits);
    ranges[0] = (struct rgt_blk_range){0, 40, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_true(serve_one(&ops[0], limits, 0));
    assert_int_equal(rgt_blk_poll(&dev.blk, &out, 1), 0);
    assert_int_equal(rgt_blk_recover(&dev.blk), 0);
    assert_int_equal(rgt_blk_poll(&dev.blk, &out, 1), 1);
    assert_ptr_equal(out, &req);
    assert_int_equal(req.result, RGT_E_IO);
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0); /* from the start */
    seen.range_count = 0;
    finish(&ops[0], limits);
    assert_covered(1);
    fake_blk_down(&dev);
}

static void test_range_part_published_with_what_was_submitted(void **state)
{
    struct rgt_blk_req flush = {.op = RGT_BLK_FLUSH};
    struct limits limits = {10, 1, 0};
    (void)state;

    up(&ops[0], limits);
    ranges[0] = (struct rgt_blk_range){0, 20, false};
    assert_int_equal(submit(RGT_BLK_DISCARD, 1), 0);
    assert_int_equal(rgt_blk_kick(&dev.blk), 0);
    assert_true(serve_one(&ops[0], limits, 0));
    assert_int_equal(rgt_blk_submit(&dev.blk, &flush), 0);
    assert_int_equal(rgt_blk_poll(&dev.blk, NULL, 1), 0);
    assert_int_equal(fake_get16(fake_avail(&dev.f) + 2), 3);
    fake_blk_down(&dev);
}

/* ---- waiting calls ------------------------------------------------------- */

static const struct op_case *serving;
static struct limits serving_limits;

static void serve(struct fake *f)
{
    (void)f;
    (void)serve_one(serving, serving_limits, 0);
}

static int call(enum rgt_blk_op op, uint64_t sector, uint64_t count)
{
    switch (op) {
    case RGT_BLK_DISCARD:
        return rgt_blk_discard_sync(&dev.blk, sector, count);
    case RGT_BLK_WRITE_ZEROES:
        return rgt_blk_write_zeroes_sync(&dev.blk, sector, count, true);
    default:
        return rgt_blk_secure_erase_sync(&dev.blk, sector, count);
    }
}

static void test_range_waiting_calls_see_all_parts_through(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        serving = &ops[i];
        serving_limits = (struct limits){16, 2, 8};
        up(&ops[i], serving_limits);
        dev.f.serve = serve;
        ranges[0] =
            (struct rgt_blk_range){3, 100, ops[i].op == RGT_BLK_WRITE_ZEROES};
        assert_int_equal(call(ops[i].op, 3, 100), 0);
        assert_covered(1);
        assert_true(seen.request_count >= 7);
        assert_int_equal(call(ops[i].op, 3, 0), RGT_E_INVAL);
        dev.f.serve = NULL;
        assert_int_equal(call(ops[i].op, 3, 100), RGT_E_TIMEOUT);
        fake_blk_down(&dev);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_request_has_the_bytes_of_5_2_6),
        cmocka_unit_test(test_range_unmap_is_for_write_zeroes),
        cmocka_unit_test(test_range_outside_the_capacity_is_refused),
        cmocka_unit_test(test_range_request_takes_no_segments),
        cmocka_unit_test(test_range_request_not_negotiated_is_refused),
        cmocka_unit_test(test_range_request_on_a_read_only_device_is_refused),
        cmocka_unit_test(test_range_limits_of_0_allow_no_request),
        cmocka_unit_test(test_range_that_no_chain_can_carry_is_refused),
        cmocka_unit_test(test_range_segs_too_many_is_a_wrong_config),
        cmocka_unit_test(test_range_small_ones_share_a_request),
        cmocka_unit_test(test_range_long_one_is_cut_at_the_alignment),
        cmocka_unit_test(
            test_range_alignment_out_of_reach_is_no_reason_to_stop),
        cmocka_unit_test(test_range_of_more_sectors_than_32_bits_hold),
        cmocka_unit_test(test_range_pieces_are_cut_at_size_max),
        cmocka_unit_test(test_range_cut_by_any_limits_covers_what_was_asked),
        cmocka_unit_test(test_range_part_that_fails_ends_the_request),
        cmocka_unit_test(test_range_going_on_costs_one_kick_per_poll),
        cmocka_unit_test(test_range_goes_on_in_a_full_queue),
        cmocka_unit_test(test_range_past_a_capacity_that_shrank_is_not_sent),
        cmocka_unit_test(test_range_half_way_is_given_back_by_a_recover),
        cmocka_unit_test(test_range_part_published_with_what_was_submitted),
        cmocka_unit_test(test_range_waiting_calls_see_all_parts_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
