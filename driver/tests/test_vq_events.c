/* SPDX-License-Identifier: MIT */
/* When to kick and when to be interrupted (2.7.7, 2.7.10), against a brute
 * force reading of the rules. */
#include "fake.h"

struct ring {
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[8];
};

static int tokens[8];
static const struct rgt_sg sg1[1] = {{0x1000, 1}};

static void ring_up(struct ring *r, uint64_t features)
{
    fake_init(&r->f);
    struct rgt_vq_config cfg = {
        .hal = &r->f.hal,
        .transport = &r->f.mmio.transport,
        .features = features,
        .slots = r->slots,
        .slot_count = 8,
        .size_max = 8,
    };
    assert_int_equal(rgt_vq_init(&r->vq, &cfg), 0);
    rgt_vq_areas(&r->vq, &r->f.areas[0], &r->f.areas[1], &r->f.areas[2]);
    r->f.queue_num = 8;
}

static void ring_down(struct ring *r)
{
    rgt_vq_free(&r->vq);
    assert_int_equal(r->f.allocs, r->f.frees);
}

static void set_avail_event(struct ring *r, uint16_t event)
{
    fake_put16(fake_used(&r->f) + 4 + 8 * 8, event);
}

static uint16_t used_event(struct ring *r)
{
    return fake_get16(fake_avail(&r->f) + 4 + 2 * 8);
}

static void add(struct ring *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(rgt_vq_add(&r->vq, sg1, 0, 1, &tokens[i]), 0);
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
}

static void complete(struct ring *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fake_use(&r->f, (uint32_t)fake_take(&r->f), 1);
}

static unsigned pop_all(struct ring *r)
{
    void *token;
    uint32_t len;
    unsigned count = 0;

    while (rgt_vq_pop(&r->vq, &token, &len) == 1)
        count++;
    return count;
}

/* 2.7.10.1 word for word: an entry was placed at index event. */
static int placed_at(uint16_t from, unsigned count, uint16_t event)
{
    for (unsigned i = 0; i < count; i++) {
        if ((uint16_t)(from + i) == event)
            return 1;
    }
    return 0;
}

static void test_vq_event_idx_kick_is_the_rule_for_every_batch(void **state)
{
    struct ring r;
    uint16_t idx = 0;
    (void)state;

    ring_up(&r, RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    /* 70000 rounds cross the wrap; every distance of event near the batch. */
    for (unsigned round = 0; round < 70000; round++) {
        unsigned count = round % 8 + 1;
        uint16_t event = (uint16_t)(idx + round / 8 % 20 - 6);
        set_avail_event(&r, event);
        fake_put16(fake_used(&r.f), 1); /* 2.7.10.1: no influence */
        add(&r, count);
        assert_int_equal(rgt_vq_kick_needed(&r.vq),
                         placed_at(idx, count, event));
        idx = (uint16_t)(idx + count);
        complete(&r, count);
        assert_int_equal(pop_all(&r), count);
    }
    ring_down(&r);
}

static void test_vq_event_idx_decision_covers_batches_not_yet_decided(void **s)
{
    struct ring r;
    (void)s;

    ring_up(&r, RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    set_avail_event(&r, 1);
    add(&r, 2);
    add(&r, 2);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 1);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    ring_down(&r);
}

static void test_vq_event_idx_undecided_distance_does_not_wrap(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    set_avail_event(&r, 100);
    for (unsigned i = 0; i < 65536 + 10; i++) {
        add(&r, 1);
        complete(&r, 1);
        assert_int_equal(pop_all(&r), 1);
    }
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 1);
    ring_down(&r);
}

static void test_vq_flags_decide_the_kick_without_event_idx(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 0);
    for (unsigned event = 0; event < 16; event++) {
        set_avail_event(&r, (uint16_t)event); /* 2.7.10.1: no influence */
        fake_put16(fake_used(&r.f), 0);
        add(&r, 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
        fake_put16(fake_used(&r.f), 1);
        add(&r, 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
        complete(&r, 2);
        assert_int_equal(pop_all(&r), 2);
    }
    ring_down(&r);
}

static void test_vq_no_kick_for_nothing(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg1, 0, 1, tokens), 0);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    ring_down(&r);
}

static void test_vq_kick_writes_the_queue_index(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 0);
    rgt_vq_kick(&r.vq);
    assert_int_equal(r.f.log_count, 1);
    assert_int_equal(r.f.log[0].offset, 0x050);
    assert_int_equal(r.f.log[0].value, 0);
    add(&r, 3);
    rgt_vq_kick(&r.vq);
    assert_int_equal(r.f.log[1].value, 0);
    ring_down(&r);
}

static void test_vq_empty_pop_asks_for_the_next_used_entry(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    for (unsigned i = 0; i < 70000; i++) {
        add(&r, 3);
        complete(&r, 3);
        assert_int_equal(pop_all(&r), 3);
        assert_int_equal(used_event(&r), r.f.used_idx);
        assert_int_equal(fake_get16(fake_avail(&r.f)), 0); /* 2.7.7.1 */
    }
    ring_down(&r);
}

static void test_vq_interrupts_off_and_on_by_flag(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 0);
    assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
    assert_int_equal(fake_get16(fake_avail(&r.f)), 1);
    assert_int_equal(rgt_vq_interrupts(&r.vq, true), 0);
    assert_int_equal(fake_get16(fake_avail(&r.f)), 0);
    ring_down(&r);
}

static void test_vq_interrupts_off_and_on_by_event(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, RGT_FEATURE(VIRTIO_F_EVENT_IDX));
    assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
    assert_int_equal(fake_get16(fake_avail(&r.f)), 0);
    assert_int_equal(used_event(&r), 0xffff);
    add(&r, 1);
    complete(&r, 1);
    assert_int_equal(pop_all(&r), 1);
    assert_int_equal(used_event(&r), 0xffff);
    assert_int_equal(rgt_vq_interrupts(&r.vq, true), 0);
    assert_int_equal(used_event(&r), 1);
    ring_down(&r);
}

static void test_vq_switching_interrupts_on_reports_what_came_before(void **s)
{
    static const uint64_t features[] = {0, RGT_FEATURE(VIRTIO_F_EVENT_IDX)};
    (void)s;

    for (int i = 0; i < 2; i++) {
        struct ring r;
        ring_up(&r, features[i]);
        assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
        add(&r, 2);
        complete(&r, 1);
        assert_int_equal(rgt_vq_interrupts(&r.vq, true), 1);
        assert_int_equal(pop_all(&r), 1);
        complete(&r, 1);
        assert_int_equal(pop_all(&r), 1);
        ring_down(&r);
    }
}

static void test_vq_switching_interrupts_on_notices_an_idx_jump(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 0);
    fake_put16(fake_used(&r.f) + 2, 1);
    assert_int_equal(rgt_vq_interrupts(&r.vq, true), RGT_E_PROTO);
    ring_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_event_idx_kick_is_the_rule_for_every_batch),
        cmocka_unit_test(
            test_vq_event_idx_decision_covers_batches_not_yet_decided),
        cmocka_unit_test(test_vq_event_idx_undecided_distance_does_not_wrap),
        cmocka_unit_test(test_vq_flags_decide_the_kick_without_event_idx),
        cmocka_unit_test(test_vq_no_kick_for_nothing),
        cmocka_unit_test(test_vq_kick_writes_the_queue_index),
        cmocka_unit_test(test_vq_empty_pop_asks_for_the_next_used_entry),
        cmocka_unit_test(test_vq_interrupts_off_and_on_by_flag),
        cmocka_unit_test(test_vq_interrupts_off_and_on_by_event),
        cmocka_unit_test(
            test_vq_switching_interrupts_on_reports_what_came_before),
        cmocka_unit_test(test_vq_switching_interrupts_on_notices_an_idx_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
