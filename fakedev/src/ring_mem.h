/* SPDX-License-Identifier: MIT
 *
 * ring_mem.h: fields of ring memory, little-endian (1.4), each accessed once
 * and as a whole. The areas are the driver's to write at any time, right or
 * wrong: nothing read from them may be read twice and trusted to be the same.
 */
#ifndef FAKEDEV_RING_MEM_H
#define FAKEDEV_RING_MEM_H

#include <stdatomic.h>
#include <stdint.h>

#include "fakedev/fault.h"
#include "fakedev/ring.h"
#include "ringtrue/wire.h"

/* struct virtq_avail and virtq_used (2.7.6, 2.7.8) */
#define RING_FLAGS 0u
#define RING_IDX 2u
#define RING_ENTRIES 4u
#define AVAIL_ENTRY_BYTES 2u
#define USED_ENTRY_BYTES 8u
#define DESC_BYTES 16u

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FAKE_LE16(v) __builtin_bswap16(v)
#define FAKE_LE32(v) __builtin_bswap32(v)
#define FAKE_LE64(v) __builtin_bswap64(v)
#else
#define FAKE_LE16(v) (v)
#define FAKE_LE32(v) (v)
#define FAKE_LE64(v) (v)
#endif

static inline uint16_t get16(const uint8_t *at, memory_order order)
{
    return FAKE_LE16(atomic_load_explicit(
        (const _Atomic uint16_t *)(const void *)at, order));
}

static inline uint32_t get32(const uint8_t *at)
{
    return FAKE_LE32(atomic_load_explicit(
        (const _Atomic uint32_t *)(const void *)at, memory_order_relaxed));
}

static inline uint64_t get64(const uint8_t *at)
{
    return FAKE_LE64(atomic_load_explicit(
        (const _Atomic uint64_t *)(const void *)at, memory_order_relaxed));
}

static inline void put16(uint8_t *at, uint16_t value, memory_order order)
{
    atomic_store_explicit((_Atomic uint16_t *)(void *)at, FAKE_LE16(value),
                          order);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    atomic_store_explicit((_Atomic uint32_t *)(void *)at, FAKE_LE32(value),
                          memory_order_relaxed);
}

static inline uint8_t *avail_entry(const struct fake_ring *ring, uint16_t idx)
{
    return ring->avail + RING_ENTRIES +
           AVAIL_ENTRY_BYTES * (idx & (ring->cfg.size - 1));
}

static inline uint8_t *used_entry(const struct fake_ring *ring, uint16_t idx)
{
    return ring->used + RING_ENTRIES +
           USED_ENTRY_BYTES * (idx & (ring->cfg.size - 1));
}

/* used_event lies behind the available entries, avail_event behind the used
 * ones. */
static inline uint8_t *used_event(const struct fake_ring *ring)
{
    return ring->avail + RING_ENTRIES + AVAIL_ENTRY_BYTES * ring->cfg.size;
}

static inline uint8_t *avail_event(const struct fake_ring *ring)
{
    return ring->used + RING_ENTRIES + USED_ENTRY_BYTES * ring->cfg.size;
}

/* An occasion for a fault; costs one test when it is not in the plan. */
static inline bool ring_fault(struct fake_ring *ring, enum fake_fault fault,
                              uint64_t *arg)
{
    return ring->faults && ring->faults->mask >> fault & 1 &&
           fake_fault_fires(ring->faults, fault, ring->log, ring->cfg.index,
                            arg);
}

/* One descriptor as the device read it. */
struct fake_fetched {
    const uint8_t *at;
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
    uint16_t index; /* in its table */
};

/* ring_walk.c: reads the chain at chain->head and fills the chain. Returns
 * false, with CHAIN_BAD emitted, if it cannot be served safely. */
bool fake_ring_walk(struct fake_ring *ring, struct fake_chain *chain);

/* ring_walk.c: emits CHAIN_CHANGED if a descriptor differs from what it was. */
void fake_ring_recheck(struct fake_ring *ring, const struct fake_chain *chain);

#endif
