/* SPDX-License-Identifier: MIT */
/* The way of a block request: submit, kick, completion. */
#include "ringtrue/blk.h"
#include "blk_private.h"
#include "req.h"
#include "ringtrue/err.h"
#include "ringtrue/le.h"
#include "vq_chain.h"

/* Header and status make two pieces of every chain. */
#define FRAME_PIECES 2u

/* What no device writes: a status byte left alone is not taken for OK. */
#define STATUS_UNWRITTEN 0xffu

static struct rgt__blk_place *place_of(const struct rgt_blk *blk, uint16_t slot)
{
    return rgt__pool_place(&blk->pool, slot);
}

int rgt__blk_live(const struct rgt_blk *blk)
{
    if (blk->dev.state != RGT_DEV_LIVE)
        return RGT_E_STATE;
    return blk->vq.dead ? RGT_E_PROTO : 0;
}

/* Fills the place that belongs to the chain about to be built. */
static void prepare_place(struct rgt_blk *blk, const struct rgt_blk_req *req)
{
    const struct rgt__blk_kind *kind = rgt__blk_kind(req->op);
    struct rgt__blk_place *place = place_of(blk, req->slot);

    place->header.type = rgt_le32(kind->type);
    place->header.reserved = 0;
    /* 5.2.6.1: 0 for a flush; and for all that has no use for it. */
    place->header.sector = rgt_le64(kind->on_sectors ? req->sector : 0);
    place->status = STATUS_UNWRITTEN;
}

/* A segment as pieces of at most size_max bytes (5.2.4). */
static void put_segment(const struct rgt_blk *blk, struct rgt__chain *chain,
                        const struct rgt_seg *seg, uint16_t flags)
{
    uint64_t at = seg->dma;
    uint32_t left = seg->len;

    while (left > 0) {
        uint32_t len = left < blk->info.size_max ? left : blk->info.size_max;
        rgt__chain_put(&blk->vq, chain, at, len, flags);
        at += len;
        left -= len;
    }
}

/* R16, data, W1. Readable data stand before the writable status, writable
 * data behind the readable header: the order of 2.7.4.2 either way. */
static void add_chain(struct rgt_blk *blk, struct rgt_blk_req *req,
                      uint32_t entry_count)
{
    uint64_t dma = rgt__pool_dma(&blk->pool, req->slot);
    uint16_t flags =
        rgt__blk_kind(req->op)->dir == RGT_FROM_DEVICE ? VIRTQ_DESC_F_WRITE : 0;
    struct rgt__chain chain;

    rgt__chain_begin(&blk->vq, &chain, entry_count);
    rgt__chain_put(&blk->vq, &chain, dma, sizeof(struct virtio_blk_req), 0);
    for (uint32_t i = 0; i < req->seg_count; i++)
        put_segment(blk, &chain, &req->segs[i], flags);
    rgt__chain_put(&blk->vq, &chain,
                   dma + offsetof(struct rgt__blk_place, status), 1,
                   VIRTQ_DESC_F_WRITE);
    req->writable_bytes = chain.writable_bytes;
    rgt__chain_commit(&blk->vq, &chain, req);
}

int rgt_blk_submit(struct rgt_blk *blk, struct rgt_blk_req *req)
{
    uint32_t pieces;
    int err = rgt__blk_live(blk);

    if (err == 0)
        err = rgt__blk_check(blk, req, &pieces);
    if (err == 0)
        err = rgt_vq_room(&blk->vq, pieces + FRAME_PIECES);
    if (err == 0)
        err = rgt__segs_share(blk->dev.hal, req->segs, req->seg_count,
                              rgt__blk_kind(req->op)->dir);
    if (err != 0)
        return err;
    req->slot = rgt_vq_next_head(&blk->vq);
    prepare_place(blk, req);
    add_chain(blk, req, pieces + FRAME_PIECES);
    return 0;
}

int rgt_blk_kick(struct rgt_blk *blk)
{
    int err = rgt__blk_live(blk);

    return err == 0 ? rgt__vq_send(&blk->vq, true) : err;
}

void rgt__blk_finish(struct rgt_blk *blk, struct rgt_blk_req *req, int result)
{
    rgt__segs_unshare(blk->dev.hal, req->segs, req->seg_count,
                      rgt__blk_kind(req->op)->dir);
    req->result = result;
}

static int result_of(uint8_t status)
{
    switch (status) {
    case VIRTIO_BLK_S_OK:
        return 0;
    case VIRTIO_BLK_S_IOERR:
        return RGT_E_IO;
    case VIRTIO_BLK_S_UNSUPP:
        return RGT_E_NOTSUP;
    default:
        return RGT_E_PROTO;
    }
}

/* The status is the last writable byte. If the used length stops short of it,
 * nothing may be concluded from it (2.7.8.3), nor from the end of the data:
 * the outcome is unknown. That is an error of this request only, since the
 * device may report less than it has written (2.7.8.2). */
static int outcome(const struct rgt_blk *blk, const struct rgt_blk_req *req,
                   uint32_t written)
{
    if (written < req->writable_bytes)
        return RGT_E_IO;
    return result_of(rgt_ring_load8(&place_of(blk, req->slot)->status));
}

int rgt__blk_reap(struct rgt_blk *blk, struct rgt_blk_req **req)
{
    void *token;
    uint32_t written;
    int err = rgt__blk_live(blk);

    if (err != 0)
        return err;
    int found = rgt_vq_pop(&blk->vq, &token, &written);
    if (found <= 0)
        return found;
    *req = token;
    rgt__blk_finish(blk, *req, outcome(blk, *req, written));
    return 1;
}

void rgt__blk_keep(struct rgt_blk *blk, struct rgt_blk_req *req)
{
    if (req == &blk->sync_req)
        blk->sync_busy = false;
    else
        rgt__list_put(&blk->returned, &req->link);
}

/* What was kept comes first, in every state; then the ring. */
static int next_completed(struct rgt_blk *blk, struct rgt_blk_req **req)
{
    struct rgt_link *kept = rgt__list_take(&blk->returned);

    if (kept == NULL)
        return rgt__blk_reap(blk, req);
    *req = RGT__OWNER(kept, struct rgt_blk_req, link);
    return 1;
}

int rgt_blk_poll(struct rgt_blk *blk, struct rgt_blk_req **out, unsigned max)
{
    struct rgt_blk_req *req;
    unsigned count = 0;
    int found = 0;

    while (count < max && (found = next_completed(blk, &req)) > 0) {
        if (out != NULL)
            out[count] = req;
        count++;
        if (req->done != NULL)
            req->done(req);
    }
    return count > 0 ? (int)count : found;
}
