/* SPDX-License-Identifier: MIT */
/* virtio-blk driver (5.2): every request and every feature of VIRTIO 1.2, one
 * request queue or many.
 *
 * Asynchronous: submit any number of requests, kick once, poll for what is
 * done. Submit and poll never block; completions come from a poll only. The
 * *_sync calls at the end are built on these and wait.
 *
 *   submit, submit, kick ...  interrupt -> rgt_blk_interrupt(),
 *                             rgt_blk_poll() until it returns less than max;
 *                             rgt_blk_changes() if RGT_INT_CONFIG was set
 *
 * Memory: the caller owns struct rgt_blk, every struct rgt_blk_queue with its
 * slots, every request and every buffer. A request, its segments with their
 * buffers, and its ranges belong to the driver from a successful submit to
 * completion, and are given back exactly once. Rings and headers come from hal
 * dma_alloc in rgt_blk_init(); nothing is allocated after that.
 *
 * Threads. There are three groups of calls for one device:
 *
 *   interrupt      rgt_blk_interrupt(): at any time between a successful
 *                  rgt_blk_init() and the start of rgt_blk_recover() or
 *                  rgt_blk_close(), also while any other call runs or is
 *                  interrupted by it, a *_sync call that recovers included.
 *                  It takes no lock and waits for nothing.
 *   queue calls    rgt_blk_queue_submit, _kick, _poll, _interrupts and
 *                  _interrupts_after: for one queue one at a time; for
 *                  different queues at the same time, from as many threads as
 *                  there are queues. They share no lock, and nothing that
 *                  another of them writes.
 *   control calls  all others: one at a time. rgt_blk_info, _changes and
 *                  _writeback_set may run beside queue calls; for
 *                  rgt_blk_queue_reset() the queue, and for rgt_blk_recover(),
 *                  rgt_blk_close() and the *_sync calls all queues have to be
 *                  quiet.
 *
 * Calls without _queue_ mean queue 0. Who has one loop for all of it need not
 * think of any of this; nor who lets an interrupt handler do no more than wake
 * a task that makes all the calls. With several threads, hal share(),
 * unshare(), log() and transport notify() are called from all of them.
 */
#ifndef RINGTRUE_BLK_H
#define RINGTRUE_BLK_H

#include "ringtrue/dev.h"
#include "ringtrue/hal.h"
#include "ringtrue/req.h"
#include "ringtrue/transport.h"
#include "ringtrue/vq.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RGT_BLK_SECTOR_BYTES 512u /* whatever blk_size says (5.2.4) */
#define RGT_BLK_ID_BYTES 20u
#define RGT_BLK_LIFETIME_BYTES 6u

/* The shortest queue that can carry R16 | W512n | W1. A split ring, whose size
 * is a power of two, has to have 4. */
#define RGT_BLK_QUEUE_SIZE_MIN 3u

/* What two threads write lies at least this far apart. */
#define RGT_BLK_APART_BYTES 64u

/* What is accepted when offered, besides RGT_DEV_FEATURES: all of 5.2.3. */
#define RGT_BLK_FEATURES                                                       \
    (RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX) | RGT_FEATURE(VIRTIO_BLK_F_SEG_MAX) |  \
     RGT_FEATURE(VIRTIO_BLK_F_GEOMETRY) | RGT_FEATURE(VIRTIO_BLK_F_RO) |       \
     RGT_FEATURE(VIRTIO_BLK_F_BLK_SIZE) | RGT_FEATURE(VIRTIO_BLK_F_FLUSH) |    \
     RGT_FEATURE(VIRTIO_BLK_F_TOPOLOGY) |                                      \
     RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) | RGT_FEATURE(VIRTIO_BLK_F_MQ) |     \
     RGT_FEATURE(VIRTIO_BLK_F_DISCARD) |                                       \
     RGT_FEATURE(VIRTIO_BLK_F_WRITE_ZEROES) |                                  \
     RGT_FEATURE(VIRTIO_BLK_F_LIFETIME) |                                      \
     RGT_FEATURE(VIRTIO_BLK_F_SECURE_ERASE))

/* ---- Requests ----------------------------------------------------------- */

enum rgt_blk_op {
    RGT_BLK_READ,         /* R16 | W512n | W1 */
    RGT_BLK_WRITE,        /* R16 | R512n | W1 */
    RGT_BLK_FLUSH,        /* R16 | W1 */
    RGT_BLK_ID,           /* R16 | W20 | W1 */
    RGT_BLK_LIFETIME,     /* R16 | W6 | W1: see rgt_blk_lifetime_decode() */
    RGT_BLK_DISCARD,      /* R16 | R16n | W1, here and below */
    RGT_BLK_WRITE_ZEROES, /* reads return zeroes afterwards */
    RGT_BLK_SECURE_ERASE,
};

/* A run of sectors of a DISCARD, WRITE_ZEROES or SECURE_ERASE. */
struct rgt_blk_range {
    uint64_t sector;       /* the first, in 512 bytes */
    uint64_t sector_count; /* not 0; any number within the capacity */
    bool unmap;            /* WRITE_ZEROES: the device may deallocate the
                            * sectors, whether it can (info) or not; false for
                            * the other two (5.2.6.1) */
};

/* One request. Set all but result and what is private, and leave it alone
 * until done.
 *
 * Ranges are cut and gathered, in their order, into requests to the device
 * within its limits, see struct rgt_blk_range_limits; each is sent when the one
 * before has succeeded, and this request is done with the last of them or with
 * the first that fails. A range that is cut is cut at a multiple of the
 * device's alignment if there is one in reach. */
struct rgt_blk_req {
    enum rgt_blk_op op;
    uint32_t seg_count;
    struct rgt_seg *segs; /* seg_count of them; none for FLUSH and ranges */
    uint64_t sector;      /* READ and WRITE: the first; otherwise ignored */
    const struct rgt_blk_range *ranges; /* range_count of them; otherwise */
    uint32_t range_count;               /* ignored                        */

    /* Valid after completion: 0; RGT_E_IO (the device failed it, a reset took
     * it back, or its outcome is unknown); RGT_E_NOTSUP (the device does not
     * know the request); RGT_E_PROTO (a status no specification has). Unless
     * 0, the content of a read buffer means nothing, and of several ranges any
     * may be done, failed or not attempted (5.2.6.1). */
    int result;

    void (*done)(struct rgt_blk_req *req); /* called by the poll; may submit
                                            * and kick, not poll, wait, reset,
                                            * recover or close; or NULL */
    void *ctx;                             /* the caller's */

    union {                   /* private, here and below */
        uint64_t range_sent;  /* on its way: sectors of range_at sent so far */
        struct rgt_link link; /* ended: in a list */
    };
    uint32_t range_at;       /* first range not sent as a whole */
    uint32_t writable_bytes; /* of the chain */
    uint16_t slot;
};

/* Wear of the storage (5.2.6). */
struct rgt_blk_lifetime {
    uint16_t pre_eol_info; /* VIRTIO_BLK_PRE_EOL_INFO_*: reserve used up */
    uint16_t typ_a;        /* SLC cells: 0 unknown, 1 to 10: up to n tenths of
                            * their life used, 11: exceeded */
    uint16_t typ_b;        /* MLC cells, the same */
};

/* ---- The device --------------------------------------------------------- */

struct rgt_blk_queue; /* below; its members are private */

/* One request queue: the caller's memory for it. The queue and the slots are
 * written by the thread that uses the queue: to share no cache line with
 * another, put slots of different queues RGT_BLK_APART_BYTES apart. Queues may
 * lie side by side in an array: they keep that distance by themselves. */
struct rgt_blk_queue_config {
    struct rgt_blk_queue *queue; /* content ignored */
    struct rgt_vq_slot *slots;   /* slot_count of them, content ignored */
    uint32_t slot_count;         /* bounds the queue size; at least
                                  * RGT_BLK_QUEUE_SIZE_MIN */
    uint16_t indirect_entries;   /* as in vq.h; of a table's pieces 2 are
                                  * header and status; 0: direct only */

    /* Something may have happened to this queue: requests may be done or
     * taken back, the configuration may have changed, or the device needs a
     * reset. Called by rgt_blk_interrupt() in its context, and by
     * rgt_blk_queue_reset(), rgt_blk_recover(), rgt_blk_close() and the *_sync
     * calls when they leave requests for a poll; never by queue calls. It may
     * come for nothing. It is to wake whoever polls the queue (a task, a
     * future, an event loop), also if that is just about to sleep, and must
     * not call the driver. NULL: none. */
    void (*wake)(void *ctx);
    void *wake_ctx;
};

struct rgt_blk_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;

    /* Either one queue, in struct rgt_blk itself: queues NULL, and these as in
     * struct rgt_blk_queue_config. */
    struct rgt_vq_slot *slots;
    uint32_t slot_count;
    uint16_t indirect_entries;
    void (*wake)(void *ctx);
    void *wake_ctx;

    /* Or queue_count queues, at least 1; those above are then ignored. The
     * device may have fewer queues (see info.queue_count), the rest of these
     * is then not used. Borrowed until rgt_blk_close() has returned 0. */
    const struct rgt_blk_queue_config *queues;
    uint16_t queue_count;

    uint16_t range_segs;      /* most ranges in one request to the device:
                               * they take 16 bytes each, per descriptor, of
                               * dma memory; at least 2 are always there; at
                               * most RGT_BLK_RANGE_SEGS_MAX */
    uint64_t features_wanted; /* mask over what the driver would accept:
                               * RGT_FEATURES_ALL, or less to force a
                               * fallback; VERSION_1 cannot be masked */
    uint64_t timeout_ns;      /* of a reset, and of each *_sync call */
};

#define RGT_BLK_RANGE_SEGS_MAX 1024u

/* What the device says of DISCARD, WRITE_ZEROES or SECURE_ERASE; all 0 if it
 * has no such request. With a segs_max or sectors_max of 0 there is no request
 * that the rules allow, and submitting one is RGT_E_NOTSUP.
 *
 * The specification does not tell whether sectors_max bounds one range or all
 * of a request: no request of this driver is larger either way. */
struct rgt_blk_range_limits {
    uint32_t sectors_max; /* of 512 bytes, as alignment */
    uint32_t segs_max;    /* ranges per request to the device */
    uint32_t alignment;   /* of cuts; 0 and 1: none. WRITE_ZEROES: 0 */
};

/* All of the configuration (5.2.4). Values that the device does not state are
 * given in brackets. */
struct rgt_blk_info {
    uint64_t capacity_sectors;  /* of 512 bytes */
    uint64_t features;          /* negotiated */
    uint32_t size_max;          /* bytes per piece [UINT32_MAX, also for 0] */
    uint32_t seg_max;           /* data pieces per request [queue_size - 2];
                                 * 0 is taken for 1, the least that works */
    uint32_t blk_size;          /* bytes, the best unit for requests [512, also
                                 * if it is no power of two, or below 512] */
    uint32_t opt_io_blocks;     /* [0] */
    uint16_t min_io_blocks;     /* [0] */
    uint16_t cylinders;         /* [0] */
    uint8_t heads;              /* [0] */
    uint8_t sectors_per_track;  /* [0] */
    uint8_t physical_block_exp; /* physical block: blk_size << this [0, also if
                                 * that is 2^32 or more] */
    uint8_t alignment_offset;   /* [0] */

    uint16_t num_queues;  /* request queues of the device [1] */
    uint16_t queue_count; /* of these, those in use: see rgt_blk_queue() */
    uint16_t queue_size;  /* descriptors of the smallest queue */

    bool read_only;
    bool flush;      /* RGT_BLK_FLUSH is supported */
    bool lifetime;   /* RGT_BLK_LIFETIME is supported */
    bool config_wce; /* rgt_blk_writeback_set() is supported */
    bool writeback;  /* a write is stable only when a FLUSH submitted after its
                      * completion has completed; if not, when it is complete
                      * (5.2.6.2). As the device says [flush, 5.2.5.1]. A
                      * device that does not offer FLUSH promises nothing */
    bool write_zeroes_may_unmap; /* unmap may have an effect [false] */
    struct rgt_blk_range_limits discard;
    struct rgt_blk_range_limits write_zeroes;
    struct rgt_blk_range_limits secure_erase;
};

/* What rgt_blk_changes() reports. */
#define RGT_BLK_CHANGED_CAPACITY 1u
#define RGT_BLK_CHANGED_WRITEBACK 2u
#define RGT_BLK_CHANGED_MAY_UNMAP 4u

/* Private, to the end of struct rgt_blk; here so that the caller can place
 * them. */

struct rgt_blk_range_rule {
    uint32_t sectors_max;
    uint32_t alignment;
    uint32_t segs_max; /* of the device, the place, and the ring */
};

/* One request queue. The padding keeps what one thread writes away from what
 * another uses, wherever the queues lie. */
struct rgt_blk_queue {
    struct rgt_vq vq;
    struct rgt_blk *blk;
    struct rgt_hal *hal;
    struct rgt_pool pool;     /* headers, statuses, ranges */
    struct rgt_list returned; /* completed, waiting for a poll */
    uint64_t capacity_sectors;
    uint32_t capacity_epoch; /* of that number */
    uint32_t size_max;
    uint32_t seg_max;
    uint32_t ops;          /* one bit per RGT_BLK_* supported */
    uint32_t range_pieces; /* data pieces of a request with ranges */
    struct rgt_blk_range_rule rules[3]; /* RGT_BLK_DISCARD and after */
    bool parts_added; /* a range request went on: publish and kick */
    uint8_t apart[RGT_BLK_APART_BYTES];
};

/* What queues and interrupt read while a control call may write it: atomics,
 * on a cache line where nothing else is. */
struct rgt_blk_shared {
    uint32_t live;           /* 1: between DRIVER_OK and trouble */
    uint32_t config_pending; /* 1: interrupted, and not read since */
    uint32_t capacity_epoch; /* odd: the two below are being written */
    uint32_t capacity_low;
    uint32_t capacity_high;
    uint8_t apart[RGT_BLK_APART_BYTES];
};

struct rgt_blk {
    struct rgt_blk_queue first; /* of a device with one queue */
    struct rgt_blk_shared shared;
    struct rgt_dev dev;
    struct rgt_blk_info info;
    struct rgt_blk_queue_config own; /* of first; its queue: queue 0 */
    const struct rgt_blk_queue_config *queues;
    uint16_t queue_count; /* in use; until that is known: wanted */
    uint16_t range_segs;
    uint32_t changed;            /* RGT_BLK_CHANGED_*, not yet reported */
    struct rgt_blk_req sync_req; /* of the *_sync calls, here and below: they */
    struct rgt_seg sync_seg;     /* outlive the call if a reset is not        */
    struct rgt_blk_range sync_range; /* answered                              */
    bool sync_busy;                  /* sync_req is lent */
    bool up;                         /* between init and close */
};

/* ---- Life --------------------------------------------------------------- */

/* Brings the device up: 3.1.1 in full, config read, queues, DRIVER_OK. On
 * failure everything is given back, and FAILED is set if the device had been
 * acknowledged; rgt_blk_init() may be called again. (But a device that fails
 * with queues enabled, and then neither gives them up nor answers a reset,
 * keeps the memory: rgt_blk_close() until that returns 0.)
 *
 * Returns 0; or
 *   RGT_E_INVAL    slot_count below RGT_BLK_QUEUE_SIZE_MIN, no slots, no
 *                  queue, queue_count 0, range_segs too large: device
 *                  untouched
 *   RGT_E_NODEV    nothing there, or no block device: nothing written to it.
 *                  Device ID 0 is not logged (4.2.2.2). Or pulled out meanwhile
 *   RGT_E_STATE    the device needs a reset before it is up
 *   RGT_E_PROTO    it does not keep the status bits that are set
 *   RGT_E_REFUSED  VERSION_1 not offered, features not confirmed, MQ with
 *                  num_queues 0, a queue missing or shorter than
 *                  RGT_BLK_QUEUE_SIZE_MIN
 *   RGT_E_NOMEM    dma_alloc failed
 *   RGT_E_TIMEOUT  reset not answered, or config never settled
 */
int rgt_blk_init(struct rgt_blk *blk, const struct rgt_blk_config *cfg);

/* What the device is. Stays valid; rgt_blk_changes(), _writeback_set() and
 * _recover() may renew it. */
const struct rgt_blk_info *rgt_blk_info(const struct rgt_blk *blk);

/* A request queue, index below info.queue_count: that of the configuration.
 * NULL: not in use, or not up. Calls for a queue that is not in use return
 * RGT_E_STATE. */
struct rgt_blk_queue *rgt_blk_queue(struct rgt_blk *blk, uint16_t index);

/* Reads and acknowledges the interrupt cause (4.2.3.4.1), looks after a change
 * of configuration whether the device needs a reset, and calls the wake of
 * every queue if there was any cause. Then poll, whatever it returns:
 * interrupts without completions are harmless. Reads no configuration: see
 * rgt_blk_changes().
 *
 * Returns RGT_INT_USED and RGT_INT_CONFIG as a mask, 0 not this device;
 *   RGT_E_STATE  not live, or the device needs a reset: recover
 */
int rgt_blk_interrupt(struct rgt_blk *blk);

/* Reads the configuration anew if it has changed, and says what is different
 * from what was last reported: nothing gets lost, however seldom it is asked.
 * Requests on their way keep going. Submits are checked against the new
 * capacity from then on; limits other than the capacity stay as they were when
 * the device came up. What a recover finds different is reported too.
 *
 * Returns RGT_BLK_CHANGED_* as a mask, 0: nothing;
 *   RGT_E_TIMEOUT  the new configuration does not settle, the old one stands;
 *                  the next call tries again
 *   RGT_E_NODEV    the device was pulled out: recover, or close
 *   RGT_E_STATE    not live
 */
int rgt_blk_changes(struct rgt_blk *blk);

/* Switches the cache of the device to writeback, or to writethrough. What was
 * written before a switch to writethrough is stable only after a FLUSH, and so
 * is what was on its way (5.2.6.1, 5.2.6.2). The mode after a reset is the
 * device's choice: see info.writeback after rgt_blk_recover().
 *
 * Returns 0; or
 *   RGT_E_NOTSUP   CONFIG_WCE not negotiated; or writeback without FLUSH:
 *                  nothing would ever be stable
 *   RGT_E_IO       the device keeps to the other mode; info says which
 *   RGT_E_NODEV    the device was pulled out: recover, or close
 *   RGT_E_STATE    not live
 *   RGT_E_TIMEOUT  config never settles: mode unknown, info not renewed before
 *                  rgt_blk_changes() has been able to
 */
int rgt_blk_writeback_set(struct rgt_blk *blk, bool writeback);

/* Resets one queue and enables it again while the others run on (2.6.1): the
 * way to cancel what is outstanding on it. All of that, whether the device had
 * finished it or not, comes back from later polls with RGT_E_IO, each once.
 * Interrupts are wanted again. Calls nothing back but wake; waits in hal
 * wait(), does what rgt_blk_interrupt() does, since an interrupt may have ended
 * there, and calls the wake of every queue.
 *
 * State   live, also if the queue answers RGT_E_PROTO
 * Returns 0, in use again; or
 *   RGT_E_NOTSUP   RING_RESET not negotiated: nothing has changed. There is
 *                  rgt_blk_recover()
 *   RGT_E_TIMEOUT  not confirmed within cfg.timeout_ns: all stays lent, and
 *                  the queue answers RGT_E_PROTO; may be tried again
 *   RGT_E_REFUSED  the device does not take the queue back: requests do come
 *                  back, the queue answers RGT_E_PROTO until recovered
 *   RGT_E_STATE    not live, or the queue is not in use
 */
int rgt_blk_queue_reset(struct rgt_blk_queue *q);

/* Resets the device and brings it up again from the same memory. All that was
 * outstanding, whether the device had finished it or not, comes back from
 * later polls with RGT_E_IO, each once. Calls nothing back but wake.
 *
 * State   any but closed
 * Returns 0, live again; or
 *   RGT_E_STATE    closed, or never up; or the device needs another reset
 *   RGT_E_TIMEOUT  reset not answered: all stays lent, may be tried again;
 *                  or config never settled
 *   RGT_E_NODEV    the device was pulled out: requests do come back; may be
 *                  tried again, and works once a device is there
 *   RGT_E_REFUSED  device is not the same any more, has fewer queues, or
 *                  another kind of ring: FAILED is set, requests do come back
 *   RGT_E_PROTO    it does not keep the status bits that are set: the same
 */
int rgt_blk_recover(struct rgt_blk *blk);

/* Ends the use of the device: reset first (3.3.1), then all outstanding
 * requests are taken back as in rgt_blk_recover(), and memory is freed. Polls
 * still hand the requests out: do that before a new rgt_blk_init().
 *
 * Returns 0, closed, also if it was; RGT_E_TIMEOUT: reset not answered,
 * nothing was freed or taken back, may be tried again.
 */
int rgt_blk_close(struct rgt_blk *blk);

/* ---- Queue calls -------------------------------------------------------- */

/* Adds one request to the queue; the device sees it at the kick. Never blocks,
 * never calls back. Segments longer than size_max are cut.
 *
 * Returns 0; or, and then the request never completes, nothing was shared and
 * the ring is as before:
 *   RGT_E_INVAL   unknown op; READ or WRITE: no data, a segment of length 0,
 *                 length no multiple of 512, past the capacity (5.2.6.1);
 *                 FLUSH or ranges with segments; ID not 20 bytes, LIFETIME not
 *                 6; more pieces than seg_max or than the queue can ever hold;
 *                 2^32 bytes or more; no range, one of length 0 or past the
 *                 capacity; unmap with DISCARD or SECURE_ERASE
 *   RGT_E_NOTSUP  WRITE or ranges on a read-only device; FLUSH, LIFETIME,
 *                 DISCARD, WRITE_ZEROES, SECURE_ERASE not negotiated; the
 *                 last three: also if the device's limits allow none
 *   RGT_E_AGAIN   queue full: kick, poll, then try again
 *   RGT_E_NOMEM   hal share() failed
 *   RGT_E_STATE   not live: recover first, or closed
 *   RGT_E_PROTO   the device broke the specification: recover first
 */
int rgt_blk_queue_submit(struct rgt_blk_queue *q, struct rgt_blk_req *req);

/* Publishes what was submitted since the last kick, by one index store, and
 * notifies the device if it wants that, once.
 *
 * Returns 0; RGT_E_STATE; RGT_E_PROTO.
 */
int rgt_blk_queue_kick(struct rgt_blk_queue *q);

/* Takes at most max completed requests, oldest first; what a reset took back,
 * in any order. For each: buffers unshared, req->result set, stored in out (if
 * not NULL), then req->done called (if not NULL). When it returns less than
 * max, the next completion will interrupt (unless rgt_blk_queue_interrupts()
 * says otherwise): only then sleep. Publishes and kicks nothing, except when a
 * range request went on with its next part: then all that a kick would.
 *
 * out     room for max requests, or NULL
 * State   any: what a reset of the queue, a recover or a close took back is
 *         handed out in every state
 * Returns the number taken; when there is none to hand out:
 *   RGT_E_STATE  not live: recover (DEVICE_NEEDS_RESET), or closed
 *   RGT_E_PROTO  the device broke the specification: recover
 *
 * A used length that does not cover the status byte leaves the outcome
 * unknown, since nothing past it may be relied on (2.7.8.3): RGT_E_IO. It is
 * not RGT_E_PROTO: a device may report less than it wrote (2.7.8.2).
 */
int rgt_blk_queue_poll(struct rgt_blk_queue *q, struct rgt_blk_req **out,
                       unsigned max);

/* Wants an interrupt for each completion on this queue (as at first), or none,
 * for who polls it anyway. A hint: the device may interrupt all the same. A
 * reset of queue or device turns them on.
 *
 * Returns 1 if, after switching on, completions are already waiting that may
 * not interrupt any more: poll; 0 else; RGT_E_STATE; RGT_E_PROTO.
 */
int rgt_blk_queue_interrupts(struct rgt_blk_queue *q, bool wanted);

/* Wants an interrupt only after count more completions, again and again, or
 * with the last one outstanding: see rgt_vq_interrupts_after(). Ended as the
 * above is.
 *
 * Returns 1 if completions are waiting already: poll; 0 else; RGT_E_INVAL:
 * count 0; RGT_E_STATE; RGT_E_PROTO.
 */
int rgt_blk_queue_interrupts_after(struct rgt_blk_queue *q, uint32_t count);

/* The same for queue 0. */
int rgt_blk_submit(struct rgt_blk *blk, struct rgt_blk_req *req);
int rgt_blk_kick(struct rgt_blk *blk);
int rgt_blk_poll(struct rgt_blk *blk, struct rgt_blk_req **out, unsigned max);

/* Takes apart what a LIFETIME request has read.
 *
 * raw     RGT_BLK_LIFETIME_BYTES
 * Returns 0; RGT_E_PROTO: a reserved value, which 5.2.6.2 forbids; *lifetime
 * has it all the same.
 */
int rgt_blk_lifetime_decode(const uint8_t *raw,
                            struct rgt_blk_lifetime *lifetime);

/* ---- Waiting calls ------------------------------------------------------ */

/* Each submits one request to queue 0, kicks (publishing what else was
 * submitted there), and waits until it is done or cfg.timeout_ns has passed.
 * Requests of others that complete on queue 0 meanwhile are kept for a poll;
 * nothing is called back but wake. Interrupts that hal wait() returns for are
 * handled by rgt_blk_interrupt(). With those of queue 0 turned off or
 * moderated, a completion may be found as late as at the deadline.
 *
 * If there is no answer in time, or the device breaks the specification, the
 * buffer is taken back by rgt_blk_queue_reset(). If the device cannot, or needs
 * a reset, that is done by rgt_blk_recover(). What else was outstanding then
 * ends as said there, on queue 0, or on every queue.
 *
 * Returns 0; what rgt_blk_queue_submit() returns but for RGT_E_AGAIN;
 * req->result;
 *   RGT_E_TIMEOUT  no answer; the buffer is the caller's again
 *   RGT_E_IO       the device failed it, or needed a reset
 *   RGT_E_PROTO    the device broke the specification
 *   RGT_E_STATE    not live. If the call ended with an unanswered reset, the
 *                  device may still use the buffer: leave it alone until
 *                  recover or close has returned 0
 */
int rgt_blk_read_sync(struct rgt_blk *blk, uint64_t sector, void *buf,
                      uint32_t bytes);
int rgt_blk_write_sync(struct rgt_blk *blk, uint64_t sector, const void *buf,
                       uint32_t bytes);
int rgt_blk_flush_sync(struct rgt_blk *blk);

/* id gets 20 bytes of the device and a NUL. */
int rgt_blk_id_sync(struct rgt_blk *blk, char id[RGT_BLK_ID_BYTES + 1]);

/* *lifetime is the buffer. RGT_E_PROTO: also for reserved values. */
int rgt_blk_lifetime_sync(struct rgt_blk *blk,
                          struct rgt_blk_lifetime *lifetime);

/* One range each; the timeout is that of the whole call, however many requests
 * to the device it takes. */
int rgt_blk_discard_sync(struct rgt_blk *blk, uint64_t sector,
                         uint64_t sector_count);
int rgt_blk_write_zeroes_sync(struct rgt_blk *blk, uint64_t sector,
                              uint64_t sector_count, bool unmap);
int rgt_blk_secure_erase_sync(struct rgt_blk *blk, uint64_t sector,
                              uint64_t sector_count);

#ifdef __cplusplus
}
#endif

#endif
