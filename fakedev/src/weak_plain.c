/* SPDX-License-Identifier: MIT
 *
 * weak_plain.c: accesses that the driver announces and then does by itself,
 * see weak.h.
 *
 * A store is taken from memory once it is done: at the next call. What an early
 * load is to find is put into memory for as long as that. One statement may
 * be both, a load here and a store there, announced in this order before
 * either is done: so what the load finds stays while the store is announced,
 * and the device does not move in between.
 */
#include "weak_private.h"

#include <string.h>

static void settle_write(struct fake_weak *w)
{
    struct weak_announced a = w->write;

    w->write.bytes = 0;
    for (size_t at = 0; at < a.bytes; at += WEAK_STORE_BYTES) {
        size_t left = a.bytes - at;

        weak_store_add(
            w, a.offset + at, a.was + at,
            (uint32_t)(left < WEAK_STORE_BYTES ? left : WEAK_STORE_BYTES),
            FAKE_RELAXED);
    }
}

/* The truth again, but where the driver has stored meanwhile. */
static void settle_read(struct fake_weak *w)
{
    const struct weak_announced *a = &w->read;
    uint8_t *mem = weak_at(w, a->offset);

    for (size_t k = 0; k < a->bytes; k++)
        if (mem[k] == a->shown[k])
            mem[k] = a->was[k];
    w->read.bytes = 0;
}

void fake_weak_settle(struct fake_weak *w)
{
    if (w->write.bytes)
        settle_write(w);
    if (w->read.bytes)
        settle_read(w);
    w->loading = false;
}

/* ---- stores ------------------------------------------------------------ */

/* What is larger than any field is data: no driver relies on its order by
 * itself, and it is visible at once, with all that a fence put before it. */
static void announce(struct fake_weak *w, uint64_t offset, size_t bytes)
{
    if (bytes > WEAK_LINE) {
        weak_stores_all_out(w);
        return;
    }
    w->write.offset = offset;
    w->write.bytes = bytes;
    memcpy(w->write.was, weak_at(w, offset), bytes);
}

/* Then the load is done: it cannot be one statement with this store. */
static bool is_read_before(const struct fake_weak *w, const void *cpu,
                           size_t bytes)
{
    const uint8_t *mem = weak_at(w, w->read.offset), *at = cpu;

    return w->read.bytes && at < mem + w->read.bytes && mem < at + bytes;
}

void fake_weak_writes(struct fake_weak *w, const void *cpu, size_t bytes)
{
    bool loading = w->loading && !is_read_before(w, cpu, bytes);
    uint64_t offset;

    if (!loading)
        fake_weak_settle(w);
    w->loading = false;
    if (!weak_is_seen(w, cpu, bytes, true, &offset))
        return;
    if (!loading)
        weak_device_may_move(w);
    announce(w, offset, bytes);
}

void fake_weak_changes(struct fake_weak *w, const void *cpu, size_t bytes)
{
    uint64_t offset;

    if (weak_begin(w, cpu, bytes, true, &offset))
        weak_all_in_order(w);
}

/* ---- loads ------------------------------------------------------------- */

void fake_weak_reads(struct fake_weak *w, const void *cpu, size_t bytes)
{
    struct weak_announced *a = &w->read;
    uint64_t offset;

    if (!weak_begin(w, cpu, bytes, false, &offset))
        return;
    w->loading = true;
    if (bytes > WEAK_STORE_BYTES) {
        weak_past_current(w, offset, bytes);
        return;
    }
    (void)weak_past_load(w, offset, (uint32_t)bytes, a->shown);
    if (memcmp(a->shown, weak_at(w, offset), bytes) == 0)
        return;
    a->offset = offset;
    a->bytes = bytes;
    memcpy(a->was, weak_at(w, offset), bytes);
    memcpy(weak_at(w, offset), a->shown, bytes);
}

void fake_weak_reads_and_writes(struct fake_weak *w, const void *cpu,
                                size_t bytes)
{
    uint64_t offset;

    if (!weak_begin(w, cpu, bytes, true, &offset))
        return;
    weak_past_current(w, offset, bytes);
    announce(w, offset, bytes);
}
