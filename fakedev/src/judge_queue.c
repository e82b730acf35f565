/* SPDX-License-Identifier: MIT
 *
 * judge_queue.c: one queue reset and enabled again (2.6.1, 4.2.2.2).
 */
#include "judge_internal.h"

/* Does the driver go on with a queue, as if its reset were over? One that asks
 * for it again does not. */
static bool goes_on(const struct fake_judge *j, const struct fake_event *e,
                    unsigned queue)
{
    const struct view_queue *q = &j->view.queue[queue];

    switch (e->kind) {
    case FAKE_EV_REG_WRITE:
        return e->queue == queue && !is_write(e, VIRTIO_MMIO_QUEUE_RESET);
    case FAKE_EV_DMA_FREE:
        return e->arg[0] == q->area[0] || e->arg[0] == q->area[1] ||
               e->arg[0] == q->area[2];
    case FAKE_EV_UNSHARE:
        return view_window_lent(&j->view, e->arg[0], queue);
    default:
        return false;
    }
}

static void confirms_the_reset(struct fake_judge *j, const struct fake_event *e)
{
    for (unsigned k = 0; k < FAKE_QUEUES_MAX && j->view.queue_resets; k++) {
        if (!j->view.queue[k].reset_pending)
            continue;
        if (is_read(e, VIRTIO_MMIO_QUEUE_RESET) && e->queue == k)
            judge_applies(j);
        else if (goes_on(j, e, k))
            judge_broken(j,
                         "QueueReset read as 0 before a queue counts as reset",
                         "queue %u used on while QueueReset was not 0", k);
    }
}

static void sets_up_again(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    if (is_write(e, VIRTIO_MMIO_QUEUE_READY) && e->arg[2] == 1 && q &&
        q->was_reset)
        JUDGE(j, (q->set & q->set_first) == q->set_first,
              "a queue set up again before it is enabled after its reset",
              "settings 0x%02x written, the first time 0x%02x", q->set,
              q->set_first);
}

#define ACCESS (ON(REG_READ) | ON(REG_WRITE))

const struct judge_entry judge_queue_entries[] = {
    {"drv-2.6.1.1.2-1", ACCESS | ON(DMA_FREE) | ON(UNSHARE),
     confirms_the_reset},
    {"drv-2.6.1.2.2-1", ON(REG_WRITE), sets_up_again},
    {"drv-4.2.2.2-21", ACCESS | ON(DMA_FREE) | ON(UNSHARE), confirms_the_reset},
};
const size_t judge_queue_count =
    sizeof(judge_queue_entries) / sizeof(judge_queue_entries[0]);
