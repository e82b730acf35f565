/* SPDX-License-Identifier: MIT */
/* The split ring by itself: no registers, the device's half written here. */
#include "fake.h"
#include <string.h>

#define SIZE_MAX_TESTED 256

/* A queue over the fake platform, with the fake's ring half aimed at it. */
struct ring {
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[SIZE_MAX_TESTED];
};

static int tokens[SIZE_MAX_TESTED];

static void ring_up(struct ring *r, uint32_t size, uint64_t features,
                    uint16_t indirect)
{
    fake_init(&r->f);
    struct rgt_vq_config cfg = {
        .hal = &r->f.hal,
        .transport = &r->f.mmio.transport,
        .features = features,
        .slots = r->slots,
        .slot_count = size,
        .size_max = 32768,
        .index = 0,
        .indirect_entries = indirect,
    };
    assert_int_equal(rgt_vq_init(&r->vq, &cfg), 0);
    rgt_vq_areas(&r->vq, &r->f.areas[0], &r->f.areas[1], &r->f.areas[2]);
    r->f.queue_num = rgt_vq_size(&r->vq);
}

static void ring_down(struct ring *r)
{
    rgt_vq_free(&r->vq);
    assert_int_equal(r->f.allocs, r->f.frees);
}

static const struct rgt_sg sg3[3] = {
    {0x1000, 16},
    {0x2000, 512},
    {0x3000, 1},
};

static void add_one(struct ring *r, void *token)
{
    assert_int_equal(rgt_vq_add(&r->vq, sg3, 0, 1, token), 0);
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
}

static int pop(struct ring *r)
{
    void *token;
    uint32_t len;

    return rgt_vq_pop(&r->vq, &token, &len);
}

/* ---- size and memory ----------------------------------------------------- */

static void test_vq_size_is_the_power_of_two_within_both_limits(void **state)
{
    static const uint32_t cases[][3] = {
        /* size_max, slots, size */
        {1, 256, 1}, {2, 256, 2},  {3, 256, 2},       {255, 256, 128},
        {256, 7, 4}, {1024, 5, 4}, {32768, 256, 256}, {UINT32_MAX, 64, 64},
        {6, 256, 4}, {8, 1, 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring r;
        fake_init(&r.f);
        struct rgt_vq_config cfg = {.hal = &r.f.hal,
                                    .slots = r.slots,
                                    .size_max = cases[i][0],
                                    .slot_count = cases[i][1]};
        assert_int_equal(rgt_vq_init(&r.vq, &cfg), 0);
        assert_int_equal(rgt_vq_size(&r.vq), cases[i][2]);
        ring_down(&r);
    }
}

static void test_vq_areas_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;

    for (uint32_t size = 1; size <= 256; size *= 2) {
        struct ring r;
        ring_up(&r, size, 0, 0);
        assert_int_equal(r.f.areas[0] % 16, 0);
        assert_int_equal(r.f.areas[1] % 2, 0);
        assert_int_equal(r.f.areas[2] % 4, 0);
        assert_true(r.f.areas[1] >= r.f.areas[0] + 16 * size);
        assert_true(r.f.areas[2] >= r.f.areas[1] + 6 + 2 * size);
        assert_int_equal(fake_get32(fake_avail(&r.f)), 0);
        for (uint32_t i = 0; i < 6 + 8 * size; i++)
            assert_int_equal(fake_used(&r.f)[i], 0);
        ring_down(&r);
    }
}

static void test_vq_init_gives_back_rings_when_tables_fail(void **state)
{
    struct ring r;
    (void)state;

    fake_init(&r.f);
    r.f.alloc_fails_at = 2;
    struct rgt_vq_config cfg = {
        .hal = &r.f.hal,
        .slots = r.slots,
        .size_max = 8,
        .slot_count = 8,
        .indirect_entries = 4,
        .features = RGT_FEATURE(VIRTIO_F_INDIRECT_DESC),
    };
    assert_int_equal(rgt_vq_init(&r.vq, &cfg), RGT_E_NOMEM);
    assert_int_equal(r.f.frees, 1);
}

static void test_vq_init_refuses_no_slots_and_no_size(void **state)
{
    struct ring r;
    (void)state;

    fake_init(&r.f);
    struct rgt_vq_config cfg = {
        .hal = &r.f.hal, .slots = r.slots, .size_max = 8};
    assert_int_equal(rgt_vq_init(&r.vq, &cfg), RGT_E_INVAL);
    cfg.slot_count = 8;
    cfg.size_max = 0;
    assert_int_equal(rgt_vq_init(&r.vq, &cfg), RGT_E_INVAL);
    assert_int_equal(r.f.allocs, 0);
}

/* ---- adding ---------------------------------------------------------------
 */

static void test_vq_chain_is_linked_readable_first(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    uint8_t *d = fake_desc(&r.f, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fake_get64(d), sg3[i].addr);
        assert_int_equal(fake_get32(d + 8), sg3[i].len);
        assert_int_equal(fake_get16(d + 12), (i < 2 ? 1 : 0) | (i > 0 ? 2 : 0));
        if (i < 2)
            d = fake_desc(&r.f, fake_get16(d + 14));
    }
    ring_down(&r);
}

static void test_vq_add_is_invisible_until_publish(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens + 1), 0);
    assert_int_equal(fake_get16(fake_avail(&r.f) + 2), 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    assert_int_equal(fake_get16(fake_avail(&r.f) + 2), 2);
    assert_int_equal(fake_take(&r.f), 0);
    assert_int_equal(fake_take(&r.f), 2);
    ring_down(&r);
}

static void test_vq_full_queue_says_again_and_changes_nothing(void **state)
{
    static uint8_t before[16 * 8];
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    memcpy(before, fake_desc(&r.f, 0), sizeof(before));
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), RGT_E_AGAIN);
    assert_memory_equal(before, fake_desc(&r.f, 0), sizeof(before));
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), RGT_E_AGAIN);
    ring_down(&r);
}

static void test_vq_chain_of_the_whole_queue_fits_and_no_longer(void **state)
{
    static struct rgt_sg sg[SIZE_MAX_TESTED + 1];
    (void)state;

    for (uint32_t i = 0; i <= SIZE_MAX_TESTED; i++)
        sg[i] = (struct rgt_sg){0x1000, 1};
    for (uint32_t size = 1; size <= SIZE_MAX_TESTED; size *= 2) {
        struct ring r;
        void *token;
        uint32_t len;
        ring_up(&r, size, 0, 0);
        assert_int_equal(rgt_vq_add(&r.vq, sg, 0, size + 1, tokens),
                         RGT_E_INVAL);
        for (int again = 0; again < 3; again++) {
            assert_int_equal(rgt_vq_add(&r.vq, sg, 0, size, tokens), 0);
            assert_int_equal(rgt_vq_publish(&r.vq), 0);
            fake_use(&r.f, (uint32_t)fake_take(&r.f), size);
            assert_int_equal(rgt_vq_pop(&r.vq, &token, &len), 1);
            assert_int_equal(len, size);
        }
        ring_down(&r);
    }
}

static void test_vq_refuses_what_can_never_be_right(void **state)
{
    const struct rgt_sg zero[1] = {{0x1000, 0}};
    const struct rgt_sg huge[2] = {{0x1000, UINT32_MAX}, {0x2000, 1}};
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 0, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 0, NULL), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, zero, 1, 0, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, huge, 1, 1, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, huge, 1, 0, tokens), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, UINT32_MAX, 2, tokens),
                     RGT_E_INVAL);
    ring_down(&r);
}

/* ---- indirect -------------------------------------------------------------
 */

static void test_vq_indirect_takes_one_descriptor_per_chain(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 4, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, &tokens[i]), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), RGT_E_AGAIN);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *d = fake_desc(&r.f, (unsigned)fake_take(&r.f));
        assert_int_equal(fake_get16(d + 12), VIRTQ_DESC_F_INDIRECT);
        assert_int_equal(fake_get32(d + 8), 3 * 16);
        const uint8_t *t = fake_cpu(fake_get64(d));
        assert_int_equal(fake_get16(t + 12), 1);
        assert_int_equal(fake_get16(t + 14), 1);
        assert_int_equal(fake_get16(t + 16 + 12), 1 | 2);
        assert_int_equal(fake_get16(t + 16 + 14), 2);
        assert_int_equal(fake_get16(t + 32 + 12), 2);
        assert_int_equal(fake_get64(t + 32), sg3[2].addr);
    }
    ring_down(&r);
}

static void test_vq_falls_back_to_direct_when_a_table_is_too_short(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 4, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 2);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(fake_get16(fake_desc(&r.f, 0) + 12), VIRTQ_DESC_F_NEXT);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens), 0);
    assert_int_equal(fake_get16(fake_desc(&r.f, 3) + 12),
                     VIRTQ_DESC_F_INDIRECT);
    ring_down(&r);
}

/* 2.7.5.3.2: descriptors first, then one table for the rest. */
static void test_vq_long_chain_ends_in_a_table_if_asked_for(void **state)
{
    struct ring r;
    struct rgt_sg sg[8];
    (void)state;

    for (unsigned i = 0; i < 8; i++)
        sg[i] = (struct rgt_sg){0x1000u * (i + 1), i + 1};
    ring_up(&r, 8, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC),
            3 | RGT_VQ_INDIRECT_TAIL);
    assert_int_equal(rgt_vq_add(&r.vq, sg, 4, 4, tokens), 0);
    assert_int_equal(rgt_vq_room(&r.vq, 5), RGT_E_AGAIN); /* needs 3 */
    assert_int_equal(rgt_vq_room(&r.vq, 4), 0);           /* needs 2 */
    const uint8_t *d = fake_desc(&r.f, 0);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(fake_get64(d), sg[i].addr);
        assert_int_equal(fake_get32(d + 8), sg[i].len);
        assert_int_equal(fake_get16(d + 12), 1 | (i > 3 ? 2 : 0));
        d = fake_desc(&r.f, fake_get16(d + 14));
    }
    assert_int_equal(fake_get16(d + 12), VIRTQ_DESC_F_INDIRECT);
    assert_int_equal(fake_get32(d + 8), 3 * 16);
    const uint8_t *t = fake_cpu(fake_get64(d));
    for (unsigned i = 0; i < 3; i++, t += 16) {
        assert_int_equal(fake_get64(t), sg[5 + i].addr);
        assert_int_equal(fake_get16(t + 12), 2 | (i < 2 ? 1 : 0));
        assert_int_equal(fake_get16(t + 14), i < 2 ? i + 1 : 0);
    }
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    fake_use(&r.f, (uint32_t)fake_take(&r.f), 5 + 6 + 7 + 8);
    assert_int_equal(pop(&r), 1);
    assert_int_equal(rgt_vq_add(&r.vq, sg, 1, 2, tokens), 0);
    assert_int_equal(rgt_vq_room(&r.vq, 8), 0); /* 7 free, 6 needed */
    ring_down(&r);
}

static void test_vq_uses_no_indirect_unless_negotiated(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 4, 0, 4);
    assert_int_equal(r.f.allocs, 1);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(fake_get16(fake_desc(&r.f, 0) + 12), VIRTQ_DESC_F_NEXT);
    ring_down(&r);
}

static void test_vq_indirect_chain_counts_against_the_queue_size(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 2, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 64);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens), 0);
    ring_down(&r);
}

/* ---- the index wraps ------------------------------------------------------
 */

/* Keeps the queue as full as it gets, completes in an order that depends on
 * round, and goes well past 65536. */
static void wrap(uint32_t size, uint64_t features)
{
    struct ring r;
    unsigned added = 0, popped = 0;
    uint16_t heads[SIZE_MAX_TESTED];
    bool lent[SIZE_MAX_TESTED] = {false};

    ring_up(&r, size, features, 0);
    while (popped < 140000) {
        unsigned batch = 0;
        while (batch < size) {
            unsigned t = 0;
            while (t < size && lent[t])
                t++;
            if (t == size)
                break;
            assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, &tokens[t]), 0);
            lent[t] = true;
            added++;
            batch++;
        }
        assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), RGT_E_AGAIN);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        assert_int_equal(fake_get16(fake_avail(&r.f) + 2), (uint16_t)added);
        unsigned n = 0;
        int head;
        while ((head = fake_take(&r.f)) >= 0)
            heads[n++] = (uint16_t)head;
        assert_int_equal(n, batch);
        for (unsigned i = 0; i < n; i++)
            fake_use(&r.f, heads[(i + popped) % n], 1);
        void *token;
        uint32_t len;
        while (rgt_vq_pop(&r.vq, &token, &len) == 1) {
            long t = (int *)token - tokens;
            assert_true(t >= 0 && t < (long)size && lent[t]);
            lent[t] = false;
            popped++;
        }
    }
    assert_int_equal(added, popped);
    ring_down(&r);
}

static void test_vq_index_wraps_at_every_size(void **state)
{
    static const uint32_t sizes[] = {1, 2, 4, 8, 256};
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        wrap(sizes[i], 0);
        wrap(sizes[i], RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    }
}

/* Takes and gives back chains of every kind at random, then everything must
 * be free again, in one piece. */
static void mix(uint64_t features, uint16_t indirect)
{
    struct ring r;
    uint32_t seed = 1;
    int head;

    ring_up(&r, 8, features, indirect);
    for (int i = 0; i < 50000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t n = seed >> 24 & 3;
        rgt_vq_add(&r.vq, sg3, n > 0 ? n - 1 : 0, 1, tokens);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        if (seed & 0x10000)
            continue;
        head = fake_take(&r.f);
        if (head >= 0)
            fake_use(&r.f, (uint32_t)head, 0);
        assert_in_range(pop(&r), 0, 1);
    }
    while ((head = fake_take(&r.f)) >= 0)
        fake_use(&r.f, (uint32_t)head, 0);
    while (pop(&r) == 1)
        ;
    for (int i = 0; i < 8; i++)
        assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), RGT_E_AGAIN);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    unsigned heads = 0;
    while ((head = fake_take(&r.f)) >= 0)
        heads |= 1u << head;
    assert_int_equal(heads, 0xff);
    ring_down(&r);
}

static void test_vq_mixed_chains_never_lose_a_descriptor(void **state)
{
    (void)state;

    mix(0, 0);
    mix(RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 2);
    mix(RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 2 | RGT_VQ_INDIRECT_TAIL);
    mix(RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 8);
}

/* ---- the device lies ------------------------------------------------------
 */

static void assert_dead(struct ring *r)
{
    void *token;
    uint32_t len;

    assert_int_equal(r->f.lines, 1);
    assert_int_equal(rgt_vq_pop(&r->vq, &token, &len), RGT_E_PROTO);
    assert_int_equal(rgt_vq_add(&r->vq, sg3, 1, 1, tokens), RGT_E_PROTO);
    assert_int_equal(rgt_vq_room(&r->vq, 1), RGT_E_PROTO);
    assert_int_equal(rgt_vq_publish(&r->vq), RGT_E_PROTO);
    assert_int_equal(rgt_vq_kick_needed(&r->vq), RGT_E_PROTO);
    assert_int_equal(rgt_vq_interrupts(&r->vq, true), RGT_E_PROTO);
    assert_int_equal(rgt_vq_interrupts(&r->vq, false), RGT_E_PROTO);
    assert_int_equal(r->f.lines, 1);
}

static void test_vq_kills_queue_on_used_id_out_of_range(void **state)
{
    static const uint32_t ids[] = {8, 9, 0x10000, 0xffffffff};
    (void)state;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct ring r;
        ring_up(&r, 8, 0, 0);
        add_one(&r, tokens);
        fake_use(&r.f, ids[i], 0);
        assert_int_equal(pop(&r), RGT_E_PROTO);
        assert_dead(&r);
        assert_ptr_equal(rgt_vq_drain(&r.vq), tokens);
        ring_down(&r);
    }
}

static void test_vq_kills_queue_on_used_id_never_lent(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    add_one(&r, tokens);
    fake_use(&r.f, 5, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);
}

static void test_vq_kills_queue_on_used_id_inside_a_chain(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    fake_use(&r.f, 1, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);
}

static void test_vq_kills_queue_on_used_id_given_twice(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    add_one(&r, tokens);
    add_one(&r, tokens + 1);
    fake_use(&r.f, 0, 0);
    fake_use(&r.f, 0, 0);
    assert_int_equal(pop(&r), 1);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    assert_ptr_equal(rgt_vq_drain(&r.vq), tokens + 1);
    assert_null(rgt_vq_drain(&r.vq));
    ring_down(&r);
}

static void test_vq_kills_queue_on_used_id_not_yet_published(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    add_one(&r, tokens);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens + 1), 0);
    fake_use(&r.f, 1, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);
}

static void test_vq_kills_queue_on_used_idx_jump(void **state)
{
    static const uint16_t jumps[] = {2, 9, 0x7fff, 0x8000, 0xffff};
    (void)state;

    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        struct ring r;
        ring_up(&r, 8, 0, 0);
        add_one(&r, tokens);
        fake_put16(fake_used(&r.f) + 2, jumps[i]);
        assert_int_equal(pop(&r), RGT_E_PROTO);
        assert_dead(&r);
        ring_down(&r);
    }
}

static void
test_vq_kills_queue_on_used_len_beyond_the_writable_part(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    fake_use(&r.f, 0, 514);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);

    ring_up(&r, 8, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    fake_use(&r.f, 0, 513);
    assert_int_equal(pop(&r), 1);
    ring_down(&r);
}

static void test_vq_never_reads_what_the_device_can_scribble_on(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 2, tokens), 0);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        int head = fake_take(&r.f);
        memset(fake_desc(&r.f, 0), 0xff, 8 * 16);
        memset(fake_avail(&r.f), 0xff, 6 + 2 * 8);
        fake_use(&r.f, (uint32_t)head, 1);
        assert_int_equal(pop(&r), 1);
        r.f.avail_seen = (uint16_t)(round + 1);
    }
    assert_int_equal(rgt_vq_room(&r.vq, 8), 0);
    ring_down(&r);
}

/* ---- drain and reset ------------------------------------------------------
 */

static void test_vq_drain_gives_every_token_back_exactly_once(void **state)
{
    struct ring r;
    bool seen[4] = {false};
    void *token;
    (void)state;

    ring_up(&r, 8, 0, 0);
    for (int i = 0; i < 4; i++)
        add_one(&r, &tokens[i]);
    fake_use(&r.f, 2, 1);
    assert_int_equal(pop(&r), 1);
    assert_int_equal(rgt_vq_reset(&r.vq, 0), RGT_E_STATE);
    for (int i = 0; i < 3; i++) {
        token = rgt_vq_drain(&r.vq);
        assert_non_null(token);
        long t = (int *)token - tokens;
        assert_true(t != 2 && !seen[t]);
        seen[t] = true;
    }
    assert_null(rgt_vq_drain(&r.vq));
    assert_null(rgt_vq_drain(&r.vq));
    assert_int_equal(pop(&r), RGT_E_PROTO);
    ring_down(&r);
}

static void test_vq_reset_starts_over_with_the_same_memory(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, RGT_FEATURE(VIRTIO_F_EVENT_IDX), 0);
    add_one(&r, tokens);
    fake_use(&r.f, 77, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_ptr_equal(rgt_vq_drain(&r.vq), tokens);
    assert_int_equal(rgt_vq_reset(&r.vq, 0), 0);
    r.f.avail_seen = 0;
    r.f.used_idx = 0;
    assert_int_equal(r.f.allocs, 1);
    assert_int_equal(fake_get32(fake_avail(&r.f)), 0);
    assert_int_equal(fake_get32(fake_used(&r.f)), 0);
    add_one(&r, tokens + 1);
    fake_use(&r.f, (uint32_t)fake_take(&r.f), 1);
    assert_int_equal(pop(&r), 1);
    ring_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_size_is_the_power_of_two_within_both_limits),
        cmocka_unit_test(test_vq_areas_are_aligned_zeroed_and_apart),
        cmocka_unit_test(test_vq_init_gives_back_rings_when_tables_fail),
        cmocka_unit_test(test_vq_init_refuses_no_slots_and_no_size),
        cmocka_unit_test(test_vq_chain_is_linked_readable_first),
        cmocka_unit_test(test_vq_add_is_invisible_until_publish),
        cmocka_unit_test(test_vq_full_queue_says_again_and_changes_nothing),
        cmocka_unit_test(test_vq_chain_of_the_whole_queue_fits_and_no_longer),
        cmocka_unit_test(test_vq_refuses_what_can_never_be_right),
        cmocka_unit_test(test_vq_indirect_takes_one_descriptor_per_chain),
        cmocka_unit_test(
            test_vq_falls_back_to_direct_when_a_table_is_too_short),
        cmocka_unit_test(test_vq_long_chain_ends_in_a_table_if_asked_for),
        cmocka_unit_test(test_vq_uses_no_indirect_unless_negotiated),
        cmocka_unit_test(test_vq_indirect_chain_counts_against_the_queue_size),
        cmocka_unit_test(test_vq_index_wraps_at_every_size),
        cmocka_unit_test(test_vq_mixed_chains_never_lose_a_descriptor),
        cmocka_unit_test(test_vq_kills_queue_on_used_id_out_of_range),
        cmocka_unit_test(test_vq_kills_queue_on_used_id_never_lent),
        cmocka_unit_test(test_vq_kills_queue_on_used_id_inside_a_chain),
        cmocka_unit_test(test_vq_kills_queue_on_used_id_given_twice),
        cmocka_unit_test(test_vq_kills_queue_on_used_id_not_yet_published),
        cmocka_unit_test(test_vq_kills_queue_on_used_idx_jump),
        cmocka_unit_test(
            test_vq_kills_queue_on_used_len_beyond_the_writable_part),
        cmocka_unit_test(test_vq_never_reads_what_the_device_can_scribble_on),
        cmocka_unit_test(test_vq_drain_gives_every_token_back_exactly_once),
        cmocka_unit_test(test_vq_reset_starts_over_with_the_same_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
