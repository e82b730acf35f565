/* SPDX-License-Identifier: MIT
 *
 * weak.h: a CPU that orders the driver's accesses to guest memory no more
 * than it is told to, as ARM, RISC-V and POWER may. Step mode only.
 *
 * Two views of one memory. While the driver runs, memory holds what the driver
 * sees: its own stores, all of them. While the device moves, it holds what
 * has got out of the driver's store buffer. The seed decides what has:
 *
 * - A store waits as long as it may, and is overtaken by later ones to other
 *   bytes. A release store, and whatever follows a release fence, comes after
 *   all stores before it; a seq_cst fence lets none wait. At most
 *   FAKE_WEAK_PENDING stores wait; who sleeps or does MMIO has none waiting.
 * - A load may be satisfied early: with what stood there before the device's
 *   last moves. Not earlier than the last acquire load or fence was, nor than
 *   an earlier load of the same bytes, nor than the driver's own last store
 *   to them. An address that an earlier load gave orders nothing, as in C11.
 * - At any access the device may move.
 *
 * Memory counts only where the device can see it: between fake_weak_open() and
 * fake_weak_close(). All else is the driver's own, and no CPU shows a driver
 * its own accesses in another order than the program's.
 *
 * What it did is in the log: LOAD_EARLY, STORES_LATE.
 *
 * Limits: a load is early by at most FAKE_WEAK_PAST cache lines changed by the
 * device, and a line is remembered from the first load of it, or of the line
 * before it, on. Loads of more than 16 bytes, or across two lines, are never
 * early. Code that stores without saying so (the C library's memcpy) stores at
 * once.
 *
 * Threads: the driver's only.
 */
#ifndef FAKEDEV_WEAK_H
#define FAKEDEV_WEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/arena.h"

#define FAKE_WEAK_PENDING 256u
#define FAKE_WEAK_PAST 256u

/* Those of C11; consume is acquire. */
enum fake_order {
    FAKE_RELAXED,
    FAKE_ACQUIRE,
    FAKE_RELEASE,
    FAKE_ACQ_REL,
    FAKE_SEQ_CST
};

struct fake_weak;

/* Who wants to hear of each access of the driver to the arena. */
typedef void fake_weak_listener(void *ctx, const void *cpu, size_t bytes,
                                bool write);

/* Lets the device move if its time has come. */
typedef void fake_weak_pause(void *ctx);

/* NULL: no memory. The arena is borrowed. */
struct fake_weak *fake_weak_new(struct fake_arena *arena, uint64_t seed,
                                fake_weak_pause *pause, void *ctx);
void fake_weak_free(struct fake_weak *w); /* safe with NULL */

/* listener NULL: nobody. */
void fake_weak_listen(struct fake_weak *w, fake_weak_listener *listener,
                      void *ctx);

/* The numbers of the last such events, or FAKE_WEAK_NEVER. */
#define FAKE_WEAK_NEVER UINT64_MAX
struct fake_weak_last {
    uint64_t load_early, stores_late;
};
struct fake_weak_last fake_weak_last(const struct fake_weak *w);

/* The device sees this memory, from dma on, from now on; no more. Memory
 * outside of the arena is ignored. Opened twice it has to be closed twice. */
void fake_weak_open(struct fake_weak *w, const void *cpu, size_t bytes,
                    uint64_t dma);
void fake_weak_close(struct fake_weak *w, const void *cpu, size_t bytes,
                     uint64_t dma);

/* Whether all of these bytes are in the arena. */
bool fake_weak_has(const struct fake_weak *w, const void *cpu, size_t bytes);

/* ---- the driver's accesses ---- */

/* One load or store of 1, 2, 4 or 8 bytes. */
uint64_t fake_weak_load(struct fake_weak *w, const void *cpu, unsigned bytes,
                        enum fake_order order);
void fake_weak_store(struct fake_weak *w, void *cpu, uint64_t value,
                     unsigned bytes, enum fake_order order);
void fake_weak_fence(struct fake_weak *w, enum fake_order order);

/* The driver is about to load or store these bytes by itself. The next call
 * here finds that done; but a load may be announced, then a store, and both are
 * done afterwards. */
void fake_weak_reads(struct fake_weak *w, const void *cpu, size_t bytes);
void fake_weak_writes(struct fake_weak *w, const void *cpu, size_t bytes);
/* Both of the same bytes. */
void fake_weak_reads_and_writes(struct fake_weak *w, const void *cpu,
                                size_t bytes);

/* The driver is about to read, change and write these bytes in one. It sees
 * the newest, and everybody sees what it makes of them. */
void fake_weak_changes(struct fake_weak *w, const void *cpu, size_t bytes);

/* What was announced is done; nothing more. To be called wherever others than
 * the driver look at memory next. */
void fake_weak_settle(struct fake_weak *w);

/* ---- what else orders (dut.h says which call of the port does) ---- */

/* All stores before are visible to the device. */
void fake_weak_drain(struct fake_weak *w);
/* All loads from here on see at least what there is now. */
void fake_weak_catch_up(struct fake_weak *w);

/* By the seed: once in n times, for who is to do something now and then. */
bool fake_weak_chance(struct fake_weak *w, unsigned n);

/* ---- the scheduler's ---- */

/* Around all that the device does: memory is the device's. */
void fake_weak_enter(struct fake_weak *w);
void fake_weak_leave(struct fake_weak *w);

#endif
