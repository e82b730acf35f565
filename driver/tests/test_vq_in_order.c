/* SPDX-License-Identifier: MIT */
/* IN_ORDER: one used element for many chains (2.7.9, 2.8.8). */
#include "fake_ring.h"

#define IN_ORDER RGT_FEATURE(VIRTIO_F_IN_ORDER)
#define PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)
#define INDIRECT RGT_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define EVENT_IDX RGT_FEATURE(VIRTIO_F_EVENT_IDX)

static const uint64_t kinds[] = {
    IN_ORDER,
    IN_ORDER | EVENT_IDX,
    IN_ORDER | INDIRECT,
    IN_ORDER | PACKED,
    IN_ORDER | PACKED | EVENT_IDX,
    IN_ORDER | PACKED | INDIRECT,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int tokens[FAKE_RING_SIZE_MOST];
static const struct rgt_sg sg3[3] = {{0x1000, 16}, {0x2000, 512}, {0x3000, 1}};

static void add(struct fake_ring *r, uint32_t readable, uint32_t writable,
                void *token)
{
    assert_int_equal(rgt_vq_add(&r->vq, sg3, readable, writable, token), 0);
}

static void publish(struct fake_ring *r)
{
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
}

static int pop(struct fake_ring *r)
{
    void *token;
    uint32_t len;

    return rgt_vq_pop(&r->vq, &token, &len);
}

static void assert_pops(struct fake_ring *r, const void *token, uint32_t len)
{
    void *got;
    uint32_t got_len;

    assert_int_equal(rgt_vq_pop(&r->vq, &got, &got_len), 1);
    assert_ptr_equal(got, token);
    assert_int_equal(got_len, len);
}

/* count chains of W513, taken by the device. */
static void lend(struct fake_ring *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add(r, 1, 2, &tokens[i]);
    publish(r);
    fake_ring_take(r);
    assert_int_equal(r->count, count);
}

static void test_vq_one_used_element_completes_all_before_it(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        for (unsigned count = 1; count <= 5; count++) {
            struct fake_ring r;
            fake_ring_up(&r, 16, kinds[k], 4);
            lend(&r, 5);
            fake_ring_use_batch(&r, count, 7);
            for (unsigned i = 0; i + 1 < count; i++)
                assert_pops(&r, &tokens[i], 513); /* used completely */
            assert_pops(&r, &tokens[count - 1], 7);
            assert_int_equal(pop(&r), 0);
            fake_ring_down(&r);
        }
    }
}

static void test_vq_in_order_elements_one_by_one_count_for_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 16, kinds[k], 4);
        lend(&r, 5);
        for (unsigned i = 0; i < 5; i++)
            fake_ring_use(&r, 0, i);
        for (unsigned i = 0; i < 5; i++)
            assert_pops(&r, &tokens[i], i);
        assert_int_equal(pop(&r), 0);
        fake_ring_down(&r);
    }
}

/* Chains of all lengths, batches of all lengths, tokens in the order given;
 * far beyond the wrap of every counter. */
static void batches(uint32_t size, uint64_t features, unsigned rounds)
{
    struct fake_ring r;
    unsigned next = 0, popped = 0, left = 0;
    uint32_t seed = size;

    fake_ring_up(&r, size, features, 2);
    while (popped < rounds) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t pieces = 1 + (seed >> 16) % (size < 3 ? size : 3);
        while (rgt_vq_room(&r.vq, pieces) == 0 && (seed >> 24) % 8 != 0) {
            add(&r, pieces - 1, 1, &tokens[next++ % 256]);
            seed = seed * 1664525u + 1013904223u;
        }
        publish(&r);
        fake_ring_take(&r);
        if (left == 0 && r.count > 0) {
            left = 1 + (seed >> 20) % r.count;
            fake_ring_use_batch(&r, left, r.taken[left - 1].writable_bytes);
        }
        void *token;
        uint32_t len;
        while (rgt_vq_pop(&r.vq, &token, &len) == 1) {
            assert_ptr_equal(token, &tokens[popped++ % 256]);
            assert_true(len == 1 || len == 16 || len == 512);
            left--;
        }
        assert_int_equal(left, 0);
    }
    fake_ring_down(&r);
}

static void test_vq_in_order_batches_through_many_laps(void **state)
{
    static const uint32_t split[] = {1, 2, 8, 256};
    static const uint32_t packed[] = {1, 2, 3, 5, 7, 8, 200, 256};
    (void)state;

    for (size_t k = 0; k < KINDS; k++) {
        bool is_packed = (kinds[k] & PACKED) != 0;
        for (size_t i = 0; i < (is_packed ? 8 : 4); i++)
            batches(is_packed ? packed[i] : split[i], kinds[k], 140000);
    }
}

/* 2.7.9: an element further than used idx says. */
static void test_vq_kills_queue_on_used_out_of_order(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 5; n++) {
        struct fake_ring r;
        fake_ring_up(&r, 16, IN_ORDER, 0);
        lend(&r, 5);
        fake_ring_use(&r, n, 1);
        assert_int_equal(pop(&r), RGT_E_PROTO);
        assert_int_equal(r.f.lines, 1);
        assert_int_equal(pop(&r), RGT_E_PROTO);
        fake_ring_down(&r);
    }
}

static void test_vq_kills_queue_on_batch_that_ends_where_it_cannot(void **s)
{
    static const struct {
        uint16_t id_offset; /* from the last one lent */
        uint32_t len;
    } cases[] = {{1, 0}, {2, 0}, {3, 0}, {100, 0}, {0, 514}, {0, UINT32_MAX}};
    (void)s;

    for (size_t k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct fake_ring r;
            fake_ring_up(&r, 16, kinds[k], 4);
            lend(&r, 3);
            add(&r, 1, 2, &tokens[4]); /* not published: offset 1 or 3 */
            uint16_t id = (uint16_t)(r.taken[2].id + cases[i].id_offset);
            fake_ring_put_used(&r, id, cases[i].len, 3, 9);
            assert_int_equal(pop(&r), RGT_E_PROTO);
            assert_int_equal(r.f.lines, 1);
            fake_ring_down(&r);
        }
    }
}

static void test_vq_kills_queue_on_batch_used_before(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 16, kinds[k], 4);
        lend(&r, 4);
        uint16_t id = r.taken[1].id;
        fake_ring_use_batch(&r, 2, 1);
        fake_ring_put_used(&r, id, 1, 2, 6);
        assert_int_equal(pop(&r), 1);
        assert_int_equal(pop(&r), 1);
        assert_int_equal(pop(&r), RGT_E_PROTO);
        fake_ring_down(&r);
    }
}

static void test_vq_drain_in_the_middle_of_a_batch(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        unsigned sum = 0;
        fake_ring_up(&r, 16, kinds[k], 4);
        lend(&r, 5);
        fake_ring_use_batch(&r, 4, 1);
        assert_pops(&r, &tokens[0], 513);
        for (int i = 0; i < 4; i++)
            sum += (unsigned)((int *)rgt_vq_drain(&r.vq) - tokens);
        assert_int_equal(sum, 1 + 2 + 3 + 4);
        assert_null(rgt_vq_drain(&r.vq));
        assert_int_equal(rgt_vq_reset(&r.vq, kinds[k]), 0);
        fake_packed_init(&r.packed, &r.vq);
        r.f.avail_seen = 0;
        r.f.used_idx = 0;
        r.count = 0;
        assert_int_equal(pop(&r), 0);
        lend(&r, 3);
        fake_ring_use_batch(&r, 3, 1);
        assert_pops(&r, &tokens[0], 513);
        fake_ring_down(&r);
    }
}

static void test_vq_switching_on_in_the_middle_of_a_batch_says_so(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct fake_ring r;
        fake_ring_up(&r, 16, kinds[k], 4);
        lend(&r, 3);
        fake_ring_use_batch(&r, 3, 1);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
            assert_int_equal(rgt_vq_interrupts(&r.vq, true), 1);
            assert_int_equal(pop(&r), 1);
        }
        assert_int_equal(rgt_vq_interrupts(&r.vq, true), 0);
        fake_ring_down(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_one_used_element_completes_all_before_it),
        cmocka_unit_test(test_vq_in_order_elements_one_by_one_count_for_one),
        cmocka_unit_test(test_vq_in_order_batches_through_many_laps),
        cmocka_unit_test(test_vq_kills_queue_on_used_out_of_order),
        cmocka_unit_test(
            test_vq_kills_queue_on_batch_that_ends_where_it_cannot),
        cmocka_unit_test(test_vq_kills_queue_on_batch_used_before),
        cmocka_unit_test(test_vq_drain_in_the_middle_of_a_batch),
        cmocka_unit_test(test_vq_switching_on_in_the_middle_of_a_batch_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
