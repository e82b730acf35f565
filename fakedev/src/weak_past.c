/* SPDX-License-Identifier: MIT
 *
 * weak_past.c: what memory was before the device's last moves, for loads that
 * are satisfied early, see weak.h.
 *
 * Time is the number of moves of the device that changed a watched line. What
 * stood in a line at a time is found backwards from now, change by change.
 */
#include "weak_private.h"

#include <string.h>

static uint64_t line_at(uint64_t offset)
{
    return offset / WEAK_LINE * WEAK_LINE;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- time ------------------------------------------------------------- */

/* Changes that no load can look behind any more. */
static void drop_old(struct fake_weak *w)
{
    unsigned k = 0;

    while (k < w->change_count && w->change[k].time <= w->floor)
        k++;
    if (k == 0)
        return;
    w->change_count -= k;
    memmove(&w->change[0], &w->change[k],
            w->change_count * sizeof(w->change[0]));
}

void weak_past_raise(struct fake_weak *w, uint64_t time)
{
    if (time <= w->floor)
        return;
    w->floor = time;
    drop_old(w);
}

void weak_past_forget(struct fake_weak *w, uint64_t offset, size_t bytes)
{
    uint64_t line = line_at(offset);

    for (; line < offset + bytes; line += WEAK_LINE) {
        unsigned number = w->line_of[line / WEAK_LINE];

        if (number)
            w->line[number - 1].since = w->now;
    }
}

/* ---- lines ------------------------------------------------------------ */

static void watch_line(struct fake_weak *w, uint64_t offset)
{
    uint64_t number = offset / WEAK_LINE;

    if (offset >= w->arena->bytes || !weak_range_is_open(w, offset) ||
        w->line_of[number])
        return;
    if (w->line_count == WEAK_LINES) {
        for (unsigned k = 0; k < WEAK_LINES; k++)
            w->line_of[w->line[k].offset / WEAK_LINE] = 0;
        w->line_count = 0;
        weak_past_raise(w, w->now);
    }
    w->line[w->line_count] =
        (struct weak_line){.offset = offset, .since = w->now};
    w->line_of[number] = (uint16_t)++w->line_count;
}

/* The next line as well: a CPU that loads ahead starts there. */
void weak_past_watch(struct fake_weak *w, uint64_t offset)
{
    watch_line(w, line_at(offset));
    watch_line(w, line_at(offset) + WEAK_LINE);
}

void weak_past_begin(struct fake_weak *w)
{
    for (unsigned k = 0; k < w->line_count; k++)
        memcpy(w->line[k].was, weak_at(w, w->line[k].offset), WEAK_LINE);
}

static void keep(struct fake_weak *w, const struct weak_line *line)
{
    struct weak_change *c;

    if (w->change_count == FAKE_WEAK_PAST)
        weak_past_raise(w, w->change[0].time);
    c = &w->change[w->change_count++];
    c->time = w->now;
    c->offset = line->offset;
    memcpy(c->was, line->was, WEAK_LINE);
}

void weak_past_end(struct fake_weak *w)
{
    bool changed = false;

    for (unsigned k = 0; k < w->line_count; k++) {
        const struct weak_line *line = &w->line[k];

        if (memcmp(line->was, weak_at(w, line->offset), WEAK_LINE) == 0)
            continue;
        w->now += !changed;
        changed = true;
        keep(w, line);
    }
}

/* ---- what was seen (coherence) ---------------------------------------- */

/* Two units may fall on one place: what is pushed out is from then on true of
 * all memory, which forbids more than it has to and allows nothing wrong. */
static void note_unit(struct fake_weak *w, uint64_t unit, uint64_t time)
{
    struct weak_seen *s = &w->seen[unit % WEAK_SEEN];

    if (s->unit == unit) {
        s->time = max(s->time, time);
        return;
    }
    weak_past_raise(w, s->time);
    *s = (struct weak_seen){.unit = unit, .time = time};
}

void weak_past_note(struct fake_weak *w, uint64_t offset, size_t bytes,
                    uint64_t time)
{
    uint64_t unit = offset / WEAK_UNIT;

    for (; unit * WEAK_UNIT < offset + bytes && time > w->floor; unit++)
        note_unit(w, unit, time);
}

/* No load of these bytes may be satisfied earlier. */
static uint64_t earliest(const struct fake_weak *w, uint64_t offset,
                         uint32_t bytes)
{
    unsigned number = w->line_of[offset / WEAK_LINE];
    uint64_t time = w->floor, unit = offset / WEAK_UNIT;

    if (!number || offset + bytes > line_at(offset) + WEAK_LINE)
        return w->now;
    time = max(time, w->line[number - 1].since);
    for (; unit * WEAK_UNIT < offset + bytes; unit++) {
        const struct weak_seen *s = &w->seen[unit % WEAK_SEEN];

        if (s->unit == unit)
            time = max(time, s->time);
    }
    return time;
}

/* ---- loads ------------------------------------------------------------ */

static uint64_t choose_time(struct fake_weak *w, uint64_t first)
{
    if (first >= w->now || weak_choose(w, 2))
        return w->now;
    return first + weak_choose(w, w->now - first);
}

/* Own stores that wait are what the driver sees, whenever it looks. */
static void undo(const struct fake_weak *w, uint64_t time, uint64_t offset,
                 uint32_t bytes, uint8_t *to)
{
    bool own[WEAK_STORE_BYTES];

    weak_stores_mark(w, offset, bytes, own);
    for (unsigned k = w->change_count; k-- > 0;) {
        const struct weak_change *c = &w->change[k];

        if (c->time <= time)
            return;
        if (c->offset != line_at(offset))
            continue;
        for (uint32_t i = 0; i < bytes; i++)
            if (!own[i])
                to[i] = c->was[offset - c->offset + i];
    }
}

static void tell(struct fake_weak *w, uint64_t offset, uint32_t bytes,
                 const uint8_t *got)
{
    uint64_t value = 0, newer = 0;
    uint32_t width = bytes < 8 ? bytes : 8;

    if (!w->arena->log->on || memcmp(got, weak_at(w, offset), bytes) == 0)
        return;
    for (uint32_t k = width; k-- > 0;) {
        value = value << 8 | got[k];
        newer = newer << 8 | *weak_at(w, offset + k);
    }
    weak_tell(w, &w->last.load_early, FAKE_EV_LOAD_EARLY,
              weak_range_dma(w, offset), bytes, value, newer);
}

void weak_past_current(struct fake_weak *w, uint64_t offset, size_t bytes)
{
    weak_past_note(w, offset, bytes, w->now);
    w->newest = w->now;
}

uint64_t weak_past_load(struct fake_weak *w, uint64_t offset, uint32_t bytes,
                        uint8_t *to)
{
    uint64_t time = choose_time(w, earliest(w, offset, bytes));

    memcpy(to, weak_at(w, offset), bytes);
    if (time < w->now) {
        undo(w, time, offset, bytes, to);
        tell(w, offset, bytes, to);
    }
    weak_past_note(w, offset, bytes, time);
    w->newest = max(w->newest, time);
    return time;
}
