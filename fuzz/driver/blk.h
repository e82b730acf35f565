/* SPDX-License-Identifier: MIT */
/* The caller of the block driver. */
#ifndef FUZZ_DRIVER_BLK_H
#define FUZZ_DRIVER_BLK_H

#include "caller.h"

#define FUZZ_REQS 12u
#define FUZZ_QUEUES 3u
#define FUZZ_PIECES 6u
#define FUZZ_PIECE_BYTES_MAX 4097u

struct fuzz_blk_req {
    struct rgt_blk_req req; /* first */
    struct rgt_seg seg[FUZZ_PIECES];
    struct rgt_blk_range range[FUZZ_PIECES];
    struct rgt_blk_queue *queue;
    unsigned piece_count;
    unsigned place; /* of it in struct fuzz_blk */
    bool again;     /* submitted once more when it comes back */
};

/* Each request has memory of its own, which is closed to the driver from the
 * moment it came back. */
struct fuzz_blk_place {
    struct fuzz_blk_req *r; /* NULL: none */
    bool lent;              /* the driver has it */
    bool over;              /* it came back, by a callback */
};

struct fuzz_blk {
    struct peer *p;
    const struct fuzz_head *head;
    struct rgt_blk *blk;
    unsigned queues; /* of the caller's, in use; 0: that in blk */
    struct rgt_blk_queue *queue[FUZZ_QUEUES];
    struct rgt_blk_queue *only;
    struct rgt_blk_queue_config queue_cfg[FUZZ_QUEUES];
    struct rgt_vq_slot *slots[FUZZ_QUEUES];
    struct fuzz_blk_place place[FUZZ_REQS];
    struct fuzz_blk_req *submitting;
    uint64_t accepted; /* features, when it last came up; 0: it did not */
    void *sync_buf;
    size_t sync_bytes;
    enum rgt_dir sync_dir;
};

/* Takes max at most. Returns what rgt_blk_queue_poll() does. */
int fuzz_blk_poll(struct fuzz_blk *f, struct rgt_blk_queue *q, unsigned max);
void fuzz_blk_poll_all(struct fuzz_blk *f);

/* These return what the driver returned. */
int fuzz_blk_recover(struct fuzz_blk *f);
int fuzz_blk_close(struct fuzz_blk *f);
/* Closes, and if that was possible opens. */
int fuzz_blk_reopen(struct fuzz_blk *f);

/* blk_look.c: what the driver says of the device is what its header allows;
 * and the same of what the input has. */
void fuzz_blk_check(struct fuzz_blk *f);
void fuzz_blk_look(struct fuzz_blk *f);

/* blk_end.c: the device is honest from here on, everything comes right, and is
 * ended. */
void fuzz_blk_end(struct fuzz_blk *f);

#endif
