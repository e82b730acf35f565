/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue.c: plugs driver/ into the bench. It shows what an OS author
 * writes: two ports (struct rgt_hal_ops, struct rgt_mmio_bus_ops) and
 * request objects; everything else is the driver's.
 */
#include "dut_ringtrue.h"

#include <stdlib.h>

#include "ringtrue/blk.h"
#include "ringtrue/mmio.h"

#define SLOTS 256u
#define SEGS_MAX 128u
#define TIMEOUT_NS UINT64_C(500000000)

struct request {
    struct rgt_blk_req req; /* first: cast back on completion */
    uint64_t token;
    struct request *next; /* in the free list */
    struct rgt_seg segs[SEGS_MAX];
};

struct instance {
    struct rgt_hal hal;
    struct rgt_mmio_bus bus;
    const struct rig_port *port;
    struct rgt_mmio mmio;
    struct rgt_blk blk;
    struct rgt_vq_slot *slots;
    struct request *requests;
    struct request *free;
};

/* ---- the platform port ---- */

static struct instance *of_hal(struct rgt_hal *hal)
{
    return (struct instance *)hal;
}

static void *hal_dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                           uint64_t *dma)
{
    const struct rig_port *p = of_hal(hal)->port;

    return p->dma_alloc(p->ctx, bytes, align, dma);
}

static void hal_dma_free(struct rgt_hal *hal, void *cpu, size_t bytes,
                         uint64_t dma)
{
    const struct rig_port *p = of_hal(hal)->port;

    p->dma_free(p->ctx, cpu, bytes, dma);
}

static uint64_t hal_share(struct rgt_hal *hal, void *buf, size_t bytes,
                          enum rgt_dir dir)
{
    const struct rig_port *p = of_hal(hal)->port;

    return p->share(p->ctx, buf, bytes,
                    dir == RGT_TO_DEVICE ? RIG_TO_DEVICE : RIG_FROM_DEVICE);
}

static void hal_unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                        enum rgt_dir dir, uint64_t dma)
{
    const struct rig_port *p = of_hal(hal)->port;

    p->unshare(p->ctx, buf, bytes,
               dir == RGT_TO_DEVICE ? RIG_TO_DEVICE : RIG_FROM_DEVICE, dma);
}

static int hal_wait(struct rgt_hal *hal, uint64_t deadline_ns)
{
    const struct rig_port *p = of_hal(hal)->port;

    return p->wait(p->ctx, deadline_ns);
}

static uint64_t hal_now_ns(struct rgt_hal *hal)
{
    const struct rig_port *p = of_hal(hal)->port;

    return p->now_ns(p->ctx);
}

static void hal_log(struct rgt_hal *hal, const char *line)
{
    const struct rig_port *p = of_hal(hal)->port;

    p->log(p->ctx, line);
}

static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = hal_dma_alloc,
    .dma_free = hal_dma_free,
    .share = hal_share,
    .unshare = hal_unshare,
    .wait = hal_wait,
    .now_ns = hal_now_ns,
    .log = hal_log,
};

/* ---- the bus port ---- */

static const struct rig_port *of_bus(struct rgt_mmio_bus *bus)
{
    char *at = (char *)bus - offsetof(struct instance, bus);

    return ((struct instance *)(void *)at)->port;
}

static uint32_t bus_read(struct rgt_mmio_bus *bus, uint32_t offset,
                         unsigned width_bytes)
{
    const struct rig_port *p = of_bus(bus);

    return p->reg_read(p->ctx, offset, width_bytes);
}

static void bus_write(struct rgt_mmio_bus *bus, uint32_t offset,
                      unsigned width_bytes, uint32_t value)
{
    const struct rig_port *p = of_bus(bus);

    p->reg_write(p->ctx, offset, width_bytes, value);
}

static const struct rgt_mmio_bus_ops bus_ops = {
    .read = bus_read,
    .write = bus_write,
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
    i->hal.ops = &hal_ops;
    i->bus.ops = &bus_ops;
    i->port = port;
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
    rgt_mmio_init(&i->mmio, &i->bus);
    return i;
}

static int ringtrue_open(const struct rig_port *port,
                         const struct rig_open *how, void **self)
{
    uint32_t slots = how->queue_size ? how->queue_size : SLOTS;
    struct instance *i;
    struct rgt_blk_config cfg;
    int result;

    if (how->device != RIG_DEVICE_BLK)
        return RGT_E_NOTSUP;
    i = create(port, slots, how->inflight_max);
    if (!i)
        return RGT_E_NOMEM;
    cfg = (struct rgt_blk_config){
        .hal = &i->hal,
        .transport = &i->mmio.transport,
        .slots = i->slots,
        .slot_count = slots,
        .indirect_entries = 16,
        .features_wanted = how->features_mask,
        .timeout_ns = TIMEOUT_NS,
    };
    result = rgt_blk_init(&i->blk, &cfg);
    if (result) {
        destroy(i);
        return result;
    }
    *self = i;
    return 0;
}

static void ringtrue_close(void *self)
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

static int ringtrue_submit(void *self, const struct rig_op *op)
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

static void ringtrue_kick(void *self)
{
    struct instance *i = self;

    /* What goes wrong here, poll reports. */
    (void)rgt_blk_kick(&i->blk);
}

static int ringtrue_poll(void *self, struct rig_done *done, uint32_t max)
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

static int ringtrue_interrupt(void *self)
{
    struct instance *i = self;

    return rgt_blk_interrupt(&i->blk);
}

static int ringtrue_recover(void *self)
{
    struct instance *i = self;

    return rgt_blk_recover(&i->blk);
}

static int ringtrue_blk_info(void *self, struct rig_blk_info *info)
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

const struct rig_dut rig_dut_ringtrue = {
    .abi_version = RIG_DUT_ABI_VERSION,
    .size = sizeof(struct rig_dut),
    .name = "ringtrue reference driver",
    .op_mask = 1u << RIG_OP_BLK_READ | 1u << RIG_OP_BLK_WRITE |
               1u << RIG_OP_BLK_FLUSH | 1u << RIG_OP_BLK_ID,
    .open = ringtrue_open,
    .close = ringtrue_close,
    .submit = ringtrue_submit,
    .kick = ringtrue_kick,
    .poll = ringtrue_poll,
    .interrupt = ringtrue_interrupt,
    .recover = ringtrue_recover,
    .blk_info = ringtrue_blk_info,
};
