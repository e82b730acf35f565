/* SPDX-License-Identifier: MIT
 *
 * test_regs.c: the register file, access by access: what it answers, what it
 * hands to the device's half, and the event that each access leaves.
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
#define OFFERED                                                                \
    (F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_EVENT_IDX) | F(VIRTIO_BLK_F_FLUSH))
#define CONFIG_BYTES 72u
#define MAX 64u

enum { ACK = 1, DRV = 2, LIVE = 4, FOK = 8, NEEDS_RESET = 64, GAVE_UP = 128 };

struct fixture {
    struct fake_arena arena;
    struct fake_log log;
    struct fake_fault_plan faults;
    struct fake_lines lines;
    struct fake_regs regs;
    struct fake_control control[16];
    unsigned control_count;
    unsigned bells;
    uint16_t bell_queue;
    uint8_t *mem;
    uint64_t dma;
};

/* The device's half does what it has to about the lines (device.h). */
static void control(void *ctx, const struct fake_control *c)
{
    struct fixture *f = ctx;

    assert_true(f->control_count < 16);
    f->control[f->control_count++] = *c;
    if (c->kind == FAKE_CONTROL_RESET) {
        atomic_store(&f->lines.irq_status, 0);
        atomic_store(&f->lines.needs_reset, false);
    }
}

static void doorbell(void *ctx, uint16_t queue)
{
    struct fixture *f = ctx;

    f->bells++;
    f->bell_queue = queue;
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    assert_int_equal(fake_log_init(&f.log, 4096), 0);
    assert_int_equal(
        fake_arena_init(&f.arena, 1u << 20, 64, FAKE_MEM_DIRECT, &f.log), 0);
    f.regs = (struct fake_regs){
        .arena = &f.arena,
        .log = &f.log,
        .faults = &f.faults,
        .lines = &f.lines,
        .control = control,
        .doorbell = doorbell,
        .ctx = &f,
        .device_id = VIRTIO_ID_BLOCK,
        .offered = OFFERED,
        .queue_count = 2,
        .queue_size_max = MAX,
        .config_bytes = CONFIG_BYTES,
    };
    for (unsigned k = 0; k < CONFIG_BYTES; k++)
        f.regs.config[k] = (uint8_t)(0x10 + k);
    f.mem = fake_arena_dma_alloc(&f.arena, 4096, 4096, &f.dma);
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

static uint32_t get(struct fixture *f, uint32_t offset)
{
    return fake_regs_read(&f->regs, offset, 4);
}

static void set(struct fixture *f, uint32_t offset, uint32_t value)
{
    fake_regs_write(&f->regs, offset, 4, value);
}

static const struct fake_event *last_event(struct fixture *f)
{
    return fake_log_get(&f->log, f->log.count - 1);
}

/* Number of events of a kind; *e is the last of them. */
static unsigned events(struct fixture *f, enum fake_event_kind kind,
                       const struct fake_event **e)
{
    unsigned n = 0;

    for (uint64_t k = 0; k < f->log.count; k++)
        if (fake_log_get(&f->log, k)->kind == kind) {
            n++;
            *e = fake_log_get(&f->log, k);
        }
    return n;
}

static void accept(struct fixture *f, uint64_t features)
{
    set(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    set(f, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
    set(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    set(f, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static void agree(struct fixture *f)
{
    set(f, VIRTIO_MMIO_STATUS, ACK);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    accept(f, f->regs.offered);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | FOK);
}

/* Queue 1, so that the selection matters. */
static void program(struct fixture *f, uint64_t driver_area)
{
    set(f, VIRTIO_MMIO_QUEUE_SEL, 1);
    set(f, VIRTIO_MMIO_QUEUE_NUM, 16);
    set(f, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x11111110);
    set(f, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0x22222222);
    set(f, VIRTIO_MMIO_QUEUE_DRIVER_LOW, (uint32_t)driver_area);
    set(f, VIRTIO_MMIO_QUEUE_DRIVER_HIGH, (uint32_t)(driver_area >> 32));
    set(f, VIRTIO_MMIO_QUEUE_DEVICE_LOW, 0x55555554);
    set(f, VIRTIO_MMIO_QUEUE_DEVICE_HIGH, 0x66666666);
}

static void go_live(struct fixture *f)
{
    agree(f);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
}

/* ---- what stands there ---- */

static void test_reset_values_are_those_of_the_specification(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(get(f, 0x000), 0x74726976);
    assert_int_equal(get(f, 0x004), 2);
    assert_int_equal(get(f, 0x008), 2);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 0);
    /* No shared memory region: its length reads -1. */
    set(f, VIRTIO_MMIO_SHM_SEL, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_SHM_LEN_HIGH), UINT32_MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_SHM_BASE_LOW), UINT32_MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_SHM_BASE_HIGH), UINT32_MAX);
}

static void test_each_register_has_its_direction(void **state)
{
    /* offset, what a read yields after all ones were written */
    static const uint32_t read_only[][2] = {
        {0x000, 0x74726976}, {0x004, 2}, {0x008, 2}, {0x060, 0}, {0x0fc, 0},
    };
    static const uint32_t write_only[] = {
        0x014, 0x020, 0x024, 0x030, 0x038, 0x050, 0x064,
        0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0ac,
    };
    struct fixture *f = *state;
    uint32_t offer, vendor = get(f, VIRTIO_MMIO_VENDOR_ID);

    for (unsigned k = 0; k < 5; k++) {
        set(f, read_only[k][0], UINT32_MAX);
        assert_int_equal(get(f, read_only[k][0]), read_only[k][1]);
    }
    set(f, VIRTIO_MMIO_VENDOR_ID, ~vendor);
    assert_int_equal(get(f, VIRTIO_MMIO_VENDOR_ID), vendor);
    offer = get(f, VIRTIO_MMIO_DEVICE_FEATURES);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES, ~offer);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), offer);
    set(f, VIRTIO_MMIO_QUEUE_NUM_MAX, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), MAX);
    for (unsigned k = 0; k < sizeof(write_only) / sizeof(*write_only); k++) {
        set(f, write_only[k], 1);
        assert_int_equal(get(f, write_only[k]), 0);
    }
    /* Nothing is there. */
    set(f, 0x018, 1);
    assert_int_equal(get(f, 0x018), 0);
    assert_int_equal(get(f, 0x0f8), 0);
}

static void test_control_register_is_read_as_a_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fake_regs_read(&f->regs, 0x000, 1), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x000, 2), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x000, 8), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x001, 4), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x002, 4), 0);
    fake_regs_write(&f->regs, VIRTIO_MMIO_STATUS, 1, ACK);
    fake_regs_write(&f->regs, VIRTIO_MMIO_STATUS, 2, ACK);
    fake_regs_write(&f->regs, VIRTIO_MMIO_STATUS + 1, 4, ACK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_each_access_is_one_event(void **state)
{
    struct fixture *f = *state;
    const struct fake_event *e;

    fake_regs_read(&f->regs, 0x001, 2);
    assert_int_equal(f->log.count, 2); /* the first is the DMA_ALLOC */
    e = last_event(f);
    assert_int_equal(e->kind, FAKE_EV_REG_READ);
    assert_int_equal(e->queue, FAKE_NO_QUEUE);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[1], 2);
    assert_int_equal(e->arg[2], 0);
    get(f, 0x000);
    assert_int_equal(last_event(f)->arg[2], 0x74726976);

    set(f, VIRTIO_MMIO_QUEUE_SEL, 1);
    assert_int_equal(last_event(f)->kind, FAKE_EV_REG_WRITE);
    assert_int_equal(last_event(f)->queue, FAKE_NO_QUEUE);
    set(f, VIRTIO_MMIO_QUEUE_NUM, 16);
    assert_int_equal(last_event(f)->queue, 1);
    assert_int_equal(last_event(f)->arg[0], VIRTIO_MMIO_QUEUE_NUM);
    assert_int_equal(last_event(f)->arg[2], 16);
    get(f, VIRTIO_MMIO_QUEUE_READY);
    assert_int_equal(last_event(f)->queue, 1);
    fake_regs_write(&f->regs, VIRTIO_MMIO_CONFIG + 3, 1, 7);
    assert_int_equal(last_event(f)->arg[0], VIRTIO_MMIO_CONFIG + 3);
    assert_int_equal(last_event(f)->arg[1], 1);
}

static void test_event_comes_before_what_follows_from_the_access(void **state)
{
    struct fixture *f = *state;
    const struct fake_event *e;

    agree(f);
    program(f, 0xdead0000); /* nothing is shared there: MEM_FAULT */
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(last_event(f)->kind, FAKE_EV_MEM_FAULT);
    e = fake_log_get(&f->log, f->log.count - 2);
    assert_int_equal(e->kind, FAKE_EV_REG_WRITE);
    assert_int_equal(e->arg[0], VIRTIO_MMIO_QUEUE_READY);
}

/* ---- features ---- */

static void test_features_are_read_in_words(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), (uint32_t)OFFERED);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 1);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 0);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, UINT32_MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 0);
}

static void test_features_ok_stays_for_a_subset(void **state)
{
    struct fixture *f = *state;

    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    accept(f, F(VIRTIO_F_VERSION_1));
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | FOK);
}

static void test_features_ok_does_not_stay_for_what_is_not_offered(void **state)
{
    struct fixture *f = *state;

    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    accept(f, OFFERED | F(VIRTIO_BLK_F_RO));
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV);
    /* ... nor does a DRIVER_OK reach the device. */
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
    assert_int_equal(f->control_count, 0);
}

static void test_features_ok_does_not_stay_without_version_1(void **state)
{
    struct fixture *f = *state;

    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    accept(f, F(VIRTIO_BLK_F_FLUSH));
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV);
}

static void test_device_may_refuse_for_no_reason(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_FEATURES_REFUSED, 1, 1, 0);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    accept(f, OFFERED);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV);
    assert_null(fake_fault_unfired(&f->faults));
    set(f, VIRTIO_MMIO_STATUS, 0);
    agree(f);
}

static void test_features_are_settled_by_features_ok(void **state)
{
    struct fixture *f = *state;

    agree(f);
    accept(f, 0);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
    assert_int_equal(f->control_count, 1);
    assert_int_equal(f->control[0].kind, FAKE_CONTROL_DRIVER_OK);
    assert_true(f->control[0].features == OFFERED);
    /* Once is enough. */
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
    assert_int_equal(f->control_count, 1);
}

/* ---- status and reset ---- */

static void test_status_reads_what_was_written(void **state)
{
    struct fixture *f = *state;

    set(f, VIRTIO_MMIO_STATUS, ACK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | GAVE_UP);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | GAVE_UP);
}

static void test_needs_reset_is_the_devices_bit(void **state)
{
    struct fixture *f = *state;

    set(f, VIRTIO_MMIO_STATUS, ACK | NEEDS_RESET);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK);
    atomic_store(&f->lines.needs_reset, true);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | NEEDS_RESET);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | NEEDS_RESET);
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_reset_forgets_everything(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    set(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    f->control_count = 0;
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(f->control_count, 1);
    assert_int_equal(f->control[0].kind, FAKE_CONTROL_RESET);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), (uint32_t)OFFERED);
    assert_int_equal(f->regs.queue_sel, 0);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 0);
    /* No features are accepted any more. */
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV);
}

static void test_slow_reset_shows_the_old_status_for_a_while(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_RESET_SLOW, 1, 1, 3);
    agree(f);
    set(f, VIRTIO_MMIO_STATUS, 0);
    for (unsigned k = 0; k < 3; k++)
        assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK | DRV | FOK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    set(f, VIRTIO_MMIO_STATUS, ACK);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), ACK);
    /* The next one is fast. */
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_slow_reset_of_a_fresh_device_shows_something_too(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_RESET_SLOW, 1, 1, 1);
    set(f, VIRTIO_MMIO_STATUS, 0);
    assert_int_not_equal(get(f, VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_reset_never_answered_is_never_answered(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_RESET_NEVER, 1, 0, 0);
    agree(f);
    set(f, VIRTIO_MMIO_STATUS, 0);
    for (unsigned k = 0; k < 10000; k++)
        assert_int_not_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_identity_can_be_another(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_WRONG_MAGIC, 1, 1, 7);
    fake_fault_add(&f->faults, FAKE_FAULT_WRONG_VERSION, 1, 1, 1);
    fake_fault_add(&f->faults, FAKE_FAULT_DEVICE_ID, 2, 1, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_MAGIC_VALUE), 7);
    assert_int_equal(get(f, VIRTIO_MMIO_MAGIC_VALUE), VIRTIO_MMIO_MAGIC);
    assert_int_equal(get(f, VIRTIO_MMIO_VERSION), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_ID), 2);
    assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_ID), 0);
}

/* ---- queues ---- */

static void test_queue_is_handed_over_as_programmed(void **state)
{
    const struct fake_control *c;
    struct fixture *f = *state;

    agree(f);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(f->control_count, 1);
    c = &f->control[0];
    assert_int_equal(c->kind, FAKE_CONTROL_QUEUE_UP);
    assert_int_equal(c->queue.index, 1);
    assert_int_equal(c->queue.size, 16);
    assert_true(c->queue.desc == UINT64_C(0x2222222211111110));
    assert_true(c->queue.driver == f->dma);
    assert_true(c->queue.device == UINT64_C(0x6666666655555554));
    assert_true(c->queue.features == OFFERED);
    /* Only the queue chosen. */
    set(f, VIRTIO_MMIO_QUEUE_SEL, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
}

static void test_ready_queue_is_locked(void **state)
{
    struct fixture *f = *state;

    agree(f);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    set(f, VIRTIO_MMIO_QUEUE_NUM, 32);
    set(f, VIRTIO_MMIO_QUEUE_DESC_LOW, 0);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control_count, 1);
    set(f, VIRTIO_MMIO_QUEUE_READY, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(f->control[1].kind, FAKE_CONTROL_QUEUE_DOWN);
    assert_int_equal(f->control[1].queue.index, 1);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control[2].queue.size, 16);
    assert_true(f->control[2].queue.desc == UINT64_C(0x2222222211111110));
}

static void test_size_that_is_not_offered_is_not_served(void **state)
{
    static const uint32_t sizes[] = {0, 128, 65536, 3, 63};
    struct fixture *f = *state;

    agree(f);
    program(f, f->dma);
    for (unsigned k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
        set(f, VIRTIO_MMIO_QUEUE_NUM, sizes[k]);
        set(f, VIRTIO_MMIO_QUEUE_READY, 1);
        assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
        set(f, VIRTIO_MMIO_QUEUE_READY, 0);
        for (unsigned c = 0; c < f->control_count; c++)
            assert_int_equal(f->control[c].kind, FAKE_CONTROL_QUEUE_DOWN);
    }
}

static void test_queue_that_does_not_exist_is_inert(void **state)
{
    struct fixture *f = *state;

    agree(f);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 2);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
    set(f, VIRTIO_MMIO_QUEUE_NUM, 16);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    set(f, VIRTIO_MMIO_QUEUE_SEL, UINT32_MAX);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control_count, 0);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, UINT32_MAX);
    assert_int_equal(f->bells, 0);
}

static void test_absent_queue_reads_queue_num_max_0(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_QUEUE_ABSENT, 1, 1, 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), MAX);
}

static void test_odd_driver_area_is_not_looked_into(void **state)
{
    struct fixture *f = *state;

    agree(f);
    program(f, f->dma + 1);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control[0].kind, FAKE_CONTROL_QUEUE_UP);
    memset(f->mem, 0xff, 16);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 0);
}

/* ---- kicks ---- */

static void test_kick_rings_and_tells_avail_idx(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    f->mem[2] = 0x34;
    f->mem[3] = 0x12;
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    assert_int_equal(f->bells, 1);
    assert_int_equal(f->bell_queue, 1);
    assert_int_equal(last_event(f)->kind, FAKE_EV_REG_WRITE);
    assert_int_equal(last_event(f)->queue, 1);
    assert_int_equal(last_event(f)->arg[3], 0x1234);
    /* A queue that is not ready. */
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_int_equal(f->bells, 1);
    assert_int_equal(last_event(f)->arg[3], 0);
}

static void test_change_of_cache_mode_notes_how_far_queues_are(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    f->regs.writable_offset = 32;
    f->regs.writable_bytes = 1;
    fake_regs_write(&f->regs, 0x100 + 32, 1, 0);
    f->mem[2] = 0x34;
    f->mem[3] = 0x12;
    fake_regs_write(&f->regs, 0x100 + 32, 1, 1);
    assert_int_equal(atomic_load(&f->lines.mode_from[1]), 0x1234);
    f->mem[2] = 0x35;
    fake_regs_write(&f->regs, 0x100 + 32, 1, 1); /* no change */
    assert_int_equal(atomic_load(&f->lines.mode_from[1]), 0x1234);
    assert_int_equal(atomic_load(&f->lines.mode_from[0]), 0); /* not ready */
}

static void test_kick_before_driver_ok_is_not_heard(void **state)
{
    struct fixture *f = *state;

    agree(f);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    assert_int_equal(f->bells, 0);
}

static void test_idle_tells_avail_idx_of_each_ready_queue(void **state)
{
    const struct fake_event *e = NULL;
    struct fixture *f = *state;

    fake_regs_idle(&f->regs);
    assert_int_equal(events(f, FAKE_EV_IDLE, &e), 0);
    go_live(f);
    f->mem[2] = 9;
    fake_regs_idle(&f->regs);
    assert_int_equal(events(f, FAKE_EV_IDLE, &e), 1);
    assert_int_equal(e->queue, 1);
    assert_int_equal(e->arg[0], 9);
}

/* ---- packed rings (2.8) ---- */

enum { SLOTS = 5 };

/* Queue 1, a ring of five slots at the start of the memory. */
static void go_live_packed(struct fixture *f, uint64_t also)
{
    f->regs.offered |= F(VIRTIO_F_RING_PACKED) | also;
    agree(f);
    program(f, f->dma + 2048);
    set(f, VIRTIO_MMIO_QUEUE_NUM, SLOTS);
    set(f, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)f->dma);
    set(f, VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(f->dma >> 32));
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
}

static void put_flags(struct fixture *f, unsigned slot, uint16_t flags)
{
    f->mem[16 * slot + 14] = (uint8_t)flags;
    f->mem[16 * slot + 15] = (uint8_t)(flags >> 8);
}

static void test_packed_queue_may_have_any_size(void **state)
{
    struct fixture *f = *state;

    go_live_packed(f, 0);
    assert_int_equal(f->control[0].kind, FAKE_CONTROL_QUEUE_UP);
    assert_int_equal(f->control[0].queue.size, SLOTS);
}

/* Its place is where the AVAIL bit is not yet that of the lap, whether what is
 * behind it was used by now or not. */
static void test_place_in_a_packed_ring_is_seen_from_its_flags(void **state)
{
    struct fixture *f = *state;

    go_live_packed(f, 0);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 0);
    put_flags(f, 0, VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_NEXT);
    put_flags(f, 1, VIRTQ_DESC_F_AVAIL);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 2);
    atomic_store(&f->lines.taken[1], 1);
    put_flags(f, 0, VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED); /* used */
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 2);
    /* By a device that never took it: that is none of the driver's. */
    put_flags(f, 2, VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 2);
    /* Nor does the driver take back what such a device writes over. */
    put_flags(f, 1, VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 2);
    put_flags(f, 1, VIRTQ_DESC_F_AVAIL);
    for (unsigned k = 2; k < SLOTS; k++)
        put_flags(f, k, VIRTQ_DESC_F_AVAIL);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), SLOTS);
    /* The device has taken four; the driver has begun the next lap. */
    atomic_store(&f->lines.taken[1], 4);
    put_flags(f, 0, VIRTQ_DESC_F_USED);
    put_flags(f, 1, VIRTQ_DESC_F_USED | VIRTQ_DESC_F_WRITE);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 7);
    /* Several laps in which the driver was not asked. */
    atomic_store(&f->lines.taken[1], 7 * SLOTS + 1);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 7 * SLOTS + 2);
}

/* Never further than a lap, whatever stands there. */
static void test_place_in_a_packed_ring_ends_after_a_lap(void **state)
{
    struct fixture *f = *state;

    go_live_packed(f, 0);
    atomic_store(&f->lines.taken[1], 2);
    put_flags(f, 0, VIRTQ_DESC_F_USED);
    put_flags(f, 1, VIRTQ_DESC_F_USED);
    for (unsigned k = 2; k < SLOTS; k++)
        put_flags(f, k, VIRTQ_DESC_F_AVAIL);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 7);
}

/* A driver that writes them to a queue in use is wrong, and leads nobody out
 * of the memory that was looked up when the queue was enabled. */
static void test_place_in_a_ring_is_that_of_its_size_when_enabled(void **state)
{
    struct fixture *f = *state;
    const uint32_t sizes[] = {0, 1, 2 * SLOTS, 0x8000, UINT32_MAX};

    go_live_packed(f, 0);
    for (unsigned k = 0; k < SLOTS; k++)
        put_flags(f, k, VIRTQ_DESC_F_AVAIL);
    put_flags(f, SLOTS, VIRTQ_DESC_F_USED); /* not of the ring */
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        set(f, VIRTIO_MMIO_QUEUE_NUM, sizes[i]);
        assert_int_equal(fake_regs_avail_idx(&f->regs, 1), SLOTS);
    }
}

/* Nor does one that enables a queue before its features are settled. */
static void test_place_in_a_ring_is_that_of_its_kind_when_enabled(void **state)
{
    struct fixture *f = *state;

    f->regs.offered |= F(VIRTIO_F_RING_PACKED);
    set(f, VIRTIO_MMIO_STATUS, ACK | DRV);
    program(f, f->dma + 2048);
    f->mem[2048 + 2] = 9;
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 9);
    accept(f, f->regs.offered);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 9);
}

static void test_odd_descriptor_ring_is_not_looked_into(void **state)
{
    struct fixture *f = *state;

    f->dma += 4;
    go_live_packed(f, 0);
    memset(f->mem, 0xff, 256);
    assert_int_equal(fake_regs_avail_idx(&f->regs, 1), 0);
}

/* ---- notifications with data (2.9) ---- */

static void test_kick_with_data_has_its_queue_in_the_lower_half(void **state)
{
    struct fixture *f = *state;

    go_live_packed(f, F(VIRTIO_F_NOTIFICATION_DATA));
    put_flags(f, 0, VIRTQ_DESC_F_AVAIL);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 0x80010001);
    assert_int_equal(f->bells, 1);
    assert_int_equal(f->bell_queue, 1);
    assert_int_equal(last_event(f)->queue, 1);
    assert_int_equal(last_event(f)->arg[2], 0x80010001);
    assert_int_equal(last_event(f)->arg[3], 1);
}

static void test_kick_without_data_is_all_queue(void **state)
{
    struct fixture *f = *state;

    go_live(f);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 0x80010001);
    assert_int_equal(f->bells, 0);
}

/* ---- queue reset (2.6.1, 4.2.2) ---- */

static void reset_queue(struct fixture *f, uint64_t also)
{
    f->regs.offered |= also;
    go_live(f);
    set(f, VIRTIO_MMIO_QUEUE_RESET, 1);
}

static void test_queue_reset_forgets_the_queue(void **state)
{
    struct fixture *f = *state;

    reset_queue(f, F(VIRTIO_F_RING_RESET));
    assert_int_equal(f->control_count, 3);
    assert_int_equal(f->control[2].kind, FAKE_CONTROL_QUEUE_DOWN);
    assert_int_equal(f->control[2].queue.index, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), MAX);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    assert_int_equal(f->bells, 0);
    /* Nothing is left of its settings. */
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control_count, 3);
    set(f, VIRTIO_MMIO_QUEUE_READY, 0);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_NUM, 4);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control[f->control_count - 1].kind,
                     FAKE_CONTROL_QUEUE_UP);
    assert_int_equal(f->control[f->control_count - 1].queue.size, 4);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 0);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    assert_int_equal(f->bells, 1);
}

static void test_queue_reset_leaves_the_others_alone(void **state)
{
    struct fixture *f = *state;

    f->regs.offered |= F(VIRTIO_F_RING_RESET);
    go_live(f);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 0);
    set(f, VIRTIO_MMIO_QUEUE_RESET, 1);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    set(f, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
    assert_int_equal(f->bells, 1);
}

static void test_queue_reset_needs_its_feature(void **state)
{
    struct fixture *f = *state;

    reset_queue(f, 0);
    assert_int_equal(f->control_count, 2);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 0);
}

static void test_only_1_resets_a_queue(void **state)
{
    struct fixture *f = *state;

    f->regs.offered |= F(VIRTIO_F_RING_RESET);
    go_live(f);
    set(f, VIRTIO_MMIO_QUEUE_RESET, 0);
    set(f, VIRTIO_MMIO_QUEUE_RESET, 2);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 7);
    set(f, VIRTIO_MMIO_QUEUE_RESET, 1);
    assert_int_equal(f->control_count, 2);
}

/* 4.2.2.1: while it lasts QueueReset reads 1, and nothing can be set. */
static void test_slow_queue_reset_lasts_for_a_while(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_QUEUE_RESET_SLOW, 1, 1, 2);
    reset_queue(f, F(VIRTIO_F_RING_RESET));
    assert_int_equal(f->control[2].kind, FAKE_CONTROL_QUEUE_DOWN);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 1);
    program(f, f->dma);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1);
    assert_int_equal(f->control_count, 3);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
    set(f, VIRTIO_MMIO_QUEUE_READY, 1); /* nothing was set */
    assert_int_equal(f->control_count, 3);
}

static void test_queue_reset_that_never_ends_ends_with_a_reset(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_QUEUE_RESET_NEVER, 1, 1, 0);
    reset_queue(f, F(VIRTIO_F_RING_RESET));
    for (unsigned k = 0; k < 1000; k++)
        assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 1);
    set(f, VIRTIO_MMIO_STATUS, 0);
    set(f, VIRTIO_MMIO_QUEUE_SEL, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_RESET), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
}

/* ---- interrupts ---- */

static void test_acknowledge_clears_what_is_written(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->lines.irq_status, 3);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 3);
    set(f, VIRTIO_MMIO_INTERRUPT_ACK, 2);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
    set(f, VIRTIO_MMIO_INTERRUPT_ACK, 0);
    set(f, VIRTIO_MMIO_INTERRUPT_ACK, 2);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
    set(f, VIRTIO_MMIO_INTERRUPT_ACK, UINT32_MAX);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
}

static void test_unknown_interrupt_bits_are_shown_only(void **state)
{
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_IRQ_UNKNOWN_BITS, 1, 1, 0xf0);
    atomic_store(&f->lines.irq_status, 1);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 0xf1);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
}

/* ---- configuration space ---- */

static void test_config_is_read_by_any_natural_access(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fake_regs_read(&f->regs, 0x100, 1), 0x10);
    assert_int_equal(fake_regs_read(&f->regs, 0x101, 1), 0x11);
    assert_int_equal(fake_regs_read(&f->regs, 0x102, 2), 0x1312);
    assert_int_equal(fake_regs_read(&f->regs, 0x104, 4), 0x17161514);
    /* Not aligned, or of a width that no access has. */
    assert_int_equal(fake_regs_read(&f->regs, 0x101, 2), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x102, 4), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100, 8), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100, 3), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100, 0), 0);
}

static void test_config_ends_where_it_ends(void **state)
{
    struct fixture *f = *state;

    assert_int_not_equal(fake_regs_read(&f->regs, 0x100 + CONFIG_BYTES - 4, 4),
                         0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + CONFIG_BYTES, 1), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + CONFIG_BYTES, 4), 0);
    assert_int_equal(fake_regs_read(&f->regs, UINT32_MAX, 1), 0);
    assert_int_equal(fake_regs_read(&f->regs, UINT32_MAX - 3, 4), 0);
    f->regs.config_bytes = 70;
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + 68, 4), 0);
    assert_int_not_equal(fake_regs_read(&f->regs, 0x100 + 68, 2), 0);
}

static void test_config_is_written_only_where_it_may_be(void **state)
{
    struct fixture *f = *state;
    uint32_t first;

    f->regs.writable_offset = 32;
    f->regs.writable_bytes = 1;
    fake_regs_write(&f->regs, 0x100 + 32, 1, 1);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + 32, 1), 1);
    first = atomic_load(&f->lines.writeback);
    assert_int_equal(first & 1, 1);
    fake_regs_write(&f->regs, 0x100 + 32, 1, 1); /* it was 1 all the time */
    assert_int_equal(atomic_load(&f->lines.writeback), first);
    fake_regs_write(&f->regs, 0x100 + 32, 1, 0);
    assert_int_equal(atomic_load(&f->lines.writeback) & 1, 0);
    fake_regs_write(&f->regs, 0x100 + 32, 1,
                    1); /* again, but not all the time */
    assert_int_equal(atomic_load(&f->lines.writeback) & 1, 1);
    assert_int_not_equal(atomic_load(&f->lines.writeback), first);
    fake_regs_write(&f->regs, 0x100 + 32, 1, 0);
    fake_regs_write(&f->regs, 0x100 + 32, 4, UINT32_MAX);
    fake_regs_write(&f->regs, 0x100 + 33, 1, 0xff);
    fake_regs_write(&f->regs, 0x100 + 31, 1, 0xff);
    fake_regs_write(&f->regs, 0x100, 4, 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + 32, 1), 0);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + 33, 1), 0x10 + 33);
    assert_int_equal(fake_regs_read(&f->regs, 0x100 + 31, 1), 0x10 + 31);
    assert_int_equal(fake_regs_read(&f->regs, 0x100, 1), 0x10);
}

static void test_config_change_moves_the_generation(void **state)
{
    const struct fake_event *e = NULL;
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_CONFIG_CHANGE, 2, 1,
                   UINT64_C(0x1122334455667788));
    agree(f);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG), 0x13121110);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 0);
    /* The second read still sees the old value. */
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG + 4), 0x17161514);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG), 0x55667788);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG + 4), 0x11223344);
    assert_true(atomic_load(&f->lines.sectors) == UINT64_C(0x1122334455667788));
    assert_int_equal(events(f, FAKE_EV_CONFIG, &e), 1);
    assert_int_equal(e->arg[0], 1);
    /* Not live: no notification. */
    assert_int_equal(events(f, FAKE_EV_IRQ, &e), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
}

static void test_config_change_interrupts_a_live_driver(void **state)
{
    const struct fake_event *e = NULL;
    struct fixture *f = *state;

    fake_fault_add(&f->faults, FAKE_FAULT_CONFIG_CHANGE, 1, 1, 5);
    go_live(f);
    get(f, VIRTIO_MMIO_CONFIG);
    assert_int_equal(events(f, FAKE_EV_IRQ, &e), 1);
    assert_int_equal(e->arg[0], VIRTIO_MMIO_INT_CONFIG_CHANGE);
    assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 2);
}

/* The device's half changes it, and tells the driver; the front shows it from
 * its next look at the config space on. */
static void test_capacity_that_the_device_changed_is_shown(void **state)
{
    const struct fake_event *e = NULL;
    struct fixture *f = *state;

    go_live(f);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG), 0x13121110);
    atomic_store(&f->lines.sectors, 77);
    atomic_store(&f->lines.resized, true);
    get(f, VIRTIO_MMIO_INTERRUPT_STATUS);
    assert_int_equal(events(f, FAKE_EV_CONFIG, &e), 0);
    /* Between two halves: the generation tells. */
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG + 4), 0);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 1);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG), 77);
    assert_int_equal(events(f, FAKE_EV_CONFIG, &e), 1);
    assert_int_equal(e->arg[1], 77);
    assert_int_equal(get(f, VIRTIO_MMIO_CONFIG_GENERATION), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_reset_values_are_those_of_the_specification),
        TEST(test_each_register_has_its_direction),
        TEST(test_control_register_is_read_as_a_whole_or_not_at_all),
        TEST(test_each_access_is_one_event),
        TEST(test_event_comes_before_what_follows_from_the_access),
        TEST(test_features_are_read_in_words),
        TEST(test_features_ok_stays_for_a_subset),
        TEST(test_features_ok_does_not_stay_for_what_is_not_offered),
        TEST(test_features_ok_does_not_stay_without_version_1),
        TEST(test_device_may_refuse_for_no_reason),
        TEST(test_features_are_settled_by_features_ok),
        TEST(test_status_reads_what_was_written),
        TEST(test_needs_reset_is_the_devices_bit),
        TEST(test_reset_forgets_everything),
        TEST(test_slow_reset_shows_the_old_status_for_a_while),
        TEST(test_slow_reset_of_a_fresh_device_shows_something_too),
        TEST(test_reset_never_answered_is_never_answered),
        TEST(test_identity_can_be_another),
        TEST(test_queue_is_handed_over_as_programmed),
        TEST(test_ready_queue_is_locked),
        TEST(test_size_that_is_not_offered_is_not_served),
        TEST(test_queue_that_does_not_exist_is_inert),
        TEST(test_absent_queue_reads_queue_num_max_0),
        TEST(test_odd_driver_area_is_not_looked_into),
        TEST(test_kick_rings_and_tells_avail_idx),
        TEST(test_change_of_cache_mode_notes_how_far_queues_are),
        TEST(test_kick_before_driver_ok_is_not_heard),
        TEST(test_idle_tells_avail_idx_of_each_ready_queue),
        TEST(test_acknowledge_clears_what_is_written),
        TEST(test_unknown_interrupt_bits_are_shown_only),
        TEST(test_config_is_read_by_any_natural_access),
        TEST(test_config_ends_where_it_ends),
        TEST(test_config_is_written_only_where_it_may_be),
        TEST(test_config_change_moves_the_generation),
        TEST(test_capacity_that_the_device_changed_is_shown),
        TEST(test_config_change_interrupts_a_live_driver),
        TEST(test_packed_queue_may_have_any_size),
        TEST(test_place_in_a_packed_ring_is_seen_from_its_flags),
        TEST(test_place_in_a_packed_ring_ends_after_a_lap),
        TEST(test_place_in_a_ring_is_that_of_its_size_when_enabled),
        TEST(test_place_in_a_ring_is_that_of_its_kind_when_enabled),
        TEST(test_odd_descriptor_ring_is_not_looked_into),
        TEST(test_kick_with_data_has_its_queue_in_the_lower_half),
        TEST(test_kick_without_data_is_all_queue),
        TEST(test_queue_reset_forgets_the_queue),
        TEST(test_queue_reset_leaves_the_others_alone),
        TEST(test_queue_reset_needs_its_feature),
        TEST(test_only_1_resets_a_queue),
        TEST(test_slow_queue_reset_lasts_for_a_while),
        TEST(test_queue_reset_that_never_ends_ends_with_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
