/* SPDX-License-Identifier: MIT */
/* What the driver has made available in a split ring (2.7.5, 2.7.6). */
#include "peer.h"

#define DESC_BYTES 16u

struct table {
    const uint8_t *desc;
    uint32_t entries;
};

static bool is_taken(const struct peer_queue *q, uint16_t head)
{
    for (unsigned n = 0; n < q->taken_count; n++) {
        if (q->chain[q->taken[n]].id == head)
            return true;
    }
    return false;
}

static bool enter(struct peer *p, struct peer_queue *q, struct table *t,
                  uint64_t dma, uint32_t len, uint16_t flags)
{
    const uint8_t *mem = peer_map(p, dma, len, false);

    if ((q->features & PEER_F(VIRTIO_F_INDIRECT_DESC)) == 0 ||
        t->desc != q->desc || (flags & VIRTQ_DESC_F_NEXT) != 0 || len == 0 ||
        len % DESC_BYTES != 0 || !mem) {
        peer_bad(q, "an indirect table that is wrong");
        return false;
    }
    *t = (struct table){mem, len / DESC_BYTES};
    return true;
}

/* Each turn takes one element, of at most as many as the queue has; but for
 * the one that leads to the table. */
static bool walk(struct peer *p, struct peer_queue *q, struct peer_chain *c)
{
    struct table t = {q->desc, q->size};
    uint32_t at = c->id;

    for (uint32_t n = 0; n <= q->size + 1u && at < t.entries; n++) {
        const uint8_t *d = t.desc + DESC_BYTES * (size_t)at;
        uint64_t dma = peer_get64(d);
        uint32_t len = peer_get32(d + 8);
        uint16_t flags = peer_get16(d + 12);

        if ((flags & VIRTQ_DESC_F_INDIRECT) != 0) {
            if (!enter(p, q, &t, dma, len, flags))
                return false;
            at = 0;
            continue;
        }
        if (c->seg_count == q->size)
            break;
        if (!peer_chain_add(p, q, c, dma, len,
                            (flags & VIRTQ_DESC_F_WRITE) != 0))
            return false;
        if ((flags & VIRTQ_DESC_F_NEXT) == 0)
            return true;
        at = peer_get16(d + 14);
    }
    peer_bad(q, "a chain without end, or out of its table");
    return false;
}

static bool take_one(struct peer *p, struct peer_queue *q)
{
    uint16_t head =
        peer_get16(q->driver + 4 + 2 * (q->avail_next & (q->size - 1u)));
    struct peer_chain *c = peer_chain_new(q);

    if (head >= q->size || is_taken(q, head) || !c) {
        peer_bad(q, "a head out of range, or twice");
        return false;
    }
    c->id = head;
    c->slots = 1;
    if (!walk(p, q, c))
        return false;
    peer_chain_keep(q, c);
    q->avail_next++;
    return true;
}

void peer_split_take(struct peer *p, struct peer_queue *q)
{
    uint16_t count = (uint16_t)(peer_get16(q->driver + 2) - q->avail_next);

    if (count > q->size) {
        peer_bad(q, "avail idx jumps");
        return;
    }
    while (count-- > 0 && take_one(p, q))
        continue;
}
