/* SPDX-License-Identifier: MIT */
/* Events: buffers posted, taken, posted again (5.14.5, 5.14.6.5, 5.14.6.7). */
#include "log.h"
#include "req.h"
#include "ringtrue/err.h"
#include "snd_private.h"
#include "vq_chain.h"

/* 5.14.5.1: device-writable only, and large enough for an event. It begins as
 * what no device writes: an event is not to be taken twice. */
static int post(struct rgt_snd *snd, void *place)
{
    ((struct virtio_snd_event *)place)->hdr.code = 0;
    uint64_t offset = (uint64_t)((uint8_t *)place - snd->event_pool.cpu);
    const struct rgt_sg sg = {
        snd->event_pool.dma + offset,
        sizeof(struct virtio_snd_event),
    };

    return rgt_vq_add(&snd->event, &sg, 0, 1, place);
}

int rgt__snd_event_fill(struct rgt_snd *snd)
{
    int err = 0;

    for (uint32_t i = 0; i < snd->event_pool.count && err == 0; i++)
        err = post(snd, rgt__pool_place(&snd->event_pool, i));
    return err == 0 ? rgt_vq_publish(&snd->event) : err;
}

static bool note_jack(struct rgt_snd *snd, uint32_t id, bool connected)
{
    if (id >= snd->info.jack_count)
        return id < snd->info.jacks;
    snd->jacks[id].connected = connected;
    snd->jacks[id].told = true;
    return true;
}

/* 5.14.6.6.3: a stream tells what was selected for it, and nothing else. */
static bool selected(const struct rgt_snd *snd, uint32_t id, unsigned feature)
{
    return id < snd->info.stream_count &&
           (snd->streams[id].params.features >> feature & 1) != 0;
}

static bool note_xrun(struct rgt_snd *snd, uint32_t id)
{
    if (!selected(snd, id, VIRTIO_SND_PCM_F_EVT_XRUNS))
        return false;
    snd->streams[id].position.xruns++;
    return true;
}

/* What the driver itself learns from an event. False: it makes no sense. The
 * code is the device's word, and may be wider than an enum is here. */
static bool note(struct rgt_snd *snd, uint32_t code, uint32_t id)
{
    switch (code) {
    case RGT_SND_EVENT_JACK_CONNECTED:
    case RGT_SND_EVENT_JACK_DISCONNECTED:
        return note_jack(snd, id, code == RGT_SND_EVENT_JACK_CONNECTED);
    case RGT_SND_EVENT_PERIOD_ELAPSED:
        return selected(snd, id, VIRTIO_SND_PCM_F_EVT_SHMEM_PERIODS);
    case RGT_SND_EVENT_XRUN:
        return note_xrun(snd, id);
    default:
        return false;
    }
}

static void keep(struct rgt_snd *snd, const struct rgt_snd_event *event)
{
    uint32_t at = snd->event_first + snd->event_count;

    if (snd->event_count == snd->event_max) {
        snd->info.events_lost++;
        return;
    }
    snd->events[at < snd->event_max ? at : at - snd->event_max] = *event;
    snd->event_count++;
}

static void take(struct rgt_snd *snd, const struct virtio_snd_event *place,
                 uint32_t written)
{
    uint32_t code = rgt_ring_load32(&place->hdr.code);
    uint32_t id = rgt_ring_load32(&place->data);

    if (written >= sizeof(*place) && note(snd, code, id))
        keep(snd, &(struct rgt_snd_event){(enum rgt_snd_event_code)code, id});
    else
        snd->info.events_invalid++;
}

/* Buffers taken are not published again before the ring has been emptied: the
 * walk ends, whatever the device does. */
int rgt__snd_event_collect(struct rgt_snd *snd)
{
    void *place;
    uint32_t written;
    int count = 0;
    int found;

    while ((found = rgt_vq_pop(&snd->event, &place, &written)) > 0) {
        take(snd, place, written);
        int err = post(snd, place);
        if (err != 0)
            return err;
        count++;
    }
    if (found == 0)
        found = rgt__vq_send(&snd->event, true);
    return found < 0 ? found : count;
}

int rgt_snd_event_next(struct rgt_snd *snd, struct rgt_snd_event *event)
{
    if (snd->event_count == 0)
        return 0;
    *event = snd->events[snd->event_first];
    snd->event_first++;
    if (snd->event_first == snd->event_max)
        snd->event_first = 0;
    snd->event_count--;
    return 1;
}
