/* SPDX-License-Identifier: MIT */
/* A sound device coming up, coming back, and going away. */
#include "dev_state.h"
#include "log.h"
#include "req.h"
#include "ringtrue/err.h"
#include "snd_private.h"

#define QUEUES 4u

/* One of the four queues, and the pool with a place for each descriptor. */
struct part {
    struct rgt_vq *vq;
    struct rgt_pool *pool;
    uint32_t place_bytes;
    uint32_t size_min;
};

static struct part part_of(struct rgt_snd *snd, uint16_t index)
{
    uint32_t answer_bytes = (uint32_t)sizeof(struct rgt__snd_ctl_place) +
                            snd->info_items * RGT__SND_ITEM_BYTES_MAX;

    switch (index) {
    case VIRTIO_SND_VQ_CONTROL:
        return (struct part){&snd->control, &snd->control_pool, answer_bytes,
                             RGT_SND_CONTROL_SIZE_MIN};
    case VIRTIO_SND_VQ_EVENT:
        return (struct part){&snd->event, &snd->event_pool,
                             sizeof(struct virtio_snd_event),
                             RGT_SND_EVENT_SIZE_MIN};
    case VIRTIO_SND_VQ_TX:
        return (struct part){&snd->tx, &snd->tx_pool,
                             sizeof(struct rgt__snd_xfer_place),
                             RGT_SND_PCM_SIZE_MIN};
    default:
        return (struct part){&snd->rx, &snd->rx_pool,
                             sizeof(struct rgt__snd_xfer_place),
                             RGT_SND_PCM_SIZE_MIN};
    }
}

static const struct rgt_snd_queue *queue_of(const struct rgt_snd_config *cfg,
                                            uint16_t index)
{
    const struct rgt_snd_queue *queues[QUEUES] = {&cfg->control, &cfg->event,
                                                  &cfg->tx, &cfg->rx};
    return queues[index];
}

static int set_up_queue(struct rgt_snd *snd, const struct rgt_snd_config *cfg,
                        uint16_t index)
{
    const struct rgt_snd_queue *q = queue_of(cfg, index);
    struct part part = part_of(snd, index);
    int err = rgt_dev_queue_init(&snd->dev, part.vq, index, q->slots,
                                 q->slot_count, q->indirect_entries);

    if (err != 0)
        return err;
    if (rgt_vq_size(part.vq) < part.size_min) {
        rgt__log_num(snd->dev.hal,
                     "snd: failed why=queue-too-small queue=", index);
        return RGT_E_REFUSED;
    }
    return rgt__pool_alloc(snd->dev.hal, part.pool, part.place_bytes,
                           rgt_vq_size(part.vq));
}

static void free_memory(struct rgt_snd *snd)
{
    for (uint16_t i = 0; i < QUEUES; i++) {
        struct part part = part_of(snd, i);
        rgt__pool_free(snd->dev.hal, part.pool);
        if (part.vq->hal != NULL)
            rgt_vq_free(part.vq);
    }
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int read_config(struct rgt_snd *snd)
{
    struct rgt_snd_info *info = &snd->info;
    const struct rgt_dev_field fields[] = {
        {&info->jacks, offsetof(struct virtio_snd_config, jacks), 4},
        {&info->streams, offsetof(struct virtio_snd_config, streams), 4},
        {&info->chmaps, offsetof(struct virtio_snd_config, chmaps), 4},
    };
    int err = rgt_dev_config_read(&snd->dev, fields, 3);

    if (err != 0)
        return err;
    info->features = snd->dev.features;
    info->jack_count = least(info->jacks, snd->jack_max);
    info->stream_count = least(info->streams, snd->stream_max);
    info->chmap_count = least(info->chmaps, snd->chmap_max);
    info->control_size = rgt_vq_size(&snd->control);
    info->event_size = rgt_vq_size(&snd->event);
    info->tx_size = rgt_vq_size(&snd->tx);
    info->rx_size = rgt_vq_size(&snd->rx);
    return 0;
}

/* Nothing is known of the items before they have been asked for; and no
 * stream has had a command since the reset. */
static void forget_items(struct rgt_snd *snd)
{
    for (uint32_t i = 0; i < snd->jack_max; i++)
        snd->jacks[i] = (struct rgt_snd_jack){0};
    for (uint32_t i = 0; i < snd->stream_max; i++)
        snd->streams[i] = (struct rgt_snd_stream){.state = RGT_SND_FRESH};
    for (uint32_t i = 0; i < snd->chmap_max; i++)
        snd->chmaps[i] = (struct rgt_snd_chmap){0};
}

/* Step 7 of 3.1.1 but for handing the queues over, and step 8: the same for
 * the first time and for a recovery. Event buffers are there before the device
 * may use them (5.14.5.1), the kick for them is not: 3.1.1 forbids it before
 * DRIVER_OK. */
static int go_live(struct rgt_snd *snd)
{
    int err = read_config(snd);

    for (uint16_t i = 0; i < QUEUES && err == 0; i++)
        err = rgt_dev_queue_enable(&snd->dev, part_of(snd, i).vq);
    if (err == 0)
        err = rgt__snd_event_fill(snd);
    if (err == 0)
        err = rgt_dev_start(&snd->dev);
    return err == 0 ? rgt__vq_send(&snd->event, true) : err;
}

static int set_up(struct rgt_snd *snd, const struct rgt_snd_config *cfg)
{
    int err = 0;

    for (uint16_t i = 0; i < QUEUES && err == 0; i++)
        err = set_up_queue(snd, cfg, i);
    if (err != 0) {
        free_memory(snd);
        return err;
    }
    err = go_live(snd);
    snd->up = err == 0 || rgt__dev_take_queues(&snd->dev, QUEUES) != 0;
    if (!snd->up)
        free_memory(snd);
    return err;
}

static bool config_valid(struct rgt_snd *snd, const struct rgt_snd_config *cfg)
{
    for (uint16_t i = 0; i < QUEUES; i++) {
        const struct rgt_snd_queue *q = queue_of(cfg, i);
        if (q->slots == NULL || q->slot_count < part_of(snd, i).size_min)
            return false;
    }
    return cfg->info_items >= 1 && cfg->info_items <= RGT_SND_INFO_ITEMS_MAX;
}

static void take_arrays(struct rgt_snd *snd, const struct rgt_snd_config *cfg)
{
    snd->jacks = cfg->jacks;
    snd->jack_max = cfg->jacks != NULL ? cfg->jack_max : 0;
    snd->streams = cfg->streams;
    snd->stream_max = cfg->streams != NULL ? cfg->stream_max : 0;
    snd->chmaps = cfg->chmaps;
    snd->chmap_max = cfg->chmaps != NULL ? cfg->chmap_max : 0;
    snd->events = cfg->events;
    snd->event_max = cfg->events != NULL ? cfg->event_max : 0;
    snd->info_items = cfg->info_items;
    forget_items(snd);
}

int rgt_snd_init(struct rgt_snd *snd, const struct rgt_snd_config *cfg)
{
    const struct rgt_dev_config dev_cfg = {
        .hal = cfg->hal,
        .transport = cfg->transport,
        .features = RGT_DEV_FEATURES & cfg->features_wanted,
        .timeout_ns = cfg->timeout_ns,
        .device_id = VIRTIO_ID_SOUND,
    };

    *snd = (struct rgt_snd){0};
    if (!config_valid(snd, cfg))
        return RGT_E_INVAL;
    take_arrays(snd, cfg);
    int err = rgt__dev_begin(&snd->dev, &dev_cfg);
    if (err == 0)
        err = set_up(snd, cfg);
    if (err != 0)
        rgt_dev_fail(&snd->dev);
    return err;
}

int rgt_snd_interrupt(struct rgt_snd *snd)
{
    return rgt_dev_interrupt(&snd->dev);
}

static void take_back_xfers(struct rgt_snd *snd, struct rgt_vq *vq)
{
    struct rgt_snd_xfer *xfer;

    while ((xfer = rgt_vq_drain(vq)) != NULL) {
        xfer->status = 0;
        xfer->latency_bytes = 0;
        rgt__snd_xfer_finish(snd, xfer, RGT_E_IO);
    }
}

/* Takes all that is outstanding back, for polls to hand out. The device has
 * been reset, or is gone: only then are the buffers ours again (3.3.1). What it
 * had done before is not known, not even of what stands in the used rings
 * (2.1.1). */
static void take_back(struct rgt_snd *snd)
{
    struct rgt_snd_ctl *ctl;

    take_back_xfers(snd, &snd->tx);
    take_back_xfers(snd, &snd->rx);
    while ((ctl = rgt_vq_drain(&snd->control)) != NULL) {
        if (ctl == rgt__snd_orphan(snd))
            continue;
        ctl->status = 0;
        rgt__snd_ctl_finish(snd, ctl, RGT_E_IO);
    }
    while (rgt_vq_drain(&snd->event) != NULL)
        continue;
    forget_items(snd);
}

static int restart(struct rgt_snd *snd)
{
    int err = rgt_dev_negotiate(&snd->dev);

    for (uint16_t i = 0; i < QUEUES && err == 0; i++)
        err = rgt_vq_reset(part_of(snd, i).vq, snd->dev.features);
    if (err == 0)
        err = go_live(snd);
    if (err != 0)
        rgt_dev_fail(&snd->dev);
    return err;
}

int rgt_snd_recover(struct rgt_snd *snd)
{
    int err = snd->up ? rgt_dev_reset(&snd->dev) : RGT_E_STATE;

    if (err != 0 && err != RGT_E_NODEV)
        return err;
    take_back(snd);
    return err == 0 ? restart(snd) : err;
}

int rgt_snd_close(struct rgt_snd *snd)
{
    int err = snd->up ? rgt_dev_reset(&snd->dev) : 0;

    if ((err != 0 && err != RGT_E_NODEV) || !snd->up)
        return err;
    take_back(snd);
    free_memory(snd);
    snd->up = false;
    snd->dev.state = RGT_DEV_ABSENT;
    return 0;
}
