/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_fence.h: the twelve functions of ringtrue/fence.h for a driver
 * whose ring accesses go through the weak CPU of instrument.h:
 * -DRGT_FENCE_HEADER='"dut_ringtrue_fence.h"'. What each of them is for, and
 * what it orders, stands in fence.h; the orders here are those that stand
 * there. RGT_OMIT_FENCE_<name> takes one out here as well.
 */
#ifndef RIG_DUT_RINGTRUE_FENCE_H
#define RIG_DUT_RINGTRUE_FENCE_H

#include <stdint.h>

#include "ringtrue/le.h"

enum rig_fence_order {
    RIG_FENCE_RELAXED,
    RIG_FENCE_ACQUIRE,
    RIG_FENCE_RELEASE
};

uint64_t rig_fence_load(const void *field, unsigned bytes,
                        enum rig_fence_order order);
void rig_fence_store(void *field, uint64_t value, unsigned bytes,
                     enum rig_fence_order order);
void rig_fence_full(void);

#ifdef RGT_OMIT_FENCE_ENTRIES_BEFORE_IDX
#define RIG_FENCE_STORE_IDX RIG_FENCE_RELAXED
#else
#define RIG_FENCE_STORE_IDX RIG_FENCE_RELEASE
#endif

#ifdef RGT_OMIT_FENCE_IDX_BEFORE_ENTRIES
#define RIG_FENCE_LOAD_IDX RIG_FENCE_RELAXED
#else
#define RIG_FENCE_LOAD_IDX RIG_FENCE_ACQUIRE
#endif

static inline uint8_t rgt_ring_load8(const uint8_t *field)
{
    return (uint8_t)rig_fence_load(field, 1, RIG_FENCE_RELAXED);
}

static inline uint16_t rgt_ring_load16(const uint16_t *field)
{
    return rgt_le16((uint16_t)rig_fence_load(field, 2, RIG_FENCE_RELAXED));
}

static inline uint32_t rgt_ring_load32(const uint32_t *field)
{
    return rgt_le32((uint32_t)rig_fence_load(field, 4, RIG_FENCE_RELAXED));
}

static inline void rgt_ring_store16(uint16_t *field, uint16_t value)
{
    rig_fence_store(field, rgt_le16(value), 2, RIG_FENCE_RELAXED);
}

static inline void rgt_ring_store32(uint32_t *field, uint32_t value)
{
    rig_fence_store(field, rgt_le32(value), 4, RIG_FENCE_RELAXED);
}

static inline void rgt_ring_put16(uint16_t *field, uint16_t value)
{
    rgt_ring_store16(field, value);
}

static inline void rgt_ring_put32(uint32_t *field, uint32_t value)
{
    rgt_ring_store32(field, value);
}

static inline void rgt_ring_put64(uint64_t *field, uint64_t value)
{
    rig_fence_store(field, rgt_le64(value), 8, RIG_FENCE_RELAXED);
}

static inline void rgt_ring_store_idx(uint16_t *idx, uint16_t value)
{
    rig_fence_store(idx, rgt_le16(value), 2, RIG_FENCE_STORE_IDX);
}

static inline uint16_t rgt_ring_load_idx(const uint16_t *idx)
{
    return rgt_le16((uint16_t)rig_fence_load(idx, 2, RIG_FENCE_LOAD_IDX));
}

static inline void rgt_fence_idx_before_suppression(void)
{
#ifndef RGT_OMIT_FENCE_IDX_BEFORE_SUPPRESSION
    rig_fence_full();
#endif
}

static inline void rgt_fence_suppression_before_idx(void)
{
#ifndef RGT_OMIT_FENCE_SUPPRESSION_BEFORE_IDX
    rig_fence_full();
#endif
}

#endif
