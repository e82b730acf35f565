/* SPDX-License-Identifier: MIT
 *
 * snd_fault.c: faults of a sound device: where they are, and what they do to
 * the clock and the messages of a stream.
 */
#include "snd_private.h"

#define FAST_PPM_MAX 1000000u
#define SLOW_PPM_MAX 500000u

bool snd_fault_at(struct fake_snd *snd, const struct fake_chain *chain,
                  enum fake_fault name, int32_t type, uint32_t id,
                  uint64_t *arg)
{
    struct fake_site site = FAKE_SITE_ANY;

    if (!fake_fault_planned(snd->dev.faults, name))
        return false;
    site.queue = chain->ring->cfg.index;
    site.type = type;
    if (id < snd->cfg.stream_count)
        site.stream = (int32_t)id;
    return fake_fault_fires_at(snd->dev.faults, name, snd->dev.log, &site, arg);
}

bool snd_stream_fault(struct fake_snd *snd, uint32_t id, enum fake_fault name,
                      uint64_t *arg)
{
    struct fake_site site = FAKE_SITE_ANY;

    if (!fake_fault_planned(snd->dev.faults, name))
        return false;
    site.queue = snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT
                     ? VIRTIO_SND_VQ_TX
                     : VIRTIO_SND_VQ_RX;
    site.stream = (int32_t)id;
    return fake_fault_fires_at(snd->dev.faults, name, snd->dev.log, &site, arg);
}

/* ---- the clock ---- */

void snd_fault_clock(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t arg;

    stream->stalled_ns = 0;
    stream->drift_ppm = 0;
    if (snd_stream_fault(snd, id, FAKE_FAULT_SND_CLOCK_FAST, &arg))
        stream->drift_ppm += (int32_t)snd_min(arg, FAST_PPM_MAX);
    if (snd_stream_fault(snd, id, FAKE_FAULT_SND_CLOCK_SLOW, &arg))
        stream->drift_ppm -= (int32_t)snd_min(arg, SLOW_PPM_MAX);
}

/* ---- messages ---- */

/* The gap is as long however late the step comes: it is counted in bytes of
 * the stream. */
static bool comes_late(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t frames;

    if (!snd_stream_fault(snd, id, FAKE_FAULT_SND_XRUN, &frames))
        return false;
    frames = snd_min(frames, UINT32_MAX);
    stream->first->from =
        stream->passed_bytes + snd_bytes_of(frames, stream->frame_bits);
    return true;
}

static bool stalls(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t room_ns = FAKE_NEVER - stream->start_ns - stream->stalled_ns;
    uint64_t ns;

    if (!snd_stream_fault(snd, id, FAKE_FAULT_SND_STALLED, &ns))
        return false;
    stream->stalled_ns += snd_min(ns, room_ns);
    return true;
}

bool snd_fault_turn(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg = stream->first;

    if (!fake_fault_any_planned(snd->dev.faults, FAKE_PART_SND) || !msg ||
        msg->begun || msg->from > stream->passed_bytes)
        return false;
    msg->begun = true;
    bool late = comes_late(snd, id); /* each is an occasion */

    return stalls(snd, id) || late;
}

bool snd_fault_keeps(struct fake_snd *snd, uint32_t id)
{
    uint64_t arg;

    return snd_stream_fault(snd, id, FAKE_FAULT_SND_PERIOD_LOST, &arg);
}
