/* SPDX-License-Identifier: MIT */
/* Which requests and transfers may go to the device: everything that 5.14.6
 * forbids ends here, before memory is shared and before the ring. */
#include "ringtrue/err.h"
#include "snd_private.h"

/* The bytes of a chain stay below 2^32 (2.7.5.2), header and status too. */
#define FRAME_BYTES_MAX                                                        \
    (UINT32_MAX - (uint32_t)sizeof(struct virtio_snd_pcm_xfer) -               \
     (uint32_t)sizeof(struct virtio_snd_pcm_status))

#define INFO(code, item)                                                       \
    {                                                                          \
        code, sizeof(struct virtio_snd_query_info), sizeof(item), -1           \
    }
#define COMMAND(name, type)                                                    \
    {                                                                          \
        VIRTIO_SND_R_PCM_##name, sizeof(type), 0, RGT__SND_DO_##name           \
    }

static const struct rgt__snd_kind kinds[] = {
    [RGT_SND_JACK_INFO] =
        INFO(VIRTIO_SND_R_JACK_INFO, struct virtio_snd_jack_info),
    [RGT_SND_JACK_REMAP] = {VIRTIO_SND_R_JACK_REMAP,
                            sizeof(struct virtio_snd_jack_remap), 0, -1},
    [RGT_SND_PCM_INFO] =
        INFO(VIRTIO_SND_R_PCM_INFO, struct virtio_snd_pcm_info),
    [RGT_SND_CHMAP_INFO] =
        INFO(VIRTIO_SND_R_CHMAP_INFO, struct virtio_snd_chmap_info),
    [RGT_SND_SET_PARAMS] =
        COMMAND(SET_PARAMS, struct virtio_snd_pcm_set_params),
    [RGT_SND_PREPARE] = COMMAND(PREPARE, struct virtio_snd_pcm_hdr),
    [RGT_SND_START] = COMMAND(START, struct virtio_snd_pcm_hdr),
    [RGT_SND_STOP] = COMMAND(STOP, struct virtio_snd_pcm_hdr),
    [RGT_SND_RELEASE] = COMMAND(RELEASE, struct virtio_snd_pcm_hdr),
};

const struct rgt__snd_kind *rgt__snd_kind(enum rgt_snd_ctl_op op)
{
    if ((size_t)op >= sizeof(kinds) / sizeof(kinds[0]))
        return NULL;
    return &kinds[op];
}

struct rgt_snd_stream *rgt__snd_stream_of(const struct rgt_snd *snd,
                                          const struct rgt_snd_ctl *ctl)
{
    return rgt__snd_kind(ctl->op)->command >= 0 ? &snd->streams[ctl->id] : NULL;
}

/* 5.14.6.2: start and count stay within the items there are. */
static int check_query(const struct rgt_snd *snd, const struct rgt_snd_ctl *ctl)
{
    uint32_t items = ctl->op == RGT_SND_JACK_INFO  ? snd->info.jack_count
                     : ctl->op == RGT_SND_PCM_INFO ? snd->info.stream_count
                                                   : snd->info.chmap_count;

    if (ctl->count == 0 || ctl->count > items || ctl->id > items - ctl->count)
        return RGT_E_INVAL;
    return 0;
}

/* 5.14.6.4.2: only a jack that offers it can be remapped. */
static int check_remap(const struct rgt_snd *snd, const struct rgt_snd_ctl *ctl)
{
    if (ctl->id >= snd->info.jack_count)
        return RGT_E_INVAL;
    const struct rgt_snd_jack *jack = &snd->jacks[ctl->id];
    if (!jack->known)
        return RGT_E_STATE;
    return (jack->features >> VIRTIO_SND_JACK_F_REMAP & 1) != 0 ? 0
                                                                : RGT_E_NOTSUP;
}

/* A command on its way decides what is allowed after it: wait for its answer
 * first. */
static int check_command(const struct rgt_snd *snd,
                         const struct rgt_snd_ctl *ctl, signed char command)
{
    if (ctl->id >= snd->info.stream_count)
        return RGT_E_INVAL;
    const struct rgt_snd_stream *stream = &snd->streams[ctl->id];
    if (stream->command != NULL)
        return RGT_E_AGAIN;
    if (rgt__snd_next(stream->state, (enum rgt__snd_command)command) < 0)
        return RGT_E_STATE;
    if (ctl->op != RGT_SND_SET_PARAMS)
        return 0;
    if (!stream->pcm.known)
        return RGT_E_STATE;
    return rgt__snd_params_valid(&stream->pcm, &ctl->params) ? 0 : RGT_E_INVAL;
}

int rgt__snd_ctl_check(const struct rgt_snd *snd, const struct rgt_snd_ctl *ctl)
{
    const struct rgt__snd_kind *kind = rgt__snd_kind(ctl->op);

    if (kind == NULL)
        return RGT_E_INVAL;
    if (kind->item_bytes > 0)
        return check_query(snd, ctl);
    if (kind->command < 0)
        return check_remap(snd, ctl);
    return check_command(snd, ctl, kind->command);
}

static int measure(const struct rgt_snd_xfer *xfer, uint32_t *bytes)
{
    uint64_t sum = 0;

    if (xfer->seg_count == 0)
        return RGT_E_INVAL;
    for (uint32_t i = 0; i < xfer->seg_count; i++) {
        if (xfer->segs[i].len == 0)
            return RGT_E_INVAL;
        sum += xfer->segs[i].len;
        if (sum > FRAME_BYTES_MAX)
            return RGT_E_INVAL;
    }
    *bytes = (uint32_t)sum;
    return 0;
}

static int check_frames(const struct rgt_snd_stream *stream, uint32_t bytes)
{
    uint32_t rest = 0;

    if (stream->frame_bytes > 0)
        (void)rgt__snd_divide(bytes, stream->frame_bytes, &rest);
    return rest == 0 ? 0 : RGT_E_INVAL;
}

int rgt__snd_xfer_check(const struct rgt_snd *snd,
                        const struct rgt_snd_xfer *xfer, uint32_t *bytes)
{
    if (xfer->stream >= snd->info.stream_count)
        return RGT_E_INVAL;
    const struct rgt_snd_stream *stream = &snd->streams[xfer->stream];
    /* START and STOP leave frames where they are; the others end them, or
     * make room for them. */
    if (stream->command != NULL && stream->command->op != RGT_SND_START &&
        stream->command->op != RGT_SND_STOP)
        return RGT_E_AGAIN;
    if (rgt__snd_next(stream->state, RGT__SND_DO_TRANSFER) < 0)
        return RGT_E_STATE;
    int err = measure(xfer, bytes);
    return err == 0 ? check_frames(stream, *bytes) : err;
}
