/* SPDX-License-Identifier: MIT
 *
 * sink.h: where the frames of a playback stream go, and where those of a
 * capture stream come from. The model moves bytes as the wire has them;
 * formats are the business of the sink.
 *
 * A sink or source may have a clock of its own (a sound card): then it says
 * how many frames it has taken or given since start, and the model keeps
 * step with it. Without one the model's time is the machine's.
 *
 * Threads: start, write, read, stop on the device's thread; everything else
 * before or after.
 */
#ifndef FAKEDEV_SINK_H
#define FAKEDEV_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a stream was set to by SET_PARAMS, in plain numbers. */
struct fake_pcm {
    uint8_t format;       /* VIRTIO_SND_PCM_FMT_* */
    uint8_t channels;     /* count */
    uint32_t rate_hz;     /* frames per second */
    uint32_t frame_bytes; /* of one frame; 0: no whole number (IMA_ADPCM) */
    uint32_t period_bytes, buffer_bytes;
};

struct fake_sink;

struct fake_sink_ops {
    /* START. Returns 0, or -1: the stream ends with I/O errors. */
    int (*start)(struct fake_sink *sink, const struct fake_pcm *pcm);
    /* The next bytes, a whole number of frames but for the last. `silence`:
     * they stand for an underrun, data is NULL. Returns 0, or -1. */
    int (*write)(struct fake_sink *sink, const void *data, size_t bytes,
                 bool silence);
    /* Frames taken since start by a clock of its own; NULL: it has none. */
    uint64_t (*clock)(struct fake_sink *sink);
    void (*stop)(struct fake_sink *sink);
};

struct fake_sink {
    const struct fake_sink_ops *ops;
};

struct fake_source;

struct fake_source_ops {
    int (*start)(struct fake_source *source, const struct fake_pcm *pcm);
    /* Fills exactly `bytes`. Returns 0, or -1. */
    int (*read)(struct fake_source *source, void *data, size_t bytes);
    uint64_t (*clock)(struct fake_source *source);
    void (*stop)(struct fake_source *source);
    /* What the next read gives is lost: the driver has no room for it. NULL:
     * need not be told. */
    void (*missed)(struct fake_source *source);
};

struct fake_source {
    const struct fake_source_ops *ops;
};

#endif
