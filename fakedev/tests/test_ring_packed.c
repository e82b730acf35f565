/* SPDX-License-Identifier: MIT
 *
 * test_ring_packed.c: the device half of a packed virtqueue: layouts as bytes,
 * lists of every form, everything a driver can get wrong, and notifications.
 */
#include "guest.h"

enum { AVAIL = 0x80, USED = 0x8000 };
enum { ENABLE = 0, DISABLE = 1, DESC = 2 };

struct fixture {
    struct guest g;
    struct fake_ring ring;
    /* the driver's place */
    unsigned slot;
    bool wrap;
    uint64_t in, out; /* memory lent, 64 bytes each way */
};

static void up(struct fixture *f, uint32_t size, uint64_t features)
{
    guest_init(&f->g, size, features | F_PACKED);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    f->slot = 0;
    f->wrap = true;
    f->in = guest_share(&f->g, guest_mem(&f->g, 64), 64, FAKE_FROM_DEVICE);
    f->out = guest_share(&f->g, guest_mem(&f->g, 64), 64, FAKE_TO_DEVICE);
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

static uint8_t *slot_at(const struct fixture *f, unsigned slot)
{
    return f->g.desc + 16 * (size_t)slot;
}

static uint16_t flags_of(const struct fixture *f, unsigned slot)
{
    return (uint16_t)get_le(slot_at(f, slot) + 14, 2);
}

static void put_slot(struct fixture *f, unsigned slot, uint64_t addr,
                     uint32_t len, uint16_t id, uint16_t flags)
{
    put_le(slot_at(f, slot), addr, 8);
    put_le(slot_at(f, slot) + 8, len, 4);
    put_le(slot_at(f, slot) + 12, id, 2);
    put_le(slot_at(f, slot) + 14, flags, 2);
}

static uint16_t avail_bits(bool wrap)
{
    return wrap ? AVAIL : USED;
}

static uint16_t used_bits(bool wrap)
{
    return wrap ? AVAIL | USED : 0;
}

static void move(struct fixture *f, unsigned slots)
{
    f->slot += slots;
    if (f->slot >= f->g.cfg.size) {
        f->slot -= f->g.cfg.size;
        f->wrap = !f->wrap;
    }
}

static void publish_as(struct fixture *f, uint64_t addr, uint32_t len,
                       uint16_t id, uint16_t flags)
{
    put_slot(f, f->slot, addr, len, id, flags | avail_bits(f->wrap));
    move(f, 1);
}

/* A list of n descriptors, the last of them writable. */
static void publish(struct fixture *f, uint16_t id, unsigned n)
{
    while (--n)
        publish_as(f, f->out, 1, 0x5a5a, NEXT);
    publish_as(f, f->in, 64, id, WRITE);
}

static struct fake_chain *take(struct fixture *f, uint16_t id, unsigned slots)
{
    struct fake_chain *chain = fake_ring_take(&f->ring);

    assert_non_null(chain);
    assert_int_equal(chain->head, id);
    assert_int_equal(chain->slots, slots);
    return chain;
}

static void expect_used(const struct fixture *f, unsigned slot, bool wrap,
                        uint16_t id, uint32_t len)
{
    assert_int_equal(flags_of(f, slot) & (AVAIL | USED), used_bits(wrap));
    assert_int_equal(get_le(slot_at(f, slot) + 12, 2), id);
    assert_int_equal(get_le(slot_at(f, slot) + 8, 4), len);
}

static void expect_bad(struct fixture *f, enum fake_chain_bad reason,
                       uint64_t index, uint64_t value)
{
    const struct fake_event *e;

    guest_mark(&f->g);
    assert_null(fake_ring_take(&f->ring));
    e = guest_event(&f->g, FAKE_EV_CHAIN_BAD, 0);
    assert_int_equal(e->arg[1], reason);
    assert_int_equal(e->arg[2], index);
    assert_int_equal(e->arg[3], value);
    assert_true(f->ring.broken);
    assert_null(fake_ring_take(&f->ring));
}

static void driver_event(struct fixture *f, uint16_t flags, unsigned off,
                         bool wrap)
{
    put_le(f->g.avail, off | (wrap ? 0x8000u : 0), 2);
    put_le(f->g.avail + 2, flags, 2);
}

static void expect_device_event(const struct fixture *f, uint16_t flags,
                                unsigned off, bool wrap)
{
    assert_int_equal(get_le(f->g.used + 2, 2), flags);
    if (flags == DESC)
        assert_int_equal(get_le(f->g.used, 2), off | (wrap ? 0x8000u : 0));
}

/* ---- layouts ---- */

/* 2.8.13: le64 addr, le32 len, le16 id, le16 flags. */
static void test_layouts_are_those_of_the_specification(void **state)
{
    static const uint8_t tail[2][8] = {
        {0x10, 0x00, 0, 0, 0xff, 0xff, 0x81, 0x00}, /* NEXT, available */
        {0x20, 0x00, 0, 0, 0x34, 0x12, 0x82, 0x00}, /* WRITE, available */
    };
    static const uint8_t used[8] = {0x07, 0, 0, 0, 0x34, 0x12, 0x82, 0x80};
    struct fixture f;
    struct fake_chain *chain;

    (void)state;
    up(&f, 4, 0);
    put_le(slot_at(&f, 0), f.out, 8);
    put_le(slot_at(&f, 1), f.in, 8);
    memcpy(slot_at(&f, 0) + 8, tail[0], 8);
    memcpy(slot_at(&f, 1) + 8, tail[1], 8);
    chain = take(&f, 0x1234, 2);
    assert_int_equal(chain->readable_bytes, 0x10);
    assert_int_equal(chain->writable_bytes, 0x20);
    fake_ring_complete(&f.ring, chain, 7);
    assert_memory_equal(slot_at(&f, 0) + 8, used, 8);
    /* 2.8.4: what is left of the address means nothing. */
    assert_true(get_le(slot_at(&f, 0), 8) != f.out);
    assert_memory_equal(slot_at(&f, 1) + 8, tail[1], 8); /* left alone */
    down(&f);
}

/* 2.8.7: struct pvirtq_desc[len / 16] without links; of the flags only WRITE
 * counts; it may lie anywhere. */
static void test_tables_are_those_of_the_specification(void **state)
{
    (void)state;
    for (unsigned skew = 0; skew < 8; skew++) {
        struct fixture f;
        struct fake_chain *chain;
        uint8_t *table;
        uint64_t addr;

        up(&f, 3, F_INDIRECT);
        table = guest_mem(&f.g, 64) + skew;
        for (unsigned k = 0; k < 3; k++) {
            put_le(table + 16 * k, k < 2 ? f.out : f.in, 8);
            put_le(table + 16 * k + 8, 10 + k, 4);
            put_le(table + 16 * k + 12, 0xabcd, 2);
            put_le(table + 16 * k + 14, (k < 2 ? 0 : WRITE) | 0x8080 | INDIRECT,
                   2);
        }
        addr = guest_share(&f.g, table, 48, FAKE_TO_DEVICE);
        publish_as(&f, addr, 48, 2, INDIRECT | WRITE);
        chain = take(&f, 2, 1);
        assert_int_equal(chain->seg_count, 3);
        assert_int_equal(chain->readable_bytes, 21);
        assert_int_equal(chain->writable_bytes, 12);
        fake_ring_complete(&f.ring, chain, 12);
        expect_used(&f, 0, true, 2, 12);
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
        down(&f);
    }
}

/* ---- lists and laps ---- */

static const uint32_t sizes[] = {1, 2, 3, 5, 7, 8, 256, 1000, 1024, 32768};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void test_rings_of_each_size_are_used_to_their_ends(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        struct fixture f;
        uint32_t size = sizes[s];

        up(&f, size, 0);
        for (unsigned lap = 0; lap < 5; lap++) {
            bool wrap = f.wrap;

            for (uint32_t k = 0; k < size; k++)
                publish(&f, (uint16_t)k, 1);
            for (uint32_t k = 0; k < size; k++)
                fake_ring_complete(&f.ring, take(&f, (uint16_t)k, 1), k);
            assert_null(fake_ring_take(&f.ring));
            assert_false(f.ring.broken);
            for (uint32_t k = 0; k < size; k++)
                expect_used(&f, k, wrap, (uint16_t)k, k);
        }
        down(&f);
    }
}

static void test_list_may_be_as_long_as_the_ring_and_span_its_end(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        struct fixture f;
        uint32_t size = sizes[s];

        up(&f, size, 0);
        for (unsigned lap = 0; lap < 6; lap++) {
            unsigned slot = f.slot;
            bool wrap = f.wrap;

            publish(&f, 9, size);
            fake_ring_complete(&f.ring, take(&f, 9, size), 1);
            expect_used(&f, slot, wrap, 9, 1);
            slot = f.slot;
            wrap = f.wrap;
            publish(&f, 8, 1); /* the next one begins a slot further on */
            fake_ring_complete(&f.ring, take(&f, 8, 1), 2);
            expect_used(&f, slot, wrap, 8, 2);
        }
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_BAD), 0);
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
        down(&f);
    }
}

/* 2.8.6: the used descriptor takes the next used slot, whatever list it is
 * for, and as many slots are skipped as that list had. */
static void test_out_of_order_completion_skips_slots(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b, *c;

    (void)state;
    up(&f, 7, 0);
    publish(&f, 1, 3);
    publish(&f, 2, 1);
    publish(&f, 3, 2);
    a = take(&f, 1, 3);
    b = take(&f, 2, 1);
    c = take(&f, 3, 2);
    fake_ring_complete(&f.ring, c, 30);
    expect_used(&f, 0, true, 3, 30);
    /* Two slots are free now: with the seventh, room for three. */
    publish(&f, 3, 3);
    c = take(&f, 3, 3);
    fake_ring_complete(&f.ring, a, 10);
    expect_used(&f, 2, true, 1, 10);
    fake_ring_complete(&f.ring, c, 31);
    expect_used(&f, 5, true, 3, 31);
    fake_ring_complete(&f.ring, b, 20);
    expect_used(&f, 1, false, 2, 20);
    publish(&f, 4, 7);
    fake_ring_complete(&f.ring, take(&f, 4, 7), 40);
    expect_used(&f, 2, false, 4, 40);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_BAD), 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
    down(&f);
}

static void test_any_id_will_do(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, 2, 0);
    publish(&f, 65535, 1);
    publish(&f, 12345, 1);
    a = take(&f, 65535, 1);
    b = take(&f, 12345, 1);
    fake_ring_complete(&f.ring, b, 1);
    fake_ring_complete(&f.ring, a, 2);
    expect_used(&f, 0, true, 12345, 1);
    expect_used(&f, 1, true, 65535, 2);
    down(&f);
}

static void test_nothing_is_taken_from_a_ring_of_zeroes(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 4, 0);
    assert_false(fake_ring_pending(&f.ring));
    assert_null(fake_ring_take(&f.ring));
    put_slot(&f, 0, f.in, 1, 0, WRITE | AVAIL | USED); /* looks used */
    assert_null(fake_ring_take(&f.ring));
    put_slot(&f, 0, f.in, 1, 0, WRITE | USED); /* of the next lap */
    assert_null(fake_ring_take(&f.ring));
    assert_false(f.ring.broken);
    down(&f);
}

static void test_used_descriptor_says_if_anything_was_written(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 2, 0);
    publish_as(&f, f.out, 4, 0, 0);
    fake_ring_complete(&f.ring, take(&f, 0, 1), 0);
    assert_int_equal(flags_of(&f, 0), AVAIL | USED);
    publish(&f, 1, 1);
    fake_ring_complete(&f.ring, take(&f, 1, 1), 1);
    assert_int_equal(flags_of(&f, 1), AVAIL | USED | WRITE);
    down(&f);
}

static void test_ring_tells_how_dirty_it_was(void **state)
{
    struct fixture f;

    (void)state;
    guest_init(&f.g, 5, F_PACKED);
    f.g.desc[16 * 2 + 15] = 0x40;
    f.g.desc[16 * 4] = 1;
    driver_event(&f, DISABLE, 0, false);
    assert_int_equal(
        fake_ring_up(&f.ring, &f.g.arena, &f.g.log, &f.g.faults, &f.g.cfg), 0);
    assert_int_equal(guest_event(&f.g, FAKE_EV_QUEUE_INIT, 0)->arg[0], DISABLE);
    assert_int_equal(guest_event(&f.g, FAKE_EV_QUEUE_INIT, 0)->arg[3], 2);
    down(&f);
}

/* ---- what a driver can get wrong ---- */

static void test_list_longer_than_the_ring(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, 0);
    for (unsigned k = 0; k < 3; k++)
        put_slot(&f, k, f.out, 1, 0, NEXT | AVAIL);
    expect_bad(&f, FAKE_CHAIN_BAD_TOO_LONG, 0, 3);
    down(&f);
}

static void test_table_longer_than_the_queue(void **state)
{
    struct fixture f;
    uint8_t *table;

    (void)state;
    up(&f, 3, F_INDIRECT);
    table = guest_mem(&f.g, 64);
    for (unsigned k = 0; k < 4; k++) {
        put_le(table + 16 * k, f.out, 8);
        put_le(table + 16 * k + 8, 1, 4);
    }
    publish_as(&f, guest_share(&f.g, table, 64, FAKE_TO_DEVICE), 64, 0,
               INDIRECT);
    expect_bad(&f, FAKE_CHAIN_BAD_TOO_LONG, 3, 3);
    down(&f);
}

static void test_slot_that_is_lent_made_available_again(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 2, 0);
    publish(&f, 0, 1);
    publish(&f, 1, 1);
    take(&f, 0, 1);
    take(&f, 1, 1);
    publish(&f, 2, 1);
    expect_bad(&f, FAKE_CHAIN_BAD_LENT_TWICE, 0, WRITE | USED);
    down(&f);
}

static void test_list_without_room(void **state)
{
    (void)state;
    for (unsigned overwritten = 0; overwritten < 2; overwritten++) {
        struct fixture f;

        up(&f, 3, 0);
        publish(&f, 0, 2);
        take(&f, 0, 2);
        publish_as(&f, f.out, 1, 1, NEXT);
        if (overwritten)
            publish_as(&f, f.in, 1, 1, WRITE);
        expect_bad(&f, FAKE_CHAIN_BAD_NO_ROOM, 0, overwritten);
        down(&f);
    }
}

static void test_list_whose_rest_is_not_available(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, 0);
    publish_as(&f, f.out, 1, 1, NEXT);
    put_slot(&f, 1, f.in, 1, 1, WRITE);
    expect_bad(&f, FAKE_CHAIN_BAD_NOT_AVAILABLE, 1, WRITE);
    assert_int_equal(guest_count(&f.g, FAKE_EV_DESC), 1); /* the head only */
    down(&f);
}

static void test_tables_stand_alone(void **state)
{
    struct fixture f;
    uint64_t table;

    (void)state;
    up(&f, 3, F_INDIRECT);
    table = guest_share(&f.g, guest_mem(&f.g, 16), 16, FAKE_TO_DEVICE);
    publish_as(&f, table, 16, 1, INDIRECT | NEXT);
    publish(&f, 1, 1);
    expect_bad(&f, FAKE_CHAIN_BAD_TABLE_AND_NEXT, 0, INDIRECT | NEXT | AVAIL);
    down(&f);
    up(&f, 3, F_INDIRECT);
    table = guest_share(&f.g, guest_mem(&f.g, 16), 16, FAKE_TO_DEVICE);
    publish_as(&f, f.out, 1, 1, NEXT);
    publish_as(&f, table, 16, 1, INDIRECT);
    expect_bad(&f, FAKE_CHAIN_BAD_TABLE_IN_LIST, 1, INDIRECT | AVAIL);
    down(&f);
}

static void test_bad_tables(void **state)
{
    static const uint32_t lens[] = {0, 15, 17};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct fixture f;

        up(&f, 3, F_INDIRECT);
        publish_as(&f, f.out, lens[k], 1, INDIRECT);
        expect_bad(&f, FAKE_CHAIN_BAD_TABLE_LEN, 0, lens[k]);
        down(&f);
    }
}

static void test_memory_that_is_not_shared(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, 0);
    publish_as(&f, 0x1000, 1, 1, 0);
    expect_bad(&f, FAKE_CHAIN_BAD_MEMORY, 0, 0x1000);
    down(&f);
    up(&f, 3, 0);
    publish_as(&f, f.out, 1, 1, WRITE); /* the wrong way */
    expect_bad(&f, FAKE_CHAIN_BAD_MEMORY, 0, f.out);
    down(&f);
}

static void test_wrong_but_harmless_lists_are_served(void **state)
{
    struct fixture f;
    uint8_t *table;

    (void)state;
    up(&f, 8, 0);
    publish_as(&f, f.in, 4, 0, WRITE | NEXT);
    publish_as(&f, f.out, 5, 6, 0);
    assert_int_equal(take(&f, 6, 2)->readable_bytes, 5);
    assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_BAD, 0)->arg[1],
                     FAKE_CHAIN_BAD_ORDER);
    publish(&f, 6, 1); /* an id that is lent */
    take(&f, 6, 1);
    assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_BAD, 1)->arg[1],
                     FAKE_CHAIN_BAD_ID_LENT);
    table = guest_mem(&f.g, 16);
    put_le(table, f.out, 8);
    put_le(table + 8, 3, 4);
    publish_as(&f, guest_share(&f.g, table, 16, FAKE_TO_DEVICE), 16, 1,
               INDIRECT);
    assert_int_equal(take(&f, 1, 1)->readable_bytes, 3);
    assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_BAD, 2)->arg[1],
                     FAKE_CHAIN_BAD_NOT_NEGOTIATED);
    assert_false(f.ring.broken);
    down(&f);
}

/* Of what stands in slot 1 while it is lent, each field counts. */
static void test_changed_slots_are_told(void **state)
{
    static const unsigned offsets[] = {0, 8, 12, 14};

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct fixture f;
        struct fake_chain *a, *b;

        up(&f, 4, 0);
        publish(&f, 1, 1);
        publish(&f, 2, 1);
        a = take(&f, 1, 1);
        b = take(&f, 2, 1);
        slot_at(&f, 1)[offsets[k]] ^= 1;
        fake_ring_complete(&f.ring, b, 1); /* takes slot 0 */
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
        fake_ring_complete(&f.ring, a, 1);
        assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_CHANGED, 0)->arg[1],
                         1);
        assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_CHANGED, 0)->arg[2],
                         0);
        down(&f);
    }
}

static void test_slot_made_available_again_is_told_as_such(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, 2, 0);
    publish(&f, 1, 1);
    publish(&f, 2, 1);
    a = take(&f, 1, 1);
    b = take(&f, 2, 1);
    put_slot(&f, 1, f.in, 64, 3, WRITE | USED); /* of the next lap */
    fake_ring_complete(&f.ring, a, 1);
    fake_ring_complete(&f.ring, b, 1);
    assert_int_equal(guest_event(&f.g, FAKE_EV_CHAIN_CHANGED, 0)->arg[2], 1);
    down(&f);
}

static void test_changed_table_is_told(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    uint8_t *table;

    (void)state;
    up(&f, 2, F_INDIRECT);
    table = guest_mem(&f.g, 16);
    put_le(table, f.in, 8);
    put_le(table + 8, 3, 4);
    put_le(table + 14, WRITE, 2);
    publish_as(&f, guest_share(&f.g, table, 16, FAKE_TO_DEVICE), 16, 1,
               INDIRECT);
    chain = take(&f, 1, 1);
    table[8] = 2;
    fake_ring_complete(&f.ring, chain, 3);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 1);
    down(&f);
}

static void test_areas_that_cannot_be_used(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct fixture f;

        guest_init(&f.g, 4, F_PACKED);
        f.g.cfg.desc += k == 0 ? 4 : 0;
        f.g.cfg.driver += k == 1 ? 2 : 0;
        f.g.cfg.device += k == 2 ? 2 : 0;
        f.g.cfg.size = k == 3 ? 32769 : 4;
        assert_int_equal(
            fake_ring_up(&f.ring, &f.g.arena, &f.g.log, &f.g.faults, &f.g.cfg),
            -1);
        assert_true(f.ring.broken);
        down(&f);
    }
}

/* ---- used buffer notifications ---- */

/* Serves one buffer of n slots. */
static void serve(struct fixture *f, unsigned n)
{
    publish(f, 0, n);
    fake_ring_complete(&f->ring, take(f, 0, n), 1);
}

static void test_interrupt_by_flags(void **state)
{
    (void)state;
    for (unsigned event_idx = 0; event_idx < 2; event_idx++) {
        struct fixture f;

        up(&f, 4, event_idx ? F_EVENT_IDX : 0);
        assert_false(fake_ring_interrupt_due(&f.ring));
        serve(&f, 1);
        assert_true(fake_ring_interrupt_due(&f.ring)); /* zero: ENABLE */
        assert_false(fake_ring_interrupt_due(&f.ring));
        driver_event(&f, DISABLE, 0, false);
        serve(&f, 1);
        assert_false(fake_ring_interrupt_due(&f.ring));
        driver_event(&f, ENABLE, 0, true);
        assert_false(fake_ring_interrupt_due(&f.ring)); /* nothing new */
        serve(&f, 1);
        assert_true(fake_ring_interrupt_due(&f.ring));
        assert_int_equal(guest_count(&f.g, FAKE_EV_DRIVER_EVENT), 3);
        down(&f);
    }
}

/* Of `laps` laps of single slots, the interrupt comes at the slot asked for
 * and at no other, in the lap of its wrap counter only. */
static void expect_one_interrupt(uint32_t size, unsigned off, bool wrap)
{
    struct fixture f;

    up(&f, size, F_EVENT_IDX);
    driver_event(&f, DESC, off, wrap);
    for (unsigned n = 0; n < 4 * size; n++) {
        bool due = n % size == off && wrap == !(n / size & 1);

        serve(&f, 1);
        assert_int_equal(fake_ring_interrupt_due(&f.ring), due);
    }
    down(&f);
}

static void test_interrupt_at_a_slot(void **state)
{
    (void)state;
    for (size_t s = 0; s < 6; s++)
        for (unsigned off = 0; off < sizes[s]; off++) {
            expect_one_interrupt(sizes[s], off, true);
            expect_one_interrupt(sizes[s], off, false);
        }
    expect_one_interrupt(1000, 999, false);
}

static void test_interrupt_at_a_slot_that_is_skipped(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 5, F_EVENT_IDX);
    driver_event(&f, DESC, 2, true);
    serve(&f, 3); /* slots 0 to 2 */
    assert_true(fake_ring_interrupt_due(&f.ring));
    driver_event(&f, DESC, 0, false);
    serve(&f, 2);
    assert_false(fake_ring_interrupt_due(&f.ring));
    serve(&f, 1);
    assert_true(fake_ring_interrupt_due(&f.ring));
    /* A batch across the end of the ring, the event behind it. */
    driver_event(&f, DESC, 1, true);
    serve(&f, 3);
    serve(&f, 3); /* 4 and 0, 1 */
    assert_true(fake_ring_interrupt_due(&f.ring));
    /* No slot of this ring. */
    driver_event(&f, DESC, 5, true);
    for (unsigned k = 0; k < 20; k++) {
        serve(&f, 1);
        assert_false(fake_ring_interrupt_due(&f.ring));
    }
    down(&f);
}

/* DESC is for EVENT_IDX (2.8.10); without it every slot counts. */
static void test_interrupt_at_a_slot_is_for_event_idx(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 5, 0);
    driver_event(&f, DESC, 3, true);
    serve(&f, 1);
    assert_true(fake_ring_interrupt_due(&f.ring));
    down(&f);
}

static void test_reserved_event_flags_bring_no_interrupt(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 5, F_EVENT_IDX);
    driver_event(&f, 3, 0, true);
    serve(&f, 1);
    assert_false(fake_ring_interrupt_due(&f.ring));
    down(&f);
}

/* ---- available buffer notifications ---- */

static void test_kicks_are_asked_for_by_flags(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, 0);
    expect_device_event(&f, ENABLE, 0, false);
    fake_ring_suppress(&f.ring);
    expect_device_event(&f, DISABLE, 0, false);
    assert_false(fake_ring_arm(&f.ring));
    expect_device_event(&f, ENABLE, 0, false);
    assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[2], 1);
    down(&f);
}

static void test_kicks_are_asked_for_at_a_slot(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, F_EVENT_IDX);
    for (unsigned n = 0; n < 12; n++) {
        unsigned slot = f.slot;
        bool wrap = f.wrap;

        fake_ring_suppress(&f.ring);
        expect_device_event(&f, DISABLE, 0, false);
        guest_mark(&f.g);
        assert_false(fake_ring_arm(&f.ring));
        expect_device_event(&f, DESC, slot, wrap);
        assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[0], n);
        assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[1], n);
        assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[2], 0);
        publish(&f, 0, 1);
        assert_null(fake_ring_take(&f.ring)); /* asleep */
        fake_ring_kick(&f.ring);
        fake_ring_complete(&f.ring, take(&f, 0, 1), 1);
    }
    down(&f);
}

/* Zeroes are ENABLE: with EVENT_IDX it asks for less before it sleeps. */
static void test_first_sleep_asks_for_a_slot(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, F_EVENT_IDX);
    expect_device_event(&f, ENABLE, 0, false);
    assert_false(fake_ring_arm(&f.ring));
    expect_device_event(&f, DESC, 0, true);
    down(&f);
}

static void test_entry_that_comes_in_meanwhile_keeps_it_awake(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 3, F_EVENT_IDX);
    fake_ring_suppress(&f.ring);
    publish(&f, 0, 1);
    assert_true(fake_ring_arm(&f.ring));
    expect_device_event(&f, DISABLE, 0, false);
    take(&f, 0, 1);
    down(&f);
}

/* ---- in order ---- */

static void test_in_order_gives_a_batch_back_at_once(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b, *c, *d;

    (void)state;
    up(&f, 7, F_IN_ORDER);
    publish(&f, 4, 2);
    publish(&f, 5, 3);
    publish(&f, 6, 1);
    publish(&f, 7, 1);
    a = take(&f, 4, 2);
    b = take(&f, 5, 3);
    c = take(&f, 6, 1);
    d = take(&f, 7, 1);
    fake_ring_complete(&f.ring, c, 64);
    fake_ring_complete(&f.ring, b, 64);
    assert_false(fake_ring_interrupt_due(&f.ring)); /* not before a */
    assert_int_equal(flags_of(&f, 0) & USED, 0);
    fake_ring_complete(&f.ring, a, 64);
    assert_true(fake_ring_interrupt_due(&f.ring));
    expect_used(&f, 0, true, 6, 64);
    assert_int_equal(guest_event(&f.g, FAKE_EV_USED, 0)->arg[2], 6);
    assert_int_equal(guest_event(&f.g, FAKE_EV_USED, 0)->arg[3], 3);
    fake_ring_complete(&f.ring, d, 64);
    assert_true(fake_ring_interrupt_due(&f.ring));
    expect_used(&f, 6, true, 7, 64);
    assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
    down(&f);
}

/* What was not written completely has a length of its own to tell. */
static void test_in_order_batch_ends_at_a_short_buffer(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, 4, F_IN_ORDER);
    publish(&f, 0, 1);
    publish(&f, 1, 1);
    a = take(&f, 0, 1);
    b = take(&f, 1, 1);
    fake_ring_complete(&f.ring, a, 63);
    fake_ring_complete(&f.ring, b, 5);
    assert_true(fake_ring_interrupt_due(&f.ring));
    expect_used(&f, 0, true, 0, 63);
    expect_used(&f, 1, true, 1, 5);
    down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_are_those_of_the_specification),
        cmocka_unit_test(test_tables_are_those_of_the_specification),
        cmocka_unit_test(test_rings_of_each_size_are_used_to_their_ends),
        cmocka_unit_test(test_list_may_be_as_long_as_the_ring_and_span_its_end),
        cmocka_unit_test(test_out_of_order_completion_skips_slots),
        cmocka_unit_test(test_any_id_will_do),
        cmocka_unit_test(test_nothing_is_taken_from_a_ring_of_zeroes),
        cmocka_unit_test(test_used_descriptor_says_if_anything_was_written),
        cmocka_unit_test(test_ring_tells_how_dirty_it_was),
        cmocka_unit_test(test_list_longer_than_the_ring),
        cmocka_unit_test(test_table_longer_than_the_queue),
        cmocka_unit_test(test_slot_that_is_lent_made_available_again),
        cmocka_unit_test(test_list_without_room),
        cmocka_unit_test(test_list_whose_rest_is_not_available),
        cmocka_unit_test(test_tables_stand_alone),
        cmocka_unit_test(test_bad_tables),
        cmocka_unit_test(test_memory_that_is_not_shared),
        cmocka_unit_test(test_wrong_but_harmless_lists_are_served),
        cmocka_unit_test(test_changed_slots_are_told),
        cmocka_unit_test(test_slot_made_available_again_is_told_as_such),
        cmocka_unit_test(test_changed_table_is_told),
        cmocka_unit_test(test_areas_that_cannot_be_used),
        cmocka_unit_test(test_interrupt_by_flags),
        cmocka_unit_test(test_interrupt_at_a_slot),
        cmocka_unit_test(test_interrupt_at_a_slot_that_is_skipped),
        cmocka_unit_test(test_interrupt_at_a_slot_is_for_event_idx),
        cmocka_unit_test(test_reserved_event_flags_bring_no_interrupt),
        cmocka_unit_test(test_first_sleep_asks_for_a_slot),
        cmocka_unit_test(test_kicks_are_asked_for_by_flags),
        cmocka_unit_test(test_kicks_are_asked_for_at_a_slot),
        cmocka_unit_test(test_entry_that_comes_in_meanwhile_keeps_it_awake),
        cmocka_unit_test(test_in_order_gives_a_batch_back_at_once),
        cmocka_unit_test(test_in_order_batch_ends_at_a_short_buffer),
    };

    return cmocka_run_group_tests_name("ring_packed", tests, NULL, NULL);
}
