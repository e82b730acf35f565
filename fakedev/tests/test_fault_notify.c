/* SPDX-License-Identifier: MIT
 *
 * test_fault_notify.c: faults of notifications, and the rare but legal ways of
 * giving buffers back, with a whole machine and a driver half that keeps the
 * rules: on its own thread and step by step, on both rings.
 */
#include "half.h"

#define SEEDS 16u
#define LONG_NS (100 * HALF_MS)

struct setup {
    enum fake_sched_kind sched;
    uint64_t features; /* more than usual */
    uint64_t leave;
    uint64_t seed;
};

static struct fake_machine_config config(const struct setup *s)
{
    struct fake_machine_config cfg = half_config(s->sched);

    cfg.seed = cfg.blk.seed = s->seed;
    cfg.blk.features |= s->features;
    return cfg;
}

static void open_with(struct half *h, const struct setup *s,
                      enum fake_fault fault, uint64_t count, uint64_t arg)
{
    struct fake_machine_config cfg = config(s);

    fake_fault_add(&cfg.faults, fault, 1, count, arg);
    memset(h, 0, sizeof(*h));
    half_open(h, half_machine(&cfg), s->leave);
}

static uint64_t fired(const struct half *h)
{
    return atomic_load(&h->m->cfg.faults.entry[0].hit);
}

static void close_innocent(struct half *h)
{
    half_innocent(h);
    fake_machine_free(h->m);
}

static const struct setup setups[] = {
    {.features = 0, .leave = 0},
    {.features = 0, .leave = F(VIRTIO_F_EVENT_IDX)},
    {.features = F(VIRTIO_F_RING_PACKED), .leave = 0},
    {.features = F(VIRTIO_F_RING_PACKED), .leave = F(VIRTIO_F_EVENT_IDX)},
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Each setup, step by step with each seed. */
#define STEPWISE(s)                                                            \
    for (unsigned k_ = 0; k_ < COUNT_OF(setups) * SEEDS; k_++)                 \
        for (struct setup s = setups[k_ % COUNT_OF(setups)], *once_ = &s;      \
             once_ && (s.sched = FAKE_SCHED_STEP,                              \
                      s.seed = k_ / COUNT_OF(setups), true);                   \
             once_ = NULL)

/* ---- legal: a driver works through it ---- */

static const struct {
    enum fake_fault fault;
    uint64_t arg;
} legal[] = {
    {FAKE_FAULT_IRQ_COALESCED, 30000}, {FAKE_FAULT_IRQ_STORM, 3},
    {FAKE_FAULT_IRQ_UNWANTED, 0},      {FAKE_FAULT_KICK_FLAPS, 0},
    {FAKE_FAULT_USED_ONE_BY_ONE, 0},   {FAKE_FAULT_USED_AT_ONCE, 20000},
    {FAKE_FAULT_IRQ_SPURIOUS, 0},
};

static void test_legal_faults_lose_no_read_in_steps(void **state)
{
    struct half h;

    (void)state;
    for (size_t f = 0; f < COUNT_OF(legal); f++) {
        uint64_t times = 0;

        STEPWISE(s)
        {
            open_with(&h, &s, legal[f].fault, 0, legal[f].arg);
            half_read(&h, HALF_SLOTS, 60);
            times += fired(&h);
            close_innocent(&h);
        }
        if (!times)
            fail_msg("%s never fired", fake_fault_name(legal[f].fault));
    }
}

static void test_legal_faults_lose_no_read_on_threads(void **state)
{
    struct half h;

    (void)state;
    for (size_t f = 0; f < COUNT_OF(legal); f++)
        for (size_t k = 0; k < COUNT_OF(setups); k++) {
            struct setup s = setups[k];

            s.sched = FAKE_SCHED_THREADS;
            open_with(&h, &s, legal[f].fault, 0, legal[f].arg);
            half_read(&h, HALF_SLOTS, 300);
            close_innocent(&h);
        }
}

/* ---- one by one ---- */

static void begin_reads(struct half *h, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        half_submit(h, k, k);
    half_kick(h);
}

/* Until nothing has come for a long time. Returns what has come. */
static unsigned collect_all(struct half *h)
{
    unsigned n = half_collect(h);

    while (half_sleep(h, fake_machine_now(h->m) + LONG_NS)) {
        half_interrupt(h);
        n += half_collect(h);
    }
    return n;
}

static unsigned count_irqs(struct half *h)
{
    unsigned n = 0;

    fake_log_settle(&h->m->log);
    for (uint64_t k = fake_log_first(&h->m->log); k < h->m->log.count; k++)
        n += fake_log_get(&h->m->log, k)->kind == FAKE_EV_IRQ;
    return n;
}

static void test_line_comes_back_after_each_acknowledgement(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_IRQ_STORM, 1, 5);
        begin_reads(&h, 1);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + LONG_NS), 1);
        for (unsigned k = 0; k < 6; k++) {
            assert_true(fake_machine_irq(h.m));
            assert_int_equal(half_interrupt(&h), 1);
        }
        assert_false(fake_machine_irq(h.m));
        assert_int_equal(half_collect(&h), 1);
        close_innocent(&h);
    }
}

static void test_storm_ends_with_the_faults(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_IRQ_STORM, 1, 1000000);
        begin_reads(&h, 1);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + LONG_NS), 1);
        half_interrupt(&h);
        assert_true(fake_machine_irq(h.m));
        fake_fault_end(&h.m->cfg.faults);
        half_interrupt(&h);
        assert_false(fake_machine_irq(h.m));
        close_innocent(&h);
    }
}

static void test_coalesced_interrupt_comes_at_its_time(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        uint64_t start;

        open_with(&h, &s, FAKE_FAULT_IRQ_COALESCED, 0, 50000);
        start = fake_machine_now(h.m);
        begin_reads(&h, 4);
        assert_int_equal(fake_machine_wait(h.m, start + LONG_NS), 1);
        assert_in_range(fake_machine_now(h.m), start + 50000, start + 60000);
        half_interrupt(&h);
        assert_int_equal(half_collect(&h), 4);
        assert_int_equal(count_irqs(&h), 1);
        close_innocent(&h);
    }
}

static void test_late_interrupt_comes_though_the_faults_have_ended(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_IRQ_COALESCED, 0, 50000);
        begin_reads(&h, 4);
        fake_machine_wait(h.m, fake_machine_now(h.m) + 20000);
        fake_fault_end(&h.m->cfg.faults);
        assert_int_equal(
            fake_machine_wait(h.m, fake_machine_now(h.m) + LONG_NS), 1);
        close_innocent(&h);
    }
}

/* ---- that break the rules ---- */

static void test_early_interrupt_finds_nothing(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_IRQ_EARLY, 1, 20000);
        begin_reads(&h, 1);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + LONG_NS), 1);
        half_interrupt(&h);
        assert_int_equal(half_collect(&h), 0);
        /* And there is no other one, though the read is done. */
        assert_int_equal(
            fake_machine_wait(h.m, fake_machine_now(h.m) + LONG_NS), 0);
        assert_int_equal(half_collect(&h), 1);
        half_read(&h, 4, 20);
        close_innocent(&h);
    }
}

static void test_status_comes_after_the_line(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_IRQ_STATUS_LATE, 2, 0);
        begin_reads(&h, 1);
        assert_int_equal(half_sleep(&h, fake_machine_now(h.m) + LONG_NS), 1);
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(half_get(&h, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
            assert_true(fake_machine_irq(h.m));
        }
        assert_int_equal(half_interrupt(&h), 1);
        assert_false(fake_machine_irq(h.m));
        assert_int_equal(half_collect(&h), 1);
        close_innocent(&h);
    }
}

static void test_kick_that_is_ignored_is_made_up_for_by_the_next(void **state)
{
    struct half h;

    (void)state;
    STEPWISE(s)
    {
        open_with(&h, &s, FAKE_FAULT_KICK_IGNORED, 1, 0);
        begin_reads(&h, 1);
        assert_int_equal(h.kicks, 1);
        assert_int_equal(collect_all(&h), 0);
        half_submit(&h, 1, 9);
        half_set(&h, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
        assert_int_equal(collect_all(&h), 2);
        fake_machine_free(h.m);
    }
}

/* The driver half does as it is told: no kick for what lies elsewhere. The
 * device does not hear of it, and nobody is to blame. */
static void sleeps_for_ever(enum fake_fault fault, uint64_t arg)
{
    struct half h;

    STEPWISE(s)
    {
        unsigned n = 0;

        s.leave = 0; /* EVENT_IDX */
        open_with(&h, &s, fault, 0, arg);
        do {
            assert_true(n++ < 3);
            begin_reads(&h, 1);
        } while (collect_all(&h)); /* which leaves the device asleep */
        assert_true(fired(&h) > 0);
        fake_fault_end(&h.m->cfg.faults);
        half_open(&h, h.m, 0);
        half_read(&h, 4, 20);
        close_innocent(&h);
    }
}

static void test_wrong_event_makes_no_driver_guilty(void **state)
{
    (void)state;
    sleeps_for_ever(FAKE_FAULT_EVENT_STUCK, 0);
    sleeps_for_ever(FAKE_FAULT_EVENT_WRONG, 3);
    sleeps_for_ever(FAKE_FAULT_EVENT_WRONG, 20);
}

/* The data window, which a driver half without share and unshare would have
 * got back at this moment. */
static void test_used_entry_changes_on_either_scheduler(void **state)
{
    const enum fake_sched_kind scheds[] = {FAKE_SCHED_STEP, FAKE_SCHED_THREADS};
    struct half h;

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct setup s = setups[k & 2];
        uint64_t deadline;

        s.sched = scheds[k & 1];
        open_with(&h, &s, FAKE_FAULT_USED_FLIPPED, 1, 0);
        half_read(&h, 1, 1);
        fake_machine_unshared(h.m, h.data_dma);
        deadline = fake_machine_now(h.m) + 5000 * HALF_MS;
        while (!fired(&h) && fake_machine_now(h.m) < deadline)
            fake_machine_wait(h.m, fake_machine_now(h.m) + HALF_MS);
        assert_int_equal(fired(&h), 1);
        half_read(&h, 4, 20);
        close_innocent(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legal_faults_lose_no_read_in_steps),
        cmocka_unit_test(test_legal_faults_lose_no_read_on_threads),
        cmocka_unit_test(test_line_comes_back_after_each_acknowledgement),
        cmocka_unit_test(test_storm_ends_with_the_faults),
        cmocka_unit_test(test_coalesced_interrupt_comes_at_its_time),
        cmocka_unit_test(
            test_late_interrupt_comes_though_the_faults_have_ended),
        cmocka_unit_test(test_early_interrupt_finds_nothing),
        cmocka_unit_test(test_status_comes_after_the_line),
        cmocka_unit_test(test_kick_that_is_ignored_is_made_up_for_by_the_next),
        cmocka_unit_test(test_wrong_event_makes_no_driver_guilty),
        cmocka_unit_test(test_used_entry_changes_on_either_scheduler),
    };

    return cmocka_run_group_tests_name("fault_notify", tests, NULL, NULL);
}
