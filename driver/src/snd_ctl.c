/* SPDX-License-Identifier: MIT */
/* The way of a control request: submit, completion, deadline (5.14.6). */
#include "log.h"
#include "req.h"
#include "ringtrue/err.h"
#include "ringtrue/le.h"
#include "snd_private.h"
#include "sync.h"
#include "vq_chain.h"

/* Request and answer. */
#define CTL_PIECES 2u

#define POLLED ((uint32_t)1 << VIRTIO_SND_PCM_F_MSG_POLLING)

#define ANSWER_OFFSET offsetof(struct rgt__snd_ctl_place, answer)

static struct rgt__snd_ctl_place *place_of(const struct rgt_snd *snd,
                                           const struct rgt_snd_ctl *ctl)
{
    return rgt__pool_place(&snd->control_pool, ctl->slot);
}

static void put_query(const struct rgt__snd_kind *kind,
                      const struct rgt_snd_ctl *ctl,
                      struct virtio_snd_query_info *query)
{
    query->start_id = rgt_le32(ctl->at);
    query->count = rgt_le32(ctl->at_count);
    query->size = rgt_le32(kind->item_bytes);
}

static void put_params(const struct rgt_snd_params *p,
                       struct virtio_snd_pcm_set_params *ask)
{
    ask->buffer_bytes = rgt_le32(p->buffer_bytes);
    ask->period_bytes = rgt_le32(p->period_bytes);
    ask->features = rgt_le32(p->features);
    ask->channels = p->channels;
    ask->format = p->format;
    ask->rate = p->rate;
    ask->padding = 0; /* 5.14.6.6.3.2 */
}

/* Fills the place that belongs to the chain about to be built. The answer
 * begins as what no device writes: one left alone is not taken for OK. */
static void prepare_place(struct rgt_snd *snd, const struct rgt_snd_ctl *ctl)
{
    const struct rgt__snd_kind *kind = rgt__snd_kind(ctl->op);
    struct rgt__snd_ctl_place *place = place_of(snd, ctl);

    place->answer.code = 0;
    place->ask.hdr.code = rgt_le32(kind->code);
    if (kind->item_bytes > 0) {
        put_query(kind, ctl, &place->ask.query);
        return;
    }
    place->ask.pcm.stream_id = rgt_le32(ctl->id); /* or jack_id */
    if (ctl->op == RGT_SND_SET_PARAMS)
        put_params(&ctl->params, &place->ask.params);
    if (ctl->op == RGT_SND_JACK_REMAP) {
        place->ask.remap.association = rgt_le32(ctl->association);
        place->ask.remap.sequence = rgt_le32(ctl->sequence);
    }
}

/* Adds the request, or the next part of a long *_INFO. 5.14.6.2: the answer
 * has room for a header and for all items asked for. */
static int add_part(struct rgt_snd *snd, struct rgt_snd_ctl *ctl)
{
    const struct rgt__snd_kind *kind = rgt__snd_kind(ctl->op);
    uint32_t left = ctl->id + ctl->count - ctl->at;

    ctl->at_count = left < snd->info_items ? left : snd->info_items;
    ctl->writable_bytes = (uint32_t)sizeof(struct virtio_snd_hdr);
    if (kind->item_bytes > 0)
        ctl->writable_bytes += ctl->at_count * kind->item_bytes;
    ctl->slot = rgt_vq_next_head(&snd->control);
    uint64_t dma = rgt__pool_dma(&snd->control_pool, ctl->slot);
    const struct rgt_sg sg[CTL_PIECES] = {
        {dma, kind->ask_bytes},
        {dma + ANSWER_OFFSET, ctl->writable_bytes},
    };
    int err = rgt_vq_add(&snd->control, sg, 1, 1, ctl);
    if (err == 0)
        prepare_place(snd, ctl);
    if (err == 0 && ctl->op == RGT_SND_JACK_INFO)
        for (uint32_t i = 0; i < ctl->at_count; i++)
            snd->jacks[ctl->at + i].told = false;
    return err;
}

static void start_deadline(struct rgt_snd *snd, struct rgt_snd_ctl *ctl)
{
    uint64_t timeout_ns =
        ctl->timeout_ns != 0 ? ctl->timeout_ns : snd->dev.timeout_ns;

    ctl->deadline_ns = rgt__deadline_ns(snd->dev.hal, timeout_ns);
    if (snd->ctl_pending++ == 0 || ctl->deadline_ns < snd->ctl_deadline_ns)
        snd->ctl_deadline_ns = ctl->deadline_ns;
}

int rgt_snd_ctl_submit(struct rgt_snd *snd, struct rgt_snd_ctl *ctl)
{
    int err = rgt__snd_live(snd);

    if (err == 0)
        err = rgt__snd_ctl_check(snd, ctl);
    if (err != 0)
        return err;
    ctl->at = ctl->id;
    err = add_part(snd, ctl);
    if (err != 0)
        return err;
    struct rgt_snd_stream *stream = rgt__snd_stream_of(snd, ctl);
    if (stream != NULL)
        stream->command = ctl;
    start_deadline(snd, ctl);
    return 0;
}

/* Whether the device has said what it did. If not, the stream may be in either
 * state, and nothing but a reset makes it known again. */
static bool outcome_known(const struct rgt_snd_ctl *ctl)
{
    return ctl->result == 0 || (ctl->status != 0 && ctl->result != RGT_E_PROTO);
}

static void end_command(struct rgt_snd *snd, struct rgt_snd_stream *stream,
                        const struct rgt_snd_ctl *ctl)
{
    const struct rgt__snd_kind *kind = rgt__snd_kind(ctl->op);

    stream->command = NULL;
    if (!outcome_known(ctl))
        stream->state = RGT_SND_LOST;
    if (ctl->result != 0)
        return;
    stream->state = (enum rgt_snd_state)rgt__snd_next(
        stream->state, (enum rgt__snd_command)kind->command);
    if (ctl->op == RGT_SND_SET_PARAMS) {
        uint32_t polled = stream->params.features & POLLED;
        stream->params = ctl->params;
        /* What was left for a polling device to find is to be told now. */
        if (stream->position.pending > 0 &&
            polled > (ctl->params.features & POLLED))
            rgt__snd_want_kick(snd, stream);
        stream->frame_bytes =
            rgt_snd_frame_bytes(ctl->params.format, ctl->params.channels);
    }
    if (ctl->op == RGT_SND_PREPARE)
        stream->position = (struct rgt_snd_position){
            .pending = stream->position.pending,
        };
}

void rgt__snd_ctl_finish(struct rgt_snd *snd, struct rgt_snd_ctl *ctl,
                         int result)
{
    struct rgt_snd_stream *stream = rgt__snd_stream_of(snd, ctl);

    ctl->result = result;
    if (stream != NULL)
        end_command(snd, stream, ctl);
    snd->ctl_pending--;
    if (ctl == &snd->sync_ctl)
        snd->sync_busy = false;
    else
        rgt__list_put(&snd->ctls_returned, &ctl->link);
}

/* 5.14.6.6.5.1: at the end of a RELEASE the device has no transfer of the
 * stream any more. They were completed before it, though maybe after we last
 * looked: so look again, and hand them out first. */
static int check_release(struct rgt_snd *snd, struct rgt_snd_stream *stream)
{
    struct rgt_vq *vq = rgt__snd_queue_of(snd, stream);

    if (stream->position.pending > 0 && rgt__snd_xfer_collect(snd, vq) < 0)
        return RGT_E_PROTO;
    if (stream->position.pending == 0)
        return 0;
    rgt__log_num(snd->dev.hal, "snd: broken why=release-before-io stream=",
                 (uint32_t)(stream - snd->streams));
    return RGT_E_PROTO;
}

/* Nothing past the used length may be relied on (2.7.8.3): what it does not
 * cover is unknown. That is an error of this request only, since the device
 * may report less than it has written (2.7.8.2). */
static int outcome(struct rgt_snd *snd, struct rgt_snd_ctl *ctl,
                   uint32_t written)
{
    struct rgt__snd_ctl_place *place = place_of(snd, ctl);

    ctl->status = 0;
    if (written < sizeof(place->answer))
        return RGT_E_IO;
    ctl->status = rgt_ring_load32(&place->answer.code);
    int result = rgt__snd_result(ctl->status);
    if (result != 0)
        return result;
    if (written < ctl->writable_bytes)
        return RGT_E_IO;
    if (rgt__snd_kind(ctl->op)->item_bytes > 0)
        return rgt__snd_items_store(snd, ctl, (const uint8_t *)(place + 1));
    if (ctl->op == RGT_SND_RELEASE)
        return check_release(snd, &snd->streams[ctl->id]);
    return 0;
}

/* Sends the next part if there is one; the descriptors of the last one are
 * free again. Returns 0, then the request goes on; else it has ended. Once
 * added, the part is the device's: if the kick fails, a recovery gives the
 * request back, or its deadline. */
static int next_part(struct rgt_snd *snd, struct rgt_snd_ctl *ctl)
{
    if (rgt__snd_kind(ctl->op)->item_bytes == 0)
        return 1;
    ctl->at += ctl->at_count;
    if (ctl->at == ctl->id + ctl->count)
        return 1;
    int err = add_part(snd, ctl);
    if (err == 0)
        (void)rgt_snd_kick(snd);
    return err;
}

static void complete(struct rgt_snd *snd, struct rgt_snd_ctl *ctl,
                     uint32_t written)
{
    int result = outcome(snd, ctl, written);

    if (result == 0) {
        int more = next_part(snd, ctl);
        if (more == 0)
            return;
        result = more < 0 ? more : 0;
    }
    rgt__snd_ctl_finish(snd, ctl, result);
}

int rgt__snd_ctl_collect(struct rgt_snd *snd)
{
    void *token;
    uint32_t written;
    int count = 0;
    int found;

    /* What an answer leads to can end the use of the device. */
    while ((found = rgt__snd_live(snd)) == 0 &&
           (found = rgt_vq_pop(&snd->control, &token, &written)) > 0) {
        if (token != rgt__snd_orphan(snd))
            complete(snd, token, written);
        count++;
    }
    return found < 0 ? found : count;
}

/* The chain stays with the device, which may answer later: into memory that
 * is ours, so the request itself can go. */
static bool expire(struct rgt_snd *snd, struct rgt_vq_slot *slot,
                   uint64_t now_ns)
{
    struct rgt_snd_ctl *ctl = slot->token;

    if (ctl->deadline_ns > now_ns) {
        if (ctl->deadline_ns < snd->ctl_deadline_ns)
            snd->ctl_deadline_ns = ctl->deadline_ns;
        return false;
    }
    slot->token = rgt__snd_orphan(snd);
    ctl->status = 0;
    rgt__log_num(snd->dev.hal, "snd: timeout what=request code=",
                 rgt__snd_kind(ctl->op)->code);
    rgt__snd_ctl_finish(snd, ctl, RGT_E_TIMEOUT);
    return true;
}

int rgt__snd_ctl_expire(struct rgt_snd *snd)
{
    struct rgt_hal *hal = snd->dev.hal;
    int count = 0;

    if (snd->ctl_pending == 0)
        return 0;
    uint64_t now_ns = hal->ops->now_ns(hal);
    if (now_ns < snd->ctl_deadline_ns)
        return 0;
    snd->ctl_deadline_ns = UINT64_MAX;
    for (uint32_t i = 0; i < rgt_vq_size(&snd->control); i++) {
        struct rgt_vq_slot *slot = &snd->control.slots[i];
        if (slot->token != NULL && slot->token != rgt__snd_orphan(snd))
            count += expire(snd, slot, now_ns);
    }
    return count;
}
