/* SPDX-License-Identifier: MIT
 *
 * regs.c: the virtio-mmio register file (4.2.2).
 */
#include "regs_fault.h"
#include "regs_queue.h"

#include <stddef.h>
#include <string.h>

#include "ringtrue/wire.h"

#define VENDOR_ID 0x47545252u /* "RRTG", no meaning to any driver */
#define STATUS_FROM_BOOT (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define IRQ_BITS (VIRTIO_MMIO_INT_USED_BUFFER | VIRTIO_MMIO_INT_CONFIG_CHANGE)

static void set_low(uint64_t *v, uint32_t low)
{
    *v = (*v & 0xffffffff00000000u) | low;
}

static void set_high(uint64_t *v, uint32_t high)
{
    *v = (*v & 0xffffffffu) | (uint64_t)high << 32;
}

/* ---- status ---- */

static uint32_t status_now(const struct fake_regs *regs)
{
    uint32_t bits = regs->status;

    if (atomic_load(&regs->lines->needs_reset))
        bits |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    return bits;
}

static uint32_t read_status(struct fake_regs *regs)
{
    if (regs->stale_reads == 0)
        return status_now(regs);
    if (regs->stale_reads != UINT64_MAX)
        regs->stale_reads--;
    return regs->stale_status;
}

/* A slow reset keeps showing what stood there; a status of 0 cannot show
 * that, so then it is what a boot loader may have left behind. */
static void stay_stale(struct fake_regs *regs, uint32_t old)
{
    uint64_t arg = 0;

    if (fake_fault_fires(regs->faults, FAKE_FAULT_RESET_SLOW, regs->log,
                         FAKE_NO_QUEUE, &arg))
        regs->stale_reads = arg;
    if (fake_fault_fires(regs->faults, FAKE_FAULT_RESET_NEVER, regs->log,
                         FAKE_NO_QUEUE, &arg))
        regs->stale_reads = UINT64_MAX;
    regs->stale_status = old ? old : STATUS_FROM_BOOT;
}

void fake_regs_power_up(struct fake_regs *regs)
{
    struct fake_control c = {.kind = FAKE_CONTROL_RESET};

    regs->control(regs->ctx, &c);
    memset(regs->queue, 0, sizeof(regs->queue));
    regs->status = 0;
    regs->accepted = 0;
    regs->device_sel = regs->driver_sel = regs->queue_sel = 0;
    regs->stale_reads = 0;
}

static void reset(struct fake_regs *regs)
{
    uint32_t old = status_now(regs);

    fake_regs_power_up(regs);
    stay_stale(regs, old);
}

/* 2.2.2: FEATURES_OK stays set only for a subset the device can work with;
 * 6.2: this one refuses a driver that does not accept VERSION_1. */
static bool features_agreed(struct fake_regs *regs)
{
    uint64_t arg;

    if (fake_fault_fires(regs->faults, FAKE_FAULT_FEATURES_REFUSED, regs->log,
                         FAKE_NO_QUEUE, &arg))
        return false;
    if (regs->accepted & ~regs->offered)
        return false;
    return regs->accepted >> VIRTIO_F_VERSION_1 & 1;
}

static void write_status(struct fake_regs *regs, uint32_t value)
{
    uint32_t fresh = value & ~regs->status;
    uint64_t arg;

    if (fake_regs_fault(regs, FAKE_FAULT_STATUS_LOST, FAKE_NO_QUEUE, &arg))
        return;
    if (value == 0) {
        reset(regs);
        return;
    }
    if (fresh & VIRTIO_STATUS_FEATURES_OK && !features_agreed(regs))
        value &= ~VIRTIO_STATUS_FEATURES_OK;
    regs->status = value & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    if (value & fresh & VIRTIO_STATUS_FEATURES_OK && regs->settled)
        regs->settled(regs->ctx);
    if (fresh & VIRTIO_STATUS_DRIVER_OK && value & VIRTIO_STATUS_FEATURES_OK) {
        struct fake_control c = {.kind = FAKE_CONTROL_DRIVER_OK,
                                 .features = regs->accepted};
        regs->control(regs->ctx, &c);
    }
}

/* ---- configuration space ---- */

static void move_generation(struct fake_regs *regs, uint64_t sectors)
{
    regs->generation++;
    fake_emit(regs->log, FAKE_EV_CONFIG, FAKE_NO_QUEUE, regs->generation,
              sectors, 0, 0);
}

/* The capacity changes as a whole between two reads of the driver; the
 * generation moves with it (4.2.2.1). */
static void show_capacity(struct fake_regs *regs, uint64_t sectors)
{
    for (unsigned k = 0; k < 8; k++)
        regs->config[k] = (uint8_t)(sectors >> 8 * k);
    move_generation(regs, sectors);
}

/* Changed by the back, which has told the driver. */
static void catch_up(struct fake_regs *regs)
{
    if (atomic_load(&regs->lines->resized) &&
        atomic_exchange(&regs->lines->resized, false))
        show_capacity(regs, atomic_load(&regs->lines->sectors));
}

static void tell_of_change(struct fake_regs *regs)
{
    if (regs->status & VIRTIO_STATUS_DRIVER_OK) {
        fake_emit(regs->log, FAKE_EV_IRQ, FAKE_NO_QUEUE,
                  VIRTIO_MMIO_INT_CONFIG_CHANGE, 0, 0, 0);
        atomic_fetch_or(&regs->lines->irq_status,
                        VIRTIO_MMIO_INT_CONFIG_CHANGE);
    }
}

void fake_regs_config_moved(struct fake_regs *regs, uint64_t sectors)
{
    move_generation(regs, sectors);
    tell_of_change(regs);
}

void fake_regs_resize(struct fake_regs *regs, uint64_t sectors)
{
    atomic_store(&regs->lines->sectors, sectors);
    show_capacity(regs, sectors);
    tell_of_change(regs);
}

static bool config_fits(const struct fake_regs *regs, uint32_t at,
                        uint32_t width)
{
    return (width == 1 || width == 2 || width == 4) && at % width == 0 &&
           at < regs->config_bytes && width <= regs->config_bytes - at;
}

static uint32_t read_config(struct fake_regs *regs, uint32_t at, uint32_t width,
                            bool *moves)
{
    uint32_t value = 0;

    if (!config_fits(regs, at, width))
        return 0;
    for (uint32_t k = 0; k < width; k++)
        value |= (uint32_t)regs->config[at + k] << 8 * k;
    return fake_regs_troubled(regs)
               ? fake_regs_spoil_config(regs, at, width, value, moves)
               : value;
}

/* One word has the mode and how often it was changed, so that the device can
 * tell whether it was the same all the time: the same once more is none. */
void fake_regs_set_writeback(struct fake_regs *regs, uint8_t value)
{
    uint32_t word = atomic_load(&regs->lines->writeback);

    regs->config[offsetof(struct virtio_blk_config, writeback)] = value;
    if ((word & 1) == (value & 1u))
        return;
    for (uint32_t q = 0; q < regs->queue_count; q++)
        atomic_store(&regs->lines->mode_from[q], fake_regs_avail_idx(regs, q));
    atomic_store(&regs->lines->writeback, (word | 1) + 1 + (value & 1));
}

static void write_config(struct fake_regs *regs, uint32_t at, uint32_t width,
                         uint32_t value)
{
    if (!config_fits(regs, at, width) || at < regs->writable_offset ||
        at + width > regs->writable_offset + regs->writable_bytes)
        return;
    for (uint32_t k = 0; k < width; k++)
        regs->config[at + k] = (uint8_t)(value >> 8 * k);
    if (at == offsetof(struct virtio_blk_config, writeback))
        fake_regs_set_writeback(regs, (uint8_t)value);
}

/* ---- access ---- */

static uint32_t word_of(uint64_t bits, uint32_t sel)
{
    return sel < 2 ? (uint32_t)(bits >> 32 * sel) : 0;
}

static uint32_t faulty(struct fake_regs *regs, enum fake_fault fault,
                       uint32_t value)
{
    uint64_t arg;

    return fake_fault_fires(regs->faults, fault, regs->log, FAKE_NO_QUEUE, &arg)
               ? (uint32_t)arg
               : value;
}

/* Those of any device (6), and of a disk (5.2.3, with bits 0 and 7 of what came
 * before). */
#define F(bit) (UINT64_C(1) << (bit))
#define KNOWN_OF_ANY                                                           \
    (F(VIRTIO_F_INDIRECT_DESC) | F(VIRTIO_F_EVENT_IDX) |                       \
     (F(VIRTIO_F_RING_RESET + 1) - F(VIRTIO_F_VERSION_1)))
#define KNOWN_OF_A_DISK                                                        \
    ((F(VIRTIO_BLK_F_SECURE_ERASE + 1) - 1) & ~(F(3) | F(8)))

/* A bit that somebody knows would be offered, and then not be there. */
static uint64_t unknown_features(struct fake_regs *regs)
{
    uint64_t known = KNOWN_OF_ANY;
    uint64_t arg;

    if (regs->device_id == VIRTIO_ID_BLOCK)
        known |= KNOWN_OF_A_DISK;
    return fake_regs_fault(regs, FAKE_FAULT_FEATURES_UNKNOWN, FAKE_NO_QUEUE,
                           &arg)
               ? arg & ~known
               : 0;
}

static uint32_t read_irq_status(struct fake_regs *regs)
{
    uint32_t status = atomic_load(&regs->lines->irq_status);
    uint64_t arg;

    if (status & VIRTIO_MMIO_INT_USED_BUFFER &&
        fake_fault_fires(regs->faults, FAKE_FAULT_IRQ_STATUS_LATE, regs->log,
                         FAKE_NO_QUEUE, &arg))
        status &= ~VIRTIO_MMIO_INT_USED_BUFFER;
    return status | faulty(regs, FAKE_FAULT_IRQ_UNKNOWN_BITS, 0);
}

static void acknowledge(struct fake_regs *regs, uint32_t bits)
{
    atomic_fetch_and(&regs->lines->irq_status, ~(bits & IRQ_BITS));
    if (!(bits & VIRTIO_MMIO_INT_USED_BUFFER) ||
        !fake_fault_planned(regs->faults, FAKE_FAULT_IRQ_STORM) ||
        !atomic_load(&regs->lines->storm))
        return;
    /* The device may begin another one at this moment, but only this thread
     * takes from it: it does not go below 0. */
    atomic_fetch_sub(&regs->lines->storm, 1);
    fake_emit(regs->log, FAKE_EV_IRQ, FAKE_NO_QUEUE,
              VIRTIO_MMIO_INT_USED_BUFFER, 0, 0, 0);
    atomic_fetch_or(&regs->lines->irq_status, VIRTIO_MMIO_INT_USED_BUFFER);
}

static uint32_t read_control(struct fake_regs *regs, uint32_t offset)
{
    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        return faulty(regs, FAKE_FAULT_WRONG_MAGIC, VIRTIO_MMIO_MAGIC);
    case VIRTIO_MMIO_VERSION:
        return faulty(regs, FAKE_FAULT_WRONG_VERSION, VIRTIO_MMIO_VERSION_2);
    case VIRTIO_MMIO_DEVICE_ID:
        return faulty(regs, FAKE_FAULT_DEVICE_ID, regs->device_id);
    case VIRTIO_MMIO_VENDOR_ID:
        return VENDOR_ID;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return word_of(regs->offered | unknown_features(regs),
                       regs->device_sel);
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        return fake_regs_read_max(regs);
    case VIRTIO_MMIO_QUEUE_READY:
        return fake_regs_read_ready(regs);
    case VIRTIO_MMIO_QUEUE_RESET:
        return fake_regs_read_reset(regs);
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return read_irq_status(regs);
    case VIRTIO_MMIO_STATUS:
        return read_status(regs);
    case VIRTIO_MMIO_CONFIG_GENERATION:
        fake_regs_spoil_generation(regs);
        return regs->generation;
    case VIRTIO_MMIO_SHM_LEN_LOW: /* no shared memory region: -1 (4.2.2) */
    case VIRTIO_MMIO_SHM_LEN_HIGH:
    case VIRTIO_MMIO_SHM_BASE_LOW:
    case VIRTIO_MMIO_SHM_BASE_HIGH:
        return UINT32_MAX;
    default:
        return 0;
    }
}

static void accept_features(struct fake_regs *regs, uint32_t value)
{
    if (regs->status & VIRTIO_STATUS_FEATURES_OK)
        return; /* settled (3.1.1) */
    if (regs->driver_sel == 0)
        set_low(&regs->accepted, value);
    else if (regs->driver_sel == 1)
        set_high(&regs->accepted, value);
}

static void write_control(struct fake_regs *regs, uint32_t offset,
                          uint32_t value)
{
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        regs->device_sel = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        regs->driver_sel = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        accept_features(regs, value);
        break;
    case VIRTIO_MMIO_QUEUE_SEL:
        regs->queue_sel = value;
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        fake_regs_write_ready(regs, value);
        break;
    case VIRTIO_MMIO_QUEUE_RESET:
        fake_regs_write_reset(regs, value);
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        fake_regs_write_notify(regs, value);
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        acknowledge(regs, value);
        break;
    case VIRTIO_MMIO_STATUS:
        write_status(regs, value);
        break;
    default:
        fake_regs_write_queue(regs, offset, value);
        break;
    }
}

/* Accesses that name a queue carry it in their event. */
static uint16_t event_queue(const struct fake_regs *regs, uint32_t offset,
                            uint32_t value)
{
    bool of_queue = (offset >= VIRTIO_MMIO_QUEUE_NUM_MAX &&
                     offset <= VIRTIO_MMIO_QUEUE_READY) ||
                    (offset >= VIRTIO_MMIO_QUEUE_DESC_LOW &&
                     offset <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH) ||
                    offset == VIRTIO_MMIO_QUEUE_RESET;

    if (offset == VIRTIO_MMIO_QUEUE_NOTIFY)
        return (uint16_t)fake_regs_notified(regs, value);
    return of_queue ? (uint16_t)regs->queue_sel : FAKE_NO_QUEUE;
}

uint32_t fake_regs_read(struct fake_regs *regs, uint32_t offset, uint32_t width)
{
    bool config = offset >= VIRTIO_MMIO_CONFIG, moves = false;
    uint32_t value = 0;
    uint64_t sectors;

    if (fake_regs_troubled(regs) && !fake_regs_answers(regs)) {
        value = fake_regs_nobody(width);
        fake_emit(regs->log, FAKE_EV_REG_READ, FAKE_NO_QUEUE, offset, width,
                  value, 0);
        return value;
    }
    if (config || offset == VIRTIO_MMIO_CONFIG_GENERATION)
        catch_up(regs);
    if (config)
        value = read_config(regs, offset - VIRTIO_MMIO_CONFIG, width, &moves);
    else if (width == 4 && offset % 4 == 0)
        value = read_control(regs, offset);
    fake_emit(regs->log, FAKE_EV_REG_READ, event_queue(regs, offset, 0), offset,
              width, value, 0);
    if (moves)
        fake_regs_config_moved(regs, 0);
    if (config && fake_regs_troubled(regs) &&
        regs->device_id == VIRTIO_ID_BLOCK &&
        fake_regs_config_changes(regs, FAKE_FAULT_CONFIG_CHANGE, &sectors))
        fake_regs_resize(regs, sectors);
    return value;
}

void fake_regs_write(struct fake_regs *regs, uint32_t offset, uint32_t width,
                     uint32_t value)
{
    bool answers = !fake_regs_troubled(regs) || fake_regs_answers(regs);

    /* Before the effect, so that what follows from it comes after it. */
    if (regs->log->on)
        fake_emit(
            regs->log, FAKE_EV_REG_WRITE, event_queue(regs, offset, value),
            offset, width, value,
            offset == VIRTIO_MMIO_QUEUE_NOTIFY
                ? fake_regs_avail_idx(regs, fake_regs_notified(regs, value))
                : 0);
    if (!answers)
        return;
    if (offset >= VIRTIO_MMIO_CONFIG)
        write_config(regs, offset - VIRTIO_MMIO_CONFIG, width, value);
    else if (width == 4 && offset % 4 == 0)
        write_control(regs, offset, value);
}
