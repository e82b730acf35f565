/* SPDX-License-Identifier: MIT
 *
 * device_odd.c: interrupts that come early, late, for nothing or not at all,
 * and what the rings have put off.
 */
#include "device_odd.h"

#include "ringtrue/wire.h"

#define LATE_NS 10000u

static bool fires(struct fake_device *dev, enum fake_fault fault,
                  uint16_t queue, uint64_t *arg)
{
    return fake_fault_planned(dev->faults, fault) &&
           fake_fault_fires(dev->faults, fault, dev->log, queue, arg);
}

/* ---- before the model's step ------------------------------------------ */

static bool anything_pending(struct fake_device *dev)
{
    unsigned q;

    for (q = 0; q < dev->queue_count; q++) {
        if (fake_ring_pending(&dev->ring[q]))
            return true;
    }
    return false;
}

/* An interrupt that no used entry stands behind, with new entries still to be
 * looked at: the driver has until the next step to fall for it. */
static bool spurious_irq(struct fake_device *dev)
{
    uint64_t arg;

    if (dev->spurious_asked || !anything_pending(dev))
        return false;
    dev->spurious_asked = true;
    if (!fires(dev, FAKE_FAULT_IRQ_SPURIOUS, FAKE_NO_QUEUE, &arg))
        return false;
    fake_device_irq(dev, VIRTIO_MMIO_INT_USED_BUFFER);
    return true;
}

/* The driver's thread leaves word; the newest one counts. */
static void look_at_unshared(struct fake_device *dev)
{
    uint64_t dma;

    if (!fake_fault_planned(dev->faults, FAKE_FAULT_USED_FLIPPED))
        return;
    dma = atomic_exchange(&dev->lines->unshared, 0);
    if (dma)
        fake_device_unshared(dev, dma);
}

/* The ring with the buffer that was kept back first, or NULL. */
static struct fake_ring *first_in_line(struct fake_device *dev)
{
    struct fake_ring *first = NULL;
    uint64_t number = UINT64_MAX;

    for (unsigned q = 0; q < dev->queue_count; q++) {
        const struct fake_chain *chain = fake_ring_kept(&dev->ring[q]);

        if (!chain || chain->kept_number >= number)
            continue;
        number = chain->kept_number;
        first = &dev->ring[q];
    }
    return first;
}

/* At most as many as were kept. */
static bool give_kept(struct fake_device *dev)
{
    struct fake_ring *ring;
    bool did = false;

    while ((ring = first_in_line(dev)) && fake_ring_give_kept(ring))
        did = true;
    return did;
}

bool fake_device_odd_begin(struct fake_device *dev, uint64_t now_ns, bool *did)
{
    unsigned q;

    look_at_unshared(dev);
    for (q = 0; q < dev->queue_count; q++) {
        *did |= fake_ring_late(&dev->ring[q], now_ns);
        if (fake_fault_planned(dev->faults, FAKE_FAULT_KICK_FLAPS))
            fake_ring_flap(&dev->ring[q], now_ns);
    }
    if (dev->line.waiting)
        *did |= give_kept(dev);
    if (!fake_fault_planned(dev->faults, FAKE_FAULT_IRQ_SPURIOUS))
        return false;
    if (spurious_irq(dev))
        return true;
    dev->spurious_asked = false;
    return false;
}

void fake_device_unshared(struct fake_device *dev, uint64_t dma)
{
    for (unsigned q = 0; q < dev->queue_count; q++)
        fake_ring_unshared(&dev->ring[q], dma);
}

/* ---- after it --------------------------------------------------------- */

/* The last queue that has an interrupt due, or FAKE_NO_QUEUE. */
static uint16_t due_queue(struct fake_device *dev)
{
    uint16_t due = FAKE_NO_QUEUE;
    unsigned q;

    for (q = 0; q < dev->queue_count; q++) {
        uint64_t arg;

        if (fake_ring_interrupt_due(&dev->ring[q]) &&
            !fires(dev, FAKE_FAULT_IRQ_LOST, (uint16_t)q, &arg))
            due = (uint16_t)q;
    }
    return due;
}

static void raise(struct fake_device *dev, uint16_t queue)
{
    uint64_t times;

    if (fires(dev, FAKE_FAULT_IRQ_STORM, queue, &times))
        atomic_store(&dev->lines->storm, times);
    fake_device_irq(dev, VIRTIO_MMIO_INT_USED_BUFFER);
}

/* Is one to be raised now? What is due while one is kept comes with it. */
static bool is_time(struct fake_device *dev, uint16_t queue, uint64_t now_ns)
{
    uint64_t ns = 0;

    if (dev->irq_kept) {
        dev->irq_kept = now_ns < dev->irq_at_ns;
        return !dev->irq_kept;
    }
    if (queue == FAKE_NO_QUEUE)
        return false;
    if (!fires(dev, FAKE_FAULT_IRQ_COALESCED, queue, &ns))
        return true;
    dev->irq_kept = true;
    dev->irq_at_ns = now_ns + (ns ? ns : LATE_NS);
    return false;
}

bool fake_device_odd_end(struct fake_device *dev, uint64_t now_ns,
                         uint64_t *wake_ns)
{
    uint16_t queue = due_queue(dev);
    bool now = is_time(dev, queue, now_ns);
    uint64_t due = FAKE_NEVER;
    unsigned q;

    if (now)
        raise(dev, queue);
    for (q = 0; q < dev->queue_count; q++) {
        uint64_t at = fake_ring_late_due(&dev->ring[q]);

        due = at < due ? at : due;
    }
    if (dev->irq_kept && dev->irq_at_ns < due)
        due = dev->irq_at_ns;
    dev->owes = due != FAKE_NEVER;
    if (due < *wake_ns)
        *wake_ns = due;
    return now;
}
