/* SPDX-License-Identifier: MIT
 *
 * test_fault_ring.c: what a ring with faults shows, when, and to whom: used
 * entries that are torn, change, come late or in the wrong order, descriptors
 * that are written over. On both rings.
 */
#include "guest.h"

enum { SIZE = 8, BYTES = 16, AVAIL = 0x80, USED = 0x8000 };

struct fixture {
    struct guest g;
    struct fake_ring ring;
    struct fake_kept_line line;
    uint64_t in; /* BYTES lent for writing */
    unsigned next_slot;
};

static void up(struct fixture *f, enum fake_fault fault, uint64_t count,
               uint64_t arg, uint64_t features)
{
    memset(f, 0, sizeof(*f));
    guest_init(&f->g, SIZE, features);
    f->in =
        guest_share(&f->g, guest_mem(&f->g, BYTES), BYTES, FAKE_FROM_DEVICE);
    fake_fault_add(&f->g.faults, fault, 1, count, arg);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    f->ring.line = &f->line;
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    assert_int_equal(f->line.waiting, 0);
    assert_null(fake_fault_unfired(&f->g.faults));
    guest_free(&f->g);
}

static void down_unfired(struct fixture *f)
{
    assert_non_null(fake_fault_unfired(&f->g.faults));
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

/* A move of the device. */
static void move(struct fixture *f, uint64_t now_ns)
{
    fake_ring_late(&f->ring, now_ns);
    while (fake_ring_give_kept(&f->ring))
        ;
}

static bool packed(const struct fixture *f)
{
    return f->g.cfg.features & F_PACKED;
}

/* One descriptor: at the head in a split ring, in the next slot with that
 * buffer ID in a packed one, whose first lap this is. */
static void put(struct fixture *f, uint64_t addr, uint32_t len, uint16_t id,
                uint16_t flags, uint16_t next)
{
    uint8_t *slot = f->g.desc + 16 * (size_t)f->next_slot;

    if (!packed(f)) {
        guest_desc(&f->g, id, addr, len, flags, next);
        return;
    }
    assert_in_range(f->next_slot, 0, SIZE - 1);
    put_le(slot, addr, 8);
    put_le(slot + 8, len, 4);
    put_le(slot + 12, id, 2);
    put_le(slot + 14, flags | AVAIL, 2);
    f->next_slot++;
}

static struct fake_chain *take(struct fixture *f, uint16_t head)
{
    struct fake_chain *chain;

    if (!packed(f))
        guest_publish(&f->g, head);
    chain = fake_ring_take(&f->ring);
    assert_non_null(chain);
    return chain;
}

static struct fake_chain *lend(struct fixture *f, uint16_t head)
{
    put(f, f->in, BYTES, head, WRITE, 0);
    return take(f, head);
}

/* Two descriptors: in a split ring head and the one behind. */
static struct fake_chain *lend_two(struct fixture *f, uint16_t head)
{
    put(f, f->in, 8, head, WRITE | NEXT, (uint16_t)(head + 1));
    put(f, f->in + 8, 8, packed(f) ? head : (uint16_t)(head + 1), WRITE, 0);
    return take(f, head);
}

static const uint8_t *slot_at(const struct fixture *f, unsigned slot)
{
    return f->g.desc + 16 * (size_t)slot;
}

/* Entry, or slot, k. */
static uint32_t id_at(const struct fixture *f, unsigned k)
{
    return packed(f) ? (uint32_t)get_le(slot_at(f, k) + 12, 2)
                     : guest_used_id(&f->g, (uint16_t)k);
}

static uint32_t len_at(const struct fixture *f, unsigned k)
{
    return packed(f) ? (uint32_t)get_le(slot_at(f, k) + 8, 4)
                     : guest_used_len(&f->g, (uint16_t)k);
}

static bool is_used(const struct fixture *f, unsigned k)
{
    uint64_t flags;

    if (!packed(f))
        return guest_used_idx(&f->g) > k;
    flags = get_le(slot_at(f, k) + 14, 2);
    return flags & AVAIL && flags & USED;
}

static void expect_used(const struct fixture *f, unsigned k, uint32_t id,
                        uint32_t len)
{
    assert_true(is_used(f, k));
    assert_int_equal(id_at(f, k), id);
    assert_int_equal(len_at(f, k), len);
}

static const uint64_t rings[] = {0, F_PACKED};

#define BOTH_RINGS(r)                                                          \
    for (unsigned r = 0; r < sizeof(rings) / sizeof(rings[0]); r++)

/* ---- ids and lengths ---- */

static void test_used_id_is_that_of_the_second_descriptor(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_ID_MID, 1, 0, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 6), BYTES); /* has no second one */
        assert_int_equal(id_at(&f, 0), 6);
        fake_ring_complete(&f.ring, lend_two(&f, 4), BYTES);
        /* Packed: in slots 1 and 2. */
        assert_int_equal(id_at(&f, 1), packed(&f) ? 2 : 5);
        down(&f);
    }
}

/* That would be the right id of another buffer. */
static void test_slot_that_is_the_id_of_another_is_no_occasion(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_ID_MID, 1, 0, F_PACKED);
    lend(&f, 2);
    fake_ring_complete(&f.ring, lend_two(&f, 4), BYTES);
    expect_used(&f, 0, 4, BYTES);
    down_unfired(&f);
}

static void test_used_len_zero(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_LEN_ZERO, 1, 0, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 0), BYTES);
        fake_ring_complete(&f.ring, lend(&f, 1), BYTES);
        expect_used(&f, 0, 0, 0);
        expect_used(&f, 1, 1, BYTES);
        down(&f);
    }
}

/* ---- torn ---- */

static void test_torn_entry_is_whole_a_move_later(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_TORN, 1, 0, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 3), 5);
        /* Packed: what the driver wrote there. */
        expect_used(&f, 0, packed(&f) ? 3 : UINT32_MAX, packed(&f) ? BYTES : 0);
        assert_int_equal(guest_event(&f.g, FAKE_EV_USED, 0)->arg[0], 3);
        assert_int_equal(fake_ring_late_due(&f.ring), 0);
        assert_true(fake_ring_late(&f.ring, 100));
        expect_used(&f, 0, 3, 5);
        assert_int_equal(fake_ring_late_due(&f.ring), UINT64_MAX);
        assert_false(fake_ring_late(&f.ring, 200));
        down(&f);
    }
}

/* No driver could know that it is not this one that has come back. */
static void test_torn_entry_names_no_other_buffer(void **state)
{
    struct fixture f;
    struct fake_chain *b;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_TORN, 1, 0, rings[r]);
        lend(&f, 0);
        b = lend(&f, 1);
        fake_ring_complete(&f.ring, b, 5);
        assert_true(is_used(&f, 0));
        assert_int_equal(id_at(&f, 0), packed(&f) ? 0xffff : 0xffffffff);
        fake_ring_late(&f.ring, 0);
        expect_used(&f, 0, 1, 5);
        down(&f);
    }
}

static void test_torn_slot_that_is_available_again_is_left_alone(void **state)
{
    struct fixture f;
    uint8_t *slot;

    (void)state;
    up(&f, FAKE_FAULT_USED_TORN, 1, 0, F_PACKED);
    slot = f.g.desc;
    fake_ring_complete(&f.ring, lend(&f, 3), 5);
    put_le(slot + 8, 99, 4); /* the next lap */
    put_le(slot + 12, 7, 2);
    put_le(slot + 14, WRITE | USED, 2);
    fake_ring_late(&f.ring, 0);
    assert_int_equal(get_le(slot + 8, 4), 99);
    assert_int_equal(get_le(slot + 12, 2), 7);
    down(&f);
}

/* ---- changed after a look ---- */

static void test_used_entry_changes_once_its_buffer_is_unshared(void **state)
{
    static const struct {
        uint64_t arg;
        bool id, len;
    } cases[] = {{0, false, true}, {1, true, false}};
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        for (unsigned k = 0; k < 2; k++) {
            up(&f, FAKE_FAULT_USED_FLIPPED, 0, cases[k].arg, rings[r]);
            fake_ring_complete(&f.ring, lend(&f, 3), 5);
            fake_ring_unshared(&f.ring, f.in + (UINT64_C(1) << 32));
            expect_used(&f, 0, 3, 5);
            fake_ring_unshared(&f.ring, f.in);
            assert_true(is_used(&f, 0));
            assert_int_equal(id_at(&f, 0) > 0xff, cases[k].id);
            assert_int_equal(len_at(&f, 0) != 5, cases[k].len);
            assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 1);
            fake_ring_unshared(&f.ring, f.in); /* seen once */
            assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 1);
            down(&f);
        }
    }
}

static void test_used_entry_is_taken_back_after_a_look(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_FLIPPED, 1, 2, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 3), 5);
        fake_ring_unshared(&f.ring, f.in);
        assert_false(is_used(&f, 0));
        assert_int_equal(id_at(&f, 0), 3);
        assert_int_equal(len_at(&f, 0), 5);
        fake_ring_complete(&f.ring, lend(&f, 4), 6);
        expect_used(&f, 1, 4, 6); /* a split ring's idx is right again */
        down(&f);
    }
}

static void test_slot_that_is_available_again_does_not_change(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_FLIPPED, 1, 1, F_PACKED);
    fake_ring_complete(&f.ring, lend(&f, 3), 5);
    put_le(f.g.desc + 14, WRITE | USED, 2);
    fake_ring_unshared(&f.ring, f.in);
    assert_int_equal(id_at(&f, 0), 3);
    down(&f);
}

/* ---- descriptors ---- */

static void
test_descriptors_are_scribbled_over_before_they_are_used(void **state)
{
    struct fixture f;
    struct fake_chain *chain;
    unsigned second;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_DESC_SCRIBBLED, 1, 0, rings[r]);
        chain = lend_two(&f, 0);
        second = 1;
        fake_ring_complete(&f.ring, chain, BYTES);
        expect_used(&f, 0, 0, BYTES);
        assert_int_not_equal(get_le(slot_at(&f, second), 8), f.in + 8);
        assert_int_not_equal(get_le(slot_at(&f, second) + 8, 4), 8);
        /* A slot stays available: it is garbage, but no used descriptor. */
        if (packed(&f))
            assert_int_equal(
                get_le(slot_at(&f, second) + 14, 2) & (AVAIL | USED), AVAIL);
        fake_ring_complete(&f.ring, lend(&f, 3), BYTES);
        /* It was not the driver. */
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
        down(&f);
    }
}

static void test_tables_are_scribbled_over_wherever_they_lie(void **state)
{
    struct fixture f;
    uint8_t *table, before[32];

    (void)state;
    BOTH_RINGS(r)
    {
        for (unsigned skew = 0; skew < 16; skew += 3) {
            up(&f, FAKE_FAULT_DESC_SCRIBBLED, 1, 0, rings[r] | F_INDIRECT);
            table = guest_mem(&f.g, 64) + skew;
            put_desc(table, f.in, 8, packed(&f) ? 0 : WRITE | NEXT,
                     packed(&f) ? WRITE : 1);
            put_desc(table + 16, f.in + 8, 8, packed(&f) ? 0 : WRITE,
                     packed(&f) ? WRITE : 0);
            put(&f, guest_share(&f.g, table, 32, FAKE_TO_DEVICE), 32, 2,
                INDIRECT, 0);
            memcpy(before, table, 32);
            fake_ring_complete(&f.ring, take(&f, 2), BYTES);
            for (unsigned k = 0; k < 24; k += 8)
                assert_memory_not_equal(table + k, before + k, 8);
            assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 0);
            down(&f);
        }
    }
}

/* 2.8: the slots that a used descriptor has passed are the driver's. */
static void test_slots_that_were_passed_are_not_scribbled_over(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, FAKE_FAULT_USED_LEN_ZERO, 1, 0, F_PACKED);
    a = lend_two(&f, 1);
    b = lend_two(&f, 2);
    fake_ring_complete(&f.ring, b, BYTES); /* in slot 0; slot 1 is free */
    fake_fault_add(&f.g.faults, FAKE_FAULT_DESC_SCRIBBLED, 1, 1, 0);
    fake_ring_complete(&f.ring, a, BYTES);
    assert_int_equal(get_le(slot_at(&f, 1), 8), f.in + 8);
    assert_int_equal(get_le(slot_at(&f, 1) + 8, 4), 8);
    down(&f);
}

/* ---- kept back ---- */

static void test_one_buffer_comes_back_per_move(void **state)
{
    struct fixture f;
    struct fake_chain *chain[3];

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_ONE_BY_ONE, 0, 0, rings[r]);
        for (uint16_t k = 0; k < 3; k++)
            chain[k] = lend(&f, k);
        for (unsigned k = 0; k < 3; k++)
            fake_ring_complete(&f.ring, chain[k], BYTES);
        for (unsigned k = 0; k < 3; k++) {
            expect_used(&f, k, k, BYTES);
            assert_false(is_used(&f, k + 1));
            assert_int_equal(fake_ring_late_due(&f.ring),
                             k < 2 ? 0 : UINT64_MAX);
            if (k == 0)
                assert_true(chain[1]->busy);
            move(&f, 0);
        }
        down(&f);
    }
}

static void
test_buffers_come_back_together_when_the_first_one_is_due(void **state)
{
    struct fixture f;
    struct fake_chain *chain[3];

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_AT_ONCE, 0, 1000, rings[r]);
        for (uint16_t k = 0; k < 3; k++)
            chain[k] = lend(&f, k);
        move(&f, 50);
        fake_ring_complete(&f.ring, chain[0], BYTES);
        move(&f, 700);
        fake_ring_complete(&f.ring, chain[1], BYTES);
        fake_ring_complete(&f.ring, chain[2], BYTES);
        assert_int_equal(fake_ring_late_due(&f.ring), 1050);
        move(&f, 1049);
        assert_false(is_used(&f, 0));
        move(&f, 1050);
        for (unsigned k = 0; k < 3; k++)
            expect_used(&f, k, k, BYTES);
        assert_int_equal(fake_ring_late_due(&f.ring), UINT64_MAX);
        down(&f);
    }
}

static void
test_what_is_kept_back_comes_when_the_faults_have_ended(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_AT_ONCE, 0, 1000, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 1), BYTES);
        fake_fault_end(&f.g.faults);
        fake_ring_complete(&f.ring, lend(&f, 2), BYTES); /* not before it */
        assert_false(is_used(&f, 0));
        move(&f, 1000);
        expect_used(&f, 0, 1, BYTES);
        expect_used(&f, 1, 2, BYTES);
        fake_ring_complete(&f.ring, lend(&f, 3), BYTES);
        expect_used(&f, 2, 3, BYTES);
        down(&f);
    }
}

static void test_ring_that_goes_down_forgets_what_was_kept_back(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_AT_ONCE, 0, 1000, 0);
    fake_ring_complete(&f.ring, lend(&f, 1), BYTES);
    assert_int_equal(f.line.waiting, 1);
    down(&f);
}

static void test_interrupt_comes_before_its_entry(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_IRQ_EARLY, 1, 500, rings[r]);
        fake_ring_complete(&f.ring, lend(&f, 1), BYTES);
        assert_true(fake_ring_interrupt_due(&f.ring));
        assert_false(is_used(&f, 0));
        move(&f, 499);
        assert_false(fake_ring_interrupt_due(&f.ring));
        move(&f, 500);
        expect_used(&f, 0, 1, BYTES);
        assert_false(fake_ring_interrupt_due(&f.ring));
        fake_ring_complete(&f.ring, lend(&f, 2), BYTES);
        assert_true(fake_ring_interrupt_due(&f.ring));
        down(&f);
    }
}

/* ---- out of order ---- */

static void test_younger_buffer_comes_first_in_spite_of_in_order(void **state)
{
    struct fixture f;
    struct fake_chain *chain[3];

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_USED_ORDER, 1, 0, rings[r] | F_IN_ORDER);
        for (uint16_t k = 0; k < 3; k++)
            chain[k] = lend(&f, k);
        for (unsigned k = 0; k < 3; k++)
            fake_ring_complete(&f.ring, chain[k], BYTES);
        assert_true(fake_ring_interrupt_due(&f.ring));
        expect_used(&f, 0, 1, BYTES);
        assert_int_equal(is_used(&f, 1), packed(&f));
        move(&f, 0);
        expect_used(&f, 1, 0, BYTES);
        expect_used(&f, 2, 2, BYTES);
        down(&f);
    }
}

static void test_order_takes_two_that_are_done(void **state)
{
    struct fixture f;
    struct fake_chain *a;

    (void)state;
    up(&f, FAKE_FAULT_USED_ORDER, 1, 0, F_IN_ORDER);
    a = lend(&f, 0);
    lend(&f, 1);
    fake_ring_complete(&f.ring, a, BYTES);
    assert_true(fake_ring_interrupt_due(&f.ring));
    expect_used(&f, 0, 0, BYTES);
    down_unfired(&f);
}

/* ---- notifications ---- */

/* avail flags 1; Driver Event Suppression: DISABLE. */
static void test_interrupt_comes_though_there_is_none_wanted(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_IRQ_UNWANTED, 1, 0, rings[r]);
        put_le(f.g.avail + (packed(&f) ? 2 : 0), 1, 2);
        assert_false(fake_ring_interrupt_due(&f.ring)); /* for nothing */
        fake_ring_complete(&f.ring, lend(&f, 0), BYTES);
        assert_true(fake_ring_interrupt_due(&f.ring));
        fake_ring_complete(&f.ring, lend(&f, 1), BYTES);
        assert_false(fake_ring_interrupt_due(&f.ring));
        down(&f);
    }
}

/* avail_event; desc and flags of Device Event Suppression. */
static uint32_t event_of(const struct fixture *f)
{
    return (uint32_t)(packed(f) ? get_le(f->g.used, 4)
                                : get_le(f->g.used + 4 + 8 * SIZE, 2));
}

#define DESC_AT(slot, wrap) (2u << 16 | (unsigned)(wrap) << 15 | (slot))

static void test_event_that_is_stuck_is_not_written(void **state)
{
    struct fixture f;
    uint32_t before;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_EVENT_STUCK, 1, 0, rings[r] | F_EVENT_IDX);
        fake_ring_suppress(&f.ring);
        before = event_of(&f);
        assert_false(fake_ring_arm(&f.ring));
        assert_int_equal(event_of(&f), before);
        /* No kick is due for the next entry, and the log says so. */
        assert_int_not_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[1],
                             guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[0]);
        assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[2], 0);
        fake_ring_kick(&f.ring);
        fake_ring_complete(&f.ring, lend(&f, 0), BYTES);
        assert_false(fake_ring_arm(&f.ring));
        assert_int_equal(event_of(&f), packed(&f) ? DESC_AT(1, 1) : 1);
        down(&f);
    }
}

static void test_event_is_so_many_places_from_the_right_one(void **state)
{
    static const struct {
        uint64_t arg;
        uint16_t split;
        uint32_t packed;
        int64_t places; /* packed */
    } cases[] = {
        {1, 4, DESC_AT(4, 1), 1},      {5, 8, DESC_AT(0, 0), 5},
        {65535, 2, DESC_AT(2, 1), -1}, {13, 16, DESC_AT(0, 1), -3},
        {12, 15, DESC_AT(7, 0), -4},
    };
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
            up(&f, FAKE_FAULT_EVENT_WRONG, 1, cases[k].arg,
               rings[r] | F_EVENT_IDX);
            for (uint16_t n = 0; n < 3; n++)
                fake_ring_complete(&f.ring, lend(&f, n), BYTES);
            fake_ring_suppress(&f.ring);
            assert_false(fake_ring_arm(&f.ring));
            assert_int_equal(event_of(&f),
                             packed(&f) ? cases[k].packed : cases[k].split);
            assert_int_equal(guest_event(&f.g, FAKE_EV_ARMED, 0)->arg[1],
                             packed(&f) ? (uint64_t)(3 + cases[k].places)
                                        : cases[k].split);
            down(&f);
        }
    }
}

static bool wants_kicks(const struct fixture *f)
{
    return get_le(f->g.used + (packed(f) ? 2 : 0), 2) == 0;
}

static void test_wish_for_kicks_changes_with_each_move(void **state)
{
    struct fixture f;

    (void)state;
    BOTH_RINGS(r)
    {
        up(&f, FAKE_FAULT_KICK_FLAPS, 0, 0, rings[r]);
        for (unsigned k = 1; k <= 6; k++) {
            fake_ring_flap(&f.ring, 500 * k);
            fake_ring_flap(&f.ring, 500 * k + 499); /* too soon */
            assert_int_equal(wants_kicks(&f), k % 2 == 0);
        }
        assert_int_equal(guest_count(&f.g, FAKE_EV_SUPPRESSED), 3);
        assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 3);
        /* One that sleeps has nothing to change its mind about. */
        assert_false(fake_ring_arm(&f.ring));
        fake_ring_flap(&f.ring, 10000);
        assert_true(wants_kicks(&f));
        down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_used_id_is_that_of_the_second_descriptor),
        cmocka_unit_test(test_slot_that_is_the_id_of_another_is_no_occasion),
        cmocka_unit_test(test_used_len_zero),
        cmocka_unit_test(test_torn_entry_is_whole_a_move_later),
        cmocka_unit_test(test_torn_entry_names_no_other_buffer),
        cmocka_unit_test(test_torn_slot_that_is_available_again_is_left_alone),
        cmocka_unit_test(test_used_entry_changes_once_its_buffer_is_unshared),
        cmocka_unit_test(test_used_entry_is_taken_back_after_a_look),
        cmocka_unit_test(test_slot_that_is_available_again_does_not_change),
        cmocka_unit_test(
            test_descriptors_are_scribbled_over_before_they_are_used),
        cmocka_unit_test(test_tables_are_scribbled_over_wherever_they_lie),
        cmocka_unit_test(test_slots_that_were_passed_are_not_scribbled_over),
        cmocka_unit_test(test_one_buffer_comes_back_per_move),
        cmocka_unit_test(
            test_buffers_come_back_together_when_the_first_one_is_due),
        cmocka_unit_test(
            test_what_is_kept_back_comes_when_the_faults_have_ended),
        cmocka_unit_test(test_ring_that_goes_down_forgets_what_was_kept_back),
        cmocka_unit_test(test_interrupt_comes_before_its_entry),
        cmocka_unit_test(test_younger_buffer_comes_first_in_spite_of_in_order),
        cmocka_unit_test(test_order_takes_two_that_are_done),
        cmocka_unit_test(test_interrupt_comes_though_there_is_none_wanted),
        cmocka_unit_test(test_event_that_is_stuck_is_not_written),
        cmocka_unit_test(test_event_is_so_many_places_from_the_right_one),
        cmocka_unit_test(test_wish_for_kicks_changes_with_each_move),
    };

    return cmocka_run_group_tests_name("fault_ring", tests, NULL, NULL);
}
