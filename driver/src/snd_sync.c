/* SPDX-License-Identifier: MIT */
/* Waiting calls: submit, kick, poll, and the platform's wait(). */
#include "ringtrue/err.h"
#include "ringtrue/snd.h"
#include "snd_private.h"
#include "sync.h"

static int submit(void *self)
{
    struct rgt_snd *snd = self;
    uint64_t now_ns = snd->dev.hal->ops->now_ns(snd->dev.hal);

    /* What the way there has left; 0 would be the time of the config. */
    snd->sync_ctl.timeout_ns =
        snd->sync_deadline_ns > now_ns ? snd->sync_deadline_ns - now_ns : 1;
    return rgt_snd_ctl_submit(snd, &snd->sync_ctl);
}

static int kick(void *self)
{
    return rgt_snd_kick(self);
}

static int collect(void *self)
{
    return rgt__snd_collect(self);
}

static int interrupt(void *self)
{
    return rgt_snd_interrupt(self);
}

static const struct rgt__sync_ops sync_ops = {submit, kick, collect, interrupt};

static struct rgt__sync wait_for(struct rgt_snd *snd, uint64_t timeout_ns)
{
    return (struct rgt__sync){
        .ops = &sync_ops,
        .self = snd,
        .hal = snd->dev.hal,
        .deadline_ns = rgt__deadline_ns(snd->dev.hal, timeout_ns),
    };
}

/* Runs snd->sync_ctl to its end. Its own deadline, which is that of the wait,
 * gives it back; it is not given back while it is lent to a device that is
 * not live any more: until that is recovered. */
static int run(struct rgt_snd *snd, const struct rgt_snd_ctl *ctl)
{
    int err = rgt__snd_live(snd);

    if (err != 0)
        return err;
    snd->sync_ctl = *ctl;
    struct rgt__sync sync = wait_for(snd, snd->dev.timeout_ns);
    snd->sync_deadline_ns = sync.deadline_ns;
    err = rgt__sync_submit(&sync, &snd->sync_busy);
    if (err != 0)
        return err;
    sync.deadline_ns = snd->sync_ctl.deadline_ns;
    while (err == 0 && snd->sync_busy) {
        err = rgt__sync_step(&sync);
        if (err == RGT_E_TIMEOUT)
            err = rgt__snd_ctl_expire(snd) > 0 ? 0 : RGT_E_TIMEOUT;
    }
    return snd->sync_busy ? err : snd->sync_ctl.result;
}

static int run_query(struct rgt_snd *snd, enum rgt_snd_ctl_op op,
                     uint32_t first, uint32_t count)
{
    struct rgt_snd_ctl ctl = {.op = op, .id = first, .count = count};
    return run(snd, &ctl);
}

static int run_command(struct rgt_snd *snd, enum rgt_snd_ctl_op op,
                       uint32_t stream)
{
    struct rgt_snd_ctl ctl = {.op = op, .id = stream};
    return run(snd, &ctl);
}

int rgt_snd_jack_info_sync(struct rgt_snd *snd, uint32_t first, uint32_t count)
{
    return run_query(snd, RGT_SND_JACK_INFO, first, count);
}

int rgt_snd_pcm_info_sync(struct rgt_snd *snd, uint32_t first, uint32_t count)
{
    return run_query(snd, RGT_SND_PCM_INFO, first, count);
}

int rgt_snd_chmap_info_sync(struct rgt_snd *snd, uint32_t first, uint32_t count)
{
    return run_query(snd, RGT_SND_CHMAP_INFO, first, count);
}

int rgt_snd_jack_remap_sync(struct rgt_snd *snd, uint32_t jack,
                            uint32_t association, uint32_t sequence)
{
    struct rgt_snd_ctl ctl = {
        .op = RGT_SND_JACK_REMAP,
        .id = jack,
        .association = association,
        .sequence = sequence,
    };
    return run(snd, &ctl);
}

int rgt_snd_set_params_sync(struct rgt_snd *snd, uint32_t stream,
                            const struct rgt_snd_params *params)
{
    struct rgt_snd_ctl ctl = {
        .op = RGT_SND_SET_PARAMS,
        .id = stream,
        .params = *params,
    };
    return run(snd, &ctl);
}

int rgt_snd_prepare_sync(struct rgt_snd *snd, uint32_t stream)
{
    return run_command(snd, RGT_SND_PREPARE, stream);
}

int rgt_snd_start_sync(struct rgt_snd *snd, uint32_t stream)
{
    return run_command(snd, RGT_SND_START, stream);
}

int rgt_snd_stop_sync(struct rgt_snd *snd, uint32_t stream)
{
    return run_command(snd, RGT_SND_STOP, stream);
}

int rgt_snd_release_sync(struct rgt_snd *snd, uint32_t stream)
{
    return run_command(snd, RGT_SND_RELEASE, stream);
}

int rgt_snd_discover_sync(struct rgt_snd *snd)
{
    const struct rgt_snd_info *info = &snd->info;
    int err = rgt__snd_live(snd);

    if (err == 0 && info->jack_count > 0)
        err = rgt_snd_jack_info_sync(snd, 0, info->jack_count);
    if (err == 0 && info->stream_count > 0)
        err = rgt_snd_pcm_info_sync(snd, 0, info->stream_count);
    if (err == 0 && info->chmap_count > 0)
        err = rgt_snd_chmap_info_sync(snd, 0, info->chmap_count);
    return err;
}

int rgt_snd_drain_sync(struct rgt_snd *snd, uint32_t stream,
                       uint64_t timeout_ns)
{
    int err = rgt__snd_live(snd);

    if (err == 0 && stream >= snd->info.stream_count)
        err = RGT_E_INVAL;
    if (err == 0)
        err = rgt_snd_kick(snd);
    if (err != 0)
        return err;
    struct rgt__sync sync = wait_for(snd, timeout_ns);
    while (err == 0 && snd->streams[stream].position.pending > 0)
        err = rgt__sync_step(&sync);
    return err;
}
