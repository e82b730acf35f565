/* SPDX-License-Identifier: MIT */
/* What the files of the block driver share. */
#ifndef RGT_BLK_PRIVATE_H
#define RGT_BLK_PRIVATE_H

#include "ringtrue/blk.h"

/* One place of the pool, as many as descriptors: the place of a request is
 * the index of the descriptor that heads its chain. Places begin cache lines:
 * the device writes the status of one while we fill the header of the next. */
struct rgt__blk_place {
    struct virtio_blk_req header; /* device-readable */
    uint8_t status;               /* device-writable */
    uint8_t unused[15];

    /* Device-readable, to the end of the place. */
    struct virtio_blk_discard_write_zeroes ranges[];
};

/* What comes between header and status (5.2.6). */
enum rgt__blk_payload {
    RGT__BLK_SECTORS, /* whole sectors, from req->sector on */
    RGT__BLK_FIXED,   /* a number of bytes */
    RGT__BLK_RANGES,  /* ranges of the place */
};

/* What makes the operations differ (5.2.6). */
struct rgt__blk_kind {
    uint8_t type; /* VIRTIO_BLK_T_* */
    uint8_t dir;  /* enum rgt_dir of the payload */
    uint8_t payload;
    uint8_t bytes; /* of RGT__BLK_FIXED */
};

extern const struct rgt__blk_kind rgt__blk_kinds[];

/* Of an operation that rgt__blk_check() has let pass. */
static inline const struct rgt__blk_kind *rgt__blk_kind(enum rgt_blk_op op)
{
    return &rgt__blk_kinds[op];
}

/* DISCARD, WRITE_ZEROES, SECURE_ERASE: the last in their enumeration. */
static inline bool rgt__blk_has_ranges(enum rgt_blk_op op)
{
    return op >= RGT_BLK_DISCARD;
}

/* How many pieces of at most size_max bytes len takes, counted up to limit. */
uint32_t rgt__blk_pieces(uint32_t len, uint32_t size_max, uint32_t limit);

/* Says whether req may be sent at all; touches nothing.
 * Returns 0, and the number of data pieces (0 for ranges); RGT_E_INVAL;
 * RGT_E_NOTSUP. */
int rgt__blk_check(const struct rgt_blk_queue *q, const struct rgt_blk_req *req,
                   uint32_t *piece_count);

/* Which range comes next, and how much of it has gone before. */
struct rgt__blk_cursor {
    uint32_t at;
    uint64_t sent;
};

/* Fills place with the ranges of one request to the device, from *cursor on,
 * and moves it on. Returns their number; 0 if the next range does not lie
 * within the capacity (any more). */
uint32_t rgt__blk_ranges_fill(const struct rgt_blk_queue *q,
                              const struct rgt_blk_req *req,
                              struct rgt__blk_cursor *cursor,
                              struct rgt__blk_place *place);

/* What the device and the ring allow for each kind of range request. */
void rgt__blk_set_rules(struct rgt_blk_queue *q,
                        const struct rgt_blk_info *info);

/* 0 while requests can be sent and completed; RGT_E_STATE; RGT_E_PROTO. */
int rgt__blk_live(const struct rgt_blk_queue *q);

/* Ends a request: unshares its buffers, sets its result. */
void rgt__blk_finish(struct rgt_blk_queue *q, struct rgt_blk_req *req,
                     int result);

/* Takes one completed request off the ring and ends it; requests that go on
 * with their next part are not completed, but set parts_added.
 * Returns 1; 0 none; RGT_E_STATE; RGT_E_PROTO. */
int rgt__blk_reap(struct rgt_blk_queue *q, struct rgt_blk_req **req);

/* After some reaping: lets the device know of the parts added. */
void rgt__blk_send_parts(struct rgt_blk_queue *q);

/* Ends the waiting call if req is its own; else keeps req for a later poll:
 * no completion is lost, and nothing is called back. */
void rgt__blk_keep(struct rgt_blk_queue *q, struct rgt_blk_req *req);

/* Queue 0, also of a device that is not up. */
struct rgt_blk_queue *rgt__blk_first(struct rgt_blk *blk);

/* Calls wake of the queues in use: of all, or of those with requests kept. */
void rgt__blk_wake(const struct rgt_blk *blk, bool kept_only);

/* Reads the configuration of a device that comes up into blk->info, but for
 * what depends on the queues.
 * Returns 0; RGT_E_TIMEOUT; RGT_E_REFUSED: no queue at all. */
int rgt__blk_config_read(struct rgt_blk *blk);

/* The same for what may change under way, if the device has said so; what is
 * different goes into blk->changed. Returns 0; RGT_E_TIMEOUT. */
int rgt__blk_config_renew(struct rgt_blk *blk);

#endif
