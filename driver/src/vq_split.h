/* SPDX-License-Identifier: MIT */
/* Memory of a split ring. */
#ifndef RGT_VQ_SPLIT_H
#define RGT_VQ_SPLIT_H

#include "vq_ring.h"

/* The arrays behind the fixed parts of the rings, and the fields behind them:
 * used_event and avail_event. */
static inline uint16_t *rgt__avail_ring(const struct rgt_vq *vq)
{
    return (uint16_t *)(void *)(vq->avail + 1);
}

static inline struct virtq_used_elem *rgt__used_ring(const struct rgt_vq *vq)
{
    return (struct virtq_used_elem *)(void *)(vq->used + 1);
}

static inline uint16_t *rgt__used_event(const struct rgt_vq *vq)
{
    return rgt__avail_ring(vq) + vq->size;
}

static inline const uint16_t *rgt__avail_event(const struct rgt_vq *vq)
{
    return (const uint16_t *)(const void *)(rgt__used_ring(vq) + vq->size);
}

static inline void rgt__desc_put(struct virtq_desc *d, uint64_t addr,
                                 uint32_t len, uint16_t flags, uint16_t next)
{
    rgt_ring_put64(&d->addr, addr);
    rgt_ring_put32(&d->len, len);
    rgt_ring_put16(&d->flags, flags);
    rgt_ring_put16(&d->next, next);
}

#endif
