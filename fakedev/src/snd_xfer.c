/* SPDX-License-Identifier: MIT
 *
 * snd_xfer.c: messages on txq and rxq (5.14.6.8).
 *
 *   txq: R4 | R frames | W8      rxq: R4 | W frames | W8
 *
 * The status is the last 8 bytes of the writable part, also of a message on
 * rxq that did not get full.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "snd_private.h"

/* ---- completion --------------------------------------------------------- */

/* Fills the writable part from byte `from` up to `end`. */
static void fill(const struct fake_chain *chain, uint64_t from, uint64_t end)
{
    uint64_t at = 0;
    uint32_t i;

    for (i = chain->readable_count; i < chain->seg_count && at < end; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t first = from > at ? from - at : 0;
        uint64_t last = snd_min(end - at, seg->bytes);

        if (first < last) {
            fake_chain_writing(chain, seg->mem + first, last - first);
            memset(seg->mem + first, SND_FILLER, last - first);
            fake_chain_wrote(chain, seg->mem + first, last - first);
        }
        at += seg->bytes;
    }
}

static bool fires(struct fake_snd *snd, const struct fake_chain *chain,
                  enum fake_fault name, uint32_t id, uint64_t *arg)
{
    return snd_fault_at(snd, chain, name, FAKE_ANY_TYPE, id, arg);
}

/* captured: bytes of frames in the writable part. */
static void complete(struct fake_snd *snd, struct fake_chain *chain,
                     uint32_t id, uint64_t captured, uint32_t status,
                     uint64_t latency)
{
    uint64_t room = chain->writable_bytes - SND_STATUS_BYTES;
    uint16_t queue = chain->ring->cfg.index;
    uint8_t tail[SND_STATUS_BYTES];
    uint64_t len = SND_STATUS_BYTES;
    uint64_t arg;

    if (fires(snd, chain, FAKE_FAULT_SND_IO_ERROR, id, &arg))
        status = VIRTIO_SND_S_IO_ERR;
    if (fires(snd, chain, FAKE_FAULT_SND_LATENCY, id, &arg))
        latency = arg;
    latency = snd_min(latency, UINT32_MAX);
    fill(chain, captured, room);
    snd_put_le(tail, status, 4);
    snd_put_le(tail + 4, latency, 4);
    fake_chain_write(chain, room, tail, sizeof(tail));
    if (status == VIRTIO_SND_S_OK)
        len += captured;
    fake_emit(snd->dev.log, FAKE_EV_SND_XFER_DONE, queue, id, status, latency,
              chain->head);
    fake_ring_complete(chain->ring, chain, (uint32_t)snd_min(len, UINT32_MAX));
}

/* Takes the oldest message off the list. */
static struct snd_msg *unlink_first(struct snd_stream *stream)
{
    struct snd_msg *msg = stream->first;

    stream->first = msg->next;
    if (!stream->first)
        stream->last = NULL;
    stream->queued_bytes -= msg->bytes - msg->offset;
    return msg;
}

void snd_xfer_keep(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg = unlink_first(stream);

    msg->next = stream->kept;
    stream->kept = msg;
}

/* What was kept stands before all others again, in its order. */
static void give_up_kept(struct snd_stream *stream)
{
    while (stream->kept) {
        struct snd_msg *msg = stream->kept;

        stream->kept = msg->next;
        msg->next = stream->first;
        stream->first = msg;
        if (!msg->next)
            stream->last = msg;
    }
}

void snd_xfer_complete(struct fake_snd *snd, uint32_t id, uint32_t status,
                       uint64_t latency_bytes)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct fake_chain *chain = stream->first->chain;
    uint64_t captured = 0;

    if (snd->cfg.stream[id].direction == VIRTIO_SND_D_INPUT)
        captured = stream->first->offset;
    free(unlink_first(stream));
    complete(snd, chain, id, captured, status, latency_bytes);
}

/* Frames that nobody heard are no success; a buffer that is not full is one,
 * at the end of the stream (5.14.6.8.2.1). One that was kept was heard. */
static bool was_in_vain(const struct fake_snd *snd, uint32_t id)
{
    const struct snd_stream *stream = &snd->core->stream[id];
    bool output = snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT;

    return stream->failed ||
           (output && stream->first->offset < stream->first->bytes);
}

void snd_xfer_end(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];

    stream->ends_late = false;
    give_up_kept(stream);
    while (stream->first)
        snd_xfer_complete(
            snd, id,
            was_in_vain(snd, id) ? VIRTIO_SND_S_IO_ERR : VIRTIO_SND_S_OK, 0);
}

void snd_xfer_forget(struct fake_snd *snd, uint32_t id)
{
    struct snd_stream *stream = &snd->core->stream[id];

    stream->ends_late = false;
    give_up_kept(stream);
    while (stream->first)
        free(unlink_first(stream));
}

/* ---- take --------------------------------------------------------------- */

/* Is there a START to come, or has there been one? 5.14.6.8.2.2 wants buffers
 * before START, and that of a resume is one. */
static bool takes_messages(const struct snd_stream *stream)
{
    return stream->state == FAKE_SND_PREPARED ||
           stream->state == FAKE_SND_RUNNING ||
           stream->state == FAKE_SND_STOPPED;
}

/* Is it a message that the stream can do something with? */
static bool good(const struct fake_snd *snd, const struct fake_chain *chain,
                 uint64_t id, uint8_t direction, uint64_t bytes)
{
    const struct snd_stream *stream = &snd->core->stream[id];

    if (!takes_messages(stream))
        return false;
    if (direction == VIRTIO_SND_D_OUTPUT) {
        if (chain->writable_bytes != SND_STATUS_BYTES)
            return false;
    } else if (chain->readable_bytes != SND_HDR_BYTES) {
        return false;
    }
    if (!bytes || bytes > UINT32_MAX - SND_STATUS_BYTES)
        return false;
    return !stream->pcm.frame_bytes || bytes % stream->pcm.frame_bytes == 0;
}

static struct snd_msg *new_msg(const struct fake_snd *snd,
                               struct fake_chain *chain, uint8_t direction,
                               uint64_t bytes)
{
    bool eager =
        direction == VIRTIO_SND_D_OUTPUT && snd->cfg.reading == FAKE_SND_EAGER;
    struct snd_msg *msg = malloc(sizeof(*msg) + (eager ? bytes : 0));

    if (!msg)
        return NULL;
    *msg = (struct snd_msg){.chain = chain, .bytes = bytes};
    if (eager)
        fake_chain_read(chain, SND_HDR_BYTES, msg->payload, bytes);
    return msg;
}

static bool queue_msg(struct fake_snd *snd, struct fake_chain *chain,
                      uint32_t id, uint64_t bytes, uint64_t now_ns)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg =
        new_msg(snd, chain, snd->cfg.stream[id].direction, bytes);

    if (!msg)
        return false;
    if (stream->state == FAKE_SND_RUNNING)
        msg->from = snd_stream_clock(snd, id, now_ns);
    if (stream->first)
        stream->last->next = msg;
    else
        stream->first = msg;
    stream->last = msg;
    stream->queued_bytes += bytes;
    return true;
}

/* Returns false if the device has had enough. */
static bool take(struct fake_snd *snd, struct fake_chain *chain,
                 uint8_t direction, uint64_t now_ns)
{
    uint8_t header[SND_HDR_BYTES];
    uint64_t out, in, bytes, arg;
    uint32_t id;

    if (chain->readable_bytes < SND_HDR_BYTES ||
        chain->writable_bytes < SND_STATUS_BYTES)
        return false;
    fake_chain_read(chain, 0, header, sizeof(header));
    id = (uint32_t)snd_get_le(header, sizeof(header));
    out = chain->readable_bytes - SND_HDR_BYTES;
    in = chain->writable_bytes - SND_STATUS_BYTES;
    fake_emit(snd->dev.log, FAKE_EV_SND_XFER, chain->ring->cfg.index, id, out,
              in, chain->head);
    if (fires(snd, chain, FAKE_FAULT_NEEDS_RESET, id, &arg))
        return false;
    bytes = direction == VIRTIO_SND_D_OUTPUT ? out : in;
    if (id >= snd->cfg.stream_count ||
        snd->cfg.stream[id].direction != direction ||
        !good(snd, chain, id, direction, bytes) ||
        !queue_msg(snd, chain, id, bytes, now_ns))
        complete(snd, chain, id, 0, VIRTIO_SND_S_IO_ERR, 0);
    return true;
}

unsigned snd_xfer_take(struct fake_snd *snd, unsigned queue, uint64_t now_ns)
{
    struct fake_ring *ring = &snd->dev.ring[queue];
    uint8_t direction = queue != VIRTIO_SND_VQ_TX; /* VIRTIO_SND_D_* */
    struct fake_chain *chain;
    unsigned n;

    if (!ring->live)
        return 0;
    for (n = 0; n < SND_BATCH && !snd->dev.dead; n++) {
        chain = fake_ring_take(ring);
        if (!chain)
            break;
        if (!take(snd, chain, direction, now_ns))
            fake_device_needs_reset(&snd->dev);
    }
    return n;
}

/* ---- frames ------------------------------------------------------------- */

/* As many whole frames as fit into the scratch memory, in bytes. */
static size_t scratch_bytes(const struct snd_stream *stream)
{
    uint32_t unit = stream->pcm.frame_bytes ? stream->pcm.frame_bytes : 1;

    return SND_SCRATCH_BYTES / unit * unit;
}

static void sink_write(struct fake_snd *snd, uint32_t id, const void *data,
                       uint64_t bytes, bool silence)
{
    struct fake_sink *sink = snd->sink[id];
    struct snd_stream *stream = &snd->core->stream[id];

    if (sink && !stream->failed &&
        sink->ops->write(sink, data, (size_t)bytes, silence) != 0)
        stream->failed = true;
}

static void silence(const struct snd_stream *stream, uint8_t *to, size_t bytes)
{
    unsigned unit;
    uint64_t sample = snd_silence(stream->pcm.format, &unit);
    size_t k;

    for (k = 0; k < bytes; k += unit)
        snd_put_le(to + k, sample, unit);
}

/* The next bytes of the source, in the scratch memory. */
static void source_read(struct fake_snd *snd, uint32_t id, size_t bytes)
{
    struct fake_source *source = snd->source[id];
    struct snd_stream *stream = &snd->core->stream[id];

    if (!source)
        silence(stream, snd->core->scratch, bytes);
    else if (!stream->failed &&
             source->ops->read(source, snd->core->scratch, bytes) != 0)
        stream->failed = true;
}

static void play(struct fake_snd *snd, uint32_t id, const struct snd_msg *msg,
                 size_t bytes)
{
    if (snd->cfg.reading == FAKE_SND_EAGER) {
        sink_write(snd, id, msg->payload + msg->offset, bytes, false);
        return;
    }
    fake_chain_read(msg->chain, SND_HDR_BYTES + msg->offset, snd->core->scratch,
                    bytes);
    sink_write(snd, id, snd->core->scratch, bytes, false);
}

static void record(struct fake_snd *snd, uint32_t id, const struct snd_msg *msg,
                   size_t bytes)
{
    source_read(snd, id, bytes);
    fake_chain_write(msg->chain, msg->offset, snd->core->scratch, bytes);
}

void snd_xfer_move(struct fake_snd *snd, uint32_t id, uint64_t bytes)
{
    struct snd_stream *stream = &snd->core->stream[id];
    struct snd_msg *msg = stream->first;
    bool output = snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT;

    while (bytes) {
        size_t n = (size_t)snd_min(bytes, scratch_bytes(stream));

        if (output)
            play(snd, id, msg, n);
        else
            record(snd, id, msg, n);
        msg->offset += n;
        stream->queued_bytes -= n;
        bytes -= n;
    }
}

void snd_xfer_miss(struct fake_snd *snd, uint32_t id, uint64_t bytes)
{
    const struct snd_stream *stream = &snd->core->stream[id];
    struct fake_source *source = snd->source[id];

    if (snd->cfg.stream[id].direction == VIRTIO_SND_D_OUTPUT) {
        sink_write(snd, id, NULL, bytes, true);
        return;
    }
    while (bytes) {
        size_t n = (size_t)snd_min(bytes, scratch_bytes(stream));

        if (source && source->ops->missed)
            source->ops->missed(source);
        source_read(snd, id, n);
        bytes -= n;
    }
}
