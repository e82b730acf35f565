/* SPDX-License-Identifier: MIT
 *
 * weak.c: the driver's accesses, one by one, see weak.h.
 */
#include "weak_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ------------------------------------------------------------- */

struct fake_weak *fake_weak_new(struct fake_arena *arena, uint64_t seed,
                                fake_weak_pause *pause, void *ctx)
{
    struct fake_weak *w = calloc(1, sizeof(*w));
    size_t lines = arena->bytes / WEAK_LINE;

    if (!w)
        return NULL;
    w->arena = arena;
    w->last = (struct fake_weak_last){FAKE_WEAK_NEVER, FAKE_WEAK_NEVER};
    w->rng = ~seed; /* not the scheduler's sequence */
    w->pause = pause;
    w->pause_ctx = ctx;
    w->open = calloc(lines, sizeof(*w->open));
    w->line_of = calloc(lines, sizeof(*w->line_of));
    if (w->open && w->line_of)
        return w;
    fake_weak_free(w);
    return NULL;
}

void fake_weak_free(struct fake_weak *w)
{
    if (!w)
        return;
    free(w->open);
    free(w->range);
    free(w->line_of);
    free(w);
}

void fake_weak_listen(struct fake_weak *w, fake_weak_listener *listener,
                      void *ctx)
{
    w->listener = listener;
    w->listener_ctx = ctx;
}

struct fake_weak_last fake_weak_last(const struct fake_weak *w)
{
    return w->last;
}

/* ---- places ----------------------------------------------------------- */

static bool in_arena(const struct fake_weak *w, const void *cpu, size_t bytes,
                     uint64_t *offset)
{
    *offset = (uintptr_t)cpu - (uintptr_t)w->arena->base;
    return bytes && *offset < w->arena->bytes &&
           bytes <= w->arena->bytes - *offset;
}

bool fake_weak_has(const struct fake_weak *w, const void *cpu, size_t bytes)
{
    uint64_t offset;

    return in_arena(w, cpu, bytes, &offset);
}

void fake_weak_open(struct fake_weak *w, const void *cpu, size_t bytes,
                    uint64_t dma)
{
    uint64_t offset;

    fake_weak_settle(w);
    if (!in_arena(w, cpu, bytes, &offset))
        return;
    weak_range_add(w, offset, bytes, dma);
    weak_past_forget(w, offset, bytes);
}

/* A store that still waits for this memory belongs to its old life. */
void fake_weak_close(struct fake_weak *w, const void *cpu, size_t bytes,
                     uint64_t dma)
{
    uint64_t offset;

    fake_weak_settle(w);
    if (!in_arena(w, cpu, bytes, &offset))
        return;
    if (weak_stores_touch(w, offset, bytes))
        weak_stores_all_out(w);
    weak_range_remove(w, offset, bytes, dma);
}

/* ---- what every access begins with ------------------------------------ */

/* One in so many accesses, the scheduler is asked whether the device moves. */
#define PAUSE_ONE_IN 3u

void weak_device_may_move(struct fake_weak *w)
{
    if (weak_choose(w, PAUSE_ONE_IN) == 0)
        w->pause(w->pause_ctx);
}

bool weak_is_seen(struct fake_weak *w, const void *cpu, size_t bytes,
                  bool write, uint64_t *offset)
{
    if (w->device || !in_arena(w, cpu, bytes, offset))
        return false;
    if (w->listener)
        w->listener(w->listener_ctx, cpu, bytes, write);
    return weak_range_is_open(w, *offset);
}

bool weak_begin(struct fake_weak *w, const void *cpu, size_t bytes, bool write,
                uint64_t *offset)
{
    fake_weak_settle(w);
    if (!weak_is_seen(w, cpu, bytes, write, offset))
        return false;
    if (!write)
        weak_past_watch(w, *offset);
    weak_device_may_move(w);
    return true;
}

void weak_all_in_order(struct fake_weak *w)
{
    weak_stores_all_out(w);
    weak_past_raise(w, w->now);
}

/* ---- carried out here -------------------------------------------------- */

/* As the CPU would, whatever its byte order. */
static uint64_t get(const void *at, unsigned bytes)
{
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;

    switch (bytes) {
    case 1:
        memcpy(&b1, at, 1);
        return b1;
    case 2:
        memcpy(&b2, at, 2);
        return b2;
    case 4:
        memcpy(&b4, at, 4);
        return b4;
    default:
        memcpy(&b8, at, 8);
        return b8;
    }
}

static void put(void *at, uint64_t value, unsigned bytes)
{
    uint8_t b1 = (uint8_t)value;
    uint16_t b2 = (uint16_t)value;
    uint32_t b4 = (uint32_t)value;

    switch (bytes) {
    case 1:
        memcpy(at, &b1, 1);
        break;
    case 2:
        memcpy(at, &b2, 2);
        break;
    case 4:
        memcpy(at, &b4, 4);
        break;
    default:
        memcpy(at, &value, 8);
        break;
    }
}

static bool acquires(enum fake_order order)
{
    return order == FAKE_ACQUIRE || order >= FAKE_ACQ_REL;
}

uint64_t fake_weak_load(struct fake_weak *w, const void *cpu, unsigned bytes,
                        enum fake_order order)
{
    uint8_t raw[8];
    uint64_t offset, time;

    if (!weak_begin(w, cpu, bytes, false, &offset))
        return get(cpu, bytes);
    /* C11: all agree on the order of what is seq_cst. */
    if (order == FAKE_SEQ_CST && w->seq_cst_count)
        weak_all_in_order(w);
    time = weak_past_load(w, offset, bytes, raw);
    if (acquires(order))
        weak_past_raise(w, time);
    return get(raw, bytes);
}

void fake_weak_store(struct fake_weak *w, void *cpu, uint64_t value,
                     unsigned bytes, enum fake_order order)
{
    uint8_t stale[8];
    uint64_t offset;

    if (!weak_begin(w, cpu, bytes, true, &offset)) {
        put(cpu, value, bytes);
        return;
    }
    memcpy(stale, cpu, bytes);
    put(cpu, value, bytes);
    weak_store_add(w, offset, stale, bytes, order);
}

void fake_weak_fence(struct fake_weak *w, enum fake_order order)
{
    fake_weak_settle(w);
    if (w->device)
        return;
    weak_device_may_move(w);
    if (order == FAKE_SEQ_CST) {
        weak_all_in_order(w);
        return;
    }
    if (order == FAKE_RELEASE || order == FAKE_ACQ_REL)
        w->section++;
    /* What comes after is no earlier than any load before. */
    if (order == FAKE_ACQUIRE || order == FAKE_ACQ_REL)
        weak_past_raise(w, w->newest);
}

void fake_weak_drain(struct fake_weak *w)
{
    fake_weak_settle(w);
    weak_stores_all_out(w);
}

void fake_weak_catch_up(struct fake_weak *w)
{
    fake_weak_settle(w);
    weak_past_raise(w, w->now);
}

bool fake_weak_chance(struct fake_weak *w, unsigned n)
{
    return weak_choose(w, n) == 0;
}

/* ---- the device's turn ------------------------------------------------- */

void fake_weak_enter(struct fake_weak *w)
{
    fake_weak_settle(w);
    w->device = true;
    weak_stores_leak(w);
    weak_stores_hide(w);
    weak_past_begin(w);
}

void fake_weak_leave(struct fake_weak *w)
{
    weak_past_end(w);
    weak_stores_show(w);
    w->device = false;
}
