/* SPDX-License-Identifier: MIT
 *
 * dut_blk_blk.c: the block driver of driver/ in the bench: request
 * objects, and which operation is which.
 */
#include "dut_ringtrue_port.h"

#include <stdlib.h>

#include "ringtrue/blk.h"

#define SLOTS 256u
#define SEGS_MAX 128u

struct request {
    struct rgt_blk_req req; /* first: cast back on completion */
    uint64_t token;
    struct request *next; /* in the free list */
    struct rgt_seg segs[SEGS_MAX];
};

struct instance {
    struct rig_ports ports;
    struct rgt_blk blk;
    struct rgt_vq_slot *slots;
    struct request *requests;
    struct request *free;
};

/* ---- the subject ---- */

static void destroy(struct instance *i)
{
    free(i->slots);
    free(i->requests);
    free(i);
}

static struct instance *create(const struct rig_port *port, uint32_t slots,
                               uint32_t inflight)
{
    struct instance *i = calloc(1, sizeof(*i));

    if (!i)
        return NULL;
    rig_ports_init(&i->ports, port);
    i->slots = calloc(slots, sizeof(*i->slots));
    i->requests = calloc(inflight, sizeof(*i->requests));
    if (!i->slots || !i->requests) {
        destroy(i);
        return NULL;
    }
    for (uint32_t k = 0; k < inflight; k++) {
        i->requests[k].next = i->free;
        i->free = &i->requests[k];
    }
    return i;
}

static int blk_open(const struct rig_port *port, const struct rig_open *how,
                    void **self)
{
    uint32_t slots = how->queue_size ? how->queue_size : SLOTS;
    struct instance *i;
    struct rgt_blk_config cfg;
    int result;

    i = create(port, slots, how->inflight_max);
    if (!i)
        return RGT_E_NOMEM;
    cfg = (struct rgt_blk_config){
        .hal = &i->ports.hal,
        .transport = &i->ports.mmio.transport,
        .slots = i->slots,
        .slot_count = slots,
        .indirect_entries = 16,
        .features_wanted = how->features_mask,
        .timeout_ns = RIG_DUT_TIMEOUT_NS,
    };
    result = rgt_blk_init(&i->blk, &cfg);
    if (result) {
        destroy(i);
        return result;
    }
    *self = i;
    return 0;
}

static void blk_close(void *self)
{
    struct instance *i = self;

    /* An unanswered reset leaves memory lent: the arena goes with the
     * machine, the requests are never touched by a device. */
    rgt_blk_close(&i->blk);
    destroy(i);
}

static int fill(struct request *r, const struct rig_op *op)
{
    static const enum rgt_blk_op ops[] = {
        [RIG_OP_BLK_READ] = RGT_BLK_READ,
        [RIG_OP_BLK_WRITE] = RGT_BLK_WRITE,
        [RIG_OP_BLK_FLUSH] = RGT_BLK_FLUSH,
        [RIG_OP_BLK_ID] = RGT_BLK_ID,
    };

    if (op->code < RIG_OP_BLK_READ || op->code > RIG_OP_BLK_ID)
        return RGT_E_NOTSUP;
    if (op->seg_count > SEGS_MAX)
        return RGT_E_INVAL;
    for (uint32_t k = 0; k < op->seg_count; k++)
        r->segs[k] =
            (struct rgt_seg){.buf = op->seg[k].buf, .len = op->seg[k].bytes};
    r->token = op->token;
    r->req = (struct rgt_blk_req){.op = ops[op->code],
                                  .sector = op->sector,
                                  .segs = r->segs,
                                  .seg_count = op->seg_count};
    return 0;
}

static int blk_submit(void *self, const struct rig_op *op)
{
    struct instance *i = self;
    struct request *r = i->free;
    int result;

    if (!r)
        return RGT_E_AGAIN;
    result = fill(r, op);
    if (!result)
        result = rgt_blk_submit(&i->blk, &r->req);
    if (!result)
        i->free = r->next;
    return result;
}

static void blk_kick(void *self)
{
    struct instance *i = self;

    /* What goes wrong here, poll reports. */
    (void)rgt_blk_kick(&i->blk);
}

static int blk_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct instance *i = self;
    struct rgt_blk_req *out[64];
    int n = rgt_blk_poll(&i->blk, out, max < 64 ? max : 64);

    for (int k = 0; k < n; k++) {
        struct request *r = (struct request *)out[k];

        done[k] = (struct rig_done){.token = r->token, .result = r->req.result};
        r->next = i->free;
        i->free = r;
    }
    return n;
}

static int blk_interrupt(void *self)
{
    struct instance *i = self;

    return rgt_blk_interrupt(&i->blk);
}

static int blk_recover(void *self)
{
    struct instance *i = self;

    return rgt_blk_recover(&i->blk);
}

static int blk_info(void *self, struct rig_blk_info *info)
{
    struct instance *i = self;
    const struct rgt_blk_info *b = rgt_blk_info(&i->blk);

    *info = (struct rig_blk_info){
        .capacity = b->capacity_sectors,
        .features = b->features,
        .blk_size = b->blk_size,
        .size_max = b->size_max,
        .seg_max = b->seg_max,
        .queue_size = b->queue_size,
        .read_only = b->read_only,
        .flush = b->flush,
    };
    return 0;
}

const struct rig_dut rig_ringtrue_blk = {
    .op_mask = 1u << RIG_OP_BLK_READ | 1u << RIG_OP_BLK_WRITE |
               1u << RIG_OP_BLK_FLUSH | 1u << RIG_OP_BLK_ID,
    .open = blk_open,
    .close = blk_close,
    .submit = blk_submit,
    .kick = blk_kick,
    .poll = blk_poll,
    .interrupt = blk_interrupt,
    .recover = blk_recover,
    .blk_info = blk_info,
};
