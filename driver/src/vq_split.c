/* SPDX-License-Identifier: MIT */
/* The way of a chain through a split ring (2.7.13, 2.7.14). */
#include "vq_split.h"

void rgt__split_publish(struct rgt_vq *vq)
{
    uint16_t batch = (uint16_t)(vq->avail_next - vq->avail_published);

    rgt_ring_store_idx(&vq->avail->idx, vq->avail_next);
    /* 2.9: the index, 15 bits as next_off and the highest as next_wrap. */
    if (vq->notification_data)
        rgt_ring_store32(&vq->notify_value,
                         (uint32_t)vq->avail_next << 16 | vq->index);
    /* Who never asks for a decision would see the distance wrap to a small
     * one: keep it at its largest, which says "notify" to all but one event
     * index. */
    if ((uint16_t)(vq->avail_next - vq->kick_from) < batch)
        vq->kick_from = (uint16_t)(vq->avail_next + 1);
}

int rgt__split_kick_needed(struct rgt_vq *vq)
{
    uint16_t now = vq->avail_published;
    uint16_t before = vq->kick_from;

    if (now == before)
        return 0;
    vq->kick_from = now;
    /* The device writes its wish and then looks at avail idx once more; we
     * store the idx and then look at its wish. One of the two sees the other,
     * if both keep this order. */
    rgt_fence_idx_before_suppression();
    if (vq->event_idx) {
        /* 2.7.10.1: an entry of the batch was placed at index event. */
        uint16_t event = rgt_ring_load16(rgt__avail_event(vq));
        return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
    }
    return (rgt_ring_load16(&vq->used->flags) & VIRTQ_USED_F_NO_NOTIFY) == 0;
}

/* Where an interrupt is wanted now: 2.7.7, used_event. */
static uint16_t wanted_event(const struct rgt_vq *vq)
{
    return (uint16_t)(vq->used_next + rgt__irq_distance(vq) - 1);
}

/* Asks for an interrupt at used entry event, and looks again: an entry that
 * came before the device could see the wish does not interrupt. */
static uint16_t arm(struct rgt_vq *vq, uint16_t event)
{
    vq->used_event = event;
    rgt_ring_store16(rgt__used_event(vq), event);
    rgt_fence_suppression_before_idx();
    return rgt_ring_load_idx(&vq->used->idx);
}

/* Believes in used idx, if the device can have come that far. */
static int accept_idx(struct rgt_vq *vq, uint16_t idx)
{
    uint16_t ahead = (uint16_t)(idx - vq->used_next);

    if (ahead > rgt__outstanding(vq))
        return rgt__vq_kill(vq, "vq: dead why=used-idx-jump queue=");
    vq->used_seen = idx;
    return ahead > 0;
}

/* Looks for new used entries; one load of used idx serves all of them. */
static int look(struct rgt_vq *vq)
{
    uint16_t idx = rgt_ring_load_idx(&vq->used->idx);

    if (idx == vq->used_next && vq->event_idx && vq->interrupts) {
        uint16_t event = wanted_event(vq);
        if (vq->used_event != event)
            idx = arm(vq, event);
    }
    return accept_idx(vq, idx);
}

/* Reads used entry used_next. */
static int read_used(struct rgt_vq *vq, uint32_t *id, uint32_t *written)
{
    const struct virtq_used_elem *elem =
        &rgt__used_ring(vq)[vq->used_next & vq->mask];

    *id = rgt_ring_load32(&elem->id);
    *written = rgt_ring_load32(&elem->len);
    return rgt__used_check(vq, *id, *written);
}

/* 2.7.9: one entry for a batch stands where its first would, and used idx
 * moves on by all of them. */
static int pop_in_order(struct rgt_vq *vq, void **token, uint32_t *len)
{
    uint32_t id, written;

    if (vq->batch_left == 0) {
        uint16_t ahead = (uint16_t)(vq->used_seen - vq->used_next);
        int err = read_used(vq, &id, &written);
        if (err == 0)
            err = rgt__batch_begin(vq, id, written, ahead);
        if (err != 0)
            return err;
    }
    rgt__batch_take(vq, token, len);
    vq->used_next++;
    return 1;
}

int rgt__split_pop(struct rgt_vq *vq, void **token, uint32_t *len)
{
    uint32_t id, written;

    if (vq->used_seen == vq->used_next) {
        int found = look(vq);
        if (found <= 0)
            return found;
    }
    if (vq->in_order)
        return pop_in_order(vq, token, len);
    int err = read_used(vq, &id, &written);
    if (err != 0)
        return err;
    *token = vq->slots[id].token;
    *len = written;
    rgt__slots_free(vq, (uint16_t)id);
    vq->used_next++;
    return 1;
}

void rgt__split_suppress(struct rgt_vq *vq)
{
    if (vq->event_idx) {
        /* 2.7.7.1: flags stay 0; the entry furthest away is named. */
        vq->used_event = (uint16_t)(vq->used_next - 1);
        rgt_ring_store16(rgt__used_event(vq), vq->used_event);
    } else {
        rgt_ring_store16(&vq->avail->flags, VIRTQ_AVAIL_F_NO_INTERRUPT);
    }
}

int rgt__split_unsuppress(struct rgt_vq *vq)
{
    if (vq->event_idx)
        return accept_idx(vq, arm(vq, wanted_event(vq)));
    rgt_ring_store16(&vq->avail->flags, 0);
    rgt_fence_suppression_before_idx();
    return accept_idx(vq, rgt_ring_load_idx(&vq->used->idx));
}
