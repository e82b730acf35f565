/* SPDX-License-Identifier: MIT
 *
 * judge_view.c: what the events so far say about driver and device.
 */
#include <stdlib.h>
#include <string.h>

#include "judge_internal.h"

int view_init(struct view *v, const struct fake_judge_about *about)
{
    v->sectors = v->sectors_now = about->sectors;
    v->sound = about->device_id == VIRTIO_ID_SOUND;
    v->window_serial = calloc(VIEW_WINDOWS, sizeof(*v->window_serial));
    v->window_head = calloc(VIEW_WINDOWS, sizeof(*v->window_head));
    v->window_queue = calloc(VIEW_WINDOWS, sizeof(*v->window_queue));
    return v->window_serial && v->window_head && v->window_queue ? 0 : -1;
}

void view_free(struct view *v)
{
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        view_queue_free(&v->queue[q]);
    view_blk_free(v);
    free(v->window_serial);
    free(v->window_head);
    free(v->window_queue);
}

/* ---- registers ---- */

static void forget_settings(struct view_queue *q)
{
    q->ready = 0;
    q->stop_unread = false;
    q->max_read = false;
    q->reset_pending = q->was_reset = false;
    q->set = 0;
}

void view_forget_driver(struct view *v)
{
    v->status = 0;
    v->status_lost = false;
    v->features_read = v->features_written = false;
    v->features_unchecked = v->features_refused = false;
    v->device_sel_written = v->driver_sel_written = false;
    v->queue_absent = false;
    memset(v->config_read_gen, 0, sizeof(v->config_read_gen));
    v->generation_read = v->config_unbracketed = v->config_moved = false;
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++) {
        forget_settings(&v->queue[q]);
        v->queue[q].set_first = 0;
    }
}

static void add_reset(struct view *v)
{
    v->reset_ever = true;
    v->reset_pending = true;
    view_forget_driver(v);
}

/* The device has carried the reset out. Up to here it may go on serving what
 * was given to it under the old features. */
static void end_of_service(struct view *v)
{
    v->accepted = 0;
    v->accepted_beyond = false;
    v->needs_reset = false;
    v->sectors = v->sectors_now;
    v->events_filled = v->rx_unseen = false;
    memset(v->stream, 0, sizeof(v->stream));
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        view_queue_down(&v->queue[q]);
}

static void add_status_write(struct view *v, uint32_t value)
{
    if (value == 0) {
        add_reset(v);
        return;
    }
    value = status_meant(v, value);
    if (value & ~v->status & VIRTIO_STATUS_FEATURES_OK)
        v->features_unchecked = true;
    v->status = value;
    v->ack_ever |= (value & VIRTIO_STATUS_ACKNOWLEDGE) != 0;
    v->live_ever |= (value & VIRTIO_STATUS_DRIVER_OK) != 0;
    v->failed_ever |= (value & VIRTIO_STATUS_FAILED) != 0;
}

static void add_status_read(struct view *v, uint32_t value)
{
    if (value == 0)
        v->reset_pending = false;
    if (!v->features_unchecked)
        return;
    v->features_unchecked = false;
    if (!(value & VIRTIO_STATUS_FEATURES_OK)) {
        v->features_refused = true;
        v->status &= ~VIRTIO_STATUS_FEATURES_OK;
    }
}

static void add_features(struct view *v, uint32_t value)
{
    v->features_written = true;
    if (v->driver_sel == 0)
        v->accepted = (v->accepted & 0xffffffff00000000u) | value;
    else if (v->driver_sel == 1)
        v->accepted = (v->accepted & 0xffffffffu) | (uint64_t)value << 32;
    else
        v->accepted_beyond |= value != 0;
}

static void add_notify(struct view *v, const struct fake_event *e)
{
    struct view_queue *q = view_queue_of(v, e);

    if (q)
        q->kicked_idx = e->arg[3];
    v->submit_at = 0;
}

static void add_ready(struct view_queue *q, uint32_t value)
{
    q->stop_unread = q->ready && value == 0;
    q->ready = value;
    if (value != 1)
        return;
    if (!q->set_first)
        q->set_first = q->set;
    q->was_reset = false;
}

uint8_t view_setting(uint64_t offset)
{
    static const uint16_t settings[] = {
        VIRTIO_MMIO_QUEUE_NUM,         VIRTIO_MMIO_QUEUE_DESC_LOW,
        VIRTIO_MMIO_QUEUE_DESC_HIGH,   VIRTIO_MMIO_QUEUE_DRIVER_LOW,
        VIRTIO_MMIO_QUEUE_DRIVER_HIGH, VIRTIO_MMIO_QUEUE_DEVICE_LOW,
        VIRTIO_MMIO_QUEUE_DEVICE_HIGH,
    };

    for (unsigned k = 0; k < sizeof(settings) / sizeof(settings[0]); k++)
        if (settings[k] == offset)
            return (uint8_t)(1u << k);
    return 0;
}

static void add_write(struct view *v, const struct fake_event *e)
{
    uint32_t value = (uint32_t)e->arg[2];
    struct view_queue *q = view_queue_of(v, e);

    v->accesses++;
    if (q)
        q->set |= view_setting(e->arg[0]);
    switch (e->arg[0]) {
    case VIRTIO_MMIO_STATUS:
        add_status_write(v, value);
        break;
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        v->device_sel_written = true;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        v->driver_sel_written = true;
        v->driver_sel = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        add_features(v, value);
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        if (q)
            add_ready(q, value);
        break;
    case VIRTIO_MMIO_QUEUE_RESET:
        if (q && value == 1 && has_feature(v, VIRTIO_F_RING_RESET)) {
            forget_settings(q);
            q->reset_pending = q->was_reset = v->queue_resets = true;
        }
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        add_notify(v, e);
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        v->irq_acked = true;
        v->irq_ack |= value;
        break;
    }
}

static void add_config_read(struct view *v, const struct fake_event *e)
{
    uint64_t at = e->arg[0] - VIRTIO_MMIO_CONFIG;

    if (at / 4 < VIEW_CONFIG_WORDS)
        v->config_read_gen[at / 4] = v->device_generation + 1;
    v->generation_read = false;
    v->config_unbracketed = true;
}

static void add_read(struct view *v, const struct fake_event *e)
{
    uint32_t value = (uint32_t)e->arg[2];
    struct view_queue *q = view_queue_of(v, e);

    v->accesses++;
    if (e->arg[0] >= VIRTIO_MMIO_CONFIG) {
        add_config_read(v, e);
        return;
    }
    switch (e->arg[0]) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        v->magic_read = true;
        v->magic = value;
        break;
    case VIRTIO_MMIO_VERSION:
        v->version_read = true;
        v->version = value;
        break;
    case VIRTIO_MMIO_DEVICE_ID:
        v->id_read = true;
        v->id = value;
        break;
    case VIRTIO_MMIO_STATUS:
        add_status_read(v, value);
        break;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        v->features_read = true;
        break;
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        v->queue_absent |= !view_queue_holds(v, value);
        if (q) {
            /* What was read a moment ago is not true any more. */
            v->ailing |= q->max_read && q->max != value;
            q->max_read = true;
            q->max = value;
        }
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        if (q)
            q->stop_unread = false;
        break;
    case VIRTIO_MMIO_QUEUE_RESET:
        if (q && value == 0)
            q->reset_pending = false;
        break;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        v->irq_read = true;
        v->irq_bits |= value;
        break;
    case VIRTIO_MMIO_CONFIG_GENERATION:
        if (v->config_unbracketed)
            v->config_moved = value != v->generation;
        v->generation = value;
        v->generation_read = true;
        v->config_unbracketed = false;
        break;
    }
}

/* ---- the bench's own calls ---- */

bool view_token_pending(const struct view *v, uint64_t token)
{
    return v->pending_token[token / 64 % 1024] >> token % 64 & 1;
}

static void set_bit(uint64_t *set, uint64_t token, bool on)
{
    uint64_t bit = UINT64_C(1) << token % 64;
    uint64_t *word = &set[token / 64 % 1024];

    *word = on ? *word | bit : *word & ~bit;
}

uint64_t view_flush_before(const struct view *v, uint64_t token)
{
    return v->flush_before[token % 1024];
}

static void add_submit(struct view *v, uint64_t number,
                       const struct fake_event *e)
{
    v->flush_before[e->arg[0] % 1024] =
        e->arg[1] == VIEW_OP_FLUSH ? v->flush_requests + 1 : 0;
    if (v->submit_at == 0)
        v->submit_at = number;
    v->opening = false;
    view_count_submit(v, e);
}

static void add_done(struct view *v, const struct fake_event *e)
{
    set_bit(v->pending_token, e->arg[0], false);
    /* A flush may need no request: without the feature, or because another
     * one covers it. */
    if (e->arg[1] != 0 || view_flush_before(v, e->arg[0]) ||
        v->way[e->arg[0] % 1024] == VIEW_NO_REQUEST)
        return;
    v->done_ok++;
    view_count_of(v, e->arg[0])->done_ok++;
}

/* Who opens a device for the first time, or once more, has to find out anew
 * whether there is one: it may have come since. */
static void forget_probe(struct view *v)
{
    v->magic_read = v->version_read = v->id_read = false;
    v->reset_pending = false;
}

void view_add_capacity(struct view *v, uint64_t sectors)
{
    v->sectors_now = sectors;
    if (!(v->status & VIRTIO_STATUS_DRIVER_OK) || sectors > v->sectors)
        v->sectors = sectors;
}

void view_add(struct view *v, uint64_t number, const struct fake_event *e)
{
    if (!v->sound)
        view_blk_add(v, e);
    switch (e->kind) {
    case FAKE_EV_REG_READ:
        add_read(v, e);
        break;
    case FAKE_EV_REG_WRITE:
        add_write(v, e);
        break;
    case FAKE_EV_IRQ_ENTER:
        v->in_irq = true;
        v->irq_read = v->irq_acked = false;
        v->irq_bits = v->irq_ack = 0;
        break;
    case FAKE_EV_IRQ_LEAVE:
        v->in_irq = false;
        break;
    case FAKE_EV_OPEN:
        forget_probe(v);
        v->opening = true;
        break;
    case FAKE_EV_RECOVER:
        v->opening = true;
        break;
    case FAKE_EV_SUBMIT:
        add_submit(v, number, e);
        break;
    case FAKE_EV_SUBMITTED:
        if (e->arg[1] == 0)
            set_bit(v->pending_token, e->arg[0], true);
        break;
    case FAKE_EV_DONE:
        add_done(v, e);
        break;
    case FAKE_EV_CLOSED:
        v->reset_pending = false; /* no attempt is going on */
        break;
    case FAKE_EV_DMA_FREE:
        view_add_free(v, e->arg[0]);
        break;
    case FAKE_EV_SND_QUERY:
    case FAKE_EV_SND_PARAMS:
    case FAKE_EV_SND_CONTROL:
    case FAKE_EV_SND_XFER:
    case FAKE_EV_SND_XFER_DONE:
        view_add_snd(v, e);
        break;
    case FAKE_EV_REQUEST:
        v->flush_requests += e->arg[0] == VIRTIO_BLK_T_FLUSH;
        break;
    case FAKE_EV_STATUS:
        v->needs_reset |= (e->arg[0] & VIRTIO_STATUS_DEVICE_NEEDS_RESET) != 0;
        break;
    case FAKE_EV_CONFIG:
        v->device_generation = (uint32_t)e->arg[0];
        if (e->arg[1])
            view_add_capacity(v, e->arg[1]);
        break;
    case FAKE_EV_FAULT:
        view_add_fault(v, e);
        break;
    case FAKE_EV_PRESENT:
        view_add_present(v, e->arg[0] != 0);
        break;
    case FAKE_EV_RESET:
        end_of_service(v);
        break;
    default:
        view_add_to_queue(v, number, e);
        break;
    }
}
