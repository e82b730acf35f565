/* SPDX-License-Identifier: MIT */
/* virtio-mmio version 2 (4.2) behind the table of transport.h.
 *
 * The platform gives register access, this file the meaning. The caller owns
 * both objects; they must outlive the device built on them. No memory is
 * allocated, nothing can fail to start: the device is first touched by probe.
 */
#ifndef RINGTRUE_MMIO_H
#define RINGTRUE_MMIO_H

#include "ringtrue/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rgt_mmio_bus;

struct rgt_mmio_bus_ops {
    /* One aligned access of exactly width_bytes (1, 2 or 4) at offset from
     * the start of the device's registers. The value is a number: a
     * big-endian CPU swaps here, the registers being little-endian. write
     * must not overtake earlier stores to ring memory, nor read be done
     * before earlier writes: map the registers as device memory and put the
     * barrier that your CPU needs in front of the store. Nor may a later load
     * from ring memory be done before either. After the write that
     * acknowledges an interrupt the driver looks at its rings once: if that
     * look comes first, what the device does in between interrupts nobody. So
     * a barrier goes behind it, too; where writes are posted, with a read of
     * the device before it. */
    uint32_t (*read)(struct rgt_mmio_bus *bus, uint32_t offset,
                     unsigned width_bytes);
    void (*write)(struct rgt_mmio_bus *bus, uint32_t offset,
                  unsigned width_bytes, uint32_t value);
};

/* Embedded first in the platform's own object. */
struct rgt_mmio_bus {
    const struct rgt_mmio_bus_ops *ops;
};

struct rgt_mmio {
    struct rgt_transport transport; /* first: cast back from here */
    struct rgt_mmio_bus *bus;
};

/* Makes m a transport over bus; touches no register.
 *
 * Every access below 0x100 is 32 bits wide and aligned, no register marked R
 * is written nor one marked W read, and the shared memory registers are left
 * alone (4.2.2.2, 4.2.3.1.1).
 */
void rgt_mmio_init(struct rgt_mmio *m, struct rgt_mmio_bus *bus);

#ifdef __cplusplus
}
#endif

#endif
