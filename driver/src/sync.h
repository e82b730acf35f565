/* SPDX-License-Identifier: MIT */
/* Waiting on top of calls that do not wait: what all *_sync calls are made
 * of. */
#ifndef RGT_SYNC_H
#define RGT_SYNC_H

#include "ringtrue/hal.h"
#include <stdbool.h>

/* How to work one driver; self is that driver. */
struct rgt__sync_ops {
    /* Submits the request of the waiting call; RGT_E_AGAIN: no room now. */
    int (*submit)(void *self);
    int (*kick)(void *self);

    /* Takes in what has completed, and keeps what belongs to others.
     * Returns whether there was any, as 1 or 0; RGT_E_STATE; RGT_E_PROTO. */
    int (*collect)(void *self);
    int (*interrupt)(void *self);
};

struct rgt__sync {
    const struct rgt__sync_ops *ops;
    void *self;
    struct rgt_hal *hal;
    uint64_t deadline_ns;
};

/* The time timeout_ns from now, or the end of time. */
uint64_t rgt__deadline_ns(struct rgt_hal *hal, uint64_t timeout_ns);

/* One step of waiting: completions, or a sleep. The deadline is looked at
 * only when nothing has completed, so a completion whose interrupt got lost is
 * still found at the end. 0; RGT_E_TIMEOUT; RGT_E_STATE; RGT_E_PROTO. */
int rgt__sync_step(const struct rgt__sync *sync);

/* Submits, and works on what is in the way until there is room; then kicks.
 * *lent tells whether the request was submitted, whatever the result. */
int rgt__sync_submit(const struct rgt__sync *sync, bool *lent);

#endif
