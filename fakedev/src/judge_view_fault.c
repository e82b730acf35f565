/* SPDX-License-Identifier: MIT
 *
 * judge_view_fault.c: what faults of the device change about the rest: a
 * driver is not held to what it could not have known.
 */
#include "judge_internal.h"

/* A driver that gives up on a device like that has its reason. */
static bool is_reason(enum fake_fault fault)
{
    enum fake_part part = fake_fault_part(fault);

    return fake_fault_nature(fault) != FAKE_NATURE_LEGAL &&
           (part == FAKE_PART_TRANSPORT || part == FAKE_PART_MEMORY ||
            part == FAKE_PART_DEVICE);
}

/* The registers of a queue do not hold what was written last. */
static void set_ready(struct view *v, const struct fake_event *e,
                      uint32_t ready)
{
    struct view_queue *q = view_queue_of(v, e);

    if (q)
        q->ready = ready;
}

void view_add_fault(struct view *v, const struct fake_event *e)
{
    v->ailing |= is_reason((enum fake_fault)e->arg[0]);
    switch (e->arg[0]) {
    case FAKE_FAULT_EVENT_GARBAGE:
        v->event_garbage = true;
        break;
    case FAKE_FAULT_CONFIG_CHANGE:
        view_add_capacity(v, e->arg[2]);
        break;
    case FAKE_FAULT_CONFIG_SHORT:
    case FAKE_FAULT_CONFIG_SHORT_ONES:
        v->config_cut = true;
        view_add_capacity(v, UINT64_MAX);
        break;
    case FAKE_FAULT_STATUS_LOST:
        v->status_lost = true;
        v->reset_pending = false; /* the device knows nothing of it */
        break;
    case FAKE_FAULT_QUEUE_IN_USE: /* whoever reads it is told */
    case FAKE_FAULT_QUEUE_STOP_NEVER:
        set_ready(v, e, 1);
        break;
    case FAKE_FAULT_QUEUE_NEVER_READY:
        set_ready(v, e, 0);
        /* Nobody sees what the driver has put there. */
        v->events_filled |= v->sound && e->queue == VIRTIO_SND_VQ_EVENT;
        v->rx_unseen |= v->sound && e->queue == VIRTIO_SND_VQ_RX;
        break;
    }
}

/* A driver that has met nobody yet goes on as before, with what has come into
 * the place, which makes what it can of that; whoever begins anew means it. */
bool view_is_astray(struct view *v, const struct fake_event *e)
{
    if (e->kind != FAKE_EV_REG_READ && e->kind != FAKE_EV_REG_WRITE)
        return e->kind == FAKE_EV_MEM_FAULT ||
               (e->queue != FAKE_NO_QUEUE && e->kind != FAKE_EV_FAULT);
    if (v->presence == VIEW_FRESH && e->kind == FAKE_EV_REG_READ &&
        e->arg[0] <= VIRTIO_MMIO_DEVICE_ID)
        return false; /* it looks at what there is now */
    if (!is_write(e, VIRTIO_MMIO_STATUS))
        return true;
    v->begins = e->arg[2] == 0;
    if (v->presence == VIEW_GONE || !v->begins)
        return true;
    v->presence = VIEW_THERE;
    return false;
}

/* What is there now knows nothing of the driver, which has to begin anew. */
void view_add_present(struct view *v, bool there)
{
    v->presence = !there ? VIEW_GONE : v->begins ? VIEW_THERE : VIEW_FRESH;
    view_forget_driver(v);
    /* A reset that it waits for is as good as done. */
    v->reset_ever = v->begins && there;
    v->reset_pending = v->begins = v->ack_ever = false;
    /* Whoever was still asking what it is asks anew. */
    if (!v->id_read)
        v->accesses = v->magic_read = v->version_read = 0;
    /* An interrupt that is being handled is nobody's any more. */
    v->irq_read = v->irq_acked = true;
    v->irq_bits = v->irq_ack = 0;
}
