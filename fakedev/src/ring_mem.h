/* SPDX-License-Identifier: MIT
 *
 * ring_mem.h: private to the ring: fields of ring memory, little-endian (1.4),
 * each accessed once and as a whole, and what its files owe each other. The
 * areas are the driver's to write at any time, right or wrong: nothing read
 * from them may be read twice and trusted to be the same.
 */
#ifndef FAKEDEV_RING_MEM_H
#define FAKEDEV_RING_MEM_H

#include <stdatomic.h>
#include <stdint.h>

#include "fakedev/fault.h"
#include "fakedev/ring.h"
#include "ringtrue/wire.h"

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

static inline void put64(uint8_t *at, uint64_t value)
{
    atomic_store_explicit((_Atomic uint64_t *)(void *)at, FAKE_LE64(value),
                          memory_order_relaxed);
}

/* An occasion for a fault; costs one test when it is not in the plan. */
static inline bool ring_fault(struct fake_ring *ring, enum fake_fault fault,
                              uint64_t *arg)
{
    return fake_fault_planned(ring->faults, fault) &&
           fake_fault_fires(ring->faults, fault, ring->log, ring->cfg.index,
                            arg);
}

/* One descriptor as the device read it. */
struct fake_fetched {
    const uint8_t *at;
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next; /* packed: id */
    uint16_t index;       /* in its table, or slot */
    bool in_table;
};

/* One used entry. */
struct fake_used {
    uint32_t id, len;
    uint32_t buffers; /* that it gives back */
    uint32_t steps;   /* by which used idx, or the used slot, moves on */
    bool other_lap;   /* packed, a fault: with the wrong wrap counter */
};

/* ring.c */
uint8_t *fake_ring_map(struct fake_ring *ring, uint64_t addr, uint64_t bytes,
                       unsigned natural, enum fake_dir dir);
void fake_ring_break(struct fake_ring *ring, uint16_t head,
                     enum fake_chain_bad reason, uint32_t index,
                     uint64_t value);

/* Emits USED, while the driver cannot see the entry yet. */
void fake_ring_tell_used(struct fake_ring *ring, uint32_t id, uint32_t len,
                         uint64_t idx, uint32_t buffers);

/* ring_split.c and ring_packed.c: the same for both.
 *   up       maps the areas, emits QUEUE_INIT; 0 or -1
 *   look     is there something to take? may break the ring
 *   take     next chain, or NULL
 *   put      writes a used entry, emits USED
 *   unlent   an id that is not with the device, or -1
 *   due      is a used buffer notification due for what was put?
 *   refuse   asks for no kicks
 *   ask      asks for one at the next entry; returns true if at every entry */
int fake_split_up(struct fake_ring *ring);
int fake_packed_up(struct fake_ring *ring);
bool fake_split_look(struct fake_ring *ring);
bool fake_packed_look(struct fake_ring *ring);
struct fake_chain *fake_split_take(struct fake_ring *ring);
struct fake_chain *fake_packed_take(struct fake_ring *ring);
void fake_split_put(struct fake_ring *ring, const struct fake_used *used);
void fake_packed_put(struct fake_ring *ring, const struct fake_used *used);
int64_t fake_split_unlent(const struct fake_ring *ring, uint16_t head);
int64_t fake_packed_unlent(const struct fake_ring *ring, uint16_t id);
bool fake_split_due(struct fake_ring *ring);
bool fake_packed_due(struct fake_ring *ring);
void fake_split_refuse(struct fake_ring *ring);
void fake_packed_refuse(struct fake_ring *ring);
bool fake_split_ask(struct fake_ring *ring);
bool fake_packed_ask(struct fake_ring *ring);

/* While kicks are refused: keeps the refusal from running out. */
void fake_split_refresh(struct fake_ring *ring);

/* The chain and its id are free again. */
void fake_packed_release(struct fake_ring *ring, struct fake_chain *chain);

static inline bool fake_packed_is_lent(const struct fake_ring *ring,
                                       uint16_t id)
{
    return ring->lent[id / 64] >> id % 64 & 1;
}

/* Is a slot of a packed ring with these flags available, seen with this wrap
 * counter (2.8.1)? */
static inline bool fake_packed_is_avail(uint16_t flags, bool wrap)
{
    return !!(flags & VIRTQ_DESC_F_AVAIL) == wrap &&
           !!(flags & VIRTQ_DESC_F_USED) != wrap;
}

/* At most size slots further on; the wrap counter changes behind the last. */
static inline void fake_place_move(struct fake_place *at, uint32_t size,
                                   uint32_t slots)
{
    at->count += slots;
    at->slot += slots;
    if (at->slot >= size) {
        at->slot -= size;
        at->wrap = !at->wrap;
    }
}

/* ring_walk.c and ring_walk_packed.c: read a chain (split: at chain->head;
 * packed: at ring->next) and fill it. Return false, with CHAIN_BAD emitted, if
 * it cannot be served safely. */
bool fake_split_walk(struct fake_ring *ring, struct fake_chain *chain);
bool fake_packed_walk(struct fake_ring *ring, struct fake_chain *chain);

/* Is the descriptor as it was? */
bool fake_fetched_is_same(const struct fake_fetched *was, bool packed);

/* Emits CHAIN_CHANGED if a descriptor differs from what it was: all of a split
 * ring's, of a packed one those in a table. */
void fake_ring_recheck(struct fake_ring *ring, const struct fake_chain *chain);

#endif
