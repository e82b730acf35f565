/* SPDX-License-Identifier: MIT
 *
 * sources.h: what a capture stream can be fed from.
 *
 *   silence
 *   sine:HZ             at half of full scale
 *   ramp                a sawtooth of one step per frame (pcm_format.h)
 *   counter             the samples count (pcm_format.h)
 *   file:PATH           a sound file, then silence; its rate and channels
 *                       have to be those of the stream
 *   portaudio[:DEVICE]  the microphone
 *
 * A source goes on where it was stopped; it begins again when the stream gets
 * other parameters.
 *
 * Threads: open and close with no machine running; stats and error at any
 * time; the rest is the device's.
 */
#ifndef RIG_SOURCES_H
#define RIG_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "fakedev/sink.h"

struct rig_source;

struct rig_source_stats {
    uint64_t bytes;    /* given */
    uint64_t gaps;     /* in what the driver took, for it had no room */
    uint64_t overruns; /* portaudio: gaps on the card itself */
};

/* What a file would have a stream be; zeroes: anything. */
struct rig_source_wish {
    uint32_t rate_hz;
    uint8_t channels;
    uint8_t format;  /* VIRTIO_SND_PCM_FMT_*; valid if channels is not 0 */
    uint64_t frames; /* UINT64_MAX: no end */
};

/* Returns NULL and one line in err: no such source or device, a bad file. */
struct rig_source *rig_source_open(const char *spec, char *err, size_t room);

/* As rig_sink_prepare(). */
int rig_source_prepare(struct rig_source *source, const struct fake_pcm *pcm,
                       char *err, size_t room);

/* What the model is given. */
struct fake_source *rig_source_port(struct rig_source *source);

/* The file that it reads, or NULL. */
const char *rig_source_path(const struct rig_source *source);

void rig_source_wish(const struct rig_source *source,
                     struct rig_source_wish *wish);
void rig_source_stats(const struct rig_source *source,
                      struct rig_source_stats *stats);

/* What went wrong first, as one line; NULL: nothing. */
const char *rig_source_error(const struct rig_source *source);

void rig_source_close(struct rig_source *source);

#endif
