/* SPDX-License-Identifier: MIT
 *
 * judge_memory.c: memory and ring entries that are with the device (3.3.1),
 * and the addresses it is given (6.1).
 */
#include <stdio.h>

#include "judge_internal.h"

/* " at event N" of the chain with that head or ID; "" if nobody knows. */
static const char *lent_at(const struct fake_judge *j,
                           const struct fake_event *e, char text[32])
{
    const struct view_queue *q =
        e->queue < FAKE_QUEUES_MAX ? &j->view.queue[e->queue] : NULL;

    text[0] = '\0';
    if (q && q->chain && e->arg[0] < q->ids && q->chain[e->arg[0]].serial)
        snprintf(text, 32, " at event %llu",
                 (unsigned long long)q->chain[e->arg[0]].lent);
    return text;
}

static void leaves_lent_entries(struct fake_judge *j,
                                const struct fake_event *e)
{
    char lent[32];

    if (e->kind == FAKE_EV_CHAIN_CHANGED)
        judge_broken(j, "entries of a buffer left alone until it is used",
                     "descriptor %u of the chain at %u, lent%s, was changed",
                     (unsigned)e->arg[1], (unsigned)e->arg[0],
                     lent_at(j, e, lent));
    else if (e->kind == FAKE_EV_CHAIN_BAD &&
             e->arg[1] == FAKE_CHAIN_BAD_LENT_TWICE)
        judge_broken(j, "entries of a buffer left alone until it is used",
                     "descriptor %u made available, it is with the device, "
                     "lent%s",
                     (unsigned)e->arg[0], lent_at(j, e, lent));
    else if (e->kind == FAKE_EV_USED)
        judge_applies(j);
}

static uint32_t inflight(const struct view *v)
{
    uint32_t n = 0;

    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        if (v->queue[q].up)
            n += v->queue[q].inflight;
    return n;
}

/* Is it the memory of a ring that the device runs? */
static bool is_live_ring(const struct view *v, uint64_t addr)
{
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        for (unsigned k = 0; v->queue[q].up && v->queue[q].ready && k < 3; k++)
            if (v->queue[q].area[k] == addr)
                return true;
    return false;
}

static void takes_back_after_reset(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (e->kind == FAKE_EV_CLOSED)
        /* A reset that got lost is none: they stay lent. */
        JUDGE(j, inflight(&j->view) == 0 || j->view.status_lost,
              "a reset before buffers are taken back",
              "closed with %u buffers at the device", inflight(&j->view));
    else if (e->kind == FAKE_EV_DMA_FREE && is_live_ring(&j->view, e->arg[0]))
        judge_broken(j, "a reset before the memory of a ring is freed",
                     "ring memory at 0x%llx freed while the device has it",
                     (unsigned long long)e->arg[0]);
    else
        JUDGE(j, !view_window_busy(&j->view, e->arg[0]),
              "a reset before buffers are taken back",
              "memory at 0x%llx taken back while the device has it",
              (unsigned long long)e->arg[0]);
}

/* An area that lies too odd to be used breaks 2.7.1. */
static bool bad_address(const struct fake_event *e)
{
    return e->kind == FAKE_EV_MEM_FAULT && e->arg[3] != FAKE_MEM_ALIGN;
}

static void addresses(struct fake_judge *j, const struct fake_event *e,
                      const char *expected)
{
    if (bad_address(e))
        judge_broken(
            j, expected, "device access to 0x%llx, %llu bytes, not shared so",
            (unsigned long long)e->arg[0], (unsigned long long)e->arg[1]);
    else
        judge_applies(j);
}

static void addresses_are_mapped(struct fake_judge *j,
                                 const struct fake_event *e)
{
    if (has_feature(&j->view, VIRTIO_F_ACCESS_PLATFORM))
        addresses(j, e, "addresses that the platform maps to the memory meant");
}

static void addresses_are_physical(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (!offers(j, VIRTIO_F_ACCESS_PLATFORM))
        addresses(j, e, "addresses of memory that was shared with the device");
}

/* The specification says what the device may do from then on, and leaves it to
 * the reader what a driver may not; dut.h says both. */
static void leaves_lent_memory(struct fake_judge *j, const struct fake_event *e)
{
    enum fake_trespass how = (enum fake_trespass)e->arg[2];

    if (e->kind == FAKE_EV_USED) {
        if (j->about.ledger)
            judge_applies(j);
        return;
    }
    if (!fake_trespass_by_driver(how))
        return;
    judge_broken(j, "lent memory left alone until it is used",
                 "%s: %llu bytes at 0x%llx, lent at event %llu, %s at "
                 "event %llu",
                 fake_trespass_text(how), (unsigned long long)e->arg[1],
                 (unsigned long long)e->arg[0], (unsigned long long)e->arg[3],
                 fake_trespass_is_exact(how) ? "touched" : "found so",
                 (unsigned long long)j->number);
    judge_breaks_contract(j);
}

const struct judge_entry judge_memory_entries[] = {
    {"drv-3.3.1-1", ON(USED) | ON(CHAIN_CHANGED) | ON(CHAIN_BAD),
     leaves_lent_entries},
    {"drv-3.3.1-2", ON(UNSHARE) | ON(DMA_FREE) | ON(CLOSED),
     takes_back_after_reset},
    {"drv-6.1-4", ON(MEM_FAULT) | ON(QUEUE_UP) | ON(CHAIN),
     addresses_are_mapped},
    {"drv-6.1-5", ON(MEM_FAULT) | ON(QUEUE_UP) | ON(CHAIN),
     addresses_are_physical},
};
const size_t judge_memory_count =
    sizeof(judge_memory_entries) / sizeof(judge_memory_entries[0]);

const struct judge_entry judge_lent_split_entries[] = {
    {"prose-2.7.13.3-1", ON(USED) | ON(TRESPASS), leaves_lent_memory},
};
const size_t judge_lent_split_count =
    sizeof(judge_lent_split_entries) / sizeof(judge_lent_split_entries[0]);

const struct judge_entry judge_lent_packed_entries[] = {
    {"prose-2.8.21.1-2", ON(USED) | ON(TRESPASS), leaves_lent_memory},
};
const size_t judge_lent_packed_count =
    sizeof(judge_lent_packed_entries) / sizeof(judge_lent_packed_entries[0]);
