/* SPDX-License-Identifier: MIT */
/* The ring accesses of the driver under test, in place of ringtrue/fence.h:
 * before each load the device may change what is loaded. So whatever the
 * driver looks at twice can be different the second time. */
#ifndef FUZZ_DRIVER_FENCE_H
#define FUZZ_DRIVER_FENCE_H

#include "ringtrue/le.h"
#include <stdatomic.h>
#include <stdint.h>

void fuzz_before_load(void);

static inline uint8_t rgt_ring_load8(const uint8_t *field)
{
    fuzz_before_load();
    return *(const volatile uint8_t *)field;
}

static inline uint16_t rgt_ring_load16(const uint16_t *field)
{
    fuzz_before_load();
    return rgt_le16(*(const volatile uint16_t *)field);
}

static inline uint32_t rgt_ring_load32(const uint32_t *field)
{
    fuzz_before_load();
    return rgt_le32(*(const volatile uint32_t *)field);
}

static inline uint16_t rgt_ring_load_idx(const uint16_t *idx)
{
    return rgt_ring_load16(idx);
}

static inline void rgt_ring_store16(uint16_t *field, uint16_t value)
{
    *(volatile uint16_t *)field = rgt_le16(value);
}

static inline void rgt_ring_store32(uint32_t *field, uint32_t value)
{
    *(volatile uint32_t *)field = rgt_le32(value);
}

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

static inline void rgt_ring_store_idx(uint16_t *idx, uint16_t value)
{
    rgt_ring_store16(idx, value);
}

/* Driver and device take turns on one thread. */
static inline void rgt_fence_idx_before_suppression(void)
{
}

static inline void rgt_fence_suppression_before_idx(void)
{
}

#endif
