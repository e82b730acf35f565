/* SPDX-License-Identifier: MIT
 *
 * judge_packed.c: what the driver writes into a packed virtqueue (2.8). What
 * 2.8 calls a list is a chain of direct descriptors, or a table.
 */
#include "judge_internal.h"

#define EVENT_ALIGN 4u
#define BLK_HEADER_AND_STATUS 2u

static uint16_t desc_flags(const struct fake_event *e)
{
    return FAKE_DESC_FLAGS(e->arg[3]);
}

static bool bad_for(const struct fake_event *e, enum fake_chain_bad reason)
{
    return e->kind == FAKE_EV_CHAIN_BAD && e->arg[1] == reason;
}

/* ---- areas (2.8.11, 2.8.13) ---- */

static void areas_are_aligned(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j,
          e->arg[1] % VIRTQ_DESC_ALIGN == 0 && e->arg[2] % EVENT_ALIGN == 0 &&
              e->arg[3] % EVENT_ALIGN == 0,
          "descriptor ring aligned to 16, event suppression structures to 4",
          "desc 0x%llx, driver 0x%llx, device 0x%llx",
          (unsigned long long)e->arg[1], (unsigned long long)e->arg[2],
          (unsigned long long)e->arg[3]);
}

static void ring_starts_at_0(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, e->arg[3] == 0, "a descriptor ring of zeroes at first",
          "%llu slots are not zero", (unsigned long long)e->arg[3]);
}

/* ---- descriptors stay (2.8.16) ---- */

static void waits_for_used(struct fake_judge *j, const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_LENT_TWICE))
        judge_broken(j, "a slot made available again only once it is used",
                     "slot %u made available while it is with the device",
                     (unsigned)e->arg[2]);
    else if (e->kind == FAKE_EV_CHAIN_CHANGED && e->arg[2])
        judge_broken(j, "a slot made available again only once it is used",
                     "slot %u made available before it was used",
                     (unsigned)e->arg[1]);
    else if (e->kind == FAKE_EV_USED)
        judge_applies(j);
}

static void leaves_what_is_available(struct fake_judge *j,
                                     const struct fake_event *e)
{
    if (e->kind == FAKE_EV_CHAIN_CHANGED && !e->arg[2])
        judge_broken(j, "a descriptor left alone once it is available",
                     "descriptor %u changed, it is with the device",
                     (unsigned)e->arg[1]);
    else if (e->kind == FAKE_EV_USED)
        judge_applies(j);
}

static void id_is_free(struct fake_judge *j, const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_ID_LENT))
        judge_broken(j, "a free buffer ID for each buffer",
                     "ID %u used, it is with the device", (unsigned)e->arg[3]);
    else if (e->kind == FAKE_EV_CHAIN)
        judge_applies(j);
}

/* ---- lists (2.8.17) ---- */

static bool is_table(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    return q && q->table_entries;
}

/* A block device tells its limit if it offers to; whether header and status
 * count is left open, so they do not. */
static bool knows_a_limit(const struct fake_judge *j)
{
    return !is_sound(j) && j->about.seg_max && !j->view.config_cut &&
           has_feature(&j->view, VIRTIO_BLK_F_SEG_MAX);
}

static bool within_limit(const struct fake_judge *j, const struct fake_event *e)
{
    return e->arg[1] <= (uint64_t)j->about.seg_max + BLK_HEADER_AND_STATUS;
}

static void list_is_allowed(struct fake_judge *j, const struct fake_event *e)
{
    if (knows_a_limit(j) && !is_table(j, e))
        JUDGE(j, within_limit(j, e), "no list longer than the device allows",
              "%llu descriptors, seg_max %u", (unsigned long long)e->arg[1],
              j->about.seg_max);
}

static void list_fits_the_queue(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (is_table(j, e))
        return;
    if (bad_for(e, FAKE_CHAIN_BAD_TOO_LONG))
        judge_broken(j, "no list longer than the queue size",
                     "list does not end within %llu slots",
                     (unsigned long long)e->arg[3]);
    else if (e->kind == FAKE_EV_CHAIN)
        judge_applies(j);
}

static void readable_comes_first(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint16_t flags = desc_flags(e);
    bool points_at_table =
        flags & VIRTQ_DESC_F_INDIRECT && !FAKE_DESC_IN_TABLE(e->arg[3]);

    if (q && !points_at_table)
        JUDGE(j, flags & VIRTQ_DESC_F_WRITE || !q->writable_seen,
              "device-readable descriptors before device-writable ones",
              "readable descriptor %u after a writable one",
              (unsigned)e->arg[0]);
}

/* The list runs into slots that are with the device: its rest is still to be
 * written (2.8.17-4), and there was no room for it (2.8.17-5). */
static void has_room_for_the_list(struct fake_judge *j,
                                  const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_NO_ROOM))
        judge_broken(j, "free slots for a whole list before it begins",
                     "slot %u is still with the device", (unsigned)e->arg[2]);
    else if (e->kind == FAKE_EV_CHAIN)
        judge_applies(j);
}

static void depends_on_no_more_slots(struct fake_judge *j,
                                     const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_NO_ROOM) && !e->arg[3])
        judge_broken(j, "no list begun that needs more slots to be used",
                     "list goes on at slot %u, which is with the device",
                     (unsigned)e->arg[2]);
    else if (e->kind == FAKE_EV_CHAIN)
        judge_applies(j);
}

static void first_comes_last(struct fake_judge *j, const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_NOT_AVAILABLE))
        judge_broken(j, "the first descriptor of a list made available last",
                     "slot %u of the list is not available, flags 0x%04x",
                     (unsigned)e->arg[2], (unsigned)e->arg[3]);
    else if (e->kind == FAKE_EV_CHAIN && !is_table(j, e))
        judge_applies(j);
}

/* ---- tables (2.8.19) ---- */

static void indirect_is_negotiated(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (!FAKE_DESC_IN_TABLE(e->arg[3]) &&
        !has_feature(&j->view, VIRTIO_F_INDIRECT_DESC))
        JUDGE(j, !(desc_flags(e) & VIRTQ_DESC_F_INDIRECT),
              "INDIRECT only with VIRTIO_F_INDIRECT_DESC",
              "descriptor %u is indirect", (unsigned)e->arg[0]);
}

static void tables_have_only_write(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (FAKE_DESC_IN_TABLE(e->arg[3]))
        JUDGE(j, !(desc_flags(e) & ~VIRTQ_DESC_F_WRITE),
              "no flag but WRITE in a table", "entry %u has flags 0x%04x",
              (unsigned)e->arg[0], desc_flags(e));
}

static void table_is_allowed(struct fake_judge *j, const struct fake_event *e)
{
    if (!is_table(j, e))
        return;
    if (bad_for(e, FAKE_CHAIN_BAD_TOO_LONG))
        judge_broken(j, "no table longer than the device allows",
                     "more than %llu entries, the queue size",
                     (unsigned long long)e->arg[3]);
    else if (e->kind == FAKE_EV_CHAIN)
        JUDGE(j, !knows_a_limit(j) || within_limit(j, e),
              "no table longer than the device allows",
              "%llu entries, seg_max %u", (unsigned long long)e->arg[1],
              j->about.seg_max);
}

static void tables_stand_alone(struct fake_judge *j, const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_TABLE_AND_NEXT) ||
        bad_for(e, FAKE_CHAIN_BAD_TABLE_IN_LIST))
        judge_broken(j, "no INDIRECT in a list linked by NEXT",
                     "descriptor %u has flags 0x%04x", (unsigned)e->arg[2],
                     (unsigned)e->arg[3]);
    else if (e->kind == FAKE_EV_CHAIN && is_table(j, e))
        judge_applies(j);
}

/* ---- Driver Event Suppression (2.8.10, 2.8.14) ---- */

static void event_is_well_formed(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    bool desc = e->arg[0] == RING_EVENT_FLAGS_DESC;
    bool known = e->arg[0] <= RING_EVENT_FLAGS_DISABLE;

    if (desc && q)
        known =
            has_feature(&j->view, VIRTIO_F_EVENT_IDX) && e->arg[1] < q->size;
    JUDGE(
        j, known,
        "flags ENABLE, DISABLE, or with EVENT_IDX DESC and a slot of the ring",
        "flags 0x%04x, desc_event_off %u", (unsigned)e->arg[0],
        (unsigned)e->arg[1]);
}

const struct judge_entry judge_packed_entries[] = {
    {"prose-2.8.10-3", ON(DRIVER_EVENT), event_is_well_formed},
    {"drv-2.8.11-1", ON(QUEUE_UP), areas_are_aligned},
    {"prose-2.8.13-1", ON(QUEUE_INIT), ring_starts_at_0},
    {"drv-2.8.16-1", ON(CHAIN_BAD) | ON(CHAIN_CHANGED) | ON(USED),
     waits_for_used},
    {"drv-2.8.16-2", ON(CHAIN_CHANGED) | ON(USED), leaves_what_is_available},
    {"drv-2.8.17-1", ON(CHAIN), list_is_allowed},
    {"drv-2.8.17-2", ON(CHAIN) | ON(CHAIN_BAD), list_fits_the_queue},
    {"drv-2.8.17-3", ON(DESC), readable_comes_first},
    {"drv-2.8.17-4", ON(CHAIN) | ON(CHAIN_BAD), depends_on_no_more_slots},
    {"drv-2.8.17-5", ON(CHAIN) | ON(CHAIN_BAD), has_room_for_the_list},
    {"drv-2.8.17-6", ON(CHAIN) | ON(CHAIN_BAD), first_comes_last},
    {"drv-2.8.19-1", ON(DESC), indirect_is_negotiated},
    {"drv-2.8.19-2", ON(DESC), tables_have_only_write},
    {"drv-2.8.19-3", ON(CHAIN) | ON(CHAIN_BAD), table_is_allowed},
    {"drv-2.8.19-4", ON(CHAIN) | ON(CHAIN_BAD), tables_stand_alone},
    {"prose-2.8.21.1-1", ON(CHAIN) | ON(CHAIN_BAD), id_is_free},
};
const size_t judge_packed_count =
    sizeof(judge_packed_entries) / sizeof(judge_packed_entries[0]);
