/* SPDX-License-Identifier: MIT */
/* Which requests may go to the device: everything that 5.2.6.1 forbids ends
 * here, before memory is shared and before the ring. */
#include "blk_private.h"
#include "ringtrue/err.h"

/* The bytes of a chain stay below 2^32 (2.7.5.2), header and status too. */
#define DATA_BYTES_MAX                                                         \
    (UINT32_MAX - (uint32_t)sizeof(struct virtio_blk_req) - 1u)

static const struct rgt__blk_kind kinds[] = {
    [RGT_BLK_READ] = {VIRTIO_BLK_T_IN, RGT_FROM_DEVICE, true},
    [RGT_BLK_WRITE] = {VIRTIO_BLK_T_OUT, RGT_TO_DEVICE, true},
    [RGT_BLK_FLUSH] = {VIRTIO_BLK_T_FLUSH, RGT_TO_DEVICE, false},
    [RGT_BLK_ID] = {VIRTIO_BLK_T_GET_ID, RGT_FROM_DEVICE, false},
};

const struct rgt__blk_kind *rgt__blk_kind(enum rgt_blk_op op)
{
    if ((size_t)op >= sizeof(kinds) / sizeof(kinds[0]))
        return NULL;
    return &kinds[op];
}

/* How many pieces of at most size_max bytes len takes, counted up to limit:
 * no division, which small CPUs leave to a library we do not have. */
static uint32_t pieces_of(uint32_t len, uint32_t size_max, uint32_t limit)
{
    uint32_t pieces = 1;

    while (len > size_max && pieces < limit) {
        len -= size_max;
        pieces++;
    }
    return pieces;
}

/* Sums up the segments; each becomes as many pieces as size_max asks for.
 * Stops at the first sign of too much, so the walk is bounded. */
static int measure(const struct rgt_blk *blk, const struct rgt_blk_req *req,
                   uint64_t *bytes, uint32_t *piece_count)
{
    uint32_t too_many = blk->info.seg_max + 1;
    uint32_t pieces = 0;

    *bytes = 0;
    for (uint32_t i = 0; i < req->seg_count; i++) {
        uint32_t len = req->segs[i].len;
        if (len == 0)
            return RGT_E_INVAL;
        pieces += pieces_of(len, blk->info.size_max, too_many);
        *bytes += len;
        if (pieces >= too_many || *bytes > DATA_BYTES_MAX)
            return RGT_E_INVAL;
    }
    *piece_count = pieces;
    return 0;
}

/* 5.2.6.1: whole sectors, and none past the end. Written so that no sum can
 * overflow. */
static bool sectors_valid(const struct rgt_blk *blk, uint64_t sector,
                          uint64_t bytes)
{
    uint64_t capacity = blk->info.capacity_sectors;

    if (bytes == 0 || bytes % RGT_BLK_SECTOR_BYTES != 0)
        return false;
    return sector <= capacity &&
           bytes / RGT_BLK_SECTOR_BYTES <= capacity - sector;
}

static bool supported(const struct rgt_blk *blk, enum rgt_blk_op op)
{
    if (op == RGT_BLK_WRITE)
        return !blk->info.read_only;
    return op != RGT_BLK_FLUSH || blk->info.flush;
}

int rgt__blk_check(const struct rgt_blk *blk, const struct rgt_blk_req *req,
                   uint32_t *piece_count)
{
    const struct rgt__blk_kind *kind = rgt__blk_kind(req->op);
    uint64_t bytes;

    if (kind == NULL)
        return RGT_E_INVAL;
    if (!supported(blk, req->op))
        return RGT_E_NOTSUP;
    if (measure(blk, req, &bytes, piece_count) != 0)
        return RGT_E_INVAL;
    if (kind->on_sectors)
        return sectors_valid(blk, req->sector, bytes) ? 0 : RGT_E_INVAL;
    uint64_t wanted = req->op == RGT_BLK_ID ? RGT_BLK_ID_BYTES : 0;
    return bytes == wanted ? 0 : RGT_E_INVAL;
}
