/* SPDX-License-Identifier: MIT
 *
 * arena_device.c: memory as the device sees it, through windows.
 */
#include "arena_private.h"
#include "fakedev/ledger.h"

/* What a device writes that is late. */
#define POISON_LATE 0xDB

static void *mem_fault(struct fake_arena *arena, uint64_t dma, uint64_t bytes,
                       enum fake_dir dir, enum fake_mem_fault reason)
{
    fake_emit(arena->log, FAKE_EV_MEM_FAULT, FAKE_NO_QUEUE, dma, bytes, dir,
              reason);
    return NULL;
}

void *fake_arena_map(struct fake_arena *arena, uint64_t dma, uint64_t bytes,
                     enum fake_dir dir)
{
    uint64_t k = (dma >> WINDOW_SHIFT) - 1;
    uint64_t room, offset;
    struct fake_window *w;
    uint8_t *mem;

    if (k >= arena->window_count)
        return mem_fault(arena, dma, bytes, dir, FAKE_MEM_UNKNOWN);
    w = &arena->windows[k];
    room = atomic_load_explicit(&w->bytes, memory_order_relaxed);
    offset = dma - atomic_load_explicit(&w->start, memory_order_relaxed);
    mem = atomic_load_explicit(&w->mem, memory_order_relaxed);
    /* An address below the start gives a huge offset. */
    if (!room || offset > KEPT_BITS + WINDOW_BYTES_MAX)
        return mem_fault(arena, dma, bytes, dir, FAKE_MEM_UNKNOWN);
    if (offset > room || bytes > room - offset)
        return mem_fault(arena, dma, bytes, dir, FAKE_MEM_BOUNDS);
    if (!(atomic_load_explicit(&w->dirs, memory_order_relaxed) & (1u << dir)))
        return mem_fault(arena, dma, bytes, dir, FAKE_MEM_DIR);
    /* The four loads are from one opening unless the driver reopens the
     * window while the device looks at it; then the sum may be nonsense. */
    mem += offset;
    if (!in_arena(arena->device, arena, mem, bytes))
        return mem_fault(arena, dma, bytes, dir, FAKE_MEM_UNKNOWN);
    return mem;
}

/* Atomic: a driver that has the memory back does no wrong by using it. */
static void fill_bytes(uint8_t *mem, uint64_t bytes)
{
    uint64_t i;

    for (i = 0; i < bytes; i++)
        atomic_store_explicit((_Atomic uint8_t *)(mem + i), POISON_LATE,
                              memory_order_relaxed);
}

/* The open window around [dma, dma + bytes), or NULL. */
static const struct fake_window *window_of(const struct fake_arena *arena,
                                           uint64_t dma, uint64_t bytes,
                                           uint64_t *offset)
{
    uint64_t k = (dma >> WINDOW_SHIFT) - 1;
    const struct fake_window *w;
    uint64_t room;

    if (k >= arena->window_count)
        return NULL;
    w = &arena->windows[k];
    room = atomic_load_explicit(&w->bytes, memory_order_relaxed);
    *offset = dma - atomic_load_explicit(&w->start, memory_order_relaxed);
    return room && *offset <= room && bytes <= room - *offset ? w : NULL;
}

uint8_t *fake_arena_behind(const struct fake_arena *arena, uint64_t dma,
                           uint64_t bytes, bool *copied)
{
    uint64_t offset;
    const struct fake_window *w = window_of(arena, dma, bytes, &offset);
    const uint8_t *mem;
    uint8_t *cpu;

    if (!w)
        return NULL;
    mem = atomic_load_explicit(&w->mem, memory_order_relaxed);
    cpu = atomic_load_explicit(&w->cpu, memory_order_relaxed);
    /* All of its window, so that no address outside is ever computed. */
    if (!in_arena(arena->base, arena, cpu, offset + bytes))
        return NULL;
    *copied = cpu - arena->base != mem - arena->device;
    return cpu + offset;
}

/* Where a device can write that is late, or NULL: the window is closed, or the
 * page is guarded. */
static uint8_t *late_at(struct fake_arena *arena, uint64_t dma, uint64_t bytes)
{
    uint64_t offset;
    const struct fake_window *w = window_of(arena, dma, bytes, &offset);
    uint8_t *mem;

    if (!w || !(atomic_load_explicit(&w->dirs, memory_order_relaxed) &
                (1u << FAKE_FROM_DEVICE)))
        return NULL;
    mem = atomic_load_explicit(&w->mem, memory_order_relaxed) + offset;
    if (!in_arena(arena->device, arena, mem, bytes) ||
        (arena->ledger &&
         !fake_ledger_device_may_write(arena->ledger, mem, bytes)))
        return NULL;
    return mem;
}

void fake_arena_write_late(struct fake_arena *arena, uint16_t queue,
                           uint64_t dma, uint64_t bytes, uint64_t since)
{
    uint8_t *mem = late_at(arena, dma, bytes);

    fake_emit(arena->log, FAKE_EV_TRESPASS, queue, dma, bytes,
              mem ? FAKE_TRESPASS_DEVICE_WROTE_GIVEN
                  : FAKE_TRESPASS_DEVICE_WAS_STOPPED,
              since);
    if (!mem)
        return;
    fill_bytes(mem, bytes);
    if (arena->ledger)
        fake_ledger_overwritten(arena->ledger, mem, bytes);
}
