/* SPDX-License-Identifier: MIT */
/* Building a descriptor chain piece by piece, so that no array of pieces is
 * needed anywhere: begin, put each piece, commit.
 *
 * Only commit changes the state of the queue. Until then the chain lies in
 * free descriptors, which the device does not look at. What is begun has to be
 * committed: descriptors of a packed ring, once written, count as soon as the
 * device gets there.
 */
#ifndef RGT_VQ_CHAIN_H
#define RGT_VQ_CHAIN_H

#include "ringtrue/fence.h"
#include "ringtrue/vq.h"

struct rgt__chain {
    uint32_t left;  /* pieces still to be put */
    uint32_t tail;  /* the last so many of them stand in a table */
    uint32_t count; /* of descriptors outside of the table */
    uint32_t writable_bytes;
    uint16_t head;        /* slot: index of the first descriptor; packed: id */
    uint16_t at;          /* next descriptor outside of the table */
    uint16_t last;        /* last one put there */
    uint16_t table_at;    /* next entry of the table */
    uint16_t bits;        /* packed: AVAIL and USED for descriptor at */
    uint16_t first_flags; /* packed: of the first descriptor, held back */
};

/* Starts a chain for which rgt_vq_room(vq, entry_count) has just said 0. */
void rgt__chain_begin(const struct rgt_vq *vq, struct rgt__chain *c,
                      uint32_t entry_count);

/* Puts one piece; flags 0 or VIRTQ_DESC_F_WRITE, all writable ones last. */
void rgt__chain_put(const struct rgt_vq *vq, struct rgt__chain *c,
                    uint64_t addr, uint32_t len, uint16_t flags);

/* Takes the descriptors. The chain is made visible by rgt_vq_publish(). */
void rgt__chain_commit(struct rgt_vq *vq, const struct rgt__chain *c,
                       void *token);

#endif
