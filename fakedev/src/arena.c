/* SPDX-License-Identifier: MIT
 *
 * arena.c: the shared mapping, its allocator, and the windows on it, as the
 * driver opens and closes them.
 */
#include "fakedev/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena_private.h"
#include "fakedev/fault.h"
#include "fakedev/ledger.h"
#include "fakedev/weak.h"

/* What a byte looks like that nobody has written (bounce memory before the
 * device writes) or that belongs to nobody any more. */
#define POISON_UNWRITTEN 0xA5
#define POISON_FREED 0xDD

/* Blocks are whole cache lines: two buffers never share one. */
#define GRANULE 64u

/* Windows closed after one before it is opened again. */
#define QUARANTINE 1024u

enum block_use { BLOCK_FREE, BLOCK_TAKEN, BLOCK_DMA, BLOCK_BOUNCE };

/* Sorted by offset; together they cover the arena. */
struct fake_block {
    size_t offset, bytes;
    enum block_use use;
};

static uint8_t *map_arena(int fd, size_t bytes)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE, fd, 0);

    return base == MAP_FAILED ? NULL : base;
}

/* Guarded, the device has a mapping of its own, with other rights. */
static int map_both(struct fake_arena *arena, size_t bytes)
{
    int fd = memfd_create("fakedev-arena", MFD_CLOEXEC);

    if (fd < 0)
        return -1;
    arena->bytes = bytes;
    if (ftruncate(fd, (off_t)bytes) == 0) {
        arena->base = map_arena(fd, bytes);
        arena->device = arena->mode == FAKE_MEM_GUARDED ? map_arena(fd, bytes)
                                                        : arena->base;
    }
    (void)close(fd);
    return arena->base && arena->device ? 0 : -1;
}

int fake_arena_init(struct fake_arena *arena, size_t bytes,
                    uint32_t window_count, enum fake_mem_mode mode,
                    struct fake_log *log)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    memset(arena, 0, sizeof(*arena));
    arena->mode = mode;
    arena->log = log;
    if (!bytes || bytes > SIZE_MAX / 2 || !window_count ||
        window_count == UINT32_MAX)
        return -1;
    bytes = (bytes + page - 1) / page * page;
    arena->granule = mode == FAKE_MEM_GUARDED ? page : GRANULE;
    if (map_both(arena, bytes)) {
        fake_arena_free(arena);
        return -1;
    }
    arena->block_room = 64;
    arena->blocks = calloc(arena->block_room, sizeof(*arena->blocks));
    arena->windows = calloc(window_count, sizeof(*arena->windows));
    if (!arena->blocks || !arena->windows) {
        fake_arena_free(arena);
        return -1;
    }
    arena->blocks[0].bytes = bytes;
    arena->block_count = 1;
    arena->window_count = window_count;
    return 0;
}

void fake_arena_free(struct fake_arena *arena)
{
    if (arena->device && arena->device != arena->base)
        (void)munmap(arena->device, arena->bytes);
    if (arena->base)
        (void)munmap(arena->base, arena->bytes);
    free(arena->blocks);
    free(arena->windows);
    memset(arena, 0, sizeof(*arena));
}

/* ---- blocks ----------------------------------------------------------- */

static int room_for_split(struct fake_arena *arena)
{
    struct fake_block *blocks;

    if (arena->block_count + 2 <= arena->block_room)
        return 0;
    blocks =
        realloc(arena->blocks, 2 * arena->block_room * sizeof(*arena->blocks));
    if (!blocks)
        return -1;
    arena->blocks = blocks;
    arena->block_room *= 2;
    return 0;
}

/* A free block of its own in front of block i. */
static void insert_free(struct fake_arena *arena, size_t i, size_t offset,
                        size_t bytes)
{
    struct fake_block *at = &arena->blocks[i];

    memmove(at + 1, at, (arena->block_count - i) * sizeof(*at));
    arena->block_count++;
    at->offset = offset;
    at->bytes = bytes;
    at->use = BLOCK_FREE;
}

static void remove_block(struct fake_arena *arena, size_t i)
{
    struct fake_block *at = &arena->blocks[i];

    arena->block_count--;
    memmove(at, at + 1, (arena->block_count - i) * sizeof(*at));
}

/* First fit, lowest address first: equal runs get equal addresses. */
static uint8_t *block_take(struct fake_arena *arena, size_t bytes, size_t align,
                           enum block_use use)
{
    size_t i;

    if (!bytes || bytes > arena->bytes || (align & (align - 1)) ||
        align > arena->bytes || room_for_split(arena) != 0)
        return NULL;
    if (align < arena->granule)
        align = arena->granule;
    bytes = (bytes + arena->granule - 1) & ~(arena->granule - 1);
    for (i = 0; i < arena->block_count; i++) {
        struct fake_block b = arena->blocks[i];
        size_t lead = -b.offset & (align - 1);

        if (b.use != BLOCK_FREE || b.bytes < lead || b.bytes - lead < bytes)
            continue;
        arena->blocks[i].offset = b.offset + lead;
        arena->blocks[i].bytes = bytes;
        arena->blocks[i].use = use;
        if (b.bytes > lead + bytes)
            insert_free(arena, i + 1, b.offset + lead + bytes,
                        b.bytes - lead - bytes);
        if (lead)
            insert_free(arena, i, b.offset, lead);
        if (use != BLOCK_TAKEN)
            arena->used_bytes += bytes;
        if (arena->ledger)
            fake_ledger_block(arena->ledger, arena->base + b.offset + lead,
                              bytes, use == BLOCK_TAKEN);
        return arena->base + b.offset + lead;
    }
    return NULL;
}

/* The block in use that starts at mem, or NULL. */
static struct fake_block *block_at(struct fake_arena *arena, const void *mem,
                                   enum block_use use)
{
    uintptr_t offset = (uintptr_t)mem - (uintptr_t)arena->base;
    size_t low = 0, high = arena->block_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (arena->blocks[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == arena->block_count || arena->blocks[low].offset != offset ||
        arena->blocks[low].use != use)
        return NULL;
    return &arena->blocks[low];
}

static void block_give(struct fake_arena *arena, struct fake_block *block)
{
    size_t i = (size_t)(block - arena->blocks);

    if (block->use != BLOCK_TAKEN)
        arena->used_bytes -= block->bytes;
    block->use = BLOCK_FREE;
    if (i + 1 < arena->block_count && block[1].use == BLOCK_FREE) {
        block->bytes += block[1].bytes;
        remove_block(arena, i + 1);
    }
    if (i && block[-1].use == BLOCK_FREE) {
        block[-1].bytes += block->bytes;
        remove_block(arena, i);
    }
}

/* The part of a new block that was handed out before and has to be cleared;
 * what lies above is zero and has cost nothing yet. */
static size_t used_before(struct fake_arena *arena, const uint8_t *mem,
                          size_t bytes)
{
    size_t offset = (size_t)(mem - arena->base);
    size_t old = arena->touched > offset ? arena->touched - offset : 0;

    if (arena->touched < offset + bytes)
        arena->touched = offset + bytes;
    return old < bytes ? old : bytes;
}

/* memset for memory that a ring may still live in, if the driver is wrong.
 * Atomic, so that this is the driver's race and not one of ours. Blocks are
 * whole granules: rounding up to words stays inside. */
static void fill_ring_memory(uint8_t *mem, size_t bytes, uint8_t value)
{
    uint64_t word = UINT64_C(0x0101010101010101) * value;
    size_t i;

    for (i = 0; i < bytes; i += sizeof(word))
        atomic_store_explicit((_Atomic uint64_t *)(void *)(mem + i), word,
                              memory_order_relaxed);
}

void *fake_arena_take(struct fake_arena *arena, size_t bytes, size_t align)
{
    uint8_t *mem = block_take(arena, bytes, align, BLOCK_TAKEN);

    if (mem)
        memset(mem, 0, used_before(arena, mem, bytes));
    return mem;
}

void fake_arena_give(struct fake_arena *arena, void *cpu)
{
    struct fake_block *block = block_at(arena, cpu, BLOCK_TAKEN);

    if (!block)
        return;
    if (arena->ledger)
        fake_ledger_let_go(arena->ledger, cpu, block->bytes);
    block_give(arena, block);
}

/* ---- windows ---------------------------------------------------------- */

/* A closed window, or one that was never open; window_count: there is none.
 * The one that was closed longest ago comes back only after QUARANTINE others,
 * so that a stale address stays invalid for a while; not later, for windows
 * that go round through all of their table are never in the cache. */
static uint32_t window_take(struct fake_arena *arena)
{
    uint32_t k = arena->closed_first;

    if (arena->closed_count <= QUARANTINE && arena->fresh < arena->window_count)
        return arena->fresh++;
    if (arena->closed_count == 0)
        return arena->window_count;
    arena->closed_first = arena->windows[k].next;
    arena->closed_count--;
    return k;
}

static uint64_t window_open(struct fake_arena *arena, uint8_t *mem,
                            size_t bytes, unsigned dirs, void *cpu,
                            enum window_kind kind, enum fake_dir dir)
{
    struct fake_window *w;
    uint64_t start;
    uint32_t k;

    if (bytes > WINDOW_BYTES_MAX)
        return FAKE_DMA_BAD;
    k = window_take(arena);
    if (k == arena->window_count)
        return FAKE_DMA_BAD;
    w = &arena->windows[k];
    start = ((uint64_t)k + 1) << WINDOW_SHIFT |
            ((uint64_t)(mem - arena->base) & KEPT_BITS);
    atomic_store_explicit(&w->start, start, memory_order_relaxed);
    atomic_store_explicit(&w->mem, arena->device + (mem - arena->base),
                          memory_order_relaxed);
    atomic_store_explicit(&w->dirs, dirs, memory_order_relaxed);
    atomic_store_explicit(&w->cpu, cpu, memory_order_relaxed);
    atomic_store_explicit(&w->bytes, bytes, memory_order_relaxed);
    w->kind = kind;
    w->dir = dir;
    if (arena->weak && kind != WINDOW_BOUNCE)
        fake_weak_open(arena->weak, cpu, bytes, start);
    return start;
}

/* To the end of the queue. */
static void window_close(struct fake_arena *arena, struct fake_window *w)
{
    uint32_t k = (uint32_t)(w - arena->windows);

    if (arena->weak && w->kind != WINDOW_BOUNCE)
        fake_weak_close(arena->weak, w->cpu,
                        atomic_load_explicit(&w->bytes, memory_order_relaxed),
                        atomic_load_explicit(&w->start, memory_order_relaxed));
    atomic_store_explicit(&w->bytes, 0, memory_order_relaxed);
    if (arena->closed_count++ == 0)
        arena->closed_first = k;
    else
        arena->windows[arena->closed_last].next = k;
    arena->closed_last = k;
}

/* The open window that starts at dma and is `bytes` long over cpu. */
static struct fake_window *window_find(struct fake_arena *arena, uint64_t dma,
                                       size_t bytes, const void *cpu)
{
    uint64_t k = (dma >> WINDOW_SHIFT) - 1;
    struct fake_window *w;

    if (k >= arena->window_count || !bytes)
        return NULL;
    w = &arena->windows[k];
    if (atomic_load_explicit(&w->bytes, memory_order_relaxed) != bytes ||
        atomic_load_explicit(&w->start, memory_order_relaxed) != dma ||
        atomic_load_explicit(&w->cpu, memory_order_relaxed) != cpu)
        return NULL;
    return w;
}

void *fake_arena_dma_alloc(struct fake_arena *arena, size_t bytes, size_t align,
                           uint64_t *dma)
{
    unsigned both = 1u << FAKE_TO_DEVICE | 1u << FAKE_FROM_DEVICE;
    uint64_t arg;
    uint8_t *mem;

    if (++arena->alloc_count == arena->alloc_fail_at ||
        fake_fault_fires(arena->faults, FAKE_FAULT_DMA_ALLOC_FAILS, arena->log,
                         FAKE_NO_QUEUE, &arg))
        return NULL;
    mem = block_take(arena, bytes, align, BLOCK_DMA);
    if (!mem)
        return NULL;
    fill_ring_memory(mem, used_before(arena, mem, bytes), 0);
    *dma =
        window_open(arena, mem, bytes, both, mem, WINDOW_DMA, FAKE_TO_DEVICE);
    if (*dma == FAKE_DMA_BAD) {
        block_give(arena, block_at(arena, mem, BLOCK_DMA));
        return NULL;
    }
    fake_emit(arena->log, FAKE_EV_DMA_ALLOC, FAKE_NO_QUEUE, *dma, bytes, align,
              0);
    return mem;
}

/* By the driver; match: there was one before it that it takes back. The event
 * may be out of the log long before anybody asks. */
static void tell_take_back(struct fake_arena *arena, enum fake_event_kind kind,
                           uint64_t dma, uint64_t bytes, uint64_t c, uint64_t d,
                           bool match)
{
    uint64_t event;

    if (!arena->log->on)
        return;
    event = fake_log_one(arena->log, kind, FAKE_NO_QUEUE, dma, bytes, c, d);
    if (!match && !arena->mismatch.any)
        arena->mismatch = (struct fake_mismatch){
            .any = true,
            .freed = kind == FAKE_EV_DMA_FREE,
            .dma = dma,
            .bytes = bytes,
            .event = event,
        };
}

void fake_arena_dma_free(struct fake_arena *arena, void *cpu, size_t bytes,
                         uint64_t dma)
{
    struct fake_window *w = window_find(arena, dma, bytes, cpu);
    bool known = w && w->kind == WINDOW_DMA;

    /* The event first: from here on the driver has let go, and a fault that
     * the closed window causes comes later in the log. */
    tell_take_back(arena, FAKE_EV_DMA_FREE, dma, bytes, known, 0, known);
    if (!known)
        return;
    window_close(arena, w);
    if (arena->ledger)
        fake_ledger_let_go(arena->ledger, cpu, bytes);
    fill_ring_memory(cpu, bytes, POISON_FREED);
    block_give(arena, block_at(arena, cpu, BLOCK_DMA));
}

static uint64_t share_bounced(struct fake_arena *arena, void *buf, size_t bytes,
                              enum fake_dir dir)
{
    uint8_t *mem = block_take(arena, bytes, GRANULE, BLOCK_BOUNCE);
    uint64_t dma;

    if (!mem)
        return FAKE_DMA_BAD;
    (void)used_before(arena, mem, bytes);
    if (dir == FAKE_TO_DEVICE)
        memcpy(mem, buf, bytes);
    else
        memset(mem, POISON_UNWRITTEN, bytes);
    dma = window_open(arena, mem, bytes, 1u << dir, buf, WINDOW_BOUNCE, dir);
    if (dma == FAKE_DMA_BAD)
        block_give(arena, block_at(arena, mem, BLOCK_BOUNCE));
    return dma;
}

/* A fault: the caches of driver and device know nothing of each other. */
static bool needs_flush(struct fake_arena *arena)
{
    uint64_t arg;

    return fake_fault_planned(arena->faults, FAKE_FAULT_MEMORY_NEEDS_FLUSH) &&
           fake_fault_fires(arena->faults, FAKE_FAULT_MEMORY_NEEDS_FLUSH,
                            arena->log, FAKE_NO_QUEUE, &arg);
}

uint64_t fake_arena_share(struct fake_arena *arena, void *buf, size_t bytes,
                          enum fake_dir dir)
{
    uint64_t dma, arg;

    if (!bytes || (unsigned)dir > FAKE_FROM_DEVICE)
        return FAKE_DMA_BAD;
    if (fake_fault_fires(arena->faults, FAKE_FAULT_SHARE_FAILS, arena->log,
                         FAKE_NO_QUEUE, &arg))
        return FAKE_DMA_BAD;
    if (needs_flush(arena) || arena->mode == FAKE_MEM_BOUNCE ||
        !in_arena(arena->base, arena, buf, bytes))
        dma = share_bounced(arena, buf, bytes, dir);
    else
        dma = window_open(arena, buf, bytes, 1u << dir, buf, WINDOW_SHARE, dir);
    if (dma != FAKE_DMA_BAD)
        fake_emit(arena->log, FAKE_EV_SHARE, FAKE_NO_QUEUE, dma, bytes, dir, 0);
    return dma;
}

void fake_arena_unshare(struct fake_arena *arena, void *buf, size_t bytes,
                        enum fake_dir dir, uint64_t dma)
{
    struct fake_window *w = window_find(arena, dma, bytes, buf);
    bool match = w && w->kind != WINDOW_DMA && w->dir == dir;
    uint8_t *mem;

    tell_take_back(arena, FAKE_EV_UNSHARE, dma, bytes, dir, match, match);
    if (!match)
        return;
    mem = arena->base +
          (atomic_load_explicit(&w->mem, memory_order_relaxed) - arena->device);
    window_close(arena, w);
    if (arena->ledger)
        fake_ledger_let_go(arena->ledger, buf, bytes);
    if (w->kind != WINDOW_BOUNCE)
        return;
    if (dir == FAKE_FROM_DEVICE)
        memcpy(buf, mem, bytes);
    memset(mem, POISON_FREED, bytes);
    block_give(arena, block_at(arena, mem, BLOCK_BOUNCE));
}
