/* SPDX-License-Identifier: MIT
 *
 * raw.c: see raw.h. Written from the specification, as the ring's driver half
 * without any of the care a driver takes.
 */
#include "raw_packed.h"

#include <stdlib.h>
#include <string.h>

#include "ringtrue/wire.h"

#define QUEUE_SIZE 8u
#define POLL_NS 20000u /* between two looks at what the device wants */

/* A liar may write while the device reads: that is no race in C terms. */
void rig_raw_put_le(uint8_t *at, uint64_t v, unsigned bytes)
{
    for (unsigned k = 0; k < bytes; k++)
        atomic_store_explicit((_Atomic uint8_t *)(at + k),
                              (uint8_t)(v >> 8 * k), memory_order_relaxed);
}

static void put16(uint8_t *at, uint16_t v)
{
    rig_raw_put_le(at, v, 2);
}

/* The device reads idx while this thread writes it: one 16-bit store that
 * publishes all that was written before (2.7.13.3.1). */
void rig_raw_publish16(uint8_t *at, uint16_t v)
{
    const uint8_t le[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    uint16_t raw;

    if ((uintptr_t)at % 2) { /* a ring no device serves */
        put16(at, v);
        return;
    }
    memcpy(&raw, le, sizeof(raw));
    atomic_store((_Atomic uint16_t *)(void *)at, raw);
}

uint16_t rig_raw_load16(const uint8_t *at)
{
    uint16_t raw;
    uint8_t le[2];

    if ((uintptr_t)at % 2)
        return (uint16_t)(at[0] | at[1] << 8);
    raw = atomic_load((const _Atomic uint16_t *)(const void *)at);
    memcpy(le, &raw, sizeof(raw));
    return (uint16_t)(le[0] | le[1] << 8);
}

struct rig_raw *rig_raw_new(struct rig *rig)
{
    struct rig_raw *raw = calloc(1, sizeof(*raw));

    if (!raw)
        return NULL;
    raw->rig = rig;
    raw->accept = UINT64_MAX;
    return raw;
}

void rig_raw_free(struct rig_raw *raw)
{
    free(raw); /* its memory goes with the arena */
}

uint32_t rig_raw_read(struct rig_raw *raw, uint32_t offset)
{
    return raw->rig->port.reg_read(raw->rig->port.ctx, offset, 4);
}

void rig_raw_write(struct rig_raw *raw, uint32_t offset, uint32_t value)
{
    raw->rig->port.reg_write(raw->rig->port.ctx, offset, 4, value);
}

void rig_raw_select(struct rig_raw *raw, unsigned queue)
{
    struct rig_raw_queue *old = &raw->other[raw->queue];
    const struct rig_raw_queue *now = &raw->other[queue];

    if (queue == raw->queue)
        return;
    memcpy(old->area, raw->area, sizeof(old->area));
    old->queue_size = raw->queue_size;
    old->avail_idx = raw->avail_idx;
    old->used_idx = raw->used_idx;
    old->next_desc = raw->next_desc;
    old->packed = raw->packed;
    memcpy(raw->area, now->area, sizeof(now->area));
    raw->queue_size = now->queue_size;
    raw->avail_idx = now->avail_idx;
    raw->used_idx = now->used_idx;
    raw->next_desc = now->next_desc;
    raw->packed = now->packed;
    raw->queue = queue;
}

bool rig_raw_has(const struct rig_raw *raw, unsigned feature)
{
    return (raw->offered & raw->accept) >> feature & 1;
}

static bool is_packed(const struct rig_raw *raw)
{
    return rig_raw_has(raw, VIRTIO_F_RING_PACKED);
}

static unsigned queue_count(const struct rig_raw *raw)
{
    uint32_t n = raw->rig->machine->regs.queue_count;

    return n < RIG_RAW_QUEUES ? n : RIG_RAW_QUEUES;
}

/* ---- memory ---- */

static int allocate(struct rig_raw *raw, enum rig_raw_area area, size_t bytes,
                    unsigned skew)
{
    struct rig_raw_memory *m = &raw->area[area];
    const struct rig_port *port = &raw->rig->port;

    m->cpu = port->dma_alloc(port->ctx, bytes + skew, 4096, &m->dma);
    if (!m->cpu)
        return -1;
    m->cpu += skew;
    m->dma += skew;
    m->bytes = bytes;
    return 0;
}

struct rig_raw_memory *rig_raw_area(struct rig_raw *raw, enum rig_raw_area area)
{
    static const size_t bytes[] = {
#define RIG_RAW_AREA_BYTES(name, text, bytes) bytes,
        RIG_RAW_AREAS(RIG_RAW_AREA_BYTES)
#undef RIG_RAW_AREA_BYTES
    };
    static const unsigned straight[3];

    if (area <= RIG_RAW_USED && !raw->area[RIG_RAW_DESC].cpu &&
        rig_raw_ring(raw, QUEUE_SIZE, straight))
        return NULL;
    if (!raw->area[area].cpu && allocate(raw, area, bytes[area], 0))
        return NULL;
    return &raw->area[area];
}

int rig_raw_ring(struct rig_raw *raw, uint32_t queue_size,
                 const unsigned skew[3])
{
    raw->queue_size = queue_size;
    return allocate(raw, RIG_RAW_DESC, 16 * (size_t)queue_size, skew[0]) ||
                   allocate(raw, RIG_RAW_AVAIL, 6 + 2 * (size_t)queue_size,
                            skew[1]) ||
                   allocate(raw, RIG_RAW_USED, 6 + 8 * (size_t)queue_size,
                            skew[2])
               ? -1
               : 0;
}

/* ---- initialisation ---- */

static void set_status(struct rig_raw *raw, uint32_t bit)
{
    raw->status |= bit;
    rig_raw_write(raw, VIRTIO_MMIO_STATUS, raw->status);
}

static void read_offer(struct rig_raw *raw)
{
    raw->offered = 0;
    for (unsigned k = 0; k < 2; k++) {
        rig_raw_write(raw, VIRTIO_MMIO_DEVICE_FEATURES_SEL, k);
        raw->offered |= (uint64_t)rig_raw_read(raw, VIRTIO_MMIO_DEVICE_FEATURES)
                        << 32 * k;
    }
}

static void write_features(struct rig_raw *raw)
{
    uint64_t accepted = (raw->offered & raw->accept) | raw->accept_always;

    for (unsigned k = 0; k < 2; k++) {
        rig_raw_write(raw, VIRTIO_MMIO_DRIVER_FEATURES_SEL, k);
        rig_raw_write(raw, VIRTIO_MMIO_DRIVER_FEATURES,
                      (uint32_t)(accepted >> 32 * k));
    }
}

static void write_address(struct rig_raw *raw, uint32_t low, uint64_t dma)
{
    rig_raw_write(raw, low, (uint32_t)dma);
    rig_raw_write(raw, low + 4, (uint32_t)(dma >> 32));
}

static int set_up_queue(struct rig_raw *raw)
{
    if (!rig_raw_area(raw, RIG_RAW_DESC))
        return -1;
    rig_raw_write(raw, VIRTIO_MMIO_QUEUE_SEL, raw->queue);
    rig_raw_read(raw, VIRTIO_MMIO_QUEUE_READY);
    rig_raw_read(raw, VIRTIO_MMIO_QUEUE_NUM_MAX);
    rig_raw_write(raw, VIRTIO_MMIO_QUEUE_NUM, raw->queue_size);
    write_address(raw, VIRTIO_MMIO_QUEUE_DESC_LOW, raw->area[RIG_RAW_DESC].dma);
    write_address(raw, VIRTIO_MMIO_QUEUE_DRIVER_LOW,
                  raw->area[RIG_RAW_AVAIL].dma);
    write_address(raw, VIRTIO_MMIO_QUEUE_DEVICE_LOW,
                  raw->area[RIG_RAW_USED].dma);
    rig_raw_write(raw, VIRTIO_MMIO_QUEUE_READY, 1);
    return 0;
}

static void read_capacity(struct rig_raw *raw)
{
    rig_raw_read(raw, VIRTIO_MMIO_CONFIG_GENERATION);
    rig_raw_read(raw, VIRTIO_MMIO_CONFIG);
    rig_raw_read(raw, VIRTIO_MMIO_CONFIG + 4);
    rig_raw_read(raw, VIRTIO_MMIO_CONFIG_GENERATION);
}

static int set_up_queues(struct rig_raw *raw)
{
    for (unsigned q = queue_count(raw); q-- > 0;) {
        rig_raw_select(raw, q);
        if (set_up_queue(raw))
            return -1;
    }
    return 0;
}

/* Rings start from 0 again; what a script wrote into fresh ones stays. */
static void forget_ring(struct rig_raw *raw)
{
    bool used = raw->avail_idx != 0;

    raw->avail_idx = raw->used_idx = raw->next_desc = 0;
    memset(&raw->packed, 0, sizeof(raw->packed));
    for (unsigned k = RIG_RAW_DESC; used && k <= RIG_RAW_USED; k++)
        if (raw->area[k].cpu)
            memset(raw->area[k].cpu, 0, raw->area[k].bytes);
}

static void reset(struct rig_raw *raw)
{
    uint64_t give_up = raw->rig->port.now_ns(raw->rig->port.ctx) + 100000000;

    raw->status = 0;
    rig_raw_write(raw, VIRTIO_MMIO_STATUS, 0);
    while (rig_raw_read(raw, VIRTIO_MMIO_STATUS) != 0)
        if (raw->rig->port.now_ns(raw->rig->port.ctx) > give_up)
            return;
    for (unsigned q = queue_count(raw); q-- > 0;) {
        rig_raw_select(raw, q);
        forget_ring(raw);
    }
}

int rig_raw_stage(struct rig_raw *raw, enum rig_raw_stage stage)
{
    switch (stage) {
    case RIG_RAW_STAGE_PROBE:
        rig_raw_read(raw, VIRTIO_MMIO_MAGIC_VALUE);
        rig_raw_read(raw, VIRTIO_MMIO_VERSION);
        rig_raw_read(raw, VIRTIO_MMIO_DEVICE_ID);
        return 0;
    case RIG_RAW_STAGE_RESET:
        reset(raw);
        return 0;
    case RIG_RAW_STAGE_ACKNOWLEDGE:
        set_status(raw, VIRTIO_STATUS_ACKNOWLEDGE);
        return 0;
    case RIG_RAW_STAGE_DRIVER:
        set_status(raw, VIRTIO_STATUS_DRIVER);
        return 0;
    case RIG_RAW_STAGE_OFFER:
        read_offer(raw);
        return 0;
    case RIG_RAW_STAGE_FEATURES:
        write_features(raw);
        return 0;
    case RIG_RAW_STAGE_FEATURES_OK:
        set_status(raw, VIRTIO_STATUS_FEATURES_OK);
        return 0;
    case RIG_RAW_STAGE_CONFIRM:
        raw->status = rig_raw_read(raw, VIRTIO_MMIO_STATUS);
        return 0;
    case RIG_RAW_STAGE_CONFIG:
        read_capacity(raw);
        return 0;
    case RIG_RAW_STAGE_QUEUES:
        return set_up_queues(raw);
    case RIG_RAW_STAGE_DRIVER_OK:
        set_status(raw, VIRTIO_STATUS_DRIVER_OK);
        return 0;
    case RIG_RAW_STAGE_COUNT:
        break;
    }
    return -1;
}

/* ---- ring ---- */

void rig_raw_put_desc(struct rig_raw *raw, bool in_table, uint32_t index,
                      const struct rig_raw_desc *d)
{
    struct rig_raw_memory *m =
        rig_raw_area(raw, in_table ? RIG_RAW_TABLE : RIG_RAW_DESC);
    uint8_t *at;

    if (!m || 16 * ((size_t)index + 1) > m->bytes)
        return;
    at = m->cpu + 16 * (size_t)index;
    if (is_packed(raw)) {
        rig_raw_packed_put_desc(raw, in_table, at, index, d);
        return;
    }
    rig_raw_put_le(at, d->addr, 8);
    rig_raw_put_le(at + 8, d->len, 4);
    put16(at + 12, d->flags);
    put16(at + 14, d->next);
}

void rig_raw_set_avail_idx(struct rig_raw *raw, uint16_t idx)
{
    raw->avail_idx = idx;
    rig_raw_publish16(raw->area[RIG_RAW_AVAIL].cpu + 2, idx);
}

void rig_raw_set_avail_flags(struct rig_raw *raw, uint16_t flags)
{
    rig_raw_publish16(raw->area[RIG_RAW_AVAIL].cpu + (is_packed(raw) ? 2 : 0),
                      flags);
}

void rig_raw_put_avail(struct rig_raw *raw, uint16_t head, unsigned slots)
{
    uint8_t *avail = raw->area[RIG_RAW_AVAIL].cpu;

    if (is_packed(raw)) {
        rig_raw_packed_put_avail(raw, head, slots);
        return;
    }
    put16(avail + 4 + 2 * (raw->avail_idx % raw->queue_size), head);
    rig_raw_set_avail_idx(raw, (uint16_t)(raw->avail_idx + 1));
}

bool rig_raw_interrupt(struct rig_raw *raw)
{
    bool dead = false;
    uint32_t bits = atomic_load(&raw->rig->machine->lines.irq_status);
    uint32_t cause;

    rig_emit(raw->rig, FAKE_EV_IRQ_ENTER, bits, 0, 0, 0);
    cause = rig_raw_read(raw, VIRTIO_MMIO_INTERRUPT_STATUS);
    rig_raw_write(raw, VIRTIO_MMIO_INTERRUPT_ACK, cause & 3);
    if (cause & VIRTIO_MMIO_INT_CONFIG_CHANGE)
        dead = rig_raw_read(raw, VIRTIO_MMIO_STATUS) &
               VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    rig_emit(raw->rig, FAKE_EV_IRQ_LEAVE, 0, 0, 0, 0);
    return dead;
}

static bool event_idx(const struct rig_raw *raw)
{
    return rig_raw_has(raw, VIRTIO_F_EVENT_IDX);
}

static uint16_t avail_event(const struct rig_raw *raw)
{
    return rig_raw_load16(raw->area[RIG_RAW_USED].cpu + 4 +
                          8 * raw->queue_size);
}

bool rig_raw_kick_wanted(const struct rig_raw *raw, unsigned count)
{
    /* idx, or flags, before the device's wish is read (2.7.13.4.1) */
    atomic_thread_fence(memory_order_seq_cst);
    if (is_packed(raw))
        return rig_raw_packed_kick_wanted(raw, count);
    if (!event_idx(raw))
        return !(rig_raw_load16(raw->area[RIG_RAW_USED].cpu) &
                 VIRTQ_USED_F_NO_NOTIFY);
    return (uint16_t)(raw->avail_idx - avail_event(raw) - 1) < count;
}

void rig_raw_notify(struct rig_raw *raw)
{
    uint32_t where = 0;

    if (rig_raw_has(raw, VIRTIO_F_NOTIFICATION_DATA))
        where = is_packed(raw) ? rig_raw_packed_where(raw)
                               : (uint32_t)raw->avail_idx << 16;
    rig_raw_write(raw, VIRTIO_MMIO_QUEUE_NOTIFY, raw->queue | where);
}

/* As an entry written next would find it. */
static bool is_armed(const struct rig_raw *raw)
{
    if (is_packed(raw))
        return rig_raw_packed_is_armed(raw);
    if (event_idx(raw))
        return avail_event(raw) == raw->avail_idx;
    return !(rig_raw_load16(raw->area[RIG_RAW_USED].cpu) &
             VIRTQ_USED_F_NO_NOTIFY);
}

int rig_raw_wait_armed(struct rig_raw *raw, uint64_t ns)
{
    const struct rig_port *port = &raw->rig->port;
    uint64_t deadline = port->now_ns(port->ctx) + ns;

    while (!is_armed(raw)) {
        uint64_t now = port->now_ns(port->ctx);

        if (fake_machine_irq(raw->rig->machine) && rig_raw_interrupt(raw))
            return RGT_E_STATE;
        if (now >= deadline)
            return RGT_E_TIMEOUT;
        port->wait(port->ctx, now + POLL_NS);
    }
    return 0;
}

/* Used entries that have come and were not waited for. */
static unsigned unseen(struct rig_raw *raw)
{
    uint16_t seen;

    if (is_packed(raw)) {
        rig_raw_packed_collect(raw);
        seen = raw->packed.seen;
    } else {
        seen = rig_raw_load16(raw->area[RIG_RAW_USED].cpu + 2);
    }
    return (uint16_t)(seen - raw->used_idx);
}

int rig_raw_wait_used(struct rig_raw *raw, unsigned count, uint64_t ns)
{
    struct rig *rig = raw->rig;
    uint64_t deadline = rig->port.now_ns(rig->port.ctx) + ns;
    uint16_t target = (uint16_t)(raw->used_idx + count);
    bool late = false;

    /* An interrupt at the last of them (2.7.7). */
    if (event_idx(raw) && !is_packed(raw))
        rig_raw_publish16(raw->area[RIG_RAW_AVAIL].cpu + 4 +
                              2 * raw->queue_size,
                          (uint16_t)(target - 1));
    for (;;) {
        if (fake_machine_irq(rig->machine) && !raw->hold_acks &&
            rig_raw_interrupt(raw))
            return RGT_E_STATE;
        if (unseen(raw) >= count) {
            raw->used_idx = target;
            return 0;
        }
        if (late)
            return RGT_E_TIMEOUT;
        /* At least once, however short the time: only a driver that waits
         * for what it has not kicked is guilty. */
        rig->port.wait(rig->port.ctx, deadline);
        late = rig->port.now_ns(rig->port.ctx) >= deadline;
    }
}
