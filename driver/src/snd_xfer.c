/* SPDX-License-Identifier: MIT */
/* The way of a transfer: frames to play, frames captured (5.14.6.8). */
#include "req.h"
#include "ringtrue/err.h"
#include "ringtrue/le.h"
#include "snd_private.h"
#include "vq_chain.h"

/* Header and status make two pieces of every chain. */
#define FRAME_PIECES 2u

#define STATUS_OFFSET offsetof(struct rgt__snd_xfer_place, status)
#define STATUS_BYTES ((uint32_t)sizeof(struct virtio_snd_pcm_status))

static enum rgt_dir dir_of(const struct rgt_snd_stream *stream)
{
    return rgt__snd_is_output(stream) ? RGT_TO_DEVICE : RGT_FROM_DEVICE;
}

static struct rgt_pool *pool_of(struct rgt_snd *snd,
                                const struct rgt_snd_stream *stream)
{
    return rgt__snd_is_output(stream) ? &snd->tx_pool : &snd->rx_pool;
}

/* R4, frames, W8. Readable frames stand before the status, writable ones
 * behind the header: the order of 2.7.4.2 either way. */
static void add_chain(struct rgt_snd *snd, const struct rgt_snd_stream *stream,
                      struct rgt_snd_xfer *xfer)
{
    struct rgt_vq *vq = rgt__snd_queue_of(snd, stream);
    uint64_t dma = rgt__pool_dma(pool_of(snd, stream), xfer->slot);
    uint16_t flags = rgt__snd_is_output(stream) ? 0 : VIRTQ_DESC_F_WRITE;
    struct rgt__chain chain;

    rgt__chain_begin(vq, &chain, xfer->seg_count + FRAME_PIECES);
    rgt__chain_put(vq, &chain, dma, sizeof(struct virtio_snd_pcm_xfer), 0);
    for (uint32_t i = 0; i < xfer->seg_count; i++)
        rgt__chain_put(vq, &chain, xfer->segs[i].dma, xfer->segs[i].len, flags);
    rgt__chain_put(vq, &chain, dma + STATUS_OFFSET, STATUS_BYTES,
                   VIRTQ_DESC_F_WRITE);
    rgt__chain_commit(vq, &chain, xfer);
}

/* The status begins as what no device writes. */
static void prepare_place(struct rgt_snd *snd,
                          const struct rgt_snd_stream *stream,
                          const struct rgt_snd_xfer *xfer)
{
    struct rgt__snd_xfer_place *place =
        rgt__pool_place(pool_of(snd, stream), xfer->slot);

    place->header.stream_id = rgt_le32(xfer->stream);
    place->status = (struct virtio_snd_pcm_status){0};
}

/* MSG_POLLING (5.14.6.6.3): the device looks by itself. */
void rgt__snd_want_kick(struct rgt_snd *snd,
                        const struct rgt_snd_stream *stream)
{
    if ((stream->params.features >> VIRTIO_SND_PCM_F_MSG_POLLING & 1) != 0)
        return;
    if (rgt__snd_is_output(stream))
        snd->tx_kick = true;
    else
        snd->rx_kick = true;
}

static int lend(struct rgt_snd *snd, struct rgt_snd_stream *stream,
                struct rgt_snd_xfer *xfer)
{
    struct rgt_vq *vq = rgt__snd_queue_of(snd, stream);
    int err = rgt_vq_room(vq, xfer->seg_count + FRAME_PIECES);

    if (err == 0)
        err = rgt__segs_share(snd->dev.hal, xfer->segs, xfer->seg_count,
                              dir_of(stream));
    if (err != 0)
        return err;
    xfer->slot = rgt_vq_next_head(vq);
    prepare_place(snd, stream, xfer);
    add_chain(snd, stream, xfer);
    stream->position.pending++;
    rgt__snd_want_kick(snd, stream);
    return 0;
}

int rgt_snd_xfer_submit(struct rgt_snd *snd, struct rgt_snd_xfer *xfer)
{
    int err = rgt__snd_live(snd);

    if (err == 0)
        err = rgt__snd_xfer_check(snd, xfer, &xfer->bytes);
    if (err != 0)
        return err;
    xfer->frame_bytes = snd->streams[xfer->stream].frame_bytes;
    return lend(snd, &snd->streams[xfer->stream], xfer);
}

/* Transfers before commands: a START finds what was buffered for it, and a
 * RELEASE what it has to complete. */
int rgt_snd_kick(struct rgt_snd *snd)
{
    int err = rgt__snd_live(snd);

    if (err == 0)
        err = rgt__vq_send(&snd->tx, snd->tx_kick);
    if (err == 0)
        err = rgt__vq_send(&snd->rx, snd->rx_kick);
    if (err == 0)
        err = rgt__vq_send(&snd->control, true);
    if (err != 0)
        return err;
    snd->tx_kick = false;
    snd->rx_kick = false;
    return 0;
}

static void count(struct rgt_snd_position *position,
                  const struct rgt_snd_xfer *xfer)
{
    uint32_t rest;

    if (xfer->status != 0)
        position->latency_bytes = xfer->latency_bytes;
    if (xfer->result != 0) {
        position->failed++;
        return;
    }
    position->bytes_done += xfer->bytes_done;
    if (xfer->frame_bytes > 0)
        position->frames_done +=
            rgt__snd_divide(xfer->bytes_done, xfer->frame_bytes, &rest);
}

void rgt__snd_xfer_finish(struct rgt_snd *snd, struct rgt_snd_xfer *xfer,
                          int result)
{
    struct rgt_snd_stream *stream = &snd->streams[xfer->stream];

    rgt__segs_unshare(snd->dev.hal, xfer->segs, xfer->seg_count,
                      dir_of(stream));
    xfer->result = result;
    if (result != 0)
        xfer->bytes_done = 0;
    stream->position.pending--;
    count(&stream->position, xfer);
    rgt__list_put(&snd->xfers_returned, &xfer->link);
}

/* 5.14.6.8: a transfer ends well or with an I/O error. */
static int result_of(uint32_t status)
{
    if (status == VIRTIO_SND_S_OK)
        return 0;
    return status == VIRTIO_SND_S_IO_ERR ? RGT_E_IO : RGT_E_PROTO;
}

/* Whole frames of what was captured: a part of one would make the next
 * capture begin with another channel. */
static uint32_t captured(const struct rgt_snd_xfer *xfer, uint32_t bytes)
{
    uint32_t rest = 0;

    if (xfer->frame_bytes > 0)
        (void)rgt__snd_divide(bytes, xfer->frame_bytes, &rest);
    return bytes - rest;
}

/* 5.14.6.8.2: the used length is status plus frames captured, and the status
 * is the last piece all the same. Frames of a short capture stand at the start
 * of the buffer, and the used length does not reach the end of the status;
 * it has to cover 8 bytes, or no status was written. */
static int outcome(struct rgt_snd *snd, struct rgt_snd_xfer *xfer,
                   uint32_t written)
{
    const struct rgt_snd_stream *stream = &snd->streams[xfer->stream];
    const struct rgt__snd_xfer_place *place =
        rgt__pool_place(pool_of(snd, stream), xfer->slot);

    xfer->status = 0;
    xfer->latency_bytes = 0;
    xfer->bytes_done = 0;
    if (written < STATUS_BYTES)
        return RGT_E_IO;
    xfer->status = rgt_ring_load32(&place->status.status);
    xfer->latency_bytes = rgt_ring_load32(&place->status.latency_bytes);
    xfer->bytes_done = rgt__snd_is_output(stream)
                           ? xfer->bytes
                           : captured(xfer, written - STATUS_BYTES);
    return result_of(xfer->status);
}

int rgt__snd_xfer_collect(struct rgt_snd *snd, struct rgt_vq *vq)
{
    void *token;
    uint32_t written;
    int taken = 0;
    int found;

    while ((found = rgt_vq_pop(vq, &token, &written)) > 0) {
        rgt__snd_xfer_finish(snd, token, outcome(snd, token, written));
        taken++;
    }
    return found < 0 ? found : taken;
}
