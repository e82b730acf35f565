/* SPDX-License-Identifier: MIT */
/* Building a descriptor chain piece by piece, so that no array of pieces is
 * needed anywhere: begin, put each piece, commit.
 *
 * Only commit changes the state of the queue. Until then the chain lies in
 * free descriptors, which the device does not look at, and simply not
 * committing takes it back.
 */
#ifndef RGT_VQ_CHAIN_H
#define RGT_VQ_CHAIN_H

#include "ringtrue/fence.h"
#include "ringtrue/vq.h"

struct rgt__chain {
    struct virtq_desc *descs; /* the descriptor table, or an indirect one */
    uint32_t entry_count;
    uint32_t left; /* pieces still to be put */
    uint32_t writable_bytes;
    uint16_t head;
    uint16_t at;   /* descriptor of the next piece */
    uint16_t last; /* descriptor of the last piece put */
    bool indirect;
};

/* The arrays behind the fixed parts of the rings. */
static inline uint16_t *rgt__avail_ring(const struct rgt_vq *vq)
{
    return (uint16_t *)(void *)(vq->avail + 1);
}

static inline struct virtq_used_elem *rgt__used_ring(const struct rgt_vq *vq)
{
    return (struct virtq_used_elem *)(void *)(vq->used + 1);
}

static inline void rgt__desc_put(struct virtq_desc *d, uint64_t addr,
                                 uint32_t len, uint16_t flags, uint16_t next)
{
    rgt_ring_put64(&d->addr, addr);
    rgt_ring_put32(&d->len, len);
    rgt_ring_put16(&d->flags, flags);
    rgt_ring_put16(&d->next, next);
}

static inline bool rgt__chain_indirect(const struct rgt_vq *vq,
                                       uint32_t entry_count)
{
    return entry_count > 1 && entry_count <= vq->table_entries;
}

/* Starts a chain for which rgt_vq_room(vq, entry_count) has just said 0. */
static inline void rgt__chain_begin(const struct rgt_vq *vq,
                                    struct rgt__chain *c, uint32_t entry_count)
{
    c->head = vq->free_head;
    c->last = vq->free_head;
    c->entry_count = entry_count;
    c->left = entry_count;
    c->writable_bytes = 0;
    c->indirect = rgt__chain_indirect(vq, entry_count);
    if (c->indirect) {
        c->descs = vq->tables + (size_t)c->head * vq->table_entries;
        c->at = 0;
    } else {
        c->descs = vq->desc;
        c->at = c->head;
    }
}

/* Puts one piece; flags 0 or VIRTQ_DESC_F_WRITE, all writable ones last. */
static inline void rgt__chain_put(const struct rgt_vq *vq, struct rgt__chain *c,
                                  uint64_t addr, uint32_t len, uint16_t flags)
{
    struct virtq_desc *d = &c->descs[c->at];
    uint16_t next = c->indirect ? (uint16_t)(c->at + 1) : vq->slots[c->at].next;

    c->last = c->at;
    c->at = next;
    if (flags & VIRTQ_DESC_F_WRITE)
        c->writable_bytes += len;
    if (--c->left > 0)
        flags |= VIRTQ_DESC_F_NEXT;
    else
        next = 0;
    rgt__desc_put(d, addr, len, flags, next);
}

/* Takes the descriptors, and enters the chain into the available ring; the
 * index that makes it visible is stored by rgt_vq_publish(). */
static inline void rgt__chain_commit(struct rgt_vq *vq, struct rgt__chain *c,
                                     void *token)
{
    struct rgt_vq_slot *slot = &vq->slots[c->head];

    if (c->indirect) {
        struct virtq_desc *d = &vq->desc[c->head];
        size_t offset = (size_t)c->head * vq->table_entries * sizeof(*d);
        rgt__desc_put(d, vq->tables_dma + offset,
                      (uint32_t)(c->entry_count * sizeof(*d)),
                      VIRTQ_DESC_F_INDIRECT, 0);
        c->last = c->head;
        c->at = slot->next;
        slot->desc_count = 1;
    } else {
        slot->desc_count = (uint16_t)c->entry_count;
    }
    slot->token = token;
    slot->writable_bytes = c->writable_bytes;
    slot->last = c->last;
    slot->avail_pos = vq->avail_next;
    vq->free_head = c->at;
    vq->free_count = (uint16_t)(vq->free_count - slot->desc_count);
    vq->lent_count++;
    rgt_ring_put16(&rgt__avail_ring(vq)[vq->avail_next & vq->mask], c->head);
    vq->avail_next++;
}

#endif
