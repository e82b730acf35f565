/* SPDX-License-Identifier: MIT */
/* The platform's memory: what is allocated, lent, given back, and by whom it
 * may be touched meanwhile. */
#include "law.h"
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#define GRAIN 64u

static struct peer *of_hal(struct rgt_hal *hal)
{
    return (struct peer *)hal;
}

/* Counted down; true at the one that fails. */
static bool fails(uint8_t *nth)
{
    return *nth > 0 && --*nth == 0;
}

/* An address that was never used; of any block the first bytes have one, so
 * that whoever forgets the upper half of it is found out. */
static uint64_t fresh_address(struct peer *p)
{
    return ++p->blocks_ever << 32 | 0x40;
}

/* AddressSanitizer sees to what lies around it; the tail of the last grain is
 * not the driver's either. */
static void block_make(struct peer *p, struct peer_block *b, size_t bytes,
                       uint8_t filling)
{
    size_t whole = (bytes + GRAIN - 1) / GRAIN * GRAIN;

    b->mem = aligned_alloc(GRAIN, whole);
    FUZZ_LAW(b->mem, "the fuzz target is out of memory");
    memset(b->mem, filling, whole);
    FUZZ_CLOSE(b->mem + bytes, whole - bytes);
    b->bytes = bytes;
    b->dma = fresh_address(p);
    b->spoilt = false;
}

static void block_end(struct peer_block *b)
{
    FUZZ_OPEN(b->mem, (b->bytes + GRAIN - 1) / GRAIN * GRAIN);
    free(b->mem);
    b->mem = NULL;
}

void *peer_dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                     uint64_t *dma)
{
    struct peer *p = of_hal(hal);

    peer_step(p);
    FUZZ_LAW(bytes > 0 && align > 0 && align <= GRAIN &&
                 (align & (align - 1)) == 0,
             "dma_alloc of %zu bytes aligned to %zu", bytes, align);
    if (fails(&p->alloc_fails))
        return NULL;
    for (unsigned i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *b = &p->block[i];
        if (b->mem)
            continue;
        /* Content may be anything: never zeros. */
        block_make(p, b, bytes, 0xa5);
        *dma = b->dma;
        return b->mem;
    }
    return NULL;
}

void peer_dma_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma)
{
    struct peer *p = of_hal(hal);

    peer_step(p);
    for (unsigned i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *b = &p->block[i];
        if (b->mem != cpu || !cpu)
            continue;
        FUZZ_LAW(b->bytes == bytes && b->dma == dma,
                 "dma_free of %zu bytes that are %zu", bytes, b->bytes);
        FUZZ_LAW(!peer_uses(p, dma, bytes),
                 "dma_free of memory that the device may use");
        peer_drop(p, dma, bytes);
        block_end(b);
        return;
    }
    fuzz_broken("dma_free of memory that is not there");
}

uint64_t peer_share(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir)
{
    struct peer *p = of_hal(hal);

    peer_step(p);
    FUZZ_LAW(bytes > 0 && p->lent(p->ctx, buf, bytes, dir),
             "share of %zu bytes that nobody has lent", bytes);
    FUZZ_LAW(!peer_is_lent(p, buf, bytes), "share of what is lent already");
    if (fails(&p->share_fails))
        return RGT_DMA_BAD;
    for (unsigned i = 0; i < PEER_LOANS; i++) {
        struct peer_loan *l = &p->loan[i];
        if (l->at.mem)
            continue;
        block_make(p, &l->at, bytes, 0x5a);
        if (dir == RGT_TO_DEVICE)
            memcpy(l->at.mem, buf, bytes);
        l->buf = buf;
        l->dir = dir;
        l->seen = false;
        FUZZ_CLOSE(buf, bytes);
        return l->at.dma;
    }
    return RGT_DMA_BAD;
}

/* Of a chain that the device could not have seen, no buffer can come back,
 * unless its queue is down: or that of another, for all that is known. */
static bool may_come_back(const struct peer *p, const struct peer_loan *l)
{
    bool any_up = false;

    for (unsigned k = 0; k < PEER_QUEUES; k++) {
        const struct peer_queue *q = &p->queue[k];
        if (q->was_up && (!q->up || q->blind))
            return true;
        any_up |= q->up;
    }
    return l->seen || p->giving || !any_up;
}

void peer_unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                  enum rgt_dir dir, uint64_t dma)
{
    struct peer *p = of_hal(hal);

    peer_step(p);
    for (unsigned i = 0; i < PEER_LOANS; i++) {
        struct peer_loan *l = &p->loan[i];
        if (!l->at.mem || l->at.dma != dma)
            continue;
        FUZZ_LAW(l->buf == buf && l->at.bytes == bytes && l->dir == dir,
                 "unshare with other arguments than share");
        FUZZ_LAW(!peer_uses(p, dma, bytes),
                 "unshare of a buffer that the device may use");
        FUZZ_LAW(may_come_back(p, l),
                 "unshare of a buffer that the device never got");
        FUZZ_OPEN(buf, bytes);
        if (dir == RGT_FROM_DEVICE)
            memcpy(buf, l->at.mem, bytes);
        peer_drop(p, dma, bytes);
        block_end(&l->at);
        return;
    }
    fuzz_broken("unshare of what is not shared");
}

static uint8_t *within(const struct peer_block *b, uint64_t dma, uint64_t bytes)
{
    uint64_t offset = dma - b->dma;

    if (!b->mem || dma < b->dma || offset > b->bytes ||
        bytes > b->bytes - offset)
        return NULL;
    return b->mem + offset;
}

uint8_t *peer_map(struct peer *p, uint64_t dma, uint64_t bytes, bool writable)
{
    uint8_t *mem = NULL;

    for (unsigned i = 0; i < PEER_BLOCKS && !mem; i++)
        mem = within(&p->block[i], dma, bytes);
    for (unsigned i = 0; i < PEER_LOANS && !mem; i++) {
        if (writable == (p->loan[i].dir == RGT_FROM_DEVICE))
            mem = within(&p->loan[i].at, dma, bytes);
        if (mem)
            p->loan[i].seen = true;
    }
    return mem;
}

unsigned peer_blocks_held(const struct peer *p)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PEER_BLOCKS; i++)
        count += p->block[i].mem != NULL;
    return count;
}

unsigned peer_loans_held(const struct peer *p)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PEER_LOANS; i++)
        count += p->loan[i].at.mem != NULL;
    return count;
}

bool peer_is_lent(const struct peer *p, const void *buf, size_t bytes)
{
    uintptr_t from = (uintptr_t)buf;

    for (unsigned i = 0; i < PEER_LOANS; i++) {
        const struct peer_loan *l = &p->loan[i];
        uintptr_t at = (uintptr_t)l->buf;
        if (l->at.mem && from < at + l->at.bytes && at < from + bytes)
            return true;
    }
    return false;
}
