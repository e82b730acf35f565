/* SPDX-License-Identifier: MIT
 *
 * snd.c: the sound model as the device half sees it; jacks, polled queues.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "snd_private.h"

#define MS_NS UINT64_C(1000000)

/* A queue that is polled is looked at four times per period, within bounds. */
#define POLL_NS_MIN UINT64_C(20000)
#define POLL_NS_MAX UINT64_C(1000000)

/* ---- lists ------------------------------------------------------------- */

void snd_list_add(struct snd_list *list, struct fake_chain *chain)
{
    chain->link = NULL;
    if (list->first)
        list->last->link = chain;
    else
        list->first = chain;
    list->last = chain;
    list->count++;
}

struct fake_chain *snd_list_take(struct snd_list *list)
{
    struct fake_chain *chain = list->first;

    if (chain) {
        list->first = chain->link;
        list->count--;
    }
    return chain;
}

/* ---- jacks ------------------------------------------------------------- */

/* Off and on at fixed times, however late the step comes. */
static void flap(struct fake_snd *snd, uint64_t now_ns, uint64_t *wake_ns)
{
    struct fake_snd_core *core = snd->core;
    uint64_t every_ns = snd->cfg.flap_ms * MS_NS;

    if (!every_ns || !snd->cfg.jack_count)
        return;
    if (!core->flap_ns)
        core->flap_ns = now_ns + every_ns;
    if (core->flap_ns <= now_ns) {
        atomic_store(&snd->connected[0], !core->told[0]);
        core->flap_ns += every_ns;
    }
    snd_lower(wake_ns, core->flap_ns);
}

static bool tell_jacks(struct fake_snd *snd)
{
    bool did = false;
    uint32_t j;

    for (j = 0; j < snd->cfg.jack_count; j++) {
        bool connected = atomic_load(&snd->connected[j]);

        if (connected == snd->core->told[j])
            continue;
        snd->core->told[j] = connected;
        snd_notify(snd,
                   connected ? VIRTIO_SND_EVT_JACK_CONNECTED
                             : VIRTIO_SND_EVT_JACK_DISCONNECTED,
                   j);
        did = true;
    }
    return did;
}

/* ---- queues ------------------------------------------------------------ */

/* At a control request. */
static bool gives_up(struct fake_snd *snd, const struct fake_chain *chain)
{
    uint8_t code[SND_HDR_BYTES];
    uint64_t arg;

    if (!fake_fault_planned(snd->dev.faults, FAKE_FAULT_NEEDS_RESET))
        return false;
    fake_chain_read(chain, 0, code, sizeof(code));
    return snd_fault_at(snd, chain, FAKE_FAULT_NEEDS_RESET,
                        (int32_t)snd_get_le(code, sizeof(code)), UINT32_MAX,
                        &arg);
}

/* Room for what has to be written, and for what has to be read? Else there
 * is no way to answer. */
static bool accept(struct fake_snd *snd, const struct fake_chain *chain,
                   uint32_t readable, uint32_t writable)
{
    bool fits =
        chain->readable_bytes >= readable && chain->writable_bytes >= writable;

    if (fits && !(readable && gives_up(snd, chain)))
        return true;
    fake_device_needs_reset(&snd->dev);
    return false;
}

static bool take_list(struct fake_snd *snd, unsigned queue,
                      struct snd_list *list, uint32_t readable,
                      uint32_t writable)
{
    struct fake_ring *ring = &snd->dev.ring[queue];
    struct fake_chain *chain;
    unsigned n;

    if (!ring->live || snd->dev.dead)
        return false;
    for (n = 0; n < SND_BATCH; n++) {
        chain = fake_ring_take(ring);
        if (!chain)
            break;
        if (!accept(snd, chain, readable, writable))
            return true;
        snd_list_add(list, chain);
    }
    return n > 0;
}

/* Empty event buffers are taken as they come: one that lay there untaken
 * would look like work to do. */
static bool take_all(struct fake_snd *snd, uint64_t now_ns, bool *behind)
{
    struct fake_snd_core *core = snd->core;
    bool did;
    unsigned q;

    did = take_list(snd, VIRTIO_SND_VQ_CONTROL, &core->control, SND_HDR_BYTES,
                    SND_HDR_BYTES);
    did |=
        take_list(snd, VIRTIO_SND_VQ_EVENT, &core->event, 0, SND_EVENT_BYTES);
    for (q = VIRTIO_SND_VQ_TX; q <= VIRTIO_SND_VQ_RX; q++) {
        unsigned n = snd_xfer_take(snd, q, now_ns);

        did |= n > 0;
        *behind |= n == SND_BATCH;
    }
    return did;
}

/* ---- polling (VIRTIO_SND_PCM_F_MSG_POLLING) ----------------------------- */

static bool polled(const struct snd_stream *stream)
{
    return stream->features >> VIRTIO_SND_PCM_F_MSG_POLLING & 1 &&
           (stream->state == FAKE_SND_PREPARED ||
            stream->state == FAKE_SND_RUNNING ||
            stream->state == FAKE_SND_STOPPED);
}

static uint64_t poll_ns(const struct snd_stream *stream)
{
    uint64_t frames =
        snd_frames_for(stream->pcm.period_bytes, stream->frame_bits);
    uint64_t ns = fake_snd_time_of(frames, stream->pcm.rate_hz) / 4;

    ns = ns > POLL_NS_MIN ? ns : POLL_NS_MIN;
    return ns < POLL_NS_MAX ? ns : POLL_NS_MAX;
}

/* While a stream asks for it, no kick is asked for on its queue. */
static void set_polling(struct fake_ring *ring, bool want, bool *have)
{
    if (want == *have || !ring->live)
        return;
    *have = want;
    ring->always_polls = want;
    if (want) {
        fake_ring_kick(ring); /* it may have been asleep */
        fake_ring_suppress(ring);
    }
}

void snd_poll_queues(struct fake_snd *snd)
{
    bool want[2] = {false, false};
    uint32_t id;

    for (id = 0; id < snd->cfg.stream_count; id++) {
        if (polled(&snd->core->stream[id]))
            want[snd->cfg.stream[id].direction == VIRTIO_SND_D_INPUT] = true;
    }
    set_polling(&snd->dev.ring[VIRTIO_SND_VQ_TX], want[0],
                &snd->core->polls_tx);
    set_polling(&snd->dev.ring[VIRTIO_SND_VQ_RX], want[1],
                &snd->core->polls_rx);
}

static void wake_to_poll(struct fake_snd *snd, uint64_t now_ns,
                         uint64_t *wake_ns)
{
    uint32_t id;

    for (id = 0; id < snd->cfg.stream_count; id++) {
        if (polled(&snd->core->stream[id]))
            snd_lower(wake_ns, now_ns + poll_ns(&snd->core->stream[id]));
    }
}

/* ---- the model --------------------------------------------------------- */

/* Requests are served one step after they were taken. A driver kicks txq and
 * rxq before it asks for START or RELEASE on controlq; a kick comes into
 * effect between two steps, so the messages before the request are all taken
 * by then. Returns true if there is nothing before them any more. */
static bool serve_ready(struct fake_snd *snd, uint32_t ready, uint64_t now_ns)
{
    uint32_t n;

    for (n = 0; n < ready && n < SND_BATCH; n++) {
        struct fake_chain *chain = snd_list_take(&snd->core->control);

        snd_control_serve(snd, chain, now_ns);
    }
    return n > 0;
}

static bool snd_step(struct fake_device *dev, uint64_t now_ns,
                     uint64_t *wake_ns)
{
    struct fake_snd *snd = snd_of(dev);
    struct fake_snd_core *core = snd->core;
    uint32_t ready = core->control.count;
    bool behind = false;
    bool did;
    uint32_t id;

    flap(snd, now_ns, wake_ns);
    did = tell_jacks(snd);
    did |= take_all(snd, now_ns, &behind);
    if (dev->dead)
        return true;
    for (id = 0; id < snd->cfg.stream_count; id++)
        behind |= !snd_stream_advance(snd, id, now_ns, &did);
    if (!behind)
        did |= serve_ready(snd, ready, now_ns);
    for (id = 0; id < snd->cfg.stream_count; id++)
        did |= snd_stream_end_late(snd, id, now_ns, wake_ns);
    did |= snd_send_notes(snd);
    snd_poll_queues(snd); /* a queue that was reset begins anew */
    wake_to_poll(snd, now_ns, wake_ns);
    for (id = 0; id < snd->cfg.stream_count; id++)
        snd_stream_wake(snd, id, now_ns, wake_ns);
    if (behind || core->control.count)
        snd_lower(wake_ns, now_ns);
    return did || behind;
}

static void snd_start(struct fake_device *dev, uint64_t features)
{
    struct fake_snd *snd = snd_of(dev);
    uint32_t j;

    (void)features;
    for (j = 0; j < snd->cfg.jack_count; j++)
        snd->core->told[j] = atomic_load(&snd->connected[j]);
}

static void forget_list(struct snd_list *list)
{
    *list = (struct snd_list){NULL, NULL, 0};
}

static void snd_reset(struct fake_device *dev)
{
    struct fake_snd *snd = snd_of(dev);
    struct fake_snd_core *core = snd->core;
    uint32_t k;

    for (k = 0; k < FAKE_SND_STREAMS_MAX; k++)
        snd_stream_reset(snd, k);
    forget_list(&core->control);
    forget_list(&core->event);
    core->note_first = core->note_count = 0;
    core->flap_ns = 0;
    core->polls_tx = core->polls_rx = false;
    for (k = 0; k < FAKE_SND_JACKS_MAX; k++)
        core->defconf[k] = snd->cfg.jack[k].defconf;
}

static void forget_messages(struct fake_snd *snd, uint8_t direction)
{
    uint32_t id;

    for (id = 0; id < snd->cfg.stream_count; id++) {
        if (snd->cfg.stream[id].direction == direction)
            snd_xfer_forget(snd, id);
    }
}

static void snd_drop(struct fake_device *dev, uint16_t queue)
{
    struct fake_snd *snd = snd_of(dev);

    switch (queue) {
    case VIRTIO_SND_VQ_CONTROL:
        forget_list(&snd->core->control);
        break;
    case VIRTIO_SND_VQ_EVENT:
        forget_list(&snd->core->event);
        break;
    case VIRTIO_SND_VQ_TX:
        forget_messages(snd, VIRTIO_SND_D_OUTPUT);
        snd->core->polls_tx = false;
        break;
    case VIRTIO_SND_VQ_RX:
        forget_messages(snd, VIRTIO_SND_D_INPUT);
        snd->core->polls_rx = false;
        break;
    }
}

static const struct fake_model_ops snd_ops = {
    .device_id = VIRTIO_ID_SOUND,
    .start = snd_start,
    .reset = snd_reset,
    .drop = snd_drop,
    .step = snd_step,
};

static uint32_t at_most(uint32_t count, uint32_t max)
{
    return count < max ? count : max;
}

int fake_snd_init(struct fake_snd *snd, const struct fake_snd_config *cfg)
{
    uint32_t j;

    snd->core = calloc(1, sizeof(*snd->core));
    if (!snd->core)
        return -1;
    snd->dev.ops = &snd_ops;
    snd->cfg = *cfg;
    snd->cfg.jack_count = at_most(cfg->jack_count, FAKE_SND_JACKS_MAX);
    snd->cfg.stream_count = at_most(cfg->stream_count, FAKE_SND_STREAMS_MAX);
    snd->cfg.chmap_count = at_most(cfg->chmap_count, FAKE_SND_CHMAPS_MAX);
    for (j = 0; j < FAKE_SND_JACKS_MAX; j++)
        atomic_init(&snd->connected[j], cfg->jack[j].connected != 0);
    snd_reset(&snd->dev);
    return 0;
}

void fake_snd_free(struct fake_snd *snd)
{
    if (!snd->core)
        return;
    snd_reset(&snd->dev);
    free(snd->core);
    snd->core = NULL;
}

/* What follows the fields of 5.14.4 in a config space that is longer. */
#define CONFIG_EXTRA 0xA5

uint32_t fake_snd_config_space(const struct fake_snd_config *cfg, uint8_t *out,
                               uint32_t room)
{
    uint8_t space[sizeof(struct virtio_snd_config)];
    uint32_t bytes = at_most(sizeof(space), room);

    snd_put_le(space + offsetof(struct virtio_snd_config, jacks),
               at_most(cfg->jack_count, FAKE_SND_JACKS_MAX), 4);
    snd_put_le(space + offsetof(struct virtio_snd_config, streams),
               at_most(cfg->stream_count, FAKE_SND_STREAMS_MAX), 4);
    snd_put_le(space + offsetof(struct virtio_snd_config, chmaps),
               at_most(cfg->chmap_count, FAKE_SND_CHMAPS_MAX), 4);
    memcpy(out, space, bytes);
    while (bytes < room && bytes - sizeof(space) < cfg->config_extra)
        out[bytes++] = CONFIG_EXTRA;
    return bytes;
}
