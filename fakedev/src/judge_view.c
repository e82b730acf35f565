/* SPDX-License-Identifier: MIT
 *
 * judge_view.c: what the events so far say about driver and device.
 */
#include <stdlib.h>
#include <string.h>

#include "judge_internal.h"

#define WINDOWS                                                                \
    65537u /* device addresses are (window + 1) << 32, see arena.h */

int view_init(struct view *v, const struct fake_judge_about *about)
{
    v->sectors = v->sectors_now = about->sectors;
    v->sound = about->device_id == VIRTIO_ID_SOUND;
    v->window_serial = calloc(WINDOWS, sizeof(*v->window_serial));
    v->window_head = calloc(WINDOWS, sizeof(*v->window_head));
    v->window_queue = calloc(WINDOWS, sizeof(*v->window_queue));
    return v->window_serial && v->window_head && v->window_queue ? 0 : -1;
}

void view_free(struct view *v)
{
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        free(v->queue[q].chain);
    view_blk_free(v);
    free(v->window_serial);
    free(v->window_head);
    free(v->window_queue);
}

struct view_queue *view_queue_of(struct view *v, const struct fake_event *e)
{
    return e->queue < FAKE_QUEUES_MAX ? &v->queue[e->queue] : NULL;
}

/* ---- memory ---- */

static uint32_t window_of(uint64_t addr)
{
    return addr >> 32 < WINDOWS ? (uint32_t)(addr >> 32) : 0;
}

bool view_window_busy(const struct view *v, uint64_t addr)
{
    uint32_t w = window_of(addr);
    const struct view_queue *q = &v->queue[v->window_queue[w]];
    uint16_t head = v->window_head[w];

    return v->window_serial[w] && q->up && head < q->size &&
           q->chain[head].serial == v->window_serial[w];
}

static void add_desc(struct view *v, struct view_queue *q,
                     const struct fake_event *e)
{
    uint16_t flags = FAKE_DESC_FLAGS(e->arg[3]);
    uint32_t w = window_of(e->arg[1]);

    if (flags & VIRTQ_DESC_F_INDIRECT)
        q->table_entries = (uint32_t)(e->arg[2] / 16);
    else
        q->chain_len += e->arg[2];
    q->writable_seen |=
        (flags & VIRTQ_DESC_F_WRITE) && !(flags & VIRTQ_DESC_F_INDIRECT);
    if (w && v->fetched_count < sizeof(v->fetched) / sizeof(v->fetched[0]))
        v->fetched[v->fetched_count++] = w;
}

static void end_fetch(struct view *v, struct view_queue *q)
{
    q->writable_seen = false;
    q->chain_len = 0;
    q->table_entries = 0;
    v->fetched_count = 0;
}

static void add_chain(struct view *v, struct view_queue *q,
                      const struct fake_event *e)
{
    uint16_t head = (uint16_t)e->arg[0];

    v->serial++;
    if (q->chain && head < q->size) {
        q->inflight += q->chain[head].serial == 0;
        q->chain[head].serial = v->serial;
        q->chain[head].writable = e->arg[3];
    }
    for (uint32_t k = 0; k < v->fetched_count; k++) {
        uint32_t w = v->fetched[k];

        v->window_serial[w] = v->serial;
        v->window_head[w] = head;
        v->window_queue[w] = e->queue;
    }
    end_fetch(v, q);
}

/* Was the status within used len? It is the last of the writable part; but
 * what a stream recorded is counted together with the status, which still
 * stands behind the room for more (5.14.6.8.2.1). */
static bool has_status(const struct view *v, const struct fake_event *e,
                       uint64_t writable)
{
    if (v->sound && e->queue == VIRTIO_SND_VQ_RX)
        return e->arg[1] >= sizeof(struct virtio_snd_pcm_status);
    return e->arg[1] >= writable;
}

static void add_used(struct view *v, struct view_queue *q,
                     const struct fake_event *e)
{
    struct view_chain *c;

    v->used++;
    if (!q->chain || e->arg[0] >= q->size)
        return;
    c = &q->chain[e->arg[0]];
    if (c->serial == 0)
        return;
    v->used_whole += has_status(v, e, c->writable);
    c->serial = 0;
    q->inflight--;
}

/* ---- queues ---- */

static void queue_up(struct view_queue *q, const struct fake_event *e)
{
    free(q->chain);
    q->chain = calloc(e->arg[0] ? e->arg[0] : 1, sizeof(*q->chain));
    q->up = q->chain != NULL;
    q->size = (uint32_t)e->arg[0];
    q->inflight = 0;
    q->freed = false;
    for (unsigned k = 0; k < 3; k++)
        q->area[k] = e->arg[k + 1];
    /* As allocated: flags and avail_event are 0, so the first entry needs a
     * kick. */
    q->suppressed = q->wavering = false;
    q->armed_idx = q->event_idx = q->kicked_idx = 0;
}

static void queue_down(struct view_queue *q)
{
    q->up = false;
    q->inflight = 0;
}

/* What is wrong but safe is served; its CHAIN is still to come. */
static bool is_served(uint64_t reason)
{
    return reason == FAKE_CHAIN_BAD_TABLE_AND_NEXT ||
           reason == FAKE_CHAIN_BAD_NOT_NEGOTIATED ||
           reason == FAKE_CHAIN_BAD_ORDER;
}

/* What such a ring holds from now on, the driver has not written. */
static void add_free(struct view *v, uint64_t addr)
{
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        for (unsigned k = 0; v->queue[q].up && v->queue[q].ready && k < 3; k++)
            v->queue[q].freed |= v->queue[q].area[k] == addr;
}

static void add_to_queue(struct view *v, uint64_t number,
                         const struct fake_event *e)
{
    struct view_queue *q = view_queue_of(v, e);

    if (!q)
        return;
    switch (e->kind) {
    case FAKE_EV_QUEUE_UP:
        queue_up(q, e);
        break;
    case FAKE_EV_QUEUE_DOWN:
        queue_down(q);
        break;
    case FAKE_EV_ARMING:
        /* If it comes to ARMED, these are all. The last kick may be so long
         * ago that its idx has come round again. */
        q->kicked_idx = (uint16_t)e->arg[0];
        q->suppressed = q->wavering = true;
        break;
    case FAKE_EV_SUPPRESSING:
        q->suppressed = q->wavering = true;
        break;
    case FAKE_EV_ARMED:
        q->suppressed = q->wavering = false;
        q->armed_idx = (uint16_t)e->arg[0];
        q->event_idx = (uint16_t)e->arg[1];
        break;
    case FAKE_EV_SUPPRESSED:
        q->suppressed = true;
        q->wavering = false;
        q->suppressed_at = number;
        break;
    case FAKE_EV_DESC:
        add_desc(v, q, e);
        break;
    case FAKE_EV_CHAIN:
        add_chain(v, q, e);
        break;
    case FAKE_EV_CHAIN_BAD:
        if (!is_served(e->arg[1]))
            end_fetch(v, q);
        break;
    case FAKE_EV_USED:
        add_used(v, q, e);
        break;
    }
}

/* ---- registers ---- */

static void add_reset(struct view *v)
{
    v->reset_ever = true;
    v->reset_pending = true;
    v->status = 0;
    v->features_read = v->features_written = false;
    v->features_unchecked = v->features_refused = false;
    v->device_sel_written = v->driver_sel_written = false;
    v->queue_absent = false;
    memset(v->config_read_gen, 0, sizeof(v->config_read_gen));
    v->generation_read = v->config_unbracketed = v->config_moved = false;
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++) {
        v->queue[q].ready = 0;
        v->queue[q].stop_unread = false;
        v->queue[q].max_read = false;
    }
}

/* The device has carried the reset out. Up to here it may go on serving what
 * was given to it under the old features. */
static void end_of_service(struct view *v)
{
    v->accepted = 0;
    v->accepted_beyond = false;
    v->needs_reset = false;
    v->sectors = v->sectors_now;
    memset(v->stream, 0, sizeof(v->stream));
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        queue_down(&v->queue[q]);
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
        q->kicked_idx = (uint16_t)e->arg[3];
    v->submit_at = 0;
}

static void add_write(struct view *v, const struct fake_event *e)
{
    uint32_t value = (uint32_t)e->arg[2];
    struct view_queue *q = view_queue_of(v, e);

    v->accesses++;
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
        if (q) {
            q->stop_unread = q->ready && value == 0;
            q->ready = value;
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
        v->queue_absent |= value == 0;
        if (q) {
            q->max_read = true;
            q->max = value;
        }
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        if (q)
            q->stop_unread = false;
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

/* ---- sound ---- */

static struct view_stream *stream_at(struct view *v, uint64_t id)
{
    return id < FAKE_SND_STREAMS_MAX ? &v->stream[id] : NULL;
}

static void add_params(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[0]);

    if (!s)
        return;
    s->period_bytes = (uint32_t)(e->arg[1] >> 32);
    s->features = (uint32_t)e->arg[2];
}

/* Numbers of commands as in the life cycle table of judge_snd.c. */
static uint8_t command_number(uint64_t code)
{
    static const uint16_t codes[] = {
        0,
        VIRTIO_SND_R_PCM_SET_PARAMS,
        VIRTIO_SND_R_PCM_PREPARE,
        VIRTIO_SND_R_PCM_START,
        VIRTIO_SND_R_PCM_STOP,
        VIRTIO_SND_R_PCM_RELEASE,
    };

    for (uint8_t k = 1; k < sizeof(codes) / sizeof(codes[0]); k++)
        if (codes[k] == code)
            return k;
    return 0;
}

static void add_control(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[1]);
    uint8_t command = command_number(e->arg[0]);

    if (!s || !command || e->arg[2] != VIRTIO_SND_S_OK)
        return;
    s->last = command;
    if (e->arg[0] != VIRTIO_SND_R_PCM_RELEASE)
        return;
    s->ended = false;
    s->rx_posted = s->rx_odd = 0;
}

static void add_xfer(struct view *v, const struct fake_event *e)
{
    struct view_stream *s = stream_at(v, e->arg[0]);

    if (!s)
        return;
    s->ended |= e->queue == 2 && e->arg[1] != s->period_bytes;
    s->rx_posted += e->queue == 3;
    s->rx_odd += e->queue == 3 && e->arg[2] != s->period_bytes;
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
}

static void add_done(struct view *v, const struct fake_event *e)
{
    set_bit(v->pending_token, e->arg[0], false);
    /* A flush may need no request: without the feature, or because another
     * one covers it. */
    v->done_ok += e->arg[1] == 0 && !view_flush_before(v, e->arg[0]);
}

static void add_config_change(struct view *v, uint64_t sectors)
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
    case FAKE_EV_DMA_FREE:
        add_free(v, e->arg[0]);
        break;
    case FAKE_EV_SND_QUERY:
        v->query_count = e->arg[2];
        v->query_size = e->arg[3];
        break;
    case FAKE_EV_SND_PARAMS:
        add_params(v, e);
        break;
    case FAKE_EV_SND_CONTROL:
        add_control(v, e);
        break;
    case FAKE_EV_SND_XFER:
        add_xfer(v, e);
        break;
    case FAKE_EV_REQUEST:
        v->flush_requests += e->arg[0] == VIRTIO_BLK_T_FLUSH;
        break;
    case FAKE_EV_STATUS:
        v->needs_reset |= (e->arg[0] & VIRTIO_STATUS_DEVICE_NEEDS_RESET) != 0;
        break;
    case FAKE_EV_CONFIG:
        v->device_generation = (uint32_t)e->arg[0];
        break;
    case FAKE_EV_FAULT:
        v->event_garbage |= e->arg[0] == FAKE_FAULT_EVENT_GARBAGE;
        if (e->arg[0] == FAKE_FAULT_CONFIG_CHANGE)
            add_config_change(v, e->arg[2]);
        break;
    case FAKE_EV_RESET:
        end_of_service(v);
        break;
    default:
        add_to_queue(v, number, e);
        break;
    }
}
