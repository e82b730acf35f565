/* SPDX-License-Identifier: MIT
 *
 * meter.c: see meter.h.
 */
#include "meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "pcm_format.h"
#include "quiet.h"

#define SHOW_NS UINT64_C(100000000)
#define BAR 20
#define FLOOR_DB (-60.0)
#define CHUNK 256u
#define COLUMNS 80u /* of a terminal that does not tell */
#define PART_ROOM 48u

static uint64_t real_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void rig_meter_init(struct rig_meter *m)
{
    *m = (struct rig_meter){.on = isatty(fileno(rig_err())) != 0};
}

void rig_meter_listen(struct rig_meter *m, uint8_t format, const void *frames,
                      size_t bytes)
{
    const uint8_t *p = frames;
    double v[CHUNK];
    size_t samples;

    if (!m->on || !rig_pcm_has_samples(format))
        return;
    samples = bytes / rig_pcm_format(format)->bytes;
    while (samples) {
        size_t n = samples < CHUNK ? samples : CHUNK;

        rig_pcm_unpack(format, p, v, n);
        for (size_t k = 0; k < n; k++)
            m->peak = fmax(m->peak, fabs(v[k]));
        p += n * rig_pcm_format(format)->bytes;
        samples -= n;
    }
}

/* "3:05.2" */
static void time_text(char *text, size_t room, uint64_t frames,
                      uint32_t rate_hz)
{
    uint64_t tenths = rate_hz ? frames * 10 / rate_hz : 0;

    snprintf(text, room, "%" PRIu64 ":%02" PRIu64 ".%" PRIu64, tenths / 600,
             tenths / 10 % 60, tenths % 10);
}

static double level_db(double peak)
{
    double db = peak > 0 ? 20 * log10(peak) : FLOOR_DB;

    return db < FLOOR_DB ? FLOOR_DB : db;
}

static void bar_text(char bar[BAR + 1], double db)
{
    int n = (int)((db - FLOOR_DB) / -FLOOR_DB * BAR + 0.5);

    n = n > BAR ? BAR : n;
    memset(bar, ' ', BAR);
    memset(bar, '#', (size_t)n);
    bar[BAR] = '\0';
}

/* The line in parts, as they stand in it. */
enum { TIME, TOTAL, LEVEL, DB, BUFFER, XRUNS, PARTS };

/* A line that does not fit would be one more at each update. */
static void drop_what_does_not_fit(char part[PARTS][PART_ROOM], size_t room)
{
    static const int order[] = {LEVEL, BUFFER, TOTAL, DB, XRUNS, TIME};
    size_t bytes = 0;

    for (unsigned k = 0; k < PARTS; k++)
        bytes += strlen(part[k]);
    for (unsigned k = 0; k < PARTS && bytes > room; k++) {
        bytes -= strlen(part[order[k]]);
        part[order[k]][0] = '\0';
    }
}

static void fill_parts(char part[PARTS][PART_ROOM], double peak,
                       const struct rig_meter_state *s)
{
    char text[32], bar[BAR + 1];
    double db = level_db(peak);

    time_text(text, sizeof(text), s->frames, s->rate_hz);
    snprintf(part[TIME], PART_ROOM, "  %s", text);
    time_text(text, sizeof(text), s->frames_total, s->rate_hz);
    part[TOTAL][0] = '\0';
    if (s->frames_total != UINT64_MAX)
        snprintf(part[TOTAL], PART_ROOM, " / %s", text);
    bar_text(bar, db);
    snprintf(part[LEVEL], PART_ROOM, "  [%s]", bar);
    snprintf(part[DB], PART_ROOM, " %5.1f dB", db);
    snprintf(part[BUFFER], PART_ROOM, "  buffer %3u%%",
             s->count ? s->used * 100 / s->count : 0);
    snprintf(part[XRUNS], PART_ROOM, "  xruns %" PRIu64, s->xruns);
}

/* Asked each time: a window may change its size. */
static size_t columns(void)
{
    struct winsize size = {0};

    if (ioctl(fileno(rig_err()), TIOCGWINSZ, &size) || size.ws_col == 0)
        return COLUMNS;
    return size.ws_col;
}

void rig_meter_show(struct rig_meter *m, const struct rig_meter_state *s)
{
    char part[PARTS][PART_ROOM];
    uint64_t now;

    if (!m->on)
        return;
    now = real_ns();
    if (now < m->next_ns)
        return;
    m->next_ns = now + SHOW_NS;
    m->shown = true;
    fill_parts(part, m->peak, s);
    drop_what_does_not_fit(part, columns() - 1);
    fprintf(rig_err(), "\r%s%s%s%s%s%s\x1b[K", part[TIME], part[TOTAL],
            part[LEVEL], part[DB], part[BUFFER], part[XRUNS]);
    fflush(rig_err());
    m->peak = 0;
}

void rig_meter_end(struct rig_meter *m)
{
    if (m->shown)
        fputs("\r\x1b[K", rig_err());
    m->shown = false;
}
