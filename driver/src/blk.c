/* SPDX-License-Identifier: MIT */
/* The way of a block request through one queue: submit, kick, completion. */
#include "ringtrue/blk.h"
#include "blk_private.h"
#include "blk_shared.h"
#include "req.h"
#include "ringtrue/err.h"
#include "ringtrue/le.h"
#include "vq_chain.h"

/* Header and status make two pieces of every chain. */
#define FRAME_PIECES 2u

/* What no device writes: a status byte left alone is not taken for OK. */
#define STATUS_UNWRITTEN 0xffu

/* Callers clear it for each request: up to this size by a few stores, above
 * it by a string instruction that takes as long as a quarter of all that is
 * done here (GCC, x86-64). */
_Static_assert(sizeof(struct rgt_blk_req) <= 80, "request grown too large");

static struct rgt__blk_place *place_of(const struct rgt_blk_queue *q,
                                       uint16_t slot)
{
    return rgt__pool_place(&q->pool, slot);
}

int rgt__blk_live(const struct rgt_blk_queue *q)
{
    if (rgt__shared_get(&q->blk->shared.live) == 0)
        return RGT_E_STATE;
    if (!q->vq.dead)
        return 0;
    return q->pool.cpu != NULL ? RGT_E_PROTO : RGT_E_STATE;
}

/* ---- submit ------------------------------------------------------------- */

/* Fills the place that belongs to the chain about to be built. */
static void prepare_place(const struct rgt_blk_req *req,
                          const struct rgt__blk_kind *kind,
                          struct rgt__blk_place *place)
{
    bool on_sectors = kind->payload == RGT__BLK_SECTORS;

    place->header.type = rgt_le32(kind->type);
    place->header.reserved = 0;
    /* 5.2.6.1: 0 for a flush; and for all that has no use for it. */
    place->header.sector = rgt_le64(on_sectors ? req->sector : 0);
    place->status = STATUS_UNWRITTEN;
}

/* Bytes of the payload as pieces of at most size_max of them (5.2.4). */
static void put_payload(const struct rgt_blk_queue *q, struct rgt__chain *chain,
                        uint64_t dma, uint32_t bytes, uint16_t flags)
{
    while (bytes > 0) {
        uint32_t len = bytes < q->size_max ? bytes : q->size_max;
        rgt__chain_put(&q->vq, chain, dma, len, flags);
        dma += len;
        bytes -= len;
    }
}

/* Fills the place, and adds R16, payload, W1. Readable data stand before the
 * writable status, writable data behind the readable header: the order of
 * 2.7.4.2 either way. The payload is the segments, or range_count ranges of
 * the place. */
static void add_chain(struct rgt_blk_queue *q, struct rgt_blk_req *req,
                      uint32_t entry_count, uint32_t range_count)
{
    const struct rgt__blk_kind *kind = rgt__blk_kind(req->op);
    uint64_t dma = rgt__pool_dma(&q->pool, req->slot);
    uint16_t flags = kind->dir == RGT_FROM_DEVICE ? VIRTQ_DESC_F_WRITE : 0;
    struct rgt__chain chain;

    prepare_place(req, kind, place_of(q, req->slot));
    rgt__chain_begin(&q->vq, &chain, entry_count);
    rgt__chain_put(&q->vq, &chain, dma, sizeof(struct virtio_blk_req), 0);
    for (uint32_t i = 0; i < req->seg_count; i++)
        put_payload(q, &chain, req->segs[i].dma, req->segs[i].len, flags);
    put_payload(q, &chain, dma + offsetof(struct rgt__blk_place, ranges),
                range_count *
                    (uint32_t)sizeof(struct virtio_blk_discard_write_zeroes),
                flags);
    rgt__chain_put(&q->vq, &chain,
                   dma + offsetof(struct rgt__blk_place, status), 1,
                   VIRTQ_DESC_F_WRITE);
    req->writable_bytes = chain.writable_bytes;
    rgt__chain_commit(&q->vq, &chain, req);
}

static int add_data(struct rgt_blk_queue *q, struct rgt_blk_req *req,
                    uint32_t pieces)
{
    int err = rgt_vq_room(&q->vq, pieces + FRAME_PIECES);

    if (err == 0 && req->seg_count > 0)
        err = rgt__segs_share(q->hal, req->segs, req->seg_count,
                              (enum rgt_dir)rgt__blk_kind(req->op)->dir);
    if (err != 0)
        return err;
    req->slot = rgt_vq_next_head(&q->vq);
    add_chain(q, req, pieces + FRAME_PIECES, 0);
    return 0;
}

/* Adds the next of the requests to the device that req takes. The place may be
 * written before the chain is begun: it belongs to a free descriptor, once
 * there is room.
 * Returns 0; RGT_E_IO: there is nothing left that may be sent; RGT_E_AGAIN;
 * RGT_E_PROTO. */
static int add_part(struct rgt_blk_queue *q, struct rgt_blk_req *req)
{
    struct rgt__blk_cursor cursor = {req->range_at, req->range_sent};
    uint32_t entry_count = q->range_pieces + FRAME_PIECES;
    int err = rgt_vq_room(&q->vq, entry_count);

    if (err != 0)
        return err;
    req->slot = rgt_vq_next_head(&q->vq);
    uint32_t count =
        rgt__blk_ranges_fill(q, req, &cursor, place_of(q, req->slot));
    if (count == 0)
        return RGT_E_IO;
    add_chain(q, req, entry_count, count);
    req->range_at = cursor.at;
    req->range_sent = cursor.sent;
    return 0;
}

int rgt_blk_queue_submit(struct rgt_blk_queue *q, struct rgt_blk_req *req)
{
    uint32_t pieces;
    int err = rgt__blk_live(q);

    if (err != 0)
        return err;
    rgt__capacity_renew(q);
    err = rgt__blk_check(q, req, &pieces);
    if (err != 0)
        return err;
    if (!rgt__blk_has_ranges(req->op))
        return add_data(q, req, pieces);
    req->range_at = 0;
    req->range_sent = 0;
    return add_part(q, req);
}

int rgt_blk_queue_kick(struct rgt_blk_queue *q)
{
    int err = rgt__blk_live(q);

    return err == 0 ? rgt__vq_send(&q->vq, true) : err;
}

/* ---- completion --------------------------------------------------------- */

void rgt__blk_finish(struct rgt_blk_queue *q, struct rgt_blk_req *req,
                     int result)
{
    if (req->seg_count > 0)
        rgt__segs_unshare(q->hal, req->segs, req->seg_count,
                          (enum rgt_dir)rgt__blk_kind(req->op)->dir);
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
static int outcome(const struct rgt_blk_queue *q, const struct rgt_blk_req *req,
                   uint32_t written)
{
    if (written < req->writable_bytes)
        return RGT_E_IO;
    return result_of(rgt_ring_load8(&place_of(q, req->slot)->status));
}

/* Whether req goes on with its next part. The part just done has left room
 * for it: all have the same number of pieces. */
static bool goes_on(struct rgt_blk_queue *q, struct rgt_blk_req *req,
                    int *result)
{
    if (!rgt__blk_has_ranges(req->op) || *result != 0 ||
        req->range_at == req->range_count)
        return false;
    rgt__capacity_renew(q);
    *result = add_part(q, req);
    if (*result != 0)
        return false;
    q->parts_added = true;
    return true;
}

/* Every turn takes one chain off the ring; those added here are not published
 * before rgt__blk_send_parts(), so it ends. */
int rgt__blk_reap(struct rgt_blk_queue *q, struct rgt_blk_req **req)
{
    void *token;
    uint32_t written;
    int err = rgt__blk_live(q);

    if (err != 0)
        return err;
    for (;;) {
        int found = rgt_vq_pop(&q->vq, &token, &written);
        if (found <= 0)
            return found;
        *req = token;
        int result = outcome(q, *req, written);
        if (goes_on(q, *req, &result))
            continue;
        rgt__blk_finish(q, *req, result);
        return 1;
    }
}

void rgt__blk_send_parts(struct rgt_blk_queue *q)
{
    if (!q->parts_added)
        return;
    q->parts_added = false;
    /* A ring that is found broken here says so to the next poll. */
    (void)rgt__vq_send(&q->vq, true);
}

/* What was kept comes first, in every state; then the ring. */
static int next_completed(struct rgt_blk_queue *q, struct rgt_blk_req **req)
{
    struct rgt_link *kept = rgt__list_take(&q->returned);

    if (kept == NULL)
        return rgt__blk_reap(q, req);
    *req = RGT__OWNER(kept, struct rgt_blk_req, link);
    return 1;
}

int rgt_blk_queue_poll(struct rgt_blk_queue *q, struct rgt_blk_req **out,
                       unsigned max)
{
    struct rgt_blk_req *req;
    unsigned count = 0;
    int found = 0;

    while (count < max && (found = next_completed(q, &req)) > 0) {
        if (out != NULL)
            out[count] = req;
        count++;
        if (req->done != NULL)
            req->done(req);
    }
    rgt__blk_send_parts(q);
    return count > 0 ? (int)count : found;
}

int rgt_blk_queue_interrupts(struct rgt_blk_queue *q, bool wanted)
{
    int err = rgt__blk_live(q);

    return err == 0 ? rgt_vq_interrupts(&q->vq, wanted) : err;
}

int rgt_blk_queue_interrupts_after(struct rgt_blk_queue *q, uint32_t count)
{
    int err = rgt__blk_live(q);

    return err == 0 ? rgt_vq_interrupts_after(&q->vq, count) : err;
}

/* ---- queue 0 ------------------------------------------------------------ */

struct rgt_blk_queue *rgt__blk_first(struct rgt_blk *blk)
{
    return blk->own.queue;
}

int rgt_blk_submit(struct rgt_blk *blk, struct rgt_blk_req *req)
{
    return rgt_blk_queue_submit(rgt__blk_first(blk), req);
}

int rgt_blk_kick(struct rgt_blk *blk)
{
    return rgt_blk_queue_kick(rgt__blk_first(blk));
}

int rgt_blk_poll(struct rgt_blk *blk, struct rgt_blk_req **out, unsigned max)
{
    return rgt_blk_queue_poll(rgt__blk_first(blk), out, max);
}
