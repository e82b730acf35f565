/* SPDX-License-Identifier: MIT
 *
 * blk_disk.c: what lies behind the requests: a store, and perhaps a volatile
 * cache in front of it. Which writes have to be on the store when they are
 * reported complete is said by 5.2.6.2; with a cache all others are not.
 */
#include "blk_private.h"

/* The capacity told to the driver may be larger than what is there. */
bool blk_on_disk(const struct fake_blk *blk, uint64_t sector, uint64_t sectors)
{
    uint64_t capacity =
        atomic_load_explicit(&blk->dev.lines->sectors, memory_order_relaxed);
    uint64_t stored = blk->store->bytes / BLK_SECTOR_BYTES;

    if (capacity > stored)
        capacity = stored;
    return sector <= capacity && sectors <= capacity - sector;
}

/* 5.2.6.2. Condition 2 asks for writeback 0 all the time: the word counts how
 * often it changed, so two equal words are one and the same time. */
bool blk_is_volatile(const struct fake_blk *blk, const struct fake_chain *chain)
{
    uint32_t taken = blk_mode_taken(chain);

    if (blk_negotiated(blk, VIRTIO_BLK_F_CONFIG_WCE))
        return taken & 1 || atomic_load(&blk->dev.lines->writeback) != taken;
    return !blk_feature(blk->cfg.features, VIRTIO_BLK_F_FLUSH) ||
           blk_negotiated(blk, VIRTIO_BLK_F_FLUSH);
}

int blk_disk_read(struct fake_blk *blk, uint64_t offset, void *to, size_t bytes)
{
    if (blk->cache)
        return fake_cache_read(blk->cache, offset, to, bytes);
    return blk->store->ops->read(blk->store, offset, to, bytes);
}

int blk_disk_write(struct fake_blk *blk, uint64_t offset, const void *from,
                   size_t bytes, bool is_volatile)
{
    if (blk->whim.on)
        return blk_write_faulty(blk, offset, from, bytes, is_volatile);
    return blk_disk_put(blk, offset, from, bytes, is_volatile);
}

int blk_disk_put(struct fake_blk *blk, uint64_t offset, const void *from,
                 size_t bytes, bool is_volatile)
{
    if (!blk->cache)
        return blk->store->ops->write(blk->store, offset, from, bytes);
    if (is_volatile)
        return fake_cache_write(blk->cache, offset, from, bytes,
                                blk->writes + 1);
    return fake_cache_write_through(blk->cache, offset, from, bytes);
}

int blk_disk_written(struct fake_blk *blk, bool is_volatile)
{
    blk->writes++;
    return is_volatile ? 0 : blk->store->ops->flush(blk->store);
}

int blk_disk_flush(struct fake_blk *blk, const struct fake_chain *chain)
{
    if (blk->cache)
        return fake_cache_commit(blk->cache, blk_sector(chain));
    return blk->store->ops->flush(blk->store);
}
