/* SPDX-License-Identifier: MIT
 *
 * ring_walk.h: private to the ring: what walks along chains of either form
 * have in common.
 */
#ifndef FAKEDEV_RING_WALK_H
#define FAKEDEV_RING_WALK_H

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

/* Reads a descriptor of the table, once. NULL: no memory. */
struct fake_fetched *fake_walk_fetch(struct fake_walk *w, uint16_t index);

/* d points at an indirect table: the walk goes on at its start. */
bool fake_walk_enter(struct fake_walk *w, const struct fake_fetched *d);

/* d describes a piece of the buffer. */
bool fake_walk_add(struct fake_walk *w, const struct fake_fetched *d);

#endif
