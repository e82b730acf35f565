/* SPDX-License-Identifier: MIT
 *
 * ledger.h: whose each byte of guest memory is, and who touched what was not
 * his.
 *
 * A buffer is lent when the device takes its chain (CHAIN) and comes back when
 * it is used (USED), or when its queue stops. In between it is the device's:
 * "the device MAY access the descriptor chains the driver created and the
 * memory they refer to immediately" (2.7.13.3, 2.8.21.1). So the driver writes
 * none of it, and reads nothing that the device writes. It may read what the
 * device only reads: nothing that anybody does can make a difference then.
 *
 * What the driver does to memory is found in three ways:
 *
 *   compared   Of each lent byte a copy is kept. What differs when the device
 *              is about to write there, or when the buffer comes back, and was
 *              not written by the device, was written by the driver. Always.
 *   guarded    In FAKE_MEM_GUARDED, lent pages cannot be touched by the driver,
 *              nor given back ones written by the device: see guard.c. As it
 *              happens, reads as well; once per page and loan.
 *   told       By an instrumented driver, each load and store: as it happens.
 *
 * Each finding is one TRESPASS event: what was touched, how, and the number of
 * the event that lent it or gave it back. With those of the compared kind the
 * deed lies somewhere between that event and this one.
 *
 * Threads: lending and giving back on the device's thread; the rest on any.
 * A spin lock, held for as long as a buffer takes to be copied.
 */
#ifndef FAKEDEV_LEDGER_H
#define FAKEDEV_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"

struct fake_arena;
struct fake_chain;
struct fake_ledger;

/* guarded: with pages that cannot be touched; one at a time in a process.
 * NULL: no memory, or there is one. */
struct fake_ledger *fake_ledger_new(struct fake_arena *arena,
                                    struct fake_log *log, bool guarded);
void fake_ledger_free(struct fake_ledger *ledger);

/* The driver is about to load or store `bytes` at cpu: for builds that are
 * instrumented. Any memory may be told, that of the arena matters. */
void fake_ledger_access(struct fake_ledger *ledger, const void *cpu,
                        size_t bytes, bool write);

/* Accesses of the device itself to memory that it did not have, which no fault
 * asked for: the bench is wrong. */
uint64_t fake_ledger_astray(const struct fake_ledger *ledger);

/* ---- for the ring ----------------------------------------------------- */

/* The device has taken a chain, with CHAIN as event `number`. */
void fake_ledger_lend(struct fake_ledger *ledger, struct fake_chain *chain,
                      uint64_t number);

/* A model is about to write / has written `bytes` at mem into a chain. */
void fake_ledger_writing(struct fake_ledger *ledger,
                         const struct fake_chain *chain, const uint8_t *mem,
                         uint64_t bytes);
void fake_ledger_wrote(struct fake_ledger *ledger,
                       const struct fake_chain *chain, const uint8_t *mem,
                       uint64_t bytes);

/* The device is done with a chain: compares. It is the driver's with the next
 * fake_ledger_used(), whose event is `number` and not yet visible. */
void fake_ledger_return(struct fake_ledger *ledger, struct fake_chain *chain);
void fake_ledger_used(struct fake_ledger *ledger, uint64_t number);

/* A queue stops: all that was lent by it is the driver's again. */
void fake_ledger_forget(struct fake_ledger *ledger, uint16_t queue);

/* ---- for the arena ---------------------------------------------------- */

/* Memory of the driver is freed, or no longer shared: whatever happens to it
 * is no trespass any more. */
void fake_ledger_let_go(struct fake_ledger *ledger, const void *cpu,
                        size_t bytes);

/* A block is handed out: as a buffer, the pages of which can be guarded, or as
 * memory that both sides see at all times. */
void fake_ledger_block(struct fake_ledger *ledger, const void *cpu,
                       size_t bytes, bool buffer);

/* May the device write there now, as far as pages are guarded? */
bool fake_ledger_device_may_write(struct fake_ledger *ledger,
                                  const uint8_t *mem, size_t bytes);

/* The device wrote there though it did not have it (a fault). */
void fake_ledger_overwritten(struct fake_ledger *ledger, const uint8_t *mem,
                             size_t bytes);

#endif
