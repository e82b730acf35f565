/* SPDX-License-Identifier: MIT */
/* The guest's registers, and how it brings its queues up (3.1.1, 4.2.3.2). */
#include "guest.h"
#include "ringtrue/wire.h"

#include <string.h>

/* Steps of SET_UP that may be left out. */
enum {
    NO_ACKNOWLEDGE = 1,
    NO_FEATURES_OK = 2,
    NO_QUEUES = 4,
    NO_DRIVER_OK = 8,
    NO_RESET = 16,
};

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

uint32_t guest_read(struct guest *g, uint32_t offset, uint32_t width)
{
    return fake_machine_read(g->m, offset, width);
}

void guest_write(struct guest *g, uint32_t offset, uint32_t width,
                 uint32_t value)
{
    fake_machine_write(g->m, offset, width, value);
}

static void set(struct guest *g, uint32_t offset, uint32_t value)
{
    guest_write(g, offset, 4, value);
}

static void set_address(struct guest *g, uint32_t low, uint64_t address)
{
    set(g, low, (uint32_t)address);
    set(g, low + 4, (uint32_t)(address >> 32));
}

static void negotiate(struct guest *g, uint8_t left_out)
{
    uint64_t offered = 0, accepted;

    for (uint32_t k = 0; k < 2; k++) {
        set(g, VIRTIO_MMIO_DEVICE_FEATURES_SEL, k);
        offered |= (uint64_t)guest_read(g, VIRTIO_MMIO_DEVICE_FEATURES, 4)
                   << 32 * k;
    }
    accepted = offered;
    for (unsigned bit = 0, n = 0; bit < 64 && n < 8; bit++) {
        if ((offered >> bit & 1) != 0 && (left_out >> n++ & 1) != 0)
            accepted &= ~(UINT64_C(1) << bit);
    }
    for (uint32_t k = 0; k < 2; k++) {
        set(g, VIRTIO_MMIO_DRIVER_FEATURES_SEL, k);
        set(g, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(accepted >> 32 * k));
    }
    g->accepted = accepted;
}

/* The memory of a queue, made anew each time: what it was before stays with
 * the device as far as that goes. */
static bool make_ring(struct guest *g, struct guest_queue *q, uint16_t size)
{
    bool packed = (g->accepted >> VIRTIO_F_RING_PACKED & 1) != 0;
    size_t driver, device, bytes;

    if (!packed)
        while ((size & (size - 1)) != 0)
            size = (uint16_t)(size & (size - 1));
    driver = aligned(16 * (size_t)size);
    device = driver + aligned(packed ? 4 : 6 + 2 * (size_t)size);
    bytes = device + (packed ? 4 : 6 + 8 * (size_t)size);
    guest_free(g, &q->ring, 0);
    *q = (struct guest_queue){.size = size,
                              .packed = packed,
                              .driver = driver,
                              .device = device,
                              .wrap = true};
    if (!guest_alloc(g, bytes, 64, &q->ring))
        return false;
    memset(q->ring.cpu, 0, bytes);
    return true;
}

static void set_up_queue(struct guest *g, uint16_t index, uint8_t size)
{
    struct guest_queue *q = &g->queue[index];
    uint32_t most;

    set(g, VIRTIO_MMIO_QUEUE_SEL, index);
    most = guest_read(g, VIRTIO_MMIO_QUEUE_NUM_MAX, 4);
    if (most == 0 || most > 64)
        return;
    if (!make_ring(g, q, size > 0 && size < most ? size : (uint16_t)most))
        return;
    set(g, VIRTIO_MMIO_QUEUE_NUM, q->size);
    set_address(g, VIRTIO_MMIO_QUEUE_DESC_LOW, q->ring.dma);
    set_address(g, VIRTIO_MMIO_QUEUE_DRIVER_LOW, q->ring.dma + q->driver);
    set_address(g, VIRTIO_MMIO_QUEUE_DEVICE_LOW, q->ring.dma + q->device);
    set(g, VIRTIO_MMIO_QUEUE_READY, 1);
}

void guest_set_up(struct guest *g)
{
    uint8_t left_out = fuzz_u8(&g->in);
    uint8_t skip = fuzz_u8(&g->in);
    uint8_t size = fuzz_u8(&g->in);
    uint32_t status = 0;

    if ((skip & NO_RESET) == 0)
        set(g, VIRTIO_MMIO_STATUS, 0);
    if ((skip & NO_ACKNOWLEDGE) == 0) {
        set(g, VIRTIO_MMIO_STATUS, status |= VIRTIO_STATUS_ACKNOWLEDGE);
        set(g, VIRTIO_MMIO_STATUS, status |= VIRTIO_STATUS_DRIVER);
    }
    negotiate(g, left_out);
    if ((skip & NO_FEATURES_OK) == 0)
        set(g, VIRTIO_MMIO_STATUS, status |= VIRTIO_STATUS_FEATURES_OK);
    (void)guest_read(g, VIRTIO_MMIO_STATUS, 4);
    for (uint16_t k = 0; (skip & NO_QUEUES) == 0 && k < GUEST_QUEUES; k++)
        set_up_queue(g, k, size);
    if ((skip & NO_DRIVER_OK) == 0)
        set(g, VIRTIO_MMIO_STATUS, status | VIRTIO_STATUS_DRIVER_OK);
}

/* 2.9: with NOTIFICATION_DATA, how far the driver is. */
void guest_kick(struct guest *g, unsigned queue, uint8_t more)
{
    const struct guest_queue *q = &g->queue[queue];
    uint32_t value = queue;

    if ((g->accepted >> VIRTIO_F_NOTIFICATION_DATA & 1) != 0)
        value |= (q->packed ? q->next | (q->wrap ? 0x8000u : 0) : q->avail)
                 << 16;
    set(g, VIRTIO_MMIO_QUEUE_NOTIFY, value + more);
}
