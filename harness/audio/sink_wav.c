/* SPDX-License-Identifier: MIT
 *
 * sink_wav.c: a stream as a sound file.
 *
 * libsndfile writes headers; the samples are put into the file's own format
 * here, without loss, so that what is in the file is what was on the wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ringtrue/wire.h"
#include "sink_kind.h"

#define CHUNK_SAMPLES 4096u
/* The sizes in it have 32 bits. */
#define WAV_BYTES_MAX (UINT64_C(0xffffffff) - 4096)

struct sink_wav {
    struct rig_sink base;
    struct rig_sink_file file;
    SNDFILE *snd;
    uint8_t container; /* format in the file */
    uint32_t file_frame_bytes;
    uint64_t file_bytes;     /* of samples */
    uint64_t unsaved_frames; /* written since the header was brought up to
                              * date */
    uint8_t *chunk;
};

/* What can be written, by the end of its name: none is WAV. */
static const struct {
    const char *end;
    int kind;
} ends[] = {
    {"", SF_FORMAT_WAV},       {".wav", SF_FORMAT_WAV},
    {".wave", SF_FORMAT_WAV},  {".w64", SF_FORMAT_W64},
    {".rf64", SF_FORMAT_RF64},
};

static const char *end_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? dot : "";
}

/* SF_FORMAT_*, or 0: something else than what the name says would be in it. */
static int file_kind(const char *path)
{
    for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
        if (strcasecmp(end_of(path), ends[k].end) == 0)
            return ends[k].kind;
    return 0;
}

static struct rig_sink *wav_open(const char *arg, char *err, size_t room)
{
    struct sink_wav *wav = calloc(1, sizeof(*wav));

    if (!arg || !*arg) {
        snprintf(err, room, "wav needs a file: wav:FILE");
    } else if (!wav) {
        snprintf(err, room, "wav: out of memory");
    } else if (!file_kind(arg)) {
        snprintf(err, room, "%s: only .wav, .w64 and .rf64 can be written",
                 arg);
    } else if (rig_sink_file_open(&wav->file, arg, O_RDWR, err, room) == 0) {
        wav->base.file = &wav->file;
        if (wav->file.regular)
            return &wav->base;
        /* A header is brought up to date at the end. */
        snprintf(err, room, "%s: is no regular file (raw:FILE can be any)",
                 arg);
        close(wav->file.fd);
        rig_sink_file_free(&wav->file);
    }
    free(wav);
    return NULL;
}

static int subformat(uint8_t container)
{
    switch (container) {
    case VIRTIO_SND_PCM_FMT_U8:
        return SF_FORMAT_PCM_U8;
    case VIRTIO_SND_PCM_FMT_S16:
        return SF_FORMAT_PCM_16;
    case VIRTIO_SND_PCM_FMT_S24_3:
        return SF_FORMAT_PCM_24;
    case VIRTIO_SND_PCM_FMT_S32:
        return SF_FORMAT_PCM_32;
    case VIRTIO_SND_PCM_FMT_FLOAT:
        return SF_FORMAT_FLOAT;
    case VIRTIO_SND_PCM_FMT_FLOAT64:
        return SF_FORMAT_DOUBLE;
    case VIRTIO_SND_PCM_FMT_MU_LAW:
        return SF_FORMAT_ULAW;
    default:
        return SF_FORMAT_ALAW;
    }
}

static int begin(struct sink_wav *wav)
{
    struct rig_sink *s = &wav->base;
    SF_INFO info = {
        .samplerate = (int)s->pcm.rate_hz,
        .channels = s->pcm.channels,
        .format = file_kind(wav->file.path) | subformat(wav->container),
    };

    wav->file_frame_bytes =
        rig_pcm_frame_bytes(wav->container, s->pcm.channels);
    wav->chunk = malloc((size_t)CHUNK_SAMPLES * 8);
    if (!wav->chunk)
        return rig_sink_fail(s, "%s: out of memory", wav->file.path);
    if (rig_sink_file_begin(&wav->file))
        return rig_sink_fail(s, "%s: %s", wav->file.path, strerror(errno));
    /* 0: the descriptor stays ours. What closing it says counts. */
    wav->snd = sf_open_fd(wav->file.fd, SFM_WRITE, &info, 0);
    if (!wav->snd)
        return rig_sink_fail(s, "%s: %s", wav->file.path, sf_strerror(NULL));
    sf_command(wav->snd, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    errno = 0;
    sf_command(wav->snd, SFC_UPDATE_HEADER_NOW, NULL, 0);
    if (errno)
        return rig_sink_fail(s, "%s: %s", wav->file.path, strerror(errno));
    return 0;
}

static const char *format_name(uint8_t format)
{
    const struct rig_pcm_format *f = rig_pcm_format(format);

    return f ? f->name : "this format";
}

static int wav_prepare(struct rig_sink *s, const struct fake_pcm *pcm,
                       char *err, size_t room)
{
    if (rig_pcm_container(pcm->format) != RIG_PCM_NONE)
        return 0;
    snprintf(err, room, "%s: a WAV file cannot hold %s (raw:FILE can)",
             ((struct sink_wav *)s)->file.path, format_name(pcm->format));
    return -1;
}

static int wav_start(struct rig_sink *s, bool anew)
{
    struct sink_wav *wav = (struct sink_wav *)s;
    uint8_t container = rig_pcm_container(s->pcm.format);
    SF_INFO now = {0};
    char err[RIG_AUDIO_ERR];

    if (!anew)
        return 0;
    if (wav_prepare(s, &s->pcm, err, sizeof(err)))
        return rig_sink_fail(s, "%s", err);
    if (!wav->snd) {
        wav->container = container;
        return begin(wav);
    }
    sf_command(wav->snd, SFC_GET_CURRENT_SF_INFO, &now, sizeof(now));
    if (container != wav->container || now.channels != s->pcm.channels ||
        now.samplerate != (int)s->pcm.rate_hz)
        return rig_sink_fail(
            s, "%s: the stream changed its format; one file has one",
            wav->file.path);
    return 0;
}

/* Leaves whole frames and a header that says so. */
static void give_up(struct sink_wav *wav, const char *why)
{
    sf_count_t frames = (sf_count_t)(wav->file_bytes / wav->file_frame_bytes);

    sf_command(wav->snd, SFC_FILE_TRUNCATE, &frames, sizeof(frames));
    sf_command(wav->snd, SFC_UPDATE_HEADER_NOW, NULL, 0);
    rig_sink_holds(&wav->base, (uint64_t)frames * wav->base.pcm.frame_bytes);
    rig_sink_fail(&wav->base, "%s: %s after %lld frames", wav->file.path, why,
                  (long long)frames);
}

/* In the format of the file. */
static int append(struct sink_wav *wav, const void *data, size_t bytes)
{
    sf_count_t n;

    if (wav->file_bytes + bytes > WAV_BYTES_MAX &&
        file_kind(wav->file.path) == SF_FORMAT_WAV) {
        give_up(wav, "a WAV file ends at 4 GiB (.w64 and .rf64 do not)");
        return -1;
    }
    errno = 0;
    n = sf_write_raw(wav->snd, data, (sf_count_t)bytes);
    if (n > 0)
        wav->file_bytes += (uint64_t)n;
    if (n == (sf_count_t)bytes)
        return 0;
    give_up(wav, errno ? strerror(errno) : sf_strerror(wav->snd));
    return -1;
}

static int write_as_it_is(struct sink_wav *wav, const void *data,
                          size_t samples)
{
    return append(wav, data, samples * rig_pcm_format(wav->container)->bytes);
}

static int write_recoded(struct sink_wav *wav, const uint8_t *data,
                         size_t samples)
{
    uint8_t from = wav->base.pcm.format;
    unsigned in = rig_pcm_format(from)->bytes;
    unsigned out = rig_pcm_format(wav->container)->bytes;
    unsigned channels = wav->base.pcm.channels;
    size_t most = CHUNK_SAMPLES / channels * channels;

    while (samples) {
        size_t some = samples < most ? samples : most;

        rig_pcm_recode(from, data, wav->container, wav->chunk, some);
        if (append(wav, wav->chunk, some * out))
            return -1;
        data += some * in;
        samples -= some;
    }
    return 0;
}

static int wav_write(struct rig_sink *s, const void *data, size_t bytes)
{
    struct sink_wav *wav = (struct sink_wav *)s;
    size_t frames = bytes / s->pcm.frame_bytes;
    size_t samples = frames * s->pcm.channels;

    if (wav->container == s->pcm.format ? write_as_it_is(wav, data, samples)
                                        : write_recoded(wav, data, samples))
        return -1;
    /* Each second, so that not even a kill leaves a file without a length. */
    wav->unsaved_frames += frames;
    if (wav->unsaved_frames >= s->pcm.rate_hz) {
        sf_command(wav->snd, SFC_UPDATE_HEADER_NOW, NULL, 0);
        wav->unsaved_frames = 0;
    }
    return 0;
}

static void wav_stop(struct rig_sink *s)
{
    struct sink_wav *wav = (struct sink_wav *)s;

    if (wav->snd)
        sf_command(wav->snd, SFC_UPDATE_HEADER_NOW, NULL, 0);
}

static void wav_close(struct rig_sink *s)
{
    struct sink_wav *wav = (struct sink_wav *)s;

    if (wav->snd && sf_close(wav->snd))
        rig_sink_fail(s, "%s: cannot be ended", wav->file.path);
    if (close(wav->file.fd))
        rig_sink_fail(s, "%s: %s", wav->file.path, strerror(errno));
    rig_sink_file_free(&wav->file);
    free(wav->chunk);
}

const struct rig_sink_kind rig_sink_kind_wav = {
    .name = "wav",
    .open = wav_open,
    .prepare = wav_prepare,
    .start = wav_start,
    .write = wav_write,
    .stop = wav_stop,
    .close = wav_close,
};
