/* SPDX-License-Identifier: MIT */
/* A device that is pulled out while it is in use. */
#include "dev_state.h"
#include "log.h"

#define NOBODY UINT32_MAX /* what a bus reads where nothing answers */

bool rgt__dev_is_there(struct rgt_dev *dev)
{
    uint32_t device_id = 0;

    return dev->transport->ops->probe(dev->transport, &device_id) == 0 &&
           device_id == dev->device_id;
}

/* No device has all status bits set: 4 and 5 are reserved. The look at its
 * identity is what tells a device that is gone from one that is mad. */
bool rgt__dev_gone(struct rgt_dev *dev, uint32_t status)
{
    if (status != NOBODY || rgt__dev_is_there(dev))
        return false;
    if (!dev->gone)
        rgt__log(dev->hal, "dev: broken why=device-gone");
    dev->gone = true;
    dev->state = RGT_DEV_BROKEN;
    return true;
}

bool rgt__dev_maybe_gone(struct rgt_dev *dev, uint32_t value)
{
    return value == NOBODY &&
           rgt__dev_gone(dev, dev->transport->ops->status_get(dev->transport));
}
