/* SPDX-License-Identifier: MIT */
/* The device's half of a packed ring (2.8), byte by byte, and strict: what a
 * driver must not write ends the test.
 */
#ifndef FAKE_PACKED_H
#define FAKE_PACKED_H

#include "fake.h"

/* A place in the ring, with the wrap counter that goes with it. */
struct fake_place {
    unsigned at;
    bool wrap;
};

struct fake_packed {
    uint8_t *ring, *driver, *device; /* the three areas */
    unsigned size;
    struct fake_place next; /* available descriptor to look at */
    struct fake_place used; /* where the next used descriptor goes */
};

struct fake_piece {
    uint64_t addr;
    uint32_t len;
    bool write;
};

struct fake_chain {
    uint16_t id;
    unsigned descs; /* in the ring */
    bool indirect;
    unsigned count; /* pieces, the first few of them kept */
    struct fake_piece pieces[16];
    uint32_t writable_bytes;
};

/* Takes the areas of vq, which has its memory from the fake platform. */
void fake_packed_init(struct fake_packed *p, const struct rgt_vq *vq);

struct fake_place fake_packed_after(const struct fake_packed *p,
                                    struct fake_place from, unsigned descs);

uint8_t *fake_packed_desc(const struct fake_packed *p, unsigned at);
uint16_t fake_packed_flags(const struct fake_packed *p, unsigned at);

/* Takes the next available chain. Returns false if there is none. */
bool fake_packed_take(struct fake_packed *p, struct fake_chain *chain);

/* Writes one used descriptor; the place moves on by descs. WRITE is set if
 * bytes were written. */
void fake_packed_use(struct fake_packed *p, uint16_t id, uint32_t len,
                     unsigned descs);

/* The same with any flags besides the right AVAIL and USED; moves nothing. */
void fake_packed_put_used(struct fake_packed *p, uint16_t id, uint32_t len,
                          uint16_t flags);

/* What the device wants: kicks. RING_EVENT_FLAGS_*, and a place for DESC. */
void fake_packed_want(struct fake_packed *p, uint16_t flags,
                      struct fake_place event);

/* What the driver wants: RING_EVENT_FLAGS_*, and the place for DESC. */
uint16_t fake_packed_wanted(const struct fake_packed *p,
                            struct fake_place *event);

/* 2.8.10 word for word: whether the driver wants to hear of descs descriptors
 * used from from on. */
bool fake_packed_interrupts(const struct fake_packed *p, struct fake_place from,
                            unsigned descs);

#endif
