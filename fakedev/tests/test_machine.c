/* SPDX-License-Identifier: MIT
 *
 * test_machine.c: the life of a machine, and how it fails to begin.
 */
#include "half.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* A store that counts how often it was closed. */
struct counting {
    struct fake_store store;
    unsigned *closed;
};

static int no_io(struct fake_store *store, uint64_t offset, void *to,
                 size_t bytes)
{
    (void)store, (void)offset;
    memset(to, 0, bytes);
    return 0;
}

static int no_write(struct fake_store *store, uint64_t offset, const void *from,
                    size_t bytes)
{
    (void)store, (void)offset, (void)from, (void)bytes;
    return 0;
}

static int no_flush(struct fake_store *store)
{
    (void)store;
    return 0;
}

static void count_close(struct fake_store *store)
{
    struct counting *c = (struct counting *)store;

    (*c->closed)++;
    free(c);
}

static const struct fake_store_ops counting_ops = {
    .read = no_io,
    .write = no_write,
    .flush = no_flush,
    .close = count_close,
};

static struct fake_store *counting(uint64_t bytes, unsigned *closed)
{
    struct counting *c = calloc(1, sizeof(*c));

    assert_non_null(c);
    c->store = (struct fake_store){.ops = &counting_ops, .bytes = bytes};
    c->closed = closed;
    return &c->store;
}

static const enum fake_sched_kind kinds[] = {FAKE_SCHED_STEP,
                                             FAKE_SCHED_THREADS};

static void test_machine_closes_its_store_once(void **state)
{
    char err[160];

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(kinds[k]);
        unsigned closed = 0;
        struct fake_machine *m =
            fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err));

        assert_non_null(m);
        assert_int_equal(closed, 0);
        fake_machine_stop(m);
        fake_machine_stop(m); /* twice is fine */
        assert_int_equal(closed, 0);
        fake_machine_free(m);
        assert_int_equal(closed, 1);
    }
    fake_machine_free(NULL);
}

static void test_failed_start_closes_the_store_and_says_why(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(kinds[k]);
        unsigned closed = 0;
        char err[160] = "";

        cfg.log_room = SIZE_MAX;
        assert_null(
            fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err)));
        assert_int_equal(closed, 1);
        assert_true(err[0] && !strchr(err, '\n'));

        cfg = half_config(kinds[k]);
        cfg.arena_bytes = SIZE_MAX / 2;
        err[0] = '\0';
        assert_null(
            fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err)));
        assert_int_equal(closed, 2);
        assert_true(err[0] && !strchr(err, '\n'));
    }
}

/* Descriptors run out one later each time. (libuv 1.44 leaks some then.) */
static void test_start_without_descriptors_fails_and_no_more(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    unsigned failed = 0, made = 0;
    struct rlimit before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (unsigned more = 0; more < 12; more++) {
        int next = dup(1);
        struct rlimit few = {(rlim_t)next + more, before.rlim_max};
        unsigned closed = 0;
        struct fake_machine *m;
        char err[160] = "";

        close(next);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        m = fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err));
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        failed += !m;
        made += m != NULL;
        assert_true(m || err[0]);
        fake_machine_free(m);
        assert_int_equal(closed, 1);
    }
    assert_true(failed > 2);
    assert_true(made > 0);
}

static void test_capacity_is_that_of_the_store_unless_told(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    unsigned closed = 0;
    struct fake_machine *m;
    char err[160];

    (void)state;
    m = fake_machine_new(&cfg, counting(7 * 512, &closed), err, sizeof(err));
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_CONFIG, 4), 7);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_CONFIG + 4, 4), 0);
    fake_machine_free(m);
    cfg.blk.sectors = UINT64_C(0x300000005);
    m = fake_machine_new(&cfg, counting(7 * 512, &closed), err, sizeof(err));
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_CONFIG, 4), 5);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_CONFIG + 4, 4), 3);
    fake_machine_free(m);
}

static void test_log_can_be_off(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(kinds[k]);
        struct half h = {0};

        cfg.log = false;
        half_open(&h, half_machine(&cfg), 0);
        half_read(&h, 4, 100);
        assert_null(h.m->judge);
        assert_int_equal(h.m->log.count, 0);
        fake_machine_free(h.m);
    }
}

static void test_judge_hears_more_than_the_log_keeps(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(kinds[k]);
        struct half h = {0};

        cfg.log_room = 64;
        half_open(&h, half_machine(&cfg), 0);
        half_read(&h, 4, 200);
        fake_machine_write(h.m, VIRTIO_MMIO_INTERRUPT_ACK, 4, 4);
        half_read(&h, 4, 200);
        fake_machine_stop(h.m);
        assert_int_equal(fake_judge_applied(h.m->judge, "drv-3.1.1-1"), 1);
        assert_true(fake_judge_applied(h.m->judge, "drv-5.2.6.1-1") == 400);
        assert_true(fake_log_first(&h.m->log) > 0);
        assert_non_null(fake_log_get(&h.m->log, h.m->log.count - 1));
        assert_int_equal(fake_judge_violations(
                             h.m->judge, &(const struct fake_violation *){0}),
                         1);
        fake_machine_free(h.m);
    }
}

static void test_each_memory_mode_serves(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct fake_machine_config cfg = half_config(kinds[k % 2]);
        struct half h = {0};

        /* DMA memory is never bounced, nor guarded. */
        cfg.memory = k < 2 ? FAKE_MEM_BOUNCE : FAKE_MEM_GUARDED;
        half_open(&h, half_machine(&cfg), 0);
        half_read(&h, 4, 100);
        half_innocent(&h);
        fake_machine_free(h.m);
    }
}

/* 2.6.1: whatever the device was doing with it. */
static void run_through_queue_resets(struct fake_machine_config *cfg)
{
    struct half h = {.m = NULL};

    cfg->blk.features |= F(VIRTIO_F_RING_RESET);
    cfg->blk.latency_ns = 50000;
    fake_fault_add(&cfg->faults, FAKE_FAULT_QUEUE_RESET_SLOW, 2, 1, 3);
    half_open(&h, half_machine(cfg), 0);
    for (unsigned k = 0; k < 20; k++) {
        half_read(&h, HALF_SLOTS, k);
        for (unsigned slot = 0; slot < k % HALF_SLOTS; slot++)
            half_submit(&h, slot, slot);
        half_kick(&h);
        assert_int_equal(half_reset_queue(&h), k == 1 ? 3 : 0);
    }
    half_read(&h, HALF_SLOTS, 100);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_queue_reset_lets_a_queue_begin_anew(void **state)
{
    static const uint64_t features[] = {
        0,
        F(VIRTIO_F_RING_PACKED),
        F(VIRTIO_F_RING_PACKED) | F(VIRTIO_F_IN_ORDER),
    };

    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        struct fake_machine_config cfg =
            half_config(k & 1 ? FAKE_SCHED_THREADS : FAKE_SCHED_STEP);

        cfg.blk.features |= features[k / 2];
        run_through_queue_resets(&cfg);
    }
}

static void test_fault_plan_is_the_machines_own(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct fake_machine *m;

    (void)state;
    fake_fault_add(&cfg.faults, FAKE_FAULT_WRONG_MAGIC, 1, 1, 99);
    m = half_machine(&cfg);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_MAGIC_VALUE, 4), 99);
    assert_null(fake_fault_unfired(&m->cfg.faults));
    assert_non_null(fake_fault_unfired(&cfg.faults));
    fake_machine_free(m);
}

static void test_number_of_queues_is_offered_with_mq_only(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct fake_machine *m;

    (void)state;
    cfg.blk.num_queues = 3;
    m = half_machine(&cfg);
    fake_machine_write(m, VIRTIO_MMIO_QUEUE_SEL, 4, 1);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_QUEUE_NUM_MAX, 4), 0);
    fake_machine_free(m);
    cfg.blk.features |= F(VIRTIO_BLK_F_MQ);
    m = half_machine(&cfg);
    fake_machine_write(m, VIRTIO_MMIO_QUEUE_SEL, 4, 2);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_QUEUE_NUM_MAX, 4),
                     HALF_QUEUE);
    fake_machine_write(m, VIRTIO_MMIO_QUEUE_SEL, 4, 3);
    assert_int_equal(fake_machine_read(m, VIRTIO_MMIO_QUEUE_NUM_MAX, 4), 0);
    fake_machine_free(m);
}

/* ---- a disk's config space once features are settled ---- */

static uint32_t writeback_after(uint64_t leave)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct half h = {0};
    uint32_t value;

    cfg.blk.features |= F(VIRTIO_BLK_F_FLUSH) | F(VIRTIO_BLK_F_CONFIG_WCE);
    cfg.blk.writeback = 1;
    half_open(&h, half_machine(&cfg), leave);
    value = fake_machine_read(h.m, VIRTIO_MMIO_CONFIG + 32, 1);
    assert_int_equal(atomic_load(&h.m->lines.writeback) & 1, value);
    fake_machine_free(h.m);
    return value;
}

/* 5.2.5.2: no mode in which nothing could ever be made stable. */
static void test_writeback_begins_as_0_without_flush(void **state)
{
    (void)state;
    assert_int_equal(writeback_after(0), 1);
    assert_int_equal(writeback_after(F(VIRTIO_BLK_F_FLUSH)), 0);
}

static uint32_t second_queue_after(uint64_t leave)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_STEP);
    struct half h = {0};
    uint32_t max;

    cfg.blk.features |= F(VIRTIO_BLK_F_MQ);
    cfg.blk.num_queues = 2;
    half_open(&h, half_machine(&cfg), leave);
    half_set(&h, VIRTIO_MMIO_QUEUE_SEL, 1);
    max = half_get(&h, VIRTIO_MMIO_QUEUE_NUM_MAX);
    half_set(&h, VIRTIO_MMIO_QUEUE_SEL, 2);
    assert_int_equal(half_get(&h, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
    fake_machine_free(h.m);
    return max;
}

/* 5.2.2 */
static void test_without_mq_there_is_one_queue(void **state)
{
    (void)state;
    assert_int_not_equal(second_queue_after(0), 0);
    assert_int_equal(second_queue_after(F(VIRTIO_BLK_F_MQ)), 0);
}

/* ---- power, under both schedulers ---- */

static void test_power_cut_needs_a_reset_and_shows_on_the_disk(void **state)
{
    static const enum fake_sched_kind scheds[] = {FAKE_SCHED_STEP,
                                                  FAKE_SCHED_THREADS};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(scheds[k]);
        struct half h = {0};
        uint8_t sector[512];

        cfg.blk.cache = true;
        half_open(&h, half_machine(&cfg), 0);
        half_read(&h, 1, 4);
        fake_machine_power_cut(h.m, FAKE_SURVIVE_BY_SEED);
        assert_int_equal(half_get(&h, VIRTIO_MMIO_STATUS) &
                             VIRTIO_STATUS_DEVICE_NEEDS_RESET,
                         VIRTIO_STATUS_DEVICE_NEEDS_RESET);
        half_reset(&h);
        assert_int_equal(fake_machine_peek(h.m, 512, sector, 512), 0);
        assert_int_equal(sector[3], 1 + 3);
        assert_int_equal(
            fake_machine_peek(h.m, HALF_SECTORS * 512, sector, 512), -1);
        fake_machine_free(h.m);
    }
}

/* ---- a device that is pulled out, under both schedulers, on both rings ----
 */

static void check_removal(enum fake_sched_kind sched, uint64_t ring)
{
    struct fake_machine_config cfg = half_config(sched);
    struct half h = {0};

    cfg.blk.features |= ring;
    half_open(&h, half_machine(&cfg), 0);
    half_read(&h, 2, 4);
    half_submit(&h, 0, 1);
    fake_fault_add(&h.m->cfg.faults, FAKE_FAULT_SURPRISE_REMOVAL, 1, 0, 0);
    half_set(&h, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_int_equal(
        fake_machine_wait(h.m, fake_machine_now(h.m) + 20 * HALF_MS), 0);
    assert_int_equal(half_collect(&h), 0);
    assert_false(fake_machine_irq(h.m));
    assert_int_equal(half_get(&h, VIRTIO_MMIO_STATUS), UINT32_MAX);
    fake_fault_end(&h.m->cfg.faults);
    assert_int_equal(half_get(&h, VIRTIO_MMIO_STATUS), 0);
    half_open(&h, h.m, 0);
    half_read(&h, 2, 4);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void
test_removed_device_touches_no_ring_and_serves_once_back(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        check_removal(kinds[k], 0);
        check_removal(kinds[k], F(VIRTIO_F_RING_PACKED));
    }
}

/* Nobody would hear of a touch, and a second one would not be told apart. */
static void test_guarded_memory_needs_a_log_and_is_one_at_a_time(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_machine_config cfg = half_config(kinds[k]);
        unsigned closed = 0;
        struct fake_machine *m;
        char err[160] = "";

        cfg.memory = FAKE_MEM_GUARDED;
        cfg.log = false;
        assert_null(
            fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err)));
        assert_string_equal(err, "guarded memory needs the event log");
        assert_int_equal(closed, 1);
        cfg.log = true;
        m = fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err));
        assert_non_null(m);
        assert_null(
            fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err)));
        assert_int_equal(closed, 2);
        fake_machine_free(m);
        m = fake_machine_new(&cfg, counting(4096, &closed), err, sizeof(err));
        assert_non_null(m);
        fake_machine_free(m);
        assert_int_equal(closed, 4);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_removed_device_touches_no_ring_and_serves_once_back),
        cmocka_unit_test(test_machine_closes_its_store_once),
        cmocka_unit_test(test_failed_start_closes_the_store_and_says_why),
        cmocka_unit_test(test_start_without_descriptors_fails_and_no_more),
        cmocka_unit_test(test_capacity_is_that_of_the_store_unless_told),
        cmocka_unit_test(test_log_can_be_off),
        cmocka_unit_test(test_judge_hears_more_than_the_log_keeps),
        cmocka_unit_test(test_each_memory_mode_serves),
        cmocka_unit_test(test_queue_reset_lets_a_queue_begin_anew),
        cmocka_unit_test(test_fault_plan_is_the_machines_own),
        cmocka_unit_test(test_number_of_queues_is_offered_with_mq_only),
        cmocka_unit_test(test_writeback_begins_as_0_without_flush),
        cmocka_unit_test(test_without_mq_there_is_one_queue),
        cmocka_unit_test(test_power_cut_needs_a_reset_and_shows_on_the_disk),
        cmocka_unit_test(test_guarded_memory_needs_a_log_and_is_one_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
