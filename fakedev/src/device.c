/* SPDX-License-Identifier: MIT
 *
 * device.c: what all device types do alike: controls, interrupts, errors.
 */
#include "device_odd.h"
#include "ringtrue/wire.h"

/* ---- controls --------------------------------------------------------- */

static void reset(struct fake_device *dev)
{
    unsigned q;

    dev->ops->reset(dev);
    for (q = 0; q < dev->queue_count; q++)
        fake_ring_down(&dev->ring[q]);
    dev->driver_ok = false;
    dev->dead = false;
    dev->spurious_asked = false;
    dev->owes = dev->irq_kept = false;
    atomic_store(&dev->lines->storm, 0);
    atomic_store(&dev->lines->needs_reset, false);
    atomic_store(&dev->lines->irq_status, 0);
    fake_emit(dev->log, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
    dev->line_changed(dev->line_ctx);
}

static void queue_down(struct fake_device *dev, uint16_t queue)
{
    dev->ops->drop(dev, queue);
    fake_ring_down(&dev->ring[queue]);
}

static void power_cut(struct fake_device *dev, enum fake_survival survival)
{
    if (dev->ops->power_cut)
        dev->ops->power_cut(dev, survival);
    fake_emit(dev->log, FAKE_EV_POWER_CUT, FAKE_NO_QUEUE, survival, 0, 0, 0);
    fake_device_needs_reset(dev);
}

static void peek(struct fake_device *dev, struct fake_peek *p)
{
    p->failed = !dev->ops->peek;
    if (dev->ops->peek)
        dev->ops->peek(dev, p);
}

static void queue_up(struct fake_device *dev,
                     const struct fake_ring_config *queue)
{
    struct fake_ring_config cfg = *queue;

    queue_down(dev, cfg.index);
    cfg.taken = &dev->lines->taken[cfg.index];
    /* A broken ring is dealt with by the next step after DRIVER_OK. */
    (void)fake_ring_up(&dev->ring[cfg.index], dev->arena, dev->log, dev->faults,
                       &cfg);
    dev->ring[cfg.index].line = &dev->line;
}

void fake_device_control(struct fake_device *dev, const struct fake_control *c)
{
    uint16_t queue = c->queue.index;

    switch (c->kind) {
    case FAKE_CONTROL_RESET:
        reset(dev);
        break;
    case FAKE_CONTROL_DRIVER_OK:
        dev->driver_ok = true;
        dev->ops->start(dev, c->features);
        break;
    case FAKE_CONTROL_QUEUE_UP:
        if (queue < dev->queue_count)
            queue_up(dev, &c->queue);
        break;
    case FAKE_CONTROL_QUEUE_DOWN:
        if (queue < dev->queue_count)
            queue_down(dev, queue);
        break;
    case FAKE_CONTROL_POWER_CUT:
        power_cut(dev, c->survival);
        break;
    case FAKE_CONTROL_PEEK:
        peek(dev, c->peek);
        break;
    case FAKE_CONTROL_NEEDS_RESET:
        fake_device_needs_reset(dev);
        break;
    }
}

/* ---- interrupts and errors -------------------------------------------- */

void fake_device_irq(struct fake_device *dev, uint32_t bits)
{
    /* Logged first: the driver may see the bits as soon as they are set. */
    fake_emit(dev->log, FAKE_EV_IRQ, FAKE_NO_QUEUE, bits, 0, 0, 0);
    atomic_fetch_or(&dev->lines->irq_status, bits);
    dev->line_changed(dev->line_ctx);
}

void fake_device_needs_reset(struct fake_device *dev)
{
    if (dev->dead)
        return;
    dev->dead = true;
    fake_emit(dev->log, FAKE_EV_STATUS, FAKE_NO_QUEUE,
              VIRTIO_STATUS_DEVICE_NEEDS_RESET, 0, 0, 0);
    atomic_store(&dev->lines->needs_reset, true);
    if (dev->driver_ok)
        fake_device_irq(dev, VIRTIO_MMIO_INT_CONFIG_CHANGE);
}

/* ---- steps ------------------------------------------------------------ */

static void raise_due(struct fake_device *dev)
{
    bool due = false;
    unsigned q;

    for (q = 0; q < dev->queue_count; q++)
        due |= fake_ring_interrupt_due(&dev->ring[q]);
    if (due)
        fake_device_irq(dev, VIRTIO_MMIO_INT_USED_BUFFER);
}

static bool any_broken(const struct fake_device *dev)
{
    unsigned q;

    for (q = 0; q < dev->queue_count; q++) {
        if (dev->ring[q].broken)
            return true;
    }
    return false;
}

bool fake_device_step(struct fake_device *dev, uint64_t now_ns,
                      uint64_t *wake_ns)
{
    bool did = false, odd;

    if (!dev->driver_ok || dev->dead)
        return false;
    odd = fake_device_is_odd(dev);
    if (odd && fake_device_odd_begin(dev, now_ns, &did))
        return true;
    did |= dev->ops->step(dev, now_ns, wake_ns);
    if (odd)
        did |= fake_device_odd_end(dev, now_ns, wake_ns);
    else
        raise_due(dev);
    if (any_broken(dev)) {
        fake_device_needs_reset(dev);
        did = true;
    }
    return did;
}

void fake_device_kick(struct fake_device *dev, unsigned queue)
{
    if (queue < dev->queue_count)
        fake_ring_kick(&dev->ring[queue]);
}

void fake_device_suppress(struct fake_device *dev)
{
    unsigned q;

    if (!dev->driver_ok || dev->dead)
        return;
    for (q = 0; q < dev->queue_count; q++)
        fake_ring_suppress(&dev->ring[q]);
}

bool fake_device_arm(struct fake_device *dev)
{
    bool pending = false;
    unsigned q;

    if (!dev->driver_ok || dev->dead)
        return false;
    for (q = 0; q < dev->queue_count; q++)
        pending |= fake_ring_arm(&dev->ring[q]);
    return pending;
}
