/* SPDX-License-Identifier: MIT */
/* Chains into the descriptors of either ring (2.7.13.1, 2.8.21). */
#include "vq_chain.h"
#include "vq_packed.h"
#include "vq_split.h"

/* How many of the last pieces stand in an indirect table: all, if they fit,
 * for one piece is as well off without. */
static uint32_t tail_of(const struct rgt_vq *vq, uint32_t entry_count)
{
    if (vq->table_entries == 0 || entry_count < 2)
        return 0;
    if (entry_count <= vq->table_entries)
        return entry_count;
    return vq->indirect_tail ? vq->table_entries : 0;
}

static uint32_t descs_of(uint32_t entry_count, uint32_t tail)
{
    return tail > 0 ? entry_count - tail + 1 : entry_count;
}

int rgt_vq_room(const struct rgt_vq *vq, uint32_t entry_count)
{
    if (vq->dead)
        return RGT_E_PROTO;
    /* 2.7.5.3.1, 2.8.17: no chain longer than the queue, indirect or not. */
    if (entry_count == 0 || entry_count > vq->size)
        return RGT_E_INVAL;
    uint32_t need = descs_of(entry_count, tail_of(vq, entry_count));
    return need <= vq->free_count ? 0 : RGT_E_AGAIN;
}

/* Entry at of the table that belongs to a chain. Both kinds of descriptor have
 * 16 bytes. */
static size_t table_offset(const struct rgt_vq *vq, const struct rgt__chain *c)
{
    return (size_t)c->head * vq->table_entries * sizeof(struct virtq_desc);
}

static void *table_entry(const struct rgt_vq *vq, const struct rgt__chain *c)
{
    uint8_t *table = (uint8_t *)vq->tables + table_offset(vq, c);
    return table + (size_t)c->table_at * sizeof(struct virtq_desc);
}

static uint64_t table_dma(const struct rgt_vq *vq, const struct rgt__chain *c)
{
    return vq->tables_dma + table_offset(vq, c);
}

static uint32_t table_bytes(const struct rgt__chain *c)
{
    return c->tail * (uint32_t)sizeof(struct virtq_desc);
}

static inline void begin(const struct rgt_vq *vq, struct rgt__chain *c,
                         uint32_t entry_count)
{
    c->left = entry_count;
    c->tail = tail_of(vq, entry_count);
    c->count = descs_of(entry_count, c->tail);
    c->writable_bytes = 0;
    c->head = vq->free_head;
    c->table_at = 0;
}

/* ---- split --------------------------------------------------------------- */

/* Writes the next descriptor of the table. */
static inline void split_desc(const struct rgt_vq *vq, struct rgt__chain *c,
                              uint64_t addr, uint32_t len, uint16_t flags)
{
    uint16_t next = vq->slots[c->at].next;

    c->last = c->at;
    rgt__desc_put(&vq->desc[c->at], addr, len, flags,
                  (flags & VIRTQ_DESC_F_NEXT) != 0 ? next : 0);
    c->at = next;
}

/* 2.7.5.3: the descriptor that stands for the rest of the chain; INDIRECT and
 * NEXT are never set both. */
static inline void split_table(const struct rgt_vq *vq, struct rgt__chain *c)
{
    split_desc(vq, c, table_dma(vq, c), table_bytes(c), VIRTQ_DESC_F_INDIRECT);
}

static inline void split_begin(const struct rgt_vq *vq, struct rgt__chain *c,
                               uint32_t entry_count)
{
    begin(vq, c, entry_count);
    c->at = c->head;
    c->last = c->head;
    if (c->tail == entry_count)
        split_table(vq, c);
}

static inline void split_put(const struct rgt_vq *vq, struct rgt__chain *c,
                             uint64_t addr, uint32_t len, uint16_t flags)
{
    bool in_table = c->left <= c->tail;

    if (--c->left > 0)
        flags |= VIRTQ_DESC_F_NEXT;
    if (!in_table) {
        split_desc(vq, c, addr, len, flags);
        if (c->left == c->tail && c->left > 0)
            split_table(vq, c);
        return;
    }
    struct virtq_desc *d = table_entry(vq, c);
    c->table_at++;
    rgt__desc_put(d, addr, len, flags, c->left > 0 ? c->table_at : 0);
}

static inline void split_commit(struct rgt_vq *vq, const struct rgt__chain *c,
                                void *token)
{
    rgt_ring_put16(&rgt__avail_ring(vq)[vq->avail_next & vq->mask], c->head);
    rgt__slots_take(vq, c->last, c->at, (uint16_t)c->count, c->writable_bytes,
                    token);
}

/* ---- packed -------------------------------------------------------------- */

/* Writes the next descriptor of the ring, but for the flags of the first:
 * without them the device sees nothing of the chain (2.8.6). */
static inline void packed_desc(const struct rgt_vq *vq, struct rgt__chain *c,
                               uint64_t addr, uint32_t len, uint16_t flags)
{
    struct pvirtq_desc *d = &vq->ring[c->at];

    flags |= c->bits;
    rgt__pdesc_put(d, addr, len, c->head);
    if (c->at == vq->avail_at)
        c->first_flags = flags;
    else
        rgt_ring_put16(&d->flags, flags);
    c->at = rgt__packed_next(vq, c->at, &c->bits);
}

static inline void packed_table(const struct rgt_vq *vq, struct rgt__chain *c)
{
    packed_desc(vq, c, table_dma(vq, c), table_bytes(c), VIRTQ_DESC_F_INDIRECT);
}

static inline void packed_begin(const struct rgt_vq *vq, struct rgt__chain *c,
                                uint32_t entry_count)
{
    begin(vq, c, entry_count);
    c->at = vq->avail_at;
    c->bits = vq->avail_bits;
    c->first_flags = 0;
    if (c->tail == entry_count)
        packed_table(vq, c);
}

/* 2.8.7: entries of a table follow each other, with no flag but WRITE. */
static inline void packed_put(const struct rgt_vq *vq, struct rgt__chain *c,
                              uint64_t addr, uint32_t len, uint16_t flags)
{
    bool in_table = c->left <= c->tail;

    c->left--;
    if (!in_table) {
        packed_desc(vq, c, addr, len,
                    c->left > 0 ? flags | VIRTQ_DESC_F_NEXT : flags);
        return;
    }
    struct pvirtq_desc *d = table_entry(vq, c);
    c->table_at++;
    rgt__pdesc_put(d, addr, len, 0);
    rgt_ring_put16(&d->flags, flags);
}

/* The first flags of a batch wait for the publish; those of the chains behind
 * stand in its shadow. */
static inline void packed_commit(struct rgt_vq *vq, const struct rgt__chain *c,
                                 void *token)
{
    uint16_t count = (uint16_t)c->count;

    if (vq->avail_next == vq->avail_published) {
        vq->first_at = vq->avail_at;
        vq->first_flags = c->first_flags;
    } else {
        rgt_ring_put16(&vq->ring[vq->avail_at].flags, c->first_flags);
    }
    vq->avail_at = c->at;
    vq->avail_bits = c->bits;
    if (vq->lent_count == 0 || count < vq->desc_least)
        vq->desc_least = count;
    rgt__slots_take(vq, c->head, vq->slots[c->head].next, count,
                    c->writable_bytes, token);
}

/* ---- either -------------------------------------------------------------- */

void rgt__chain_begin(const struct rgt_vq *vq, struct rgt__chain *c,
                      uint32_t entry_count)
{
    if (RGT__PACKED(vq))
        packed_begin(vq, c, entry_count);
    else
        split_begin(vq, c, entry_count);
}

void rgt__chain_put(const struct rgt_vq *vq, struct rgt__chain *c,
                    uint64_t addr, uint32_t len, uint16_t flags)
{
    if ((flags & VIRTQ_DESC_F_WRITE) != 0)
        c->writable_bytes += len;
    if (RGT__PACKED(vq))
        packed_put(vq, c, addr, len, flags);
    else
        split_put(vq, c, addr, len, flags);
}

void rgt__chain_commit(struct rgt_vq *vq, const struct rgt__chain *c,
                       void *token)
{
    if (RGT__PACKED(vq))
        packed_commit(vq, c, token);
    else
        split_commit(vq, c, token);
}

/* What rgt_vq_add() makes a chain of. */
struct pieces {
    const struct rgt_sg *sg;
    uint32_t readable;
    uint32_t all;
    uint32_t writable_bytes;
};

/* 2.7.5.2: the bytes of a chain stay below 2^32. */
static bool lengths_valid(struct pieces *p)
{
    uint64_t sum = 0;
    uint64_t readable = 0;

    for (uint32_t i = 0; i < p->all; i++) {
        if (p->sg[i].len == 0)
            return false;
        if (i == p->readable)
            readable = sum;
        sum += p->sg[i].len;
    }
    p->writable_bytes = (uint32_t)(p->readable < p->all ? sum - readable : 0);
    return sum <= UINT32_MAX;
}

static inline uint16_t flags_of(const struct pieces *p, uint32_t i)
{
    return i < p->readable ? 0 : VIRTQ_DESC_F_WRITE;
}

/* Of a piece in a descriptor of its own. */
static inline uint16_t link_of(const struct pieces *p, uint32_t i)
{
    return i + 1 < p->all ? flags_of(p, i) | VIRTQ_DESC_F_NEXT : flags_of(p, i);
}

/* The same for both rings, and with and without table, so that each is chosen
 * once per chain and the chain is kept in registers. */
static void add_split(struct rgt_vq *vq, const struct pieces *p, void *token)
{
    struct rgt__chain c;

    split_begin(vq, &c, p->all);
    if (c.tail == 0)
        for (uint32_t i = 0; i < p->all; i++)
            split_desc(vq, &c, p->sg[i].addr, p->sg[i].len, link_of(p, i));
    else
        for (uint32_t i = 0; i < p->all; i++)
            split_put(vq, &c, p->sg[i].addr, p->sg[i].len, flags_of(p, i));
    c.writable_bytes = p->writable_bytes;
    split_commit(vq, &c, token);
}

static void add_packed(struct rgt_vq *vq, const struct pieces *p, void *token)
{
    struct rgt__chain c;

    packed_begin(vq, &c, p->all);
    if (c.tail == 0)
        for (uint32_t i = 0; i < p->all; i++)
            packed_desc(vq, &c, p->sg[i].addr, p->sg[i].len, link_of(p, i));
    else
        for (uint32_t i = 0; i < p->all; i++)
            packed_put(vq, &c, p->sg[i].addr, p->sg[i].len, flags_of(p, i));
    c.writable_bytes = p->writable_bytes;
    packed_commit(vq, &c, token);
}

int rgt_vq_add(struct rgt_vq *vq, const struct rgt_sg *sg,
               uint32_t readable_count, uint32_t writable_count, void *token)
{
    struct pieces p = {sg, readable_count, readable_count + writable_count, 0};

    if (p.all < readable_count || token == NULL)
        return RGT_E_INVAL;
    int err = rgt_vq_room(vq, p.all);
    if (err != 0 && err != RGT_E_AGAIN)
        return err;
    if (!lengths_valid(&p))
        return RGT_E_INVAL;
    if (err != 0)
        return err;
    if (RGT__PACKED(vq))
        add_packed(vq, &p, token);
    else
        add_split(vq, &p, token);
    return 0;
}
