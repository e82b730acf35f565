/* SPDX-License-Identifier: MIT
 *
 * sources.c: what all sources have in common. See sources.h.
 */
#include "sources.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "source_kind.h"
#include "spec.h"

static const struct rig_source_kind *const kinds[] = {
    &rig_source_kind_silence, &rig_source_kind_sine, &rig_source_kind_ramp,
    &rig_source_kind_counter, &rig_source_kind_file, &rig_source_kind_portaudio,
};

int rig_source_fail(struct rig_source *s, const char *text, ...)
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

/* ---- the device's thread ---- */

static int check_format(const struct rig_source *s, const struct fake_pcm *pcm,
                        char *err, size_t room)
{
    const struct rig_pcm_format *f = rig_pcm_format(pcm->format);

    if (f && (!s->kind->samples_only || rig_pcm_has_samples(pcm->format)))
        return 0;
    snprintf(err, room, "%s: cannot make samples of %s", s->kind->name,
             f ? f->name : "this format");
    return -1;
}

static int source_start(struct fake_source *port, const struct fake_pcm *pcm)
{
    struct rig_source *s = (struct rig_source *)port;
    bool anew = !s->set || !rig_pcm_same(&s->pcm, pcm);
    char err[RIG_SOURCE_ERR];

    if (atomic_load(&s->failed))
        return -1;
    s->pcm = *pcm;
    s->set = true;
    if (check_format(s, pcm, err, sizeof(err)))
        return rig_source_fail(s, "%s", err);
    if (anew)
        atomic_store(&s->bytes, 0);
    s->missing = s->gap = false;
    return s->kind->start(s, anew);
}

static int source_read(struct fake_source *port, void *data, size_t bytes)
{
    struct rig_source *s = (struct rig_source *)port;

    if (atomic_load(&s->failed) || s->kind->read(s, data, bytes))
        return -1;
    atomic_fetch_add(&s->bytes, bytes);
    /* It is a gap when something comes after it: what is lost behind the last
     * frame, until the stream is stopped, is not missed. */
    if (s->gap && !s->missing)
        atomic_fetch_add(&s->gaps, 1);
    s->gap = s->missing;
    s->missing = false;
    return 0;
}

static void source_missed(struct fake_source *port)
{
    ((struct rig_source *)port)->missing = true;
}

static uint64_t source_clock(struct fake_source *port)
{
    struct rig_source *s = (struct rig_source *)port;

    return s->kind->clock(s);
}

static void source_stop(struct fake_source *port)
{
    struct rig_source *s = (struct rig_source *)port;

    s->kind->stop(s);
}

/* ---- everybody's ---- */

struct rig_source *rig_source_open(const char *spec, char *err, size_t room)
{
    const char *arg;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        const struct rig_source_kind *kind = kinds[k];
        struct rig_source *s;

        if (!rig_spec_is(spec, kind->name, &arg))
            continue;
        s = kind->open(arg, err, room);
        if (!s)
            return NULL;
        s->kind = kind;
        s->ops.start = source_start;
        s->ops.read = source_read;
        s->ops.clock = kind->clock ? source_clock : NULL;
        s->ops.stop = source_stop;
        s->ops.missed = source_missed;
        s->port.ops = &s->ops;
        return s;
    }
    snprintf(err, room,
             "expected silence, sine:HZ, ramp, counter, file:PATH or "
             "portaudio[:DEVICE], found '%s'",
             spec);
    return NULL;
}

int rig_source_prepare(struct rig_source *source, const struct fake_pcm *pcm,
                       char *err, size_t room)
{
    if (check_format(source, pcm, err, room))
        return -1;
    return source->kind->prepare ? source->kind->prepare(source, pcm, err, room)
                                 : 0;
}

struct fake_source *rig_source_port(struct rig_source *source)
{
    return &source->port;
}

const char *rig_source_path(const struct rig_source *source)
{
    return source->path;
}

void rig_source_wish(const struct rig_source *source,
                     struct rig_source_wish *wish)
{
    *wish = source->wish;
    if (wish->channels == 0)
        wish->frames = UINT64_MAX;
}

void rig_source_stats(const struct rig_source *source,
                      struct rig_source_stats *stats)
{
    stats->bytes = atomic_load(&source->bytes);
    stats->gaps = atomic_load(&source->gaps);
    stats->overruns = atomic_load(&source->overruns);
}

const char *rig_source_error(const struct rig_source *source)
{
    return atomic_load(&source->failed) ? source->err : NULL;
}

void rig_source_close(struct rig_source *source)
{
    if (!source)
        return;
    source->kind->close(source);
    free(source);
}
