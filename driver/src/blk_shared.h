/* SPDX-License-Identifier: MIT */
/* What the threads of one block device tell each other. Any number may read,
 * nobody waits. Written by control calls, but live is cleared and
 * config_pending set by the interrupt as well. Loads and stores only: small
 * CPUs have no atomic exchange. */
#ifndef RGT_BLK_SHARED_H
#define RGT_BLK_SHARED_H

#include "ringtrue/blk.h"
#include <stdatomic.h>

static inline uint32_t rgt__shared_get(const uint32_t *field)
{
    return atomic_load_explicit((const _Atomic uint32_t *)field,
                                memory_order_relaxed);
}

static inline void rgt__shared_set(uint32_t *field, uint32_t value)
{
    atomic_store_explicit((_Atomic uint32_t *)field, value,
                          memory_order_relaxed);
}

/* Makes a new capacity known to the queues. The epoch is odd meanwhile. */
static inline void rgt__capacity_put(struct rgt_blk_shared *s, uint64_t sectors)
{
    uint32_t epoch = rgt__shared_get(&s->capacity_epoch) + 1;

    rgt__shared_set(&s->capacity_epoch, epoch);
    /* The odd epoch before the two halves: who sees a new half sees, at its
     * second look, that the epoch has moved. */
    atomic_thread_fence(memory_order_release);
    rgt__shared_set(&s->capacity_low, (uint32_t)sectors);
    rgt__shared_set(&s->capacity_high, (uint32_t)(sectors >> 32));
    /* The halves before the even epoch: who sees it sees both of them. */
    atomic_store_explicit((_Atomic uint32_t *)&s->capacity_epoch, epoch + 1,
                          memory_order_release);
}

/* Cold: takes the new capacity over, if it stands still; else the queue goes
 * on with its old one, and looks again at the next request. */
static inline void rgt__capacity_take(struct rgt_blk_queue *q, uint32_t epoch)
{
    const struct rgt_blk_shared *s = &q->blk->shared;
    uint64_t sectors = rgt__shared_get(&s->capacity_high);

    sectors = sectors << 32 | rgt__shared_get(&s->capacity_low);
    /* The halves before the second look at the epoch: the other side of the
     * first fence above. */
    atomic_thread_fence(memory_order_acquire);
    if ((epoch & 1) != 0 || rgt__shared_get(&s->capacity_epoch) != epoch)
        return;
    q->capacity_sectors = sectors;
    q->capacity_epoch = epoch;
}

static inline void rgt__capacity_renew(struct rgt_blk_queue *q)
{
    /* The even epoch before the halves it covers. */
    uint32_t epoch = atomic_load_explicit(
        (const _Atomic uint32_t *)&q->blk->shared.capacity_epoch,
        memory_order_acquire);

    if (epoch != q->capacity_epoch)
        rgt__capacity_take(q, epoch);
}

#endif
