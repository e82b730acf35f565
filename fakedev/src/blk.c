/* SPDX-License-Identifier: MIT
 *
 * blk.c: virtio-blk requests (5.2.6), and when they complete.
 */
#include "fakedev/blk.h"

#include <stddef.h>
#include <string.h>

#include "ringtrue/wire.h"

/* Takes per queue, and completions, in one step. */
#define BATCH 64u

#define SECTOR_BYTES 512u
#define HEADER_BYTES 16u
#define ID_BYTES 20u
#define IDLE_NS UINT64_C(1000000)

/* What the device fills writable bytes with that no request has written. */
#define FILLER 0xEE

/* What follows the fields of 5.2.4 in a config space that is longer. */
#define CONFIG_EXTRA 0xA5

/* In struct fake_chain's model[]. */
enum { REQ_TYPE, REQ_SECTOR };

static struct fake_blk *blk_of(struct fake_device *dev)
{
    return (struct fake_blk *)dev;
}

static bool feature(uint64_t set, unsigned bit)
{
    return set >> bit & 1;
}

static bool fault(struct fake_blk *blk, const struct fake_chain *chain,
                  enum fake_fault name, uint64_t *arg)
{
    struct fake_fault_plan *plan = blk->dev.faults;

    return plan && plan->mask >> name & 1 &&
           fake_fault_fires(plan, name, blk->dev.log, chain->ring->cfg.index,
                            arg);
}

static uint64_t le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

static void put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

/* ---- one request ------------------------------------------------------ */

static uint64_t out_bytes(const struct fake_chain *chain)
{
    return chain->readable_bytes - HEADER_BYTES;
}

static uint64_t in_bytes(const struct fake_chain *chain)
{
    return chain->writable_bytes - 1;
}

/* Reads the header. Returns false if there is no request in this buffer, or
 * the device has had enough. */
static bool accept(struct fake_blk *blk, struct fake_chain *chain)
{
    uint8_t header[HEADER_BYTES];
    uint64_t arg;

    if (chain->readable_bytes < HEADER_BYTES || chain->writable_bytes < 1) {
        fake_device_needs_reset(&blk->dev);
        return false;
    }
    fake_chain_read(chain, 0, header, HEADER_BYTES);
    chain->model[REQ_TYPE] = le(header, 4);
    chain->model[REQ_SECTOR] = le(header + 8, 8);
    fake_emit(blk->dev.log, FAKE_EV_REQUEST, chain->ring->cfg.index,
              chain->model[REQ_TYPE], chain->model[REQ_SECTOR],
              out_bytes(chain), in_bytes(chain));
    if (fault(blk, chain, FAKE_FAULT_NEEDS_RESET, &arg)) {
        fake_device_needs_reset(&blk->dev);
        return false;
    }
    return true;
}

/* Is [sector, sector + bytes / 512) on the disk? The capacity told to the
 * driver may be larger than what is there. */
static bool on_disk(const struct fake_blk *blk, uint64_t sector, uint64_t bytes)
{
    uint64_t sectors =
        atomic_load_explicit(&blk->dev.lines->sectors, memory_order_relaxed);
    uint64_t stored = blk->store->bytes / SECTOR_BYTES;

    if (sectors > stored)
        sectors = stored;
    return bytes % SECTOR_BYTES == 0 && sector <= sectors &&
           bytes / SECTOR_BYTES <= sectors - sector;
}

/* Fills the writable part from byte `from` up to the status byte. */
static void fill(const struct fake_chain *chain, uint64_t from)
{
    uint64_t end = in_bytes(chain);
    uint64_t at = 0;
    uint32_t i;

    for (i = chain->readable_count; i < chain->seg_count && at < end; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t first = from > at ? from - at : 0;
        uint64_t last = end - at < seg->bytes ? end - at : seg->bytes;

        if (first < last)
            memset(seg->mem + first, FILLER, last - first);
        at += seg->bytes;
    }
}

/* Straight from the store into the driver's buffer. *done: bytes filled. */
static uint8_t do_in(struct fake_blk *blk, const struct fake_chain *chain,
                     uint64_t *done)
{
    struct fake_store *store = blk->store;
    uint64_t left = in_bytes(chain);
    uint64_t offset = chain->model[REQ_SECTOR] * SECTOR_BYTES;
    uint32_t i;

    if (out_bytes(chain) || !on_disk(blk, chain->model[REQ_SECTOR], left))
        return VIRTIO_BLK_S_IOERR;
    for (i = chain->readable_count; left; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        size_t n = left < seg->bytes ? (size_t)left : seg->bytes;

        if (store->ops->read(store, offset, seg->mem, n) != 0)
            return VIRTIO_BLK_S_IOERR;
        offset += n;
        left -= n;
        *done += n;
    }
    return VIRTIO_BLK_S_OK;
}

/* Has a write to be on the medium before it completes? 5.2.6.2, conditions 1
 * and 2. */
static bool write_through(const struct fake_blk *blk)
{
    if (feature(blk->features, VIRTIO_BLK_F_CONFIG_WCE))
        return atomic_load(&blk->dev.lines->writeback) == 0;
    return feature(blk->cfg.features, VIRTIO_BLK_F_FLUSH) &&
           !feature(blk->features, VIRTIO_BLK_F_FLUSH);
}

static uint8_t do_out(struct fake_blk *blk, const struct fake_chain *chain)
{
    struct fake_store *store = blk->store;
    uint64_t offset = chain->model[REQ_SECTOR] * SECTOR_BYTES;
    uint64_t skip = HEADER_BYTES;
    uint32_t i;

    if (feature(blk->cfg.features, VIRTIO_BLK_F_RO) || in_bytes(chain) ||
        !on_disk(blk, chain->model[REQ_SECTOR], out_bytes(chain)))
        return VIRTIO_BLK_S_IOERR;
    for (i = 0; i < chain->readable_count; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        size_t from = skip < seg->bytes ? (size_t)skip : seg->bytes;
        size_t n = seg->bytes - from;

        skip -= from;
        if (n && store->ops->write(store, offset, seg->mem + from, n) != 0)
            return VIRTIO_BLK_S_IOERR;
        offset += n;
    }
    if (write_through(blk) && store->ops->flush(store) != 0)
        return VIRTIO_BLK_S_IOERR;
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_flush(struct fake_blk *blk)
{
    if (!feature(blk->features, VIRTIO_BLK_F_FLUSH))
        return VIRTIO_BLK_S_UNSUPP;
    if (blk->store->ops->flush(blk->store) != 0)
        return VIRTIO_BLK_S_IOERR;
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_get_id(struct fake_blk *blk, const struct fake_chain *chain,
                         uint64_t *done)
{
    char id[ID_BYTES] = {0};

    if (out_bytes(chain) || in_bytes(chain) != ID_BYTES)
        return VIRTIO_BLK_S_IOERR;
    memcpy(id, blk->cfg.id, strnlen(blk->cfg.id, ID_BYTES));
    *done = fake_chain_write(chain, 0, id, ID_BYTES);
    return VIRTIO_BLK_S_OK;
}

static uint8_t execute(struct fake_blk *blk, const struct fake_chain *chain)
{
    uint8_t status = VIRTIO_BLK_S_UNSUPP;
    uint64_t done = 0;
    uint64_t arg;

    if (fault(blk, chain, FAKE_FAULT_BLK_IO_ERROR, &arg)) {
        status = VIRTIO_BLK_S_IOERR;
    } else if (!fault(blk, chain, FAKE_FAULT_BLK_UNSUPPORTED, &arg)) {
        switch (chain->model[REQ_TYPE]) {
        case VIRTIO_BLK_T_IN:
            status = do_in(blk, chain, &done);
            break;
        case VIRTIO_BLK_T_OUT:
            status = do_out(blk, chain);
            break;
        case VIRTIO_BLK_T_FLUSH:
            status = do_flush(blk);
            break;
        case VIRTIO_BLK_T_GET_ID:
            status = do_get_id(blk, chain, &done);
            break;
        }
    }
    if (done < in_bytes(chain))
        fill(chain, done);
    return status;
}

/* Serves a request and gives its buffer back. */
static void finish(struct fake_blk *blk, struct fake_chain *chain)
{
    const struct fake_seg *last = &chain->seg[chain->seg_count - 1];
    uint64_t len = chain->writable_bytes;
    uint64_t arg;
    uint8_t status;

    if (fault(blk, chain, FAKE_FAULT_BLK_STUCK, &arg))
        return;
    status = execute(blk, chain);
    if (fault(blk, chain, FAKE_FAULT_BLK_GARBAGE_STATUS, &arg))
        status = (uint8_t)arg;
    last->mem[last->bytes - 1] = status;
    fake_ring_complete(chain->ring, chain,
                       len < UINT32_MAX ? (uint32_t)len : UINT32_MAX);
}

/* ---- order and time --------------------------------------------------- */

/* May requests complete in another order than they came in? (6, IN_ORDER) */
static enum fake_blk_order order(const struct fake_blk *blk)
{
    return feature(blk->features, VIRTIO_F_IN_ORDER) ? FAKE_BLK_FIFO
                                                     : blk->cfg.order;
}

static bool at_once(const struct fake_blk *blk)
{
    return !blk->cfg.latency_ns && blk->cfg.hold < 2 &&
           order(blk) == FAKE_BLK_FIFO && !blk->held;
}

static void append(struct fake_blk *blk, struct fake_chain *chain)
{
    chain->link = NULL;
    if (blk->held)
        blk->held_last->link = chain;
    else
        blk->held = chain;
    blk->held_last = chain;
    blk->held_count++;
}

static void hold(struct fake_blk *blk, struct fake_chain *chain,
                 uint64_t now_ns)
{
    chain->due_ns = now_ns + blk->cfg.latency_ns;
    blk->last_take_ns = now_ns;
    append(blk, chain);
}

/* Takes number k out of the list. */
static struct fake_chain *unhold(struct fake_blk *blk, uint32_t k)
{
    struct fake_chain **at = &blk->held;
    struct fake_chain *before = NULL;
    struct fake_chain *chain;

    for (; k; k--) {
        before = *at;
        at = &before->link;
    }
    chain = *at;
    *at = chain->link;
    if (blk->held_last == chain)
        blk->held_last = before;
    blk->held_count--;
    if (blk->let_go)
        blk->let_go--;
    return chain;
}

/* How many of the oldest requests may go now. They are due in the order in
 * which they were taken, as each waits equally long. */
static uint32_t ready_count(const struct fake_blk *blk, uint64_t now_ns)
{
    uint32_t limit = blk->cfg.hold < 2 ? blk->held_count : blk->let_go;
    const struct fake_chain *chain = blk->held;
    uint32_t n = 0;

    while (n < limit && chain->due_ns <= now_ns) {
        chain = chain->link;
        n++;
    }
    return n;
}

static uint64_t next_random(struct fake_blk *blk)
{
    /* xorshift64: any state but 0 */
    blk->rng ^= blk->rng << 13;
    blk->rng ^= blk->rng >> 7;
    blk->rng ^= blk->rng << 17;
    return blk->rng;
}

static struct fake_chain *next_ready(struct fake_blk *blk, uint64_t now_ns)
{
    uint32_t n;

    if (!blk->held)
        return NULL;
    if (order(blk) == FAKE_BLK_FIFO) /* without counting all of them */
        n = (blk->cfg.hold < 2 || blk->let_go) && blk->held->due_ns <= now_ns;
    else
        n = ready_count(blk, now_ns);
    if (!n)
        return NULL;
    switch (order(blk)) {
    case FAKE_BLK_LIFO:
        return unhold(blk, n - 1);
    case FAKE_BLK_SHUFFLE:
        return unhold(blk, (uint32_t)(next_random(blk) % n));
    default:
        return unhold(blk, 0);
    }
}

/* Opens the gate of `hold` if it is time. */
static void gate(struct fake_blk *blk, uint64_t now_ns)
{
    if (blk->let_go)
        return;
    if (blk->held_count >= blk->cfg.hold ||
        now_ns - blk->last_take_ns >= IDLE_NS)
        blk->let_go = blk->held_count;
}

static void lower(uint64_t *wake_ns, uint64_t to_ns)
{
    if (to_ns < *wake_ns)
        *wake_ns = to_ns;
}

static bool finish_ready(struct fake_blk *blk, uint64_t now_ns,
                         uint64_t *wake_ns)
{
    struct fake_chain *chain;
    unsigned n;

    if (blk->cfg.hold >= 2)
        gate(blk, now_ns);
    for (n = 0; n < BATCH; n++) {
        chain = next_ready(blk, now_ns);
        if (!chain)
            break;
        finish(blk, chain);
    }
    if (blk->held && blk->cfg.hold >= 2 && !blk->let_go)
        lower(wake_ns, blk->last_take_ns + IDLE_NS);
    else if (blk->held)
        lower(wake_ns, blk->held->due_ns);
    return n > 0;
}

/* ---- the model -------------------------------------------------------- */

static bool take_some(struct fake_blk *blk, struct fake_ring *ring,
                      uint64_t now_ns)
{
    struct fake_chain *chain;
    unsigned n;

    for (n = 0; n < BATCH; n++) {
        chain = fake_ring_take(ring);
        if (!chain)
            break;
        if (!accept(blk, chain))
            return true;
        if (at_once(blk))
            finish(blk, chain);
        else
            hold(blk, chain, now_ns);
    }
    return n > 0;
}

static bool blk_step(struct fake_device *dev, uint64_t now_ns,
                     uint64_t *wake_ns)
{
    struct fake_blk *blk = blk_of(dev);
    bool did = false;
    unsigned q;

    for (q = 0; q < dev->queue_count && !dev->dead; q++) {
        if (dev->ring[q].live)
            did |= take_some(blk, &dev->ring[q], now_ns);
    }
    if (blk->held && !dev->dead)
        did |= finish_ready(blk, now_ns, wake_ns);
    return did;
}

static void blk_start(struct fake_device *dev, uint64_t features)
{
    blk_of(dev)->features = features;
}

static void blk_reset(struct fake_device *dev)
{
    struct fake_blk *blk = blk_of(dev);

    blk->held = NULL;
    blk->held_last = NULL;
    blk->held_count = 0;
    blk->let_go = 0;
    blk->features = 0;
}

/* Puts the list together again without the buffers of this queue. */
static void blk_drop(struct fake_device *dev, uint16_t queue)
{
    struct fake_blk *blk = blk_of(dev);
    struct fake_chain *chain = blk->held;
    uint32_t let_go = blk->let_go;

    blk->held = NULL;
    blk->held_last = NULL;
    blk->held_count = 0;
    while (chain) {
        struct fake_chain *next = chain->link;

        if (chain->ring->cfg.index != queue)
            append(blk, chain);
        else if (let_go)
            blk->let_go--;
        if (let_go)
            let_go--;
        chain = next;
    }
}

static const struct fake_model_ops blk_ops = {
    .device_id = VIRTIO_ID_BLOCK,
    .start = blk_start,
    .reset = blk_reset,
    .drop = blk_drop,
    .step = blk_step,
};

void fake_blk_init(struct fake_blk *blk, const struct fake_blk_config *cfg,
                   struct fake_store *store)
{
    blk->dev.ops = &blk_ops;
    blk->cfg = *cfg;
    if (!blk->cfg.sectors)
        blk->cfg.sectors = store->bytes / SECTOR_BYTES;
    blk->store = store;
    blk->rng = cfg->seed ? cfg->seed : 1;
    blk->last_take_ns = 0;
    blk_reset(&blk->dev);
    atomic_store(&blk->dev.lines->sectors, blk->cfg.sectors);
}

uint32_t fake_blk_config_space(const struct fake_blk_config *cfg,
                               uint64_t sectors, uint8_t *out, uint32_t room)
{
    uint8_t space[sizeof(struct virtio_blk_config)] = {0};
    uint32_t bytes = sizeof(space);

#define PUT(field, value)                                                      \
    put_le(space + offsetof(struct virtio_blk_config, field), value,           \
           sizeof(((struct virtio_blk_config *)NULL)->field))
    PUT(capacity, sectors);
    PUT(size_max, cfg->size_max);
    PUT(seg_max, cfg->seg_max);
    PUT(geometry.cylinders, cfg->cylinders);
    PUT(geometry.heads, cfg->heads);
    PUT(geometry.sectors, cfg->sectors_per_track);
    PUT(blk_size, cfg->blk_size);
    PUT(topology.physical_block_exp, cfg->physical_block_exp);
    PUT(topology.alignment_offset, cfg->alignment_offset);
    PUT(topology.min_io_size, cfg->min_io_size);
    PUT(topology.opt_io_size, cfg->opt_io_size);
    PUT(writeback, cfg->writeback);
    PUT(num_queues, cfg->num_queues);
#undef PUT
    if (bytes > room)
        bytes = room;
    memcpy(out, space, bytes);
    while (bytes < room && bytes - sizeof(space) < cfg->config_extra)
        out[bytes++] = CONFIG_EXTRA;
    return bytes;
}
