/* SPDX-License-Identifier: MIT
 *
 * blk_order.c: when requests to a disk complete, and in which order.
 */
#include "blk_private.h"

/* Completions in one step. */
#define BATCH 64u

#define IDLE_NS UINT64_C(1000000)

/* May requests complete in another order than they came in? (6, IN_ORDER) */
static enum fake_blk_order order(const struct fake_blk *blk)
{
    return blk_negotiated(blk, VIRTIO_F_IN_ORDER) ? FAKE_BLK_FIFO
                                                  : blk->cfg.order;
}

bool blk_at_once(const struct fake_blk *blk)
{
    /* What a flush owes to a cache counts from when it was taken, so all that
     * is there is taken before any of it is served. */
    return !blk->cfg.latency_ns && blk->cfg.hold < 2 && !blk->cache &&
           order(blk) == FAKE_BLK_FIFO && !blk->held;
}

static void append(struct fake_blk *blk, struct fake_chain *chain)
{
    chain->link = NULL;
    if (blk->held)
        blk->held_last->link = chain;
    else
        blk->held = chain;
    blk->held_last = chain;
    blk->held_count++;
}

void blk_hold(struct fake_blk *blk, struct fake_chain *chain, uint64_t now_ns)
{
    chain->due_ns = now_ns + blk->cfg.latency_ns;
    blk->last_take_ns = now_ns;
    append(blk, chain);
}

/* Takes number k out of the list. */
static struct fake_chain *unhold(struct fake_blk *blk, uint32_t k)
{
    struct fake_chain **at = &blk->held;
    struct fake_chain *before = NULL;
    struct fake_chain *chain;

    for (; k; k--) {
        before = *at;
        at = &before->link;
    }
    chain = *at;
    *at = chain->link;
    if (blk->held_last == chain)
        blk->held_last = before;
    blk->held_count--;
    if (blk->let_go)
        blk->let_go--;
    return chain;
}

/* How many of the oldest requests may go now. They are due in the order in
 * which they were taken, as each waits equally long. */
static uint32_t ready_count(const struct fake_blk *blk, uint64_t now_ns)
{
    uint32_t limit = blk->cfg.hold < 2 ? blk->held_count : blk->let_go;
    const struct fake_chain *chain = blk->held;
    uint32_t n = 0;

    while (n < limit && chain->due_ns <= now_ns) {
        chain = chain->link;
        n++;
    }
    return n;
}

static struct fake_chain *next_ready(struct fake_blk *blk, uint64_t now_ns)
{
    uint32_t n;

    if (!blk->held)
        return NULL;
    if (order(blk) == FAKE_BLK_FIFO) /* without counting all of them */
        n = (blk->cfg.hold < 2 || blk->let_go) && blk->held->due_ns <= now_ns;
    else
        n = ready_count(blk, now_ns);
    if (!n)
        return NULL;
    switch (order(blk)) {
    case FAKE_BLK_LIFO:
        return unhold(blk, n - 1);
    case FAKE_BLK_SHUFFLE:
        return unhold(blk, (uint32_t)(blk_random(blk) % n));
    default:
        return unhold(blk, 0);
    }
}

/* Opens the gate of `hold` if it is time. */
static void gate(struct fake_blk *blk, uint64_t now_ns)
{
    if (blk->let_go)
        return;
    if (blk->held_count >= blk->cfg.hold ||
        now_ns - blk->last_take_ns >= IDLE_NS)
        blk->let_go = blk->held_count;
}

static void lower(uint64_t *wake_ns, uint64_t to_ns)
{
    if (to_ns < *wake_ns)
        *wake_ns = to_ns;
}

bool blk_finish_ready(struct fake_blk *blk, uint64_t now_ns, uint64_t *wake_ns)
{
    struct fake_chain *chain;
    unsigned n;

    if (blk->cfg.hold >= 2)
        gate(blk, now_ns);
    for (n = 0; n < BATCH; n++) {
        chain = next_ready(blk, now_ns);
        if (!chain)
            break;
        blk_finish(blk, chain);
    }
    if (blk->held && blk->cfg.hold >= 2 && !blk->let_go)
        lower(wake_ns, blk->last_take_ns + IDLE_NS);
    else if (blk->held)
        lower(wake_ns, blk->held->due_ns);
    return n > 0;
}

/* ---- late ones ---- */

void blk_delay(struct fake_blk *blk, struct fake_chain *chain, uint64_t now_ns,
               uint64_t late_ns)
{
    chain->due_ns =
        late_ns < FAKE_NEVER - now_ns ? now_ns + late_ns : FAKE_NEVER;
    chain->link = blk->late;
    blk->late = chain;
}

bool blk_finish_late(struct fake_blk *blk, uint64_t now_ns, uint64_t *wake_ns)
{
    struct fake_chain **at = &blk->late;
    bool did = false;

    while (*at) {
        struct fake_chain *chain = *at;

        if (chain->due_ns > now_ns) {
            lower(wake_ns, chain->due_ns);
            at = &chain->link;
            continue;
        }
        *at = chain->link;
        blk_finish(blk, chain);
        did = true;
    }
    return did;
}

/* ---- resets ---- */

static void forget_late(struct fake_blk *blk, uint16_t queue)
{
    struct fake_chain **at = &blk->late;

    while (*at)
        if ((*at)->ring->cfg.index == queue)
            *at = (*at)->link;
        else
            at = &(*at)->link;
}

void blk_forget(struct fake_blk *blk)
{
    blk->late = NULL;
    blk->held = NULL;
    blk->held_last = NULL;
    blk->held_count = 0;
    blk->let_go = 0;
}

/* Puts the list together again without the buffers of this queue. */
void blk_forget_queue(struct fake_blk *blk, uint16_t queue)
{
    struct fake_chain *chain = blk->held;
    uint32_t let_go = blk->let_go;

    forget_late(blk, queue);
    blk->held = NULL;
    blk->held_last = NULL;
    blk->held_count = 0;
    while (chain) {
        struct fake_chain *next = chain->link;

        if (chain->ring->cfg.index != queue)
            append(blk, chain);
        else if (let_go)
            blk->let_go--;
        if (let_go)
            let_go--;
        chain = next;
    }
}
