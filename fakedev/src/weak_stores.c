/* SPDX-License-Identifier: MIT
 *
 * weak_stores.c: the store buffer, see weak.h.
 *
 * While the driver runs, memory has all of its stores, and each one that waits
 * knows what it covers. To leave the buffer is therefore to be forgotten: what
 * is no longer here is not taken back when the device moves.
 */
#include "weak_private.h"

#include <string.h>

static bool overlap(const struct weak_store *s, uint64_t offset, size_t bytes)
{
    return s->offset < offset + bytes && offset < s->offset + s->bytes;
}

/* Whoever stored it sees it, or what came after. */
static void gets_out(struct fake_weak *w, const struct weak_store *s)
{
    w->seq_cst_count -= s->seq_cst;
    weak_past_note(w, s->offset, s->bytes, w->now);
}

static void oldest_out(struct fake_weak *w)
{
    gets_out(w, &w->store[0]);
    memmove(&w->store[0], &w->store[1], --w->count * sizeof(w->store[0]));
}

void weak_store_add(struct fake_weak *w, uint64_t offset, const uint8_t *stale,
                    uint32_t bytes, enum fake_order order)
{
    struct weak_store *s;

    if (w->count == FAKE_WEAK_PENDING)
        oldest_out(w);
    s = &w->store[w->count++];
    *s = (struct weak_store){
        .offset = offset,
        .bytes = bytes,
        .section = w->section,
        .release = order >= FAKE_RELEASE,
        .seq_cst = order == FAKE_SEQ_CST,
    };
    memcpy(s->stale, stale, bytes);
    memcpy(s->fresh, weak_at(w, offset), bytes);
    w->seq_cst_count += s->seq_cst;
}

/* The first `left` stores stay in the buffer: may s get out before them? */
static bool may_overtake(const struct fake_weak *w, unsigned left,
                         const struct weak_store *s)
{
    if (left == 0)
        return true;
    if (s->release || s->section != w->store[0].section)
        return false;
    for (unsigned k = 0; k < left; k++)
        if (overlap(&w->store[k], s->offset, s->bytes))
            return false;
    return true;
}

/* Returns how many stores got out that came later than the first that stays. */
static unsigned leak(struct fake_weak *w, uint64_t how)
{
    uint64_t stays = how == 3 ? weak_choose(w, w->count) : 0;
    unsigned left = 0, overtaking = 0, count = w->count;

    for (unsigned k = 0; k < count; k++) {
        struct weak_store *s = &w->store[k];
        bool wanted = how == 3 ? k != stays : weak_choose(w, 2);

        if (wanted && may_overtake(w, left, s)) {
            gets_out(w, s);
            overtaking += left != 0;
        } else {
            w->store[left++] = *s;
        }
    }
    w->count = left;
    return overtaking;
}

/* How the buffer empties before one move of the device: not at all, anyhow, or
 * all but one store and what may not overtake it, which is what shows the
 * order that a driver relies on. */
void weak_stores_leak(struct fake_weak *w)
{
    uint64_t how = w->count ? weak_choose(w, 4) : 0;
    unsigned overtaking = how < 2 ? 0 : leak(w, how);

    if (w->count && w->arena->log->on)
        weak_tell(w, &w->last.stores_late, FAKE_EV_STORES_LATE,
                  weak_range_dma(w, w->store[0].offset), w->store[0].bytes,
                  w->count, overtaking);
}

void weak_stores_all_out(struct fake_weak *w)
{
    for (unsigned k = 0; k < w->count; k++)
        gets_out(w, &w->store[k]);
    w->count = 0;
}

/* Where something else stands than this store left there, nobody told of a
 * later one: that is visible at once. */
static void take_back(struct fake_weak *w, struct weak_store *s)
{
    uint8_t *mem = weak_at(w, s->offset);

    for (uint32_t k = 0; k < s->bytes; k++) {
        if (mem[k] == s->fresh[k])
            mem[k] = s->stale[k];
        else
            s->fresh[k] = mem[k];
    }
}

void weak_stores_hide(struct fake_weak *w)
{
    for (unsigned k = w->count; k-- > 0;)
        take_back(w, &w->store[k]);
}

void weak_stores_show(struct fake_weak *w)
{
    for (unsigned k = 0; k < w->count; k++) {
        struct weak_store *s = &w->store[k];

        memcpy(s->stale, weak_at(w, s->offset), s->bytes);
        memcpy(weak_at(w, s->offset), s->fresh, s->bytes);
    }
}

bool weak_stores_touch(const struct fake_weak *w, uint64_t offset, size_t bytes)
{
    for (unsigned k = 0; k < w->count; k++)
        if (overlap(&w->store[k], offset, bytes))
            return true;
    return false;
}

void weak_stores_mark(const struct fake_weak *w, uint64_t offset,
                      uint32_t bytes, bool *own)
{
    memset(own, 0, bytes * sizeof(*own));
    for (unsigned k = 0; k < w->count; k++) {
        const struct weak_store *s = &w->store[k];

        if (!overlap(s, offset, bytes))
            continue;
        for (uint32_t i = 0; i < bytes; i++)
            own[i] |= offset + i - s->offset < s->bytes;
    }
}
