/* SPDX-License-Identifier: MIT */
/* Which command is allowed in which state of a device, and where it leads. */
#ifndef RGT_DEV_STATE_H
#define RGT_DEV_STATE_H

#include "ringtrue/dev.h"

enum rgt__dev_command {
    RGT__DEV_DO_RESET,
    RGT__DEV_DO_NEGOTIATE,
    RGT__DEV_DO_CONFIG,
    RGT__DEV_DO_QUEUE,
    RGT__DEV_DO_ENABLE,
    RGT__DEV_DO_START,
    RGT__DEV_DO_QUEUE_RESET,
    RGT__DEV_DO_INTERRUPT,
    RGT__DEV_DO_FAIL,
    RGT__DEV_COMMANDS, /* their number */
};

#define RGT__DEV_STATES (RGT_DEV_BROKEN + 1)

/* The state after command has succeeded in state; -1: not allowed. */
int rgt__dev_next(enum rgt_dev_state state, enum rgt__dev_command command);

/* Init, reset, negotiate: what every bring-up begins with, and fails as. */
int rgt__dev_begin(struct rgt_dev *dev, const struct rgt_dev_config *cfg);

/* Takes queues 0 to count - 1 from a device that has not gone live: it knows
 * where those lie that were enabled before it failed. 0, also if it is not
 * there any more; RGT_E_TIMEOUT: it keeps them. */
int rgt__dev_take_queues(struct rgt_dev *dev, unsigned count);

/* Is a device of the type wanted there now? Reads only. */
bool rgt__dev_is_there(struct rgt_dev *dev);

/* Does status, as it was read, come from no device at all? Then dev is BROKEN
 * and gone, and what had been lent to the device is ours. */
bool rgt__dev_gone(struct rgt_dev *dev, uint32_t status);

/* The same from any register that is all ones as good as never; looks at the
 * status if it is. */
bool rgt__dev_maybe_gone(struct rgt_dev *dev, uint32_t value);

#endif
