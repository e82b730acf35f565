/* SPDX-License-Identifier: MIT */
/* The configuration of a block device (5.2.4, 5.2.5): what it says at first,
 * what changes under way, and its cache mode. */
#include "blk_private.h"
#include "blk_shared.h"
#include "log.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define FIELDS_MAX 24u

/* The fields as the CPU sees them. */
struct values {
    uint64_t capacity;
    uint32_t size_max;
    uint32_t seg_max;
    uint32_t blk_size;
    uint32_t opt_io_size;
    struct rgt_blk_range_limits discard;
    struct rgt_blk_range_limits write_zeroes;
    struct rgt_blk_range_limits secure_erase;
    uint16_t cylinders;
    uint16_t min_io_size;
    uint16_t num_queues;
    uint8_t heads;
    uint8_t sectors;
    uint8_t physical_block_exp;
    uint8_t alignment_offset;
    uint8_t writeback;
    uint8_t may_unmap;
};

struct field_list {
    struct rgt_dev_field fields[FIELDS_MAX];
    unsigned count;
};

static void want(struct field_list *list, void *dst, size_t offset,
                 uint8_t width_bytes)
{
    struct rgt_dev_field *f = &list->fields[list->count++];

    f->dst = dst;
    f->offset = (uint16_t)offset;
    f->width_bytes = width_bytes;
}

/* 2.5.1: a field is there only if its feature is offered; we look only at
 * those we have also accepted. */
#define WANT(list, values, member, field)                                      \
    want(list, &(values)->member, offsetof(struct virtio_blk_config, field),   \
         sizeof((values)->member))

/* What tells how the disk is best used. */
static void list_shape(const struct rgt_dev *dev, struct field_list *list,
                       struct values *v)
{
    if (rgt_dev_has(dev, VIRTIO_BLK_F_SIZE_MAX))
        WANT(list, v, size_max, size_max);
    if (rgt_dev_has(dev, VIRTIO_BLK_F_SEG_MAX))
        WANT(list, v, seg_max, seg_max);
    if (rgt_dev_has(dev, VIRTIO_BLK_F_GEOMETRY)) {
        WANT(list, v, cylinders, geometry.cylinders);
        WANT(list, v, heads, geometry.heads);
        WANT(list, v, sectors, geometry.sectors);
    }
    if (rgt_dev_has(dev, VIRTIO_BLK_F_BLK_SIZE))
        WANT(list, v, blk_size, blk_size);
    if (rgt_dev_has(dev, VIRTIO_BLK_F_TOPOLOGY)) {
        WANT(list, v, physical_block_exp, topology.physical_block_exp);
        WANT(list, v, alignment_offset, topology.alignment_offset);
        WANT(list, v, min_io_size, topology.min_io_size);
        WANT(list, v, opt_io_size, topology.opt_io_size);
    }
    if (rgt_dev_has(dev, VIRTIO_BLK_F_MQ))
        WANT(list, v, num_queues, num_queues);
}

static void list_ranges(const struct rgt_dev *dev, struct field_list *list,
                        struct values *v)
{
    if (rgt_dev_has(dev, VIRTIO_BLK_F_DISCARD)) {
        WANT(list, v, discard.sectors_max, max_discard_sectors);
        WANT(list, v, discard.segs_max, max_discard_seg);
        WANT(list, v, discard.alignment, discard_sector_alignment);
    }
    if (rgt_dev_has(dev, VIRTIO_BLK_F_WRITE_ZEROES)) {
        WANT(list, v, write_zeroes.sectors_max, max_write_zeroes_sectors);
        WANT(list, v, write_zeroes.segs_max, max_write_zeroes_seg);
    }
    if (rgt_dev_has(dev, VIRTIO_BLK_F_SECURE_ERASE)) {
        WANT(list, v, secure_erase.sectors_max, max_secure_erase_sectors);
        WANT(list, v, secure_erase.segs_max, max_secure_erase_seg);
        WANT(list, v, secure_erase.alignment, secure_erase_sector_alignment);
    }
}

/* What may change while the device is in use. */
static void list_changing(const struct rgt_dev *dev, struct field_list *list,
                          struct values *v)
{
    WANT(list, v, capacity, capacity);
    if (rgt_dev_has(dev, VIRTIO_BLK_F_CONFIG_WCE))
        WANT(list, v, writeback, writeback);
    if (rgt_dev_has(dev, VIRTIO_BLK_F_WRITE_ZEROES))
        WANT(list, v, may_unmap, write_zeroes_may_unmap);
}

/* A caller may divide by the block size, and shift it: neither by nonsense. */
static void set_block_size(struct rgt_blk_info *info, const struct values *v)
{
    uint32_t size = v->blk_size;

    if (size < RGT_BLK_SECTOR_BYTES || (size & (size - 1)) != 0)
        size = RGT_BLK_SECTOR_BYTES;
    info->blk_size = size;
    info->physical_block_exp =
        v->physical_block_exp < 32 &&
                size << v->physical_block_exp >> v->physical_block_exp == size
            ? v->physical_block_exp
            : 0;
}

static void set_shape(struct rgt_blk *blk, const struct values *v)
{
    struct rgt_blk_info *info = &blk->info;

    info->size_max = v->size_max != 0 ? v->size_max : UINT32_MAX;
    info->seg_max = v->seg_max != 0 ? v->seg_max : 1;
    set_block_size(info, v);
    info->alignment_offset = v->alignment_offset;
    info->opt_io_blocks = v->opt_io_size;
    info->min_io_blocks = v->min_io_size;
    info->cylinders = v->cylinders;
    info->heads = v->heads;
    info->sectors_per_track = v->sectors;
    info->num_queues = v->num_queues;
    info->discard = v->discard;
    info->write_zeroes = v->write_zeroes;
    info->secure_erase = v->secure_erase;
}

static void set_features(struct rgt_blk *blk)
{
    const struct rgt_dev *dev = &blk->dev;
    struct rgt_blk_info *info = &blk->info;

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

    if (v->capacity != info->capacity_sectors)
        blk->changed |= RGT_BLK_CHANGED_CAPACITY;
    if (writeback != info->writeback)
        blk->changed |= RGT_BLK_CHANGED_WRITEBACK;
    if (may_unmap != info->write_zeroes_may_unmap)
        blk->changed |= RGT_BLK_CHANGED_MAY_UNMAP;
    info->capacity_sectors = v->capacity;
    info->writeback = writeback;
    info->write_zeroes_may_unmap = may_unmap;
    rgt__capacity_put(&blk->shared, v->capacity);
}

int rgt__blk_config_read(struct rgt_blk *blk)
{
    struct values v = {.seg_max = UINT32_MAX, .num_queues = 1};
    struct field_list list = {.count = 0};

    list_changing(&blk->dev, &list, &v);
    list_shape(&blk->dev, &list, &v);
    list_ranges(&blk->dev, &list, &v);
    int err = rgt_dev_config_read(&blk->dev, list.fields, list.count);
    if (err != 0)
        return err;
    if (v.num_queues == 0) {
        rgt__log(blk->dev.hal, "blk: failed why=num-queues-0");
        return RGT_E_REFUSED;
    }
    set_features(blk);
    set_shape(blk, &v);
    set_changing(blk, &v);
    return 0;
}

static int read_changing(struct rgt_blk *blk)
{
    struct values v = {0};
    struct field_list list = {.count = 0};

    list_changing(&blk->dev, &list, &v);
    int err = rgt_dev_config_read(&blk->dev, list.fields, list.count);
    if (err == 0)
        set_changing(blk, &v);
    return err;
}

int rgt__blk_config_renew(struct rgt_blk *blk)
{
    /* Taken before the fields are read: a change that comes meanwhile sets it
     * again. */
    if (rgt__shared_swap(&blk->shared.config_pending, 0) == 0)
        return 0;
    int err = read_changing(blk);
    if (err != 0)
        rgt__shared_set(&blk->shared.config_pending, 1);
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
    if (err != 0)
        return err;
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
