/* SPDX-License-Identifier: MIT */
/* The configuration of a block device (5.2.4, 5.2.5): what it says at first,
 * what changes under way, and its cache mode. */
#include "blk_private.h"
#include "blk_shared.h"
#include "log.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

/* What the device says, as it says it. */
struct values {
    struct rgt_blk_info info;
    uint8_t writeback;
    uint8_t may_unmap;
};

struct field {
    uint8_t feature; /* that it depends on */
    uint8_t at;      /* in struct virtio_blk_config */
    uint8_t width_bytes;
    uint8_t to; /* in struct values */
};

/* 2.5.1: a field is there only if its feature is offered; we look only at
 * those we have also accepted. Fields have the width of where they go. */
#define FIELD(feature, field, member)                                          \
    {                                                                          \
        feature, offsetof(struct virtio_blk_config, field),                    \
            sizeof(((struct values *)0)->member),                              \
            offsetof(struct values, member)                                    \
    }

/* The first CHANGING of them may change while the device is in use. */
#define CHANGING 3u
static const struct field fields[] = {
    FIELD(VIRTIO_F_VERSION_1, capacity, info.capacity_sectors), /* always */
    FIELD(VIRTIO_BLK_F_CONFIG_WCE, writeback, writeback),
    FIELD(VIRTIO_BLK_F_WRITE_ZEROES, write_zeroes_may_unmap, may_unmap),
    FIELD(VIRTIO_BLK_F_SIZE_MAX, size_max, info.size_max),
    FIELD(VIRTIO_BLK_F_SEG_MAX, seg_max, info.seg_max),
    FIELD(VIRTIO_BLK_F_GEOMETRY, geometry.cylinders, info.cylinders),
    FIELD(VIRTIO_BLK_F_GEOMETRY, geometry.heads, info.heads),
    FIELD(VIRTIO_BLK_F_GEOMETRY, geometry.sectors, info.sectors_per_track),
    FIELD(VIRTIO_BLK_F_BLK_SIZE, blk_size, info.blk_size),
    FIELD(VIRTIO_BLK_F_TOPOLOGY, topology.physical_block_exp,
          info.physical_block_exp),
    FIELD(VIRTIO_BLK_F_TOPOLOGY, topology.alignment_offset,
          info.alignment_offset),
    FIELD(VIRTIO_BLK_F_TOPOLOGY, topology.min_io_size, info.min_io_blocks),
    FIELD(VIRTIO_BLK_F_TOPOLOGY, topology.opt_io_size, info.opt_io_blocks),
    FIELD(VIRTIO_BLK_F_MQ, num_queues, info.num_queues),
    FIELD(VIRTIO_BLK_F_DISCARD, max_discard_sectors, info.discard.sectors_max),
    FIELD(VIRTIO_BLK_F_DISCARD, max_discard_seg, info.discard.segs_max),
    FIELD(VIRTIO_BLK_F_DISCARD, discard_sector_alignment,
          info.discard.alignment),
    FIELD(VIRTIO_BLK_F_WRITE_ZEROES, max_write_zeroes_sectors,
          info.write_zeroes.sectors_max),
    FIELD(VIRTIO_BLK_F_WRITE_ZEROES, max_write_zeroes_seg,
          info.write_zeroes.segs_max),
    FIELD(VIRTIO_BLK_F_SECURE_ERASE, max_secure_erase_sectors,
          info.secure_erase.sectors_max),
    FIELD(VIRTIO_BLK_F_SECURE_ERASE, max_secure_erase_seg,
          info.secure_erase.segs_max),
    FIELD(VIRTIO_BLK_F_SECURE_ERASE, secure_erase_sector_alignment,
          info.secure_erase.alignment),
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Reads the first count fields of the table, as far as they are there. */
static int read_fields(struct rgt_blk *blk, size_t count, struct values *v)
{
    struct rgt_dev_field wanted[FIELDS];
    unsigned n = 0;

    for (size_t i = 0; i < count; i++) {
        if (!rgt_dev_has(&blk->dev, fields[i].feature))
            continue;
        wanted[n].dst = (uint8_t *)v + fields[i].to;
        wanted[n].offset = fields[i].at;
        wanted[n++].width_bytes = fields[i].width_bytes;
    }
    return rgt_dev_config_read(&blk->dev, wanted, n);
}

/* A caller may divide by the block size, and shift it: neither by nonsense. */
static void check_block_size(struct rgt_blk_info *info)
{
    uint32_t size = info->blk_size;
    uint32_t exp = info->physical_block_exp;

    if (size < RGT_BLK_SECTOR_BYTES || (size & (size - 1)) != 0)
        size = RGT_BLK_SECTOR_BYTES;
    info->blk_size = size;
    if (exp > 31 || size << exp >> exp != size)
        info->physical_block_exp = 0;
}

static void set_features(const struct rgt_dev *dev, struct rgt_blk_info *info)
{
    info->features = dev->features;
    /* Offered is enough: the device fails writes whether we accept or not. */
    info->read_only = (dev->offered & RGT_FEATURE(VIRTIO_BLK_F_RO)) != 0;
    info->flush = rgt_dev_has(dev, VIRTIO_BLK_F_FLUSH);
    info->lifetime = rgt_dev_has(dev, VIRTIO_BLK_F_LIFETIME);
    info->config_wce = rgt_dev_has(dev, VIRTIO_BLK_F_CONFIG_WCE);
}

static void set_changing(struct rgt_blk *blk, const struct values *v)
{
    struct rgt_blk_info *info = &blk->info;
    bool writeback = info->config_wce ? v->writeback != 0 : info->flush;
    bool may_unmap = v->may_unmap != 0;

    if (v->info.capacity_sectors != info->capacity_sectors)
        blk->changed |= RGT_BLK_CHANGED_CAPACITY;
    if (writeback != info->writeback)
        blk->changed |= RGT_BLK_CHANGED_WRITEBACK;
    if (may_unmap != info->write_zeroes_may_unmap)
        blk->changed |= RGT_BLK_CHANGED_MAY_UNMAP;
    info->capacity_sectors = v->info.capacity_sectors;
    info->writeback = writeback;
    info->write_zeroes_may_unmap = may_unmap;
    rgt__capacity_put(&blk->shared, info->capacity_sectors);
}

/* All of info but what is compared with its old value. */
static void set_fixed(struct rgt_blk *blk, const struct values *v)
{
    struct rgt_blk_info old = blk->info;
    struct rgt_blk_info *info = &blk->info;

    *info = v->info;
    if (info->size_max == 0)
        info->size_max = UINT32_MAX;
    if (info->seg_max == 0)
        info->seg_max = 1;
    check_block_size(info);
    set_features(&blk->dev, info);
    info->queue_count = old.queue_count;
    info->capacity_sectors = old.capacity_sectors;
    info->writeback = old.writeback;
    info->write_zeroes_may_unmap = old.write_zeroes_may_unmap;
}

int rgt__blk_config_read(struct rgt_blk *blk)
{
    struct values v = {.info = {.seg_max = UINT32_MAX, .num_queues = 1}};
    int err = read_fields(blk, FIELDS, &v);

    if (err != 0)
        return err;
    if (v.info.num_queues == 0) {
        rgt__log(blk->dev.hal, "blk: failed why=num-queues-0");
        return RGT_E_REFUSED;
    }
    set_fixed(blk, &v);
    set_changing(blk, &v);
    return 0;
}

static int read_changing(struct rgt_blk *blk)
{
    struct values v = {.writeback = 0};
    int err = read_fields(blk, CHANGING, &v);

    if (err == 0)
        set_changing(blk, &v);
    if (err == RGT_E_NODEV)
        rgt__shared_set(&blk->shared.live, 0);
    return err;
}

int rgt__blk_config_renew(struct rgt_blk *blk)
{
    uint32_t *pending = &blk->shared.config_pending;

    if (rgt__shared_get(pending) == 0)
        return 0;
    rgt__shared_set(pending, 0);
    /* The 0 before the fields: an interrupt that comes after they have been
     * read sets the 1 after the 0. */
    atomic_thread_fence(memory_order_seq_cst);
    int err = read_changing(blk);
    if (err != 0)
        rgt__shared_set(pending, 1);
    return err;
}

int rgt_blk_changes(struct rgt_blk *blk)
{
    if (rgt__shared_get(&blk->shared.live) == 0)
        return RGT_E_STATE;
    int err = rgt__blk_config_renew(blk);
    if (err != 0)
        return err;
    uint32_t changed = blk->changed;
    blk->changed = 0;
    return (int)changed;
}

int rgt_blk_writeback_set(struct rgt_blk *blk, bool writeback)
{
    struct rgt_transport *t = blk->dev.transport;

    if (rgt__shared_get(&blk->shared.live) == 0)
        return RGT_E_STATE;
    if (!blk->info.config_wce || (writeback && !blk->info.flush))
        return RGT_E_NOTSUP;
    t->ops->config_write(t, offsetof(struct virtio_blk_config, writeback), 1,
                         writeback);
    /* The device has the last word. Our own switch is no change to report,
     * but what else has changed is. */
    uint32_t known = blk->changed & RGT_BLK_CHANGED_WRITEBACK;
    int err = read_changing(blk);
    if (err != 0) {
        /* rgt_blk_changes() tries again, and tells what has become of it. */
        rgt__shared_set(&blk->shared.config_pending, 1);
        return err;
    }
    blk->changed = (blk->changed & ~RGT_BLK_CHANGED_WRITEBACK) | known;
    return blk->info.writeback == writeback ? 0 : RGT_E_IO;
}

const struct rgt_blk_info *rgt_blk_info(const struct rgt_blk *blk)
{
    return &blk->info;
}

static uint16_t get_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

int rgt_blk_lifetime_decode(const uint8_t *raw,
                            struct rgt_blk_lifetime *lifetime)
{
    const unsigned typ_max = 11; /* 5.2.6: all values above are reserved */

    lifetime->pre_eol_info =
        get_le16(raw + offsetof(struct virtio_blk_lifetime, pre_eol_info));
    lifetime->typ_a = get_le16(
        raw + offsetof(struct virtio_blk_lifetime, device_lifetime_est_typ_a));
    lifetime->typ_b = get_le16(
        raw + offsetof(struct virtio_blk_lifetime, device_lifetime_est_typ_b));
    bool known = lifetime->pre_eol_info <= VIRTIO_BLK_PRE_EOL_INFO_URGENT &&
                 lifetime->typ_a <= typ_max && lifetime->typ_b <= typ_max;
    return known ? 0 : RGT_E_PROTO;
}
