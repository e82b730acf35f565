/* SPDX-License-Identifier: MIT
 *
 * ring.c: what split and packed queues have in common: their life, and the way
 * of a buffer from the driver and back.
 */
#include "fakedev/ring.h"

#include <stdlib.h>
#include <string.h>

#include "ring_mem.h"

/* ---- life ------------------------------------------------------------- */

/* An area has to be accessible as what it is; the judge sees to the alignment
 * that the specification asks for. */
uint8_t *fake_ring_map(struct fake_ring *ring, uint64_t addr, uint64_t bytes,
                       unsigned natural, enum fake_dir dir)
{
    uint8_t *mem;

    if (addr % natural) {
        fake_emit(ring->log, FAKE_EV_MEM_FAULT, ring->cfg.index, addr, bytes,
                  dir, FAKE_MEM_ALIGN);
        return NULL;
    }
    mem = fake_arena_map(ring->arena, addr, bytes, dir);
    /* Whatever it was handed out as, both sides see it at all times. */
    if (mem && ring->arena->ledger)
        fake_ledger_block(ring->arena->ledger,
                          ring->arena->base + (mem - ring->arena->device),
                          bytes, false);
    return mem;
}

static bool has(const struct fake_ring_config *cfg, unsigned feature)
{
    return cfg->features >> feature & 1;
}

static bool size_ok(const struct fake_ring *ring)
{
    uint32_t size = ring->cfg.size;

    return size && size <= FAKE_RING_SIZE_MAX &&
           (ring->packed || !(size & (size - 1)));
}

int fake_ring_up(struct fake_ring *ring, struct fake_arena *arena,
                 struct fake_log *log, struct fake_fault_plan *faults,
                 const struct fake_ring_config *cfg)
{
    memset(ring, 0, sizeof(*ring));
    ring->arena = arena;
    ring->log = log;
    ring->faults = faults;
    ring->cfg = *cfg;
    ring->packed = has(cfg, VIRTIO_F_RING_PACKED);
    ring->event_idx = has(cfg, VIRTIO_F_EVENT_IDX);
    ring->in_order = has(cfg, VIRTIO_F_IN_ORDER);
    fake_emit(log, FAKE_EV_QUEUE_UP, cfg->index, cfg->size, cfg->desc,
              cfg->driver, cfg->device);
    ring->broken = true;
    if (!size_ok(ring))
        return -1;
    ring->chain = calloc(cfg->size, sizeof(*ring->chain));
    if (!ring->chain)
        return -1;
    if (ring->packed ? fake_packed_up(ring) : fake_split_up(ring))
        return -1;
    ring->broken = false;
    ring->live = true;
    return 0;
}

void fake_ring_down(struct fake_ring *ring)
{
    uint32_t i;

    if (!ring->live && !ring->broken)
        return;
    fake_ring_forget_kept(ring);
    for (i = 0; ring->chain && i < ring->cfg.size; i++) {
        free(ring->chain[i].fetched);
        free(ring->chain[i].seg);
    }
    free(ring->chain);
    free(ring->was);
    free(ring->lent);
    if (ring->arena->ledger)
        fake_ledger_forget(ring->arena->ledger, ring->cfg.index);
    fake_emit(ring->log, FAKE_EV_QUEUE_DOWN, ring->cfg.index, 0, 0, 0, 0);
    memset(ring, 0, sizeof(*ring));
}

/* ---- available -------------------------------------------------------- */

void fake_ring_break(struct fake_ring *ring, uint16_t head,
                     enum fake_chain_bad reason, uint32_t index, uint64_t value)
{
    ring->broken = true;
    fake_emit(ring->log, FAKE_EV_CHAIN_BAD, ring->cfg.index, head, reason,
              index, value);
}

bool fake_ring_pending(struct fake_ring *ring)
{
    bool more;

    if (!ring->live || ring->broken || ring->asleep)
        return false;
    more = ring->packed ? fake_packed_look(ring) : fake_split_look(ring);
    /* True also for a ring that just broke: somebody has to act on it. */
    return more || ring->broken;
}

static void append_to_order(struct fake_ring *ring, struct fake_chain *chain)
{
    chain->done = false;
    chain->after = NULL;
    if (ring->oldest)
        ring->newest->after = chain;
    else
        ring->oldest = chain;
    ring->newest = chain;
}

/* A fault: it is not done with what it gave back. Before the next buffer is
 * served, so that what is served is right again where the two are the same. */
static void write_late(struct fake_ring *ring)
{
    uint64_t bytes = ring->last_given.bytes, arg = 0;

    if (!bytes || !ring_fault(ring, FAKE_FAULT_LATE_WRITE, &arg))
        return;
    if (arg == 0)
        arg = 1;
    fake_arena_write_late(ring->arena, ring->cfg.index, ring->last_given.addr,
                          arg < bytes ? arg : bytes, ring->last_given.since);
    ring->last_given.bytes = 0;
}

struct fake_chain *fake_ring_take(struct fake_ring *ring)
{
    uint64_t place = ring->packed ? ring->next.count : ring->avail_idx;
    struct fake_chain *chain;

    if (!ring->live || ring->broken || ring->asleep)
        return NULL;
    chain = ring->packed ? fake_packed_take(ring) : fake_split_take(ring);
    if (!chain)
        return NULL;
    chain->ring = ring;
    chain->place = place;
    chain->taken_at = ring->taken_count++;
    chain->link = NULL;
    chain->busy = true;
    if (ring->in_order)
        append_to_order(ring, chain);
    if (ring->arena->ledger)
        fake_ledger_lend(ring->arena->ledger, chain, chain->lent);
    if (fake_fault_planned(ring->faults, FAKE_FAULT_LATE_WRITE))
        write_late(ring);
    return chain;
}

/* ---- used ------------------------------------------------------------- */

uint8_t *fake_ring_put(struct fake_ring *ring, const struct fake_used *used)
{
    return ring->packed ? fake_packed_put(ring, used)
                        : fake_split_put(ring, used);
}

void fake_ring_tell_used(struct fake_ring *ring, uint32_t id, uint32_t len,
                         uint64_t idx, uint32_t buffers)
{
    if (!ring->log->on)
        return;
    ring->last_given.since = fake_log_one(
        ring->log, FAKE_EV_USED, ring->cfg.index, id, len, idx, buffers);
    if (ring->arena->ledger)
        fake_ledger_used(ring->arena->ledger, ring->last_given.since);
}

/* Where a device would write that is late. */
static void remember(struct fake_ring *ring, const struct fake_chain *chain)
{
    for (uint32_t k = 0; k < chain->fetched_count; k++) {
        const struct fake_fetched *d = &chain->fetched[k];

        if (!(d->flags & VIRTQ_DESC_F_WRITE) ||
            d->flags & VIRTQ_DESC_F_INDIRECT || !d->len)
            continue;
        ring->last_given.addr = d->addr;
        ring->last_given.bytes = d->len;
        return;
    }
}

void fake_ring_release(struct fake_ring *ring, struct fake_chain *chain)
{
    chain->busy = false;
    if (chain->loan)
        fake_ledger_return(ring->arena->ledger, chain);
    if (fake_fault_planned(ring->faults, FAKE_FAULT_LATE_WRITE))
        remember(ring, chain);
    if (ring->packed)
        fake_packed_release(ring, chain);
}

static bool may_lie(const struct fake_ring *ring)
{
    return fake_fault_any_planned(ring->faults, FAKE_PART_QUEUE) ||
           fake_fault_planned(ring->faults, FAKE_FAULT_IRQ_EARLY) ||
           (ring->line && ring->line->waiting);
}

static void give(struct fake_ring *ring, struct fake_chain *chain, uint32_t len)
{
    struct fake_used used = {.id = chain->head, .len = len, .buffers = 1};

    if (may_lie(ring)) {
        fake_ring_lie(ring, chain, len);
        return;
    }
    used.steps = ring->packed ? chain->slots : 1;
    fake_ring_release(ring, chain);
    (void)fake_ring_put(ring, &used);
}

/* ---- in order (2.7.9, 2.8.8) ------------------------------------------ */

/* A buffer that one entry gives back together with a later one is taken to
 * have been written completely. */
static bool may_be_skipped(const struct fake_chain *chain)
{
    return chain->len == chain->writable_bytes;
}

/* Gives back the oldest buffers that are done, with one entry: the id of the
 * last, in the place of the first. */
static void give_batch(struct fake_ring *ring)
{
    struct fake_used used = {.buffers = 0};
    struct fake_chain *chain = ring->oldest;

    for (;;) {
        used.id = chain->head;
        used.len = chain->len;
        used.buffers++;
        used.steps += ring->packed ? chain->slots : 1;
        ring->oldest = chain->after;
        fake_ring_release(ring, chain);
        if (!may_be_skipped(chain) || !ring->oldest || !ring->oldest->done)
            break;
        chain = ring->oldest;
    }
    (void)fake_ring_put(ring, &used);
}

static void give_in_order(struct fake_ring *ring)
{
    while (ring->oldest && ring->oldest->done) {
        if (may_lie(ring))
            fake_ring_lie_in_order(ring);
        else
            give_batch(ring);
    }
}

void fake_ring_complete(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len)
{
    fake_ring_recheck(ring, chain);
    if (!ring->in_order) {
        give(ring, chain, len);
        return;
    }
    chain->done = true;
    chain->len = len;
}

static bool is_due(struct fake_ring *ring)
{
    bool due = ring->packed ? fake_packed_due(ring) : fake_split_due(ring);

    if (!ring->late.early)
        return due;
    ring->late.early = false;
    return true;
}

static bool has_news(const struct fake_ring *ring)
{
    return ring->used_told != ring->used_idx || ring->told != ring->given.count;
}

bool fake_ring_interrupt_due(struct fake_ring *ring)
{
    bool news;
    uint64_t arg;

    if (!ring->live)
        return false;
    if (ring->in_order)
        give_in_order(ring);
    if (!fake_fault_planned(ring->faults, FAKE_FAULT_IRQ_UNWANTED))
        return is_due(ring);
    news = has_news(ring);
    return is_due(ring) ||
           (news && ring_fault(ring, FAKE_FAULT_IRQ_UNWANTED, &arg));
}
