/* SPDX-License-Identifier: MIT
 *
 * test_regs_fault.c: the faults of transport, access by access: each fires, and
 * does what it says and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/regs.h"
#include "ringtrue/wire.h"

#define F(bit) (UINT64_C(1) << (bit))
#define CONFIG_BYTES 16u
#define MAX 64u
#define ONES UINT32_MAX

enum { ACK = 1, DRV = 2, LIVE = 4, FOK = 8, NEEDS_RESET = 64 };

struct fixture {
    struct fake_arena arena;
    struct fake_log log;
    struct fake_fault_plan faults;
    struct fake_lines lines;
    struct fake_regs regs;
    enum fake_control_kind control[64];
    unsigned control_count;
    struct fake_ring_config up; /* of the last queue that came up */
    uint8_t *mem;
    uint64_t dma;
};

/* The device's half does what it has to about the lines (device.h). */
static void control(void *ctx, const struct fake_control *c)
{
    struct fixture *f = ctx;

    assert_true(f->control_count < 64);
    f->control[f->control_count++] = c->kind;
    if (c->kind == FAKE_CONTROL_RESET) {
        atomic_store(&f->lines.irq_status, 0);
        atomic_store(&f->lines.needs_reset, false);
    }
    if (c->kind == FAKE_CONTROL_NEEDS_RESET)
        atomic_store(&f->lines.needs_reset, true);
    if (c->kind == FAKE_CONTROL_QUEUE_UP)
        f->up = c->queue;
}

static void doorbell(void *ctx, uint16_t queue)
{
    (void)ctx;
    fail_msg("queue %u was kicked", queue);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    assert_int_equal(fake_log_init(&f.log, 4096), 0);
    f.log.on = true;
    assert_int_equal(
        fake_arena_init(&f.arena, 1u << 22, 64, FAKE_MEM_DIRECT, &f.log), 0);
    f.regs = (struct fake_regs){
        .arena = &f.arena,
        .log = &f.log,
        .faults = &f.faults,
        .lines = &f.lines,
        .control = control,
        .doorbell = doorbell,
        .ctx = &f,
        .device_id = VIRTIO_ID_BLOCK,
        .offered = F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_RING_PACKED),
        .queue_count = 2,
        .queue_size_max = MAX,
        .config_bytes = CONFIG_BYTES,
    };
    for (unsigned k = 0; k < CONFIG_BYTES; k++)
        f.regs.config[k] = (uint8_t)(0x10 + k);
    f.mem = fake_arena_dma_alloc(&f.arena, 1u << 20, 4096, &f.dma);
    assert_non_null(f.mem);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fake_arena_free(&f->arena);
    fake_log_free(&f->log);
    return 0;
}

static void plan(struct fixture *f, enum fake_fault fault, uint64_t nth,
                 uint64_t count, uint64_t arg)
{
    assert_int_equal(fake_fault_add(&f->faults, fault, nth, count, arg), 0);
}

static uint32_t get(struct fixture *f, uint32_t offset)
{
    return fake_regs_read(&f->regs, offset, 4);
}

static uint32_t config(struct fixture *f, uint32_t at, uint32_t width)
{
    return fake_regs_read(&f->regs, VIRTIO_MMIO_CONFIG + at, width);
}

static void set(struct fixture *f, uint32_t offset, uint32_t value)
{
    fake_regs_write(&f->regs, offset, 4, value);
}

static unsigned events(struct fixture *f, enum fake_event_kind kind)
{
    unsigned n = 0;

    for (uint64_t k = 0; k < f->log.count; k++)
        n += fake_log_get(&f->log, k)->kind == kind;
    return n;
}

static unsigned controls(const struct fixture *f, enum fake_control_kind kind)
{
    unsigned n = 0;

    for (unsigned k = 0; k < f->control_count; k++)
        n += f->control[k] == kind;
    return n;
}

static void agree(struct fixture *f, uint64_t features)
{
    set(f, VIRTIO_MMIO_STATUS, ACK);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    for (uint32_t sel = 0; sel < 2; sel++) {
        set(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, sel);
        set(f, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * sel));
    }
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
}

static void enable(struct fixture *f, uint32_t queue, uint32_t num)
{
    uint64_t area[3] = {f->dma, f->dma + (1u << 19), f->dma + (3u << 18)};

    set(f, VIRTIO_MMIO_QUEUE_SEL, queue);
    set(f, VIRTIO_MMIO_QUEUE_NUM, num);
    for (uint32_t k = 0; k < 3; k++) {
        set(f, VIRTIO_MMIO_QUEUE_DESC_LOW + 0x10 * k, (uint32_t)area[k]);
        set(f, VIRTIO_MMIO_QUEUE_DESC_LOW + 0x10 * k + 4,
            (uint32_t)(area[k] >> 32));
    }
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void go_live(struct fixture *f)
{
    agree(f, F(VIRTIO_F_VERSION_1));
    enable(f, 0, 8);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
}

/* ---- the device comes and goes ---- */

static void test_removed_device_answers_with_ones(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    fake_regs_resize(&f->regs, 7); /* raises the line */
    plan(f, FAKE_FAULT_SURPRISE_REMOVAL, 1, 0, 0);
    for (uint32_t at = 0; at < VIRTIO_MMIO_CONFIG; at += 4)
        assert_int_equal(get(f, at), ONES);
    assert_int_equal(config(f, 0, 1), 0xff);
    assert_int_equal(config(f, 2, 2), 0xffff);
    assert_int_equal(config(f, 4, 4), ONES);
    assert_int_equal(atomic_load(&f->lines.irq_status), 0);
    assert_int_equal(events(f, FAKE_EV_FAULT), 1);
    assert_int_equal(events(f, FAKE_EV_PRESENT), 1);
}

static void test_removed_device_hears_nothing(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    plan(f, FAKE_FAULT_SURPRISE_REMOVAL, 1, 0, 0);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 0); /* no doorbell */
    assert_int_equal(controls(f, FAKE_CONTROL_RESET), 1);
    go_live(f);
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(controls(f, FAKE_CONTROL_RESET), 1);
    assert_int_equal(controls(f, FAKE_CONTROL_QUEUE_UP), 1);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 0), 0);
    fake_regs_write(&f->regs, VIRTIO_MMIO_CONFIG, 4, 5);
    fake_fault_end(&f->faults);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(config(f, 0, 4), 0x13121110);
}

static void test_removed_device_is_back_with_the_end_of_the_fault(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_SURPRISE_REMOVAL, 1, 0, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_MAGIC_VALUE), ONES);
    fake_fault_end(&f->faults);
    assert_int_equal(get(f, VIRTIO_MMIO_MAGIC_VALUE), VIRTIO_MMIO_MAGIC);
    assert_int_equal(events(f, FAKE_EV_PRESENT), 2);
    go_live(f);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | FOK | LIVE);
}

static void test_removal_lasts_for_so_many_accesses(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_SURPRISE_REMOVAL, 3, 1, 4);
    for (unsigned k = 1; k <= 10; k++)
        assert_int_equal(get(f, VIRTIO_MMIO_VERSION),
                         k >= 3 && k < 7 ? ONES : 2);
}

static void test_needs_reset_comes_at_any_access(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_NEEDS_RESET_NOW, 2, 1, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), NEEDS_RESET);
    assert_int_equal(controls(f, FAKE_CONTROL_NEEDS_RESET), 1);
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(controls(f, FAKE_CONTROL_NEEDS_RESET), 1);
}

/* ---- status and features ---- */

static void test_lost_status_write_changes_nothing(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_STATUS_LOST, 2, 2, 0);
    set(f, VIRTIO_MMIO_STATUS, ACK);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK);
    set(f, VIRTIO_MMIO_STATUS, 0); /* a reset is lost as well */
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK);
    assert_int_equal(f->control_count, 0);
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_unknown_features_are_shown_and_refused(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_FEATURES_UNKNOWN, 1, 0,
         F(60) | F(3) | F(VIRTIO_BLK_F_MQ) | F(VIRTIO_F_RING_PACKED));
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 8);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES),
                     1u << 28 | 1u << 2 | 1);
    agree(f, F(VIRTIO_F_VERSION_1) | F(60));
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV);
    set(f, VIRTIO_MMIO_STATUS, 0);
    agree(f, F(VIRTIO_F_VERSION_1));
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | FOK);
}

/* ---- queues ---- */

static void test_queue_serves_what_its_maximum_lets(void **state)
{
    static const struct {
        uint32_t max, num;
        bool packed, served;
    } cases[] = {
        {1, 1, false, true},        {1, 2, false, false},
        {33, 32, false, true},      {33, 33, false, false},
        {33, 33, true, true},       {33, 34, true, false},
        {1000, 512, false, true},   {ONES, 32768, true, true},
        {ONES, 32769, true, false},
    };
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_QUEUE_MAX, 1, 0, 0);
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        f->faults.entry[0].rule.arg = cases[k].max;
        f->control_count = 0;
        set(f, VIRTIO_MMIO_STATUS, 0);
        agree(f, F(VIRTIO_F_VERSION_1) |
                     (cases[k].packed ? F(VIRTIO_F_RING_PACKED) : 0));
        set(f, VIRTIO_MMIO_QUEUE_SEL, 0);
        assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), cases[k].max);
        enable(f, 0, cases[k].num);
        assert_int_equal(controls(f, FAKE_CONTROL_QUEUE_UP), cases[k].served);
        if (cases[k].served)
            assert_int_equal(f->up.size, cases[k].num);
    }
}

static void test_queue_faults_hit_the_queue_named(void **state)
{
    static const struct fake_fault_rule rule = {
        .fault = FAKE_FAULT_QUEUE_IN_USE,
        .where = {.queue = 1, .type = FAKE_ANY_TYPE, .stream = FAKE_ANY_STREAM},
    };
    struct fixture *f = *state;

    assert_int_equal(fake_fault_plan(&f->faults, &rule), 0);
    for (uint32_t queue = 0; queue < 3; queue++) {
        set(f, VIRTIO_MMIO_QUEUE_SEL, queue);
        assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), queue == 1);
    }
}

static void test_queue_in_use_is_fresh_all_the_same(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_QUEUE_IN_USE, 1, 1, 0);
    agree(f, F(VIRTIO_F_VERSION_1));
    set(f, VIRTIO_MMIO_QUEUE_SEL, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    enable(f, 0, 8);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(events(f, FAKE_EV_FAULT), 1);
}

static void test_queue_never_ready_is_never_served(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_QUEUE_NEVER_READY, 1, 1, 0);
    go_live(f);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 0); /* no doorbell */
    assert_int_equal(controls(f, FAKE_CONTROL_QUEUE_UP), 0);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
}

static void test_queue_that_does_not_stop_is_stopped_by_a_reset(void **state)
{
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_QUEUE_STOP_NEVER, 1, 0, 0);
    go_live(f);
    set(f, VIRTIO_MMIO_QUEUE_READY, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(controls(f, FAKE_CONTROL_QUEUE_DOWN), 0);
    set(f, VIRTIO_MMIO_STATUS, 0);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(controls(f, FAKE_CONTROL_RESET), 1);
}

/* ---- configuration space ---- */

static void
test_torn_read_has_a_wrong_upper_half_and_moves_the_generation(void **state)
{
    static const struct {
        uint32_t at, width, whole, torn;
    } reads[] = {
        {4, 4, 0x17161514, 0xe8e91514},
        {2, 2, 0x1312, 0xec12},
        {1, 1, 0x11, 0xe1},
    };
    struct fixture *f = *state;

    plan(f, FAKE_FAULT_CONFIG_TORN, 1, 0, 0);
    for (unsigned k = 0; k < 3; k++) {
        uint32_t before = get(f, VIRTIO_MMIO_CONFIG_GENERATION);

        assert_int_equal(config(f, reads[k].at, reads[k].width), reads[k].torn);
        assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), before + 1);
        assert_int_equal(config(f, reads[k].at, reads[k].width),
                         reads[k].whole);
        assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), before + 1);
    }
    assert_int_equal(events(f, FAKE_EV_IRQ), 0);
    go_live(f);
    get(f, VIRTIO_MMIO_CONFIG_GENERATION);
    config(f, 0, 4);
    assert_int_equal(events(f, FAKE_EV_IRQ), 1);
    assert_int_equal(atomic_load(&f->lines.irq_status),
                     VIRTIO_MMIO_INT_CONFIG_CHANGE);
}

/* Reads all of it once; true if the generation has stayed. */
static bool try_config(struct fixture *f)
{
    uint32_t before = get(f, VIRTIO_MMIO_CONFIG_GENERATION);

    for (uint32_t at = 0; at < CONFIG_BYTES; at += 4)
        config(f, at, 4);
    return get(f, VIRTIO_MMIO_CONFIG_GENERATION) == before;
}

/* Whatever the plan: it is legal. */
static void test_changing_config_can_be_read_in_two_goes(void **state)
{
    static const enum fake_fault faults[] = {FAKE_FAULT_CONFIG_TORN,
                                             FAKE_FAULT_CONFIG_CHANGE};
    struct fixture *f = *state;

    for (unsigned k = 0; k < 2; k++) {
        memset(&f->faults, 0, sizeof(f->faults));
        plan(f, faults[k], 2, 0, 7);
        for (unsigned n = 0; n < 10; n++) {
            assert_false(try_config(f));
            assert_true(try_config(f));
        }
    }
}

static void test_unstable_generation_moves_at_each_read(void **state)
{
    struct fixture *f = *state;
    uint32_t last = f->regs.generation;

    plan(f, FAKE_FAULT_CONFIG_UNSTABLE, 1, 5, 0);
    for (unsigned k = 0; k < 8; k++) {
        uint32_t now = get(f, VIRTIO_MMIO_CONFIG_GENERATION);

        assert_int_equal(now, k < 5 ? last + 1 : last);
        last = now;
    }
    assert_int_equal(events(f, FAKE_EV_CONFIG), 5);
}

static void test_short_config_ends_in_the_middle_of_a_field(void **state)
{
    static const enum fake_fault faults[] = {FAKE_FAULT_CONFIG_SHORT,
                                             FAKE_FAULT_CONFIG_SHORT_ONES};
    struct fixture *f = *state;

    for (unsigned k = 0; k < 2; k++) {
        uint32_t fill = k ? ONES : 0;

        memset(&f->faults, 0, sizeof(f->faults));
        plan(f, faults[k], 1, 0, 6);
        assert_int_equal(config(f, 0, 4), 0x13121110);
        assert_int_equal(config(f, 4, 2), 0x1514);
        assert_int_equal(config(f, 4, 4), (fill & 0xffff0000) | 0x1514);
        assert_int_equal(config(f, 5, 1), 0x15);
        assert_int_equal(config(f, 6, 1), fill & 0xff);
        assert_int_equal(config(f, 8, 4), fill);
        /* What the type does not define is still wrong to read. */
        assert_int_equal(config(f, CONFIG_BYTES, 4), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_removed_device_answers_with_ones),
        TEST(test_removed_device_hears_nothing),
        TEST(test_removed_device_is_back_with_the_end_of_the_fault),
        TEST(test_removal_lasts_for_so_many_accesses),
        TEST(test_needs_reset_comes_at_any_access),
        TEST(test_lost_status_write_changes_nothing),
        TEST(test_unknown_features_are_shown_and_refused),
        TEST(test_queue_serves_what_its_maximum_lets),
        TEST(test_queue_faults_hit_the_queue_named),
        TEST(test_queue_in_use_is_fresh_all_the_same),
        TEST(test_queue_never_ready_is_never_served),
        TEST(test_queue_that_does_not_stop_is_stopped_by_a_reset),
        TEST(test_torn_read_has_a_wrong_upper_half_and_moves_the_generation),
        TEST(test_changing_config_can_be_read_in_two_goes),
        TEST(test_unstable_generation_moves_at_each_read),
        TEST(test_short_config_ends_in_the_middle_of_a_field),
#undef TEST
    };

    return cmocka_run_group_tests_name("regs fault", tests, NULL, NULL);
}
