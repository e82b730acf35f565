/* SPDX-License-Identifier: MIT */
/* Port 2: the bus between driver and device, as one table.
 *
 * Embed struct rgt_transport first in the object of a bus; every slot is
 * mandatory. mmio.h is the implementation for virtio-mmio. A slot does one
 * thing and keeps no opinion: the order of 3.1.1 is the business of dev.h.
 * Calls for one device come from one thread at a time, but for notify, which
 * may come from any thread at any time, and interrupt_status, interrupt_ack and
 * status_get, which an interrupt handler may call between and beside all others
 * (blk.h).
 *
 * Register values are numbers; a bus turns them into bytes. Writes through
 * this table must not overtake earlier stores to ring memory.
 */
#ifndef RINGTRUE_TRANSPORT_H
#define RINGTRUE_TRANSPORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rgt_transport;

/* The mask of a feature bit given by position. */
#define RGT_FEATURE(bit) ((uint64_t)1 << (bit))

/* Bits of interrupt_status and interrupt_ack; no others are ever passed. */
#define RGT_INT_USED 1u   /* used buffer notification, any queue */
#define RGT_INT_CONFIG 2u /* configuration change notification */

struct rgt_transport_ops {
    /* Looks whether a virtio device is there. Reads only, writes nothing.
     * Stores the device type (5); 0 is a placeholder: leave it alone.
     * Returns 0; RGT_E_NODEV if what is there is no modern virtio device. */
    int (*probe)(struct rgt_transport *t, uint32_t *device_id);

    /* Device status (2.1). Writing 0 asks for a reset (2.4). Reading gives
     * UINT32_MAX where no device answers any more: one that is not on the bus
     * does not reach memory either. */
    uint32_t (*status_get)(struct rgt_transport *t);
    void (*status_set)(struct rgt_transport *t, uint32_t status);

    /* Bits 0-63 offered, and bits 0-63 accepted (2.2). */
    uint64_t (*features_get)(struct rgt_transport *t);
    void (*features_set)(struct rgt_transport *t, uint64_t features);

    /* A number that changes whenever the configuration does (2.5). */
    uint32_t (*config_generation)(struct rgt_transport *t);

    /* One access of width 1, 2 or 4 bytes, offset a multiple of width,
     * counted from the start of the configuration space. */
    uint32_t (*config_read)(struct rgt_transport *t, uint32_t offset,
                            unsigned width_bytes);
    void (*config_write)(struct rgt_transport *t, uint32_t offset,
                         unsigned width_bytes, uint32_t value);

    /* Largest size of queue; 0 if there is no such queue or it is already
     * in use. */
    uint32_t (*queue_size_max)(struct rgt_transport *t, uint16_t queue);

    /* Gives the device a queue: size at most queue_size_max(queue), device
     * addresses of the three areas (2.6). The queue must not be in use. */
    void (*queue_enable)(struct rgt_transport *t, uint16_t queue, uint16_t size,
                         uint64_t desc, uint64_t driver, uint64_t device);

    /* Stops a queue. Returns 0; RGT_E_TIMEOUT if the device does not confirm
     * it: the areas are then still the device's. */
    int (*queue_disable)(struct rgt_transport *t, uint16_t queue);

    /* Resets a queue (2.6.1), with VIRTIO_F_RING_RESET only: asks for it, and
     * says whether it is done: 1, and then the areas are the driver's again;
     * 0, not yet. */
    void (*queue_reset)(struct rgt_transport *t, uint16_t queue);
    int (*queue_reset_done)(struct rgt_transport *t, uint16_t queue);

    /* Available buffer notification (2.9): bits 0-15 the queue, and with
     * VIRTIO_F_NOTIFICATION_DATA bits 16-30 next_off, 31 next_wrap, else 0. A
     * bus on which the two differ remembers features_set(). */
    void (*notify)(struct rgt_transport *t, uint32_t value);

    /* Why the device interrupted, RGT_INT_*; and "handled", the same bits. */
    uint32_t (*interrupt_status)(struct rgt_transport *t);
    void (*interrupt_ack)(struct rgt_transport *t, uint32_t bits);
};

struct rgt_transport {
    const struct rgt_transport_ops *ops;
};

#ifdef __cplusplus
}
#endif

#endif
