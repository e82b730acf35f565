/* SPDX-License-Identifier: MIT */
/* Requests on their way out and back (5.2.6). */
#include "fake.h"
#include <string.h>

static uint8_t buf[64 * 1024];
static struct rgt_seg segs[512];

static struct rgt_blk_req request(enum rgt_blk_op op, uint64_t sector,
                                  uint32_t bytes)
{
    segs[0] = (struct rgt_seg){.buf = buf, .len = bytes};
    return (struct rgt_blk_req){
        .op = op,
        .sector = sector,
        .segs = segs,
        .seg_count = op == RGT_BLK_FLUSH ? 0 : 1,
    };
}

/* ---- refusals: neither ring nor share ---------------------------------------
 */

static void assert_refused(struct fake_blk *b, struct rgt_blk_req *req,
                           int expected)
{
    static uint8_t before[16 * 256];
    size_t bytes = 16 * b->f.queue_num;
    unsigned log_count = b->f.log_count;
    unsigned shares = b->f.shares;

    memcpy(before, fake_desc(&b->f, 0), bytes);
    assert_int_equal(rgt_blk_submit(&b->blk, req), expected);
    assert_int_equal(b->f.shares, shares);
    assert_memory_equal(before, fake_desc(&b->f, 0), bytes);
    assert_int_equal(b->f.log_count, log_count);
    assert_int_equal(rgt_blk_kick(&b->blk), 0);
    assert_int_equal(fake_take(&b->f), -1);
}

static void test_blk_refuses_past_the_capacity(void **state)
{
    static const uint64_t cases[][2] = {
        {1000, 512},           {999, 1024},
        {1001, 512},           {UINT64_MAX, 512},
        {UINT64_MAX - 1, 512}, {UINT64_MAX / 512, 512},
        {937, 65536 - 512},    {0x8000000000000000u, 1024},
    };
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i][0] + cases[i][1] / 512 <= 1000 && cases[i][0] < 1000)
            continue;
        struct rgt_blk_req req =
            request(RGT_BLK_READ, cases[i][0], (uint32_t)cases[i][1]);
        assert_refused(&b, &req, RGT_E_INVAL);
        req.op = RGT_BLK_WRITE;
        assert_refused(&b, &req, RGT_E_INVAL);
    }
    struct rgt_blk_req last = request(RGT_BLK_READ, 999, 512);
    assert_int_equal(rgt_blk_submit(&b.blk, &last), 0);
    fake_blk_down(&b);
}

static void test_blk_refuses_lengths_that_are_no_sectors(void **state)
{
    static const uint32_t lengths[] = {0, 1, 511, 513, 1023, 4097};
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct rgt_blk_req req = request(RGT_BLK_READ, 0, lengths[i]);
        assert_refused(&b, &req, RGT_E_INVAL);
        req.op = RGT_BLK_WRITE;
        assert_refused(&b, &req, RGT_E_INVAL);
    }
    struct rgt_blk_req none = request(RGT_BLK_READ, 0, 512);
    none.seg_count = 0;
    assert_refused(&b, &none, RGT_E_INVAL);
    struct rgt_blk_req hole = request(RGT_BLK_READ, 0, 512);
    segs[1] = (struct rgt_seg){.buf = buf, .len = 0};
    hole.seg_count = 2;
    assert_refused(&b, &hole, RGT_E_INVAL);
    fake_blk_down(&b);
}

static void test_blk_refuses_2_to_the_32_bytes(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_put64(b.f.config, UINT64_MAX);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_WRITE, 0, 0x80000000u);
    segs[1] = segs[0];
    req.seg_count = 2;
    assert_refused(&b, &req, RGT_E_INVAL);
    req = request(RGT_BLK_WRITE, 0, 0xfffffe00u); /* the largest that fits */
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    fake_blk_down(&b);
}

static void test_blk_refuses_write_on_a_read_only_device(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_RO);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_WRITE, 0, 512);
    assert_refused(&b, &req, RGT_E_NOTSUP);
    req.op = RGT_BLK_READ;
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    fake_blk_down(&b);
}

static void test_blk_refuses_flush_that_was_not_negotiated(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.cfg.features_wanted = ~RGT_FEATURE(VIRTIO_BLK_F_FLUSH);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_FLUSH, 0, 0);
    assert_refused(&b, &req, RGT_E_NOTSUP);
    fake_blk_down(&b);
}

static void test_blk_refuses_malformed_flush_id_and_op(void **state)
{
    static const uint32_t lengths[] = {1, 19, 21, 512};
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_FLUSH, 0, 512);
    req.seg_count = 1;
    assert_refused(&b, &req, RGT_E_INVAL);
    for (size_t i = 0; i < 4; i++) {
        req = request(RGT_BLK_ID, 0, lengths[i]);
        assert_refused(&b, &req, RGT_E_INVAL);
    }
    req.seg_count = 0;
    assert_refused(&b, &req, RGT_E_INVAL);
    req = request((enum rgt_blk_op)8, 0, 512);
    assert_refused(&b, &req, RGT_E_INVAL);
    req = request((enum rgt_blk_op) - 1, 0, 512);
    assert_refused(&b, &req, RGT_E_INVAL);
    req = request(RGT_BLK_LIFETIME, 0, 6); /* not negotiated */
    assert_refused(&b, &req, RGT_E_NOTSUP);
    fake_blk_down(&b);
}

static void test_blk_refuses_more_pieces_than_seg_max(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered |=
        RGT_FEATURE(VIRTIO_BLK_F_SEG_MAX) | RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX);
    fake_put32(b.f.config + 8, 1000);
    fake_put32(b.f.config + 12, 3);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_READ, 0, 3072); /* 4 pieces */
    assert_refused(&b, &req, RGT_E_INVAL);
    req = request(RGT_BLK_READ, 0, 2560); /* 3 pieces */
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    fake_blk_down(&b);
}

static void test_blk_refuses_more_pieces_than_the_queue_can_hold(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 8;
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_READ, 0, 512);
    for (unsigned i = 0; i < 8; i++)
        segs[i] = (struct rgt_seg){.buf = buf + 512 * i, .len = 512};
    req.seg_count = 7;
    assert_refused(&b, &req, RGT_E_INVAL);
    req.seg_count = 6;
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    fake_blk_down(&b);
}

static void test_blk_full_queue_says_again_and_shares_nothing(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req reqs[3];
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 4;
    fake_blk_up(&b);
    reqs[0] = request(RGT_BLK_READ, 0, 512);
    reqs[1] = reqs[0];
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[0]), 0);
    assert_int_equal(rgt_blk_submit(&b.blk, &reqs[1]), RGT_E_AGAIN);
    assert_int_equal(b.f.shares, 1);
    fake_blk_down(&b);
}

static void test_blk_share_failing_half_way_is_undone(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(RGT_BLK_READ, 0, 512);
    for (unsigned i = 0; i < 3; i++)
        segs[i] = (struct rgt_seg){.buf = buf + 512 * i, .len = 512};
    req.seg_count = 3;
    b.f.share_fails_at = 3;
    assert_int_equal(rgt_blk_submit(&b.blk, &req), RGT_E_NOMEM);
    assert_int_equal(b.f.unshares, 2);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    assert_int_equal(fake_take(&b.f), -1);
    b.f.share_fails_at = 0;
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    fake_blk_down(&b);
}

/* ---- chains
 * -------------------------------------------------------------------- */

/* Reads the chain at head as flags and lengths. */
static unsigned chain_of(struct fake *f, int head, uint32_t *lens,
                         uint16_t *writes)
{
    unsigned n = 0;
    unsigned at = (unsigned)head;

    for (;;) {
        const uint8_t *d = fake_desc(f, at);
        lens[n] = fake_get32(d + 8);
        writes[n++] = fake_get16(d + 12) & VIRTQ_DESC_F_WRITE;
        if ((fake_get16(d + 12) & VIRTQ_DESC_F_NEXT) == 0 || n == 32)
            return n;
        at = fake_get16(d + 14);
    }
}

static void check_chain(enum rgt_blk_op op, uint32_t bytes,
                        const uint32_t *lens, const uint16_t *writes,
                        unsigned count)
{
    struct fake_blk b;
    uint32_t got_lens[32];
    uint16_t got_writes[32];

    fake_blk_init(&b);
    b.f.offered |=
        RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX) | RGT_FEATURE(VIRTIO_BLK_F_LIFETIME);
    fake_put32(b.f.config + 8, 1024);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(op, 0, bytes);
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    assert_int_equal(chain_of(&b.f, fake_take(&b.f), got_lens, got_writes),
                     count);
    assert_memory_equal(got_lens, lens, count * sizeof(*lens));
    assert_memory_equal(got_writes, writes, count * sizeof(*writes));
    fake_blk_down(&b);
}

static void test_blk_chains_are_as_documented(void **state)
{
    static const uint32_t io[] = {16, 1024, 512, 1};
    static const uint16_t in[] = {0, 2, 2, 2};
    static const uint16_t out[] = {0, 0, 0, 2};
    static const uint32_t flush[] = {16, 1};
    static const uint16_t flush_w[] = {0, 2};
    static const uint32_t id[] = {16, 20, 1};
    static const uint16_t id_w[] = {0, 2, 2};
    static const uint32_t lifetime[] = {16, 6, 1};
    (void)state;

    check_chain(RGT_BLK_READ, 1536, io, in, 4);
    check_chain(RGT_BLK_WRITE, 1536, io, out, 4);
    check_chain(RGT_BLK_FLUSH, 0, flush, flush_w, 2);
    check_chain(RGT_BLK_ID, 20, id, id_w, 3);
    check_chain(RGT_BLK_LIFETIME, 6, lifetime, id_w, 3);
}

static void test_blk_headers_are_as_specified(void **state)
{
    static const struct {
        enum rgt_blk_op op;
        uint32_t bytes, type;
        uint64_t sector;
    } cases[] = {
        {RGT_BLK_READ, 512, 0, 0x123456789u},
        {RGT_BLK_WRITE, 512, 1, 0x123456789u},
        {RGT_BLK_FLUSH, 0, 4, 0},
        {RGT_BLK_ID, 20, 8, 0},
        {RGT_BLK_LIFETIME, 6, 10, 0},
    };
    struct rgt_blk_req reqs[5];
    struct rgt_seg own[5];
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_LIFETIME);
    fake_put64(b.f.config, UINT64_MAX);
    fake_blk_up(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reqs[i] = request(cases[i].op, 0x123456789u, cases[i].bytes);
        own[i] = segs[0];
        reqs[i].segs = &own[i];
        assert_int_equal(rgt_blk_submit(&b.blk, &reqs[i]), 0);
        assert_int_equal(rgt_blk_kick(&b.blk), 0);
        const uint8_t *d = fake_desc(&b.f, (unsigned)fake_take(&b.f));
        const uint8_t *header = fake_cpu(fake_get64(d));
        assert_int_equal(fake_get32(header), cases[i].type);
        assert_int_equal(fake_get32(header + 4), 0);
        assert_int_equal(fake_get64(header + 8), cases[i].sector);
    }
    fake_blk_down(&b);
}

static void test_blk_indirect_fills_the_queue_with_requests(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req reqs[5];
    struct rgt_seg own[5];
    (void)state;

    fake_blk_init(&b);
    b.f.offered |= RGT_FEATURE(VIRTIO_F_INDIRECT_DESC);
    b.f.queue_max = 4;
    b.cfg.indirect_entries = 4;
    fake_blk_up(&b);
    for (int i = 0; i < 5; i++) {
        own[i] = (struct rgt_seg){.buf = buf, .len = 512};
        reqs[i] = request(RGT_BLK_READ, 0, 512);
        reqs[i].segs = &own[i];
        assert_int_equal(rgt_blk_submit(&b.blk, &reqs[i]),
                         i < 4 ? 0 : RGT_E_AGAIN);
    }
    fake_blk_down(&b);
}

/* ---- batches
 * ------------------------------------------------------------------- */

static void test_blk_batch_costs_one_index_store_and_one_kick(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req reqs[10];
    struct rgt_seg own[10];
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (int i = 0; i < 10; i++) {
        own[i] = (struct rgt_seg){.buf = buf, .len = 512};
        reqs[i] = request(RGT_BLK_READ, 0, 512);
        reqs[i].segs = &own[i];
        assert_int_equal(rgt_blk_submit(&b.blk, &reqs[i]), 0);
    }
    assert_int_equal(fake_take(&b.f), -1);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 10), 0); /* publishes nothing */
    assert_int_equal(fake_take(&b.f), -1);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    assert_int_equal(fake_get16(fake_avail(&b.f) + 2), 10);
    assert_int_equal(b.f.kicks, 1);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    assert_int_equal(b.f.kicks, 1);
    fake_blk_down(&b);
}

/* ---- completions
 * ---------------------------------------------------------------- */

/* One request served by hand: status byte and used length as given. */
static int serve(enum rgt_blk_op op, uint32_t bytes, uint8_t status,
                 uint32_t len, int *poll)
{
    struct fake_blk b;
    struct rgt_blk_req *out = NULL;

    fake_blk_init(&b);
    fake_blk_up(&b);
    struct rgt_blk_req req = request(op, 0, bytes);
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    int head = fake_take(&b.f);
    unsigned at = (unsigned)head;
    while (fake_get16(fake_desc(&b.f, at) + 12) & VIRTQ_DESC_F_NEXT)
        at = fake_get16(fake_desc(&b.f, at) + 14);
    *(uint8_t *)fake_cpu(fake_get64(fake_desc(&b.f, at))) = status;
    fake_use(&b.f, (uint32_t)head, len);
    *poll = rgt_blk_poll(&b.blk, &out, 1);
    if (*poll == 1)
        assert_ptr_equal(out, &req);
    fake_blk_down(&b);
    return req.result;
}

static void test_blk_status_is_the_result(void **state)
{
    int poll;
    (void)state;

    for (unsigned s = 0; s < 256; s++) {
        int expected = s == 0   ? 0
                       : s == 1 ? RGT_E_IO
                       : s == 2 ? RGT_E_NOTSUP
                                : RGT_E_PROTO;
        assert_int_equal(serve(RGT_BLK_READ, 512, (uint8_t)s, 513, &poll),
                         expected);
        assert_int_equal(poll, 1);
        assert_int_equal(serve(RGT_BLK_FLUSH, 0, (uint8_t)s, 1, &poll),
                         expected);
        assert_int_equal(poll, 1);
    }
}

static void
test_blk_used_len_short_of_the_status_is_an_unknown_outcome(void **s)
{
    static const uint32_t lens[] = {0, 1, 511, 512};
    int poll;
    (void)s;

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(serve(RGT_BLK_READ, 512, 0, lens[i], &poll), RGT_E_IO);
        assert_int_equal(poll, 1);
    }
    assert_int_equal(serve(RGT_BLK_WRITE, 512, 0, 0, &poll), RGT_E_IO);
    assert_int_equal(serve(RGT_BLK_ID, 20, 0, 20, &poll), RGT_E_IO);
}

static void test_blk_used_len_beyond_the_status_kills_the_queue(void **state)
{
    int poll;
    (void)state;

    (void)serve(RGT_BLK_READ, 512, 0, 514, &poll);
    assert_int_equal(poll, RGT_E_PROTO);
    (void)serve(RGT_BLK_WRITE, 512, 0, 2, &poll);
    assert_int_equal(poll, RGT_E_PROTO);
}

static void test_blk_status_never_written_is_not_success(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (int round = 0; round < 2; round++) {
        struct rgt_blk_req req = request(RGT_BLK_READ, 0, 512);
        assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
        assert_int_equal(rgt_blk_kick(&b.blk), 0);
        if (round == 0)
            fake_serve_ok(&b.f);
        else
            fake_use(&b.f, (uint32_t)fake_take(&b.f), 513);
        assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), 1);
        assert_int_equal(req.result, round == 0 ? 0 : RGT_E_PROTO);
    }
    fake_blk_down(&b);
}

static void test_blk_completions_in_any_order_reach_their_requests(void **state)
{
    struct fake_blk b;
    struct rgt_blk_req reqs[8];
    struct rgt_blk_req *out[8];
    int heads[8];
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (int i = 0; i < 8; i++) {
        reqs[i] = request(RGT_BLK_FLUSH, 0, 0);
        assert_int_equal(rgt_blk_submit(&b.blk, &reqs[i]), 0);
    }
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    for (int i = 0; i < 8; i++)
        heads[i] = fake_take(&b.f);
    for (int i = 7; i >= 0; i--)
        fake_use(&b.f, (uint32_t)heads[i], 1);
    assert_int_equal(rgt_blk_poll(&b.blk, out, 3), 3);
    assert_int_equal(rgt_blk_poll(&b.blk, out + 3, 8), 5);
    for (int i = 0; i < 8; i++)
        assert_ptr_equal(out[i], &reqs[7 - i]);
    assert_int_equal(rgt_blk_poll(&b.blk, out, 8), 0);
    assert_int_equal(rgt_blk_poll(&b.blk, out, 0), 0);
    fake_blk_down(&b);
}

static struct rgt_blk *again_blk;
static int calls;

static void submit_again(struct rgt_blk_req *req)
{
    if (++calls < 5) {
        assert_int_equal(rgt_blk_submit(again_blk, req), 0);
        assert_int_equal(rgt_blk_kick(again_blk), 0);
    }
}

static void test_blk_callback_may_submit_again(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    again_blk = &b.blk;
    calls = 0;
    struct rgt_blk_req req = request(RGT_BLK_READ, 0, 512);
    req.done = submit_again;
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    for (int i = 0; i < 5; i++) {
        fake_serve_ok(&b.f);
        assert_int_equal(calls, i);
        assert_int_equal(rgt_blk_poll(&b.blk, NULL, 8), 1);
    }
    assert_int_equal(calls, 5);
    fake_blk_down(&b);
}

static void test_blk_interrupt_without_completion_is_harmless(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (int i = 0; i < 3; i++) {
        b.f.interrupt = 1;
        assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_INT_USED);
        assert_int_equal(rgt_blk_poll(&b.blk, NULL, 8), 0);
    }
    fake_blk_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blk_refuses_past_the_capacity),
        cmocka_unit_test(test_blk_refuses_lengths_that_are_no_sectors),
        cmocka_unit_test(test_blk_refuses_2_to_the_32_bytes),
        cmocka_unit_test(test_blk_refuses_write_on_a_read_only_device),
        cmocka_unit_test(test_blk_refuses_flush_that_was_not_negotiated),
        cmocka_unit_test(test_blk_refuses_malformed_flush_id_and_op),
        cmocka_unit_test(test_blk_refuses_more_pieces_than_seg_max),
        cmocka_unit_test(test_blk_refuses_more_pieces_than_the_queue_can_hold),
        cmocka_unit_test(test_blk_full_queue_says_again_and_shares_nothing),
        cmocka_unit_test(test_blk_share_failing_half_way_is_undone),
        cmocka_unit_test(test_blk_chains_are_as_documented),
        cmocka_unit_test(test_blk_headers_are_as_specified),
        cmocka_unit_test(test_blk_indirect_fills_the_queue_with_requests),
        cmocka_unit_test(test_blk_batch_costs_one_index_store_and_one_kick),
        cmocka_unit_test(test_blk_status_is_the_result),
        cmocka_unit_test(
            test_blk_used_len_short_of_the_status_is_an_unknown_outcome),
        cmocka_unit_test(test_blk_used_len_beyond_the_status_kills_the_queue),
        cmocka_unit_test(test_blk_status_never_written_is_not_success),
        cmocka_unit_test(
            test_blk_completions_in_any_order_reach_their_requests),
        cmocka_unit_test(test_blk_callback_may_submit_again),
        cmocka_unit_test(test_blk_interrupt_without_completion_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
