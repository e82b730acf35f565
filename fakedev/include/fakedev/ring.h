/* SPDX-License-Identifier: MIT
 *
 * ring.h: the device half of a split virtqueue (2.7), written from the
 * specification, with everything checked that the driver wrote.
 *
 * The ring reports what it finds as events and judges nothing. What cannot be
 * served safely makes it `broken`: no further buffer is taken, and the device
 * asks for a reset (2.1.2).
 *
 * Threads: the device's only. All shared fields are accessed by C11 atomics.
 */
#ifndef FAKEDEV_RING_H
#define FAKEDEV_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "fakedev/arena.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"

#define FAKE_RING_SIZE_MAX 32768u

struct fake_ring;

/* One element of a chain, already translated. */
struct fake_seg {
    uint8_t *mem;
    uint32_t bytes;
};

/* One descriptor as the device read it, once. Private to the ring. */
struct fake_fetched;

/* A buffer lent by the driver: readable segments first, then writable. */
struct fake_chain {
    uint16_t head;
    bool busy; /* with the device */
    uint32_t seg_count;
    uint32_t readable_count; /* segments the device reads */
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    struct fake_seg *seg; /* seg_room entries, owned by the ring */
    uint32_t seg_room;
    struct fake_fetched *fetched; /* see fake_ring_complete */
    uint32_t fetched_count, fetched_room;
    uint64_t taken_at;       /* order in which it was taken, from 0 */
    struct fake_ring *ring;  /* it was taken from */
    struct fake_chain *link; /* for the model's own lists */
    uint64_t due_ns;         /* for the model's own use, as is the next */
    uint64_t model[2];
};

struct fake_ring_config {
    uint16_t index; /* of the queue */
    uint32_t size;
    uint64_t desc, driver, device; /* device addresses of the three areas */
    uint64_t features;             /* negotiated */
};

struct fake_ring {
    struct fake_arena *arena;
    struct fake_log *log;
    struct fake_fault_plan *faults;
    struct fake_ring_config cfg;
    bool live;
    bool broken;
    bool event_idx;
    bool asleep;        /* it has asked for a kick and waits for it */
    bool polling;       /* the device has told the driver not to kick */
    bool always_polls;  /* ... and will not take it back (a fault) */
    uint16_t armed_idx; /* entry last asked to be told of (avail_event) */
    uint8_t *desc;      /* areas, mapped while live */
    uint8_t *avail;
    uint8_t *used;
    uint16_t avail_idx;  /* next entry to take */
    uint16_t avail_seen; /* newest avail idx seen */
    uint16_t used_idx;   /* next entry to write */
    uint16_t used_told;  /* used idx at the last interrupt decision */
    uint64_t taken_count;
    struct fake_chain *chain; /* by head: size entries */
};

/* Starts serving a queue: maps the areas (a bad one: MEM_FAULT event, broken
 * ring), emits QUEUE_UP and QUEUE_INIT. Returns 0, or -1 if it is broken. */
int fake_ring_up(struct fake_ring *ring, struct fake_arena *arena,
                 struct fake_log *log, struct fake_fault_plan *faults,
                 const struct fake_ring_config *cfg);

/* Stops serving: nothing of the queue is touched from here on (2.4.1,
 * 4.2.2.1). Frees what fake_ring_up made. */
void fake_ring_down(struct fake_ring *ring);

/* Takes the next available buffer. Emits AVAIL when the idx moved, DESC per
 * descriptor, CHAIN; CHAIN_BAD for what is wrong with it. Returns the chain
 * (the ring's memory, valid until completed), or NULL: nothing there, or the
 * ring is now broken. At most the queue size of descriptors is walked. */
struct fake_chain *fake_ring_take(struct fake_ring *ring);

/* Is there something to take? Reads avail idx. */
bool fake_ring_pending(struct fake_ring *ring);

/* Gives a buffer back with `len` bytes written (2.7.8): checks that the
 * driver left the descriptors alone meanwhile (CHAIN_CHANGED), writes the
 * used entry, then the idx; emits USED. Ring faults act here. */
void fake_ring_complete(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len);

/* After one or more completions: is a used buffer notification due (2.7.7.2)?
 * Call once per batch. */
bool fake_ring_interrupt_due(struct fake_ring *ring);

/* The driver has kicked: a ring that was armed is looked at again. */
void fake_ring_kick(struct fake_ring *ring);

/* The device is about to look by itself: asks the driver not to kick
 * (2.7.10). When that changes something, emits SUPPRESSING before and
 * SUPPRESSED after. */
void fake_ring_suppress(struct fake_ring *ring);

/* The device is about to stop looking: asks for a kick at the next entry,
 * then looks once more; emits ARMING before. Returns true if there is something
 * to take, or the ring is never to be armed (KICK_SUPPRESSED), so that the
 * device must not stop; else emits ARMED, unless it is armed for that entry
 * already, and nothing is taken or pending until fake_ring_kick(): a device
 * that looked all the same would hide a kick that never came. */
bool fake_ring_arm(struct fake_ring *ring);

/* Copies out of the readable / into the writable part of a chain, at a byte
 * offset from the start of that part. Returns the bytes copied, fewer than
 * asked at the end of the part. */
uint64_t fake_chain_read(const struct fake_chain *chain, uint64_t offset,
                         void *to, uint64_t bytes);
uint64_t fake_chain_write(const struct fake_chain *chain, uint64_t offset,
                          const void *from, uint64_t bytes);

#endif
