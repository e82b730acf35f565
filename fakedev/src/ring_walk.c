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
    w->chain->lent = last;
    fake_log_put(log, last, kind, w->ring->cfg.index, w->chain->head, b, c, d);
    fake_log_end(log, last - left, left + 1);
}

bool fake_walk_bad(struct fake_walk *w, enum fake_chain_bad reason,
                   uint32_t index, uint64_t value)
{
    fake_walk_tell(w, FAKE_EV_CHAIN_BAD, reason, index, value);
    return false;
}

/* Kept for the next chain at this head. */
bool fake_chain_grow(struct fake_chain *chain)
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
        d = fake_walk_fetch(&w, index, false);
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
    fake_read_descriptor(at, packed, &is);
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
