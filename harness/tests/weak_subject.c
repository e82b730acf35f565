/* SPDX-License-Identifier: MIT
 *
 * weak_subject.c: see weak_subject.h.
 */
#include "weak_subject.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dut_ringtrue_port.h"
#include "ringtrue/blk.h"

#define SLOTS 64u
#define REQUESTS 16u

struct request {
    struct rgt_blk_req req; /* first: cast back on completion */
    struct rgt_seg seg;
    uint64_t token;
    bool used;
};

struct subject {
    struct rig_ports ports;
    struct rgt_blk blk;
    struct rgt_blk_queue queue;
    struct rgt_blk_queue_config queue_config;
    struct rgt_vq_slot slots[SLOTS];
    struct request requests[REQUESTS];
    bool masked;
};

static int subject_open(const struct rig_port *port, const struct rig_open *how,
                        void **self)
{
    struct subject *s = calloc(1, sizeof(*s));
    int result;

    if (!s)
        return RGT_E_NOMEM;
    rig_ports_init(&s->ports, port);
    s->queue_config = (struct rgt_blk_queue_config){
        .queue = &s->queue,
        .slots = s->slots,
        .slot_count = SLOTS,
        .indirect_entries = 4,
    };
    const struct rgt_blk_config cfg = {
        .hal = &s->ports.hal,
        .transport = &s->ports.mmio.transport,
        .queues = &s->queue_config,
        .queue_count = 1,
        .features_wanted = how->features_mask,
        .timeout_ns = RIG_DUT_TIMEOUT_NS,
    };
    result = rgt_blk_init(&s->blk, &cfg);
    if (result)
        free(s);
    else
        *self = s;
    return result;
}

static void subject_close(void *self)
{
    struct subject *s = self;

    rgt_blk_close(&s->blk);
    free(s);
}

static struct request *take(struct subject *s)
{
    for (unsigned k = 0; k < REQUESTS; k++)
        if (!s->requests[k].used)
            return &s->requests[k];
    return NULL;
}

static int subject_submit(void *self, const struct rig_op *op)
{
    struct subject *s = self;
    struct request *r = take(s);
    int result;

    if (!r)
        return RGT_E_AGAIN;
    r->token = op->token;
    r->seg = (struct rgt_seg){.buf = op->seg->buf, .len = op->seg->bytes};
    r->req = (struct rgt_blk_req){
        .op = op->code == RIG_OP_BLK_READ ? RGT_BLK_READ : RGT_BLK_WRITE,
        .sector = op->sector,
        .segs = &r->seg,
        .seg_count = 1};
    result = rgt_blk_queue_submit(&s->queue, &r->req);
    r->used = result == 0;
    return result;
}

static void subject_kick(void *self)
{
    struct subject *s = self;

    (void)rgt_blk_queue_kick(&s->queue); /* what goes wrong, poll reports */
}

static int collect(struct subject *s, struct rig_done *done, uint32_t max)
{
    struct rgt_blk_req *out[REQUESTS];
    int n = rgt_blk_queue_poll(&s->queue, out, max < REQUESTS ? max : REQUESTS);

    for (int k = 0; k < n; k++) {
        struct request *r = (struct request *)out[k];

        r->used = false;
        done[k] = (struct rig_done){.token = r->token, .result = r->req.result};
    }
    return n;
}

static int subject_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct subject *s = self;
    int n = collect(s, done, max), more;

    if (n != 0 || !s->masked)
        return n;
    s->masked = false;
    more = rgt_blk_queue_interrupts(&s->queue, true);
    return more > 0 ? collect(s, done, max) : more;
}

static int subject_interrupt(void *self)
{
    struct subject *s = self;
    int bits = rgt_blk_interrupt(&s->blk);

    if (bits < 0)
        return bits;
    s->masked = true;
    return rgt_blk_queue_interrupts(&s->queue, false);
}

const struct rig_dut weak_subject = {
    .abi_version = RIG_DUT_ABI_VERSION,
    .size = sizeof(struct rig_dut),
    .name = "reference driver, masking its interrupts",
    .op_mask = 1u << RIG_OP_BLK_READ | 1u << RIG_OP_BLK_WRITE,
    .open = subject_open,
    .close = subject_close,
    .submit = subject_submit,
    .kick = subject_kick,
    .poll = subject_poll,
    .interrupt = subject_interrupt,
};
