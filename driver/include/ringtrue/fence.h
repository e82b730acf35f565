/* SPDX-License-Identifier: MIT */
/* C only. Every load from and store to a ring, and the four fences between
 * them.
 *
 * A port to odd hardware, or an instrumented build, replaces the whole file:
 * -DRGT_FENCE_HEADER='"my_fence.h"' defining the twelve functions below.
 *
 * - ENTRIES_BEFORE_IDX: the stores to descriptors and available ring before
 *   the store of avail idx (2.7.13.3.1).
 * - IDX_BEFORE_SUPPRESSION: the store of avail idx before the load of used
 *   flags or avail_event (2.7.13.4.1).
 * - IDX_BEFORE_ENTRIES: the load of used idx before the loads of used ring
 *   entries and of the buffers they speak of (2.7.14).
 * - SUPPRESSION_BEFORE_IDX: the store of used_event or avail flags before the
 *   second load of used idx (2.7.14).
 *
 * In a packed ring the flags of a descriptor are what idx is here, for both
 * sides, and the event suppression structures are the suppression
 * (2.8.21.1.1, 2.8.21.3.1, 2.8.22).
 *
 * harness/rig/dut_ringtrue_fence.h is such a build; it is tested by the bench
 * with all four, and without each.
 *
 * Each can be taken out by defining RGT_OMIT_FENCE_<name>, so that a bench
 * can prove that it notices. Taking one out breaks the driver.
 *
 * The first and the third are a release store and an acquire load, which
 * ThreadSanitizer understands. On x86 they cost nothing and forbid nothing
 * that the CPU would do, only the compiler; on ARM, RISC-V and POWER they are
 * real. The other two order a store before a later load, which every CPU
 * turns round, x86 too: they are full fences everywhere.
 *
 * VIRTIO_F_ORDER_PLATFORM (6.1) asks for barriers that also hold against a
 * hardware device. Ours always do, negotiated or not: where C11 fences reach
 * the other CPUs only (the inner shareable domain of ARM), a barrier for the
 * outer domain goes with them.
 */
#ifndef RINGTRUE_FENCE_H
#define RINGTRUE_FENCE_H

#ifdef RGT_FENCE_HEADER
#include RGT_FENCE_HEADER
#else

#include "ringtrue/le.h"
#include <stdatomic.h>
#include <stdint.h>

#if defined(__aarch64__)
#define RGT__FENCE_OUTER(kind) __asm__ volatile("dmb " kind ::: "memory")
#elif defined(__arm__) && __ARM_ARCH >= 7 /* has no load-only barrier */
#define RGT__FENCE_OUTER(kind) __asm__ volatile("dmb osh" ::: "memory")
#else
#define RGT__FENCE_OUTER(kind) ((void)0)
#endif

/* Exactly one load each, so that what was checked is what is used. */
static inline uint8_t rgt_ring_load8(const uint8_t *field)
{
    return atomic_load_explicit((const _Atomic uint8_t *)field,
                                memory_order_relaxed);
}

static inline uint16_t rgt_ring_load16(const uint16_t *field)
{
    return rgt_le16(atomic_load_explicit((const _Atomic uint16_t *)field,
                                         memory_order_relaxed));
}

static inline uint32_t rgt_ring_load32(const uint32_t *field)
{
    return rgt_le32(atomic_load_explicit((const _Atomic uint32_t *)field,
                                         memory_order_relaxed));
}

/* Suppression fields, which the device may read at any moment. */
static inline void rgt_ring_store16(uint16_t *field, uint16_t value)
{
    atomic_store_explicit((_Atomic uint16_t *)field, rgt_le16(value),
                          memory_order_relaxed);
}

static inline void rgt_ring_store32(uint32_t *field, uint32_t value)
{
    atomic_store_explicit((_Atomic uint32_t *)field, rgt_le32(value),
                          memory_order_relaxed);
}

/* Descriptors and avail ring entries: the device looks at them only once the
 * index covers them, so a plain store will do. */
static inline void rgt_ring_put16(uint16_t *field, uint16_t value)
{
    *field = rgt_le16(value);
}

static inline void rgt_ring_put32(uint32_t *field, uint32_t value)
{
    *field = rgt_le32(value);
}

static inline void rgt_ring_put64(uint64_t *field, uint64_t value)
{
    *field = rgt_le64(value);
}

/* Stores avail idx, or the flags of the first descriptor of a batch. Pairs with
 * the device's load of it: a device that sees the new value sees all entries
 * below idx, and all of the batch. */
static inline void rgt_ring_store_idx(uint16_t *idx, uint16_t value)
{
#ifdef RGT_OMIT_FENCE_ENTRIES_BEFORE_IDX
    rgt_ring_store16(idx, value);
#else
    RGT__FENCE_OUTER("oshst");
    atomic_store_explicit((_Atomic uint16_t *)idx, rgt_le16(value),
                          memory_order_release);
#endif
}

/* Loads used idx, or the flags of a descriptor. Pairs with the device's store
 * of it: all used entries below idx, the rest of a used descriptor, and the
 * buffers they speak of, are read after it. */
static inline uint16_t rgt_ring_load_idx(const uint16_t *idx)
{
#ifdef RGT_OMIT_FENCE_IDX_BEFORE_ENTRIES
    return rgt_ring_load16(idx);
#else
    uint16_t value = rgt_le16(atomic_load_explicit(
        (const _Atomic uint16_t *)idx, memory_order_acquire));
    RGT__FENCE_OUTER("oshld");
    return value;
#endif
}

/* Between the store of avail idx and the load of the device's suppression.
 * Without it: the device looks at the old idx and goes to sleep while we look
 * at its old "do not notify", and both wait for ever. */
static inline void rgt_fence_idx_before_suppression(void)
{
#ifndef RGT_OMIT_FENCE_IDX_BEFORE_SUPPRESSION
    atomic_thread_fence(memory_order_seq_cst);
    RGT__FENCE_OUTER("osh");
#endif
}

/* Between the store of our own suppression and the second look at used idx:
 * the mirror image of the one above. */
static inline void rgt_fence_suppression_before_idx(void)
{
#ifndef RGT_OMIT_FENCE_SUPPRESSION_BEFORE_IDX
    atomic_thread_fence(memory_order_seq_cst);
    RGT__FENCE_OUTER("osh");
#endif
}

#endif

#endif
