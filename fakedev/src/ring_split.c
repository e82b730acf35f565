/* SPDX-License-Identifier: MIT
 *
 * ring_split.c: available and used ring, and both ways of notification
 * suppression (2.7.6 to 2.7.10), from the device's side.
 */
#include "ring_mem.h"

/* struct virtq_avail and virtq_used (2.7.6, 2.7.8) */
#define RING_FLAGS 0u
#define RING_IDX 2u
#define RING_ENTRIES 4u
#define AVAIL_ENTRY_BYTES 2u
#define USED_ENTRY_BYTES 8u

static uint8_t *avail_entry(const struct fake_ring *ring, uint16_t idx)
{
    return ring->avail + RING_ENTRIES +
           AVAIL_ENTRY_BYTES * (idx & (ring->cfg.size - 1));
}

static uint8_t *used_entry(const struct fake_ring *ring, uint16_t idx)
{
    return ring->used + RING_ENTRIES +
           USED_ENTRY_BYTES * (idx & (ring->cfg.size - 1));
}

/* used_event lies behind the available entries, avail_event behind the used
 * ones. */
static uint8_t *used_event(const struct fake_ring *ring)
{
    return ring->avail + RING_ENTRIES + AVAIL_ENTRY_BYTES * ring->cfg.size;
}

static uint8_t *avail_event(const struct fake_ring *ring)
{
    return ring->used + RING_ENTRIES + USED_ENTRY_BYTES * ring->cfg.size;
}

/* ---- life ------------------------------------------------------------- */

static bool map_areas(struct fake_ring *ring)
{
    const struct fake_ring_config *cfg = &ring->cfg;

    ring->desc = fake_ring_map(
        ring, cfg->desc, DESC_BYTES * (uint64_t)cfg->size, 8, FAKE_TO_DEVICE);
    ring->avail = fake_ring_map(ring, cfg->driver,
                                6 + AVAIL_ENTRY_BYTES * (uint64_t)cfg->size, 2,
                                FAKE_TO_DEVICE);
    ring->used = fake_ring_map(ring, cfg->device,
                               6 + USED_ENTRY_BYTES * (uint64_t)cfg->size, 4,
                               FAKE_FROM_DEVICE);
    return ring->desc && ring->avail && ring->used;
}

/* Garbage in the field that does not apply (2.7.10.1: the driver ignores
 * it). The worst value is the one that means "never kick". */
static void put_garbage(struct fake_ring *ring)
{
    uint64_t arg;
    bool fires;

    if (!fake_fault_planned(ring->faults, FAKE_FAULT_EVENT_GARBAGE))
        return;
    fires = ring_fault(ring, FAKE_FAULT_EVENT_GARBAGE, &arg);
    if (ring->event_idx)
        put16(ring->used + RING_FLAGS, fires ? VIRTQ_USED_F_NO_NOTIFY : 0,
              memory_order_relaxed);
    else if (fires)
        put16(avail_event(ring), (uint16_t)(ring->avail_idx + 0x8000),
              memory_order_relaxed);
}

int fake_split_up(struct fake_ring *ring)
{
    if (!map_areas(ring))
        return -1;
    fake_emit(ring->log, FAKE_EV_QUEUE_INIT, ring->cfg.index,
              get16(ring->avail + RING_FLAGS, memory_order_relaxed),
              get16(ring->used + RING_FLAGS, memory_order_relaxed),
              get16(ring->used + RING_IDX, memory_order_relaxed), 0);
    put_garbage(ring);
    return 0;
}

/* ---- available -------------------------------------------------------- */

/* Reads avail idx. An idx out of bounds breaks the ring. */
bool fake_split_look(struct fake_ring *ring)
{
    /* acquire: entries and descriptors are read after the idx that publishes
     * them. Pairs with the driver's barrier before idx (2.7.13.3). */
    uint16_t idx = get16(ring->avail + RING_IDX, memory_order_acquire);
    uint16_t seen = ring->avail_seen;

    if (idx == seen)
        return ring->avail_idx != idx;
    if (ring->log->on)
        fake_emit(ring->log, FAKE_EV_AVAIL, ring->cfg.index, seen, idx,
                  get16(ring->avail + RING_FLAGS, memory_order_relaxed),
                  get16(used_event(ring), memory_order_relaxed));
    ring->avail_seen = idx;
    /* Either too many entries, or idx went backwards. */
    if ((uint16_t)(idx - seen) > ring->cfg.size ||
        (uint16_t)(idx - ring->avail_idx) > ring->cfg.size)
        fake_ring_break(ring, 0, FAKE_CHAIN_BAD_IDX_JUMP, ring->avail_idx, idx);
    return ring->avail_idx != idx;
}

struct fake_chain *fake_split_take(struct fake_ring *ring)
{
    struct fake_chain *chain;
    uint16_t idx, head;

    /* While there are known entries, leave the driver's cache line alone. */
    if (ring->avail_idx == ring->avail_seen && !fake_split_look(ring))
        return NULL;
    if (ring->broken)
        return NULL;
    idx = ring->avail_idx;
    head = get16(avail_entry(ring, idx), memory_order_relaxed);
    if (head >= ring->cfg.size) {
        fake_ring_break(ring, head, FAKE_CHAIN_BAD_HEAD_RANGE, idx, head);
        return NULL;
    }
    chain = &ring->chain[head];
    if (chain->busy) {
        fake_ring_break(ring, head, FAKE_CHAIN_BAD_LENT_TWICE, idx, head);
        return NULL;
    }
    chain->head = head;
    if (!fake_split_walk(ring, chain)) {
        ring->broken = true;
        return NULL;
    }
    ring->avail_idx++;
    return chain;
}

/* ---- used ------------------------------------------------------------- */

/* What stands there from the last lap is shown, but no id of another buffer: it
 * may be lent again by the time the driver looks, who could not know better
 * than to take it back. */
static void leave_entry(uint8_t *entry, uint32_t id)
{
    if (get32(entry) != id)
        put32(entry, UINT32_MAX);
}

uint8_t *fake_split_put(struct fake_ring *ring, const struct fake_used *used)
{
    uint8_t *entry = used_entry(ring, ring->used_idx);

    if (used->torn) {
        leave_entry(entry, used->id);
    } else {
        put32(entry, used->id);
        put32(entry + 4, used->len);
    }
    ring->used_idx = (uint16_t)(ring->used_idx + used->steps);
    /* Logged before the driver can see it: what it does about it comes later
     * in the log. */
    fake_ring_tell_used(ring, used->id, used->len, ring->used_idx,
                        used->buffers);
    /* release: the entry, and the data in the buffer, before the idx (2.7.8.2).
     * Pairs with the driver's read of used idx. */
    put16(ring->used + RING_IDX, ring->used_idx, memory_order_release);
    return entry;
}

void fake_split_show_idx(struct fake_ring *ring, uint16_t idx)
{
    /* A fault: what it orders is of no use to anybody. */
    put16(ring->used + RING_IDX, idx, memory_order_relaxed);
}

/* The next one after head as a rule: for a longer chain, its own second
 * descriptor. */
/* Was it made available, and not taken yet? */
static bool is_waiting(const struct fake_ring *ring, uint32_t head)
{
    uint16_t idx = get16(ring->avail + RING_IDX, memory_order_acquire);
    uint32_t n = (uint16_t)(idx - ring->avail_idx);

    for (uint32_t i = 0; i < n && i < ring->cfg.size; i++)
        if (get16(avail_entry(ring, (uint16_t)(ring->avail_idx + i)),
                  memory_order_relaxed) == head)
            return true;
    return false;
}

int64_t fake_split_unlent(const struct fake_ring *ring, uint16_t head)
{
    uint32_t i, index;

    for (i = 1; i < ring->cfg.size; i++) {
        index = (head + i) & (ring->cfg.size - 1);
        if (!ring->chain[index].busy && !is_waiting(ring, index))
            return index;
    }
    return -1;
}

bool fake_split_due(struct fake_ring *ring)
{
    uint16_t new = ring->used_idx;
    uint16_t old = ring->used_told;
    uint16_t event;

    if (new == old)
        return false;
    ring->used_told = new;
    /* seq_cst: our used idx is visible before the driver's wish is read. Pairs
     * with the driver's fence between its wish and its last look at used idx:
     * one of the two sees the other. */
    atomic_thread_fence(memory_order_seq_cst);
    if (!ring->event_idx)
        return !(get16(ring->avail + RING_FLAGS, memory_order_relaxed) &
                 VIRTQ_AVAIL_F_NO_INTERRUPT);
    /* Was an entry written at the index used_event? They are old..new-1. */
    event = get16(used_event(ring), memory_order_relaxed);
    return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

/* ---- kicks ------------------------------------------------------------ */

/* With EVENT_IDX: no entry to be written soon has this index. */
static void put_past_event(struct fake_ring *ring)
{
    uint16_t event = (uint16_t)(ring->avail_idx - 1);

    ring->armed_idx = event;
    put16(avail_event(ring), event, memory_order_relaxed);
}

void fake_split_refuse(struct fake_ring *ring)
{
    put_garbage(ring);
    if (ring->event_idx)
        put_past_event(ring);
    else
        put16(ring->used + RING_FLAGS, VIRTQ_USED_F_NO_NOTIFY,
              memory_order_relaxed);
}

/* An avail_event that stays behind would come round again. */
void fake_split_refresh(struct fake_ring *ring)
{
    if (ring->event_idx &&
        (uint16_t)(ring->avail_idx - ring->armed_idx) > 0x4000)
        put_past_event(ring);
}

bool fake_split_ask(struct fake_ring *ring)
{
    uint64_t event;

    put_garbage(ring);
    if (!ring->event_idx) {
        put16(ring->used + RING_FLAGS, 0, memory_order_relaxed);
        return true;
    }
    if (fake_ring_event(ring, &event))
        put16(avail_event(ring), (uint16_t)event, memory_order_relaxed);
    else
        event = get16(avail_event(ring), memory_order_relaxed);
    ring->event_at = (uint16_t)event;
    return false;
}
