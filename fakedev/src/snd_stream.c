/* SPDX-License-Identifier: MIT
 *
 * snd_stream.c: the life of a stream (5.14.6.6.1), and what its clock makes
 * of it.
 *
 * From START on the clock says how many bytes have passed. A step catches up:
 * byte by byte of the stream it plays (or fills) what messages there are, and
 * where there is none there is a gap. Nothing depends on when steps come: a
 * message taken when the clock stood at byte k has its turn from k on, never
 * before, and where it ends is exact.
 */
#include <stddef.h>
#include <string.h>

#include "snd_private.h"

/* How far away a clock of its own is read again: a quarter of a period, and
 * never more, however long the periods are, than what a sound card keeps ahead
 * of itself. */
#define CLOCK_NS_MIN UINT64_C(50000)
#define CLOCK_NS_MAX UINT64_C(10000000)

/* ---- life cycle --------------------------------------------------------- */

enum { SET, PREPARE, START, STOP, RELEASE, COMMANDS };

#define NO FAKE_SND_STATE_COUNT

/* The one table of 5.14.6.6.1: state after a command, or NO. It begins with
 * SET_PARAMS, so nothing else is legal before that. */
static const enum fake_snd_state next[FAKE_SND_STATE_COUNT][COMMANDS] = {
    [FAKE_SND_FRESH] = {FAKE_SND_SET, NO, NO, NO, NO},
    [FAKE_SND_SET] = {FAKE_SND_SET, FAKE_SND_PREPARED, NO, NO, NO},
    [FAKE_SND_PREPARED] = {FAKE_SND_SET, FAKE_SND_PREPARED, FAKE_SND_RUNNING,
                           NO, FAKE_SND_RELEASED},
    [FAKE_SND_RUNNING] = {NO, NO, NO, FAKE_SND_STOPPED, NO},
    [FAKE_SND_STOPPED] = {NO, NO, FAKE_SND_RUNNING, NO, FAKE_SND_RELEASED},
    [FAKE_SND_RELEASED] = {FAKE_SND_SET, FAKE_SND_PREPARED, NO, NO, NO},
};

static unsigned command_of(uint32_t code)
{
    switch (code) {
    case VIRTIO_SND_R_PCM_SET_PARAMS:
        return SET;
    case VIRTIO_SND_R_PCM_PREPARE:
        return PREPARE;
    case VIRTIO_SND_R_PCM_START:
        return START;
    case VIRTIO_SND_R_PCM_STOP:
        return STOP;
    default:
        return RELEASE;
    }
}

/* ---- sinks and sources -------------------------------------------------- */

static int open_end(struct fake_snd *snd, uint32_t id)
{
    const struct fake_pcm *pcm = &snd->core->stream[id].pcm;
    struct fake_sink *sink = snd->sink[id];
    struct fake_source *source = snd->source[id];

    if (snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT)
        return sink ? sink->ops->start(sink, pcm) : 0;
    return source ? source->ops->start(source, pcm) : 0;
}

static void close_end(struct fake_snd *snd, uint32_t id)
{
    struct fake_sink *sink = snd->sink[id];
    struct fake_source *source = snd->source[id];

    if (snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT) {
        if (sink)
            sink->ops->stop(sink);
    } else if (source) {
        source->ops->stop(source);
    }
}

/* Frames by a clock of its own, if asked for. Returns false if there is
 * none. */
static bool own_clock(struct fake_snd *snd, uint32_t id, uint64_t *frames)
{
    struct fake_sink *sink = snd->sink[id];
    struct fake_source *source = snd->source[id];

    if (snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT) {
        if (!sink || !sink->ops->clock)
            return false;
        if (frames)
            *frames = sink->ops->clock(sink);
    } else {
        if (!source || !source->ops->clock)
            return false;
        if (frames)
            *frames = source->ops->clock(source);
    }
    return true;
}

/* ---- commands ----------------------------------------------------------- */

static bool start(struct fake_snd *snd, uint32_t id, uint64_t now_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg;

    if (open_end(snd, id) != 0)
        return false;
    stream->start_ns = now_ns;
    stream->clock_frames = 0;
    stream->passed_bytes = 0;
    stream->gap = false;
    stream->failed = false;
    for (msg = stream->first; msg; msg = msg->next)
        msg->from = 0; /* they were there before */
    snd_fault_clock(snd, id);
    return true;
}

static void set(struct snd_stream *stream, const struct snd_stream *params)
{
    stream->pcm = params->pcm;
    stream->features = params->features;
    stream->frame_bits = params->frame_bits;
}

/* RELEASE is answered before what is pending comes back? */
static bool ends_late(struct fake_snd *snd, uint32_t id, uint64_t now_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t arg;

    if ((!stream->first && !stream->kept) ||
        !snd_stream_fault(snd, id, FAKE_FAULT_SND_RELEASE_EARLY, &arg))
        return false;
    stream->ends_late = true;
    arg = arg ? arg : 1; /* the answer goes first, and by itself */
    stream->end_ns = arg < FAKE_NEVER - now_ns ? now_ns + arg : FAKE_NEVER;
    return true;
}

bool snd_stream_end_late(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                         uint64_t *wake_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];

    if (!stream->ends_late)
        return false;
    if (stream->end_ns > now_ns) {
        snd_lower(wake_ns, stream->end_ns);
        return false;
    }
    snd_xfer_end(snd, id);
    return true;
}

uint32_t snd_stream_command(struct fake_snd *snd, uint32_t id, uint32_t code,
                            const struct snd_stream *params, uint64_t now_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    unsigned command = command_of(code);
    enum fake_snd_state to = next[stream->state][command];

    if (to == NO)
        return VIRTIO_SND_S_BAD_MSG;
    if (command == START && !start(snd, id, now_ns))
        return VIRTIO_SND_S_IO_ERR;
    if (command == STOP)
        close_end(snd, id);
    if (command == RELEASE && ends_late(snd, id, now_ns)) {
        stream->state = to;
        return VIRTIO_SND_S_OK;
    }
    /* What is still pending ends with the stream (5.14.6.6.5.1); frames of
     * one format do not stay when another is set. */
    if (command == RELEASE || command == SET || stream->ends_late)
        snd_xfer_end(snd, id);
    if (command == SET)
        set(stream, params);
    stream->state = to;
    return VIRTIO_SND_S_OK;
}

void snd_stream_reset(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];

    if (stream->state == FAKE_SND_RUNNING)
        close_end(snd, id);
    snd_xfer_forget(snd, id);
    memset(stream, 0, sizeof(*stream));
}

/* ---- clock -------------------------------------------------------------- */

static uint64_t frames_at(const struct snd_stream *stream, uint64_t ns)
{
    return stream->drift_ppm
               ? snd_frames_at_ppm(ns, stream->pcm.rate_hz, stream->drift_ppm)
               : fake_snd_frames_at(ns, stream->pcm.rate_hz);
}

static uint64_t time_of(const struct snd_stream *stream, uint64_t frames)
{
    return stream->drift_ppm
               ? snd_time_of_ppm(frames, stream->pcm.rate_hz, stream->drift_ppm)
               : fake_snd_time_of(frames, stream->pcm.rate_hz);
}

/* A clock of its own that stood, and is fast or slow. */
static uint64_t disturbed(const struct snd_stream *stream, uint64_t frames)
{
    uint64_t stood =
        fake_snd_frames_at(stream->stalled_ns, stream->pcm.rate_hz);

    frames = frames > stood ? frames - stood : 0;
    return stream->drift_ppm ? snd_scale_ppm(frames, stream->drift_ppm)
                             : frames;
}

uint64_t snd_stream_clock(struct fake_snd *snd, uint32_t id, uint64_t now_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t stood_ns = stream->start_ns + stream->stalled_ns;

    if (own_clock(snd, id, &stream->clock_frames))
        stream->clock_frames = disturbed(stream, stream->clock_frames);
    else
        stream->clock_frames =
            now_ns < stood_ns ? 0 : frames_at(stream, now_ns - stood_ns);
    return snd_bytes_of(stream->clock_frames, stream->frame_bits);
}

static void begin_gap(struct fake_snd *snd, uint32_t id, bool *did)
{
    struct snd_stream *stream = &snd->core->stream[id];

    if (stream->gap)
        return;
    stream->gap = true;
    if (stream->features >> VIRTIO_SND_PCM_F_EVT_XRUNS & 1) {
        snd_notify(snd, VIRTIO_SND_EVT_PCM_XRUN, id);
        *did = true;
    }
}

/* One move: the rest of a message, or of a gap, at most `most` bytes. Returns
 * the bytes that passed. */
static uint64_t pass(struct fake_snd *snd, uint32_t id, uint64_t most,
                     bool *did)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg = stream->first;
    uint64_t bytes = most;

    if (msg && msg->from <= stream->passed_bytes) {
        bytes = snd_min(most, msg->bytes - msg->offset);
        stream->gap = false;
        snd_xfer_move(snd, id, bytes);
        return bytes;
    }
    if (msg)
        bytes = snd_min(most, msg->from - stream->passed_bytes);
    begin_gap(snd, id, did);
    snd_xfer_miss(snd, id, bytes);
    return bytes;
}

/* The oldest message, if it has had its turn. */
static bool finish(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg = stream->first;
    bool output = snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT;

    if (!msg || msg->offset < msg->bytes)
        return false;
    if (snd_fault_keeps(snd, id)) {
        snd_xfer_keep(snd, id);
        return true;
    }
    snd_xfer_complete(snd, id,
                      stream->failed ? VIRTIO_SND_S_IO_ERR : VIRTIO_SND_S_OK,
                      output ? stream->queued_bytes : 0);
    return true;
}

bool snd_stream_advance(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                        bool *did)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint32_t unit = stream->pcm.frame_bytes ? stream->pcm.frame_bytes : 1;
    uint64_t budget = SND_STEP_BYTES / unit * unit;
    uint64_t target;
    unsigned finished = 0;

    if (stream->state != FAKE_SND_RUNNING)
        return true;
    target = snd_stream_clock(snd, id, now_ns);
    while (stream->passed_bytes < target) {
        uint64_t most = snd_min(target - stream->passed_bytes, budget);

        if (!most || finished == SND_BATCH)
            return false;
        if (snd_fault_turn(snd, id)) {
            target = snd_stream_clock(snd, id, now_ns);
            continue;
        }
        most = pass(snd, id, most, did);
        stream->passed_bytes += most;
        budget -= most;
        if (finish(snd, id)) {
            finished++;
            *did = true;
        }
    }
    return true;
}

/* The byte at which something happens next: a message ends, data begin to be
 * missing, or a gap is a period longer. */
static uint64_t next_byte(const struct snd_stream *stream)
{
    if (stream->first)
        return stream->passed_bytes + stream->first->bytes -
               stream->first->offset;
    return stream->passed_bytes + (stream->gap ? stream->pcm.period_bytes : 1);
}

static uint64_t period_ns(const struct snd_stream *stream)
{
    return fake_snd_time_of(
        snd_frames_for(stream->pcm.period_bytes, stream->frame_bits),
        stream->pcm.rate_hz);
}

/* The pace of a clock of its own is not known: a guess, put right each time
 * it is read. */
static uint64_t guess_ns(const struct snd_stream *stream, uint64_t frames)
{
    uint64_t left =
        frames > stream->clock_frames ? frames - stream->clock_frames : 0;
    uint64_t ns = snd_min(fake_snd_time_of(left, stream->pcm.rate_hz),
                          snd_min(period_ns(stream) / 4, CLOCK_NS_MAX));

    return ns > CLOCK_NS_MIN ? ns : CLOCK_NS_MIN;
}

void snd_stream_wake(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                     uint64_t *wake_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    uint64_t frames, ns;

    if (stream->state != FAKE_SND_RUNNING)
        return;
    frames = snd_frames_for(next_byte(stream), stream->frame_bits);
    if (own_clock(snd, id, NULL)) {
        snd_lower(wake_ns, now_ns + guess_ns(stream, frames));
        return;
    }
    ns = time_of(stream, frames);
    if (ns < FAKE_NEVER - stream->start_ns - stream->stalled_ns)
        snd_lower(wake_ns, stream->start_ns + stream->stalled_ns + ns);
}
