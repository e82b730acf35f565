/* SPDX-License-Identifier: MIT */
/* One virtqueue, split (2.7) or packed (2.8), the driver's half.
 *
 * Adding, publishing, deciding the kick and kicking are separate steps: a
 * batch costs one store that makes it visible and at most one kick, and the
 * kick can be made outside of a lock. A queue is used by one thread at a time;
 * different queues, by as many threads as there are.
 *
 * Which ring it is, and how it is used, follows from the features negotiated:
 * RING_PACKED, INDIRECT_DESC, EVENT_IDX, IN_ORDER, NOTIFICATION_DATA. Nothing
 * below behaves differently but where it says so. -DRGT_NO_PACKED leaves the
 * packed ring out.
 *
 * Memory: the caller owns struct rgt_vq and its slots, one per descriptor;
 * the rings come from hal dma_alloc in rgt_vq_init() and nothing is allocated
 * after that. What decides anything (free list, tokens, lengths) is kept in
 * the slots, where the device cannot write; rings are written, not read back,
 * but for what the device has written into them.
 *
 * A device that breaks the rules of a used element kills the queue: that call
 * and every later one returns RGT_E_PROTO until rgt_vq_reset(). The buffers
 * stay lent; rgt_vq_drain() gives them back once the device, or the queue
 * (rgt_dev_queue_reset), has been reset.
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

/* Shadow of one descriptor of a split ring, or of one buffer id of a packed
 * one. Private; the caller gives the memory. */
struct rgt_vq_slot {
    void *token;             /* head of a chain lent: not NULL */
    uint32_t writable_bytes; /* head: what the device may write at most */
    uint16_t next;           /* next in the chain, or in the free list */
    uint16_t last;           /* head: last slot of the chain */
    uint16_t desc_count;     /* head: descriptors the chain takes */
    uint16_t place;          /* head: chains added before it, mod 2^16 */
    uint16_t epoch;          /* head: the publish that it was added for */
};

/* In indirect_entries: a chain longer than a table has its first pieces in
 * descriptors of its own and the last ones in a table, instead of none.
 * Split rings only (2.8.19 forbids it). Every device has to cope with such
 * chains (2.7.5.3.2); QEMU, for one, looks for a table at the head only. */
#define RGT_VQ_INDIRECT_TAIL 0x8000u

struct rgt_vq_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t features;         /* negotiated */
    struct rgt_vq_slot *slots; /* slot_count of them, content ignored */
    uint32_t slot_count;       /* at least 1 */
    uint32_t size_max;         /* what the device allows, at least 1 */
    uint16_t index;            /* of the queue */
    uint16_t indirect_entries; /* per indirect table; 0: none. May be or-ed
                                * with RGT_VQ_INDIRECT_TAIL */
};

/* Private; here so that the caller can place it. Hot fields first. */
struct rgt_vq {
    struct rgt_vq_slot *slots;
    struct virtq_desc *desc;   /* split, from here */
    struct virtq_avail *avail; /* ... */
    struct virtq_used *used;   /* ... to here */
    struct pvirtq_desc *ring;  /* packed */
    uint32_t size;
    uint16_t mask;            /* split: size - 1, size being a power of two */
    uint16_t free_head;       /* next slot to take */
    uint16_t free_count;      /* descriptors free */
    uint16_t lent_count;      /* chains added and not yet popped */
    uint16_t avail_next;      /* chains added, mod 2^16; split: avail idx */
    uint16_t avail_published; /* ... of them published */
    uint16_t epoch;           /* of what is not yet published */
    uint16_t used_next;       /* next used entry; packed: its descriptor */
    uint16_t used_seen;       /* split: used idx as last loaded */
    uint16_t used_event;      /* as last stored */
    uint16_t kick_from;       /* split: idx at the last kick decision */
    bool packed;
    bool dead;       /* the device broke the rules */
    bool event_idx;  /* VIRTIO_F_EVENT_IDX in use */
    bool in_order;   /* VIRTIO_F_IN_ORDER in use */
    bool interrupts; /* wanted */
    /* Packed. */
    uint16_t avail_at;    /* next descriptor to write */
    uint16_t avail_bits;  /* AVAIL and USED as "available" is written there */
    uint16_t used_bits;   /* AVAIL and USED as "used" reads at used_next */
    uint16_t first_at;    /* first descriptor not yet published, and the */
    uint16_t first_flags; /* flags that publish it                       */
    uint16_t desc_least;  /* in any chain since the queue was last empty */
    uint32_t shown;       /* published up to here, counted over two laps */
    uint32_t kick_span;   /* descriptors since the last kick decision */
    uint32_t *driver_event;
    const uint32_t *device_event;
    /* IN_ORDER. */
    uint32_t batch_written; /* bytes in the last chain of the batch */
    uint16_t batch_left;    /* chains used, and not yet given out */
    uint16_t oldest;        /* head of the chain lent first */
    /* Indirect tables. */
    uint16_t table_entries; /* per table in use; 0: none */
    bool indirect_tail;
    void *tables;
    uint64_t tables_dma;
    /* Cold from here. */
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t ring_dma;
    uint32_t notify_value; /* what a kick says */
    uint16_t index;
    uint16_t irq_after;        /* completions that make an interrupt */
    uint16_t tables_allocated; /* entries per table; 0: no tables */
    bool notification_data;    /* VIRTIO_F_NOTIFICATION_DATA in use */
    uint32_t drain_next;
};

/* Prepares vq and allocates its rings, zeroed; the device is not touched.
 *
 * The size becomes what both cfg->size_max and cfg->slot_count allow, at most
 * 32768; of a split ring, the largest power of two within. Indirect tables,
 * one per descriptor, are allocated if cfg->indirect_entries > 1 and
 * VIRTIO_F_INDIRECT_DESC is in cfg->features. Interrupts are wanted at first,
 * one per completion.
 *
 * Returns 0; RGT_E_INVAL (no slots, size_max 0); RGT_E_NOMEM; RGT_E_NOTSUP
 * (a packed ring, where it was left out).                   2.7, 2.7.10.1, 2.8
 */
int rgt_vq_init(struct rgt_vq *vq, const struct rgt_vq_config *cfg);

/* Gives the ring memory back. The device must have been reset (3.3.1), or
 * never been given the queue. Tokens still lent are forgotten: drain first. */
void rgt_vq_free(struct rgt_vq *vq);

/* Number of descriptors; and the device addresses of the three areas. */
uint16_t rgt_vq_size(const struct rgt_vq *vq);
void rgt_vq_areas(const struct rgt_vq *vq, uint64_t *desc, uint64_t *driver,
                  uint64_t *device);

/* A number that the next chain added will have, if one can be added, and no
 * other chain lent at the same time, below the size: an index for memory that
 * belongs to a chain, such as its header. */
uint16_t rgt_vq_next_head(const struct rgt_vq *vq);

/* Says whether a chain of entry_count pieces could be added now.
 *
 * Returns 0; RGT_E_INVAL (0 pieces, or more than the queue size: also with
 * an indirect table, 2.7.5.3.1); RGT_E_AGAIN; RGT_E_PROTO.
 */
int rgt_vq_room(const struct rgt_vq *vq, uint32_t entry_count);

/* Adds one chain: readable_count device-readable pieces, then writable_count
 * device-writable ones (2.7.4.2, 2.8.17). The device does not see it before
 * rgt_vq_publish(). Takes one descriptor with an indirect table when there
 * are tables and it fits, else one per piece (but see RGT_VQ_INDIRECT_TAIL).
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

/* Makes every chain added so far available, by one store: of avail idx
 * (2.7.13.3), or of the flags of the first descriptor (2.8.21). Nothing added:
 * does nothing.
 *
 * Returns 0; RGT_E_PROTO.
 */
int rgt_vq_publish(struct rgt_vq *vq);

/* Decides for all that was published since the last decision, whether the
 * device wants to be notified (2.7.10, 2.7.13.4, 2.8.10). The decision counts
 * as carried out: if it is 1, kick.
 *
 * Returns 1 notify; 0 no need; RGT_E_PROTO.
 */
int rgt_vq_kick_needed(struct rgt_vq *vq);

/* Notifies the device; with NOTIFICATION_DATA, also of what is published
 * (2.9). May be called while another thread uses the queue: it then speaks of
 * what that thread had published before, or just now. State: DRIVER_OK set
 * (3.1.1). */
void rgt_vq_kick(struct rgt_vq *vq);

/* Takes one used chain. When there is none and interrupts are wanted, the
 * next used chain will interrupt (or the nth, see rgt_vq_interrupts_after):
 * safe to sleep after a 0, not after a 1.
 *
 * *token  as given to rgt_vq_add()
 * *len    bytes the device says it wrote, from the start of the writable part;
 *         at most what was lent. It may have written more (2.7.8.2): nothing
 *         past len may be relied on (2.7.8.3).
 *         IN_ORDER: a chain for which the device wrote no used element of its
 *         own counts as written completely (2.7.9, 2.8.8).
 *         Packed: 0 when the used descriptor has no VIRTQ_DESC_F_WRITE, its
 *         len then being reserved (2.8.4). Devices that write and never say
 *         so (QEMU 9 is one) need -DRGT_PACKED_LEN_ALWAYS.
 * Returns 1; 0 none; RGT_E_PROTO:
 *   id out of range, not lent or not yet published; len larger than the
 *   writable part; split: used idx ahead of all that was lent; packed: flags
 *   of the wrong lap; IN_ORDER: more chains used than used idx says
 */
int rgt_vq_pop(struct rgt_vq *vq, void **token, uint32_t *len);

/* Wants interrupts, one per completion, or none: a hint to the device, which
 * may interrupt all the same (2.7.7, 2.8.10).
 *
 * Returns 1 if, after switching on, chains are already waiting that may not
 * interrupt any more: pop them; 0 else; RGT_E_PROTO.
 */
int rgt_vq_interrupts(struct rgt_vq *vq, bool wanted);

/* Wants an interrupt only after count completions from the last one popped,
 * again and again, until rgt_vq_interrupts() says otherwise. Never later: if
 * fewer than count chains are lent, the last of them interrupts. It may come
 * earlier: in a packed ring whose chains differ in length; for chains added
 * since; and without EVENT_IDX, where every completion interrupts.
 *
 * Pop until 0, then sleep: the 0 says that the wish stands for what is lent.
 *
 * count   at least 1; more than the queue size means the queue size
 * Returns 1 if a chain is waiting already: pop; 0 else; RGT_E_INVAL (count
 * 0); RGT_E_PROTO.
 */
int rgt_vq_interrupts_after(struct rgt_vq *vq, uint32_t count);

/* Gives back one token that is still lent, each exactly once, in any order;
 * NULL when none is left. The queue is dead from the first call on, until
 * rgt_vq_reset().
 *
 * State: the device, or the queue, has been reset, or it may still use the
 * buffers (2.6.1, 3.3.1).
 */
void *rgt_vq_drain(struct rgt_vq *vq);

/* Back to the state after rgt_vq_init(), same memory and size. features as
 * newly negotiated. State: as for rgt_vq_drain(); interrupts wanted again.
 *
 * Returns 0; RGT_E_STATE (tokens still lent: drain first); RGT_E_REFUSED
 * (another kind of ring was negotiated: free and init).
 */
int rgt_vq_reset(struct rgt_vq *vq, uint64_t features);

#ifdef __cplusplus
}
#endif

#endif
