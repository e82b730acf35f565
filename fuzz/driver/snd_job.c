/* SPDX-License-Identifier: MIT */
/* Control requests and transfers of the caller: made, submitted, and what comes
 * back. */
#include "law.h"
#include "snd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_xfer(const struct fuzz_snd_place *at, const struct fuzz_snd *f)
{
    return at >= f->place + FUZZ_CTLS;
}

void fuzz_snd_drop(struct fuzz_snd_place *at)
{
    struct fuzz_snd_job *job = at->job;

    FUZZ_OPEN(job, sizeof(*job));
    for (unsigned i = 0; i < job->xfer.seg_count; i++)
        free(job->seg[i].buf);
    free(job);
    *at = (struct fuzz_snd_place){NULL, false, false};
}

struct fuzz_snd_job *fuzz_snd_new(struct fuzz_snd *f, bool xfer)
{
    unsigned first = xfer ? FUZZ_CTLS : 0;
    unsigned end = xfer ? FUZZ_PLACES : FUZZ_CTLS;

    for (unsigned i = first; i < end; i++) {
        if (f->place[i].job)
            continue;
        struct fuzz_snd_job *job = fuzz_make(sizeof(*job));
        memset(job, 0, sizeof(*job));
        job->place = i;
        job->ctl.ctx = job->xfer.ctx = f;
        job->xfer.segs = job->seg;
        f->place[i].job = job;
        return job;
    }
    return NULL;
}

void fuzz_snd_piece(struct fuzz_snd_job *job, uint32_t bytes)
{
    job->seg[job->xfer.seg_count++] =
        (struct rgt_seg){.buf = fuzz_make(bytes), .len = bytes};
}

bool fuzz_snd_can_lend(void *ctx, const void *buf, size_t bytes,
                       enum rgt_dir dir)
{
    struct fuzz_snd *f = ctx;

    for (unsigned i = FUZZ_CTLS; i < FUZZ_PLACES; i++) {
        const struct fuzz_snd_place *at = &f->place[i];
        if (!at->lent && (!at->job || at->job != f->submitting))
            continue;
        if (dir != (at->job->input ? RGT_FROM_DEVICE : RGT_TO_DEVICE))
            continue;
        for (unsigned n = 0; n < at->job->xfer.seg_count; n++) {
            if (at->job->seg[n].buf == buf && at->job->seg[n].len == bytes)
                return true;
        }
    }
    return false;
}

unsigned fuzz_snd_lent(const struct fuzz_snd *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FUZZ_PLACES; i++)
        count += f->place[i].lent;
    return count;
}

int fuzz_snd_submit(struct fuzz_snd *f, struct fuzz_snd_job *job)
{
    struct fuzz_snd_place *at = &f->place[job->place];
    uint32_t may = MAY(INVAL) | MAY(STATE) | MAY(AGAIN) | MAY(PROTO);
    int result;

    if (is_xfer(at, f)) {
        const struct rgt_snd_pcm *pcm = rgt_snd_pcm(f->snd, job->xfer.stream);
        job->input = pcm && pcm->direction == VIRTIO_SND_D_INPUT;
        f->submitting = job;
        f->p->giving = true;
        result = rgt_snd_xfer_submit(f->snd, &job->xfer);
        f->submitting = NULL;
        f->p->giving = false;
        may |= MAY(NOMEM);
    } else {
        result = rgt_snd_ctl_submit(f->snd, &job->ctl);
        may |= MAY(NOTSUP);
    }
    at->lent = result == 0;
    for (unsigned i = 0; i < job->xfer.seg_count && result != 0; i++)
        FUZZ_LAW(!peer_is_lent(f->p, job->seg[i].buf, job->seg[i].len),
                 "a transfer that was refused stays lent");
    return fuzz_result(f->p, "submit", result, 0, may);
}

/* ---- what comes back ----------------------------------------------------- */

static void check_xfer(struct fuzz_snd *f, const struct fuzz_snd_job *job)
{
    uint64_t bytes = 0;

    (void)fuzz_result(f->p, "transfer", job->xfer.result, 0,
                      MAY(IO) | MAY(PROTO));
    for (unsigned i = 0; i < job->xfer.seg_count; i++) {
        bytes += job->seg[i].len;
        FUZZ_LAW(!peer_is_lent(f->p, job->seg[i].buf, job->seg[i].len),
                 "a transfer comes back, but its buffer does not");
    }
    FUZZ_LAW(job->xfer.bytes_done <= bytes &&
                 (job->xfer.result == 0 || job->xfer.bytes_done == 0),
             "%u bytes done of %llu, result %d", job->xfer.bytes_done,
             (unsigned long long)bytes, job->xfer.result);
}

/* 5.14.6.6.5.1: with a RELEASE that went well the device has nothing of the
 * stream any more. */
static void check_ctl(struct fuzz_snd *f, const struct rgt_snd_ctl *ctl)
{
    struct rgt_snd_position position;

    (void)fuzz_result(f->p, "request", ctl->result, 0,
                      MAY(INVAL) | MAY(NOTSUP) | MAY(IO) | MAY(TIMEOUT) |
                          MAY(PROTO));
    if (ctl->op != RGT_SND_RELEASE || ctl->result != 0 || f->went_again)
        return;
    FUZZ_LAW(rgt_snd_position(f->snd, ctl->id, &position) == 0 &&
                 position.pending == 0,
             "%u transfers pending after RELEASE", position.pending);
}

static void came_back(struct fuzz_snd *f, struct fuzz_snd_job *job)
{
    struct fuzz_snd_place *at = &f->place[job->place];

    FUZZ_LAW(at->lent, "a request comes back twice");
    at->lent = false;
    at->over = true;
    if (is_xfer(at, f))
        check_xfer(f, job);
    else
        check_ctl(f, &job->ctl);
}

static void called_back(struct fuzz_snd_job *job)
{
    struct fuzz_snd *f = job->ctl.ctx;
    struct fuzz_snd_place *at = &f->place[job->place];

    came_back(f, job);
    if (job->again) {
        job->again = false;
        f->went_again = true;
        at->over = fuzz_snd_submit(f, job) != 0;
        if (!at->over)
            (void)fuzz_result(f->p, "kick", rgt_snd_kick(f->snd), 0,
                              MAY(STATE) | MAY(PROTO));
    }
    if (at->over)
        FUZZ_CLOSE(job, sizeof(*job));
}

void fuzz_snd_ctl_done(struct rgt_snd_ctl *ctl)
{
    called_back((struct fuzz_snd_job *)ctl);
}

static struct fuzz_snd_job *job_of(struct rgt_snd_xfer *xfer)
{
    size_t before = offsetof(struct fuzz_snd_job, xfer);

    return (struct fuzz_snd_job *)(void *)((char *)xfer - before);
}

void fuzz_snd_xfer_done(struct rgt_snd_xfer *xfer)
{
    called_back(job_of(xfer));
}

/* As for a block request: its memory may be closed. */
static struct fuzz_snd_place *place_of(struct fuzz_snd *f,
                                       const struct rgt_snd_done *done)
{
    FUZZ_LAW((done->ctl == NULL) != (done->xfer == NULL),
             "a poll hands out two things as one, or none");
    for (unsigned i = 0; i < FUZZ_PLACES; i++) {
        struct fuzz_snd_place *at = &f->place[i];
        if (at->job && is_xfer(at, f) == (done->xfer != NULL) &&
            (done->ctl == &at->job->ctl || done->xfer == &at->job->xfer))
            return at;
    }
    fuzz_broken("a request that nobody made comes back");
}

static bool has_callback(const struct fuzz_snd_job *job)
{
    return job->ctl.done != NULL || job->xfer.done != NULL;
}

int fuzz_snd_poll(struct fuzz_snd *f, unsigned max)
{
    struct rgt_snd_done out[FUZZ_PLACES];

    if (max > FUZZ_PLACES)
        max = FUZZ_PLACES;
    peer_call(f->p);
    int found = rgt_snd_poll(f->snd, out, max);
    (void)fuzz_result(f->p, "poll", found, (int)max, MAY(STATE) | MAY(PROTO));
    for (int i = 0; i < found; i++) {
        struct fuzz_snd_place *at = place_of(f, &out[i]);
        if (!at->over && !has_callback(at->job))
            came_back(f, at->job);
    }
    for (unsigned i = 0; i < FUZZ_PLACES; i++) {
        if (f->place[i].over)
            fuzz_snd_drop(&f->place[i]);
    }
    return found;
}
