/* SPDX-License-Identifier: MIT */
/* The second half of each run over the sound driver: the device is taken for
 * honest again, and then everything works. */
#include "law.h"
#include "snd.h"

#define PERIOD_BYTES 256u

static void expect(struct fuzz_snd *f, int result, const char *what)
{
    FUZZ_LAW(result == 0, "with an honest device, %s returns %d", what, result);
    peer_call(f->p);
}

static void play_period(struct fuzz_snd *f, uint32_t stream)
{
    struct fuzz_snd_job *job = fuzz_snd_new(f, true);

    FUZZ_LAW(job, "no place for a transfer");
    job->xfer.stream = stream;
    fuzz_snd_piece(job, PERIOD_BYTES);
    expect(f, fuzz_snd_submit(f, job), "xfer_submit");
}

/* The life of a stream, from one end to the other. */
static void use_stream(struct fuzz_snd *f, uint32_t stream)
{
    const struct rgt_snd_params params = {
        .buffer_bytes = 4 * PERIOD_BYTES,
        .period_bytes = PERIOD_BYTES,
        .channels = 2,
        .format = VIRTIO_SND_PCM_FMT_S16,
        .rate = VIRTIO_SND_PCM_RATE_48000,
    };
    struct rgt_snd_position position;

    expect(f, rgt_snd_set_params_sync(f->snd, stream, &params), "SET_PARAMS");
    expect(f, rgt_snd_prepare_sync(f->snd, stream), "PREPARE");
    play_period(f, stream);
    expect(f, rgt_snd_kick(f->snd), "kick");
    expect(f, rgt_snd_start_sync(f->snd, stream), "START");
    expect(f, rgt_snd_drain_sync(f->snd, stream, f->head->timeout_ns), "drain");
    (void)fuzz_snd_poll(f, 1);
    FUZZ_LAW(fuzz_snd_lent(f) == 0, "a transfer did not come back");
    expect(f, rgt_snd_position(f->snd, stream, &position), "position");
    FUZZ_LAW(position.bytes_done == PERIOD_BYTES && position.pending == 0,
             "%llu bytes done of one period",
             (unsigned long long)position.bytes_done);
    expect(f, rgt_snd_stop_sync(f->snd, stream), "STOP");
    expect(f, rgt_snd_release_sync(f->snd, stream), "RELEASE");
}

static void use(struct fuzz_snd *f)
{
    peer_call(f->p);
    expect(f, rgt_snd_discover_sync(f->snd), "discover");
    for (uint32_t i = 0; i < rgt_snd_info(f->snd)->stream_count; i++)
        use_stream(f, i);
}

/* The queue of the driver that needs the most room. */
static bool can_be_used(const struct fuzz_snd *f)
{
    return f->head->slots >= RGT_SND_PCM_SIZE_MIN;
}

void fuzz_snd_end(struct fuzz_snd *f)
{
    if (f->accepted != 0) {
        peer_reform(f->p, f->accepted);
        expect(f, fuzz_snd_recover(f), "recover");
        use(f);
    } else {
        peer_reform(f->p, f->head->offered);
        expect(f, fuzz_snd_close(f), "close");
    }
    if (can_be_used(f)) {
        peer_reform(f->p, f->head->offered);
        expect(f, fuzz_snd_reopen(f), "close");
        FUZZ_LAW(f->accepted != 0, "with an honest device, init fails");
        use(f);
    }
    expect(f, fuzz_snd_close(f), "close");
}
