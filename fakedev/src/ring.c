/* SPDX-License-Identifier: MIT
 *
 * ring.c: available and used ring, and both ways of notification suppression
 * (2.7.6 to 2.7.10), from the device's side.
 */
#include "fakedev/ring.h"

#include <stdlib.h>
#include <string.h>

#include "ring_mem.h"

/* ---- life ------------------------------------------------------------- */

/* An area has to be accessible as what it is; the judge sees to the alignment
 * that the specification asks for. */
static uint8_t *map_area(struct fake_ring *ring, uint64_t addr, uint64_t bytes,
                         unsigned natural, enum fake_dir dir)
{
    if (addr % natural) {
        fake_emit(ring->log, FAKE_EV_MEM_FAULT, ring->cfg.index, addr, bytes,
                  dir, FAKE_MEM_ALIGN);
        return NULL;
    }
    return fake_arena_map(ring->arena, addr, bytes, dir);
}

static bool map_areas(struct fake_ring *ring)
{
    const struct fake_ring_config *cfg = &ring->cfg;

    ring->desc = map_area(ring, cfg->desc, DESC_BYTES * (uint64_t)cfg->size, 8,
                          FAKE_TO_DEVICE);
    ring->avail =
        map_area(ring, cfg->driver, 6 + AVAIL_ENTRY_BYTES * (uint64_t)cfg->size,
                 2, FAKE_TO_DEVICE);
    ring->used =
        map_area(ring, cfg->device, 6 + USED_ENTRY_BYTES * (uint64_t)cfg->size,
                 4, FAKE_FROM_DEVICE);
    return ring->desc && ring->avail && ring->used;
}

/* Garbage in the field that does not apply (2.7.10.1: the driver ignores
 * it). The worst value is the one that means "never kick". */
static void put_garbage(struct fake_ring *ring)
{
    uint64_t arg;
    bool fires;

    if (!ring->faults || !(ring->faults->mask >> FAKE_FAULT_EVENT_GARBAGE & 1))
        return;
    fires = ring_fault(ring, FAKE_FAULT_EVENT_GARBAGE, &arg);
    if (ring->event_idx)
        put16(ring->used + RING_FLAGS, fires ? VIRTQ_USED_F_NO_NOTIFY : 0,
              memory_order_relaxed);
    else if (fires)
        put16(avail_event(ring), (uint16_t)(ring->avail_idx + 0x8000),
              memory_order_relaxed);
}

int fake_ring_up(struct fake_ring *ring, struct fake_arena *arena,
                 struct fake_log *log, struct fake_fault_plan *faults,
                 const struct fake_ring_config *cfg)
{
    bool size_ok = cfg->size && cfg->size <= FAKE_RING_SIZE_MAX &&
                   !(cfg->size & (cfg->size - 1));

    memset(ring, 0, sizeof(*ring));
    ring->arena = arena;
    ring->log = log;
    ring->faults = faults;
    ring->cfg = *cfg;
    ring->event_idx = cfg->features >> VIRTIO_F_EVENT_IDX & 1;
    fake_emit(log, FAKE_EV_QUEUE_UP, cfg->index, cfg->size, cfg->desc,
              cfg->driver, cfg->device);
    ring->broken = true;
    if (!size_ok || !map_areas(ring))
        return -1;
    ring->chain = calloc(cfg->size, sizeof(*ring->chain));
    if (!ring->chain)
        return -1;
    fake_emit(log, FAKE_EV_QUEUE_INIT, cfg->index,
              get16(ring->avail + RING_FLAGS, memory_order_relaxed),
              get16(ring->used + RING_FLAGS, memory_order_relaxed),
              get16(ring->used + RING_IDX, memory_order_relaxed), 0);
    put_garbage(ring);
    ring->broken = false;
    ring->live = true;
    return 0;
}

void fake_ring_down(struct fake_ring *ring)
{
    uint32_t i;

    if (!ring->live && !ring->broken)
        return;
    for (i = 0; ring->chain && i < ring->cfg.size; i++) {
        free(ring->chain[i].fetched);
        free(ring->chain[i].seg);
    }
    free(ring->chain);
    fake_emit(ring->log, FAKE_EV_QUEUE_DOWN, ring->cfg.index, 0, 0, 0, 0);
    memset(ring, 0, sizeof(*ring));
}

/* ---- available -------------------------------------------------------- */

static void broken_by(struct fake_ring *ring, uint16_t head,
                      enum fake_chain_bad reason, uint32_t index,
                      uint64_t value)
{
    ring->broken = true;
    fake_emit(ring->log, FAKE_EV_CHAIN_BAD, ring->cfg.index, head, reason,
              index, value);
}

/* Reads avail idx. An idx out of bounds breaks the ring. */
static void look(struct fake_ring *ring)
{
    /* acquire: entries and descriptors are read after the idx that publishes
     * them. Pairs with the driver's barrier before idx (2.7.13.3). */
    uint16_t idx = get16(ring->avail + RING_IDX, memory_order_acquire);
    uint16_t seen = ring->avail_seen;

    if (idx == seen)
        return;
    if (ring->log->on)
        fake_emit(ring->log, FAKE_EV_AVAIL, ring->cfg.index, seen, idx,
                  get16(ring->avail + RING_FLAGS, memory_order_relaxed),
                  get16(used_event(ring), memory_order_relaxed));
    ring->avail_seen = idx;
    /* Either too many entries, or idx went backwards. */
    if ((uint16_t)(idx - seen) > ring->cfg.size ||
        (uint16_t)(idx - ring->avail_idx) > ring->cfg.size)
        broken_by(ring, 0, FAKE_CHAIN_BAD_IDX_JUMP, ring->avail_idx, idx);
}

bool fake_ring_pending(struct fake_ring *ring)
{
    if (!ring->live || ring->broken || ring->asleep)
        return false;
    look(ring);
    /* True also for a ring that just broke: somebody has to act on it. */
    return ring->broken || ring->avail_idx != ring->avail_seen;
}

struct fake_chain *fake_ring_take(struct fake_ring *ring)
{
    struct fake_chain *chain;
    uint16_t idx, head;

    if (!ring->live || ring->broken || ring->asleep)
        return NULL;
    /* While there are known entries, leave the driver's cache line alone. */
    if (ring->avail_idx == ring->avail_seen && !fake_ring_pending(ring))
        return NULL;
    if (ring->broken)
        return NULL;
    idx = ring->avail_idx;
    head = get16(avail_entry(ring, idx), memory_order_relaxed);
    if (head >= ring->cfg.size) {
        broken_by(ring, head, FAKE_CHAIN_BAD_HEAD_RANGE, idx, head);
        return NULL;
    }
    chain = &ring->chain[head];
    if (chain->busy) {
        broken_by(ring, head, FAKE_CHAIN_BAD_LENT_TWICE, idx, head);
        return NULL;
    }
    chain->head = head;
    if (!fake_ring_walk(ring, chain)) {
        ring->broken = true;
        return NULL;
    }
    ring->avail_idx++;
    chain->ring = ring;
    chain->taken_at = ring->taken_count++;
    chain->link = NULL;
    chain->busy = true;
    return chain;
}

/* ---- used ------------------------------------------------------------- */

/* A descriptor index that is no head the device holds, or -1. The next one
 * after head as a rule: for a longer chain, its own second descriptor. */
static int64_t find_unlent(const struct fake_ring *ring, uint16_t head)
{
    uint32_t i, index;

    for (i = 1; i < ring->cfg.size; i++) {
        index = (head + i) & (ring->cfg.size - 1);
        if (!ring->chain[index].busy)
            return index;
    }
    return -1;
}

static void write_used(struct fake_ring *ring, uint32_t id, uint32_t len,
                       uint16_t steps)
{
    uint8_t *entry = used_entry(ring, ring->used_idx);

    put32(entry, id);
    put32(entry + 4, len);
    ring->used_idx = (uint16_t)(ring->used_idx + steps);
    /* Logged before the driver can see it: what it does about it comes later
     * in the log. */
    fake_emit(ring->log, FAKE_EV_USED, ring->cfg.index, id, len, ring->used_idx,
              0);
    /* release: the entry, and the data in the buffer, before the idx (2.7.8.2).
     * Pairs with the driver's read of used idx. */
    put16(ring->used + RING_IDX, ring->used_idx, memory_order_release);
}

/* Completes as the fault plan has it. */
static void write_used_wrong(struct fake_ring *ring, struct fake_chain *chain,
                             uint32_t len)
{
    uint64_t arg = 0;
    uint32_t id = chain->head;
    uint16_t steps = 1;
    int64_t unlent = find_unlent(ring, chain->head);

    if (ring_fault(ring, FAKE_FAULT_USED_ID_RANGE, &arg))
        id = (uint32_t)(ring->cfg.size + arg);
    if (unlent >= 0 && ring_fault(ring, FAKE_FAULT_USED_ID_UNLENT, &arg))
        id = (uint32_t)unlent;
    if (ring_fault(ring, FAKE_FAULT_USED_LEN_OVER, &arg))
        len = (uint32_t)(chain->writable_bytes + arg);
    if (len && ring_fault(ring, FAKE_FAULT_USED_LEN_SHORT, &arg) && arg < len)
        len = (uint32_t)arg;
    if (ring_fault(ring, FAKE_FAULT_USED_IDX_JUMP, &arg))
        steps = (uint16_t)(ring->cfg.size + arg);
    /* A wrong id leaves the buffer itself with the device for ever. */
    chain->busy = id != chain->head;
    write_used(ring, id, len, steps);
    if (ring_fault(ring, FAKE_FAULT_USED_TWICE, &arg))
        write_used(ring, id, len, 1);
}

#define USED_FAULTS                                                            \
    (UINT32_C(1) << FAKE_FAULT_USED_ID_RANGE |                                 \
     UINT32_C(1) << FAKE_FAULT_USED_ID_UNLENT |                                \
     UINT32_C(1) << FAKE_FAULT_USED_TWICE |                                    \
     UINT32_C(1) << FAKE_FAULT_USED_IDX_JUMP |                                 \
     UINT32_C(1) << FAKE_FAULT_USED_LEN_OVER |                                 \
     UINT32_C(1) << FAKE_FAULT_USED_LEN_SHORT)

void fake_ring_complete(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len)
{
    fake_ring_recheck(ring, chain);
    if (ring->faults && ring->faults->mask & USED_FAULTS) {
        write_used_wrong(ring, chain, len);
        return;
    }
    chain->busy = false;
    write_used(ring, chain->head, len, 1);
}

bool fake_ring_interrupt_due(struct fake_ring *ring)
{
    uint16_t new = ring->used_idx;
    uint16_t old = ring->used_told;
    uint16_t event;

    if (!ring->live || new == old)
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
static uint16_t past_event(const struct fake_ring *ring)
{
    return (uint16_t)(ring->avail_idx - 1);
}

static void refuse_kicks(struct fake_ring *ring)
{
    put_garbage(ring);
    if (ring->event_idx) {
        ring->armed_idx = past_event(ring);
        put16(avail_event(ring), ring->armed_idx, memory_order_relaxed);
    } else {
        put16(ring->used + RING_FLAGS, VIRTQ_USED_F_NO_NOTIFY,
              memory_order_relaxed);
    }
    /* Logged afterwards: whoever sees the event sees the wish. */
    fake_emit(ring->log, FAKE_EV_SUPPRESSED, ring->cfg.index, ring->avail_idx,
              ring->event_idx ? ring->armed_idx : 0, 0, 0);
}

void fake_ring_kick(struct fake_ring *ring)
{
    ring->asleep = false;
}

void fake_ring_suppress(struct fake_ring *ring)
{
    if (!ring->live || ring->broken || ring->asleep)
        return;
    /* An avail_event that stays behind would come round again. */
    if (ring->polling && ring->event_idx &&
        (uint16_t)(ring->avail_idx - ring->armed_idx) > 0x4000) {
        ring->armed_idx = past_event(ring);
        put16(avail_event(ring), ring->armed_idx, memory_order_relaxed);
    }
    if (ring->polling)
        return;
    ring->polling = true;
    /* Logged first: a driver may see the wish before SUPPRESSED is logged, and
     * rightly go to sleep without a kick. */
    fake_emit(ring->log, FAKE_EV_SUPPRESSING, ring->cfg.index, ring->avail_idx,
              0, 0, 0);
    refuse_kicks(ring);
}

static void ask_for_kick(struct fake_ring *ring)
{
    /* Logged first: from here on a kick is no surprise. */
    if (ring->polling)
        fake_emit(ring->log, FAKE_EV_ARMING, ring->cfg.index, ring->avail_idx,
                  0, 0, 0);
    put_garbage(ring);
    if (ring->event_idx)
        put16(avail_event(ring), ring->avail_idx, memory_order_relaxed);
    else
        put16(ring->used + RING_FLAGS, 0, memory_order_relaxed);
    /* seq_cst: our wish is visible before avail idx is read once more. Pairs
     * with the driver's fence between avail idx and its look at our wish
     * (2.7.13.4.1): one of the two sees the other. */
    atomic_thread_fence(memory_order_seq_cst);
}

bool fake_ring_arm(struct fake_ring *ring)
{
    uint64_t arg;

    if (!ring->live || ring->broken)
        return false;
    if (fake_ring_pending(ring))
        return true;
    if (!ring->always_polls)
        ring->always_polls = ring_fault(ring, FAKE_FAULT_KICK_SUPPRESSED, &arg);
    if (ring->always_polls) {
        fake_ring_suppress(ring);
        return true;
    }
    ring->asleep = !ring->polling && ring->armed_idx == ring->avail_idx;
    if (ring->asleep)
        return false;
    ask_for_kick(ring);
    if (fake_ring_pending(ring)) {
        if (ring->polling && !ring->broken)
            refuse_kicks(ring);
        return true;
    }
    ring->polling = false;
    ring->asleep = true;
    ring->armed_idx = ring->avail_idx;
    /* Logged after the last look: for entries from here on a kick is due. */
    fake_emit(ring->log, FAKE_EV_ARMED, ring->cfg.index, ring->avail_idx,
              ring->event_idx ? ring->armed_idx : 0, 0, 0);
    return false;
}
