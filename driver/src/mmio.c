/* SPDX-License-Identifier: MIT */
#include "ringtrue/mmio.h"
#include "ringtrue/err.h"
#include "ringtrue/wire.h"

/* How often a stopped queue is asked whether it has stopped. */
#define STOP_TRIES 100

static uint32_t reg_read(struct rgt_transport *t, uint32_t offset)
{
    struct rgt_mmio_bus *bus = ((struct rgt_mmio *)t)->bus;
    return bus->ops->read(bus, offset, 4);
}

static void reg_write(struct rgt_transport *t, uint32_t offset, uint32_t value)
{
    struct rgt_mmio_bus *bus = ((struct rgt_mmio *)t)->bus;
    bus->ops->write(bus, offset, 4, value);
}

/* 4.2.3.1.1: MagicValue, Version and DeviceID in this order, and nothing
 * after the first that is wrong. */
static int probe(struct rgt_transport *t, uint32_t *device_id)
{
    if (reg_read(t, VIRTIO_MMIO_MAGIC_VALUE) != VIRTIO_MMIO_MAGIC)
        return RGT_E_NODEV;
    if (reg_read(t, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_2)
        return RGT_E_NODEV;
    *device_id = reg_read(t, VIRTIO_MMIO_DEVICE_ID);
    return 0;
}

static uint32_t status_get(struct rgt_transport *t)
{
    return reg_read(t, VIRTIO_MMIO_STATUS);
}

static void status_set(struct rgt_transport *t, uint32_t status)
{
    reg_write(t, VIRTIO_MMIO_STATUS, status);
}

static uint64_t features_get(struct rgt_transport *t)
{
    reg_write(t, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    uint64_t low = reg_read(t, VIRTIO_MMIO_DEVICE_FEATURES);
    reg_write(t, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    uint64_t high = reg_read(t, VIRTIO_MMIO_DEVICE_FEATURES);
    return high << 32 | low;
}

static void features_set(struct rgt_transport *t, uint64_t features)
{
    reg_write(t, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    reg_write(t, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
    reg_write(t, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    reg_write(t, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint32_t config_generation(struct rgt_transport *t)
{
    return reg_read(t, VIRTIO_MMIO_CONFIG_GENERATION);
}

static uint32_t config_read(struct rgt_transport *t, uint32_t offset,
                            unsigned width_bytes)
{
    struct rgt_mmio_bus *bus = ((struct rgt_mmio *)t)->bus;
    return bus->ops->read(bus, VIRTIO_MMIO_CONFIG + offset, width_bytes);
}

static void config_write(struct rgt_transport *t, uint32_t offset,
                         unsigned width_bytes, uint32_t value)
{
    struct rgt_mmio_bus *bus = ((struct rgt_mmio *)t)->bus;
    bus->ops->write(bus, VIRTIO_MMIO_CONFIG + offset, width_bytes, value);
}

/* Steps 1 to 3 of 4.2.3.2. */
static uint32_t queue_size_max(struct rgt_transport *t, uint16_t queue)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    if (reg_read(t, VIRTIO_MMIO_QUEUE_READY) != 0)
        return 0;
    return reg_read(t, VIRTIO_MMIO_QUEUE_NUM_MAX);
}

static void write_address(struct rgt_transport *t, uint32_t low,
                          uint64_t address)
{
    reg_write(t, low, (uint32_t)address);
    reg_write(t, low + 4, (uint32_t)(address >> 32));
}

/* Steps 5 to 7 of 4.2.3.2. */
static void queue_enable(struct rgt_transport *t, uint16_t queue, uint16_t size,
                         uint64_t desc, uint64_t driver, uint64_t device)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    reg_write(t, VIRTIO_MMIO_QUEUE_NUM, size);
    write_address(t, VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
    write_address(t, VIRTIO_MMIO_QUEUE_DRIVER_LOW, driver);
    write_address(t, VIRTIO_MMIO_QUEUE_DEVICE_LOW, device);
    reg_write(t, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* 4.2.2.2: write 0, and read it back before relying on it. */
static int queue_disable(struct rgt_transport *t, uint16_t queue)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    reg_write(t, VIRTIO_MMIO_QUEUE_READY, 0);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (reg_read(t, VIRTIO_MMIO_QUEUE_READY) == 0)
            return 0;
    }
    return RGT_E_TIMEOUT;
}

static void queue_reset(struct rgt_transport *t, uint16_t queue)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    reg_write(t, VIRTIO_MMIO_QUEUE_RESET, 1);
}

/* 4.2.2.2: not complete before QueueReset reads 0. */
static int queue_reset_done(struct rgt_transport *t, uint16_t queue)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    return reg_read(t, VIRTIO_MMIO_QUEUE_RESET) == 0;
}

/* 4.2.3.3: the value as it is, one write. */
static void notify(struct rgt_transport *t, uint32_t value)
{
    reg_write(t, VIRTIO_MMIO_QUEUE_NOTIFY, value);
}

/* 4.2.2.2: the other bits of InterruptStatus say nothing to a driver. */
static uint32_t interrupt_status(struct rgt_transport *t)
{
    return reg_read(t, VIRTIO_MMIO_INTERRUPT_STATUS) &
           (VIRTIO_MMIO_INT_USED_BUFFER | VIRTIO_MMIO_INT_CONFIG_CHANGE);
}

static void interrupt_ack(struct rgt_transport *t, uint32_t bits)
{
    reg_write(
        t, VIRTIO_MMIO_INTERRUPT_ACK,
        bits & (VIRTIO_MMIO_INT_USED_BUFFER | VIRTIO_MMIO_INT_CONFIG_CHANGE));
}

_Static_assert(RGT_INT_USED == VIRTIO_MMIO_INT_USED_BUFFER, "same bit");
_Static_assert(RGT_INT_CONFIG == VIRTIO_MMIO_INT_CONFIG_CHANGE, "same bit");

static const struct rgt_transport_ops mmio_ops = {
    .probe = probe,
    .status_get = status_get,
    .status_set = status_set,
    .features_get = features_get,
    .features_set = features_set,
    .config_generation = config_generation,
    .config_read = config_read,
    .config_write = config_write,
    .queue_size_max = queue_size_max,
    .queue_enable = queue_enable,
    .queue_disable = queue_disable,
    .queue_reset = queue_reset,
    .queue_reset_done = queue_reset_done,
    .notify = notify,
    .interrupt_status = interrupt_status,
    .interrupt_ack = interrupt_ack,
};

void rgt_mmio_init(struct rgt_mmio *m, struct rgt_mmio_bus *bus)
{
    m->transport.ops = &mmio_ops;
    m->bus = bus;
}
