/* SPDX-License-Identifier: MIT
 *
 * minimal.c: the smallest complete subject: a virtio-blk driver of its own
 * and its glue to the bench, in one file. It shares no code with driver/.
 *
 * One request at a time, in direct descriptors from entry 0 on; no EVENT_IDX,
 * no recovery, no interrupt handler: poll looks at InterruptStatus itself.
 * For little-endian CPUs.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "dut.h"
#include "ringtrue/wire.h"

#define QUEUE_SIZE_MIN 4u /* header, data and status take three entries */
#define QUEUE_SIZE_MAX 256u
#define RESET_NS UINT64_C(500000000)
#define RESET_POLL_NS 50000u
#define CONFIG_TRIES 8
#define BIT(n) (UINT64_C(1) << (n))
#define KNOWN                                                                  \
    (BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_BLK_F_FLUSH) |                          \
     BIT(VIRTIO_F_ACCESS_PLATFORM) | BIT(VIRTIO_F_ORDER_PLATFORM))

/* All that the device sees of us but for the data. */
struct shared {
    struct virtq_desc desc[QUEUE_SIZE_MAX];
    struct virtq_avail avail;
    uint16_t avail_ring[QUEUE_SIZE_MAX + 2]; /* used_event, and to align */
    struct virtq_used used;
    struct virtq_used_elem used_ring[QUEUE_SIZE_MAX + 1]; /* avail_event */
    struct virtio_blk_req header;
    uint8_t status;
};

struct driver {
    const struct rig_port *port;
    volatile struct shared *mem;
    uint64_t mem_dma;
    struct rig_blk_info info;
    uint16_t served; /* requests taken out of the used ring */
    int broken;      /* the error that ended it all, or 0 */
    bool busy;       /* the rest is about the request in flight */
    uint64_t token;
    enum rig_dir dir;
    uint32_t writable_bytes, seg_count;
    struct rig_seg seg[QUEUE_SIZE_MAX];
    uint64_t seg_dma[QUEUE_SIZE_MAX];
};

static uint32_t get(const struct driver *d, uint32_t offset)
{
    return d->port->reg_read(d->port->ctx, offset, 4);
}

static void set(const struct driver *d, uint32_t offset, uint32_t value)
{
    d->port->reg_write(d->port->ctx, offset, 4, value);
}

static void add_status(const struct driver *d, uint32_t bit)
{
    set(d, VIRTIO_MMIO_STATUS, get(d, VIRTIO_MMIO_STATUS) | bit);
}

/* A reset is over when Status reads 0 (2.4.2). */
static int reset(const struct driver *d)
{
    const struct rig_port *p = d->port;
    uint64_t now_ns = p->now_ns(p->ctx), deadline_ns = now_ns + RESET_NS;

    set(d, VIRTIO_MMIO_STATUS, 0);
    while (get(d, VIRTIO_MMIO_STATUS) != 0 && now_ns < deadline_ns) {
        p->wait(p->ctx, now_ns + RESET_POLL_NS);
        now_ns = p->now_ns(p->ctx);
    }
    return now_ns < deadline_ns ? 0 : RGT_E_TIMEOUT;
}

static int negotiate(struct driver *d, uint64_t mask)
{
    uint64_t offered = 0;

    add_status(d, VIRTIO_STATUS_ACKNOWLEDGE);
    add_status(d, VIRTIO_STATUS_DRIVER);
    for (uint32_t word = 0; word < 2; word++) {
        set(d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, word);
        offered |= (uint64_t)get(d, VIRTIO_MMIO_DEVICE_FEATURES) << 32 * word;
    }
    if (!(offered & BIT(VIRTIO_F_VERSION_1)))
        return RGT_E_REFUSED;
    d->info.features = (offered & KNOWN & mask) | BIT(VIRTIO_F_VERSION_1);
    d->info.flush = (d->info.features & BIT(VIRTIO_BLK_F_FLUSH)) != 0;
    d->info.writeback = d->info.flush; /* 5.2.5.1 */
    d->info.read_only = (offered & BIT(VIRTIO_BLK_F_RO)) != 0;
    for (uint32_t word = 0; word < 2; word++) {
        set(d, VIRTIO_MMIO_DRIVER_FEATURES_SEL, word);
        set(d, VIRTIO_MMIO_DRIVER_FEATURES,
            (uint32_t)(d->info.features >> 32 * word));
    }
    add_status(d, VIRTIO_STATUS_FEATURES_OK);
    return get(d, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK
               ? 0
               : RGT_E_REFUSED;
}

/* Two halves make a capacity if the generation stays the same (2.5.1). */
static int read_capacity(struct driver *d)
{
    for (int k = 0; k < CONFIG_TRIES; k++) {
        uint32_t generation = get(d, VIRTIO_MMIO_CONFIG_GENERATION);
        uint32_t low = get(d, VIRTIO_MMIO_CONFIG);

        d->info.capacity = (uint64_t)get(d, VIRTIO_MMIO_CONFIG + 4) << 32 | low;
        if (get(d, VIRTIO_MMIO_CONFIG_GENERATION) == generation)
            return 0;
    }
    return RGT_E_TIMEOUT;
}

static void set_address(const struct driver *d, uint32_t low, size_t offset)
{
    set(d, low, (uint32_t)(d->mem_dma + offset));
    set(d, low + 4, (uint32_t)((d->mem_dma + offset) >> 32));
}

/* 4.2.3.2 */
static int set_queue_up(struct driver *d, uint32_t size_wanted)
{
    uint32_t size = QUEUE_SIZE_MAX, size_max;

    set(d, VIRTIO_MMIO_QUEUE_SEL, 0);
    size_max = get(d, VIRTIO_MMIO_QUEUE_READY)
                   ? 0 /* somebody else's */
                   : get(d, VIRTIO_MMIO_QUEUE_NUM_MAX);
    while (size > size_max || (size_wanted && size > size_wanted))
        size /= 2;
    if (size < QUEUE_SIZE_MIN)
        return RGT_E_REFUSED;
    d->mem = d->port->dma_alloc(d->port->ctx, sizeof(*d->mem), 64, &d->mem_dma);
    if (!d->mem)
        return RGT_E_NOMEM;
    d->info.queue_size = size;
    set(d, VIRTIO_MMIO_QUEUE_NUM, size);
    set_address(d, VIRTIO_MMIO_QUEUE_DESC_LOW, offsetof(struct shared, desc));
    set_address(d, VIRTIO_MMIO_QUEUE_DRIVER_LOW,
                offsetof(struct shared, avail));
    set_address(d, VIRTIO_MMIO_QUEUE_DEVICE_LOW, offsetof(struct shared, used));
    set(d, VIRTIO_MMIO_QUEUE_READY, 1);
    return 0;
}

/* 3.1.1 */
static int bring_up(struct driver *d, const struct rig_open *how)
{
    int result;

    if (get(d, VIRTIO_MMIO_MAGIC_VALUE) != VIRTIO_MMIO_MAGIC ||
        get(d, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_2 ||
        get(d, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BLOCK)
        return RGT_E_NODEV;
    if ((result = reset(d)))
        return result;
    if (!(result = negotiate(d, how->features_mask)) &&
        !(result = read_capacity(d)))
        result = set_queue_up(d, how->queue_size);
    add_status(d, result ? VIRTIO_STATUS_FAILED : VIRTIO_STATUS_DRIVER_OK);
    return result;
}

static int minimal_open(const struct rig_port *port, const struct rig_open *how,
                        void **self)
{
    struct driver *d = calloc(1, sizeof(*d));
    int result;

    if (!d)
        return RGT_E_NOMEM;
    *d = (struct driver){.port = port, .info = {.queues = 1}};
    result = bring_up(d, how);
    if (result)
        free(d);
    else
        *self = d;
    return result;
}

/* What must never reach the device (5.2.6.1) ends here. */
static int check(const struct driver *d, const struct rig_op *op)
{
    uint64_t bytes = 0, capacity = d->info.capacity;

    if (op->seg_count > d->info.queue_size - 2)
        return RGT_E_INVAL;
    for (uint32_t k = 0; k < op->seg_count; bytes += op->seg[k++].bytes)
        if (op->seg[k].bytes == 0)
            return RGT_E_INVAL;
    if (op->code == RIG_OP_BLK_FLUSH)
        return bytes ? RGT_E_INVAL : d->info.flush ? 0 : RGT_E_NOTSUP;
    if (op->code == RIG_OP_BLK_ID)
        return bytes == 20 ? 0 : RGT_E_INVAL;
    if (op->code == RIG_OP_BLK_WRITE && d->info.read_only)
        return RGT_E_NOTSUP;
    return bytes && bytes % 512 == 0 && bytes <= INT32_MAX &&
                   op->sector <= capacity &&
                   bytes / 512 <= capacity - op->sector
               ? 0
               : RGT_E_INVAL;
}

static void unshare(const struct driver *d)
{
    for (uint32_t k = 0; k < d->seg_count; k++)
        d->port->unshare(d->port->ctx, d->seg[k].buf, d->seg[k].bytes, d->dir,
                         d->seg_dma[k]);
}

static int share(struct driver *d, const struct rig_op *op)
{
    bool reads = op->code == RIG_OP_BLK_READ || op->code == RIG_OP_BLK_ID;

    d->dir = reads ? RIG_FROM_DEVICE : RIG_TO_DEVICE;
    for (d->seg_count = 0; d->seg_count < op->seg_count; d->seg_count++) {
        const struct rig_seg *seg = &op->seg[d->seg_count];
        uint64_t dma =
            d->port->share(d->port->ctx, seg->buf, seg->bytes, d->dir);

        if (dma == RIG_DMA_BAD) {
            unshare(d);
            return RGT_E_NOMEM;
        }
        d->seg[d->seg_count] = *seg;
        d->seg_dma[d->seg_count] = dma;
    }
    return 0;
}

static void put(struct driver *d, uint32_t at, uint64_t dma, uint32_t bytes,
                uint16_t flags)
{
    d->mem->desc[at].addr = dma;
    d->mem->desc[at].len = bytes;
    d->mem->desc[at].flags = flags;
    d->mem->desc[at].next = (uint16_t)(at + 1);
    d->writable_bytes += flags & VIRTQ_DESC_F_WRITE ? bytes : 0;
}

/* Header, data, status. */
static void build(struct driver *d, const struct rig_op *op)
{
    static const uint32_t type[] = {
        [RIG_OP_BLK_READ] = VIRTIO_BLK_T_IN,
        [RIG_OP_BLK_WRITE] = VIRTIO_BLK_T_OUT,
        [RIG_OP_BLK_FLUSH] = VIRTIO_BLK_T_FLUSH,
        [RIG_OP_BLK_ID] = VIRTIO_BLK_T_GET_ID,
    };
    uint16_t way = d->dir == RIG_FROM_DEVICE ? VIRTQ_DESC_F_WRITE : 0;
    uint32_t k;

    d->mem->header.type = type[op->code];
    d->mem->header.sector = op->code <= RIG_OP_BLK_WRITE ? op->sector : 0;
    d->mem->status = UINT8_MAX; /* no device writes that */
    d->writable_bytes = 0;
    put(d, 0, d->mem_dma + offsetof(struct shared, header),
        sizeof(struct virtio_blk_req), VIRTQ_DESC_F_NEXT);
    for (k = 0; k < d->seg_count; k++)
        put(d, k + 1, d->seg_dma[k], d->seg[k].bytes, VIRTQ_DESC_F_NEXT | way);
    put(d, k + 1, d->mem_dma + offsetof(struct shared, status), 1,
        VIRTQ_DESC_F_WRITE);
}

static int minimal_submit(void *self, const struct rig_op *op)
{
    struct driver *d = self;
    int result;

    if (op->code < RIG_OP_BLK_READ || op->code > RIG_OP_BLK_ID)
        return RGT_E_NOTSUP;
    if (d->broken || (result = check(d, op)))
        return d->broken ? d->broken : result;
    if (d->busy)
        return RGT_E_AGAIN;
    if ((result = share(d, op)))
        return result;
    build(d, op);
    d->token = op->token;
    d->busy = true;
    /* avail_ring is all 0, and so is our head. A device that sees idx has to
     * see the rest (2.7.13.3.1); if we still see its "do not notify", it has
     * to see idx (2.7.13.4.1). */
    atomic_thread_fence(memory_order_release);
    d->mem->avail.idx++;
    atomic_thread_fence(memory_order_seq_cst);
    if (!(d->mem->used.flags & VIRTQ_USED_F_NO_NOTIFY))
        set(d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    return 0;
}

/* The line is let go before the ring is looked at: nothing gets lost. */
static int take_interrupt(struct driver *d)
{
    uint32_t bits = get(d, VIRTIO_MMIO_INTERRUPT_STATUS) & 3;

    if (bits)
        set(d, VIRTIO_MMIO_INTERRUPT_ACK, bits);
    if (!(bits & VIRTIO_MMIO_INT_CONFIG_CHANGE))
        return 0;
    if (get(d, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_DEVICE_NEEDS_RESET)
        return RGT_E_STATE;
    return read_capacity(d);
}

/* The used ring can have one new entry, that of the request in flight. */
static int take_used(struct driver *d, uint32_t *written)
{
    uint32_t at = d->served % d->info.queue_size;
    uint16_t fresh = (uint16_t)(d->mem->used.idx - d->served);

    if (fresh == 0)
        return 0;
    atomic_thread_fence(memory_order_acquire); /* idx before what it covers */
    *written = d->mem->used_ring[at].len;
    if (fresh > d->busy || d->mem->used_ring[at].id != 0 ||
        *written > d->writable_bytes)
        return RGT_E_PROTO;
    d->served++;
    return 1;
}

/* A status past the bytes that were written says nothing (2.7.8.3). */
static int outcome(const struct driver *d, uint32_t written)
{
    uint8_t status = d->mem->status;

    if (written < d->writable_bytes || status == VIRTIO_BLK_S_IOERR)
        return RGT_E_IO;
    if (status == VIRTIO_BLK_S_UNSUPP)
        return RGT_E_NOTSUP;
    return status == VIRTIO_BLK_S_OK ? 0 : RGT_E_PROTO;
}

static int minimal_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct driver *d = self;
    uint32_t written;
    int found = 0;

    if (!d->broken)
        d->broken = take_interrupt(d);
    if (!d->broken && max > 0)
        found = take_used(d, &written);
    if (found < 0)
        d->broken = found;
    if (d->broken || !found)
        return d->broken;
    unshare(d);
    d->busy = false;
    *done = (struct rig_done){.token = d->token, .result = outcome(d, written)};
    return 1;
}

static void minimal_close(void *self)
{
    struct driver *d = self;

    if (reset(d) == 0) { /* else the memory is lost to the device (3.3.1) */
        if (d->busy)
            unshare(d);
        d->port->dma_free(d->port->ctx, (void *)d->mem, sizeof(*d->mem),
                          d->mem_dma);
    }
    free(d);
}

static int minimal_blk_info(void *self, struct rig_blk_info *info)
{
    *info = ((struct driver *)self)->info;
    return 0;
}

const struct rig_dut *ringtrue_dut(void);

const struct rig_dut *ringtrue_dut(void)
{
    static const struct rig_dut minimal = {
        .abi_version = RIG_DUT_ABI_VERSION,
        .size = sizeof(struct rig_dut),
        .name = "minimal example",
        .op_mask = BIT(RIG_OP_BLK_READ) | BIT(RIG_OP_BLK_WRITE) |
                   BIT(RIG_OP_BLK_FLUSH) | BIT(RIG_OP_BLK_ID),
        .open = minimal_open,
        .close = minimal_close,
        .submit = minimal_submit,
        .poll = minimal_poll,
        .blk_info = minimal_blk_info,
    };
    return &minimal;
}
