/* SPDX-License-Identifier: MIT
 *
 * test_sched_threads.c: the device on its own thread against a driver half on
 * this one. Each wait has a deadline, and none may be reached: a lost kick or
 * interrupt shows as a wait that returns 0.
 */
#include "half.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define READS 3000u
#define NEVER UINT64_MAX

static struct half *fresh(struct half *h)
{
    memset(h, 0, sizeof(*h));
    return h;
}

static void run_for(const struct fake_machine_config *cfg, uint64_t leave,
                    unsigned depth, uint64_t reads)
{
    struct half h;

    half_open(fresh(&h), half_machine(cfg), leave);
    half_read(&h, depth, reads);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void run(const struct fake_machine_config *cfg, uint64_t leave,
                unsigned depth)
{
    run_for(cfg, leave, depth, READS);
}

static void test_no_read_is_lost_with_event_idx(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);

    (void)state;
    run(&cfg, 0, 1);
    run(&cfg, 0, HALF_SLOTS);
}

static void test_no_read_is_lost_without_event_idx(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);

    (void)state;
    run(&cfg, F(VIRTIO_F_EVENT_IDX), 1);
    run(&cfg, F(VIRTIO_F_EVENT_IDX) | F(VIRTIO_F_INDIRECT_DESC), HALF_SLOTS);
}

#define PACKED F(VIRTIO_F_RING_PACKED)
#define IN_ORDER F(VIRTIO_F_IN_ORDER)
#define DATA F(VIRTIO_F_NOTIFICATION_DATA)

static void test_no_read_is_lost_on_a_packed_ring(void **state)
{
    static const uint64_t leave[] = {
        0,
        F(VIRTIO_F_EVENT_IDX),
        F(VIRTIO_F_INDIRECT_DESC),
        F(VIRTIO_F_EVENT_IDX) | F(VIRTIO_F_INDIRECT_DESC),
    };
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);

    (void)state;
    for (unsigned k = 0; k < 16; k++) {
        cfg.blk.features &= ~(IN_ORDER | DATA);
        cfg.blk.features |= PACKED | (k & 4 ? IN_ORDER : DATA);
        cfg.poll_ns = k & 8 ? 0 : 20000;
        cfg.blk.order = FAKE_BLK_LIFO;
        cfg.blk.latency_ns = k & 8 ? 0 : 3000;
        run_for(&cfg, leave[k % 4], k & 1 ? 1 : HALF_SLOTS, READS / 8);
        run_for(&cfg, leave[k % 4], k & 1 ? HALF_SLOTS : 3, READS / 8);
    }
}

/* The device falls asleep after each request: most ways to lose a kick. */
static void test_no_kick_is_lost_by_a_device_that_sleeps_at_once(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);

    (void)state;
    cfg.poll_ns = 0;
    run(&cfg, 0, 1);
    run(&cfg, 0, HALF_SLOTS);
    run(&cfg, F(VIRTIO_F_EVENT_IDX), HALF_SLOTS);
}

/* The device has asked for a kick and is about to sleep when it comes. */
static void test_no_kick_is_lost_while_the_device_falls_asleep(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    cfg.poll_ns = 0;
    cfg.log = false; /* makes the moment easier to meet */
    half_open(fresh(&h), half_machine(&cfg), 0);
    for (unsigned k = 0; k < 10 * READS; k++) {
        uint64_t end = fake_machine_now(h.m) + 5000 * HALF_MS;

        while (!half_is_wanted(&h))
            assert_true(fake_machine_now(h.m) < end);
        for (volatile unsigned spin = 0; spin < k % 64; spin++)
            ;
        half_read(&h, 1, 1);
    }
    fake_machine_free(h.m);
}

/* The driver has spun long enough and is about to sleep when it comes. */
static void
test_no_interrupt_is_lost_while_the_driver_falls_asleep(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);

    (void)state;
    cfg.poll_ns = 200000;
    cfg.log = false;
    for (cfg.blk.latency_ns = 17000; cfg.blk.latency_ns < 22000;
         cfg.blk.latency_ns += 250) {
        struct half h;

        half_open(fresh(&h), half_machine(&cfg), 0);
        half_read(&h, 1, READS / 10);
        fake_machine_free(h.m);
    }
}

static void test_runs_without_a_log(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    cfg.log = false;
    half_open(fresh(&h), half_machine(&cfg), 0);
    half_read(&h, HALF_SLOTS, 4 * READS);
    assert_int_equal(h.m->log.count, 0);
    fake_machine_free(h.m);
}

static void test_completions_of_later_come_while_both_sleep(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    uint64_t start;
    struct half h;

    (void)state;
    cfg.poll_ns = 1000;
    cfg.blk.latency_ns = 3 * HALF_MS;
    half_open(fresh(&h), half_machine(&cfg), 0);
    start = fake_machine_now(h.m);
    half_read(&h, 2, 20);
    assert_true(fake_machine_now(h.m) - start >= 10 * cfg.blk.latency_ns);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_device_that_never_asks_for_kicks_is_fast_enough(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    fake_fault_add(&cfg.faults, FAKE_FAULT_KICK_SUPPRESSED, 1, 0, 0);
    half_open(fresh(&h), half_machine(&cfg), 0);
    half_read(&h, 4, READS);
    assert_null(fake_fault_unfired(&h.m->cfg.faults));
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_wait_ends_at_its_deadline(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    uint64_t deadline;
    struct half h;

    (void)state;
    half_open(fresh(&h), half_machine(&cfg), 0);
    deadline = fake_machine_now(h.m) + 5 * HALF_MS;
    assert_int_equal(fake_machine_wait(h.m, deadline), 0);
    assert_true(fake_machine_now(h.m) >= deadline);
    assert_int_equal(fake_machine_wait(h.m, 0), 0);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_wait_without_a_deadline_ends_with_the_interrupt(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    cfg.blk.latency_ns = 2 * HALF_MS;
    half_open(fresh(&h), half_machine(&cfg), 0);
    half_submit(&h, 0, 1);
    half_kick(&h);
    assert_int_equal(half_sleep(&h, NEVER), 1);
    assert_int_equal(half_interrupt(&h), VIRTIO_MMIO_INT_USED_BUFFER);
    assert_int_equal(half_collect(&h), 1);
    half_innocent(&h);
    fake_machine_free(h.m);
}

/* Both with buffers the device has not seen and with buffers it holds. */
static void test_reset_comes_through_while_the_device_is_busy(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    for (unsigned with_latency = 0; with_latency < 2; with_latency++) {
        cfg.blk.latency_ns = with_latency ? 50000 : 0;
        half_open(fresh(&h), half_machine(&cfg), 0);
        for (unsigned k = 0; k < 300; k++) {
            for (unsigned s = 0; s < HALF_SLOTS; s++)
                half_submit(&h, s, s);
            half_kick(&h);
            if (k % 3 == 0)
                half_collect(&h);
            /* From the write on the device touches nothing (2.4.1). */
            half_reset(&h);
            memset(h.data, 0x77, HALF_BYTES * HALF_SLOTS);
            for (unsigned b = 0; b < HALF_BYTES * HALF_SLOTS; b++)
                assert_int_equal(h.data[b], 0x77);
            assert_false(fake_machine_irq(h.m));
            half_open(&h, h.m, 0);
            if (k % 16 == 0)
                half_read(&h, 2, 4);
        }
        half_innocent(&h);
        fake_machine_free(h.m);
    }
}

static void test_machine_can_be_freed_at_any_moment(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct half h;

    (void)state;
    for (unsigned k = 0; k < 200; k++) {
        struct fake_machine *m = half_machine(&cfg);

        if (k % 4) {
            half_open(fresh(&h), m, 0);
            if (k % 4 > 1)
                for (unsigned s = 0; s < HALF_SLOTS; s++)
                    half_submit(&h, s, s);
            if (k % 4 > 2)
                half_kick(&h);
        }
        fake_machine_free(m);
    }
}

static void test_needs_reset_interrupts_and_a_reset_cures_it(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    uint64_t deadline;
    struct half h;

    (void)state;
    fake_fault_add(&cfg.faults, FAKE_FAULT_NEEDS_RESET, 3, 1, 0);
    half_open(fresh(&h), half_machine(&cfg), 0);
    half_read(&h, 1, 2);
    half_submit(&h, 0, 5);
    half_kick(&h);
    deadline = fake_machine_now(h.m) + 5000 * HALF_MS;
    /* An interrupt for the reads before may still be on its way. */
    do
        assert_int_equal(half_sleep(&h, deadline), 1);
    while (!(half_interrupt(&h) & VIRTIO_MMIO_INT_CONFIG_CHANGE));
    assert_int_equal(half_get(&h, VIRTIO_MMIO_STATUS), 15 | 64);
    assert_int_equal(half_collect(&h), 0);
    half_open(&h, h.m, 0);
    assert_int_equal(half_get(&h, VIRTIO_MMIO_STATUS), 15);
    half_read(&h, HALF_SLOTS, 100);
    half_innocent(&h);
    fake_machine_free(h.m);
}

static void test_interrupt_suppression_is_respected(void **state)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    uint64_t end;
    struct half h;

    (void)state;
    half_open(fresh(&h), half_machine(&cfg), F(VIRTIO_F_EVENT_IDX));
    h.avail[0] = VIRTQ_AVAIL_F_NO_INTERRUPT;
    half_submit(&h, 0, 3);
    half_kick(&h);
    end = fake_machine_now(h.m) + 5000 * HALF_MS;
    while (!half_collect(&h))
        assert_true(fake_machine_now(h.m) < end);
    assert_int_equal(fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS),
                     0);
    half_innocent(&h);
    fake_machine_free(h.m);
}

/* ---- a device that does not come back ---- */

static int read_for_ever(struct fake_store *store, uint64_t offset, void *to,
                         size_t bytes)
{
    (void)store;
    (void)offset;
    (void)to;
    (void)bytes;
    for (;;)
        (void)pause();
    return -1;
}

static void close_nothing(struct fake_store *store)
{
    (void)store;
}

static const struct fake_store_ops endless = {.read = read_for_ever,
                                              .close = close_nothing};

_Noreturn static void look_at_an_endless_disk(int err)
{
    struct fake_machine_config cfg = half_config(FAKE_SCHED_THREADS);
    struct fake_store store = {&endless, 512 * 64};
    struct fake_machine *m;
    char sector[512];

    dup2(err, STDERR_FILENO);
    cfg.blk.sectors = 64;
    m = fake_machine_new(&cfg, &store, sector, sizeof(sector));
    if (m) {
        m->sched.patience_ns = HALF_MS;
        fake_machine_peek(m, 0, sector, sizeof(sector));
    }
    _exit(0);
}

static void test_device_that_hangs_ends_the_process_in_time(void **state)
{
    char said[128] = "";
    int ends[2], status;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        look_at_an_endless_disk(ends[1]);
    close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    close(ends[0]);
    assert_non_null(strstr(said, "the device's thread has hung for 0.001 s"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_read_is_lost_with_event_idx),
        cmocka_unit_test(test_no_read_is_lost_without_event_idx),
        cmocka_unit_test(test_no_read_is_lost_on_a_packed_ring),
        cmocka_unit_test(test_no_kick_is_lost_by_a_device_that_sleeps_at_once),
        cmocka_unit_test(test_no_kick_is_lost_while_the_device_falls_asleep),
        cmocka_unit_test(
            test_no_interrupt_is_lost_while_the_driver_falls_asleep),
        cmocka_unit_test(test_runs_without_a_log),
        cmocka_unit_test(test_completions_of_later_come_while_both_sleep),
        cmocka_unit_test(test_device_that_never_asks_for_kicks_is_fast_enough),
        cmocka_unit_test(test_wait_ends_at_its_deadline),
        cmocka_unit_test(test_wait_without_a_deadline_ends_with_the_interrupt),
        cmocka_unit_test(test_reset_comes_through_while_the_device_is_busy),
        cmocka_unit_test(test_machine_can_be_freed_at_any_moment),
        cmocka_unit_test(test_needs_reset_interrupts_and_a_reset_cures_it),
        cmocka_unit_test(test_interrupt_suppression_is_respected),
        cmocka_unit_test(test_device_that_hangs_ends_the_process_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
