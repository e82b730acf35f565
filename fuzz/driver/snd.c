/* SPDX-License-Identifier: MIT */
/* The caller of the sound driver: its moves. */
#include "snd.h"
#include "law.h"
#include "ops.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (FUZZ_CTLS + FUZZ_XFERS)
#define HURRY_NS 8000u

static void *make(size_t bytes)
{
    uint8_t *mem = malloc(bytes > 0 ? bytes : 1);

    FUZZ_LAW(mem, "the fuzz target is out of memory");
    memset(mem, 0x77, bytes);
    return mem;
}

/* ---- requests and transfers ---------------------------------------------- */

static bool is_xfer(const struct fuzz_snd_place *at, const struct fuzz_snd *f)
{
    return at >= f->place + FUZZ_CTLS;
}

static void drop(struct fuzz_snd_place *at)
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
    unsigned end = xfer ? PLACES : FUZZ_CTLS;

    for (unsigned i = first; i < end; i++) {
        if (f->place[i].job)
            continue;
        struct fuzz_snd_job *job = make(sizeof(*job));
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
        (struct rgt_seg){.buf = make(bytes), .len = bytes};
}

static bool lent(void *ctx, const void *buf, size_t bytes, enum rgt_dir dir)
{
    struct fuzz_snd *f = ctx;

    for (unsigned i = FUZZ_CTLS; i < PLACES; i++) {
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

    for (unsigned i = 0; i < PLACES; i++)
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

static void ctl_done(struct rgt_snd_ctl *ctl)
{
    called_back((struct fuzz_snd_job *)ctl);
}

static struct fuzz_snd_job *job_of(struct rgt_snd_xfer *xfer)
{
    size_t before = offsetof(struct fuzz_snd_job, xfer);

    return (struct fuzz_snd_job *)(void *)((char *)xfer - before);
}

static void xfer_done(struct rgt_snd_xfer *xfer)
{
    called_back(job_of(xfer));
}

/* As for a block request: its memory may be closed. */
static struct fuzz_snd_place *place_of(struct fuzz_snd *f,
                                       const struct rgt_snd_done *done)
{
    FUZZ_LAW((done->ctl == NULL) != (done->xfer == NULL),
             "a poll hands out two things as one, or none");
    for (unsigned i = 0; i < PLACES; i++) {
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
    struct rgt_snd_done out[PLACES];

    if (max > PLACES)
        max = PLACES;
    peer_call(f->p);
    int found = rgt_snd_poll(f->snd, out, max);
    (void)fuzz_result(f->p, "poll", found, (int)max, MAY(STATE) | MAY(PROTO));
    for (int i = 0; i < found; i++) {
        struct fuzz_snd_place *at = place_of(f, &out[i]);
        if (!at->over && !has_callback(at->job))
            came_back(f, at->job);
    }
    for (unsigned i = 0; i < PLACES; i++) {
        if (f->place[i].over)
            drop(&f->place[i]);
    }
    return found;
}

/* ---- calls --------------------------------------------------------------- */

/* See params in ops.h. */
static struct rgt_snd_params read_params(struct fuzz_snd *f, uint32_t stream)
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
    ctl->done = (how & FUZZ_HOW_CALLBACK) != 0 ? ctl_done : NULL;
    ctl->timeout_ns = (how & FUZZ_HOW_HURRY) != 0 ? HURRY_NS : 0;
    ((struct fuzz_snd_job *)ctl)->again = (how & FUZZ_HOW_AGAIN) != 0;
    ctl->id = (uint32_t)fuzz_number(in);
    ctl->count = (uint32_t)fuzz_number(in);
    ctl->association = ctl->sequence = ctl->count;
    if (ctl->op == RGT_SND_SET_PARAMS)
        ctl->params = read_params(f, ctl->id);
}

static void call_ctl(struct fuzz_snd *f)
{
    struct fuzz_snd_job *job = fuzz_snd_new(f, false);

    if (!job)
        return;
    read_ctl(f, &job->ctl);
    peer_call(f->p);
    if (fuzz_snd_submit(f, job) != 0)
        drop(&f->place[job->place]);
}

static void call_xfer(struct fuzz_snd *f)
{
    struct fuzz_input *in = &f->p->in;
    struct fuzz_snd_job *job = fuzz_snd_new(f, true);

    if (!job)
        return;
    job->xfer.stream = fuzz_u8(in);
    uint8_t how = fuzz_u8(in);
    job->xfer.done = (how & FUZZ_HOW_CALLBACK) != 0 ? xfer_done : NULL;
    job->again = (how & FUZZ_HOW_AGAIN) != 0;
    unsigned count = fuzz_u8(in) % (FUZZ_XFER_PIECES + 1);
    for (unsigned i = 0; i < count; i++)
        fuzz_snd_piece(job, (uint32_t)(fuzz_number(in) % FUZZ_XFER_BYTES_MAX));
    peer_call(f->p);
    if (fuzz_snd_submit(f, job) != 0)
        drop(&f->place[job->place]);
}

static void call_event_next(struct fuzz_snd *f)
{
    struct rgt_snd_event event;
    int found = fuzz_result(f->p, "event_next",
                            rgt_snd_event_next(f->snd, &event), 1, 0);

    FUZZ_LAW(found == 0 || event.code == RGT_SND_EVENT_JACK_CONNECTED ||
                 event.code == RGT_SND_EVENT_JACK_DISCONNECTED ||
                 event.code == RGT_SND_EVENT_PERIOD_ELAPSED ||
                 event.code == RGT_SND_EVENT_XRUN,
             "event 0x%x, which there is not", (unsigned)event.code);
    if (found > 0)
        peer_digest(f->p, (uint64_t)event.code << 32 | event.id);
}

#define SYNC_MAY                                                               \
    (MAY(INVAL) | MAY(NOTSUP) | MAY(STATE) | MAY(IO) | MAY(TIMEOUT) |          \
     MAY(PROTO) | MAY(AGAIN))

static int ctl_sync(struct fuzz_snd *f, uint8_t op, uint32_t id, uint32_t count)
{
    struct rgt_snd_params params;

    switch (op) {
    case RGT_SND_JACK_INFO:
        return rgt_snd_jack_info_sync(f->snd, id, count);
    case RGT_SND_JACK_REMAP:
        return rgt_snd_jack_remap_sync(f->snd, id, count, count);
    case RGT_SND_PCM_INFO:
        return rgt_snd_pcm_info_sync(f->snd, id, count);
    case RGT_SND_CHMAP_INFO:
        return rgt_snd_chmap_info_sync(f->snd, id, count);
    case RGT_SND_SET_PARAMS:
        params = read_params(f, id);
        return rgt_snd_set_params_sync(f->snd, id, &params);
    case RGT_SND_PREPARE:
        return rgt_snd_prepare_sync(f->snd, id);
    case RGT_SND_START:
        return rgt_snd_start_sync(f->snd, id);
    case RGT_SND_STOP:
        return rgt_snd_stop_sync(f->snd, id);
    default:
        return rgt_snd_release_sync(f->snd, id);
    }
}

static void call_ctl_sync(struct fuzz_snd *f)
{
    uint8_t op = fuzz_u8(&f->p->in) % (RGT_SND_RELEASE + 1);
    uint32_t id = (uint32_t)fuzz_number(&f->p->in);
    uint32_t count = (uint32_t)fuzz_number(&f->p->in);

    (void)fuzz_result(f->p, "ctl_sync", ctl_sync(f, op, id, count), 0,
                      SYNC_MAY);
}

/* ---- life ---------------------------------------------------------------- */

static void open_snd(struct fuzz_snd *f)
{
    const struct fuzz_head *head = f->head;
    uint32_t items = head->room % (FUZZ_ITEMS_MAX + 1);
    struct rgt_snd_queue queue[PEER_QUEUES];

    for (unsigned i = 0; i < PEER_QUEUES; i++)
        queue[i] = (struct rgt_snd_queue){f->slots[i], head->slots,
                                          head->indirect_entries};
    struct rgt_snd_config cfg = {
        .hal = &f->p->hal,
        .transport = &f->p->mmio.transport,
        .control = queue[0],
        .event = queue[1],
        .tx = queue[2],
        .rx = queue[3],
        .jacks = f->jacks,
        .streams = f->streams,
        .chmaps = f->chmaps,
        .events = f->events,
        .jack_max = items,
        .stream_max = items,
        .chmap_max = items,
        .event_max = FUZZ_EVENTS_MAX,
        .info_items = 1 + head->room / (FUZZ_ITEMS_MAX + 1),
        .features_wanted = head->wanted,
        .timeout_ns = head->timeout_ns,
    };

    peer_call(f->p);
    f->p->writes = 0;
    int result = rgt_snd_init(f->snd, &cfg);
    (void)fuzz_result(f->p, "init", result, 0,
                      MAY(INVAL) | MAY(NODEV) | MAY(REFUSED) | MAY(NOMEM) |
                          MAY(TIMEOUT));
    FUZZ_LAW(f->p->writes == 0 ||
                 (result != RGT_E_NODEV && result != RGT_E_INVAL),
             "init returned %d after writes to the device", result);
    f->accepted = result == 0 ? f->p->accepted : 0;
}

static void expect_all_back(struct fuzz_snd *f)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (f->place[i].job)
            f->place[i].job->again = false;
    }
    for (unsigned n = 0; n < 2 * PLACES && fuzz_snd_poll(f, 3) > 0; n++)
        continue;
    FUZZ_LAW(fuzz_snd_lent(f) == 0, "%u requests did not come back",
             fuzz_snd_lent(f));
    FUZZ_LAW(peer_loans_held(f->p) == 0, "%u buffers did not come back",
             peer_loans_held(f->p));
}

int fuzz_snd_recover(struct fuzz_snd *f)
{
    peer_call(f->p);
    int result = fuzz_result(f->p, "recover", rgt_snd_recover(f->snd), 0,
                             MAY(STATE) | MAY(TIMEOUT) | MAY(REFUSED));
    if (result == 0)
        expect_all_back(f);
    return result;
}

int fuzz_snd_close(struct fuzz_snd *f)
{
    peer_call(f->p);
    int result =
        fuzz_result(f->p, "close", rgt_snd_close(f->snd), 0, MAY(TIMEOUT));
    if (result != 0)
        return result;
    expect_all_back(f);
    FUZZ_LAW(peer_blocks_held(f->p) == 0,
             "%u blocks of dma memory are held after close",
             peer_blocks_held(f->p));
    return 0;
}

int fuzz_snd_reopen(struct fuzz_snd *f)
{
    int result = fuzz_snd_close(f);

    if (result == 0)
        open_snd(f);
    return result;
}

static const char *const names[] = {
#define NAME(name, text) #name,
    FUZZ_SND_CALLS(NAME)
#undef NAME
};

static void call(struct fuzz_snd *f, enum fuzz_snd_call which)
{
    fuzz_say("call: %s", names[which]);
    switch (which) {
    case FUZZ_SND_CTL:
        call_ctl(f);
        break;
    case FUZZ_SND_XFER:
        call_xfer(f);
        break;
    case FUZZ_SND_KICK:
        (void)fuzz_result(f->p, "kick", rgt_snd_kick(f->snd), 0,
                          MAY(STATE) | MAY(PROTO));
        break;
    case FUZZ_SND_POLL:
        (void)fuzz_snd_poll(f, fuzz_u8(&f->p->in));
        break;
    case FUZZ_SND_INTERRUPT:
        (void)fuzz_result(f->p, "interrupt", rgt_snd_interrupt(f->snd), 3,
                          MAY(STATE));
        break;
    case FUZZ_SND_EVENT_NEXT:
        call_event_next(f);
        break;
    case FUZZ_SND_RECOVER:
        (void)fuzz_snd_recover(f);
        break;
    case FUZZ_SND_REOPEN:
        (void)fuzz_snd_reopen(f);
        break;
    case FUZZ_SND_DISCOVER_SYNC:
        (void)fuzz_result(f->p, "discover", rgt_snd_discover_sync(f->snd), 0,
                          SYNC_MAY);
        break;
    case FUZZ_SND_CTL_SYNC:
        call_ctl_sync(f);
        break;
    case FUZZ_SND_DRAIN_SYNC:
        (void)fuzz_result(
            f->p, "drain",
            rgt_snd_drain_sync(f->snd, fuzz_u8(&f->p->in), f->head->timeout_ns),
            0, SYNC_MAY);
        break;
    case FUZZ_SND_LOOK:
        fuzz_snd_look(f, (uint32_t)fuzz_number(&f->p->in));
        break;
    case FUZZ_SND_CALL_COUNT:
        break;
    }
}

/* ---- all of it ----------------------------------------------------------- */

static void make_memory(struct fuzz_snd *f)
{
    uint32_t items = f->head->room % (FUZZ_ITEMS_MAX + 1);

    f->snd = make(sizeof(*f->snd));
    for (unsigned i = 0; i < PEER_QUEUES; i++)
        f->slots[i] = make(f->head->slots * sizeof(struct rgt_vq_slot));
    f->jacks = make(items * sizeof(*f->jacks));
    f->streams = make(items * sizeof(*f->streams));
    f->chmaps = make(items * sizeof(*f->chmaps));
    f->events = make(FUZZ_EVENTS_MAX * sizeof(*f->events));
}

static void drop_memory(struct fuzz_snd *f)
{
    for (unsigned i = 0; i < PEER_QUEUES; i++)
        free(f->slots[i]);
    free(f->jacks);
    free(f->streams);
    free(f->chmaps);
    free(f->events);
    free(f->snd);
    free(f);
}

void fuzz_snd(struct peer *p, const struct fuzz_head *head)
{
    struct fuzz_snd *f = calloc(1, sizeof(*f));

    FUZZ_LAW(f, "the fuzz target is out of memory");
    f->p = p;
    f->head = head;
    make_memory(f);
    p->lent = lent;
    p->ctx = f;
    open_snd(f);
    while (p->in.left > 0) {
        peer_call(p);
        if (!peer_move(p))
            call(f,
                 (enum fuzz_snd_call)(fuzz_u8(&p->in) % FUZZ_SND_CALL_COUNT));
    }
    fuzz_snd_end(f);
    drop_memory(f);
}
