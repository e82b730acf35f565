/* SPDX-License-Identifier: MIT */
/* Waiting calls: submit, kick, poll, and the platform's wait(). */
#include "blk_private.h"
#include "log.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"
#include "sync.h"

static int submit(void *self)
{
    struct rgt_blk *blk = self;
    return rgt_blk_submit(blk, &blk->sync_req);
}

static int kick(void *self)
{
    return rgt_blk_kick(self);
}

static int collect(void *self)
{
    struct rgt_blk_req *req;
    int found = rgt__blk_reap(self, &req);

    if (found > 0)
        rgt__blk_keep(self, req);
    return found;
}

static int interrupt(void *self)
{
    return rgt_blk_interrupt(self);
}

static const struct rgt__sync_ops sync_ops = {submit, kick, collect, interrupt};

/* The request got no answer. Its buffer is the caller's again only after a
 * reset (3.3.1); if even that is not answered, nothing can be promised. */
static int give_up(struct rgt_blk *blk, int why)
{
    if (why == RGT_E_TIMEOUT)
        rgt__log(blk->dev.hal, "blk: timeout what=request");
    (void)rgt_blk_recover(blk); /* if it fails, later calls say so */
    if (blk->sync_busy)
        return RGT_E_STATE;
    return why == RGT_E_STATE ? RGT_E_IO : why;
}

/* Runs blk->sync_req to its end. */
static int run(struct rgt_blk *blk)
{
    struct rgt__sync sync = {
        .ops = &sync_ops,
        .self = blk,
        .hal = blk->dev.hal,
        .deadline_ns = rgt__deadline_ns(blk->dev.hal, blk->dev.timeout_ns),
    };
    int err = rgt__sync_submit(&sync, &blk->sync_busy);

    if (err != 0 && !blk->sync_busy)
        return err;
    while (err == 0 && blk->sync_busy)
        err = rgt__sync_step(&sync);
    return err == 0 ? blk->sync_req.result : give_up(blk, err);
}

static int run_op(struct rgt_blk *blk, enum rgt_blk_op op, uint64_t sector,
                  void *buf, uint32_t bytes)
{
    int err = rgt__blk_live(blk);

    if (err != 0)
        return err;
    blk->sync_seg = (struct rgt_seg){.buf = buf, .len = bytes};
    blk->sync_req = (struct rgt_blk_req){
        .op = op,
        .sector = sector,
        .segs = &blk->sync_seg,
        .seg_count = op == RGT_BLK_FLUSH ? 0 : 1,
    };
    return run(blk);
}

int rgt_blk_read_sync(struct rgt_blk *blk, uint64_t sector, void *buf,
                      uint32_t bytes)
{
    return run_op(blk, RGT_BLK_READ, sector, buf, bytes);
}

int rgt_blk_write_sync(struct rgt_blk *blk, uint64_t sector, const void *buf,
                       uint32_t bytes)
{
    /* A segment has one type of buffer for both directions; share() with
     * RGT_TO_DEVICE does not write to it. */
    return run_op(blk, RGT_BLK_WRITE, sector, (void *)(uintptr_t)buf, bytes);
}

int rgt_blk_flush_sync(struct rgt_blk *blk)
{
    return run_op(blk, RGT_BLK_FLUSH, 0, NULL, 0);
}

int rgt_blk_id_sync(struct rgt_blk *blk, char id[RGT_BLK_ID_BYTES + 1])
{
    id[RGT_BLK_ID_BYTES] = '\0';
    return run_op(blk, RGT_BLK_ID, 0, id, RGT_BLK_ID_BYTES);
}
