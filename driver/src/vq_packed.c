/* SPDX-License-Identifier: MIT */
/* The way of a chain through a packed ring (2.8.20 to 2.8.22). */
#include "vq_packed.h"

#ifndef RGT_NO_PACKED

/* How far the published descriptors reach, and what a kick says of it. */
static void show(struct rgt_vq *vq)
{
    uint32_t lap2 = 2 * vq->size;
    uint32_t now = rgt__packed_shown(vq, vq->avail_at, vq->avail_bits);
    uint32_t count =
        now >= vq->shown ? now - vq->shown : now + lap2 - vq->shown;

    vq->shown = now;
    /* Who never asks for a decision sees the span grow up to two laps, and no
     * further: every event lies within. */
    vq->kick_span += count;
    if (vq->kick_span > lap2)
        vq->kick_span = lap2;
    if (vq->notification_data)
        rgt_ring_store32(
            &vq->notify_value,
            (uint32_t)rgt__packed_off_wrap(vq->avail_at, vq->avail_bits) << 16 |
                vq->index);
}

/* 2.8.6, 2.8.21: everything but the flags of the first descriptor stands in
 * the ring already; the device stops there, and so sees all of it or
 * nothing. */
void rgt__packed_publish(struct rgt_vq *vq)
{
    rgt_ring_store_idx(&vq->ring[vq->first_at].flags, vq->first_flags);
    show(vq);
}

/* Whether the descriptor that the device waits for is one of the last span. A
 * device that waits for one outside of the ring gets its kick: it costs
 * nothing but time. */
static int event_within(const struct rgt_vq *vq, uint32_t event, uint32_t span)
{
    uint32_t at = event & (RGT__EVENT_WRAP - 1);
    uint32_t last = vq->shown - 1;

    if (at >= vq->size)
        return 1;
    if ((event & RGT__EVENT_WRAP) == 0)
        at += vq->size;
    uint32_t behind = vq->shown > at ? last - at : last + 2 * vq->size - at;
    return behind < span;
}

int rgt__packed_kick_needed(struct rgt_vq *vq)
{
    uint32_t span = vq->kick_span;

    if (span == 0)
        return 0;
    vq->kick_span = 0;
    /* As in a split ring, flags of the first descriptor instead of the idx. */
    rgt_fence_idx_before_suppression();
    uint32_t event = rgt_ring_load32(vq->device_event);
    uint32_t flags = event >> 16 & 3u; /* the rest is reserved */
    if (flags == RING_EVENT_FLAGS_DESC && vq->event_idx)
        return event_within(vq, event, span);
    return flags != RING_EVENT_FLAGS_DISABLE;
}

/* Where an interrupt is wanted now: at the nth completion the device cannot
 * have come less far than this, since no chain is shorter. */
static uint16_t wanted_event(const struct rgt_vq *vq)
{
    uint32_t skip = (rgt__irq_distance(vq) - 1u) * vq->desc_least;
    uint32_t at = vq->used_next + skip;
    uint16_t bits = vq->used_bits;

    if (at >= vq->size) {
        at -= vq->size;
        bits ^= RGT__LAP_BITS;
    }
    return rgt__packed_off_wrap((uint16_t)at, bits);
}

static uint16_t look_again(struct rgt_vq *vq, uint32_t event)
{
    rgt_ring_store32(vq->driver_event, event);
    rgt_fence_suppression_before_idx();
    return rgt_ring_load_idx(&vq->ring[vq->used_next].flags);
}

/* Asks for an interrupt when the device uses descriptor event, and looks
 * again: what was used before the device could see the wish does not
 * interrupt. */
static uint16_t arm(struct rgt_vq *vq, uint16_t event)
{
    vq->used_event = event;
    return look_again(vq, RGT__EVENT(RING_EVENT_FLAGS_DESC, event));
}

/* Whether flags, read at used_next, say "used". If not, and the device has
 * chains of ours, then it was us who wrote there last, for this lap. */
static int accept_flags(struct rgt_vq *vq, uint16_t flags)
{
    if ((flags & RGT__LAP_BITS) == vq->used_bits)
        return 1;
    if (rgt__outstanding(vq) > 0 &&
        ((flags ^ vq->used_bits) & VIRTQ_DESC_F_AVAIL) != 0)
        return rgt__vq_kill(vq, "vq: dead why=used-wrong-lap queue=");
    return 0;
}

static int look(struct rgt_vq *vq, uint16_t *flags)
{
    *flags = rgt_ring_load_idx(&vq->ring[vq->used_next].flags);
    if ((*flags & RGT__LAP_BITS) == vq->used_bits)
        return 1;
    if (vq->event_idx && vq->interrupts) {
        uint16_t event = wanted_event(vq);
        if (vq->used_event != event)
            *flags = arm(vq, event);
    }
    return accept_flags(vq, *flags);
}

/* Reads the used descriptor at used_next. 2.8.4: without WRITE its len is
 * reserved, and nothing was written. */
static int read_used(struct rgt_vq *vq, uint16_t flags, uint32_t *id,
                     uint32_t *written)
{
    const struct pvirtq_desc *d = &vq->ring[vq->used_next];

    *id = rgt_ring_load16(&d->id);
    *written = rgt_ring_load32(&d->len);
#ifndef RGT_PACKED_LEN_ALWAYS
    if ((flags & VIRTQ_DESC_F_WRITE) == 0)
        *written = 0;
#else
    (void)flags;
#endif
    return rgt__used_check(vq, *id, *written);
}

static void skip(struct rgt_vq *vq, uint16_t desc_count)
{
    uint32_t at = (uint32_t)vq->used_next + desc_count;

    if (at >= vq->size) {
        at -= vq->size;
        vq->used_bits ^= RGT__LAP_BITS;
    }
    vq->used_next = (uint16_t)at;
}

/* 2.8.8: one used descriptor for a batch stands where its first would, and
 * those of the others are skipped. */
static int begin_batch(struct rgt_vq *vq, uint16_t flags)
{
    uint32_t id, written;
    int err = read_used(vq, flags, &id, &written);

    return err == 0 ? rgt__batch_begin(vq, id, written, vq->lent_count) : err;
}

static int pop_in_order(struct rgt_vq *vq, void **token, uint32_t *len)
{
    uint16_t flags;

    if (vq->batch_left == 0) {
        int found = look(vq, &flags);
        if (found <= 0)
            return found;
        int err = begin_batch(vq, flags);
        if (err != 0)
            return err;
    }
    skip(vq, rgt__batch_take(vq, token, len));
    return 1;
}

int rgt__packed_pop(struct rgt_vq *vq, void **token, uint32_t *len)
{
    uint32_t id, written;
    uint16_t flags;

    if (vq->in_order)
        return pop_in_order(vq, token, len);
    int found = look(vq, &flags);
    if (found <= 0)
        return found;
    int err = read_used(vq, flags, &id, &written);
    if (err != 0)
        return err;
    const struct rgt_vq_slot *slot = &vq->slots[id];
    *token = slot->token;
    *len = written;
    skip(vq, slot->desc_count);
    rgt__slots_free(vq, (uint16_t)id);
    return 1;
}

void rgt__packed_suppress(struct rgt_vq *vq)
{
    rgt_ring_store32(vq->driver_event, RGT__EVENT(RING_EVENT_FLAGS_DISABLE, 0));
}

int rgt__packed_unsuppress(struct rgt_vq *vq)
{
    uint16_t flags;

    if (vq->event_idx)
        flags = arm(vq, wanted_event(vq));
    else
        flags = look_again(vq, RGT__EVENT(RING_EVENT_FLAGS_ENABLE, 0));
    return vq->batch_left > 0 ? 1 : accept_flags(vq, flags);
}

#endif
