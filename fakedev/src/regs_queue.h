/* SPDX-License-Identifier: MIT
 *
 * regs_queue.h: private to the register file: the registers of the queue that
 * QueueSel names.
 */
#ifndef FAKEDEV_REGS_QUEUE_H
#define FAKEDEV_REGS_QUEUE_H

#include "fakedev/regs.h"

uint32_t fake_regs_read_max(struct fake_regs *regs);
uint32_t fake_regs_read_ready(struct fake_regs *regs);
uint32_t fake_regs_read_reset(struct fake_regs *regs);

void fake_regs_write_ready(struct fake_regs *regs, uint32_t value);
void fake_regs_write_reset(struct fake_regs *regs, uint32_t value);
void fake_regs_write_notify(struct fake_regs *regs, uint32_t value);
/* QueueNum and the addresses. */
void fake_regs_write_queue(struct fake_regs *regs, uint32_t offset,
                           uint32_t value);

/* The queue that a value written to QueueNotify names. */
uint32_t fake_regs_notified(const struct fake_regs *regs, uint32_t value);

#endif
