/* SPDX-License-Identifier: MIT */
/* The device's half of a ring of either kind, for laws that hold for both:
 * chains are taken in order, and used one by one or in batches. */
#ifndef FAKE_RING_H
#define FAKE_RING_H

#include "fake_packed.h"

#define FAKE_RING_SIZE_MOST 256u

struct fake_taken {
    uint16_t id; /* head, or buffer id */
    unsigned descs;
    uint32_t writable_bytes;
};

struct fake_ring {
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[FAKE_RING_SIZE_MOST];
    struct fake_packed packed;
    bool is_packed, event_idx, in_order;
    struct fake_taken taken[FAKE_RING_SIZE_MOST]; /* oldest first */
    unsigned count;
    unsigned interrupts; /* that the driver had asked for */
};

void fake_ring_up(struct fake_ring *r, uint32_t size, uint64_t features,
                  uint16_t indirect_entries);
void fake_ring_down(struct fake_ring *r);

/* Takes all that is available. With IN_ORDER, descriptors have to come in ring
 * order (2.7.5.2). */
void fake_ring_take(struct fake_ring *r);

/* Uses the nth chain taken, len bytes written; the others move up. */
void fake_ring_use(struct fake_ring *r, unsigned n, uint32_t len);

/* IN_ORDER: uses the first count chains by one element for the last. */
void fake_ring_use_batch(struct fake_ring *r, unsigned count, uint32_t len);

/* One used element, as it comes; it counts for one chain of descs. */
void fake_ring_put_used(struct fake_ring *r, uint16_t id, uint32_t len,
                        unsigned count, unsigned descs);

#endif
