/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_port.h: what the reference driver runs on in the bench.
 */
#ifndef RIG_DUT_RINGTRUE_PORT_H
#define RIG_DUT_RINGTRUE_PORT_H

#include "dut.h"
#include "ringtrue/hal.h"
#include "ringtrue/mmio.h"

#define RIG_DUT_TIMEOUT_NS UINT64_C(500000000)

/* Embedded in the instance of a device. */
struct rig_ports {
    struct rgt_hal hal; /* first: cast back from here */
    struct rgt_mmio_bus bus;
    const struct rig_port *port;
    struct rgt_mmio mmio;
};

void rig_ports_init(struct rig_ports *p, const struct rig_port *port);

/* The subject has two halves, one per device type; only the slots that they
 * share with struct rig_dut are set. */
extern const struct rig_dut rig_ringtrue_blk;
extern const struct rig_dut rig_ringtrue_snd;

#endif
