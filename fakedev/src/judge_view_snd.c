/* SPDX-License-Identifier: MIT
 *
 * judge_view_snd.c: what the events so far say about the streams of a sound
 * device.
 */
#include "judge_internal.h"

static struct view_stream *stream_at(struct view *v, uint64_t id)
{
    return id < FAKE_SND_STREAMS_MAX ? &v->stream[id] : NULL;
}

/* What is asked for; the stream has it once the device has said OK. */
static void add_params(struct view *v, const struct fake_event *e)
{
    v->asked.period_bytes = (uint32_t)(e->arg[1] >> 32);
    v->asked.features = (uint32_t)e->arg[2];
}

static void set_params(const struct view *v, struct view_stream *s)
{
    s->period_bytes = v->asked.period_bytes;
    s->features = v->asked.features;
}

/* Numbers of commands as in the life cycle table of judge_snd.c. */
static uint8_t command_number(uint64_t code)
{
    static const uint16_t codes[] = {
        0,
        VIRTIO_SND_R_PCM_SET_PARAMS,
        VIRTIO_SND_R_PCM_PREPARE,
        VIRTIO_SND_R_PCM_START,
        VIRTIO_SND_R_PCM_STOP,
        VIRTIO_SND_R_PCM_RELEASE,
    };

    for (uint8_t k = 1; k < sizeof(codes) / sizeof(codes[0]); k++)
        if (codes[k] == code)
            return k;
    return 0;
}

/* What follows these is another run of frames, with an end of its own. */
static bool ends_frames(uint64_t code)
{
    return code == VIRTIO_SND_R_PCM_SET_PARAMS ||
           code == VIRTIO_SND_R_PCM_STOP || code == VIRTIO_SND_R_PCM_RELEASE;
}

static void add_control(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[1]);
    uint8_t command = command_number(e->arg[0]);

    if (!s || !command || e->arg[2] != VIRTIO_SND_S_OK)
        return;
    s->last = command;
    if (e->arg[0] == VIRTIO_SND_R_PCM_SET_PARAMS)
        set_params(v, s);
    if (ends_frames(e->arg[0]))
        s->ended = false;
}

/* Whether a buffer is of another size is known until it comes back, whatever
 * the stream is set to then. */
static void add_rx(struct view *v, struct view_stream *s, uint16_t head,
                   bool odd)
{
    uint64_t bit = UINT64_C(1) << head % 64;

    s->rx_queued++;
    s->rx_odd += odd;
    v->rx_odd_heads[head / 64] &= ~bit;
    if (odd)
        v->rx_odd_heads[head / 64] |= bit;
}

static void add_xfer(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[0]);

    if (!s)
        return;
    s->ended |= e->queue == VIRTIO_SND_VQ_TX && e->arg[1] != s->period_bytes;
    if (e->queue == VIRTIO_SND_VQ_RX)
        add_rx(v, s, (uint16_t)e->arg[3], e->arg[2] != s->period_bytes);
}

static void add_xfer_done(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[0]);
    uint16_t head = (uint16_t)e->arg[3];

    v->answer.refused = e->arg[1] != VIRTIO_SND_S_OK;
    if (!s || e->queue != VIRTIO_SND_VQ_RX || !s->rx_queued)
        return;
    s->rx_queued--;
    s->rx_odd -= (uint32_t)(v->rx_odd_heads[head / 64] >> head % 64 & 1);
}

/* The queue is gone, and what was in it with it. */
void view_forget_rx(struct view *v)
{
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++)
        v->stream[k].rx_queued = v->stream[k].rx_odd = 0;
}

static bool is_query(uint64_t code)
{
    return code == VIRTIO_SND_R_JACK_INFO || code == VIRTIO_SND_R_PCM_INFO ||
           code == VIRTIO_SND_R_CHMAP_INFO;
}

static void add_answer(struct view *v, const struct fake_event *e)
{
    v->answer.query = is_query(e->arg[0]);
    v->answer.refused = e->arg[2] != VIRTIO_SND_S_OK;
    v->answer.bytes = sizeof(struct virtio_snd_hdr);
    if (v->answer.query && !v->answer.refused)
        v->answer.bytes += v->query_count * v->query_size;
}

void view_add_snd(struct view *v, const struct fake_event *e)
{
    switch (e->kind) {
    case FAKE_EV_SND_QUERY:
        v->query_count = e->arg[2];
        v->query_size = e->arg[3];
        break;
    case FAKE_EV_SND_PARAMS:
        add_params(v, e);
        break;
    case FAKE_EV_SND_CONTROL:
        add_control(v, e);
        add_answer(v, e);
        break;
    case FAKE_EV_SND_XFER:
        add_xfer(v, e);
        break;
    case FAKE_EV_SND_XFER_DONE:
        add_xfer_done(v, e);
        break;
    }
}
