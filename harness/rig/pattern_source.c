/* SPDX-License-Identifier: MIT
 *
 * pattern_source.c: see pattern_source.h.
 */
#include "pattern_source.h"

#include "pattern.h"

static int start(struct fake_source *source, const struct fake_pcm *pcm)
{
    (void)source;
    (void)pcm;
    return 0;
}

static int read_bytes(struct fake_source *source, void *data, size_t bytes)
{
    struct rig_pattern_source *s = (struct rig_pattern_source *)source;

    rig_pattern_fill(s->seed, s->given, data, bytes);
    s->given += bytes;
    return 0;
}

static void stop(struct fake_source *source)
{
    (void)source;
}

static const struct fake_source_ops ops = {
    .start = start,
    .read = read_bytes,
    .stop = stop,
};

void rig_pattern_source_init(struct rig_pattern_source *s, uint64_t seed)
{
    s->source.ops = &ops;
    s->seed = seed;
    s->given = 0;
}
