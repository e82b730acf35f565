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
 * played floor((now - t0) * rate / 10^9) frames, however long; each START
 * begins at 0. A sink or source with a clock of its own replaces that count.
 * Samples of half a byte (IMA_ADPCM) are paced as 4 bits each, block headers
 * included.
 *
 * A message of the driver completes when its last frame has been played;
 * latency_bytes is what is queued behind it at that moment (0 for capture).
 * A message has its turn no earlier than it was there. A stream that finds no
 * data plays silence, and tells it once per gap (VIRTIO_SND_EVT_PCM_XRUN, if
 * selected); one that finds no buffer loses frames, and tells it likewise.
 * STOP leaves messages where they are, half played or half full, and takes
 * more, until START goes on with them or RELEASE ends them.
 *
 * Where 5.14 leaves room:
 *   - A request longer or shorter than its structure is BAD_MSG, as is a
 *     query whose size is not that of the structure in 1.2, or with too little
 *     room for the answer. More room than needed, and count 0, are good.
 *     An unknown request is NOT_SUPP; one without room for a code in both
 *     parts asks for a reset.
 *   - JACK_REMAP of a jack that cannot is NOT_SUPP; association and sequence
 *     above 15 are BAD_MSG (HDA 7.3.3.31); it changes hda_reg_defconf.
 *   - SET_PARAMS: what no device could do is BAD_MSG (no such format, rate or
 *     feature bit, padding, both SHMEM bits, no channels, a period that is 0,
 *     no whole frames or no divider of the buffer); what this stream does not
 *     offer, and any one SHMEM bit, is NOT_SUPP. EVT_SHMEM_PERIODS may be
 *     selected if offered and means nothing: it is for shared memory, which no
 *     driver may select (5.14.6.6.3). So VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED is
 *     never sent; that a message comes back says the same (5.14.6.8).
 *   - RELEASE first gives back what is pending: playback with IO_ERR (nobody
 *     has heard it), capture with OK and what there is. SET_PARAMS does the
 *     same. A STOP ends nothing.
 *   - START is IO_ERR if the sink or source does not start, and changes
 *     nothing; a sink that fails later makes messages IO_ERR, at their time.
 *   - A message for a stream that does not exist, has the other direction, or
 *     is not prepared, running or stopped, without frames, with a broken
 *     frame, or with more than a status (tx) or header (rx) in the other
 *     direction, is IO_ERR at once. One without room for header and status, or
 *     an event buffer below 8 bytes, asks for a reset.
 *   - rx: the status is the last 8 bytes of the buffer however little was
 *     captured; bytes in between are 0xEE.
 *   - A fault may make the clock of a stream fast or slow, let it stand, or put
 *     a gap before a message: to the frame, whenever steps come.
 *   - MSG_POLLING: the queue asks for no kicks from PREPARE to RELEASE and is
 *     looked at four times per period.
 *   - Messages of several streams complete as they are due, so
 *     VIRTIO_F_IN_ORDER is not to be offered.
 *
 * Each control request is one SND_CONTROL event, each message on tx and rx
 * one SND_XFER when it is taken and one SND_XFER_DONE when it is completed,
 * each notification sent one SND_NOTIFY, each that found 64 others waiting for
 * a buffer, and is never sent, one SND_NOTIFY_LOST (event.h).
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
    uint64_t features; /* offered: ring features but IN_ORDER */
    uint32_t jack_count, stream_count, chmap_count;
    struct fake_snd_jack jack[FAKE_SND_JACKS_MAX];
    struct fake_snd_stream stream[FAKE_SND_STREAMS_MAX];
    struct fake_snd_chmap chmap[FAKE_SND_CHMAPS_MAX];
    enum fake_snd_reading reading;
    uint32_t flap_ms;      /* jack 0 goes off and on this often; 0: never */
    uint32_t config_extra; /* config space is that many bytes longer */
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

struct fake_snd_core; /* streams, requests and events on their way */

struct fake_snd {
    struct fake_device dev;
    struct fake_snd_config cfg;
    struct fake_sink *sink[FAKE_SND_STREAMS_MAX];     /* borrowed; NULL: drop */
    struct fake_source *source[FAKE_SND_STREAMS_MAX]; /* NULL: silence */
    struct fake_snd_core *core;                       /* private */
    /* May be changed by any thread; the model's next step tells the driver. */
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
