/* SPDX-License-Identifier: MIT
 *
 * snd.h: the model of a virtio-snd device (5.14).
 *
 * Queues: controlq, eventq, txq, rxq. Control requests are validated to the
 * letter; a bad one is answered VIRTIO_SND_S_BAD_MSG, one that the device
 * cannot do VIRTIO_SND_S_NOT_SUPP, as a strict device would. Commands out of
 * the life cycle of 5.14.6.6.1 are answered BAD_MSG and change nothing.
 *
 * The audio clock is exact in integers: a stream that runs since t0 has
 * played floor((now - t0) * rate / 10^9) frames, however long. A message of
 * the driver completes when its last frame has been played; latency_bytes is
 * what is queued behind it at that moment. A stream that finds no data plays
 * silence, and tells it once per gap (VIRTIO_SND_EVT_PCM_XRUN, if selected).
 *
 * Each control request is one SND_CONTROL event, each message on tx and rx
 * one SND_XFER when it is taken and one SND_XFER_DONE when it is completed,
 * each notification sent one SND_NOTIFY (event.h).
 */
#ifndef FAKEDEV_SND_H
#define FAKEDEV_SND_H

#include <stdatomic.h>
#include <stdint.h>

#include "fakedev/device.h"
#include "fakedev/sink.h"

#define FAKE_SND_JACKS_MAX 8u
#define FAKE_SND_STREAMS_MAX 8u
#define FAKE_SND_CHMAPS_MAX 8u

struct fake_snd_jack {
    uint32_t hda_fn_nid;
    uint32_t features; /* VIRTIO_SND_JACK_F_* as bits */
    uint32_t defconf, caps;
    uint8_t connected; /* at the start */
};

struct fake_snd_stream {
    uint32_t hda_fn_nid;
    uint32_t features; /* 1 << VIRTIO_SND_PCM_F_* */
    uint64_t formats;  /* 1 << VIRTIO_SND_PCM_FMT_* */
    uint64_t rates;    /* 1 << VIRTIO_SND_PCM_RATE_* */
    uint8_t direction; /* VIRTIO_SND_D_* */
    uint8_t channels_min, channels_max;
};

struct fake_snd_chmap {
    uint32_t hda_fn_nid;
    uint8_t direction;
    uint8_t channels;
    uint8_t positions[18];
};

/* When the payload of a message on txq is read. Both are legal. */
enum fake_snd_reading {
    FAKE_SND_EAGER, /* the instant it is taken */
    FAKE_SND_LAZY,  /* frame by frame, as it is played */
};

struct fake_snd_config {
    uint64_t features; /* offered: ring features */
    uint32_t jack_count, stream_count, chmap_count;
    struct fake_snd_jack jack[FAKE_SND_JACKS_MAX];
    struct fake_snd_stream stream[FAKE_SND_STREAMS_MAX];
    struct fake_snd_chmap chmap[FAKE_SND_CHMAPS_MAX];
    enum fake_snd_reading reading;
    uint32_t flap_ms; /* jack 0 goes off and on this often; 0: never */
};

/* Life cycle of a stream (5.14.6.6.1). */
#define FAKE_SND_STATES(X)                                                     \
    X(FRESH, "fresh")       /* no parameters yet */                            \
    X(SET, "set")           /* SET_PARAMS */                                   \
    X(PREPARED, "prepared") /* PREPARE */                                      \
    X(RUNNING, "running")   /* START */                                        \
    X(STOPPED, "stopped")   /* STOP */                                         \
    X(RELEASED, "released") /* RELEASE */

enum fake_snd_state {
#define FAKE_SND_STATE_ENUM(name, text) FAKE_SND_##name,
    FAKE_SND_STATES(FAKE_SND_STATE_ENUM)
#undef FAKE_SND_STATE_ENUM
        FAKE_SND_STATE_COUNT
};

struct fake_snd_run; /* a stream's life, private */

struct fake_snd {
    struct fake_device dev;
    struct fake_snd_config cfg;
    struct fake_sink *sink[FAKE_SND_STREAMS_MAX];     /* borrowed; NULL: drop */
    struct fake_source *source[FAKE_SND_STREAMS_MAX]; /* NULL: silence */
    struct fake_snd_run *run;                         /* per stream */
    atomic_bool connected[FAKE_SND_JACKS_MAX];
};

/* dev's own fields are filled by the machine before this. Returns 0, or -1
 * without memory. */
int fake_snd_init(struct fake_snd *snd, const struct fake_snd_config *cfg);
void fake_snd_free(struct fake_snd *snd);

/* Writes the config space (5.14.4); returns its length. */
uint32_t fake_snd_config_space(const struct fake_snd_config *cfg, uint8_t *out,
                               uint32_t room);

/* Frames per second of a VIRTIO_SND_PCM_RATE_*; 0 if there is none such. */
uint32_t fake_snd_rate_hz(uint8_t rate);

/* Bytes of one sample as stored; 0: no whole number, or no such format. */
uint32_t fake_snd_sample_bytes(uint8_t format);

/* floor(ns * rate / 10^9), exact for any time. */
uint64_t fake_snd_frames_at(uint64_t ns, uint32_t rate_hz);

/* The first time at which fake_snd_frames_at() is at least `frames`. */
uint64_t fake_snd_time_of(uint64_t frames, uint32_t rate_hz);

#endif
