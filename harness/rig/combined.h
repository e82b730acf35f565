/* SPDX-License-Identifier: MIT
 *
 * combined.h: a combination (combo.h) at work: what it makes of a machine,
 * and whether the subject took part. A device can only offer; with a driver
 * that declines, the case is not the one that was asked for.
 */
#ifndef RIG_COMBINED_H
#define RIG_COMBINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "combo.h"
#include "fakedev/machine.h"

/* Offers the features and the queue size that are named; takes back features
 * that are named as off. Memory and scheduler are the caller's. */
void rig_combo_apply(struct fake_machine_config *cfg,
                     const struct rig_combo *combo);

/* What a driver has settled on, by its writes to Status. */
struct rig_settled {
    bool agreed;       /* FEATURES_OK was set: */
    uint64_t features; /* accepted */
    bool live;         /* DRIVER_OK was set: */
    uint32_t entries;  /* of the longest queue that was ready */
};

/* After each register write of the driver. */
void rig_settled_note(struct rig_settled *s, const struct fake_regs *regs,
                      uint32_t offset, uint32_t value);

/* Returns true, and why in one line, if a driver that got so far settled on
 * something else. How far it gets is the vector's business. */
bool rig_settled_otherwise(const struct rig_settled *s,
                           const struct rig_combo *combo, char *why,
                           size_t room);

#endif
