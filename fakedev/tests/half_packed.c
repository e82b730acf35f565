/* SPDX-License-Identifier: MIT
 *
 * half_packed.c: the packed ring (2.8) of half.h. A read is a list of three
 * slots, or a table in one; its number is its buffer ID.
 */
#include <stdatomic.h>

#include "half.h"

#define BITS (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)

/* Seq_cst throughout: sanitizers understand these, and fences they do not. */
static void store(uint8_t *at, uint16_t v)
{
    atomic_store((_Atomic uint16_t *)(void *)at, v);
}

static uint16_t load(const uint8_t *at)
{
    return atomic_load((const _Atomic uint16_t *)(const void *)at);
}

static uint32_t load32(const uint8_t *at)
{
    return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at,
                                memory_order_relaxed);
}

static void put(uint8_t *at, uint64_t v, unsigned bytes)
{
    for (; bytes; bytes--, v >>= 8)
        *at++ = (uint8_t)v;
}

static uint8_t *slot_at(const struct half *h, unsigned slot)
{
    return h->desc + 16 * (size_t)slot;
}

static void forward(unsigned *at, bool *wrap, unsigned slots)
{
    *at += slots;
    if (*at >= HALF_PACKED) {
        *at -= HALF_PACKED;
        *wrap = !*wrap;
    }
}

void half_packed_reset(struct half *h)
{
    memset(&h->packed, 0, sizeof(h->packed));
    h->packed.wrap = h->packed.used_wrap = true;
    if (half_has(h, VIRTIO_F_RING_PACKED))
        memset(h->desc, 0, 16 * HALF_QUEUE);
}

/* Everything but the flags of a slot, which may be the ring's or a table's. */
static void put_piece(uint8_t *at, uint64_t addr, uint32_t len, unsigned id)
{
    put(at, addr, 8);
    put(at + 8, len, 4);
    put(at + 12, id, 2);
}

static const unsigned flags_of[] = {0, VIRTQ_DESC_F_WRITE, VIRTQ_DESC_F_WRITE};

static void put_number(struct half *h, uint8_t *at, unsigned slot, unsigned k)
{
    const uint64_t addr[] = {h->header_dma + 16 * slot,
                             h->data_dma + HALF_BYTES * slot,
                             h->status_dma + slot};
    const uint32_t len[] = {16, HALF_BYTES, 1};

    put_piece(at, addr[k], len[k], slot);
}

static uint16_t available(bool wrap, unsigned flags)
{
    return (uint16_t)(flags | (wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED));
}

static void submit_table(struct half *h, unsigned slot)
{
    uint8_t *table = h->table + 48 * slot;

    for (unsigned k = 0; k < 3; k++) {
        put_number(h, table + 16 * k, slot, k);
        put(table + 16 * k + 14, flags_of[k], 2);
    }
    put_piece(slot_at(h, h->packed.at), h->table_dma + 48 * slot, 48, slot);
    store(slot_at(h, h->packed.at) + 14,
          available(h->packed.wrap, VIRTQ_DESC_F_INDIRECT));
    h->packed.slots[slot] = 1;
}

static void submit_list(struct half *h, unsigned slot)
{
    unsigned at = h->packed.at;
    bool wrap = h->packed.wrap;

    for (unsigned k = 0; k < 3; k++) {
        put_number(h, slot_at(h, at), slot, k);
        if (k)
            store(
                slot_at(h, at) + 14,
                available(wrap, flags_of[k] | (k < 2 ? VIRTQ_DESC_F_NEXT : 0)));
        forward(&at, &wrap, 1);
    }
    store(slot_at(h, h->packed.at) + 14,
          available(h->packed.wrap, VIRTQ_DESC_F_NEXT));
    h->packed.slots[slot] = 3;
}

void half_packed_submit(struct half *h, unsigned slot)
{
    if (half_has(h, VIRTIO_F_INDIRECT_DESC))
        submit_table(h, slot);
    else
        submit_list(h, slot);
    h->packed.fresh += h->packed.slots[slot];
    h->packed.order[h->packed.order_count++] = slot;
    forward(&h->packed.at, &h->packed.wrap, h->packed.slots[slot]);
}

/* Slots from the one at `desc` to the next to be made available; as many as a
 * lap has, or more, if it is none of those behind. */
static unsigned since(const struct half *h, uint16_t desc)
{
    unsigned off = desc & 0x7fff;

    if (!!(desc & 0x8000) == h->packed.wrap)
        return off <= h->packed.at ? h->packed.at - off : 2 * HALF_PACKED;
    return off >= h->packed.at ? h->packed.at + HALF_PACKED - off
                               : 2 * HALF_PACKED;
}

bool half_packed_kick(struct half *h)
{
    unsigned fresh = h->packed.fresh;
    uint16_t flags = load(h->used + 2);
    unsigned back;

    h->packed.fresh = 0;
    if (!fresh || flags == RING_EVENT_FLAGS_DISABLE)
        return false;
    if (flags == RING_EVENT_FLAGS_ENABLE)
        return true;
    back = since(h, load(h->used));
    return back && back <= fresh;
}

bool half_packed_is_wanted(const struct half *h)
{
    uint16_t flags = load(h->used + 2);

    return flags == RING_EVENT_FLAGS_ENABLE ||
           (flags == RING_EVENT_FLAGS_DESC && since(h, load(h->used)) == 0);
}

uint32_t half_packed_where(const struct half *h)
{
    return h->packed.at << 16 | (uint32_t)h->packed.wrap << 31;
}

static bool is_used(const struct half *h)
{
    return (load(slot_at(h, h->packed.used_at) + 14) & BITS) ==
           (h->packed.used_wrap ? BITS : 0);
}

/* Number k in the order of submission has come back. */
static void take_back(struct half *h, unsigned k, uint32_t len)
{
    unsigned slot = h->packed.order[k];

    half_done(h, slot, len);
    forward(&h->packed.used_at, &h->packed.used_wrap, h->packed.slots[slot]);
    h->packed.order_count--;
    memmove(&h->packed.order[k], &h->packed.order[k + 1],
            (h->packed.order_count - k) * sizeof(h->packed.order[0]));
}

unsigned half_packed_collect(struct half *h)
{
    unsigned before = h->packed.order_count;

    while (h->packed.order_count && is_used(h)) {
        const uint8_t *used = slot_at(h, h->packed.used_at);
        uint16_t id = load(used + 12);
        uint32_t len = load32(used + 8);
        unsigned k = 0;

        while (k < h->packed.order_count && h->packed.order[k] != id)
            k++;
        assert_true(k < h->packed.order_count);
        if (half_has(h, VIRTIO_F_IN_ORDER))
            for (; k; k--) /* skipped: used completely (2.8.8) */
                take_back(h, 0, HALF_BYTES + 1);
        take_back(h, k, len);
    }
    return before - h->packed.order_count;
}

bool half_packed_sleep(struct half *h)
{
    if (half_has(h, VIRTIO_F_EVENT_IDX)) {
        store(h->avail, (uint16_t)(h->packed.used_at |
                                   (h->packed.used_wrap ? 0x8000u : 0)));
        store(h->avail + 2, RING_EVENT_FLAGS_DESC);
    }
    return !is_used(h);
}
