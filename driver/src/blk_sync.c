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
    struct rgt_blk_queue *q = rgt__blk_first(self);
    struct rgt_blk_req *req;
    int found = rgt__blk_reap(q, &req);

    if (found > 0)
        rgt__blk_keep(q, req);
    rgt__blk_send_parts(q);
    return found;
}

/* A configuration that does not settle is for rgt_blk_changes() to report. */
static int interrupt(void *self)
{
    int bits = rgt_blk_interrupt(self);

    if (bits >= 0)
        (void)rgt__blk_config_renew(self);
    return bits;
}

static const struct rgt__sync_ops sync_ops = {submit, kick, collect, interrupt};

/* The request got no answer. Its buffer is the caller's again only after a
 * reset of queue or device (2.6.1, 3.3.1); if even that is not answered,
 * nothing can be promised. */
static int give_up(struct rgt_blk *blk, int why)
{
    if (why == RGT_E_TIMEOUT)
        rgt__log(blk->dev.hal, "blk: timeout what=request");
    if (why == RGT_E_STATE || rgt_blk_queue_reset(rgt__blk_first(blk)) != 0)
        (void)rgt_blk_recover(blk); /* if it fails, later calls say so */
    if (blk->sync_busy)
        return RGT_E_STATE;
    return why == RGT_E_STATE ? RGT_E_IO : why;
}

/* Runs blk->sync_req to its end. */
static int run_to_end(struct rgt_blk *blk)
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

static int run(struct rgt_blk *blk, const struct rgt_blk_req *req)
{
    blk->sync_req = *req;
    int err = run_to_end(blk);
    rgt__blk_wake(blk, true); /* for what was kept */
    return err;
}

/* What a device that does not answer may still use stays as it is: then the
 * device is not live. */
static int run_data(struct rgt_blk *blk, enum rgt_blk_op op, uint64_t sector,
                    void *buf, uint32_t bytes)
{
    int err = rgt__blk_live(rgt__blk_first(blk));

    if (err != 0)
        return err;
    blk->sync_seg = (struct rgt_seg){.buf = buf, .len = bytes};
    return run(blk, &(struct rgt_blk_req){
                        .op = op,
                        .sector = sector,
                        .segs = &blk->sync_seg,
                        .seg_count = op == RGT_BLK_FLUSH ? 0 : 1,
                    });
}

static int run_range(struct rgt_blk *blk, enum rgt_blk_op op, uint64_t sector,
                     uint64_t sector_count, bool unmap)
{
    int err = rgt__blk_live(rgt__blk_first(blk));

    if (err != 0)
        return err;
    blk->sync_range = (struct rgt_blk_range){sector, sector_count, unmap};
    return run(blk, &(struct rgt_blk_req){
                        .op = op,
                        .ranges = &blk->sync_range,
                        .range_count = 1,
                    });
}

int rgt_blk_read_sync(struct rgt_blk *blk, uint64_t sector, void *buf,
                      uint32_t bytes)
{
    return run_data(blk, RGT_BLK_READ, sector, buf, bytes);
}

int rgt_blk_write_sync(struct rgt_blk *blk, uint64_t sector, const void *buf,
                       uint32_t bytes)
{
    /* A segment has one type of buffer for both directions; share() with
     * RGT_TO_DEVICE does not write to it. */
    return run_data(blk, RGT_BLK_WRITE, sector, (void *)(uintptr_t)buf, bytes);
}

int rgt_blk_flush_sync(struct rgt_blk *blk)
{
    return run_data(blk, RGT_BLK_FLUSH, 0, NULL, 0);
}

int rgt_blk_id_sync(struct rgt_blk *blk, char id[RGT_BLK_ID_BYTES + 1])
{
    id[RGT_BLK_ID_BYTES] = '\0';
    return run_data(blk, RGT_BLK_ID, 0, id, RGT_BLK_ID_BYTES);
}

/* The device writes where the result goes; then it is put right in place. */
int rgt_blk_lifetime_sync(struct rgt_blk *blk,
                          struct rgt_blk_lifetime *lifetime)
{
    uint8_t raw[RGT_BLK_LIFETIME_BYTES];
    int err = run_data(blk, RGT_BLK_LIFETIME, 0, lifetime, sizeof(raw));

    if (err != 0)
        return err;
    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = ((const uint8_t *)lifetime)[i];
    return rgt_blk_lifetime_decode(raw, lifetime);
}

_Static_assert(sizeof(struct rgt_blk_lifetime) == RGT_BLK_LIFETIME_BYTES,
               "room for what the device writes");

int rgt_blk_discard_sync(struct rgt_blk *blk, uint64_t sector,
                         uint64_t sector_count)
{
    return run_range(blk, RGT_BLK_DISCARD, sector, sector_count, false);
}

int rgt_blk_write_zeroes_sync(struct rgt_blk *blk, uint64_t sector,
                              uint64_t sector_count, bool unmap)
{
    return run_range(blk, RGT_BLK_WRITE_ZEROES, sector, sector_count, unmap);
}

int rgt_blk_secure_erase_sync(struct rgt_blk *blk, uint64_t sector,
                              uint64_t sector_count)
{
    return run_range(blk, RGT_BLK_SECURE_ERASE, sector, sector_count, false);
}
