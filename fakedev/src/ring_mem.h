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
    bool torn;        /* a fault: id and len stay unwritten */
};

/* ring.c */
uint8_t *fake_ring_map(struct fake_ring *ring, uint64_t addr, uint64_t bytes,
                       unsigned natural, enum fake_dir dir);
void fake_ring_break(struct fake_ring *ring, uint16_t head,
                     enum fake_chain_bad reason, uint32_t index,
                     uint64_t value);

/* ring.c */
uint8_t *fake_ring_put(struct fake_ring *ring, const struct fake_used *used);

/* Takes over where a fault may act on what is given back: ring_lie.c. */
void fake_ring_lie(struct fake_ring *ring, struct fake_chain *chain,
                   uint32_t len);
/* The same at once, whatever there is that would keep it back. */
void fake_ring_give_wrong(struct fake_ring *ring, struct fake_chain *chain,
                          uint32_t len);
/* IN_ORDER: of the oldest buffer, which is done, or of the next one. */
void fake_ring_lie_in_order(struct fake_ring *ring);
void fake_ring_release(struct fake_ring *ring, struct fake_chain *chain);

/* Keeps a buffer back, behind those that are: ring_late.c. */
void fake_ring_keep(struct fake_ring *ring, struct fake_chain *chain,
                    uint32_t len, uint64_t until_ns);
/* The ring goes down: they are never given. */
void fake_ring_forget_kept(struct fake_ring *ring);
/* An entry was shown torn: the rest of it comes with the next move. */
void fake_ring_tear(struct fake_ring *ring, uint8_t *entry,
                    const struct fake_used *used);
/* An entry was shown: it may change yet. */
void fake_ring_note_shown(struct fake_ring *ring, uint8_t *entry,
                          const struct fake_chain *chain);

/* Where a kick is to be asked for with EVENT_IDX, right or wrong, in *event;
 * false: what stands there is to stay. */
bool fake_ring_event(struct fake_ring *ring, uint64_t *event);

/* Nothing is due for what has been put. */
static inline void fake_ring_told(struct fake_ring *ring)
{
    ring->used_told = ring->used_idx;
    ring->told = ring->given.count;
}

/* Emits USED, while the driver cannot see the entry yet. */
void fake_ring_tell_used(struct fake_ring *ring, uint32_t id, uint32_t len,
                         uint64_t idx, uint32_t buffers);

/* ring_split.c and ring_packed.c: the same for both.
 *   up       maps the areas, emits QUEUE_INIT; 0 or -1
 *   look     is there something to take? may break the ring
 *   take     next chain, or NULL
 *   put      writes a used entry, emits USED; returns where it stands
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
uint8_t *fake_split_put(struct fake_ring *ring, const struct fake_used *used);
uint8_t *fake_packed_put(struct fake_ring *ring, const struct fake_used *used);
int64_t fake_split_unlent(const struct fake_ring *ring, uint16_t head);
int64_t fake_packed_unlent(const struct fake_ring *ring, uint16_t id);
bool fake_split_due(struct fake_ring *ring);
bool fake_packed_due(struct fake_ring *ring);
void fake_split_refuse(struct fake_ring *ring);
void fake_packed_refuse(struct fake_ring *ring);
bool fake_split_ask(struct fake_ring *ring);
bool fake_packed_ask(struct fake_ring *ring);

/* Is the driver to kick at each slot? */
bool fake_packed_wants_all(const struct fake_ring *ring);

/* ring_packed_odd.c */
/* Flags of the slot at `entry`, as the driver sees them. */
uint16_t fake_packed_flags(const uint8_t *entry);
/* The second word of a descriptor, as a number. */
#define PACKED_WORD(flags, id, len)                                            \
    ((uint64_t)(uint16_t)(flags) << 48 | (uint64_t)(uint16_t)(id) << 32 |      \
     (uint32_t)(len))
/* Sets those bits of the second word of a used descriptor that are in mask,
 * unless the driver has made its slot available since: its flags are not these
 * any more. */
void fake_packed_amend(uint8_t *entry, uint16_t flags, uint64_t mask,
                       uint64_t bits);
/* Reads the slots again that a fault has written over. */
void fake_packed_reread(struct fake_ring *ring, const struct fake_fetched *was);

/* split: used idx as it is shown, and nothing else. */
void fake_split_show_idx(struct fake_ring *ring, uint16_t idx);

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
