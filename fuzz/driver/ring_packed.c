/* SPDX-License-Identifier: MIT */
/* What the driver has made available in a packed ring (2.8). */
#include "peer.h"

#define DESC_BYTES 16u

static void next(const struct peer_queue *q, struct peer_place *place)
{
    if (++place->at < q->size)
        return;
    place->at = 0;
    place->wrap = !place->wrap;
}

/* 2.8.1: made available in this lap. */
static bool is_available(uint16_t flags, bool wrap)
{
    bool avail = (flags & VIRTQ_DESC_F_AVAIL) != 0;
    bool used = (flags & VIRTQ_DESC_F_USED) != 0;

    return avail == wrap && used != wrap;
}

static bool add(struct peer *p, struct peer_queue *q, struct peer_chain *c,
                const uint8_t *d)
{
    bool writable = (peer_get16(d + 14) & VIRTQ_DESC_F_WRITE) != 0;

    return peer_chain_add(p, q, c, peer_get64(d), peer_get32(d + 8), writable);
}

static bool walk_table(struct peer *p, struct peer_queue *q,
                       struct peer_chain *c, const uint8_t *d)
{
    uint32_t len = peer_get32(d + 8);
    const uint8_t *table = peer_map(p, peer_get64(d), len, false);

    if ((q->features & PEER_F(VIRTIO_F_INDIRECT_DESC)) == 0 || c->slots != 1 ||
        (peer_get16(d + 14) & VIRTQ_DESC_F_NEXT) != 0 || len == 0 ||
        len % DESC_BYTES != 0 || len / DESC_BYTES > q->size || !table) {
        peer_bad(q, "an indirect table that is wrong");
        return false;
    }
    for (uint32_t i = 0; i < len / DESC_BYTES; i++) {
        if (!add(p, q, c, table + DESC_BYTES * (size_t)i))
            return false;
    }
    return true;
}

static bool is_taken(const struct peer_queue *q, uint16_t id)
{
    for (unsigned n = 0; n < q->taken_count; n++) {
        if (q->chain[q->taken[n]].id == id)
            return true;
    }
    return false;
}

static unsigned slots_taken(const struct peer_queue *q)
{
    unsigned slots = 0;

    for (unsigned n = 0; n < q->taken_count; n++)
        slots += q->chain[q->taken[n]].slots;
    return slots;
}

/* The list at place; which is behind it afterwards. */
static bool walk(struct peer *p, struct peer_queue *q, struct peer_chain *c,
                 struct peer_place *place)
{
    unsigned room = q->size - slots_taken(q);

    for (c->slots = 0; c->slots < room;) {
        const uint8_t *d = q->desc + DESC_BYTES * (size_t)place->at;
        uint16_t flags = peer_get16(d + 14);

        if (!is_available(flags, place->wrap))
            break;
        c->id = peer_get16(d + 12);
        c->slots++;
        next(q, place);
        if ((flags & VIRTQ_DESC_F_INDIRECT) != 0)
            return walk_table(p, q, c, d);
        if (!add(p, q, c, d))
            return false;
        if ((flags & VIRTQ_DESC_F_NEXT) == 0)
            return true;
    }
    peer_bad(q, "a list that ends too late");
    return false;
}

static bool take_one(struct peer *p, struct peer_queue *q)
{
    struct peer_place place = q->avail_at;
    struct peer_chain *c = peer_chain_new(q);

    if (!c || !walk(p, q, c, &place))
        return false;
    if (is_taken(q, c->id)) {
        peer_bad(q, "a buffer id that is with the device");
        return false;
    }
    q->avail_at = place;
    peer_chain_keep(q, c);
    return true;
}

/* With blind, slots_taken() may be more than there are: nothing is taken. */
void peer_packed_take(struct peer *p, struct peer_queue *q)
{
    for (unsigned n = 0; n < q->size && slots_taken(q) < q->size; n++) {
        const uint8_t *d = q->desc + DESC_BYTES * (size_t)q->avail_at.at;
        if (!is_available(peer_get16(d + 14), q->avail_at.wrap) ||
            !take_one(p, q))
            return;
    }
}
