/* SPDX-License-Identifier: MIT
 *
 * test_device.c: when a device may act, when it interrupts, and what a reset
 * leaves. The model is the simplest there is: it gives each buffer back.
 */
#include "fakedev/device.h"
#include "guest.h"

struct model {
    struct fake_device dev;
    uint64_t features;
    unsigned starts, resets, drops;
};

struct fixture {
    struct guest g[2]; /* arena, log and faults are those of the first */
    struct fake_lines lines;
    struct model model;
    unsigned line_changes;
    uint64_t wake;
};

static void model_start(struct fake_device *dev, uint64_t features)
{
    ((struct model *)dev)->starts++;
    ((struct model *)dev)->features = features;
}

static void model_reset(struct fake_device *dev)
{
    ((struct model *)dev)->resets++;
}

static void model_drop(struct fake_device *dev, uint16_t queue)
{
    (void)queue;
    ((struct model *)dev)->drops++;
}

static bool model_step(struct fake_device *dev, uint64_t now_ns,
                       uint64_t *wake_ns)
{
    bool did = false;

    *wake_ns = now_ns + 5;
    for (unsigned q = 0; q < dev->queue_count; q++) {
        struct fake_chain *chain;

        while ((chain = fake_ring_take(&dev->ring[q])) != NULL) {
            fake_ring_complete(&dev->ring[q], chain, 1);
            did = true;
        }
    }
    return did;
}

static const struct fake_model_ops model_ops = {
    .start = model_start,
    .reset = model_reset,
    .drop = model_drop,
    .step = model_step,
};

static void line_changed(void *ctx)
{
    ((struct fixture *)ctx)->line_changes++;
}

static void control(struct fixture *f, enum fake_control_kind kind,
                    unsigned queue)
{
    struct fake_control c = {
        .kind = kind, .features = F_INDIRECT, .queue = f->g[queue].cfg};

    fake_device_control(&f->model.dev, &c);
}

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    guest_init(&f->g[0], 8, 0);
    f->g[1].cfg = (struct fake_ring_config){.index = 1, .size = 8};
    f->g[1].desc =
        fake_arena_dma_alloc(&f->g[0].arena, 128, 16, &f->g[1].cfg.desc);
    f->g[1].avail =
        fake_arena_dma_alloc(&f->g[0].arena, 22, 2, &f->g[1].cfg.driver);
    f->g[1].used =
        fake_arena_dma_alloc(&f->g[0].arena, 70, 4, &f->g[1].cfg.device);
    f->model.dev.ops = &model_ops;
    f->model.dev.arena = &f->g[0].arena;
    f->model.dev.log = &f->g[0].log;
    f->model.dev.faults = &f->g[0].faults;
    f->model.dev.lines = &f->lines;
    f->model.dev.line_changed = line_changed;
    f->model.dev.line_ctx = f;
    f->model.dev.queue_count = 2;
    for (unsigned q = 0; q < 2; q++)
        guest_desc(
            &f->g[q], 0,
            guest_share(&f->g[0], guest_mem(&f->g[0], 8), 8, FAKE_FROM_DEVICE),
            8, WRITE, 0);
}

/* Both queues up, DRIVER_OK. */
static void live(struct fixture *f)
{
    setup(f);
    control(f, FAKE_CONTROL_QUEUE_UP, 0);
    control(f, FAKE_CONTROL_QUEUE_UP, 1);
    control(f, FAKE_CONTROL_DRIVER_OK, 0);
    guest_mark(&f->g[0]);
}

static bool step(struct fixture *f)
{
    f->wake = FAKE_NEVER;
    return fake_device_step(&f->model.dev, 100, &f->wake);
}

static void down(struct fixture *f)
{
    control(f, FAKE_CONTROL_RESET, 0);
    guest_free(&f->g[0]);
}

static void test_nothing_is_touched_before_driver_ok(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    control(&f, FAKE_CONTROL_QUEUE_UP, 0);
    guest_publish(&f.g[0], 0);
    guest_mark(&f.g[0]);
    assert_false(step(&f));
    fake_device_suppress(&f.model.dev);
    assert_false(fake_device_arm(&f.model.dev));
    assert_int_equal(f.g[0].log.count, f.g[0].mark);
    assert_int_equal(f.lines.irq_status, 0);
    control(&f, FAKE_CONTROL_DRIVER_OK, 0);
    assert_int_equal(f.model.starts, 1);
    assert_int_equal(f.model.features, F_INDIRECT);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    down(&f);
}

static void test_step_tells_of_work_and_wake_time(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    assert_false(step(&f));
    assert_int_equal(f.wake, 105);
    guest_publish(&f.g[1], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[1]), 1);
    down(&f);
}

static void test_one_interrupt_for_a_batch_over_all_queues(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    guest_publish(&f.g[0], 0);
    guest_publish(&f.g[1], 0);
    f.line_changes = 0;
    assert_true(step(&f));
    assert_int_equal(f.lines.irq_status, 1);
    assert_int_equal(f.line_changes, 1);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_IRQ), 1);
    assert_int_equal(guest_event(&f.g[0], FAKE_EV_IRQ, 0)->arg[0], 1);
    assert_false(step(&f));
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_IRQ), 1);
    down(&f);
}

static void test_no_interrupt_that_the_driver_does_not_want(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    put_le(f.g[0].avail, 1, 2);
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    assert_int_equal(f.lines.irq_status, 0);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_IRQ), 0);
    down(&f);
}

static void test_irq_bits_add_up_until_acknowledged(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    fake_device_irq(&f.model.dev, 2);
    fake_device_irq(&f.model.dev, 1);
    assert_int_equal(f.lines.irq_status, 3);
    down(&f);
}

static void test_reset_leaves_nothing(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    fake_device_needs_reset(&f.model.dev);
    f.line_changes = 0;
    guest_mark(&f.g[0]);
    control(&f, FAKE_CONTROL_RESET, 0);
    assert_int_equal(f.lines.irq_status, 0);
    assert_false(f.lines.needs_reset);
    assert_int_equal(f.model.resets, 1);
    assert_int_equal(f.line_changes, 1);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_QUEUE_DOWN), 2);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_RESET), 1);
    guest_publish(&f.g[0], 0);
    assert_false(step(&f)); /* 2.4.1 */
    /* And all can start again, at index 0. */
    memset(f.g[0].avail, 0, 22);
    memset(f.g[0].used, 0, 70);
    f.g[0].avail_idx = 0;
    control(&f, FAKE_CONTROL_QUEUE_UP, 0);
    control(&f, FAKE_CONTROL_DRIVER_OK, 0);
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    down(&f);
}

static void test_queue_that_is_down_is_left_alone(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    control(&f, FAKE_CONTROL_QUEUE_DOWN, 0);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_QUEUE_DOWN), 1);
    guest_publish(&f.g[0], 0);
    guest_publish(&f.g[1], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 0);
    assert_int_equal(guest_used_idx(&f.g[1]), 1);
    down(&f);
}

/* 2.6.1.2: it starts anew, with what it was told last. */
static void test_queue_comes_back_with_other_settings(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    control(&f, FAKE_CONTROL_QUEUE_DOWN, 0);
    guest_publish(&f.g[1], 0);
    assert_true(step(&f)); /* the other one runs on */
    assert_int_equal(guest_used_idx(&f.g[1]), 1);
    memset(f.g[0].avail, 0, 22);
    memset(f.g[0].used, 0, 70);
    f.g[0].avail_idx = 0;
    f.g[0].cfg.size = 4;
    control(&f, FAKE_CONTROL_QUEUE_UP, 0);
    assert_false(step(&f));
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    assert_false(f.model.dev.dead);
    down(&f);
}

static void test_controls_for_queues_that_are_none_do_nothing(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    f.g[0].cfg.index = 2;
    control(&f, FAKE_CONTROL_QUEUE_UP, 0);
    control(&f, FAKE_CONTROL_QUEUE_DOWN, 0);
    assert_int_equal(f.g[0].log.count, f.g[0].mark);
    down(&f);
}

static void test_broken_ring_asks_for_a_reset_once(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    guest_publish(&f.g[1], 0);
    guest_publish(&f.g[0], 8);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[1]), 1); /* what was fine is done */
    assert_true(f.lines.needs_reset);
    assert_int_equal(f.lines.irq_status, 3);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_STATUS), 1);
    assert_int_equal(guest_event(&f.g[0], FAKE_EV_STATUS, 0)->arg[0], 64);
    guest_publish(&f.g[1], 0);
    assert_false(step(&f));
    assert_false(fake_device_arm(&f.model.dev));
    assert_int_equal(guest_used_idx(&f.g[1]), 1);
    assert_int_equal(guest_count(&f.g[0], FAKE_EV_STATUS), 1);
    down(&f);
}

/* 2.1.2: the configuration change notification is for a driver that has set
 * DRIVER_OK; a queue that was bad from the start is told of then. */
static void test_bad_queue_is_told_of_after_driver_ok(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    f.g[0].cfg.desc = 12345;
    control(&f, FAKE_CONTROL_QUEUE_UP, 0);
    assert_false(step(&f));
    assert_false(f.lines.needs_reset);
    control(&f, FAKE_CONTROL_DRIVER_OK, 0);
    assert_true(step(&f));
    assert_true(f.lines.needs_reset);
    assert_int_equal(f.lines.irq_status, 2);
    down(&f);
}

static void test_no_config_interrupt_before_driver_ok(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    fake_device_needs_reset(&f.model.dev);
    assert_true(f.lines.needs_reset);
    assert_int_equal(f.lines.irq_status, 0);
    down(&f);
}

static void test_arm_and_suppress_reach_all_live_queues(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    fake_device_suppress(&f.model.dev);
    assert_int_equal(get_le(f.g[0].used, 2), 1);
    assert_int_equal(get_le(f.g[1].used, 2), 1);
    guest_publish(&f.g[1], 0);
    assert_true(fake_device_arm(&f.model.dev));
    assert_int_equal(get_le(f.g[0].used, 2), 0);
    assert_int_equal(get_le(f.g[1].used, 2), 1);
    assert_true(step(&f));
    assert_false(fake_device_arm(&f.model.dev));
    assert_int_equal(get_le(f.g[1].used, 2), 0);
    down(&f);
}

static void test_interrupt_lost_is_not_made_up_for(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    fake_fault_add(&f.g[0].faults, FAKE_FAULT_IRQ_LOST, 1, 1, 0);
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    assert_int_equal(f.lines.irq_status, 0);
    assert_false(step(&f));
    assert_int_equal(f.lines.irq_status, 0);
    assert_null(fake_fault_unfired(&f.g[0].faults));
    guest_publish(&f.g[0], 0);
    assert_true(step(&f));
    assert_int_equal(f.lines.irq_status, 1);
    down(&f);
}

static void test_spurious_interrupt_comes_before_the_completion(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    fake_fault_add(&f.g[0].faults, FAKE_FAULT_IRQ_SPURIOUS, 2, 1, 0);
    assert_false(step(&f)); /* nothing to complete: no occasion */
    guest_publish(&f.g[0], 0);
    assert_true(step(&f)); /* the first occasion */
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    f.lines.irq_status = 0;
    guest_publish(&f.g[0], 0);
    assert_true(step(&f)); /* the second */
    assert_int_equal(guest_used_idx(&f.g[0]), 1);
    assert_int_equal(f.lines.irq_status, 1);
    assert_null(fake_fault_unfired(&f.g[0].faults));
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g[0]), 2);
    down(&f);
}

/* One for each completion, not one instead of it. */
static void test_spurious_interrupts_do_not_stop_the_device(void **state)
{
    struct fixture f;

    (void)state;
    live(&f);
    fake_fault_add(&f.g[0].faults, FAKE_FAULT_IRQ_SPURIOUS, 1, 0, 0);
    for (uint16_t k = 1; k <= 3; k++) {
        guest_publish(&f.g[0], 0);
        assert_true(step(&f));
        assert_true(step(&f));
        assert_int_equal(guest_used_idx(&f.g[0]), k);
        assert_int_equal(guest_count(&f.g[0], FAKE_EV_FAULT), k);
    }
    down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_touched_before_driver_ok),
        cmocka_unit_test(test_step_tells_of_work_and_wake_time),
        cmocka_unit_test(test_one_interrupt_for_a_batch_over_all_queues),
        cmocka_unit_test(test_no_interrupt_that_the_driver_does_not_want),
        cmocka_unit_test(test_irq_bits_add_up_until_acknowledged),
        cmocka_unit_test(test_reset_leaves_nothing),
        cmocka_unit_test(test_queue_that_is_down_is_left_alone),
        cmocka_unit_test(test_queue_comes_back_with_other_settings),
        cmocka_unit_test(test_controls_for_queues_that_are_none_do_nothing),
        cmocka_unit_test(test_broken_ring_asks_for_a_reset_once),
        cmocka_unit_test(test_bad_queue_is_told_of_after_driver_ok),
        cmocka_unit_test(test_no_config_interrupt_before_driver_ok),
        cmocka_unit_test(test_arm_and_suppress_reach_all_live_queues),
        cmocka_unit_test(test_interrupt_lost_is_not_made_up_for),
        cmocka_unit_test(test_spurious_interrupt_comes_before_the_completion),
        cmocka_unit_test(test_spurious_interrupts_do_not_stop_the_device),
    };

    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
