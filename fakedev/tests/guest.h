/* SPDX-License-Identifier: MIT
 *
 * guest.h: a machine without registers for tests of the device half: an
 * arena, a log that keeps everything, and a driver that writes ring memory
 * byte by byte from the tables of 2.7, sharing no code with anything.
 */
#ifndef FAKEDEV_TESTS_GUEST_H
#define FAKEDEV_TESTS_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/arena.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "fakedev/ledger.h"
#include "fakedev/ring.h"

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

#define F_INDIRECT (UINT64_C(1) << 28)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_PACKED (UINT64_C(1) << 34)
#define F_IN_ORDER (UINT64_C(1) << 35)

struct guest {
    struct fake_log log;
    struct fake_arena arena;
    struct fake_fault_plan faults;
    /* one queue */
    struct fake_ring_config cfg;
    uint8_t *desc, *avail, *used;
    uint16_t avail_idx;
    uint64_t mark; /* events before this one are not looked at */
};

void guest_init(struct guest *g, uint32_t size, uint64_t features);
/* The same, with memory of that kind and a ledger that is kept over it. */
void guest_init_ledger(struct guest *g, uint32_t size, uint64_t features,
                       enum fake_mem_mode mode);
void guest_free(struct guest *g);

/* Little-endian fields by hand. */
void put_le(uint8_t *at, uint64_t value, unsigned bytes);
uint64_t get_le(const uint8_t *at, unsigned bytes);

/* One struct virtq_desc at `at`. */
void put_desc(uint8_t *at, uint64_t addr, uint32_t len, uint16_t flags,
              uint16_t next);
void guest_desc(struct guest *g, unsigned index, uint64_t addr, uint32_t len,
                uint16_t flags, uint16_t next);

/* Makes the chain at head available: entry, then idx. */
void guest_publish(struct guest *g, uint16_t head);

/* Memory of the guest's, and the same shared. */
uint8_t *guest_mem(struct guest *g, size_t bytes);
uint64_t guest_share(struct guest *g, void *mem, size_t bytes,
                     enum fake_dir dir);

/* Moves all indices, the ring's and the guest's, to idx. */
void guest_skip_to(struct guest *g, struct fake_ring *ring, uint16_t idx);

uint16_t guest_used_idx(const struct guest *g);
uint32_t guest_used_id(const struct guest *g, uint16_t idx);
uint32_t guest_used_len(const struct guest *g, uint16_t idx);

/* Events since the mark. */
void guest_mark(struct guest *g);
unsigned guest_count(const struct guest *g, enum fake_event_kind kind);
/* Number n (from 0) of a kind; fails the test if there is none. */
const struct fake_event *guest_event(const struct guest *g,
                                     enum fake_event_kind kind, unsigned n);

#endif
