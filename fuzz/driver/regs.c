/* SPDX-License-Identifier: MIT */
/* The registers of the adversary (4.2.2): right by default, wrong by move. It
 * remembers what it has told the driver: what the driver may rely on. */
#include "law.h"
#include "peer.h"

#include <stddef.h>

#define STUCK_FOR_EVER 255u

static struct peer *of_bus(struct rgt_mmio_bus *bus)
{
    return (struct peer *)(void *)((char *)bus - offsetof(struct peer, bus));
}

static struct peer_queue *selected(struct peer *p)
{
    return p->queue_sel < PEER_QUEUES ? &p->queue[p->queue_sel] : NULL;
}

void peer_queue_down(struct peer_queue *q)
{
    uint16_t index = q->index;
    uint16_t max_told = q->max_told;

    bool was_up = q->was_up;

    *q = (struct peer_queue){
        .index = index, .max_told = max_told, .was_up = was_up};
    q->free_chains = UINT32_MAX;
}

/* ---- reads --------------------------------------------------------------- */

/* 2.4.2: with the 0 the driver knows that the device has let go of it all. */
static uint32_t status_told(struct peer *p, uint32_t value)
{
    if (!p->resetting || value != 0)
        return value;
    p->resetting = false;
    for (unsigned i = 0; i < PEER_QUEUES; i++) {
        peer_queue_down(&p->queue[i]);
        p->queue[i].was_up = false;
    }
    return 0;
}

static uint32_t read_status(struct peer *p)
{
    if (p->resetting && p->stuck > 0) {
        if (p->stuck != STUCK_FOR_EVER)
            p->stuck--;
        return p->status_old;
    }
    return p->status | (p->needs_reset ? VIRTIO_STATUS_DEVICE_NEEDS_RESET : 0);
}

static uint32_t read_honest(struct peer *p, uint32_t offset)
{
    const struct peer_queue *q = selected(p);

    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        return VIRTIO_MMIO_MAGIC;
    case VIRTIO_MMIO_VERSION:
        return VIRTIO_MMIO_VERSION_2;
    case VIRTIO_MMIO_DEVICE_ID:
        return p->sound ? VIRTIO_ID_SOUND : VIRTIO_ID_BLOCK;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return p->device_sel < 2 ? (uint32_t)(p->offered >> 32 * p->device_sel)
                                 : 0;
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        return q ? p->size_max : 0;
    case VIRTIO_MMIO_QUEUE_READY:
        return q && q->up && !q->stopping;
    case VIRTIO_MMIO_QUEUE_RESET:
        return 0;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return p->irq;
    case VIRTIO_MMIO_STATUS:
        return read_status(p);
    case VIRTIO_MMIO_CONFIG_GENERATION:
        return p->generation;
    default:
        fuzz_broken("read of the register at 0x%x", offset);
    }
}

static bool lies(struct peer *p, uint32_t offset, uint32_t *value)
{
    for (unsigned i = 0; i < PEER_LIES; i++) {
        struct peer_lie *lie = &p->lie[i];
        if (lie->reads == 0 || lie->offset != offset)
            continue;
        lie->reads--;
        *value = lie->value;
        return true;
    }
    return false;
}

static void features_told(struct peer *p, uint32_t value)
{
    if (p->device_sel > 1)
        return;
    if (p->device_sel == 0)
        p->told = (p->told & ~(uint64_t)UINT32_MAX) | value;
    else
        p->told = (p->told & UINT32_MAX) | (uint64_t)value << 32;
    p->told_half[p->device_sel] = true;
}

/* What follows from the driver having been told so. */
static uint32_t told(struct peer *p, uint32_t offset, uint32_t value)
{
    struct peer_queue *q = selected(p);

    if (offset == VIRTIO_MMIO_STATUS)
        return status_told(p, value);
    if (offset == VIRTIO_MMIO_DEVICE_FEATURES)
        features_told(p, value);
    if (offset == VIRTIO_MMIO_QUEUE_NUM_MAX && q)
        q->max_told = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
    if (offset == VIRTIO_MMIO_QUEUE_READY && q && q->stopping && value == 0)
        peer_queue_down(q);
    if (offset == VIRTIO_MMIO_QUEUE_RESET && q && q->resetting && value == 0)
        peer_queue_down(q);
    return value;
}

static uint32_t read_config(const struct peer *p, uint32_t at, unsigned width)
{
    uint32_t value = 0;

    FUZZ_LAW((width == 1 || width == 2 || width == 4) && at % width == 0 &&
                 at + width <= PEER_CONFIG_BYTES,
             "config read of %u bytes at %u", width, at);
    for (unsigned i = 0; i < width; i++)
        value |= (uint32_t)p->config[at + i] << 8 * i;
    return value;
}

uint32_t peer_reg_read(struct rgt_mmio_bus *bus, uint32_t offset,
                       unsigned width_bytes)
{
    struct peer *p = of_bus(bus);
    uint32_t value = 0;

    peer_step(p);
    if (!lies(p, offset, &value)) {
        if (offset >= VIRTIO_MMIO_CONFIG)
            value = read_config(p, offset - VIRTIO_MMIO_CONFIG, width_bytes);
        else
            value = read_honest(p, offset);
    }
    FUZZ_LAW(offset >= VIRTIO_MMIO_CONFIG || width_bytes == 4,
             "read of %u bytes at 0x%x", width_bytes, offset);
    if (offset >= VIRTIO_MMIO_CONFIG && width_bytes < 4)
        value &= (1u << 8 * width_bytes) - 1;
    value = told(p, offset, value);
    peer_digest(p, (uint64_t)offset << 32 | value);
    return value;
}

/* ---- writes -------------------------------------------------------------- */

static void write_status(struct peer *p, uint32_t value)
{
    uint32_t fresh = value & ~p->status;

    if (value == 0) {
        p->status_old = p->status | VIRTIO_STATUS_ACKNOWLEDGE;
        p->status = 0;
        p->accepted = 0;
        p->needs_reset = false;
        p->irq = 0;
        p->resetting = true;
        p->stuck = p->stuck_next;
        p->told_half[0] = p->told_half[1] = false;
        return;
    }
    if ((fresh & VIRTIO_STATUS_FEATURES_OK) != 0 && p->refuse > 0) {
        p->refuse--;
        value &= ~VIRTIO_STATUS_FEATURES_OK;
    }
    p->status = value & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET;
}

/* 2.2.1: nothing that was not offered. */
static void write_features(struct peer *p, uint32_t value)
{
    if (p->driver_sel == 0)
        p->accepted = (p->accepted & ~(uint64_t)UINT32_MAX) | value;
    else if (p->driver_sel == 1)
        p->accepted = (p->accepted & UINT32_MAX) | (uint64_t)value << 32;
    FUZZ_LAW(p->told_half[0] && p->told_half[1] &&
                 (p->accepted & ~p->told) == 0,
             "features 0x%llx accepted of 0x%llx",
             (unsigned long long)p->accepted, (unsigned long long)p->told);
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
    if (high)
        *address = (*address & UINT32_MAX) | (uint64_t)value << 32;
    else
        *address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

/* Garbage that the device wrote before the queue was there may still be. */
static bool any_spoilt(const struct peer *p)
{
    for (unsigned i = 0; i < PEER_BLOCKS; i++) {
        if (p->block[i].mem && p->block[i].spoilt)
            return true;
    }
    return false;
}

static void queue_up(struct peer *p, struct peer_queue *q)
{
    q->features = p->accepted;
    bool packed = peer_packed(q);
    uint64_t size = q->size;

    FUZZ_LAW(size > 0 && size <= q->max_told &&
                 (packed || (size & (size - 1)) == 0),
             "queue of %u with at most %u", q->size, q->max_told);
    q->desc = peer_map(p, q->desc_dma, 16 * size, true);
    q->driver = peer_map(p, q->driver_dma, packed ? 4 : 6 + 2 * size, true);
    q->device = peer_map(p, q->device_dma, packed ? 4 : 6 + 8 * size, true);
    FUZZ_LAW(q->desc && q->driver && q->device,
             "queue in memory that is not there");
    q->up = q->was_up = true;
    q->blind = any_spoilt(p);
    q->avail_at.wrap = q->used_at.wrap = true;
}

static void write_ready(struct peer *p, struct peer_queue *q, uint32_t value)
{
    if (value == 0) {
        q->stopping = q->up;
        return;
    }
    FUZZ_LAW(!q->up, "queue %u enabled while it is", q->index);
    queue_up(p, q);
}

static void write_queue(struct peer *p, uint32_t offset, uint32_t value)
{
    struct peer_queue *q = selected(p);
    bool high = (offset & 4) != 0;

    FUZZ_LAW(q, "write to a queue that there is not: %u", p->queue_sel);
    switch (offset & ~4u) {
    case VIRTIO_MMIO_QUEUE_NUM & ~4u:
        q->size = (uint16_t)value;
        break;
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
        set_half(&q->desc_dma, high, value);
        break;
    case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
        set_half(&q->driver_dma, high, value);
        break;
    case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
        set_half(&q->device_dma, high, value);
        break;
    case VIRTIO_MMIO_QUEUE_READY & ~4u:
        write_ready(p, q, value);
        break;
    case VIRTIO_MMIO_QUEUE_RESET & ~4u:
        q->resetting = q->up;
        break;
    default:
        fuzz_broken("write to the register at 0x%x", offset);
    }
}

/* 3.1.1: no kick before DRIVER_OK; 4.2.3.3: of a queue that there is. */
static void write_notify(struct peer *p, uint32_t value)
{
    unsigned index = value & UINT16_MAX;

    FUZZ_LAW((p->status & VIRTIO_STATUS_DRIVER_OK) != 0,
             "kick without DRIVER_OK");
    FUZZ_LAW(index < PEER_QUEUES && p->queue[index].up,
             "kick of queue %u, which is not in use", index);
    if ((p->automatic & 1) != 0 && !p->moving)
        peer_serve(p, &p->queue[index], UINT32_MAX);
}

static void write_config(struct peer *p, uint32_t at, unsigned width,
                         uint32_t value)
{
    FUZZ_LAW(!p->sound && width == 1 &&
                 at == offsetof(struct virtio_blk_config, writeback),
             "config write of %u bytes at %u", width, at);
    p->config[at] = (uint8_t)value;
}

static void write_reg(struct peer *p, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        p->device_sel = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        p->driver_sel = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        write_features(p, value);
        break;
    case VIRTIO_MMIO_QUEUE_SEL:
        p->queue_sel = value;
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        write_notify(p, value);
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        p->irq &= ~value;
        break;
    case VIRTIO_MMIO_STATUS:
        write_status(p, value);
        break;
    default:
        write_queue(p, offset, value);
        break;
    }
}

void peer_reg_write(struct rgt_mmio_bus *bus, uint32_t offset,
                    unsigned width_bytes, uint32_t value)
{
    struct peer *p = of_bus(bus);

    peer_step(p);
    peer_digest(p, (uint64_t)offset << 32 | value | 1ull << 63);
    p->writes++;
    if (offset >= VIRTIO_MMIO_CONFIG) {
        write_config(p, offset - VIRTIO_MMIO_CONFIG, width_bytes, value);
        return;
    }
    FUZZ_LAW(width_bytes == 4, "write of %u bytes at 0x%x", width_bytes,
             offset);
    write_reg(p, offset, value);
}
