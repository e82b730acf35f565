/* SPDX-License-Identifier: MIT
 *
 * card_portaudio.c: a stream of a card, and its clock. See card_pa.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card_pa.h"
#include "pcm_format.h"
#include "quiet.h"
#include "ringtrue/wire.h"

#define GONE_NS UINT64_C(2000000000)
#define SPARE_FRAMES 8192u

uint64_t rig_card_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- a stream ---- */

static uint8_t card_format(uint8_t format)
{
    const struct rig_pcm_format *f = rig_pcm_format(format);

    if (f->kind == RIG_PCM_FLOAT)
        return VIRTIO_SND_PCM_FMT_FLOAT;
    return f->kind == RIG_PCM_LAW || f->bits <= 16 ? VIRTIO_SND_PCM_FMT_S16
                                                   : VIRTIO_SND_PCM_FMT_S32;
}

static PaStreamParameters parameters(const struct rig_card *card)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(card->index);
    double least =
        card->input ? d->defaultLowInputLatency : d->defaultLowOutputLatency;
    double half = (double)(card->pcm.buffer_bytes / card->pcm.frame_bytes) / 2 /
                  card->pcm.rate_hz;
    PaStreamParameters p = {
        .device = card->index,
        .channelCount = card->channels,
        .sampleFormat = card->format == VIRTIO_SND_PCM_FMT_FLOAT ? paFloat32
                        : card->format == VIRTIO_SND_PCM_FMT_S16 ? paInt16
                                                                 : paInt32,
        .suggestedLatency = half < least ? least
                            : half > 0.1 ? 0.1
                                         : half,
    };

    return p;
}

static bool supported(const struct rig_card *card)
{
    PaStreamParameters p = parameters(card);
    PaError code;

    rig_quiet_begin();
    code = Pa_IsFormatSupported(card->input ? &p : NULL,
                                card->input ? NULL : &p, card->rate_hz);
    rig_quiet_end();
    return code == paFormatIsSupported;
}

/* As the stream is, else in floats at a rate of the card's. */
static int choose(struct rig_card *card, char *err, size_t room)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(card->index);
    int most = card->input ? d->maxInputChannels : d->maxOutputChannels;

    card->format = card_format(card->pcm.format);
    card->channels = card->pcm.channels;
    card->rate_hz = card->pcm.rate_hz;
    if (supported(card))
        return 0;
    card->format = VIRTIO_SND_PCM_FMT_FLOAT;
    if (card->channels == 1 && most >= 2)
        card->channels = 2; /* mono on both */
    if (supported(card))
        return 0;
    card->rate_hz = (uint32_t)d->defaultSampleRate;
    if (supported(card))
        return 0;
    card->channels = card->pcm.channels;
    if (supported(card))
        return 0;
    snprintf(err, room, "PortAudio: '%s' has no way to %s %u channels at %u Hz",
             card->name, card->input ? "record" : "play", card->pcm.channels,
             card->pcm.rate_hz);
    return -1;
}

static int prepare(struct rig_card *card, char *err, size_t room)
{
    uint64_t buffer = card->pcm.buffer_bytes / card->pcm.frame_bytes;
    int code = 0;

    card->frame_bytes = rig_pcm_frame_bytes(card->format, card->channels);
    card->from = calloc(RIG_CARD_CHUNK * 255u, sizeof(float));
    card->to =
        calloc((RIG_CARD_CHUNK * 72u + 64) * card->channels, sizeof(float));
    if (!card->from || !card->to ||
        rig_spsc_init(&card->ring, (buffer * card->rate_hz / card->pcm.rate_hz +
                                    card->rate_hz + SPARE_FRAMES) *
                                       card->frame_bytes)) {
        snprintf(err, room, "PortAudio: out of memory");
        return -1;
    }
    if (card->rate_hz == card->pcm.rate_hz)
        return 0;
    card->src = src_new(SRC_SINC_MEDIUM_QUALITY, card->channels, &code);
    if (card->src)
        return 0;
    snprintf(err, room, "libsamplerate: %s", src_strerror(code));
    return -1;
}

static int open_stream(struct rig_card *card, char *err, size_t room)
{
    PaStreamParameters p = parameters(card);
    struct sigaction before;
    PaError code;

    rig_quiet_begin();
    rig_card_deadline_begin(&before);
    code = Pa_OpenStream(&card->stream, card->input ? &p : NULL,
                         card->input ? NULL : &p, card->rate_hz,
                         paFramesPerBufferUnspecified, paClipOff | paDitherOff,
                         rig_card_callback, card);
    if (code == paNoError)
        code = Pa_StartStream(card->stream);
    rig_card_deadline_end(&before);
    rig_quiet_end();
    if (code == paNoError)
        return 0;
    snprintf(err, room, "PortAudio: '%s': %s", card->name,
             Pa_GetErrorText(code));
    return -1;
}

static void forget(struct rig_card *card)
{
    card->last_ns = card->ahead_ns = 0;
    card->last_frames = card->row_frames = 0;
    card->put_frames = card->pushed_frames = 0;
    card->starving = card->used = false;
    atomic_store(&card->go, false);
    atomic_store(&card->draining, false);
    atomic_store(&card->burst, 0);
    atomic_store(&card->moved, 0);
    atomic_store(&card->calls, 0);
}

int rig_card_open(struct rig_card *card, const struct fake_pcm *pcm, char *err,
                  size_t room)
{
    if (card->stream && !card->used && rig_pcm_same(&card->pcm, pcm))
        return 0;
    rig_card_close(card);
    card->pcm = *pcm;
    forget(card);
    if (!rig_pcm_has_samples(pcm->format)) {
        snprintf(err, room, "PortAudio: no card takes %s",
                 rig_pcm_format(pcm->format)->name);
        return -1;
    }
    if (choose(card, err, room) == 0 && prepare(card, err, room) == 0 &&
        open_stream(card, err, room) == 0)
        return 0;
    rig_card_close(card);
    return -1;
}

void rig_card_begin(struct rig_card *card)
{
    card->used = true;
    card->position = 0;
    card->seen_calls = 0;
    card->seen_ns = card->position_ns = rig_card_now_ns();
}

void rig_card_close(struct rig_card *card)
{
    if (card->gone)
        return;
    rig_quiet_begin();
    if (card->stream)
        Pa_CloseStream(card->stream);
    rig_quiet_end();
    card->stream = NULL;
    if (card->src)
        src_delete(card->src);
    card->src = NULL;
    rig_spsc_free(&card->ring);
    free(card->from);
    free(card->to);
    card->from = card->to = NULL;
}

void rig_card_free(struct rig_card *card)
{
    rig_card_close(card);
    if (card->gone)
        return;
    rig_quiet_begin();
    if (card->up)
        Pa_Terminate();
    rig_quiet_end();
    free(card);
}

/* ---- the clock ---- */

uint64_t rig_card_to_stream(const struct rig_card *card, uint64_t frames)
{
    return frames * card->pcm.rate_hz / card->rate_hz;
}

uint64_t rig_card_follow(struct rig_card *card, uint64_t target, unsigned speed)
{
    uint64_t now = rig_card_now_ns();
    uint64_t passed = now - card->position_ns;
    uint64_t step;

    if (passed > 1000000000u)
        passed = 1000000000u;
    step = passed * card->pcm.rate_hz / 100 * speed / 1000000000u;
    if (step == 0)
        return card->position; /* and let the time add up */
    card->position_ns = now;
    if (card->position + step < target)
        card->position += step;
    else if (card->position < target)
        card->position = target;
    return card->position;
}

int rig_card_check(struct rig_card *card, char *err, size_t room)
{
    uint64_t now = rig_card_now_ns(), calls = atomic_load(&card->calls);

    if (calls != card->seen_calls) {
        card->seen_calls = calls;
        card->seen_ns = now;
    }
    if (now - card->seen_ns < GONE_NS && Pa_IsStreamActive(card->stream) == 1)
        return 0;
    card->gone = true;
    snprintf(err, room, "PortAudio: '%s' is gone", card->name);
    return -1;
}
