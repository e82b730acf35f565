/* SPDX-License-Identifier: MIT
 *
 * machine.c: the ports of the driver, onto a simulated machine.
 */
#include "machine.h"

#include <stddef.h>
#include <stdio.h>

#include "fakedev/machine.h"
#include "ringtrue/wire.h"

/* ---- struct rgt_hal: memory, sleep, time, log ---- */

static struct machine *of_hal(struct rgt_hal *hal)
{
    return (struct machine *)hal;
}

static void *dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                       uint64_t *dma)
{
    struct machine *m = of_hal(hal);
    void *cpu;

    pthread_mutex_lock(&m->lock);
    cpu = fake_arena_dma_alloc(&m->fake->arena, bytes, align, dma);
    pthread_mutex_unlock(&m->lock);
    return cpu;
}

static void dma_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma)
{
    struct machine *m = of_hal(hal);

    pthread_mutex_lock(&m->lock);
    fake_arena_dma_free(&m->fake->arena, cpu, bytes, dma);
    pthread_mutex_unlock(&m->lock);
}

static enum fake_dir direction(enum rgt_dir dir)
{
    return dir == RGT_TO_DEVICE ? FAKE_TO_DEVICE : FAKE_FROM_DEVICE;
}

static uint64_t share(struct rgt_hal *hal, void *buf, size_t bytes,
                      enum rgt_dir dir)
{
    struct machine *m = of_hal(hal);
    uint64_t dma;

    pthread_mutex_lock(&m->lock);
    dma = fake_arena_share(&m->fake->arena, buf, bytes, direction(dir));
    pthread_mutex_unlock(&m->lock);
    return dma == FAKE_DMA_BAD ? RGT_DMA_BAD : dma;
}

static void unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir, uint64_t dma)
{
    struct machine *m = of_hal(hal);

    pthread_mutex_lock(&m->lock);
    fake_arena_unshare(&m->fake->arena, buf, bytes, direction(dir), dma);
    pthread_mutex_unlock(&m->lock);
}

static int wait_irq(struct rgt_hal *hal, uint64_t deadline_ns)
{
    return machine_wait(of_hal(hal), deadline_ns);
}

static uint64_t now_ns(struct rgt_hal *hal)
{
    return machine_now_ns(of_hal(hal));
}

static void log_line(struct rgt_hal *hal, const char *line)
{
    (void)hal;
    fprintf(stderr, "%s\n", line);
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

/* ---- struct rgt_mmio_bus: registers ---- */

static struct machine *of_bus(struct rgt_mmio_bus *bus)
{
    return (struct machine *)(void *)((char *)bus -
                                      offsetof(struct machine, bus));
}

static uint32_t bus_read(struct rgt_mmio_bus *bus, uint32_t offset,
                         unsigned width_bytes)
{
    struct machine *m = of_bus(bus);
    uint32_t value;

    pthread_mutex_lock(&m->lock);
    value = fake_machine_read(m->fake, offset, width_bytes);
    pthread_mutex_unlock(&m->lock);
    return value;
}

static void bus_write(struct rgt_mmio_bus *bus, uint32_t offset,
                      unsigned width_bytes, uint32_t value)
{
    struct machine *m = of_bus(bus);

    pthread_mutex_lock(&m->lock);
    fake_machine_write(m->fake, offset, width_bytes, value);
    pthread_mutex_unlock(&m->lock);
}

static const struct rgt_mmio_bus_ops bus_ops = {
    .read = bus_read,
    .write = bus_write,
};

/* ---- the machine ---- */

#define BIT(n) (UINT64_C(1) << (n))

bool machine_start(struct machine *m, bool threads)
{
    const struct fake_machine_config cfg = {
        .sched = threads ? FAKE_SCHED_THREADS : FAKE_SCHED_STEP,
        .seed = 1,
        .memory = FAKE_MEM_BOUNCE, /* a bus with copies shows most mistakes */
        .arena_bytes = (size_t)4 << 20,
        .queue_size_max = 64,
        .device_id = VIRTIO_ID_BLOCK,
        .blk = {.features = BIT(VIRTIO_F_VERSION_1) |
                            BIT(VIRTIO_F_INDIRECT_DESC) |
                            BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_BLK_F_FLUSH) |
                            BIT(VIRTIO_BLK_F_MQ),
                .num_queues = MACHINE_QUEUES,
                .id = "example"},
    };
    struct fake_store *store;
    char err[256];

    store = fake_store_memory(MACHINE_SECTORS * 512u, err, sizeof(err));
    m->fake = store ? fake_machine_new(&cfg, store, err, sizeof(err)) : NULL;
    if (!m->fake) {
        fprintf(stderr, "no machine: %s\n", err);
        return false;
    }
    pthread_mutex_init(&m->lock, NULL);
    m->hal.ops = &hal_ops;
    m->bus.ops = &bus_ops;
    rgt_mmio_init(&m->mmio, &m->bus);
    return true;
}

void machine_stop(struct machine *m)
{
    fake_machine_free(m->fake);
    pthread_mutex_destroy(&m->lock);
}

bool machine_wait(struct machine *m, uint64_t deadline_ns)
{
    return fake_machine_wait(m->fake, deadline_ns) != 0;
}

uint64_t machine_now_ns(struct machine *m)
{
    return fake_machine_now(m->fake);
}
