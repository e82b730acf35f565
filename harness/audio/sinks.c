/* SPDX-License-Identifier: MIT
 *
 * sinks.c: what all sinks have in common. See sinks.h.
 */
#include "sinks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sink_kind.h"
#include "spec.h"

#define SILENCE_FRAMES 1024u

static const struct rig_sink_kind *const kinds[] = {
    &rig_sink_kind_null,
    &rig_sink_kind_wav,
    &rig_sink_kind_raw,
    &rig_sink_kind_portaudio,
};

int rig_sink_fail(struct rig_sink *s, const char *text, ...)
{
    va_list args;

    if (atomic_load(&s->failed))
        return -1;
    va_start(args, text);
    vsnprintf(s->err, sizeof(s->err), text, args);
    va_end(args);
    atomic_store(&s->failed, true);
    return -1;
}

void rig_sink_holds(struct rig_sink *s, uint64_t bytes)
{
    uint64_t silent = atomic_load(&s->silent_bytes);

    atomic_store(&s->bytes, bytes > silent ? bytes - silent : 0);
}

/* ---- the device's thread ---- */

static int make_silence(struct rig_sink *s)
{
    size_t bytes = SILENCE_FRAMES * s->pcm.frame_bytes;

    free(s->silence);
    s->silence = malloc(bytes ? bytes : SILENCE_FRAMES);
    if (!s->silence)
        return rig_sink_fail(s, "%s: out of memory", s->kind->name);
    rig_pcm_silence(s->pcm.format, s->silence, bytes ? bytes : SILENCE_FRAMES);
    return 0;
}

static int sink_start(struct fake_sink *port, const struct fake_pcm *pcm)
{
    struct rig_sink *s = (struct rig_sink *)port;
    bool anew = !s->set || !rig_pcm_same(&s->pcm, pcm);

    if (atomic_load(&s->failed))
        return -1;
    s->pcm = *pcm;
    s->set = true;
    s->gap_bytes = 0;
    atomic_store(&s->frame_bytes, pcm->frame_bytes);
    atomic_store(&s->byte_samples, pcm->channels);
    if (anew && make_silence(s))
        return -1;
    return s->kind->start(s, anew);
}

/* The silence that is known to be a gap now. */
static int fill_gap(struct rig_sink *s)
{
    size_t most =
        SILENCE_FRAMES * (s->pcm.frame_bytes ? s->pcm.frame_bytes : 1);

    atomic_fetch_add(&s->silent_bytes, s->gap_bytes);
    atomic_fetch_add(&s->xruns, 1);
    while (s->gap_bytes && !s->kind->live) {
        size_t some = s->gap_bytes < most ? (size_t)s->gap_bytes : most;

        if (s->kind->write(s, s->silence, some))
            return -1;
        s->gap_bytes -= some;
    }
    s->gap_bytes = 0;
    return 0;
}

static int write_silence(struct rig_sink *s, size_t bytes)
{
    size_t most =
        SILENCE_FRAMES * (s->pcm.frame_bytes ? s->pcm.frame_bytes : 1);

    s->gap_bytes += bytes;
    while (bytes && s->kind->live) {
        size_t some = bytes < most ? bytes : most;

        if (s->kind->write(s, s->silence, some))
            return -1;
        bytes -= some;
    }
    return 0;
}

static int sink_write(struct fake_sink *port, const void *data, size_t bytes,
                      bool silence)
{
    struct rig_sink *s = (struct rig_sink *)port;

    if (atomic_load(&s->failed))
        return -1;
    if (silence)
        return write_silence(s, bytes);
    if (bytes && s->gap_bytes && fill_gap(s))
        return -1;
    if (bytes && s->kind->write(s, data, bytes))
        return -1;
    atomic_fetch_add(&s->bytes, bytes);
    return 0;
}

static uint64_t sink_clock(struct fake_sink *port)
{
    struct rig_sink *s = (struct rig_sink *)port;

    return s->kind->clock(s);
}

static void sink_stop(struct fake_sink *port)
{
    struct rig_sink *s = (struct rig_sink *)port;

    s->gap_bytes = 0;
    s->kind->stop(s);
}

/* ---- everybody's ---- */

struct rig_sink *rig_sink_open(const char *spec, char *err, size_t room)
{
    const char *arg;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        const struct rig_sink_kind *kind = kinds[k];
        struct rig_sink *s;

        if (!rig_spec_is(spec, kind->name, &arg))
            continue;
        s = kind->open(arg, err, room);
        if (!s)
            return NULL;
        s->kind = kind;
        s->ops.start = sink_start;
        s->ops.write = sink_write;
        s->ops.clock = kind->clock ? sink_clock : NULL;
        s->ops.stop = sink_stop;
        s->port.ops = &s->ops;
        return s;
    }
    snprintf(err, room,
             "expected null, wav:FILE, raw:FILE or portaudio[:DEVICE], "
             "found '%s'",
             spec);
    return NULL;
}

bool rig_sink_writes(const struct rig_sink *sink, const char *path)
{
    return sink->file && rig_sink_file_is(sink->file, path);
}

int rig_sink_prepare(struct rig_sink *sink, const struct fake_pcm *pcm,
                     char *err, size_t room)
{
    return sink->kind->prepare ? sink->kind->prepare(sink, pcm, err, room) : 0;
}

struct fake_sink *rig_sink_port(struct rig_sink *sink)
{
    return &sink->port;
}

static uint64_t frames_of(const struct rig_sink *s, uint64_t bytes)
{
    unsigned frame_bytes = atomic_load(&s->frame_bytes);
    unsigned samples = atomic_load(&s->byte_samples);

    if (frame_bytes)
        return bytes / frame_bytes;
    return samples ? bytes * 2 / samples : 0;
}

void rig_sink_stats(const struct rig_sink *sink, struct rig_sink_stats *stats)
{
    stats->frames = frames_of(sink, atomic_load(&sink->bytes));
    stats->silent_frames = frames_of(sink, atomic_load(&sink->silent_bytes));
    stats->xruns = atomic_load(&sink->xruns);
    stats->starved = atomic_load(&sink->starved);
    stats->out_frames = stats->frames;
    if (sink->kind->live) {
        uint64_t heard = atomic_load(&sink->heard);

        stats->out_frames =
            heard > stats->silent_frames ? heard - stats->silent_frames : 0;
    }
}

bool rig_sink_live(const struct rig_sink *sink)
{
    return sink->kind->live;
}

const char *rig_sink_error(const struct rig_sink *sink)
{
    return atomic_load(&sink->failed) ? sink->err : NULL;
}

int rig_sink_close(struct rig_sink *sink, char *err, size_t room)
{
    int result = 0;

    if (!sink)
        return 0;
    sink->kind->close(sink);
    if (rig_sink_error(sink)) {
        snprintf(err, room, "%s", sink->err);
        result = -1;
    }
    free(sink->silence);
    free(sink);
    return result;
}
