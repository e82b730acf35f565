/* SPDX-License-Identifier: MIT */
/* Memory of a packed ring. */
#ifndef RGT_VQ_PACKED_H
#define RGT_VQ_PACKED_H

#include "vq_ring.h"

/* The two flags that tell available from used: "available" has them
 * different, "used" has them equal, and AVAIL says in which lap (2.8.1). In
 * the next lap both are the other way round. */
#define RGT__LAP_BITS (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)

/* An event suppression structure (2.8.14) as one little-endian number, so that
 * it is read and written at once: desc below, flags above. */
#define RGT__EVENT(flags, desc) ((uint32_t)(flags) << 16 | (desc))
#define RGT__EVENT_WRAP 0x8000u

/* The next position; past the end of the ring the next lap begins. */
static inline uint16_t rgt__packed_next(const struct rgt_vq *vq, uint16_t at,
                                        uint16_t *bits)
{
    if (++at < vq->size)
        return at;
    *bits ^= RGT__LAP_BITS;
    return 0;
}

/* A position as counted over two laps, after which flags look the same; and as
 * 2.8.10 and 2.9 have it: offset and wrap counter, which is 1 at first. */
static inline uint32_t rgt__packed_shown(const struct rgt_vq *vq, uint16_t at,
                                         uint16_t bits)
{
    return (bits & VIRTQ_DESC_F_AVAIL) != 0 ? at : at + vq->size;
}

static inline uint16_t rgt__packed_off_wrap(uint16_t at, uint16_t bits)
{
    return (bits & VIRTQ_DESC_F_AVAIL) != 0 ? (uint16_t)(at | RGT__EVENT_WRAP)
                                            : at;
}

static inline void rgt__pdesc_put(struct pvirtq_desc *d, uint64_t addr,
                                  uint32_t len, uint16_t id)
{
    rgt_ring_put64(&d->addr, addr);
    rgt_ring_put32(&d->len, len);
    rgt_ring_put16(&d->id, id);
}

#endif
