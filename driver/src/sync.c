/* SPDX-License-Identifier: MIT */
#include "sync.h"
#include "ringtrue/err.h"

uint64_t rgt__deadline_ns(struct rgt_hal *hal, uint64_t timeout_ns)
{
    uint64_t now_ns = hal->ops->now_ns(hal);

    return timeout_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + timeout_ns;
}

int rgt__sync_step(const struct rgt__sync *sync)
{
    struct rgt_hal *hal = sync->hal;
    int found = sync->ops->collect(sync->self);

    if (found != 0)
        return found < 0 ? found : 0;
    if (hal->ops->now_ns(hal) >= sync->deadline_ns)
        return RGT_E_TIMEOUT;
    hal->ops->wait(hal, sync->deadline_ns);
    return sync->ops->interrupt(sync->self) == RGT_E_STATE ? RGT_E_STATE : 0;
}

int rgt__sync_submit(const struct rgt__sync *sync, bool *lent)
{
    int err;

    while ((err = sync->ops->submit(sync->self)) == RGT_E_AGAIN) {
        err = sync->ops->kick(sync->self);
        if (err == 0)
            err = rgt__sync_step(sync);
        if (err != 0)
            return err;
    }
    if (err != 0)
        return err;
    *lent = true;
    return sync->ops->kick(sync->self);
}
