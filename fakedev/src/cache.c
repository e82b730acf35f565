/* SPDX-License-Identifier: MIT
 *
 * cache.c: see cache.h. Volatile sectors are found by a table of pages, each
 * for PAGE sectors in a row, and stand in one list, oldest first.
 */
#include "fakedev/cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store_image.h"

#define PAGE 512u

struct dirty {
    struct dirty *next, *before;
    uint64_t sector;
    uint64_t number; /* of the write it is from */
    uint8_t data[FAKE_SECTOR_BYTES];
};

struct page {
    struct dirty *at[PAGE];
};

struct fake_cache {
    struct fake_store *medium;
    struct page **page;
    uint64_t page_count;
    struct dirty *first, *last;
    uint64_t count;
    uint64_t owed; /* what is numbered up to here must not be lost */
    uint64_t rng;
};

/* splitmix64 */
static uint64_t next_random(struct fake_cache *c)
{
    uint64_t z = c->rng += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

struct fake_cache *fake_cache_new(struct fake_store *medium, uint64_t seed)
{
    struct fake_cache *c = calloc(1, sizeof(*c));
    uint64_t sectors = medium->bytes / FAKE_SECTOR_BYTES;

    if (!c)
        return NULL;
    c->medium = medium;
    c->rng = seed;
    c->page_count = (sectors + PAGE - 1) / PAGE;
    c->page = calloc(c->page_count ? c->page_count : 1, sizeof(struct page *));
    if (c->page)
        return c;
    free(c);
    return NULL;
}

/* ---- the sectors ---- */

static struct dirty *find(const struct fake_cache *c, uint64_t sector)
{
    const struct page *page = c->page[sector / PAGE];

    return page ? page->at[sector % PAGE] : NULL;
}

static void append(struct fake_cache *c, struct dirty *d)
{
    d->next = NULL;
    d->before = c->last;
    if (c->last)
        c->last->next = d;
    else
        c->first = d;
    c->last = d;
    c->count++;
}

/* Forgets a sector, committed or not. */
static void drop(struct fake_cache *c, struct dirty *d)
{
    if (d->before)
        d->before->next = d->next;
    else
        c->first = d->next;
    if (d->next)
        d->next->before = d->before;
    else
        c->last = d->before;
    c->page[d->sector / PAGE]->at[d->sector % PAGE] = NULL;
    c->count--;
    free(d);
}

static int write_out(struct fake_cache *c, const struct dirty *d)
{
    return c->medium->ops->write(c->medium, d->sector * FAKE_SECTOR_BYTES,
                                 d->data, FAKE_SECTOR_BYTES);
}

/* A sector that is not volatile yet, with what the medium holds. */
static struct dirty *add(struct fake_cache *c, uint64_t sector)
{
    struct page **page = &c->page[sector / PAGE];
    struct dirty *d;

    if (!*page)
        *page = calloc(1, sizeof(**page));
    d = *page ? malloc(sizeof(*d)) : NULL;
    if (!d)
        return NULL;
    if (c->medium->ops->read(c->medium, sector * FAKE_SECTOR_BYTES, d->data,
                             FAKE_SECTOR_BYTES) != 0) {
        free(d);
        return NULL;
    }
    d->sector = sector;
    append(c, d);
    (*page)->at[sector % PAGE] = d;
    return d;
}

static void drop_all(struct fake_cache *c)
{
    while (c->first)
        drop(c, c->first);
}

void fake_cache_free(struct fake_cache *c)
{
    if (!c)
        return;
    drop_all(c);
    for (uint64_t k = 0; k < c->page_count; k++)
        free(c->page[k]);
    free(c->page);
    free(c);
}

uint64_t fake_cache_dirty(const struct fake_cache *c)
{
    return c->count;
}

/* ---- reading and writing ---- */

/* Bytes of [offset, offset + bytes) that lie in the first sector of it. */
static size_t in_sector(uint64_t offset, size_t bytes)
{
    size_t room = FAKE_SECTOR_BYTES - (size_t)(offset % FAKE_SECTOR_BYTES);

    return bytes < room ? bytes : room;
}

int fake_cache_read(struct fake_cache *c, uint64_t offset, void *to,
                    size_t bytes)
{
    uint8_t *at = to;

    if (c->medium->ops->read(c->medium, offset, to, bytes) != 0)
        return -1;
    while (bytes && c->count) {
        size_t n = in_sector(offset, bytes);
        const struct dirty *d = find(c, offset / FAKE_SECTOR_BYTES);

        if (d)
            memcpy(at, d->data + offset % FAKE_SECTOR_BYTES, n);
        at += n;
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* The sector as a write with this number may change it. */
static struct dirty *renew(struct fake_cache *c, uint64_t sector,
                           uint64_t number)
{
    struct dirty *d = find(c, sector);

    if (!d)
        d = add(c, sector);
    else if (d->number != number &&
             (d->number <= c->owed || next_random(c) % 2) &&
             write_out(c, d) != 0)
        return NULL;
    if (d)
        d->number = number;
    return d;
}

static int commit(struct fake_cache *c, uint64_t number)
{
    struct dirty *d = c->first;

    while (d) {
        struct dirty *next = d->next;

        if (d->number <= number) {
            if (write_out(c, d) != 0)
                return -1;
            drop(c, d);
        }
        d = next;
    }
    return 0;
}

int fake_cache_write(struct fake_cache *c, uint64_t offset, const void *from,
                     size_t bytes, uint64_t number)
{
    const uint8_t *at = from;

    if (!fake_store_has(c->medium, offset, bytes))
        return -1;
    while (bytes) {
        size_t n = in_sector(offset, bytes);
        struct dirty *d;

        if (c->count >= FAKE_CACHE_SECTORS && commit(c, UINT64_MAX) != 0)
            return -1;
        d = renew(c, offset / FAKE_SECTOR_BYTES, number);
        if (!d)
            return -1;
        memcpy(d->data + offset % FAKE_SECTOR_BYTES, at, n);
        at += n;
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* The medium takes over what the cache has of the sector at this byte, if a
 * part of it is about to be changed behind the cache. */
static int settle(struct fake_cache *c, uint64_t offset)
{
    struct dirty *d = find(c, offset / FAKE_SECTOR_BYTES);

    if (!d)
        return 0;
    if (write_out(c, d) != 0)
        return -1;
    drop(c, d);
    return 0;
}

int fake_cache_write_through(struct fake_cache *c, uint64_t offset,
                             const void *from, size_t bytes)
{
    if (!fake_store_has(c->medium, offset, bytes))
        return -1;
    for (uint64_t at = offset; c->count && at < offset + bytes;
         at += FAKE_SECTOR_BYTES - at % FAKE_SECTOR_BYTES)
        if (settle(c, at) != 0)
            return -1;
    return c->medium->ops->write(c->medium, offset, from, bytes);
}

/* ---- flushes and power cuts ---- */

void fake_cache_owe(struct fake_cache *c, uint64_t number)
{
    if (number > c->owed)
        c->owed = number;
}

void fake_cache_forgive(struct fake_cache *c)
{
    c->owed = 0;
}

int fake_cache_commit(struct fake_cache *c, uint64_t number)
{
    if (commit(c, number) != 0)
        return -1;
    return c->medium->ops->flush(c->medium);
}

/* Half of all cuts lose everything or nothing, the rest tosses for each
 * sector. */
static enum fake_survival choose(struct fake_cache *c)
{
    switch (next_random(c) % 4) {
    case 0:
        return FAKE_SURVIVE_NONE;
    case 1:
        return FAKE_SURVIVE_ALL;
    default:
        return FAKE_SURVIVE_BY_SEED;
    }
}

static bool survives(struct fake_cache *c, enum fake_survival survival)
{
    if (survival == FAKE_SURVIVE_BY_SEED)
        return next_random(c) % 2;
    return survival == FAKE_SURVIVE_ALL;
}

int fake_cache_cut(struct fake_cache *c, enum fake_survival survival)
{
    if (survival == FAKE_SURVIVE_BY_SEED)
        survival = choose(c);
    for (const struct dirty *d = c->first; d; d = d->next)
        if (survives(c, survival) && write_out(c, d) != 0)
            return -1;
    drop_all(c);
    return 0;
}
