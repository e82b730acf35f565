/* SPDX-License-Identifier: MIT
 *
 * ring_walk_packed.c: descriptor lists of a packed ring, direct and indirect
 * (2.8.5 to 2.8.7).
 */
#include "ring_walk.h"

static bool too_long(struct fake_walk *w, uint32_t index)
{
    return fake_walk_bad(w, FAKE_CHAIN_BAD_TOO_LONG, index, w->ring->cfg.size);
}

/* A table has no links: it is as long as it says. Of its flags only WRITE
 * means anything (2.8.7). */
static bool walk_table(struct fake_walk *w, const struct fake_fetched *d)
{
    uint32_t k;

    if (!fake_walk_enter(w, d))
        return false;
    for (k = 0; k < w->table_size; k++) {
        if (k == w->ring->cfg.size)
            return too_long(w, k);
        d = fake_walk_fetch(w, (uint16_t)k, true);
        if (!d || !fake_walk_add(w, d))
            return false;
    }
    return true;
}

/* Slots of the ring that hold nothing of the device's. */
static uint64_t free_slots(const struct fake_ring *ring)
{
    return ring->cfg.size - (ring->next.count - ring->given.count);
}

/* The list goes on into slots that the driver cannot have back yet. */
static bool no_room(struct fake_walk *w, const struct fake_place *at)
{
    uint16_t flags = get16(w->ring->desc + DESC_BYTES * (size_t)at->slot + 14,
                           memory_order_relaxed);

    return fake_walk_bad(w, FAKE_CHAIN_BAD_NO_ROOM, at->slot,
                         fake_packed_is_avail(flags, at->wrap));
}

/* Reads the slot at `at`, number n of the list. */
static const struct fake_fetched *
read_slot(struct fake_walk *w, const struct fake_place *at, uint32_t n)
{
    const struct fake_fetched *d;
    uint16_t flags;

    if (n == free_slots(w->ring)) {
        (void)(n == w->ring->cfg.size ? too_long(w, at->slot) : no_room(w, at));
        return NULL;
    }
    d = fake_walk_fetch(w, (uint16_t)at->slot, true);
    if (!d)
        return NULL;
    flags = d->flags;
    if (!fake_packed_is_avail(flags, at->wrap)) {
        w->chain->fetched_count--; /* nobody knows what this is */
        (void)fake_walk_bad(w, FAKE_CHAIN_BAD_NOT_AVAILABLE, at->slot, flags);
        return NULL;
    }
    w->ring->was[at->slot] = *d;
    return d;
}

/* A table stands alone (2.8.19). */
static bool is_alone(struct fake_walk *w, const struct fake_fetched *d,
                     uint32_t n)
{
    if (n > 1)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_TABLE_IN_LIST, d->index,
                             d->flags);
    if (d->flags & VIRTQ_DESC_F_NEXT)
        return fake_walk_bad(w, FAKE_CHAIN_BAD_TABLE_AND_NEXT, d->index,
                             d->flags);
    return true;
}

static bool walk_list(struct fake_walk *w)
{
    const struct fake_ring *ring = w->ring;
    struct fake_place at = ring->next;
    const struct fake_fetched *d;
    uint32_t n = 0;

    for (;;) {
        d = read_slot(w, &at, n);
        if (!d)
            return false;
        n++;
        fake_place_move(&at, ring->cfg.size, 1);
        w->chain->head = d->next;
        w->chain->slots = n;
        if (d->flags & VIRTQ_DESC_F_INDIRECT)
            return is_alone(w, d, n) && walk_table(w, d);
        if (!fake_walk_add(w, d))
            return false;
        if (!(d->flags & VIRTQ_DESC_F_NEXT))
            return true;
    }
}

bool fake_packed_walk(struct fake_ring *ring, struct fake_chain *chain)
{
    struct fake_walk w;

    fake_walk_begin(&w, ring, chain);
    if (!walk_list(&w))
        return false;
    if (fake_packed_is_lent(ring, chain->head))
        fake_walk_bad(&w, FAKE_CHAIN_BAD_ID_LENT, ring->next.slot, chain->head);
    fake_walk_tell(&w, FAKE_EV_CHAIN, w.elements, chain->readable_bytes,
                   chain->writable_bytes);
    return true;
}
