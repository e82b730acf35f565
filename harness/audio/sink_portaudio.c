/* SPDX-License-Identifier: MIT
 *
 * sink_portaudio.c: real speakers.
 *
 * The card's callback empties a ring; how far it has come, and how full the
 * ring should be, is the stream's clock: the model plays into the ring as
 * many frames as that says. At a start the ring is filled faster than time
 * passes, but not at once, for a driver has to follow with its periods.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card_pa.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sink_kind.h"

#define FILL_SPEED 300u /* percent of real time, until the card begins */
#define KEEP_SPEED 105u
#define DRAIN_NS UINT64_C(300000000) /* a driver waits for its STOP */
#define HALF_MAX_DIVISOR 10u         /* of a second */
#define PAUSE_NS 1000000

struct sink_card {
    struct rig_sink base;
    struct rig_card *card;
};

static struct rig_card *card_of(struct rig_sink *s)
{
    return ((struct sink_card *)s)->card;
}

static struct rig_sink *card_open(const char *arg, char *err, size_t room)
{
    struct sink_card *sink = calloc(1, sizeof(*sink));
    struct rig_card *card = calloc(1, sizeof(*card));

    if (!sink || !card)
        snprintf(err, room, "PortAudio: out of memory");
    else if (rig_card_find(card, arg, false, err, room) == 0) {
        sink->card = card;
        return &sink->base;
    }
    if (card)
        rig_card_free(card);
    free(sink);
    return NULL;
}

static int card_prepare(struct rig_sink *s, const struct fake_pcm *pcm,
                        char *err, size_t room)
{
    return rig_card_open(card_of(s), pcm, err, room);
}

static int card_start(struct rig_sink *s, bool anew)
{
    char err[RIG_AUDIO_ERR];

    (void)anew;
    if (rig_card_open(card_of(s), &s->pcm, err, sizeof(err)))
        return rig_sink_fail(s, "%s", err);
    rig_card_begin(card_of(s));
    return 0;
}

/* What the ring should hold when the card comes to take, in frames of the
 * stream: one bite of the card's, and half of the driver's buffer for what may
 * come between. */
static uint64_t wanted(struct rig_card *card)
{
    uint64_t half = card->pcm.buffer_bytes / card->pcm.frame_bytes / 2;
    uint64_t most = card->pcm.rate_hz / HALF_MAX_DIVISOR;

    half = half < most ? half : most; /* STOP plays out what is there */
    return rig_card_to_stream(card, atomic_load(&card->burst)) + half;
}

/* What was taken from the model and is not in the ring yet: libsamplerate
 * holds some back, more of it the more frames become one. */
static uint64_t held_back(const struct rig_card *card)
{
    uint64_t pushed = rig_card_to_stream(card, card->pushed_frames);

    return card->put_frames > pushed ? card->put_frames - pushed : 0;
}

static void begin_if_full(struct rig_card *card)
{
    /* Only after the first call is it known how much it takes. */
    if (!atomic_load(&card->go) && atomic_load(&card->burst) &&
        rig_card_to_stream(card, card->pushed_frames) >= wanted(card))
        atomic_store_explicit(&card->go, true, memory_order_release);
}

static uint64_t card_clock(struct rig_sink *s)
{
    struct rig_card *card = card_of(s);
    char err[RIG_AUDIO_ERR];
    uint64_t heard;
    bool go;

    /* A clock cannot say that it is broken: it goes on, and the next write
     * tells. */
    atomic_store(&s->starved, atomic_load(&card->gaps));
    if (rig_sink_error(s) || !card->stream)
        return card->position += s->pcm.rate_hz;
    if (rig_card_check(card, err, sizeof(err))) {
        rig_sink_fail(s, "%s", err);
        return card->position += s->pcm.rate_hz;
    }
    heard = rig_card_to_stream(card, atomic_load(&card->moved));
    atomic_store(&s->heard, heard);
    begin_if_full(card);
    go = atomic_load(&card->go);
    return rig_card_follow(card, wanted(card) + held_back(card) + heard,
                           go ? KEEP_SPEED : FILL_SPEED);
}

static int push(struct rig_sink *s, const void *data, size_t bytes)
{
    struct rig_card *card = card_of(s);

    if (rig_spsc_room(&card->ring) < bytes)
        return rig_sink_fail(s, "PortAudio: '%s' does not take its frames",
                             card->name);
    rig_spsc_write(&card->ring, data, bytes);
    card->pushed_frames += bytes / card->frame_bytes;
    return 0;
}

/* Frames from the wire to floats, mono to as many channels as there are. */
static void to_floats(struct rig_card *card, const uint8_t *data, size_t frames,
                      float *out)
{
    unsigned in = card->pcm.channels;
    double frame[255];

    for (size_t k = 0; k < frames; k++) {
        rig_pcm_unpack(card->pcm.format, data + k * card->pcm.frame_bytes,
                       frame, in);
        for (unsigned c = 0; c < card->channels; c++)
            *out++ = (float)frame[c < in ? c : 0];
    }
}

static int push_resampled(struct rig_sink *s, size_t frames, bool end)
{
    struct rig_card *card = card_of(s);
    SRC_DATA d = {
        .data_in = card->from,
        .input_frames = (long)frames,
        .data_out = card->to,
        .output_frames = (long)RIG_CARD_CHUNK * 72,
        .end_of_input = end,
        .src_ratio = (double)card->rate_hz / card->pcm.rate_hz,
    };

    do {
        int code = src_process(card->src, &d);

        if (code)
            return rig_sink_fail(s, "libsamplerate: %s", src_strerror(code));
        if (d.output_frames_gen &&
            push(s, card->to, (size_t)d.output_frames_gen * card->frame_bytes))
            return -1;
        d.data_in += d.input_frames_used * card->channels;
        d.input_frames -= d.input_frames_used;
    } while (d.output_frames_gen && (d.input_frames || end));
    return 0;
}

/* One chunk, as the card wants it. */
static int put(struct rig_sink *s, const uint8_t *data, size_t frames)
{
    struct rig_card *card = card_of(s);
    size_t samples = frames * s->pcm.channels;
    const struct rig_pcm_format *f = rig_pcm_format(s->pcm.format);

    if (card->src) {
        to_floats(card, data, frames, card->from);
        return push_resampled(s, frames, false);
    }
    if (card->format == VIRTIO_SND_PCM_FMT_FLOAT)
        to_floats(card, data, frames, card->to);
    else if (f->kind == RIG_PCM_LAW) {
        double v[255];

        for (size_t k = 0; k < frames; k++) {
            rig_pcm_unpack(s->pcm.format, data + k * s->pcm.channels, v,
                           s->pcm.channels);
            rig_pcm_pack(card->format, v,
                         (uint8_t *)card->to + k * card->frame_bytes,
                         s->pcm.channels);
        }
    } else
        rig_pcm_recode(s->pcm.format, data, card->format, card->to, samples);
    return push(s, card->to, frames * card->frame_bytes);
}

static int card_write(struct rig_sink *s, const void *data, size_t bytes)
{
    const uint8_t *p = data;
    size_t frames = bytes / s->pcm.frame_bytes;

    while (frames) {
        size_t some = frames < RIG_CARD_CHUNK ? frames : RIG_CARD_CHUNK;

        if (put(s, p, some))
            return -1;
        card_of(s)->put_frames += some;
        p += some * s->pcm.frame_bytes;
        frames -= some;
    }
    return 0;
}

/* What is in the ring is heard before the card is let go. */
static void drain(struct rig_sink *s, struct rig_card *card)
{
    uint64_t fill = rig_spsc_fill(&card->ring) / card->frame_bytes;
    uint64_t until =
        rig_card_now_ns() + DRAIN_NS + fill * 1000000000u / card->rate_hz;
    struct timespec pause = {0, PAUSE_NS};

    atomic_store_explicit(&card->draining, true, memory_order_release);
    atomic_store_explicit(&card->go, true, memory_order_release);
    while (Pa_IsStreamActive(card->stream) == 1) {
        if (rig_card_now_ns() >= until) {
            card->gone = true;
            break;
        }
        nanosleep(&pause, NULL);
    }
    if (rig_spsc_fill(&card->ring) >= card->frame_bytes)
        rig_sink_fail(s, "PortAudio: '%s' is gone", card->name);
}

static void card_stop(struct rig_sink *s)
{
    struct rig_card *card = card_of(s);

    if (!card->stream)
        return;
    if (card->src && !rig_sink_error(s))
        push_resampled(s, 0, true);
    if (!rig_sink_error(s))
        drain(s, card);
    atomic_store(&s->starved, atomic_load(&card->gaps));
}

static void card_close(struct rig_sink *s)
{
    rig_card_free(card_of(s));
}

const struct rig_sink_kind rig_sink_kind_portaudio = {
    .name = "portaudio",
    .live = true,
    .open = card_open,
    .prepare = card_prepare,
    .start = card_start,
    .write = card_write,
    .stop = card_stop,
    .close = card_close,
    .clock = card_clock,
};
