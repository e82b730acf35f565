/* SPDX-License-Identifier: MIT
 *
 * cache.h: the volatile write cache in front of a simulated disk (5.2.6.2).
 *
 * What is written lies in the cache, sector by sector, until it is committed
 * to the medium: a store (store.h). Who reads, reads the newest. A power cut
 * leaves of each sector the newest that was committed, or any that was
 * written later: which, the seed says.
 *
 * Writes bear numbers that never fall, in the order in which they complete;
 * a flush commits all up to the number it was told. Like any cache this one
 * may write out at any time: it does so by a toss when a sector is written
 * anew, and with everything when it is full.
 *
 * Threads: one at a time. Errors: a call returns 0, or -1 when the medium
 * failed, the range is outside of it, or memory is out. Offsets are bytes;
 * a write that covers only a part of a sector keeps the rest.
 */
#ifndef FAKEDEV_CACHE_H
#define FAKEDEV_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "fakedev/store.h"

/* Sectors in the cache at a time. */
#define FAKE_CACHE_SECTORS 65536u

enum fake_survival {
    FAKE_SURVIVE_BY_SEED, /* none, all or some of what is volatile */
    FAKE_SURVIVE_NONE,
    FAKE_SURVIVE_ALL,
};

struct fake_cache;

/* The medium is borrowed. Returns NULL without memory. */
struct fake_cache *fake_cache_new(struct fake_store *medium, uint64_t seed);
/* What was not committed is gone. Safe with NULL. */
void fake_cache_free(struct fake_cache *c);

int fake_cache_read(struct fake_cache *c, uint64_t offset, void *to,
                    size_t bytes);

/* Volatile. */
int fake_cache_write(struct fake_cache *c, uint64_t offset, const void *from,
                     size_t bytes, uint64_t number);

/* On the medium when it returns; what else is volatile stays so. */
int fake_cache_write_through(struct fake_cache *c, uint64_t offset,
                             const void *from, size_t bytes);

/* A flush is on its way that has to commit what is numbered up to `number`:
 * none of it is dropped when its sector is written anew. */
void fake_cache_owe(struct fake_cache *c, uint64_t number);

/* The flushes that were on their way will not come: what was owed to them is
 * as volatile as the rest. */
void fake_cache_forgive(struct fake_cache *c);

/* Commits what is numbered up to `number`, and flushes the medium. */
int fake_cache_commit(struct fake_cache *c, uint64_t number);

/* Power goes and comes back: the cache is empty. */
int fake_cache_cut(struct fake_cache *c, enum fake_survival survival);

/* Sectors that are volatile now. */
uint64_t fake_cache_dirty(const struct fake_cache *c);

#endif
