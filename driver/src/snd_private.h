/* SPDX-License-Identifier: MIT */
/* What the files of the sound driver share. */
#ifndef RGT_SND_PRIVATE_H
#define RGT_SND_PRIVATE_H

#include "ringtrue/snd.h"
#include "snd_state.h"

/* One place of the control pool. The items of an answer follow its header
 * without a gap, and then have the alignment of their largest member. */
struct rgt__snd_ctl_place {
    union {
        struct virtio_snd_hdr hdr;
        struct virtio_snd_query_info query;
        struct virtio_snd_jack_remap remap;
        struct virtio_snd_pcm_hdr pcm;
        struct virtio_snd_pcm_set_params params;
    } ask; /* device-readable */
    uint32_t unused;
    struct virtio_snd_hdr answer; /* device-writable, then the items */
};

#define RGT__SND_ITEM_BYTES_MAX 32u

/* One place of the tx or rx pool. */
struct rgt__snd_xfer_place {
    struct virtio_snd_pcm_xfer header; /* device-readable */
    uint32_t unused;
    struct virtio_snd_pcm_status status; /* device-writable */
};

/* What makes the control requests differ. */
struct rgt__snd_kind {
    uint16_t code;       /* VIRTIO_SND_R_* */
    uint8_t ask_bytes;   /* of the request */
    uint8_t item_bytes;  /* *_INFO: of one item; else 0 */
    signed char command; /* of a stream: RGT__SND_DO_*; else -1 */
};

/* NULL: no such request. */
const struct rgt__snd_kind *rgt__snd_kind(enum rgt_snd_ctl_op op);

/* The stream a request is a command of; NULL: none. */
struct rgt_snd_stream *rgt__snd_stream_of(const struct rgt_snd *snd,
                                          const struct rgt_snd_ctl *ctl);

/* 0 while requests can be sent and completed; RGT_E_STATE; RGT_E_PROTO. */
int rgt__snd_live(const struct rgt_snd *snd);

/* A VIRTIO_SND_S_* as a result. */
int rgt__snd_result(uint32_t status);

/* Say whether ctl, or xfer, may be sent at all; touch nothing. */
int rgt__snd_ctl_check(const struct rgt_snd *snd,
                       const struct rgt_snd_ctl *ctl);
int rgt__snd_xfer_check(const struct rgt_snd *snd,
                        const struct rgt_snd_xfer *xfer, uint32_t *bytes);

/* Whether the device may be asked for params on a stream of pcm. */
bool rgt__snd_params_valid(const struct rgt_snd_pcm *pcm,
                           const struct rgt_snd_params *params);

/* Keeps the items of an answer. 0; RGT_E_PROTO: an impossible one. */
int rgt__snd_items_store(struct rgt_snd *snd, const struct rgt_snd_ctl *ctl,
                         const uint8_t *items);

/* Quotient, by subtraction: small CPUs leave division to a library that we do
 * not have. divisor not 0; *rest gets the remainder. */
uint32_t rgt__snd_divide(uint32_t value, uint32_t divisor, uint32_t *rest);

/* End a request or transfer, and keep it for rgt_snd_poll(). */
void rgt__snd_ctl_finish(struct rgt_snd *snd, struct rgt_snd_ctl *ctl,
                         int result);
void rgt__snd_xfer_finish(struct rgt_snd *snd, struct rgt_snd_xfer *xfer,
                          int result);

/* The token of a control chain whose request has been given back already. */
static inline void *rgt__snd_orphan(struct rgt_snd *snd)
{
    return snd;
}

/* The way that a stream's transfers go, and the queue. */
static inline bool rgt__snd_is_output(const struct rgt_snd_stream *stream)
{
    return stream->pcm.direction == VIRTIO_SND_D_OUTPUT;
}

static inline struct rgt_vq *
rgt__snd_queue_of(struct rgt_snd *snd, const struct rgt_snd_stream *stream)
{
    return rgt__snd_is_output(stream) ? &snd->tx : &snd->rx;
}

/* The next rgt_snd_kick() tells the device of the stream's transfers, unless
 * it polls. */
void rgt__snd_want_kick(struct rgt_snd *snd,
                        const struct rgt_snd_stream *stream);

/* Take in all that a queue holds. Return the number of chains; RGT_E_PROTO. */
int rgt__snd_ctl_collect(struct rgt_snd *snd);
int rgt__snd_xfer_collect(struct rgt_snd *snd, struct rgt_vq *vq);
int rgt__snd_event_collect(struct rgt_snd *snd);

/* All queues and deadlines. As above, events not counted: a device that tells
 * them without end must not keep a waiting call from its deadline.
 * RGT_E_STATE. */
int rgt__snd_collect(struct rgt_snd *snd);

/* Gives back what is past its deadline; returns the number. */
int rgt__snd_ctl_expire(struct rgt_snd *snd);

/* Adds a buffer for every descriptor of the event queue, and publishes. */
int rgt__snd_event_fill(struct rgt_snd *snd);

#endif
