/* SPDX-License-Identifier: MIT */
/* The caller of the sound driver: its life, and its moves. */
#include "snd.h"
#include "law.h"
#include "ops.h"

#include <stdlib.h>

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
                          MAY(TIMEOUT) | MAY(STATE) | MAY(PROTO));
    FUZZ_LAW(f->p->writes == 0 || result != RGT_E_INVAL,
             "init returned %d after writes to the device", result);
    f->accepted = result == 0 ? f->p->accepted : 0;
}

static void expect_all_back(struct fuzz_snd *f)
{
    for (unsigned i = 0; i < FUZZ_PLACES; i++) {
        if (f->place[i].job)
            f->place[i].job->again = false;
    }
    for (unsigned n = 0; n < 2 * FUZZ_PLACES && fuzz_snd_poll(f, 3) > 0; n++)
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
                             MAY(STATE) | MAY(TIMEOUT) | MAY(REFUSED) |
                                 MAY(NODEV) | MAY(PROTO));
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
        params = fuzz_snd_read_params(f, id);
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
        fuzz_snd_move_ctl(f);
        break;
    case FUZZ_SND_XFER:
        fuzz_snd_move_xfer(f);
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

    f->snd = fuzz_make(sizeof(*f->snd));
    for (unsigned i = 0; i < PEER_QUEUES; i++)
        f->slots[i] = fuzz_make(f->head->slots * sizeof(struct rgt_vq_slot));
    f->jacks = fuzz_make(items * sizeof(*f->jacks));
    f->streams = fuzz_make(items * sizeof(*f->streams));
    f->chmaps = fuzz_make(items * sizeof(*f->chmaps));
    f->events = fuzz_make(FUZZ_EVENTS_MAX * sizeof(*f->events));
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
    p->lent = fuzz_snd_can_lend;
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
