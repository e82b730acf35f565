/* SPDX-License-Identifier: MIT
 *
 * arena_private.h: private to the arena: a window, as both sides know it.
 */
#ifndef FAKEDEV_ARENA_PRIVATE_H
#define FAKEDEV_ARENA_PRIVATE_H

#include "fakedev/arena.h"

/* Device addresses keep the low bits of the arena offset, so that whatever
 * is aligned for the CPU is aligned for the device. */
#define KEPT_BITS UINT64_C(0xffff)
#define WINDOW_SHIFT 32
#define WINDOW_BYTES_MAX ((UINT64_C(1) << WINDOW_SHIFT) - KEPT_BITS - 1)

enum window_kind { WINDOW_DMA, WINDOW_SHARE, WINDOW_BOUNCE };

struct fake_window {
    /* Read by the device's thread. Relaxed: what orders an opening before
     * its first use is the publication of the address in a ring; a driver
     * that breaks this may get a mixture of old and new, never an address
     * outside the arena (see fake_arena_map). */
    atomic_uint_least64_t start; /* device address of the first byte */
    atomic_uint_least64_t bytes; /* 0: closed */
    _Atomic(uint8_t *) mem;
    atomic_uint dirs; /* bit per enum fake_dir that is allowed */
    /* The driver's thread only. */
    uint32_t next; /* closed: the next one in the queue */
    /* The driver's buffer; likewise read by the device's. */
    _Atomic(uint8_t *) cpu;
    enum window_kind kind;
    enum fake_dir dir;
};

/* base: of the driver's mapping, or of the device's. */
static inline bool in_arena(const uint8_t *base, const struct fake_arena *arena,
                            const void *buf, size_t bytes)
{
    uintptr_t offset = (uintptr_t)buf - (uintptr_t)base;

    return offset < arena->bytes && bytes <= arena->bytes - offset;
}

#endif
