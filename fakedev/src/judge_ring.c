/* SPDX-License-Identifier: MIT
 *
 * judge_ring.c: what the driver writes into a split virtqueue (2.7).
 */
#include "judge_internal.h"

/* 2.7.4.2 leaves "unreasonably many" open. Cutting a buffer into this many
 * pieces of less than this size on average has no reason. */
#define MANY_DESCRIPTORS 32u
#define SMALL_BYTES 64u

static uint16_t desc_flags(const struct fake_event *e)
{
    return FAKE_DESC_FLAGS(e->arg[3]);
}

static bool bad_for(const struct fake_event *e, enum fake_chain_bad reason)
{
    return e->kind == FAKE_EV_CHAIN_BAD && e->arg[1] == reason;
}

static bool event_idx(const struct fake_judge *j)
{
    return has_feature(&j->view, VIRTIO_F_EVENT_IDX);
}

/* ---- areas (2.7.1, 2.7.10.1) ---- */

static void areas_are_aligned(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j,
          e->arg[1] % VIRTQ_DESC_ALIGN == 0 &&
              e->arg[2] % VIRTQ_AVAIL_ALIGN == 0 &&
              e->arg[3] % VIRTQ_USED_ALIGN == 0,
          "descriptor table aligned to 16, available ring to 2, used ring to 4",
          "desc 0x%llx, avail 0x%llx, used 0x%llx",
          (unsigned long long)e->arg[1], (unsigned long long)e->arg[2],
          (unsigned long long)e->arg[3]);
}

static void used_flags_start_at_0(struct fake_judge *j,
                                  const struct fake_event *e)
{
    JUDGE(j, e->arg[1] == 0, "used flags 0 when the ring is handed over",
          "used flags %u", (unsigned)e->arg[1]);
}

/* ---- descriptors (2.7.4.2, 2.7.5) ---- */

static void readable_comes_first(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint16_t flags = desc_flags(e);

    if (q && !(flags & VIRTQ_DESC_F_INDIRECT))
        JUDGE(j, flags & VIRTQ_DESC_F_WRITE || !q->writable_seen,
              "device-readable descriptors before device-writable ones",
              "readable descriptor %u after a writable one",
              (unsigned)e->arg[0]);
}

static void not_too_many_pieces(struct fake_judge *j,
                                const struct fake_event *e)
{
    uint64_t bytes = e->arg[2] + e->arg[3];

    JUDGE(j, e->arg[1] < MANY_DESCRIPTORS || bytes / e->arg[1] >= SMALL_BYTES,
          "a buffer in a reasonable number of descriptors",
          "%llu bytes in %llu descriptors", (unsigned long long)bytes,
          (unsigned long long)e->arg[1]);
}

/* A chain has more descriptors than the queue: with a table that large it is
 * too long (2.7.5.3.1), else it can only be a loop (2.7.5.2). */
static bool table_is_too_long(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    return q && q->table_entries > q->size;
}

static void chain_has_an_end(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    if (bad_for(e, FAKE_CHAIN_BAD_TOO_LONG) && !table_is_too_long(j, e))
        judge_broken(j, "a chain without a loop, of at most 2^32 bytes",
                     "chain at %u never ends", (unsigned)e->arg[0]);
    else if (e->kind == FAKE_EV_CHAIN && q)
        JUDGE(j, q->chain_len <= UINT64_C(1) << 32,
              "a chain without a loop, of at most 2^32 bytes",
              "chain at %u is %llu bytes long", (unsigned)e->arg[0],
              (unsigned long long)q->chain_len);
}

static void chain_fits_the_queue(struct fake_judge *j,
                                 const struct fake_event *e)
{
    if (bad_for(e, FAKE_CHAIN_BAD_TOO_LONG) && table_is_too_long(j, e))
        judge_broken(j, "no more descriptors in a chain than the queue size",
                     "chain at %u is longer", (unsigned)e->arg[0]);
    else if (e->kind == FAKE_EV_CHAIN)
        judge_applies(j);
}

static void indirect_is_negotiated(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (!has_feature(&j->view, VIRTIO_F_INDIRECT_DESC))
        JUDGE(j, !(desc_flags(e) & VIRTQ_DESC_F_INDIRECT),
              "INDIRECT only with VIRTIO_F_INDIRECT_DESC",
              "descriptor %u is indirect", (unsigned)e->arg[0]);
}

static void tables_are_not_nested(struct fake_judge *j,
                                  const struct fake_event *e)
{
    if (FAKE_DESC_IN_TABLE(e->arg[3]))
        JUDGE(j, !(desc_flags(e) & VIRTQ_DESC_F_INDIRECT),
              "no INDIRECT inside an indirect table",
              "table entry %u is indirect", (unsigned)e->arg[0]);
}

static void indirect_ends_the_chain(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (desc_flags(e) & VIRTQ_DESC_F_INDIRECT && !FAKE_DESC_IN_TABLE(e->arg[3]))
        JUDGE(j, !(desc_flags(e) & VIRTQ_DESC_F_NEXT),
              "INDIRECT and NEXT never together", "descriptor %u has both",
              (unsigned)e->arg[0]);
}

/* With IN_ORDER descriptors are used one after the other (2.7.5.2). */
static void links_are_in_order(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    unsigned next = FAKE_DESC_NEXT(e->arg[3]);

    if (q && !FAKE_DESC_IN_TABLE(e->arg[3]) &&
        desc_flags(e) & VIRTQ_DESC_F_NEXT)
        JUDGE(j, next == (e->arg[0] + 1 == q->size ? 0 : e->arg[0] + 1),
              "next is the index of the descriptor behind, with IN_ORDER",
              "descriptor %u is followed by %u", (unsigned)e->arg[0], next);
}

static void table_is_in_order(struct fake_judge *j, const struct fake_event *e)
{
    unsigned next = FAKE_DESC_NEXT(e->arg[3]);

    if (FAKE_DESC_IN_TABLE(e->arg[3]) && desc_flags(e) & VIRTQ_DESC_F_NEXT)
        JUDGE(j, next == e->arg[0] + 1,
              "entries of a table one after the other, with IN_ORDER",
              "entry %u is followed by %u", (unsigned)e->arg[0], next);
}

/* ---- available ring (2.7.6, 2.7.7) ---- */

static bool ring_was_freed(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);

    return q && q->freed;
}

static void idx_moves_forward(struct fake_judge *j, const struct fake_event *e)
{
    if (ring_was_freed(j, e))
        return;
    if (bad_for(e, FAKE_CHAIN_BAD_IDX_JUMP))
        judge_broken(j, "avail idx moves forward, by what was added",
                     "avail idx %u, %u entries taken",
                     (unsigned)(uint16_t)e->arg[3], (unsigned)e->arg[2]);
    else if (e->kind == FAKE_EV_AVAIL)
        judge_applies(j);
}

static void avail_flags_are_0_or_1(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (ring_was_freed(j, e))
        return;
    if (!event_idx(j))
        JUDGE(j, e->arg[2] <= VIRTQ_AVAIL_F_NO_INTERRUPT, "avail flags 0 or 1",
              "avail flags 0x%04x", (unsigned)e->arg[2]);
}

static void avail_flags_are_0(struct fake_judge *j, const struct fake_event *e)
{
    if (ring_was_freed(j, e))
        return;
    if (event_idx(j))
        JUDGE(j, e->arg[2] == 0, "avail flags 0 with VIRTIO_F_EVENT_IDX",
              "avail flags 0x%04x", (unsigned)e->arg[2]);
}

/* ---- completions, as the driver's caller sees them ---- */

static void completes_once(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, view_token_pending(&j->view, e->arg[0]),
          "each request reported done once",
          "request %llu reported done, it is not outstanding",
          (unsigned long long)e->arg[0]);
}

/* More successes than used elements that could tell of one, on the same way. */
static void believes_only_len_bytes(struct fake_judge *j,
                                    const struct fake_event *e)
{
    const struct view_count *c = view_count_of(&j->view, e->arg[0]);

    if (c->used == c->whole || !view_token_pending(&j->view, e->arg[0]))
        return;
    JUDGE(j, e->arg[1] != 0 || c->done_ok < c->whole,
          "no conclusion from bytes past used len",
          "request %llu reported done, its status byte was past used len",
          (unsigned long long)e->arg[0]);
}

/* What 2.8 does not say again, though it is the same there. */
const struct judge_entry judge_ring_entries[] = {
    {"drv-2.7.4.2-2", ON(CHAIN), not_too_many_pieces},
    {"drv-2.7.7.1-5", ON(DONE), completes_once},
    {"drv-2.7.8.3-1", ON(DONE), believes_only_len_bytes},
};
const size_t judge_ring_count =
    sizeof(judge_ring_entries) / sizeof(judge_ring_entries[0]);

const struct judge_entry judge_split_entries[] = {
    {"drv-2.7.1-1", ON(QUEUE_UP), areas_are_aligned},
    {"drv-2.7.4.2-1", ON(DESC), readable_comes_first},
    {"drv-2.7.5.2-1", ON(CHAIN) | ON(CHAIN_BAD), chain_has_an_end},
    {"drv-2.7.5.3.1-1", ON(DESC), indirect_is_negotiated},
    {"drv-2.7.5.3.1-2", ON(DESC), tables_are_not_nested},
    {"drv-2.7.5.3.1-3", ON(CHAIN) | ON(CHAIN_BAD), chain_fits_the_queue},
    {"drv-2.7.5.3.1-4", ON(DESC), indirect_ends_the_chain},
    {"drv-2.7.6.1-1", ON(AVAIL) | ON(CHAIN_BAD), idx_moves_forward},
    {"drv-2.7.7.1-1", ON(AVAIL), avail_flags_are_0_or_1},
    {"drv-2.7.7.1-3", ON(AVAIL), avail_flags_are_0},
    {"drv-2.7.10.1-1", ON(QUEUE_INIT), used_flags_start_at_0},
};
const size_t judge_split_count =
    sizeof(judge_split_entries) / sizeof(judge_split_entries[0]);

const struct judge_entry judge_split_order_entries[] = {
    {"drv-2.7.5.2-2", ON(DESC), links_are_in_order},
    {"drv-2.7.5.3.1-5", ON(DESC), table_is_in_order},
};
const size_t judge_split_order_count =
    sizeof(judge_split_order_entries) / sizeof(judge_split_order_entries[0]);
