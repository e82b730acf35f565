/* SPDX-License-Identifier: MIT */
/* What the sound driver knows, and what it hands out. */
#include "ringtrue/snd.h"
#include "req.h"
#include "ringtrue/err.h"
#include "snd_private.h"

int rgt__snd_live(const struct rgt_snd *snd)
{
    if (snd->dev.state != RGT_DEV_LIVE)
        return RGT_E_STATE;
    if (snd->control.dead || snd->event.dead || snd->tx.dead || snd->rx.dead)
        return RGT_E_PROTO;
    return 0;
}

int rgt__snd_result(uint32_t status)
{
    switch (status) {
    case VIRTIO_SND_S_OK:
        return 0;
    case VIRTIO_SND_S_BAD_MSG:
        return RGT_E_INVAL;
    case VIRTIO_SND_S_NOT_SUPP:
        return RGT_E_NOTSUP;
    case VIRTIO_SND_S_IO_ERR:
        return RGT_E_IO;
    default:
        return RGT_E_PROTO;
    }
}

const struct rgt_snd_info *rgt_snd_info(const struct rgt_snd *snd)
{
    return &snd->info;
}

const struct rgt_snd_jack *rgt_snd_jack(const struct rgt_snd *snd, uint32_t id)
{
    bool known = id < snd->info.jack_count && snd->jacks[id].known;
    return known ? &snd->jacks[id] : NULL;
}

const struct rgt_snd_pcm *rgt_snd_pcm(const struct rgt_snd *snd, uint32_t id)
{
    bool known = id < snd->info.stream_count && snd->streams[id].pcm.known;
    return known ? &snd->streams[id].pcm : NULL;
}

const struct rgt_snd_chmap *rgt_snd_chmap(const struct rgt_snd *snd,
                                          uint32_t id)
{
    bool known = id < snd->info.chmap_count && snd->chmaps[id].known;
    return known ? &snd->chmaps[id] : NULL;
}

enum rgt_snd_state rgt_snd_state(const struct rgt_snd *snd, uint32_t stream)
{
    return stream < snd->info.stream_count ? snd->streams[stream].state
                                           : RGT_SND_LOST;
}

int rgt_snd_position(const struct rgt_snd *snd, uint32_t stream,
                     struct rgt_snd_position *position)
{
    if (stream >= snd->info.stream_count)
        return RGT_E_INVAL;
    *position = snd->streams[stream].position;
    return 0;
}

uint64_t rgt_snd_deadline_ns(const struct rgt_snd *snd)
{
    return snd->ctl_pending > 0 ? snd->ctl_deadline_ns : UINT64_MAX;
}

/* Transfers first: a RELEASE ends after them. Each queue is emptied, so that
 * the next completion of any interrupts. */
int rgt__snd_collect(struct rgt_snd *snd)
{
    int err = rgt__snd_live(snd);
    int count = 0;

    for (int step = 0; step < 4 && err == 0; step++) {
        int found = step == 0   ? rgt__snd_xfer_collect(snd, &snd->tx)
                    : step == 1 ? rgt__snd_xfer_collect(snd, &snd->rx)
                    : step == 2 ? rgt__snd_ctl_collect(snd)
                                : rgt__snd_event_collect(snd);
        if (found < 0)
            err = found;
        else if (step < 3)
            count += found;
    }
    count += rgt__snd_ctl_expire(snd);
    return count > 0 ? count : err;
}

/* What has ended comes transfers first, in every state. */
static bool next_done(struct rgt_snd *snd, struct rgt_snd_done *done)
{
    struct rgt_link *xfer = rgt__list_take(&snd->xfers_returned);
    struct rgt_link *ctl =
        xfer == NULL ? rgt__list_take(&snd->ctls_returned) : NULL;

    *done = (struct rgt_snd_done){0};
    if (xfer != NULL)
        done->xfer = RGT__OWNER(xfer, struct rgt_snd_xfer, link);
    if (ctl != NULL)
        done->ctl = RGT__OWNER(ctl, struct rgt_snd_ctl, link);
    return xfer != NULL || ctl != NULL;
}

static void call_back(const struct rgt_snd_done *done)
{
    if (done->xfer != NULL && done->xfer->done != NULL)
        done->xfer->done(done->xfer);
    if (done->ctl != NULL && done->ctl->done != NULL)
        done->ctl->done(done->ctl);
}

int rgt_snd_poll(struct rgt_snd *snd, struct rgt_snd_done *out, unsigned max)
{
    struct rgt_snd_done done;
    unsigned count = 0;
    int err = rgt__snd_collect(snd);

    while (count < max && next_done(snd, &done)) {
        if (out != NULL)
            out[count] = done;
        count++;
        call_back(&done);
    }
    if (count > 0)
        return (int)count;
    return err < 0 ? err : 0;
}
