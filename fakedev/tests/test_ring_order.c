/* SPDX-License-Identifier: MIT
 *
 * test_ring_order.c: VIRTIO_F_IN_ORDER on a split ring (2.7.9): buffers come
 * back in the order in which they were made available, several with one entry
 * where they can. And tables that lie anywhere.
 */
#include "guest.h"

struct fixture {
    struct guest g;
    struct fake_ring ring;
};

/* Head k is one writable buffer of 16 bytes. */
static void up(struct fixture *f, uint32_t size, uint64_t features)
{
    uint64_t in;

    guest_init(&f->g, size, features);
    in = guest_share(&f->g, guest_mem(&f->g, 16), 16, FAKE_FROM_DEVICE);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    for (unsigned k = 0; k < size; k++)
        guest_desc(&f->g, k, in, 16, WRITE, 0);
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

static struct fake_chain *lend(struct fixture *f, uint16_t head)
{
    struct fake_chain *chain;

    guest_publish(&f->g, head);
    chain = fake_ring_take(&f->ring);
    assert_non_null(chain);
    return chain;
}

static void expect_used(struct fixture *f, uint16_t idx, uint32_t id,
                        uint32_t len)
{
    assert_int_equal(guest_used_id(&f->g, idx), id);
    assert_int_equal(guest_used_len(&f->g, idx), len);
}

static void test_nothing_overtakes(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, 8, F_IN_ORDER);
    a = lend(&f, 3);
    b = lend(&f, 5);
    fake_ring_complete(&f.ring, b, 16);
    assert_false(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_used_idx(&f.g), 0);
    assert_true(b->busy);
    fake_ring_complete(&f.ring, a, 16);
    assert_true(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_used_idx(&f.g), 2);
    down(&f);
}

/* The entry stands where that of the first would, with the id of the last;
 * used idx moves on by the batch (2.7.9). */
static void test_batch_is_one_entry(void **state)
{
    struct fixture f;
    struct fake_chain *chain[3];

    (void)state;
    up(&f, 4, F_IN_ORDER);
    for (uint16_t start = 0; start < 20; start++) {
        for (uint16_t k = 0; k < 3; k++)
            chain[k] = lend(&f, (uint16_t)((start + k) % 4));
        for (unsigned k = 3; k-- > 0;)
            fake_ring_complete(&f.ring, chain[k], 16);
        guest_mark(&f.g);
        assert_true(fake_ring_interrupt_due(&f.ring));
        expect_used(&f, (uint16_t)(3 * start), (start + 2u) % 4, 16);
        assert_int_equal(guest_used_idx(&f.g), 3 * start + 3);
        assert_int_equal(guest_count(&f.g, FAKE_EV_USED), 1);
        assert_int_equal(guest_event(&f.g, FAKE_EV_USED, 0)->arg[3], 3);
    }
    down(&f);
}

static void test_batch_goes_past_65535(void **state)
{
    struct fixture f;
    struct fake_chain *chain[4];

    (void)state;
    up(&f, 8, F_IN_ORDER | F_EVENT_IDX);
    guest_skip_to(&f.g, &f.ring, 65534);
    put_le(f.g.avail + 4 + 2 * 8, 0, 2); /* used_event: the third */
    for (uint16_t k = 0; k < 4; k++)
        chain[k] = lend(&f, k);
    fake_ring_complete(&f.ring, chain[0], 16);
    fake_ring_complete(&f.ring, chain[1], 16);
    assert_false(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_used_idx(&f.g), 0);
    fake_ring_complete(&f.ring, chain[2], 16);
    fake_ring_complete(&f.ring, chain[3], 16);
    assert_true(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_used_idx(&f.g), 2);
    expect_used(&f, 65534, 1, 16);
    expect_used(&f, 0, 3, 16);
    down(&f);
}

/* What is skipped counts as written completely: a shorter one is not. */
static void test_short_buffer_ends_its_batch(void **state)
{
    struct fixture f;
    struct fake_chain *chain[4];

    (void)state;
    up(&f, 4, F_IN_ORDER);
    for (uint16_t k = 0; k < 4; k++)
        chain[k] = lend(&f, k);
    fake_ring_complete(&f.ring, chain[0], 16);
    fake_ring_complete(&f.ring, chain[1], 15);
    fake_ring_complete(&f.ring, chain[2], 16);
    fake_ring_complete(&f.ring, chain[3], 0);
    assert_true(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_count(&f.g, FAKE_EV_USED), 2);
    expect_used(&f, 0, 1, 15);
    expect_used(&f, 2, 3, 0);
    down(&f);
}

static void test_without_the_feature_each_has_its_entry(void **state)
{
    struct fixture f;
    struct fake_chain *a, *b;

    (void)state;
    up(&f, 4, 0);
    a = lend(&f, 0);
    b = lend(&f, 1);
    fake_ring_complete(&f.ring, b, 16);
    fake_ring_complete(&f.ring, a, 16);
    assert_int_equal(guest_used_idx(&f.g), 2);
    expect_used(&f, 0, 1, 16);
    expect_used(&f, 1, 0, 16);
    down(&f);
}

static void test_ring_that_goes_down_keeps_nothing_back(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, 4, F_IN_ORDER);
    lend(&f, 0);
    fake_ring_complete(&f.ring, lend(&f, 1), 16);
    fake_ring_down(&f.ring);
    assert_false(fake_ring_interrupt_due(&f.ring));
    assert_int_equal(guest_used_idx(&f.g), 0);
    guest_free(&f.g);
}

/* 2.7.5.3: a table is anywhere in memory. */
static void test_table_may_lie_anywhere(void **state)
{
    (void)state;
    for (unsigned skew = 0; skew < 16; skew++) {
        struct fixture f;
        struct fake_chain *chain;
        uint8_t *table;
        uint64_t in;

        up(&f, 4, F_INDIRECT);
        in = guest_share(&f.g, guest_mem(&f.g, 32), 32, FAKE_FROM_DEVICE);
        table = guest_mem(&f.g, 64) + skew;
        put_desc(table, in, 9, WRITE | NEXT, 1);
        put_desc(table + 16, in + 9, 23, WRITE, 7);
        guest_desc(&f.g, 0, guest_share(&f.g, table, 32, FAKE_TO_DEVICE), 32,
                   INDIRECT, 0);
        chain = lend(&f, 0);
        assert_int_equal(chain->writable_bytes, 32);
        table[8]++;
        fake_ring_complete(&f.ring, chain, 32);
        assert_int_equal(guest_count(&f.g, FAKE_EV_CHAIN_CHANGED), 1);
        down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_overtakes),
        cmocka_unit_test(test_batch_is_one_entry),
        cmocka_unit_test(test_batch_goes_past_65535),
        cmocka_unit_test(test_short_buffer_ends_its_batch),
        cmocka_unit_test(test_without_the_feature_each_has_its_entry),
        cmocka_unit_test(test_ring_that_goes_down_keeps_nothing_back),
        cmocka_unit_test(test_table_may_lie_anywhere),
    };

    return cmocka_run_group_tests_name("ring_order", tests, NULL, NULL);
}
