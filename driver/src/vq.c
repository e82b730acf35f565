/* SPDX-License-Identifier: MIT */
/* The way of a chain: add, publish, kick, pop (2.7.13, 2.7.14). */
#include "ringtrue/vq.h"
#include "log.h"
#include "ringtrue/err.h"
#include "vq_chain.h"

/* Cold: the device has broken the rules, and the queue is over. */
static int kill_queue(struct rgt_vq *vq, const char *why)
{
    vq->dead = true;
    rgt__log_num(vq->hal, why, vq->index);
    return RGT_E_PROTO;
}

int rgt_vq_room(const struct rgt_vq *vq, uint32_t entry_count)
{
    if (vq->dead)
        return RGT_E_PROTO;
    /* 2.7.5.3.1: no chain longer than the queue, indirect or not. */
    if (entry_count == 0 || entry_count > vq->size)
        return RGT_E_INVAL;
    uint32_t need = rgt__chain_indirect(vq, entry_count) ? 1 : entry_count;
    return need <= vq->free_count ? 0 : RGT_E_AGAIN;
}

/* 2.7.5.2: the bytes of a chain stay below 2^32. */
static bool lengths_valid(const struct rgt_sg *sg, uint32_t count)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (sg[i].len == 0)
            return false;
        sum += sg[i].len;
    }
    return sum <= UINT32_MAX;
}

int rgt_vq_add(struct rgt_vq *vq, const struct rgt_sg *sg,
               uint32_t readable_count, uint32_t writable_count, void *token)
{
    struct rgt__chain chain;
    uint32_t count = readable_count + writable_count;

    if (count < readable_count || token == NULL)
        return RGT_E_INVAL;
    int err = rgt_vq_room(vq, count);
    if (err != 0 && err != RGT_E_AGAIN)
        return err;
    if (!lengths_valid(sg, count))
        return RGT_E_INVAL;
    if (err != 0)
        return err;
    rgt__chain_begin(vq, &chain, count);
    for (uint32_t i = 0; i < readable_count; i++)
        rgt__chain_put(vq, &chain, sg[i].addr, sg[i].len, 0);
    for (uint32_t i = readable_count; i < count; i++)
        rgt__chain_put(vq, &chain, sg[i].addr, sg[i].len, VIRTQ_DESC_F_WRITE);
    rgt__chain_commit(vq, &chain, token);
    return 0;
}

int rgt_vq_publish(struct rgt_vq *vq)
{
    uint16_t batch = (uint16_t)(vq->avail_next - vq->avail_published);

    if (vq->dead)
        return RGT_E_PROTO;
    if (batch == 0)
        return 0;
    rgt_ring_store_idx(&vq->avail->idx, vq->avail_next);
    vq->avail_published = vq->avail_next;
    /* Who never asks for a decision would see the distance wrap to a small
     * one: keep it at its largest, which says "notify" to all but one event
     * index. */
    if ((uint16_t)(vq->avail_next - vq->kick_from) < batch)
        vq->kick_from = (uint16_t)(vq->avail_next + 1);
    return 0;
}

int rgt_vq_kick_needed(struct rgt_vq *vq)
{
    uint16_t now = vq->avail_published;
    uint16_t before = vq->kick_from;

    if (vq->dead)
        return RGT_E_PROTO;
    if (now == before)
        return 0;
    vq->kick_from = now;
    /* The device writes its wish and then looks at avail idx once more; we
     * store the idx and then look at its wish. One of the two sees the other,
     * if both keep this order. */
    rgt_fence_idx_before_suppression();
    if (vq->event_idx) {
        /* 2.7.10.1: an entry of the batch was placed at index event. */
        const struct virtq_used_elem *end = rgt__used_ring(vq) + vq->size;
        uint16_t event = rgt_ring_load16((const uint16_t *)(const void *)end);
        return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
    }
    return (rgt_ring_load16(&vq->used->flags) & VIRTQ_USED_F_NO_NOTIFY) == 0;
}

void rgt_vq_kick(struct rgt_vq *vq)
{
    vq->transport->ops->notify(vq->transport, vq->index);
}

/* Asks for an interrupt at used entry event, and looks again: an entry that
 * came before the device could see the wish does not interrupt. */
static uint16_t arm(struct rgt_vq *vq, uint16_t event)
{
    vq->used_event = event;
    rgt_ring_store16(&rgt__avail_ring(vq)[vq->size], event);
    rgt_fence_suppression_before_idx();
    return rgt_ring_load_idx(&vq->used->idx);
}

/* Believes in used idx, if the device can have come that far. */
static int accept_idx(struct rgt_vq *vq, uint16_t idx)
{
    uint16_t ahead = (uint16_t)(idx - vq->used_next);
    uint16_t unseen = (uint16_t)(vq->avail_next - vq->avail_published);

    if (ahead > (uint16_t)(vq->lent_count - unseen))
        return kill_queue(vq, "vq: dead why=used-idx-jump queue=");
    vq->used_seen = idx;
    return ahead > 0;
}

/* Looks for new used entries; one load of used idx serves all of them. */
static int look(struct rgt_vq *vq)
{
    uint16_t idx = rgt_ring_load_idx(&vq->used->idx);

    if (idx == vq->used_next && vq->event_idx && vq->interrupts &&
        vq->used_event != vq->used_next)
        idx = arm(vq, vq->used_next);
    return accept_idx(vq, idx);
}

static void free_chain(struct rgt_vq *vq, uint16_t head)
{
    struct rgt_vq_slot *slot = &vq->slots[head];

    slot->token = NULL;
    vq->slots[slot->last].next = vq->free_head;
    vq->free_head = head;
    vq->free_count = (uint16_t)(vq->free_count + slot->desc_count);
    vq->lent_count--;
}

/* Whether the device can know of the chain: not if its place in the available
 * ring lies between the published index and ours. */
static bool published(const struct rgt_vq *vq, const struct rgt_vq_slot *slot)
{
    uint16_t past = (uint16_t)(slot->avail_pos - vq->avail_published);
    return past >= (uint16_t)(vq->avail_next - vq->avail_published);
}

int rgt_vq_pop(struct rgt_vq *vq, void **token, uint32_t *len)
{
    if (vq->dead)
        return RGT_E_PROTO;
    if (vq->used_seen == vq->used_next) {
        int found = look(vq);
        if (found <= 0)
            return found;
    }
    const struct virtq_used_elem *elem =
        &rgt__used_ring(vq)[vq->used_next & vq->mask];
    uint32_t id = rgt_ring_load32(&elem->id);
    uint32_t written = rgt_ring_load32(&elem->len);
    if (id >= vq->size)
        return kill_queue(vq, "vq: dead why=used-id-out-of-range queue=");
    const struct rgt_vq_slot *slot = &vq->slots[id];
    if (slot->token == NULL || !published(vq, slot))
        return kill_queue(vq, "vq: dead why=used-id-not-lent queue=");
    if (written > slot->writable_bytes)
        return kill_queue(vq, "vq: dead why=used-len-too-large queue=");
    *token = slot->token;
    *len = written;
    free_chain(vq, (uint16_t)id);
    vq->used_next++;
    return 1;
}

static void suppress(struct rgt_vq *vq)
{
    if (vq->event_idx) {
        /* 2.7.7.1: flags stay 0; the entry furthest away is named. */
        vq->used_event = (uint16_t)(vq->used_next - 1);
        rgt_ring_store16(&rgt__avail_ring(vq)[vq->size], vq->used_event);
    } else {
        rgt_ring_store16(&vq->avail->flags, VIRTQ_AVAIL_F_NO_INTERRUPT);
    }
}

static int unsuppress(struct rgt_vq *vq)
{
    if (vq->event_idx)
        return accept_idx(vq, arm(vq, vq->used_next));
    rgt_ring_store16(&vq->avail->flags, 0);
    rgt_fence_suppression_before_idx();
    return accept_idx(vq, rgt_ring_load_idx(&vq->used->idx));
}

int rgt_vq_interrupts(struct rgt_vq *vq, bool wanted)
{
    if (vq->dead)
        return RGT_E_PROTO;
    vq->interrupts = wanted;
    if (wanted)
        return unsuppress(vq);
    suppress(vq);
    return 0;
}
