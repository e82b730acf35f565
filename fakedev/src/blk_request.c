/* SPDX-License-Identifier: MIT
 *
 * blk_request.c: what a disk is asked to do, and how it answers (5.2.6).
 */
#include "blk_private.h"

#include <string.h>

#define ID_BYTES 20u
#define LIFETIME_BYTES 6u

/* What the device fills writable bytes with that no request has written. */
#define FILLER 0xEE

#define ALWAYS (-1)

static uint64_t le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

/* ---- taken ---- */

static bool is_before(const struct fake_chain *chain, uint64_t from)
{
    if (chain->ring->packed)
        return chain->place < from;
    return (uint16_t)(from - 1 - chain->place) < chain->ring->cfg.size;
}

/* The cache mode at the submission, which 5.2.6.2 goes by: a request may have
 * lain there since before the last change. Then it was not the same all the
 * time, and a mode that never ends says so. */
static uint32_t mode_of(struct fake_blk *blk, const struct fake_chain *chain)
{
    uint16_t q = chain->ring->cfg.index;
    uint32_t mode = atomic_load(&blk->dev.lines->writeback);

    if (blk->mode_of[q] != mode &&
        is_before(chain, atomic_load(&blk->dev.lines->mode_from[q]))) {
        fake_emit(blk->dev.log, FAKE_EV_OLD_MODE, q, mode & 1, 0, 0, 0);
        return 1;
    }
    blk->mode_of[q] = mode;
    return mode;
}

bool blk_read_header(struct fake_blk *blk, struct fake_chain *chain)
{
    uint8_t header[BLK_HEADER_BYTES];
    uint64_t mode;

    if (chain->readable_bytes < BLK_HEADER_BYTES || chain->writable_bytes < 1)
        return false;
    mode = mode_of(blk, chain);
    fake_chain_read(chain, 0, header, BLK_HEADER_BYTES);
    chain->model[0] = le(header, 4) | mode << 32;
    chain->model[1] = le(header + 8, 8);
    fake_emit(blk->dev.log, FAKE_EV_REQUEST, chain->ring->cfg.index,
              blk_type(chain), chain->model[1], blk_out_bytes(chain),
              blk_in_bytes(chain));
    if (blk_has_ranges(blk_type(chain)) && blk->dev.log->on)
        blk_log_ranges(blk, chain);
    if (blk_type(chain) == VIRTIO_BLK_T_FLUSH) {
        chain->model[1] = blk->writes;
        if (blk->cache)
            fake_cache_owe(blk->cache, blk->writes);
    }
    return true;
}

/* ---- each of them ---- */

/* Fills the writable part from byte `from` up to the status byte. */
static void fill(const struct fake_chain *chain, uint64_t from)
{
    uint64_t end = blk_in_bytes(chain);
    uint64_t at = 0;
    uint32_t i;

    for (i = chain->readable_count; i < chain->seg_count && at < end; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t first = from > at ? from - at : 0;
        uint64_t last = end - at < seg->bytes ? end - at : seg->bytes;

        if (first < last) {
            fake_chain_writing(chain, seg->mem + first, last - first);
            memset(seg->mem + first, FILLER, last - first);
            fake_chain_wrote(chain, seg->mem + first, last - first);
        }
        at += seg->bytes;
    }
}

static bool in_bounds(const struct fake_blk *blk,
                      const struct fake_chain *chain, uint64_t bytes)
{
    return bytes % BLK_SECTOR_BYTES == 0 &&
           blk_on_disk(blk, blk_sector(chain), bytes / BLK_SECTOR_BYTES);
}

/* Straight from the disk into the driver's buffer. *done: bytes filled. */
static uint8_t do_in(struct fake_blk *blk, const struct fake_chain *chain,
                     uint64_t *done)
{
    uint64_t left = blk_in_bytes(chain);
    uint64_t offset = blk_sector(chain) * BLK_SECTOR_BYTES;
    uint32_t i;

    if (blk_out_bytes(chain) || !in_bounds(blk, chain, left))
        return VIRTIO_BLK_S_IOERR;
    for (i = chain->readable_count; left; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        size_t n = left < seg->bytes ? (size_t)left : seg->bytes;

        fake_chain_writing(chain, seg->mem, n);
        if (blk_disk_read(blk, offset, seg->mem, n) != 0)
            return VIRTIO_BLK_S_IOERR;
        fake_chain_wrote(chain, seg->mem, n);
        offset += n;
        left -= n;
        *done += n;
    }
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_out(struct fake_blk *blk, const struct fake_chain *chain,
                      uint64_t *done)
{
    bool is_volatile = blk_is_volatile(blk, chain);
    uint64_t offset = blk_sector(chain) * BLK_SECTOR_BYTES;
    uint64_t skip = BLK_HEADER_BYTES;
    uint32_t i;

    (void)done;
    if (blk_feature(blk->cfg.features, VIRTIO_BLK_F_RO) ||
        blk_in_bytes(chain) || !in_bounds(blk, chain, blk_out_bytes(chain)))
        return VIRTIO_BLK_S_IOERR;
    for (i = 0; i < chain->readable_count; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        size_t from = skip < seg->bytes ? (size_t)skip : seg->bytes;
        size_t n = seg->bytes - from;

        skip -= from;
        if (n &&
            blk_disk_write(blk, offset, seg->mem + from, n, is_volatile) != 0)
            return VIRTIO_BLK_S_IOERR;
        offset += n;
    }
    return blk_disk_written(blk, is_volatile) ? VIRTIO_BLK_S_IOERR
                                              : VIRTIO_BLK_S_OK;
}

static uint8_t do_flush(struct fake_blk *blk, const struct fake_chain *chain,
                        uint64_t *done)
{
    (void)done;
    return blk_disk_flush(blk, chain) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static uint8_t do_get_id(struct fake_blk *blk, const struct fake_chain *chain,
                         uint64_t *done)
{
    char id[ID_BYTES] = {0};

    if (blk_out_bytes(chain) || blk_in_bytes(chain) != ID_BYTES)
        return VIRTIO_BLK_S_IOERR;
    memcpy(id, blk->cfg.id, strnlen(blk->cfg.id, ID_BYTES));
    *done = fake_chain_write(chain, 0, id, ID_BYTES);
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_get_lifetime(struct fake_blk *blk,
                               const struct fake_chain *chain, uint64_t *done)
{
    const struct fake_blk_config *cfg = &blk->cfg;
    const uint8_t wire[LIFETIME_BYTES] = {
        (uint8_t)cfg->pre_eol_info, (uint8_t)(cfg->pre_eol_info >> 8),
        (uint8_t)cfg->lifetime_a,   (uint8_t)(cfg->lifetime_a >> 8),
        (uint8_t)cfg->lifetime_b,   (uint8_t)(cfg->lifetime_b >> 8),
    };

    if (blk_out_bytes(chain) || blk_in_bytes(chain) != LIFETIME_BYTES)
        return VIRTIO_BLK_S_IOERR;
    *done = fake_chain_write(chain, 0, wire, LIFETIME_BYTES);
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_ranges(struct fake_blk *blk, const struct fake_chain *chain,
                         uint64_t *done)
{
    (void)done;
    return blk_do_ranges(blk, chain);
}

static const struct kind {
    uint32_t type;
    int feature; /* without which there is no such request */
    bool writes;
    blk_run_fn *run;
} kinds[] = {
    {VIRTIO_BLK_T_IN, ALWAYS, false, do_in},
    {VIRTIO_BLK_T_OUT, ALWAYS, true, do_out},
    {VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_F_FLUSH, false, do_flush},
    {VIRTIO_BLK_T_GET_ID, ALWAYS, false, do_get_id},
    {VIRTIO_BLK_T_GET_LIFETIME, VIRTIO_BLK_F_LIFETIME, false, do_get_lifetime},
    {VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_F_DISCARD, true, do_ranges},
    {VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_F_WRITE_ZEROES, true, do_ranges},
    {VIRTIO_BLK_T_SECURE_ERASE, VIRTIO_BLK_F_SECURE_ERASE, true, do_ranges},
};

/* NULL: not supported here and now. */
static const struct kind *kind_of(const struct fake_blk *blk,
                                  const struct fake_chain *chain)
{
    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        if (kinds[k].type == blk_type(chain))
            return kinds[k].feature == ALWAYS ||
                           blk_negotiated(blk, (unsigned)kinds[k].feature)
                       ? &kinds[k]
                       : NULL;
    return NULL;
}

/* ---- served ---- */

uint8_t blk_execute(struct fake_blk *blk, const struct fake_chain *chain,
                    uint64_t *done)
{
    const struct kind *kind = kind_of(blk, chain);
    uint64_t arg;

    if (blk_fault(blk, chain, FAKE_FAULT_BLK_IO_ERROR, &arg)) {
        if (kind && kind->run == do_ranges)
            blk_fail_ranges(blk, chain);
        return VIRTIO_BLK_S_IOERR;
    }
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_UNSUPPORTED, &arg) || !kind)
        return VIRTIO_BLK_S_UNSUPP;
    if (fake_fault_any_planned(blk->dev.faults, FAKE_PART_BLK))
        return blk_run_faulty(blk, chain, kind->run, done);
    return kind->run(blk, chain, done);
}

static void log_failure(struct fake_blk *blk, const struct fake_chain *chain,
                        uint8_t status)
{
    uint32_t type = blk_type(chain);

    if (status)
        fake_emit(blk->dev.log, FAKE_EV_FAILED, chain->ring->cfg.index, type,
                  status, blk_has_ranges(type) ? blk_out_bytes(chain) / 16 : 0,
                  0);
}

void blk_finish(struct fake_blk *blk, struct fake_chain *chain)
{
    const struct fake_seg *last = &chain->seg[chain->seg_count - 1];
    uint64_t len = chain->writable_bytes;
    uint64_t done = 0;
    uint64_t arg;
    uint8_t status;

    if (blk_fault(blk, chain, FAKE_FAULT_BLK_STUCK, &arg))
        return;
    status = blk_execute(blk, chain, &done);
    if (done < blk_in_bytes(chain))
        fill(chain, done);
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_GARBAGE_STATUS, &arg))
        status = (uint8_t)arg;
    log_failure(blk, chain, status);
    fake_chain_writing(chain, &last->mem[last->bytes - 1], 1);
    last->mem[last->bytes - 1] = status;
    fake_chain_wrote(chain, &last->mem[last->bytes - 1], 1);
    fake_ring_complete(chain->ring, chain,
                       len < UINT32_MAX ? (uint32_t)len : UINT32_MAX);
}

void blk_leave_half_done(struct fake_blk *blk, const struct fake_chain *chain,
                         uint64_t tear)
{
    const struct kind *kind = kind_of(blk, chain);
    uint64_t done = 0;

    if (!kind || !kind->writes)
        return;
    blk->whim = (struct fake_blk_whim){
        .on = tear != 0, .room = UINT64_MAX, .tear = tear};
    (void)kind->run(blk, chain, &done);
    blk->whim.on = false;
}
