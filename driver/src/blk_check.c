/* SPDX-License-Identifier: MIT */
/* Which requests may go to the device: everything that 5.2.6.1 forbids ends
 * here, before memory is shared and before the ring. */
#include "blk_private.h"
#include "ringtrue/err.h"

/* The bytes of a chain stay below 2^32 (2.7.5.2), header and status too. */
#define DATA_BYTES_MAX                                                         \
    (UINT32_MAX - (uint32_t)sizeof(struct virtio_blk_req) - 1u)

const struct rgt__blk_kind rgt__blk_kinds[] = {
    [RGT_BLK_READ] = {VIRTIO_BLK_T_IN, RGT_FROM_DEVICE, RGT__BLK_SECTORS, 0},
    [RGT_BLK_WRITE] = {VIRTIO_BLK_T_OUT, RGT_TO_DEVICE, RGT__BLK_SECTORS, 0},
    [RGT_BLK_FLUSH] = {VIRTIO_BLK_T_FLUSH, RGT_TO_DEVICE, RGT__BLK_FIXED, 0},
    [RGT_BLK_ID] = {VIRTIO_BLK_T_GET_ID, RGT_FROM_DEVICE, RGT__BLK_FIXED,
                    RGT_BLK_ID_BYTES},
    [RGT_BLK_LIFETIME] = {VIRTIO_BLK_T_GET_LIFETIME, RGT_FROM_DEVICE,
                          RGT__BLK_FIXED, RGT_BLK_LIFETIME_BYTES},
    [RGT_BLK_DISCARD] = {VIRTIO_BLK_T_DISCARD, RGT_TO_DEVICE, RGT__BLK_RANGES,
                         0},
    [RGT_BLK_WRITE_ZEROES] = {VIRTIO_BLK_T_WRITE_ZEROES, RGT_TO_DEVICE,
                              RGT__BLK_RANGES, 0},
    [RGT_BLK_SECURE_ERASE] = {VIRTIO_BLK_T_SECURE_ERASE, RGT_TO_DEVICE,
                              RGT__BLK_RANGES, 0},
};

/* By subtraction: no division, which small CPUs leave to a library we do not
 * have. */
uint32_t rgt__blk_pieces(uint32_t len, uint32_t size_max, uint32_t limit)
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
static int measure(const struct rgt_blk_queue *q, const struct rgt_blk_req *req,
                   uint64_t *bytes, uint32_t *piece_count)
{
    uint32_t too_many = q->seg_max + 1;
    uint32_t pieces = 0;

    *bytes = 0;
    for (uint32_t i = 0; i < req->seg_count; i++) {
        uint32_t len = req->segs[i].len;
        if (len == 0)
            return RGT_E_INVAL;
        pieces += rgt__blk_pieces(len, q->size_max, too_many);
        *bytes += len;
        if (pieces >= too_many || *bytes > DATA_BYTES_MAX)
            return RGT_E_INVAL;
    }
    *piece_count = pieces;
    return 0;
}

/* 5.2.6.1: none past the end. Written so that no sum can overflow. */
static bool within_capacity(const struct rgt_blk_queue *q, uint64_t sector,
                            uint64_t sector_count)
{
    return sector <= q->capacity_sectors &&
           sector_count <= q->capacity_sectors - sector;
}

/* 5.2.6.1: whole sectors, and at least one. */
static bool sectors_valid(const struct rgt_blk_queue *q, uint64_t sector,
                          uint64_t bytes)
{
    return bytes > 0 && bytes % RGT_BLK_SECTOR_BYTES == 0 &&
           within_capacity(q, sector, bytes / RGT_BLK_SECTOR_BYTES);
}

static bool ranges_valid(const struct rgt_blk_queue *q,
                         const struct rgt_blk_req *req)
{
    bool may_unmap = req->op == RGT_BLK_WRITE_ZEROES;

    for (uint32_t i = 0; i < req->range_count; i++) {
        const struct rgt_blk_range *r = &req->ranges[i];
        if (r->sector_count == 0 || (r->unmap && !may_unmap) ||
            !within_capacity(q, r->sector, r->sector_count))
            return false;
    }
    return req->range_count > 0;
}

static bool payload_valid(const struct rgt_blk_queue *q,
                          const struct rgt_blk_req *req, uint64_t bytes)
{
    const struct rgt__blk_kind *kind = rgt__blk_kind(req->op);

    switch ((enum rgt__blk_payload)kind->payload) {
    case RGT__BLK_SECTORS:
        return sectors_valid(q, req->sector, bytes);
    case RGT__BLK_RANGES:
        return bytes == 0 && ranges_valid(q, req);
    case RGT__BLK_FIXED:
        break;
    }
    return bytes == kind->bytes;
}

int rgt__blk_check(const struct rgt_blk_queue *q, const struct rgt_blk_req *req,
                   uint32_t *piece_count)
{
    uint64_t bytes;

    if ((size_t)req->op >= sizeof(rgt__blk_kinds) / sizeof(rgt__blk_kinds[0]))
        return RGT_E_INVAL;
    if ((q->ops >> req->op & 1) == 0)
        return RGT_E_NOTSUP;
    if (measure(q, req, &bytes, piece_count) != 0)
        return RGT_E_INVAL;
    return payload_valid(q, req, bytes) ? 0 : RGT_E_INVAL;
}
