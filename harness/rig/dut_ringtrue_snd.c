/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_snd.c: the sound driver of driver/ in the bench: request
 * objects, and which operation is which.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dut_ringtrue_port.h"
#include "ringtrue/snd.h"

#define CONTROL_SLOTS 32u
#define EVENT_SLOTS 16u
#define PCM_SLOTS 256u /* unless more are wanted */
#define JACKS 8u
#define STREAMS 8u
#define CHMAPS 8u
#define EVENTS 64u
#define SEGS_MAX 16u
#define POLL_MAX 64u

struct request {
    struct rgt_snd_ctl ctl;
    struct rgt_snd_xfer xfer;
    struct rgt_seg segs[SEGS_MAX];
    struct rig_op op; /* as submitted: where the answer goes */
    struct request *next;
};

struct instance {
    struct rig_ports ports;
    struct rgt_snd snd;
    struct rgt_vq_slot control[CONTROL_SLOTS], event[EVENT_SLOTS];
    struct rgt_vq_slot *tx, *rx; /* pcm_slots of each, one piece */
    uint32_t pcm_slots;
    struct rgt_snd_jack jacks[JACKS];
    struct rgt_snd_stream streams[STREAMS];
    struct rgt_snd_chmap chmaps[CHMAPS];
    struct rgt_snd_event events[EVENTS];
    struct request *requests;
    struct request *free;
};

/* ---- life ---- */

static uint32_t limited(uint32_t slots, const struct rig_open *how)
{
    return how->queue_size && how->queue_size < slots ? how->queue_size : slots;
}

static int bring_up(struct instance *i, const struct rig_open *how)
{
    const struct rgt_snd_config cfg = {
        .hal = &i->ports.hal,
        .transport = &i->ports.mmio.transport,
        .control = {i->control, limited(CONTROL_SLOTS, how), 4},
        .event = {i->event, EVENT_SLOTS, 0},
        .tx = {i->tx, i->pcm_slots, 8},
        .rx = {i->rx, i->pcm_slots, 8},
        .jacks = i->jacks,
        .streams = i->streams,
        .chmaps = i->chmaps,
        .events = i->events,
        .jack_max = JACKS,
        .stream_max = STREAMS,
        .chmap_max = CHMAPS,
        .event_max = EVENTS,
        .info_items = 4,
        .features_wanted = how->features_mask,
        .timeout_ns = RIG_DUT_TIMEOUT_NS,
    };
    int result = rgt_snd_init(&i->snd, &cfg);

    if (result)
        return result;
    result = rgt_snd_discover_sync(&i->snd);
    if (result)
        rgt_snd_close(&i->snd);
    return result;
}

static void destroy(struct instance *i)
{
    free(i->tx);
    free(i->requests);
    free(i);
}

static int snd_open(const struct rig_port *port, const struct rig_open *how,
                    void **self)
{
    struct instance *i = calloc(1, sizeof(*i));
    int result = RGT_E_NOMEM;

    if (!i)
        return result;
    rig_ports_init(&i->ports, port);
    i->pcm_slots = how->queue_size ? how->queue_size : PCM_SLOTS;
    i->tx = calloc(i->pcm_slots, 2 * sizeof(*i->tx));
    i->rx = i->tx ? i->tx + i->pcm_slots : NULL;
    i->requests = calloc(how->inflight_max, sizeof(*i->requests));
    for (uint32_t k = 0; i->requests && k < how->inflight_max; k++) {
        i->requests[k].next = i->free;
        i->free = &i->requests[k];
    }
    if (i->tx && i->requests)
        result = bring_up(i, how);
    if (result) {
        destroy(i);
        return result;
    }
    *self = i;
    return 0;
}

static void snd_close(void *self)
{
    struct instance *i = self;

    rgt_snd_close(&i->snd);
    destroy(i);
}

static int snd_recover(void *self)
{
    struct instance *i = self;
    int result = rgt_snd_recover(&i->snd);

    return result ? result : rgt_snd_discover_sync(&i->snd);
}

/* ---- requests ---- */

static enum rgt_snd_ctl_op ctl_op(enum rig_op_code code)
{
    switch (code) {
    case RIG_OP_SND_JACK_INFO:
        return RGT_SND_JACK_INFO;
    case RIG_OP_SND_PCM_INFO:
        return RGT_SND_PCM_INFO;
    case RIG_OP_SND_CHMAP_INFO:
        return RGT_SND_CHMAP_INFO;
    case RIG_OP_SND_JACK_REMAP:
        return RGT_SND_JACK_REMAP;
    case RIG_OP_SND_SET_PARAMS:
        return RGT_SND_SET_PARAMS;
    case RIG_OP_SND_PREPARE:
        return RGT_SND_PREPARE;
    case RIG_OP_SND_START:
        return RGT_SND_START;
    case RIG_OP_SND_STOP:
        return RGT_SND_STOP;
    default:
        return RGT_SND_RELEASE;
    }
}

static int submit_ctl(struct instance *i, struct request *r,
                      const struct rig_op *op)
{
    r->ctl = (struct rgt_snd_ctl){
        .op = ctl_op(op->code),
        .id = op->id,
        .count = op->info_count,
        .params = {.buffer_bytes = op->params.buffer_bytes,
                   .period_bytes = op->params.period_bytes,
                   .features = op->params.features,
                   .channels = op->params.channels,
                   .format = op->params.format,
                   .rate = op->params.rate},
        .association = op->association,
        .sequence = op->sequence,
        .ctx = r,
    };
    return rgt_snd_ctl_submit(&i->snd, &r->ctl);
}

static int submit_xfer(struct instance *i, struct request *r,
                       const struct rig_op *op)
{
    if (op->seg_count > SEGS_MAX)
        return RGT_E_INVAL;
    for (uint32_t k = 0; k < op->seg_count; k++)
        r->segs[k] =
            (struct rgt_seg){.buf = op->seg[k].buf, .len = op->seg[k].bytes};
    r->xfer = (struct rgt_snd_xfer){
        .stream = op->id,
        .segs = r->segs,
        .seg_count = op->seg_count,
        .ctx = r,
    };
    return rgt_snd_xfer_submit(&i->snd, &r->xfer);
}

static int snd_submit(void *self, const struct rig_op *op)
{
    struct instance *i = self;
    struct request *r = i->free;
    bool xfer = op->code == RIG_OP_SND_WRITE || op->code == RIG_OP_SND_READ;
    int result;

    if (!r)
        return RGT_E_AGAIN;
    result = xfer ? submit_xfer(i, r, op) : submit_ctl(i, r, op);
    if (result)
        return result;
    r->op = *op;
    i->free = r->next;
    return 0;
}

static void snd_kick(void *self)
{
    struct instance *i = self;

    /* What goes wrong here, poll reports. */
    (void)rgt_snd_kick(&i->snd);
}

/* ---- answers ---- */

static void copy_jack(struct instance *i, const struct rig_op *op, uint32_t k)
{
    const struct rgt_snd_jack *from = rgt_snd_jack(&i->snd, op->id + k);

    if (from)
        op->info.jack[k] = (struct rig_snd_jack_info){
            .hda_fn_nid = from->hda_fn_nid,
            .features = from->features,
            .hda_reg_defconf = from->hda_reg_defconf,
            .hda_reg_caps = from->hda_reg_caps,
            .connected = from->connected,
        };
}

static void copy_pcm(struct instance *i, const struct rig_op *op, uint32_t k)
{
    const struct rgt_snd_pcm *from = rgt_snd_pcm(&i->snd, op->id + k);

    if (from)
        op->info.pcm[k] = (struct rig_snd_pcm_info){
            .hda_fn_nid = from->hda_fn_nid,
            .features = from->features,
            .formats = from->formats,
            .rates = from->rates,
            .direction = from->direction,
            .channels_min = from->channels_min,
            .channels_max = from->channels_max,
        };
}

static void copy_chmap(struct instance *i, const struct rig_op *op, uint32_t k)
{
    const struct rgt_snd_chmap *from = rgt_snd_chmap(&i->snd, op->id + k);
    struct rig_snd_chmap_info *to = &op->info.chmap[k];

    if (!from)
        return;
    to->hda_fn_nid = from->hda_fn_nid;
    to->direction = from->direction;
    to->channels = from->channels;
    memcpy(to->positions, from->positions, sizeof(to->positions));
}

static void copy_answer(struct instance *i, const struct request *r)
{
    for (uint32_t k = 0; k < r->op.info_count; k++) {
        if (r->op.code == RIG_OP_SND_JACK_INFO && r->op.info.jack)
            copy_jack(i, &r->op, k);
        else if (r->op.code == RIG_OP_SND_PCM_INFO && r->op.info.pcm)
            copy_pcm(i, &r->op, k);
        else if (r->op.code == RIG_OP_SND_CHMAP_INFO && r->op.info.chmap)
            copy_chmap(i, &r->op, k);
    }
}

static struct rig_done finish(struct instance *i,
                              const struct rgt_snd_done *done)
{
    struct request *r = done->ctl ? done->ctl->ctx : done->xfer->ctx;
    struct rig_done out = {.token = r->op.token};

    if (done->ctl) {
        out.result = done->ctl->result;
        if (out.result == 0)
            copy_answer(i, r);
    } else {
        out.result = done->xfer->result;
        out.bytes = done->xfer->bytes_done;
        out.latency_bytes = done->xfer->latency_bytes;
    }
    r->next = i->free;
    i->free = r;
    return out;
}

static int snd_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct instance *i = self;
    struct rgt_snd_done out[POLL_MAX];
    int n = rgt_snd_poll(&i->snd, out, max < POLL_MAX ? max : POLL_MAX);

    for (int k = 0; k < n; k++)
        done[k] = finish(i, &out[k]);
    return n;
}

static int snd_interrupt(void *self)
{
    struct instance *i = self;

    return rgt_snd_interrupt(&i->snd);
}

static int snd_info(void *self, struct rig_snd_info *info)
{
    struct instance *i = self;
    const struct rgt_snd_info *from = rgt_snd_info(&i->snd);

    *info = (struct rig_snd_info){
        .jacks = from->jacks,
        .streams = from->streams,
        .chmaps = from->chmaps,
        .features = from->features,
        .events_lost = from->events_lost,
    };
    return 0;
}

static int snd_event(void *self, struct rig_snd_event *event)
{
    struct instance *i = self;
    struct rgt_snd_event from;

    if (!rgt_snd_event_next(&i->snd, &from))
        return 0;
    *event =
        (struct rig_snd_event){.code = (uint32_t)from.code, .data = from.id};
    return 1;
}

const struct rig_dut rig_ringtrue_snd = {
    .op_mask = 1u << RIG_OP_SND_JACK_INFO | 1u << RIG_OP_SND_PCM_INFO |
               1u << RIG_OP_SND_CHMAP_INFO | 1u << RIG_OP_SND_JACK_REMAP |
               1u << RIG_OP_SND_SET_PARAMS | 1u << RIG_OP_SND_PREPARE |
               1u << RIG_OP_SND_START | 1u << RIG_OP_SND_STOP |
               1u << RIG_OP_SND_RELEASE | 1u << RIG_OP_SND_WRITE |
               1u << RIG_OP_SND_READ,
    .open = snd_open,
    .close = snd_close,
    .submit = snd_submit,
    .kick = snd_kick,
    .poll = snd_poll,
    .interrupt = snd_interrupt,
    .recover = snd_recover,
    .snd_info = snd_info,
    .snd_event = snd_event,
};
