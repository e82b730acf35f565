/* SPDX-License-Identifier: MIT
 *
 * judged.h: events written by hand, straight into a judge. One law is one
 * sequence that breaks exactly its clause, and a near miss: as close to it as
 * a conforming driver may come.
 */
#ifndef FAKEDEV_TESTS_JUDGED_H
#define FAKEDEV_TESTS_JUDGED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakedev/arena.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "fakedev/judge.h"
#include "ringtrue/err.h"
#include "ringtrue/wire.h"

#define F(bit) (UINT64_C(1) << (bit))

/* Status bits (2.1). */
enum { ACK = 1, DRV = 2, LIVE = 4, FOK = 8, NEEDS_RESET = 64, GAVE_UP = 128 };

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

/* Operations of the bench's ABI, as in SUBMIT. */
enum {
    OP_READ = 1,
    OP_WRITE = 2,
    OP_FLUSH = 3,
    OP_DISCARD = 6,
    OP_WRITE_ZEROES = 7,
    OP_SECURE_ERASE = 8,
    OP_WRITEBACK = 9,
    OP_QUEUE_RESET = 10,
    OP_PCM_INFO = 17,
    OP_SET_PARAMS = 20,
    OP_PLAY = 25,
    OP_CAPTURE = 26,
};

/* Device addresses: window k is k << 32. */
#define AT(window) ((uint64_t)(window) << 32)

struct judged {
    /* to be changed before the first event only */
    struct fake_judge_about about;
    uint64_t leave; /* of what is offered */
    /* as the driver goes */
    struct fake_judge *judge;
    uint64_t number;
    uint32_t status;
    uint32_t generation;
    uint16_t avail, used;
    uint64_t token;
};

enum stage {
    PROBE,
    RESET,
    ACKNOWLEDGE,
    DRIVER,
    OFFER,
    FEATURES,
    FEATURES_OK,
    CONFIRM,
    CONFIG,
    QUEUES,
    DRIVER_OK,
};

void see(struct judged *j, enum fake_event_kind kind, uint16_t queue,
         uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Register accesses. Those of a queue are of queue 0. */
void wr(struct judged *j, uint32_t offset, uint32_t value);
void rd(struct judged *j, uint32_t offset, uint32_t value);
void access_as(struct judged *j, enum fake_event_kind kind, uint32_t offset,
               unsigned width, uint32_t value);
void set_status(struct judged *j, uint32_t value);

/* A conforming initialisation, from one step through another. */
void steps(struct judged *j, enum stage from, enum stage until);
void bring_up(struct judged *j); /* all of them, then OPENED */
void write_features(struct judged *j, uint64_t accepted);
void set_up_queue(struct judged *j);
void take_down(struct judged *j);          /* reset, CLOSED */
void gives_up(struct judged *j, int code); /* OPENED, CLOSED */

/* One request, in parts or as a whole. Returns the token. */
uint64_t submit(struct judged *j, unsigned op);
void publish(struct judged *j);
void kick(struct judged *j);
void idle(struct judged *j);
void desc(struct judged *j, unsigned index, uint64_t addr, uint32_t len,
          unsigned flags, unsigned next);
void desc_in_table(struct judged *j, unsigned index, uint64_t addr,
                   uint32_t len, unsigned flags, unsigned next);
void take(struct judged *j, unsigned head, uint32_t type, uint64_t sector,
          uint32_t out, uint32_t in);
void give_back(struct judged *j, unsigned head, uint32_t len);
void interrupt(struct judged *j);
void done(struct judged *j, uint64_t token, int code);
void request(struct judged *j, uint32_t type, uint64_t sector, uint32_t out,
             uint32_t in);
/* The same in two halves: until the device has read it, and the rest. */
uint64_t begin_request(struct judged *j, unsigned op, uint32_t type,
                       uint64_t sector, uint32_t out, uint32_t in);
void end_request(struct judged *j, uint64_t token, int code, uint32_t out,
                 uint32_t in);
/* One segment of it; a whole request with that one segment. */
void range(struct judged *j, uint32_t type, uint64_t sector, uint32_t sectors,
           uint32_t flags);
void ranges(struct judged *j, uint32_t type, uint64_t sector, uint32_t sectors,
            uint32_t flags);
uint64_t submit_read(struct judged *j, uint64_t sector, uint32_t sectors);
void set_writeback(struct judged *j, uint32_t value);
void fault(struct judged *j, enum fake_fault fault, uint64_t arg);

struct law {
    const char *clause;
    const char *name;
    void (*breaks)(struct judged *j);
    void (*keeps)(struct judged *j);
    const char *also[2]; /* clauses that cannot be left whole */
};

extern const struct law laws_init[], laws_mmio[], laws_config[], laws_ring[],
    laws_notify[], laws_memory[], laws_blk[], laws_snd[], laws_snd_xfer[],
    laws_snd_ring[], laws_packed[], laws_queue[], laws_fault[];
extern const size_t laws_init_count, laws_mmio_count, laws_config_count,
    laws_ring_count, laws_notify_count, laws_memory_count, laws_blk_count,
    laws_snd_count, laws_snd_xfer_count, laws_snd_ring_count, laws_packed_count,
    laws_queue_count, laws_fault_count;

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
