/* SPDX-License-Identifier: MIT */
/* Port 1: what the driver needs from the platform. The whole contract.
 *
 * Embed struct rgt_hal as the first member of your own object, point ops at a
 * constant table with every slot filled, and cast back inside the functions.
 * The driver calls them only from the thread that called the driver, never
 * from a callback of its own making, and holds no lock. Who calls it from
 * several threads at a time, as blk.h allows, has share, unshare and log called
 * from all of them.
 *
 * Three memories: ring memory (dma_alloc) is seen by both sides at all times
 * and must be coherent; shared memory (share) belongs to the device until
 * unshare; everything else the device never sees. A device address is what
 * the device puts on the bus: a physical address if VIRTIO_F_ACCESS_PLATFORM
 * was not offered, else whatever the IOMMU maps (6.1).
 */
#ifndef RINGTRUE_HAL_H
#define RINGTRUE_HAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rgt_hal;

/* Which way the data of a shared buffer goes. */
enum rgt_dir {
    RGT_TO_DEVICE,   /* the device only reads it */
    RGT_FROM_DEVICE, /* the device only writes it */
};

/* The device address that share() returns for "impossible". */
#define RGT_DMA_BAD UINT64_MAX

struct rgt_hal_ops {
    /* Coherent memory for both sides, contiguous in device addresses.
     * bytes > 0; align a power of two, at most 64, for both addresses.
     * Stores the device address in *dma. Content may be anything.
     * Returns the CPU address, or NULL if there is none. */
    void *(*dma_alloc)(struct rgt_hal *hal, size_t bytes, size_t align,
                       uint64_t *dma);

    /* Gives back what dma_alloc returned, with the same bytes and dma. */
    void (*dma_free)(struct rgt_hal *hal, void *cpu, size_t bytes,
                     uint64_t dma);

    /* Lends buf (any alignment, bytes > 0) to the device: identity, IOMMU
     * map with cache clean, or a bounce copy (made here if RGT_TO_DEVICE).
     * The range returned is contiguous. Must not block.
     * Returns the device address, or RGT_DMA_BAD: nothing was lent. */
    uint64_t (*share)(struct rgt_hal *hal, void *buf, size_t bytes,
                      enum rgt_dir dir);

    /* Ends one share(), same arguments and its result: unmap, cache
     * invalidate, bounce copy back (if RGT_FROM_DEVICE). Cannot fail. */
    void (*unshare)(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir, uint64_t dma);

    /* Sleeps until the device's interrupt or until now_ns() >= deadline_ns.
     * Interrupts are remembered: one that came since the last wait() ends
     * this one at once, or a wake-up is lost. May spin; may return 1 though
     * nothing happened. Used by *_sync calls and while a reset is awaited.
     * Returns 1 interrupt seen, 0 deadline reached. */
    int (*wait)(struct rgt_hal *hal, uint64_t deadline_ns);

    /* Monotonic time in nanoseconds, any origin. It has to advance at the
     * latest when wait() is called. */
    uint64_t (*now_ns)(struct rgt_hal *hal);

    /* One line "area: verb key=value", no newline, valid during the call
     * only. Said once per event that ends the use of a device; never on the
     * path of a request that succeeds. */
    void (*log)(struct rgt_hal *hal, const char *line);
};

struct rgt_hal {
    const struct rgt_hal_ops *ops;
};

#ifdef __cplusplus
}
#endif

#endif
