/* SPDX-License-Identifier: MIT
 *
 * sinks.h: what a playback stream can be played to.
 *
 *   null                counts
 *   wav:OUT             a sound file, exact to the bit: .w64 or .rf64 by the
 *                       end of its name, WAV for .wav, .wave and none
 *   raw:OUT             the bytes of the stream as they are
 *   portaudio[:DEVICE]  the speakers
 *
 * Silence for lack of data is written when data comes after it, so that what
 * a stream plays after its last frame, until it is stopped, leaves no trace.
 *
 * Threads: open and close with no machine running; stats and error at any
 * time; the rest is the device's.
 */
#ifndef RIG_SINKS_H
#define RIG_SINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/sink.h"

struct rig_sink;

struct rig_sink_stats {
    uint64_t frames;        /* with data; 2 samples make a byte of IMA_ADPCM */
    uint64_t silent_frames; /* played for lack of data, before more came */
    uint64_t xruns;         /* gaps that these were in */
    uint64_t starved;       /* portaudio: gaps on the card itself */
    uint64_t out_frames;    /* of those with data, on the card already */
};

/* Returns NULL and one line in err: no such sink or device, not writable. */
struct rig_sink *rig_sink_open(const char *spec, char *err, size_t room);

/* Whether it writes into this file, by whatever name. */
bool rig_sink_writes(const struct rig_sink *sink, const char *path);

/* Gets ready for a stream like this, ahead of its START, which a driver waits
 * for with a deadline: a card may take its time. Returns 0, or -1 and one line
 * in err: such a stream cannot be played here. */
int rig_sink_prepare(struct rig_sink *sink, const struct fake_pcm *pcm,
                     char *err, size_t room);

/* What the model is given. */
struct fake_sink *rig_sink_port(struct rig_sink *sink);

void rig_sink_stats(const struct rig_sink *sink, struct rig_sink_stats *stats);

/* Frames are heard when their time has come, not as soon as they are written.
 */
bool rig_sink_live(const struct rig_sink *sink);

/* What went wrong first, as one line; NULL: nothing. */
const char *rig_sink_error(const struct rig_sink *sink);

/* Ends the file, with a header that fits whatever was written. Returns 0, or
 * -1 and one line in err if anything went wrong, now or before. */
int rig_sink_close(struct rig_sink *sink, char *err, size_t room);

#endif
