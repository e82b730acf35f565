/* SPDX-License-Identifier: MIT
 *
 * judge_notify.c: kicks that are due, and kicks that nobody wanted (2.7.10.1).
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

/* Entries from here on no kick has covered: since the device armed itself, or
 * since the last kick, whichever is later. */
static uint16_t uncovered_from(const struct view_queue *q, uint16_t idx)
{
    uint16_t from_armed = (uint16_t)(idx - q->armed_idx);
    uint16_t from_kick = (uint16_t)(idx - q->kicked_idx);

    return from_kick < from_armed ? q->kicked_idx : q->armed_idx;
}

/* 2.7.10: with EVENT_IDX a kick is due once the entry at avail_event has been
 * written, without it for every entry while used flags is 0. */
static bool kick_is_due(const struct fake_judge *j, const struct view_queue *q,
                        uint16_t idx)
{
    uint16_t old = uncovered_from(q, idx);

    if (q->suppressed || idx == old)
        return false;
    return !event_idx(j) ||
           (uint16_t)(idx - q->event_idx - 1) < (uint16_t)(idx - old);
}

static void kick_comes(struct fake_judge *j, const struct fake_event *e,
                       const char *expected)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint16_t idx = (uint16_t)e->arg[0];

    if (!q || !q->up || !(j->view.status & VIRTIO_STATUS_DRIVER_OK) || idx == 0)
        return;
    if (judge_polled(j, e->queue))
        return;
    JUDGE(j, !kick_is_due(j, q, idx), expected,
          "driver waits with avail idx %u, last kick at %u, device armed at %u",
          idx, q->kicked_idx, q->armed_idx);
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

const struct judge_entry judge_notify_entries[] = {
    {"drv-2.7.10.1-2", ON(IDLE), ignores_avail_event},
    {"drv-2.7.10.1-3", ON(REG_WRITE) | ON(SUBMITTED), respects_no_notify},
    {"drv-2.7.10.1-4", ON(IDLE), kicks_by_flags},
    {"drv-2.7.10.1-5", ON(IDLE), ignores_used_flags},
    {"drv-2.7.10.1-6", ON(IDLE), kicks_by_event},
    {"drv-2.7.10.1-7", ON(REG_WRITE) | ON(SUBMITTED), respects_avail_event},
};
const size_t judge_notify_count =
    sizeof(judge_notify_entries) / sizeof(judge_notify_entries[0]);
