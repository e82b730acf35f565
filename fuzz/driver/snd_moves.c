/* SPDX-License-Identifier: MIT */
/* Control requests and transfers as the input has them. */
#include "law.h"
#include "ops.h"
#include "snd.h"

#define HURRY_NS 8000u

/* See params in ops.h. */
struct rgt_snd_params fuzz_snd_read_params(struct fuzz_snd *f, uint32_t stream)
{
    struct fuzz_input *in = &f->p->in;
    const struct rgt_snd_pcm *pcm = rgt_snd_pcm(f->snd, stream);
    struct rgt_snd_params params = {0};
    uint8_t format = fuzz_u8(in);

    params.rate = fuzz_u8(in);
    params.channels = fuzz_u8(in);
    params.features = fuzz_u8(in);
    params.period_bytes = (uint32_t)fuzz_number(in);
    params.buffer_bytes = params.period_bytes * (uint32_t)fuzz_number(in);
    params.format = format & 0x7f;
    if ((format & 0x80) == 0 || !pcm)
        return params;
    /* The first that the stream has. */
    for (params.format = 0; params.format < 24; params.format++)
        if ((pcm->formats >> params.format & 1) != 0)
            break;
    for (params.rate = 0; params.rate < 13; params.rate++)
        if ((pcm->rates >> params.rate & 1) != 0)
            break;
    params.channels = pcm->channels_max;
    params.features &= pcm->features;
    return params;
}

static void read_ctl(struct fuzz_snd *f, struct rgt_snd_ctl *ctl)
{
    struct fuzz_input *in = &f->p->in;

    ctl->op = (enum rgt_snd_ctl_op)(fuzz_u8(in) % (RGT_SND_RELEASE + 2));
    uint8_t how = fuzz_u8(in);
    ctl->done = (how & FUZZ_HOW_CALLBACK) != 0 ? fuzz_snd_ctl_done : NULL;
    ctl->timeout_ns = (how & FUZZ_HOW_HURRY) != 0 ? HURRY_NS : 0;
    ((struct fuzz_snd_job *)ctl)->again = (how & FUZZ_HOW_AGAIN) != 0;
    ctl->id = (uint32_t)fuzz_number(in);
    ctl->count = (uint32_t)fuzz_number(in);
    ctl->association = ctl->sequence = ctl->count;
    if (ctl->op == RGT_SND_SET_PARAMS)
        ctl->params = fuzz_snd_read_params(f, ctl->id);
}

void fuzz_snd_move_ctl(struct fuzz_snd *f)
{
    struct fuzz_snd_job *job = fuzz_snd_new(f, false);

    if (!job)
        return;
    read_ctl(f, &job->ctl);
    peer_call(f->p);
    if (fuzz_snd_submit(f, job) != 0)
        fuzz_snd_drop(&f->place[job->place]);
}

void fuzz_snd_move_xfer(struct fuzz_snd *f)
{
    struct fuzz_input *in = &f->p->in;
    struct fuzz_snd_job *job = fuzz_snd_new(f, true);

    if (!job)
        return;
    job->xfer.stream = fuzz_u8(in);
    uint8_t how = fuzz_u8(in);
    job->xfer.done = (how & FUZZ_HOW_CALLBACK) != 0 ? fuzz_snd_xfer_done : NULL;
    job->again = (how & FUZZ_HOW_AGAIN) != 0;
    unsigned count = fuzz_u8(in) % (FUZZ_XFER_PIECES + 1);
    for (unsigned i = 0; i < count; i++)
        fuzz_snd_piece(job, (uint32_t)(fuzz_number(in) % FUZZ_XFER_BYTES_MAX));
    peer_call(f->p);
    if (fuzz_snd_submit(f, job) != 0)
        fuzz_snd_drop(&f->place[job->place]);
}
