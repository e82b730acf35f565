/* SPDX-License-Identifier: MIT */
/* Device initialisation (3.1.1), step by step, and interrupts. */
#include "ringtrue/dev.h"
#include "dev_state.h"
#include "log.h"
#include "ringtrue/err.h"
#include "sync.h"

/* How long to sleep between two looks at a device that is being reset. */
#define RESET_POLL_NS 50000u

static bool allowed(const struct rgt_dev *dev, enum rgt__dev_command command)
{
    return rgt__dev_next(dev->state, command) >= 0;
}

static void done(struct rgt_dev *dev, enum rgt__dev_command command)
{
    dev->state = (enum rgt_dev_state)rgt__dev_next(dev->state, command);
}

static uint32_t status_get(struct rgt_dev *dev)
{
    return dev->transport->ops->status_get(dev->transport);
}

/* 2.1.1: bits are added, never dropped, not even one the device has set. A step
 * of an initialisation that has failed already is not taken: before DRIVER_OK
 * nothing else would tell that the device needs a reset (2.1.2), or has been
 * exchanged for one that knows nothing of us.
 * Returns 0; RGT_E_NODEV; RGT_E_STATE: it needs a reset; RGT_E_PROTO: it has
 * dropped bits. */
static int status_add(struct rgt_dev *dev, uint32_t bit)
{
    uint32_t status = status_get(dev);

    if (rgt__dev_gone(dev, status))
        return RGT_E_NODEV;
    if ((status & VIRTIO_STATUS_DEVICE_NEEDS_RESET) != 0)
        return RGT_E_STATE;
    if ((status & dev->steps) != dev->steps)
        return RGT_E_PROTO;
    dev->transport->ops->status_set(dev->transport, status | bit);
    /* Whether the features are fine is the device's decision. */
    if (bit != VIRTIO_STATUS_FEATURES_OK)
        dev->steps |= bit;
    return 0;
}

int rgt_dev_init(struct rgt_dev *dev, const struct rgt_dev_config *cfg)
{
    uint32_t device_id = 0;

    *dev = (struct rgt_dev){0};
    dev->hal = cfg->hal;
    dev->transport = cfg->transport;
    dev->features_wanted = cfg->features | RGT_FEATURE(VIRTIO_F_VERSION_1);
    dev->timeout_ns = cfg->timeout_ns;
    dev->device_id = cfg->device_id;
    dev->state = RGT_DEV_ABSENT;
    if (dev->transport->ops->probe(dev->transport, &device_id) != 0) {
        rgt__log(dev->hal, "dev: skip why=no-virtio-device");
        return RGT_E_NODEV;
    }
    if (device_id == 0) /* 4.2.2.2: a placeholder, nothing to report */
        return RGT_E_NODEV;
    if (device_id != cfg->device_id) {
        rgt__log_num(dev->hal, "dev: skip device_id=", device_id);
        return RGT_E_NODEV;
    }
    dev->state = RGT_DEV_FOUND;
    return 0;
}

/* Between two looks at a device that is to finish something. Returns whether
 * there is time for another look. */
static bool pause_until(struct rgt_dev *dev, uint64_t deadline_ns)
{
    const struct rgt_hal_ops *hal = dev->hal->ops;

    if (hal->now_ns(dev->hal) >= deadline_ns)
        return false;
    uint64_t until_ns = rgt__deadline_ns(dev->hal, RESET_POLL_NS);
    hal->wait(dev->hal, until_ns < deadline_ns ? until_ns : deadline_ns);
    return true;
}

/* 2.4.2: the reset is over when status reads 0, not before. Nothing else of
 * the device is touched meanwhile. */
static int await_reset(struct rgt_dev *dev)
{
    uint64_t deadline_ns = rgt__deadline_ns(dev->hal, dev->timeout_ns);
    uint32_t status;

    while ((status = status_get(dev)) != 0) {
        if (rgt__dev_gone(dev, status))
            return RGT_E_NODEV;
        if (!pause_until(dev, deadline_ns)) {
            rgt__log(dev->hal, "dev: broken why=reset-not-answered");
            return RGT_E_TIMEOUT;
        }
    }
    return 0;
}

int rgt_dev_reset(struct rgt_dev *dev)
{
    if (!allowed(dev, RGT__DEV_DO_RESET))
        return RGT_E_STATE;
    /* Nobody knows what is in its place: 4.2.2.2. */
    if (dev->gone && !rgt__dev_is_there(dev))
        return RGT_E_NODEV;
    dev->gone = false;
    dev->steps = 0;
    dev->transport->ops->status_set(dev->transport, 0);
    int err = await_reset(dev);
    if (err == 0)
        done(dev, RGT__DEV_DO_RESET);
    else
        dev->state = RGT_DEV_BROKEN;
    return err;
}

static int refuse(struct rgt_dev *dev, const char *why)
{
    rgt__log(dev->hal, why);
    rgt_dev_fail(dev);
    return dev->gone ? RGT_E_NODEV : RGT_E_REFUSED;
}

/* A step was not taken. */
static int give_up(struct rgt_dev *dev, int err)
{
    if (err == RGT_E_STATE)
        rgt__log(dev->hal, "dev: failed why=device-needs-reset");
    if (err == RGT_E_PROTO)
        rgt__log(dev->hal, "dev: failed why=status-bits-dropped");
    rgt_dev_fail(dev);
    return err;
}

/* ACKNOWLEDGE and DRIVER are two steps (3.1.1). */
static int say_hello(struct rgt_dev *dev)
{
    int err = status_add(dev, VIRTIO_STATUS_ACKNOWLEDGE);

    return err == 0 ? status_add(dev, VIRTIO_STATUS_DRIVER) : err;
}

int rgt_dev_negotiate(struct rgt_dev *dev)
{
    if (!allowed(dev, RGT__DEV_DO_NEGOTIATE))
        return RGT_E_STATE;
    const struct rgt_transport_ops *ops = dev->transport->ops;
    int err = say_hello(dev);
    if (err != 0)
        return give_up(dev, err);
    dev->offered = ops->features_get(dev->transport);
    dev->features = dev->offered & dev->features_wanted;
    if (!rgt_dev_has(dev, VIRTIO_F_VERSION_1)) /* 2.2.1, 6.1 */
        return refuse(dev, "dev: failed why=version-1-not-offered");
    ops->features_set(dev->transport, dev->features);
    err = status_add(dev, VIRTIO_STATUS_FEATURES_OK);
    if (err != 0)
        return give_up(dev, err);
    uint32_t status = status_get(dev);
    if (rgt__dev_gone(dev, status))
        return RGT_E_NODEV;
    if ((status & VIRTIO_STATUS_FEATURES_OK) == 0)
        return refuse(dev, "dev: failed why=features-refused");
    dev->steps |= VIRTIO_STATUS_FEATURES_OK;
    done(dev, RGT__DEV_DO_NEGOTIATE);
    return 0;
}

int rgt__dev_begin(struct rgt_dev *dev, const struct rgt_dev_config *cfg)
{
    int err = rgt_dev_init(dev, cfg);

    if (err == 0)
        err = rgt_dev_reset(dev);
    if (err == 0)
        err = rgt_dev_negotiate(dev);
    return err;
}

int rgt__dev_take_queues(struct rgt_dev *dev, unsigned count)
{
    struct rgt_transport *t = dev->transport;
    int err = dev->gone ? RGT_E_NODEV : 0;

    for (unsigned i = 0; err == 0 && i < count; i++)
        err = t->ops->queue_disable(t, (uint16_t)i);
    if (err == 0 || err == RGT_E_NODEV)
        return 0;
    err = rgt_dev_reset(dev);
    return err == RGT_E_NODEV ? 0 : err;
}

int rgt_dev_queue_init(struct rgt_dev *dev, struct rgt_vq *vq, uint16_t index,
                       struct rgt_vq_slot *slots, uint32_t slot_count,
                       uint16_t indirect_entries)
{
    if (!allowed(dev, RGT__DEV_DO_QUEUE))
        return RGT_E_STATE;
    struct rgt_vq_config cfg = {
        .hal = dev->hal,
        .transport = dev->transport,
        .features = dev->features,
        .slots = slots,
        .slot_count = slot_count,
        .size_max = dev->transport->ops->queue_size_max(dev->transport, index),
        .index = index,
        .indirect_entries = indirect_entries,
    };
    if (cfg.size_max == 0)
        return refuse(dev, "dev: failed why=no-such-queue");
    int err = rgt_vq_init(vq, &cfg);
    if (err != 0)
        rgt_dev_fail(dev);
    return err;
}

/* A live device goes on with its other queues. */
static int refuse_queue(struct rgt_dev *dev)
{
    if (dev->state != RGT_DEV_LIVE)
        return refuse(dev, "dev: failed why=queue-too-small");
    rgt__log(dev->hal, "dev: refused why=queue-too-small");
    return RGT_E_REFUSED;
}

/* 2.6.1.2.2: the same for the first time and for every other. */
int rgt_dev_queue_enable(struct rgt_dev *dev, const struct rgt_vq *vq)
{
    uint64_t desc, driver, device;

    if (!allowed(dev, RGT__DEV_DO_ENABLE))
        return RGT_E_STATE;
    const struct rgt_transport_ops *ops = dev->transport->ops;
    if (dev->state == RGT_DEV_LIVE && !rgt_dev_has(dev, VIRTIO_F_RING_RESET))
        return RGT_E_STATE;
    /* Asked again: after a reset the device may have another mind. */
    if (ops->queue_size_max(dev->transport, vq->index) < rgt_vq_size(vq))
        return refuse_queue(dev);
    rgt_vq_areas(vq, &desc, &driver, &device);
    ops->queue_enable(dev->transport, vq->index, rgt_vq_size(vq), desc, driver,
                      device);
    return 0;
}

/* 2.6.1.1.2: not taken for done before the device says so. */
int rgt_dev_queue_reset(struct rgt_dev *dev, struct rgt_vq *vq)
{
    if (!allowed(dev, RGT__DEV_DO_QUEUE_RESET))
        return RGT_E_STATE;
    const struct rgt_transport_ops *ops = dev->transport->ops;
    if (!rgt_dev_has(dev, VIRTIO_F_RING_RESET))
        return RGT_E_NOTSUP;
    vq->dead = true;
    uint64_t deadline_ns = rgt__deadline_ns(dev->hal, dev->timeout_ns);
    ops->queue_reset(dev->transport, vq->index);
    while (!ops->queue_reset_done(dev->transport, vq->index)) {
        if (!pause_until(dev, deadline_ns)) {
            rgt__log_num(dev->hal,
                         "dev: timeout what=queue-reset queue=", vq->index);
            return RGT_E_TIMEOUT;
        }
    }
    return 0;
}

int rgt_dev_start(struct rgt_dev *dev)
{
    if (!allowed(dev, RGT__DEV_DO_START))
        return RGT_E_STATE;
    int err = status_add(dev, VIRTIO_STATUS_DRIVER_OK);
    if (err != 0)
        return give_up(dev, err);
    done(dev, RGT__DEV_DO_START);
    return 0;
}

void rgt_dev_fail(struct rgt_dev *dev)
{
    if (!allowed(dev, RGT__DEV_DO_FAIL))
        return;
    uint32_t status = status_get(dev);
    if (rgt__dev_gone(dev, status))
        return;
    dev->transport->ops->status_set(dev->transport,
                                    status | VIRTIO_STATUS_FAILED);
    done(dev, RGT__DEV_DO_FAIL);
}

/* 2.1.2: a device that needs a reset says so by a configuration change. */
static bool needs_reset(struct rgt_dev *dev)
{
    if ((status_get(dev) & VIRTIO_STATUS_DEVICE_NEEDS_RESET) == 0)
        return false;
    if (dev->state != RGT_DEV_BROKEN)
        rgt__log(dev->hal, "dev: broken why=device-needs-reset");
    dev->state = RGT_DEV_BROKEN;
    return true;
}

int rgt_dev_interrupt(struct rgt_dev *dev)
{
    if (!allowed(dev, RGT__DEV_DO_INTERRUPT))
        return RGT_E_STATE;
    /* Not before: a device that was never looked for has no transport. */
    const struct rgt_transport_ops *ops = dev->transport->ops;
    uint32_t bits = ops->interrupt_status(dev->transport);
    if (bits != 0)
        ops->interrupt_ack(dev->transport, bits);
    if ((bits & RGT_INT_CONFIG) != 0 && needs_reset(dev))
        return RGT_E_STATE;
    return dev->state == RGT_DEV_BROKEN ? RGT_E_STATE : (int)bits;
}

bool rgt_dev_has(const struct rgt_dev *dev, unsigned bit)
{
    return (dev->features & RGT_FEATURE(bit)) != 0;
}
