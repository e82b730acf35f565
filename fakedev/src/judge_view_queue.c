/* SPDX-License-Identifier: MIT
 *
 * judge_view_queue.c: what the events so far say about the queues and about
 * the memory lent over them.
 */
#include <stdlib.h>

#include "judge_internal.h"

/* ---- memory ---- */

static uint32_t window_of(uint64_t addr)
{
    return addr >> 32 < VIEW_WINDOWS ? (uint32_t)(addr >> 32) : 0;
}

bool view_window_lent(const struct view *v, uint64_t addr, unsigned queue)
{
    uint32_t w = window_of(addr);
    const struct view_queue *q = &v->queue[queue];
    uint16_t head = v->window_head[w];

    return v->window_serial[w] && v->window_queue[w] == queue && q->chain &&
           head < q->ids && q->chain[head].serial == v->window_serial[w];
}

bool view_window_busy(const struct view *v, uint64_t addr)
{
    unsigned queue = v->window_queue[window_of(addr)];

    return v->queue[queue].up && view_window_lent(v, addr, queue);
}

static void add_desc(struct view *v, struct view_queue *q,
                     const struct fake_event *e)
{
    uint16_t flags = FAKE_DESC_FLAGS(e->arg[3]);
    uint32_t w = window_of(e->arg[1]);

    if (flags & VIRTQ_DESC_F_INDIRECT)
        q->table_entries = (uint32_t)(e->arg[2] / 16);
    else
        q->chain_len += e->arg[2];
    q->writable_seen |=
        (flags & VIRTQ_DESC_F_WRITE) && !(flags & VIRTQ_DESC_F_INDIRECT);
    if (w && v->fetched_count < sizeof(v->fetched) / sizeof(v->fetched[0]))
        v->fetched[v->fetched_count++] = w;
}

static void end_fetch(struct view *v, struct view_queue *q)
{
    q->writable_seen = false;
    q->chain_len = 0;
    q->table_entries = 0;
    v->fetched_count = 0;
}

static void add_to_order(struct view_queue *q, uint16_t id)
{
    if (q->order && q->order_count < q->size)
        q->order[(q->order_first + q->order_count++) % q->size] = id;
}

static void add_chain(struct view *v, struct view_queue *q, uint64_t number,
                      const struct fake_event *e)
{
    uint16_t head = (uint16_t)e->arg[0];

    v->serial++;
    v->events_filled |= v->sound && e->queue == VIRTIO_SND_VQ_EVENT;
    if (q->chain && head < q->ids) {
        q->inflight += q->chain[head].serial == 0;
        q->chain[head].serial = v->serial;
        q->chain[head].lent = number;
        q->chain[head].writable = e->arg[3];
        q->chain[head].asked_for = !v->opening;
        add_to_order(q, head);
    }
    for (uint32_t k = 0; k < v->fetched_count; k++) {
        uint32_t w = v->fetched[k];

        v->window_serial[w] = v->serial;
        v->window_head[w] = head;
        v->window_queue[w] = e->queue;
    }
    end_fetch(v, q);
}

static void take_back(struct view *v, struct view_queue *q,
                      const struct fake_event *e)
{
    struct view_chain *c;

    if (!q->chain || e->arg[0] >= q->ids)
        return;
    c = &q->chain[e->arg[0]];
    if (c->serial == 0)
        return;
    if (c->asked_for)
        view_count_used(v, e, c->writable);
    c->serial = 0;
    q->inflight--;
}

/* One entry gives back all buffers up to its own; those it skips were used
 * completely (2.7.9, 2.8.8). */
static void add_skipped(struct view *v, struct view_queue *q,
                        const struct fake_event *e)
{
    struct fake_event skipped = *e;

    for (uint64_t left = e->arg[3]; left && q->order_count; left--) {
        skipped.arg[0] = q->order[q->order_first];
        skipped.arg[1] = UINT64_MAX;
        q->order_first = (q->order_first + 1) % q->size;
        q->order_count--;
        if (left == 1)
            break;
        v->used++;
        take_back(v, q, &skipped);
    }
}

static void add_used(struct view *v, struct view_queue *q,
                     const struct fake_event *e)
{
    if (q->order)
        add_skipped(v, q, e);
    v->used++;
    take_back(v, q, e);
}

/* ---- queues ---- */

void view_queue_free(struct view_queue *q)
{
    free(q->chain);
    free(q->order);
    q->chain = NULL;
    q->order = NULL;
}

#define PACKED_IDS 65536u

static void queue_up(const struct view *v, struct view_queue *q,
                     const struct fake_event *e)
{
    view_queue_free(q);
    q->size = (uint32_t)e->arg[0];
    q->ids = is_packed(v) ? PACKED_IDS : q->size;
    q->chain = calloc(q->ids ? q->ids : 1, sizeof(*q->chain));
    if (has_feature(v, VIRTIO_F_IN_ORDER) && q->size)
        q->order = calloc(q->size, sizeof(*q->order));
    q->order_first = q->order_count = 0;
    q->up = q->chain != NULL;
    q->inflight = 0;
    q->freed = false;
    for (unsigned k = 0; k < 3; k++)
        q->area[k] = e->arg[k + 1];
    /* As allocated: flags and avail_event are 0, so the first entry needs a
     * kick, and a packed ring wants one at each. */
    q->suppressed = q->wavering = false;
    q->always = is_packed(v) || !has_feature(v, VIRTIO_F_EVENT_IDX);
    q->armed_idx = q->event_idx = q->kicked_idx = 0;
}

void view_queue_down(struct view_queue *q)
{
    q->up = false;
    q->inflight = 0;
}

/* What is wrong but safe is served; its CHAIN is still to come. */
static bool is_served(const struct view *v, uint64_t reason)
{
    return (reason == FAKE_CHAIN_BAD_TABLE_AND_NEXT && !is_packed(v)) ||
           reason == FAKE_CHAIN_BAD_NOT_NEGOTIATED ||
           reason == FAKE_CHAIN_BAD_ORDER || reason == FAKE_CHAIN_BAD_ID_LENT;
}

/* What such a ring holds from now on, the driver has not written. */
void view_add_free(struct view *v, uint64_t addr)
{
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        for (unsigned k = 0; v->queue[q].up && v->queue[q].ready && k < 3; k++)
            v->queue[q].freed |= v->queue[q].area[k] == addr;
}

void view_add_to_queue(struct view *v, uint64_t number,
                       const struct fake_event *e)
{
    struct view_queue *q = view_queue_of(v, e);

    if (!q)
        return;
    switch (e->kind) {
    case FAKE_EV_QUEUE_UP:
        queue_up(v, q, e);
        break;
    case FAKE_EV_QUEUE_DOWN:
        view_queue_down(q);
        if (v->sound && e->queue == VIRTIO_SND_VQ_RX)
            view_forget_rx(v);
        break;
    case FAKE_EV_ARMING:
        /* If it comes to ARMED, these are all. The last kick may be so long
         * ago that its idx has come round again. */
        q->kicked_idx = e->arg[0];
        q->suppressed = q->wavering = true;
        break;
    case FAKE_EV_SUPPRESSING:
        q->suppressed = q->wavering = true;
        break;
    case FAKE_EV_ARMED:
        q->suppressed = q->wavering = false;
        q->armed_idx = e->arg[0];
        q->event_idx = e->arg[1];
        q->always = e->arg[2];
        break;
    case FAKE_EV_SUPPRESSED:
        q->suppressed = true;
        q->wavering = false;
        q->suppressed_at = number;
        break;
    case FAKE_EV_DESC:
        add_desc(v, q, e);
        break;
    case FAKE_EV_CHAIN:
        add_chain(v, q, number, e);
        break;
    case FAKE_EV_CHAIN_BAD:
        if (!is_served(v, e->arg[1]))
            end_fetch(v, q);
        break;
    case FAKE_EV_USED:
        add_used(v, q, e);
        break;
    }
}
