/* SPDX-License-Identifier: MIT
 *
 * ring_walk.c: descriptor chains, direct and indirect (2.7.5).
 */
#include "ring_walk.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_AT_ONCE 16u

static void put_desc(const struct fake_walk *w, uint64_t number, uint32_t k)
{
    const struct fake_fetched *d = &w->chain->fetched[k];

    fake_log_put(w->ring->log, number, FAKE_EV_DESC, w->ring->cfg.index,
                 d->index, d->addr, d->len,
                 (uint64_t)d->flags | (uint64_t)d->next << 16 |
                     (uint64_t)d->in_table << 32);
}

/* The descriptors fetched since the last time, `count` of them, and room for
 * one event more, whose number is returned. */
static uint64_t put_descs(struct fake_walk *w, unsigned count, unsigned more)
{
    uint64_t first = fake_log_begin(w->ring->log, count + more);

    for (unsigned k = 0; k < count; k++)
        put_desc(w, first + k, w->told++);
    return first + count;
}

/* The descriptors fetched, then CHAIN or CHAIN_BAD: as few claims on the log
 * as can be, for each of them costs a line shared by two threads. */
void fake_walk_tell(struct fake_walk *w, enum fake_event_kind kind, uint64_t b,
                    uint64_t c, uint64_t d)
{
    struct fake_log *log = w->ring->log;
    unsigned left;
    uint64_t last;

    if (!log->on)
        return;
    while ((left = w->chain->fetched_count - w->told) > EVENTS_AT_ONCE) {
        last = put_descs(w, EVENTS_AT_ONCE, 0);
        fake_log_end(log, last - EVENTS_AT_ONCE, EVENTS_AT_ONCE);
    }
    last = put_descs(w, left, 1);
    fake_log_put(log, last, kind, w->ring->cfg.index, w->chain->head, b, c, d);
    fake_log_end(log, last - left, left + 1);
}

bool fake_walk_bad(struct fake_walk *w, enum fake_chain_bad reason,
                   uint32_t index, uint64_t value)
{
    fake_walk_tell(w, FAKE_EV_CHAIN_BAD, reason, index, value);
    return false;
}

/* Room for one more descriptor. Kept for the next chain at this head. */
static bool grow(struct fake_chain *chain)
{
    uint32_t room = chain->fetched_room ? 2 * chain->fetched_room : 4;
    struct fake_fetched *fetched;
    struct fake_seg *seg;

    fetched = realloc(chain->fetched, room * sizeof(*fetched));
    if (!fetched)
        return false;
    chain->fetched = fetched;
    seg = realloc(chain->seg, room * sizeof(*seg));
    if (!seg)
        return false;
    chain->seg = seg;
    chain->seg_room = room;
    chain->fetched_room = room;
    return true;
}

/* The first 12 bytes are the same in both forms; then split: flags, next;
 * packed: id, flags. */
static void read_descriptor(const uint8_t *at, bool packed,
                            struct fake_fetched *d)
{
    uint8_t copy[DESC_BYTES];
    uint16_t a, b;

    if ((uintptr_t)at % 8 == 0) {
        d->addr = get64(at);
        d->len = get32(at + 8);
        a = get16(at + 12, memory_order_relaxed);
        b = get16(at + 14, memory_order_relaxed);
    } else {
        /* An indirect table may lie anywhere. */
        memcpy(copy, at, sizeof(copy));
        memcpy(&d->addr, copy, 8);
        memcpy(&d->len, copy + 8, 4);
        memcpy(&a, copy + 12, 2);
        memcpy(&b, copy + 14, 2);
        d->addr = FAKE_LE64(d->addr);
        d->len = FAKE_LE32(d->len);
        a = FAKE_LE16(a);
        b = FAKE_LE16(b);
    }
    d->flags = packed ? b : a;
    d->next = packed ? a : b;
}

struct fake_fetched *fake_walk_fetch(struct fake_walk *w, uint16_t index)
{
    struct fake_chain *chain = w->chain;
    struct fake_fetched *d;

    if (chain->fetched_count == chain->fetched_room && !grow(chain))
        return NULL;
    d = &chain->fetched[chain->fetched_count++];
    d->index = index;
    d->in_table = w->in_table;
    d->at = w->table + DESC_BYTES * (size_t)index;
    read_descriptor(d->at, w->ring->packed, d);
    return d;
}

bool fake_walk_enter(struct fake_walk *w, const struct fake_fetched *d)
{
    struct fake_ring *ring = w->ring;

    if (!(ring->cfg.features >> VIRTIO_F_INDIRECT_DESC & 1))
        fake_walk_bad(w, FAKE_CHAIN_BAD_NOT_NEGOTIATED, d->index, d->flags);
    if (d->len == 0 || d->len % DESC_BYTES)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_TABLE_LEN, d->index, d->len);
    w->table = fake_arena_map(ring->arena, d->addr, d->len, FAKE_TO_DEVICE);
    if (!w->table)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_MEMORY, d->index, d->addr);
    w->table_size = d->len / DESC_BYTES;
    w->in_table = true;
    return true;
}

/* Readable segments lie before writable ones, whatever the driver did. */
static void place(struct fake_chain *chain, struct fake_seg seg, bool writable)
{
    uint32_t at = chain->seg_count;

    if (!writable && at > chain->readable_count) {
        at = chain->readable_count;
        memmove(&chain->seg[at + 1], &chain->seg[at],
                (chain->seg_count - at) * sizeof(seg));
    }
    chain->seg[at] = seg;
    chain->seg_count++;
    if (writable) {
        chain->writable_bytes += seg.bytes;
    } else {
        chain->readable_count++;
        chain->readable_bytes += seg.bytes;
    }
}

bool fake_walk_add(struct fake_walk *w, const struct fake_fetched *d)
{
    bool writable = d->flags & VIRTQ_DESC_F_WRITE;
    struct fake_seg seg = {NULL, d->len};

    w->elements++;
    if (writable) {
        w->writable_seen = true;
    } else if (w->writable_seen && !w->order_told) {
        w->order_told = true;
        fake_walk_bad(w, FAKE_CHAIN_BAD_ORDER, d->index, d->flags);
    }
    if (d->len == 0)
        return true;
    seg.mem = fake_arena_map(w->ring->arena, d->addr, d->len,
                             writable ? FAKE_FROM_DEVICE : FAKE_TO_DEVICE);
    if (!seg.mem)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_MEMORY, d->index, d->addr);
    place(w->chain, seg, writable);
    return true;
}

void fake_walk_begin(struct fake_walk *w, struct fake_ring *ring,
                     struct fake_chain *chain)
{
    *w = (struct fake_walk){.ring = ring,
                            .chain = chain,
                            .table = ring->desc,
                            .table_size = ring->cfg.size};
    chain->seg_count = 0;
    chain->readable_count = 0;
    chain->readable_bytes = 0;
    chain->writable_bytes = 0;
    chain->fetched_count = 0;
}

/* ---- split ------------------------------------------------------------ */

/* WRITE means nothing here (2.7.5.3.2). What the driver may not do but can be
 * served is told and served. */
static bool enter_table(struct fake_walk *w, const struct fake_fetched *d)
{
    if (w->in_table)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_TABLE_NESTED, d->index,
                             d->flags);
    if (d->flags & VIRTQ_DESC_F_NEXT)
        fake_walk_bad(w, FAKE_CHAIN_BAD_TABLE_AND_NEXT, d->index, d->flags);
    return fake_walk_enter(w, d);
}

bool fake_split_walk(struct fake_ring *ring, struct fake_chain *chain)
{
    struct fake_walk w;
    uint16_t index = chain->head;

    fake_walk_begin(&w, ring, chain);
    for (;;) {
        const struct fake_fetched *d;

        /* 2.7.5.3.1: no chain is longer than the queue size. This also ends
         * every loop, so at most size + 1 descriptors are fetched. */
        if (w.elements == ring->cfg.size)
            return fake_walk_bad(&w, FAKE_CHAIN_BAD_TOO_LONG, index,
                                 ring->cfg.size);
        d = fake_walk_fetch(&w, index);
        if (!d)
            return false;
        if (d->flags & VIRTQ_DESC_F_INDIRECT) {
            if (!enter_table(&w, d))
                return false;
            index = 0;
            continue;
        }
        if (!fake_walk_add(&w, d))
            return false;
        if (!(d->flags & VIRTQ_DESC_F_NEXT))
            break;
        if (d->next >= w.table_size)
            return fake_walk_bad(&w, FAKE_CHAIN_BAD_NEXT_RANGE, index, d->next);
        index = d->next;
    }
    fake_walk_tell(&w, FAKE_EV_CHAIN, w.elements, chain->readable_bytes,
                   chain->writable_bytes);
    return true;
}

/* ---- afterwards ------------------------------------------------------- */

/* next is part of the chain only together with NEXT; the id of a packed list
 * stands in its last descriptor (2.8.6). */
static bool is_same(uint64_t addr, uint32_t len, uint16_t flags, uint16_t next,
                    const struct fake_fetched *was, bool packed)
{
    bool counts = !(flags & VIRTQ_DESC_F_NEXT) == packed;

    return addr == was->addr && len == was->len && flags == was->flags &&
           (next == was->next || !counts);
}

bool fake_fetched_is_same(const struct fake_fetched *was, bool packed)
{
    const uint8_t *at = was->at;
    struct fake_fetched is;
    uint16_t a, b;

    /* Compared in registers: a copy, written by fields and compared as a
     * whole, costs a stall of the store buffer per descriptor. */
    if ((uintptr_t)at % 8 == 0) {
        a = get16(at + 12, memory_order_relaxed);
        b = get16(at + 14, memory_order_relaxed);
        return is_same(get64(at), get32(at + 8), packed ? b : a, packed ? a : b,
                       was, packed);
    }
    read_descriptor(at, packed, &is);
    return is_same(is.addr, is.len, is.flags, is.next, was, packed);
}

void fake_ring_recheck(struct fake_ring *ring, const struct fake_chain *chain)
{
    uint32_t i;

    for (i = 0; i < chain->fetched_count; i++) {
        const struct fake_fetched *was = &chain->fetched[i];

        /* What stands in the slots of a packed list may be used descriptors
         * by now: see fake_packed_put(). */
        if ((ring->packed && !was->in_table) ||
            fake_fetched_is_same(was, ring->packed))
            continue;
        fake_emit(ring->log, FAKE_EV_CHAIN_CHANGED, ring->cfg.index,
                  chain->head, was->index, 0, 0);
        return;
    }
}
