/* SPDX-License-Identifier: MIT
 *
 * blk_fault.c: writes and reads that go wrong.
 */
#include "blk_private.h"

/* ---- where ---- */

/* What carries no sectors is nowhere on the disk; what carries a list is
 * between its first and its last one. */
static struct fake_site site_of(const struct fake_chain *chain)
{
    struct fake_site site = FAKE_SITE_ANY;
    uint32_t type = blk_type(chain);
    uint64_t end;

    site.queue = chain->ring->cfg.index;
    site.type = (int32_t)type;
    if (type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_OUT) {
        site.sector = blk_sector(chain);
        site.sectors =
            (blk_out_bytes(chain) + blk_in_bytes(chain)) / BLK_SECTOR_BYTES;
    } else if (blk_has_ranges(type)) {
        blk_span(chain, &site.sector, &end);
        site.sectors = end > site.sector ? end - site.sector : 0;
    }
    return site;
}

bool blk_fault(struct fake_blk *blk, const struct fake_chain *chain,
               enum fake_fault name, uint64_t *arg)
{
    struct fake_fault_plan *plan = blk->dev.faults;
    struct fake_site site;

    if (!fake_fault_planned(plan, name))
        return false;
    site = site_of(chain);
    return fake_fault_fires_at(plan, name, blk->dev.log, &site, arg);
}

/* ---- writes ---- */

/* A toss for each sector, the same for all pieces of it. */
static bool is_written(uint64_t seed, uint64_t sector)
{
    uint64_t z = seed + sector * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return (z ^ z >> 27) >> 32 & 1;
}

/* Where it goes. The store has whole sectors, so that none is cut in two. */
static uint64_t place_of(const struct fake_blk *blk, uint64_t offset)
{
    uint64_t end = blk->store->bytes;

    return (offset + blk->whim.shift % end) % end;
}

/* Bytes of a piece that lie in the first sector of it. */
static size_t in_sector(uint64_t offset, size_t bytes)
{
    size_t room = BLK_SECTOR_BYTES - (size_t)(offset % BLK_SECTOR_BYTES);

    return bytes < room ? bytes : room;
}

int blk_write_faulty(struct fake_blk *blk, uint64_t offset, const void *from,
                     size_t bytes, bool is_volatile)
{
    struct fake_blk_whim *whim = &blk->whim;
    const uint8_t *at = from;

    while (bytes && whim->room) {
        size_t n = in_sector(offset, bytes);
        size_t some = n < whim->room ? n : (size_t)whim->room;

        if ((!whim->tear ||
             is_written(whim->tear, offset / BLK_SECTOR_BYTES)) &&
            blk_disk_put(blk, place_of(blk, offset), at, some, is_volatile))
            return -1;
        whim->room -= some;
        offset += n;
        at += n;
        bytes -= n;
    }
    return 0;
}

/* Is it a write that would do something? Others are no occasion. */
static bool is_good_write(const struct fake_blk *blk,
                          const struct fake_chain *chain)
{
    uint64_t bytes = blk_out_bytes(chain);

    return blk_type(chain) == VIRTIO_BLK_T_OUT && !blk_in_bytes(chain) &&
           !blk_feature(blk->cfg.features, VIRTIO_BLK_F_RO) && bytes &&
           bytes % BLK_SECTOR_BYTES == 0 &&
           blk_on_disk(blk, blk_sector(chain), bytes / BLK_SECTOR_BYTES);
}

/* Of several the shortest write, and the way past them all. Returns whether
 * the driver is to be told. */
static bool choose_whim(struct fake_blk *blk, const struct fake_chain *chain)
{
    struct fake_blk_whim *whim = &blk->whim;
    bool told = false;
    uint64_t arg;

    *whim = (struct fake_blk_whim){.room = UINT64_MAX};
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_TORN, &arg)) {
        whim->on = told = true;
        whim->room = arg;
    }
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_TORN_OK, &arg)) {
        whim->on = true;
        whim->room = arg < whim->room ? arg : whim->room;
    }
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_LOST, &arg)) {
        whim->on = true;
        whim->room = 0;
    }
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_MISDIRECTED, &arg)) {
        whim->on = true;
        whim->shift =
            arg % (blk->store->bytes / BLK_SECTOR_BYTES) * BLK_SECTOR_BYTES;
    }
    return told;
}

static uint8_t run_write(struct fake_blk *blk, const struct fake_chain *chain,
                         blk_run_fn *run, uint64_t *done)
{
    bool told = choose_whim(blk, chain);
    uint8_t status = run(blk, chain, done);

    blk->whim.on = false;
    return told ? VIRTIO_BLK_S_IOERR : status;
}

/* ---- reads ---- */

/* Turns a bit of what the driver was given. */
static void rot(const struct fake_chain *chain, uint64_t bit)
{
    uint64_t offset = bit / 8 % blk_in_bytes(chain), at = offset;
    uint32_t i = chain->readable_count;
    uint8_t byte;

    while (at >= chain->seg[i].bytes)
        at -= chain->seg[i++].bytes;
    byte = chain->seg[i].mem[at] ^ (uint8_t)(1u << bit % 8);
    fake_chain_write(chain, offset, &byte, 1);
}

static uint8_t run_read(struct fake_blk *blk, const struct fake_chain *chain,
                        blk_run_fn *run, uint64_t *done)
{
    uint8_t status = run(blk, chain, done);
    uint64_t arg;

    if (status == VIRTIO_BLK_S_OK && *done &&
        blk_fault(blk, chain, FAKE_FAULT_BLK_BIT_ROT, &arg))
        rot(chain, arg);
    return status;
}

uint8_t blk_run_faulty(struct fake_blk *blk, const struct fake_chain *chain,
                       blk_run_fn *run, uint64_t *done)
{
    if (is_good_write(blk, chain))
        return run_write(blk, chain, run, done);
    if (blk_type(chain) == VIRTIO_BLK_T_IN)
        return run_read(blk, chain, run, done);
    return run(blk, chain, done);
}

/* ---- the disk itself ---- */

/* The front shows it to the driver, and has to know of it by then. */
void blk_shrink(struct fake_blk *blk, uint64_t sectors)
{
    struct fake_lines *lines = blk->dev.lines;

    if (sectors >= atomic_load(&lines->sectors))
        return;
    atomic_store(&lines->sectors, sectors);
    atomic_store(&lines->resized, true);
    fake_device_irq(&blk->dev, VIRTIO_MMIO_INT_CONFIG_CHANGE);
}
