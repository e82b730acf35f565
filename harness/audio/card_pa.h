/* SPDX-License-Identifier: MIT
 *
 * card_pa.h: one direction of a sound card through PortAudio: what the sink
 * and the source share. For harness/audio only.
 *
 * The card's callback runs on a thread of PortAudio's. It talks to the
 * device's thread through a ring (spsc.h) and the atomics below; it allocates
 * nothing, locks nothing, logs nothing.
 */
#ifndef RIG_CARD_PA_H
#define RIG_CARD_PA_H

#include <portaudio.h>
#include <samplerate.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "fakedev/sink.h"
#include "spsc.h"

struct rig_card {
    bool input;
    bool up;   /* PortAudio is initialized */
    bool gone; /* and stays: see rig_card_free() */
    PaDeviceIndex index;
    bool may_run_ahead; /* faster than time: see pace() */
    char name[160];
    PaStream *stream;
    bool used;            /* it has begun: the next stream needs another */
    struct rig_spsc ring; /* of frames as the card has them */

    /* What the stream is, and what the card makes of it. */
    struct fake_pcm pcm;
    uint8_t format; /* VIRTIO_SND_PCM_FMT_* on the card */
    uint8_t channels;
    uint32_t rate_hz;
    uint32_t frame_bytes;
    SRC_STATE *src; /* NULL: the rates are the same */
    float *from, *to;

    /* The callback's. */
    uint64_t last_ns;
    uint64_t ahead_ns;
    unsigned last_frames, row_frames; /* see note_burst() */
    bool starving;
    atomic_bool go;              /* input: recording; output: the ring is full
                                  * enough */
    atomic_bool draining;        /* output: end when it is empty */
    atomic_uint burst;           /* most frames asked for in a row */
    atomic_uint_least64_t moved; /* frames through the ring */
    atomic_uint_least64_t calls;
    atomic_uint_least64_t gaps; /* what came too late, or was not taken */

    /* The device's thread's. */
    uint64_t position; /* of the stream's clock, in frames */
    uint64_t position_ns;
    uint64_t put_frames;    /* output: taken from the model, in frames of it */
    uint64_t pushed_frames; /* and put into the ring, in frames of the card */
    uint64_t seen_calls;
    uint64_t seen_ns;
};

#define RIG_CARD_CHUNK 1024u /* frames converted at a time */

/* Initializes PortAudio and finds the device: by its number, its name, or a
 * part of the name that no other device has; NULL: the default. Returns 0, or
 * -1 and one line in err. */
int rig_card_find(struct rig_card *card, const char *device, bool input,
                  char *err, size_t room);

/* Between these two PortAudio may wait for a server that does not answer, and
 * cannot be called off: the probe was answered, but that was before. When time
 * is up the process ends, with one line and exit code 2. */
void rig_card_deadline_begin(struct sigaction *before);
void rig_card_deadline_end(const struct sigaction *before);

/* PortAudio's, on a thread of its own; ctx is the card. */
int rig_card_callback(const void *in, void *out, unsigned long frames,
                      const PaStreamCallbackTimeInfo *time,
                      PaStreamCallbackFlags flags, void *ctx);

/* Opens the card for a stream, unless it is open for one like that and not
 * used; the callback gives silence until `go`. Returns 0, or -1 and one line
 * in err. */
int rig_card_open(struct rig_card *card, const struct fake_pcm *pcm, char *err,
                  size_t room);
/* The stream's clock begins. */
void rig_card_begin(struct rig_card *card);
void rig_card_close(struct rig_card *card);

/* A card that is gone is left as it is: its callback may come again, and
 * closing it can take PortAudio ten minutes (JACK without its server). */
void rig_card_free(struct rig_card *card);

/* Moves the stream's clock on towards `target` frames, as fast as time
 * passes and at most `speed` percent of it. A card takes its frames in large
 * bites, and a driver with small periods could not follow those. */
uint64_t rig_card_follow(struct rig_card *card, uint64_t target,
                         unsigned speed);

/* The card is there and calls, else it is gone. Returns 0, or -1 and one line
 * in err. */
int rig_card_check(struct rig_card *card, char *err, size_t room);

/* Frames of the card in frames of the stream. */
uint64_t rig_card_to_stream(const struct rig_card *card, uint64_t frames);

uint64_t rig_card_now_ns(void);

#endif
