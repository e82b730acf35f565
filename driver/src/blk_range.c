/* SPDX-License-Identifier: MIT */
/* DISCARD, WRITE_ZEROES and SECURE_ERASE: ranges of any number and size, cut
 * and gathered into requests within the limits of the device (5.2.6.1). */
#include "blk_private.h"
#include "ringtrue/le.h"

#define UNMAP 1u /* bit 0 of flags (5.2.6) */

/* n modulo d, d > 0, by hand: small CPUs leave 64-bit division to a library
 * that we do not have. */
static uint32_t modulo(uint64_t n, uint32_t d)
{
    uint64_t rest = 0;

    for (int bit = 63; bit >= 0; bit--, n <<= 1) {
        rest = rest << 1 | n >> 63;
        if (rest >= d)
            rest -= d;
    }
    return (uint32_t)rest;
}

/* How much of left sectors at sector goes into a request that has room for
 * room of them. What is cut ends at a multiple of the alignment; 0: the next
 * one is out of reach. */
static uint32_t cut(uint64_t sector, uint64_t left, uint32_t room,
                    uint32_t alignment)
{
    if (left <= room)
        return (uint32_t)left;
    if (alignment < 2)
        return room;
    uint32_t over = modulo(sector + room, alignment);
    return over < room ? room - over : 0;
}

static bool within(uint64_t sector, uint64_t count, uint64_t capacity)
{
    return sector <= capacity && count <= capacity - sector;
}

static void put_range(struct virtio_blk_discard_write_zeroes *to,
                      uint64_t sector, uint32_t sectors, bool unmap)
{
    to->sector = rgt_le64(sector);
    to->num_sectors = rgt_le32(sectors);
    to->flags = rgt_le32(unmap ? UNMAP : 0);
}

/* Each turn of the loop fills one of at most segs_max entries. */
uint32_t rgt__blk_ranges_fill(const struct rgt_blk_queue *q,
                              const struct rgt_blk_req *req,
                              struct rgt__blk_cursor *cursor,
                              struct rgt__blk_place *place)
{
    const struct rgt_blk_range_rule *rule =
        &q->rules[req->op - RGT_BLK_DISCARD];
    uint32_t room = rule->sectors_max;
    uint32_t count = 0;

    while (room > 0 && count < rule->segs_max &&
           cursor->at < req->range_count) {
        const struct rgt_blk_range *r = &req->ranges[cursor->at];
        uint64_t sector = r->sector + cursor->sent;
        uint64_t left = r->sector_count - cursor->sent;
        uint32_t take = cut(sector, left, room, rule->alignment);

        if (take == 0 && count > 0)
            break; /* the next request has more room */
        if (take == 0)
            take = room; /* no multiple within a whole request */
        if (!within(sector, take, q->capacity_sectors))
            break;
        put_range(&place->ranges[count++], sector, take, r->unmap);
        room -= take;
        cursor->sent += take;
        if (take == left)
            *cursor = (struct rgt__blk_cursor){.at = cursor->at + 1};
    }
    return count;
}

/* As many ranges as fit into one request to the device, into our place, and
 * into one piece of size_max bytes: then every part of a request has the same
 * number of pieces. A size_max below one range makes it several pieces. */
static uint32_t segs_allowed(const struct rgt_blk_queue *q, uint32_t segs_max)
{
    const uint32_t range_bytes = sizeof(struct virtio_blk_discard_write_zeroes);
    uint32_t by_place =
        (q->pool.place_bytes - (uint32_t)sizeof(struct rgt__blk_place)) /
        range_bytes;
    uint32_t by_piece = q->size_max / range_bytes;

    if (q->range_pieces > q->seg_max)
        return 0;
    if (by_piece == 0)
        by_piece = 1;
    if (segs_max > by_place)
        segs_max = by_place;
    return segs_max < by_piece ? segs_max : by_piece;
}

static void set_rule(struct rgt_blk_queue *q, enum rgt_blk_op op, bool offered,
                     const struct rgt_blk_range_limits *limits)
{
    struct rgt_blk_range_rule *rule = &q->rules[op - RGT_BLK_DISCARD];

    rule->sectors_max = limits->sectors_max;
    rule->alignment = limits->alignment;
    rule->segs_max = segs_allowed(q, limits->segs_max);
    if (offered && rule->sectors_max > 0 && rule->segs_max > 0)
        q->ops |= 1u << op;
}

void rgt__blk_set_rules(struct rgt_blk_queue *q,
                        const struct rgt_blk_info *info)
{
    const struct rgt_dev *dev = &q->blk->dev;

    q->range_pieces = rgt__blk_pieces(
        sizeof(struct virtio_blk_discard_write_zeroes), q->size_max,
        sizeof(struct virtio_blk_discard_write_zeroes));
    set_rule(q, RGT_BLK_DISCARD, rgt_dev_has(dev, VIRTIO_BLK_F_DISCARD),
             &info->discard);
    set_rule(q, RGT_BLK_WRITE_ZEROES,
             rgt_dev_has(dev, VIRTIO_BLK_F_WRITE_ZEROES), &info->write_zeroes);
    set_rule(q, RGT_BLK_SECURE_ERASE,
             rgt_dev_has(dev, VIRTIO_BLK_F_SECURE_ERASE), &info->secure_erase);
}
