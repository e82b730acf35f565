/* SPDX-License-Identifier: MIT
 *
 * guest.c: see guest.h.
 */
#include "guest.h"

#define ARENA_BYTES (UINT64_C(8) << 20)

static void make_memory(struct guest *g, enum fake_mem_mode mode)
{
    memset(g, 0, sizeof(*g));
    assert_int_equal(fake_log_init(&g->log, 1u << 18), 0);
    assert_int_equal(
        fake_arena_init(&g->arena, ARENA_BYTES, 4096, mode, &g->log), 0);
}

static void make_queue(struct guest *g, uint32_t size, uint64_t features)
{
    g->cfg.size = size;
    g->cfg.features = features;
    g->desc =
        fake_arena_dma_alloc(&g->arena, 16 * (size_t)size, 16, &g->cfg.desc);
    g->avail = fake_arena_dma_alloc(&g->arena, 6 + 2 * (size_t)size, 2,
                                    &g->cfg.driver);
    g->used = fake_arena_dma_alloc(&g->arena, 6 + 8 * (size_t)size, 4,
                                   &g->cfg.device);
    assert_non_null(g->desc);
    assert_non_null(g->avail);
    assert_non_null(g->used);
}

void guest_init(struct guest *g, uint32_t size, uint64_t features)
{
    make_memory(g, FAKE_MEM_DIRECT);
    make_queue(g, size, features);
}

void guest_init_ledger(struct guest *g, uint32_t size, uint64_t features,
                       enum fake_mem_mode mode)
{
    make_memory(g, mode);
    g->arena.faults = &g->faults;
    g->arena.ledger =
        fake_ledger_new(&g->arena, &g->log, mode == FAKE_MEM_GUARDED);
    assert_non_null(g->arena.ledger);
    make_queue(g, size, features);
}

void guest_free(struct guest *g)
{
    fake_ledger_free(g->arena.ledger);
    fake_arena_free(&g->arena);
    fake_log_free(&g->log);
}

void put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

uint64_t get_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

void put_desc(uint8_t *at, uint64_t addr, uint32_t len, uint16_t flags,
              uint16_t next)
{
    put_le(at, addr, 8);
    put_le(at + 8, len, 4);
    put_le(at + 12, flags, 2);
    put_le(at + 14, next, 2);
}

void guest_desc(struct guest *g, unsigned index, uint64_t addr, uint32_t len,
                uint16_t flags, uint16_t next)
{
    put_desc(g->desc + 16 * (size_t)index, addr, len, flags, next);
}

void guest_publish(struct guest *g, uint16_t head)
{
    put_le(g->avail + 4 + 2 * (size_t)(g->avail_idx % g->cfg.size), head, 2);
    put_le(g->avail + 2, ++g->avail_idx, 2);
}

uint8_t *guest_mem(struct guest *g, size_t bytes)
{
    uint8_t *mem = fake_arena_take(&g->arena, bytes, 64);

    assert_non_null(mem);
    return mem;
}

uint64_t guest_share(struct guest *g, void *mem, size_t bytes,
                     enum fake_dir dir)
{
    uint64_t dma = fake_arena_share(&g->arena, mem, bytes, dir);

    assert_true(dma != FAKE_DMA_BAD);
    return dma;
}

void guest_skip_to(struct guest *g, struct fake_ring *ring, uint16_t idx)
{
    g->avail_idx = idx;
    put_le(g->avail + 2, idx, 2);
    put_le(g->used + 2, idx, 2);
    ring->avail_idx = ring->avail_seen = idx;
    ring->used_idx = ring->used_told = idx;
}

uint16_t guest_used_idx(const struct guest *g)
{
    return (uint16_t)get_le(g->used + 2, 2);
}

static const uint8_t *used_at(const struct guest *g, uint16_t idx)
{
    return g->used + 4 + 8 * (size_t)(idx % g->cfg.size);
}

uint32_t guest_used_id(const struct guest *g, uint16_t idx)
{
    return (uint32_t)get_le(used_at(g, idx), 4);
}

uint32_t guest_used_len(const struct guest *g, uint16_t idx)
{
    return (uint32_t)get_le(used_at(g, idx) + 4, 4);
}

void guest_mark(struct guest *g)
{
    g->mark = g->log.count;
}

unsigned guest_count(const struct guest *g, enum fake_event_kind kind)
{
    unsigned n = 0;

    for (uint64_t k = g->mark; k < g->log.count; k++)
        n += fake_log_get(&g->log, k)->kind == kind;
    return n;
}

const struct fake_event *guest_event(const struct guest *g,
                                     enum fake_event_kind kind, unsigned n)
{
    for (uint64_t k = g->mark; k < g->log.count; k++) {
        const struct fake_event *e = fake_log_get(&g->log, k);

        if (e->kind == kind && n-- == 0)
            return e;
    }
    fail_msg("no such event: %s", fake_event_name(kind));
    return NULL;
}
