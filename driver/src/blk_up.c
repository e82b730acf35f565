/* SPDX-License-Identifier: MIT */
/* A block device coming up, coming back, and going away. */
#include "blk_private.h"
#include "dev_state.h"
#include "log.h"
#include "req.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define FIELDS_MAX 12u

/* The fields of the configuration as the CPU sees them. */
struct values {
    uint64_t capacity;
    uint32_t size_max;
    uint32_t seg_max;
    uint32_t blk_size;
    uint32_t opt_io_size;
    uint16_t cylinders;
    uint16_t min_io_size;
    uint8_t heads;
    uint8_t sectors;
    uint8_t physical_block_exp;
    uint8_t alignment_offset;
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

static void list_fields(const struct rgt_dev *dev, struct field_list *list,
                        struct values *v)
{
    WANT(list, v, capacity, capacity);
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
}

/* A request can have no more pieces than the queue has room for beside header
 * and status. A device that states 0 is taken at the nearest thing that still
 * works: no limit on a piece, one piece per request. */
static uint32_t seg_limit(const struct rgt_blk *blk, uint32_t seg_max)
{
    uint32_t room = rgt_vq_size(&blk->vq) - 2u;

    if (!rgt_dev_has(&blk->dev, VIRTIO_BLK_F_SEG_MAX))
        return room;
    if (seg_max == 0)
        return 1;
    return seg_max < room ? seg_max : room;
}

static void set_info(struct rgt_blk *blk, const struct values *v)
{
    struct rgt_blk_info *info = &blk->info;

    info->capacity_sectors = v->capacity;
    info->features = blk->dev.features;
    info->size_max = v->size_max != 0 ? v->size_max : UINT32_MAX;
    info->seg_max = seg_limit(blk, v->seg_max);
    info->blk_size = v->blk_size;
    info->opt_io_blocks = v->opt_io_size;
    info->min_io_blocks = v->min_io_size;
    info->queue_size = rgt_vq_size(&blk->vq);
    info->cylinders = v->cylinders;
    info->heads = v->heads;
    info->sectors_per_track = v->sectors;
    info->physical_block_exp = v->physical_block_exp;
    info->alignment_offset = v->alignment_offset;
    /* Offered is enough: the device fails writes whether we accept or not. */
    info->read_only = (blk->dev.offered & RGT_FEATURE(VIRTIO_BLK_F_RO)) != 0;
    info->flush = rgt_dev_has(&blk->dev, VIRTIO_BLK_F_FLUSH);
}

static int read_config(struct rgt_blk *blk)
{
    struct values v = {.blk_size = RGT_BLK_SECTOR_BYTES};
    struct field_list list = {.count = 0};

    list_fields(&blk->dev, &list, &v);
    int err = rgt_dev_config_read(&blk->dev, list.fields, list.count);
    if (err == 0)
        set_info(blk, &v);
    return err;
}

static void free_memory(struct rgt_blk *blk)
{
    rgt__pool_free(blk->dev.hal, &blk->pool);
    rgt_vq_free(&blk->vq);
}

static int check_queue(struct rgt_blk *blk)
{
    if (rgt_vq_size(&blk->vq) >= RGT_BLK_QUEUE_SIZE_MIN)
        return 0;
    rgt__log_num(blk->dev.hal, "blk: failed why=queue-too-small size=",
                 rgt_vq_size(&blk->vq));
    return RGT_E_REFUSED;
}

/* Step 7 of 3.1.1 but for handing the queue over, and step 8: the same for
 * the first time and for a recovery. A failure in here gives up the device. */
static int go_live(struct rgt_blk *blk)
{
    int err = read_config(blk);

    if (err == 0)
        err = rgt_dev_queue_enable(&blk->dev, &blk->vq);
    if (err == 0)
        err = rgt_dev_start(&blk->dev);
    return err;
}

static int set_up(struct rgt_blk *blk, const struct rgt_blk_config *cfg)
{
    int err = rgt_dev_queue_init(&blk->dev, &blk->vq, 0, cfg->slots,
                                 cfg->slot_count, cfg->indirect_entries);

    if (err != 0)
        return err;
    err = check_queue(blk);
    if (err == 0)
        err = rgt__pool_alloc(blk->dev.hal, &blk->pool,
                              sizeof(struct rgt__blk_place),
                              rgt_vq_size(&blk->vq));
    if (err == 0)
        err = go_live(blk);
    if (err != 0)
        free_memory(blk); /* never the device's: DRIVER_OK was not set */
    return err;
}

int rgt_blk_init(struct rgt_blk *blk, const struct rgt_blk_config *cfg)
{
    struct rgt_dev_config dev_cfg = {
        .hal = cfg->hal,
        .transport = cfg->transport,
        .features =
            (RGT_DEV_FEATURES | RGT_BLK_FEATURES) & cfg->features_wanted,
        .timeout_ns = cfg->timeout_ns,
        .device_id = VIRTIO_ID_BLOCK,
    };

    *blk = (struct rgt_blk){0};
    if (cfg->slots == NULL || cfg->slot_count < RGT_BLK_QUEUE_SIZE_MIN)
        return RGT_E_INVAL;
    int err = rgt__dev_begin(&blk->dev, &dev_cfg);
    if (err == 0)
        err = set_up(blk, cfg);
    if (err != 0)
        rgt_dev_fail(&blk->dev);
    return err;
}

const struct rgt_blk_info *rgt_blk_info(const struct rgt_blk *blk)
{
    return &blk->info;
}

int rgt_blk_interrupt(struct rgt_blk *blk)
{
    int bits = rgt_dev_interrupt(&blk->dev);

    if (bits > 0 && ((uint32_t)bits & RGT_INT_CONFIG) != 0) {
        int err = read_config(blk);
        if (err != 0)
            return err;
    }
    return bits;
}

/* Takes every outstanding request back, for polls to hand out. The device has
 * been reset: only then are the buffers ours again (3.3.1). What it had done
 * before is not known, not even of requests in the used ring (2.1.1). */
static void take_back(struct rgt_blk *blk)
{
    struct rgt_blk_req *req;

    while ((req = rgt_vq_drain(&blk->vq)) != NULL) {
        rgt__blk_finish(blk, req, RGT_E_IO);
        rgt__blk_keep(blk, req);
    }
}

int rgt_blk_recover(struct rgt_blk *blk)
{
    if (blk->pool.cpu == NULL)
        return RGT_E_STATE;
    int err = rgt_dev_reset(&blk->dev);
    if (err != 0)
        return err;
    take_back(blk);
    err = rgt_dev_negotiate(&blk->dev);
    if (err == 0)
        err = rgt_vq_reset(&blk->vq, blk->dev.features);
    if (err == 0)
        err = go_live(blk);
    if (err != 0)
        rgt_dev_fail(&blk->dev);
    return err;
}

int rgt_blk_close(struct rgt_blk *blk)
{
    if (blk->pool.cpu == NULL)
        return 0;
    int err = rgt_dev_reset(&blk->dev);
    if (err != 0)
        return err;
    take_back(blk);
    free_memory(blk);
    blk->dev.state = RGT_DEV_ABSENT;
    return 0;
}
