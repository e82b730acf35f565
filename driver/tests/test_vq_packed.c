/* SPDX-License-Identifier: MIT */
/* The packed ring by itself: no registers; the device's half is in
 * fake_packed.c. */
#include "fake_packed.h"
#include <string.h>

#define SIZE_MOST 32768u

static const uint32_t sizes[] = {1, 2, 3, 5, 7, 8, 256, 1000, 1024, 32768};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct ring {
    struct fake f;
    struct rgt_vq vq;
    struct fake_packed dev;
};

static struct rgt_vq_slot slots[SIZE_MOST];
static int tokens[SIZE_MOST];

static struct rgt_vq_config config(struct ring *r, uint32_t size,
                                   uint64_t features, uint16_t indirect)
{
    fake_init(&r->f);
    return (struct rgt_vq_config){
        .hal = &r->f.hal,
        .transport = &r->f.mmio.transport,
        .features = features | RGT_FEATURE(VIRTIO_F_RING_PACKED),
        .slots = slots,
        .slot_count = size,
        .size_max = 65536,
        .indirect_entries = indirect,
    };
}

static void ring_up(struct ring *r, uint32_t size, uint64_t features,
                    uint16_t indirect)
{
    struct rgt_vq_config cfg = config(r, size, features, indirect);

    assert_int_equal(rgt_vq_init(&r->vq, &cfg), 0);
    assert_int_equal(rgt_vq_size(&r->vq), size);
    fake_packed_init(&r->dev, &r->vq);
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

static void add(struct ring *r, uint32_t readable, uint32_t writable,
                void *token)
{
    assert_int_equal(rgt_vq_add(&r->vq, sg3, readable, writable, token), 0);
}

static void publish(struct ring *r)
{
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
}

static void add_one(struct ring *r, void *token)
{
    add(r, 0, 1, token);
    publish(r);
}

static int pop(struct ring *r)
{
    void *token;
    uint32_t len;

    return rgt_vq_pop(&r->vq, &token, &len);
}

static void assert_pops(struct ring *r, const void *token, uint32_t len)
{
    void *got;
    uint32_t got_len;

    assert_int_equal(rgt_vq_pop(&r->vq, &got, &got_len), 1);
    assert_ptr_equal(got, token);
    assert_int_equal(got_len, len);
}

static struct fake_chain take(struct ring *r)
{
    struct fake_chain chain;

    assert_true(fake_packed_take(&r->dev, &chain));
    return chain;
}

static void assert_takes_none(struct ring *r)
{
    struct fake_chain chain;

    assert_false(fake_packed_take(&r->dev, &chain));
}

static void use(struct ring *r, const struct fake_chain *chain, uint32_t len)
{
    fake_packed_use(&r->dev, chain->id, len, chain->descs);
}

/* ---- size and memory ----------------------------------------------------- */

static void test_vq_packed_size_is_any_within_both_limits(void **state)
{
    static const uint32_t cases[][3] = {
        /* size_max, slots, size */
        {1, 256, 1},        {3, 256, 3},           {256, 7, 7},
        {1000, 5, 5},       {32767, 32768, 32767}, {65536, 32768, 32768},
        {UINT32_MAX, 6, 6},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring r;
        struct rgt_vq_config cfg = config(&r, cases[i][1], 0, 0);
        cfg.size_max = cases[i][0];
        assert_int_equal(rgt_vq_init(&r.vq, &cfg), 0);
        assert_int_equal(rgt_vq_size(&r.vq), cases[i][2]);
        ring_down(&r);
    }
}

static void test_vq_packed_areas_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;

    for (size_t i = 0; i < SIZES; i++) {
        struct ring r;
        uint64_t areas[3];
        ring_up(&r, sizes[i], 0, 0);
        rgt_vq_areas(&r.vq, &areas[0], &areas[1], &areas[2]);
        assert_int_equal(areas[0] % 16, 0); /* 2.8.11 */
        assert_int_equal(areas[1] % 4, 0);
        assert_int_equal(areas[2] % 4, 0);
        assert_true(areas[1] >= areas[0] + 16 * sizes[i]);
        assert_true(areas[2] >= areas[1] + 4);
        for (uint32_t n = 0; n < 16 * sizes[i]; n++)
            assert_int_equal(r.dev.ring[n], 0);
        assert_int_equal(fake_get32(r.dev.driver), 0);
        assert_int_equal(fake_get32(r.dev.device), 0);
        assert_takes_none(&r);
        ring_down(&r);
    }
}

/* ---- adding -------------------------------------------------------------- */

static void test_vq_packed_chain_has_the_pieces_in_order(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    add(&r, 1, 2, tokens);
    publish(&r);
    struct fake_chain chain = take(&r);
    assert_int_equal(chain.count, 3);
    assert_int_equal(chain.descs, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(chain.pieces[i].addr, sg3[i].addr);
        assert_int_equal(chain.pieces[i].len, sg3[i].len);
        assert_int_equal(chain.pieces[i].write, i > 0);
    }
    use(&r, &chain, 513);
    assert_pops(&r, tokens, 513);
    ring_down(&r);
}

static void test_vq_packed_batch_is_invisible_until_publish(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    for (int i = 0; i < 3; i++) {
        add(&r, 1, 1, &tokens[i]);
        assert_int_equal(fake_packed_flags(&r.dev, 0), 0);
        assert_takes_none(&r);
    }
    publish(&r);
    for (int i = 0; i < 3; i++)
        assert_int_equal(take(&r).descs, 2);
    assert_takes_none(&r);
    ring_down(&r);
}

static void test_vq_packed_full_ring_says_again_and_changes_nothing(void **s)
{
    static uint8_t before[16 * 7];
    struct ring r;
    (void)s;

    ring_up(&r, 7, 0, 0);
    add(&r, 1, 2, tokens);
    add(&r, 1, 2, tokens);
    memcpy(before, r.dev.ring, sizeof(before));
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 1, tokens), RGT_E_AGAIN);
    assert_memory_equal(before, r.dev.ring, sizeof(before));
    add(&r, 0, 1, tokens);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), RGT_E_AGAIN);
    ring_down(&r);
}

/* A chain of the whole ring from every place where one can begin. */
static void test_vq_packed_chain_as_long_as_the_ring(void **state)
{
    static struct rgt_sg sg[SIZE_MOST + 1];
    (void)state;

    for (uint32_t i = 0; i <= SIZE_MOST; i++)
        sg[i] = (struct rgt_sg){0x1000, 1};
    for (size_t i = 0; i < SIZES; i++) {
        struct ring r;
        uint32_t size = sizes[i];
        ring_up(&r, size, 0, 0);
        for (uint32_t n = 0; n < (size > 1024 ? 5 : 2 * size + 2); n++) {
            assert_int_equal(rgt_vq_add(&r.vq, sg, 0, size + 1, tokens),
                             RGT_E_INVAL);
            assert_int_equal(rgt_vq_add(&r.vq, sg, 0, size, tokens), 0);
            publish(&r);
            struct fake_chain chain = take(&r);
            assert_int_equal(chain.descs, size);
            use(&r, &chain, size);
            assert_pops(&r, tokens, size);
            add_one(&r, &tokens[1]);
            chain = take(&r);
            use(&r, &chain, 0);
            assert_pops(&r, &tokens[1], 0);
        }
        ring_down(&r);
    }
}

static void test_vq_packed_refuses_what_can_never_be_right(void **state)
{
    const struct rgt_sg zero[1] = {{0x1000, 0}};
    const struct rgt_sg huge[2] = {{0x1000, UINT32_MAX}, {0x2000, 1}};
    struct ring r;
    (void)state;

    ring_up(&r, 5, 0, 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 0, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 1, 0, NULL), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, zero, 1, 0, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, huge, 1, 1, tokens), RGT_E_INVAL);
    assert_int_equal(rgt_vq_add(&r.vq, huge, 1, 0, tokens), 0);
    ring_down(&r);
}

/* ---- indirect ------------------------------------------------------------ */

static void test_vq_packed_indirect_takes_one_descriptor(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 4);
    for (int n = 0; n < 30; n++) {
        for (int i = 0; i < 5; i++)
            add(&r, 1, 2, &tokens[i]);
        assert_int_equal(rgt_vq_room(&r.vq, 1), RGT_E_AGAIN);
        publish(&r);
        for (int i = 0; i < 5; i++) {
            struct fake_chain chain = take(&r);
            assert_true(chain.indirect);
            assert_int_equal(chain.descs, 1);
            assert_int_equal(chain.count, 3);
            assert_int_equal(chain.pieces[2].addr, sg3[2].addr);
            assert_int_equal(chain.writable_bytes, 513);
            use(&r, &chain, 513);
            assert_pops(&r, &tokens[i], 513);
        }
    }
    ring_down(&r);
}

/* 2.8.19: never both in one list, whatever the caller asks for. */
static void test_vq_packed_chain_too_long_for_a_table_is_direct(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, RGT_FEATURE(VIRTIO_F_INDIRECT_DESC),
            2 | RGT_VQ_INDIRECT_TAIL);
    add(&r, 1, 2, tokens);
    add(&r, 0, 1, tokens);
    publish(&r);
    struct fake_chain chain = take(&r);
    assert_false(chain.indirect);
    assert_int_equal(chain.descs, 3);
    assert_false(take(&r).indirect); /* one piece needs no table */
    add(&r, 1, 1, tokens);
    publish(&r);
    assert_true(take(&r).indirect);
    ring_down(&r);
}

static void test_vq_packed_no_indirect_unless_negotiated(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, 0, 4);
    assert_int_equal(r.f.allocs, 1);
    add(&r, 1, 2, tokens);
    publish(&r);
    assert_false(take(&r).indirect);
    ring_down(&r);
}

/* ---- laps ---------------------------------------------------------------- */

static uint32_t seed;

static uint32_t roll(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

/* The chains that the device has, in no order. */
struct held {
    struct fake_chain chain[16];
    unsigned count;
};

/* Chains of 1 to 3 pieces, used in any order: every token comes back once,
 * with its length, and in the end the ring is free. */
static void soak(uint32_t size, uint64_t features, uint16_t indirect,
                 unsigned rounds)
{
    struct held held = {.count = 0};
    bool owned[16] = {false}; /* a token by the queue */
    unsigned lent = 0;
    struct ring r;

    seed = size;
    ring_up(&r, size, features, indirect);
    for (unsigned n = 0; n < rounds || lent > 0; n++) {
        bool adding = n < rounds;
        unsigned t = roll(16);
        uint32_t pieces = 1 + roll(3);
        assert_true(n < 2 * rounds); /* all comes back */
        if (adding && !owned[t] && pieces <= size &&
            rgt_vq_room(&r.vq, pieces) == 0) {
            add(&r, pieces - 1, 1, &tokens[t]);
            owned[t] = true;
            lent++;
        }
        if (roll(3) == 0 || !adding)
            publish(&r);
        while (held.count < 16 &&
               fake_packed_take(&r.dev, &held.chain[held.count]))
            held.count++;
        if (held.count > 0 && roll(2) == 0) {
            unsigned i = roll(held.count);
            use(&r, &held.chain[i], held.chain[i].writable_bytes);
            held.chain[i] = held.chain[--held.count];
        }
        void *token;
        uint32_t len;
        int found = rgt_vq_pop(&r.vq, &token, &len);
        assert_in_range(found, 0, 1);
        if (found == 1) {
            long i = (int *)token - tokens;
            assert_in_range(i, 0, 15);
            assert_true(owned[i]);
            assert_true(len == 16 || len == 512 || len == 1);
            owned[i] = false;
            lent--;
        }
    }
    assert_int_equal(rgt_vq_room(&r.vq, size), 0);
    assert_int_equal(held.count, 0);
    ring_down(&r);
}

static void test_vq_packed_any_order_through_many_laps(void **state)
{
    (void)state;

    for (size_t i = 0; i < SIZES; i++) {
        soak(sizes[i], 0, 0, 200000);
        soak(sizes[i], RGT_FEATURE(VIRTIO_F_EVENT_IDX), 0, 20000);
        soak(sizes[i], RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 2, 20000);
        soak(sizes[i], RGT_FEATURE(VIRTIO_F_INDIRECT_DESC), 3, 20000);
    }
}

/* The descriptors of a chain are free once another chain of as many has been
 * used; its id is not. */
static void test_vq_packed_ids_outlive_their_descriptors(void **state)
{
    struct ring r;
    struct fake_chain first;
    (void)state;

    ring_up(&r, 3, 0, 0);
    add_one(&r, &tokens[0]);
    first = take(&r);
    for (int i = 0; i < 100; i++) {
        add_one(&r, &tokens[1]);
        struct fake_chain chain = take(&r);
        assert_int_not_equal(chain.id, first.id);
        use(&r, &chain, 1);
        assert_pops(&r, &tokens[1], 1);
        assert_int_equal(rgt_vq_room(&r.vq, 2), 0);
        assert_int_equal(rgt_vq_room(&r.vq, 3), RGT_E_AGAIN);
    }
    use(&r, &first, 2);
    assert_pops(&r, &tokens[0], 2);
    ring_down(&r);
}

/* Positions 32,767 and beyond: the ring is as long as offsets can say. */
static void test_vq_packed_largest_ring_wraps_at_32768(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, SIZE_MOST, RGT_FEATURE(VIRTIO_F_EVENT_IDX), 0);
    for (unsigned n = 0; n < 3 * SIZE_MOST / 2; n++) {
        add(&r, 1, 2, tokens);
        publish(&r);
        struct fake_chain chain = take(&r);
        use(&r, &chain, 5);
        assert_pops(&r, tokens, 5);
        assert_int_equal(pop(&r), 0);
    }
    ring_down(&r);
}

/* ---- the device lies ----------------------------------------------------- */

static void assert_dead(struct ring *r)
{
    assert_int_equal(r->f.lines, 1);
    assert_int_equal(pop(r), RGT_E_PROTO);
    assert_int_equal(rgt_vq_add(&r->vq, sg3, 1, 1, tokens), RGT_E_PROTO);
    assert_int_equal(rgt_vq_room(&r->vq, 1), RGT_E_PROTO);
    assert_int_equal(rgt_vq_publish(&r->vq), RGT_E_PROTO);
    assert_int_equal(rgt_vq_kick_needed(&r->vq), RGT_E_PROTO);
    assert_int_equal(rgt_vq_interrupts(&r->vq, true), RGT_E_PROTO);
    assert_int_equal(rgt_vq_interrupts(&r->vq, false), RGT_E_PROTO);
    assert_int_equal(rgt_vq_interrupts_after(&r->vq, 2), RGT_E_PROTO);
    assert_int_equal(r->f.lines, 1);
}

/* One chain published; a used descriptor with that id and len, and the flags
 * WRITE; the queue must be dead. */
static void assert_kills(uint16_t id, uint32_t len)
{
    struct ring r;

    ring_up(&r, 8, 0, 0);
    add(&r, 1, 2, tokens);
    publish(&r);
    fake_packed_put_used(&r.dev, id, len, VIRTQ_DESC_F_WRITE);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    assert_ptr_equal(rgt_vq_drain(&r.vq), tokens);
    assert_null(rgt_vq_drain(&r.vq));
    ring_down(&r);
}

static void test_vq_packed_kills_queue_on_used_id_out_of_range(void **state)
{
    (void)state;
    assert_kills(8, 0);
    assert_kills(9, 0);
    assert_kills(0x7fff, 0);
    assert_kills(0xffff, 0);
}

static void test_vq_packed_kills_queue_on_used_id_never_lent(void **state)
{
    (void)state;
    for (uint16_t id = 1; id < 8; id++)
        assert_kills(id, 0);
}

static void test_vq_packed_kills_queue_on_used_len_too_large(void **state)
{
    (void)state;
    assert_kills(0, 514);
    assert_kills(0, UINT32_MAX);
}

static void test_vq_packed_kills_queue_on_used_id_given_twice(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    add_one(&r, tokens);
    add_one(&r, tokens + 1);
    struct fake_chain chain = take(&r);
    use(&r, &chain, 1);
    use(&r, &chain, 1);
    assert_int_equal(pop(&r), 1);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    assert_ptr_equal(rgt_vq_drain(&r.vq), tokens + 1);
    ring_down(&r);
}

static void test_vq_packed_kills_queue_on_used_id_not_yet_published(void **s)
{
    struct ring r;
    (void)s;

    ring_up(&r, 8, 0, 0);
    add_one(&r, tokens);
    uint16_t id = rgt_vq_next_head(&r.vq);
    add(&r, 0, 1, tokens + 1);
    fake_packed_put_used(&r.dev, id, 0, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);
}

static void test_vq_packed_kills_queue_on_use_of_nothing(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    fake_packed_put_used(&r.dev, 0, 0, 0);
    assert_int_equal(pop(&r), RGT_E_PROTO);
    assert_dead(&r);
    ring_down(&r);
}

/* In each lap of a ring of 3, and at each place: AVAIL and USED as no one may
 * have left them. */
static void test_vq_packed_kills_queue_on_used_in_the_wrong_lap(void **state)
{
    (void)state;

    for (unsigned n = 0; n < 12; n++) {
        for (int both = 0; both < 2; both++) {
            struct ring r;
            ring_up(&r, 3, 0, 0);
            for (unsigned i = 0; i < n; i++) {
                add_one(&r, tokens);
                struct fake_chain chain = take(&r);
                use(&r, &chain, 1);
                assert_pops(&r, tokens, 1);
            }
            add_one(&r, tokens);
            assert_int_equal(pop(&r), 0);
            bool wrap = r.dev.used.wrap;
            uint16_t flags = wrap ? 0 : VIRTQ_DESC_F_AVAIL;
            if (both ? !wrap : wrap)
                flags |= VIRTQ_DESC_F_USED;
            fake_put16(fake_packed_desc(&r.dev, r.dev.used.at) + 14, flags);
            assert_int_equal(pop(&r), RGT_E_PROTO);
            assert_dead(&r);
            ring_down(&r);
        }
    }
}

/* An idle ring holds what earlier laps left: no reason to call it broken. */
static void test_vq_packed_idle_ring_is_left_in_peace(void **state)
{
    (void)state;

    for (uint32_t size = 1; size <= 8; size++) {
        struct ring r;
        ring_up(&r, size, RGT_FEATURE(VIRTIO_F_EVENT_IDX), 0);
        for (unsigned n = 0; n < 50; n++) {
            uint32_t pieces = 1 + n % (size < 3 ? size : 3);
            assert_int_equal(pop(&r), 0);
            add(&r, pieces - 1, 1, tokens);
            assert_int_equal(pop(&r), 0);
            publish(&r);
            assert_int_equal(pop(&r), 0);
            struct fake_chain chain = take(&r);
            use(&r, &chain, 1);
            assert_pops(&r, tokens, 1);
            assert_int_equal(rgt_vq_interrupts(&r.vq, n % 2 == 0), 0);
        }
        ring_down(&r);
    }
}

/* 2.8.4: without WRITE nothing was written, and len is reserved. */
static void test_vq_packed_len_without_write_counts_for_nothing(void **state)
{
    static const uint32_t lens[] = {0, 1, 513, 514, UINT32_MAX};
    (void)state;

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct ring r;
        ring_up(&r, 8, 0, 0);
        add(&r, 1, 2, tokens);
        publish(&r);
        struct fake_chain chain = take(&r);
        fake_packed_put_used(&r.dev, chain.id, lens[i], VIRTQ_DESC_F_NEXT);
        assert_pops(&r, tokens, 0);
        ring_down(&r);
    }
}

/* Everything but the used descriptor itself may be scribbled on. */
static void test_vq_packed_never_reads_what_it_has_written(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 8, 0, 0);
    for (int round = 0; round < 50; round++) {
        add(&r, 1, 2, tokens);
        publish(&r);
        struct fake_chain chain = take(&r);
        for (unsigned i = 0; i < 8; i++) {
            uint8_t *desc = fake_packed_desc(&r.dev, i);
            memset(desc, 0xff, 14);
            if (i != r.dev.used.at)
                fake_put16(desc + 14, r.dev.used.wrap ? 0 : 0xffff);
        }
        memset(r.dev.driver, 0xff, 4);
        use(&r, &chain, 7);
        assert_pops(&r, tokens, 7);
    }
    assert_int_equal(rgt_vq_room(&r.vq, 8), 0);
    ring_down(&r);
}

/* ---- drain and reset ----------------------------------------------------- */

static void test_vq_packed_drain_gives_every_token_back_once(void **state)
{
    struct ring r;
    bool seen[4] = {false};
    (void)state;

    ring_up(&r, 7, 0, 0);
    for (int i = 0; i < 4; i++)
        add_one(&r, &tokens[i]);
    struct fake_chain chain = take(&r);
    use(&r, &chain, 1);
    assert_pops(&r, &tokens[0], 1);
    for (int i = 0; i < 3; i++) {
        void *token = rgt_vq_drain(&r.vq);
        assert_non_null(token);
        long t = (int *)token - tokens;
        assert_true(t != 0 && !seen[t]);
        seen[t] = true;
    }
    assert_null(rgt_vq_drain(&r.vq));
    assert_int_equal(pop(&r), RGT_E_PROTO);
    ring_down(&r);
}

static void test_vq_packed_reset_starts_over_in_the_first_lap(void **state)
{
    struct ring r;
    const uint64_t packed = RGT_FEATURE(VIRTIO_F_RING_PACKED);
    (void)state;

    for (unsigned n = 0; n < 10; n++) {
        ring_up(&r, 3, 0, 0);
        for (unsigned i = 0; i < n; i++) {
            add_one(&r, tokens);
            struct fake_chain chain = take(&r);
            use(&r, &chain, 1);
            assert_pops(&r, tokens, 1);
        }
        add_one(&r, tokens);
        assert_int_equal(rgt_vq_reset(&r.vq, packed), RGT_E_STATE);
        assert_ptr_equal(rgt_vq_drain(&r.vq), tokens);
        assert_int_equal(rgt_vq_reset(&r.vq, packed), 0);
        assert_int_equal(r.f.allocs, 1);
        fake_packed_init(&r.dev, &r.vq);
        assert_takes_none(&r);
        add_one(&r, tokens + 1);
        struct fake_chain chain = take(&r);
        use(&r, &chain, 1);
        assert_pops(&r, tokens + 1, 1);
        ring_down(&r);
    }
}

static void test_vq_reset_refuses_another_kind_of_ring(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, 0, 0);
    assert_int_equal(rgt_vq_reset(&r.vq, 0), RGT_E_REFUSED);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), 0);
    ring_down(&r);
    struct rgt_vq_config cfg = config(&r, 4, 0, 0);
    cfg.features = 0;
    assert_int_equal(rgt_vq_init(&r.vq, &cfg), 0);
    assert_int_equal(rgt_vq_reset(&r.vq, RGT_FEATURE(VIRTIO_F_RING_PACKED)),
                     RGT_E_REFUSED);
    ring_down(&r);
}

/* One chain stays out while others are published as often as epochs come
 * round: it must not be taken for one that is not published. */
static void outlast(uint64_t features, uint32_t publishes)
{
    struct ring r;
    struct rgt_vq_config cfg = config(&r, 4, 0, 0);
    bool packed = features != 0;
    struct fake_chain chain, first;
    int head = 0;

    cfg.features = features;
    assert_int_equal(rgt_vq_init(&r.vq, &cfg), 0);
    if (packed)
        fake_packed_init(&r.dev, &r.vq);
    rgt_vq_areas(&r.vq, &r.f.areas[0], &r.f.areas[1], &r.f.areas[2]);
    r.f.queue_num = 4;
    add_one(&r, &tokens[0]);
    if (packed)
        first = take(&r);
    else
        head = fake_take(&r.f);
    for (uint32_t i = 0; i < publishes; i++) {
        add_one(&r, &tokens[1]);
        if (packed) {
            chain = take(&r);
            use(&r, &chain, 1);
        } else {
            fake_use(&r.f, (uint32_t)fake_take(&r.f), 1);
        }
        assert_pops(&r, &tokens[1], 1);
    }
    add(&r, 0, 1, &tokens[2]);
    if (packed)
        use(&r, &first, 1);
    else
        fake_use(&r.f, (uint32_t)head, 1);
    assert_pops(&r, &tokens[0], 1);
    ring_down(&r);
}

static void test_vq_chain_may_stay_out_for_ever(void **state)
{
    (void)state;
    for (uint32_t n = 65532; n <= 65540; n++) {
        outlast(0, n);
        outlast(RGT_FEATURE(VIRTIO_F_RING_PACKED), n);
    }
    outlast(0, 131072);
    outlast(RGT_FEATURE(VIRTIO_F_RING_PACKED), 131072);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_packed_size_is_any_within_both_limits),
        cmocka_unit_test(test_vq_packed_areas_are_aligned_zeroed_and_apart),
        cmocka_unit_test(test_vq_packed_chain_has_the_pieces_in_order),
        cmocka_unit_test(test_vq_packed_batch_is_invisible_until_publish),
        cmocka_unit_test(
            test_vq_packed_full_ring_says_again_and_changes_nothing),
        cmocka_unit_test(test_vq_packed_chain_as_long_as_the_ring),
        cmocka_unit_test(test_vq_packed_refuses_what_can_never_be_right),
        cmocka_unit_test(test_vq_packed_indirect_takes_one_descriptor),
        cmocka_unit_test(test_vq_packed_chain_too_long_for_a_table_is_direct),
        cmocka_unit_test(test_vq_packed_no_indirect_unless_negotiated),
        cmocka_unit_test(test_vq_packed_any_order_through_many_laps),
        cmocka_unit_test(test_vq_packed_ids_outlive_their_descriptors),
        cmocka_unit_test(test_vq_packed_largest_ring_wraps_at_32768),
        cmocka_unit_test(test_vq_packed_kills_queue_on_used_id_out_of_range),
        cmocka_unit_test(test_vq_packed_kills_queue_on_used_id_never_lent),
        cmocka_unit_test(test_vq_packed_kills_queue_on_used_len_too_large),
        cmocka_unit_test(test_vq_packed_kills_queue_on_used_id_given_twice),
        cmocka_unit_test(
            test_vq_packed_kills_queue_on_used_id_not_yet_published),
        cmocka_unit_test(test_vq_packed_kills_queue_on_use_of_nothing),
        cmocka_unit_test(test_vq_packed_kills_queue_on_used_in_the_wrong_lap),
        cmocka_unit_test(test_vq_packed_idle_ring_is_left_in_peace),
        cmocka_unit_test(test_vq_packed_len_without_write_counts_for_nothing),
        cmocka_unit_test(test_vq_packed_never_reads_what_it_has_written),
        cmocka_unit_test(test_vq_packed_drain_gives_every_token_back_once),
        cmocka_unit_test(test_vq_packed_reset_starts_over_in_the_first_lap),
        cmocka_unit_test(test_vq_reset_refuses_another_kind_of_ring),
        cmocka_unit_test(test_vq_chain_may_stay_out_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
