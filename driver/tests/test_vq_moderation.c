/* SPDX-License-Identifier: MIT */
/* An interrupt after n completions, on both kinds of ring: never later, and
 * exactly then where that can be known. */
#include "fake_ring.h"

#define IN_ORDER RGT_FEATURE(VIRTIO_F_IN_ORDER)
#define PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)
#define INDIRECT RGT_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define EVENT_IDX RGT_FEATURE(VIRTIO_F_EVENT_IDX)

static const uint64_t kinds[] = {
    EVENT_IDX,
    EVENT_IDX | IN_ORDER,
    EVENT_IDX | PACKED,
    EVENT_IDX | PACKED | IN_ORDER,
    EVENT_IDX | PACKED | INDIRECT,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int tokens[FAKE_RING_SIZE_MOST];
static const struct rgt_sg sg3[3] = {{0x1000, 1}, {0x2000, 1}, {0x3000, 1}};
static uint32_t seed = 1;

static uint32_t roll(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static unsigned pop_all(struct fake_ring *r)
{
    void *token;
    uint32_t len;
    unsigned count = 0;
    int found;

    while ((found = rgt_vq_pop(&r->vq, &token, &len)) == 1)
        count++;
    assert_int_equal(found, 0);
    return count;
}

/* Up to count chains, of pieces each, or of any number if that is 0. Returns
 * how many there was room for. */
static unsigned lend(struct fake_ring *r, unsigned count, uint32_t pieces)
{
    unsigned lent = 0;

    while (lent < count) {
        uint32_t n = pieces != 0 ? pieces : 1 + roll(3);
        if (rgt_vq_room(&r->vq, n) != 0)
            break;
        assert_int_equal(rgt_vq_add(&r->vq, sg3, n - 1, 1, tokens), 0);
        lent++;
    }
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
    fake_ring_take(r);
    return lent;
}

static void complete_one(struct fake_ring *r)
{
    fake_ring_use(r, r->in_order ? 0 : roll(r->count), 1);
}

/* Completes chains until the driver is interrupted; returns how many. */
static unsigned until_interrupt(struct fake_ring *r)
{
    unsigned count = 0;

    r->interrupts = 0;
    while (r->interrupts == 0) {
        assert_true(r->count > 0); /* or it comes never */
        complete_one(r);
        count++;
    }
    return count;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Rounds of: fill up, sleep, wake up after `after`; the ring need not be
 * empty then. */
static void moderate(uint64_t features, unsigned after, uint32_t pieces)
{
    bool exact =
        (features & PACKED) == 0 || pieces != 0 || (features & INDIRECT) != 0;
    struct fake_ring r;

    fake_ring_up(&r, 64, features, 3);
    assert_int_equal(rgt_vq_interrupts_after(&r.vq, after), 0);
    for (unsigned n = 0; n < 300; n++) {
        lend(&r, 1 + roll(40), pieces);
        assert_int_equal(pop_all(&r), 0);
        unsigned most = least(after, r.count);
        unsigned count = until_interrupt(&r);
        assert_in_range(count, 1, most);
        if (exact)
            assert_int_equal(count, most);
        assert_int_equal(pop_all(&r), count);
    }
    fake_ring_down(&r);
}

static void test_vq_interrupts_after_n_completions_never_later(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        for (unsigned after = 1; after <= 64; after += after < 8 ? 1 : 7) {
            moderate(kinds[k], after, 0);
            moderate(kinds[k], after, 1);
            moderate(kinds[k], after, 3);
        }
    }
}

/* 3 is the shortest chain after the ring was empty, whatever went before. */
static void test_vq_packed_moderation_forgets_short_chains(void **state)
{
    struct fake_ring r;
    (void)state;

    fake_ring_up(&r, 64, EVENT_IDX | PACKED, 0);
    lend(&r, 1, 1);
    complete_one(&r);
    assert_int_equal(pop_all(&r), 1);
    assert_int_equal(rgt_vq_interrupts_after(&r.vq, 5), 0);
    lend(&r, 10, 3);
    assert_int_equal(pop_all(&r), 0);
    assert_int_equal(until_interrupt(&r), 5);
    fake_ring_down(&r);
}

/* What is not published cannot be waited for. */
static void test_vq_moderation_counts_what_is_published_only(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 64, kinds[k], 3);
        lend(&r, 4, 1);
        for (int i = 0; i < 3; i++)
            assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), 0);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 6), 0);
        assert_int_equal(until_interrupt(&r), 4);
        assert_int_equal(pop_all(&r), 4);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        fake_ring_take(&r);
        assert_int_equal(pop_all(&r), 0);
        assert_int_equal(until_interrupt(&r), 3);
        fake_ring_down(&r);
    }
}

static void test_vq_interrupts_after_says_what_is_waiting(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 64, kinds[k], 3);
        lend(&r, 10, 1);
        complete_one(&r);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 4), 1);
        assert_int_equal(pop_all(&r), 1);
        assert_int_equal(until_interrupt(&r), 4);
        fake_ring_down(&r);
    }
}

static void test_vq_interrupts_switched_on_means_each_again(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 64, kinds[k], 3);
        lend(&r, 10, 1);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 4), 0);
        assert_int_equal(rgt_vq_interrupts(&r.vq, true), 0);
        assert_int_equal(until_interrupt(&r), 1);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 4), 1);
        assert_int_equal(pop_all(&r), 1);
        assert_int_equal(rgt_vq_reset(&r.vq, kinds[k]), RGT_E_STATE);
        while (rgt_vq_drain(&r.vq) != NULL)
            continue;
        assert_int_equal(rgt_vq_reset(&r.vq, kinds[k]), 0);
        fake_packed_init(&r.packed, &r.vq);
        r.f.avail_seen = r.f.used_idx = 0;
        r.count = 0;
        lend(&r, 10, 1);
        assert_int_equal(pop_all(&r), 0);
        assert_int_equal(until_interrupt(&r), 1);
        fake_ring_down(&r);
    }
}

static void test_vq_without_event_idx_every_completion_interrupts(void **state)
{
    static const uint64_t features[] = {0, PACKED};
    (void)state;

    for (int k = 0; k < 2; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 64, features[k], 0);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 4), 0);
        lend(&r, 10, 1);
        for (int i = 0; i < 10; i++)
            assert_int_equal(until_interrupt(&r), 1);
        fake_ring_down(&r);
    }
}

static void test_vq_interrupts_after_takes_any_count_but_none(void **state)
{
    static const uint32_t many[] = {64, 65, 65536, UINT32_MAX};
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 64, kinds[k], 3);
        assert_int_equal(rgt_vq_interrupts_after(&r.vq, 0), RGT_E_INVAL);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(rgt_vq_interrupts_after(&r.vq, many[i]), 0);
            assert_int_equal(lend(&r, 64, 1), 64);
            assert_int_equal(pop_all(&r), 0);
            assert_int_equal(until_interrupt(&r), 64);
            assert_int_equal(pop_all(&r), 64);
        }
        fake_ring_down(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_interrupts_after_n_completions_never_later),
        cmocka_unit_test(test_vq_packed_moderation_forgets_short_chains),
        cmocka_unit_test(test_vq_moderation_counts_what_is_published_only),
        cmocka_unit_test(test_vq_interrupts_after_says_what_is_waiting),
        cmocka_unit_test(test_vq_interrupts_switched_on_means_each_again),
        cmocka_unit_test(test_vq_without_event_idx_every_completion_interrupts),
        cmocka_unit_test(test_vq_interrupts_after_takes_any_count_but_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
