/* SPDX-License-Identifier: MIT
 *
 * regs_queue.c: the registers of a queue, how it is set up, stopped, reset and
 * notified (4.2.2, 4.2.3.2, 4.2.3.3), and how far the driver is with it.
 */
#include "regs_queue.h"
#include "regs_fault.h"

#include <stddef.h>
#include <string.h>

#include "ringtrue/wire.h"

static void set_low(uint64_t *v, uint32_t low)
{
    *v = (*v & 0xffffffff00000000u) | low;
}

static void set_high(uint64_t *v, uint32_t high)
{
    *v = (*v & 0xffffffffu) | (uint64_t)high << 32;
}

static struct fake_regs_queue *selected(struct fake_regs *regs)
{
    return regs->queue_sel < regs->queue_count ? &regs->queue[regs->queue_sel]
                                               : NULL;
}

static bool negotiated(const struct fake_regs *regs, unsigned feature)
{
    return regs->status & VIRTIO_STATUS_FEATURES_OK &&
           regs->accepted >> feature & 1;
}

static bool is_packed(const struct fake_regs *regs)
{
    return regs->accepted >> VIRTIO_F_RING_PACKED & 1;
}

/* What the driver has been told is what it may go by, up to what any queue may
 * have (2.7, 2.8). */
static bool size_ok(const struct fake_regs *regs,
                    const struct fake_regs_queue *q)
{
    uint32_t max = q->max_shown ? q->max_shown : regs->queue_size_max;

    return q->num != 0 && q->num <= max && q->num <= VIRTQ_SIZE_MAX &&
           (is_packed(regs) || (q->num & (q->num - 1)) == 0);
}

/* NULL if the area cannot be read as a whole. */
static const uint8_t *map_avail(const struct fake_regs *regs,
                                const struct fake_regs_queue *q)
{
    if (is_packed(regs))
        return q->desc % VIRTQ_DESC_ALIGN
                   ? NULL
                   : fake_arena_map(regs->arena, q->desc,
                                    sizeof(struct pvirtq_desc) * q->num,
                                    FAKE_TO_DEVICE);
    return q->driver % VIRTQ_AVAIL_ALIGN
               ? NULL
               : fake_arena_map(regs->arena, q->driver,
                                sizeof(struct virtq_avail), FAKE_TO_DEVICE);
}

static void queue_up(struct fake_regs *regs, struct fake_regs_queue *q)
{
    struct fake_control c = {
        .kind = FAKE_CONTROL_QUEUE_UP,
        .features = regs->accepted,
        .queue = {.index = (uint16_t)regs->queue_sel,
                  .size = q->num,
                  .desc = q->desc,
                  .driver = q->driver,
                  .device = q->device,
                  .features = regs->accepted},
    };

    q->ready = 1;
    /* A ring begins at 0 again. */
    q->place = 0;
    atomic_store(&regs->lines->mode_from[regs->queue_sel], 0);
    if (!size_ok(regs, q))
        return; /* a size the device never offered: it serves nothing */
    regs->control(regs->ctx, &c);
    q->avail = map_avail(regs, q);
    q->avail_packed = is_packed(regs);
}

static void queue_down(struct fake_regs *regs, struct fake_regs_queue *q)
{
    struct fake_control c = {
        .kind = FAKE_CONTROL_QUEUE_DOWN,
        .queue = {.index = (uint16_t)regs->queue_sel},
    };

    regs->control(regs->ctx, &c);
    q->ready = 0;
    q->avail = NULL;
}

void fake_regs_write_ready(struct fake_regs *regs, uint32_t value)
{
    struct fake_regs_queue *q = selected(regs);
    uint16_t index = (uint16_t)regs->queue_sel;
    uint64_t arg;

    if (!q || q->reset_reads)
        return;
    if (value == 1 && !q->ready &&
        !fake_regs_fault(regs, FAKE_FAULT_QUEUE_NEVER_READY, index, &arg))
        queue_up(regs, q);
    else if (value == 0 && q->ready &&
             !fake_regs_fault(regs, FAKE_FAULT_QUEUE_STOP_NEVER, index, &arg))
        queue_down(regs, q);
}

/* 2.6.1: the queue is as it was before the driver knew it. */
void fake_regs_write_reset(struct fake_regs *regs, uint32_t value)
{
    struct fake_regs_queue *q = selected(regs);
    uint64_t reads = 0, arg;

    if (!q || value != 1 || q->reset_reads ||
        !negotiated(regs, VIRTIO_F_RING_RESET))
        return;
    queue_down(regs, q);
    if (fake_fault_fires(regs->faults, FAKE_FAULT_QUEUE_RESET_SLOW, regs->log,
                         (uint16_t)regs->queue_sel, &arg))
        reads = arg;
    if (fake_fault_fires(regs->faults, FAKE_FAULT_QUEUE_RESET_NEVER, regs->log,
                         (uint16_t)regs->queue_sel, &arg))
        reads = UINT64_MAX;
    *q = (struct fake_regs_queue){.reset_reads = reads};
}

uint32_t fake_regs_read_reset(struct fake_regs *regs)
{
    struct fake_regs_queue *q = selected(regs);

    if (!q || !q->reset_reads)
        return 0;
    if (q->reset_reads != UINT64_MAX)
        q->reset_reads--;
    return 1;
}

/* 4.2.2.1: with QueueReset it reads 0 once the reset is done. */
uint32_t fake_regs_read_ready(struct fake_regs *regs)
{
    const struct fake_regs_queue *q = selected(regs);
    uint64_t arg;

    if (!q)
        return 0;
    if (!q->ready && fake_regs_fault(regs, FAKE_FAULT_QUEUE_IN_USE,
                                     (uint16_t)regs->queue_sel, &arg))
        return 1;
    return q->ready | (q->reset_reads != 0);
}

uint32_t fake_regs_read_max(struct fake_regs *regs)
{
    struct fake_regs_queue *q = selected(regs);
    uint64_t arg;

    if (!q)
        return 0;
    if (fake_fault_fires(regs->faults, FAKE_FAULT_QUEUE_ABSENT, regs->log,
                         (uint16_t)regs->queue_sel, &arg))
        return 0;
    if (fake_regs_fault(regs, FAKE_FAULT_QUEUE_MAX, (uint16_t)regs->queue_sel,
                        &arg)) {
        q->max_shown = (uint32_t)arg;
        return (uint32_t)arg;
    }
    return regs->queue_size_max;
}

/* Settings of a queue that is ready are left alone (4.2.2.2). */
void fake_regs_write_queue(struct fake_regs *regs, uint32_t offset,
                           uint32_t value)
{
    struct fake_regs_queue *q = selected(regs);

    if (!q || q->ready || q->reset_reads)
        return;
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM:
        q->num = value;
        break;
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
        set_low(&q->desc, value);
        break;
    case VIRTIO_MMIO_QUEUE_DESC_HIGH:
        set_high(&q->desc, value);
        break;
    case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
        set_low(&q->driver, value);
        break;
    case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
        set_high(&q->driver, value);
        break;
    case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
        set_low(&q->device, value);
        break;
    case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
        set_high(&q->device, value);
        break;
    }
}

/* 2.9: the queue is in the lower half of what is written, or all of it. */
uint32_t fake_regs_notified(const struct fake_regs *regs, uint32_t value)
{
    return negotiated(regs, VIRTIO_F_NOTIFICATION_DATA) ? value & 0xffffu
                                                        : value;
}

void fake_regs_write_notify(struct fake_regs *regs, uint32_t value)
{
    uint32_t queue = fake_regs_notified(regs, value);
    uint64_t arg;

    if (queue < regs->queue_count && regs->queue[queue].ready &&
        regs->status & VIRTIO_STATUS_DRIVER_OK &&
        !fake_fault_fires(regs->faults, FAKE_FAULT_KICK_IGNORED, regs->log,
                          (uint16_t)queue, &arg))
        regs->doorbell(regs->ctx, (uint16_t)queue);
}

static uint16_t load_le16(const uint8_t *at)
{
    uint16_t le = atomic_load_explicit(
        (const _Atomic uint16_t *)(const void *)at, memory_order_relaxed);
    uint8_t byte[2];

    memcpy(byte, &le, sizeof(byte));
    return (uint16_t)(byte[0] | byte[1] << 8);
}

static uint64_t taken_from(const struct fake_regs *regs, uint32_t queue)
{
    return atomic_load_explicit(&regs->lines->taken[queue],
                                memory_order_relaxed);
}

/* A slot of this lap that says "used": it was available before, unless the
 * device never took it and is not to be trusted. Without a log there is no word
 * of what it took. */
static bool was_available(const struct fake_regs *regs, uint32_t queue,
                          uint64_t at)
{
    /* acquire: what the device has taken, after the flags that it wrote later
     * (release, fake_packed_put). */
    atomic_thread_fence(memory_order_acquire);
    return !regs->log->on || taken_from(regs, queue) > at;
}

/* A driver keeps its place in a packed ring to itself, but a slot shows by its
 * AVAIL bit whether it was made available in this lap, be it used by now or
 * not. What the device has taken, the driver has passed: so it is at most one
 * lap from there. */
static uint64_t packed_place(const struct fake_regs *regs, uint32_t queue)
{
    const struct fake_regs_queue *q = &regs->queue[queue];
    uint64_t at = taken_from(regs, queue);
    uint32_t slot = (uint32_t)(at % q->num);
    bool wrap = !(at / q->num & 1);

    for (uint32_t k = 0; k < q->num; k++, at++) {
        uint16_t flags =
            load_le16(q->avail + sizeof(struct pvirtq_desc) * slot +
                      offsetof(struct pvirtq_desc, flags));

        if (!!(flags & VIRTQ_DESC_F_AVAIL) != wrap ||
            (!!(flags & VIRTQ_DESC_F_USED) == wrap &&
             !was_available(regs, queue, at)))
            break;
        if (++slot == q->num) {
            slot = 0;
            wrap = !wrap;
        }
    }
    return at;
}

/* A driver takes nothing back: a device that writes over what is available
 * changes nothing about that. */
static uint64_t packed_idx(struct fake_regs *regs, uint32_t queue)
{
    struct fake_regs_queue *q = &regs->queue[queue];
    uint64_t place = packed_place(regs, queue);

    if (!regs->log->on)
        return place;
    if (q->place < place)
        q->place = place;
    return q->place;
}

uint64_t fake_regs_avail_idx(struct fake_regs *regs, uint32_t queue)
{
    if (queue >= regs->queue_count || !regs->queue[queue].avail)
        return 0;
    return regs->queue[queue].avail_packed
               ? packed_idx(regs, queue)
               : load_le16(regs->queue[queue].avail +
                           offsetof(struct virtq_avail, idx));
}

void fake_regs_idle(struct fake_regs *regs)
{
    for (uint32_t q = 0; q < regs->queue_count; q++)
        if (regs->queue[q].avail)
            fake_emit(regs->log, FAKE_EV_IDLE, (uint16_t)q,
                      fake_regs_avail_idx(regs, q), 0, 0, 0);
}
