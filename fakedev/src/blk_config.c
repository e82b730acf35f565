/* SPDX-License-Identifier: MIT
 *
 * blk_config.c: the config space of a disk (5.2.4).
 */
#include "blk_private.h"

#include <stddef.h>
#include <string.h>

#include "fakedev/regs.h"

/* What follows the fields of 5.2.4 in a config space that is longer. */
#define CONFIG_EXTRA 0xA5

static void put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

#define PUT(space, field, value)                                               \
    put_le((space) + offsetof(struct virtio_blk_config, field), value,         \
           sizeof(((struct virtio_blk_config *)NULL)->field))

static void put_limits(const struct fake_blk_config *cfg, uint8_t *space)
{
    PUT(space, max_discard_sectors, cfg->discard.max_sectors);
    PUT(space, max_discard_seg, cfg->discard.max_seg);
    PUT(space, discard_sector_alignment, cfg->discard.alignment);
    PUT(space, max_write_zeroes_sectors, cfg->write_zeroes.max_sectors);
    PUT(space, max_write_zeroes_seg, cfg->write_zeroes.max_seg);
    PUT(space, write_zeroes_may_unmap, cfg->write_zeroes_may_unmap);
    PUT(space, max_secure_erase_sectors, cfg->secure_erase.max_sectors);
    PUT(space, max_secure_erase_seg, cfg->secure_erase.max_seg);
    PUT(space, secure_erase_sector_alignment, cfg->secure_erase.alignment);
}

uint32_t fake_blk_config_space(const struct fake_blk_config *cfg,
                               uint64_t sectors, uint8_t *out, uint32_t room)
{
    uint8_t space[sizeof(struct virtio_blk_config)] = {0};
    uint32_t bytes = sizeof(space);

    PUT(space, capacity, sectors);
    PUT(space, size_max, cfg->size_max);
    PUT(space, seg_max, cfg->seg_max);
    PUT(space, geometry.cylinders, cfg->cylinders);
    PUT(space, geometry.heads, cfg->heads);
    PUT(space, geometry.sectors, cfg->sectors_per_track);
    PUT(space, blk_size, cfg->blk_size);
    PUT(space, topology.physical_block_exp, cfg->physical_block_exp);
    PUT(space, topology.alignment_offset, cfg->alignment_offset);
    PUT(space, topology.min_io_size, cfg->min_io_size);
    PUT(space, topology.opt_io_size, cfg->opt_io_size);
    PUT(space, writeback, cfg->writeback);
    PUT(space, num_queues, cfg->num_queues);
    put_limits(cfg, space);
    if (bytes > room)
        bytes = room;
    memcpy(out, space, bytes);
    while (bytes < room && bytes - sizeof(space) < cfg->config_extra)
        out[bytes++] = CONFIG_EXTRA;
    return bytes;
}

static uint32_t queue_count(const struct fake_blk_config *cfg,
                            uint64_t features)
{
    if (!blk_feature(features, VIRTIO_BLK_F_MQ) || cfg->num_queues == 0)
        return 1;
    return cfg->num_queues < FAKE_QUEUES_MAX ? cfg->num_queues
                                             : FAKE_QUEUES_MAX;
}

uint32_t fake_blk_queue_count(const struct fake_blk_config *cfg)
{
    return queue_count(cfg, cfg->features);
}

void fake_blk_features_settled(struct fake_regs *regs,
                               const struct fake_blk_config *cfg)
{
    uint64_t accepted = regs->accepted;
    bool can_flush = blk_feature(accepted, VIRTIO_BLK_F_FLUSH);

    regs->queue_count = queue_count(cfg, accepted);
    if (!blk_feature(accepted, VIRTIO_BLK_F_CONFIG_WCE))
        return;
    fake_regs_set_writeback(regs, can_flush ? cfg->writeback : 0);
}
