/* SPDX-License-Identifier: MIT */
/* The guest's memory: allocated, lent, given back, in the right way and in
 * others. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#define MOAT_BYTES 64u

struct guest_memory *guest_memory_new(struct guest *g)
{
    for (unsigned i = 0; i < GUEST_MEMORIES; i++) {
        if (!g->memory[i].cpu)
            return &g->memory[i];
    }
    return NULL;
}

/* What lies behind a window is never one: memory of the guest's own, which it
 * leaves alone. */
static void put_moat(struct guest *g)
{
    (void)fake_arena_take(&g->m->arena, MOAT_BYTES, 1);
}

bool guest_alloc(struct guest *g, size_t bytes, size_t align,
                 struct guest_memory *at)
{
    uint64_t dma;
    uint8_t *cpu;

    watch_open(&g->watch);
    cpu = fake_arena_dma_alloc(&g->m->arena, bytes, align, &dma);
    if (cpu) {
        *at = (struct guest_memory){.cpu = cpu, .bytes = bytes, .dma = dma};
        watch_window(&g->watch, dma, bytes, true, true);
        put_moat(g);
    }
    watch_shut(&g->watch);
    return cpu != NULL;
}

/* Of another length than it has, nothing is freed. */
void guest_free(struct guest *g, struct guest_memory *at, size_t more)
{
    if (!at->cpu || at->shared)
        return;
    watch_open(&g->watch);
    if (more == 0)
        watch_close(&g->watch, at->dma);
    fake_arena_dma_free(&g->m->arena, at->cpu, at->bytes + more, at->dma);
    watch_shut(&g->watch);
    if (more == 0)
        at->cpu = NULL;
}

static uint8_t *buffer_new(struct guest *g, size_t bytes, bool outside)
{
    uint8_t *cpu;

    if (!outside)
        return fake_arena_take(&g->m->arena, bytes, 1);
    cpu = malloc(bytes > 0 ? bytes : 1);
    if (cpu)
        memset(cpu, 0x66, bytes);
    return cpu;
}

static void buffer_end(struct guest *g, uint8_t *cpu, bool outside)
{
    if (outside)
        free(cpu);
    else
        fake_arena_give(&g->m->arena, cpu);
}

static bool share(struct guest *g, size_t bytes, enum fake_dir dir,
                  bool outside, struct guest_memory *at)
{
    uint8_t *cpu = buffer_new(g, bytes, outside);
    uint64_t dma;

    if (!cpu)
        return false;
    dma = fake_arena_share(&g->m->arena, cpu, bytes, dir);
    if (dma == FAKE_DMA_BAD) {
        buffer_end(g, cpu, outside);
        return false;
    }
    *at = (struct guest_memory){.cpu = cpu,
                                .bytes = bytes,
                                .dma = dma,
                                .shared = true,
                                .outside = outside,
                                .dir = dir};
    watch_window(&g->watch, dma, bytes, dir == FAKE_FROM_DEVICE,
                 dir == FAKE_TO_DEVICE);
    put_moat(g);
    return true;
}

bool guest_share(struct guest *g, size_t bytes, enum fake_dir dir, bool outside,
                 struct guest_memory *at)
{
    bool shared;

    watch_open(&g->watch);
    shared = share(g, bytes, dir, outside, at);
    watch_shut(&g->watch);
    return shared;
}

/* A wrong one leaves everything as it is. */
void guest_unshare(struct guest *g, struct guest_memory *at, uint8_t wrong)
{
    enum fake_dir dir = at->dir;
    size_t bytes = at->bytes;
    uint64_t dma = at->dma;

    if (!at->cpu || !at->shared)
        return;
    wrong &= 7;
    if ((wrong & 1) != 0)
        dir = dir == FAKE_TO_DEVICE ? FAKE_FROM_DEVICE : FAKE_TO_DEVICE;
    if ((wrong & 2) != 0)
        bytes++;
    if ((wrong & 4) != 0)
        dma++;
    watch_open(&g->watch);
    if (wrong == 0)
        watch_close(&g->watch, dma);
    fake_arena_unshare(&g->m->arena, at->cpu, bytes, dir, dma);
    if (wrong == 0) {
        buffer_end(g, at->cpu, at->outside);
        at->cpu = NULL;
    }
    watch_shut(&g->watch);
}

uint8_t *guest_work(struct guest *g, size_t bytes, uint64_t *dma)
{
    size_t at = (g->work_at + 15) / 16 * 16;

    if (!g->work.cpu || bytes > GUEST_WORK_BYTES)
        return NULL;
    if (bytes > GUEST_WORK_BYTES - at)
        at = 0;
    g->work_at = at + bytes;
    *dma = g->work.dma + at;
    return g->work.cpu + at;
}
