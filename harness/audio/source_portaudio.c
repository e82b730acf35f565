/* SPDX-License-Identifier: MIT
 *
 * source_portaudio.c: a microphone. What the card's callback has put into the
 * ring is the stream's clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_pa.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "source_kind.h"

#define KEEP_SPEED 105u
#define DELAY_FRAMES 512u /* libsamplerate holds some back */

struct source_card {
    struct rig_source base;
    struct rig_card *card;
    size_t have, at; /* resampled frames in card.to not yet given */
};

static struct source_card *card_of(struct rig_source *s)
{
    return (struct source_card *)s;
}

static struct rig_source *card_open(const char *arg, char *err, size_t room)
{
    struct source_card *source = calloc(1, sizeof(*source));
    struct rig_card *card = calloc(1, sizeof(*card));

    if (!source || !card)
        snprintf(err, room, "PortAudio: out of memory");
    else if (rig_card_find(card, arg, true, err, room) == 0) {
        source->card = card;
        return &source->base;
    }
    if (card)
        rig_card_free(card);
    free(source);
    return NULL;
}

static int card_prepare(struct rig_source *s, const struct fake_pcm *pcm,
                        char *err, size_t room)
{
    return rig_card_open(card_of(s)->card, pcm, err, room);
}

static int card_start(struct rig_source *s, bool anew)
{
    struct rig_card *card = card_of(s)->card;
    char err[RIG_SOURCE_ERR];

    (void)anew;
    card_of(s)->have = card_of(s)->at = 0;
    if (rig_card_open(card, &s->pcm, err, sizeof(err)))
        return rig_source_fail(s, "%s", err);
    atomic_store_explicit(&card->go, true, memory_order_release);
    rig_card_begin(card);
    return 0;
}

static uint64_t card_clock(struct rig_source *s)
{
    struct rig_card *card = card_of(s)->card;
    char err[RIG_SOURCE_ERR];
    uint64_t there;

    atomic_store(&s->overruns, atomic_load(&card->gaps));
    if (rig_source_error(s) || !card->stream)
        return card->position += s->pcm.rate_hz;
    if (rig_card_check(card, err, sizeof(err))) {
        rig_source_fail(s, "%s", err);
        return card->position += s->pcm.rate_hz;
    }
    there = rig_card_to_stream(card, atomic_load(&card->moved));
    if (card->src)
        there = there > DELAY_FRAMES ? there - DELAY_FRAMES : 0;
    return rig_card_follow(card, there, KEEP_SPEED);
}

/* Frames from the card, up to a chunk. */
static size_t pull(struct rig_card *card, void *to, size_t frames)
{
    return rig_spsc_read(&card->ring, to, frames * card->frame_bytes) /
           card->frame_bytes;
}

/* Refills card.to; returns the frames in it. */
static size_t resample(struct rig_source *s)
{
    struct rig_card *card = card_of(s)->card;
    SRC_DATA d = {
        .data_in = card->from,
        .data_out = card->to,
        .output_frames = (long)RIG_CARD_CHUNK * 72,
        .src_ratio = (double)card->pcm.rate_hz / card->rate_hz,
    };

    do {
        d.input_frames = (long)pull(card, card->from, RIG_CARD_CHUNK);
        if (d.input_frames == 0 || src_process(card->src, &d))
            return 0;
    } while (d.output_frames_gen == 0);
    return (size_t)d.output_frames_gen;
}

/* Up to a chunk of frames as floats or as the card has them, in card.to from
 * *at on; returns how many. */
static size_t next(struct rig_source *s, size_t want, size_t *at)
{
    struct source_card *c = card_of(s);
    size_t n;

    *at = 0;
    if (!c->card->src)
        return pull(c->card, c->card->to,
                    want < RIG_CARD_CHUNK ? want : RIG_CARD_CHUNK);
    if (c->have == 0) {
        c->have = resample(s);
        c->at = 0;
    }
    n = want < c->have ? want : c->have;
    *at = c->at;
    c->at += n;
    c->have -= n;
    return n;
}

static int card_read(struct rig_source *s, void *data, size_t bytes)
{
    struct rig_card *card = card_of(s)->card;
    size_t left = bytes / s->pcm.frame_bytes, at, n;
    uint8_t *p = data;
    double v[255];

    while (left && (n = next(s, left, &at)) > 0) {
        const uint8_t *from = (uint8_t *)card->to + at * card->frame_bytes;

        for (size_t k = 0; k < n; k++, from += card->frame_bytes) {
            rig_pcm_unpack(card->format, from, v, card->channels);
            rig_pcm_pack(s->pcm.format, v, p, s->pcm.channels);
            p += s->pcm.frame_bytes;
        }
        left -= n;
    }
    rig_pcm_silence(s->pcm.format, p, left * s->pcm.frame_bytes);
    return 0;
}

static void card_stop(struct rig_source *s)
{
    atomic_store(&card_of(s)->card->go, false);
}

static void card_close(struct rig_source *s)
{
    rig_card_free(card_of(s)->card);
}

const struct rig_source_kind rig_source_kind_portaudio = {
    .name = "portaudio",
    .open = card_open,
    .prepare = card_prepare,
    .start = card_start,
    .read = card_read,
    .stop = card_stop,
    .close = card_close,
    .clock = card_clock,
    .samples_only = true,
};
