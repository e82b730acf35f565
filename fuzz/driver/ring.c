/* SPDX-License-Identifier: MIT */
/* The device's half of a queue: what it has taken, and how it gives back, well
 * or badly. */
#include "law.h"
#include "peer.h"

#define USED_ENTRY_BYTES 8u
#define PACKED_BYTES 16u

bool peer_packed(const struct peer_queue *q)
{
    return (q->features & PEER_F(VIRTIO_F_RING_PACKED)) != 0;
}

static bool in_order(const struct peer_queue *q)
{
    return (q->features & PEER_F(VIRTIO_F_IN_ORDER)) != 0;
}

static bool event_idx(const struct peer_queue *q)
{
    return (q->features & PEER_F(VIRTIO_F_EVENT_IDX)) != 0;
}

/* ---- chains -------------------------------------------------------------- */

void peer_bad(struct peer_queue *q, const char *what)
{
    FUZZ_LAW(q->blind, "queue %u: %s", q->index, what);
}

struct peer_chain *peer_chain_new(struct peer_queue *q)
{
    for (unsigned i = 0; i < 32; i++) {
        if ((q->free_chains >> i & 1) == 0)
            continue;
        q->chain[i].seg_count = 0;
        q->chain[i].readable_count = 0;
        q->chain[i].writable_bytes = 0;
        return &q->chain[i];
    }
    return NULL;
}

static void forget(struct peer_queue *q, unsigned n)
{
    q->free_chains |= 1u << q->taken[n];
    q->taken_count--;
    for (; n < q->taken_count; n++)
        q->taken[n] = q->taken[n + 1];
}

/* If its used element has been there before it, it is the driver's again. */
static bool is_early(struct peer_queue *q, uint16_t id)
{
    bool early = id < 64 && (q->early >> id & 1) != 0;

    if (early)
        q->early &= ~PEER_F(id);
    return early;
}

void peer_chain_keep(struct peer_queue *q, struct peer_chain *c)
{
    unsigned n = (unsigned)(c - q->chain);

    q->free_chains &= ~(1u << n);
    q->taken[q->taken_count++] = (uint16_t)n;
    if (!is_early(q, c->id))
        return;
    forget(q, q->taken_count - 1u);
    while (in_order(q) && q->taken_count > 0)
        forget(q, 0);
}

/* 2.7.4.2: what the device reads comes first. Returns whether it was good. */
bool peer_chain_add(struct peer *p, struct peer_queue *q, struct peer_chain *c,
                    uint64_t dma, uint32_t len, bool writable)
{
    uint8_t *mem = peer_map(p, dma, len, writable);

    if (len == 0 || !mem) {
        peer_bad(q, "a descriptor over memory that was not lent that way");
        return false;
    }
    if (c->seg_count == PEER_SEGS) {
        peer_bad(q, "a chain longer than the queue");
        return false;
    }
    if (!writable && c->readable_count < c->seg_count) {
        peer_bad(q, "readable behind writable");
        return false;
    }
    c->seg[c->seg_count++] = (struct peer_seg){mem, len, dma};
    if (writable)
        c->writable_bytes += len;
    else
        c->readable_count++;
    return true;
}

void peer_take(struct peer *p, struct peer_queue *q)
{
    if (!q->up)
        return;
    if (peer_packed(q))
        peer_packed_take(p, q);
    else
        peer_split_take(p, q);
}

/* ---- used ---------------------------------------------------------------- */

static void place_move(const struct peer_queue *q, struct peer_place *place,
                       unsigned by)
{
    for (unsigned at = place->at + by;; at -= q->size) {
        if (at < q->size) {
            place->at = (uint16_t)at;
            return;
        }
        place->wrap = !place->wrap;
    }
}

static void put_split(struct peer_queue *q, uint32_t id, uint32_t len,
                      unsigned by)
{
    uint8_t *entry =
        q->device + 4 + USED_ENTRY_BYTES * (q->used_next & (q->size - 1u));

    peer_put32(entry, id);
    peer_put32(entry + 4, len);
    q->last = entry;
    q->used_next = (uint16_t)(q->used_next + by);
    peer_put16(q->device + 2, q->used_next);
}

static void put_packed(struct peer_queue *q, uint32_t id, uint32_t len,
                       unsigned by)
{
    uint8_t *d = q->desc + PACKED_BYTES * (size_t)q->used_at.at;
    uint16_t flags =
        q->used_at.wrap ? VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0;

    peer_put32(d + 8, len);
    peer_put16(d + 12, (uint16_t)id);
    q->last = d;
    peer_put16(d + 14, len > 0 ? flags | VIRTQ_DESC_F_WRITE : flags);
    place_move(q, &q->used_at, by);
}

void peer_give(struct peer_queue *q, unsigned n, uint32_t len)
{
    unsigned oldest = in_order(q) ? 0 : n;
    uint16_t id = q->chain[q->taken[n]].id;
    /* More than there was room for ends the queue: a driver that takes the
     * buffer back all the same takes it from the device. */
    bool kept = len > q->chain[q->taken[n]].writable_bytes;
    unsigned slots = 0, chains = n - oldest + 1;

    if (q->over)
        return;
    for (unsigned i = oldest; i <= n; i++) {
        slots += q->chain[q->taken[kept ? i : oldest]].slots;
        if (!kept)
            forget(q, oldest);
    }
    if (peer_packed(q))
        put_packed(q, id, len, slots);
    else
        put_split(q, id, len, chains);
}

bool peer_is_batch(const struct peer_queue *q, unsigned n)
{
    return in_order(q) && !peer_packed(q) && n > 0;
}

void peer_uncovered(struct peer_queue *q, unsigned n, uint32_t len)
{
    put_split(q, q->chain[q->taken[n]].id, len, 1);
    q->over = true; /* more would cover it */
}

/* If it is the id of a chain that the device has, then that is given back. */
void peer_used(struct peer *p, struct peer_queue *q, uint32_t id, uint32_t len)
{
    peer_take(p, q);
    if (q->over)
        return;
    if (peer_packed(q))
        id &= UINT16_MAX;
    for (unsigned n = 0; n < q->taken_count; n++) {
        if (q->chain[q->taken[n]].id == id) {
            peer_give(q, n, len);
            return;
        }
    }
    if (peer_packed(q)) {
        q->blind = true; /* the slot may be one that the driver is filling */
        put_packed(q, id, len, 1);
        return;
    }
    /* It may become true, of a chain that is made available before the driver
     * looks. */
    if (id < 64)
        q->early |= PEER_F(id);
    put_split(q, id, len, 1);
}

/* Which chain the driver takes for given back depends on when it looked. */
void peer_rewrite(struct peer_queue *q, uint32_t id, uint32_t len)
{
    if (!q->last)
        return;
    q->blind = true;
    if (peer_packed(q)) {
        peer_put32(q->last + 8, len);
        peer_put16(q->last + 12, (uint16_t)id);
        return;
    }
    peer_put32(q->last, id);
    peer_put32(q->last + 4, len);
}

/* A used idx that is further than there are chains ends the queue, and nothing
 * is given back by it. Else nobody knows from here on what the driver takes for
 * given back. */
void peer_skew(struct peer_queue *q, uint16_t by)
{
    if (peer_packed(q)) {
        q->blind = true;
        place_move(q, &q->used_at, by % (2u * q->size));
        return;
    }
    q->skew = (uint16_t)(q->skew + by);
    if (q->over || q->skew <= q->size || q->skew >= UINT16_MAX - q->size)
        q->blind = true;
    q->used_next = (uint16_t)(q->used_next + by);
    peer_put16(q->device + 2, q->used_next);
}

void peer_suppress(struct peer_queue *q, uint8_t flags, uint16_t event)
{
    if (peer_packed(q)) {
        peer_put16(q->device, event);
        peer_put16(q->device + 2, flags);
        return;
    }
    peer_put16(q->device, flags);
    if (event_idx(q))
        peer_put16(q->device + 4 + USED_ENTRY_BYTES * (size_t)q->size, event);
}

/* ---- what is in use ------------------------------------------------------ */

static bool in_area(uint64_t area, uint64_t dma, size_t bytes)
{
    return area >= dma && area - dma < bytes;
}

static bool chain_uses(const struct peer_chain *c, uint64_t dma, size_t bytes)
{
    for (uint32_t i = 0; i < c->seg_count; i++) {
        if (in_area(c->seg[i].dma, dma, bytes))
            return true;
    }
    return false;
}

bool peer_uses(struct peer *p, uint64_t dma, size_t bytes)
{
    for (unsigned k = 0; k < PEER_QUEUES; k++) {
        struct peer_queue *q = &p->queue[k];
        if (!q->up)
            continue;
        if (in_area(q->desc_dma, dma, bytes))
            return true;
        if (!q->blind)
            peer_take(p, q);
        for (unsigned n = 0; n < q->taken_count && !q->blind; n++) {
            if (chain_uses(&q->chain[q->taken[n]], dma, bytes))
                return true;
        }
    }
    return false;
}

void peer_drop(struct peer *p, uint64_t dma, size_t bytes)
{
    for (unsigned k = 0; k < PEER_QUEUES; k++) {
        struct peer_queue *q = &p->queue[k];
        for (unsigned n = q->taken_count; n-- > 0;) {
            if (chain_uses(&q->chain[q->taken[n]], dma, bytes))
                forget(q, n);
        }
    }
}

/* A table may be in any block. */
void peer_spoil(struct peer *p, struct peer_block *b)
{
    b->spoilt = true;
    for (unsigned k = 0; k < PEER_QUEUES; k++) {
        struct peer_queue *q = &p->queue[k];
        bool tables = (q->features & PEER_F(VIRTIO_F_INDIRECT_DESC)) != 0;
        if (tables || in_area(q->desc_dma, b->dma, b->bytes))
            q->blind = true;
    }
}
