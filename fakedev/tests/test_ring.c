/* SPDX-License-Identifier: MIT
 *
 * test_ring.c: the device half of a split virtqueue: layouts as bytes, chains
 * of every form, everything a driver can get wrong, and notifications.
 */
#include "guest.h"

struct fixture {
    struct guest g;
    struct fake_ring ring;
};

static void up(struct fixture *f, uint32_t size, uint64_t features)
{
    guest_init(&f->g, size, features);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

/* A shared buffer, and its device address. */
static uint64_t lend(struct fixture *f, size_t bytes, enum fake_dir dir)
{
    return guest_share(&f->g, guest_mem(&f->g, bytes), bytes, dir);
}

/* ---- layouts ---- */

/* 2.7.5: le64 addr, le32 len, le16 flags, le16 next; 2.7.6: le16 flags, le16
 * idx, le16 ring[]; 2.7.8: le16 flags, le16 idx, {le32 id, le32 len} ring[]. */
static void test_layouts_are_those_of_the_specification(void **state)
{
    /* The addresses are filled in: they are the arena's. */
    static const uint8_t desc[2][16] = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x01, 0, 0, 0x01, 0x00, 0x03, 0x00},
        {0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0x02, 0x00, 0xff, 0xff},
    };
    static const uint8_t avail[] = {0x00, 0x00, 0x01, 0x00, 0x02, 0x00};
    static const uint8_t used[] = {0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00,
                                   0x00, 0x04, 0x03, 0x02, 0x01, 0x00, 0x00};
    struct fixture f;
    struct fake_chain *chain;
    uint64_t out, in;

    (void)state;
    up(&f, 4, 0);
    out = lend(&f, 0x110, FAKE_TO_DEVICE);
    in = lend(&f, 0x202, FAKE_FROM_DEVICE);
    memcpy(f.g.desc + 2 * 16, desc[0], 16);
    memcpy(f.g.desc + 3 * 16, desc[1], 16);
    for (unsigned k = 0; k < 8; k++) {
        f.g.desc[2 * 16 + k] = (uint8_t)(out >> 8 * k);
        f.g.desc[3 * 16 + k] = (uint8_t)(in >> 8 * k);
    }
    memcpy(f.g.avail, avail, sizeof(avail));
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->head, 2);
    assert_int_equal(chain->readable_count, 1);
    assert_int_equal(chain->seg_count, 2);
    assert_int_equal(chain->readable_bytes, 0x110);
    assert_int_equal(chain->writable_bytes, 0x202);
    assert_ptr_equal(chain->seg[0].mem,
                     fake_arena_map(&f.g.arena, out, 0x110, FAKE_TO_DEVICE));
    fake_ring_complete(&f.ring, chain, 0x01020304);
    assert_memory_equal(f.g.used, used, sizeof(used));
    down(&f);
}

/* 2.7.5.3: le struct virtq_desc[len / 16], from entry 0, linked by next. */
static void test_indirect_table_is_that_of_the_specification(void **state)
{
    static const uint8_t links[3][8] = {
        {0x08, 0, 0, 0, 0x01, 0x00, 0x02, 0x00}, /* entry 0 -> 2 */
        {0x09, 0, 0, 0, 0x02, 0x00, 0x00, 0x00}, /* entry 1: writable, last */
        {0x0a, 0, 0, 0, 0x01, 0x00, 0x01, 0x00}, /* entry 2 -> 1 */
    };
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *table;
    uint64_t addr[3];

    (void)state;
    up(&f, 4, F_INDIRECT);
    table = guest_mem(&f.g, 48);
    addr[0] = lend(&f, 8, FAKE_TO_DEVICE);
    addr[1] = lend(&f, 9, FAKE_FROM_DEVICE);
    addr[2] = lend(&f, 10, FAKE_TO_DEVICE);
    for (unsigned k = 0; k < 3; k++) {
        put_le(table + 16 * k, addr[k], 8);
        memcpy(table + 16 * k + 8, links[k], 8);
    }
    guest_desc(&f.g, 1, guest_share(&f.g, table, 48, FAKE_TO_DEVICE), 48,
               INDIRECT, 0);
    guest_publish(&f.g, 1);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->seg_count, 3);
    assert_int_equal(chain->seg[0].bytes, 8);
    assert_int_equal(chain->seg[1].bytes, 10);
    assert_int_equal(chain->seg[2].bytes, 9);
    assert_int_equal(chain->readable_count, 2);
    down(&f);
}

static void test_areas_of_each_size_are_used_to_their_ends(void **state)
{
    static const uint32_t sizes[] = {1, 2, 8, 256, 32768};

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct fixture f;
        uint32_t size = sizes[s];
        uint64_t addr;

        up(&f, size, F_EVENT_IDX);
        addr = lend(&f, 4, FAKE_FROM_DEVICE);
        for (uint32_t k = 0; k < size; k++)
            guest_desc(&f.g, k, addr, 4, WRITE, 0);
        for (uint32_t round = 0; round < 2; round++) {
            for (uint32_t k = 0; k < size; k++)
                guest_publish(&f.g, (uint16_t)(size - 1 - k));
            for (uint32_t k = 0; k < size; k++) {
                struct fake_chain *chain = fake_ring_take(&f.ring);

                assert_non_null(chain);
                assert_int_equal(chain->head, size - 1 - k);
                fake_ring_complete(&f.ring, chain, k);
                assert_int_equal(
                    guest_used_id(&f.g, (uint16_t)(round * size + k)),
                    size - 1 - k);
            }
            assert_null(fake_ring_take(&f.ring));
        }
        /* avail_event is the last field of the used ring. */
        assert_false(fake_ring_arm(&f.ring));
        assert_int_equal(get_le(f.g.used + 4 + 8 * (size_t)size, 2),
                         (uint16_t)(2 * size));
        down(&f);
    }
}

static void test_indices_run_on_over_65535(void **state)
{
    struct fixture f;
    uint64_t addr;

    (void)state;
    up(&f, 8, 0);
    addr = lend(&f, 4, FAKE_FROM_DEVICE);
    guest_skip_to(&f.g, &f.ring, 65533);
    for (unsigned k = 0; k < 8; k++) {
        guest_desc(&f.g, k, addr, 4, WRITE, 0);
        guest_publish(&f.g, (uint16_t)k);
    }
    for (unsigned k = 0; k < 8; k++) {
        struct fake_chain *chain = fake_ring_take(&f.ring);

        assert_non_null(chain);
        assert_int_equal(chain->head, k);
        fake_ring_complete(&f.ring, chain, 4);
        assert_int_equal(guest_used_idx(&f.g), (uint16_t)(65534 + k));
        assert_int_equal(guest_used_id(&f.g, (uint16_t)(65533 + k)), k);
    }
    assert_int_equal(guest_used_idx(&f.g), 5);
    down(&f);
}

/* ---- life ---- */

static void test_up_reports_areas_and_their_first_content(void **state)
{
    struct fixture f;
    const struct fake_event *e;

    (void)state;
    guest_init(&f.g, 8, 0);
    put_le(f.g.avail, 1, 2);
    put_le(f.g.used, 2, 2);
    put_le(f.g.used + 2, 3, 2);
    f.g.cfg.index = 5;
    assert_int_equal(
        fake_ring_up(&f.ring, &f.g.arena, &f.g.log, NULL, &f.g.cfg), 0);
    e = guest_event(&f.g, FAKE_EV_QUEUE_UP, 0);
    assert_int_equal(e->queue, 5);
    assert_int_equal(e->arg[0], 8);
    assert_int_equal(e->arg[1], f.g.cfg.desc);
    assert_int_equal(e->arg[2], f.g.cfg.driver);
    assert_int_equal(e->arg[3], f.g.cfg.device);
    e = guest_event(&f.g, FAKE_EV_QUEUE_INIT, 0);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[1], 2);
    assert_int_equal(e->arg[2], 3);
    /* The device has not put right what it found. */
    assert_int_equal(get_le(f.g.used, 2), 2);
    fake_ring_down(&f.ring);
    assert_int_equal(guest_event(&f.g, FAKE_EV_QUEUE_DOWN, 0)->queue, 5);
    assert_false(fake_ring_pending(&f.ring));
    assert_null(fake_ring_take(&f.ring));
    assert_false(fake_ring_arm(&f.ring));
    fake_ring_down(&f.ring); /* again: nothing */
    assert_int_equal(guest_count(&f.g, FAKE_EV_QUEUE_DOWN), 1);
    guest_free(&f.g);
}

static void up_fails(struct fake_ring_config cfg, unsigned faults)
{
    struct fixture f;

    guest_init(&f.g, 8, 0);
    cfg.desc = f.g.cfg.desc + cfg.desc;
    cfg.driver = f.g.cfg.driver + cfg.driver;
    cfg.device = f.g.cfg.device + cfg.device;
    assert_int_equal(fake_ring_up(&f.ring, &f.g.arena, &f.g.log, NULL, &cfg),
                     -1);
    assert_true(f.ring.broken);
    assert_int_equal(guest_count(&f.g, FAKE_EV_QUEUE_UP), 1);
    assert_int_equal(guest_count(&f.g, FAKE_EV_QUEUE_INIT), 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_MEM_FAULT), faults);
    assert_null(fake_ring_take(&f.ring));
    fake_ring_down(&f.ring);
    guest_free(&f.g);
}

static void test_areas_that_cannot_be_used_break_the_ring(void **state)
{
    static const uint32_t sizes[] = {0, 3, 12, 65536, 0x80000000};

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
        up_fails((struct fake_ring_config){.size = sizes[k]}, 0);
    up_fails((struct fake_ring_config){.size = 16}, 3); /* too large */
    up_fails((struct fake_ring_config){.size = 8, .desc = 8}, 1);
    up_fails((struct fake_ring_config){.size = 8, .desc = 4}, 1);
    up_fails((struct fake_ring_config){.size = 8, .driver = 1}, 1);
    up_fails((struct fake_ring_config){.size = 8, .device = 2}, 1);
    up_fails((struct fake_ring_config){.size = 8, .desc = UINT64_MAX / 2}, 1);
}

/* ---- chains ---- */

static void test_chain_events_say_what_was_fetched(void **state)
{
    struct fixture f;
    const struct fake_event *e;
    uint64_t out, in;

    (void)state;
    up(&f, 8, 0);
    out = lend(&f, 16, FAKE_TO_DEVICE);
    in = lend(&f, 513, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 6, out, 16, NEXT, 1);
    guest_desc(&f.g, 1, in, 513, WRITE, 0x1234);
    put_le(f.g.avail, 1, 2);
    put_le(f.g.avail + 4 + 2 * 8, 77, 2);
    guest_publish(&f.g, 6);
    guest_mark(&f.g);
    assert_non_null(fake_ring_take(&f.ring));
    e = guest_event(&f.g, FAKE_EV_AVAIL, 0);
    assert_int_equal(e->arg[0], 0);
    assert_int_equal(e->arg[1], 1);
    assert_int_equal(e->arg[2], 1);
    assert_int_equal(e->arg[3], 77);
    e = guest_event(&f.g, FAKE_EV_DESC, 0);
    assert_int_equal(e->arg[0], 6);
    assert_int_equal(e->arg[1], out);
    assert_int_equal(e->arg[2], 16);
    assert_int_equal(FAKE_DESC_FLAGS(e->arg[3]), NEXT);
    assert_int_equal(FAKE_DESC_NEXT(e->arg[3]), 1);
    assert_int_equal(FAKE_DESC_IN_TABLE(e->arg[3]), 0);
    e = guest_event(&f.g, FAKE_EV_DESC, 1);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[3], WRITE | 0x1234 << 16);
    e = guest_event(&f.g, FAKE_EV_CHAIN, 0);
    assert_int_equal(e->arg[0], 6);
    assert_int_equal(e->arg[1], 2);
    assert_int_equal(e->arg[2], 16);
    assert_int_equal(e->arg[3], 513);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_BAD), 0);
    down(&f);
}

/* 2.7.5.3.2: direct descriptors first, then one table; WRITE in the one that
 * points at the table means nothing. The table may lie anywhere. */
static void test_direct_descriptors_may_end_in_a_table(void **state)
{
    (void)state;
    for (size_t odd = 0; odd < 4; odd++) {
        struct fixture f;
        struct fake_chain *chain;
        uint64_t out, in;
        uint8_t *table;

        up(&f, 4, F_INDIRECT);
        table = guest_mem(&f.g, 64) + odd;
        out = lend(&f, 16, FAKE_TO_DEVICE);
        in = lend(&f, 64, FAKE_FROM_DEVICE);
        guest_desc(&f.g, 0, out, 16, NEXT, 3);
        guest_desc(&f.g, 3, guest_share(&f.g, table, 48, FAKE_TO_DEVICE), 48,
                   INDIRECT | WRITE, 9);
        put_desc(table, out, 8, NEXT, 1);
        put_desc(table + 16, in, 32, WRITE | NEXT, 2);
        put_desc(table + 32, in + 32, 32, WRITE, 0);
        guest_publish(&f.g, 0);
        guest_mark(&f.g);
        chain = fake_ring_take(&f.ring);
        assert_non_null(chain);
        assert_int_equal(chain->readable_bytes, 24);
        assert_int_equal(chain->writable_bytes, 64);
        assert_int_equal(guest_count(&f.g, FAKE_EV_DESC), 5);
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_BAD), 0);
        assert_true(
            FAKE_DESC_IN_TABLE(guest_event(&f.g, FAKE_EV_DESC, 2)->arg[3]));
        assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN, 0)->arg[1], 4);
        down(&f);
    }
}

static void test_elements_of_length_0_contribute_nothing(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint64_t in;

    (void)state;
    up(&f, 4, 0);
    in = lend(&f, 8, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 0, 0, 0, NEXT, 1);
    guest_desc(&f.g, 1, in, 8, WRITE | NEXT, 2);
    guest_desc(&f.g, 2, UINT64_MAX, 0, WRITE, 0);
    guest_publish(&f.g, 0);
    guest_mark(&f.g);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->seg_count, 1);
    assert_int_equal(chain->readable_count, 0);
    assert_int_equal(chain->writable_bytes, 8);
    assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN, 0)->arg[1], 3);
    assert_int_equal(guest_count(&f.g, FAKE_EV_MEM_FAULT), 0);
    down(&f);
}

static void test_chain_may_be_as_long_as_the_queue(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *table;
    uint64_t in;

    (void)state;
    up(&f, 8, F_INDIRECT);
    in = lend(&f, 8, FAKE_FROM_DEVICE);
    table = guest_mem(&f.g, 16 * 9);
    for (unsigned k = 0; k < 8; k++) {
        guest_desc(&f.g, k, in, 1, k < 7 ? WRITE | NEXT : WRITE,
                   (uint16_t)(k + 1));
        put_desc(table + 16 * k, in, 1, k < 7 ? WRITE | NEXT : WRITE,
                 (uint16_t)(k + 1));
    }
    guest_publish(&f.g, 0);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->seg_count, 8);
    fake_ring_complete(&f.ring, chain, 8);
    /* The same in a table that even has an entry to spare. */
    guest_desc(&f.g, 0, guest_share(&f.g, table, 16 * 9, FAKE_TO_DEVICE),
               16 * 9, INDIRECT, 0);
    guest_publish(&f.g, 0);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->seg_count, 8);
    down(&f);
}

/* ---- what a driver can do wrong ---- */

static void expect_bad(struct fixture *f, enum fake_chain_bad reason,
                       uint64_t head, uint64_t index, uint64_t value)
{
    const struct fake_event *e = guest_event(&f->g, FAKE_EV_CHAIN_BAD, 0);

    assert_int_equal(e->arg[1], reason);
    assert_int_equal(e->arg[0], head);
    assert_int_equal(e->arg[2], index);
    assert_int_equal(e->arg[3], value);
    assert_int_equal(guest_count(&f->g, FAKE_EV_CHAIN_BAD), 1);
}

/* The next take finds a chain that cannot be served, and none after it. */
static void expect_broken(struct fixture *f, enum fake_chain_bad reason,
                          uint64_t head, uint64_t index, uint64_t value)
{
    guest_mark(&f->g);
    assert_null(fake_ring_take(&f->ring));
    expect_bad(f, reason, head, index, value);
    assert_int_equal(guest_count(&f->g, FAKE_EV_CHAIN), 0);
    assert_true(f->ring.broken);
    assert_null(fake_ring_take(&f->ring));
    assert_false(fake_ring_pending(&f->ring));
    assert_false(fake_ring_arm(&f->ring));
    assert_int_equal(guest_count(&f->g, FAKE_EV_CHAIN_BAD), 1);
    down(f);
}

static void test_head_out_of_range_breaks_the_ring(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, 0);
    guest_publish(&f.g, 8);
    expect_broken(&f, FAKE_CHAIN_BAD_HEAD_RANGE, 8, 0, 8);
}

static void test_next_out_of_range_breaks_the_ring(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, 0);
    guest_desc(&f.g, 2, lend(&f, 8, FAKE_TO_DEVICE), 8, NEXT, 8);
    guest_publish(&f.g, 2);
    expect_broken(&f, FAKE_CHAIN_BAD_NEXT_RANGE, 2, 2, 8);
}

static void test_next_beyond_the_table_breaks_the_ring(void **state)
{
    struct fixture f;
    uint8_t *table;

    (void)state;
    up(&f, 8, F_INDIRECT);
    table = guest_mem(&f.g, 32);
    put_desc(table, lend(&f, 8, FAKE_TO_DEVICE), 8, NEXT, 2);
    guest_desc(&f.g, 0, guest_share(&f.g, table, 32, FAKE_TO_DEVICE), 32,
               INDIRECT, 0);
    guest_publish(&f.g, 0);
    expect_broken(&f, FAKE_CHAIN_BAD_NEXT_RANGE, 0, 0, 2);
}

static void test_loop_breaks_the_ring(void **state)
{
    static const uint32_t sizes[] = {1, 2, 8, 256};

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct fixture f;

        up(&f, sizes[s], 0);
        guest_desc(&f.g, 0, lend(&f, 8, FAKE_TO_DEVICE), 8, NEXT, 0);
        guest_publish(&f.g, 0);
        guest_mark(&f.g);
        assert_null(fake_ring_take(&f.ring));
        assert_int_equal(guest_count(&f.g, FAKE_EV_DESC), sizes[s]);
        guest_mark(&f.g);
        assert_true(f.ring.broken);
        down(&f);
    }
}

static void test_chain_longer_than_the_queue_breaks_the_ring(void **state)
{
    struct fixture f;
    uint8_t *table;
    uint64_t out;

    (void)state;
    up(&f, 4, F_INDIRECT);
    table = guest_mem(&f.g, 80);
    out = lend(&f, 8, FAKE_TO_DEVICE);
    for (unsigned k = 0; k < 5; k++)
        put_desc(table + 16 * k, out, 8, k < 4 ? NEXT : 0, (uint16_t)(k + 1));
    guest_desc(&f.g, 1, guest_share(&f.g, table, 80, FAKE_TO_DEVICE), 80,
               INDIRECT, 0);
    guest_publish(&f.g, 1);
    expect_broken(&f, FAKE_CHAIN_BAD_TOO_LONG, 1, 4, 4);
}

static void test_table_of_odd_length_breaks_the_ring(void **state)
{
    static const uint32_t lens[] = {0, 1, 15, 17, 40};

    (void)state;
    for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
        struct fixture f;

        up(&f, 4, F_INDIRECT);
        guest_desc(&f.g, 1, lend(&f, 64, FAKE_TO_DEVICE), lens[k], INDIRECT, 0);
        guest_publish(&f.g, 1);
        expect_broken(&f, FAKE_CHAIN_BAD_TABLE_LEN, 1, 1, lens[k]);
    }
}

static void test_table_inside_a_table_breaks_the_ring(void **state)
{
    struct fixture f;
    uint8_t *table;
    uint64_t addr;

    (void)state;
    up(&f, 4, F_INDIRECT);
    table = guest_mem(&f.g, 16);
    addr = guest_share(&f.g, table, 16, FAKE_TO_DEVICE);
    put_desc(table, addr, 16, INDIRECT, 0);
    guest_desc(&f.g, 1, addr, 16, INDIRECT, 0);
    guest_publish(&f.g, 1);
    expect_broken(&f, FAKE_CHAIN_BAD_TABLE_NESTED, 1, 0, INDIRECT);
}

static void test_memory_not_lent_breaks_the_ring(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 4, 0);
    guest_desc(&f.g, 1, 0xdead, 16, WRITE, 0);
    guest_publish(&f.g, 1);
    expect_broken(&f, FAKE_CHAIN_BAD_MEMORY, 1, 1, 0xdead);
    /* ... nor longer than it is, nor in the other direction, nor a table. */
    for (unsigned k = 0; k < 3; k++) {
        static const uint16_t flags[] = {0, WRITE, INDIRECT};
        uint64_t addr;

        up(&f, 4, F_INDIRECT);
        addr = lend(&f, 16, k == 1 ? FAKE_TO_DEVICE : FAKE_FROM_DEVICE);
        guest_desc(&f.g, 0, addr, k ? 16 : 17, flags[k], 0);
        guest_publish(&f.g, 0);
        guest_mark(&f.g);
        if (k == 0)
            f.g.desc[12] = WRITE;
        expect_broken(&f, FAKE_CHAIN_BAD_MEMORY, 0, 0, addr);
    }
}

static void test_idx_that_jumps_breaks_the_ring(void **state)
{
    static const uint16_t jumps[] = {5, 1000, 32768, 65535};

    (void)state;
    for (size_t k = 0; k < sizeof(jumps) / sizeof(jumps[0]); k++) {
        struct fixture f;

        up(&f, 4, 0);
        guest_skip_to(&f.g, &f.ring, 10);
        put_le(f.g.avail + 2, 10u + jumps[k], 2);
        assert_true(fake_ring_pending(&f.ring)); /* there is to do */
        assert_int_equal(guest_event(&f.g, FAKE_EV_AVAIL, 0)->arg[1],
                         (uint16_t)(10 + jumps[k]));
        expect_bad(&f, FAKE_CHAIN_BAD_IDX_JUMP, 0, 10,
                   (uint16_t)(10 + jumps[k]));
        assert_null(fake_ring_take(&f.ring));
        assert_true(f.ring.broken);
        down(&f);
    }
}

static void test_idx_that_goes_back_breaks_the_ring(void **state)
{
    struct fixture f;
    uint64_t addr;

    (void)state;
    up(&f, 4, 0);
    addr = lend(&f, 8, FAKE_TO_DEVICE);
    for (uint16_t k = 0; k < 3; k++) {
        guest_desc(&f.g, k, addr, 8, 0, 0);
        guest_publish(&f.g, k);
    }
    assert_non_null(fake_ring_take(&f.ring));
    put_le(f.g.avail + 2, 1, 2); /* from 3 to 1: just what is taken */
    assert_true(fake_ring_pending(&f.ring));
    assert_true(f.ring.broken);
    expect_bad(&f, FAKE_CHAIN_BAD_IDX_JUMP, 0, 1, 1);
    down(&f);
}

static void test_head_lent_twice_breaks_the_ring(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 4, 0);
    guest_desc(&f.g, 3, lend(&f, 8, FAKE_TO_DEVICE), 8, 0, 0);
    guest_publish(&f.g, 3);
    guest_publish(&f.g, 3);
    assert_non_null(fake_ring_take(&f.ring));
    expect_broken(&f, FAKE_CHAIN_BAD_LENT_TWICE, 3, 1, 3);
}

/* Violations that memory survives do not stop the run. */
static void test_table_with_next_is_told_and_served(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *table;

    (void)state;
    up(&f, 4, F_INDIRECT);
    table = guest_mem(&f.g, 16);
    put_desc(table, lend(&f, 8, FAKE_TO_DEVICE), 8, 0, 0);
    guest_desc(&f.g, 1, guest_share(&f.g, table, 16, FAKE_TO_DEVICE), 16,
               INDIRECT | NEXT, 2);
    guest_publish(&f.g, 1);
    guest_mark(&f.g);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    assert_int_equal(chain->readable_bytes, 8);
    expect_bad(&f, FAKE_CHAIN_BAD_TABLE_AND_NEXT, 1, 1, INDIRECT | NEXT);
    down(&f);
}

static void test_table_not_negotiated_is_told_and_served(void **state)
{
    struct fixture f;
    uint8_t *table;

    (void)state;
    up(&f, 4, F_EVENT_IDX);
    table = guest_mem(&f.g, 16);
    put_desc(table, lend(&f, 8, FAKE_TO_DEVICE), 8, 0, 0);
    guest_desc(&f.g, 1, guest_share(&f.g, table, 16, FAKE_TO_DEVICE), 16,
               INDIRECT, 0);
    guest_publish(&f.g, 1);
    guest_mark(&f.g);
    assert_non_null(fake_ring_take(&f.ring));
    expect_bad(&f, FAKE_CHAIN_BAD_NOT_NEGOTIATED, 1, 1, INDIRECT);
    down(&f);
}

static void test_wrong_order_is_told_once_and_served_by_direction(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint64_t out, in;

    (void)state;
    up(&f, 8, 0);
    out = lend(&f, 16, FAKE_TO_DEVICE);
    in = lend(&f, 16, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 0, out, 1, NEXT, 1);
    guest_desc(&f.g, 1, in, 2, WRITE | NEXT, 2);
    guest_desc(&f.g, 2, in + 2, 3, WRITE | NEXT, 3);
    guest_desc(&f.g, 3, out + 1, 4, NEXT, 4);
    guest_desc(&f.g, 4, out + 5, 5, 0, 0);
    guest_publish(&f.g, 0);
    guest_mark(&f.g);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    expect_bad(&f, FAKE_CHAIN_BAD_ORDER, 0, 3, NEXT);
    assert_int_equal(chain->readable_count, 3);
    for (unsigned k = 0; k < 5; k++) {
        static const uint32_t bytes[] = {1, 4, 5, 2, 3};

        assert_int_equal(chain->seg[k].bytes, bytes[k]);
    }
    assert_int_equal(chain->readable_bytes, 10);
    assert_int_equal(chain->writable_bytes, 5);
    down(&f);
}

/* ---- completions ---- */

static void changed_by(unsigned index, unsigned byte, bool table,
                       unsigned changes)
{
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *mem;
    uint64_t in;

    up(&f, 8, F_INDIRECT);
    mem = guest_mem(&f.g, 32);
    in = lend(&f, 8, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 0, in, 2, WRITE | NEXT, 5);
    guest_desc(&f.g, 5, guest_share(&f.g, mem, 32, FAKE_TO_DEVICE), 32,
               INDIRECT, 3);
    put_desc(mem, in, 2, WRITE | NEXT, 1);
    put_desc(mem + 16, in, 2, WRITE, 7);
    guest_publish(&f.g, 0);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    guest_mark(&f.g);
    (table ? mem : f.g.desc)[16 * index + byte] ^= 0x40;
    fake_ring_complete(&f.ring, chain, 6);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), changes);
    if (changes) {
        const struct fake_event *e =
            guest_event(&f.g, FAKE_EV_CHAIN_CHANGED, 0);

        assert_int_equal(e->arg[0], 0);
        assert_int_equal(e->arg[1], index);
    }
    assert_int_equal(guest_used_idx(&f.g), 1);
    down(&f);
}

static void test_descriptors_changed_while_lent_are_found(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 16; byte++) {
        changed_by(0, byte, false, 1);
        changed_by(5, byte, false, byte < 14); /* next without NEXT is free */
        changed_by(0, byte, true, 1);
        changed_by(1, byte, true, byte < 14);
        changed_by(3, byte, false, 0); /* no part of the chain */
    }
}

static void test_completed_head_may_be_lent_again(void **state)
{
    struct fixture f;
    struct fake_chain *chain;

    (void)state;
    up(&f, 1, 0);
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    for (unsigned k = 0; k < 70000; k++) {
        guest_publish(&f.g, 0);
        chain = fake_ring_take(&f.ring);
        assert_non_null(chain);
        assert_int_equal(chain->taken_at, k);
        fake_ring_complete(&f.ring, chain, 8);
    }
    assert_int_equal(guest_used_idx(&f.g), 70000 % 65536);
    down(&f);
}

static void test_used_is_logged_with_the_idx_it_publishes(void **state)
{
    struct fixture f;
    const struct fake_event *e;

    (void)state;
    up(&f, 8, 0);
    guest_desc(&f.g, 4, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    guest_publish(&f.g, 4);
    fake_ring_complete(&f.ring, fake_ring_take(&f.ring), 7);
    e = guest_event(&f.g, FAKE_EV_USED, 0);
    assert_int_equal(e->arg[0], 4);
    assert_int_equal(e->arg[1], 7);
    assert_int_equal(e->arg[2], 1);
    down(&f);
}

/* ---- interrupts ---- */

/* Completes n buffers of one byte. */
static void complete_n(struct fixture *f, unsigned n)
{
    for (; n; n--) {
        guest_publish(&f->g, 0);
        fake_ring_complete(&f->ring, fake_ring_take(&f->ring), 1);
    }
}

static void test_interrupt_follows_avail_flags_without_event_idx(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, 0);
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    assert_false(fake_ring_interrupt_due(&f.ring)); /* nothing used */
    put_le(f.g.avail + 4 + 2 * 8, 500, 2);          /* used_event: no matter */
    complete_n(&f, 1);
    assert_true(fake_ring_interrupt_due(&f.ring));
    assert_false(fake_ring_interrupt_due(&f.ring)); /* once */
    put_le(f.g.avail, 1, 2);
    complete_n(&f, 3);
    assert_false(fake_ring_interrupt_due(&f.ring));
    put_le(f.g.avail, 0, 2);
    assert_false(fake_ring_interrupt_due(&f.ring)); /* decided already */
    down(&f);
}

static void test_interrupt_follows_used_event_with_event_idx(void **state)
{
    static const struct {
        uint16_t start, event;
        unsigned batch;
        bool due;
    } cases[] = {
        {0, 0, 1, true},         {0, 1, 1, false},
        {0, 1, 2, true},         {0, 2, 2, false},
        {5, 4, 3, false},        {5, 5, 3, true},
        {5, 7, 3, true},         {5, 8, 3, false},
        {65535, 65535, 1, true}, {65535, 0, 1, false},
        {65535, 0, 2, true},     {65533, 65532, 8, false},
        {65533, 4, 8, true},     {65533, 5, 8, false},
        {0, 65535, 8, false},    {100, 32868, 8, false},
        {32768, 32768, 1, true},
    };
    struct fixture f;

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        up(&f, 8, F_EVENT_IDX);
        guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
        guest_skip_to(&f.g, &f.ring, cases[k].start);
        put_le(f.g.avail, 1, 2); /* avail flags: no matter */
        put_le(f.g.avail + 4 + 2 * 8, cases[k].event, 2);
        complete_n(&f, cases[k].batch);
        assert_int_equal(fake_ring_interrupt_due(&f.ring), cases[k].due);
        down(&f);
    }
}

/* ---- kicks ---- */

static uint16_t used_flags(const struct fixture *f)
{
    return (uint16_t)get_le(f->g.used, 2);
}

static uint16_t avail_event(const struct fixture *f)
{
    return (uint16_t)get_le(f->g.used + 4 + 8 * (size_t)f->g.cfg.size, 2);
}

static void test_kicks_are_steered_by_used_flags(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, 0);
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    assert_false(fake_ring_arm(&f.ring)); /* as allocated: armed */
    fake_ring_kick(&f.ring);
    assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 0);
    fake_ring_suppress(&f.ring);
    fake_ring_suppress(&f.ring);
    assert_int_equal(used_flags(&f), 1);
    assert_int_equal(guest_count(&f.g, FAKE_EV_SUPPRESSED), 1);
    complete_n(&f, 2);
    assert_false(fake_ring_arm(&f.ring));
    assert_false(fake_ring_arm(&f.ring));
    assert_int_equal(used_flags(&f), 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_ARMING), 1);
    assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 1);
    assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[0], 2);
    assert_int_equal(avail_event(&f), 0); /* does not apply: left alone */
    down(&f);
}

static void test_kicks_are_steered_by_avail_event(void **state)
{
    struct fixture f;
    const struct fake_event *e;

    (void)state;
    up(&f, 8, F_EVENT_IDX);
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    complete_n(&f, 3);
    assert_false(fake_ring_arm(&f.ring));
    assert_int_equal(avail_event(&f), 3);
    e = guest_event(&f.g, FAKE_EV_ARMED, 0);
    assert_int_equal(e->arg[0], 3);
    assert_int_equal(e->arg[1], 3);
    fake_ring_kick(&f.ring);
    fake_ring_suppress(&f.ring);
    assert_int_equal(avail_event(&f), 2); /* passed: no kick for entry 3 */
    complete_n(&f, 5);
    fake_ring_suppress(&f.ring);
    assert_int_equal(avail_event(&f), 2);
    assert_false(fake_ring_arm(&f.ring));
    assert_int_equal(avail_event(&f), 8);
    assert_int_equal(used_flags(&f), 0); /* 2.7.10.2: always */
    down(&f);
}

/* avail_event must not come round again while the device is looking. */
static void test_suppressed_avail_event_never_comes_up(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, F_EVENT_IDX);
    f.g.log.on = false;
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    for (unsigned k = 0; k < 140000; k++) {
        fake_ring_suppress(&f.ring);
        assert_int_not_equal(avail_event(&f), f.g.avail_idx);
        complete_n(&f, 1);
    }
    down(&f);
}

/* Or a kick that never came would not be missed. */
static void test_armed_ring_is_left_alone_until_it_is_kicked(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 8, 0);
    guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
    assert_false(fake_ring_arm(&f.ring));
    guest_publish(&f.g, 0);
    assert_false(fake_ring_pending(&f.ring));
    assert_null(fake_ring_take(&f.ring));
    fake_ring_suppress(&f.ring); /* nobody woke it */
    assert_false(f.ring.polling);
    fake_ring_kick(&f.ring);
    assert_true(fake_ring_pending(&f.ring));
    fake_ring_complete(&f.ring, fake_ring_take(&f.ring), 1);
    down(&f);
}

static void test_arm_does_not_sleep_over_an_entry(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fixture f;

        up(&f, 8, k ? F_EVENT_IDX : 0);
        guest_desc(&f.g, 0, lend(&f, 8, FAKE_FROM_DEVICE), 8, WRITE, 0);
        fake_ring_suppress(&f.ring);
        guest_publish(&f.g, 0);
        assert_true(fake_ring_arm(&f.ring));
        assert_int_equal(guest_count(&f.g, FAKE_EV_ARMING), 0);
        assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 0);
        assert_true(f.ring.polling);
        fake_ring_complete(&f.ring, fake_ring_take(&f.ring), 1);
        assert_false(fake_ring_arm(&f.ring));
        assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 1);
        down(&f);
    }
}

/* ---- bytes ---- */

static void test_chain_bytes_are_one_stream_over_any_framing(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *out, *in;
    uint8_t buf[32];
    uint64_t o, i;

    (void)state;
    up(&f, 8, 0);
    out = guest_mem(&f.g, 16);
    in = guest_mem(&f.g, 16);
    for (uint8_t k = 0; k < 16; k++)
        out[k] = k;
    o = guest_share(&f.g, out, 16, FAKE_TO_DEVICE);
    i = guest_share(&f.g, in, 16, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 0, o, 1, NEXT, 1);
    guest_desc(&f.g, 1, o + 1, 10, NEXT, 2);
    guest_desc(&f.g, 2, o + 11, 5, NEXT, 3);
    guest_desc(&f.g, 3, i, 3, WRITE | NEXT, 4);
    guest_desc(&f.g, 4, i + 3, 13, WRITE, 0);
    guest_publish(&f.g, 0);
    chain = fake_ring_take(&f.ring);
    assert_non_null(chain);
    for (unsigned from = 0; from <= 17; from++) {
        for (unsigned n = 0; n <= 20; n++) {
            uint64_t room = from < 16 ? 16 - from : 0;
            uint64_t want = n < room ? n : room;

            assert_int_equal(fake_chain_read(chain, from, buf, n), want);
            assert_memory_equal(buf, out + from, want);
            memset(in, 0xff, 16);
            assert_int_equal(fake_chain_write(chain, from, out, n), want);
            for (unsigned k = 0; k < 16; k++)
                assert_int_equal(
                    in[k], k >= from && k < from + want ? out[k - from] : 0xff);
        }
    }
    down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_are_those_of_the_specification),
        cmocka_unit_test(test_indirect_table_is_that_of_the_specification),
        cmocka_unit_test(test_areas_of_each_size_are_used_to_their_ends),
        cmocka_unit_test(test_indices_run_on_over_65535),
        cmocka_unit_test(test_up_reports_areas_and_their_first_content),
        cmocka_unit_test(test_areas_that_cannot_be_used_break_the_ring),
        cmocka_unit_test(test_chain_events_say_what_was_fetched),
        cmocka_unit_test(test_direct_descriptors_may_end_in_a_table),
        cmocka_unit_test(test_elements_of_length_0_contribute_nothing),
        cmocka_unit_test(test_chain_may_be_as_long_as_the_queue),
        cmocka_unit_test(test_head_out_of_range_breaks_the_ring),
        cmocka_unit_test(test_next_out_of_range_breaks_the_ring),
        cmocka_unit_test(test_next_beyond_the_table_breaks_the_ring),
        cmocka_unit_test(test_loop_breaks_the_ring),
        cmocka_unit_test(test_chain_longer_than_the_queue_breaks_the_ring),
        cmocka_unit_test(test_table_of_odd_length_breaks_the_ring),
        cmocka_unit_test(test_table_inside_a_table_breaks_the_ring),
        cmocka_unit_test(test_memory_not_lent_breaks_the_ring),
        cmocka_unit_test(test_idx_that_jumps_breaks_the_ring),
        cmocka_unit_test(test_idx_that_goes_back_breaks_the_ring),
        cmocka_unit_test(test_head_lent_twice_breaks_the_ring),
        cmocka_unit_test(test_table_with_next_is_told_and_served),
        cmocka_unit_test(test_table_not_negotiated_is_told_and_served),
        cmocka_unit_test(test_wrong_order_is_told_once_and_served_by_direction),
        cmocka_unit_test(test_descriptors_changed_while_lent_are_found),
        cmocka_unit_test(test_completed_head_may_be_lent_again),
        cmocka_unit_test(test_used_is_logged_with_the_idx_it_publishes),
        cmocka_unit_test(test_interrupt_follows_avail_flags_without_event_idx),
        cmocka_unit_test(test_interrupt_follows_used_event_with_event_idx),
        cmocka_unit_test(test_kicks_are_steered_by_used_flags),
        cmocka_unit_test(test_kicks_are_steered_by_avail_event),
        cmocka_unit_test(test_suppressed_avail_event_never_comes_up),
        cmocka_unit_test(test_armed_ring_is_left_alone_until_it_is_kicked),
        cmocka_unit_test(test_arm_does_not_sleep_over_an_entry),
        cmocka_unit_test(test_chain_bytes_are_one_stream_over_any_framing),
    };

    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
