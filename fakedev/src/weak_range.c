/* SPDX-License-Identifier: MIT
 *
 * weak_range.c: the memory that the device sees, by lines for every access and
 * by ranges for the log, see weak.h.
 */
#include "weak_private.h"

#include <stdlib.h>

static void count_lines(struct fake_weak *w, uint64_t offset, size_t bytes,
                        bool open)
{
    uint64_t k = offset / WEAK_LINE, last = (offset + bytes - 1) / WEAK_LINE;

    for (; k <= last; k++) {
        if (open && w->open[k] != UINT16_MAX)
            w->open[k]++;
        if (!open && w->open[k])
            w->open[k]--;
    }
}

static bool has_room(struct fake_weak *w)
{
    size_t room = w->range_room ? 2 * w->range_room : 64;
    struct weak_range *range;

    if (w->range_count < w->range_room)
        return true;
    range = realloc(w->range, room * sizeof(*range));
    if (!range)
        return false;
    w->range = range;
    w->range_room = room;
    return true;
}

/* Without memory the log lacks an address, nothing else. */
void weak_range_add(struct fake_weak *w, uint64_t offset, size_t bytes,
                    uint64_t dma)
{
    count_lines(w, offset, bytes, true);
    if (has_room(w))
        w->range[w->range_count++] = (struct weak_range){offset, bytes, dma};
}

void weak_range_remove(struct fake_weak *w, uint64_t offset, size_t bytes,
                       uint64_t dma)
{
    count_lines(w, offset, bytes, false);
    for (size_t k = w->range_count; k-- > 0;)
        if (w->range[k].dma == dma) {
            w->range[k] = w->range[--w->range_count];
            return;
        }
}

bool weak_range_is_open(const struct fake_weak *w, uint64_t offset)
{
    return w->open[offset / WEAK_LINE] != 0;
}

uint64_t weak_range_dma(const struct fake_weak *w, uint64_t offset)
{
    for (size_t k = 0; k < w->range_count; k++) {
        const struct weak_range *r = &w->range[k];

        if (offset - r->offset < r->bytes)
            return r->dma + (offset - r->offset);
    }
    return 0;
}
