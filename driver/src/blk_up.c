/* SPDX-License-Identifier: MIT */
/* A block device coming up, interrupting, coming back, and going away. */
#include "blk_private.h"
#include "blk_shared.h"
#include "dev_state.h"
#include "log.h"
#include "req.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define PLACE_ALIGN 64u       /* a cache line */
#define RANGE_SEGS_DEFAULT 2u /* what fits beside header and status */

static struct rgt_blk_queue *queue_at(const struct rgt_blk *blk, unsigned index)
{
    return blk->queues[index].queue;
}

/* ---- one queue ---------------------------------------------------------- */

static uint32_t place_bytes(const struct rgt_blk *blk)
{
    uint32_t bytes =
        (uint32_t)sizeof(struct rgt__blk_place) +
        blk->range_segs *
            (uint32_t)sizeof(struct virtio_blk_discard_write_zeroes);

    return (bytes + PLACE_ALIGN - 1) & ~(PLACE_ALIGN - 1);
}

static int check_size(const struct rgt_blk *blk, const struct rgt_vq *vq)
{
    if (rgt_vq_size(vq) >= RGT_BLK_QUEUE_SIZE_MIN)
        return 0;
    rgt__log_num(blk->dev.hal,
                 "blk: failed why=queue-too-small size=", rgt_vq_size(vq));
    return RGT_E_REFUSED;
}

static void queue_free(struct rgt_blk_queue *q)
{
    rgt__pool_free(q->hal, &q->pool);
    rgt_vq_free(&q->vq);
}

static int queue_init(struct rgt_blk *blk, uint16_t index)
{
    const struct rgt_blk_queue_config *cfg = &blk->queues[index];
    struct rgt_blk_queue *q = cfg->queue;
    int err = rgt_dev_queue_init(&blk->dev, &q->vq, index, cfg->slots,
                                 cfg->slot_count, cfg->indirect_entries);

    if (err != 0)
        return err;
    err = check_size(blk, &q->vq);
    if (err == 0)
        err = rgt__pool_alloc(blk->dev.hal, &q->pool, place_bytes(blk),
                              rgt_vq_size(&q->vq));
    if (err != 0)
        queue_free(q);
    return err;
}

/* A request can have no more pieces than the queue has room for beside header
 * and status. */
static uint32_t seg_limit(const struct rgt_blk_queue *q, uint32_t seg_max)
{
    uint32_t room = rgt_vq_size(&q->vq) - 2u;

    return seg_max < room ? seg_max : room;
}

static void set_ops(struct rgt_blk_queue *q, const struct rgt_blk_info *info)
{
    q->ops = 1u << RGT_BLK_READ | 1u << RGT_BLK_ID;
    if (info->flush)
        q->ops |= 1u << RGT_BLK_FLUSH;
    if (info->lifetime)
        q->ops |= 1u << RGT_BLK_LIFETIME;
    if (info->read_only)
        return;
    q->ops |= 1u << RGT_BLK_WRITE;
    rgt__blk_set_rules(q, info);
}

/* Each queue gets a copy of all that its submits are checked against. */
static void queue_set_limits(struct rgt_blk_queue *q)
{
    const struct rgt_blk_info *info = &q->blk->info;

    q->size_max = info->size_max;
    q->seg_max = seg_limit(q, info->seg_max);
    q->capacity_sectors = info->capacity_sectors;
    q->capacity_epoch = rgt__shared_get(&q->blk->shared.capacity_epoch);
    q->parts_added = false;
    set_ops(q, info);
}

/* Takes every outstanding request back, for polls to hand out. The device has
 * been reset, or is gone: only then are the buffers ours again (3.3.1). What it
 * had done before is not known, not even of requests in the used ring (2.1.1).
 */
static void take_back(struct rgt_blk_queue *q)
{
    struct rgt_blk_req *req;

    while ((req = rgt_vq_drain(&q->vq)) != NULL) {
        rgt__blk_finish(q, req, RGT_E_IO);
        rgt__blk_keep(q, req);
    }
}

/* ---- all of them -------------------------------------------------------- */

/* The queues have their final sizes: what the configuration means for them. */
static void set_limits(struct rgt_blk *blk)
{
    struct rgt_blk_info *info = &blk->info;

    info->queue_size = UINT16_MAX;
    for (unsigned i = 0; i < info->queue_count; i++) {
        struct rgt_blk_queue *q = queue_at(blk, i);
        queue_set_limits(q);
        if (rgt_vq_size(&q->vq) < info->queue_size) {
            info->queue_size = rgt_vq_size(&q->vq);
            info->seg_max = q->seg_max;
        }
    }
}

/* Rest of step 7 of 3.1.1, and step 8: the same for the first time and for a
 * recovery. A failure in here gives up the device. */
static int go_live(struct rgt_blk *blk)
{
    int err = 0;

    set_limits(blk);
    for (unsigned i = 0; err == 0 && i < blk->info.queue_count; i++)
        err = rgt_dev_queue_enable(&blk->dev, &queue_at(blk, i)->vq);
    if (err == 0)
        err = rgt_dev_start(&blk->dev);
    if (err == 0)
        rgt__shared_set(&blk->shared.live, 1);
    return err;
}

static void free_queues(struct rgt_blk *blk, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        queue_free(queue_at(blk, i));
}

static int set_up(struct rgt_blk *blk)
{
    unsigned count = 0;
    int err = rgt__blk_config_read(blk);

    if (err != 0)
        return err;
    blk->info.queue_count = blk->queue_count < blk->info.num_queues
                                ? blk->queue_count
                                : blk->info.num_queues;
    blk->queue_count = blk->info.queue_count;
    while (err == 0 && count < blk->info.queue_count) {
        err = queue_init(blk, (uint16_t)count);
        count += err == 0;
    }
    if (err != 0) {
        free_queues(blk, count); /* the device has none of them */
        return err;
    }
    err = go_live(blk);
    blk->up = err == 0 || rgt__dev_take_queues(&blk->dev, count) != 0;
    if (!blk->up)
        free_queues(blk, count);
    return err;
}

/* ---- life --------------------------------------------------------------- */

static bool config_valid(const struct rgt_blk *blk)
{
    if (blk->queue_count == 0 || blk->range_segs > RGT_BLK_RANGE_SEGS_MAX)
        return false;
    for (unsigned i = 0; i < blk->queue_count; i++) {
        const struct rgt_blk_queue_config *q = &blk->queues[i];
        if (q->queue == NULL || q->slots == NULL ||
            q->slot_count < RGT_BLK_QUEUE_SIZE_MIN)
            return false;
    }
    return true;
}

/* One queue is many queues, of which there is one. */
static void take_config(struct rgt_blk *blk, const struct rgt_blk_config *cfg)
{
    *blk = (struct rgt_blk){0};
    blk->own = (struct rgt_blk_queue_config){
        .queue = &blk->first,
        .slots = cfg->slots,
        .slot_count = cfg->slot_count,
        .indirect_entries = cfg->indirect_entries,
        .wake = cfg->wake,
        .wake_ctx = cfg->wake_ctx,
    };
    blk->queues = cfg->queues != NULL ? cfg->queues : &blk->own;
    blk->queue_count = cfg->queues != NULL ? cfg->queue_count : 1;
    blk->range_segs =
        cfg->range_segs != 0 ? cfg->range_segs : RANGE_SEGS_DEFAULT;
}

static void clear_queues(struct rgt_blk *blk, struct rgt_hal *hal)
{
    for (unsigned i = 0; i < blk->queue_count; i++) {
        struct rgt_blk_queue *q = queue_at(blk, i);
        *q = (struct rgt_blk_queue){0};
        q->vq.dead = true; /* not in use */
        q->blk = blk;
        q->hal = hal;
    }
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

    take_config(blk, cfg);
    if (!config_valid(blk)) {
        blk->queues = &blk->own; /* calls for queue 0 say that nothing is up */
        blk->queue_count = 1;
        clear_queues(blk, cfg->hal);
        return RGT_E_INVAL;
    }
    clear_queues(blk, cfg->hal);
    blk->own.queue = queue_at(blk, 0); /* outlives what is borrowed */
    int err = rgt__dev_begin(&blk->dev, &dev_cfg);
    if (err == 0)
        err = set_up(blk);
    if (err != 0)
        rgt_dev_fail(&blk->dev);
    blk->changed = 0;
    return err;
}

struct rgt_blk_queue *rgt_blk_queue(struct rgt_blk *blk, uint16_t index)
{
    if (!blk->up || index >= blk->info.queue_count)
        return NULL;
    return queue_at(blk, index);
}

void rgt__blk_keep(struct rgt_blk_queue *q, struct rgt_blk_req *req)
{
    if (req == &q->blk->sync_req)
        q->blk->sync_busy = false;
    else
        rgt__list_put(&q->returned, &req->link);
}

/* Not info.queue_count: an interrupt may come while info is written, in the
 * recover of a waiting call. */
void rgt__blk_wake(const struct rgt_blk *blk, bool kept_only)
{
    for (unsigned i = 0; i < blk->queue_count; i++) {
        const struct rgt_blk_queue_config *q = &blk->queues[i];
        if (q->wake != NULL && (!kept_only || q->queue->returned.first != NULL))
            q->wake(q->wake_ctx);
    }
}

/* 2.1.2: a device that needs a reset says so by a configuration change. */
static void config_changed(struct rgt_blk *blk)
{
    struct rgt_transport *t = blk->dev.transport;

    rgt__shared_set(&blk->shared.config_pending, 1);
    if ((t->ops->status_get(t) & VIRTIO_STATUS_DEVICE_NEEDS_RESET) == 0 ||
        rgt__shared_get(&blk->shared.live) == 0)
        return;
    rgt__shared_set(&blk->shared.live, 0);
    rgt__log(blk->dev.hal, "blk: broken why=device-needs-reset");
}

/* Not rgt_dev_interrupt(): that one changes the state of the device, which a
 * control call may be looking at. */
int rgt_blk_interrupt(struct rgt_blk *blk)
{
    struct rgt_transport *t = blk->dev.transport;

    if (!blk->up)
        return RGT_E_STATE;
    uint32_t bits = t->ops->interrupt_status(t);
    if (bits != 0) {
        /* Acknowledged first, so that an interrupt raised while the queues
         * are polled is not wiped out. */
        t->ops->interrupt_ack(t, bits);
        if ((bits & RGT_INT_CONFIG) != 0)
            config_changed(blk);
        rgt__blk_wake(blk, false);
    }
    return rgt__shared_get(&blk->shared.live) != 0 ? (int)bits : RGT_E_STATE;
}

/* The device has let go of the queue: as fresh, and with the device again. */
static int queue_back(struct rgt_blk_queue *q)
{
    struct rgt_dev *dev = &q->blk->dev;

    take_back(q);
    q->parts_added = false;
    int err = rgt_vq_reset(&q->vq, dev->features);
    if (err == 0)
        err = rgt_dev_queue_enable(dev, &q->vq);
    if (err != 0)
        (void)rgt_vq_drain(&q->vq); /* it is dead, then, and nothing in it */
    return err;
}

int rgt_blk_queue_reset(struct rgt_blk_queue *q)
{
    struct rgt_blk *blk = q->blk;

    if (rgt__blk_live(q) == RGT_E_STATE)
        return RGT_E_STATE;
    int err = rgt_dev_queue_reset(&blk->dev, &q->vq);
    if (err == RGT_E_NOTSUP)
        return err;
    if (err == 0)
        err = queue_back(q);
    /* The interrupt that hal wait() may have had is nobody else's: a change of
     * configuration, or the need for a reset, is not lost with it. */
    (void)rgt_blk_interrupt(blk);
    rgt__blk_wake(blk, false);
    return err;
}

/* Resets the device and takes everything back. Returns 0; RGT_E_NODEV: it is
 * gone, and has nothing of ours any more; RGT_E_TIMEOUT: it has. */
static int bring_down(struct rgt_blk *blk)
{
    rgt__shared_set(&blk->shared.live, 0);
    int err = rgt_dev_reset(&blk->dev);
    if (err != 0 && err != RGT_E_NODEV)
        return err;
    for (unsigned i = 0; i < blk->info.queue_count; i++)
        take_back(queue_at(blk, i));
    rgt__shared_set(&blk->shared.config_pending, 0);
    return err;
}

static int bring_back(struct rgt_blk *blk)
{
    int err = rgt_dev_negotiate(&blk->dev);

    if (err == 0)
        err = rgt__blk_config_read(blk);
    if (err == 0 && blk->info.num_queues < blk->info.queue_count) {
        rgt__log_num(blk->dev.hal, "blk: failed why=fewer-queues count=",
                     blk->info.num_queues);
        err = RGT_E_REFUSED;
    }
    for (unsigned i = 0; err == 0 && i < blk->info.queue_count; i++)
        err = rgt_vq_reset(&queue_at(blk, i)->vq, blk->dev.features);
    return err == 0 ? go_live(blk) : err;
}

int rgt_blk_recover(struct rgt_blk *blk)
{
    if (!blk->up)
        return RGT_E_STATE;
    int err = bring_down(blk);
    if (err != 0 && err != RGT_E_NODEV)
        return err;
    if (err == 0)
        err = bring_back(blk);
    if (err != 0)
        rgt_dev_fail(&blk->dev);
    rgt__blk_wake(blk, true);
    return err;
}

int rgt_blk_close(struct rgt_blk *blk)
{
    if (!blk->up)
        return 0;
    int err = bring_down(blk);
    if (err != 0 && err != RGT_E_NODEV)
        return err;
    blk->up = false;
    free_queues(blk, blk->info.queue_count);
    blk->dev.state = RGT_DEV_ABSENT;
    rgt__blk_wake(blk, true);
    return 0;
}
