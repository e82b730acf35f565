/* SPDX-License-Identifier: MIT
 *
 * blk_range.c: discards, writes of zeroes and secure erases: requests whose
 * data is a list of segments (5.2.6).
 */
#include "blk_private.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENT_BYTES 16u
#define CHUNK_BYTES 4096u

/* Of a longer list the rest is not logged, nor counted as its place. */
#define LOGGED_MAX 1024u

#define FLAG_UNMAP 1u

struct range {
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags;
};

static uint64_t le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

static struct range fetch(const struct fake_chain *chain, uint64_t k)
{
    uint8_t wire[SEGMENT_BYTES] = {0};

    fake_chain_read(chain, BLK_HEADER_BYTES + k * SEGMENT_BYTES, wire,
                    SEGMENT_BYTES);
    return (struct range){
        .sector = le(wire, 8),
        .sectors = (uint32_t)le(wire + 8, 4),
        .flags = (uint32_t)le(wire + 12, 4),
    };
}

static uint64_t count_of(const struct fake_chain *chain)
{
    return blk_out_bytes(chain) / SEGMENT_BYTES;
}

bool blk_has_ranges(uint32_t type)
{
    return type == VIRTIO_BLK_T_DISCARD || type == VIRTIO_BLK_T_WRITE_ZEROES ||
           type == VIRTIO_BLK_T_SECURE_ERASE;
}

void blk_log_ranges(struct fake_blk *blk, const struct fake_chain *chain)
{
    uint64_t count = count_of(chain);

    for (uint64_t k = 0; k < count && k < LOGGED_MAX; k++) {
        struct range r = fetch(chain, k);

        fake_emit(blk->dev.log, FAKE_EV_RANGE, chain->ring->cfg.index,
                  blk_type(chain), r.sector, r.sectors, r.flags);
    }
}

void blk_span(const struct fake_chain *chain, uint64_t *first, uint64_t *end)
{
    uint64_t count = count_of(chain);

    *first = UINT64_MAX;
    *end = 0;
    for (uint64_t k = 0; k < count && k < LOGGED_MAX; k++) {
        struct range r = fetch(chain, k);

        if (r.sector < *first)
            *first = r.sector;
        if (r.sector + r.sectors > *end)
            *end = r.sector + r.sectors;
    }
}

/* ---- are they in order? ---- */

static const struct fake_blk_limits *limits(const struct fake_blk *blk,
                                            uint32_t type)
{
    switch (type) {
    case VIRTIO_BLK_T_DISCARD:
        return &blk->cfg.discard;
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return &blk->cfg.write_zeroes;
    default:
        return &blk->cfg.secure_erase;
    }
}

/* A copy of the list, read once: the driver may go on writing to it. NULL: it
 * is no list, or too long. */
static struct range *copy(const struct fake_blk *blk,
                          const struct fake_chain *chain)
{
    uint64_t count = count_of(chain);
    struct range *list;

    if (blk_in_bytes(chain) || !count || blk_out_bytes(chain) % SEGMENT_BYTES ||
        count > limits(blk, blk_type(chain))->max_seg)
        return NULL;
    list = calloc(count, sizeof(*list));
    for (uint64_t k = 0; list && k < count; k++)
        list[k] = fetch(chain, k);
    return list;
}

static bool is_supported(uint32_t type, const struct range *r)
{
    uint32_t known = type == VIRTIO_BLK_T_WRITE_ZEROES ? FLAG_UNMAP : 0;

    return !(r->flags & ~known);
}

static bool fits(const struct fake_blk *blk, uint32_t type,
                 const struct range *r)
{
    return r->sectors && r->sectors <= limits(blk, type)->max_sectors &&
           blk_on_disk(blk, r->sector, r->sectors);
}

static uint8_t check(const struct fake_blk *blk, uint32_t type,
                     const struct range *list, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++)
        if (!is_supported(type, &list[k]))
            return VIRTIO_BLK_S_UNSUPP;
    for (uint64_t k = 0; k < count; k++)
        if (!fits(blk, type, &list[k]))
            return VIRTIO_BLK_S_IOERR;
    return VIRTIO_BLK_S_OK;
}

/* ---- what they do ---- */

/* Fills a range with copies of a sector. */
static int fill(struct fake_blk *blk, const struct range *r, uint8_t byte,
                bool is_volatile)
{
    uint64_t offset = r->sector * BLK_SECTOR_BYTES;
    uint64_t left = (uint64_t)r->sectors * BLK_SECTOR_BYTES;
    uint8_t chunk[CHUNK_BYTES];

    memset(chunk, byte, sizeof(chunk));
    while (left) {
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;

        if (blk_disk_write(blk, offset, chunk, n, is_volatile) != 0)
            return -1;
        offset += n;
        left -= n;
    }
    return 0;
}

static enum fake_blk_discard fate(struct fake_blk *blk)
{
    if (blk->cfg.discarded != FAKE_BLK_DISCARD_BY_SEED)
        return blk->cfg.discarded;
    return (enum fake_blk_discard)(FAKE_BLK_DISCARD_KEEP + blk_random(blk) % 3);
}

/* Nobody may rely on what a discarded sector holds, so that is different from
 * one sector to the next. */
static int discard(struct fake_blk *blk, const struct range *r,
                   bool is_volatile)
{
    for (uint32_t k = 0; k < r->sectors; k++) {
        const struct range one = {.sector = r->sector + k, .sectors = 1};
        int rc = 0;

        switch (fate(blk)) {
        case FAKE_BLK_DISCARD_ZERO:
            rc = fill(blk, &one, 0, is_volatile);
            break;
        case FAKE_BLK_DISCARD_GARBAGE:
            rc = fill(blk, &one, (uint8_t)blk_random(blk), is_volatile);
            break;
        default:
            break;
        }
        if (rc)
            return rc;
    }
    return 0;
}

/* An erase is on the medium at once: what was there never comes back. */
static int do_one(struct fake_blk *blk, uint32_t type, const struct range *r,
                  bool is_volatile)
{
    switch (type) {
    case VIRTIO_BLK_T_DISCARD:
        return discard(blk, r, is_volatile);
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return fill(blk, r, 0, is_volatile);
    default:
        return fill(blk, r, 0, false);
    }
}

uint8_t blk_do_ranges(struct fake_blk *blk, const struct fake_chain *chain)
{
    uint32_t type = blk_type(chain);
    bool is_volatile =
        type != VIRTIO_BLK_T_SECURE_ERASE && blk_is_volatile(blk, chain);
    struct range *list;
    uint8_t status;

    if (blk_feature(blk->cfg.features, VIRTIO_BLK_F_RO))
        return VIRTIO_BLK_S_IOERR;
    list = copy(blk, chain);
    if (!list)
        return VIRTIO_BLK_S_IOERR;
    status = check(blk, type, list, count_of(chain));
    for (uint64_t k = 0; !status && k < count_of(chain); k++)
        if (do_one(blk, type, &list[k], is_volatile) != 0)
            status = VIRTIO_BLK_S_IOERR;
    free(list);
    if (!status && blk_disk_written(blk, is_volatile) != 0)
        status = VIRTIO_BLK_S_IOERR;
    return status;
}

void blk_fail_ranges(struct fake_blk *blk, const struct fake_chain *chain)
{
    uint32_t type = blk_type(chain);
    struct range *list = copy(blk, chain);

    if (blk_feature(blk->cfg.features, VIRTIO_BLK_F_RO)) {
        free(list);
        return;
    }
    for (uint64_t k = 0; list && k < count_of(chain); k++)
        if (is_supported(type, &list[k]) && fits(blk, type, &list[k]) &&
            blk_random(blk) % 2)
            (void)do_one(blk, type, &list[k], true);
    free(list);
}
