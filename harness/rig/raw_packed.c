/* SPDX-License-Identifier: MIT
 *
 * raw_packed.c: see raw_packed.h. Written from 2.8, without any of the care a
 * driver takes.
 */
#include "raw_packed.h"

#include <string.h>

#include "ringtrue/wire.h"

#define SLOT_BYTES 16u
#define ID_AT 12u
#define FLAGS_AT 14u
#define EVENT_FLAGS_AT 2u
#define BITS (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)

static uint8_t *slot_at(const struct rig_raw *raw, uint32_t slot)
{
    return raw->area[RIG_RAW_DESC].cpu + SLOT_BYTES * (size_t)slot;
}

static uint16_t avail_bits(bool odd)
{
    return odd ? VIRTQ_DESC_F_USED : VIRTQ_DESC_F_AVAIL;
}

/* Slots ahead are of this lap up to the end of the ring, then of the next. */
static bool is_odd(const struct rig_raw *raw, uint32_t slot)
{
    return raw->packed.odd != (slot < raw->packed.slot);
}

static void move(const struct rig_raw *raw, uint32_t *slot, bool *odd,
                 uint32_t slots)
{
    for (*slot += slots; *slot >= raw->queue_size; *slot -= raw->queue_size)
        *odd = !*odd;
}

void rig_raw_packed_put_desc(struct rig_raw *raw, bool in_table, uint8_t *at,
                             uint32_t index, const struct rig_raw_desc *d)
{
    uint16_t flags = d->flags;

    /* Not available is what a slot is that was used a lap ago. */
    if (!in_table && !(flags & BITS) && is_odd(raw, index))
        flags |= BITS;
    rig_raw_put_le(at, d->addr, 8);
    rig_raw_put_le(at + 8, d->len, 4);
    rig_raw_put_le(at + ID_AT, d->id, 2);
    rig_raw_put_le(at + FLAGS_AT, flags, 2);
}

static uint16_t flags_at(const struct rig_raw *raw, uint32_t slot)
{
    return rig_raw_load16(slot_at(raw, slot) + FLAGS_AT);
}

static unsigned list_length(const struct rig_raw *raw, uint32_t head)
{
    unsigned n = 1;

    while (flags_at(raw, head) & VIRTQ_DESC_F_NEXT && n < raw->queue_size) {
        head = (head + 1) % raw->queue_size;
        n++;
    }
    return n;
}

/* Its id stands in its last descriptor (2.8.6). */
static void lend(struct rig_raw *raw, uint32_t last, unsigned slots)
{
    struct rig_raw_packed *p = &raw->packed;

    if (p->lent_count == RIG_RAW_LENT)
        return;
    p->lent[p->lent_count++] =
        (struct rig_raw_lent){.id = rig_raw_load16(slot_at(raw, last) + ID_AT),
                              .slots = (uint16_t)slots};
}

void rig_raw_packed_put_avail(struct rig_raw *raw, uint16_t head,
                              unsigned slots)
{
    struct rig_raw_packed *p = &raw->packed;
    unsigned n = list_length(raw, head);
    unsigned k = slots ? slots : n;

    lend(raw, (head + n - 1) % raw->queue_size, n);
    while (k-- > 0) {
        uint32_t slot = (head + k) % raw->queue_size;
        uint16_t flags = (uint16_t)(flags_at(raw, slot) & ~BITS);

        /* Whole, and behind all that was written before. */
        rig_raw_publish16(slot_at(raw, slot) + FLAGS_AT,
                          flags | avail_bits(is_odd(raw, slot)));
    }
    move(raw, &p->slot, &p->odd, slots ? slots : n);
    raw->avail_idx++;
}

/* ---- used ---- */

/* Slots of the buffer with this id, which it forgets, together with those
 * before it if the device works in order (2.8.8). 0: there is none. */
static unsigned take_back(struct rig_raw *raw, uint16_t id)
{
    bool in_order = rig_raw_has(raw, VIRTIO_F_IN_ORDER);
    struct rig_raw_packed *p = &raw->packed;
    unsigned slots = 0;
    uint32_t first, k;

    for (k = 0; k < p->lent_count && p->lent[k].id != id; k++)
        ;
    if (k == p->lent_count)
        return 0;
    first = in_order ? 0 : k;
    for (uint32_t i = first; i <= k; i++)
        slots += p->lent[i].slots;
    p->seen = (uint16_t)(p->seen + k + 1 - first);
    memmove(&p->lent[first], &p->lent[k + 1],
            (p->lent_count - k - 1) * sizeof(p->lent[0]));
    p->lent_count -= k + 1 - first;
    return slots;
}

void rig_raw_packed_collect(struct rig_raw *raw)
{
    struct rig_raw_packed *p = &raw->packed;

    /* No further than a lap: what is lent is no more than that. */
    for (uint32_t k = 0; k < raw->queue_size && p->lent_count; k++) {
        uint16_t bits = flags_at(raw, p->used_slot) & BITS;
        unsigned slots;

        if (bits != (p->used_odd ? 0 : BITS))
            return;
        slots =
            take_back(raw, rig_raw_load16(slot_at(raw, p->used_slot) + ID_AT));
        if (!slots)
            return;
        move(raw, &p->used_slot, &p->used_odd, slots);
    }
}

/* ---- notifications ---- */

/* Slots from the one the device names up to the next to be made available, 0
 * for that itself; more than queue_size if it is of another lap. */
static uint32_t slots_since_event(const struct rig_raw *raw)
{
    const struct rig_raw_packed *p = &raw->packed;
    uint16_t desc = rig_raw_load16(raw->area[RIG_RAW_USED].cpu);
    uint32_t off = desc & 0x7fffu;
    bool odd = !(desc >> 15);

    if (odd == p->odd)
        return off <= p->slot ? p->slot - off : UINT32_MAX;
    return off >= p->slot ? p->slot + raw->queue_size - off : UINT32_MAX;
}

static uint16_t event_flags(const struct rig_raw *raw)
{
    return rig_raw_load16(raw->area[RIG_RAW_USED].cpu + EVENT_FLAGS_AT);
}

bool rig_raw_packed_kick_wanted(const struct rig_raw *raw, unsigned slots)
{
    uint32_t since;

    if (event_flags(raw) != RING_EVENT_FLAGS_DESC)
        return event_flags(raw) == RING_EVENT_FLAGS_ENABLE;
    since = slots_since_event(raw);
    return since != 0 && since <= slots;
}

bool rig_raw_packed_is_armed(const struct rig_raw *raw)
{
    return event_flags(raw) == RING_EVENT_FLAGS_ENABLE ||
           (event_flags(raw) == RING_EVENT_FLAGS_DESC &&
            slots_since_event(raw) == 0);
}

uint32_t rig_raw_packed_where(const struct rig_raw *raw)
{
    return raw->packed.slot << 16 | (raw->packed.odd ? 0 : 0x80000000u);
}
