/* SPDX-License-Identifier: MIT
 *
 * Shares nothing: copies through memory of its own, which it takes with the
 * first request and keeps until it is closed. Conforming.
 */
#include <string.h>

#include "subject.h"

#define POOL_BYTES (1u << 20)

static void *pool;
static uint64_t pool_dma;
static struct rig_seg seg[QUEUE_SIZE_MAX];
static uint32_t seg_count;

/* Stands in for share(): one segment, that of the pool. */
static uint64_t in_pool(void *ctx, void *buf, size_t bytes, enum rig_dir dir)
{
    (void)ctx;
    (void)buf;
    (void)bytes;
    (void)dir;
    return pool_dma;
}

static void from_pool(void *ctx, void *buf, size_t bytes, enum rig_dir dir,
                      uint64_t dma)
{
    uint8_t *at = pool;

    (void)ctx;
    (void)buf;
    (void)bytes;
    (void)dma;
    for (uint32_t k = 0; k < seg_count; at += seg[k++].bytes)
        if (dir == RIG_FROM_DEVICE)
            memcpy(seg[k].buf, at, seg[k].bytes);
}

static int submit_copy(void *self, const struct rig_op *op)
{
    struct driver *d = self;
    struct rig_seg one = {NULL, 0};
    struct rig_op copy = *op;
    uint8_t *at;

    if (d->busy)
        return RGT_E_AGAIN;
    for (uint32_t k = 0; k < op->seg_count; k++)
        one.bytes += op->seg[k].bytes;
    if (op->seg_count > QUEUE_SIZE_MAX || one.bytes > POOL_BYTES)
        return RGT_E_INVAL;
    if (!pool)
        pool = d->port->dma_alloc(d->port->ctx, POOL_BYTES, 4096, &pool_dma);
    if (!pool)
        return RGT_E_NOMEM;
    one.buf = at = pool;
    seg_count = op->seg_count;
    for (uint32_t k = 0; k < seg_count; at += seg[k++].bytes) {
        seg[k] = op->seg[k];
        if (op->code == RIG_OP_BLK_WRITE)
            memcpy(at, seg[k].buf, seg[k].bytes);
    }
    copy.seg = &one;
    copy.seg_count = seg_count ? 1 : 0;
    return minimal_submit(self, &copy);
}

static const struct rig_port *bench;

static int open_pool(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    static struct rig_port own;

    bench = port;
    own = *port;
    own.share = in_pool;
    own.unshare = from_pool;
    return minimal_open(&own, how, self);
}

/* What a device that does not let go may write to stays (3.3.1). */
static void close_pool(void *self)
{
    bool let_go = reset(self) == 0;

    seg_count = 0;
    minimal_close(self);
    if (let_go && pool)
        bench->dma_free(bench->ctx, pool, POOL_BYTES, pool_dma);
    pool = NULL;
}

const struct rig_dut *ringtrue_dut(void)
{
    static struct rig_dut dut;

    dut = *minimal_dut();
    dut.name = "example with a pool";
    dut.open = open_pool;
    dut.submit = submit_copy;
    dut.close = close_pool;
    return &dut;
}
