/* SPDX-License-Identifier: MIT
 *
 * ledger_private.h: private to the ledger: its books, and what its files owe
 * each other. All of it under the lock.
 */
#ifndef FAKEDEV_LEDGER_PRIVATE_H
#define FAKEDEV_LEDGER_PRIVATE_H

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "fakedev/arena.h"
#include "fakedev/ledger.h"
#include "fakedev/ring.h"

#define LEDGER_NONE UINT32_MAX

/* One piece of a chain that is with the device. */
struct ledger_loan {
    uint8_t *at; /* the driver's memory, as the driver sees it */
    uint64_t bytes;
    uint64_t dma;  /* device address of the first byte */
    uint64_t lent; /* number of the event */
    uint32_t next; /* of the same chain, or of those that are free */
    uint16_t queue;
    bool kept;     /* false: this entry is free */
    bool open;     /* false: of its chain, but nobody's business any more */
    bool writable; /* by the device */
    bool copied;   /* the device has a copy, and does not write this memory */
    bool told;     /* a trespass is known: what changes now is part of it */
};

/* A loan, as one of those on a page. */
struct ledger_node {
    uint32_t loan, next;
};

enum ledger_side { LEDGER_DRIVER, LEDGER_DEVICE };

/* What one side may do with a page. */
enum ledger_right { LEDGER_WRITE, LEDGER_READ, LEDGER_NOTHING };

struct ledger_page {
    uint32_t first;              /* node + 1; 0: none */
    uint32_t readable, writable; /* loans on it */
    bool guarded;
    bool seen;     /* a touch of the driver's opened it: until the next loan */
    uint8_t right; /* enum ledger_right of the driver */
    uint8_t device_right;
    uint64_t given; /* number of the event that last gave back memory on it */
};

struct fake_ledger {
    struct fake_arena *arena;
    struct fake_log *log;
    bool guarded;
    atomic_flag lock;
    size_t page_bytes, page_count;
    /* What a load or store by the driver has to look at first. Relaxed: what
     * makes a chain visible to the device orders the driver's own accesses. */
    atomic_uint_least64_t *busy; /* a bit per page with a loan on it */
    struct ledger_page *page;
    uint8_t *shadow; /* of each lent byte, what it has to be; as the arena */
    struct ledger_loan *loan;
    uint32_t loan_room, loan_free;
    struct ledger_node *node;
    uint32_t node_room, node_free;
    uint32_t returning;           /* loans that come back with the next USED */
    atomic_uint_least64_t astray; /* see fake_ledger_astray() */
};

static inline void ledger_lock(struct fake_ledger *l)
{
    /* acquire: what the one before us entered. Pairs with the release below.
     * Held for a bounded time; whoever holds it may have lost its CPU. */
    while (atomic_flag_test_and_set_explicit(&l->lock, memory_order_acquire))
        (void)sched_yield();
}

static inline void ledger_unlock(struct fake_ledger *l)
{
    atomic_flag_clear_explicit(&l->lock, memory_order_release);
}

static inline size_t ledger_offset(const struct fake_ledger *l,
                                   const uint8_t *at)
{
    return (size_t)(at - l->arena->base);
}

static inline size_t ledger_page_of(const struct fake_ledger *l,
                                    const uint8_t *at)
{
    return ledger_offset(l, at) / l->page_bytes;
}

/* The driver's view of memory that the device sees at mem. */
static inline uint8_t *ledger_mirror(const struct fake_ledger *l,
                                     const uint8_t *mem)
{
    return l->arena->base + (mem - l->arena->device);
}

/* ledger.c: an open loan with a byte in [at, at + bytes), on the page of at,
 * that `write` is a trespass against; a read only against what the device
 * writes. NULL: none. */
struct ledger_loan *ledger_find(struct fake_ledger *l, const uint8_t *at,
                                size_t bytes, bool write);

/* The first byte of a touch that is the loan's, and how many are. */
const uint8_t *ledger_cut(const struct ledger_loan *loan, const uint8_t *at,
                          size_t *bytes);

/* ledger_check.c: has the driver changed what of [at, at + bytes) belongs to
 * this loan? One event; then the memory as it is counts as right. */
void ledger_compare(struct fake_ledger *l, struct ledger_loan *loan,
                    const uint8_t *at, uint64_t bytes);

/* guard.c. start: pages are guarded from here on; -1: another ledger's are.
 * pages: what the two sides may do with them now follows from their loans. */
int ledger_guard_start(struct fake_ledger *l);
void ledger_guard_stop(struct fake_ledger *l);
void ledger_guard_pages(struct fake_ledger *l, size_t first, size_t last);

#endif
