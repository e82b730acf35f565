/* SPDX-License-Identifier: MIT */
#include "fake.h"
#include <stdlib.h>
#include <string.h>

/* ---- platform ----------------------------------------------------------- */

static struct fake *of_hal(struct rgt_hal *hal)
{
    return (struct fake *)(void *)hal;
}

static uint64_t dma_of(void *cpu)
{
    return (uint64_t)(uintptr_t)cpu + FAKE_DMA_OFFSET;
}

void *fake_cpu(uint64_t dma)
{
    return (void *)(uintptr_t)(dma - FAKE_DMA_OFFSET);
}

static void *dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                       uint64_t *dma)
{
    struct fake *f = of_hal(hal);

    assert_true(align <= 64 && (align & (align - 1)) == 0);
    if (++f->allocs == f->alloc_fails_at)
        return NULL;
    size_t rounded = (bytes + 63) & ~(size_t)63;
    void *cpu = aligned_alloc(64, rounded);
    memset(cpu, 0xee, rounded);
    *dma = dma_of(cpu);
    return cpu;
}

/* Whether the device may use any memory now. */
static bool in_use(const struct fake *f)
{
    bool used = f->queue_ready != 0 || f->reset_left != 0;

    for (unsigned i = 0; i < FAKE_QUEUES; i++)
        used |= i != f->queue_sel && f->parked[i].ready != 0;
    return used;
}

static void dma_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma)
{
    struct fake *f = of_hal(hal);

    assert_true(bytes > 0);
    assert_true(dma == dma_of(cpu));
    f->given_back_while_live |= in_use(f);
    f->frees++;
    free(cpu);
}

static uint64_t share(struct rgt_hal *hal, void *buf, size_t bytes,
                      enum rgt_dir dir)
{
    struct fake *f = of_hal(hal);

    (void)dir;
    assert_true(bytes > 0);
    if (f->shares + 1 == f->share_fails_at)
        return RGT_DMA_BAD;
    f->shares++;
    return dma_of(buf);
}

static void unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir, uint64_t dma)
{
    struct fake *f = of_hal(hal);

    (void)bytes;
    (void)dir;
    assert_true(dma == dma_of(buf));
    f->unshares_while_live += in_use(f);
    f->unshares++;
}

static int wait_irq(struct rgt_hal *hal, uint64_t deadline_ns)
{
    struct fake *f = of_hal(hal);

    if (f->serve != NULL)
        f->serve(f);
    if (f->interrupt != 0 && !f->mute) {
        f->now_ns += 1000;
        return 1;
    }
    if (deadline_ns > f->now_ns)
        f->now_ns = deadline_ns;
    return 0;
}

static uint64_t now_ns(struct rgt_hal *hal)
{
    return of_hal(hal)->now_ns;
}

static void log_line(struct rgt_hal *hal, const char *line)
{
    assert_true(strlen(line) < 80);
    of_hal(hal)->lines++;
}

static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .share = share,
    .unshare = unshare,
    .wait = wait_irq,
    .now_ns = now_ns,
    .log = log_line,
};

/* ---- registers ---------------------------------------------------------- */

static struct fake *of_bus(struct rgt_mmio_bus *bus)
{
    return (struct fake *)(void *)((char *)bus - offsetof(struct fake, bus));
}

void fake_select(struct fake *f, unsigned queue)
{
    struct fake_queue *now = &f->parked[f->queue_sel];

    assert_true(queue < FAKE_QUEUES);
    *now = (struct fake_queue){
        .num = f->queue_num,
        .ready = f->queue_ready,
        .areas = {f->areas[0], f->areas[1], f->areas[2]},
        .avail_seen = f->avail_seen,
        .used_idx = f->used_idx,
    };
    f->queue_sel = queue;
    now = &f->parked[queue];
    f->queue_num = now->num;
    f->queue_ready = now->ready;
    memcpy(f->areas, now->areas, sizeof(f->areas));
    f->avail_seen = now->avail_seen;
    f->used_idx = now->used_idx;
}

static void record(struct fake *f, bool write, uint32_t offset, unsigned width,
                   uint32_t value)
{
    assert_true(f->log_count < FAKE_LOG_MAX);
    f->log[f->log_count++] = (struct fake_access){write, offset, width, value};
}

static uint32_t config_value(struct fake *f, uint32_t offset, unsigned width)
{
    const uint8_t *at = &f->config[offset];

    assert_true(offset + width <= sizeof(f->config));
    assert_true(offset % width == 0);
    if (f->on_config_read != NULL)
        f->on_config_read(f, offset);
    if (width == 1)
        return *at;
    return width == 2 ? fake_get16(at) : fake_get32(at);
}

static uint32_t status_value(struct fake *f)
{
    if (f->reset_left > 0 && (f->reset_never || f->reset_left-- > 1))
        return f->stale_status ? f->stale_status : VIRTIO_STATUS_ACKNOWLEDGE;
    return f->status;
}

/* 4.2.2.1: 1 while the reset is going on; then both this and QueueReady are
 * 0, and the queue is as at first. */
static uint32_t queue_reset_value(struct fake *f)
{
    if (f->queue_reset_left == 0)
        return 0;
    if (f->queue_reset_never || --f->queue_reset_left > 0)
        return 1;
    f->queue_ready = 0;
    f->avail_seen = 0;
    f->used_idx = 0;
    return 0;
}

static uint32_t reg_value(struct fake *f, uint32_t offset)
{
    switch (offset) {
    case 0x000:
        return f->magic;
    case 0x004:
        return f->version;
    case 0x008:
        return f->device_id;
    case 0x010:
        return (uint32_t)(f->offered >> (32 * f->sel_device));
    case 0x034:
        if (f->queue_count != 0 && f->queue_sel >= f->queue_count)
            return 0;
        return f->queue_max_of[f->queue_sel] != 0
                   ? f->queue_max_of[f->queue_sel]
                   : f->queue_max;
    case 0x044:
        return f->queue_ready;
    case 0x060:
        return f->interrupt;
    case 0x0c0:
        return queue_reset_value(f);
    case 0x070:
        return status_value(f);
    case 0x0fc:
        return f->generation;
    default:
        fail_msg("read of register 0x%x", offset);
        return 0;
    }
}

static void reset(struct fake *f)
{
    f->status = 0;
    f->reset_left = f->reset_never ? 1 : f->reset_reads;
    if (f->reset_never)
        return;
    f->queue_ready = 0;
    f->interrupt = 0;
    f->avail_seen = 0;
    f->used_idx = 0;
    memset(f->parked, 0, sizeof(f->parked));
}

/* What happens before an access. Returns whether anybody answers it. */
static bool somebody_answers(struct fake *f)
{
    unsigned access = f->log_count + 1;
    bool gone = f->gone_at != 0 && access >= f->gone_at &&
                (f->gone_for == 0 || access < f->gone_at + f->gone_for);

    if (access == f->needs_reset_at)
        f->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    if (gone && !f->gone)
        reset(f);
    f->gone = gone;
    return !gone;
}

static uint32_t bus_read(struct rgt_mmio_bus *bus, uint32_t offset,
                         unsigned width)
{
    struct fake *f = of_bus(bus);
    uint32_t value = UINT32_MAX >> (32 - 8 * width);

    if (somebody_answers(f))
        value = offset >= 0x100 ? config_value(f, offset - 0x100, width)
                                : reg_value(f, offset);
    if (offset < 0x100)
        assert_int_equal(width, 4);
    record(f, false, offset, width, value);
    return value;
}

static void set_status(struct fake *f, uint32_t value)
{
    if (++f->status_writes == f->status_lost_at)
        return;
    if (value == 0) {
        reset(f);
        return;
    }
    /* The device may have asked for a reset since the driver has looked. */
    uint32_t fresh = f->log_count == f->needs_reset_at
                         ? VIRTIO_STATUS_DEVICE_NEEDS_RESET
                         : 0;
    assert_int_equal(~value & f->status & ~fresh, 0); /* 2.1.1 */
    f->status = value | (f->status & fresh);
    if (f->features_refused)
        f->status &= ~VIRTIO_STATUS_FEATURES_OK;
}

static void set_half(uint64_t *v, bool high, uint32_t value)
{
    unsigned shift = high ? 32 : 0;

    *v = (*v & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void set_area(struct fake *f, uint32_t offset, uint32_t value)
{
    assert_int_equal(f->queue_ready, 0); /* 4.2.2.2 */
    set_half(&f->areas[(offset - 0x80) >> 4], (offset & 4) != 0, value);
}

static void write_config(struct fake *f, uint32_t offset, unsigned width,
                         uint32_t value)
{
    assert_true(offset + width <= sizeof(f->config));
    for (unsigned i = 0; i < width; i++)
        f->config[offset + i] = (uint8_t)(value >> (8 * i));
}

static void bus_write(struct rgt_mmio_bus *bus, uint32_t offset, unsigned width,
                      uint32_t value)
{
    struct fake *f = of_bus(bus);
    bool answers = somebody_answers(f);

    record(f, true, offset, width, value);
    if (!answers)
        return;
    if (offset >= 0x100) {
        if (!f->config_frozen)
            write_config(f, offset - 0x100, width, value);
        return;
    }
    assert_int_equal(width, 4);
    switch (offset) {
    case 0x014:
        f->sel_device = value;
        break;
    case 0x020:
        assert_int_equal(f->status & VIRTIO_STATUS_FEATURES_OK, 0);
        set_half(&f->accepted, f->sel_driver != 0, value);
        break;
    case 0x024:
        f->sel_driver = value;
        break;
    case 0x030:
        fake_select(f, value);
        break;
    case 0x038:
        assert_int_equal(f->queue_ready, 0);
        assert_true(value <= f->queue_max);
        f->queue_num = value;
        break;
    case 0x044:
        f->queue_ready = value;
        break;
    case 0x050:
        f->kicks++;
        f->kicks_of[value & 0xffff]++;
        if ((f->status & VIRTIO_STATUS_DRIVER_OK) == 0)
            f->kicks_before_driver_ok++;
        if (f->on_kick != NULL)
            f->on_kick(f, value);
        break;
    case 0x064:
        assert_int_equal(value & ~3u, 0);
        f->interrupt &= ~value;
        break;
    case 0x070:
        set_status(f, value);
        break;
    case 0x0c0:
        assert_int_equal(value, 1);
        f->queue_reset_left = f->queue_reset_reads + 1;
        break;
    case 0x080:
    case 0x084:
    case 0x090:
    case 0x094:
    case 0x0a0:
    case 0x0a4:
        set_area(f, offset, value);
        break;
    default:
        fail_msg("write of register 0x%x", offset);
    }
}

static const struct rgt_mmio_bus_ops bus_ops = {
    .read = bus_read,
    .write = bus_write,
};

void fake_init(struct fake *f)
{
    memset(f, 0, sizeof(*f));
    f->hal.ops = &hal_ops;
    f->bus.ops = &bus_ops;
    f->magic = 0x74726976;
    f->version = 2;
    f->device_id = 2;
    f->offered = RGT_FEATURE(VIRTIO_F_VERSION_1);
    f->queue_max = 256;
    rgt_mmio_init(&f->mmio, &f->bus);
}

/* ---- the device's half of the ring -------------------------------------- */

uint16_t fake_get16(const void *at)
{
    const uint8_t *b = at;
    return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t fake_get32(const void *at)
{
    const uint8_t *b = at;
    return (uint32_t)fake_get16(b) | (uint32_t)fake_get16(b + 2) << 16;
}

uint64_t fake_get64(const void *at)
{
    const uint8_t *b = at;
    return (uint64_t)fake_get32(b) | (uint64_t)fake_get32(b + 4) << 32;
}

void fake_put16(void *at, uint16_t v)
{
    uint8_t *b = at;
    b[0] = (uint8_t)v;
    b[1] = (uint8_t)(v >> 8);
}

void fake_put32(void *at, uint32_t v)
{
    uint8_t *b = at;
    fake_put16(b, (uint16_t)v);
    fake_put16(b + 2, (uint16_t)(v >> 16));
}

void fake_put64(void *at, uint64_t v)
{
    uint8_t *b = at;
    fake_put32(b, (uint32_t)v);
    fake_put32(b + 4, (uint32_t)(v >> 32));
}

uint8_t *fake_desc(struct fake *f, unsigned index)
{
    return (uint8_t *)fake_cpu(f->areas[0]) + 16 * index;
}

uint8_t *fake_avail(struct fake *f)
{
    return fake_cpu(f->areas[1]);
}

uint8_t *fake_used(struct fake *f)
{
    return fake_cpu(f->areas[2]);
}

void fake_use(struct fake *f, uint32_t id, uint32_t len)
{
    uint8_t *used = fake_used(f);
    uint8_t *elem = used + 4 + 8 * (f->used_idx % f->queue_num);

    fake_put32(elem, id);
    fake_put32(elem + 4, len);
    fake_put16(used + 2, ++f->used_idx);
}

int fake_take(struct fake *f)
{
    const uint8_t *avail = fake_avail(f);

    if (fake_get16(avail + 2) == f->avail_seen)
        return -1;
    return fake_get16(avail + 4 + 2 * (f->avail_seen++ % f->queue_num));
}

/* Walks one direct chain; fills writable data, sets the last byte to status.
 * Returns the number of writable bytes. */
static uint32_t serve_chain(struct fake *f, unsigned head, uint8_t status)
{
    uint32_t writable = 0;
    uint8_t *last = NULL;

    for (unsigned i = 0; i < f->queue_num; i++) {
        const uint8_t *d = fake_desc(f, head);
        uint32_t len = fake_get32(d + 8);
        uint16_t flags = fake_get16(d + 12);
        if (flags & VIRTQ_DESC_F_WRITE) {
            uint8_t *data = fake_cpu(fake_get64(d));
            memset(data, 0xa5, len);
            writable += len;
            last = data + len - 1;
        }
        if ((flags & VIRTQ_DESC_F_NEXT) == 0)
            break;
        head = fake_get16(d + 14);
    }
    assert_non_null(last);
    *last = status;
    return writable;
}

void fake_serve_status(struct fake *f, uint8_t status)
{
    int head;

    while ((head = fake_take(f)) >= 0) {
        fake_use(f, (uint32_t)head, serve_chain(f, (unsigned)head, status));
        f->interrupt |= 1;
    }
}

void fake_serve_ok(struct fake *f)
{
    if (f->status & VIRTIO_STATUS_DRIVER_OK)
        fake_serve_status(f, 0);
}

unsigned fake_writes(const struct fake *f, uint32_t offset)
{
    unsigned count = 0;

    for (unsigned i = 0; i < f->log_count; i++)
        count += f->log[i].write && f->log[i].offset == offset;
    return count;
}

unsigned fake_accesses(const struct fake *f)
{
    return f->log_count;
}

/* ---- a block device ------------------------------------------------------ */

void fake_blk_init(struct fake_blk *b)
{
    fake_init(&b->f);
    b->f.offered |= RGT_FEATURE(VIRTIO_BLK_F_FLUSH);
    fake_put64(b->f.config, 1000);
    fake_put16(b->f.config + 34, 1); /* num_queues */
    b->cfg = (struct rgt_blk_config){
        .hal = &b->f.hal,
        .transport = &b->f.mmio.transport,
        .slots = b->slots,
        .slot_count = 256,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = 1000000,
    };
}

void fake_blk_up(struct fake_blk *b)
{
    assert_int_equal(rgt_blk_init(&b->blk, &b->cfg), 0);
}

void fake_blk_down(struct fake_blk *b)
{
    b->f.reset_never = false;
    assert_int_equal(rgt_blk_close(&b->blk), 0);
    assert_int_equal(b->f.allocs, b->f.frees);
    assert_int_equal(b->f.shares, b->f.unshares);
    assert_int_equal(b->f.kicks_before_driver_ok, 0);
}
