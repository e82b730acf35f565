/* SPDX-License-Identifier: MIT
 *
 * ring_peer.c: see ring_peer.h. Little-endian hosts only, as figures are.
 */
#include "ring_peer.h"

#include <stdatomic.h>
#include <string.h>

#include "ringtrue/wire.h"

#define AVAIL_BIT 7 /* of a packed descriptor's flags (2.8) */
#define USED_BIT 15
#define EVENT_DISABLE 1u

struct packed_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t id, flags;
};

static uint16_t load16(const void *at, memory_order order)
{
    return atomic_load_explicit((const _Atomic uint16_t *)at, order);
}

static void store16(void *at, uint16_t value, memory_order order)
{
    atomic_store_explicit((_Atomic uint16_t *)at, value, order);
}

/* Both table formats: address, length and flags. The flags' place differs. */
static uint64_t walk_table(uint64_t addr, uint32_t bytes)
{
    const struct virtq_desc *d =
        (const struct virtq_desc *)(uintptr_t)addr; /* identity addresses */
    uint64_t sum = 0;

    for (uint32_t k = 0; k < bytes / sizeof(*d); k++)
        sum += d[k].len + (d[k].addr & 1);
    return sum;
}

/* ---- split ---- */

static void walk_split(struct rig_peer *p, uint16_t head)
{
    const struct virtq_desc *table = (const void *)p->desc;
    const struct virtq_desc *d = &table[head];

    for (uint32_t k = 0; k < p->size; k++) {
        p->bytes += d->flags & VIRTQ_DESC_F_INDIRECT
                        ? walk_table(d->addr, d->len)
                        : d->len + (d->addr & 1);
        if (!(d->flags & VIRTQ_DESC_F_NEXT))
            break;
        d = &table[d->next];
    }
}

static unsigned serve_split(struct rig_peer *p, unsigned most)
{
    const uint16_t *avail = (const uint16_t *)(const void *)p->driver;
    struct virtq_used_elem *ring = (void *)(p->device + 4);
    /* acquire: the entries are read after the idx that covers them. */
    uint16_t end = load16(avail + 1, memory_order_acquire);
    unsigned n = 0;

    while (p->avail != end && n < most) {
        uint16_t head = avail[2 + (p->avail++ & (p->size - 1))];

        if (p->walks)
            walk_split(p, head);
        ring[p->used & (p->size - 1)].id = head;
        ring[p->used++ & (p->size - 1)].len = 1;
        n++;
    }
    /* release: the entries before the idx that covers them. */
    if (n)
        store16(p->device + 2, p->used, memory_order_release);
    return n;
}

/* ---- packed ---- */

static bool is_available(const struct rig_peer *p, uint16_t flags)
{
    bool avail = flags >> AVAIL_BIT & 1, used = flags >> USED_BIT & 1;

    return avail == p->wrap && used != p->wrap;
}

static uint32_t after(const struct rig_peer *p, uint32_t at, uint32_t steps)
{
    at += steps;
    return at >= p->size ? at - p->size : at;
}

static void walk_packed(struct rig_peer *p)
{
    const struct packed_desc *ring = (const void *)p->desc;

    for (uint32_t k = 0; k < p->chain; k++) {
        const struct packed_desc *d = &ring[after(p, p->at, k)];

        p->bytes += d->flags & VIRTQ_DESC_F_INDIRECT
                        ? walk_table(d->addr, d->len)
                        : d->len + (d->addr & 1);
    }
}

static unsigned serve_packed(struct rig_peer *p, unsigned most)
{
    struct packed_desc *ring = (void *)p->desc;
    unsigned n = 0;

    while (n < most) {
        struct packed_desc *head = &ring[p->at];
        /* acquire: the chain is read after the flags that publish it. */
        uint16_t flags = load16(&head->flags, memory_order_acquire);

        if (!is_available(p, flags))
            break;
        if (p->walks)
            walk_packed(p);
        head->id = ring[after(p, p->at, p->chain - 1u)].id;
        head->len = 1;
        /* release: id and len before the flags that make it used. */
        store16(&head->flags,
                (uint16_t)((p->wrap ? 1u << AVAIL_BIT | 1u << USED_BIT : 0) |
                           VIRTQ_DESC_F_WRITE),
                memory_order_release);
        p->at += p->chain;
        if (p->at >= p->size) {
            p->at -= p->size;
            p->wrap = !p->wrap;
        }
        n++;
    }
    return n;
}

/* ---- either ---- */

void rig_peer_quiet(struct rig_peer *p)
{
    if (p->packed)
        store16(p->device + 2, EVENT_DISABLE, memory_order_relaxed);
    else
        store16(p->device, VIRTQ_USED_F_NO_NOTIFY, memory_order_relaxed);
}

unsigned rig_peer_serve(struct rig_peer *p, unsigned most)
{
    return p->packed ? serve_packed(p, most) : serve_split(p, most);
}
