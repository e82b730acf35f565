/* SPDX-License-Identifier: MIT */
/* Watches a machine: listens to its log, and looks after its memory.
 *
 * What must hold, whatever the driver does:
 *   - each event is written as one whole line of JSON that fits;
 *   - a used element gives back a chain that was taken, once, with no more
 *     written than there was room for (but for devices with faults planned);
 *   - no byte of the arena is written, and none read, that was not within a
 *     window since the last reset: a device may keep to what it has mapped;
 *   - a move of the driver causes a bounded number of events;
 *   - the judge says of each violation what was expected and what was seen,
 *     once per clause, of clauses that it knows and that applied. */
#ifndef FUZZ_DEVICE_WATCH_H
#define FUZZ_DEVICE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/machine.h"

#define WATCH_QUEUES 4u
#define WATCH_CHAINS 64u
#define WATCH_WINDOWS 64u
#define WATCH_ARENA_BYTES (96u * 1024u)

struct watch_chain {
    uint64_t id, writable;
};

struct watch_queue {
    unsigned count;
    struct watch_chain chain[WATCH_CHAINS]; /* oldest first */
};

/* Memory of the arena that the device may use. */
struct watch_window {
    uint8_t *mem; /* NULL: none */
    size_t bytes;
    uint64_t dma; /* 0: closed, but the device may still have it mapped */
    bool writable;
};

struct watch {
    struct fake_machine *m;
    bool faulty; /* it has faults planned */
    uint64_t digest;
    uint64_t events, move_began;
    struct watch_queue queue[WATCH_QUEUES];
    struct watch_window window[WATCH_WINDOWS];
    bool lost; /* there were more windows than room for them */
    bool shut; /* the memory around the windows is closed */
    size_t copied;
    uint8_t copy[WATCH_ARENA_BYTES]; /* what nobody may have changed */
};

void watch_start(struct watch *w, struct fake_machine *m, bool faulty);
/* Judges the judge. The machine has been stopped. */
void watch_end(struct watch *w);

/* Around calls of the arena, which may touch all of it. */
void watch_open(struct watch *w);
void watch_shut(struct watch *w);

/* Between those two: a window was opened, or will be closed. */
void watch_window(struct watch *w, uint64_t dma, size_t bytes, bool writable,
                  bool readable);
void watch_close(struct watch *w, uint64_t dma);

/* A move of the driver begins, and has ended. */
void watch_begin(struct watch *w);
void watch_moved(struct watch *w);

#endif
