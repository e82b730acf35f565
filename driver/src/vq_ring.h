/* SPDX-License-Identifier: MIT */
/* What the two kinds of ring have in common: slots, the trust in a used
 * element, batches of IN_ORDER. */
#ifndef RGT_VQ_RING_H
#define RGT_VQ_RING_H

#include "ringtrue/err.h"
#include "ringtrue/fence.h"
#include "ringtrue/vq.h"

/* A constant where the packed ring is left out: the code behind it goes too,
 * whatever the optimisation. */
#ifdef RGT_NO_PACKED
#define RGT__PACKED(vq) (false && (vq)->packed)
#else
#define RGT__PACKED(vq) ((vq)->packed)
#endif

/* Cold: the device has broken the rules, and the queue is over. Logs why with
 * the queue's index. Returns RGT_E_PROTO. */
int rgt__vq_kill(struct rgt_vq *vq, const char *why);

/* Chains that the device knows of and has not given back, as far as we took
 * notice. */
static inline uint16_t rgt__outstanding(const struct rgt_vq *vq)
{
    uint16_t unseen = (uint16_t)(vq->avail_next - vq->avail_published);
    return (uint16_t)(vq->lent_count - unseen);
}

/* What is added from now on waits for the next publish. Epochs come round: at
 * that moment all chains lent are published, and are given an epoch that the
 * queue does not have for the next 65,535 publishes. */
static inline void rgt__next_epoch(struct rgt_vq *vq)
{
    if (++vq->epoch != 0)
        return;
    for (uint32_t i = 0; i < vq->size; i++)
        vq->slots[i].epoch = 0;
    vq->epoch = 1;
}

/* Whether the device may give back a chain as id and have written that much.
 * Returns 0; RGT_E_PROTO. */
static inline int rgt__used_check(struct rgt_vq *vq, uint32_t id,
                                  uint32_t written)
{
    if (id >= vq->size)
        return rgt__vq_kill(vq, "vq: dead why=used-id-out-of-range queue=");
    const struct rgt_vq_slot *slot = &vq->slots[id];
    if (slot->token == NULL || slot->epoch == vq->epoch)
        return rgt__vq_kill(vq, "vq: dead why=used-id-not-lent queue=");
    if (written > slot->writable_bytes)
        return rgt__vq_kill(vq, "vq: dead why=used-len-too-large queue=");
    return 0;
}

/* Takes slots and descriptors of a chain that ends with slot last; after is
 * the free slot next to it. */
static inline void rgt__slots_take(struct rgt_vq *vq, uint16_t last,
                                   uint16_t after, uint16_t desc_count,
                                   uint32_t writable_bytes, void *token)
{
    struct rgt_vq_slot *slot = &vq->slots[vq->free_head];

    slot->token = token;
    slot->writable_bytes = writable_bytes;
    slot->last = last;
    slot->desc_count = desc_count;
    slot->place = vq->avail_next;
    slot->epoch = vq->epoch;
    vq->free_head = after;
    vq->free_count = (uint16_t)(vq->free_count - desc_count);
    vq->lent_count++;
    vq->avail_next++;
}

/* With IN_ORDER slots come back as they were taken: the free list stays the
 * circle that it was at first, and so descriptors are used in ring order
 * (2.7.5.2). Else the last one freed is the next one taken: it is in the
 * cache. */
static inline void rgt__slots_free(struct rgt_vq *vq, uint16_t head)
{
    struct rgt_vq_slot *slot = &vq->slots[head];

    slot->token = NULL;
    vq->free_count = (uint16_t)(vq->free_count + slot->desc_count);
    vq->lent_count--;
    if (vq->in_order)
        return;
    vq->slots[slot->last].next = vq->free_head;
    vq->free_head = head;
}

/* IN_ORDER: a used element that has passed rgt__used_check() speaks for all
 * chains up to its own, at most most of them (2.7.9, 2.8.8). */
static inline int rgt__batch_begin(struct rgt_vq *vq, uint32_t id,
                                   uint32_t written, uint16_t most)
{
    uint16_t first = (uint16_t)(vq->avail_next - vq->lent_count);
    uint16_t count = (uint16_t)(vq->slots[id].place - first + 1);

    if (count > most)
        return rgt__vq_kill(vq, "vq: dead why=used-out-of-order queue=");
    vq->batch_left = count;
    vq->batch_written = written;
    return 0;
}

/* Takes the oldest chain of the batch. Returns its number of descriptors. */
static inline uint16_t rgt__batch_take(struct rgt_vq *vq, void **token,
                                       uint32_t *len)
{
    uint16_t head = vq->oldest;
    const struct rgt_vq_slot *slot = &vq->slots[head];

    vq->batch_left--;
    *token = slot->token;
    *len = vq->batch_left == 0 ? vq->batch_written : slot->writable_bytes;
    vq->oldest = vq->slots[slot->last].next;
    rgt__slots_free(vq, head);
    return slot->desc_count;
}

/* How many completions away the next interrupt is wanted: not more than there
 * can be. */
static inline uint16_t rgt__irq_distance(const struct rgt_vq *vq)
{
    uint16_t count =
        vq->irq_after < vq->lent_count ? vq->irq_after : vq->lent_count;
    return count > 0 ? count : 1;
}

/* The operations of vq.h, by kind of ring. The queue is alive; publish has
 * something to publish. */
void rgt__split_publish(struct rgt_vq *vq);
int rgt__split_kick_needed(struct rgt_vq *vq);
int rgt__split_pop(struct rgt_vq *vq, void **token, uint32_t *len);
void rgt__split_suppress(struct rgt_vq *vq);
int rgt__split_unsuppress(struct rgt_vq *vq);

void rgt__packed_publish(struct rgt_vq *vq);
int rgt__packed_kick_needed(struct rgt_vq *vq);
int rgt__packed_pop(struct rgt_vq *vq, void **token, uint32_t *len);
void rgt__packed_suppress(struct rgt_vq *vq);
int rgt__packed_unsuppress(struct rgt_vq *vq);

#endif
