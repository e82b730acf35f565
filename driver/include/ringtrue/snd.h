/* SPDX-License-Identifier: MIT */
/* virtio-snd driver (5.14): control requests, playback, capture, events.
 *
 * Asynchronous: submit any number of control requests and transfers, kick
 * once, poll for what is done. Submit and poll never block; completions come
 * from rgt_snd_poll() only. The *_sync calls are built on these and wait.
 *
 * Memory: the caller owns struct rgt_snd, all arrays named in the config,
 * every request, transfer and buffer. A request or transfer, its segments and
 * their buffers belong to the driver from a successful submit to completion,
 * and are given back exactly once. Rings, headers and event buffers come from
 * hal dma_alloc in rgt_snd_init(); nothing is allocated after that.
 *
 * Threads: calls for one rgt_snd are made by one thread at a time; an
 * interrupt handler that must not take the caller's lock wakes a task that
 * calls rgt_snd_interrupt() and rgt_snd_poll().
 *
 * Playback, in the order of calls (5.14.6.6.1):
 *
 *   init, discover_sync
 *   SET_PARAMS, PREPARE
 *   rgt_snd_xfer_submit() x periods, rgt_snd_kick()    pre-buffering
 *   START
 *   rgt_snd_poll(): refill each transfer that comes back, submit, kick
 *   drain:  stop submitting, poll until rgt_snd_position().pending is 0
 *   STOP, RELEASE
 *
 * STOP and RELEASE without draining is the immediate stop: the device has to
 * complete what is pending before it completes the RELEASE (5.14.6.6.5.1).
 * Capture is the same with empty buffers, and no draining.
 *
 * After a transfer that failed, or an xrun (RGT_SND_EVENT_XRUN), a stream
 * need not be touched if the device goes on by itself: submit more. To start
 * afresh: STOP, RELEASE, PREPARE, submit, START. When nothing answers any
 * more, or a stream is RGT_SND_LOST: rgt_snd_recover(), then discover_sync
 * and SET_PARAMS again.
 */
#ifndef RINGTRUE_SND_H
#define RINGTRUE_SND_H

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

#define RGT_SND_FORMATS 25u /* VIRTIO_SND_PCM_FMT_* are 0 to 24 */
#define RGT_SND_RATES 14u   /* VIRTIO_SND_PCM_RATE_* are 0 to 13 */

/* The shortest queues that can carry R24 | W4, W8, and R4 | R n | W8. */
#define RGT_SND_CONTROL_SIZE_MIN 2u
#define RGT_SND_EVENT_SIZE_MIN 1u
#define RGT_SND_PCM_SIZE_MIN 4u

/* ---- What the device is ------------------------------------------------- */

/* Items as the device told them, in the CPU's byte order; undefined bits are
 * kept, and never selected. Valid once an INFO request has brought them. */
struct rgt_snd_jack {
    uint32_t hda_fn_nid;
    uint32_t features; /* bit map of VIRTIO_SND_JACK_F_* */
    uint32_t hda_reg_defconf;
    uint32_t hda_reg_caps;
    bool connected; /* kept up to date by events */
    bool known;     /* the rest is valid */
    bool told;      /* private: by an event, since it was last asked for */
};

struct rgt_snd_pcm {
    uint32_t hda_fn_nid;
    uint32_t features;    /* bit map of VIRTIO_SND_PCM_F_* */
    uint64_t formats;     /* bit map of VIRTIO_SND_PCM_FMT_* */
    uint64_t rates;       /* bit map of VIRTIO_SND_PCM_RATE_* */
    uint8_t direction;    /* VIRTIO_SND_D_OUTPUT or VIRTIO_SND_D_INPUT */
    uint8_t channels_min; /* a count */
    uint8_t channels_max; /* a count */
    bool known;           /* the rest is valid */
};

struct rgt_snd_chmap {
    uint32_t hda_fn_nid;
    uint8_t direction;                            /* VIRTIO_SND_D_* */
    uint8_t channels;                             /* at most 18 */
    uint8_t positions[VIRTIO_SND_CHMAP_MAX_SIZE]; /* VIRTIO_SND_CHMAP_*, or a
                                                   * number undefined so far */
    bool known;                                   /* the rest is valid */
};

/* ---- Streams ------------------------------------------------------------ */

/* What the last command that succeeded was. Which command is allowed where is
 * one table, in src/snd_state.c (5.14.6.6.1):
 *
 *               SET_PARAMS  PREPARE  START  STOP  RELEASE  transfer
 *   FRESH       yes         -        -      -     -        -
 *   SET         yes         yes      -      -     -        -
 *   PREPARED    yes         yes      yes    -     yes      yes
 *   RUNNING     -           -        -      yes   -        yes
 *   STOPPED     -           -        yes    -     yes      yes
 *   RELEASED    yes         yes      -      -     -        -
 *   LOST        -           -        -      -     -        -
 */
enum rgt_snd_state {
    RGT_SND_FRESH,    /* no command yet */
    RGT_SND_SET,      /* SET_PARAMS */
    RGT_SND_PREPARED, /* PREPARE: pre-buffering */
    RGT_SND_RUNNING,  /* START */
    RGT_SND_STOPPED,  /* STOP: transfers wait for START, or RELEASE */
    RGT_SND_RELEASED, /* RELEASE: parameters still stand */
    RGT_SND_LOST,     /* the outcome of a command is unknown: recover */
};

struct rgt_snd_params {
    uint32_t buffer_bytes; /* a multiple of period_bytes, not 0 */
    uint32_t period_bytes; /* whole frames, not 0 */
    uint32_t features;     /* bit map of VIRTIO_SND_PCM_F_*, no SHMEM bits */
    uint8_t channels;      /* a count */
    uint8_t format;        /* VIRTIO_SND_PCM_FMT_* */
    uint8_t rate;          /* VIRTIO_SND_PCM_RATE_* */
};

/* Where a stream stands. Counted from the last PREPARE on. Frames of
 * IMA_ADPCM, whose blocks the specification leaves open, are not counted:
 * frames_done stays 0, bytes_done counts. */
struct rgt_snd_position {
    uint64_t frames_done;   /* in transfers completed with success: given to
                             * the device (output), captured (input) */
    uint64_t bytes_done;    /* the same in bytes */
    uint32_t latency_bytes; /* the device's own latency, as it last told with
                             * a transfer, well or not */
    uint32_t pending;       /* transfers the device has */
    uint32_t failed;        /* transfers completed without success */
    uint32_t xruns;         /* xrun events, if EVT_XRUNS was selected */
};

/* One stream. The caller gives the memory; all of it private. */
struct rgt_snd_stream {
    struct rgt_snd_pcm pcm;
    struct rgt_snd_params params; /* valid from RGT_SND_SET on */
    struct rgt_snd_position position;
    struct rgt_snd_ctl *command; /* on its way; or NULL */
    uint32_t frame_bytes;        /* 0: no whole number of bytes */
    enum rgt_snd_state state;
};

/* ---- Control requests --------------------------------------------------- */

enum rgt_snd_ctl_op {
    RGT_SND_JACK_INFO,  /* R16 | W4+24n       5.14.6.4.1 */
    RGT_SND_JACK_REMAP, /* R16 | W4           5.14.6.4.2; its INFO is anew */
    RGT_SND_PCM_INFO,   /* R16 | W4+32n       5.14.6.6.2 */
    RGT_SND_CHMAP_INFO, /* R16 | W4+24n       5.14.6.9.1 */
    RGT_SND_SET_PARAMS, /* R24 | W4           5.14.6.6.3 */
    RGT_SND_PREPARE,    /* R8  | W4           5.14.6.6.4 */
    RGT_SND_START,      /* R8  | W4           5.14.6.6.6 */
    RGT_SND_STOP,       /* R8  | W4           5.14.6.6.7 */
    RGT_SND_RELEASE,    /* R8  | W4           5.14.6.6.5 */
};

/* One control request. Set all but the last two groups, and leave it alone
 * until done. */
struct rgt_snd_ctl {
    enum rgt_snd_ctl_op op;
    uint32_t id;    /* *_INFO: the first item; JACK_REMAP: the jack;
                     * else the stream */
    uint32_t count; /* *_INFO: items, not 0; else ignored */
    struct rgt_snd_params params;          /* SET_PARAMS only */
    uint32_t association;                  /* JACK_REMAP only */
    uint32_t sequence;                     /* JACK_REMAP only */
    uint64_t timeout_ns;                   /* 0: that of the config */
    void (*done)(struct rgt_snd_ctl *ctl); /* called by rgt_snd_poll(); may
                                            * submit and kick, not poll or
                                            * close; or NULL */
    void *ctx;                             /* the caller's */

    /* Valid after completion.
     * result  0; RGT_E_INVAL (BAD_MSG); RGT_E_NOTSUP (NOT_SUPP); RGT_E_IO
     *         (IO_ERR, an answer cut short, or a reset took it back);
     *         RGT_E_TIMEOUT; RGT_E_PROTO (a status no specification has, an
     *         item with an impossible direction or channel count, or a
     *         RELEASE completed before its transfers)
     * status  VIRTIO_SND_S_* as the device wrote it; 0 if it did not */
    int result;
    uint32_t status;

    struct rgt_link link; /* private, here and below */
    uint64_t deadline_ns; /* UINT64_MAX: never */
    uint32_t at;          /* *_INFO: first item of the part on its way */
    uint32_t at_count;    /* *_INFO: items of that part */
    uint32_t writable_bytes;
    uint16_t slot;
};

/* ---- Transfers ---------------------------------------------------------- */

/* Frames to play or to capture, 5.14.6.8:
 *   output, txq: R4 | R n | W8      input, rxq: R4 | W n | W8
 * Set all but the last two groups, and leave it alone until done. One
 * period_bytes long, but for the last of a stream (5.14.6.8.1.2): not
 * enforced, it is a SHOULD. */
struct rgt_snd_xfer {
    uint32_t stream;
    struct rgt_seg *segs;                    /* seg_count of them */
    uint32_t seg_count;                      /* at least 1 */
    void (*done)(struct rgt_snd_xfer *xfer); /* as in struct rgt_snd_ctl */
    void *ctx;                               /* the caller's */

    /* Valid after completion.
     * result         0; RGT_E_IO (IO_ERR, a used length that covers no status,
     *                or a reset took it back); RGT_E_PROTO (another status,
     *                5.14.6.8). Unless 0, it is not known how much was
     *                played, and captured data mean nothing. There is no
     *                deadline: a device may be stopped, or slow. See
     *                rgt_snd_drain_sync(), RELEASE, rgt_snd_recover()
     * status         VIRTIO_SND_S_* as the device wrote it; 0 if it did not
     * latency_bytes  as the device says; 0 if it did not
     * bytes_done     output: all, or 0 if it failed; input: captured, from
     *                the start of the segments, may be short or 0; whole
     *                frames */
    int result;
    uint32_t status;
    uint32_t latency_bytes;
    uint32_t bytes_done;

    struct rgt_link link; /* private, here and below */
    uint32_t bytes;
    uint32_t frame_bytes;
    uint16_t slot;
};

/* ---- Events ------------------------------------------------------------- */

enum rgt_snd_event_code {
    RGT_SND_EVENT_JACK_CONNECTED = 0x1000,    /* id: jack */
    RGT_SND_EVENT_JACK_DISCONNECTED = 0x1001, /* id: jack */
    RGT_SND_EVENT_PERIOD_ELAPSED = 0x1100,    /* id: stream */
    RGT_SND_EVENT_XRUN = 0x1101,              /* id: stream */
};

struct rgt_snd_event {
    enum rgt_snd_event_code code;
    uint32_t id;
};

/* ---- The device --------------------------------------------------------- */

struct rgt_snd_queue {
    struct rgt_vq_slot *slots; /* slot_count of them, content ignored */
    uint32_t slot_count;       /* bounds the queue size */
    uint16_t indirect_entries; /* pieces per indirect table; 0: direct only */
};

struct rgt_snd_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    struct rgt_snd_queue control; /* size at least RGT_SND_CONTROL_SIZE_MIN */
    struct rgt_snd_queue event;   /* at least RGT_SND_EVENT_SIZE_MIN; as many
                                   * event buffers as descriptors */
    struct rgt_snd_queue tx;      /* at least RGT_SND_PCM_SIZE_MIN */
    struct rgt_snd_queue rx;      /* at least RGT_SND_PCM_SIZE_MIN */

    /* What the driver is to know of; content ignored. A device with more
     * items than room is used as far as there is room. NULL and 0 is room
     * for none. */
    struct rgt_snd_jack *jacks;
    struct rgt_snd_stream *streams;
    struct rgt_snd_chmap *chmaps;
    struct rgt_snd_event *events; /* not yet taken by rgt_snd_event_next() */
    uint32_t jack_max;
    uint32_t stream_max;
    uint32_t chmap_max;
    uint32_t event_max;

    uint32_t info_items;      /* most items in one answer: a longer *_INFO is
                               * sent in parts; 1 to RGT_SND_INFO_ITEMS_MAX */
    uint64_t features_wanted; /* RGT_FEATURES_ALL, or less */
    uint64_t timeout_ns;      /* of a reset, and of each control request that
                               * names no other */
};

#define RGT_SND_INFO_ITEMS_MAX 128u

struct rgt_snd_info {
    uint64_t features; /* negotiated */
    uint32_t jacks;    /* of the device, as in its configuration */
    uint32_t streams;
    uint32_t chmaps;
    uint32_t jack_count; /* of these, what the driver has room for */
    uint32_t stream_count;
    uint32_t chmap_count;
    uint32_t events_lost;    /* came while the event ring was full */
    uint32_t events_invalid; /* unknown code, no such jack or stream, not
                              * selected, or cut short: dropped */
    uint16_t control_size;   /* descriptors of each queue */
    uint16_t event_size;
    uint16_t tx_size;
    uint16_t rx_size;
};

/* Private; here so that the caller can place it. */
struct rgt_snd {
    struct rgt_vq control;
    struct rgt_vq event;
    struct rgt_vq tx;
    struct rgt_vq rx;
    struct rgt_dev dev;
    struct rgt_snd_info info;
    struct rgt_pool control_pool; /* request and answer */
    struct rgt_pool event_pool;   /* event buffers */
    struct rgt_pool tx_pool;      /* header and status */
    struct rgt_pool rx_pool;
    struct rgt_list xfers_returned; /* completed, waiting for poll */
    struct rgt_list ctls_returned;
    struct rgt_snd_jack *jacks;
    struct rgt_snd_stream *streams;
    struct rgt_snd_chmap *chmaps;
    struct rgt_snd_event *events;
    uint32_t jack_max;
    uint32_t stream_max;
    uint32_t chmap_max;
    uint32_t event_max;
    uint32_t event_first;
    uint32_t event_count;
    uint32_t info_items;
    uint32_t ctl_pending;     /* control requests the caller waits for */
    uint64_t ctl_deadline_ns; /* no deadline of these is earlier */
    uint64_t sync_deadline_ns;
    struct rgt_snd_ctl sync_ctl;
    bool sync_busy; /* sync_ctl is lent */
    bool tx_kick;   /* something added since the last kick wants one */
    bool rx_kick;
    bool up; /* between init and close */
};

/* Brings the device up: 3.1.1 in full, configuration, four queues, event
 * buffers posted, DRIVER_OK. What the items are is not asked yet: see
 * rgt_snd_discover_sync(). On failure everything is given back, and FAILED is
 * set if the device had been acknowledged; may be called again. (But a device
 * that fails with queues enabled, and then neither gives them up nor answers a
 * reset, keeps the memory: rgt_snd_close() until that returns 0.)
 *
 * Returns 0; or
 *   RGT_E_INVAL    slots too few for a queue, info_items out of range:
 *                  device untouched
 *   RGT_E_NODEV    nothing there, or no sound device, or pulled out meanwhile
 *   RGT_E_STATE    the device needs a reset before it is up
 *   RGT_E_PROTO    it does not keep the status bits that are set
 *   RGT_E_REFUSED  VERSION_1 not offered, features not confirmed, a queue
 *                  missing or too short
 *   RGT_E_NOMEM    dma_alloc failed
 *   RGT_E_TIMEOUT  reset not answered, or config never settled
 */
int rgt_snd_init(struct rgt_snd *snd, const struct rgt_snd_config *cfg);

/* What the device is. Stays valid. */
const struct rgt_snd_info *rgt_snd_info(const struct rgt_snd *snd);

/* An item; NULL: no such item, or its INFO has not been asked for with
 * success since the device came up. */
const struct rgt_snd_jack *rgt_snd_jack(const struct rgt_snd *snd, uint32_t id);
const struct rgt_snd_pcm *rgt_snd_pcm(const struct rgt_snd *snd, uint32_t id);
const struct rgt_snd_chmap *rgt_snd_chmap(const struct rgt_snd *snd,
                                          uint32_t id);

/* State of a stream; RGT_SND_LOST: also if there is no such stream. */
enum rgt_snd_state rgt_snd_state(const struct rgt_snd *snd, uint32_t stream);

/* Where a stream stands. Returns 0; RGT_E_INVAL: no such stream. */
int rgt_snd_position(const struct rgt_snd *snd, uint32_t stream,
                     struct rgt_snd_position *position);

/* Bits that a sample takes in memory: 4 to 64; 0: no such format. Frames per
 * second of a rate; 0: no such rate. And the bytes of a frame; 0: no such
 * format, channels 0, or IMA_ADPCM (see struct rgt_snd_position). */
unsigned rgt_snd_format_bits(unsigned format);
uint32_t rgt_snd_rate_hz(unsigned rate);
uint32_t rgt_snd_frame_bytes(unsigned format, unsigned channels);

/* Adds one control request; the device sees it at rgt_snd_kick(). Never
 * blocks, never calls back. A command of a stream changes its state when the
 * device has answered OK, as seen by rgt_snd_poll().
 *
 * Returns 0; or, and then the request never completes and nothing reached the
 * ring:
 *   RGT_E_INVAL   unknown op; count 0, or items past info.*_count
 *                 (5.14.6.2); no such jack or stream; SET_PARAMS, 5.14.6.6.3.2:
 *                 format, rate or features undefined or not offered, channels
 *                 out of bounds, a period that is 0, holds no whole frames or
 *                 does not divide the buffer, buffer 0, a SHMEM bit
 *   RGT_E_NOTSUP  JACK_REMAP of a jack without VIRTIO_SND_JACK_F_REMAP
 *   RGT_E_STATE   not allowed in this state of the stream; SET_PARAMS or
 *                 JACK_REMAP before the INFO of the item; or device not live
 *   RGT_E_AGAIN   control queue full, or a command of this stream is on its
 *                 way: kick, poll, then try again
 *   RGT_E_PROTO   the device broke the specification: recover first
 */
int rgt_snd_ctl_submit(struct rgt_snd *snd, struct rgt_snd_ctl *ctl);

/* Adds one transfer to the queue of its stream's direction; the device sees it
 * at rgt_snd_kick(). Never blocks, never calls back.
 *
 * Returns 0; or, and then the transfer never completes, nothing was shared
 * and the ring is as before:
 *   RGT_E_INVAL  no such stream; no segment, one of length 0; no whole number
 *                of frames; 2^32 bytes or more; more segments than the queue
 *                can ever hold (its size - 2)
 *   RGT_E_STATE  stream not PREPARED, RUNNING or STOPPED; or device not live
 *   RGT_E_AGAIN  queue full, or SET_PARAMS, PREPARE or RELEASE is on its way
 *   RGT_E_NOMEM  hal share() failed
 *   RGT_E_PROTO  the device broke the specification: recover first
 */
int rgt_snd_xfer_submit(struct rgt_snd *snd, struct rgt_snd_xfer *xfer);

/* Publishes what was submitted since the last kick, one index store per queue,
 * and notifies the device of each queue that wants it. Transfers of streams
 * with VIRTIO_SND_PCM_F_MSG_POLLING are published and not notified; the tx and
 * rx queues are shared by streams, so they are kicked only if the batch has a
 * transfer of a stream without it (5.14.6.6.3).
 *
 * Returns 0; RGT_E_STATE; RGT_E_PROTO.
 */
int rgt_snd_kick(struct rgt_snd *snd);

/* What a poll hands out: one of the two, the other NULL. */
struct rgt_snd_done {
    struct rgt_snd_ctl *ctl;
    struct rgt_snd_xfer *xfer;
};

/* Takes at most max completed requests and transfers, and collects all events.
 * For each: buffers unshared, result set, stored in out (if not NULL), then its
 * done called (if not NULL). Transfers come first, those of one direction in
 * the order the device completed them: so before the RELEASE that waited for
 * them. When it has returned 0, the next completion or event will interrupt:
 * only then sleep, and not longer than until rgt_snd_deadline_ns().
 *
 * Control requests past their deadline come back with RGT_E_TIMEOUT; their
 * stream is RGT_SND_LOST from then on, and a late answer is dropped.
 *
 * Publishes and kicks nothing but event buffers taken and reposted; and, when
 * an *_INFO goes on with its next part, all that rgt_snd_kick() would.
 *
 * out     room for max, or NULL
 * State   any: what a recover or close took back is handed out in every state
 * Returns the number taken; when there is none to hand out:
 *   RGT_E_STATE  not live: recover (DEVICE_NEEDS_RESET), or closed
 *   RGT_E_PROTO  the device broke the specification: recover
 */
int rgt_snd_poll(struct rgt_snd *snd, struct rgt_snd_done *out, unsigned max);

/* The time at which rgt_snd_poll() should be called at the latest, though
 * nothing interrupts; UINT64_MAX: no such time. */
uint64_t rgt_snd_deadline_ns(const struct rgt_snd *snd);

/* Takes the oldest event that rgt_snd_poll() has collected. Those that find
 * the ring full are counted in info.events_lost; jacks' and streams' own
 * records (connected, xruns) are right all the same. Any state.
 *
 * Returns 1; 0 none. */
int rgt_snd_event_next(struct rgt_snd *snd, struct rgt_snd_event *event);

/* Reads and acknowledges the interrupt cause (4.2.3.4.1). Poll next, whatever
 * it returns: interrupts without completions are harmless. The configuration
 * is not read anew: its counts do not change while the device is in use.
 *
 * Returns RGT_INT_USED and RGT_INT_CONFIG as a mask, 0 not this device;
 *   RGT_E_STATE  not live, or the device needs a reset: recover
 */
int rgt_snd_interrupt(struct rgt_snd *snd);

/* Resets the device and brings it up again from the same memory. All that was
 * outstanding comes back from later polls with RGT_E_IO, each once. Calls
 * nothing back. Items are unknown again, and streams RGT_SND_FRESH; events not
 * yet taken are kept.
 *
 * State   any but closed
 * Returns 0, live again; or
 *   RGT_E_STATE    closed, or never up; or the device needs another reset
 *   RGT_E_TIMEOUT  reset not answered: all stays lent, may be tried again;
 *                  or config never settled
 *   RGT_E_NODEV    the device was pulled out: requests do come back; may be
 *                  tried again, and works once a device is there
 *   RGT_E_REFUSED  device is not the same any more: FAILED is set, requests
 *                  do come back
 *   RGT_E_PROTO    it does not keep the status bits that are set: the same
 */
int rgt_snd_recover(struct rgt_snd *snd);

/* Ends the use of the device: reset first (3.3.1), then all outstanding is
 * taken back as in rgt_snd_recover(), and memory is freed. rgt_snd_poll()
 * still hands it out: do that before a new rgt_snd_init().
 *
 * Returns 0, closed, also if it was; RGT_E_TIMEOUT: reset not answered,
 * nothing was freed or taken back, may be tried again.
 */
int rgt_snd_close(struct rgt_snd *snd);

/* ---- Waiting calls ------------------------------------------------------ */

/* Each submits one control request, kicks (publishing what else was
 * submitted), and waits until it is done or cfg.timeout_ns has passed, whatever
 * the device does meanwhile. What
 * others have outstanding and completes meanwhile is kept for rgt_snd_poll();
 * nothing is called back. Unlike those of blk.h they lend no buffer of the
 * caller, so a timeout needs no reset: the other streams go on.
 *
 * Returns 0; what rgt_snd_ctl_submit() returns but for RGT_E_AGAIN;
 * ctl->result; RGT_E_TIMEOUT: no answer, or no room to ask, in time;
 * RGT_E_STATE: also if the device needs a reset.
 */
int rgt_snd_jack_info_sync(struct rgt_snd *snd, uint32_t first, uint32_t count);
int rgt_snd_pcm_info_sync(struct rgt_snd *snd, uint32_t first, uint32_t count);
int rgt_snd_chmap_info_sync(struct rgt_snd *snd, uint32_t first,
                            uint32_t count);
int rgt_snd_jack_remap_sync(struct rgt_snd *snd, uint32_t jack,
                            uint32_t association, uint32_t sequence);
int rgt_snd_set_params_sync(struct rgt_snd *snd, uint32_t stream,
                            const struct rgt_snd_params *params);
int rgt_snd_prepare_sync(struct rgt_snd *snd, uint32_t stream);
int rgt_snd_start_sync(struct rgt_snd *snd, uint32_t stream);
int rgt_snd_stop_sync(struct rgt_snd *snd, uint32_t stream);
int rgt_snd_release_sync(struct rgt_snd *snd, uint32_t stream);

/* Asks for every item the driver has room for (5.14.5, steps 2 to 4). */
int rgt_snd_discover_sync(struct rgt_snd *snd);

/* Waits until the device has completed every transfer of the stream; they are
 * kept for rgt_snd_poll(). Returns 0; RGT_E_INVAL: no such stream;
 * RGT_E_TIMEOUT: some are still pending after timeout_ns; RGT_E_STATE;
 * RGT_E_PROTO. */
int rgt_snd_drain_sync(struct rgt_snd *snd, uint32_t stream,
                       uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
