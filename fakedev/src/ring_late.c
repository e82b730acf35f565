/* SPDX-License-Identifier: MIT
 *
 * ring_late.c: what faults of the ring put off: buffers that are done but kept
 * back, entries that were shown before they were whole, entries that change
 * after the driver has looked.
 */
#include "ring_mem.h"

/* ---- buffers kept back ------------------------------------------------ */

void fake_ring_keep(struct fake_ring *ring, struct fake_chain *chain,
                    uint32_t len, uint64_t until_ns)
{
    struct fake_late *late = &ring->late;

    chain->len = len;
    chain->kept_until = until_ns;
    chain->kept_number = ring->line->next++;
    ring->line->waiting++;
    chain->kept_quiet = chain->kept_alone = false;
    chain->after = NULL;
    if (late->kept)
        late->kept_last->after = chain;
    else
        late->kept = chain;
    late->kept_last = chain;
}

static bool may_go(const struct fake_late *late)
{
    return late->kept && late->kept->kept_until <= late->now_ns &&
           !(late->kept->kept_alone && late->gave);
}

const struct fake_chain *fake_ring_kept(const struct fake_ring *ring)
{
    return ring->live ? ring->late.kept : NULL;
}

bool fake_ring_give_kept(struct fake_ring *ring)
{
    struct fake_late *late = &ring->late;
    struct fake_chain *chain = late->kept;
    bool quiet;

    if (!may_go(late))
        return false;
    quiet = chain->kept_quiet;
    late->kept = chain->after;
    ring->line->waiting--;
    fake_ring_give_wrong(ring, chain, chain->len);
    if (quiet)
        fake_ring_told(ring);
    return true;
}

void fake_ring_forget_kept(struct fake_ring *ring)
{
    for (; ring->late.kept; ring->late.kept = ring->late.kept->after)
        ring->line->waiting--;
}

/* ---- torn entries ----------------------------------------------------- */

/* A driver on a thread of its own may have seen the used descriptor by now and
 * made its slot available again, which its flags then say: it is left alone. */
static bool is_shown(const struct fake_ring *ring, const uint8_t *entry,
                     uint16_t *flags)
{
    if (!ring->packed)
        return true;
    *flags = fake_packed_flags(entry);
    return !(*flags & VIRTQ_DESC_F_AVAIL) == !(*flags & VIRTQ_DESC_F_USED);
}

static bool mend(struct fake_ring *ring)
{
    struct fake_late *late = &ring->late;

    if (!late->torn)
        return false;
    if (ring->packed) {
        fake_packed_amend(late->torn, late->torn_flags,
                          PACKED_WORD(0, UINT16_MAX, UINT32_MAX),
                          PACKED_WORD(0, late->torn_id, late->torn_len));
    } else {
        put32(late->torn, late->torn_id);
        put32(late->torn + 4, late->torn_len);
    }
    late->torn = NULL;
    return true;
}

/* One at a time: the last one is whole by now. */
void fake_ring_tear(struct fake_ring *ring, uint8_t *entry,
                    const struct fake_used *used)
{
    uint16_t flags = 0;

    (void)mend(ring);
    if (!is_shown(ring, entry, &flags))
        return;
    ring->late.torn = entry;
    ring->late.torn_id = used->id;
    ring->late.torn_len = used->len;
    ring->late.torn_flags = flags;
}

/* ---- entries that change ---------------------------------------------- */

void fake_ring_note_shown(struct fake_ring *ring, uint8_t *entry,
                          const struct fake_chain *chain)
{
    struct fake_late *late = &ring->late;
    struct fake_shown *shown = &late->shown[late->shown_at];

    *shown = (struct fake_shown){.entry = entry, .idx = ring->used_idx};
    if (!is_shown(ring, entry, &shown->flags)) {
        shown->entry = NULL;
        return;
    }
    late->shown_at = (late->shown_at + 1) % FAKE_SHOWN_MAX;
    for (uint32_t k = 0;
         k < chain->fetched_count && shown->windows < FAKE_SHOWN_WINDOWS; k++)
        shown->window[shown->windows++] =
            (uint32_t)(chain->fetched[k].addr >> 32);
}

enum { FLIP_LEN, FLIP_ID, FLIP_SHOWN };

/* Far from anything that a driver may have: who believes it is found out. */
#define FLIPPED_ID 0xfff0u
#define FLIPPED_LEN 0xfffffff0u

static void flip_split(struct fake_ring *ring, const struct fake_shown *shown,
                       uint64_t field)
{
    if (field == FLIP_SHOWN)
        fake_split_show_idx(ring, (uint16_t)(ring->used_idx - 1));
    else if ((uint16_t)(ring->used_idx - shown->idx) >= ring->cfg.size)
        return; /* another one stands there by now */
    else if (field == FLIP_ID)
        put32(shown->entry, FLIPPED_ID);
    else
        put32(shown->entry + 4, FLIPPED_LEN);
}

/* The flags of another lap say "available" again. */
static void flip_packed(const struct fake_shown *shown, uint64_t field)
{
    uint16_t used = VIRTQ_DESC_F_USED;

    if (field == FLIP_SHOWN)
        fake_packed_amend(shown->entry, shown->flags, PACKED_WORD(used, 0, 0),
                          PACKED_WORD(used & ~shown->flags, 0, 0));
    else if (field == FLIP_ID)
        fake_packed_amend(shown->entry, shown->flags,
                          PACKED_WORD(0, UINT16_MAX, 0),
                          PACKED_WORD(0, FLIPPED_ID, 0));
    else
        fake_packed_amend(shown->entry, shown->flags,
                          PACKED_WORD(0, 0, UINT32_MAX),
                          PACKED_WORD(0, 0, FLIPPED_LEN));
}

static bool is_of(const struct fake_shown *shown, uint64_t dma)
{
    for (unsigned k = 0; k < shown->windows; k++)
        if (shown->window[k] == dma >> 32)
            return true;
    return false;
}

static void may_flip(struct fake_ring *ring, struct fake_shown *shown)
{
    uint64_t field = FLIP_LEN;

    if (ring_fault(ring, FAKE_FAULT_USED_FLIPPED, &field)) {
        if (ring->packed)
            flip_packed(shown, field);
        else
            flip_split(ring, shown, field);
    }
    shown->entry = NULL; /* the first look only */
}

void fake_ring_unshared(struct fake_ring *ring, uint64_t dma)
{
    if (!ring->live)
        return;
    for (unsigned k = 0; k < FAKE_SHOWN_MAX; k++) {
        struct fake_shown *shown = &ring->late.shown[k];

        if (shown->entry && is_of(shown, dma)) {
            may_flip(ring, shown);
            return;
        }
    }
}

/* ---- moves ------------------------------------------------------------ */

bool fake_ring_late(struct fake_ring *ring, uint64_t now_ns)
{
    if (!ring->live)
        return false;
    ring->late.now_ns = now_ns;
    ring->late.gave = false;
    return mend(ring);
}

uint64_t fake_ring_late_due(const struct fake_ring *ring)
{
    if (!ring->live)
        return UINT64_MAX;
    if (ring->late.torn)
        return ring->late.now_ns;
    return ring->late.kept ? ring->late.kept->kept_until : UINT64_MAX;
}
