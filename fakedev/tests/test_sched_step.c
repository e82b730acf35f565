/* SPDX-License-Identifier: MIT
 *
 * test_sched_step.c: the device on the driver's thread in virtual time: a run
 * is a function of its seed, and nothing hangs.
 */
#include "half.h"

#include <stdio.h>

#define SEEDS 64u
#define NEVER UINT64_MAX

static void open_with(struct half *h, struct fake_machine_config *cfg,
                      uint64_t seed, uint64_t leave)
{
    cfg->seed = cfg->blk.seed = seed;
    memset(h, 0, sizeof(*h));
    half_open(h, half_machine(cfg), leave);
}

static void close_innocent(struct half *h)
{
    half_innocent(h);
    fake_machine_free(h->m);
}

static void logs_are_equal(const struct fake_log *a, const struct fake_log *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(fake_log_first(a), 0);
    for (uint64_t k = 0; k < a->count; k++) {
        char x[256], y[256];

        fake_event_format(fake_log_get(a, k), k, x, sizeof(x));
        fake_event_format(fake_log_get(b, k), k, y, sizeof(y));
        assert_string_equal(x, y);
    }
}

static void test_same_seed_gives_the_same_log(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct half a, b;

    (void)state;
    cfg.blk.order = FAKE_BLK_SHUFFLE;
    cfg.blk.latency_ns = 7000;
    for (uint64_t seed = 0; seed < 8; seed++) {
        open_with(&a, &cfg, seed, 0);
        half_read(&a, HALF_SLOTS, 200);
        open_with(&b, &cfg, seed, 0);
        half_read(&b, HALF_SLOTS, 200);
        assert_int_equal(fake_machine_now(a.m), fake_machine_now(b.m));
        logs_are_equal(&a.m->log, &b.m->log);
        close_innocent(&a);
        close_innocent(&b);
    }
}

static void test_seeds_give_different_runs(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    uint64_t first = 0, kicks = 0, other = 0, fewer_kicks = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;

        open_with(&h, &cfg, seed, 0);
        half_read(&h, 4, 50);
        fake_log_settle(&h.m->log);
        first = seed ? first : h.m->log.count;
        kicks = seed ? kicks : h.kicks;
        other += h.m->log.count != first;
        fewer_kicks += h.kicks != kicks;
        close_innocent(&h);
    }
    assert_true(other > SEEDS / 2);
    assert_true(fewer_kicks > SEEDS / 4);
}

static void test_no_read_is_lost_under_any_seed(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;

        cfg.blk.hold = (uint32_t)(seed % 3);
        cfg.blk.latency_ns = seed % 5 * 10000;
        open_with(&h, &cfg, seed, seed & 1 ? F(VIRTIO_F_EVENT_IDX) : 0);
        half_read(&h, (unsigned)(1 + seed % HALF_SLOTS), 200);
        close_innocent(&h);
    }
}

static void test_no_read_is_lost_on_a_packed_ring_under_any_seed(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    uint64_t usual = cfg.blk.features | F(VIRTIO_F_RING_PACKED);

    (void)state;
    for (uint64_t seed = 0; seed < 2 * SEEDS; seed++) {
        uint64_t leave = seed & 1 ? F(VIRTIO_F_EVENT_IDX) : 0;
        struct half h;

        leave |= seed & 2 ? F(VIRTIO_F_INDIRECT_DESC) : 0;
        cfg.blk.features = usual | (seed & 4 ? F(VIRTIO_F_IN_ORDER) : 0) |
                           (seed & 8 ? F(VIRTIO_F_NOTIFICATION_DATA) : 0);
        cfg.blk.order = seed & 16 ? FAKE_BLK_SHUFFLE : FAKE_BLK_LIFO;
        cfg.blk.hold = (uint32_t)(seed % 5);
        cfg.blk.latency_ns = seed % 7 * 5000;
        open_with(&h, &cfg, seed, leave);
        half_read(&h, (unsigned)(1 + seed % HALF_SLOTS), 200);
        close_innocent(&h);
    }
}

static void test_time_never_goes_back(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    for (uint64_t seed = 0; seed < 16; seed++) {
        uint64_t before = 0, now;
        struct half h;

        cfg.blk.latency_ns = 30000;
        open_with(&h, &cfg, seed, 0);
        half_read(&h, 3, 50);
        /* Deadlines that end before the device has done anything. */
        for (unsigned k = 0; k < 50; k++) {
            if (!h.busy[0])
                half_submit(&h, 0, k);
            half_kick(&h);
            now = h.m->sched.ops->now(&h.m->sched);
            fake_machine_wait(h.m, now + 1);
            assert_true(h.m->sched.ops->now(&h.m->sched) > now);
            half_collect(&h);
        }
        now = fake_machine_now(h.m);
        /* A deadline in the past. */
        fake_machine_wait(h.m, 1);
        assert_true(fake_machine_now(h.m) > now);
        for (uint64_t k = 0; k < h.m->log.count; k++) {
            uint64_t t = fake_log_get(&h.m->log, k)->t_ns;

            assert_true(t >= before);
            before = t;
        }
        assert_true(before > 0);
        close_innocent(&h);
    }
}

static void test_wait_returns_0_at_the_deadline_exactly(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;
        uint64_t deadline;

        open_with(&h, &cfg, seed, 0);
        deadline = fake_machine_now(h.m) + 3600000 * HALF_MS; /* an hour */
        assert_int_equal(fake_machine_wait(h.m, deadline), 0);
        assert_int_equal(h.m->sched.ops->now(&h.m->sched), deadline);
        assert_int_equal(fake_machine_wait(h.m, deadline), 0);
        close_innocent(&h);
    }
}

static void test_wait_without_a_deadline_does_not_hang(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct half h;

    (void)state;
    open_with(&h, &cfg, 1, 0);
    assert_int_equal(fake_machine_wait(h.m, NEVER), 0);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_wait_returns_1_as_long_as_the_line_is_asserted(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;

        open_with(&h, &cfg, seed, 0);
        half_submit(&h, 0, 9);
        half_kick(&h);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + HALF_MS), 1);
        if (!fake_machine_irq(h.m)) /* it was complete before */
            assert_int_equal(
                fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS), 1);
        for (unsigned k = 0; k < 8; k++)
            assert_int_equal(
                fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS), 1);
        /* Even if the deadline has passed. */
        assert_int_equal(fake_machine_wait(h.m, 0), 1);
        assert_int_equal(half_interrupt(&h), VIRTIO_MMIO_INT_USED_BUFFER);
        assert_false(fake_machine_irq(h.m));
        assert_int_equal(half_collect(&h), 1);
        assert_int_equal(
            fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS), 0);
        close_innocent(&h);
    }
}

/* A driver that only looks at the clock and at used idx. */
static void test_polling_driver_makes_progress(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;
        unsigned turns = 0;

        cfg.blk.latency_ns = seed % 2 * 20000;
        open_with(&h, &cfg, seed, F(VIRTIO_F_EVENT_IDX));
        for (unsigned k = 0; k < 20; k++) {
            half_submit(&h, 0, k);
            half_kick(&h);
            while (!half_collect(&h)) {
                fake_machine_now(h.m);
                assert_true(++turns < 20000);
            }
        }
        close_innocent(&h);
    }
}

static void test_device_that_never_asks_for_kicks_does_not_hang(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    fake_fault_add(&cfg.faults, FAKE_FAULT_KICK_SUPPRESSED, 1, 0, 0);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;
        uint64_t deadline;

        open_with(&h, &cfg, seed, seed & 1 ? F(VIRTIO_F_EVENT_IDX) : 0);
        half_read(&h, 2, 50);
        assert_null(fake_fault_unfired(&h.m->cfg.faults));
        deadline = fake_machine_now(h.m) + 1000 * HALF_MS;
        half_interrupt(&h);
        assert_int_equal(fake_machine_wait(h.m, deadline), 0);
        assert_int_equal(h.m->sched.ops->now(&h.m->sched), deadline);
        half_read(&h, 1, 10);
        close_innocent(&h);
    }
}

static void test_completion_comes_not_before_its_time(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    cfg.blk.latency_ns = 40 * HALF_MS;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;
        uint64_t start;

        open_with(&h, &cfg, seed, 0);
        start = fake_machine_now(h.m);
        half_submit(&h, 0, 1);
        half_kick(&h);
        assert_int_equal(half_sleep(&h, start + 39 * HALF_MS), 0);
        assert_int_equal(half_collect(&h), 0);
        assert_int_equal(half_sleep(&h, start + 42 * HALF_MS), 1);
        assert_true(fake_machine_now(h.m) < start + 41 * HALF_MS);
        half_interrupt(&h);
        assert_int_equal(half_collect(&h), 1);
        close_innocent(&h);
    }
}

static void test_stuck_request_ends_the_wait_at_its_deadline(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    fake_fault_add(&cfg.faults, FAKE_FAULT_BLK_STUCK, 1, 1, 0);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;

        open_with(&h, &cfg, seed, 0);
        half_submit(&h, 0, 1);
        half_kick(&h);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + 1000 * HALF_MS),
                         0);
        assert_int_equal(half_collect(&h), 0);
        half_open(&h, h.m, 0);
        half_read(&h, 2, 10);
        close_innocent(&h);
    }
}

static void test_a_reset_stops_the_device(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);

    (void)state;
    cfg.blk.latency_ns = 1000;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct half h;

        open_with(&h, &cfg, seed, 0);
        half_submit(&h, 0, 1);
        half_kick(&h);
        half_reset(&h);
        memset(h.used, 0x5a, 6);
        assert_int_equal(
            fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS), 0);
        for (unsigned k = 0; k < 6; k++)
            assert_int_equal(h.used[k], 0x5a);
        half_open(&h, h.m, 0);
        half_read(&h, 2, 10);
        close_innocent(&h);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_gives_the_same_log),
        cmocka_unit_test(test_seeds_give_different_runs),
        cmocka_unit_test(test_no_read_is_lost_under_any_seed),
        cmocka_unit_test(test_no_read_is_lost_on_a_packed_ring_under_any_seed),
        cmocka_unit_test(test_time_never_goes_back),
        cmocka_unit_test(test_wait_returns_0_at_the_deadline_exactly),
        cmocka_unit_test(test_wait_without_a_deadline_does_not_hang),
        cmocka_unit_test(test_wait_returns_1_as_long_as_the_line_is_asserted),
        cmocka_unit_test(test_polling_driver_makes_progress),
        cmocka_unit_test(test_device_that_never_asks_for_kicks_does_not_hang),
        cmocka_unit_test(test_completion_comes_not_before_its_time),
        cmocka_unit_test(test_stuck_request_ends_the_wait_at_its_deadline),
        cmocka_unit_test(test_a_reset_stops_the_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
