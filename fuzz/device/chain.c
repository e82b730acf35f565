/* SPDX-License-Identifier: MIT */
/* Chains of a driver, in either ring; right, as far as they are asked to be. */
#include "guest.h"
#include "ops.h"
#include "ringtrue/wire.h"

#include <string.h>

#define DESC_BYTES 16u

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

/* a and b are flags and next of a split descriptor, id and flags of a packed
 * one: in this order. */
static void put_desc(uint8_t *d, const struct guest_piece *p, uint16_t a,
                     uint16_t b)
{
    put(d, p->addr, 8);
    put(d + 8, p->len, 4);
    put16(d + 12, a);
    put16(d + 14, b);
}

static uint16_t with_next(const struct guest_piece *p, bool more)
{
    return (uint16_t)(p->flags | (more ? VIRTQ_DESC_F_NEXT : 0));
}

/* Those that stand there: not yet available in this lap, or long since. */
static uint16_t old_flags(const uint8_t *d)
{
    return (uint16_t)(d[14] | d[15] << 8);
}

/* The pieces as a table in the work memory, and the one piece that it is. */
static bool into_table(struct guest *g, const struct guest_queue *q,
                       const struct guest_piece *piece, unsigned count,
                       struct guest_piece *table)
{
    uint64_t dma;
    uint8_t *at = guest_work(g, DESC_BYTES * (size_t)count, &dma);

    if (!at)
        return false;
    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        uint16_t flags = with_next(&piece[i], !last);
        uint8_t *d = at + DESC_BYTES * (size_t)i;
        if (q->packed)
            put_desc(d, &piece[i], 0, piece[i].flags);
        else
            put_desc(d, &piece[i], flags, (uint16_t)(last ? 0 : i + 1));
    }
    *table = (struct guest_piece){dma, (uint32_t)(DESC_BYTES * count),
                                  VIRTQ_DESC_F_INDIRECT};
    return true;
}

static void add_split(struct guest_queue *q, const struct guest_piece *piece,
                      unsigned count, uint8_t how)
{
    uint16_t head = q->next;
    uint8_t *avail = q->ring.cpu + q->driver;

    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        uint8_t *d = q->ring.cpu + DESC_BYTES * (size_t)q->next;
        q->next = (uint16_t)((q->next + 1) % q->size);
        put_desc(d, &piece[i], with_next(&piece[i], !last), last ? 0 : q->next);
    }
    for (unsigned n = 0; n < ((how & FUZZ_HOW_TWICE) != 0 ? 2 : 1); n++)
        put16(avail + 4 + 2 * (size_t)(q->avail++ % q->size), head);
    if ((how & FUZZ_HOW_HELD) == 0)
        put16(avail + 2, q->avail);
}

/* The first flags last. */
static void add_packed(struct guest_queue *q, const struct guest_piece *piece,
                       unsigned count, uint8_t how)
{
    uint8_t *first = q->ring.cpu + DESC_BYTES * (size_t)q->next;
    uint16_t first_flags = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t *d = q->ring.cpu + DESC_BYTES * (size_t)q->next;
        uint16_t flags =
            piece[i].flags | (q->wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED);
        if (i + 1 < count)
            flags |= VIRTQ_DESC_F_NEXT;
        if (i == 0)
            first_flags = flags;
        put_desc(d, &piece[i], q->id, i == 0 ? old_flags(d) : flags);
        if (++q->next == q->size) {
            q->next = 0;
            q->wrap = !q->wrap;
        }
    }
    if ((how & FUZZ_HOW_TWICE) == 0)
        q->id = (uint16_t)((q->id + 1) % q->size);
    if ((how & FUZZ_HOW_HELD) == 0)
        put16(first + 14, first_flags);
}

void guest_chain(struct guest *g, unsigned queue,
                 const struct guest_piece *piece, unsigned count, uint8_t how)
{
    struct guest_queue *q = &g->queue[queue];
    struct guest_piece table;

    if (!q->ring.cpu || count == 0)
        return;
    if ((how & FUZZ_HOW_SHORT) != 0 && count > 1)
        count--;
    if ((how & FUZZ_HOW_TABLE) != 0) {
        if (!into_table(g, q, piece, count, &table))
            return;
        piece = &table;
        count = 1;
    }
    if (q->packed)
        add_packed(q, piece, count, how);
    else
        add_split(q, piece, count, how);
    if ((how & FUZZ_HOW_SILENT) == 0)
        guest_kick(g, queue, 0);
}

void guest_jump(struct guest *g, unsigned queue, uint16_t by)
{
    struct guest_queue *q = &g->queue[queue];

    if (!q->ring.cpu)
        return;
    if (q->packed) {
        q->next = (uint16_t)((q->next + by) % q->size);
        q->wrap ^= by >> 15;
        return;
    }
    q->avail = (uint16_t)(q->avail + by);
    put16(q->ring.cpu + q->driver + 2, q->avail);
}

void guest_wish(struct guest *g, unsigned queue, uint8_t flags, uint16_t event)
{
    struct guest_queue *q = &g->queue[queue];
    uint8_t *driver;

    if (!q->ring.cpu)
        return;
    driver = q->ring.cpu + q->driver;
    if (q->packed) {
        put16(driver, event);
        put16(driver + 2, flags);
        return;
    }
    put16(driver, flags);
    put16(driver + 4 + 2 * (size_t)q->size, event);
}
