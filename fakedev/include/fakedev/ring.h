/* SPDX-License-Identifier: MIT
 *
 * ring.h: the device half of a virtqueue, split (2.7) or packed (2.8), written
 * from the specification, with everything checked that the driver wrote. The
 * models do not see which of the two it is.
 *
 * The ring reports what it finds as events and judges nothing. What cannot be
 * served safely makes it `broken`: no further buffer is taken, and the device
 * asks for a reset (2.1.2).
 *
 * Threads: the device's only. All shared fields are accessed by C11 atomics.
 */
#ifndef FAKEDEV_RING_H
#define FAKEDEV_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fakedev/arena.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "fakedev/ledger.h"

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
    uint16_t head;  /* split: index of its head; packed: its buffer ID */
    bool busy;      /* with the device */
    bool done;      /* completed, but not yet given back (IN_ORDER) */
    uint32_t len;   /* ... with this used length */
    uint32_t slots; /* packed: that its list takes in the ring */
    uint32_t seg_count;
    uint32_t readable_count; /* segments the device reads */
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    struct fake_seg *seg; /* seg_room entries, owned by the ring */
    uint32_t seg_room;
    struct fake_fetched *fetched; /* see fake_ring_complete */
    uint32_t fetched_count, fetched_room;
    uint64_t lent;            /* number of its CHAIN event */
    uint32_t loan;            /* for the ledger; 0: nothing is entered */
    uint64_t taken_at;        /* order in which it was taken, from 0 */
    uint64_t place;           /* split: avail idx of its entry; packed: slots
                               * before it; as in events */
    struct fake_ring *ring;   /* it was taken from */
    struct fake_chain *after; /* for the ring's own lists */
    struct fake_chain *link;  /* for the model's own lists */
    uint64_t due_ns;          /* for the model's own use, as is the next */
    uint64_t model[2];
};

struct fake_ring_config {
    uint16_t index; /* of the queue */
    uint32_t size;
    uint64_t desc, driver, device; /* device addresses of the three areas */
    uint64_t features;             /* negotiated */
    /* Packed: slots taken since the ring was set up, kept up to date for the
     * other half of the device if there is a log. May be NULL. */
    atomic_uint_least64_t *taken;
};

/* A place in a packed ring (2.8.1). */
struct fake_place {
    uint64_t count; /* slots gone by since the ring was set up */
    uint32_t slot;  /* count modulo the queue size */
    bool wrap;      /* the ring wrap counter there; 1 in the first lap */
};

struct fake_ring {
    struct fake_arena *arena;
    struct fake_log *log;
    struct fake_fault_plan *faults;
    struct fake_ring_config cfg;
    bool live;
    bool broken;
    bool packed, event_idx, in_order;
    bool asleep;        /* it has asked for a kick and waits for it */
    bool polling;       /* the device has told the driver not to kick */
    bool always_polls;  /* ... and will not take it back (a fault) */
    uint64_t armed_idx; /* place last asked to be told of (avail_event) */
    uint8_t *desc;      /* areas, mapped while live */
    uint8_t *avail;     /* packed: Driver Event Suppression */
    uint8_t *used;      /* packed: Device Event Suppression */
    uint64_t taken_count;
    struct fake_chain *chain; /* size entries; split: by head */
    /* IN_ORDER: the buffers with the device, in the order they came in */
    struct fake_chain *oldest, *newest;
    /* LATE_WRITE: writable memory of the buffer given back last, by event
     * `since`; bytes 0: none */
    struct {
        uint64_t addr, bytes, since;
    } last_given;
    /* split */
    uint16_t avail_idx;  /* next entry to take */
    uint16_t avail_seen; /* newest avail idx seen */
    uint16_t used_idx;   /* next entry to write */
    uint16_t used_told;  /* used idx at the last interrupt decision */
    /* packed */
    struct fake_place next;   /* next slot to take */
    struct fake_place given;  /* next slot to be marked used */
    uint64_t told;            /* given.count at the last interrupt decision */
    uint32_t driver_event;    /* as last read */
    struct fake_fetched *was; /* by slot: what the device read or wrote last */
    uint64_t *lent;           /* bit set of the buffer IDs with the device */
    struct fake_chain *spare; /* chains that are free */
};

/* Starts serving a queue: maps the areas (a bad one: MEM_FAULT event, broken
 * ring), emits QUEUE_UP and QUEUE_INIT. size: a power of two for a split ring,
 * any from 1 to FAKE_RING_SIZE_MAX for a packed one. Returns 0, or -1 if it is
 * broken. */
int fake_ring_up(struct fake_ring *ring, struct fake_arena *arena,
                 struct fake_log *log, struct fake_fault_plan *faults,
                 const struct fake_ring_config *cfg);

/* Stops serving: nothing of the queue is touched from here on (2.4.1,
 * 4.2.2.1). Frees what fake_ring_up made. */
void fake_ring_down(struct fake_ring *ring);

/* Takes the next available buffer. Emits AVAIL when the idx moved (split), DESC
 * per descriptor, CHAIN; CHAIN_BAD for what is wrong with it. Returns the chain
 * (the ring's memory, valid until completed), or NULL: nothing there, or the
 * ring is now broken. At most the queue size of descriptors is walked. */
struct fake_chain *fake_ring_take(struct fake_ring *ring);

/* Is there something to take? Reads avail idx, or the flags of the next
 * slot. */
bool fake_ring_pending(struct fake_ring *ring);

/* Gives a buffer back with `len` bytes written (2.7.8, 2.8.6): checks that the
 * driver left the descriptors alone meanwhile (CHAIN_CHANGED), writes the
 * used entry, then publishes it; emits USED. Ring faults act here. With
 * IN_ORDER, buffers are given back at the next fake_ring_interrupt_due(), in
 * the order in which they came in, whatever the order of these calls, and as
 * many as possible with one entry (2.7.9, 2.8.8). */
void fake_ring_complete(struct fake_ring *ring, struct fake_chain *chain,
                        uint32_t len);

/* After one or more completions: is a used buffer notification due (2.7.7.2,
 * 2.8.10)? Call once per batch. Packed: emits DRIVER_EVENT if what the
 * driver wants is not what it was. */
bool fake_ring_interrupt_due(struct fake_ring *ring);

/* The driver has kicked: a ring that was armed is looked at again. */
void fake_ring_kick(struct fake_ring *ring);

/* The device is about to look by itself: asks the driver not to kick
 * (2.7.10, 2.8.10). When that changes something, emits SUPPRESSING before and
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

/* For a model that writes to segments itself: before it does, and after. What
 * changes in lent memory without was changed by the driver (ledger.h). */
static inline void fake_chain_writing(const struct fake_chain *chain,
                                      const uint8_t *mem, uint64_t bytes)
{
    if (chain->loan)
        fake_ledger_writing(chain->ring->arena->ledger, chain, mem, bytes);
}

static inline void fake_chain_wrote(const struct fake_chain *chain,
                                    const uint8_t *mem, uint64_t bytes)
{
    if (chain->loan)
        fake_ledger_wrote(chain->ring->arena->ledger, chain, mem, bytes);
}

#endif
