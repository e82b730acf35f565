/* SPDX-License-Identifier: MIT
 *
 * ring_walk.h: private to the ring: what walks along chains of either form
 * have in common.
 */
#ifndef FAKEDEV_RING_WALK_H
#define FAKEDEV_RING_WALK_H

#include <string.h>

#include "ring_mem.h"

/* One walk along a chain. */
struct fake_walk {
    struct fake_ring *ring;
    struct fake_chain *chain;
    const uint8_t *table; /* descriptors are read from here now */
    uint32_t table_size;
    uint32_t elements; /* descriptors that describe a piece of the buffer */
    bool in_table;     /* that is an indirect one */
    uint32_t told;     /* fetched descriptors told to the log */
    bool writable_seen;
    bool order_told;
};

void fake_walk_begin(struct fake_walk *w, struct fake_ring *ring,
                     struct fake_chain *chain);

/* Emits the descriptors fetched, then an event of this kind. */
void fake_walk_tell(struct fake_walk *w, enum fake_event_kind kind, uint64_t b,
                    uint64_t c, uint64_t d);

/* The same with CHAIN_BAD. Always false, for `return fake_walk_bad(...)`. */
bool fake_walk_bad(struct fake_walk *w, enum fake_chain_bad reason,
                   uint32_t index, uint64_t value);

/* d points at an indirect table: the walk goes on at its start. */
bool fake_walk_enter(struct fake_walk *w, const struct fake_fetched *d);

/* Room for one more descriptor. */
bool fake_chain_grow(struct fake_chain *chain);

/* ---- once per descriptor ---- */

/* The first 12 bytes are the same in both forms; then split: flags, next;
 * packed: id, flags. */
static inline void fake_read_descriptor(const uint8_t *at, bool packed,
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

/* Reads a descriptor of the table, once. NULL: no memory. */
static inline struct fake_fetched *fake_walk_fetch(struct fake_walk *w,
                                                   uint16_t index, bool packed)
{
    struct fake_chain *chain = w->chain;
    struct fake_fetched *d;

    if (chain->fetched_count == chain->fetched_room && !fake_chain_grow(chain))
        return NULL;
    d = &chain->fetched[chain->fetched_count++];
    d->index = index;
    d->in_table = w->in_table;
    d->at = w->table + DESC_BYTES * (size_t)index;
    fake_read_descriptor(d->at, packed, d);
    return d;
}

/* Readable segments lie before writable ones, whatever the driver did. */
static inline void fake_chain_place(struct fake_chain *chain,
                                    struct fake_seg seg, bool writable)
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

/* d describes a piece of the buffer. */
static inline bool fake_walk_add(struct fake_walk *w,
                                 const struct fake_fetched *d)
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
    fake_chain_place(w->chain, seg, writable);
    return true;
}

#endif
