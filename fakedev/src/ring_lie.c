/* SPDX-License-Identifier: MIT
 *
 * ring_lie.c: how a used entry goes wrong: its id, its length, its order, and
 * what happens to the descriptors before.
 */
#include "ring_mem.h"

#include <string.h>

#define EARLY_NS 10000u

/* ---- ids -------------------------------------------------------------- */

/* The second descriptor of the chain, or the slot of that of a list, or -1. A
 * slot may be the buffer ID of another buffer: then it names that one. */
static int64_t mid_chain(const struct fake_ring *ring,
                         const struct fake_chain *chain)
{
    const struct fake_fetched *d = &chain->fetched[1];

    if (chain->fetched_count < 2 || d->in_table ||
        (ring->packed && fake_packed_is_lent(ring, d->index)))
        return -1;
    return d->index;
}

static void lie_about_id(struct fake_ring *ring, const struct fake_chain *chain,
                         struct fake_used *used)
{
    int64_t unlent = ring->packed ? fake_packed_unlent(ring, chain->head)
                                  : fake_split_unlent(ring, chain->head);
    int64_t mid = mid_chain(ring, chain);
    uint64_t arg;

    if (ring_fault(ring, FAKE_FAULT_USED_ID_RANGE, &arg))
        used->id = (uint32_t)(ring->cfg.size + arg);
    if (unlent >= 0 && ring_fault(ring, FAKE_FAULT_USED_ID_UNLENT, &arg))
        used->id = (uint32_t)unlent;
    if (mid >= 0 && ring_fault(ring, FAKE_FAULT_USED_ID_MID, &arg))
        used->id = (uint32_t)mid;
}

/* ---- lengths and places ----------------------------------------------- */

static void lie_about_len(struct fake_ring *ring,
                          const struct fake_chain *chain, uint32_t len,
                          struct fake_used *used)
{
    uint64_t arg;

    if (ring_fault(ring, FAKE_FAULT_USED_LEN_OVER, &arg))
        used->len = (uint32_t)(chain->writable_bytes + arg);
    if (len && ring_fault(ring, FAKE_FAULT_USED_LEN_SHORT, &arg) && arg < len)
        used->len = (uint32_t)arg;
    if (len && ring_fault(ring, FAKE_FAULT_USED_LEN_ZERO, &arg))
        used->len = 0;
}

static void lie_about_place(struct fake_ring *ring, struct fake_used *used)
{
    uint64_t arg;

    if (!ring->packed && ring_fault(ring, FAKE_FAULT_USED_IDX_JUMP, &arg))
        used->steps = (uint32_t)(ring->cfg.size + arg);
    used->other_lap =
        ring->packed && ring_fault(ring, FAKE_FAULT_USED_WRAP, &arg);
    used->torn = ring_fault(ring, FAKE_FAULT_USED_TORN, &arg);
}

/* ---- descriptors ------------------------------------------------------ */

/* Everything but what says in which lap a slot of a packed ring was made
 * available: without that the garbage would be a used descriptor as well. */
static struct fake_fetched garbage_for(const struct fake_fetched *d)
{
    struct fake_fetched g = *d;

    g.addr = ~d->addr;
    g.len = ~d->len;
    g.next = (uint16_t)~d->next;
    g.flags ^= VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_INDIRECT;
    return g;
}

static void scribble_one(const struct fake_ring *ring,
                         const struct fake_fetched *d)
{
    const struct fake_fetched g = garbage_for(d);
    uint8_t *at = (uint8_t *)(uintptr_t)d->at;
    uint16_t a = ring->packed ? g.next : g.flags;
    uint16_t b = ring->packed ? g.flags : g.next;

    if ((uintptr_t)at % 8 == 0) {
        put64(at, g.addr);
        put32(at + 8, g.len);
        put16(at + 12, a, memory_order_relaxed);
        put16(at + 14, b, memory_order_relaxed);
        return;
    }
    /* A table may lie anywhere; of garbage the order of bytes is all one. */
    memcpy(at, &g.addr, 8);
    memcpy(at + 8, &g.len, 4);
    memcpy(at + 12, &a, 2);
    memcpy(at + 14, &b, 2);
}

/* A slot that was passed over by used descriptors is the driver's again,
 * though the buffer that stood there is not. */
static bool is_ours(const struct fake_ring *ring,
                    const struct fake_chain *chain,
                    const struct fake_fetched *d, uint32_t slot_number)
{
    return !ring->packed || d->in_table ||
           chain->place + slot_number >= ring->given.count;
}

static void scribble(struct fake_ring *ring, const struct fake_chain *chain)
{
    for (uint32_t k = 0; k < chain->fetched_count; k++) {
        const struct fake_fetched *d = &chain->fetched[k];

        if (!is_ours(ring, chain, d, k))
            continue;
        scribble_one(ring, d);
        /* It was not the driver that changed it. */
        if (ring->packed && !d->in_table)
            fake_packed_reread(ring, d);
    }
}

/* ---- completions ------------------------------------------------------ */

static void show(struct fake_ring *ring, const struct fake_chain *chain,
                 const struct fake_used *used)
{
    uint8_t *entry = fake_ring_put(ring, used);

    if (used->torn)
        fake_ring_tear(ring, entry, used);
    if (fake_fault_planned(ring->faults, FAKE_FAULT_USED_FLIPPED))
        fake_ring_note_shown(ring, entry, chain);
}

void fake_ring_give_wrong(struct fake_ring *ring, struct fake_chain *chain,
                          uint32_t len)
{
    struct fake_used used = {.id = chain->head,
                             .len = len,
                             .buffers = 1,
                             .steps = ring->packed ? chain->slots : 1};
    uint64_t arg = 0;

    lie_about_id(ring, chain, &used);
    lie_about_len(ring, chain, len, &used);
    lie_about_place(ring, &used);
    if (ring_fault(ring, FAKE_FAULT_DESC_SCRIBBLED, &arg))
        scribble(ring, chain);
    /* A wrong id leaves the buffer itself with the device for ever. */
    if (used.id == chain->head)
        fake_ring_release(ring, chain);
    show(ring, chain, &used);
    ring->late.gave = true;
    used.steps = 1;
    used.torn = false;
    if (ring_fault(ring, FAKE_FAULT_USED_TWICE, &arg))
        (void)fake_ring_put(ring, &used);
}

/* ---- what is kept back ------------------------------------------------ */

static bool comes_early(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len)
{
    uint64_t ns = 0;

    if (!ring_fault(ring, FAKE_FAULT_IRQ_EARLY, &ns))
        return false;
    fake_ring_keep(ring, chain, len, ring->late.now_ns + (ns ? ns : EARLY_NS));
    chain->kept_quiet = true;
    ring->late.early = true;
    return true;
}

static bool comes_with_others(struct fake_ring *ring, struct fake_chain *chain,
                              uint32_t len)
{
    uint64_t ns = 0;

    if (!ring_fault(ring, FAKE_FAULT_USED_AT_ONCE, &ns))
        return false;
    if (ring->late.kept)
        fake_ring_keep(ring, chain, len, ring->late.kept_last->kept_until);
    else
        fake_ring_keep(ring, chain, len, ring->late.now_ns + ns);
    return true;
}

static bool comes_alone(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len)
{
    uint64_t arg;

    if ((!ring->late.gave && !ring->late.kept) ||
        !ring_fault(ring, FAKE_FAULT_USED_ONE_BY_ONE, &arg))
        return false;
    fake_ring_keep(ring, chain, len, ring->late.now_ns);
    chain->kept_alone = true;
    return true;
}

/* Nothing overtakes what is kept back already, of whatever ring. */
static bool has_to_queue(struct fake_ring *ring, struct fake_chain *chain,
                         uint32_t len)
{
    if (!ring->line->waiting)
        return false;
    fake_ring_keep(ring, chain, len, ring->late.now_ns);
    return true;
}

void fake_ring_lie(struct fake_ring *ring, struct fake_chain *chain,
                   uint32_t len)
{
    if (!ring->line) { /* no device around it that could give it later */
        fake_ring_give_wrong(ring, chain, len);
        return;
    }
    if (comes_early(ring, chain, len) || comes_with_others(ring, chain, len) ||
        comes_alone(ring, chain, len) || has_to_queue(ring, chain, len))
        return;
    fake_ring_give_wrong(ring, chain, len);
}

/* ---- out of order ------------------------------------------------------ */

/* A packed ring cannot show the older one later: a driver that takes the
 * younger one for the end of a batch has its slots back by then. */
static void swap(struct fake_ring *ring, struct fake_chain *older,
                 struct fake_chain *younger)
{
    ring->oldest = younger->after;
    fake_ring_give_wrong(ring, younger, younger->len);
    if (ring->packed || !ring->line)
        fake_ring_give_wrong(ring, older, older->len);
    else
        fake_ring_keep(ring, older, older->len, ring->late.now_ns);
}

void fake_ring_lie_in_order(struct fake_ring *ring)
{
    struct fake_chain *chain = ring->oldest;
    struct fake_chain *next = chain->after;
    uint64_t arg;

    ring->oldest = next;
    if (next && next->done && !ring->late.kept &&
        ring_fault(ring, FAKE_FAULT_USED_ORDER, &arg))
        swap(ring, chain, next);
    else
        fake_ring_lie(ring, chain, chain->len);
}
