/* SPDX-License-Identifier: MIT
 *
 * source_made.c: sources that are computed: silence, sine, ramp, counter. A
 * sample depends on its place in the stream only, not on how it is asked for.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source_kind.h"

#define SINE_HZ_MAX 192000.0
#define SINE_SCALE 0.5

struct source_sine {
    struct rig_source base;
    double hz;
};

static struct rig_source *plain_open(const char *name, const char *arg,
                                     char *err, size_t room)
{
    struct rig_source *s = arg ? NULL : calloc(1, sizeof(*s));

    if (!s)
        snprintf(err, room, "%s%s", name,
                 arg ? " takes no argument" : ": out of memory");
    return s;
}

static int made_start(struct rig_source *s, bool anew)
{
    (void)s;
    (void)anew;
    return 0;
}

static void made_end(struct rig_source *s)
{
    (void)s;
}

/* Samples given so far; bytes, of a format with half a byte each. */
static uint64_t samples_given(const struct rig_source *s)
{
    unsigned width = rig_pcm_format(s->pcm.format)->bytes;

    return atomic_load(&s->bytes) / (width ? width : 1);
}

static size_t samples_in(const struct rig_source *s, size_t bytes)
{
    unsigned width = rig_pcm_format(s->pcm.format)->bytes;

    return bytes / (width ? width : 1);
}

/* ---- silence ---- */

static struct rig_source *silence_open(const char *arg, char *err, size_t room)
{
    return plain_open("silence", arg, err, room);
}

static int silence_read(struct rig_source *s, void *data, size_t bytes)
{
    rig_pcm_silence(s->pcm.format, data, bytes);
    return 0;
}

/* ---- counter ---- */

static struct rig_source *counter_open(const char *arg, char *err, size_t room)
{
    return plain_open("counter", arg, err, room);
}

static int counter_read(struct rig_source *s, void *data, size_t bytes)
{
    rig_pcm_counter(s->pcm.format, samples_given(s) + 1, data,
                    samples_in(s, bytes));
    return 0;
}

/* ---- ramp ---- */

static struct rig_source *ramp_open(const char *arg, char *err, size_t room)
{
    return plain_open("ramp", arg, err, room);
}

static int ramp_read(struct rig_source *s, void *data, size_t bytes)
{
    unsigned width = rig_pcm_format(s->pcm.format)->bytes;
    uint64_t at = samples_given(s);
    uint8_t *p = data;

    width = width ? width : 1;
    for (size_t k = 0; k < samples_in(s, bytes); k++)
        rig_pcm_counter(s->pcm.format, (at + k) / s->pcm.channels,
                        p + k * width, 1);
    return 0;
}

/* ---- sine ---- */

static struct rig_source *sine_open(const char *arg, char *err, size_t room)
{
    struct source_sine *sine;
    char *end = NULL;
    double hz = arg ? strtod(arg, &end) : 0;

    if (!arg || !*arg || *end || !(hz > 0) || hz > SINE_HZ_MAX) {
        snprintf(err, room, "sine: expected sine:HZ up to %.0f, found '%s'",
                 SINE_HZ_MAX, arg ? arg : "");
        return NULL;
    }
    sine = calloc(1, sizeof(*sine));
    if (!sine) {
        snprintf(err, room, "sine: out of memory");
        return NULL;
    }
    sine->hz = hz;
    return &sine->base;
}

static int sine_prepare(struct rig_source *s, const struct fake_pcm *pcm,
                        char *err, size_t room)
{
    const struct source_sine *sine = (const struct source_sine *)s;

    if (sine->hz * 2 < pcm->rate_hz)
        return 0;
    snprintf(err, room, "sine: %g Hz need more than %u frames per second",
             sine->hz, pcm->rate_hz);
    return -1;
}

static int sine_start(struct rig_source *s, bool anew)
{
    char err[RIG_SOURCE_ERR];

    (void)anew;
    if (sine_prepare(s, &s->pcm, err, sizeof(err)))
        return rig_source_fail(s, "%s", err);
    return 0;
}

static int sine_read(struct rig_source *s, void *data, size_t bytes)
{
    static const double turn = 6.283185307179586476925;
    const struct source_sine *sine = (const struct source_sine *)s;
    unsigned width = rig_pcm_format(s->pcm.format)->bytes;
    uint64_t at = samples_given(s) / s->pcm.channels;
    uint8_t *p = data;

    for (size_t left = samples_in(s, bytes) / s->pcm.channels; left;
         left--, at++) {
        /* the phase from the frame itself: no error adds up in an hour */
        double cycles = fmod((double)at * sine->hz, s->pcm.rate_hz);
        double v = SINE_SCALE * sin(turn * cycles / s->pcm.rate_hz);

        for (unsigned c = 0; c < s->pcm.channels; c++, p += width)
            rig_pcm_pack(s->pcm.format, &v, p, 1);
    }
    return 0;
}

#define MADE(NAME, PREPARE, START, ONLY)                                       \
    const struct rig_source_kind rig_source_kind_##NAME = {                    \
        .name = #NAME,                                                         \
        .open = NAME##_open,                                                   \
        .prepare = PREPARE,                                                    \
        .start = START,                                                        \
        .read = NAME##_read,                                                   \
        .stop = made_end,                                                      \
        .close = made_end,                                                     \
        .samples_only = ONLY,                                                  \
    }

MADE(silence, NULL, made_start, false);
MADE(counter, NULL, made_start, false);
MADE(ramp, NULL, made_start, false);
MADE(sine, sine_prepare, sine_start, true);
