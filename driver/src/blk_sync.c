/* SPDX-License-Identifier: MIT */
/* Waiting calls: submit, kick, poll, and the platform's wait(). */
#include "blk_private.h"
#include "log.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

/* Ends the request of the waiting call, or keeps that of somebody else: no
 * completion is lost, and nothing is called back from here. */
static void sort_in(struct rgt_blk *blk, struct rgt_blk_req *req)
{
    if (req == &blk->sync_req)
        blk->sync_busy = false;
    else
        rgt__blk_keep(blk, req);
}

/* One step of waiting: a completion, or a sleep. The deadline is looked at
 * only when the ring is empty, so a completion whose interrupt got lost is
 * still found at the end. */
static int step(struct rgt_blk *blk, uint64_t deadline_ns)
{
    struct rgt_hal *hal = blk->dev.hal;
    struct rgt_blk_req *req;
    int found = rgt__blk_reap(blk, &req);

    if (found < 0)
        return found;
    if (found > 0) {
        sort_in(blk, req);
        return 0;
    }
    if (hal->ops->now_ns(hal) >= deadline_ns)
        return RGT_E_TIMEOUT;
    hal->ops->wait(hal, deadline_ns);
    return rgt_blk_interrupt(blk) == RGT_E_STATE ? RGT_E_STATE : 0;
}

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

/* Submits; a full queue is worked on until there is room. */
static int submit(struct rgt_blk *blk, uint64_t deadline_ns)
{
    int err;

    while ((err = rgt_blk_submit(blk, &blk->sync_req)) == RGT_E_AGAIN) {
        err = rgt_blk_kick(blk);
        if (err == 0)
            err = step(blk, deadline_ns);
        if (err != 0)
            return err;
    }
    return err;
}

static uint64_t deadline_after(const struct rgt_blk *blk)
{
    struct rgt_hal *hal = blk->dev.hal;
    uint64_t now_ns = hal->ops->now_ns(hal);

    if (blk->dev.timeout_ns > UINT64_MAX - now_ns)
        return UINT64_MAX;
    return now_ns + blk->dev.timeout_ns;
}

/* Runs blk->sync_req to its end. */
static int run(struct rgt_blk *blk)
{
    uint64_t deadline_ns = deadline_after(blk);
    int err = submit(blk, deadline_ns);

    if (err != 0)
        return err;
    blk->sync_busy = true;
    err = rgt_blk_kick(blk);
    while (err == 0 && blk->sync_busy)
        err = step(blk, deadline_ns);
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
