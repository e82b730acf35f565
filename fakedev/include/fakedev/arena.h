/* SPDX-License-Identifier: MIT
 *
 * arena.h: guest memory, and the only way in which the device sees it.
 *
 * Memory is one shared mapping (memfd). The device addresses it through
 * windows: each dma_alloc and each share opens one, at a device address that
 * has nothing to do with the CPU address (6.1: what the device is given are
 * bus addresses). A window knows its length and direction, so an access that
 * is out of bounds, in the wrong direction or after unshare is found at once:
 * it is a MEM_FAULT event and the device gets nothing.
 *
 * Modes: direct (the window shows the driver's buffer itself), bounce (share
 * copies into memory of the device's own, unshare copies back, so that a
 * missing unshare or a wrong direction shows as wrong data) and guarded
 * (direct, but the device has a mapping of its own, and pages that are not
 * one's turn cannot be touched: see ledger.h). A buffer that does not lie in
 * the arena is always bounced; one that the fault MEMORY_NEEDS_FLUSH hits, too.
 *
 * Threads: alloc, free, share and unshare on the driver's thread only;
 * fake_arena_map from the device's thread as well.
 */
#ifndef FAKEDEV_ARENA_H
#define FAKEDEV_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"
#include "fakedev/fault.h"

#define FAKE_DMA_BAD UINT64_MAX

enum fake_mem_mode { FAKE_MEM_DIRECT, FAKE_MEM_BOUNCE, FAKE_MEM_GUARDED };

enum fake_dir { FAKE_TO_DEVICE = 0, FAKE_FROM_DEVICE = 1 };

/* MEM_FAULT reasons. */
enum fake_mem_fault {
    FAKE_MEM_UNKNOWN, /* no window was ever open there, or it is closed */
    FAKE_MEM_BOUNDS,  /* runs past the end of the window */
    FAKE_MEM_DIR,     /* window is shared in the other direction */
    FAKE_MEM_ALIGN,   /* a queue area that lies too odd to be used */
};

/* One range of arena memory that the device may see. */
struct fake_window;
/* First-fit allocator over the arena. */
struct fake_block;
/* An unshare, or a dma_free, that matches nothing. */
struct fake_mismatch {
    bool any, freed;
    uint64_t dma, bytes, event;
};
struct fake_weak;

struct fake_arena {
    enum fake_mem_mode mode;
    struct fake_log *log;
    struct fake_ledger *ledger;     /* NULL: nobody keeps one */
    struct fake_weak *weak;         /* told what the device sees; or NULL */
    struct fake_fault_plan *faults; /* NULL: none; set after init */
    uint8_t *base;                  /* as the driver sees it */
    uint8_t *device; /* as the device does: the same but in guarded mode */
    size_t bytes;
    size_t granule; /* blocks are multiples of it */
    struct fake_block *blocks;
    size_t block_count, block_room;
    struct fake_window *windows; /* window k serves addresses k+1 << 32 */
    uint32_t window_count;
    uint32_t fresh; /* windows from here on were never open */
    uint32_t closed_first, closed_last; /* a queue: reused oldest first */
    uint32_t closed_count;
    uint64_t alloc_fail_at; /* k-th dma_alloc fails; 0: none */
    uint64_t alloc_count;
    size_t used_bytes; /* in dma_alloc and bounce memory now */
    size_t touched;    /* memory from here on was never handed out */
    struct fake_mismatch mismatch; /* the first one; seen only with a log */
};

/* bytes is rounded up to pages; nothing is touched before it is used.
 * window_count: most windows open at a time. Returns 0 or -1 (no memory). */
int fake_arena_init(struct fake_arena *arena, size_t bytes,
                    uint32_t window_count, enum fake_mem_mode mode,
                    struct fake_log *log);
void fake_arena_free(struct fake_arena *arena);

/* Plain arena memory for operation buffers: not visible to the device until
 * shared. NULL when full. Zeroed. */
void *fake_arena_take(struct fake_arena *arena, size_t bytes, size_t align);
void fake_arena_give(struct fake_arena *arena, void *cpu);

/* The port's dma_alloc and dma_free: zeroed, visible both ways. */
void *fake_arena_dma_alloc(struct fake_arena *arena, size_t bytes, size_t align,
                           uint64_t *dma);
void fake_arena_dma_free(struct fake_arena *arena, void *cpu, size_t bytes,
                         uint64_t dma);

/* The port's share and unshare. share returns FAKE_DMA_BAD when windows or
 * bounce memory are out. An unshare that does not match its share is an event
 * with match 0 and closes nothing. */
uint64_t fake_arena_share(struct fake_arena *arena, void *buf, size_t bytes,
                          enum fake_dir dir);
void fake_arena_unshare(struct fake_arena *arena, void *buf, size_t bytes,
                        enum fake_dir dir, uint64_t dma);

/* Device side: memory behind [dma, dma + bytes), all within one window that
 * is open in that direction, or NULL and one MEM_FAULT event. */
void *fake_arena_map(struct fake_arena *arena, uint64_t dma, uint64_t bytes,
                     enum fake_dir dir);

/* Whose memory is behind [dma, dma + bytes)? Returns where the driver has it
 * in the arena, or NULL: not there. *copied: what the device sees is a copy. */
uint8_t *fake_arena_behind(const struct fake_arena *arena, uint64_t dma,
                           uint64_t bytes, bool *copied);

/* A fault: the device writes into memory that it has given back, by event
 * `since`; one TRESPASS event. Nothing is written where it cannot be. */
void fake_arena_write_late(struct fake_arena *arena, uint16_t queue,
                           uint64_t dma, uint64_t bytes, uint64_t since);

#endif
