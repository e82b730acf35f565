/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_port.c: the two ports that an OS author writes for driver/,
 * here onto the port of the bench: struct rgt_hal_ops (memory, wait, time,
 * log) and struct rgt_mmio_bus_ops (register access).
 */
#include "dut_ringtrue_port.h"

#include <stddef.h>

/* ---- the platform port ---- */

static const struct rig_port *of_hal(struct rgt_hal *hal)
{
    return ((struct rig_ports *)hal)->port;
}

static void *hal_dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                           uint64_t *dma)
{
    const struct rig_port *p = of_hal(hal);

    return p->dma_alloc(p->ctx, bytes, align, dma);
}

static void hal_dma_free(struct rgt_hal *hal, void *cpu, size_t bytes,
                         uint64_t dma)
{
    const struct rig_port *p = of_hal(hal);

    p->dma_free(p->ctx, cpu, bytes, dma);
}

static uint64_t hal_share(struct rgt_hal *hal, void *buf, size_t bytes,
                          enum rgt_dir dir)
{
    const struct rig_port *p = of_hal(hal);

    return p->share(p->ctx, buf, bytes,
                    dir == RGT_TO_DEVICE ? RIG_TO_DEVICE : RIG_FROM_DEVICE);
}

static void hal_unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                        enum rgt_dir dir, uint64_t dma)
{
    const struct rig_port *p = of_hal(hal);

    p->unshare(p->ctx, buf, bytes,
               dir == RGT_TO_DEVICE ? RIG_TO_DEVICE : RIG_FROM_DEVICE, dma);
}

static int hal_wait(struct rgt_hal *hal, uint64_t deadline_ns)
{
    const struct rig_port *p = of_hal(hal);

    return p->wait(p->ctx, deadline_ns);
}

static uint64_t hal_now_ns(struct rgt_hal *hal)
{
    const struct rig_port *p = of_hal(hal);

    return p->now_ns(p->ctx);
}

static void hal_log(struct rgt_hal *hal, const char *line)
{
    const struct rig_port *p = of_hal(hal);

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
    char *at = (char *)bus - offsetof(struct rig_ports, bus);

    return ((struct rig_ports *)(void *)at)->port;
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

void rig_ports_init(struct rig_ports *p, const struct rig_port *port)
{
    p->hal.ops = &hal_ops;
    p->bus.ops = &bus_ops;
    p->port = port;
    rgt_mmio_init(&p->mmio, &p->bus);
}
