/* SPDX-License-Identifier: MIT */
#include "blk_info.h"

#include <inttypes.h>

#include "ringtrue/wire.h"

static int has(const struct rig_blk_info *i, unsigned bit)
{
    return (int)(i->features >> bit & 1);
}

static const char *yes_or_no(int yes)
{
    return yes ? "yes" : "no";
}

/* Hints on how to use it well. */
static void print_shape(FILE *out, const struct rig_blk_info *i)
{
    if (has(i, VIRTIO_BLK_F_TOPOLOGY)) {
        fprintf(out, "physical    2^%u blocks, the first at block %u\n",
                i->physical_block_exp, i->alignment_offset);
        fprintf(out, "i/o sizes   %u blocks at least, %" PRIu32 " at best\n",
                i->min_io_blocks, i->opt_io_blocks);
    }
    if (has(i, VIRTIO_BLK_F_GEOMETRY))
        fprintf(out, "geometry    %u cylinders, %u heads, %u sectors\n",
                i->cylinders, i->heads, i->sectors_per_track);
}

static void print_limits(FILE *out, const char *name, uint32_t segs,
                         uint32_t sectors, uint32_t alignment)
{
    fprintf(out, "%-11s %" PRIu32 " segments, %" PRIu32 " sectors", name, segs,
            sectors);
    if (alignment > 1)
        fprintf(out, ", aligned to %" PRIu32, alignment);
    fprintf(out, "\n");
}

/* Requests that carry segments. */
static void print_segments(FILE *out, const struct rig_blk_info *i)
{
    if (has(i, VIRTIO_BLK_F_DISCARD))
        print_limits(out, "discard", i->max_discard_seg, i->max_discard_sectors,
                     i->discard_sector_alignment);
    if (has(i, VIRTIO_BLK_F_WRITE_ZEROES)) {
        print_limits(out, "zeroes", i->max_write_zeroes_seg,
                     i->max_write_zeroes_sectors, 0);
        fprintf(out, "may unmap   %s\n", yes_or_no(i->write_zeroes_may_unmap));
    }
    if (has(i, VIRTIO_BLK_F_SECURE_ERASE))
        print_limits(out, "erase", i->max_secure_erase_seg,
                     i->max_secure_erase_sectors,
                     i->secure_erase_sector_alignment);
}

void rig_blk_print_info(FILE *out, const char *image, const char *id,
                        const struct rig_blk_info *i)
{
    fprintf(out, "image       %s\n", image);
    fprintf(out, "capacity    %" PRIu64 " sectors of 512 bytes (%.1f MiB)\n",
            i->capacity, (double)i->capacity / 2048);
    fprintf(out, "id          %s\n", id);
    fprintf(out, "read only   %s\n", yes_or_no(i->read_only));
    fprintf(out, "flush       %s\n", yes_or_no(i->flush));
    fprintf(out, "cache       %s\n",
            i->writeback ? "writeback" : "writethrough");
    fprintf(out, "block size  %" PRIu32 " bytes\n", i->blk_size);
    print_shape(out, i);
    if (has(i, VIRTIO_BLK_F_SIZE_MAX))
        fprintf(out, "size max    %" PRIu32 " bytes\n", i->size_max);
    fprintf(out, "seg max     %" PRIu32 "\n", i->seg_max);
    fprintf(out, "queues      %" PRIu32 "\n", i->queues);
    fprintf(out, "queue size  %" PRIu32 "\n", i->queue_size);
    print_segments(out, i);
    fprintf(out, "features    0x%" PRIx64 " negotiated\n", i->features);
}
