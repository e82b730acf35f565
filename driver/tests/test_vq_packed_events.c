/* SPDX-License-Identifier: MIT */
/* When to kick a packed ring and when to be interrupted by it (2.8.10),
 * against a brute force reading of the rules. */
#include "fake_packed.h"

#define EVENT_IDX RGT_FEATURE(VIRTIO_F_EVENT_IDX)
#define SIZE_MOST 1024u

struct ring {
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[SIZE_MOST];
    struct fake_packed dev;
};

static int tokens[SIZE_MOST];
static const struct rgt_sg sg3[3] = {{0x1000, 1}, {0x2000, 1}, {0x3000, 1}};
static const struct fake_place nowhere = {0, false};

static void ring_up(struct ring *r, uint32_t size, uint64_t features)
{
    fake_init(&r->f);
    struct rgt_vq_config cfg = {
        .hal = &r->f.hal,
        .transport = &r->f.mmio.transport,
        .features = features | RGT_FEATURE(VIRTIO_F_RING_PACKED),
        .slots = r->slots,
        .slot_count = size,
        .size_max = size,
        .index = 2,
    };
    assert_int_equal(rgt_vq_init(&r->vq, &cfg), 0);
    fake_packed_init(&r->dev, &r->vq);
}

static void ring_down(struct ring *r)
{
    rgt_vq_free(&r->vq);
    assert_int_equal(r->f.allocs, r->f.frees);
}

/* Adds and publishes one chain. */
static void send(struct ring *r, uint32_t pieces)
{
    assert_int_equal(rgt_vq_add(&r->vq, sg3, pieces - 1, 1, tokens), 0);
    assert_int_equal(rgt_vq_publish(&r->vq), 0);
}

static void complete(struct ring *r)
{
    struct fake_packed_chain chain;

    assert_true(fake_packed_take(&r->dev, &chain));
    fake_packed_use(&r->dev, chain.id, 1, chain.descs);
}

static unsigned pop_all(struct ring *r)
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

/* ---- kicks --------------------------------------------------------------- */

/* 2.8.10 word for word: descriptor event was made available, as one of count
 * from from on. */
static int made_available(const struct ring *r, struct fake_place from,
                          unsigned count, struct fake_place event)
{
    for (unsigned i = 0; i < count; i++) {
        if (from.at == event.at && from.wrap == event.wrap)
            return 1;
        from = fake_packed_after(&r->dev, from, 1);
    }
    return 0;
}

/* Batches of every length that fits, an event at every place near and far. */
static void kick_rounds(uint32_t size, unsigned rounds)
{
    struct fake_place at = {0, true};
    struct ring r;

    ring_up(&r, size, EVENT_IDX);
    for (unsigned n = 0; n < rounds; n++) {
        unsigned count = n % size + 1;
        struct fake_place event =
            fake_packed_after(&r.dev, at, n / size % (2 * size));
        fake_packed_want(&r.dev, RING_EVENT_FLAGS_DESC, event);
        for (unsigned i = 0; i < count; i++)
            send(&r, 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq),
                         made_available(&r, at, count, event));
        assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
        at = fake_packed_after(&r.dev, at, count);
        for (unsigned i = 0; i < count; i++)
            complete(&r);
        assert_int_equal(pop_all(&r), count);
    }
    ring_down(&r);
}

static void test_vq_packed_event_kick_is_the_rule_for_every_batch(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 8; size++)
        kick_rounds(size, 20 * size * size);
    kick_rounds(256, 2000);
    kick_rounds(1000, 2000);
}

/* An event inside of a chain counts as well as one at its head. */
static void test_vq_packed_event_may_name_any_descriptor_of_a_chain(void **s)
{
    (void)s;
    for (unsigned at = 0; at < 7; at++) {
        struct ring r;
        struct fake_place event = {at, true};
        ring_up(&r, 7, EVENT_IDX);
        fake_packed_want(&r.dev, RING_EVENT_FLAGS_DESC, event);
        send(&r, 3);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), at < 3);
        send(&r, 2);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), at == 3 || at == 4);
        ring_down(&r);
    }
}

static void test_vq_packed_decision_covers_batches_not_yet_decided(void **s)
{
    struct ring r;
    struct fake_place event = {1, true};
    (void)s;

    ring_up(&r, 8, EVENT_IDX);
    fake_packed_want(&r.dev, RING_EVENT_FLAGS_DESC, event);
    send(&r, 2);
    send(&r, 2);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 1);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    ring_down(&r);
}

static void test_vq_packed_undecided_distance_does_not_wrap(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 40; count++) {
        struct ring r;
        struct fake_place event = {2, true};
        ring_up(&r, 5, EVENT_IDX);
        fake_packed_want(&r.dev, RING_EVENT_FLAGS_DESC, event);
        for (unsigned i = 0; i < count; i++) {
            send(&r, 1);
            complete(&r);
            assert_int_equal(pop_all(&r), 1);
        }
        assert_int_equal(rgt_vq_kick_needed(&r.vq), count > 2);
        ring_down(&r);
    }
}

static void test_vq_packed_flags_decide_the_kick(void **state)
{
    static const struct {
        uint64_t features;
        uint16_t flags;
        int kick;
    } cases[] = {
        {0, RING_EVENT_FLAGS_ENABLE, 1},
        {0, RING_EVENT_FLAGS_DISABLE, 0},
        {0, RING_EVENT_FLAGS_DESC, 1}, /* not allowed: better one too many */
        {0, 3, 1},
        {EVENT_IDX, RING_EVENT_FLAGS_ENABLE, 1},
        {EVENT_IDX, RING_EVENT_FLAGS_DISABLE, 0},
        {EVENT_IDX, RING_EVENT_FLAGS_DESC, 0}, /* at nowhere */
        {EVENT_IDX, 3, 1},
        {0, 0xfffc | RING_EVENT_FLAGS_DISABLE, 0}, /* 14 bits reserved */
        {EVENT_IDX, 0xfffc | RING_EVENT_FLAGS_DESC, 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring r;
        ring_up(&r, 5, cases[i].features);
        fake_packed_want(&r.dev, cases[i].flags, nowhere);
        send(&r, 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), cases[i].kick);
        ring_down(&r);
    }
}

static void test_vq_packed_event_outside_of_the_ring_gets_its_kick(void **s)
{
    static const unsigned outside[] = {5, 6, 10, 0x7fff};
    (void)s;

    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        struct ring r;
        struct fake_place event = {outside[i], i % 2 == 0};
        ring_up(&r, 5, EVENT_IDX);
        fake_packed_want(&r.dev, RING_EVENT_FLAGS_DESC, event);
        send(&r, 1);
        assert_int_equal(rgt_vq_kick_needed(&r.vq), 1);
        ring_down(&r);
    }
}

static void test_vq_packed_no_kick_for_nothing(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, 0);
    assert_int_equal(rgt_vq_publish(&r.vq), 0);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), 0);
    assert_int_equal(rgt_vq_kick_needed(&r.vq), 0);
    ring_down(&r);
}

/* ---- what a kick says (2.9) ---------------------------------------------- */

static uint32_t kick_value(struct fake *f, struct rgt_vq *vq)
{
    rgt_vq_kick(vq);
    assert_int_equal(f->log[f->log_count - 1].offset, 0x050);
    return f->log[--f->log_count].value;
}

static void test_vq_packed_kick_says_what_comes_next(void **state)
{
    struct ring r;
    struct fake_place next = {0, true};
    (void)state;

    ring_up(&r, 7, RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA));
    assert_int_equal(kick_value(&r.f, &r.vq), 0x80000002u);
    for (unsigned n = 0; n < 100; n++) {
        send(&r, 1 + n % 3);
        next = fake_packed_after(&r.dev, next, 1 + n % 3);
        uint32_t value = 2u | next.at << 16 | (next.wrap ? 0x80000000u : 0);
        assert_int_equal(kick_value(&r.f, &r.vq), value);
        assert_int_equal(rgt_vq_add(&r.vq, sg3, 0, 1, tokens), 0);
        assert_int_equal(kick_value(&r.f, &r.vq), value);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        next = fake_packed_after(&r.dev, next, 1);
        complete(&r);
        complete(&r);
        assert_int_equal(pop_all(&r), 2);
    }
    assert_int_equal(
        rgt_vq_reset(&r.vq, RGT_FEATURE(VIRTIO_F_RING_PACKED) |
                                RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA)),
        0);
    assert_int_equal(kick_value(&r.f, &r.vq), 0x80000002u);
    ring_down(&r);
}

static void test_vq_split_kick_says_what_comes_next(void **state)
{
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[8];
    void *token;
    uint32_t len;
    (void)state;

    fake_init(&f);
    struct rgt_vq_config cfg = {
        .hal = &f.hal,
        .transport = &f.mmio.transport,
        .features = RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA),
        .slots = slots,
        .slot_count = 8,
        .size_max = 8,
        .index = 1,
    };
    assert_int_equal(rgt_vq_init(&vq, &cfg), 0);
    rgt_vq_areas(&vq, &f.areas[0], &f.areas[1], &f.areas[2]);
    f.queue_num = 8;
    for (uint32_t n = 0; n < 70000; n++) {
        /* All 16 bits of the index, however short the ring. */
        assert_int_equal(kick_value(&f, &vq), (n & 0xffff) << 16 | 1u);
        assert_int_equal(rgt_vq_add(&vq, sg3, 1, 1, tokens), 0);
        assert_int_equal(kick_value(&f, &vq), (n & 0xffff) << 16 | 1u);
        assert_int_equal(rgt_vq_publish(&vq), 0);
        fake_use(&f, (uint32_t)fake_take(&f), 1);
        assert_int_equal(rgt_vq_pop(&vq, &token, &len), 1);
    }
    rgt_vq_free(&vq);
}

static void test_vq_packed_kick_is_the_index_without_data(void **state)
{
    struct ring r;
    (void)state;

    ring_up(&r, 5, EVENT_IDX);
    send(&r, 2);
    assert_int_equal(kick_value(&r.f, &r.vq), 2);
    ring_down(&r);
}

/* ---- interrupts ---------------------------------------------------------- */

static void test_vq_packed_empty_pop_asks_for_the_next_used(void **state)
{
    struct ring r;
    (void)state;

    for (uint32_t size = 3; size <= 9; size++) {
        ring_up(&r, size, EVENT_IDX);
        for (unsigned n = 0; n < 1000; n++) {
            struct fake_place event;
            send(&r, 1 + n % 3);
            complete(&r);
            assert_int_equal(pop_all(&r), 1);
            assert_int_equal(fake_packed_wanted(&r.dev, &event),
                             RING_EVENT_FLAGS_DESC);
            assert_int_equal(event.at, r.dev.used.at);
            assert_int_equal(event.wrap, r.dev.used.wrap);
        }
        ring_down(&r);
    }
}

static void test_vq_packed_first_used_interrupts(void **state)
{
    static const uint64_t features[] = {0, EVENT_IDX};
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct ring r;
        ring_up(&r, 5, features[i]);
        assert_true(fake_packed_interrupts(&r.dev, r.dev.used, 1));
        assert_int_equal(
            rgt_vq_reset(&r.vq,
                         features[i] | RGT_FEATURE(VIRTIO_F_RING_PACKED)),
            0);
        assert_true(fake_packed_interrupts(&r.dev, r.dev.used, 1));
        ring_down(&r);
    }
}

static void test_vq_packed_interrupts_off_and_on(void **state)
{
    static const uint64_t features[] = {0, EVENT_IDX};
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct ring r;
        struct fake_place event;
        uint16_t on =
            features[i] ? RING_EVENT_FLAGS_DESC : RING_EVENT_FLAGS_ENABLE;
        ring_up(&r, 5, features[i]);
        for (unsigned n = 0; n < 30; n++) {
            assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
            assert_int_equal(fake_packed_wanted(&r.dev, &event),
                             RING_EVENT_FLAGS_DISABLE);
            send(&r, 1);
            complete(&r);
            assert_int_equal(pop_all(&r), 1);
            assert_int_equal(fake_packed_wanted(&r.dev, &event),
                             RING_EVENT_FLAGS_DISABLE);
            assert_int_equal(rgt_vq_interrupts(&r.vq, true), 0);
            assert_int_equal(fake_packed_wanted(&r.dev, &event), on);
            assert_true(fake_packed_interrupts(&r.dev, r.dev.used, 1));
        }
        ring_down(&r);
    }
}

static void test_vq_packed_switching_on_reports_what_came_before(void **state)
{
    static const uint64_t features[] = {0, EVENT_IDX};
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct ring r;
        ring_up(&r, 5, features[i]);
        assert_int_equal(rgt_vq_interrupts(&r.vq, false), 0);
        send(&r, 1);
        send(&r, 1);
        complete(&r);
        assert_int_equal(rgt_vq_interrupts(&r.vq, true), 1);
        assert_int_equal(pop_all(&r), 1);
        complete(&r);
        assert_int_equal(pop_all(&r), 1);
        ring_down(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_packed_event_kick_is_the_rule_for_every_batch),
        cmocka_unit_test(
            test_vq_packed_event_may_name_any_descriptor_of_a_chain),
        cmocka_unit_test(
            test_vq_packed_decision_covers_batches_not_yet_decided),
        cmocka_unit_test(test_vq_packed_undecided_distance_does_not_wrap),
        cmocka_unit_test(test_vq_packed_flags_decide_the_kick),
        cmocka_unit_test(
            test_vq_packed_event_outside_of_the_ring_gets_its_kick),
        cmocka_unit_test(test_vq_packed_no_kick_for_nothing),
        cmocka_unit_test(test_vq_packed_kick_says_what_comes_next),
        cmocka_unit_test(test_vq_split_kick_says_what_comes_next),
        cmocka_unit_test(test_vq_packed_kick_is_the_index_without_data),
        cmocka_unit_test(test_vq_packed_empty_pop_asks_for_the_next_used),
        cmocka_unit_test(test_vq_packed_first_used_interrupts),
        cmocka_unit_test(test_vq_packed_interrupts_off_and_on),
        cmocka_unit_test(test_vq_packed_switching_on_reports_what_came_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
