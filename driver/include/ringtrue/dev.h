/* SPDX-License-Identifier: MIT */
/* The life of one virtio device: initialisation (3.1.1), configuration space
 * (2.5), interrupts, reset. Any device type, any transport.
 *
 * The caller owns struct rgt_dev; nothing is allocated. One thread at a time.
 * Device type drivers (blk.h) are built on this and call it in this order:
 *
 *   init -> reset -> negotiate -> config_read, queue_init, queue_enable
 *        -> start -> interrupt ... -> reset (-> negotiate -> ...)
 *
 * and for one queue of a live device, while the others run on:
 *
 *   queue_reset -> rgt_vq_drain, rgt_vq_reset -> queue_enable
 *
 * Which call is allowed in which state is one table, in src/dev_state.c.
 * A call that fails after ACKNOWLEDGE has set FAILED (2.1.1): only reset helps.
 * Bits of the device status are only ever added, except by a reset.
 */
#ifndef RINGTRUE_DEV_H
#define RINGTRUE_DEV_H

#include "ringtrue/hal.h"
#include "ringtrue/transport.h"
#include "ringtrue/vq.h"
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the driver accepts of every device that offers it:
 * VERSION_1 is required, ACCESS_PLATFORM is the business of hal share() and
 * dma_alloc(), ORDER_PLATFORM is kept by every fence in fence.h. */
#ifdef RGT_NO_PACKED
#define RGT__DEV_PACKED 0u
#else
#define RGT__DEV_PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)
#endif
#define RGT_DEV_FEATURES                                                       \
    (RGT_FEATURE(VIRTIO_F_INDIRECT_DESC) | RGT_FEATURE(VIRTIO_F_EVENT_IDX) |   \
     RGT_FEATURE(VIRTIO_F_VERSION_1) | RGT_FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
     RGT__DEV_PACKED | RGT_FEATURE(VIRTIO_F_IN_ORDER) |                        \
     RGT_FEATURE(VIRTIO_F_ORDER_PLATFORM) |                                    \
     RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA) |                                 \
     RGT_FEATURE(VIRTIO_F_RING_RESET))

/* To mask no feature out. */
#define RGT_FEATURES_ALL UINT64_MAX

enum rgt_dev_state {
    RGT_DEV_ABSENT, /* no device, or none of ours: never touched again */
    RGT_DEV_FOUND,  /* probed, not written to */
    RGT_DEV_RESET,  /* status 0 seen */
    RGT_DEV_CHOSEN, /* FEATURES_OK confirmed */
    RGT_DEV_LIVE,   /* DRIVER_OK set */
    RGT_DEV_BROKEN, /* FAILED, DEVICE_NEEDS_RESET, a reset unanswered, gone */
};

struct rgt_dev_config {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t features;   /* to accept when offered; VERSION_1 always is */
    uint64_t timeout_ns; /* for the device to answer a reset */
    uint32_t device_id;  /* the type wanted (5) */
};

struct rgt_dev {
    struct rgt_hal *hal;
    struct rgt_transport *transport;
    uint64_t features_wanted;
    uint64_t offered;  /* by the device; valid from RGT_DEV_CHOSEN on */
    uint64_t features; /* negotiated; valid from RGT_DEV_CHOSEN on */
    uint64_t timeout_ns;
    uint32_t device_id;
    uint32_t steps; /* status bits set since the reset, which have to stay */
    enum rgt_dev_state state;
    bool gone; /* pulled out; what it had of ours it uses no more */
};

/* One field of the configuration space, and where its value goes. */
struct rgt_dev_field {
    void *dst;           /* uint8_t, uint16_t, uint32_t or uint64_t, by width */
    uint16_t offset;     /* from the start of the space */
    uint8_t width_bytes; /* 1, 2, 4 or 8; the access has this width, 8 being
                          * two of 4 (4.2.2.2) */
};

/* Looks for the device; reads only. -> FOUND, or ABSENT on an error.
 *
 * Returns 0; RGT_E_NODEV: no device (logged), device ID 0 (not an error, not
 * logged: 4.2.2.2), or another type (logged).                       4.2.3.1.1
 */
int rgt_dev_init(struct rgt_dev *dev, const struct rgt_dev_config *cfg);

/* Resets the device and waits until its status reads 0 (2.4.2). From then on
 * it uses no buffer any more. Any state but ABSENT -> RESET.
 *
 * Returns 0; RGT_E_STATE; and with -> BROKEN, may be tried again:
 *   RGT_E_TIMEOUT  not answered, and every buffer lent is still lent
 *   RGT_E_NODEV    the device was pulled out: every buffer is ours. Nothing is
 *                  written before a device of this type is found there again
 */
int rgt_dev_reset(struct rgt_dev *dev);

/* ACKNOWLEDGE, DRIVER, features, FEATURES_OK and its confirmation: steps 2 to
 * 6 of 3.1.1. RESET -> CHOSEN.
 *
 * Returns 0; RGT_E_STATE; and with -> BROKEN:
 *   RGT_E_REFUSED  VERSION_1 not offered, or FEATURES_OK not confirmed
 *   RGT_E_STATE    the device needs a reset
 *   RGT_E_PROTO    status bits have not stayed
 *   RGT_E_NODEV    it was pulled out
 */
int rgt_dev_negotiate(struct rgt_dev *dev);

/* Reads several fields as one consistent snapshot: between two equal
 * generations (2.5.1). Ask only for fields whose feature is offered.
 * CHOSEN or LIVE, unchanged.
 *
 * Returns 0; RGT_E_STATE; RGT_E_INVAL: a width not 1, 2, 4 or 8;
 * RGT_E_TIMEOUT: the generation did not settle in RGT_DEV_CONFIG_TRIES
 * attempts; RGT_E_NODEV: the device was pulled out, -> BROKEN. Destinations
 * are undefined then.
 */
#define RGT_DEV_CONFIG_TRIES 100
int rgt_dev_config_read(struct rgt_dev *dev, const struct rgt_dev_field *fields,
                        unsigned field_count);

/* Finds queue index and prepares vq for it (rgt_vq_init); the device does not
 * get it yet. CHOSEN, unchanged.
 *
 * Returns 0; RGT_E_STATE; and with -> BROKEN:
 *   RGT_E_REFUSED  no such queue, or already in use
 *   RGT_E_NODEV    the device was pulled out
 *   RGT_E_INVAL    slot_count 0
 *   RGT_E_NOMEM
 */
int rgt_dev_queue_init(struct rgt_dev *dev, struct rgt_vq *vq, uint16_t index,
                       struct rgt_vq_slot *slots, uint32_t slot_count,
                       uint16_t indirect_entries);

/* Gives vq, fresh or reset, to the device. CHOSEN; or LIVE, after
 * rgt_dev_queue_reset(): unchanged.
 *
 * Returns 0; RGT_E_STATE, also LIVE without RING_RESET; RGT_E_REFUSED: the
 * device has no longer room for a queue of this size, or says that it is in
 * use; CHOSEN -> BROKEN, LIVE unchanged.
 */
int rgt_dev_queue_enable(struct rgt_dev *dev, const struct rgt_vq *vq);

/* Resets one queue and waits until the device has confirmed it (2.6.1), at
 * most timeout_ns; the others run on. vq is dead from the call on. Once it has
 * returned 0 the device uses none of its buffers any more: drain it, reset it
 * with the features of dev, and enable it again, or leave it. LIVE, unchanged.
 *
 * It sleeps in hal wait(), which may take the interrupt of another queue: look
 * at all of them afterwards.
 *
 * Returns 0; RGT_E_STATE; RGT_E_NOTSUP: RING_RESET not negotiated, vq as it
 * was; RGT_E_TIMEOUT: not confirmed, everything in it stays lent. May be tried
 * again, or the whole device be reset.
 */
int rgt_dev_queue_reset(struct rgt_dev *dev, struct rgt_vq *vq);

/* DRIVER_OK. CHOSEN -> LIVE. Returns 0; RGT_E_STATE; and with -> BROKEN:
 * RGT_E_STATE, RGT_E_PROTO, RGT_E_NODEV as rgt_dev_negotiate(). */
int rgt_dev_start(struct rgt_dev *dev);

/* Gives up: sets FAILED. RESET, CHOSEN or LIVE -> BROKEN; nothing in other
 * states: a device BROKEN without FAILED has asked for a reset, does not answer
 * one, or is gone. */
void rgt_dev_fail(struct rgt_dev *dev);

/* Reads why the device interrupted and acknowledges it; then poll the queues.
 * The acknowledgement comes first so that an interrupt raised while polling
 * is not wiped out. CHOSEN, LIVE or BROKEN.
 *
 * Returns RGT_INT_USED and RGT_INT_CONFIG as a mask, 0 if it was not this
 * device; RGT_E_STATE: not allowed, or DEVICE_NEEDS_RESET is set, -> BROKEN.
 */
int rgt_dev_interrupt(struct rgt_dev *dev);

/* Whether feature bit (by position) was negotiated, or offered. */
bool rgt_dev_has(const struct rgt_dev *dev, unsigned bit);

#ifdef __cplusplus
}
#endif

#endif
