/* SPDX-License-Identifier: MIT */
/* The block driver over every kind of ring: what comes back is what was asked
 * for, whatever the features and the size. */
#include "fake_packed.h"
#include <string.h>

#define DEPTH 16u
#define SECTORS 1000u

#define PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)
#define IN_ORDER RGT_FEATURE(VIRTIO_F_IN_ORDER)
#define EVENT_IDX RGT_FEATURE(VIRTIO_F_EVENT_IDX)
#define INDIRECT RGT_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define DATA RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA)

/* A chain as the device has it, direct ones and tables alike. */
struct work {
    uint16_t id;
    unsigned descs;
    unsigned count;
    struct fake_packed_piece pieces[32];
    uint32_t writable_bytes;
};

static struct fake_blk b;
static uint32_t seed;
static struct rgt_blk_req reqs[DEPTH];
static struct rgt_seg segs[DEPTH][2];
static uint8_t data[DEPTH][1024];

static uint32_t roll(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

/* ---- the device ---------------------------------------------------------- */

static bool is_packed(void)
{
    return (b.f.accepted & PACKED) != 0;
}

static bool take_packed(struct work *w)
{
    struct fake_packed p = fake_packed_load(&b.f);
    struct fake_packed_chain c;

    if (!fake_packed_take(&p, &c))
        return false;
    fake_packed_save(&p, &b.f);
    assert_true(c.count <= 32);
    *w = (struct work){.id = c.id,
                       .descs = c.descs,
                       .count = c.count,
                       .writable_bytes = c.writable_bytes};
    memcpy(w->pieces, c.pieces, sizeof(w->pieces));
    return true;
}

static void walk_split(struct work *w, const uint8_t *table, unsigned at)
{
    uint16_t flags;

    do {
        const uint8_t *d = table + 16 * (size_t)at;
        flags = fake_get16(d + 12);
        if ((flags & VIRTQ_DESC_F_INDIRECT) != 0) {
            walk_split(w, fake_cpu(fake_get64(d)), 0);
            return;
        }
        assert_true(w->count < 32);
        struct fake_packed_piece *p = &w->pieces[w->count++];
        p->addr = fake_get64(d);
        p->len = fake_get32(d + 8);
        p->write = (flags & VIRTQ_DESC_F_WRITE) != 0;
        if (p->write)
            w->writable_bytes += p->len;
        at = fake_get16(d + 14);
    } while ((flags & VIRTQ_DESC_F_NEXT) != 0);
}

static bool take(struct work *w)
{
    int head;

    if (is_packed())
        return take_packed(w);
    head = fake_take(&b.f);
    *w = (struct work){.id = (uint16_t)head};
    if (head >= 0)
        walk_split(w, fake_desc(&b.f, 0), (unsigned)head);
    return head >= 0;
}

static void use(const struct work *w)
{
    struct fake_packed p;

    b.f.interrupt |= 1;
    if (!is_packed()) {
        fake_use(&b.f, w->id, w->writable_bytes);
        return;
    }
    p = fake_packed_load(&b.f);
    fake_packed_use(&p, w->id, w->writable_bytes, w->descs);
    fake_packed_save(&p, &b.f);
}

/* A read gets the low byte of its sector in every byte; a write has to have
 * it. */
static void do_request(const struct work *w)
{
    const uint8_t *header = fake_cpu(w->pieces[0].addr);
    uint8_t value = header[8];

    assert_int_equal(w->pieces[0].len, 16);
    for (unsigned i = 1; i + 1 < w->count; i++) {
        uint8_t *at = fake_cpu(w->pieces[i].addr);
        uint32_t len = w->pieces[i].len;
        if (w->pieces[i].write)
            memset(at, value, len);
        else
            assert_true(at[0] == value && at[len - 1] == value);
    }
    assert_int_equal(w->pieces[w->count - 1].len, 1);
    *(uint8_t *)fake_cpu(w->pieces[w->count - 1].addr) = 0;
}

/* Does what there is, but for keep requests; in any order, if it may. */
static void serve(unsigned keep)
{
    static struct work held[256];
    static unsigned count;
    bool in_order = (b.f.accepted & IN_ORDER) != 0;

    if (b.f.avail_seen == 0 && b.f.used_idx == 0)
        count = 0; /* the device has been reset */
    while (count < 256 && take(&held[count]))
        count++;
    while (count > keep) {
        unsigned n = in_order ? 0 : roll(count);
        do_request(&held[n]);
        use(&held[n]);
        count--;
        memmove(&held[n], &held[n + 1], (count - n) * sizeof(held[0]));
    }
}

static void serve_all(struct fake *f)
{
    if ((f->status & VIRTIO_STATUS_DRIVER_OK) != 0)
        serve(0);
}

/* ---- the driver ---------------------------------------------------------- */

static bool busy[DEPTH];

static int submit(unsigned i)
{
    struct rgt_blk_req *req = &reqs[i];
    bool write = roll(2) == 0;
    uint32_t sector = roll(SECTORS - 2);

    for (unsigned k = 0; k < 2; k++)
        segs[i][k] = (struct rgt_seg){.buf = data[i] + 512 * k, .len = 512};
    memset(data[i], write ? (int)(sector & 0xff) : 0xee, sizeof(data[i]));
    *req = (struct rgt_blk_req){
        .op = write ? RGT_BLK_WRITE : RGT_BLK_READ,
        .sector = sector,
        .segs = segs[i],
        .seg_count = rgt_blk_info(&b.blk)->seg_max > 1 ? 1 + roll(2) : 1,
    };
    return rgt_blk_submit(&b.blk, req);
}

static void check(const struct rgt_blk_req *req, int result)
{
    long i = req - reqs;

    assert_in_range(i, 0, DEPTH - 1);
    assert_true(busy[i]);
    busy[i] = false;
    assert_int_equal(req->result, result);
    for (uint32_t n = 0; result == 0 && n < req->seg_count * 512; n++)
        assert_int_equal(data[i][n], req->sector & 0xff);
}

static void poll(int result)
{
    struct rgt_blk_req *req;
    int found;

    while ((found = rgt_blk_poll(&b.blk, &req, 1)) == 1)
        check(req, result);
    assert_int_equal(found, 0);
}

static unsigned busy_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < DEPTH; i++)
        count += busy[i];
    return count;
}

static void rounds(unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        for (unsigned i = 0; i < DEPTH; i++) {
            if (busy[i] || roll(2) == 0)
                continue;
            int err = submit(i);
            assert_true(err == 0 || err == RGT_E_AGAIN);
            busy[i] = err == 0;
        }
        assert_int_equal(rgt_blk_kick(&b.blk), 0);
        serve(roll(4));
        poll(0);
        b.f.log_count = 0;
    }
}

static void run(uint64_t features, uint32_t size, uint16_t indirect)
{
    uint8_t sector[512];

    seed = size;
    fake_blk_init(&b);
    b.f.offered |= features;
    b.f.queue_max = size;
    b.f.serve = serve_all;
    b.cfg.indirect_entries = indirect;
    fake_blk_up(&b);
    assert_int_equal(b.f.accepted & features, features);
    rounds(300);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    /* What is out when the device is reset comes back once, then all works. */
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    poll(RGT_E_IO);
    assert_int_equal(busy_count(), 0);
    rounds(50);
    serve(0);
    poll(0);
    assert_int_equal(busy_count(), 0);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 7, sector, 512), 0);
    assert_int_equal(sector[511], 7);
    fake_blk_down(&b);
}

static const uint64_t extras[] = {
    0, IN_ORDER, EVENT_IDX, DATA | EVENT_IDX, IN_ORDER | EVENT_IDX | DATA,
};

static void over(uint64_t ring, const uint32_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(extras) / sizeof(extras[0]); k++) {
            run(ring | extras[k], sizes[i], 0);
            run(ring | extras[k] | INDIRECT, sizes[i], 4);
            run(ring | extras[k] | INDIRECT, sizes[i], 3);
        }
    }
}

static void test_blk_works_over_every_split_ring(void **state)
{
    static const uint32_t sizes[] = {4, 7, 8, 64, 256};
    (void)state;
    over(0, sizes, sizeof(sizes) / sizeof(sizes[0]));
}

static void test_blk_works_over_every_packed_ring(void **state)
{
    static const uint32_t sizes[] = {4, 5, 7, 8, 13, 64, 100, 256};
    (void)state;
    over(PACKED, sizes, sizeof(sizes) / sizeof(sizes[0]));
}

static void test_blk_split_chain_may_end_in_a_table(void **state)
{
    (void)state;
    run(INDIRECT, 8, 2 | RGT_VQ_INDIRECT_TAIL);
    run(INDIRECT, 64, 3 | RGT_VQ_INDIRECT_TAIL);
    run(INDIRECT | IN_ORDER, 64, 2 | RGT_VQ_INDIRECT_TAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blk_works_over_every_split_ring),
        cmocka_unit_test(test_blk_works_over_every_packed_ring),
        cmocka_unit_test(test_blk_split_chain_may_end_in_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
