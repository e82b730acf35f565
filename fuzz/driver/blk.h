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

/* blk_req.c: the callbacks of the platform and of the driver, */
bool fuzz_blk_lent(void *ctx, const void *buf, size_t bytes, enum rgt_dir dir);
void fuzz_blk_woken(void *ctx);
/* what begins each call of the driver, and the queue it is for, */
void fuzz_blk_begin(struct fuzz_blk *f, bool queue_call);
struct rgt_blk_queue *fuzz_blk_queue_arg(struct fuzz_blk *f);
/* requests that the driver has, a new one, and the end of one. */
unsigned fuzz_blk_lent_count(const struct fuzz_blk *f);
void fuzz_blk_submit(struct fuzz_blk *f);
void fuzz_blk_drop(struct fuzz_blk_place *at);
/* Takes max at most. Returns what rgt_blk_queue_poll() does. */
int fuzz_blk_poll(struct fuzz_blk *f, struct rgt_blk_queue *q, unsigned max);

/* blk_sync.c: as the input has it */
void fuzz_blk_read_sync(struct fuzz_blk *f);
void fuzz_blk_write_sync(struct fuzz_blk *f);
void fuzz_blk_other_sync(struct fuzz_blk *f);
void fuzz_blk_range_sync(struct fuzz_blk *f);

/* blk.c: these return what the driver returned. */
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
