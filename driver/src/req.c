/* SPDX-License-Identifier: MIT */
#include "req.h"
#include "ringtrue/err.h"

#define POOL_ALIGN 64u

void rgt__list_put(struct rgt_list *list, struct rgt_link *link)
{
    link->next = NULL;
    if (list->first == NULL)
        list->first = link;
    else
        list->last->next = link;
    list->last = link;
}

struct rgt_link *rgt__list_take(struct rgt_list *list)
{
    struct rgt_link *link = list->first;

    if (link != NULL)
        list->first = link->next;
    return link;
}

static size_t pool_bytes(const struct rgt_pool *pool)
{
    return (size_t)pool->count * pool->place_bytes;
}

int rgt__pool_alloc(struct rgt_hal *hal, struct rgt_pool *pool,
                    uint32_t place_bytes, uint32_t count)
{
    pool->place_bytes = place_bytes;
    pool->count = count;
    pool->cpu =
        hal->ops->dma_alloc(hal, pool_bytes(pool), POOL_ALIGN, &pool->dma);
    return pool->cpu != NULL ? 0 : RGT_E_NOMEM;
}

void rgt__pool_free(struct rgt_hal *hal, struct rgt_pool *pool)
{
    if (pool->cpu != NULL)
        hal->ops->dma_free(hal, pool->cpu, pool_bytes(pool), pool->dma);
    pool->cpu = NULL;
}

int rgt__segs_share(struct rgt_hal *hal, struct rgt_seg *segs, uint32_t count,
                    enum rgt_dir dir)
{
    for (uint32_t i = 0; i < count; i++) {
        segs[i].dma = hal->ops->share(hal, segs[i].buf, segs[i].len, dir);
        if (segs[i].dma == RGT_DMA_BAD) {
            rgt__segs_unshare(hal, segs, i, dir);
            return RGT_E_NOMEM;
        }
    }
    return 0;
}

void rgt__segs_unshare(struct rgt_hal *hal, struct rgt_seg *segs,
                       uint32_t count, enum rgt_dir dir)
{
    for (uint32_t i = 0; i < count; i++)
        hal->ops->unshare(hal, segs[i].buf, segs[i].len, dir, segs[i].dma);
}

int rgt__vq_send(struct rgt_vq *vq, bool notify)
{
    int err = rgt_vq_publish(vq);

    if (err != 0 || !notify)
        return err;
    int needed = rgt_vq_kick_needed(vq);
    if (needed > 0)
        rgt_vq_kick(vq);
    return needed < 0 ? needed : 0;
}
