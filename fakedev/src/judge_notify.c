/* SPDX-License-Identifier: MIT
 *
 * judge_notify.c: kicks that are due, kicks that nobody wanted (2.7.10.1,
 * 2.8.10), and what they say (2.9).
 *
 * Due: when the driver waits while entries lie in the available ring that the
 * device has asked to be told of (ARMED) and that no kick has covered since.
 * Nothing is due before that: a driver may batch. Unwanted: a kick for
 * requests that were all submitted after the device had suppressed kicks.
 * While the device changes its mind (ARMING, SUPPRESSING) a kick is neither.
 * None is due on a queue that the device has agreed to poll (MSG_POLLING).
 * So neither can be mistaken under real concurrency.
 */
#include "judge_internal.h"

static bool event_idx(const struct fake_judge *j)
{
    return has_feature(&j->view, VIRTIO_F_EVENT_IDX);
}

/* Steps from one place to a later one. That of a split ring is an idx, which
 * comes round. */
static uint64_t steps(const struct fake_judge *j, uint64_t from, uint64_t to)
{
    return is_packed(&j->view) ? to - from : (uint16_t)(to - from);
}

/* Entries from here on no kick has covered: since the device armed itself, or
 * since the last kick, whichever is later. */
static uint64_t uncovered_from(const struct fake_judge *j,
                               const struct view_queue *q, uint64_t idx)
{
    return steps(j, q->kicked_idx, idx) < steps(j, q->armed_idx, idx)
               ? q->kicked_idx
               : q->armed_idx;
}

/* A kick is due once the entry at the place asked for has been written, or for
 * every entry (2.7.10, 2.8.10). */
static bool kick_is_due(const struct fake_judge *j, const struct view_queue *q,
                        uint64_t idx)
{
    uint64_t old = uncovered_from(j, q, idx);

    if (q->suppressed || idx == old)
        return false;
    return q->always || steps(j, q->event_idx + 1, idx) < steps(j, old, idx);
}

static void kick_comes(struct fake_judge *j, const struct fake_event *e,
                       const char *expected)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint64_t idx = e->arg[0];
    bool due;

    if (!q || !q->up || !(j->view.status & VIRTIO_STATUS_DRIVER_OK))
        return;
    if (judge_polled(j, e->queue))
        return;
    due = kick_is_due(j, q, idx);
    if (idx == 0 && !due) /* as a rule, nothing was ever published */
        return;
    JUDGE(j, !due, expected,
          "driver waits with avail idx %llu, last kick at %llu, device armed at"
          " %llu",
          (unsigned long long)idx, (unsigned long long)q->kicked_idx,
          (unsigned long long)q->armed_idx);
}

static void kicks_by_flags(struct fake_judge *j, const struct fake_event *e)
{
    if (!event_idx(j) && !j->view.event_garbage)
        kick_comes(j, e, "a kick for new entries while used flags is 0");
}

static void ignores_avail_event(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (!event_idx(j) && j->view.event_garbage)
        kick_comes(j, e, "avail_event ignored without VIRTIO_F_EVENT_IDX");
}

static void kicks_by_event(struct fake_judge *j, const struct fake_event *e)
{
    if (event_idx(j) && !j->view.event_garbage)
        kick_comes(j, e, "a kick once the entry at avail_event is written");
}

static void ignores_used_flags(struct fake_judge *j, const struct fake_event *e)
{
    if (event_idx(j) && j->view.event_garbage)
        kick_comes(j, e, "used flags ignored with VIRTIO_F_EVENT_IDX");
}

static bool any_suppressed(const struct view *v)
{
    for (unsigned k = 0; k < FAKE_QUEUES_MAX; k++)
        if (v->queue[k].up && v->queue[k].suppressed)
            return true;
    return false;
}

static void no_kick_unwanted(struct fake_judge *j, const struct fake_event *e,
                             const char *expected)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    if (e->kind == FAKE_EV_SUBMITTED && any_suppressed(&j->view)) {
        judge_applies(j);
        return;
    }
    if (!is_write(e, VIRTIO_MMIO_QUEUE_NOTIFY) || !q || !q->up ||
        !q->suppressed || q->wavering || j->view.submit_at == 0)
        return;
    JUDGE(j, q->suppressed_at > j->view.submit_at, expected,
          "kick at avail idx %u, suppressed since event %llu",
          (unsigned)e->arg[3], (unsigned long long)q->suppressed_at);
}

static void respects_no_notify(struct fake_judge *j, const struct fake_event *e)
{
    if (!event_idx(j))
        no_kick_unwanted(j, e, "no kick while used flags is 1");
}

static void respects_avail_event(struct fake_judge *j,
                                 const struct fake_event *e)
{
    if (event_idx(j))
        no_kick_unwanted(j, e, "no kick for entries before avail_event");
}

/* ---- packed (2.8.10): no keyword says so ---- */

static void kicks_packed(struct fake_judge *j, const struct fake_event *e)
{
    kick_comes(j, e, "a kick where Device Event Suppression asks for one");
}

static void leaves_packed_alone(struct fake_judge *j,
                                const struct fake_event *e)
{
    no_kick_unwanted(j, e, "no kick while Device Event Suppression is DISABLE");
}

/* ---- what a kick says (2.9, 4.2.3.3) ---- */

static void says_where(struct fake_judge *j, const struct fake_event *e,
                       uint32_t off, bool wrap)
{
    uint32_t value = (uint32_t)e->arg[2];

    JUDGE(j, (value >> 16 & 0x7fffu) == off && value >> 31 == wrap,
          "next_off and next_wrap of the next entry to be made available",
          "next_off %u, next_wrap %u; the next is %u, %u",
          (unsigned)(value >> 16 & 0x7fffu), (unsigned)(value >> 31),
          (unsigned)off, wrap);
}

static void says_the_next_slot(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    if (is_write(e, VIRTIO_MMIO_QUEUE_NOTIFY) && is_packed(&j->view) && q &&
        q->up && q->size)
        says_where(j, e, (uint32_t)(e->arg[3] % q->size),
                   !(e->arg[3] / q->size & 1));
}

static void says_avail_idx(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    if (is_write(e, VIRTIO_MMIO_QUEUE_NOTIFY) && !is_packed(&j->view) && q &&
        q->up)
        says_where(j, e, e->arg[3] & 0x7fffu, e->arg[3] >> 15 & 1);
}

const struct judge_entry judge_notify_split_entries[] = {
    {"drv-2.7.10.1-2", ON(IDLE), ignores_avail_event},
    {"drv-2.7.10.1-3", ON(REG_WRITE) | ON(SUBMITTED), respects_no_notify},
    {"drv-2.7.10.1-4", ON(IDLE), kicks_by_flags},
    {"drv-2.7.10.1-5", ON(IDLE), ignores_used_flags},
    {"drv-2.7.10.1-6", ON(IDLE), kicks_by_event},
    {"drv-2.7.10.1-7", ON(REG_WRITE) | ON(SUBMITTED), respects_avail_event},
};
const size_t judge_notify_split_count =
    sizeof(judge_notify_split_entries) / sizeof(judge_notify_split_entries[0]);

const struct judge_entry judge_notify_packed_entries[] = {
    {"prose-2.8.10-1", ON(IDLE), kicks_packed},
    {"prose-2.8.10-2", ON(REG_WRITE) | ON(SUBMITTED), leaves_packed_alone},
};
const size_t judge_notify_packed_count = sizeof(judge_notify_packed_entries) /
                                         sizeof(judge_notify_packed_entries[0]);

const struct judge_entry judge_notify_data_entries[] = {
    {"drv-2.8.16-3", ON(REG_WRITE), says_the_next_slot},
    {"prose-2.9-1", ON(REG_WRITE), says_avail_idx},
};
const size_t judge_notify_data_count =
    sizeof(judge_notify_data_entries) / sizeof(judge_notify_data_entries[0]);
