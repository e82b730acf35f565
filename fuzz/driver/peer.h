/* SPDX-License-Identifier: MIT */
/* The driver's adversary: a device and a platform whose every word comes from
 * the fuzz input, and who watch what the driver does with it. Written for this
 * purpose from the specification; shares no code with driver/ or fakedev/. */
#ifndef FUZZ_DRIVER_PEER_H
#define FUZZ_DRIVER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"
#include "ringtrue/hal.h"
#include "ringtrue/mmio.h"
#include "ringtrue/wire.h"

#define PEER_QUEUES 4u
#define PEER_BLOCKS 32u
#define PEER_LOANS 128u
#define PEER_SEGS 34u
#define PEER_LIES 4u
#define PEER_DISK_SECTORS 16u
#define PEER_CONFIG_BYTES 72u

/* Time goes on after that, but no move takes it further. */
#define PEER_TIME_END (UINT64_MAX - UINT64_C(1000000000))

#define PEER_F(bit) ((uint64_t)1 << (bit))

/* What dma_alloc gave, or share. Each has device addresses of its own, none is
 * ever used again. */
struct peer_block {
    uint8_t *mem; /* NULL: not in use */
    size_t bytes;
    uint64_t dma;
    bool spoilt; /* the device has written garbage while nothing was in it */
};

/* A buffer lent to the device. The device has a copy, and the buffer itself is
 * closed to all until unshare. */
struct peer_loan {
    struct peer_block at; /* the copy */
    uint8_t *buf;
    enum rgt_dir dir;
    bool seen; /* in a chain that was made available */
};

struct peer_seg {
    uint8_t *mem;
    uint32_t bytes;
    uint64_t dma;
};

/* A chain that the device has taken and not yet given back. */
struct peer_chain {
    uint16_t id;    /* as the used element names it */
    uint16_t slots; /* in the ring: of a packed one, descriptors; else 1 */
    uint32_t seg_count, readable_count;
    uint32_t writable_bytes;
    struct peer_seg seg[PEER_SEGS];
};

struct peer_place { /* in a packed ring */
    uint16_t at;
    bool wrap;
};

struct peer_queue {
    uint16_t index, size;
    uint16_t max_told; /* QueueNumMax as last read */
    uint64_t features; /* accepted when it was enabled */
    uint64_t desc_dma, driver_dma, device_dma;
    uint8_t *desc, *driver, *device; /* mapped while up */
    bool was_up;                     /* since the last reset */
    bool up;        /* the device may use it, as far as the driver knows */
    bool stopping;  /* 0 written to QueueReady, not read back yet */
    bool resetting; /* the same with QueueReset */
    bool blind;     /* ring memory holds garbage: no law about the ring */
    uint16_t avail_next, used_next;
    uint8_t *last;  /* used element put */
    bool over;      /* nothing more is put: the driver must not take the last */
    uint16_t skew;  /* split: what used idx has jumped by, in all */
    uint64_t early; /* ids given back before they were made available */
    struct peer_place avail_at, used_at;
    uint16_t taken_count;
    uint16_t taken[32]; /* chains, oldest first */
    struct peer_chain chain[32];
    uint32_t free_chains; /* bit set */
};

/* A register that reads as something else for a while. */
struct peer_lie {
    uint32_t offset, value;
    uint8_t reads;
};

struct peer {
    struct rgt_hal hal; /* first */
    struct rgt_mmio_bus bus;
    struct rgt_mmio mmio;
    struct fuzz_input in;
    bool sound;
    uint64_t digest;

    /* What a call may cost. */
    uint32_t steps;
    bool moving;      /* a move is being made: nothing else moves */
    bool no_wake_now; /* queue calls wake nobody */
    bool giving;      /* a request is being submitted */

    /* Platform. */
    uint64_t now_ns;
    uint64_t blocks_ever;
    struct peer_block block[PEER_BLOCKS];
    struct peer_loan loan[PEER_LOANS];
    uint8_t alloc_fails, share_fails; /* the nth from now */
    uint8_t wakes;                    /* waits that end for nothing */
    uint8_t race;                     /* loads until the next move */
    /* What the caller lends with the requests that the driver has. */
    bool (*lent)(void *ctx, const void *buf, size_t bytes, enum rgt_dir dir);
    void *ctx;

    /* Registers. */
    uint64_t offered, told, accepted;
    bool told_half[2];
    uint32_t device_sel, driver_sel, queue_sel;
    uint32_t status, status_old; /* as before the reset that is not over */
    bool resetting;
    uint8_t stuck; /* reads until it is; 255: never */
    uint8_t stuck_next, refuse;
    bool needs_reset;
    uint32_t irq, generation, writes;
    uint16_t size_max;
    uint8_t config[PEER_CONFIG_BYTES];
    struct peer_lie lie[PEER_LIES];
    unsigned lie_next;
    struct peer_queue queue[PEER_QUEUES];

    /* Neither configuration nor memory was tampered with: what the driver asks
     * for has to be within what it was told. */
    bool plain;
    uint8_t automatic; /* bit 0: at kicks, bit 1: at waits */
    uint8_t disk[PEER_DISK_SECTORS * 512];
};

/* peer.c */
void peer_init(struct peer *p, const uint8_t *data, size_t bytes);
/* Ends what is still held: an error, if the driver should have. */
void peer_free(struct peer *p);
/* From here on an honest device, and a platform that has memory: its features
 * and queues are such that a driver that came up as `accepted` can do so
 * again. */
void peer_reform(struct peer *p, uint64_t accepted);
/* The time allowed to a call of the driver begins. */
void peer_call(struct peer *p);
/* Something that costs a step of it. */
void peer_step(struct peer *p);
void peer_digest(struct peer *p, uint64_t value);
/* The default content of the configuration space. */
void peer_config(struct peer *p);

/* mem.c: the platform's memory */
void *peer_dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                     uint64_t *dma);
void peer_dma_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma);
uint64_t peer_share(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir);
void peer_unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                  enum rgt_dir dir, uint64_t dma);
/* Memory behind a device address; NULL: not lent, or not that way. */
uint8_t *peer_map(struct peer *p, uint64_t dma, uint64_t bytes, bool writable);
unsigned peer_blocks_held(const struct peer *p);
unsigned peer_loans_held(const struct peer *p);
/* Is any byte of the buffer lent? */
bool peer_is_lent(const struct peer *p, const void *buf, size_t bytes);

/* regs.c */
uint32_t peer_reg_read(struct rgt_mmio_bus *bus, uint32_t offset,
                       unsigned width_bytes);
void peer_reg_write(struct rgt_mmio_bus *bus, uint32_t offset,
                    unsigned width_bytes, uint32_t value);
void peer_queue_down(struct peer_queue *q);

/* ring.c: both kinds */
bool peer_packed(const struct peer_queue *q);
/* Takes what is available. */
void peer_take(struct peer *p, struct peer_queue *q);
/* Gives the chain at place n of those taken back (IN_ORDER: and all older
 * ones), with len written. */
void peer_give(struct peer_queue *q, unsigned n, uint32_t len);
/* Does the chain at n stand for others as well, in a split ring? Then this
 * gives it back as if it did not: the queue is over, and nothing comes back by
 * it. */
bool peer_is_batch(const struct peer_queue *q, unsigned n);
void peer_uncovered(struct peer_queue *q, unsigned n, uint32_t len);
/* A used element of any content, where the next one belongs. */
void peer_used(struct peer *p, struct peer_queue *q, uint32_t id, uint32_t len);
void peer_skew(struct peer_queue *q, uint16_t by);
/* The used element that was put last says something else, if there is one. */
void peer_rewrite(struct peer_queue *q, uint32_t id, uint32_t len);
void peer_suppress(struct peer_queue *q, uint8_t flags, uint16_t event);
/* Does the device have a queue there, or a chain with a piece of it? */
bool peer_uses(struct peer *p, uint64_t dma, size_t bytes);
/* It is there no longer: chains with a piece of it are dropped. */
void peer_drop(struct peer *p, uint64_t dma, size_t bytes);
/* The device writes garbage there. */
void peer_spoil(struct peer *p, struct peer_block *b);

/* ring_split.c, ring_packed.c */
void peer_split_take(struct peer *p, struct peer_queue *q);
void peer_packed_take(struct peer *p, struct peer_queue *q);
/* The driver published something that it must not: a law broken, unless the
 * device itself has spoiled the ring. */
void peer_bad(struct peer_queue *q, const char *what);
struct peer_chain *peer_chain_new(struct peer_queue *q);
void peer_chain_keep(struct peer_queue *q, struct peer_chain *c);
bool peer_chain_add(struct peer *p, struct peer_queue *q, struct peer_chain *c,
                    uint64_t dma, uint32_t len, bool writable);

/* serve.c: as a good device would */
void peer_serve(struct peer *p, struct peer_queue *q, unsigned count);
void peer_serve_all(struct peer *p);
void peer_event(struct peer *p, uint32_t code, uint32_t data);
/* Copies into the writable part of a chain, from its start; the last byte of a
 * block request is the status, written apart. Returns the bytes written. */
uint32_t peer_write(struct peer_chain *c, uint32_t offset, const void *from,
                    uint32_t bytes);
uint32_t peer_read(const struct peer_chain *c, uint32_t offset, void *to,
                   uint32_t bytes);

/* moves.c */
/* The next move if it is one of the device's. Returns whether it was. */
bool peer_move(struct peer *p);

/* Little-endian fields of ring memory. */
static inline uint16_t peer_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t peer_get32(const uint8_t *at)
{
    return peer_get16(at) | (uint32_t)peer_get16(at + 2) << 16;
}

static inline uint64_t peer_get64(const uint8_t *at)
{
    return peer_get32(at) | (uint64_t)peer_get32(at + 4) << 32;
}

static inline void peer_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void peer_put32(uint8_t *at, uint32_t value)
{
    peer_put16(at, (uint16_t)value);
    peer_put16(at + 2, (uint16_t)(value >> 16));
}

static inline void peer_put64(uint8_t *at, uint64_t value)
{
    peer_put32(at, (uint32_t)value);
    peer_put32(at + 4, (uint32_t)(value >> 32));
}

#endif
