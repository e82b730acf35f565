/* SPDX-License-Identifier: MIT */
/* virtio-blk driver (5.2): read, write, flush, device id; one request queue.
 *
 * Asynchronous: submit any number of requests, kick once, poll for what is
 * done. Submit and poll never block; completions come from rgt_blk_poll()
 * only. The *_sync calls below are built on these and wait.
 *
 * Memory: the caller owns struct rgt_blk, its slots, every request and every
 * buffer. A request, its segments and their buffers belong to the driver from
 * a successful submit to completion, and are given back exactly once. Rings
 * and headers come from hal dma_alloc in rgt_blk_init(); nothing is allocated
 * after that.
 *
 * Threads: calls for one rgt_blk are made by one thread at a time; an
 * interrupt handler that must not take the caller's lock wakes a task that
 * calls rgt_blk_interrupt() and rgt_blk_poll().
 *
 *   submit, submit, kick ...  interrupt -> rgt_blk_interrupt(),
 *                             rgt_blk_poll() until it returns less than max
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

/* The shortest queue that can carry R16 | W512n | W1. */
#define RGT_BLK_QUEUE_SIZE_MIN 4u

/* What is accepted when offered, besides RGT_DEV_FEATURES. CONFIG_WCE is not:
 * the cache mode is never changed; with FLUSH the cache is taken for
 * writeback (5.2.5.1). */
#define RGT_BLK_FEATURES                                                       \
    (RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX) | RGT_FEATURE(VIRTIO_BLK_F_SEG_MAX) |  \
     RGT_FEATURE(VIRTIO_BLK_F_GEOMETRY) | RGT_FEATURE(VIRTIO_BLK_F_RO) |       \
     RGT_FEATURE(VIRTIO_BLK_F_BLK_SIZE) | RGT_FEATURE(VIRTIO_BLK_F_FLUSH) |    \
     RGT_FEATURE(VIRTIO_BLK_F_TOPOLOGY))

struct rgt_blk_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    struct rgt_vq_slot *slots; /* slot_count of them, content ignored */
    uint32_t slot_count;       /* bounds the queue size; at least
                                * RGT_BLK_QUEUE_SIZE_MIN */
    uint16_t indirect_entries; /* pieces per indirect table, 2 of them for
                                * header and status; 0: direct only */
    uint64_t features_wanted;  /* mask over what the driver would accept:
                                * RGT_FEATURES_ALL, or less to force a
                                * fallback; VERSION_1 cannot be masked */
    uint64_t timeout_ns;       /* of a reset, and of each *_sync call */
};

/* Limits that the device does not state have the value given in brackets. */
struct rgt_blk_info {
    uint64_t capacity_sectors; /* of 512 bytes */
    uint64_t features;         /* negotiated */
    uint32_t size_max;         /* bytes per piece [UINT32_MAX] */
    uint32_t seg_max;          /* data pieces per request [queue_size - 2] */
    uint32_t blk_size;         /* bytes, the best unit for requests [512] */
    uint32_t opt_io_blocks;    /* [0] */
    uint16_t min_io_blocks;    /* [0] */
    uint16_t queue_size;
    uint16_t cylinders;         /* [0] */
    uint8_t heads;              /* [0] */
    uint8_t sectors_per_track;  /* [0] */
    uint8_t physical_block_exp; /* [0] */
    uint8_t alignment_offset;   /* [0] */
    bool read_only;
    bool flush; /* RGT_BLK_FLUSH is supported, and needed to make writes
                 * stable; if not, they are stable when complete (5.2.6.2) */
};

enum rgt_blk_op {
    RGT_BLK_READ,  /* R16 | W512n | W1 */
    RGT_BLK_WRITE, /* R16 | R512n | W1 */
    RGT_BLK_FLUSH, /* R16 | W1 */
    RGT_BLK_ID,    /* R16 | W20 | W1 */
};

/* One request. Set all but the last group, and leave it alone until done. */
struct rgt_blk_req {
    enum rgt_blk_op op;
    uint64_t sector;      /* READ and WRITE: the first; otherwise ignored */
    struct rgt_seg *segs; /* seg_count of them; FLUSH: none */
    uint32_t seg_count;
    void (*done)(struct rgt_blk_req *req); /* called by rgt_blk_poll(); may
                                            * submit and kick, not poll or
                                            * close; or NULL */
    void *ctx;                             /* the caller's */

    /* Valid after completion: 0; RGT_E_IO (the device failed it, a reset took
     * it back, or its outcome is unknown); RGT_E_NOTSUP (the device does not
     * know the request); RGT_E_PROTO (a status no specification has). Unless
     * 0, the content of a read buffer means nothing. */
    int result;

    struct rgt_link link;    /* private */
    uint32_t writable_bytes; /* private */
    uint16_t slot;           /* private */
};

/* Private; here so that the caller can place it. */
struct rgt_blk {
    struct rgt_vq vq;
    struct rgt_dev dev;
    struct rgt_blk_info info;
    struct rgt_pool pool;        /* headers and statuses */
    struct rgt_list returned;    /* completed, waiting for poll */
    struct rgt_blk_req sync_req; /* of the *_sync calls: outlives them if a */
    struct rgt_seg sync_seg;     /* reset is not answered                   */
    bool sync_busy;              /* sync_req is lent */
};

/* Brings the device up: 3.1.1 in full, config read, queue 0, DRIVER_OK.
 * On failure everything is given back, and FAILED is set if the device had
 * been acknowledged; rgt_blk_init() may be called again.
 *
 * Returns 0; or
 *   RGT_E_INVAL    slot_count below RGT_BLK_QUEUE_SIZE_MIN: device untouched
 *   RGT_E_NODEV    nothing there, or no block device: nothing written to it.
 *                  Device ID 0 is not logged (4.2.2.2)
 *   RGT_E_REFUSED  VERSION_1 not offered, features not confirmed, no queue 0,
 *                  or one shorter than RGT_BLK_QUEUE_SIZE_MIN
 *   RGT_E_NOMEM    dma_alloc failed
 *   RGT_E_TIMEOUT  reset not answered, or config never settled
 */
int rgt_blk_init(struct rgt_blk *blk, const struct rgt_blk_config *cfg);

/* What the device is. Stays valid; rgt_blk_interrupt() may renew it. */
const struct rgt_blk_info *rgt_blk_info(const struct rgt_blk *blk);

/* Adds one request to the queue; the device sees it at rgt_blk_kick().
 * Never blocks, never calls back. Segments longer than size_max are cut.
 *
 * Returns 0; or, and then the request never completes, nothing was shared and
 * the ring is as before:
 *   RGT_E_INVAL   unknown op; READ or WRITE: no data, a segment of length 0,
 *                 length no multiple of 512, past the capacity (5.2.6.1);
 *                 FLUSH with segments; ID not 20 bytes; more pieces than
 *                 seg_max or than the queue can ever hold; 2^32 bytes or more
 *   RGT_E_NOTSUP  WRITE on a read-only device; FLUSH not negotiated
 *   RGT_E_AGAIN   queue full: kick, poll, then try again
 *   RGT_E_NOMEM   hal share() failed
 *   RGT_E_STATE   not live: recover first, or closed
 *   RGT_E_PROTO   the device broke the specification: recover first
 */
int rgt_blk_submit(struct rgt_blk *blk, struct rgt_blk_req *req);

/* Publishes what was submitted since the last kick, by one index store, and
 * notifies the device if it wants that, once.
 *
 * Returns 0; RGT_E_STATE; RGT_E_PROTO.
 */
int rgt_blk_kick(struct rgt_blk *blk);

/* Takes at most max completed requests, oldest first. For each: buffers
 * unshared, req->result set, stored in out (if not NULL), then req->done
 * called (if not NULL). Publishes and kicks nothing. When it returns less
 * than max, the next completion will interrupt: only then sleep.
 *
 * out     room for max requests, or NULL
 * State   any: what a recover or close took back is handed out in every state
 * Returns the number taken; when there is none to hand out:
 *   RGT_E_STATE  not live: recover (DEVICE_NEEDS_RESET), or closed
 *   RGT_E_PROTO  the device broke the specification: recover
 *
 * A used length that does not cover the status byte leaves the outcome
 * unknown, since nothing past it may be relied on (2.7.8.3): RGT_E_IO. It is
 * not RGT_E_PROTO: a device may report less than it wrote (2.7.8.2).
 */
int rgt_blk_poll(struct rgt_blk *blk, struct rgt_blk_req **out, unsigned max);

/* Reads and acknowledges the interrupt cause (4.2.3.4.1); after a change of
 * configuration reads it anew, requests on their way keep going. Poll next,
 * whatever it returns: interrupts without completions are harmless.
 *
 * Returns RGT_INT_USED and RGT_INT_CONFIG as a mask, 0 not this device;
 *   RGT_E_STATE    not live, or the device needs a reset: recover
 *   RGT_E_TIMEOUT  the new configuration does not settle, the old one stands
 */
int rgt_blk_interrupt(struct rgt_blk *blk);

/* Resets the device and brings it up again from the same memory. All that was
 * outstanding, whether the device had finished it or not, comes back from
 * later polls with RGT_E_IO, each once. Calls nothing back.
 *
 * State   any but closed
 * Returns 0, live again; or
 *   RGT_E_STATE    closed, or never up
 *   RGT_E_TIMEOUT  reset not answered: all stays lent, may be tried again;
 *                  or config never settled
 *   RGT_E_REFUSED  device is not the same any more: FAILED is set, requests
 *                  do come back
 */
int rgt_blk_recover(struct rgt_blk *blk);

/* Ends the use of the device: reset first (3.3.1), then all outstanding
 * requests are taken back as in rgt_blk_recover(), and memory is freed.
 * rgt_blk_poll() still hands the requests out: do that before a new
 * rgt_blk_init().
 *
 * Returns 0, closed, also if it was; RGT_E_TIMEOUT: reset not answered,
 * nothing was freed or taken back, may be tried again.
 */
int rgt_blk_close(struct rgt_blk *blk);

/* ---- Waiting calls ------------------------------------------------------ */

/* Each submits one request, kicks (publishing what else was submitted), and
 * waits until it is done or cfg.timeout_ns has passed. Requests of others that
 * complete meanwhile are kept for rgt_blk_poll(); nothing is called back.
 *
 * If there is no answer in time, or the device needs a reset or breaks the
 * specification, the buffer is taken back by rgt_blk_recover(); what else was
 * outstanding then ends as said there.
 *
 * Returns 0; what rgt_blk_submit() returns but for RGT_E_AGAIN; req->result;
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

#ifdef __cplusplus
}
#endif

#endif
