/* SPDX-License-Identifier: MIT */
/* One split virtqueue (2.7), the driver's half.
 *
 * Adding, publishing, deciding the kick and kicking are separate steps: a
 * batch costs one index store and at most one kick, and the kick can be made
 * outside of a lock. A queue is used by one thread at a time.
 *
 * Memory: the caller owns struct rgt_vq and its slots, one per descriptor;
 * the rings come from hal dma_alloc in rgt_vq_init() and nothing is allocated
 * after that. What decides anything (free list, tokens, lengths) is kept in
 * the slots, where the device cannot write; rings are written, not read back.
 *
 * A device that breaks the rules of the used ring kills the queue: that call
 * and every later one returns RGT_E_PROTO until rgt_vq_reset(). The buffers
 * stay lent; rgt_vq_drain() gives them back once the device has been reset.
 */
#ifndef RINGTRUE_VQ_H
#define RINGTRUE_VQ_H

#include "ringtrue/hal.h"
#include "ringtrue/transport.h"
#include "ringtrue/wire.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A piece of a buffer as the device sees it. */
struct rgt_sg {
    uint64_t addr; /* device address */
    uint32_t len;  /* bytes, not 0 */
};

/* Shadow of one descriptor. Private; the caller gives the memory. */
struct rgt_vq_slot {
    void *token;             /* head of a chain lent: not NULL */
    uint32_t writable_bytes; /* head: what the device may write at most */
    uint16_t next;           /* next in the chain, or in the free list */
    uint16_t last;           /* head: last descriptor of the chain */
    uint16_t desc_count;     /* head: descriptors the chain takes */
    uint16_t avail_pos;      /* head: avail idx it was added at */
};

struct rgt_vq_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t features;         /* negotiated */
    struct rgt_vq_slot *slots; /* slot_count of them, content ignored */
    uint32_t slot_count;       /* at least 1 */
    uint32_t size_max;         /* what the device allows, at least 1 */
    uint16_t index;            /* of the queue */
    uint16_t indirect_entries; /* per indirect table; 0: none */
};

/* Private; here so that the caller can place it. Hot fields first. */
struct rgt_vq {
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    struct rgt_vq_slot *slots;
    uint32_t size;            /* a power of two */
    uint16_t mask;            /* size - 1 */
    uint16_t free_head;       /* next descriptor to take */
    uint16_t free_count;      /* descriptors free */
    uint16_t lent_count;      /* chains added and not yet popped */
    uint16_t avail_next;      /* idx including what is not yet published */
    uint16_t avail_published; /* idx as the device sees it */
    uint16_t kick_from;       /* idx at the last kick decision */
    uint16_t used_next;       /* next used entry to take */
    uint16_t used_seen;       /* used idx as last loaded */
    uint16_t used_event;      /* as last stored */
    bool dead;                /* the device broke the rules */
    bool event_idx;           /* VIRTIO_F_EVENT_IDX in use */
    bool interrupts;          /* wanted */
    uint16_t table_entries;   /* per indirect table in use; 0: none */
    struct virtq_desc *tables;
    uint64_t tables_dma;
    /* Cold from here. */
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t ring_dma;
    uint16_t index;
    uint16_t tables_allocated; /* entries per table; 0: no tables */
    uint32_t drain_next;
};

/* Prepares vq and allocates its rings, zeroed; the device is not touched.
 *
 * The size becomes the largest power of two within both cfg->size_max and
 * cfg->slot_count (and 32768). Indirect tables, one per descriptor, are
 * allocated if cfg->indirect_entries > 1 and VIRTIO_F_INDIRECT_DESC is in
 * cfg->features. Interrupts are wanted at first.
 *
 * Returns 0; RGT_E_INVAL (no slots, size_max 0); RGT_E_NOMEM.     2.7, 2.7.10.1
 */
int rgt_vq_init(struct rgt_vq *vq, const struct rgt_vq_config *cfg);

/* Gives the ring memory back. The device must have been reset (3.3.1), or
 * never been given the queue. Tokens still lent are forgotten: drain first. */
void rgt_vq_free(struct rgt_vq *vq);

/* Number of descriptors; and the device addresses of the three areas. */
uint16_t rgt_vq_size(const struct rgt_vq *vq);
void rgt_vq_areas(const struct rgt_vq *vq, uint64_t *desc, uint64_t *driver,
                  uint64_t *device);

/* The descriptor index that heads the next chain added, if one can be added:
 * an index for memory that belongs to a chain, such as its header. */
uint16_t rgt_vq_next_head(const struct rgt_vq *vq);

/* Says whether a chain of entry_count pieces could be added now.
 *
 * Returns 0; RGT_E_INVAL (0 pieces, or more than the queue size: also with
 * an indirect table, 2.7.5.3.1); RGT_E_AGAIN; RGT_E_PROTO.
 */
int rgt_vq_room(const struct rgt_vq *vq, uint32_t entry_count);

/* Adds one chain: readable_count device-readable pieces, then writable_count
 * device-writable ones (2.7.4.2). The device does not see it before
 * rgt_vq_publish(). Takes one descriptor with an indirect table when there
 * are tables and it fits, else one per piece.
 *
 * sg      readable_count + writable_count pieces, each len > 0, the sum below
 *         2^32 (2.7.5.2); not used after the call
 * token   what rgt_vq_pop() will give back; not NULL
 * Returns 0; or, and then nothing has changed:
 *   RGT_E_INVAL  no pieces, more than the queue size, len 0, sum too large,
 *                token NULL
 *   RGT_E_AGAIN  not enough free descriptors
 *   RGT_E_PROTO  the queue is dead
 */
int rgt_vq_add(struct rgt_vq *vq, const struct rgt_sg *sg,
               uint32_t readable_count, uint32_t writable_count, void *token);

/* Makes every chain added so far available, by one store of avail idx
 * (2.7.13.3). Nothing added: does nothing.
 *
 * Returns 0; RGT_E_PROTO.
 */
int rgt_vq_publish(struct rgt_vq *vq);

/* Decides for all that was published since the last decision, whether the
 * device wants to be notified (2.7.10, 2.7.13.4). The decision counts as
 * carried out: if it is 1, kick.
 *
 * Returns 1 notify; 0 no need; RGT_E_PROTO.
 */
int rgt_vq_kick_needed(struct rgt_vq *vq);

/* Notifies the device. State: DRIVER_OK set (3.1.1). */
void rgt_vq_kick(struct rgt_vq *vq);

/* Takes one used chain. When there is none and interrupts are wanted, the
 * next used chain will interrupt: safe to sleep after a 0, not after a 1.
 *
 * *token  as given to rgt_vq_add()
 * *len    bytes the device says it wrote, from the start of the writable part;
 *         at most what was lent. It may have written more (2.7.8.2): nothing
 *         past len may be relied on (2.7.8.3).
 * Returns 1; 0 none; RGT_E_PROTO:
 *   used idx ahead of all that was lent; id out of range, not lent or not yet
 *   published; len larger than the writable part
 */
int rgt_vq_pop(struct rgt_vq *vq, void **token, uint32_t *len);

/* Wants interrupts, or not: a hint to the device, which may interrupt all the
 * same (2.7.7).
 *
 * Returns 1 if, after switching on, chains are already waiting that may not
 * interrupt any more: pop them; 0 else; RGT_E_PROTO.
 */
int rgt_vq_interrupts(struct rgt_vq *vq, bool wanted);

/* Gives back one token that is still lent, each exactly once, in any order;
 * NULL when none is left. The queue is dead from the first call on, until
 * rgt_vq_reset().
 *
 * State: the device has been reset, or it may still use the buffers (3.3.1).
 */
void *rgt_vq_drain(struct rgt_vq *vq);

/* Back to the state after rgt_vq_init(), same memory and size. features as
 * newly negotiated. State: as for rgt_vq_drain(); interrupts wanted again.
 *
 * Returns 0; RGT_E_STATE (tokens still lent: drain first).
 */
int rgt_vq_reset(struct rgt_vq *vq, uint64_t features);

#ifdef __cplusplus
}
#endif

#endif
