/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_blk.c: the block driver of driver/ in the bench: queues,
 * request objects, and which operation is which.
 */
#include "dut_ringtrue_port.h"

#include <stdlib.h>

#include "ringtrue/blk.h"

#define SLOTS 256u
#define SEGS_MAX 128u
#define RANGES_MAX 64u
#define RANGE_SEGS 16u
#define INDIRECT 16u

struct request {
    struct rgt_blk_req req; /* first: cast back on completion */
    uint64_t token;
    int32_t result;       /* of what is done without a request */
    struct request *next; /* in a list */
    struct rgt_seg segs[SEGS_MAX];
    struct rgt_blk_range ranges[RANGES_MAX];
};

struct instance {
    struct rig_ports ports;
    struct rgt_blk blk;
    uint32_t queue_count; /* that there is memory for */
    struct rgt_blk_queue *queues;
    struct rgt_blk_queue_config *queue_configs;
    struct rgt_vq_slot *slots;
    struct request *requests;
    struct request *free;
    struct request *done; /* without a request of the driver */
};

/* ---- life ---- */

static void destroy(struct instance *i)
{
    free(i->queues);
    free(i->queue_configs);
    free(i->slots);
    free(i->requests);
    free(i);
}

static void put(struct request **list, struct request *r)
{
    r->next = *list;
    *list = r;
}

static struct instance *create(const struct rig_port *port, uint32_t slots,
                               uint32_t queues, uint32_t inflight)
{
    struct instance *i = calloc(1, sizeof(*i));

    if (!i)
        return NULL;
    rig_ports_init(&i->ports, port);
    i->queue_count = queues;
    i->queues = calloc(queues, sizeof(*i->queues));
    i->queue_configs = calloc(queues, sizeof(*i->queue_configs));
    i->slots = calloc((size_t)queues * slots, sizeof(*i->slots));
    i->requests = calloc(inflight, sizeof(*i->requests));
    if (!i->queues || !i->queue_configs || !i->slots || !i->requests) {
        destroy(i);
        return NULL;
    }
    for (uint32_t k = 0; k < queues; k++)
        i->queue_configs[k] = (struct rgt_blk_queue_config){
            .queue = &i->queues[k],
            .slots = i->slots + (size_t)k * slots,
            .slot_count = slots,
            .indirect_entries = INDIRECT,
        };
    for (uint32_t k = 0; k < inflight; k++)
        put(&i->free, &i->requests[k]);
    return i;
}

static int blk_open(const struct rig_port *port, const struct rig_open *how,
                    void **self)
{
    uint32_t slots = how->queue_size ? how->queue_size : SLOTS;
    uint32_t queues = how->queues ? how->queues : 1;
    struct instance *i;
    struct rgt_blk_config cfg;
    int result;

    if (queues > UINT16_MAX)
        queues = UINT16_MAX;
    i = create(port, slots, queues, how->inflight_max);
    if (!i)
        return RGT_E_NOMEM;
    cfg = (struct rgt_blk_config){
        .hal = &i->ports.hal,
        .transport = &i->ports.mmio.transport,
        .queues = i->queue_configs,
        .queue_count = (uint16_t)queues,
        .range_segs = RANGE_SEGS,
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

/* ---- operations ---- */

static const struct {
    enum rgt_blk_op op;
    bool known;
} ops[] = {
    [RIG_OP_BLK_READ] = {RGT_BLK_READ, true},
    [RIG_OP_BLK_WRITE] = {RGT_BLK_WRITE, true},
    [RIG_OP_BLK_FLUSH] = {RGT_BLK_FLUSH, true},
    [RIG_OP_BLK_ID] = {RGT_BLK_ID, true},
    [RIG_OP_BLK_LIFETIME] = {RGT_BLK_LIFETIME, true},
    [RIG_OP_BLK_DISCARD] = {RGT_BLK_DISCARD, true},
    [RIG_OP_BLK_WRITE_ZEROES] = {RGT_BLK_WRITE_ZEROES, true},
    [RIG_OP_BLK_SECURE_ERASE] = {RGT_BLK_SECURE_ERASE, true},
};

static int fill(struct request *r, const struct rig_op *op)
{
    if (op->code >= sizeof(ops) / sizeof(ops[0]) || !ops[op->code].known)
        return RGT_E_NOTSUP;
    if (op->seg_count > SEGS_MAX || op->range_count > RANGES_MAX)
        return RGT_E_INVAL;
    for (uint32_t k = 0; k < op->seg_count; k++)
        r->segs[k] =
            (struct rgt_seg){.buf = op->seg[k].buf, .len = op->seg[k].bytes};
    for (uint32_t k = 0; k < op->range_count; k++)
        r->ranges[k] =
            (struct rgt_blk_range){.sector = op->range[k].sector,
                                   .sector_count = op->range[k].sectors,
                                   .unmap = op->range[k].unmap != 0};
    r->req = (struct rgt_blk_req){.op = ops[op->code].op,
                                  .sector = op->sector,
                                  .segs = r->segs,
                                  .seg_count = op->seg_count,
                                  .ranges = r->ranges,
                                  .range_count = op->range_count};
    return 0;
}

static struct rgt_blk_queue *queue_of(struct instance *i, uint32_t queue)
{
    uint32_t count = rgt_blk_info(&i->blk)->queue_count;

    return rgt_blk_queue(&i->blk, (uint16_t)(queue % count));
}

/* What is done at once: poll only has to say so. What the driver refuses
 * without asking the device is refused here. */
static int done_at_once(struct instance *i, struct request *r, int result)
{
    if (result == RGT_E_NOTSUP || result == RGT_E_STATE)
        return result;
    i->free = r->next;
    r->result = result;
    put(&i->done, r);
    return 0;
}

static int submit_request(struct instance *i, struct request *r,
                          const struct rig_op *op)
{
    int result = fill(r, op);

    if (!result)
        result = rgt_blk_queue_submit(queue_of(i, op->queue), &r->req);
    if (!result)
        i->free = r->next;
    return result;
}

static int blk_submit(void *self, const struct rig_op *op)
{
    struct instance *i = self;
    struct request *r = i->free;

    if (!r)
        return RGT_E_AGAIN;
    r->token = op->token;
    switch (op->code) {
    case RIG_OP_BLK_WRITEBACK:
        return done_at_once(i, r, rgt_blk_writeback_set(&i->blk, op->id != 0));
    case RIG_OP_QUEUE_RESET:
        return done_at_once(i, r, rgt_blk_queue_reset(queue_of(i, op->queue)));
    default:
        return submit_request(i, r, op);
    }
}

static void blk_kick(void *self)
{
    struct instance *i = self;

    /* What goes wrong here, poll reports. */
    for (uint16_t k = 0; k < rgt_blk_info(&i->blk)->queue_count; k++)
        (void)rgt_blk_queue_kick(queue_of(i, k));
}

/* ---- completions ---- */

#define BATCH 64u

static int poll_queue(struct instance *i, uint16_t queue, struct rig_done *done,
                      uint32_t max)
{
    struct rgt_blk_req *out[BATCH];
    int n = rgt_blk_queue_poll(queue_of(i, queue), out, max);

    for (int k = 0; k < n; k++) {
        struct request *r = (struct request *)out[k];

        done[k] = (struct rig_done){.token = r->token, .result = r->req.result};
        put(&i->free, r);
    }
    return n;
}

static uint32_t poll_done(struct instance *i, struct rig_done *done,
                          uint32_t max)
{
    uint32_t n = 0;

    for (; i->done && n < max; n++) {
        struct request *r = i->done;

        i->done = r->next;
        done[n] = (struct rig_done){.token = r->token, .result = r->result};
        put(&i->free, r);
    }
    return n;
}

/* What a queue reset gave back comes before the reset itself: that waits
 * until every queue had less than there was room for. */
static int blk_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct instance *i = self;
    uint32_t count = 0;
    int error = 0;

    if (max > BATCH)
        max = BATCH;
    for (uint16_t k = 0; k < rgt_blk_info(&i->blk)->queue_count; k++) {
        int n = poll_queue(i, k, done + count, max - count);

        if (n < 0)
            error = n;
        else
            count += (uint32_t)n;
    }
    count += poll_done(i, done + count, max - count);
    return count ? (int)count : error;
}

static int blk_interrupt(void *self)
{
    struct instance *i = self;
    int bits = rgt_blk_interrupt(&i->blk);

    if (bits > 0 && (uint32_t)bits & RGT_INT_CONFIG) {
        int changes = rgt_blk_changes(&i->blk);

        return changes < 0 ? changes : bits;
    }
    return bits;
}

static int blk_recover(void *self)
{
    struct instance *i = self;

    return rgt_blk_recover(&i->blk);
}

/* ---- what there is ---- */

static void set_range_info(struct rig_blk_info *to,
                           const struct rgt_blk_info *b)
{
    to->write_zeroes_may_unmap = b->write_zeroes_may_unmap;
    to->max_discard_sectors = b->discard.sectors_max;
    to->max_discard_seg = b->discard.segs_max;
    to->discard_sector_alignment = b->discard.alignment;
    to->max_write_zeroes_sectors = b->write_zeroes.sectors_max;
    to->max_write_zeroes_seg = b->write_zeroes.segs_max;
    to->max_secure_erase_sectors = b->secure_erase.sectors_max;
    to->max_secure_erase_seg = b->secure_erase.segs_max;
    to->secure_erase_sector_alignment = b->secure_erase.alignment;
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
        .writeback = b->writeback,
        .physical_block_exp = b->physical_block_exp,
        .alignment_offset = b->alignment_offset,
        .min_io_blocks = b->min_io_blocks,
        .opt_io_blocks = b->opt_io_blocks,
        .cylinders = b->cylinders,
        .heads = b->heads,
        .sectors_per_track = b->sectors_per_track,
        .queues = b->queue_count,
    };
    set_range_info(info, b);
    return 0;
}

const struct rig_dut rig_ringtrue_blk = {
    .op_mask = 1u << RIG_OP_BLK_READ | 1u << RIG_OP_BLK_WRITE |
               1u << RIG_OP_BLK_FLUSH | 1u << RIG_OP_BLK_ID |
               1u << RIG_OP_BLK_LIFETIME | 1u << RIG_OP_BLK_DISCARD |
               1u << RIG_OP_BLK_WRITE_ZEROES | 1u << RIG_OP_BLK_SECURE_ERASE |
               1u << RIG_OP_BLK_WRITEBACK | 1u << RIG_OP_QUEUE_RESET,
    .open = blk_open,
    .close = blk_close,
    .submit = blk_submit,
    .kick = blk_kick,
    .poll = blk_poll,
    .interrupt = blk_interrupt,
    .recover = blk_recover,
    .blk_info = blk_info,
};
