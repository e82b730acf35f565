/* SPDX-License-Identifier: MIT
 *
 * blk.c: the block device model: it takes requests from all of its queues and
 * has them served.
 */
#include "blk_private.h"

/* Takes per queue in one step. */
#define BATCH 64u

static struct fake_blk *blk_of(struct fake_device *dev)
{
    return (struct fake_blk *)dev;
}

uint64_t blk_random(struct fake_blk *blk)
{
    /* xorshift64: any state but 0 */
    blk->rng ^= blk->rng << 13;
    blk->rng ^= blk->rng >> 7;
    blk->rng ^= blk->rng << 17;
    return blk->rng;
}

/* ---- taking ----------------------------------------------------------- */

/* Returns false if the device has had enough. */
static bool accept(struct fake_blk *blk, struct fake_chain *chain)
{
    struct fake_control c = {.kind = FAKE_CONTROL_POWER_CUT};
    uint64_t arg;

    if (!blk_read_header(blk, chain) ||
        blk_fault(blk, chain, FAKE_FAULT_NEEDS_RESET, &arg)) {
        fake_device_needs_reset(&blk->dev);
        return false;
    }
    if (blk_fault(blk, chain, FAKE_FAULT_BLK_SHRINKS, &arg))
        blk_shrink(blk, arg);
    if (blk_fault(blk, chain, FAKE_FAULT_POWER_CUT, &arg)) {
        blk_hold(blk, chain, 0); /* it is on its way, too */
        c.survival = (enum fake_survival)(arg % 3);
        fake_device_control(&blk->dev, &c);
        return false;
    }
    return true;
}

static bool take_some(struct fake_blk *blk, struct fake_ring *ring,
                      uint64_t now_ns)
{
    struct fake_chain *chain;
    uint64_t late_ns;
    unsigned n;

    for (n = 0; n < BATCH; n++) {
        chain = fake_ring_take(ring);
        if (!chain)
            break;
        if (!accept(blk, chain))
            return true;
        if (blk_fault(blk, chain, FAKE_FAULT_BLK_SLOW, &late_ns))
            blk_delay(blk, chain, now_ns, late_ns);
        else if (blk_at_once(blk))
            blk_finish(blk, chain);
        else
            blk_hold(blk, chain, now_ns);
    }
    return n > 0;
}

static bool blk_step(struct fake_device *dev, uint64_t now_ns,
                     uint64_t *wake_ns)
{
    struct fake_blk *blk = blk_of(dev);
    bool did = false;
    unsigned q;

    for (q = 0; q < dev->queue_count && !dev->dead; q++) {
        if (dev->ring[q].live)
            did |= take_some(blk, &dev->ring[q], now_ns);
    }
    if (blk->held && !dev->dead)
        did |= blk_finish_ready(blk, now_ns, wake_ns);
    if (blk->late && !dev->dead)
        did |= blk_finish_late(blk, now_ns, wake_ns);
    return did;
}

/* ---- life ------------------------------------------------------------- */

static void blk_start(struct fake_device *dev, uint64_t features)
{
    blk_of(dev)->features = features;
}

static void blk_reset(struct fake_device *dev)
{
    struct fake_blk *blk = blk_of(dev);

    blk_forget(blk);
    if (blk->cache)
        fake_cache_forgive(blk->cache);
    blk->features = 0;
}

static void blk_drop(struct fake_device *dev, uint16_t queue)
{
    blk_forget_queue(blk_of(dev), queue);
}

/* ---- power ------------------------------------------------------------ */

/* By one draw: nothing of it was done, all, or some of its sectors. */
static void leave(struct fake_blk *blk, const struct fake_chain *chain,
                  enum fake_survival survival)
{
    uint64_t toss = survival == FAKE_SURVIVE_BY_SEED ? blk_random(blk) : 0;

    if (survival == FAKE_SURVIVE_ALL)
        blk_leave_half_done(blk, chain, 0);
    else if (toss % 2)
        blk_leave_half_done(blk, chain, toss >> 1 & 1 ? toss : 0);
}

/* Writes on their way may have been done in part: volatile ones then have
 * what the cache makes of them. */
static void cut(struct fake_blk *blk, enum fake_survival survival)
{
    struct fake_chain *chain;

    for (chain = blk->held; chain; chain = chain->link)
        leave(blk, chain, survival);
    for (chain = blk->late; chain; chain = chain->link)
        leave(blk, chain, survival);
    blk_forget(blk);
    if (blk->cache)
        (void)fake_cache_cut(blk->cache, survival);
}

static void blk_power_cut(struct fake_device *dev, enum fake_survival survival)
{
    cut(blk_of(dev), survival);
}

static void blk_peek(struct fake_device *dev, struct fake_peek *peek)
{
    peek->failed =
        blk_disk_read(blk_of(dev), peek->offset, peek->to, peek->bytes) != 0;
}

static const struct fake_model_ops blk_ops = {
    .device_id = VIRTIO_ID_BLOCK,
    .start = blk_start,
    .reset = blk_reset,
    .drop = blk_drop,
    .step = blk_step,
    .power_cut = blk_power_cut,
    .peek = blk_peek,
};

void fake_blk_init(struct fake_blk *blk, const struct fake_blk_config *cfg,
                   struct fake_store *store)
{
    blk->dev.ops = &blk_ops;
    blk->cfg = *cfg;
    if (!blk->cfg.sectors)
        blk->cfg.sectors = store->bytes / BLK_SECTOR_BYTES;
    blk->store = store;
    blk->rng = cfg->seed ? cfg->seed : 1;
    blk->last_take_ns = 0;
    blk_reset(&blk->dev);
    atomic_store(&blk->dev.lines->sectors, blk->cfg.sectors);
}
