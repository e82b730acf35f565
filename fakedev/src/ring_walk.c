/* SPDX-License-Identifier: MIT
 *
 * ring_walk.c: descriptor chains, direct and indirect (2.7.5), and their
 * bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "ring_mem.h"

/* One walk along a chain. */
struct walk {
    struct fake_ring *ring;
    struct fake_chain *chain;
    const uint8_t *table; /* descriptors are read from here now */
    uint32_t table_size;
    uint32_t elements;   /* descriptors that describe a piece of the buffer */
    bool in_table;       /* that is an indirect one */
    uint32_t table_from; /* fetched from here on: entries of that table */
    uint32_t told;       /* fetched descriptors told to the log */
    bool writable_seen;
    bool order_told;
};

#define EVENTS_AT_ONCE 16u

static void put_desc(const struct walk *w, uint64_t number, uint32_t k)
{
    const struct fake_fetched *d = &w->chain->fetched[k];
    bool in_table = w->in_table && k >= w->table_from;

    fake_log_put(w->ring->log, number, FAKE_EV_DESC, w->ring->cfg.index,
                 d->index, d->addr, d->len,
                 (uint64_t)d->flags | (uint64_t)d->next << 16 |
                     (uint64_t)in_table << 32);
}

/* The descriptors fetched since the last time, `count` of them, and room for
 * one event more, whose number is returned. */
static uint64_t put_descs(struct walk *w, unsigned count, unsigned more)
{
    uint64_t first = fake_log_begin(w->ring->log, count + more);

    for (unsigned k = 0; k < count; k++)
        put_desc(w, first + k, w->told++);
    return first + count;
}

/* The descriptors fetched, then CHAIN or CHAIN_BAD: as few claims on the log
 * as can be, for each of them costs a line shared by two threads. */
static void tell(struct walk *w, enum fake_event_kind kind, uint64_t b,
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

/* Always false, for `return bad(...)`. */
static bool bad(struct walk *w, enum fake_chain_bad reason, uint32_t index,
                uint64_t value)
{
    tell(w, FAKE_EV_CHAIN_BAD, reason, index, value);
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

static void read_descriptor(const uint8_t *at, struct fake_fetched *d)
{
    struct virtq_desc copy;

    d->at = at;
    if ((uintptr_t)at % 8 == 0) {
        d->addr = get64(at);
        d->len = get32(at + 8);
        d->flags = get16(at + 12, memory_order_relaxed);
        d->next = get16(at + 14, memory_order_relaxed);
        return;
    }
    /* An indirect table may lie anywhere. */
    memcpy(&copy, at, sizeof(copy));
    d->addr = FAKE_LE64(copy.addr);
    d->len = FAKE_LE32(copy.len);
    d->flags = FAKE_LE16(copy.flags);
    d->next = FAKE_LE16(copy.next);
}

static struct fake_fetched *fetch(struct walk *w, uint16_t index)
{
    struct fake_chain *chain = w->chain;
    struct fake_fetched *d;

    if (chain->fetched_count == chain->fetched_room && !grow(chain))
        return NULL;
    d = &chain->fetched[chain->fetched_count++];
    d->index = index;
    read_descriptor(w->table + DESC_BYTES * (size_t)index, d);
    return d;
}

/* d points at an indirect table: the walk goes on at its start. WRITE means
 * nothing here (2.7.5.3.2). What the driver may not do but can be served is
 * told and served. */
static bool enter_table(struct walk *w, const struct fake_fetched *d)
{
    struct fake_ring *ring = w->ring;

    if (w->in_table)
        return bad(w, FAKE_CHAIN_BAD_TABLE_NESTED, d->index, d->flags);
    if (!(ring->cfg.features >> VIRTIO_F_INDIRECT_DESC & 1))
        bad(w, FAKE_CHAIN_BAD_NOT_NEGOTIATED, d->index, d->flags);
    if (d->flags & VIRTQ_DESC_F_NEXT)
        bad(w, FAKE_CHAIN_BAD_TABLE_AND_NEXT, d->index, d->flags);
    if (d->len == 0 || d->len % DESC_BYTES)
        return bad(w, FAKE_CHAIN_BAD_TABLE_LEN, d->index, d->len);
    w->table = fake_arena_map(ring->arena, d->addr, d->len, FAKE_TO_DEVICE);
    if (!w->table)
        return bad(w, FAKE_CHAIN_BAD_MEMORY, d->index, d->addr);
    w->table_size = d->len / DESC_BYTES;
    w->in_table = true;
    w->table_from = w->chain->fetched_count;
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

static bool add_element(struct walk *w, const struct fake_fetched *d)
{
    bool writable = d->flags & VIRTQ_DESC_F_WRITE;
    struct fake_seg seg = {NULL, d->len};

    w->elements++;
    if (writable) {
        w->writable_seen = true;
    } else if (w->writable_seen && !w->order_told) {
        w->order_told = true;
        bad(w, FAKE_CHAIN_BAD_ORDER, d->index, d->flags);
    }
    if (d->len == 0)
        return true;
    seg.mem = fake_arena_map(w->ring->arena, d->addr, d->len,
                             writable ? FAKE_FROM_DEVICE : FAKE_TO_DEVICE);
    if (!seg.mem)
        return bad(w, FAKE_CHAIN_BAD_MEMORY, d->index, d->addr);
    place(w->chain, seg, writable);
    return true;
}

bool fake_ring_walk(struct fake_ring *ring, struct fake_chain *chain)
{
    struct walk w = {.ring = ring,
                     .chain = chain,
                     .table = ring->desc,
                     .table_size = ring->cfg.size};
    uint16_t index = chain->head;

    chain->seg_count = 0;
    chain->readable_count = 0;
    chain->readable_bytes = 0;
    chain->writable_bytes = 0;
    chain->fetched_count = 0;
    for (;;) {
        const struct fake_fetched *d;

        /* 2.7.5.3.1: no chain is longer than the queue size. This also ends
         * every loop, so at most size + 1 descriptors are fetched. */
        if (w.elements == ring->cfg.size)
            return bad(&w, FAKE_CHAIN_BAD_TOO_LONG, index, ring->cfg.size);
        d = fetch(&w, index);
        if (!d)
            return false;
        if (d->flags & VIRTQ_DESC_F_INDIRECT) {
            if (!enter_table(&w, d))
                return false;
            index = 0;
            continue;
        }
        if (!add_element(&w, d))
            return false;
        if (!(d->flags & VIRTQ_DESC_F_NEXT))
            break;
        if (d->next >= w.table_size)
            return bad(&w, FAKE_CHAIN_BAD_NEXT_RANGE, index, d->next);
        index = d->next;
    }
    tell(&w, FAKE_EV_CHAIN, w.elements, chain->readable_bytes,
         chain->writable_bytes);
    return true;
}

/* next is part of the chain only together with NEXT. */
static bool is_same(uint64_t addr, uint32_t len, uint16_t flags, uint16_t next,
                    const struct fake_fetched *was)
{
    return addr == was->addr && len == was->len && flags == was->flags &&
           (next == was->next || !(flags & VIRTQ_DESC_F_NEXT));
}

static bool is_unchanged(const struct fake_fetched *was)
{
    const uint8_t *at = was->at;
    struct fake_fetched is;

    /* Compared in registers: a copy, written by fields and compared as a
     * whole, costs a stall of the store buffer per descriptor. */
    if ((uintptr_t)at % 8 == 0)
        return is_same(get64(at), get32(at + 8),
                       get16(at + 12, memory_order_relaxed),
                       get16(at + 14, memory_order_relaxed), was);
    read_descriptor(at, &is);
    return is_same(is.addr, is.len, is.flags, is.next, was);
}

void fake_ring_recheck(struct fake_ring *ring, const struct fake_chain *chain)
{
    uint32_t i;

    for (i = 0; i < chain->fetched_count; i++) {
        if (is_unchanged(&chain->fetched[i]))
            continue;
        fake_emit(ring->log, FAKE_EV_CHAIN_CHANGED, ring->cfg.index,
                  chain->head, chain->fetched[i].index, 0, 0);
        return;
    }
}

/* ---- bytes ------------------------------------------------------------ */

uint64_t fake_chain_read(const struct fake_chain *chain, uint64_t offset,
                         void *to, uint64_t bytes)
{
    uint8_t *out = to;
    uint64_t done = 0;
    uint32_t i;

    for (i = 0; i < chain->readable_count && done < bytes; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t n = seg->bytes;

        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        memcpy(out + done, seg->mem + offset, n);
        done += n;
        offset = 0;
    }
    return done;
}

uint64_t fake_chain_write(const struct fake_chain *chain, uint64_t offset,
                          const void *from, uint64_t bytes)
{
    const uint8_t *in = from;
    uint64_t done = 0;
    uint32_t i;

    for (i = chain->readable_count; i < chain->seg_count && done < bytes; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t n = seg->bytes;

        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        memcpy(seg->mem + offset, in + done, n);
        done += n;
        offset = 0;
    }
    return done;
}
