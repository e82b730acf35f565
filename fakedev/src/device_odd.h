/* SPDX-License-Identifier: MIT
 *
 * device_odd.h: private to the device: what its moves are like with faults of
 * rings and notifications about.
 */
#ifndef FAKEDEV_DEVICE_ODD_H
#define FAKEDEV_DEVICE_ODD_H

#include "fakedev/device.h"

/* Are there any, or is there something that they have put off? */
static inline bool fake_device_is_odd(const struct fake_device *dev)
{
    return fake_fault_any_planned(dev->faults, FAKE_PART_NOTIFY) ||
           fake_fault_any_planned(dev->faults, FAKE_PART_QUEUE) || dev->owes;
}

/* Before the model's step. *did is set if anything was done. Returns true if
 * the move is over with that. */
bool fake_device_odd_begin(struct fake_device *dev, uint64_t now_ns, bool *did);

/* After it: the interrupts. *wake_ns is lowered to when the next thing is due
 * that was put off. Returns true if one was raised. */
bool fake_device_odd_end(struct fake_device *dev, uint64_t now_ns,
                         uint64_t *wake_ns);

#endif
