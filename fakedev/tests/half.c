/* SPDX-License-Identifier: MIT
 *
 * half.c: see half.h.
 */
#include "half.h"

#include <stdatomic.h>
#include <stdio.h>

#define SLEEP_NS (5000 * HALF_MS)

/* Seq_cst throughout: sanitizers understand these, and fences they do not. */
static void store16(uint8_t *at, uint16_t v)
{
    atomic_store((_Atomic uint16_t *)(void *)at, v);
}

static uint16_t load16(const uint8_t *at)
{
    return atomic_load((const _Atomic uint16_t *)(const void *)at);
}

static void put(uint8_t *at, uint64_t v, unsigned bytes)
{
    for (; bytes; bytes--, v >>= 8)
        *at++ = (uint8_t)v;
}

static uint32_t get32(const uint8_t *at)
{
    return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at,
                                memory_order_relaxed);
}

/* ---- the machine ---- */

struct fake_machine_config half_config(enum fake_sched_kind sched)
{
    return (struct fake_machine_config){
        .sched = sched,
        .seed = 1,
        .poll_ns = 20000,
        .memory = FAKE_MEM_DIRECT,
        .arena_bytes = 1u << 20,
        .log = true,
        .log_room = 1u << 16,
        .queue_size_max = HALF_QUEUE,
        .device_id = VIRTIO_ID_BLOCK,
        .blk = {.features = F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_EVENT_IDX) |
                            F(VIRTIO_F_INDIRECT_DESC),
                .id = "half"},
    };
}

struct fake_machine *half_machine(const struct fake_machine_config *cfg)
{
    char err[160] = "";
    struct fake_store *store =
        fake_store_memory(HALF_SECTORS * HALF_BYTES, err, sizeof(err));
    struct fake_machine *m;
    uint8_t sector[HALF_BYTES];

    assert_non_null(store);
    for (unsigned s = 0; s < HALF_SECTORS; s++) {
        for (unsigned b = 0; b < HALF_BYTES; b++)
            sector[b] = (uint8_t)((s + b) % 251);
        assert_int_equal(store->ops->write(store, (uint64_t)s * HALF_BYTES,
                                           sector, HALF_BYTES),
                         0);
    }
    m = fake_machine_new(cfg, store, err, sizeof(err));
    if (!m)
        fail_msg("%s", err);
    return m;
}

/* ---- registers ---- */

uint32_t half_get(struct half *h, uint32_t offset)
{
    return fake_machine_read(h->m, offset, 4);
}

void half_set(struct half *h, uint32_t offset, uint32_t value)
{
    fake_machine_write(h->m, offset, 4, value);
}

static uint8_t *memory(struct half *h, size_t bytes, uint64_t *dma)
{
    uint8_t *mem = fake_arena_dma_alloc(&h->m->arena, bytes, 4096, dma);

    assert_non_null(mem);
    return mem;
}

static void allocate(struct half *h)
{
    h->desc = memory(h, 16 * HALF_QUEUE, &h->desc_dma);
    h->avail = memory(h, 6 + 2 * HALF_QUEUE, &h->avail_dma);
    h->used = memory(h, 6 + 8 * HALF_QUEUE, &h->used_dma);
    h->table = memory(h, 48 * HALF_SLOTS, &h->table_dma);
    h->header = memory(h, 16 * HALF_SLOTS, &h->header_dma);
    h->status = memory(h, HALF_SLOTS, &h->status_dma);
    h->data = memory(h, HALF_BYTES * HALF_SLOTS, &h->data_dma);
}

static void forget_reads(struct half *h)
{
    memset(h->busy, 0, sizeof(h->busy));
    h->busy_count = 0;
}

void half_reset(struct half *h)
{
    half_set(h, VIRTIO_MMIO_STATUS, 0);
    assert_int_equal(half_get(h, VIRTIO_MMIO_STATUS), 0);
    forget_reads(h);
}

static uint64_t offer(struct half *h)
{
    uint64_t bits = 0;

    for (unsigned k = 0; k < 2; k++) {
        half_set(h, VIRTIO_MMIO_DEVICE_FEATURES_SEL, k);
        bits |= (uint64_t)half_get(h, VIRTIO_MMIO_DEVICE_FEATURES) << 32 * k;
    }
    return bits;
}

static void set_address(struct half *h, uint32_t low, uint64_t dma)
{
    half_set(h, low, (uint32_t)dma);
    half_set(h, low + 4, (uint32_t)(dma >> 32));
}

static void set_up_queue(struct half *h)
{
    memset(h->avail, 0, 6 + 2 * HALF_QUEUE);
    memset(h->used, 0, 6 + 8 * HALF_QUEUE);
    h->avail_idx = h->kicked_idx = h->used_idx = 0;
    half_packed_reset(h);
    half_set(h, VIRTIO_MMIO_QUEUE_SEL, 0);
    assert_int_equal(half_get(h, VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(half_get(h, VIRTIO_MMIO_QUEUE_NUM_MAX), HALF_QUEUE);
    half_set(h, VIRTIO_MMIO_QUEUE_NUM,
             half_has(h, VIRTIO_F_RING_PACKED) ? HALF_PACKED : HALF_QUEUE);
    set_address(h, VIRTIO_MMIO_QUEUE_DESC_LOW, h->desc_dma);
    set_address(h, VIRTIO_MMIO_QUEUE_DRIVER_LOW, h->avail_dma);
    set_address(h, VIRTIO_MMIO_QUEUE_DEVICE_LOW, h->used_dma);
    half_set(h, VIRTIO_MMIO_QUEUE_READY, 1);
}

unsigned half_reset_queue(struct half *h)
{
    unsigned reads = 0;

    half_set(h, VIRTIO_MMIO_QUEUE_SEL, 0);
    half_set(h, VIRTIO_MMIO_QUEUE_RESET, 1);
    while (half_get(h, VIRTIO_MMIO_QUEUE_RESET))
        assert_true(++reads < 1000);
    forget_reads(h);
    set_up_queue(h);
    return reads;
}

void half_open(struct half *h, struct fake_machine *m, uint64_t leave)
{
    if (!h->m) {
        h->m = m;
        allocate(h);
        half_get(h, VIRTIO_MMIO_MAGIC_VALUE);
        half_get(h, VIRTIO_MMIO_VERSION);
        half_get(h, VIRTIO_MMIO_DEVICE_ID);
    }
    half_reset(h);
    half_set(h, VIRTIO_MMIO_STATUS, 1);
    half_set(h, VIRTIO_MMIO_STATUS, 3);
    h->features = offer(h) & ~leave;
    for (unsigned k = 0; k < 2; k++) {
        half_set(h, VIRTIO_MMIO_DRIVER_FEATURES_SEL, k);
        half_set(h, VIRTIO_MMIO_DRIVER_FEATURES,
                 (uint32_t)(h->features >> 32 * k));
    }
    half_set(h, VIRTIO_MMIO_STATUS, 11);
    assert_int_equal(half_get(h, VIRTIO_MMIO_STATUS), 11);
    set_up_queue(h);
    half_set(h, VIRTIO_MMIO_STATUS, 15);
}

/* ---- the ring ---- */

static bool event_idx(const struct half *h)
{
    return h->features >> VIRTIO_F_EVENT_IDX & 1;
}

static void put_desc(uint8_t *at, uint64_t addr, uint32_t len, unsigned flags,
                     unsigned next)
{
    put(at, addr, 8);
    put(at + 8, len, 4);
    put(at + 12, flags, 2);
    put(at + 14, next, 2);
}

/* R16 | W512 | W1 in three entries from `first` on. */
static void put_chain(struct half *h, uint8_t *at, unsigned slot,
                      unsigned first)
{
    put_desc(at, h->header_dma + 16 * slot, 16, VIRTQ_DESC_F_NEXT, first + 1);
    put_desc(at + 16, h->data_dma + HALF_BYTES * slot, HALF_BYTES,
             VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE, first + 2);
    put_desc(at + 32, h->status_dma + slot, 1, VIRTQ_DESC_F_WRITE, 0);
}

void half_submit(struct half *h, unsigned slot, uint64_t sector)
{
    unsigned head = 3 * slot;

    assert_false(h->busy[slot]);
    put(h->header + 16 * slot, VIRTIO_BLK_T_IN, 8);
    put(h->header + 16 * slot + 8, sector, 8);
    h->status[slot] = 0xff;
    memset(h->data + HALF_BYTES * slot, 0xaa, HALF_BYTES);
    h->busy[slot] = true;
    h->sector[slot] = sector;
    h->busy_count++;
    if (half_has(h, VIRTIO_F_RING_PACKED)) {
        half_packed_submit(h, slot);
        return;
    }
    if (h->features >> VIRTIO_F_INDIRECT_DESC & 1) {
        put_chain(h, h->table + 48 * slot, slot, 0);
        put_desc(h->desc + 16 * head, h->table_dma + 48 * slot, 48,
                 VIRTQ_DESC_F_INDIRECT, 0);
    } else {
        put_chain(h, h->desc + 16 * head, slot, head);
    }
    put(h->avail + 4 + 2 * (h->avail_idx % HALF_QUEUE), head, 2);
    store16(h->avail + 2, ++h->avail_idx);
}

static void ring_bell(struct half *h)
{
    uint32_t where = half_has(h, VIRTIO_F_RING_PACKED)
                         ? half_packed_where(h)
                         : (uint32_t)h->avail_idx << 16;

    h->kicks++;
    half_set(h, VIRTIO_MMIO_QUEUE_NOTIFY,
             half_has(h, VIRTIO_F_NOTIFICATION_DATA) ? where : 0);
}

void half_kick(struct half *h)
{
    uint16_t new = h->avail_idx, old = h->kicked_idx, event;
    bool wanted;

    if (half_has(h, VIRTIO_F_RING_PACKED)) {
        if (half_packed_kick(h))
            ring_bell(h);
        return;
    }
    h->kicked_idx = new;
    if (event_idx(h)) {
        event = load16(h->used + 4 + 8 * HALF_QUEUE);
        wanted = (uint16_t)(new - event - 1) < (uint16_t)(new - old);
    } else {
        wanted = !(load16(h->used) & VIRTQ_USED_F_NO_NOTIFY);
    }
    if (wanted && new != old)
        ring_bell(h);
}

bool half_is_wanted(const struct half *h)
{
    if (half_has(h, VIRTIO_F_RING_PACKED))
        return half_packed_is_wanted(h);
    if (event_idx(h))
        return load16(h->used + 4 + 8 * HALF_QUEUE) == h->avail_idx;
    return !(load16(h->used) & VIRTQ_USED_F_NO_NOTIFY);
}

void half_done(struct half *h, unsigned slot, uint32_t len)
{
    assert_true(slot < HALF_SLOTS && h->busy[slot]);
    assert_int_equal(len, HALF_BYTES + 1);
    assert_int_equal(h->status[slot], VIRTIO_BLK_S_OK);
    for (unsigned b = 0; b < HALF_BYTES; b++)
        if (h->data[HALF_BYTES * slot + b] != (h->sector[slot] + b) % 251)
            fail_msg("slot %u, sector %u, byte %u is wrong", slot,
                     (unsigned)h->sector[slot], b);
    h->busy[slot] = false;
    h->busy_count--;
    h->reads++;
}

unsigned half_collect(struct half *h)
{
    uint16_t idx = load16(h->used + 2);
    unsigned n = 0;

    if (half_has(h, VIRTIO_F_RING_PACKED))
        return half_packed_collect(h);
    for (; h->used_idx != idx; h->used_idx++, n++) {
        const uint8_t *entry = h->used + 4 + 8 * (h->used_idx % HALF_QUEUE);
        uint32_t id = get32(entry);

        assert_int_equal(id % 3, 0);
        half_done(h, id / 3, get32(entry + 4));
    }
    return n;
}

int half_sleep(struct half *h, uint64_t deadline_ns)
{
    if (half_has(h, VIRTIO_F_RING_PACKED))
        return half_packed_sleep(h) ? fake_machine_wait(h->m, deadline_ns) : 1;
    if (event_idx(h))
        store16(h->avail + 4 + 2 * HALF_QUEUE, h->used_idx);
    if (load16(h->used + 2) != h->used_idx)
        return 1;
    return fake_machine_wait(h->m, deadline_ns);
}

uint32_t half_interrupt(struct half *h)
{
    uint32_t cause;

    if (!fake_machine_irq(h->m))
        return 0;
    fake_emit(&h->m->log, FAKE_EV_IRQ_ENTER, FAKE_NO_QUEUE, 0, 0, 0, 0);
    cause = half_get(h, VIRTIO_MMIO_INTERRUPT_STATUS);
    half_set(h, VIRTIO_MMIO_INTERRUPT_ACK, cause & 3);
    fake_emit(&h->m->log, FAKE_EV_IRQ_LEAVE, FAKE_NO_QUEUE, 0, 0, 0, 0);
    h->interrupts++;
    return cause;
}

void half_read(struct half *h, unsigned depth, uint64_t count)
{
    uint64_t started = 0, end = h->reads + count;

    while (h->reads < end) {
        for (unsigned k = 0; k < depth && started < count; k++)
            if (!h->busy[k])
                half_submit(h, k, (7 * started++ + k) % HALF_SECTORS);
        half_kick(h);
        if (half_collect(h))
            continue;
        if (!half_sleep(h, fake_machine_now(h->m) + SLEEP_NS))
            fail_msg("nothing came after %u kicks, %u reads in flight",
                     (unsigned)h->kicks, h->busy_count);
        half_interrupt(h);
    }
}

void half_innocent(struct half *h)
{
    const struct fake_violation *list;
    size_t n;

    fake_machine_stop(h->m);
    n = fake_judge_violations(h->m->judge, &list);
    if (n)
        fail_msg("%s: expected %s; seen %s", list[0].clause, list[0].expected,
                 list[0].seen);
}
