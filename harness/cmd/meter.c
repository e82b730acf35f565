/* SPDX-License-Identifier: MIT
 *
 * meter.c: see meter.h.
 */
#include "meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pcm_format.h"
#include "quiet.h"

#define SHOW_NS UINT64_C(100000000)
#define BAR 20
#define FLOOR_DB (-60.0)
#define CHUNK 256u

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
static void print_time(uint64_t frames, uint32_t rate_hz)
{
    uint64_t tenths = rate_hz ? frames * 10 / rate_hz : 0;

    fprintf(rig_err(), "%" PRIu64 ":%02" PRIu64 ".%" PRIu64, tenths / 600,
            tenths / 10 % 60, tenths % 10);
}

static void print_level(double peak)
{
    double db = peak > 0 ? 20 * log10(peak) : FLOOR_DB;
    char bar[BAR + 1];
    int n;

    db = db < FLOOR_DB ? FLOOR_DB : db;
    n = (int)((db - FLOOR_DB) / -FLOOR_DB * BAR + 0.5);
    n = n > BAR ? BAR : n;
    memset(bar, ' ', BAR);
    memset(bar, '#', (size_t)n);
    bar[BAR] = '\0';
    fprintf(rig_err(), "  [%s] %5.1f dB", bar, db);
}

void rig_meter_show(struct rig_meter *m, const struct rig_meter_state *s)
{
    uint64_t now;

    if (!m->on)
        return;
    now = real_ns();
    if (now < m->next_ns)
        return;
    m->next_ns = now + SHOW_NS;
    m->shown = true;
    fputs("\r  ", rig_err());
    print_time(s->frames, s->rate_hz);
    if (s->frames_total != UINT64_MAX) {
        fputs(" / ", rig_err());
        print_time(s->frames_total, s->rate_hz);
    }
    print_level(m->peak);
    fprintf(rig_err(), "  buffer %3u%%  xruns %" PRIu64 "\x1b[K",
            s->count ? s->used * 100 / s->count : 0, s->xruns);
    fflush(rig_err());
    m->peak = 0;
}

void rig_meter_end(struct rig_meter *m)
{
    if (m->shown)
        fputs("\r\x1b[K", rig_err());
    m->shown = false;
}
