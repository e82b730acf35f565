/* SPDX-License-Identifier: MIT */
/* What the drivers do with their requests in the same way: lists of ended
 * ones, pools of headers, segments lent to the device. */
#ifndef RGT_REQ_H
#define RGT_REQ_H

#include "ringtrue/hal.h"
#include "ringtrue/req.h"
#include "ringtrue/vq.h"

/* The structure that has its member at at. */
#define RGT__OWNER(at, type, member)                                           \
    ((type *)(void *)((char *)(at)-offsetof(type, member)))

/* Appends; and takes the oldest, NULL if there is none. */
void rgt__list_put(struct rgt_list *list, struct rgt_link *link);
struct rgt_link *rgt__list_take(struct rgt_list *list);

/* Allocates count places; place_bytes a multiple of their alignment. 0, or
 * RGT_E_NOMEM. Freeing a pool that is not there does nothing. */
int rgt__pool_alloc(struct rgt_hal *hal, struct rgt_pool *pool,
                    uint32_t place_bytes, uint32_t count);
void rgt__pool_free(struct rgt_hal *hal, struct rgt_pool *pool);

static inline void *rgt__pool_place(const struct rgt_pool *pool, uint32_t n)
{
    return pool->cpu + (size_t)n * pool->place_bytes;
}

static inline uint64_t rgt__pool_dma(const struct rgt_pool *pool, uint32_t n)
{
    return pool->dma + (uint64_t)n * pool->place_bytes;
}

/* Lends all segments, or none: 0, or RGT_E_NOMEM. */
int rgt__segs_share(struct rgt_hal *hal, struct rgt_seg *segs, uint32_t count,
                    enum rgt_dir dir);
void rgt__segs_unshare(struct rgt_hal *hal, struct rgt_seg *segs,
                       uint32_t count, enum rgt_dir dir);

/* Publishes what was added; if notify, and the device wants to know, kicks.
 * Returns 0; RGT_E_PROTO. */
int rgt__vq_send(struct rgt_vq *vq, bool notify);

#endif
