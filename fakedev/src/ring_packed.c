/* SPDX-License-Identifier: MIT
 *
 * ring_packed.c: the descriptor ring with its wrap counters, and the two event
 * suppression structures (2.8), from the device's side.
 *
 * The slots from `given` up to `next` are with the device: the driver has made
 * them available and cannot have them back yet. As each used descriptor
 * takes the slot at `given`, whatever buffer it is for, no slot among them was
 * ever written by the device, and each has to stay as it was read.
 */
#include <stdlib.h>

#include "ring_mem.h"

/* struct pvirtq_desc (2.8.13) and pvirtq_event_suppress (2.8.14) */
#define DESC_LEN 8u
#define DESC_ID 12u
#define DESC_FLAGS 14u
#define EVENT_BYTES 4u
#define EVENT_FLAGS 2u

#define IDS 65536u

/* 2.8.4: the address of a used descriptor means nothing. */
#define NO_ADDRESS UINT64_C(0xeeeeeeeeeeeeeeee)

static uint8_t *slot_at(const struct fake_ring *ring, uint32_t slot)
{
    return ring->desc + DESC_BYTES * (size_t)slot;
}

/* ---- life ------------------------------------------------------------- */

static bool map_areas(struct fake_ring *ring)
{
    const struct fake_ring_config *cfg = &ring->cfg;
    uint64_t bytes = DESC_BYTES * (uint64_t)cfg->size;

    ring->desc = fake_ring_map(ring, cfg->desc, bytes, 8, FAKE_TO_DEVICE);
    if (ring->desc) /* it is written as well */
        ring->desc = fake_ring_map(ring, cfg->desc, bytes, 8, FAKE_FROM_DEVICE);
    ring->avail =
        fake_ring_map(ring, cfg->driver, EVENT_BYTES, 4, FAKE_TO_DEVICE);
    ring->used =
        fake_ring_map(ring, cfg->device, EVENT_BYTES, 4, FAKE_FROM_DEVICE);
    return ring->desc && ring->avail && ring->used;
}

static bool make_chains(struct fake_ring *ring)
{
    uint32_t i;

    ring->was = calloc(ring->cfg.size, sizeof(*ring->was));
    ring->lent = calloc(IDS / 64, sizeof(*ring->lent));
    if (!ring->was || !ring->lent)
        return false;
    for (i = ring->cfg.size; i-- > 0;) {
        ring->chain[i].after = ring->spare;
        ring->spare = &ring->chain[i];
    }
    return true;
}

/* 2.8.13: the ring is zero at first. */
static uint32_t dirty_slots(const struct fake_ring *ring)
{
    uint32_t i, n = 0;

    for (i = 0; i < ring->cfg.size; i++)
        n += get64(slot_at(ring, i)) || get64(slot_at(ring, i) + 8);
    return n;
}

static uint16_t event_flags(const uint8_t *area)
{
    return get16(area + EVENT_FLAGS, memory_order_relaxed);
}

/* Both halves at once: a driver may read them in any order. */
static void put_event(struct fake_ring *ring, uint16_t flags, uint16_t desc)
{
    put32(ring->used, (uint32_t)flags << 16 | desc);
}

static uint16_t desc_of(uint32_t slot, bool wrap)
{
    return (uint16_t)(slot | (wrap ? 0x8000u : 0));
}

/* An occasion for garbage in the field that does not apply. */
static bool wants_garbage(struct fake_ring *ring)
{
    uint64_t arg;

    return ring_fault(ring, FAKE_FAULT_EVENT_GARBAGE, &arg);
}

/* A slot that is not made available for a long time: the last one that was. */
static uint16_t far_away(const struct fake_ring *ring)
{
    if (ring->next.slot)
        return desc_of(ring->next.slot - 1, ring->next.wrap);
    return desc_of(ring->cfg.size - 1, !ring->next.wrap);
}

int fake_packed_up(struct fake_ring *ring)
{
    if (!map_areas(ring) || !make_chains(ring))
        return -1;
    ring->next.wrap = ring->given.wrap = true;
    /* As it is, the driver is to kick at each slot. */
    ring->armed_idx = ring->event_idx ? UINT64_MAX : 0;
    ring->driver_event = UINT32_MAX; /* nothing read yet */
    if (ring->cfg.taken)
        atomic_store_explicit(ring->cfg.taken, 0, memory_order_relaxed);
    if (ring->log->on)
        fake_emit(ring->log, FAKE_EV_QUEUE_INIT, ring->cfg.index,
                  event_flags(ring->avail), event_flags(ring->used), 0,
                  dirty_slots(ring));
    if (wants_garbage(ring))
        put_event(ring, RING_EVENT_FLAGS_ENABLE, far_away(ring));
    return 0;
}

/* ---- available -------------------------------------------------------- */

bool fake_packed_look(struct fake_ring *ring)
{
    const struct fake_place *next = &ring->next;
    /* acquire: the descriptor, and the rest of its list, are read after the
     * flags that make it available. Pairs with the driver's barrier before
     * flags (2.8.21.1.1). */
    uint16_t flags =
        get16(slot_at(ring, next->slot) + DESC_FLAGS, memory_order_acquire);

    if (!fake_packed_is_avail(flags, next->wrap))
        return false;
    if (next->count - ring->given.count < ring->cfg.size)
        return true;
    /* Every slot is with the device, this one among them. */
    fake_ring_break(
        ring, get16(slot_at(ring, next->slot) + DESC_ID, memory_order_relaxed),
        FAKE_CHAIN_BAD_LENT_TWICE, next->slot, flags);
    return true;
}

struct fake_chain *fake_packed_take(struct fake_ring *ring)
{
    struct fake_chain *chain = ring->spare;

    if (!fake_packed_look(ring) || ring->broken)
        return NULL;
    /* Each chain holds a slot, and not all slots are lent. But a buffer whose
     * used descriptor told another id gave its slots back and is kept, until
     * in the end there is no chain for the next one. */
    if (!chain || !fake_packed_walk(ring, chain)) {
        ring->broken = true;
        return NULL;
    }
    ring->spare = chain->after;
    ring->lent[chain->head / 64] |= UINT64_C(1) << chain->head % 64;
    fake_place_move(&ring->next, ring->cfg.size, chain->slots);
    if (ring->cfg.taken && ring->log->on)
        atomic_store_explicit(ring->cfg.taken, ring->next.count,
                              memory_order_relaxed);
    return chain;
}

/* ---- used ------------------------------------------------------------- */

void fake_packed_release(struct fake_ring *ring, struct fake_chain *chain)
{
    ring->lent[chain->head / 64] &= ~(UINT64_C(1) << chain->head % 64);
    chain->after = ring->spare;
    ring->spare = chain;
}

/* Does it stand in a slot that was made available, and not taken yet? */
static bool is_waiting(const struct fake_ring *ring, uint16_t id)
{
    struct fake_place at = ring->next;

    for (uint32_t i = 0; i < ring->cfg.size; i++) {
        const uint8_t *slot = slot_at(ring, at.slot);

        if (!fake_packed_is_avail(
                get16(slot + DESC_FLAGS, memory_order_acquire), at.wrap))
            return false;
        if (get16(slot + DESC_ID, memory_order_relaxed) == id)
            return true;
        fake_place_move(&at, ring->cfg.size, 1);
    }
    return false;
}

int64_t fake_packed_unlent(const struct fake_ring *ring, uint16_t id)
{
    uint32_t i, other;

    for (i = 1; i < ring->cfg.size; i++) {
        other = (id + i) % ring->cfg.size;
        if (!fake_packed_is_lent(ring, (uint16_t)other) &&
            !is_waiting(ring, (uint16_t)other))
            return other;
    }
    return -1;
}

/* The driver has changed a slot that was with the device. Or has it even made
 * it available again? */
static void tell_change(struct fake_ring *ring, uint16_t id,
                        const struct fake_place *at)
{
    uint16_t flags =
        get16(slot_at(ring, at->slot) + DESC_FLAGS, memory_order_relaxed);

    fake_emit(ring->log, FAKE_EV_CHAIN_CHANGED, ring->cfg.index, id, at->slot,
              fake_packed_is_avail(flags, !at->wrap), 0);
}

/* The driver gets these slots back: were they left alone? */
static void recheck_slots(struct fake_ring *ring, uint16_t id, uint32_t count)
{
    struct fake_place at = ring->given;

    for (; count; count--, fake_place_move(&at, ring->cfg.size, 1)) {
        if (fake_fetched_is_same(&ring->was[at.slot], true))
            continue;
        tell_change(ring, id, &at);
        return;
    }
}

static uint16_t used_flags(const struct fake_used *used, bool wrap)
{
    return (uint16_t)((wrap ? VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0) |
                      (used->len ? VIRTQ_DESC_F_WRITE : 0));
}

/* What the driver wrote there is shown, but no id of another buffer: it may be
 * lent, and the driver could not know better than to take it back. */
static void leave_slot(uint8_t *slot, uint32_t id)
{
    if (get16(slot + DESC_ID, memory_order_relaxed) != id)
        put16(slot + DESC_ID, UINT16_MAX, memory_order_relaxed);
}

uint8_t *fake_packed_put(struct fake_ring *ring, const struct fake_used *used)
{
    uint8_t *slot = slot_at(ring, ring->given.slot);
    bool wrap = ring->given.wrap != used->other_lap;
    uint64_t lent = ring->next.count - ring->given.count;
    uint32_t steps = used->steps < lent ? used->steps : (uint32_t)lent;

    recheck_slots(ring, (uint16_t)used->id, steps);
    fake_place_move(&ring->given, ring->cfg.size, steps);
    if (used->torn) {
        leave_slot(slot, used->id);
    } else {
        put64(slot, NO_ADDRESS);
        put32(slot + DESC_LEN, used->len);
        put16(slot + DESC_ID, (uint16_t)used->id, memory_order_relaxed);
    }
    /* Logged before the driver can see it: what it does about it comes later
     * in the log. */
    fake_ring_tell_used(ring, (uint16_t)used->id, used->len, ring->given.count,
                        used->buffers);
    /* release: the descriptor, and the data in the buffer, before the flags.
     * Pairs with the driver's read of flags (2.8.22). */
    put16(slot + DESC_FLAGS, used_flags(used, wrap), memory_order_release);
    return slot;
}

/* ---- notifications (2.8.10) ------------------------------------------- */

/* Slots gone by when the slot at desc_event_off is used, in the lap that
 * desc_event_wrap names: this one or the last. */
static uint64_t event_count(const struct fake_ring *ring, uint16_t desc)
{
    const struct fake_place *at = &ring->given;
    uint64_t lap = at->count - at->slot;

    if (!!(desc & 0x8000u) != at->wrap)
        lap -= ring->cfg.size;
    return lap + (desc & 0x7fffu);
}

static bool is_among(const struct fake_ring *ring, uint16_t desc, uint64_t old)
{
    uint64_t event = event_count(ring, desc);

    return (desc & 0x7fffu) < ring->cfg.size &&
           event - old < ring->given.count - old;
}

bool fake_packed_due(struct fake_ring *ring)
{
    uint64_t old = ring->told;
    uint16_t flags, desc;
    uint32_t event;

    if (ring->given.count == old)
        return false;
    ring->told = ring->given.count;
    /* seq_cst: our used descriptors are visible before the driver's wish is
     * read. Pairs with the driver's fence between its wish and its last look
     * for used descriptors: one of the two sees the other. */
    atomic_thread_fence(memory_order_seq_cst);
    event = get32(ring->avail);
    flags = (uint16_t)(event >> 16);
    desc = (uint16_t)event;
    if (event != ring->driver_event)
        fake_emit(ring->log, FAKE_EV_DRIVER_EVENT, ring->cfg.index, flags,
                  desc & 0x7fffu, desc >> 15, 0);
    ring->driver_event = event;
    switch (flags & 3) {
    case RING_EVENT_FLAGS_ENABLE:
        return true;
    case RING_EVENT_FLAGS_DESC: /* without EVENT_IDX it means nothing */
        return !ring->event_idx || is_among(ring, desc, old);
    default:
        return false;
    }
}

void fake_packed_refuse(struct fake_ring *ring)
{
    /* The garbage reads like a wish for a kick at the next slot. */
    put_event(ring, RING_EVENT_FLAGS_DISABLE,
              wants_garbage(ring) ? desc_of(ring->next.slot, ring->next.wrap)
                                  : 0);
}

/* A place before or after the next slot to be taken, within two laps. */
static uint16_t desc_at(const struct fake_ring *ring, uint64_t count)
{
    uint64_t laps2 = 2 * (uint64_t)ring->cfg.size;
    uint64_t at = (count - ring->next.count + laps2) % laps2;

    at += ring->next.slot;
    return desc_of((uint32_t)(at % ring->cfg.size),
                   ring->next.wrap != (at / ring->cfg.size & 1));
}

bool fake_packed_wants_all(const struct fake_ring *ring)
{
    return event_flags(ring->used) == RING_EVENT_FLAGS_ENABLE;
}

bool fake_packed_ask(struct fake_ring *ring)
{
    bool garbage = wants_garbage(ring);
    uint64_t event;

    if (!ring->event_idx || garbage) {
        put_event(ring, RING_EVENT_FLAGS_ENABLE, garbage ? far_away(ring) : 0);
        ring->event_at = ring->next.count;
        return true;
    }
    if (fake_ring_event(ring, &event)) {
        put_event(ring, RING_EVENT_FLAGS_DESC, desc_at(ring, event));
        ring->event_at = event;
    } else if (event_flags(ring->used) == RING_EVENT_FLAGS_DISABLE) {
        /* In events as good as a slot that is long gone. */
        ring->event_at = ring->next.count - 1;
    }
    return false;
}
