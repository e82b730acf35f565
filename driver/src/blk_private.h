/* SPDX-License-Identifier: MIT */
/* What the files of the block driver share. */
#ifndef RGT_BLK_PRIVATE_H
#define RGT_BLK_PRIVATE_H

#include "ringtrue/blk.h"

/* One place of the pool, as many as descriptors: the place of a request is
 * the index of the descriptor that heads its chain. */
struct rgt__blk_place {
    struct virtio_blk_req header; /* device-readable */
    uint8_t status;               /* device-writable */
    uint8_t unused[15];
};

/* What makes the operations differ (5.2.6). */
struct rgt__blk_kind {
    uint32_t type; /* VIRTIO_BLK_T_* */
    enum rgt_dir dir;
    bool on_sectors; /* moves sectors, from req->sector on */
};

/* NULL: no such operation. */
const struct rgt__blk_kind *rgt__blk_kind(enum rgt_blk_op op);

/* Says whether req may be sent at all; touches nothing.
 * Returns 0, and the number of data pieces; RGT_E_INVAL; RGT_E_NOTSUP. */
int rgt__blk_check(const struct rgt_blk *blk, const struct rgt_blk_req *req,
                   uint32_t *piece_count);

/* 0 while requests can be sent and completed; RGT_E_STATE; RGT_E_PROTO. */
int rgt__blk_live(const struct rgt_blk *blk);

/* Ends a request: unshares its buffers, sets its result. */
void rgt__blk_finish(struct rgt_blk *blk, struct rgt_blk_req *req, int result);

/* Takes one completed request off the ring and ends it.
 * Returns 1; 0 none; RGT_E_STATE; RGT_E_PROTO. */
int rgt__blk_reap(struct rgt_blk *blk, struct rgt_blk_req **req);

/* Ends the waiting call if req is its own; else keeps req for a later
 * rgt_blk_poll(): no completion is lost, and nothing is called back. */
void rgt__blk_keep(struct rgt_blk *blk, struct rgt_blk_req *req);

#endif
