/* SPDX-License-Identifier: MIT
 *
 * regs_fault.h: private to the register file: what the faults of transport do
 * to an access.
 */
#ifndef FAKEDEV_REGS_FAULT_H
#define FAKEDEV_REGS_FAULT_H

#include "fakedev/regs.h"

/* The fast way out of all that follows. */
static inline bool fake_regs_troubled(const struct fake_regs *regs)
{
    return regs->gone ||
           fake_fault_any_planned(regs->faults, FAKE_PART_TRANSPORT);
}

static inline bool fake_regs_fault(struct fake_regs *regs,
                                   enum fake_fault fault, uint16_t queue,
                                   uint64_t *arg)
{
    return fake_fault_fires(regs->faults, fault, regs->log, queue, arg);
}

/* What happens to the device just before an access. Returns whether it is
 * there to answer it. */
bool fake_regs_answers(struct fake_regs *regs);

/* What a read of so many bytes yields where nobody answers. */
uint32_t fake_regs_nobody(uint32_t width);

/* What a config read sees of the value that stands there. *moves: a change was
 * under way, which is over when the read is. */
uint32_t fake_regs_spoil_config(struct fake_regs *regs, uint32_t at,
                                uint32_t width, uint32_t value, bool *moves);

/* Does the configuration change by this fault, in or after a read of it? */
bool fake_regs_config_changes(struct fake_regs *regs, enum fake_fault fault,
                              uint64_t *arg);

/* A read of ConfigGeneration is about to be made. */
void fake_regs_spoil_generation(struct fake_regs *regs);

#endif
