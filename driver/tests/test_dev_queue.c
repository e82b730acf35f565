/* SPDX-License-Identifier: MIT */
/* One queue of a live device is reset and comes back, while another runs on
 * (2.6.1). */
#include "fake_packed.h"
#include "ringtrue/dev.h"
#include <string.h>

#define SIZE 8u
#define TIMEOUT_NS 1000000u
#define RING_RESET RGT_FEATURE(VIRTIO_F_RING_RESET)
#define PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)

/* A device with two queues. */
struct machine {
    struct fake f;
    struct rgt_dev dev;
    struct rgt_vq vq[2];
    struct rgt_vq_slot slots[2][SIZE];
    struct fake_packed packed[2];
};

static int tokens[4];
static const struct rgt_sg sg1[1] = {{0x1000, 1}};

static void machine_up(struct machine *m, uint64_t features)
{
    fake_init(&m->f);
    m->f.offered |= features;
    struct rgt_dev_config cfg = {
        .hal = &m->f.hal,
        .transport = &m->f.mmio.transport,
        .features = RGT_DEV_FEATURES,
        .timeout_ns = TIMEOUT_NS,
        .device_id = 2,
    };
    assert_int_equal(rgt_dev_init(&m->dev, &cfg), 0);
    assert_int_equal(rgt_dev_reset(&m->dev), 0);
    assert_int_equal(rgt_dev_negotiate(&m->dev), 0);
    for (uint16_t i = 0; i < 2; i++) {
        assert_int_equal(
            rgt_dev_queue_init(&m->dev, &m->vq[i], i, m->slots[i], SIZE, 0), 0);
        assert_int_equal(rgt_dev_queue_enable(&m->dev, &m->vq[i]), 0);
        fake_packed_init(&m->packed[i], &m->vq[i]);
    }
    assert_int_equal(rgt_dev_start(&m->dev), 0);
}

static void machine_down(struct machine *m)
{
    assert_int_equal(rgt_dev_reset(&m->dev), 0);
    for (int i = 0; i < 2; i++)
        rgt_vq_free(&m->vq[i]);
    assert_int_equal(m->f.allocs, m->f.frees);
    assert_false(m->f.given_back_while_live);
}

static void lend(struct machine *m, unsigned queue, void *token)
{
    assert_int_equal(rgt_vq_add(&m->vq[queue], sg1, 0, 1, token), 0);
    assert_int_equal(rgt_vq_publish(&m->vq[queue]), 0);
}

/* The device completes one chain of queue; it comes back as token. */
static void complete(struct machine *m, unsigned queue, const void *token)
{
    void *got;
    uint32_t len;

    if (rgt_dev_has(&m->dev, VIRTIO_F_RING_PACKED)) {
        struct fake_packed_chain chain;
        assert_true(fake_packed_take(&m->packed[queue], &chain));
        fake_packed_use(&m->packed[queue], chain.id, 1, chain.descs);
    } else {
        fake_select(&m->f, queue);
        fake_use(&m->f, (uint32_t)fake_take(&m->f), 1);
    }
    assert_int_equal(rgt_vq_pop(&m->vq[queue], &got, &len), 1);
    assert_ptr_equal(got, token);
}

static void come_back(struct machine *m, unsigned queue)
{
    assert_int_equal(rgt_vq_reset(&m->vq[queue], m->dev.features), 0);
    assert_int_equal(rgt_dev_queue_enable(&m->dev, &m->vq[queue]), 0);
    fake_packed_init(&m->packed[queue], &m->vq[queue]);
}

static void test_dev_queue_comes_back_while_another_runs_on(void **state)
{
    static const uint64_t features[] = {RING_RESET, RING_RESET | PACKED};
    (void)state;

    for (int k = 0; k < 2; k++) {
        struct machine m;
        machine_up(&m, features[k]);
        for (int round = 0; round < 20; round++) {
            lend(&m, 0, &tokens[0]);
            lend(&m, 1, &tokens[1]);
            complete(&m, 1, &tokens[1]);
            lend(&m, 1, &tokens[2]);
            assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), 0);
            assert_int_equal(rgt_vq_room(&m.vq[1], 1), RGT_E_PROTO);
            assert_ptr_equal(rgt_vq_drain(&m.vq[1]), &tokens[2]);
            assert_null(rgt_vq_drain(&m.vq[1]));
            complete(&m, 0, &tokens[0]);
            come_back(&m, 1);
            lend(&m, 1, &tokens[3]);
            complete(&m, 1, &tokens[3]);
            m.f.log_count = 0;
        }
        assert_int_equal(m.dev.state, RGT_DEV_LIVE);
        machine_down(&m);
    }
}

/* 2.6.1.2.2: every setting, as on first discovery. */
static void test_dev_queue_enabled_again_is_programmed_in_full(void **state)
{
    static const uint32_t offsets[] = {0x038, 0x080, 0x084, 0x090,
                                       0x094, 0x0a0, 0x0a4, 0x044};
    struct machine m;
    (void)state;

    machine_up(&m, RING_RESET);
    uint64_t areas[3];
    memcpy(areas, m.f.areas, sizeof(areas)); /* of queue 1, given last */
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), 0);
    memset(m.f.areas, 0xff, sizeof(m.f.areas));
    m.f.queue_num = 1;
    unsigned before = m.f.log_count;
    come_back(&m, 1);
    unsigned seen = 0;
    for (unsigned i = before; i < m.f.log_count && seen < 8; i++)
        seen += m.f.log[i].write && m.f.log[i].offset == offsets[seen];
    assert_int_equal(seen, 8);
    assert_memory_equal(areas, m.f.areas, sizeof(areas));
    assert_int_equal(m.f.queue_num, SIZE);
    assert_int_equal(m.f.queue_ready, 1);
    machine_down(&m);
}

/* 2.6.1.1.2 */
static void test_dev_queue_reset_is_not_done_before_the_device_says_so(void **s)
{
    struct machine m;
    (void)s;

    machine_up(&m, RING_RESET);
    m.f.queue_reset_reads = 5;
    unsigned before = m.f.log_count;
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), 0);
    unsigned reads = 0, writes = 0;
    for (unsigned i = before; i < m.f.log_count; i++) {
        const struct fake_access *a = &m.f.log[i];
        if (a->offset == 0x030)
            assert_int_equal(a->value, 1);
        else
            assert_int_equal(a->offset, 0x0c0);
        if (a->offset == 0x0c0 && a->write)
            writes++;
        if (a->offset == 0x0c0 && !a->write)
            reads++;
    }
    assert_int_equal(writes, 1);
    assert_int_equal(reads, 6);
    machine_down(&m);
}

static void test_dev_queue_reset_ends_at_its_deadline(void **state)
{
    struct machine m;
    (void)state;

    machine_up(&m, RING_RESET);
    lend(&m, 1, &tokens[1]);
    lend(&m, 0, &tokens[0]);
    m.f.queue_reset_never = true;
    uint64_t start_ns = m.f.now_ns;
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), RGT_E_TIMEOUT);
    assert_in_range(m.f.now_ns - start_ns, TIMEOUT_NS, TIMEOUT_NS + 1000);
    assert_int_equal(m.f.lines, 1);
    assert_int_equal(rgt_vq_reset(&m.vq[1], m.dev.features), RGT_E_STATE);
    assert_int_equal(m.dev.state, RGT_DEV_LIVE);
    complete(&m, 0, &tokens[0]);
    fake_select(&m.f, 1);
    m.f.queue_reset_never = false;
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), 0);
    assert_ptr_equal(rgt_vq_drain(&m.vq[1]), &tokens[1]);
    machine_down(&m);
}

static void test_dev_queue_reset_needs_the_feature_and_a_live_device(void **s)
{
    struct machine m;
    (void)s;

    machine_up(&m, 0);
    unsigned before = m.f.log_count;
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), RGT_E_NOTSUP);
    assert_int_equal(rgt_dev_queue_enable(&m.dev, &m.vq[1]), RGT_E_STATE);
    assert_int_equal(m.f.log_count, before);
    lend(&m, 1, &tokens[1]); /* untouched */
    assert_int_equal(rgt_dev_reset(&m.dev), 0);
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), RGT_E_STATE);
    machine_down(&m);
}

/* What the device no longer has room for, or says is in use: this queue stays
 * away, the device lives on. */
static void test_dev_queue_refused_on_return_harms_no_other(void **state)
{
    struct machine m;
    (void)state;

    machine_up(&m, RING_RESET);
    assert_int_equal(rgt_dev_queue_enable(&m.dev, &m.vq[1]), RGT_E_REFUSED);
    assert_int_equal(rgt_dev_queue_reset(&m.dev, &m.vq[1]), 0);
    assert_int_equal(rgt_vq_reset(&m.vq[1], m.dev.features), 0);
    m.f.queue_max_of[1] = SIZE - 1;
    assert_int_equal(rgt_dev_queue_enable(&m.dev, &m.vq[1]), RGT_E_REFUSED);
    assert_int_equal(m.f.status & VIRTIO_STATUS_FAILED, 0);
    assert_int_equal(m.dev.state, RGT_DEV_LIVE);
    lend(&m, 0, &tokens[0]);
    complete(&m, 0, &tokens[0]);
    m.f.queue_max_of[1] = SIZE;
    assert_int_equal(rgt_dev_queue_enable(&m.dev, &m.vq[1]), 0);
    machine_down(&m);
}

/* Any size that the device allows, packed; the power of two within, split. */
static void test_dev_queue_size_follows_the_kind_of_ring(void **state)
{
    static const uint32_t cases[][3] = {
        /* allowed, split, packed */
        {1, 1, 1}, {3, 2, 3}, {5, 4, 5}, {7, 4, 7}, {8, 8, 8}, {1000, 8, 8},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int packed = 0; packed < 2; packed++) {
            struct machine m;
            struct rgt_vq vq;
            struct rgt_vq_slot slots[SIZE];
            machine_up(&m, packed ? PACKED : 0);
            assert_int_equal(rgt_dev_reset(&m.dev), 0);
            assert_int_equal(rgt_dev_negotiate(&m.dev), 0);
            m.f.queue_max = cases[i][0];
            assert_int_equal(rgt_dev_queue_init(&m.dev, &vq, 0, slots, SIZE, 0),
                             0);
            assert_int_equal(rgt_vq_size(&vq), cases[i][1 + packed]);
            rgt_vq_free(&vq);
            machine_down(&m);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dev_queue_comes_back_while_another_runs_on),
        cmocka_unit_test(test_dev_queue_enabled_again_is_programmed_in_full),
        cmocka_unit_test(
            test_dev_queue_reset_is_not_done_before_the_device_says_so),
        cmocka_unit_test(test_dev_queue_reset_ends_at_its_deadline),
        cmocka_unit_test(
            test_dev_queue_reset_needs_the_feature_and_a_live_device),
        cmocka_unit_test(test_dev_queue_refused_on_return_harms_no_other),
        cmocka_unit_test(test_dev_queue_size_follows_the_kind_of_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
